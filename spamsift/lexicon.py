"""Phrase tables: heuristics as rows of data, compiled once.

A table is ``lexicons/<name>.toml`` with rows of this shape::

    [[row]]
    label = "related"          # what a hit means: a block label or a signal name
    match = "line"             # line | start | end | anywhere
    language = "en"            # ISO 639-1, or "any"
    reason = "head of a list of other stories"
    phrases = ["related", "you may also like"]   # or: pattern = 'regular expression'

Phrases are compared without case, with runs of white space folded and typographic apostrophes made
plain; ``line`` compares the whole text without closing punctuation. Patterns are used as they are
(case is ignored) and must be bounded: no nested repetition. A pattern may name strings of which a page
must have one for the pattern to match: ``needs = ["told ", "interview"]``, compared as phrases are. Then most
pages are told by a substring search, which is a hundred times as fast as a regular expression.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from spamsift.errors import LexiconError
from spamsift.phrase_table import EDGES, Match, Row, Table
from spamsift.words import fold

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = [
    "Explanations",
    "SignalName",
    "load_explanations",
    "load_hints",
    "load_lookalikes",
    "load_table",
    "load_words",
    "parse_table",
    "read_toml",
]


def parse_table(toml: str, name: str) -> Table:
    """A table from TOML text, its patterns tried; ``name`` is for messages.

    Raises:
        LexiconError: a row is empty, has an unknown ``match``, both phrases and a pattern, or a pattern that is none.
    """
    table = _parse(toml, name)
    for i, row in enumerate(table.rows):
        try:
            is_empty = row.pattern is not None and row.pattern.match("") is not None
        except re.error as problem:
            raise LexiconError(f"{name}, row {i + 1}: {problem}; write a regular expression.") from problem
        if is_empty:
            raise LexiconError(f"{name}, row {i + 1}: the pattern matches nothing at all; make it need a character.")
    return table


def _parse(toml: str, name: str) -> Table:
    rows = tuple(_parse_row(raw, f"{name}, row {i + 1}") for i, raw in enumerate(tomllib.loads(toml).get("row", [])))
    if not rows:
        raise LexiconError(f"lexicon {name} has no rows; add [[row]] entries.")
    return Table(rows)


def _parse_row(raw: dict[str, Any], where: str) -> Row:
    phrases = tuple(raw.get("phrases", ()))
    pattern = raw.get("pattern")
    if bool(phrases) == bool(pattern):
        raise LexiconError(f"{where}: give either phrases or a pattern.")
    if "needs" in raw and (not pattern or not all(raw["needs"])):
        raise LexiconError(f"{where}: needs belongs to a pattern and names strings of at least one character.")
    if any(not phrase.strip(EDGES) for phrase in phrases):
        raise LexiconError(f"{where}: an empty phrase would match everything; remove it.")
    needs = tuple(map(fold, raw.get("needs", ())))
    try:
        return Row(raw["label"], Match(raw["match"]), raw["language"], raw["reason"], phrases, pattern, needs)
    except (KeyError, ValueError) as problem:
        raise LexiconError(f"{where}: {problem}; see the docstring of spamsift.lexicon for the shape.") from problem


@cache
def load_table(name: str) -> Table:
    """The shipped table ``lexicons/<name>.toml``, read once per process; tests have tried its patterns."""
    return _parse(_read(name), name)


def _read(name: str, folder: str = "lexicons") -> str:
    return (resources.files("spamsift") / folder / f"{name}.toml").read_text(encoding="utf-8")


def read_toml(name: str, folder: str = "lexicons") -> Mapping[str, Any]:
    """The tables of ``<folder>/<name>.toml`` of the package.

    >>> sorted(read_toml("function_words"))[:2]
    ['de', 'en']
    """
    tables: Mapping[str, Any] = tomllib.loads(_read(name, folder))
    return tables


@cache
def load_words(name: str, language: str | None = None) -> frozenset[str]:
    """Words of ``lexicons/<name>.toml``, a string ``words`` per language: of that one, or of all."""
    tables = read_toml(name)
    chosen = tables.values() if language is None else (tables[language],)
    return frozenset(word for table in chosen for word in fold(table["words"]).split())


@cache
def load_hints() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Rows of ``lexicons/hints.toml``: a name and the parts of class words that mean it."""
    return tuple((row["name"], tuple(row["parts"])) for row in read_toml("hints")["hint"])


@dataclass(frozen=True, slots=True)
class SignalName:
    """How one signal of the ledger is told to a reader."""

    label: str
    meaning: str
    family: str


@dataclass(frozen=True, slots=True)
class Explanations:
    """``lexicons/explanations.toml``: what is said of signals, kinds and doubts, each by its name."""

    signals: Mapping[str, SignalName]
    kinds: Mapping[str, str]
    doubts: Mapping[str, str]


@cache
def load_explanations() -> Explanations:
    """The shipped sentences; keys are strings, and so are the enums they belong to."""
    rows = read_toml("explanations")
    return Explanations(
        signals={row["name"]: SignalName(row["label"], row["meaning"], row["family"]) for row in rows["signal"]},
        kinds={row["name"]: row["meaning"] for row in rows["kind"]},
        doubts={row["name"]: row["meaning"] for row in rows["doubt"]},
    )


@cache
def load_lookalikes() -> dict[str, str]:
    """Letters of ``lexicons/lookalikes.toml``: what stands there → the Latin letter that it looks like."""
    tables = read_toml("lookalikes").values()
    return {one: other for table in tables for one, other in zip(table["letters"], table["latin"], strict=True)}
