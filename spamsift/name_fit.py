"""Whether a sentence has a place for the name that stands in it: the words before and after say so.

``the Acme is fast`` needs its name: nobody writes ``the is``. ``it isn't Acme easy to know`` does not:
``isn't easy`` is good English, and no name stands between these two. A mirror drops its brand at a random gap
between two words, so that what is natural without the name speaks for an injection, and what breaks without
it for an honest name that markup glued to its neighbour. Counts of pairs of words (``models/name-fit``) decide;
a language without counts says nothing.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from spamsift.models import load_folder, shipped_models

__all__ = [
    "ENDINGS",
    "NAME",
    "NAME_FIT_VERSION",
    "NUMBER",
    "NameFit",
    "is_word",
    "load_name_fit",
    "ordinary_words",
    "tokens",
    "word_class",
    "word_hash",
]

NAME_FIT_VERSION = "name-fit-2"
"""Changes with the classes of words; coupled to models/name-fit."""
MAX_GAIN = 4.0
"""Log-odds that one place can give or take; beyond it the counts are too few to say."""
START_GAIN = -3.0
"""Log-odds for a name that begins a sentence which goes on in lower case: few mirrors change a capital."""
N_LANGUAGE_WORDS = 200
"""Words of the story that decide its language."""
MIN_KNOWN_SHARE = 0.25
"""Share of these that are among the commonest words of a language: prose has 0.3 to 0.6, other languages below 0.2."""
COMPOUNDING = frozenset({"de"})
"""Languages that write Brandschutz and Aufklärung as one word."""
N_COMMON = 120
"""Words of a table that count as its commonest."""

NAME, NUMBER, OTHER = "<name>", "<number>", "<other>"
ENDINGS = (
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
"""What tells the kind of a word that has no class of its own; longest first where one ends in another."""
_TOKEN = re.compile(r"[^\W\d_]{1,40}(?:['’][^\W\d_]{1,10})?|\d[\d.,]{0,20}|[^\s\w]")
_ENDS = frozenset(",.;:?!")
_EDGES = ".,;:!?\"'“”’()"
_STOPS = frozenset('.!?:“"‘«(')
"""After these a capital means nothing."""


def word_class(word: str, known: Mapping[str, int]) -> str:
    """The class of a lower-case word: itself if it is common, else its ending.

    >>> word_class("the", {"the": 0}), word_class("walking", {}), word_class("1,200", {})
    ('the', '-ing', '<number>')
    """
    if word in known:
        return word
    if word[:1].isdigit():
        return NUMBER
    if not word[:1].isalpha():
        return OTHER
    return next((f"-{end}" for end in ENDINGS if word.endswith(end) and len(word) > len(end) + 2), "-")


def tokens(text: str) -> list[str]:
    """Words in lower case, numbers, marks; a run of capitalised words inside a sentence is one ``NAME``.

    >>> tokens("He met Ada Lovelace, who wrote.")
    ['he', 'met', '<name>', ',', 'who', 'wrote', '.']
    """
    found: list[str] = []
    for token in _TOKEN.findall(text):
        if token[0].isupper() and len(token) > 1 and found and found[-1] not in _STOPS:
            if found[-1] != NAME:
                found.append(NAME)
        else:
            found.append(token.lower().replace("’", "'"))
    return found


@dataclass(frozen=True, slots=True)
class NameFit:
    """Counts of one language as log-odds; symmetric in nothing."""

    known: Mapping[str, int]
    """Class → row."""
    pair: NDArray[np.int8]
    """Shape (n, n): log of how much likelier two classes stand side by side than by chance, times ``scale``."""
    scale: int
    common: frozenset[str] = frozenset()
    """The commonest words."""
    has_compounds: bool = False
    """The language writes two nouns as one word, so that a name before a noun may be one too."""

    def gain(self, before: str, after: str) -> float:
        """Log-odds, in [-4, 4], that a name between two words was dropped there; 0 beside another name.

        ``before`` and ``after`` are as they stand in the text, empty at the ends of a block.
        """
        if not after or not before or before in _STOPS:
            return START_GAIN if after.islower() else 0.0  # without the name a sentence would begin in lower case
        if not (before[0].isalnum() or before == ",") or not (after[0].isalnum() or after in _ENDS):
            return 0.0  # brackets, code, markup: the counts are of prose
        left, right = self._row(before), self._row(after)
        if left is None or right is None:
            return 0.0
        if before[0].islower() and after[0].isupper() and self._begins_sentences(after):
            return -MAX_GAIN  # 'photo for Acme The mayor': the name ends a line, the next word begins a sentence
        name = self.known[NAME]
        found = int(self.pair[left, right]) - int(self.pair[left, name]) - int(self.pair[name, right])
        return max(-MAX_GAIN, min(MAX_GAIN, found / self.scale))

    def knows(self, word: str) -> bool:
        """Whether it is a common word, in lower case."""
        return len(word) > 1 and word in self.known

    def _begins_sentences(self, word: str) -> bool:
        return len(word) > 1 and word.lower() in self.common

    def _is_common(self, word: str) -> bool:
        return len(word) > 1 and word.lower() in self.known

    def _row(self, word: str) -> int | None:
        if not word or (word[0].isupper() and len(word) > 1 and not self._is_common(word)):
            return None
        return self.known.get(word_class(word.lower().replace("’", "'"), self.known))


def word_hash(word: str) -> int:
    """The number by which a word is looked up; of 40,000 stored ones a made-up word meets one in 100,000 times."""
    return crc32(word.encode("utf-8"))


@lru_cache(maxsize=4096)
def is_word(word: str) -> bool:
    """Whether a word in lower case is an ordinary one of English, German, French or Spanish.

    >>> [is_word(word) for word in ("opposition", "website", "coinbrello")]
    [True, True, False]
    """
    words, number = _words(), word_hash(word)
    at = bisect_left(words, number)
    return at < len(words) and words[at] == number


def ordinary_words(words: list[str]) -> frozenset[str]:
    """Those words, in lower case, for which :func:`is_word` holds; many at once.

    >>> sorted(ordinary_words(["opposition", "website", "coinbrello"]))
    ['opposition', 'website']
    """
    if not words:
        return frozenset()
    stored = np.frombuffer(_words(), dtype=np.uint32)
    numbers = np.fromiter((crc32(word.encode("utf-8")) for word in words), dtype=np.uint32, count=len(words))
    at = np.minimum(np.searchsorted(stored, numbers), len(stored) - 1)
    return frozenset(words[i] for i in np.flatnonzero(stored[at] == numbers))


@lru_cache(maxsize=1)
def _words() -> array[int]:
    return array("I", load_folder(shipped_models() / "name-fit", NAME_FIT_VERSION).arrays["words"].tolist())


@lru_cache(maxsize=1)
def _tables() -> Mapping[str, NameFit]:
    folder = load_folder(shipped_models() / "name-fit", NAME_FIT_VERSION)
    tables: dict[str, NameFit] = {}
    classes: Mapping[str, Any] = folder.manifest["classes"]
    for language, names in classes.items():
        known = MappingProxyType({name: row for row, name in enumerate(names)})
        pair, scale = folder.arrays[f"{language}.pair"], int(folder.manifest["scale"])
        tables[language] = NameFit(known, pair, scale, frozenset(names[:N_COMMON]), language in COMPOUNDING)
    return MappingProxyType(tables)


def load_name_fit(texts: Iterable[str]) -> NameFit | None:
    """The table of the language that the texts are written in; ``None`` if there is none.

    >>> load_name_fit(["Nobody knows what the answer to this question would have been."]) is not None
    True
    >>> load_name_fit(["Kukaan ei tiedä, mikä vastaus tähän kysymykseen olisi ollut."]) is None
    True
    """
    words = [
        word.strip(_EDGES) for word in islice((w for text in texts for w in text.lower().split()), N_LANGUAGE_WORDS)
    ]
    shares = {language: sum(map(table.common.__contains__, words)) for language, table in _tables().items()}
    language = max(shares, key=lambda name: shares[name])
    return _tables()[language] if shares[language] >= MIN_KNOWN_SHARE * max(1, len(words)) else None
