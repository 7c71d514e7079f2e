"""Whether a sentence has a place for the name that stands in it: the words before and after say so.

``the Acme is fast`` needs its name: nobody writes ``the is``. ``it isn't Acme easy to know`` does not:
``isn't easy`` is good English, and no name stands between these two. A mirror drops its brand at a random gap
between two words, so that what is natural without the name speaks for an injection, and what breaks without
it for an honest name that markup glued to its neighbour. A regression on two words to either side
(``models/name-fit``) decides; for English it also knows which pairs of words are common in books, and which words stand
in the same company. A language that it
was not trained on says nothing.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.models import load_folder, shipped_models
from spamsift.word_hashes import NO_TABLE, HashTable, index_of, pair_hash, word_hash, word_hashes

__all__ = [
    "END",
    "MAX_GAIN",
    "NAME",
    "NAME_FIT_VERSION",
    "NUMBER",
    "N_COMMON",
    "N_SIDE",
    "N_TIE_LEVELS",
    "PAUSES",
    "SENTENCE_STOPS",
    "NameFit",
    "Vocabulary",
    "common_words",
    "is_word",
    "load_name_fit",
    "ordinary_words",
    "side_columns",
    "tokens",
    "tokens_beside",
]

NAME_FIT_VERSION = "name-fit-6"
"""Changes with the combinations of words that are read; coupled to models/name-fit."""
N_SIDE = 2
"""Words to either side that are read; one more before them says whether the first begins a sentence."""
N_TIE_LEVELS = 10
"""Levels of how far two words keep together, by which levels of how often they do are multiplied."""
MAX_GAIN = 6.0
"""Log-odds that one place can give or take; out of fold 2 of 199,000 English names reach as much, one gap in 250."""
N_LANGUAGE_WORDS = 200
"""Words of the story that decide its language."""
MIN_KNOWN_SHARE = 0.25
"""Share of these that are among the commonest words of a language: prose has 0.3 to 0.6, other languages below 0.2."""
COMPOUNDING = frozenset({"de"})
"""Languages that write Brandschutz and Aufklärung as one word."""
N_COMMON = 120
"""Words of a language that count as its commonest."""
SENTENCE_STOPS = frozenset('.!?:“"‘«(')
"""After these a capital means nothing."""
PAUSES = frozenset(".,;:!?")
"""Marks before which a sentence has its pause: the word before a name says whether it belongs there."""

NAME, NUMBER, END = "<name>", "<number>", "<end>"
"""What a token is read as, beside a word or a mark: a name, a number, an end of the text."""
_STARTS = SENTENCE_STOPS | {END}
"""What stands before the first word of a sentence."""
_ENDINGS = (
    "ing",
    "tion",
    "ment",
    "ness",
    "ity",
    "ed",
    "ly",
    "ers",
    "er",
    "ous",
    "ive",
    "al",
    "ful",
    "es",
    "en",
    "s",
    "y",
)
"""What tells the kind of a word; longest first where one ends in another."""
_TOKEN = re.compile(r"(?:[A-Z]\.){2,6}|[^\W\d_]{1,40}(?:['’][^\W\d_]{1,10})?|\d[\d.,]{0,20}|[^\s\w]")
_MARKS = frozenset(",.;:?!\"'“”’‘«»—–-()")
"""Marks of prose; the regression has read no other."""
_EDGES = ".,;:!?\"'“”„’()"


def tokens(text: str) -> list[str]:
    """Words, initials, numbers and marks, as they stand in the text.

    >>> tokens("He met Ada Lovelace of the U.S., didn’t he?")
    ['He', 'met', 'Ada', 'Lovelace', 'of', 'the', 'U.S.', ',', "didn't", 'he', '?']
    """
    return _TOKEN.findall(text.replace("’", "'"))


def tokens_beside(before: str, after: str) -> tuple[list[str], list[str]]:
    """The tokens before and after a place, at least as many as :meth:`NameFit.gain` reads.

    >>> tokens_beside("Now it isn’t at all ", " easy to know.")
    (["isn't", 'at', 'all'], ['easy', 'to'])
    """
    n_before, n_after = N_SIDE + 1, N_SIDE
    left = tokens(" ".join(before.rsplit(maxsplit=n_before)[-n_before:]))  # no token has a space inside
    right = tokens(" ".join(after.split(maxsplit=n_after)[:n_after]))
    is_enough = len(left) >= n_before and len(right) >= n_after  # the text may end here, and '_' is no token
    return (left, right) if is_enough else (tokens(before), tokens(after))


def _ending(word: str) -> str:
    """What tells the kind of a word or class.

    >>> _ending("walking"), _ending("road"), _ending(",")
    ('-ing', '-', ',')
    """
    if not word[:1].isalpha():
        return word
    return next((f"-{end}" for end in _ENDINGS if word.endswith(end) and len(word) > len(end) + 2), "-")


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What is known of the words of a language; equal to itself only, so that it can be a key."""

    known: frozenset[str]
    """Its common words, which are no names when they have a capital."""
    common: frozenset[str]
    """The commonest of them."""
    pairs: HashTable = NO_TABLE
    """Common pairs in lower case: 10 times a level of their count, plus one of how far their words keep together, from
    0 to 9 both."""
    groups: HashTable = NO_TABLE
    """Words in lower case: the number of those that stand in the same company."""


