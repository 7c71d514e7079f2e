"""A batch, on one screen: what there is to read, what is done already, the rest page by page, the output."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from spamsift.batch.formats import Format, format_of
from spamsift.batch.isolation import run_isolated
from spamsift.batch.items import Damage, Entry, Item, Lost, Outcome, Skip
from spamsift.batch.ledger import Ledger, Part, open_ledger
from spamsift.batch.lines import encode_line
from spamsift.batch.plan import Mode, Plan
from spamsift.batch.sinks import Draft, LineDraft, Sink, dropped_line, join_lines, put_in_place, sink_for
from spamsift.batch.sources import Root, find_roots, read_entries, take_census
from spamsift.batch.streams import packing
from spamsift.batch.summary import Tally
from spamsift.batch.treatment import Task, Treatment, task_of
from spamsift.errors import SpamsiftError

__all__ = ["Progress", "Report", "run"]

_SIDECARS = ("dropped.jsonl", "quarantine.jsonl")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is."""

    tally: Tally
    """Of this run and those before it; it goes on growing."""
    n_before: int
    """Pages that were done before this run."""
    n_total: int | None
    """Pages of the input, if that can be known."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a batch has done."""

    tally: Tally
    seconds: float
    """Of this run."""
    n_before: int
    """Pages that earlier runs had done."""


def run(plan: Plan, watch: Callable[[Progress], None] = lambda progress: None) -> Report:
    """Do what ``plan`` says, or what of it is not done yet. ``watch`` is called after each page.

    A run that was killed is taken up where its last whole part ends. When all is done, ``plan.folder`` holds
    ``summary.json``, ``quarantine.jsonl`` and ``dropped.jsonl`` beside the ledger, the last two perhaps empty.

    Raises:
        SpamsiftError: inputs, output and options that don't go together, a missing extra, models that can't be used.
        OSError: the output can't be written. What was done is kept: run it again.
    """
    began = time.monotonic()
    _check(plan)
    sink = sink_for(plan.output)
    roots = find_roots(plan.inputs, plan.outputs)
    census = take_census(roots)
    ledger = open_ledger(plan, census)
    try:
        tally = Tally()
        for part in ledger.parts:
            tally.add(part.tally)
        n_before = tally.n_pages
        if not ledger.is_finished:
            n_total = None if census.n_pages is None else _expected(plan, census.n_pages)
            watch(Progress(tally, n_before, n_total))
            _work(plan, roots, sink, ledger, lambda: watch(Progress(tally, n_before, n_total)), tally)
            _join(plan, sink, ledger, tally)
        ledger.finish()
        return Report(tally, time.monotonic() - began, n_before)
    finally:
        ledger.close()


def _check(plan: Plan) -> None:
    if format_of(plan.output) is Format.FOLDER and plan.mode is Mode.ANNOTATE:
        raise SpamsiftError("a folder of .txt has no place for annotations; give -o a name in .jsonl or .parquet.")
    if plan.attributes is not None and format_of(plan.attributes) is not Format.JSONL:
        raise SpamsiftError(f"attributes are .jsonl, .jsonl.gz or .jsonl.zst; {plan.attributes} is none of these.")
    for path in plan.inputs:
        top = os.path.realpath(path)
        for output in plan.outputs:
            real = os.path.realpath(output)
            if real == top or (os.path.isdir(top) and real.startswith(top.rstrip(os.sep) + os.sep)):
                raise SpamsiftError(f"{output} lies in {path}, which is read; choose another place for the output.")
        if top.startswith(os.path.realpath(plan.output) + os.sep):
            raise SpamsiftError(f"{path}, which is read, lies in {plan.output}; choose another place for the output.")


def _expected(plan: Plan, n_pages: int) -> int:
    n = round(n_pages * plan.sample)
    return n if plan.limit is None else min(n, plan.limit)


