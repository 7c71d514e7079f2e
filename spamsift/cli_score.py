"""The command ``score``: what is each page, how sure, and why?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from spamsift import report
from spamsift.files import Input, find_inputs
from spamsift.records import PageKind, Sifted, Thresholds, Verdict
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

__all__ = ["score"]


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
        answers = answer_inputs(inputs, url, options, complaints, bar)
        show(_watched(answers, thresholds, found), inputs)
        finish(complaints, found)


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


def _show_json(pages: Iterable[Sifted], inputs: Sequence[Input]) -> None:
    for page in pages:
        print(report.json_line(page))


def _show_blocks(pages: Iterable[Sifted], inputs: Sequence[Input]) -> None:
    for page in pages:
        if sys.stdout.isatty():
            console().print(report.blocks_view(page))
        else:
            print(*report.plain_blocks(page), sep="\n")


def _show_explanations(pages: Iterable[Sifted], inputs: Sequence[Input]) -> None:
    from spamsift.explain import explanation_view, plain_explanation

    for i, page in enumerate(pages):
        if sys.stdout.isatty():
            terminal = console()
            terminal.print(explanation_view(page, ascii_only=terminal.options.ascii_only))
        else:
            print(*([""] if i else []), *plain_explanation(page), sep="\n")


def _show_table(pages: Iterable[Sifted], inputs: Sequence[Input]) -> None:
    rows = (report.to_row(page) for page in pages)
    if sys.stdout.isatty():
        finished = list(rows)  # the table is drawn once the progress bar is gone
        if finished:
            terminal = console()
            terminal.print(report.score_table(finished, ascii_only=terminal.options.ascii_only))
        return
    n_source = max((report.display_width(report.escape_controls(source.name)) for source in inputs), default=0)
    for i, row in enumerate(rows):
        if i == 0:
            print(report.plain_header(max(n_source, 4)))
        print(report.plain_row(row, max(n_source, 4)))
