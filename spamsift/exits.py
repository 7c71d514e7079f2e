"""How a command ends: exit codes, and no traceback for what isn't a bug."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from spamsift import report
from spamsift.errors import SpamsiftError

__all__ = ["BROKEN_PIPE", "DONE", "FINDINGS", "INTERRUPTED", "UNREADABLE", "USAGE", "clean_exits"]

DONE, FINDINGS, USAGE, UNREADABLE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141


@contextmanager
def clean_exits() -> Iterator[None]:
    """No traceback for what isn't a bug: a closed pipe, Ctrl-C, an unusable model."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a lone surrogate must not end the run
    try:
        yield
    except BrokenPipeError:
        _drop_output()
        raise typer.Exit(BROKEN_PIPE) from None
    except OSError as problem:  # reading and -o have their own answers, so this is the output: a full disk
        _drop_output()
        print(f"spamsift: output not written: {problem.strerror or problem}", file=sys.stderr)
        raise typer.Exit(USAGE) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except SpamsiftError as problem:
        print(f"spamsift: {report.printable(str(problem))}", file=sys.stderr)
        raise typer.Exit(USAGE) from None


def _drop_output() -> None:
    """What is still buffered goes nowhere, or Python would fail once more on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
