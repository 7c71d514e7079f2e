"""Counts per block equal what a person counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift.measures import N_HASHES, count_characters, hash_words, index_words, shingle_shares
from spamsift.records import Block


def test_counts() -> None:
    text = 'He said: "Go to Rome, now!" At 10 | 12.'
    counts = count_characters(text, [Block(text, 0, len(text))])
    assert counts.length.tolist() == [len(text)]
    assert counts.digits.tolist() == [4]
    assert counts.upper.tolist() == [4]
    assert counts.quotes.tolist() == [2]
    assert counts.separators.tolist() == [1]
    assert counts.commas.tolist() == [1]
    assert counts.words.tolist() == [9]
    assert counts.sentences.tolist() == [2]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_blocks_are_counted_apart(texts: list[str]) -> None:
    source = "\n".join(texts)
    blocks, position = [], 0
    for text in texts:
        blocks.append(Block(text, position, position + len(text)))
        position += len(text) + 1
    together = count_characters(source, blocks)
    assert together.length.tolist() == [len(text) for text in texts]
    assert together.digits.tolist() == [sum(c.isdecimal() for c in text) for text in texts]
    assert together.spaces.tolist() == [sum(c.isspace() for c in text) for text in texts]


def test_words_of_all_blocks() -> None:
    words = index_words([Block("The cat", 0, 7), Block("the dog.", 8, 16)])
    assert [words.vocabulary[i] for i in words.ids.tolist()] == ["the", "cat", "the", "dog"]
    assert words.block.tolist() == [0, 0, 1, 1]


def test_hashes_are_stable_and_inside() -> None:
    page = [Block("Read more", 0, 9), Block("", 9, 9), Block("Read", 10, 14)]
    columns, block = hash_words(page, index_words(page))
    assert ((columns >= 0) & (columns < N_HASHES)).all()
    assert block.tolist() == [0, 0, 0, 2]
    assert columns[-1] in columns[:3]


def test_shares_of_whole_lines_parts_of_them_and_short_ones() -> None:
    text = "The bridge was closed on Monday.\nRead more\n..."
    texts = ("the bridge was CLOSED on Monday.", "Bridge was closed on Tuesday", "read more!", "Read", "...", "- -")
    blocks = [Block(text, 0, len(text)) for text in texts]
    (shares,) = shingle_shares(blocks, index_words(blocks), text)
    assert shares.tolist() == pytest.approx((1.0, 2 / 3, 1.0, 0.0, 1.0, 1.0))
