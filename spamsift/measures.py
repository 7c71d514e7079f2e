"""Counts over a page's source, all blocks at once: the arithmetic below the block features.

Characters are classified once per distinct character, then counted per block by cumulative sums; words
become integer ids. Nothing here knows about HTML or labels.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from spamsift.lexicon import fold
from spamsift.records import Block

__all__ = [
    "N_HASHES",
    "CharacterCounts",
    "Words",
    "count_characters",
    "hash_words",
    "index_words",
    "name_words",
    "shingle_shares",
]

N_HASHES = 4096
"""Columns of hashed words: enough that the few thousand words of furniture rarely meet, small enough to ship."""

_FIRST_CJK, _FIRST_KANA, _LAST_IDEOGRAPH = 0x3000, 0x3040, 0x9FFF
_WORD = re.compile(r"\w+")
_CLOSERS = frozenset(".!?…。！？")
_QUOTES = frozenset('"“”„«»‘’「」')
_SEPARATORS = frozenset("|/>»›·•→")


@dataclass(frozen=True, slots=True)
class CharacterCounts:
    """Per block, int64 arrays of shape (n_blocks,)."""

    length: NDArray[np.int64]
    letters: NDArray[np.int64]
    upper: NDArray[np.int64]
    digits: NDArray[np.int64]
    spaces: NDArray[np.int64]
    commas: NDArray[np.int64]
    quotes: NDArray[np.int64]
    separators: NDArray[np.int64]
    sentences: NDArray[np.int64]
    """Closing punctuation followed by white space or the block's end."""
    words: NDArray[np.int64]
    capitals: NDArray[np.int64]
    """Words that begin with a capital."""


@dataclass(frozen=True, slots=True)
class Words:
    """Every word of a page, folded: ``ids[i]`` stands in block ``block[i]``; ``vocabulary[ids[i]]`` is its text."""

    vocabulary: tuple[str, ...]
    ids: NDArray[np.int64]
    block: NDArray[np.int64]


