"""Shipped arithmetic equals scikit-learn's, and unusable folders are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from spamsift.errors import ModelMismatch
from spamsift.models import (
    MAX_DEVIATION,
    Linear,
    Network,
    forest_arrays,
    linear_arrays,
    load_folder,
    network_arrays,
    save_folder,
    sigmoid,
    softmax,
)


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(600, 7)).astype(np.float32)


def test_forest_equals_scikit_learn(rows: np.ndarray, tmp_path: Path) -> None:
    target = (rows[:, 0] * rows[:, 1] + np.sin(3 * rows[:, 2]) > 0).astype(int)
    model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=17, random_state=0).fit(rows, target)
    trees = [stage[0].nodes for stage in model._predictors]
    save_folder(
        tmp_path / "m", "1", forest_arrays("main", trees, float(model._baseline_prediction.ravel()[0])), {}, "card"
    )
    forest = load_folder(tmp_path / "m", "1").forest("main")
    fresh = np.random.default_rng(2).normal(size=(500, 7)).astype(np.float32)
    for sample in (rows, fresh):
        assert np.abs(sigmoid(forest.scores(sample)) - model.predict_proba(sample)[:, 1]).max() < 1e-6


def test_linear_equals_scikit_learn(rows: np.ndarray, tmp_path: Path) -> None:
    target = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0.5)
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(max_iter=500).fit(scaler.transform(rows), target)
    linear = Linear(scaler.mean_, scaler.scale_, model.coef_.T, model.intercept_)
    save_folder(tmp_path / "m", "1", linear_arrays("kinds", linear), {}, "card")
    loaded = load_folder(tmp_path / "m", "1").linear("kinds")
    assert np.abs(loaded.probabilities(rows) - model.predict_proba(scaler.transform(rows))).max() < 1e-6


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_network_equals_scikit_learn(rows: np.ndarray, tmp_path: Path) -> None:
    target = (rows[:, 0] * rows[:, 1] > 0).astype(int)
    scaler = StandardScaler().fit(rows)
    model = MLPClassifier(hidden_layer_sizes=(8,), max_iter=20, random_state=0).fit(scaler.transform(rows), target)
    (hidden, out), (hidden_bias, bias) = model.coefs_, model.intercepts_
    network = Network(scaler.mean_, scaler.scale_, hidden, hidden_bias, out[:, 0], bias)
    save_folder(tmp_path / "m", "1", network_arrays("main", network), {}, "card")
    loaded = load_folder(tmp_path / "m", "1").network("main")
    theirs = model.predict_proba(np.clip(scaler.transform(rows), -MAX_DEVIATION, MAX_DEVIATION))[:, 1]
    assert np.abs(sigmoid(loaded.scores(rows)) - theirs).max() < 1e-6


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_network_of_several_classes_equals_scikit_learn(rows: np.ndarray, tmp_path: Path) -> None:
    target = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0.5)
    scaler = StandardScaler().fit(rows)
    model = MLPClassifier(hidden_layer_sizes=(8,), max_iter=20, random_state=0).fit(scaler.transform(rows), target)
    (hidden, out), (hidden_bias, bias) = model.coefs_, model.intercepts_
    network = Network(scaler.mean_, scaler.scale_, hidden, hidden_bias, out, bias)
    save_folder(tmp_path / "m", "1", network_arrays("context", network), {}, "card")
    loaded = load_folder(tmp_path / "m", "1").network("context")
    theirs = model.predict_proba(np.clip(scaler.transform(rows), -MAX_DEVIATION, MAX_DEVIATION))
    assert np.abs(softmax(loaded.class_scores(rows)) - theirs).max() < 1e-6


def test_a_page_unlike_any_other_does_not_drive_the_network() -> None:
    network = Network(np.zeros(1), np.ones(1), np.ones((1, 1)), np.zeros(1), np.ones(1), np.zeros(1))
    assert network.scores(np.array([[1e9], [-1e9]])).tolist() == [MAX_DEVIATION, 0.0]


def test_probabilities_are_probabilities() -> None:
    extreme = np.array([[-1e4, 0.0, 1e4], [0.0, 0.0, 0.0]])
    assert np.allclose(softmax(extreme).sum(axis=1), 1)
    assert sigmoid(np.array([-1e4, 1e4])).tolist() == [0.0, 1.0]


def test_same_arrays_give_same_bytes(tmp_path: Path) -> None:
    arrays = {"b": np.arange(3.0), "a": np.arange(4, dtype=np.int32)}
    for name in ("one", "two"):
        save_folder(tmp_path / name, "1", arrays, {"labels": ["x"]}, "card")
    assert (tmp_path / "one/weights.npz").read_bytes() == (tmp_path / "two/weights.npz").read_bytes()


def spoil_checksum(folder: Path) -> None:
    (folder / "weights.npz").write_bytes((folder / "weights.npz").read_bytes() + b"x")


def spoil_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def remove_weights(folder: Path) -> None:
    (folder / "weights.npz").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [(spoil_checksum, "does not match"), (spoil_manifest, "no model"), (remove_weights, "no model")],
)
def test_spoilt_folders_are_refused(spoil: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    save_folder(tmp_path / "m", "1", {"a": np.ones(2)}, {}, "card")
    spoil(tmp_path / "m")
    with pytest.raises(ModelMismatch, match=message):
        load_folder(tmp_path / "m", "1")


def test_other_features_are_refused(tmp_path: Path) -> None:
    save_folder(tmp_path / "m", "1", {"a": np.ones(2)}, {}, "card")
    with pytest.raises(ModelMismatch, match="trained for features '1'"):
        load_folder(tmp_path / "m", "2")


@pytest.mark.parametrize("array", [np.array([np.nan]), np.array(["text"]), np.array([np.inf])])
def test_numbers_must_be_finite(array: np.ndarray, tmp_path: Path) -> None:
    save_folder(tmp_path / "m", "1", {"a": array}, {}, "card")
    with pytest.raises(ModelMismatch, match="finite"):
        load_folder(tmp_path / "m", "1")


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    save_folder(tmp_path / "m", "1", {"a": np.array([object()], dtype=object)}, {}, "card")
    with pytest.raises(ModelMismatch, match="can't be read"):
        load_folder(tmp_path / "m", "1")


@pytest.mark.parametrize(
    ("child", "message"),
    [
        ([7], "outside"),
        ([1, 0, 2], "outside"),  # the left child points back
        ([1, 2, 3, 4, 5, 6, 6, 7], "twice"),
        ([1 + min(i, 98) // 2 * 2 if i % 2 == 0 and i < 98 else i for i in range(99)], "32 leaves"),  # a long branch
    ],
)
def test_forest_that_is_none_is_refused(child: list[int], message: str, tmp_path: Path) -> None:
    bad: dict[str, Any] = {
        "f.feature": np.zeros(len(child), dtype=np.int32),
        "f.threshold": np.zeros(len(child)),
        "f.child": np.array(child, dtype=np.int32),
        "f.value": np.zeros(len(child)),
        "f.roots": np.zeros(1, dtype=np.int32),
        "f.bias": np.array(0.0),
    }
    save_folder(tmp_path / "m", "1", bad, {}, "card")
    with pytest.raises(ModelMismatch, match=message):
        load_folder(tmp_path / "m", "1").forest("f")
