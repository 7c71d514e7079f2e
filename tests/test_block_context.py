"""Answers around a block: at their places, for pages of any length, nearest first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift.block_context import DECAYS, N_VIEWS, NEIGHBOURS, around
from spamsift.labelling import in_context
from spamsift.models import Network


@given(st.integers(1, 200), st.integers(1, 5))
def test_columns_are_finite_and_a_row_per_block(n_blocks: int, n_labels: int) -> None:
    p = np.random.default_rng(n_blocks).dirichlet(np.ones(n_labels), size=n_blocks)
    found = around(p)
    assert found.shape == (n_blocks, N_VIEWS * n_labels)
    assert np.isfinite(found).all()


def test_neighbours_stand_in_order_of_their_distance() -> None:
    p = np.arange(10.0)[:, None] / 10
    row = around(p)[5]
    assert row[1 : 1 + 2 * NEIGHBOURS].tolist() == pytest.approx([0.4, 0.6, 0.3, 0.7, 0.2, 0.8])
    assert around(p)[0][1 : 1 + 2 * NEIGHBOURS].tolist() == pytest.approx([0.0, 0.1, 0.0, 0.2, 0.0, 0.3])


@pytest.mark.parametrize(("decay", "first"), [(DECAYS[0], 7), (DECAYS[1], 9)])
def test_sums_are_those_of_a_walk_over_the_blocks(decay: float, first: int) -> None:
    p = np.random.default_rng(1).random((150, 1))
    for rows, column in ((p, first), (p[::-1], first + 1)):
        walked, total = [], 0.0
        for value in rows[:, 0].tolist():
            walked.append(total)
            total = decay * total + (1 - decay) * value
        found = around(p)[:, column]
        assert np.abs((found if rows is p else found[::-1]) - walked).max() < 2e-3


def test_probabilities_in_context_are_probabilities() -> None:
    rows, alone = np.zeros((4, 2), dtype=np.float32), np.random.default_rng(1).dirichlet(np.ones(3), size=4)
    n = 2 + 3 * N_VIEWS
    context = Network(np.zeros(n), np.ones(n), np.ones((n, 5)), np.zeros(5), np.ones((5, 3)), np.zeros(3))
    found = in_context(rows, alone, context)
    assert np.allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == alone.argmax(axis=1)).all()  # a network that says nothing changes nothing
