"""Findings that no phrase tells: what stands on the page twice, what breaks off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from spamsift.records import ARTICLE_LABELS, BlockLabel, LabelledBlock

__all__ = ["Find", "shape_finds"]

MIN_REPEATED_CHARS = 60
"""Characters of an article block that does not stand on a page twice by chance."""
MIN_END_CHARS = 40
"""Characters of a last paragraph that must end like a sentence."""
_ENDED = re.compile(r"[.!?:;…。！？\"'”’»)\]}*]\s*\Z")
_BROKEN_OFF = re.compile(r"\w\s?(?:\.\.\.|…)\s*\Z")
_LETTER_AT_END = re.compile(r"[^\W\d_]\s*\Z")


@dataclass(frozen=True, slots=True)
class Find:
    """A place in the source."""

    start: int
    end: int


def shape_finds(blocks: Sequence[LabelledBlock]) -> Mapping[str, tuple[Find, ...]]:
    """Signal name to places, in order, for those that were found.

    >>> text = "The harbour was closed on Monday, and nobody could say when it wo"
    >>> list(shape_finds([LabelledBlock(text, BlockLabel.BODY, 0.9, 0, len(text))]))
    ['clipped_end']
    """
    article = [block for block in blocks if block.label in ARTICLE_LABELS]
    found = {
        "repeated_text": tuple(_repeated(article)),
        "clipped_end": tuple(_clipped_end(article)),
    }
    return {name: places for name, places in found.items() if places}


def _repeated(article: Sequence[LabelledBlock]) -> Iterator[Find]:
    seen = set()
    for block in article:
        if len(block.text) >= MIN_REPEATED_CHARS:
            text = " ".join(block.text.split())
            if text in seen:
                yield Find(block.start, block.end)
            seen.add(text)


def _clipped_end(article: Sequence[LabelledBlock]) -> Iterator[Find]:
    """The last paragraph, if it ends in the middle of a sentence."""
    if not article or article[-1].label is not BlockLabel.BODY or len(article[-1].text) < MIN_END_CHARS:
        return
    last = article[-1]
    is_cut = not _ENDED.search(last.text[-40:]) and _LETTER_AT_END.search(last.text[-4:]) and " " in last.text
    if is_cut or _BROKEN_OFF.search(last.text[-40:]):
        yield Find(max(last.start, last.end - MIN_END_CHARS), last.end)
