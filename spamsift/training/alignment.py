"""Gold labels of blocks by alignment with a page's gold text, and the scores that judge a text.

A block's *coverage* is the share of its words that the longest common subsequence of page and gold
matches; for longer blocks also the share of its word triples found in gold anywhere, because some
gold texts are out of page order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spamsift.records import Block

__all__ = ["coverage", "segment_hits", "word_f1"]

_WORD = re.compile(r"\w+")
_MIN_SHINGLE_WORDS = 8
"""Words from which a block's triples are trusted without order."""


def coverage(blocks: Sequence[Block], gold: str) -> NDArray[np.float32]:
    """Share in [0, 1] of each block's words that belong to the gold text.

    >>> blocks = [Block("Menu", 0, 4), Block("The story is told.", 5, 23)]
    >>> coverage(blocks, "The story is told.").tolist()
    [0.0, 1.0]
    """
    from rapidfuzz.distance import LCSseq

    block_words = [_WORD.findall(block.text.lower()) for block in blocks]
    page = [word for words in block_words for word in words]
    target = _WORD.findall(gold.lower())
    matched = np.zeros(len(page) + 1, dtype=np.int64)
    if page and target:
        for op in LCSseq.opcodes(page, target):
            if op.tag == "equal":
                matched[op.src_start : op.src_end] = 1
    triples = set(zip(target, target[1:], target[2:], strict=False))
    found = np.zeros(len(blocks), dtype=np.float32)
    position = 0
    for i, words in enumerate(block_words):
        if words:
            found[i] = matched[position : position + len(words)].mean()
        if len(words) >= _MIN_SHINGLE_WORDS:
            own = list(zip(words, words[1:], words[2:], strict=False))
            found[i] = max(found[i], sum(triple in triples for triple in own) / len(own))
        position += len(words)
    return found


def word_f1(text: str, gold: str) -> float:
    """Word F1 of a page: multisets of lower-case words; 1 if both are empty.

    >>> round(word_f1("a b c", "a b d"), 3)
    0.667
    """
    mine, theirs = Counter(_WORD.findall(text.lower())), Counter(_WORD.findall(gold.lower()))
    if not mine or not theirs:
        return float(mine == theirs)
    common = sum((mine & theirs).values())
    return 2 * common / (sum(mine.values()) + sum(theirs.values()))


_TYPOGRAPHY = str.maketrans(
    "\u2018\u2019\u201a\u201b\u02bc\u2032\u201c\u201d\u201e\u2033\u2010\u2011\u2012\u2013\u2014\u2212",
    "''''''\"\"\"\"------",
)


def segment_hits(text: str, required: Sequence[str], forbidden: Sequence[str]) -> tuple[int, int, int, int]:
    """True positives, false negatives, false positives, true negatives of snippets.

    White space is folded, and so are quotation marks and dashes: a tenth of WCXB's snippets have straight ones where
    the page has curly ones, and no extractor could find them otherwise.

    >>> segment_hits("It\u2019s  here.", ["It's here"], ["there"])
    (1, 0, 0, 1)
    """
    folded = _fold(text)
    n_found = sum(_fold(snippet) in folded for snippet in required)
    n_leaked = sum(_fold(snippet) in folded for snippet in forbidden)
    return n_found, len(required) - n_found, n_leaked, len(forbidden) - n_leaked


def _fold(text: str) -> str:
    return " ".join(text.translate(_TYPOGRAPHY).split())
