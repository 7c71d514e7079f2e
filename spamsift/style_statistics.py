"""Declared statistics of prose: groups of numbers about a whole article; one group is one line of the ledger.

All are shares, roots of rates or logarithms, so that long and short articles compare.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spamsift.text_statistics import FUNCTION_WORDS, Prose

__all__ = ["GROUPS", "N_CHUNK", "STATISTICS", "Group"]


@dataclass(frozen=True, slots=True)
class Group:
    """Statistics that make one line of the ledger."""

    name: str
    features: tuple[str, ...]
    unit: str
    range: tuple[float, float]
    compute: Callable[[Prose], Sequence[float]]
    """One value per feature."""


_MARKS = {",": "commas", ";": "semicolons", ":": "colons", "!": "exclamations", "?": "questions", "(": "parentheses"}
_MARKS |= {"-": "dashes", '"': "quotation_marks", "…": "ellipses"}
_ENDINGS = ("ing", "ed", "ly", "tion", "ment", "ness", "ity", "ive", "ous")
_ENDING_BY_TAIL = {ending[-2:]: ending for ending in _ENDINGS}
"""No two of them end in the same two letters, so that a word is compared with one only."""
_CONTRACTION = re.compile(r"'(?:t|re|ve|ll|d|m)$")
_PARTICIPLE_TAIL = re.compile(r", (?:\w{2,20}ly )?\w{2,20}ing\b")
_TRIPLET_TAIL = re.compile(r", (?<=\w\w, )[\w ]{2,30}, and \w")  # begins at the comma: fast
_QUOTATION = re.compile(r'"[^"\n]{5,400}"')
_LETTERS_LONG = 9
N_CHUNK = 100
"""Words over which vocabulary is compared, so that long texts do not look poor."""


def _rhythm(prose: Prose) -> Sequence[float]:
    lengths = prose.sentence_lengths if len(prose.sentence_lengths) else np.zeros(1)
    steps = np.abs(np.diff(lengths)) if len(lengths) > 1 else np.zeros(1)
    mean = float(lengths.mean())
    return (
        float(np.log1p(mean)),
        float(lengths.std() / (mean + 1)),
        float((lengths <= 6).mean()),
        float(((lengths >= 12) & (lengths <= 26)).mean()),
        float((lengths >= 35).mean()),
        float(steps.mean() / (mean + 1)),
    )


def _root_rate(count: float, prose: Prose) -> float:
    return math.sqrt(count / max(prose.n_words, 1))


def _punctuation(prose: Prose) -> Sequence[float]:
    return [_root_rate(prose.token_counts.get(mark, 0), prose) for mark in _MARKS]


def _word_forms(prose: Prose) -> Sequence[float]:
    n_letters, n_long = 0, 0
    endings = dict.fromkeys(_ENDINGS, 0)
    for word, times in prose.counts.items():
        length = len(word)
        n_letters += length * times
        if length >= _LETTERS_LONG:
            n_long += times
        ending = _ENDING_BY_TAIL.get(word[-2:])
        if ending is not None and length > len(ending) + 2 and word.endswith(ending):
            endings[ending] += times
    n = max(prose.n_words, 1)
    letters = n_letters / n if prose.words else 5.0
    return [letters, n_long / n, *(_root_rate(times, prose) for times in endings.values())]


def _vocabulary(prose: Prose) -> Sequence[float]:
    words = prose.words
    chunks = [len(set(words[i : i + N_CHUNK])) / N_CHUNK for i in range(0, len(words) - N_CHUNK + 1, N_CHUNK)]
    short = 0.9 * len(prose.counts) / max(len(words), 1)
    return float(np.mean(chunks)) if chunks else short, len(set(words[:150])) / max(len(words[:150]), 1)


def _voice(prose: Prose) -> Sequence[float]:
    quoted = sum(len(quote) for quote in _QUOTATION.findall(prose.text)) / max(len(prose.text), 1)
    return (
        _root_rate(sum(t for w, t in prose.counts.items() if "'" in w and _CONTRACTION.search(w)), prose),
        _root_rate(sum(t for w, t in prose.counts.items() if w.endswith("'s")), prose),
        quoted,
        _root_rate(sum(t for token, t in prose.token_counts.items() if token[0].isdigit()), prose),
    )


def _constructions(prose: Prose) -> Sequence[float]:
    tails, triplets = len(_PARTICIPLE_TAIL.findall(prose.text)), _count_triplets(prose.text)
    return _root_rate(10 * tails, prose), _root_rate(10 * triplets, prose)


def _count_triplets(text: str) -> int:
    """Lists of three, none of which shares letters with another one.

    >>> _count_triplets("Bread, milk, and eggs. Tea, and cake.")
    1
    """
    n, end, at = 0, 0, 0
    while found := _TRIPLET_TAIL.search(text, at):
        at = found.start() + 1
        if found.start() - end >= 2:  # two letters of the first word are not part of the list before
            n += 1
            end = at = found.end()
    return n


def _function_words(prose: Prose) -> Sequence[float]:
    return [_root_rate(prose.counts.get(word, 0), prose) for word in FUNCTION_WORDS]


def _rarity(prose: Prose) -> Sequence[float]:
    n = max(int(prose.is_known.sum()), 1)
    known = prose.logs[prose.is_known]
    ranks = prose.ranks[prose.is_known]
    mean = float(known.mean()) if len(known) else -8.0
    return mean, float((ranks > 5_000).sum() / n), float((ranks < 100).sum() / n)


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    return float((part & whole).sum() / max(int(whole.sum()), 1))


def _collocations(prose: Prose) -> Sequence[float]:
    """How usual neighbouring words are: replaced words stand next to words that they never stand next to."""
    if len(prose.tokens) < 3:
        return [0.0] * len(_COLLOCATION_FEATURES)
    listed, known, ranks = prose.pair_is_listed, prose.pair_is_known, prose.ranks
    odd = known & ~listed
    expected = prose.logs[:-1] + prose.logs[1:]
    is_function = ranks < 150
    first, second = is_function[:-1], is_function[1:]
    logs = prose.pair_logs[listed]
    gain = (prose.pair_logs - expected)[listed]
    middle = (ranks >= 150) & (ranks < 20_000) & prose.is_known
    between = middle[1:-1] & prose.is_known[:-2] & prose.is_known[2:]
    alone = odd[:-1] & odd[1:]
    beside = between & (is_function[:-2] | is_function[2:])
    excess = np.where(odd, np.clip(expected + 17.5, 0, 6), 0.0)  # -17.5: log share of the table's rarest pair
    return (
        _share(listed, known),
        float(logs.mean()) if len(logs) else -12.0,
        float(gain.mean()) if len(gain) else 3.0,
        _share(odd, known & (expected > -14)),
        _share(odd, known & (expected <= -14) & (expected > -18)),
        _share(odd, known & ~first & ~second & (ranks[:-1] < 8_000) & (ranks[1:] < 8_000)),
        _share(odd, known & first & ~second),
        _share(odd, known & ~first & second),
        _share(odd, known & first & second),
        _share(alone, between),
        _share(alone, beside),
        float(excess.sum() / max(int(known.sum()), 1)),
    )


_COLLOCATION_FEATURES = tuple(
    "listed_share pair_log gain odd_common_share odd_middle_share odd_content_share odd_after_function_share "
    "odd_before_function_share odd_function_share alone_share alone_beside_function_share excess".split()
)

GROUPS: tuple[Group, ...] = (
    Group(
        "sentence_rhythm",
        ("log_mean_length", "variation", "short_share", "middle_share", "long_share", "step"),
        "words per sentence (log), ratios of it, and shares of sentences",
        (0, 8),
        _rhythm,
    ),
    Group("punctuation", tuple(_MARKS.values()), "root of marks per word", (0, 3), _punctuation),
    Group(
        "word_forms",
        ("mean_letters", "long_word_share", *(f"ending_{e}" for e in _ENDINGS)),
        "letters, share of words, root of share",
        (0, 30),
        _word_forms,
    ),
    Group("vocabulary", ("chunk_variety", "opening_variety"), "distinct words per word", (0, 1), _vocabulary),
    Group(
        "quotes_and_figures",
        ("contractions", "possessives", "quoted_share", "figures"),
        "root of share of words; share of characters",
        (0, 1),
        _voice,
    ),
    Group("participle_tails", ("participle_tails", "triplets"), "root of places per 10 words", (0, 3), _constructions),
    Group("function_words", FUNCTION_WORDS, "root of share of words", (0, 1), _function_words),
    Group(
        "word_rarity",
        ("mean_log_share", "rare_share", "commonest_share"),
        "natural logarithm of a share; shares of known words",
        (-18, 1),
        _rarity,
    ),
    Group("unusual_word_pairs", _COLLOCATION_FEATURES, "shares of pairs; logarithms", (-18, 18), _collocations),
)

STATISTICS: tuple[str, ...] = tuple(f"{group.name}.{name}" for group in GROUPS for name in group.features)
"""Columns of the statistics, group by group."""
