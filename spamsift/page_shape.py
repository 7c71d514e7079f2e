"""Findings that no phrase tells: what stands on the page twice, what breaks off, what is built all alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from spamsift.records import ARTICLE_LABELS, BlockLabel, LabelledBlock

__all__ = ["Find", "shape_finds"]

MIN_REPEATED_CHARS = 60
"""Characters of an article block that does not stand on a page twice by chance."""
MIN_SENTENCE_CHARS = 50
"""Characters of a sentence that does not stand in an article twice by chance."""
MAX_SENTENCES = 1_000
"""Sentences of an article that are compared."""
MIN_END_CHARS = 40
"""Characters of a last paragraph that must end like a sentence."""
_ENDED = re.compile(r"[.!?:;…。！？\"'”’»)\]}*]\s*\Z")
_BROKEN_OFF = re.compile(r"\w\s?(?:\.\.\.|…)\s*\Z")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)]{0,2}\s+")
_JOINT = re.compile(r"\w ?(?:\.\.\.|…) (?=[A-Z])")
"""One snippet broken off, the next one begun in the same paragraph."""
_DOTS = ("...", "…")
_LABELLED = re.compile(r"(?:[-*•–] ?)?[A-Z][\w'’&/, -]{2,40}: [A-Z]")
"""A point with a label before a colon."""
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
        "repeated_sentence": tuple(_repeated_sentences(article)),
        "clipped_end": tuple(_clipped_end(article)),
        "snippet_joint": tuple(_joints(article)),
        "labelled_point": tuple(_labelled(article)),
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


def _repeated_sentences(article: Sequence[LabelledBlock]) -> Iterator[Find]:
    """Sentences that stood in another block, or in this one, before; whole blocks are :func:`_repeated`."""
    seen: set[str] = set()
    blocks: set[str] = set()
    for block in article:
        if block.text in blocks:
            continue
        blocks.add(block.text)
        ends = [match.end() for match in _SENTENCE_END.finditer(block.text)]
        for start, end in zip([0, *ends], [*ends, len(block.text)], strict=True):
            sentence = " ".join(block.text[start:end].split())
            if len(sentence) >= MIN_SENTENCE_CHARS:
                if sentence in seen:
                    yield Find(block.start + start, block.start + end)
                seen.add(sentence)
        if len(seen) > MAX_SENTENCES:
            return


def _joints(article: Sequence[LabelledBlock]) -> Iterator[Find]:
    for block in article:
        if any(dots in block.text for dots in _DOTS):  # the pattern begins with any letter: slow
            yield from (Find(block.start + m.start(), block.start + m.end()) for m in _JOINT.finditer(block.text))


def _labelled(article: Sequence[LabelledBlock]) -> Iterator[Find]:
    for block in article:
        if match := _LABELLED.match(block.text):
            yield Find(block.start, block.start + match.end() - 1)


def _clipped_end(article: Sequence[LabelledBlock]) -> Iterator[Find]:
    """The last paragraph, if it ends in the middle of a sentence."""
    if not article or article[-1].label is not BlockLabel.BODY or len(article[-1].text) < MIN_END_CHARS:
        return
    last = article[-1]
    is_cut = not _ENDED.search(last.text[-40:]) and _LETTER_AT_END.search(last.text[-4:]) and " " in last.text
    if is_cut or _BROKEN_OFF.search(last.text[-40:]):
        yield Find(max(last.start, last.end - MIN_END_CHARS), last.end)
