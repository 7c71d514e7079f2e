"""Fit a small network of scikit-learn and give it as numbers; both floors of the block models use it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.models import MAX_DEVIATION, Network

__all__ = ["fit_network"]


def fit_network(
    rows: NDArray[Any], target: NDArray[Any], weight: NDArray[np.float64], settings: Mapping[str, Any]
) -> Network:
    """One of two classes or of several; rows are standardised and clipped as :class:`Network` does. ``settings`` are
    those of scikit-learn's ``MLPClassifier``."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(rows)
    inputs = np.clip((rows - scaler.mean_) / scaler.scale_, -MAX_DEVIATION, MAX_DEVIATION).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped on purpose
        model = MLPClassifier(**settings).fit(inputs, target, sample_weight=weight / weight.mean())
    (hidden, out), (hidden_bias, bias) = model.coefs_, model.intercepts_
    return Network(scaler.mean_, scaler.scale_, hidden, hidden_bias, out[:, 0] if len(bias) == 1 else out, bias)