def _code_points(source: str) -> NDArray[np.uint32]:
    return np.frombuffer(source.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


_CLASSES = ("letter", "upper", "digit", "space", "comma", "quote", "separator", "closer")


def _classify(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """One bit per class of :data:`_CLASSES` for every character."""
    table = np.zeros(int(codes.max()) + 1 if len(codes) else 0, dtype=np.uint8)
    for code in np.unique(codes).tolist():
        char = chr(code)
        category = unicodedata.category(char)
        flags = (
            category[0] in "LM",
            category in ("Lu", "Lt"),
            category == "Nd",
            char.isspace(),
            char in ",;،、",
            char in _QUOTES,
            char in _SEPARATORS,
            char in _CLOSERS,
        )
        table[code] = sum(flag << bit for bit, flag in enumerate(flags))
    return table[codes]


def count_characters(source: str, blocks: Sequence[Block]) -> CharacterCounts:
    """Counts of each block's characters.

    >>> counts = count_characters("Two words, here. No.", [Block("Two words, here. No.", 0, 20)])
    >>> counts.words.tolist(), counts.sentences.tolist(), counts.capitals.tolist()
    ([4], [2], [2])
    """
    codes = _code_points(source)
    classes = _classify(codes)
    letter, upper, digit, space, comma, quote, separator, closer = (
        (classes & (1 << bit)).astype(bool) for bit in range(len(_CLASSES))
    )
    in_word = letter | digit
    starts_word = in_word.copy()
    starts_word[1:] &= ~in_word[:-1]
    ends_sentence = closer.copy()
    if len(codes):
        ends_sentence[:-1] &= space[1:] | quote[1:]
        if codes.max() >= _FIRST_CJK:  # no spaces there: a character is a word, a stop ends its sentence
            starts_word |= letter & (codes >= _FIRST_KANA) & (codes <= _LAST_IDEOGRAPH)
            ends_sentence |= closer & (codes >= _FIRST_CJK)
    start = np.array([block.start for block in blocks], dtype=np.int64)
    end = np.array([block.end for block in blocks], dtype=np.int64)

    def count(flag: NDArray[np.bool_]) -> NDArray[np.int64]:
        total = np.zeros(len(flag) + 1, dtype=np.int64)
        np.cumsum(flag, out=total[1:])
        return total[end] - total[start]

    return CharacterCounts(
        length=end - start,
        letters=count(letter),
        upper=count(upper),
        digits=count(digit),
        spaces=count(space),
        commas=count(comma),
        quotes=count(quote),
        separators=count(separator),
        sentences=count(ends_sentence),
        words=count(starts_word),
        capitals=count(starts_word & upper),
    )


def index_words(blocks: Sequence[Block]) -> Words:
    """Folded words of all blocks as integer ids, in reading order.

    >>> words = index_words([Block("A b", 0, 3), Block("b", 4, 5)])
    >>> words.vocabulary, words.ids.tolist(), words.block.tolist()
    (('a', 'b'), [0, 1, 1], [0, 0, 1])
    """
    index: dict[str, int] = {}
    ids: list[int] = []
    lengths: list[int] = []
    for block in blocks:
        words = _WORD.findall(fold(block.text))
        ids.extend([index.setdefault(word, len(index)) for word in words])
        lengths.append(len(words))
    return Words(
        tuple(index),
        np.array(ids, dtype=np.int64),
        np.repeat(np.arange(len(blocks), dtype=np.int64), np.array(lengths, dtype=np.int64)),
    )


def hash_words(blocks: Sequence[Block]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns in [0, N_HASHES) of each block's first words and word pairs (each once), and their blocks.

    >>> columns, block = hash_words([Block("Read more", 0, 9)])
    >>> len(columns), block.tolist()
    (3, [0, 0, 0])
    """
    cache: dict[str, int] = {}
    columns: list[int] = []
    block_of: list[int] = []
    for i, block in enumerate(blocks):
        words = _WORD.findall(fold(block.text[:_HASHED_CHARS]))
        for term in dict.fromkeys([*words, *map(" ".join, pairwise(words))]):  # a set's order changes by process
            if term not in cache:
                cache[term] = zlib.crc32(term.encode("utf-8", "surrogatepass")) % N_HASHES
            columns.append(cache[term])
            block_of.append(i)
    return np.array(columns, dtype=np.int64), np.array(block_of, dtype=np.int64)


_HASHED_CHARS = 120
"""Characters of a block whose words are hashed: junk shows its kind in front, and prose needs no words."""


_NAME = re.compile(r"[a-z0-9]*[a-z][a-z0-9]+")


def name_words(text: str) -> list[str]:
    """Words of class names, paths and other names in lower case: two characters at least, one of them a letter.

    >>> name_words("entry-content col-12 x")
    ['entry', 'content', 'col']
    """
    return _NAME.findall(text)


SHINGLE = 3
"""Words in a row that must agree. Two also match by chance inside long articles; with four, one inline
element costs a short block most of its share."""


def shingle_shares(blocks: Sequence[Block], *texts: str) -> list[NDArray[np.float32]]:
    """For each of some texts, the share in [0, 1] of each block's shingles that stand in it, shape (n_blocks,).

    >>> block = Block("the cat sat on the mat", 0, 22)
    >>> [shares.tolist() for shares in shingle_shares([block], "There the cat sat on a mat.", "")]
    [[0.5], [0.0]]
    """
    lowered = [block.text.lower() for block in blocks] if any(texts) else []
    words = [_WORD.findall(text) for text in lowered]
    return [_shares(lowered, words, text.lower()) if text else np.zeros(len(blocks), np.float32) for text in texts]


def _shares(blocks: Sequence[str], block_words: Sequence[list[str]], text: str) -> NDArray[np.float32]:
    words = _WORD.findall(text)
    shingles: set[tuple[str, ...]] = set(zip(words, words[1:], words[2:], strict=False))
    lines = set(text.splitlines())
    known = set(words)
    short = {" ".join(first) for line in lines if len(first := _first_words(line)) < SHINGLE}
    shares = np.zeros(len(blocks), dtype=np.float32)
    for i, (block, mine) in enumerate(zip(blocks, block_words, strict=True)):
        if block in lines:
            shares[i] = 1.0
        elif len(mine) < SHINGLE:
            shares[i] = " ".join(mine) in short
        elif not known.isdisjoint(mine):
            found = sum(map(shingles.__contains__, zip(mine, mine[1:], mine[2:], strict=False)))
            shares[i] = found / (len(mine) - SHINGLE + 1)
    return shares


def _first_words(line: str) -> list[str]:
    return [found.group() for found in islice(_WORD.finditer(line), SHINGLE)]
