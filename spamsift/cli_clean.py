"""The command ``clean``: the article of each page as text, what was cut, and why."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from spamsift import difference, report
from spamsift.files import STDIN, Input, find_inputs, name_outputs, write_output
from spamsift.records import Sifted
from spamsift.shell import (
    Complaints,
    KeepOption,
    KindOption,
    ModelOption,
    PathsArgument,
    UrlOption,
    answer_inputs,
    clean_exits,
    console,
    finish,
    to_options,
)

__all__ = ["clean"]


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
    with clean_exits(), _audit(cuts, output) as write_cuts:
        complaints = Complaints()
        if output and any(os.path.isdir(path) and os.path.realpath(path) == os.path.realpath(output) for path in paths):
            raise typer.BadParameter("this is the folder of the pages; choose another.", param_hint="-o")
        inputs = find_inputs(paths, complaints, output)
        targets = name_outputs(inputs, output) if output else {}
        bar = output is not None or not sys.stdout.isatty()
        answers = _audited(answer_inputs(inputs, url, to_options(kind, keep, model), complaints, bar), write_cuts)
        if output is not None:
            answers = _writing_texts(answers, targets, output, complaints)
        if diff:
            _print_diffs(answers)
        elif output is None and cuts != STDIN:
            _print_texts(answers, len(inputs))
        else:
            deque(answers, maxlen=0)
        finish(complaints)


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
            console().print(difference.diff_view(page))
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
def _audit(target: str | None, folder: Path | None) -> Iterator[Callable[[Sifted], None]]:
    """What writes the cuts of a page: to a file, to standard output, or nowhere."""
    if target is None or target == STDIN:
        yield lambda page: print(*difference.audit_lines(page), sep="\n") if target and page.cuts else None
        return
    try:
        if folder is not None and Path(target).resolve().is_relative_to(folder.resolve()):
            Path(target).parent.mkdir(parents=True, exist_ok=True)  # that of -o is made as well
        file = open(target, "w", encoding="utf-8")  # noqa: SIM115 - closed below; only opening it may be refused
    except OSError as problem:
        raise typer.BadParameter(f"not writable: {problem.strerror or problem}.", param_hint="--cuts") from None
    with file:
        yield lambda page: file.writelines(f"{line}\n" for line in difference.audit_lines(page))
