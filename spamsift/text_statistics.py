"""Prose as numbers: words, sentences, word frequencies, style n-grams; the arithmetic below the page features.

Everything is computed on a normalised copy of the article: plain quotes and dashes, no Markdown marks, no URLs, and a
space where a join lost it ("Chief.He"), so that no collection can be told by its scraper. Words outside the common
vocabulary take part only as shapes (a name, a number, an ending): style travels between topics, words do not.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spamsift.words import fold

__all__ = [
    "FUNCTION_WORDS",
    "MAX_CHARS",
    "N_GRAM_COLUMNS",
    "Frequencies",
    "Prose",
    "frequencies_from",
    "hash_word",
    "is_prose",
    "normalise",
    "pair_keys",
    "read_prose",
    "tabulate",
]

Integers = NDArray[np.uint32]
Floats = NDArray[np.float64]

MAX_CHARS = 24_000
"""Characters of the article that are looked at (some 4,000 words): more changes no verdict, and bounds its cost."""
N_GRAM_COLUMNS = 2**13
"""Columns of hashed style n-grams; 2^13 and 2^14 measured alike on held-out sources."""
STYLE_VOCABULARY = 4_000
"""Rank up to which a word stands for itself in style n-grams; rarer ones tell the topic."""
UNKNOWN_LOG = -18.0
"""Log share of a word outside the table: a tenth of its rarest."""

FUNCTION_WORDS = tuple(
    "the of and to a in that is was for it with as on be at by i this had not but from have are which or her his he "
    "she they you we an their there been were one all would will if who has when what no out so up into can could more "
    "about my its than them some then other only do your our how these may any like did me him us it's also very "
    "because just even where while after before most such between through over both each under against during without "
    "within".split()
)
"""Words whose shares are features; English."""

_PLAIN = (("‘", "'"), ("’", "'"), ("“", '"'), ("”", '"'), ("\u00a0", " "), ("–", "-"), ("—", "-"))
_STRIPPED = tuple(
    (re.compile(pattern, flags), by, needed)
    for pattern, by, flags, needed in (  # the text must hold one of the needed strings: tells most texts in no time
        (r"```[^`]{0,4000}```", " ", 0, ("```",)),
        (r"<[a-z/!][^<>\n]{0,300}>", " ", re.IGNORECASE, ("<",)),
        (r"\{[{%][^{}\n]{0,300}[}%]\}", " ", 0, ("{{", "{%")),
        (r"!\[[^\]\n]{0,300}\]\([^)\n]{0,500}\)", " ", 0, ("![",)),
        (r"\[([^\]\n]{0,300})\]\([^)\n]{0,500}\)", r"\1", 0, ("](",)),
        (r"(?:https?://|www\.)\S{1,500}", " ", 0, ("://", "www.")),
        (r"(?m)^[ \t]{0,8}(?:#{1,6}|[-*+>•]|\d{1,3}[.)])[ \t]+", "", 0, ("",)),
        (r"[*_`|~]+", " ", 0, tuple("*_`|~")),
        (r"([.!?](?<=[a-z0-9].)[\"')]{0,2})(?=[A-Z])", r"\1 ", 0, ("",)),
    )
)
_TOKEN = re.compile(r" ?([A-Za-z\u00c0-\u024f]+(?:'[a-z]+)?|\d+(?:[.,:]\d+)*%?|[^\w\s]|\n)")  # begins at a space: fast
_SENTENCE_END = re.compile(r"[.!?][\"')]{0,2} ")
_CLOSED = re.compile(r"[.!?:\"')]\s*$")
_MIX = np.uint32(0x9E3779B1)  # Knuth's multiplicative hash
_FINISH = np.uint32(0x85EBCA6B)  # of MurmurHash3's finaliser
_PAIR_SALT = np.uint32(0x5BD1E995)


def hash_word(word: str) -> int:
    """CRC-32 of a word: the same in every process."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def pair_keys(first: Integers, second: Integers) -> Integers:
    """One key per pair of hashed words, order kept."""
    return np.asarray(first * _MIX + second, dtype=np.uint32)


def normalise(text: str) -> str:
    """The text without what tells a scraper or a file format, quotes and dashes made plain.

    >>> normalise("**Bold** “word” by the Chief.He left [home](http://x.example/a).")
    ' Bold  "word" by the Chief. He left home.'
    """
    for typographic, plain in _PLAIN:
        text = text.replace(typographic, plain)
    for pattern, by, needed in _STRIPPED:
        if any(part in text for part in needed):
            text = pattern.sub(by, text)
    return text


