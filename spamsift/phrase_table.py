"""Phrase tables: rows of heuristics, found in the blocks of a page.

A page is told from most rows by substring searches and the runs of its words; a regular expression is compiled and
asked only where a page has a string that it needs. How a table is written: :mod:`spamsift.lexicon`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from spamsift.errors import LexiconError
from spamsift.sieve import Sieve
from spamsift.words import fold, fold_all, is_inside_word, starts_of, texts_with

__all__ = ["EDGES", "Hit", "Match", "Row", "Table"]

MAX_TAIL = 500
"""Characters at the end of a text in which a pattern with ``match = "end"`` may begin."""
_MAX_PHRASE = 100
"""Characters of the longest phrase with ``match = "end"``."""
_FEW = 20
"""Strings up to which to search a page for each takes less time than to mark its pieces (10 us against 200 a page)."""
_WORD = re.compile(r"[^\W_]+")
"""An underscore parts words: the ends of a phrase may stand beside one."""
EDGES = " \t\r\n.:;,!?…*»«>|-–—·•→›\"'“”()[]"


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
    expression: str | None = None
    """A regular expression in place of phrases."""
    needs: tuple[str, ...] = ()
    """Folded strings of which a page must have one for the pattern to match; empty: not known."""

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """The expression, compiled when it is first needed: most pages need few of them."""
        return None if self.expression is None else _compile(self.expression)


@cache
def _compile(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A row found in a text at ``[start, end)``."""

    row: Row
    start: int
    end: int


class _Phrase(NamedTuple):
    """A phrase of a row."""

    text: str
    """Folded."""
    row: Row


class Table:
    """A compiled phrase table; immutable after construction.

    >>> table = Table((Row("share", Match.LINE, "en", "share button", phrases=("share this",)),))
    >>> [hit.row.label for hit in table.find("Share this:")]
    ['share']
    """

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        self._lines: dict[str, Row] = {}
        self._starts: dict[str, list[_Phrase]] = {}
        self._ends: dict[str, list[_Phrase]] = {}
        self._anywhere: list[_Phrase] = []
        self._patterns = {m: [row for row in rows if row.expression is not None and row.match is m] for m in Match}
        for row in rows:
            for phrase in row.phrases:
                key = fold(" ".join(phrase.split()))
                if row.match is Match.LINE:
                    self._lines.setdefault(key.strip(EDGES), row)
                    continue
                words = _WORD.findall(key)
                if not words or not key.startswith(words[0]):
                    raise LexiconError(f"phrase {phrase!r} must begin with a word; use a pattern instead.")
                if row.match is Match.ANYWHERE:
                    self._anywhere.append(_Phrase(key, row))
                else:
                    index = self._starts if row.match is Match.START else self._ends
                    index.setdefault(words[0], []).append(_Phrase(key, row))
        ends = (phrase.text.rstrip(EDGES) for group in self._ends.values() for phrase in group)
        self._last_words = tuple(dict.fromkeys(ends))
        self._needs = tuple(dict.fromkeys(need for row in rows for need in row.needs))
        self._sieve = Sieve([*self._needs, *(phrase.text for phrase in self._anywhere)])

    def find(self, text: str) -> Iterator[Hit]:
        """Every hit in ``text``, in no particular order; phrases never end inside a word."""
        yield from (hit for _, hit in self.find_in_blocks([text]))

    def find_in_blocks(self, texts: Sequence[str]) -> Iterator[tuple[int, Hit]]:
        """What :meth:`find` finds in each text, with the text's index; each pattern that may stand anywhere runs once.

        >>> table = Table((Row("stub", Match.ANYWHERE, "any", "cut off", expression=r"\\[\\.\\.\\.\\]"),))
        >>> [(i, hit.start) for i, hit in table.find_in_blocks(["one", "two [...]"])]
        [(1, 4)]
        """
        text = "\n".join(texts)
        folded = fold_all(texts)
        starts = starts_of(texts)
        needs, phrases = self._look_for(folded)
        patterns = {match: _may_match(rows, needs) for match, rows in self._patterns.items()}
        line, start = _gate(patterns[Match.LINE]), _gate(patterns[Match.START])
        for i, block in enumerate(texts):
            hits = self._find_phrases(folded[starts[i] : starts[i + 1] - 1])
            if (line and line.fullmatch(block)) or (start and start.match(block)):
                hits += _find_in_front(patterns, block)
            for hit in hits:
                yield i, hit
        for row in patterns[Match.END]:
            for i in texts_with(needs.intersection(row.needs), folded, starts) if row.needs else range(len(texts)):
                yield from ((i, Hit(row, m.start(), m.end())) for m in _matches_at_end(row, texts[i]))
        anywhere = _find_anywhere(patterns[Match.ANYWHERE], needs, folded, text, starts)
        for row, begin, end in chain(phrases, anywhere):
            i = bisect_right(starts, begin) - 1
            if end < starts[i + 1]:  # not across two texts
                yield i, Hit(row, begin - starts[i], end - starts[i])

    def _look_for(self, folded: str) -> tuple[frozenset[str], list[tuple[Row, int, int]]]:
        """The needed strings that a text has, and the phrases that may stand anywhere, where they stand."""
        n, n_strings = len(self._needs), len(self._needs) + len(self._anywhere)
        needs: list[str] = []
        phrases: list[tuple[Row, int, int]] = []
        for number in self._sieve.passing(folded) if n_strings > _FEW else range(n_strings):
            if number >= n:
                phrases += _places(self._anywhere[number - n], folded)
            elif self._needs[number] in folded:
                needs.append(self._needs[number])
        return frozenset(needs), phrases

    def _find_phrases(self, folded: str) -> list[Hit]:
        """Phrases bound to a place; a list and no iterator, because most blocks have none."""
        bare = folded.strip(EDGES)
        hits = []
        if self._lines and len(folded) < 200 and (row := self._lines.get(" ".join(bare.split()))):
            hits.append(Hit(row, 0, len(folded)))
        if self._starts and (first := _WORD.match(bare)) and (phrases := self._starts.get(first.group())):
            head = len(folded) - len(folded.lstrip(EDGES))
            for phrase in phrases:
                if _stands_at(folded, phrase.text, head):
                    hits.append(Hit(phrase.row, head, head + len(phrase.text)))
        if self._last_words and bare.endswith(self._last_words):
            hits.extend(self._find_ends(folded, len(folded.rstrip(EDGES))))
        return hits

    def _find_ends(self, folded: str, tail: int) -> Iterator[Hit]:
        for word in _WORD.finditer(folded, max(0, tail - _MAX_PHRASE)):
            for phrase in self._ends.get(word.group(), ()):
                if word.start() + len(phrase.text) >= tail and _stands_at(folded, phrase.text, word.start()):
                    yield Hit(phrase.row, word.start(), word.start() + len(phrase.text))


