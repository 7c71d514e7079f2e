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
(case is ignored) and must be bounded: no nested repetition.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any

from spamsift.errors import LexiconError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Hit", "Match", "Row", "Table", "fold", "load_hints", "load_table", "load_words", "parse_table"]

_WORD = re.compile(r"\w+")
_EDGES = " \t\r\n.:;,!?…*»«>|-–—·•→›\"'“”()[]"
_APOSTROPHES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u00a0": " "})  # each to one character: offsets hold


class Match(str, Enum):
    """Where in the text a phrase must stand."""

    LINE = "line"
    START = "start"
    END = "end"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Row:
    """One heuristic."""

    label: str
    match: Match
    language: str
    reason: str
    phrases: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A row found in a text at ``[start, end)``."""

    row: Row
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case with plain apostrophes; the length stays the same, so offsets hold.

    >>> fold("DON\u2019T")
    "don't"
    """
    lowered = text.translate(_APOSTROPHES).lower()
    if len(lowered) != len(text):  # a few letters (such as U+0130) grow when lowered
        lowered = "".join(c if len(c.lower()) != 1 else c.lower() for c in text.translate(_APOSTROPHES))
    return lowered


class Table:
    """A compiled phrase table; immutable after construction.

    >>> table = parse_table('''
    ... [[row]]
    ... label = "share"
    ... match = "line"
    ... language = "en"
    ... reason = "share button"
    ... phrases = ["share this"]
    ... ''', "example")
    >>> [hit.row.label for hit in table.find("Share this:")]
    ['share']
    """

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        self._lines: dict[str, Row] = {}
        self._phrases: dict[Match, dict[str, list[tuple[str, Row]]]] = {m: {} for m in Match}
        self._patterns = tuple((row.pattern, row) for row in rows if row.pattern is not None)
        for row in rows:
            for phrase in row.phrases:
                key = fold(" ".join(phrase.split()))
                if row.match is Match.LINE:
                    self._lines.setdefault(key.strip(_EDGES), row)
                    continue
                words = _WORD.findall(key)
                if not words or not key.startswith(words[0]):
                    raise LexiconError(f"phrase {phrase!r} must begin with a word; use a pattern instead.")
                self._phrases[row.match].setdefault(words[0], []).append((key, row))

    def find(self, text: str) -> Iterator[Hit]:
        """Every hit in ``text``, in no particular order; phrases never end inside a word."""
        folded = fold(text)
        if self._lines and len(folded) < 200 and (row := self._lines.get(" ".join(folded.strip(_EDGES).split()))):
            yield Hit(row, 0, len(text))
        yield from self._find_starts(folded)
        if self._phrases[Match.END] or self._phrases[Match.ANYWHERE]:
            yield from self._find_within(folded)
        for pattern, row in self._patterns:
            yield from (Hit(row, m.start(), m.end()) for m in _search(pattern, row.match, text))

    def _find_starts(self, folded: str) -> Iterator[Hit]:
        head = len(folded) - len(folded.lstrip(_EDGES))
        first = _WORD.match(folded, head)
        if first is not None:
            for phrase, row in self._phrases[Match.START].get(first.group(), ()):
                if _stands_at(folded, phrase, head):
                    yield Hit(row, head, head + len(phrase))

    def _find_within(self, folded: str) -> Iterator[Hit]:
        ends, anywhere = self._phrases[Match.END], self._phrases[Match.ANYWHERE]
        tail = len(folded.rstrip(_EDGES))
        for word in _WORD.finditer(folded, 0 if anywhere else max(0, tail - 100)):
            at = word.start()
            for phrase, row in anywhere.get(word.group(), ()):
                if _stands_at(folded, phrase, at):
                    yield Hit(row, at, at + len(phrase))
            for phrase, row in ends.get(word.group(), ()):
                if at + len(phrase) >= tail and _stands_at(folded, phrase, at):
                    yield Hit(row, at, at + len(phrase))


def _stands_at(text: str, phrase: str, at: int) -> bool:
    return text.startswith(phrase, at) and not _is_inside_word(text, at + len(phrase))


def _is_inside_word(text: str, at: int) -> bool:
    return at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _search(pattern: re.Pattern[str], match: Match, text: str) -> Iterator[re.Match[str]]:
    if match is Match.ANYWHERE:
        yield from pattern.finditer(text)
        return
    found = pattern.fullmatch(text) if match is Match.LINE else None
    if match is Match.START:
        found = pattern.match(text)
    elif match is Match.END:
        found = next((m for m in pattern.finditer(text) if m.end() == len(text)), None)
    if found is not None:
        yield found


def parse_table(toml: str, name: str) -> Table:
    """Compile a table from TOML text; ``name`` is for messages.

    Raises:
        LexiconError: a row is empty, has an unknown ``match``, or both phrases and a pattern.
    """
    rows = tuple(_parse_row(raw, f"{name}, row {i + 1}") for i, raw in enumerate(tomllib.loads(toml).get("row", [])))
    if not rows:
        raise LexiconError(f"lexicon {name} has no rows; add [[row]] entries.")
    return Table(rows)


def _parse_row(raw: dict[str, Any], where: str) -> Row:
    phrases = tuple(raw.get("phrases", ()))
    pattern = raw.get("pattern")
    if bool(phrases) == bool(pattern):
        raise LexiconError(f"{where}: give either phrases or a pattern.")
    if any(not phrase.strip(_EDGES) for phrase in phrases):
        raise LexiconError(f"{where}: an empty phrase would match everything; remove it.")
    try:
        compiled = re.compile(pattern, re.IGNORECASE) if pattern else None
        row = Row(raw["label"], Match(raw["match"]), raw["language"], raw["reason"], phrases, compiled)
    except (KeyError, ValueError, re.error) as problem:
        raise LexiconError(f"{where}: {problem}; see the docstring of spamsift.lexicon for the shape.") from problem
    if compiled is not None and compiled.match("") is not None:
        raise LexiconError(f"{where}: the pattern matches nothing at all; make it need a character.")
    return row


@cache
def load_table(name: str) -> Table:
    """The shipped table ``lexicons/<name>.toml``, compiled once per process."""
    return parse_table(_read(name), name)


def _read(name: str) -> str:
    return (resources.files("spamsift") / "lexicons" / f"{name}.toml").read_text(encoding="utf-8")


@cache
def load_words(name: str) -> frozenset[str]:
    """All words of ``lexicons/<name>.toml``: one table per language, each with a string ``words``."""
    tables = tomllib.loads(_read(name))
    return frozenset(word for table in tables.values() for word in fold(table["words"]).split())


@cache
def load_hints() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Rows of ``lexicons/hints.toml``: a name and the parts of class words that mean it."""
    return tuple((row["name"], tuple(row["parts"])) for row in tomllib.loads(_read("hints"))["hint"])
