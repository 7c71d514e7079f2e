"""The arithmetic of the page model: parity with the fit and with scikit-learn, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from toy_pages import K, arrays, document_of, page_of, small_frequencies, toy_model

from spamsift.errors import ModelMismatch
from spamsift.page_features import SIGNALS, page_features
from spamsift.page_model import CLIP, FARM_KINDS, accuse, gram_values, model_from
from spamsift.records import PageKind
from spamsift.style_statistics import STATISTICS
from spamsift.text_statistics import N_GRAM_COLUMNS
from spamsift.training.page_fit import fit, scores_of, tabulate_rows
from spamsift.training.page_rows import PageRow


def toy_rows() -> list[PageRow]:
    """Pages of chance words, every kind among them."""
    rng = np.random.default_rng(5)
    kinds = (PageKind.ORIGINAL, *FARM_KINDS)
    words = "the of bridge town closed it is important to note that storm and a road was for us in the morning".split()
    rows = []
    for i in range(90):
        lines = [" ".join(rng.choice(words, 15).tolist()).capitalize() + "." for _ in range(int(rng.integers(2, 30)))]
        if i % 3 == 0:
            lines.append("Source: The Harbour Post")
        page = page_of(*lines)
        features = page_features(page, document_of(page), small_frequencies())
        columns, values, _, _ = gram_values(features.prose)
        rows.append(PageRow(str(i), "toy", str(i), kinds[i % 6], "", "real", features, columns, values))
    return rows


def test_accusations_equal_those_of_the_fit() -> None:
    rows = toy_rows()
    table = tabulate_rows(rows)
    fitted = fit(table, np.ones(len(rows), dtype=np.bool_))
    model = toy_model(**{field: getattr(fitted, field) for field in fitted.__dataclass_fields__})
    expected = scores_of(fitted, table, np.ones(len(rows), dtype=np.bool_))
    for row, scores in zip(rows, expected, strict=True):
        assert accuse(row.features, model) == pytest.approx(scores, abs=1e-6)


def test_accusations_equal_scikit_learn() -> None:
    rows = toy_rows()
    matrix = np.stack([np.concatenate([row.features.signals, row.features.statistics]) for row in rows])
    truth = np.arange(len(rows)) % 2 == 0
    reference = LogisticRegression(max_iter=500).fit(matrix, truth)
    weights = np.zeros((matrix.shape[1], K))
    weights[:, 2] = reference.coef_[0]
    plain = toy_model(
        mean=np.zeros(len(STATISTICS)),
        scale=np.ones(len(STATISTICS)),
        signal_weights=weights[: len(SIGNALS)],
        statistic_weights=weights[len(SIGNALS) :],
        gram_weights=np.zeros((N_GRAM_COLUMNS, K)),
        prior=np.array([0, 0, reference.intercept_[0], 0, 0]),
    )
    checked = 0
    for row, expected in zip(rows, reference.decision_function(matrix), strict=True):
        clipped = np.clip(row.features.statistics, -CLIP, CLIP) - row.features.statistics
        if row.features.style_confidence == 1:
            offset = float(clipped @ weights[len(SIGNALS) :, 2])  # the one thing that scikit-learn does not do
            assert accuse(row.features, plain)[2] == pytest.approx(expected + offset, abs=1e-6)
            checked += 1
    assert checked


def test_a_model_with_other_columns_is_refused() -> None:
    thresholds = {"farm_from": 0.9, "original_below": 0.5}
    with pytest.raises(ModelMismatch, match="other columns"):
        model_from({**arrays(), "mean": np.zeros(3)}, thresholds)
    lacking = arrays()
    del lacking["prior"]
    with pytest.raises(ModelMismatch, match="train it again"):
        model_from(lacking, thresholds)
    with pytest.raises(ModelMismatch, match="farm_from"):
        model_from(arrays(), {})