def _regex(row: Row) -> re.Pattern[str]:
    assert row.pattern is not None
    return row.pattern


def _matches_at_end(row: Row, text: str) -> Iterator[re.Match[str]]:
    tail = _regex(row).finditer(text, max(0, len(text) - MAX_TAIL))
    return (found for found in tail if found.end() == len(text))


def _places(phrase: _Phrase, folded: str) -> Iterator[tuple[Row, int, int]]:
    """Where a phrase stands, its ends not inside words."""
    at = folded.find(phrase.text)
    while at >= 0:
        end = at + len(phrase.text)
        if not is_inside_word(folded, at) and not is_inside_word(folded, end):
            yield phrase.row, at, end
        at = folded.find(phrase.text, at + 1)


def _find_anywhere(
    patterns: Sequence[Row], needs: frozenset[str], folded: str, text: str, starts: Sequence[int]
) -> Iterator[tuple[Row, int, int]]:
    """Each pattern once: in the whole text, or in those blocks of it that have what it needs."""
    for row in patterns:
        spans = [(0, len(text))]
        if row.needs:
            found = texts_with(needs.intersection(row.needs), folded, starts)
            spans = [(starts[i], starts[i + 1] - 1) for i in found]
        for begin, end in spans:
            yield from ((row, m.start(), m.end()) for m in _regex(row).finditer(text, begin, end))


def _may_match(patterns: Sequence[Row], needs: frozenset[str]) -> list[Row]:
    """The patterns of which the page has a string that they need."""
    return [row for row in patterns if not row.needs or not needs.isdisjoint(row.needs)]


def _find_in_front(patterns: Mapping[Match, Sequence[Row]], text: str) -> Iterator[Hit]:
    """Patterns for a whole line or its start."""
    for row in patterns[Match.LINE]:
        if _regex(row).fullmatch(text):
            yield Hit(row, 0, len(text))
    for row in patterns[Match.START]:
        if found := _regex(row).match(text):
            yield Hit(row, found.start(), found.end())


def _stands_at(text: str, phrase: str, at: int) -> bool:
    return text.startswith(phrase, at) and not is_inside_word(text, at + len(phrase))


def _gate(patterns: Sequence[Row]) -> re.Pattern[str] | None:
    """One pattern that matches wherever one of them does: all are asked at once, since hardly a block has one."""
    return _compile_gate(tuple(row.expression or "" for row in patterns)) if patterns else None


@lru_cache(maxsize=64)
def _compile_gate(expressions: tuple[str, ...]) -> re.Pattern[str]:
    parts = (re.sub(r"\(\?P<\w+>", "(?:", one) for one in expressions)
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE)
