"""The numbers of ``models/page``, and their arithmetic: page features → accusations, calibrated, added up.

One linear *accusation* per kind of farm page stands against "original"; its score is the sum of what each feature adds
and of its prior. Calibrated accusations add up as odds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.errors import InvalidOption, ModelMismatch
from spamsift.models import load_folder, sigmoid, softmax
from spamsift.page_features import PAGE_FEATURES_VERSION, SIGNALS, PageFeatures
from spamsift.records import PageKind, Thresholds
from spamsift.style_statistics import STATISTICS
from spamsift.text_statistics import N_GRAM_COLUMNS, Frequencies, Prose, frequencies_from

__all__ = [
    "CLIP",
    "FARM_KINDS",
    "MAX_ODDS",
    "Accusations",
    "PageModel",
    "Parts",
    "accuse",
    "calibrate",
    "calibrated_odds",
    "gram_values",
    "load_page_model",
    "model_from",
    "parts_of",
    "probabilities_of",
    "standardise",
    "total_odds",
]

Floats = NDArray[np.float64]

FARM_KINDS = (PageKind.MIRROR, PageKind.SPUN, PageKind.GENERATED, PageKind.THIN, PageKind.DOORWAY)
"""Order of the columns of a model."""

CLIP = 3.0
"""Standard deviations at which a statistic is cut off: one odd number must not decide. Coupled to training."""
MAX_ODDS = 6.0
"""Calibrated log-odds beyond which an accusation says no more about the kind. Coupled to training."""


@dataclass(frozen=True)
class Accusations:
    """Weights of the accusations; K = len(FARM_KINDS)."""

    mean: Floats
    """Shape (n_statistics,), as ``scale``."""
    scale: Floats
    statistic_weights: Floats
    """Shape (n_statistics, K)."""
    signal_weights: Floats
    """Shape (n_signals, K)."""
    gram_weights: Floats
    """Shape (N_GRAM_COLUMNS, K)."""
    prior: Floats
    """Shape (K,): the score of a page of average prose without any finding."""


@dataclass(frozen=True)
class PageModel(Accusations):
    """The numbers of ``models/page``."""

    calibration: Floats
    """Shape (K, 2): slope and intercept per accusation."""
    overall: Floats
    """Shape (2,): slope and intercept of all accusations together."""
    kind_weights: Floats
    """Shape (K, K): calibrated accusations → scores of the kinds, given that the page is no original."""
    kind_prior: Floats
    """Shape (K,)."""
    farm_from: float
    """Probability from which a page is called a farm page: 1 % of held-out originals reach it."""
    original_below: float
    """Probability below which a page is called an original."""
    frequencies: Frequencies


def model_from(arrays: dict[str, NDArray[Any]], thresholds: dict[str, float]) -> PageModel:
    """A model from named arrays.

    Raises:
        ModelMismatch: an array or threshold is missing or has another shape.
    """
    n_kinds = len(FARM_KINDS)
    shapes = {
        "mean": (len(STATISTICS),),
        "scale": (len(STATISTICS),),
        "statistic_weights": (len(STATISTICS), n_kinds),
        "signal_weights": (len(SIGNALS), n_kinds),
        "gram_weights": (N_GRAM_COLUMNS, n_kinds),
        "prior": (n_kinds,),
        "calibration": (n_kinds, 2),
        "overall": (2,),
        "kind_weights": (n_kinds, n_kinds),
        "kind_prior": (n_kinds,),
    }
    try:
        found = {name: np.asarray(arrays[name], dtype=np.float64) for name in shapes}
        frequencies = frequencies_from(arrays)
        own = Thresholds(thresholds["farm_from"], thresholds["original_below"])
    except KeyError as problem:
        raise ModelMismatch(f"the page model lacks the array or threshold {problem}; train it again.") from problem
    except InvalidOption as problem:
        raise ModelMismatch(f"the page model's thresholds can't be used ({problem}); train it again.") from problem
    if wrong := [name for name, shape in shapes.items() if found[name].shape != shape]:
        raise ModelMismatch(f"the page model has other columns ({', '.join(wrong)}); train it again.")
    if not (found["scale"] > 0).all():
        raise ModelMismatch("the page model has a scale that is not positive; train it again.")
    return PageModel(
        **found, farm_from=own.farm_from or 0.0, original_below=own.original_below or 0.0, frequencies=frequencies
    )


@lru_cache(maxsize=8)
def load_page_model(folder: Path) -> PageModel:
    """Load ``page`` from a folder of models (cached).

    Raises:
        ModelMismatch: missing, broken, or made for other features.
    """
    stored = load_folder(folder / "page", PAGE_FEATURES_VERSION)
    thresholds = stored.manifest.get("thresholds")
    if not isinstance(thresholds, dict):
        raise ModelMismatch(f"the manifest of {folder / 'page'} has no thresholds; train the model again.")
    return model_from(dict(stored.arrays), thresholds)


# --- arithmetic -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parts:
    """What each feature adds to each accusation, in log-odds."""

    statistics: Floats
    signals: Floats
    grams: Floats
    """Shape (n_places, K): per style n-gram, in order of ``begins``."""
    begins: NDArray[np.int64]

    @property
    def total(self) -> Floats:
        return np.asarray(self.statistics.sum(0) + self.signals.sum(0) + self.grams.sum(0), dtype=np.float64)


def standardise(statistics: Floats, mean: Floats, scale: Floats) -> Floats:
    """Standard deviations from the mean, clipped."""
    return np.asarray(np.clip((statistics - mean) / scale, -CLIP, CLIP), dtype=np.float64)


def gram_values(prose: Prose) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Columns and their values (root of count, length 1), then per place its index into them and its token."""
    columns, begins = prose.style_columns()
    counts = np.bincount(columns, minlength=N_GRAM_COLUMNS)
    unique = np.flatnonzero(counts)
    index = np.zeros(N_GRAM_COLUMNS, dtype=np.int64)
    index[unique] = np.arange(len(unique))
    roots = np.sqrt(counts[unique].astype(np.float64))
    return unique, roots / max(float(np.linalg.norm(roots)), 1e-9), index[columns], begins