def _class_of(token: str, known: frozenset[str], *, is_start: bool) -> str:
    """A word in lower case; what a number or a name is called; a capital that says nothing is none."""
    if token[0].isdigit():
        return NUMBER
    if token[0].isupper() and not is_start:
        return f"^{token.lower()}" if token.lower() in known else NAME
    return token.lower()


def _group_of(one: str, words: Vocabulary) -> str:
    """What a class generalises to: a common word to itself, another one to its group or its ending."""
    word = one.lstrip("^")
    if not word[:1].isalpha() or word in words.common:
        return one
    group = words.groups.get(word_hash(word))
    return _ending(word) if group is None else f"+{group}"


@lru_cache(maxsize=4096)
def _reading(token: str, words: Vocabulary, *, is_start: bool = False) -> tuple[str, str, str]:
    """The class of a token, its ending and its group; the same words come again and again, on every page."""
    one = token if token == END else _class_of(token, words.known, is_start=is_start)
    return one, _ending(one), _group_of(one, words)


def _pair_features(before: str, after: str, pairs: HashTable) -> tuple[str, str]:
    """How common it is that the one word follows the other."""
    if not (before[:1].isalpha() and after[:1].isalpha()):
        return "pair -", "tie -"
    level = pairs.get(pair_hash(before.lower(), after.lower()))
    return ("pair 0", "tie 0") if level is None else (f"pair +{level // N_TIE_LEVELS}", f"tie +{level % N_TIE_LEVELS}")


def side_columns(left: Sequence[str], right: Sequence[str], words: Vocabulary, n_columns: int) -> list[int]:
    """Columns of a regression for one place, as many for each: hashes of the words beside it and of their combinations.

    ``left`` and ``right`` are tokens in reading order, of which those nearest to the place are read; too few mean that
    the text begins or ends there. ``n_columns`` is a power of two.
    """
    last, last2, last3 = (*left[: -N_SIDE - 2 : -1], *(END,) * (N_SIDE + 1))[: N_SIDE + 1]
    first, first2 = (*right[:N_SIDE], END, END)[:N_SIDE]
    b, b_end, gb = _reading(last, words, is_start=last2 in _STARTS)
    b2, _, gb2 = _reading(last2, words, is_start=last3 in _STARTS)
    (a, a_end, ga), (a2, _, ga2) = _reading(first, words), _reading(first2, words)
    found = (
        f"b {b}", f"b2 {b2}", f"a {a}", f"a2 {a2}", f"b2b {b2} {b}", f"ba {b} {a}", f"aa2 {a} {a2}",
        f"ends {b_end} {a_end}", f"b+end {b} {a_end}", f"end+a {b_end} {a}",
        f"g {gb} {ga}", f"g2b {gb2} {gb} {ga}", f"ga2 {gb} {ga} {ga2}", f"b+g {b} {ga}", f"g+a {gb} {a}",
        f"g2 {gb2} {ga}", f"g+2 {gb} {ga2}",
        *_pair_features(left[-1] if left else "", right[0] if right else "", words.pairs),
    )  # fmt: skip
    return [number & (n_columns - 1) for number in word_hashes(found)]


