"""Parquet → items, row group by row group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spamsift.batch.extras import pyarrow
from spamsift.batch.items import Cause, Damage, Entry, Item, RowPage, Source
from spamsift.batch.plan import Fields, Mode, Plan

__all__ = ["count_rows", "read_items", "to_record"]

_N_ROWS = 64
"""Rows that are unpacked at once."""


def count_rows(path: str) -> int:
    """Rows of a file, by its footer; 0 for one that can't be read, which :func:`read_items` reports.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    arrow = pyarrow()
    try:
        return int(arrow.parquet.read_metadata(path).num_rows)
    except (arrow.ArrowException, OSError):
        return 0


def read_items(source: Source, plan: Plan, keeps_rows: bool) -> Iterator[Entry]:
    """Rows in order. A damaged row group is reported, and the next one read.

    With ``keeps_rows`` the payload of an item has only the fields that are needed, and the row stays as it is.
    """
    arrow = pyarrow()
    try:
        file = arrow.parquet.ParquetFile(source.path)
    except (arrow.ArrowException, OSError) as problem:
        yield Damage(source.path, f"no Parquet that can be read: {_line(problem)}", Cause.UNREADABLE)
        return
    with file:
        number = 0
        for group in range(file.num_row_groups):
            end = number + file.metadata.row_group(group).num_rows
            try:
                for batch in file.iter_batches(batch_size=_N_ROWS, row_groups=[group], use_threads=False):
                    for item in _rows(source, batch, number, plan, keeps_rows):
                        number += 1
                        yield item
            except (arrow.ArrowException, OSError) as problem:
                detail = f"damaged row group: {_line(problem)}; rows up to {end} are lost"
                yield Damage(f"{source.path}#{number + 1}", detail)
            number = end


def _rows(source: Source, batch: Any, number: int, plan: Plan, keeps_rows: bool) -> Iterator[Entry]:
    """Items of one batch; ``number`` rows came before."""
    names = set(batch.schema.names)
    wanted = (
        [name for name in dict.fromkeys(_columns(plan.fields)) if name in names] if keeps_rows else batch.schema.names
    )
    rows = _plain(batch.select(wanted)).to_pylist()
    if plan.mode is Mode.CLEAN and plan.fields.html in names:  # as with any other record
        batch = batch.drop_columns([plan.fields.html])
    for i, row in enumerate(rows):
        n = number + i + 1
        kept = batch.slice(i, 1) if keeps_rows else None
        place, name = f"{source.path}#{n}", f"{source.relative}/{n:08d}"
        yield Item(place, name, RowPage(row, is_whole=not keeps_rows), kept)


def _columns(fields: Fields) -> Iterator[str]:
    """Columns that hold the fields: a dotted name stands in the column before the dot."""
    for name in (fields.text, fields.html, fields.url, fields.id):
        yield name
        yield name.split(".")[0]


def _plain(batch: Any) -> Any:
    """Times of nanoseconds as text: Python has no such type."""
    arrow = pyarrow()
    for i, column in enumerate(batch.schema):
        if arrow.types.is_timestamp(column.type) and column.type.unit == "ns":
            batch = batch.set_column(i, column.name, batch.column(i).cast(arrow.string()))
    return batch


def to_record(row: Any) -> dict[str, Any]:
    """The fields of one row that was kept aside."""
    (record,) = _plain(row).to_pylist()
    return dict(record)


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:200]
