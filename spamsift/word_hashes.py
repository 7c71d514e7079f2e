"""Words and pairs of words that are known by their hashes: what a model ships in place of lists that can be read."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_TABLE", "HashTable", "index_of", "pair_hash", "word_hash", "word_hashes"]


def word_hash(word: str) -> int:
    """The number by which a word is looked up; of 40,000 stored ones a made-up word meets one in 100,000 times."""
    return crc32(word.encode("utf-8", "surrogatepass"))


def word_hashes(words: Iterable[str]) -> Iterator[int]:
    """The number of each word; none has a line break. They are encoded together: alone each takes three times as long.

    >>> list(word_hashes(["of", "the"])) == [word_hash("of"), word_hash("the")]
    True
    """
    return map(crc32, "\n".join(words).encode("utf-8", "surrogatepass").split(b"\n"))


def pair_hash(first: str, second: str) -> int:
    """The number by which a pair of words is looked up.

    >>> pair_hash("of", "the") == pair_hash("the", "of")
    False
    """
    return word_hash(f"{first} {second}")


def index_of(ordered: array[int], number: int) -> int | None:
    """Where a number stands among stored ones in order; ``None`` if it is none of them.

    >>> index_of(array("I", [3, 7]), 7), index_of(array("I", [3, 7]), 5)
    (1, None)
    """
    at = bisect_left(ordered, number)
    return at if at < len(ordered) and ordered[at] == number else None


@dataclass(frozen=True, slots=True)
class HashTable:
    """What is stored for words or pairs of words: a number from 0 to 255 for each."""

    keys: array[int]
    """Hashes, in order."""
    values: bytes

    @classmethod
    def of(cls, keys: NDArray[np.uint32], values: NDArray[np.uint8]) -> HashTable:
        """From two arrays of a model folder, of the same length."""
        return cls(array("I", keys.tolist()), bytes(values.tolist()))

    def get(self, number: int) -> int | None:
        """What is stored for a hash; ``None`` if nothing is.

        >>> HashTable(array("I", [word_hash("sea")]), bytes([9])).get(word_hash("sea"))
        9
        """
        at = index_of(self.keys, number)
        return None if at is None else self.values[at]


NO_TABLE = HashTable(array("I"), b"")
"""Of a language of which nothing is stored."""
