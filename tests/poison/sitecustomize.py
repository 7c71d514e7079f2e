"""On the ``PYTHONPATH`` of a test's process, and of all that it starts: pages that crash, hang or eat memory."""

from __future__ import annotations

import os
import re
import signal

from spamsift import pipeline
from spamsift.records import Options, Sifted

real_sift = pipeline.sift


def sift(page: str | bytes | os.PathLike[str], url: str | None = None, options: Options | None = None) -> Sifted:
    text = page if isinstance(page, str) else ""
    if "POISON-HANG" in text:
        re.match("(a+)+$", "a" * 60 + "b")  # holds the interpreter's lock for years
    if "POISON-CRASH" in text:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "POISON-MEMORY" in text:
        hoard = []
        while True:
            hoard.append(bytearray(50_000_000))
    if "POISON-ERROR" in text:
        raise RuntimeError("a bug")
    return real_sift(page, url=url, options=options)


if __name__ == "sitecustomize":  # not when pytest collects it
    pipeline.sift = sift
