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

import numpy as np
from numpy.typing import NDArray

from spamsift.measures import N_HASHES, hash_words, name_words
from spamsift.records import Block, Declaration, Node

__all__ = ["Tokens", "block_tokens", "n_token_columns", "page_signs"]

MAX_LEVELS = 11
"""Elements above a block whose names are read: farther up it is the page's frame, and hostile pages are deep."""
_MAX_NAME_CHARS = 200

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


def block_tokens(blocks: Sequence[Block], with_dom: bool) -> Tokens:
    """Tokens of every block.

    >>> found = block_tokens([Block("Read more", 0, 9)], with_dom=False)
    >>> found.block.tolist(), found.n_blocks
    ([0, 0, 0], 1)
    """
    columns, of_block = hash_words(blocks)
    parts = [(columns, of_block)]
    if with_dom:
        parts.append(_names(blocks))
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


def _names(blocks: Sequence[Block]) -> tuple[Integers, Integers]:
    """Columns of the names around each block, and their blocks."""
    above: dict[Node, Integers] = {}
    paths: dict[Node, tuple[Integers, ...]] = {}
    found: list[Integers] = []
    lengths: list[int] = []
    for block in blocks:
        if block.markup is None:
            lengths.append(0)
            continue
        node = block.markup.node
        parts = [_hash_names(f"{node.tag} {node.hints}"), _hash_names(block.markup.inline_hints)]
        if node.parent is not None:
            if node.parent not in above:
                above[node.parent] = _hash_above(node.parent, paths)
            parts.append(above[node.parent])
        found += parts
        lengths.append(sum(map(len, parts)))
    rows = np.repeat(np.arange(len(blocks), dtype=np.int64), np.array(lengths, dtype=np.int64))
    return (np.concatenate(found) if found else np.zeros(0, dtype=np.int64)), rows


def _hash_above(parent: Node, paths: dict[Node, tuple[Integers, ...]]) -> Integers:
    """Columns of a parent's names, once in the range of parents and once in that of all elements above."""
    names = _hash_names(f"{parent.tag} {parent.hints}")
    return np.concatenate((names + N_HASHES, *_path(parent, paths)))


def _path(node: Node, paths: dict[Node, tuple[Integers, ...]]) -> tuple[Integers, ...]:
    """Columns of the names of a node and of those above it, nearest first, in the range of all elements above."""
    pending: list[Node] = []
    current: Node | None = node
    while current is not None and current not in paths:
        pending.append(current)
        current = current.parent
    path = paths[current] if current is not None else ()
    for fresh in reversed(pending):
        path = (_hash_ancestor(f"{fresh.tag} {fresh.hints}"), *path[: MAX_LEVELS - 1])
        paths[fresh] = path
    return path


@lru_cache(maxsize=4096)
def _hash_ancestor(names: str) -> Integers:
    return _hash_names(names) + 2 * N_HASHES


@lru_cache(maxsize=4096)
def _hash_names(names: str) -> Integers:
    """Columns of the words of class names in the range of a block's own element, each once (a pure function, cached
    because names repeat)."""
    words = dict.fromkeys(name_words(names[:_MAX_NAME_CHARS]))
    return np.array([_hash(word) + N_HASHES for word in words], dtype=np.int64)


@lru_cache(maxsize=16384)
def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % N_HASHES
