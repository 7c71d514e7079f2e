"""Which rows of ``inline.toml`` may hold in which block of a page, and where.

Every row names the strings of which a block must have one (its group ``lead``), so that an ordinary page costs a
few substring searches instead of a few dozen regular expressions per block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from spamsift.lexicon import load_table
from spamsift.phrase_table import Match, Row
from spamsift.records import LabelledBlock
from spamsift.sieve import Sieve
from spamsift.words import fold

__all__ = ["byline_rows", "keyword_run", "matches", "rows_by_block"]

MAX_TAIL = 500
"""Characters at the end of a block in which a row with ``match = "end"`` may begin, and the longest ``line``."""

MIN_KEYWORDS = 6
"""Phrases of a run of keywords; ``MIN_SHARED`` of them hold the same word: an honest list names different things."""
MIN_SHARED = 4
MAX_KEYWORD_WORDS = 5
MAX_RUN = 600
"""Characters of a run of keywords."""

_RUN = re.compile(r"(?<=[a-zà-ÿ0-9\"”)][.!?])[ \u00a0]{0,4}(?P<run>[a-zà-ÿ][^.!?:;()\n]{20,600})\Z")
_LEAD = re.compile(r"\(\?P<lead>([^()]+)\)")


@lru_cache(maxsize=1)
def _leads() -> tuple[tuple[Row, tuple[str, ...]], ...]:
    """Each row with the strings of which a block must have one for the row to run."""
    return tuple(
        (row, tuple(re.sub(r"\\(.)", r"\1", lead.lower()) for lead in found[1].split("|")))
        for row in load_table("inline").rows
        if row.expression is not None and (found := _LEAD.search(row.expression))
    )


@lru_cache(maxsize=1)
def _sieve() -> tuple[tuple[str, ...], Sieve]:
    """All leads, and which of them may stand in a page."""
    leads = tuple(dict.fromkeys(lead for _, leads in _leads() for lead in leads))
    return leads, Sieve(leads)


def _lowered(text: str) -> str:
    """Lower case of the same length, typographic apostrophes as they are."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else fold(text)


def rows_by_block(source: str, blocks: Sequence[LabelledBlock]) -> dict[int, list[Row]]:
    """The rows that may hold in each block, in the order of the table: substring searches over the whole page."""
    lowered = _lowered(source)
    leads, sieve = _sieve()
    possible = {leads[number] for number in sieve.passing(lowered)}
    ends = [block.end for block in blocks]
    rows: dict[int, list[Row]] = {}
    for row, its_leads in _leads():
        found: set[int] = set()
        for lead in possible.intersection(its_leads):
            at = lowered.find(lead)
            while at >= 0 and (index := bisect_right(ends, at)) < len(ends):
                found.add(index)
                at = lowered.find(lead, ends[index])
        for index in found:
            rows.setdefault(index, []).append(row)
    return rows


def matches(row: Row, text: str) -> Iterator[re.Match[str]]:
    """Every match of one row in one block, as its ``match`` demands."""
    if row.pattern is None:
        return
    if row.match is Match.ANYWHERE:
        yield from row.pattern.finditer(text)
        return
    found = None
    if row.match is Match.END:
        found = row.pattern.search(text, max(0, len(text) - MAX_TAIL))
    elif row.match is Match.START:
        found = row.pattern.match(text)
    elif len(text) <= MAX_TAIL:
        found = row.pattern.fullmatch(text)
    if found is not None:
        yield found


def keyword_run(text: str) -> int | None:
    """Where keywords for search engines begin that were hung behind the last sentence of a paragraph.

    They begin in lower case after a full stop, end without one, and say one word over and over.

    >>> text = "He left. cheap shoes, buy shoes, shoes online, red shoes, shoes outlet, best shoes"
    >>> text[keyword_run(text) :][:13]
    ' cheap shoes,'
    >>> keyword_run("He sells green tea, black tea, white tea, red tea, iced tea, herbal tea") is None
    True
    """
    tail = text[-MAX_RUN:]
    if tail.count(",") < MIN_KEYWORDS - 1 or tail[-1] in '.!?…"”’)':
        return None
    found = _RUN.search(tail)
    if found is None:
        return None
    phrases = [phrase.split() for phrase in found["run"].lower().split(",")]
    if len(phrases) < MIN_KEYWORDS or any(not 1 <= len(phrase) <= MAX_KEYWORD_WORDS for phrase in phrases):
        return None
    counts = Counter(word for phrase in phrases for word in set(phrase))
    return len(text) - len(tail) + found.start() if counts.most_common(1)[0][1] >= MIN_SHARED else None


def byline_rows() -> tuple[Row, ...]:
    """The rows for blocks labelled byline; they have no ``lead``."""
    return tuple(row for row in load_table("inline").rows if row.label == "byline")