@dataclass(frozen=True, slots=True)
class NameFit:
    """The regression of one language."""

    words: Vocabulary
    weights: NDArray[np.int8]
    """One per column of :func:`side_columns`, in steps of 1 / ``scale`` of a unit of log-odds."""
    bias: float
    scale: int
    has_compounds: bool = False
    """The language writes two nouns as one word, so that a name before a noun may be one too."""

    def gain(self, left: Sequence[str], right: Sequence[str]) -> float:
        """Log-odds, in [-6, 6], that a name between two words was dropped there; 0 in code, markup and headings.

        ``left`` and ``right`` are what :func:`tokens_beside` finds before and behind the name in its paragraph; of
        ``left`` the last three are read, of ``right`` the first two.
        """
        before, after = left[-1] if left else "", right[0] if right else ""
        is_heading = not after or not (before or after[0].isalnum())  # 'About Acme', 'Acme - our products'
        if is_heading or not (_is_prose(before) and _is_prose(after)):
            return 0.0
        columns = side_columns(left, right, self.words, len(self.weights))
        found = self.bias + sum(map(self.weights.item, columns)) / self.scale
        return max(-MAX_GAIN, min(MAX_GAIN, found))

    def knows(self, word: str) -> bool:
        """Whether it is a common word, in lower case."""
        return len(word) > 1 and word in self.words.known


def _is_prose(token: str) -> bool:
    """A word, a mark of prose, or nothing."""
    return not token or token[0].isalnum() or token in _MARKS


@lru_cache(maxsize=4096)
def is_word(word: str) -> bool:
    """Whether a word in lower case is an ordinary one of English, German, French or Spanish.

    >>> [is_word(word) for word in ("opposition", "website", "coinbrello")]
    [True, True, False]
    """
    return index_of(_words(), word_hash(word)) is not None


def ordinary_words(words: list[str]) -> frozenset[str]:
    """Those words, in lower case, for which :func:`is_word` holds; many at once.

    >>> sorted(ordinary_words(["opposition", "website", "coinbrello"]))
    ['opposition', 'website']
    """
    if not words:
        return frozenset()
    stored = np.frombuffer(_words(), dtype=np.uint32)
    numbers = np.fromiter(word_hashes(words), dtype=np.uint32, count=len(words))
    at = np.minimum(np.searchsorted(stored, numbers), len(stored) - 1)
    return frozenset(words[i] for i in np.flatnonzero(stored[at] == numbers))


@lru_cache(maxsize=1)
def _words() -> array[int]:
    return array("I", load_folder(shipped_models() / "name-fit", NAME_FIT_VERSION).arrays["words"].tolist())


def _vocabulary(words: Sequence[str], arrays: Mapping[str, NDArray[Any]], language: str) -> Vocabulary:
    tables = (
        HashTable.of(arrays[f"{language}.{name}"], arrays[f"{language}.{name}_values"])
        if f"{language}.{name}" in arrays
        else NO_TABLE
        for name in ("pairs", "groups")
    )
    return Vocabulary(frozenset(words), frozenset(words[:N_COMMON]), *tables)


@lru_cache(maxsize=8)
def _languages(models: Path) -> Mapping[str, NameFit]:
    folder = load_folder(models / "name-fit", NAME_FIT_VERSION)
    languages: Mapping[str, Any] = folder.manifest["languages"]
    scale = int(folder.manifest["scale"])
    return MappingProxyType(
        {
            name: NameFit(
                words=_vocabulary(facts["words"], folder.arrays, name),
                weights=folder.arrays[f"{name}.weights"],
                bias=float(facts["bias"]),
                scale=scale,
                has_compounds=name in COMPOUNDING,
            )
            for name, facts in languages.items()
        }
    )


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """The commonest words of every language that the shipped regression knows, in lower case.

    >>> {"the", "de", "mit"} <= common_words()
    True
    """
    return frozenset().union(*(fit.words.common for fit in _languages(shipped_models()).values()))


def load_name_fit(texts: Iterable[str], models: Path | None = None) -> NameFit | None:
    """The regression of the language that the texts are written in; ``None`` if there is none.

    >>> load_name_fit(["Nobody knows what the answer to this question would have been."]) is not None
    True
    >>> load_name_fit(["Kukaan ei tiedä, mikä vastaus tähän kysymykseen olisi ollut."]) is None
    True
    """
    words = [
        word.strip(_EDGES) for word in islice((w for text in texts for w in text.lower().split()), N_LANGUAGE_WORDS)
    ]
    languages = _languages(models or shipped_models())
    shares = {name: sum(map(fit.words.common.__contains__, words)) for name, fit in languages.items()}
    language = max(shares, key=lambda name: shares[name])
    return languages[language] if shares[language] >= MIN_KNOWN_SHARE * max(1, len(words)) else None
