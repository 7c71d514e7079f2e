"""``spamsift batch``: many pages on one machine. Parse, call, show how it goes and what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spamsift import report
from spamsift.records import PageKind
from spamsift.shell import UNREADABLE, KeepOption, KindOption, ModelOption, clean_exits, to_options

if TYPE_CHECKING:
    from spamsift.batch.flow import Progress, Report
    from spamsift.batch.plan import Plan

__all__ = ["batch"]

_REDRAW_SECONDS = 0.1
_MIN_MEMORY = 0.3
"""GB. An ordinary page needs some 0.01, a long one ten times that."""


def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Folders, files and quoted patterns: pages, .jsonl, .parquet, .warc, each also .gz or .zst.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", help=".jsonl, .jsonl.gz, .jsonl.zst, .parquet, or a folder for .txt."
        ),
    ],
    annotate: Annotated[
        bool, typer.Option("--annotate/--clean", help="Keep pages as they are with columns beside, or clean them.")
    ] = False,
    blocks: Annotated[
        bool, typer.Option("--blocks", help="Add the JSON of each page: blocks, cuts, evidence (spamsift_answer).")
    ] = False,
    attributes: Annotated[
        Path | None, typer.Option("--attributes", metavar="FILE", help="Write Dolma attributes to this .jsonl(.gz).")
    ] = None,
    drop: Annotated[
        list[PageKind] | None, typer.Option("--drop", help="Put pages of this kind into dropped.jsonl. Repeatable.")
    ] = None,
    drop_score: Annotated[
        float | None, typer.Option("--drop-score", min=0, max=1, help="Put pages there that score at least this.")
    ] = None,
    text_field: Annotated[str, typer.Option("--text-field", help="Field of the text, in records.")] = "text",
    html_field: Annotated[str, typer.Option("--html-field", help="Field of the HTML; it wins over text.")] = "html",
    url_field: Annotated[str, typer.Option("--url-field", help="Field of the address; metadata.url works.")] = "url",
    id_field: Annotated[str, typer.Option("--id-field", help="Field of the id.")] = "id",
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Worker processes (default: one per core).")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Stop after this many pages.")] = None,
    sample: Annotated[float, typer.Option("--sample", min=0, max=1, help="Take this share of the pages.")] = 1.0,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds that a page may take.")] = 20.0,
    memory: Annotated[float, typer.Option("--memory", min=_MIN_MEMORY, help="GB that a page may use.")] = 1.5,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin anew, and replace what is at OUT.")] = False,
    kind: KindOption = None,
    keep: KeepOption = None,
    model: ModelOption = None,
) -> None:
    """Clean or annotate many pages, each in a worker that may fail alone. Run it again to go on after a kill."""
    with clean_exits():
        from spamsift.batch.drop import Drop
        from spamsift.batch.flow import run
        from spamsift.batch.isolation import n_cores
        from spamsift.batch.limits import Limits
        from spamsift.batch.plan import Fields, Mode, Plan

        plan = Plan(
            inputs=tuple(inputs),
            output=output,
            mode=Mode.ANNOTATE if annotate else Mode.CLEAN,
            options=to_options(kind, keep, model),
            fields=Fields(text_field, html_field, url_field, id_field),
            drop=Drop(frozenset(drop or ()), drop_score),
            limits=Limits(timeout, int(memory * 1e9)),
            blocks=blocks,
            attributes=attributes,
            limit=limit,
            sample=sample,
            jobs=jobs or n_cores(),
            overwrite=overwrite,
        )
        with _shown() as watch, _told_how_to_go_on(overwrite):
            done = run(plan, watch)
        _print_summary(plan, done)
        sys.stdout.flush()  # here, where a closed pipe is still caught
        if done.tally.n_quarantined:
            raise typer.Exit(UNREADABLE)


@contextmanager
def _told_how_to_go_on(overwrite: bool) -> Iterator[None]:
    """Ctrl-C loses nothing, which nobody can know, unless the next run overwrites it."""
    try:
        yield
    except KeyboardInterrupt:
        how = " without --overwrite" if overwrite else ""
        print(f"spamsift: stopped; the same command{how} goes on from here", file=sys.stderr)
        raise


@contextmanager
def _shown() -> Iterator[Callable[[Progress], None]]:
    """On a terminal a line that says how it goes; else nothing."""
    if not sys.stderr.isatty():
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True, markup=False), transient=True, redirect_stdout=False) as bar:
        line = bar.add_task("starting", total=None)
        began = drawn = time.monotonic()

        def watch(progress: Progress) -> None:
            nonlocal drawn
            now = time.monotonic()
            if now - drawn < _REDRAW_SECONDS:
                return
            drawn = now
            n = progress.tally.n_pages
            speed = (n - progress.n_before) / (now - began)
            bar.update(line, completed=n, total=progress.n_total, description=_describe(progress, speed))

        yield watch


def _describe(progress: Progress, speed: float) -> str:
    kinds = ", ".join(f"{n} {kind}" for kind, n in progress.tally.kinds.most_common(3))
    n_lost = progress.tally.n_quarantined
    return " · ".join(part for part in (f"{speed:.0f} pages/s", kinds, f"{n_lost} failed" if n_lost else "") if part)


def _print_summary(plan: Plan, done: Report) -> None:
    """Counts to stdout, the same for the same input; the time to stderr."""
    tally = done.tally
    rows = [("pages", tally.n_pages, ""), ("written", tally.n_written, str(plan.output))]
    if tally.n_dropped:
        rows.append(("dropped", tally.n_dropped, f"{_counts(tally.dropped)}: {plan.folder / 'dropped.jsonl'}"))
    if tally.n_quarantined:
        where = plan.folder / "quarantine.jsonl"
        rows.append(("quarantined", tally.n_quarantined, f"{_counts(tally.quarantined)}: {where}"))
    if tally.skipped:
        rows.append(("not pages", sum(tally.skipped.values()), _counts(tally.skipped)))
    rows += [(kind, n, "") for kind, n in tally.kinds.most_common()]
    width = max(len(str(n)) for _, n, _ in rows)
    for name, n, remark in rows:
        print(report.escape_controls(f"{name:<12}  {n:>{width}}  {remark}".rstrip()))
    n_now = tally.n_pages - done.n_before
    went_on = f" after {done.n_before:,} that were done before" if done.n_before else ""
    pages = "page" if n_now == 1 else "pages"
    print(f"{n_now:,} {pages} in {done.seconds:.1f} s, {n_now / done.seconds:.1f} a second{went_on}", file=sys.stderr)


def _counts(counts: dict[str, int]) -> str:
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{n} {name}" for name, n in most[:5])
