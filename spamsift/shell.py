"""What the commands share: options with their help, pages with their answers, exit codes, no tracebacks."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spamsift import report
from spamsift.errors import SpamsiftError, UnreadablePage
from spamsift.files import Input, read_input
from spamsift.records import ARTICLE_LABELS, BlockLabel, Health, InputKind, Options, Sifted

if TYPE_CHECKING:
    from rich.console import Console

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
    "PathsArgument",
    "UrlOption",
    "answer_inputs",
    "clean_exits",
    "console",
    "finish",
    "to_options",
]

DONE, FINDINGS, USAGE, UNREADABLE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141
N_HANDFUL = 5
"""Up to this many pages there is no progress bar."""

PathsArgument = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Pages, folders of .html, .htm, .txt (and .gz of them), or - for stdin."),
]
UrlOption = Annotated[str | None, typer.Option("--url", help="Address of the page, if known; for one page only.")]
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


def answer_inputs(
    inputs: Sequence[Input], url: str | None, options: Options, complaints: Complaints, bar: bool
) -> Iterator[tuple[Input, Sifted]]:
    """Each page that could be read, with its answer; the others get their line on stderr."""
    if url is not None and len(inputs) > 1:
        raise typer.BadParameter(f"--url is the address of one page, and there are {len(inputs)}.", param_hint="--url")
    if not inputs:
        return
    from spamsift.pipeline import sift

    for source in _with_progress(inputs, bar):
        try:
            page = replace(sift(read_input(source.name), url=url, options=options), name=source.name)
        except UnreadablePage as problem:
            complaints(source.name, str(problem))
        except SpamsiftError:
            raise
        except Exception as bug:  # one page must not cost the answers of all the others
            complaints(source.name, f"spamsift failed ({type(bug).__name__}: {bug}); please report it with the page")
        else:
            if Health.BINARY in page.health:
                complaints(source.name, "binary, not a page; give HTML or text")
            else:
                yield source, page


def _with_progress(inputs: Sequence[Input], wanted: bool) -> Iterator[Input]:
    if not (wanted and len(inputs) > N_HANDFUL and sys.stderr.isatty()):
        yield from inputs
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        yield from progress.track(inputs, description="sifting")


def console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def finish(complaints: Complaints, found: Sequence[str] = ()) -> None:
    sys.stdout.flush()  # here, where a closed pipe is still caught
    if found:
        raise typer.Exit(FINDINGS)
    if complaints.n:
        raise typer.Exit(UNREADABLE)


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
