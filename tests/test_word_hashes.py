"""Words that are known by their hashes: what was stored is found, and nothing else."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spamsift.word_hashes import NO_TABLE, HashTable, word_hash


@given(st.dictionaries(st.integers(0, 2**32 - 1), st.integers(0, 255), max_size=30), st.integers(0, 2**32 - 1))
def test_a_table_gives_what_was_stored(stored: dict[int, int], other: int) -> None:
    keys = sorted(stored)
    table = HashTable.of(np.array(keys, dtype=np.uint32), np.array([stored[key] for key in keys], dtype=np.uint8))
    assert {key: table.get(key) for key in keys} == stored
    assert table.get(other) == stored.get(other)


@given(st.text())
def test_any_word_has_a_hash(word: str) -> None:
    assert 0 <= word_hash(word) < 2**32
    assert NO_TABLE.get(word_hash(word)) is None
