"""The process behind :mod:`spamsift.integrations.pool`: JSON lines in, JSON lines out.

JSON and not pickle: what comes back was computed from hostile pages, and must not be able to run code in the parent.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

from spamsift.errors import SpamsiftError
from spamsift.integrations.work import Limits, confine, preload, run_page
from spamsift.records import BlockLabel, InputKind, Options

__all__ = ["main"]


def main() -> None:
    """Serve pages until the input ends. ``argv[1]`` has the options and limits as JSON."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints goes to standard error, not between the answers
    setup = json.loads(sys.argv[1])
    options = Options(keep=frozenset(map(BlockLabel, setup["keep"])), model_dir=setup["model_dir"])
    try:
        preload(options)
    except SpamsiftError as problem:
        _send(answers, {"refused": str(problem)})
        return
    confine(Limits(seconds=setup["seconds"], megabytes=setup["megabytes"]))
    _send(answers, {})
    for line in sys.stdin.buffer:
        _send(answers, _answer(json.loads(line), options))


def _answer(request: dict[str, Any], options: Options) -> dict[str, Any]:
    page = request["page"].encode("latin-1") if request["is_bytes"] else request["page"]
    kind = InputKind(request["kind"]) if request["kind"] else None
    outcome = run_page(page, request["url"], Options(kind, options.keep, options.model_dir))
    failure = outcome.failure and outcome.failure.value
    return {"text": outcome.text, "columns": outcome.columns, "failure": failure, "detail": outcome.detail}


def _send(answers: BinaryIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message).encode("ascii") + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
