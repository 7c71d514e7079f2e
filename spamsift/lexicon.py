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
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib import resources
from itertools import accumulate, chain, pairwise
from typing import Any, NamedTuple

from spamsift.errors import LexiconError
from spamsift.words import find_words

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = [
    "Explanations",
    "Hit",
    "Match",
    "Row",
    "SignalName",
    "Table",
    "fold",
    "fold_all",
    "load_explanations",
    "load_hints",
    "load_lookalikes",
    "load_table",
    "load_words",
    "parse_table",
    "read_toml",
]

MAX_TAIL = 500
"""Characters at the end of a text in which a pattern with ``match = "end"`` may begin."""
_MAX_PHRASE = 100
"""Characters of the longest phrase with ``match = "end"``."""
_FEW_PHRASES = 30
"""Phrases up to which to search a page for each takes less time than to list its words (24 us against 650 a page)."""
_WORD = re.compile(r"[^\W_]+")
"""An underscore parts words: the ends of a phrase may stand beside one."""
_EDGES = " \t\r\n.:;,!?…*»«>|-–—·•→›\"'“”()[]"
_GROWS = "\u0130"
"""The one letter that becomes two characters when lowered."""


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
    needs: tuple[str, ...] = ()
    """Folded strings of which a page must have one for the pattern to match; empty: not known."""


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


_Pattern = tuple[re.Pattern[str], Row]


def fold(text: str) -> str:
    """Lower case with plain apostrophes; the length stays the same, so offsets hold.

    >>> fold("DON\u2019T")
    "don't"
    """
    text = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u00a0", " ")  # no translate(): 100 times slower
    if _GROWS not in text:
        return text.lower()
    return "".join(c if c == _GROWS else c.lower() for c in text)


def fold_all(texts: Sequence[str]) -> str:
    """Some texts, each folded, one per line; all at once where none of them changes how another is folded."""
    text = "\n".join(texts)
    return fold(text) if _GROWS not in text else "\n".join(map(fold, texts))


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
        self._starts: dict[str, list[_Phrase]] = {}
        self._ends: dict[str, list[_Phrase]] = {}
        self._anywhere: dict[tuple[str, ...], list[_Phrase]] = {}
        """By their first three words, or fewer if they have no more."""
        patterns = [(row.pattern, row) for row in rows if row.pattern is not None]
        self._patterns = {match: [p for p in patterns if p[1].match is match] for match in Match}
        for row in rows:
            for phrase in row.phrases:
                key = fold(" ".join(phrase.split()))
                if row.match is Match.LINE:
                    self._lines.setdefault(key.strip(_EDGES), row)
                    continue
                words = _WORD.findall(key)
                if not words or not key.startswith(words[0]):
                    raise LexiconError(f"phrase {phrase!r} must begin with a word; use a pattern instead.")
                if row.match is Match.ANYWHERE:
                    self._anywhere.setdefault(tuple(words[:3]), []).append(_Phrase(key, row))
                else:
                    index = self._starts if row.match is Match.START else self._ends
                    index.setdefault(words[0], []).append(_Phrase(key, row))
        ends = (phrase.text.rstrip(_EDGES) for group in self._ends.values() for phrase in group)
        self._last_words = tuple(dict.fromkeys(ends))

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
        text = "\n".join(texts)
        folded = fold_all(texts)
        starts = [0, *accumulate(len(text) + 1 for text in texts)]
        patterns = {match: _may_match(rows, folded) for match, rows in self._patterns.items()}
        line, start = _gate(patterns[Match.LINE]), _gate(patterns[Match.START])
        for i, block in enumerate(texts):
            low = folded[starts[i] : starts[i + 1] - 1]
            hits = self._find_phrases(low)
            if (line and line.fullmatch(block)) or (start and start.match(block)):
                hits += _find_in_front(patterns, block)
            for pattern, row in patterns[Match.END]:
                if not row.needs or _has_any(low, row.needs):
                    tail = pattern.finditer(block, max(0, len(block) - MAX_TAIL))
                    hits += [Hit(row, m.start(), m.end()) for m in tail if m.end() == len(block)]
            for hit in hits:
                yield i, hit
        for row, begin, end in self._find_anywhere(folded, text, starts, patterns[Match.ANYWHERE]):
            i = bisect_right(starts, begin) - 1
            if end < starts[i + 1]:  # not across two texts
                yield i, Hit(row, begin - starts[i], end - starts[i])

    def _find_anywhere(
        self, folded: str, text: str, starts: Sequence[int], patterns: Sequence[_Pattern]
    ) -> Iterator[tuple[Row, int, int]]:
        """Substring searches for the phrases, and each pattern once."""
        for phrase in self._may_stand_anywhere(folded):
            at = folded.find(phrase.text)
            while at >= 0:
                end = at + len(phrase.text)
                if not _is_inside_word(folded, at) and not _is_inside_word(folded, end):
                    yield phrase.row, at, end
                at = folded.find(phrase.text, at + 1)
        for pattern, row in patterns:
            for begin, end in _spans_with(row.needs, folded, starts) if row.needs else ((0, len(text)),):
                yield from ((row, m.start(), m.end()) for m in pattern.finditer(text, begin, end))

    def _may_stand_anywhere(self, folded: str) -> Sequence[_Phrase]:
        """The phrases that are worth a search: of many, those whose first words follow each other somewhere."""
        index = self._anywhere
        openings: Iterable[tuple[str, ...]] = index
        if sum(map(len, index.values())) > _FEW_PHRASES:
            words, _ = find_words(folded.replace("_", " "))
            runs = chain(zip(words), pairwise(words), zip(words, words[1:], words[2:], strict=False))
            openings = set(filter(index.__contains__, runs))
        return [phrase for opening in sorted(openings) for phrase in index[opening]]

    def _find_phrases(self, folded: str) -> list[Hit]:
        """Phrases bound to a place; a list and no iterator, because most blocks have none."""
        bare = folded.strip(_EDGES)
        hits = []
        if self._lines and len(folded) < 200 and (row := self._lines.get(" ".join(bare.split()))):
            hits.append(Hit(row, 0, len(folded)))
        if self._starts and (first := _WORD.match(bare)) and (phrases := self._starts.get(first.group())):
            head = len(folded) - len(folded.lstrip(_EDGES))
            for phrase in phrases:
                if _stands_at(folded, phrase.text, head):
                    hits.append(Hit(phrase.row, head, head + len(phrase.text)))
        if self._last_words and bare.endswith(self._last_words):
            hits.extend(self._find_ends(folded, len(folded.rstrip(_EDGES))))
        return hits

    def _find_ends(self, folded: str, tail: int) -> Iterator[Hit]:
        for word in _WORD.finditer(folded, max(0, tail - _MAX_PHRASE)):
            for phrase in self._ends.get(word.group(), ()):
                if word.start() + len(phrase.text) >= tail and _stands_at(folded, phrase.text, word.start()):
                    yield Hit(phrase.row, word.start(), word.start() + len(phrase.text))