def _work(plan: Plan, roots: list[Root], sink: Sink, ledger: Ledger, tick: Callable[[], None], tally: Tally) -> None:
    """All parts that are not there yet."""
    entries = read_entries(plan, roots, keeps_rows=format_of(plan.output) is Format.PARQUET)
    n_done = sum(part.n_entries for part in ledger.parts)
    rest = islice(entries, n_done, None)
    first = next(rest, None)
    if first is None:
        return
    results = run_isolated(Treatment(plan), chain([first], rest), _task_of, plan.limits, plan.jobs)
    try:
        while chunk := list(islice(results, 1)):
            _write_part(plan, chain(chunk, islice(results, plan.chunk - 1)), sink, ledger, tick, tally)
    finally:
        results.close()  # type: ignore[attr-defined]


def _task_of(entry: Entry) -> Task | None:
    return task_of(entry) if isinstance(entry, Item) else None


def _write_part(
    plan: Plan,
    results: Iterator[tuple[Entry, Any]],
    sink: Sink,
    ledger: Ledger,
    tick: Callable[[], None],
    total: Tally,
) -> None:
    """The next part: every result to where it belongs, and a line in the ledger when all of that is on the disk."""
    number = len(ledger.parts)
    main = sink.begin(ledger.path(number, "out"))
    sides = {name: LineDraft(ledger.path(number, name), "") for name in _SIDECARS}
    sides["attributes"] = LineDraft(ledger.path(number, "attributes"), packing(str(plan.attributes or "")))
    tally = Tally()
    n_entries = 0
    try:
        for entry, result in results:
            n_entries += 1
            for counts in (tally, total):
                _count(counts, entry, result)
            _write_entry(plan, entry, result, main, sides)
            tick()
        for draft in (main, *sides.values()):
            draft.finish()
    except BaseException:
        for draft in (main, *sides.values()):
            draft.abandon()
        raise
    ledger.add(Part(n_entries, tally))


def _count(tally: Tally, entry: Entry, result: Any) -> None:
    if isinstance(entry, Skip):
        tally.skipped[entry.reason] += 1
    elif isinstance(entry, Damage):
        tally.count_lost(entry.cause)
    elif isinstance(result, Lost):
        tally.count_lost(result.cause)
    else:
        tally.count(result)


def _write_entry(plan: Plan, entry: Entry, result: Any, main: Draft, sides: dict[str, LineDraft]) -> None:
    if isinstance(entry, Skip):
        return
    if isinstance(entry, Damage):
        lost: dict[str, Any] = {"id": entry.place, "place": entry.place, "cause": entry.cause, "detail": entry.detail}
        sides["quarantine.jsonl"].write(encode_line(lost))
    elif isinstance(result, Lost):
        named = entry.identify(plan.fields.id)
        lost = {"id": named, "place": entry.place, "cause": result.cause.value, "detail": result.detail}
        sides["quarantine.jsonl"].write(encode_line(lost))
    else:
        assert isinstance(result, Outcome)
        if result.reasons:
            sides["dropped.jsonl"].write(dropped_line(result, entry))
            return
        main.add(result, entry)
        if result.attributes is not None:
            sides["attributes"].write(result.attributes)


def _join(plan: Plan, sink: Sink, ledger: Ledger, tally: Tally) -> None:
    """The parts become the output; a kill in between is made good by doing it again."""
    numbers = range(len(ledger.parts))
    plan.output.absolute().parent.mkdir(parents=True, exist_ok=True)
    sink.join((ledger.path(i, "out") for i in numbers), plan.output)
    for name in _SIDECARS:
        join_lines((ledger.path(i, name) for i in numbers), plan.folder / name, "")
    if plan.attributes is not None:
        plan.attributes.absolute().parent.mkdir(parents=True, exist_ok=True)
        attributes = (ledger.path(i, "attributes") for i in numbers)
        join_lines(attributes, plan.attributes, packing(plan.attributes.name))
    _write_summary(plan, tally)


def _write_summary(plan: Plan, tally: Tally) -> None:
    """Counts and options, no times: the same input gives the same file."""
    path: Path = plan.folder / "summary.json"
    draft = path.with_suffix(".tmp")
    with open(draft, "wb") as file:
        summary = {**tally.to_dict(), "output": str(plan.output), "options": plan.describe()}
        file.write(json.dumps(summary, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
        put_in_place(file, draft, path)
