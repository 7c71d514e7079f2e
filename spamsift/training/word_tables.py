"""Tables of words: frequencies of English words and pairs by SymSpell (MIT, Google Books n-grams), groups of words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from spamsift.name_fit import END, N_TIE_LEVELS, NAME, NUMBER
from spamsift.text_statistics import Frequencies, tabulate
from spamsift.word_hashes import pair_hash, word_hash

__all__ = ["common_pairs", "counted_words", "word_frequencies", "word_groups"]

N_WORDS = 40_000
"""Words of the shipped frequency table; rarer ones are unknown."""
N_PAIRS = 120_000
"""Pairs for ``models/name-fit``; what 60,000 and all 242,000 give is in its card."""
N_GROUPED, N_GROUPS, N_BESIDE, N_DIMENSIONS = 20_000, 256, 2000, 64
"""Words that have a group, groups, words that are counted beside them, dimensions; card of ``models/name-fit``."""
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
    """Hashes of the commonest pairs in order, and their levels as :class:`spamsift.name_fit.Vocabulary` has them.

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
    return _in_order(levels)


def _in_order(found: Mapping[int, int]) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    keys = sorted(found)
    return np.array(keys, dtype=np.uint32), np.array([found[key] for key in keys], dtype=np.uint8)


def word_groups(rows: Iterable[Sequence[str]], lower: Counter[str]) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Hashes of the commonest words in order, and for each the number of the group that has the same words beside it.

    ``rows``: paragraphs as tokens; ``lower``: how often they write each word with a small letter. Counts of the words
    right before and right behind, their logarithms over the square root of the neighbour's sum, in ``N_DIMENSIONS``
    (truncated SVD) and clustered by k-means.
    """
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    words = {word: i for i, (word, _) in enumerate(lower.most_common(N_GROUPED))}
    beside = {word: i for i, (word, _) in enumerate(lower.most_common(N_BESIDE))}
    for other in (NAME, NUMBER, END, *',.;:?!"()-'):
        beside.setdefault(other, len(beside))
    counts = _company(rows, lower, words, beside)
    counts.data = np.log1p(counts.data)
    scale = 1 / np.sqrt(np.asarray(counts.sum(axis=0)).ravel() + 1)
    places = TruncatedSVD(N_DIMENSIONS, random_state=0).fit_transform(normalize(counts @ sp.diags(scale)))
    groups = MiniBatchKMeans(N_GROUPS, random_state=0, n_init=3, batch_size=4096).fit_predict(normalize(places))
    return _in_order({word_hash(word): int(groups[i]) for word, i in words.items()})


def _company(
    rows: Iterable[Sequence[str]], lower: Counter[str], words: Mapping[str, int], beside: Mapping[str, int]
) -> sp.csr_matrix:
    """How often each word has each other right before it, and right behind it: shape (n_words, 2 * n_beside)."""
    owners: list[int] = []
    others: list[int] = []
    for row in rows:
        told = [END, *(_coarse(token, lower) for token in row), END]
        for before, word, after in zip(told, told[1:], told[2:], strict=False):
            if word in words:
                found = [beside.get(before), beside.get(after)]
                columns = [one + side * len(beside) for side, one in enumerate(found) if one is not None]
                others += columns
                owners += [words[word]] * len(columns)
    shape = (len(words), 2 * len(beside))
    places = (np.array(owners, dtype=np.int64), np.array(others, dtype=np.int64))
    return sp.coo_matrix((np.ones(len(owners), dtype=np.float32), places), shape=shape).tocsr()


def _coarse(token: str, lower: Counter[str]) -> str:
    if token[0].isdigit():
        return NUMBER
    return NAME if token[0].isupper() and token.lower() not in lower else token.lower()


def word_frequencies() -> Frequencies:
    """The shipped tables: words and word pairs of SymSpell's dictionaries (MIT, from Google Books n-grams)."""
    words = counted_words()
    total = sum(count for _, count in words)
    return tabulate(words[:N_WORDS], _counted_pairs(), total)
