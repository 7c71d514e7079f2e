"""Records → Parquet. A part is a row group, and the columns of all parts are brought together in the end.

Rows of a Parquet input keep their types to the letter. Records of JSON have whatever types a writer gave them: where a
column can't be one type for all, it holds the JSON of its values.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from spamsift.batch.extras import pyarrow
from spamsift.batch.items import Item, Outcome
from spamsift.batch.sinks import Draft, draft_path

__all__ = ["ParquetSink"]

_COMPRESSION = "zstd"
"""Half of the size of snappy on text, at the same speed of reading."""


class ParquetSink:
    """``.parquet``."""

    def __init__(self) -> None:
        self._arrow = pyarrow()

    def begin(self, part: Path) -> Draft:
        return _Rows(part)

    def join(self, parts: Iterable[Path], output: Path) -> None:
        arrow = self._arrow
        there = [part for part in parts if part.exists()]
        schema = _common_schema([arrow.parquet.read_schema(part) for part in there])
        draft = draft_path(output)
        with arrow.parquet.ParquetWriter(draft, schema, compression=_COMPRESSION) as writer:
            for part in there:
                writer.write_table(_fit(arrow.parquet.read_table(part, partitioning=None), schema))
        _settle(draft, output)


class _Rows:
    """One part in the making."""

    def __init__(self, part: Path) -> None:
        self._part = part
        self._added: list[dict[str, Any]] = []
        self._rows: list[Any] = []

    def add(self, outcome: Outcome, item: Item) -> None:
        assert isinstance(outcome.body, dict)
        self._added.append(outcome.body)
        self._rows.append(item.row)

    def finish(self) -> None:
        arrow = pyarrow()
        if not self._added:
            self._part.unlink(missing_ok=True)
            return
        pairs = groupby(zip(self._rows, self._added, strict=True), key=lambda pair: pair[0] and pair[0].schema)
        tables = [_merge(*map(list, zip(*run, strict=True))) for _, run in pairs]
        schema = _common_schema([table.schema for table in tables])
        table = arrow.concat_tables([_fit(table, schema) for table in tables])
        draft = draft_path(self._part)
        arrow.parquet.write_table(table, draft, compression=_COMPRESSION)
        _settle(draft, self._part)

    def abandon(self) -> None:
        draft_path(self._part).unlink(missing_ok=True)


def _settle(draft: Path, target: Path) -> None:
    with open(draft, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(draft, target)


def _merge(rows: list[Any], added: list[dict[str, Any]]) -> Any:
    """Rows of one schema as they were, with the added fields in place of theirs or behind them."""
    arrow = pyarrow()
    names = list(dict.fromkeys(name for record in added for name in record))
    table = None if rows[0] is None else arrow.Table.from_batches(rows)
    columns = {} if table is None else {name: table.column(name) for name in table.column_names}
    for name in names:
        columns[name] = _column([record.get(name) for record in added], name)
    return arrow.table(columns)


_TYPES = {"spamsift_score": "float64", "spamsift_kept_share": "float64"}
_LISTS = ("spamsift_findings", "spamsift_health")


def _column(values: list[Any], name: str) -> Any:
    """Values as an Arrow array; as JSON where they have no type in common."""
    arrow = pyarrow()
    if name.startswith("spamsift_"):  # the type is the same in every part, also where all are empty
        kind = arrow.list_(arrow.string()) if name in _LISTS else _TYPES.get(name, "string")
        return arrow.array(values, type=kind if not isinstance(kind, str) else arrow.type_for_alias(kind))
    try:
        return arrow.array(values)
    except (arrow.ArrowException, ValueError, TypeError, OverflowError):
        return arrow.array([_as_json(value) for value in values], type=arrow.string())


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _common_schema(schemas: list[Any]) -> Any:
    """All columns in order of first sight, each of a type that can hold all of its values; else text."""
    arrow = pyarrow()
    fields: dict[str, Any] = {}
    for schema in schemas:
        for field in schema:
            known = fields.get(field.name)
            fields[field.name] = field.type if known is None else _common_type(known, field.type)
    return arrow.schema(fields.items())


def _common_type(one: Any, other: Any) -> Any:
    arrow = pyarrow()
    if one.equals(other):
        return one
    try:
        unified = arrow.unify_schemas(
            [arrow.schema([("c", one)]), arrow.schema([("c", other)])], promote_options="permissive"
        )
    except arrow.ArrowException:
        return arrow.string()
    return unified.field("c").type


def _fit(table: Any, schema: Any) -> Any:
    """A table in the columns of ``schema``."""
    arrow = pyarrow()
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(arrow.nulls(table.num_rows, field.type))
            continue
        column = table.column(field.name)
        if not column.type.equals(field.type):
            column = _convert(column, field.type)
        columns.append(column)
    return arrow.table(columns, schema=schema)


def _convert(column: Any, kind: Any) -> Any:
    arrow = pyarrow()
    try:
        return column.cast(kind)
    except arrow.ArrowException:
        return arrow.array([_as_json(value) for value in column.to_pylist()], type=arrow.string())
