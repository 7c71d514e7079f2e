"""Tokens: what a block is told by, and sums of weights that equal a sparse product."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spamsift.blocks import split
from spamsift.labelling import read_tokens
from spamsift.measures import N_HASHES
from spamsift.reading import read
from spamsift.records import Block, Declaration, InputKind, Options
from spamsift.tokens import Tokens, block_tokens, n_token_columns, page_signs


def text_blocks(*texts: str) -> list[Block]:
    return [Block(text, 0, len(text)) for text in texts]


def columns(tokens: Tokens, block: int) -> set[int]:
    return set(tokens.column[tokens.block == block].tolist())


def test_a_line_knows_the_words_of_its_neighbours() -> None:
    alone = columns(block_tokens(text_blocks("Related"), with_dom=False), 0)
    tokens = block_tokens(text_blocks("Related", "Rain ahead", "Related"), with_dom=False)
    assert {column + N_HASHES for column in alone} <= columns(tokens, 1)
    assert {column + 2 * N_HASHES for column in alone} <= columns(tokens, 1)
    assert columns(tokens, 0) & {column + 2 * N_HASHES for column in alone} == set()


def test_html_blocks_know_the_names_around_them() -> None:
    page = "<body><div class=related><p class=teaser>Rain</p></div><p class=teaser>Rain</p></body>"
    blocks = split(read(page, None, Options(kind=InputKind.HTML))).blocks
    first, second = (columns(block_tokens(blocks, with_dom=True), i) for i in (0, 1))
    assert first != second
    own = range(N_HASHES, 2 * N_HASHES)
    assert {column for column in first if column in own} == {column for column in second if column in own}


def test_signs_of_text_do_not_grow_with_the_page() -> None:
    short, long = (
        page_signs(Declaration(), block_tokens(text_blocks(*["Rain ahead of us"] * n), with_dom=False), with_dom=False)
        for n in (1, 50)
    )
    assert np.allclose(short, long)


@given(st.lists(st.text(max_size=30), max_size=20))
def test_sums_of_weights_equal_a_dense_product(texts: list[str]) -> None:
    tokens = block_tokens(text_blocks(*texts), with_dom=False)
    weights = np.random.default_rng(0).normal(size=(n_token_columns(with_dom=False), 2))
    counts = np.zeros((tokens.n_blocks, len(weights)))
    np.add.at(counts, (tokens.block, tokens.column), 1.0)
    assert np.allclose(read_tokens(tokens, weights), counts @ weights)