def is_prose(line: str) -> bool:
    """A line that reads as sentences: 12 words, or 6 and a closing mark.

    >>> is_prose("Home News Sport"), is_prose("The bridge was closed on Monday.")
    (False, True)
    """
    n_words = len(line[:400].split())
    return n_words >= 12 or (n_words >= 6 and _CLOSED.search(line) is not None)


@dataclass(frozen=True)
class Frequencies:
    """How common English words and word pairs are; sorted hashes with ranks and log shares (natural logarithm)."""

    word_keys: Integers
    word_ranks: NDArray[np.int32]
    word_logs: NDArray[np.float32]
    pair_keys: Integers
    pair_logs: NDArray[np.float32]

    def words(self, hashes: Integers) -> tuple[NDArray[np.int64], Floats]:
        """Rank (the table's length if unknown) and log share of each word."""
        at, known = _find(self.word_keys, hashes)
        ranks = np.where(known, self.word_ranks[at], len(self.word_keys))
        return ranks.astype(np.int64), np.where(known, self.word_logs[at], UNKNOWN_LOG).astype(np.float64)

    def pairs(self, keys: Integers) -> tuple[NDArray[np.bool_], Floats]:
        """Which pairs are listed, and their log shares (0 elsewhere)."""
        at, known = _find(self.pair_keys, keys)
        return known, np.where(known, self.pair_logs[at], 0.0).astype(np.float64)


def _find(keys: Integers, wanted: Integers) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    order = np.argsort(wanted)  # a search in order finds its way through a large table in half the time
    at = np.empty(len(wanted), dtype=np.int64)
    at[order] = np.minimum(np.searchsorted(keys, wanted[order]), len(keys) - 1)
    return at, np.asarray(keys[at] == wanted, dtype=np.bool_)