def parts_of(features: PageFeatures, model: PageModel) -> Parts:
    signals = features.signals[:, None] * model.signal_weights
    n_kinds = len(FARM_KINDS)
    confidence = features.style_confidence
    if confidence == 0:
        nothing = np.zeros((0, n_kinds))
        return Parts(np.zeros((len(STATISTICS), n_kinds)), signals, nothing, np.zeros(0, np.int64))
    z = confidence * standardise(features.statistics, model.mean, model.scale)
    unique, values, inverse, begins = gram_values(features.prose)
    counts = np.bincount(inverse, minlength=len(unique))
    each = confidence * (values / counts)[inverse]
    return Parts(
        z[:, None] * model.statistic_weights, signals, each[:, None] * model.gram_weights[unique[inverse]], begins
    )


def accuse(features: PageFeatures, model: PageModel) -> Floats:
    """Uncalibrated log-odds of each kind against an original, shape (K,)."""
    return model.prior + parts_of(features, model).total


def calibrate(scores: Floats, model: PageModel) -> tuple[float, Floats, int]:
    """P(not an original), the share of it that goes to each kind, and the column of the strongest accusation."""
    odds = calibrated_odds(scores, model.calibration)
    probability = sigmoid(total_odds(odds) * model.overall[0] + model.overall[1])
    shares = softmax(np.clip(odds, -MAX_ODDS, MAX_ODDS) @ model.kind_weights + model.kind_prior)
    return float(probability), shares, int(odds.argmax())


def probabilities_of(score: float, shares: Floats) -> dict[PageKind, float]:
    """One per kind, from P(not an original) and the share of each farm kind in it."""
    farms = zip(FARM_KINDS, shares.tolist(), strict=True)
    return {PageKind.ORIGINAL: 1.0 - score} | {kind: score * share for kind, share in farms}


def calibrated_odds(scores: Floats, calibration: Floats) -> Floats:
    """Log-odds of each accusation, after its own slope and intercept."""
    return np.asarray(scores * calibration[:, 0] + calibration[:, 1], dtype=np.float64)


def total_odds(odds: Floats) -> Floats:
    """Logarithm of the sum of odds, along the last axis."""
    top = odds.max(axis=-1)
    return np.asarray(top + np.log(np.exp(odds - top[..., None]).sum(axis=-1)), dtype=np.float64)
