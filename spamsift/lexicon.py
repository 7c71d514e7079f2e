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
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Any

from spamsift.errors import LexiconError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Hit", "Match", "Row", "Table", "fold", "load_hints", "load_table", "load_words", "parse_table"]

MAX_TAIL = 500
"""Characters at the end of a text in which a pattern with ``match = "end"`` may begin."""
_MAX_PHRASE = 100
"""Characters of the longest phrase with ``match = "end"``."""
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
    if "\u2019" in text or "\u2018" in text or "\u00a0" in text:
        text = text.translate(_APOSTROPHES)
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters (such as U+0130) grow when lowered
        lowered = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
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
        patterns = [(row.pattern, row) for row in rows if row.pattern is not None]
        self._patterns = {match: [p for p in patterns if p[1].match is match] for match in Match}
        self._gates = {match: _gate([p for p, _ in self._patterns[match]]) for match in (Match.LINE, Match.START)}
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
        yield from (hit for _, hit in self.find_in_blocks([text]))

    def find_in_blocks(self, texts: Sequence[str]) -> Iterator[tuple[int, Hit]]:
        """What :meth:`find` finds in each text, with the text's index; each pattern that may stand anywhere runs once.

        >>> table = parse_table('''
        ... [[row]]
        ... label = "stub"
        ... match = "anywhere"
        ... language = "any"
        ... reason = "cut off"
        ... pattern = '\\\\[\\\\.\\\\.\\\\.\\\\]'
        ... ''', "example")
        >>> [(i, hit.start) for i, hit in table.find_in_blocks(["one", "two [...]"])]
        [(1, 4)]
        """
        folded = [fold(text) for text in texts]
        for i, text in enumerate(texts):
            yield from ((i, hit) for hit in self._find_phrases(folded[i]))
            yield from ((i, hit) for hit in self._find_patterns(text))
        starts = [0, *accumulate(len(text) + 1 for text in texts)]
        for row, start, end in self._find_anywhere("\n".join(folded), "\n".join(texts)):
            i = bisect_right(starts, start) - 1
            if end < starts[i + 1]:  # not across two texts
                yield i, Hit(row, start - starts[i], end - starts[i])

    def _find_anywhere(self, folded: str, text: str) -> Iterator[tuple[Row, int, int]]:
        """Substring searches for the phrases whose first word occurs at all, and each pattern once."""
        index = self._phrases[Match.ANYWHERE]
        for first in sorted(index.keys() & set(_WORD.findall(folded))) if index else ():
            for phrase, row in index[first]:
                at = folded.find(phrase)
                while at >= 0:
                    if not _is_inside_word(folded, at) and not _is_inside_word(folded, at + len(phrase)):
                        yield row, at, at + len(phrase)
                    at = folded.find(phrase, at + 1)
        for pattern, row in self._patterns[Match.ANYWHERE]:
            yield from ((row, m.start(), m.end()) for m in pattern.finditer(text))

    def _find_phrases(self, folded: str) -> Iterator[Hit]:
        if self._lines and len(folded) < 200 and (row := self._lines.get(" ".join(folded.strip(_EDGES).split()))):
            yield Hit(row, 0, len(folded))
        yield from self._find_starts(folded)
        yield from self._find_ends(folded)

    def _find_patterns(self, text: str) -> Iterator[Hit]:
        """Patterns bound to a place; all of a kind are asked at once first, since hardly a block has one."""
        line, start = self._gates[Match.LINE], self._gates[Match.START]
        if line is not None and line.fullmatch(text):
            yield from (
                Hit(row, 0, len(text)) for pattern, row in self._patterns[Match.LINE] if pattern.fullmatch(text)
            )
        if start is not None and start.match(text):
            found = ((pattern.match(text), row) for pattern, row in self._patterns[Match.START])
            yield from (Hit(row, m.start(), m.end()) for m, row in found if m is not None)
        for pattern, row in self._patterns[Match.END]:
            tail = pattern.finditer(text, max(0, len(text) - MAX_TAIL))
            yield from (Hit(row, m.start(), m.end()) for m in tail if m.end() == len(text))

    def _find_starts(self, folded: str) -> Iterator[Hit]:
        head = len(folded) - len(folded.lstrip(_EDGES))
        first = _WORD.match(folded, head)
        if first is not None:
            for phrase, row in self._phrases[Match.START].get(first.group(), ()):
                if _stands_at(folded, phrase, head):
                    yield Hit(row, head, head + len(phrase))

    def _find_ends(self, folded: str) -> Iterator[Hit]:
        ends = self._phrases[Match.END]
        tail = len(folded.rstrip(_EDGES))
        begin = max(0, tail - _MAX_PHRASE)
        if not ends or ends.keys().isdisjoint(_WORD.findall(folded, begin)):
            return
        for word in _WORD.finditer(folded, begin):
            for phrase, row in ends.get(word.group(), ()):
                if word.start() + len(phrase) >= tail and _stands_at(folded, phrase, word.start()):
                    yield Hit(row, word.start(), word.start() + len(phrase))


def _stands_at(text: str, phrase: str, at: int) -> bool:
    return text.startswith(phrase, at) and not _is_inside_word(text, at + len(phrase))


def _is_inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _gate(patterns: Sequence[re.Pattern[str]]) -> re.Pattern[str] | None:
    """One pattern that matches wherever one of them does."""
    parts = [re.sub(r"\(\?P<\w+>", "(?:", pattern.pattern) for pattern in patterns]
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE) if parts else None


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
