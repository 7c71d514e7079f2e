"""The elements above a page's blocks, numbered, so that what is asked of elements is asked of arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from spamsift.records import Markup, Node

__all__ = ["SAMPLE_MARKUP", "Outline", "number_distinct", "outline"]

SAMPLE_MARKUP = Markup(Node("p", "", Node("body", "", None, 0), 1), "", 0, 0, 0)
"""A paragraph right under ``body``; stands for the markup of a block that has none."""

Kind = TypeVar("Kind", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Outline:
    """The nodes that hold blocks and all nodes above them; a parent's number is lower than its children's."""

    nodes: tuple[Node, ...]
    parent: NDArray[np.int64]
    """Of each node; the top one is its own."""
    holder: NDArray[np.int64]
    """Of each block, the node that holds it."""
    kinds: tuple[tuple[str, str], ...]
    """The distinct pairs of tag and hints."""
    kind: NDArray[np.int64]
    """Of each node, the number of its pair."""


def outline(markups: Sequence[Markup]) -> Outline:
    """Number the nodes of one page.

    >>> body = Node("body", "", None, 0)
    >>> page = outline([Markup(Node(tag, "", body, 1), "", 0, 0, 0) for tag in ("h1", "p")])
    >>> [node.tag for node in page.nodes], page.parent.tolist(), page.holder.tolist()
    (['body', 'h1', 'p'], [0, 0, 0], [1, 2])
    """
    index: dict[Node, int] = {}
    for markup in markups:
        if markup.node not in index:
            _add(markup.node, index)
    parents = [index[node.parent] if node.parent is not None else i for node, i in index.items()]
    holders = [index[markup.node] for markup in markups]
    kinds, kind = number_distinct((node.tag, node.hints) for node in index)
    return Outline(tuple(index), np.array(parents, dtype=np.int64), np.array(holders, dtype=np.int64), kinds, kind)


def _add(node: Node, index: dict[Node, int]) -> None:
    """Number a node and those above it, from the top."""
    pending: list[Node] = []
    current: Node | None = node
    while current is not None and current not in index:
        pending.append(current)
        current = current.parent
    for fresh in reversed(pending):
        index[fresh] = len(index)


def number_distinct(kinds: Iterable[Kind]) -> tuple[tuple[Kind, ...], NDArray[np.int64]]:
    """The distinct ones in the order of their first places, and the number of each.

    >>> kinds, numbers = number_distinct(["li", "li", "p"])
    >>> kinds, numbers.tolist()
    (('li', 'p'), [0, 0, 1])
    """
    number: dict[Kind, int] = defaultdict(count().__next__)
    numbers = np.array([number[kind] for kind in kinds], dtype=np.int64)
    return tuple(number), numbers