@dataclass(frozen=True)
class Prose:
    """The prose of one article, read once for all features."""

    text: str
    """Normalised, lines of prose only, at most :data:`MAX_CHARS`."""
    tokens: tuple[str, ...]
    """Words, numbers, marks and line breaks."""
    words: tuple[str, ...]
    """Folded words."""
    counts: Mapping[str, int]
    """How often each of them stands there."""
    token_counts: Mapping[str, int]
    """How often each token stands there, in the order of their first places."""
    ids: NDArray[np.int64]
    """Per token, its number among the keys of ``token_counts``."""
    sentence_lengths: Floats
    """Words per sentence."""
    is_word: NDArray[np.bool_]
    """Per token, as are the following."""
    hashes: Integers
    ranks: NDArray[np.int64]
    logs: Floats
    is_known: NDArray[np.bool_]
    pair_is_listed: NDArray[np.bool_]
    """Per pair of neighbouring tokens; false unless both are known words."""
    pair_is_known: NDArray[np.bool_]
    pair_logs: Floats
    """0 unless listed."""

    @property
    def n_words(self) -> int:
        return len(self.words)

    def style_columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Column of each style unigram and bigram, and the token each begins at."""
        units = _style_units(self)
        pairs = pair_keys(units[:-1], units[1:]) ^ _PAIR_SALT
        columns = np.concatenate([_scatter(units), _scatter(pairs)])
        begins = np.concatenate([np.arange(len(units)), np.arange(len(pairs))])
        return columns, begins


def _scatter(keys: Integers) -> NDArray[np.int64]:
    mixed = keys * _FINISH
    return np.asarray((mixed ^ (mixed >> np.uint32(15))) & np.uint32(N_GRAM_COLUMNS - 1), dtype=np.int64)


def _style_units(prose: Prose) -> Integers:
    """Common words and marks stand for themselves, the rest for its shape; worked out once per distinct token."""
    n = len(prose.token_counts)
    units, is_rare = np.zeros(n, dtype=np.uint32), np.zeros(n, dtype=np.bool_)
    units[prose.ids] = prose.hashes
    is_rare[prose.ids] = prose.is_word & (prose.ranks >= STYLE_VOCABULARY)
    for i, (token, rare) in enumerate(zip(prose.token_counts, is_rare.tolist(), strict=True)):
        if rare:
            units[i] = _shape("~" + token[-3:] if token.islower() else "@")
        elif token[0].isdigit():
            units[i] = _shape("#")
    return np.asarray(units[prose.ids], dtype=np.uint32)


@lru_cache(maxsize=4096)
def _shape(name: str) -> int:
    return hash_word(name)


def read_prose(text: str, frequencies: Frequencies) -> Prose:
    """Normalise and count one article.

    >>> table = np.array([hash_word("cat")], dtype=np.uint32)
    >>> one = np.ones(1, dtype=np.float32)
    >>> prose = read_prose("The cat sat on the mat.", Frequencies(table, np.zeros(1, np.int32), -one, table, -one))
    >>> prose.n_words, prose.is_known.sum().item()
    (6, 1)
    """
    lines = (" ".join(line.split()) for line in normalise(text[: 2 * MAX_CHARS]).split("\n"))
    kept = "\n".join(line for line in lines if is_prose(line))[:MAX_CHARS]
    tokens = tuple(_TOKEN.findall(kept))
    token_counts = Counter(tokens)
    number = {token: i for i, token in enumerate(token_counts)}
    ids = np.fromiter(map(number.__getitem__, tokens), dtype=np.int64, count=len(tokens))
    folded = fold(" ".join(token_counts)).split(" ") if tokens else []  # at once: no token holds a space
    keys = np.fromiter(map(hash_word, folded), dtype=np.uint32, count=len(folded))
    is_word = np.array([token[0].isalpha() for token in token_counts], dtype=np.bool_)
    ranks, logs = frequencies.words(keys)
    folds = {token: word for token, word in zip(token_counts, folded, strict=True) if token[0].isalpha()}
    is_known = (is_word & (ranks < len(frequencies.word_keys)))[ids]
    both = is_known[:-1] & is_known[1:]
    hashes = keys[ids]
    is_listed, pair_logs = np.zeros(len(both), dtype=np.bool_), np.zeros(len(both))
    is_listed[both], pair_logs[both] = frequencies.pairs(pair_keys(hashes[:-1], hashes[1:])[both])
    return Prose(
        text=kept,
        tokens=tokens,
        words=tuple(filter(None, map(folds.get, tokens))),
        counts=_add_up(folds, token_counts),
        token_counts=token_counts,
        ids=ids,
        sentence_lengths=_sentence_lengths(kept),
        is_word=is_word[ids],
        hashes=hashes,
        ranks=ranks[ids],
        logs=logs[ids],
        is_known=is_known,
        pair_is_listed=is_listed,
        pair_is_known=both,
        pair_logs=pair_logs,
    )


def _add_up(folds: Mapping[str, str], token_counts: Mapping[str, int]) -> dict[str, int]:
    """How often each folded word stands in a text."""
    counts: dict[str, int] = {}
    for token, word in folds.items():
        counts[word] = counts.get(word, 0) + token_counts[token]
    return counts


def _sentence_lengths(text: str) -> Floats:
    """Words per sentence of a text without two spaces in a row; sentences of one word are left out.

    >>> _sentence_lengths('He said "stop." Then he left. Why?\\nNobody knows').tolist()
    [3.0, 3.0, 2.0]
    """
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    sentences = (text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True))
    lengths = (len(line.split()) for sentence in sentences for line in sentence.split("\n"))
    return np.array([length for length in lengths if length > 1], dtype=np.float64)


def frequencies_from(arrays: Mapping[str, NDArray[np.generic]]) -> Frequencies:
    """The tables of a model folder."""
    names = ("word_keys", "word_ranks", "word_logs", "pair_keys", "pair_logs")
    return Frequencies(*(arrays[f"frequencies.{name}"] for name in names))  # type: ignore[arg-type]


def tabulate(words: Sequence[tuple[str, int]], pairs: Sequence[tuple[str, str, int]], total: int) -> Frequencies:
    """Make the tables from counts, words by falling count; used at training time."""
    keys = np.array([hash_word(word) for word, _ in words], dtype=np.uint32)
    order = np.argsort(keys, kind="stable")
    logs = np.log(np.array([count for _, count in words]) / total)
    first = np.array([hash_word(a) for a, _, _ in pairs], dtype=np.uint32)
    second = np.array([hash_word(b) for _, b, _ in pairs], dtype=np.uint32)
    both = pair_keys(first, second)
    pair_order = np.argsort(both, kind="stable")
    pair_logs = np.log(np.array([count for _, _, count in pairs]) / total)
    return Frequencies(
        word_keys=keys[order],
        word_ranks=np.arange(len(words), dtype=np.int32)[order],
        word_logs=logs[order].round(2).astype(np.float32),
        pair_keys=both[pair_order],
        pair_logs=pair_logs[pair_order].round(2).astype(np.float32),
    )
