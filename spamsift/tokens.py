"""Hashed tokens: words and class names of blocks, signs of pages, as columns of sparse matrices.

Linear models read them: one says how much a block's tokens sound like article text, one what type the
page is of, one which kind of junk a block is. Whoever trained on enough sites has met ``entry-content``,
``product-description`` and "Leave a reply" before; nobody has to write them into a list.

Columns of a block's tokens, in ranges of :data:`N_HASHES` each: its own words; then, for HTML, the names (tag, class,
id, role, itemprop) of the element that holds it, of that one's parent, of all above; for text, the words of
the block before and of the block after it.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from spamsift.groundwork import Groundwork, prepare
from spamsift.measures import N_HASHES, hash_words, name_words
from spamsift.outline import SAMPLE_MARKUP, Outline, number_distinct
from spamsift.records import Block, Declaration, Markup

__all__ = ["Tokens", "block_tokens", "n_token_columns", "page_signs"]

MAX_LEVELS = 11
"""Elements above a block whose names are read: farther up it is the page's frame, and hostile pages are deep."""
_MAX_NAME_CHARS = 200
_NOBODY = -1
"""In place of an element that isn't there."""

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A sparse matrix of counts: entry ``i`` adds 1 at ``(block[i], column[i])``; ``block`` ascends."""

    block: Integers
    column: Integers
    n_blocks: int
    n_columns: int


def n_token_columns(with_dom: bool) -> int:
    """Width of the matrix of :func:`block_tokens`."""
    return (4 if with_dom else 3) * N_HASHES


def block_tokens(blocks: Sequence[Block], with_dom: bool, groundwork: Groundwork | None = None) -> Tokens:
    """Tokens of every block.

    >>> found = block_tokens([Block("Read more", 0, 9)], with_dom=False)
    >>> found.block.tolist(), found.n_blocks
    ([0, 0, 0], 1)
    """
    groundwork = groundwork or prepare(blocks, with_dom)
    columns, of_block = hash_words(blocks, groundwork.words)
    parts = [(columns, of_block)]
    if with_dom:
        parts.append(_names(groundwork.outline, [block.markup or SAMPLE_MARKUP for block in blocks]))
    else:
        first, last = of_block > 0, of_block < len(blocks) - 1
        parts.append((columns[last] + N_HASHES, of_block[last] + 1))
        parts.append((columns[first] + 2 * N_HASHES, of_block[first] - 1))
    block = np.concatenate([rows for _, rows in parts])
    order = np.argsort(block, kind="stable")
    return Tokens(
        block[order], np.concatenate([found for found, _ in parts])[order], len(blocks), n_token_columns(with_dom)
    )


def page_signs(declared: Declaration, tokens: Tokens, with_dom: bool) -> NDArray[np.float64]:
    """What tells a page's type, shape (N_HASHES,): declared signs 0/1 for HTML; for text the words of all blocks,
    log of 1 + count, scaled to length 10."""
    found = np.zeros(N_HASHES)
    if with_dom:
        found[[_hash(sign) for sign in declared.signs]] = 1.0
        return found
    words = tokens.column[tokens.column < N_HASHES]
    found += np.log1p(np.bincount(words, minlength=N_HASHES))
    return found * (10.0 / max(float(np.linalg.norm(found)), 1e-9))


def _names(page: Outline, markups: Sequence[Markup]) -> tuple[Integers, Integers]:
    """Columns of the names around each block, and their blocks: of the element that holds it, of the inline elements
    inside it, of the parent, and of all above, nearest first."""
    inline_kinds, inline = number_distinct(markup.inline_hints for markup in markups)
    kinds, kind = (*(f"{tag} {hints}" for tag, hints in page.kinds), *inline_kinds), page.kind
    depth = np.array([node.depth for node in page.nodes], dtype=np.int64)[page.holder]
    wanted, ranges = [kind[page.holder], inline + len(page.kinds)], [N_HASHES, N_HASHES]
    at = page.parent[page.holder]
    wanted.append(np.where(depth > 0, kind[at], _NOBODY))
    ranges.append(2 * N_HASHES)
    for level in range(1, min(MAX_LEVELS, int(depth.max(initial=0))) + 1):
        wanted.append(np.where(depth >= level, kind[at], _NOBODY))
        ranges.append(3 * N_HASHES)
        at = page.parent[at]
    return _spread([_hash_names(names) for names in kinds], np.stack(wanted, axis=1), np.array(ranges))


def _spread(columns: Sequence[Sequence[int]], wanted: Integers, ranges: Integers) -> tuple[Integers, Integers]:
    """The columns of each wanted kind, row by row, each in its range, and the row of each.

    >>> found, rows = _spread([(7, 8), (5,)], np.array([[0, 1], [1, -1]]), np.array([0, 100]))
    >>> found.tolist(), rows.tolist()
    ([7, 8, 105, 5], [0, 0, 0, 1])
    """
    lengths = np.array([*map(len, columns), 0], dtype=np.int64)  # the last one is that of nobody
    begins = np.cumsum(lengths) - lengths
    n = lengths[wanted].ravel()
    ends = np.cumsum(n)
    total = int(ends[-1]) if len(ends) else 0
    places = np.arange(total) + np.repeat(begins[wanted].ravel() - (ends - n), n)
    found = np.array(list(chain.from_iterable(columns)), dtype=np.int64)[places]
    found += np.repeat(np.broadcast_to(ranges, wanted.shape).ravel(), n)
    rows = np.repeat(np.arange(len(wanted)), n.reshape(wanted.shape).sum(axis=1))
    return found, rows


@lru_cache(maxsize=4096)
def _hash_names(names: str) -> tuple[int, ...]:
    """Columns in [0, N_HASHES) of the words of class names, each once (pure, and cached because names repeat)."""
    words = dict.fromkeys(name_words(names[:_MAX_NAME_CHARS]))
    return tuple(map(_hash, words))


@lru_cache(maxsize=16384)
def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % N_HASHES
