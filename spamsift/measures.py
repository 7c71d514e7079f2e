"""Counts over a page's source, all blocks at once: the arithmetic below the block features.

Characters are classified once per distinct character, then counted per block by cumulative sums; words
become integer ids. Nothing here knows about HTML or labels.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
from numpy.typing import NDArray

from spamsift.records import Block
from spamsift.words import CharacterTable, code_points, find_words, fold, fold_all, starts_of, text_at

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
    """Every word of a page, folded: ``ids[i]`` stands in block ``block[i]``, ``begin[i]`` characters from its start;
    ``vocabulary[ids[i]]`` is its text."""

    vocabulary: tuple[str, ...]
    ids: NDArray[np.int64]
    block: NDArray[np.int64]
    begin: NDArray[np.int64]


_CLASSES = ("letter", "upper", "digit", "space", "comma", "quote", "separator", "closer")


def _classify(char: str) -> int:
    """One bit per class of :data:`_CLASSES` for a character."""
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
    return sum(flag << bit for bit, flag in enumerate(flags))


_CLASSES_OF = CharacterTable(_classify)


def count_characters(source: str, blocks: Sequence[Block]) -> CharacterCounts:
    """Counts of each block's characters.

    >>> counts = count_characters("Two words, here. No.", [Block("Two words, here. No.", 0, 20)])
    >>> counts.words.tolist(), counts.sentences.tolist(), counts.capitals.tolist()
    ([4], [2], [2])
    """
    codes = code_points(source)
    classes = _CLASSES_OF.look_up(codes)
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

    total = np.zeros(len(codes) + 1, dtype=np.int64)

    def n(flag: NDArray[np.bool_]) -> NDArray[np.int64]:
        np.cumsum(flag, out=total[1:])
        return total[end] - total[start]

    return CharacterCounts(
        length=end - start,
        letters=n(letter),
        upper=n(upper),
        digits=n(digit),
        spaces=n(space),
        commas=n(comma),
        quotes=n(quote),
        separators=n(separator),
        sentences=n(ends_sentence),
        words=n(starts_word),
        capitals=n(starts_word & upper),
    )


def index_words(blocks: Sequence[Block]) -> Words:
    """Folded words of all blocks as integer ids, in reading order.

    >>> words = index_words([Block("A b", 0, 3), Block("b", 4, 5)])
    >>> words.vocabulary, words.ids.tolist(), words.block.tolist()
    (('a', 'b'), [0, 1, 1], [0, 0, 1])
    """
    texts = [block.text for block in blocks]
    words, begins = find_words(fold_all(texts))
    number: dict[str, int] = defaultdict(count().__next__)
    ids = np.fromiter(map(number.__getitem__, words), dtype=np.int64, count=len(words))
    block, starts = text_at(texts, begins), np.array(starts_of(texts), dtype=np.int64)
    return Words(tuple(number), ids, block, begins - starts[block])


def hash_words(blocks: Sequence[Block], words: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns in [0, N_HASHES) of each block's first words and word pairs (each once), and their blocks.

    >>> page = [Block("Read more", 0, 9)]
    >>> columns, block = hash_words(page, index_words(page))
    >>> len(columns), block.tolist()
    (3, [0, 0, 0])
    """
    vocabulary, ids, block = _first_words(blocks, words)
    size = len(vocabulary)
    in_one_block = block[1:] == block[:-1]
    pairs, pair_ids = np.unique((ids[:-1] * size + ids[1:])[in_one_block], return_inverse=True)
    columns = np.array(_hash_terms(vocabulary, pairs), dtype=np.int64)
    terms = np.concatenate([ids, pair_ids.ravel() + size])
    of_block = np.concatenate([block, block[1:][in_one_block]])
    _, first = np.unique(of_block * len(columns) + terms, return_index=True)
    first.sort()
    first = first[np.argsort(of_block[first], kind="stable")]
    return columns[terms[first]], of_block[first]


def _first_words(blocks: Sequence[Block], words: Words) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """The words in the first :data:`_HASHED_CHARS` characters of each block, the last one as it is cut there:
    vocabulary, ids and blocks."""
    is_first = words.begin < _HASHED_CHARS
    all_ids, block, begin = words.ids[is_first], words.block[is_first], words.begin[is_first]
    used, ids = np.unique(all_ids, return_inverse=True)
    number = {words.vocabulary[i]: place for place, i in enumerate(used.tolist())}
    lengths = np.fromiter(map(len, number), dtype=np.int64, count=len(number))
    for i in np.flatnonzero(begin + lengths[ids] > _HASHED_CHARS).tolist():
        cut = fold(blocks[block[i]].text[:_HASHED_CHARS])[begin[i] :]
        ids[i] = number.setdefault(cut, len(number))
    return list(number), ids, block


def _hash_terms(words: Sequence[str], pairs: NDArray[np.int64]) -> list[int]:
    """Columns of words and of pairs of them, ``first * len(words) + second``: "read", "more", "read more"."""
    encoded = [word.encode("utf-8") for word in words]
    sums = [zlib.crc32(word) for word in encoded]
    behind = [b" " + word for word in encoded]
    first, second = (part.tolist() for part in np.divmod(pairs, max(1, len(words))))
    sums += [zlib.crc32(behind[b], sums[a]) for a, b in zip(first, second, strict=True)]
    return [checksum % N_HASHES for checksum in sums]


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


def shingle_shares(blocks: Sequence[Block], words: Words, *texts: str) -> list[NDArray[np.float32]]:
    """For each of some texts, the share in [0, 1] of each block's shingles that stand in it, shape (n_blocks,).

    >>> blocks = [Block("the cat sat on the mat", 0, 22)]
    >>> [shares.tolist() for shares in shingle_shares(blocks, index_words(blocks), "There the cat sat on a mat.", "")]
    [[0.5], [0.0]]
    """
    return [_shares(blocks, words, text) if text else np.zeros(len(blocks), np.float32) for text in texts]


def _shares(blocks: Sequence[Block], words: Words, text: str) -> NDArray[np.float32]:
    number = {word: i for i, word in enumerate(words.vocabulary)}
    theirs, _ = find_words(fold(text))
    unknown = len(number)
    ids = np.array([number.get(word, unknown) for word in theirs], dtype=np.int64)
    is_found = np.isin(_shingles(words.ids, unknown + 1), _shingles(ids, unknown + 1))
    is_found &= words.block[2:] == words.block[:-2]
    n = np.bincount(words.block, minlength=len(blocks))
    found = np.bincount(words.block[2:][is_found], minlength=len(blocks))
    shares = (found / np.maximum(n - (SHINGLE - 1), 1)).astype(np.float32)
    lines = set(text.lower().splitlines())
    short = {" ".join(first) for line in lines if len(first := _words_in_front(line)) < SHINGLE}
    for i in np.flatnonzero(n < SHINGLE).tolist() if short else ():  # without such a line they have no share
        shares[i] = " ".join(_WORD.findall(fold(blocks[i].text))) in short
    for i, block in enumerate(blocks):
        if block.text.lower() in lines:
            shares[i] = 1.0
    return shares


def _shingles(ids: NDArray[np.int64], base: int) -> NDArray[np.int64]:
    """One number per three words in a row; they are unique up to two million distinct words."""
    return (ids[:-2] * base + ids[1:-1]) * base + ids[2:]


def _words_in_front(line: str) -> list[str]:
    return [found.group() for found in islice(_WORD.finditer(line), SHINGLE)]
