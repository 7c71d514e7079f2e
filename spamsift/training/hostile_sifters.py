"""Stand-ins for ``sift`` that do what a hostile page can make a process do, for tests and ``benchmark.py batch``.

They are given to a batch as its ``sifter``; nothing in a batch itself knows the marks.
"""

from __future__ import annotations

import ctypes
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spamsift.batch.limits import Limits
from spamsift.pipeline import sift
from spamsift.records import Options, PageKind, Sifted, Verdict

__all__ = ["LIMITS", "MARKS", "Echo", "Forger", "cheap", "poisoned", "slow"]

Page = str | bytes | os.PathLike[str]

MARKS = ("POISON-CRASH", "POISON-SEGFAULT", "POISON-HANG", "POISON-MEMORY", "POISON-ERROR", "POISON-LATER")
"""What a page says to do its harm; the last one leaves damage that kills the next page of the same process."""

LIMITS = Limits(seconds=5.0, memory=600_000_000)
"""Time enough for the poisons that do not hang on a machine that does something else for a second or two, memory for
workers that do no work: with one second, CI once called the memory-eating page hanging."""

_PIECE = 50_000_000
_N_BACKTRACKS = 64
_damage: list[str] = []


def poisoned(page: Page, url: str | None = None, options: Options | None = None) -> Sifted:
    """``sift``, but for the pages with a mark."""
    _obey(page)
    return sift(page, url, options)


def cheap(page: Page, url: str | None = None, options: Options | None = None) -> Sifted:
    """The page as it is, called a mirror if it says so; marks are obeyed. Some 10 microseconds."""
    text = _obey(page)
    kind = PageKind.MIRROR if "mirror" in text else PageKind.ORIGINAL
    return Sifted(text=text, verdict=Verdict(kind, 0.9 if kind is PageKind.MIRROR else 0.1))


def slow(page: Page, url: str | None = None, options: Options | None = None) -> Sifted:
    """``cheap`` that takes 2 ms, so that a kill finds the run at work."""
    time.sleep(0.002)
    return cheap(page, url, options)


@dataclass(frozen=True, slots=True)
class Echo:
    """A job for workers that tells which process did it."""

    def warm_up(self) -> None:
        pass

    def __call__(self, task: str) -> int:
        return os.getpid()


class _Shout:
    """Pickled, it is a call of :func:`os.abort`."""

    def __reduce__(self) -> tuple[Callable[[], object], tuple[()]]:
        return os.abort, ()


@dataclass(frozen=True, slots=True)
class Forger:
    """A job of a worker that a page has taken over: what it sends would run code in the parent."""

    def warm_up(self) -> None:
        pass

    def __call__(self, task: str) -> object:
        return _Shout() if task == "forge" else task


def _obey(page: Page) -> str:
    data = Path(page).read_bytes() if isinstance(page, os.PathLike) else page
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    if "POISON-LATER" in text:
        _damage.append(text)
        return text
    if "POISON-CRASH" in text or _damage:
        os.abort()
    if "POISON-" not in text:
        return text
    if "POISON-SEGFAULT" in text:
        ctypes.string_at(0)
    if "POISON-HANG" in text:  # inside C, with the interpreter's lock held: no Python code can end it
        re.match("(a+)+$", "a" * _N_BACKTRACKS + "b")
    if "POISON-MEMORY" in text:
        held = []
        while True:
            held.append(bytearray(_PIECE))
    raise RuntimeError("poisoned")
