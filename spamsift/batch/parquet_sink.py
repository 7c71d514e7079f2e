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
    table = arrow.table({}) if rows[0] is None else arrow.Table.from_batches(rows)
    columns = {field.name: (field, table.column(field.name)) for field in table.schema}
    for name in names:
        columns[name] = _column(name, [record.get(name) for record in added])
    return arrow.table(
        [column for _, column in columns.values()], arrow.schema([field for field, _ in columns.values()])
    )


_NUMBERS = ("spamsift_score", "spamsift_kept_share")
_LISTS = ("spamsift_findings", "spamsift_health")
_IS_JSON = {b"spamsift": b"json"}
"""Metadata of a column that holds the JSON of its values."""


def _column(name: str, values: list[Any]) -> tuple[Any, Any]:
    """Field and array of some values; their JSON where they have no type in common."""
    arrow = pyarrow()
    if name.startswith("spamsift_"):  # the type is the same in every part, also where all are empty
        kind = arrow.list_(arrow.string()) if name in _LISTS else arrow.string()
        array = arrow.array(values, type=arrow.float64() if name in _NUMBERS else kind)
        return arrow.field(name, array.type), array
    try:
        array = arrow.array(values)
    except (arrow.ArrowException, ValueError, TypeError, OverflowError):
        return _json_field(name), _to_json(values)
    return arrow.field(name, array.type), array


def _json_field(name: str) -> Any:
    arrow = pyarrow()
    return arrow.field(name, arrow.string(), metadata=_IS_JSON)


def _to_json(values: list[Any]) -> Any:
    arrow = pyarrow()
    texts = [None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in values]
    return arrow.array(texts, type=arrow.string())


def _is_json(field: Any) -> bool:
    return (field.metadata or {}).get(b"spamsift") == b"json"


def _common_schema(schemas: list[Any]) -> Any:
    """All columns in order of first sight, each of a type that can hold all of its values; else their JSON."""
    fields: dict[str, Any] = {}
    for schema in schemas:
        for field in schema:
            known = fields.get(field.name)
            fields[field.name] = field if known is None else _common_field(known, field)
    return pyarrow().schema(list(fields.values()))


def _common_field(one: Any, other: Any) -> Any:
    arrow = pyarrow()
    if _is_json(one) or _is_json(other):
        return _json_field(one.name)
    if one.type.equals(other.type):
        return one
    try:
        both = arrow.unify_schemas([arrow.schema([one]), arrow.schema([other])], promote_options="permissive")
    except arrow.ArrowException:
        return _json_field(one.name)
    return both.field(0)


def _fit(table: Any, schema: Any) -> Any:
    """A table in the columns of ``schema``."""
    arrow = pyarrow()
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(arrow.nulls(table.num_rows, field.type))
            continue
        column = table.column(field.name)
        if _is_json(field) and not _is_json(table.schema.field(field.name)):
            column = _to_json(column.to_pylist())
        elif not column.type.equals(field.type):
            column = column.cast(field.type)
        columns.append(column)
    return arrow.table(columns, schema=schema)
