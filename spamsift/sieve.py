"""Which of thousands of strings may stand in a text: all are asked at once for a few of their pieces.

A search for one string takes some ten microseconds a page, and the tables have three thousand. So the pieces of five
characters of a page are marked in a table, each by its hash; a string whose pieces are not all marked does not stand
there. Hardly one in a hundred of the others passes, and those are searched.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spamsift.words import starts_of

__all__ = ["Sieve"]

_PIECE = 5
"""Characters of a piece; a shorter string always passes."""
_N_ASKED = 10
"""Pieces of a string that are asked for, from its first to its last: with 6 a third more strings pass, with 16 hardly
fewer."""
_MIN_BITS, _MAX_BITS = 17, 24
"""Of a hash: eight places of the table and more for each character of a page, so that a tenth of it is marked; more of
it, of a page of two million characters and more."""
_CHUNK = 1 << 20
"""Characters that are hashed at once; bounds the memory of huge pages."""


class Sieve:
    """Some strings; immutable after construction.

    >>> Sieve(["read more", "sign up today", "up"]).passing("Please read more of it.")
    [0, 2]
    """

    def __init__(self, strings: Sequence[str]) -> None:
        keys = np.append(_hash_pieces("\n".join(strings)), np.zeros(1, dtype=np.uint32))
        n_pieces = np.array([len(string) - _PIECE + 1 for string in strings], dtype=np.int64)
        spread = np.maximum(n_pieces - 1, 0)[:, None] * np.arange(_N_ASKED) // (_N_ASKED - 1)
        places = np.array(starts_of(strings)[:-1], dtype=np.int64)[:, None] + spread
        self._is_short = n_pieces < 1
        self._keys = keys[np.minimum(places, len(keys) - 1)].T.copy()

    def passing(self, text: str) -> list[int]:
        """Numbers of the strings that may stand in a text, in order; none that stands there is missing."""
        bits = min(max(len(text).bit_length() + 3, _MIN_BITS), _MAX_BITS)
        shift = np.uint32(32 - bits)
        marked = np.zeros(1 << bits, dtype=np.bool_)
        for at in range(0, len(text), _CHUNK):
            marked[_hash_pieces(text[at : at + _CHUNK + _PIECE - 1]) >> shift] = True
        left = np.flatnonzero(marked[self._keys[0] >> shift] | self._is_short)
        for keys in self._keys[1:]:
            left = left[marked[keys[left] >> shift] | self._is_short[left]]
        found: list[int] = left.tolist()
        return found


def _hash_pieces(text: str) -> NDArray[np.uint32]:
    """A number for each piece of a text; its first bits are a shorter hash."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    n = max(0, len(codes) - _PIECE + 1)
    keys = codes[:n].copy()
    for i in range(1, _PIECE):
        keys *= np.uint32(31)
        keys += codes[i : n + i]
    keys *= np.uint32(0x9E3779B1)  # Knuth's multiplicative hash
    return np.asarray(keys, dtype=np.uint32)
