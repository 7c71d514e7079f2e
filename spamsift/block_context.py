"""What the labels of the blocks around a block say of it: columns for the second look at the kinds.

Junk comes in sections. A line "Anna Lind, 3 May" is a byline under a headline, a comment's head among comments, and a
teaser's date in a list of other stories; alone it is none of them. So a first model says what each block is by itself,
and a small network reads its answers around each block (stacked sequential learning: Cohen and Carvalho, "Stacked
Sequential Learning", 2005). What was tried beside it is in ``models/block-html/card.md``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST", "N_VIEWS", "around"]

Floats = NDArray[np.float64]

NEIGHBOURS = 3
"""Blocks to either side whose probabilities are read one by one."""
DECAYS = (0.7, 0.9)
"""What remains of a block's word with every block in between, in the sums over all blocks before and after: some 3 and
10 blocks count."""
_N_DOUBLINGS = 6
"""Steps of the sums: 64 blocks, of which the farthest counts a thousandth."""
LEAST = 1e-4
"""Probability below which the first model's answer is not told from another."""
N_VIEWS = 1 + 2 * NEIGHBOURS + 2 * len(DECAYS) + 1
"""Columns for each label."""


def around(p: Floats) -> NDArray[np.float32]:
    """Log of each block's probabilities, those of its neighbours, weighted means of those before and after it, and the
    page's mean; shape (n_blocks, n_labels) to (n_blocks, N_VIEWS * n_labels). Beyond the ends of the page there is 0.

    >>> around(np.full((5, 2), 0.5)).shape == (5, 2 * N_VIEWS)
    True
    """
    return np.hstack([np.log(p + LEAST), *_views(p), np.broadcast_to(p.mean(axis=0), p.shape)]).astype(np.float32)


def _views(p: Floats) -> Iterator[Floats]:
    for distance in range(1, NEIGHBOURS + 1):
        yield _moved(p, distance)
        yield _moved(p, -distance)
    for decay in DECAYS:
        yield _sum(p, decay, 1)
        yield _sum(p, decay, -1)


def _moved(p: Floats, distance: int) -> Floats:
    """Each row gets the values of the one so many rows before it."""
    moved = np.zeros_like(p)
    if distance >= 0:
        moved[distance:] = p[: max(0, len(p) - distance)]
    else:
        moved[:distance] = p[-distance:]
    return moved


def _sum(p: Floats, decay: float, step: int) -> Floats:
    """Of the rows before each (``step`` 1) or after it (-1), the nearest counting most; weights of endless rows sum to
    1. By doubling: what the last ``n`` rows sum to gives what ``2 n`` do."""
    total = (1.0 - decay) * _moved(p, step)
    for doubling in range(_N_DOUBLINGS):
        total = total + decay ** (2**doubling) * _moved(total, step * 2**doubling)
    return total
