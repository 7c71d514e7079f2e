"""Frequencies of English words and word pairs: SymSpell's dictionaries (MIT, from Google Books n-grams) as tables."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spamsift.name_fit import N_TIE_LEVELS, pair_hash
from spamsift.text_statistics import Frequencies, tabulate

__all__ = ["common_pairs", "counted_words", "word_frequencies"]

N_WORDS = 40_000
"""Words of the shipped frequency table; rarer ones are unknown."""
N_PAIRS = 120_000
"""Pairs for ``models/name-fit``; what 60,000 and all 242,000 give is in its card."""
RARE_COUNT = 1e5
"""Count of a word that the dictionary does not list: about that of its rarest ones."""
MIN_COUNT_LOG, MIN_TIE, MAX_LEVEL = 3, -3, 9
"""Logarithms at which the levels of a pair begin: of its count (base 10), of that over chance (base e)."""


def _symspell_folder() -> Path:
    spec = find_spec("symspellpy")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("symspellpy gives the word frequencies: install it to train these models.")
    return Path(next(iter(spec.submodule_search_locations)))


def counted_words() -> list[tuple[str, int]]:
    """English words by falling count, of SymSpell's dictionary (MIT)."""
    path = _symspell_folder() / "frequency_dictionary_en_82_765.txt"
    rows = (line.split() for line in path.read_text(encoding="utf-8-sig").splitlines())
    return sorted(((word, int(count)) for word, count in rows), key=lambda row: (-row[1], row[0]))


def _counted_pairs() -> list[tuple[str, str, int]]:
    path = _symspell_folder() / "frequency_bigramdictionary_en_243_342.txt"
    rows = (line.split() for line in path.read_text(encoding="utf-8-sig").splitlines())
    return [(first, second, int(count)) for first, second, count in rows]


def common_pairs() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Hashes of the commonest pairs in order, and their levels as :class:`spamsift.name_fit.WordPairs` has them.

    How far two words keep together is the logarithm of their count over that of chance (pointwise mutual information).
    """
    words = counted_words()
    counts, total = dict(words), sum(count for _, count in words)
    levels: dict[int, int] = {}
    for first, second, count in sorted(_counted_pairs(), key=lambda row: (-row[2], row[:2]))[:N_PAIRS]:
        by_chance = counts.get(first, RARE_COUNT) * counts.get(second, RARE_COUNT) / total
        often = int(math.log10(count)) - MIN_COUNT_LOG
        tie = int(math.log(count / (by_chance + 1)) - MIN_TIE)
        often, tie = (min(MAX_LEVEL, max(0, level)) for level in (often, tie))
        levels.setdefault(pair_hash(first, second), often * N_TIE_LEVELS + tie)
    keys = sorted(levels)
    return np.array(keys, dtype=np.uint32), np.array([levels[key] for key in keys], dtype=np.uint8)


def word_frequencies() -> Frequencies:
    """The shipped tables: words and word pairs of SymSpell's dictionaries (MIT, from Google Books n-grams)."""
    words = counted_words()
    total = sum(count for _, count in words)
    return tabulate(words[:N_WORDS], _counted_pairs(), total)
