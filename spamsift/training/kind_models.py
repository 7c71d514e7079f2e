"""Train what tells the kinds of blocks apart, and measure it out of fold.

A multinomial logistic regression on features and tokens says what a block is by itself; a small network reads its
answers around each block (:mod:`spamsift.block_context`). The network is trained on answers of regressions that saw
neither the page's fold nor the fold that it is measured on: one regression for each pair of folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from spamsift.block_context import around
from spamsift.labelling import in_context
from spamsift.models import Floats, Linear, Network, linear_arrays, network_arrays, softmax
from spamsift.records import BlockLabel
from spamsift.training.block_pages import FIXTURE, PAGE, TYPED, BlockPage, token_matrix
from spamsift.training.corpora import N_FOLDS, fold_of
from spamsift.training.networks import fit_network

__all__ = ["CONTEXT", "KindFit", "KindRows", "fit_kinds", "kind_rows"]

MAX_SILVER_ROWS = 20_000
"""Rows with silver labels in the regression, drawn evenly over labels as far as they go; beside some 90,000 by hand."""
SILVER_WEIGHT = 0.3
"""Weight of a silver label against one given by hand: it agrees with a person's two times out of three."""
FIXTURE_WEIGHT = 4.0
"""Weight of a label on a page written for this project: farms, odd shapes and the rarer labels are here only."""
REGULARISATION = 0.1
CONTEXT = {
    "hidden_layer_sizes": (64,),
    "alpha": 1.0,
    "batch_size": 512,
    "learning_rate_init": 1e-3,
    "max_iter": 8,
    "tol": 0.0,
    "random_state": 0,
}
"""A mean with the regression stands eight passes; 16 were no better."""
_ORDER = tuple(BlockLabel)


@dataclass(frozen=True, slots=True, eq=False)
class KindRows:
    """The blocks that the kinds are learned from, pages one after another: those of pages labelled by hand, whole, and
    single ones with silver labels."""

    features: NDArray[np.float32]
    tokens: Any
    """Sparse, a row per block."""
    label: NDArray[np.int64]
    """Number in :class:`BlockLabel`; -1 unknown."""
    page: NDArray[np.int64]
    fold: NDArray[np.int64]
    weight: NDArray[np.float64]
    is_whole: NDArray[np.bool_]
    """Of a page labelled by hand, so that the blocks around it are here, too."""
    is_judged: NDArray[np.bool_]
    """Labelled by hand, on a gold page as it is."""


@dataclass(frozen=True, slots=True)
class KindFit:
    """What is shipped, and what it scored."""

    arrays: tuple[dict[str, NDArray[Any]], ...]
    """Of each fold, fitted without it, and last of everything."""
    labels: tuple[str, ...]
    scores: dict[str, float]
    """F1 out of fold, macro and by label; ``macro_f1_alone`` without the blocks around."""


def kind_rows(pages: Sequence[BlockPage]) -> KindRows:
    """The rows of the pages that are used."""
    from scipy import sparse

    n = [len(page.blocks) for page in pages]
    label = np.array([_ORDER.index(one) if one is not None else -1 for page in pages for one in page.labels])
    is_whole = np.repeat([page.by_hand for page in pages], n)
    used = is_whole.copy()
    used[_draw(np.where(is_whole, -1, label))] = True
    weights = [_weight(page) for page in pages]
    parts = np.split(used, np.cumsum(n)[:-1])
    chosen = [(page, mask) for page, mask in zip(pages, parts, strict=True) if mask.any()]
    return KindRows(
        features=np.concatenate([page.rows[mask] for page, mask in chosen]),
        tokens=sparse.vstack([token_matrix(page)[np.flatnonzero(mask)] for page, mask in chosen], format="csr"),
        label=label[used],
        page=np.repeat(np.arange(len(pages)), n)[used],
        fold=np.repeat([fold_of(page.group, N_FOLDS) for page in pages], n)[used],
        weight=np.repeat(weights, n)[used],
        is_whole=is_whole[used],
        is_judged=(is_whole & np.repeat([page.rendering == PAGE for page in pages], n) & (label >= 0))[used],
    )


def _weight(page: BlockPage) -> float:
    if not page.by_hand:
        return SILVER_WEIGHT
    return FIXTURE_WEIGHT if page.rendering in (FIXTURE, TYPED) else page.rendering.weight


