"""Fitting to labels: the table says what the pipeline says, whole groups are held out, nothing moves without labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

import spamsift
from spamsift import Options
from spamsift.models import shipped_models
from spamsift.page_features import SIGNALS
from spamsift.page_model import FARM_KINDS, PageModel, load_page_model
from spamsift.records import InputKind, PageKind
from spamsift.style_statistics import STATISTICS
from spamsift.text_statistics import N_GRAM_COLUMNS
from spamsift.training import refit as module
from spamsift.training.refit import LabelTable, folds_of, probabilities, refit, shares
from spamsift.training.user_labels import LabelledPage, tabulate

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "wild-shapes").glob("*/page.*"))


@pytest.fixture(scope="module")
def model() -> PageModel:
    return load_page_model(shipped_models())


def table_of(kinds: list[int], groups: list[str], seed: int = 0) -> LabelTable:
    """Rows by chance; farm pages show more of every signal."""
    rng = np.random.default_rng(seed)
    labels, n = np.array(kinds, dtype=np.int64), len(kinds)
    signals = rng.uniform(0, 1, (n, len(SIGNALS))) * (
        rng.random((n, len(SIGNALS))) < 0.2 + 0.3 * (labels >= 0)[:, None]
    )
    return LabelTable(
        kinds=labels,
        groups=np.array(groups),
        signals=signals,
        statistics=rng.normal(0, 1, (n, len(STATISTICS))),
        confidence=rng.uniform(0, 1, n),
        grams=sp.csr_matrix((n, N_GRAM_COLUMNS)),
    )


def test_the_table_says_what_the_pipeline_says(model: PageModel) -> None:
    pages = [
        LabelledPage(
            i,
            PageKind.MIRROR,
            str(i),
            path.read_text(encoding="utf-8"),
            InputKind.HTML if path.suffix == ".html" else InputKind.TEXT,
            None,
        )
        for i, path in enumerate(FIXTURES)
    ]
    table = tabulate(pages, shipped_models(), model, iter)
    p, share = probabilities(model, table), shares(model, table)
    for i, page in enumerate(pages):
        verdict = spamsift.sift(page.page, options=Options(kind=page.input_kind)).verdict
        assert p[i] == pytest.approx(verdict.score, abs=1e-6)
        for k, kind in enumerate(FARM_KINDS):
            assert p[i] * share[i, k] == pytest.approx(verdict.probabilities[kind], abs=1e-6)


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 12)), min_size=2, max_size=60))
def test_folds_hold_whole_groups_and_both_sides(rows: list[tuple[int, int]]) -> None:
    kinds, groups = [kind for kind, _ in rows], [f"{kind >= 0}{group}" for kind, group in rows]
    table = table_of(kinds, groups)
    fold = folds_of(table)
    for group in set(groups):
        assert len(set(fold[table.groups == group].tolist())) == 1
    for i in range(int(fold.max()) + 1 if fold.max() > 0 else 0):
        assert {bool(x) for x in table.is_farm[fold == i]} == {True, False}


def test_regression_equals_scikit_learn_where_it_has_no_offset() -> None:
    rng = np.random.default_rng(3)
    rows, truth = rng.normal(0, 1, (200, 6)), rng.random(200) < 0.3
    truth |= rows[:, 0] > 1
    found = module._offset_regression(rows, np.zeros(200), truth, 1.0, [])
    reference = LogisticRegression(C=module.INVERSE_PENALTY, fit_intercept=False, tol=1e-8, max_iter=1000)
    reference.fit(rows, truth, sample_weight=module.balanced(truth))
    assert found == pytest.approx(reference.coef_[0], abs=1e-3)


def test_what_an_offset_explains_needs_no_weights() -> None:
    rng = np.random.default_rng(3)
    rows, truth = rng.normal(0, 1, (200, 6)), rng.random(200) < 0.5
    explained = module._offset_regression(rows, np.where(truth, 20.0, -20.0), truth, 1.0, [])
    assert np.abs(explained).max() < 1e-3


def test_few_labels_move_the_line_only(model: PageModel) -> None:
    table = table_of([-1, 2] * 10, [str(i) for i in range(20)])
    fitted = refit(model, table)
    assert not np.array_equal(fitted.overall, model.overall)
    for name in ("signal_weights", "statistic_weights", "kind_prior", "farm_from"):
        assert getattr(fitted, name) is getattr(model, name), name


def test_kinds_without_labels_stay_as_they_are(model: PageModel) -> None:
    table = table_of([-1, 2, -1, 4] * 30, [str(i % 24) for i in range(120)])
    fitted = refit(model, table)
    others = [k for k in range(len(FARM_KINDS)) if k not in (2, 4)]
    assert not np.array_equal(fitted.kind_prior[[2, 4]], model.kind_prior[[2, 4]])
    for name in ("signal_weights", "statistic_weights", "kind_prior"):
        assert np.array_equal(getattr(fitted, name)[..., others], getattr(model, name)[..., others]), name
    for name in ("gram_weights", "kind_weights", "calibration", "prior"):
        assert np.array_equal(getattr(fitted, name), getattr(model, name)), name


def test_a_threshold_needs_many_originals(model: PageModel) -> None:
    few = table_of([-1] * 100 + [2] * 20, [str(i % 20) for i in range(120)])
    many = table_of([-1] * 400 + [2] * 20, [str(i % 20) for i in range(420)])
    assert refit(model, few).farm_from == model.farm_from
    fitted = refit(model, many)
    assert fitted.farm_from != model.farm_from
    assert (probabilities(fitted, many)[:400] >= fitted.farm_from).mean() <= 0.03
