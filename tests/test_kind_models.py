"""What tells the kinds apart is fitted without the fold that it is measured on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from spamsift.training.corpora import N_FOLDS
from spamsift.training.kind_models import KindRows, fit_kinds

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def made_rows(n_pages: int = 40, n_blocks: int = 20) -> KindRows:
    rng, n = np.random.default_rng(1), n_pages * n_blocks
    label = rng.integers(0, 3, size=n)
    page = np.repeat(np.arange(n_pages), n_blocks)
    return KindRows(
        features=(rng.normal(size=(n, 4)) + label[:, None]).astype(np.float32),
        tokens=sparse.csr_matrix(np.zeros((n, 6), dtype=np.float32)),
        label=label,
        page=page,
        fold=page % N_FOLDS,
        weight=np.ones(n),
        is_whole=np.ones(n, dtype=bool),
        is_judged=np.ones(n, dtype=bool),
    )


def test_models_of_a_fold_never_saw_it() -> None:
    rows, fold = made_rows(), 2
    mine = rows.fold == fold
    others = replace(rows, features=np.where(mine[:, None], -rows.features, rows.features))
    ours, theirs = fit_kinds(rows, 1), fit_kinds(others, 1)
    assert all((ours.arrays[fold][name] == theirs.arrays[fold][name]).all() for name in ours.arrays[fold])
    assert any((ours.arrays[0][name] != theirs.arrays[0][name]).any() for name in ours.arrays[0])
    assert ours.scores["macro_f1"] > 0.7


def test_a_label_that_no_whole_page_has_is_refused() -> None:
    rows = made_rows()
    rare = np.flatnonzero(rows.label == 2)
    is_whole = rows.is_whole.copy()
    is_whole[rare] = False
    with pytest.raises(ValueError, match="lacks a label"):
        fit_kinds(replace(rows, is_whole=is_whole), 1)
