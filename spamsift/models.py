"""Model folders: numbers in, probabilities out, nothing executed.

``models/<name>/`` holds ``weights.npz`` (arrays only, loaded with ``allow_pickle=False``),
``manifest.json`` and ``card.md``. A folder is refused when its feature version is another one, its checksum does not
match, or a number is not finite. Models are trained with scikit-learn; the arithmetic here gives the same
probabilities to 1e-6 (``tests/test_models.py``), so scikit-learn is not needed, and not imported, at run time.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.errors import ModelMismatch
from spamsift.forest import Forest, compile_forest

__all__ = [
    "Linear",
    "ModelFolder",
    "Network",
    "forest_arrays",
    "linear_arrays",
    "load_folder",
    "network_arrays",
    "save_folder",
    "shipped_models",
    "sigmoid",
    "softmax",
]

Floats = NDArray[np.float64]

MAX_DEVIATION = 5.0
"""Standard deviations at which an input of a network is clipped: a page unlike any other must not drive it."""
MAX_PRODUCT = 1 << 18
"""Multiplications of one call of BLAS, from which on OpenBLAS takes more threads than one (``interface/gemm.c``:
``SMP_THRESHOLD_MIN * GEMM_MULTITHREAD_THRESHOLD``)."""


def sigmoid(scores: Floats) -> Floats:
    """The logistic function, without overflow.

    >>> sigmoid(np.array([0.0])).tolist()
    [0.5]
    """
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * scores)), dtype=np.float64)


def softmax(scores: Floats) -> Floats:
    """Probabilities of each row of ``scores``; rows sum to 1.

    >>> softmax(np.array([[1.0, 1.0]])).tolist()
    [[0.5, 0.5]]
    """
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def product(rows: NDArray[Any], weights: Floats) -> NDArray[Any]:
    """``rows @ weights``, of shape (n_rows, n_features) and (n_features, n_columns), on one thread.

    A page's product takes a millisecond. OpenBLAS would wake a thread for every core, which then waits for more work
    some 30 ms at full speed: on two cores the CPU time of a page was 91 ms instead of 57. So it gets so few rows at a
    time that it does not.

    >>> product(np.ones((3, 2)), np.ones((2, 4))).shape
    (3, 4)
    """
    n_rows = max(1, MAX_PRODUCT // max(1, weights.size))
    return np.concatenate([rows[i : i + n_rows] @ weights for i in range(0, max(1, len(rows)), n_rows)])


@dataclass(frozen=True, slots=True)
class Linear:
    """Standardise, then a linear map: ``(x - mean) / scale @ weights + bias``."""

    mean: Floats
    """Shape (n_features,)."""
    scale: Floats
    """Shape (n_features,), positive."""
    weights: Floats
    """Shape (n_features, n_classes)."""
    bias: Floats
    """Shape (n_classes,)."""

    def scores(self, rows: NDArray[Any]) -> Floats:
        """Scores of shape (n_rows, n_classes)."""
        return np.asarray(product((rows - self.mean) / self.scale, self.weights) + self.bias, dtype=np.float64)

    def probabilities(self, rows: NDArray[Any]) -> Floats:
        """Softmax of the scores."""
        return softmax(self.scores(rows))


@dataclass(frozen=True, slots=True)
class Network:
    """Standardise, clip, one hidden layer of rectified linear units, a log-odds or the scores of several classes."""

    mean: Floats
    """Shape (n_features,)."""
    scale: Floats
    """Shape (n_features,), positive."""
    hidden_weights: Floats
    """Shape (n_features, n_hidden)."""
    hidden_bias: Floats
    """Shape (n_hidden,)."""
    weights: Floats
    """Shape (n_hidden,), or (n_hidden, n_classes)."""
    bias: Floats
    """Shape (1,), or (n_classes,)."""

    def scores(self, rows: NDArray[Any]) -> Floats:
        """Log-odds of shape (n_rows,)."""
        return np.asarray((self._hidden(rows) * self.weights).sum(axis=1) + self.bias[0], dtype=np.float64)

    def class_scores(self, rows: NDArray[Any]) -> Floats:
        """Scores of shape (n_rows, n_classes), of which a softmax makes probabilities."""
        return np.asarray(product(self._hidden(rows), self.weights) + self.bias, dtype=np.float64)

    def _hidden(self, rows: NDArray[Any]) -> Floats:
        inputs = np.clip(rows, self.mean - MAX_DEVIATION * self.scale, self.mean + MAX_DEVIATION * self.scale)
        weights = self.hidden_weights / self.scale[:, None]  # standardising is left to them: one pass over the rows
        at_mean = (self.mean[:, None] * weights).sum(axis=0)
        return np.asarray(np.maximum(product(inputs, weights) + (self.hidden_bias - at_mean), 0.0))


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What a folder holds: declared facts and named arrays."""

    manifest: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def linear(self, prefix: str) -> Linear:
        """The linear model saved under ``prefix``."""
        return Linear(*(self._array(f"{prefix}.{name}") for name in ("mean", "scale", "weights", "bias")))

    def network(self, prefix: str) -> Network:
        """The network saved under ``prefix``."""
        return Network(*(self._array(f"{prefix}.{name}") for name in _NETWORK_FIELDS))

    def forest(self, prefix: str) -> Forest:
        """The forest saved under ``prefix``; refused if it is none."""
        names = ("feature", "threshold", "child", "value", "roots", "bias")
        feature, threshold, child, value, roots, bias = (self._array(f"{prefix}.{name}") for name in names)
        return compile_forest(feature, threshold, child, value, roots, float(bias))

    def _array(self, name: str) -> NDArray[Any]:
        try:
            return self.arrays[name]
        except KeyError:
            raise ModelMismatch(f"the model lacks {name!r}; train or install it again.") from None