def _may_match(patterns: Sequence[_Pattern], folded: str) -> list[_Pattern]:
    """The patterns of which the page has a string that they need."""
    return [(pattern, row) for pattern, row in patterns if not row.needs or _has_any(folded, row.needs)]


def _spans_with(needs: Iterable[str], folded: str, starts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The texts, of those joined, that have a needed string: a pattern that needs one looks nowhere else."""
    found: set[int] = set()
    for part in needs:
        at = folded.find(part)
        while at >= 0:
            found.add(i := bisect_right(starts, at) - 1)
            at = folded.find(part, starts[i + 1])
    return ((starts[i], starts[i + 1] - 1) for i in sorted(found))


def _has_any(text: str, parts: Iterable[str]) -> bool:
    return any(part in text for part in parts)


def _find_in_front(patterns: Mapping[Match, Sequence[_Pattern]], text: str) -> Iterator[Hit]:
    """Patterns for a whole line or its start."""
    for pattern, row in patterns[Match.LINE]:
        if pattern.fullmatch(text):
            yield Hit(row, 0, len(text))
    for pattern, row in patterns[Match.START]:
        if found := pattern.match(text):
            yield Hit(row, found.start(), found.end())


def _stands_at(text: str, phrase: str, at: int) -> bool:
    return text.startswith(phrase, at) and not _is_inside_word(text, at + len(phrase))


def _is_inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _gate(patterns: Sequence[_Pattern]) -> re.Pattern[str] | None:
    """One pattern that matches wherever one of them does: all are asked at once, since hardly a block has one."""
    return _compile_gate(tuple(pattern.pattern for pattern, _ in patterns)) if patterns else None


@lru_cache(maxsize=64)
def _compile_gate(patterns: tuple[str, ...]) -> re.Pattern[str]:
    parts = (re.sub(r"\(\?P<\w+>", "(?:", pattern) for pattern in patterns)
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE)


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
    if "needs" in raw and (not pattern or not all(raw["needs"])):
        raise LexiconError(f"{where}: needs belongs to a pattern and names strings of at least one character.")
    if any(not phrase.strip(_EDGES) for phrase in phrases):
        raise LexiconError(f"{where}: an empty phrase would match everything; remove it.")
    try:
        compiled = re.compile(pattern, re.IGNORECASE) if pattern else None
        needs = tuple(map(fold, raw.get("needs", ())))
        row = Row(raw["label"], Match(raw["match"]), raw["language"], raw["reason"], phrases, compiled, needs)
    except (KeyError, ValueError, re.error) as problem:
        raise LexiconError(f"{where}: {problem}; see the docstring of spamsift.lexicon for the shape.") from problem
    if compiled is not None and compiled.match("") is not None:
        raise LexiconError(f"{where}: the pattern matches nothing at all; make it need a character.")
    return row


@cache
def load_table(name: str) -> Table:
    """The shipped table ``lexicons/<name>.toml``, compiled once per process."""
    return parse_table(_read(name), name)


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
