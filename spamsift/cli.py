"""The command line: parse, call, print.

Exit codes: 0 done; 1 a page at or above ``--fail-on``; 2 usage; 3 some inputs could not be read.
Findings win over unreadable inputs. Nothing heavy is imported before a page is at hand.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spamsift import __version__, report
from spamsift.cli_batch import batch
from spamsift.cli_train import train
from spamsift.errors import SpamsiftError, UnreadablePage
from spamsift.files import Input, find_inputs, name_outputs, read_input, write_output
from spamsift.records import Health, Options, PageKind, Sifted, Thresholds, Verdict
from spamsift.shell import (
    FINDINGS,
    UNREADABLE,
    Complaints,
    KeepOption,
    KindOption,
    ModelOption,
    clean_exits,
    to_options,
)

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["app", "main"]

N_HANDFUL = 5
"""Up to this many pages there is no progress bar."""

app = typer.Typer(
    name="spamsift",
    help="Sift the article from content-farm pages: what is the article, and what is this page?",
    epilog=(
        "Exit codes: 0 done, 1 a page at or above --fail-on, 2 usage, 3 some inputs could not be read. "
        "Documentation: README.md of the project."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PathsArgument = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Pages, folders of .html, .htm, .txt (and .gz of them), or - for stdin."),
]
UrlOption = Annotated[str | None, typer.Option("--url", help="Address of the page, if known; for one page only.")]


def main() -> None:
    """Entry point of the command."""
    app(prog_name="spamsift")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"spamsift {__version__}")
        raise typer.Exit


@app.callback()
def _spamsift(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(short_help="What is each page, how sure, and why?")
def score(
    paths: PathsArgument,
    blocks: Annotated[bool, typer.Option("--blocks", help="Show every block with its label and reasons.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show every finding for and against, its quote in context, and the sum.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line; has blocks and findings already.")
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND|SCORE",
            help="Exit with 1 if a page is of this kind, or its score is at least this. Repeatable.",
        ),
    ] = None,
    url: UrlOption = None,
    kind: KindOption = None,
    keep: KeepOption = None,
    model: ModelOption = None,
    farm_from: Annotated[
        float | None,
        typer.Option(metavar="P", help="Call a page a farm page from this score, instead of the model's threshold."),
    ] = None,
    original_below: Annotated[
        float | None,
        typer.Option(metavar="P", help="Call a page an original below this score, instead of the model's threshold."),
    ] = None,
) -> None:
    """Show for each page what it is: kind, score = P(not an original), share of text kept, strongest evidence."""
    thresholds = [_threshold(text) for text in fail_on or ()]
    if explain and blocks:
        raise typer.BadParameter("give either --explain or --blocks; --json has both.", param_hint="--explain")
    with clean_exits():
        complaints = Complaints()
        inputs = find_inputs(paths, complaints)
        if as_json:
            show = _show_json
        elif blocks:
            show = _show_blocks
        elif explain:
            show = _show_explanations
        else:
            show = _show_table
        bar = show is _show_table or not sys.stdout.isatty()
        found: list[str] = []
        options = replace(to_options(kind, keep, model), thresholds=Thresholds(farm_from, original_below))
        answers = _answers(inputs, url, options, complaints, bar)
        show(_watched(answers, thresholds, found), inputs)
        _finish(complaints, found)


@app.command(short_help="The article of each page as text.")
def clean(
    paths: PathsArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", file_okay=False, help="Write one .txt per page below this folder."
        ),
    ] = None,
    url: UrlOption = None,
    kind: KindOption = None,
    keep: KeepOption = None,
    model: ModelOption = None,
) -> None:
    """Print the article of each page, or write it below a folder. Pages are separated by a blank line."""
    with clean_exits():
        complaints = Complaints()
        if output and any(os.path.isdir(path) and os.path.realpath(path) == os.path.realpath(output) for path in paths):
            raise typer.BadParameter("this is the folder of the pages; choose another.", param_hint="-o")
        inputs = find_inputs(paths, complaints, output)
        targets = name_outputs(inputs, output) if output else {}
        bar = output is not None or not sys.stdout.isatty()
        answers = _answers(inputs, url, to_options(kind, keep, model), complaints, bar)
        if output is None:
            _print_texts(answers, len(inputs))
        else:
            _write_texts(answers, targets, output, complaints)
        _finish(complaints)


app.command(short_help="Fit the verdict to labels of your own.")(train)
app.command(short_help="Many pages: folders, JSON Lines, Parquet, WARC.")(batch)


# --- what the user said


def _threshold(text: str) -> Callable[[Verdict], bool]:
    if text in {kind.value for kind in PageKind}:
        return lambda verdict: verdict.kind.value == text
    try:
        floor = float(text)
    except ValueError:
        floor = -1.0
    if not 0 <= floor <= 1:
        kinds = ", ".join(kind.value for kind in PageKind)
        raise typer.BadParameter(
            f"{text!r} is neither a number from 0 to 1 nor one of {kinds}.", param_hint="--fail-on"
        )
    return lambda verdict: verdict.score >= floor


def _watched(
    answers: Iterable[tuple[Input, Sifted]], thresholds: Sequence[Callable[[Verdict], bool]], found: list[str]
) -> Iterator[Sifted]:
    """The pages as they pass; names of those at or above a threshold are put into ``found``."""
    for source, page in answers:
        if any(exceeds(page.verdict) for exceeds in thresholds):
            found.append(source.name)
        yield page


# --- reading


def _answers(
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


# --- printing


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def _show_json(pages: Iterable[Sifted], inputs: Sequence[Input]) -> None:
    for page in pages:
        print(report.json_line(page))


def _show_blocks(pages: Iterable[Sifted], inputs: Sequence[Input]) -> None:
    for page in pages:
        if sys.stdout.isatty():
            _console().print(report.blocks_view(page))
        else:
            print(*report.plain_blocks(page), sep="\n")


def _show_explanations(pages: Iterable[Sifted], inputs: Sequence[Input]) -> None:
    from spamsift.explain import explanation_view, plain_explanation

    for i, page in enumerate(pages):
        if sys.stdout.isatty():
            console = _console()
            console.print(explanation_view(page, ascii_only=console.options.ascii_only))
        else:
            print(*([""] if i else []), *plain_explanation(page), sep="\n")


def _show_table(pages: Iterable[Sifted], inputs: Sequence[Input]) -> None:
    rows = (report.to_row(page) for page in pages)
    if sys.stdout.isatty():
        finished = list(rows)  # the table is drawn once the progress bar is gone
        if finished:
            console = _console()
            console.print(report.score_table(finished, ascii_only=console.options.ascii_only))
        return
    n_source = max((report.display_width(report.escape_controls(source.name)) for source in inputs), default=0)
    for i, row in enumerate(rows):
        if i == 0:
            print(report.plain_header(max(n_source, 4)))
        print(report.plain_row(row, max(n_source, 4)))


def _print_texts(answers: Iterable[tuple[Input, Sifted]], n_inputs: int) -> None:
    """To a pipe the texts as they are; to a terminal what can't harm it, each below the name of its page."""
    for i, (source, page) in enumerate(answers):
        if i:
            print()
        if not sys.stdout.isatty():
            print(page.text, end="" if page.text.endswith("\n") else "\n")
            continue
        if n_inputs > 1:
            print(f"==> {report.escape_controls(source.name)} <==")
        print(report.printable(page.text))


def _write_texts(
    answers: Iterable[tuple[Input, Sifted]], targets: Mapping[str, Path], folder: Path, complaints: Complaints
) -> None:
    for source, page in answers:
        target = targets[source.name]
        try:
            write_output(target, page.text, folder)
        except OSError as problem:
            complaints(str(target), f"not written: {problem.strerror or problem}; give another folder")


# --- the way out


def _finish(complaints: Complaints, found: Sequence[str] = ()) -> None:
    sys.stdout.flush()  # here, where a closed pipe is still caught
    if found:
        raise typer.Exit(FINDINGS)
    if complaints.n:
        raise typer.Exit(UNREADABLE)