_NOTHING = 1e-20
_NETWORK_FIELDS = ("mean", "scale", "hidden_weights", "hidden_bias", "weights", "bias")


@cache
def shipped_models() -> Path:
    """The folder of the shipped models: inside the wheel, or at the top of a checkout; looked for once."""
    inside = Path(__file__).with_name("_models")
    return inside if inside.is_dir() else Path(__file__).parents[1] / "models"


@lru_cache(maxsize=8)
def load_folder(path: Path, features_version: str) -> ModelFolder:
    """Read and check one model folder (cached: folders are read once per process).

    Raises:
        ModelMismatch: the folder is missing, broken, or made for other features.
    """
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        data = (path / "weights.npz").read_bytes()
        if not isinstance(manifest, dict):
            raise ValueError("manifest.json is no object")
    except (OSError, ValueError, RecursionError) as problem:
        raise ModelMismatch(
            f"no model in {path} ({problem}); give a folder with weights.npz and manifest.json."
        ) from problem
    if manifest.get("features_version") != features_version:
        raise ModelMismatch(
            f"the model in {path} was trained for features {manifest.get('features_version')!r}, this spamsift has "
            f"{features_version!r}; train it again with scripts/train_models.py."
        )
    if manifest.get("sha256") != hashlib.sha256(data).hexdigest():
        raise ModelMismatch(f"weights.npz in {path} does not match its manifest; copy or train the model again.")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as problem:
        raise ModelMismatch(f"weights.npz in {path} can't be read ({problem}); train the model again.") from problem
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise ModelMismatch(f"{name} in {path} is not all finite numbers; train the model again.")
    return ModelFolder(manifest, arrays)


def save_folder(
    path: Path, features_version: str, arrays: Mapping[str, NDArray[Any]], manifest: Mapping[str, Any], card: str
) -> None:
    """Write a model folder; the same arrays give the same bytes."""
    path.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name: arrays[name] for name in sorted(arrays)})  # type: ignore[arg-type]
    (path / "weights.npz").write_bytes(buffer.getvalue())
    facts = {**manifest, "features_version": features_version, "sha256": hashlib.sha256(buffer.getvalue()).hexdigest()}
    (path / "manifest.json").write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (path / "card.md").write_text(card, encoding="utf-8")


def linear_arrays(prefix: str, linear: Linear) -> dict[str, NDArray[Any]]:
    """Arrays of a linear model, float32, for :func:`save_folder`."""
    fields = (("mean", linear.mean), ("scale", linear.scale), ("weights", linear.weights), ("bias", linear.bias))
    return {f"{prefix}.{name}": np.asarray(array, dtype=np.float32) for name, array in fields}


def network_arrays(prefix: str, network: Network) -> dict[str, NDArray[Any]]:
    """Arrays of a network, float32, for :func:`save_folder`.

    What regularisation has driven to nothing becomes 0: a product with subnormal numbers takes ten times as long.
    """
    arrays = {f"{prefix}.{name}": np.asarray(getattr(network, name), dtype=np.float32) for name in _NETWORK_FIELDS}
    return {name: np.where(np.abs(array) < _NOTHING, np.float32(0), array) for name, array in arrays.items()}


def forest_arrays(prefix: str, trees: Sequence[NDArray[Any]], bias: float) -> dict[str, NDArray[Any]]:
    """Arrays of a forest for :func:`save_folder`.

    ``trees``: one structured array per tree with the fields of scikit-learn's histogram trees
    (``feature_idx num_threshold left right is_leaf value``).
    """
    feature: list[int] = []
    threshold: list[float] = []
    child: list[int] = []
    value: list[float] = []
    roots: list[int] = []
    for tree in trees:
        roots.append(len(feature))
        order, places = [0], {0: len(feature)}
        for old in order:  # breadth first: children are appended side by side while the list is walked
            if not tree[old]["is_leaf"]:
                for side in ("left", "right"):
                    places[int(tree[old][side])] = roots[-1] + len(order)
                    order.append(int(tree[old][side]))
        for old in order:
            is_leaf = bool(tree[old]["is_leaf"])
            feature.append(0 if is_leaf else int(tree[old]["feature_idx"]))
            threshold.append(0.0 if is_leaf else float(tree[old]["num_threshold"]))
            child.append(places[old] if is_leaf else places[int(tree[old]["left"])])
            value.append(float(tree[old]["value"]) if is_leaf else 0.0)
    columns: dict[str, NDArray[Any]] = {
        "feature": np.array(feature, dtype=np.int32),
        "threshold": np.array(threshold, dtype=np.float64),
        "child": np.array(child, dtype=np.int32),
        "value": np.array(value, dtype=np.float64),
        "roots": np.array(roots, dtype=np.int32),
        "bias": np.array(bias, dtype=np.float64),
    }
    return {f"{prefix}.{name}": array for name, array in columns.items()}
