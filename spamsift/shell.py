"""What all commands share: options with their help, exit codes, complaints, and the way out without a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from spamsift import report
from spamsift.errors import SpamsiftError
from spamsift.records import ARTICLE_LABELS, BlockLabel, InputKind, Options

__all__ = [
    "DONE",
    "FINDINGS",
    "INTERRUPTED",
    "UNREADABLE",
    "USAGE",
    "Complaints",
    "KeepOption",
    "KindOption",
    "ModelOption",
    "clean_exits",
    "to_options",
]

DONE, FINDINGS, USAGE, UNREADABLE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141

KindOption = Annotated[
    InputKind | None, typer.Option("--kind", help="Read pages as this instead of deciding from each page.")
]
KeepOption = Annotated[
    list[BlockLabel] | None,
    typer.Option("--keep", help="Keep blocks of this label too, besides the article's. Repeatable."),
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model", metavar="DIR", exists=True, file_okay=False, help="Folder of models to use instead of the shipped."
    ),
]


class Complaints:
    """Prints one line per input that could not be used, and counts them."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self, name: str, problem: str) -> None:
        self.n += 1
        print(f"{report.escape_controls(name)}: {report.shorten(problem, 300)}", file=sys.stderr)


def to_options(kind: InputKind | None, keep: list[BlockLabel] | None, model: Path | None) -> Options:
    """The options that the shared ones of a command make."""
    return Options(kind=kind, keep=ARTICLE_LABELS | frozenset(keep or ()), model_dir=str(model) if model else None)


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