def _draw(label: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows with a label, evenly spread over the corpus: as many of a label as the root of its frequency allows.

    With equal shares the model calls every fourth paragraph of a text a heading, with true ones nothing is a source.
    """
    labels, counts = np.unique(label[label >= 0], return_counts=True)
    shares = MAX_SILVER_ROWS * np.sqrt(counts) / np.sqrt(counts).sum()
    parts = []
    for one, share in zip(labels.tolist(), shares.astype(int).tolist(), strict=True):
        rows = np.flatnonzero(label == one)
        parts.append(rows[np.linspace(0, len(rows) - 1, min(share, len(rows))).astype(int)])
    return np.sort(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)


def fit_kinds(rows: KindRows, n_jobs: int) -> KindFit:
    """Both models, of each fold and of everything.

    Raises:
        ValueError: without a fold, or on pages labelled by hand without it, a label is missing.
    """
    without = [frozenset(folds) for n in range(3) for folds in combinations(range(N_FOLDS), n)]
    fitted = Parallel(n_jobs=n_jobs)(delayed(_fit_alone)(rows, folds) for folds in without)
    alone = dict(zip(without, fitted, strict=True))
    labels = np.unique(rows.label[rows.label >= 0])
    whole = [rows.label[rows.is_whole & (rows.label >= 0) & (rows.fold != fold)] for fold in range(N_FOLDS)]
    n_found = [model.weights.shape[1] for model in fitted] + [len(np.unique(found)) for found in whole]
    if any(n != len(labels) for n in n_found):
        raise ValueError("a fold lacks a label: give labels of more registered domains")
    folds: list[int | None] = [*range(N_FOLDS), None]
    answers = [_answers(rows, alone, fold) for fold in folds]
    contexts = Parallel(n_jobs=n_jobs)(
        delayed(_fit_context)(rows, p, fold) for p, fold in zip(answers, folds, strict=True)
    )
    first, second = np.zeros((2, len(rows.label), len(labels)))
    for fold, p, context in zip(range(N_FOLDS), answers, contexts, strict=False):
        mine = rows.fold == fold
        first[mine] = p[mine]
        for page in _pages(rows, mine & rows.is_whole):
            second[page] = in_context(rows.features[page], p[page], context)
    names = tuple(_ORDER[i].value for i in labels.tolist())
    arrays = tuple(
        linear_arrays("kinds", alone[frozenset({fold} - {None})]) | network_arrays("context", context)  # type: ignore[arg-type]
        for fold, context in zip(folds, contexts, strict=True)
    )
    scores = _f1(rows, labels, second) | {"macro_f1_alone": _f1(rows, labels, first)["macro_f1"]}
    return KindFit(arrays, names, scores)


def _fit_alone(rows: KindRows, without: frozenset[int]) -> Linear:
    """A regression fitted without some folds. One thread, so deterministic."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    train = np.flatnonzero((rows.label >= 0) & ~np.isin(rows.fold, sorted(without)))
    scaler = StandardScaler().fit(rows.features[train])
    inputs = sparse.hstack([sparse.csr_matrix(scaler.transform(rows.features[train])), rows.tokens[train]]).tocsr()
    model = LogisticRegression(C=REGULARISATION, max_iter=150, tol=1e-3)
    model.fit(inputs, rows.label[train], sample_weight=rows.weight[train])
    n_tokens = rows.tokens.shape[1]
    mean = np.concatenate([scaler.mean_, np.zeros(n_tokens)])
    scale = np.concatenate([scaler.scale_, np.ones(n_tokens)])
    return Linear(mean, scale, model.coef_.T, model.intercept_)


def _answers(rows: KindRows, alone: dict[frozenset[int], Linear], fold: int | None) -> Floats:
    """P(label) of every block, by the regression that saw neither its fold nor ``fold``."""
    held = frozenset() if fold is None else frozenset({fold})
    found = np.zeros((len(rows.label), alone[held].weights.shape[1]))
    for other in range(N_FOLDS):
        mine = np.flatnonzero(rows.fold == other)
        model, n = alone[held | {other}], rows.features.shape[1]
        dense = (rows.features[mine] - model.mean[:n]) / model.scale[:n]
        found[mine] = softmax(dense @ model.weights[:n] + rows.tokens[mine] @ model.weights[n:] + model.bias)
    return found


def _pages(rows: KindRows, mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The rows of each page, of those in the mask."""
    chosen = np.flatnonzero(mask)
    return np.split(chosen, np.flatnonzero(np.diff(rows.page[chosen])) + 1) if len(chosen) else []


def _fit_context(rows: KindRows, p: Floats, fold: int | None) -> Network:
    """The network on features and answers, fitted without ``fold``."""
    pages = _pages(rows, rows.is_whole & (rows.fold != fold) if fold is not None else rows.is_whole)
    chosen = np.concatenate(pages)
    inputs = np.hstack([rows.features[chosen], np.concatenate([around(p[page]) for page in pages])])
    known = rows.label[chosen] >= 0
    return fit_network(inputs[known], rows.label[chosen[known]], rows.weight[chosen[known]], CONTEXT)


def _f1(rows: KindRows, labels: NDArray[np.int64], p: Floats) -> dict[str, float]:
    """F1 of each label by hand on gold pages, and their mean."""
    from sklearn.metrics import f1_score

    truth, guess = rows.label[rows.is_judged], labels[p[rows.is_judged].argmax(axis=1)]
    present = np.unique(truth)
    f1 = f1_score(truth, guess, labels=present, average=None, zero_division=0)
    by_label = {_ORDER[i].value: round(float(score), 3) for i, score in zip(present.tolist(), f1, strict=True)}
    return {"macro_f1": round(float(f1.mean()), 3)} | by_label
