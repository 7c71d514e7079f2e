"""The command line: parse, call, print.

Exit codes: 0 done; 1 a page at or above ``--fail-on``; 2 usage; 3 some inputs could not be read.
Findings win over unreadable inputs. Nothing heavy is imported before a page is at hand.
"""

from __future__ import annotations

import io
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spamsift import __version__, difference, report
from spamsift.errors import SpamsiftError, UnreadablePage
from spamsift.files import STDIN, Input, find_inputs, name_outputs, read_input, write_output
from spamsift.records import ARTICLE_LABELS, BlockLabel, Health, InputKind, Options, PageKind, Sifted, Verdict

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["app", "main"]

DONE, FINDINGS, USAGE, UNREADABLE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141
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
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line; has the blocks already.")] = False,
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
) -> None:
    """Show for each page what it is: kind, score = P(not an original), share of text kept, strongest evidence."""
    thresholds = [_threshold(text) for text in fail_on or ()]
    with _clean_exits():
        complaints = Complaints()
        inputs = find_inputs(paths, complaints)
        if as_json:
            show = _show_json
        elif blocks:
            show = _show_blocks
        else:
            show = _show_table
        bar = show is _show_table or not sys.stdout.isatty()
        found: list[str] = []
        answers = _answers(inputs, url, _options(kind, keep, model), complaints, bar)
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
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what was cut, in its place, instead of the text; long rests elided.")
    ] = False,
    cuts: Annotated[
        str | None,
        typer.Option(
            "--cuts", metavar="FILE.jsonl", help="Write every cut as a JSON line; - writes them instead of the texts."
        ),
    ] = None,
    url: UrlOption = None,
    kind: KindOption = None,
    keep: KeepOption = None,
    model: ModelOption = None,
) -> None:
    """Print the article of each page, or write it below a folder. Pages are separated by a blank line."""
    if cuts == STDIN and diff:
        raise typer.BadParameter("- and --diff both write to standard output; name a file.", param_hint="--cuts")
    if cuts and any(os.path.realpath(path) == os.path.realpath(cuts) for path in paths if path != STDIN):
        raise typer.BadParameter("this is a page to read; choose another file.", param_hint="--cuts")
    with _clean_exits(), _audit(cuts) as write_cuts:
        complaints = Complaints()
        if output and any(os.path.isdir(path) and os.path.realpath(path) == os.path.realpath(output) for path in paths):
            raise typer.BadParameter("this is the folder of the pages; choose another.", param_hint="-o")
        inputs = find_inputs(paths, complaints, output)
        targets = name_outputs(inputs, output) if output else {}
        bar = output is not None or not sys.stdout.isatty()
        answers = _audited(_answers(inputs, url, _options(kind, keep, model), complaints, bar), write_cuts)
        if output is not None:
            answers = _writing_texts(answers, targets, output, complaints)
        if diff:
            _print_diffs(answers)
        elif output is None and cuts != STDIN:
            _print_texts(answers, len(inputs))
        else:
            deque(answers, maxlen=0)
        _finish(complaints)


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


def _options(kind: InputKind | None, keep: list[BlockLabel] | None, model: Path | None) -> Options:
    return Options(kind=kind, keep=ARTICLE_LABELS | frozenset(keep or ()), model_dir=str(model) if model else None)


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


def _print_diffs(answers: Iterable[tuple[Input, Sifted]]) -> None:
    for _, page in answers:
        if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):  # struck out and green say nothing without colours
            _console().print(difference.diff_view(page))
        else:
            print(*difference.plain_diff(page), sep="\n")


def _writing_texts(
    answers: Iterable[tuple[Input, Sifted]], targets: Mapping[str, Path], folder: Path, complaints: Complaints
) -> Iterator[tuple[Input, Sifted]]:
    """The pages as they pass; the text of each is written."""
    for source, page in answers:
        target = targets[source.name]
        try:
            write_output(target, page.text, folder)
        except OSError as problem:
            complaints(str(target), f"not written: {problem.strerror or problem}; give another folder")
        yield source, page


def _audited(
    answers: Iterable[tuple[Input, Sifted]], write_cuts: Callable[[Sifted], None]
) -> Iterator[tuple[Input, Sifted]]:
    for source, page in answers:
        write_cuts(page)
        yield source, page


@contextmanager
def _audit(target: str | None) -> Iterator[Callable[[Sifted], None]]:
    """What writes the cuts of a page: to a file, to standard output, or nowhere."""
    if target is None or target == STDIN:
        yield lambda page: print(*difference.audit_lines(page), sep="\n") if target and page.cuts else None
        return
    try:
        file = open(target, "w", encoding="utf-8")  # noqa: SIM115 - closed below; only opening it may be refused
    except OSError as problem:
        raise typer.BadParameter(f"not writable: {problem.strerror or problem}.", param_hint="--cuts") from None
    with file:
        yield lambda page: file.writelines(f"{line}\n" for line in difference.audit_lines(page))


# --- the way out


def _finish(complaints: Complaints, found: Sequence[str] = ()) -> None:
    sys.stdout.flush()  # here, where a closed pipe is still caught
    if found:
        raise typer.Exit(FINDINGS)
    if complaints.n:
        raise typer.Exit(UNREADABLE)


@contextmanager
def _clean_exits() -> Iterator[None]:
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
