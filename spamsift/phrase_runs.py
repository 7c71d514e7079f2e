"""Phrases that a text repeats more than prose does: keyword runs of doorways, the slots of city and product templates.

The measure is the share of the text's words that the repetitions of one phrase take up: ``(times - 1) * length /
words``. Subjects of honest articles reach some hundredths, a page that is
written around its keyword several times that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from spamsift.lexicon import load_words

__all__ = ["PhraseRun", "densest_phrase"]

LENGTHS = (2, 3, 4, 5)
"""Words of a phrase. Longer ones are found by their parts."""
LEAST_TIMES = {2: 5, 3: 3, 4: 3, 5: 3}
"""Times from which a phrase of that length counts: pairs of words are the names of things."""
MIN_WORDS = 40
"""Words of a text below which one repetition is a share of everything."""
MIN_CONTENT_LETTERS = 3
"""Letters of a word that can begin or end a phrase."""
_MIX = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: 2^64 over the golden ratio


@dataclass(frozen=True, slots=True)
class PhraseRun:
    """The phrase whose repetitions take up most of a text."""

    words: tuple[str, ...]
    times: int
    share: float
    """Of the text's words, in [0, 1]."""


def densest_phrase(words: Sequence[str]) -> PhraseRun | None:
    """The phrase of two to five words that takes up most of a text, of folded words; ``None`` if none is repeated.

    >>> densest_phrase(["roofing", "contractor", "hearne"] + [f"w{i}" for i in range(50)]) is None
    True
    >>> text = [w for i in range(9) for w in ("roofing", "contractor", "hearne", "texas", f"w{i}", f"v{i}")]
    >>> densest_phrase(text).words
    ('roofing', 'contractor', 'hearne', 'texas')
    """
    n = len(words)
    if n < MIN_WORDS:
        return None
    number: dict[str, int] = defaultdict(count().__next__)
    ids = np.fromiter(map(number.__getitem__, words), dtype=np.uint64, count=n)
    function_words = load_words("function_words")
    is_content = np.fromiter(
        (len(word) >= MIN_CONTENT_LETTERS and word not in function_words for word in number), dtype=np.bool_
    )[ids.astype(np.int64)]
    best: PhraseRun | None = None
    keys = ids
    n_content = is_content.astype(np.int64)
    for length in LENGTHS:
        keys = keys[:-1] * _MIX + ids[length - 1 :]
        n_content = n_content[:-1] + is_content[length - 1 :]
        usable = is_content[: n - length + 1] & is_content[length - 1 :] & (2 * n_content >= length)
        found = _commonest(keys, usable)
        if found is None or found[1] < LEAST_TIMES[length]:
            continue
        at, times = found
        share = (times - 1) * length / n
        if best is None or share > best.share:
            best = PhraseRun(tuple(words[at : at + length]), times, share)
    return best


def _commonest(keys: NDArray[np.uint64], usable: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Where the commonest usable key stands first, and how often it stands there."""
    places = np.flatnonzero(usable)
    if not len(places):
        return None
    _, first, times = np.unique(keys[places], return_index=True, return_counts=True)
    most = times == times.max()
    at = int(first[most].min())
    return int(places[at]), int(times.max())
