"""Train the block models with scikit-learn and measure them out of fold.

In two floors. Logistic regressions on hashed tokens tell a page's type and how much a block's tokens sound like
article text; their out-of-fold answers are columns beside the declared features. On all of these a forest (histogram
gradient boosting) and a small network say whether a block is article text. What tells the kinds apart is fitted by
:mod:`spamsift.training.kind_models`. Every figure here is on pages of registered domains that
no model of their fold ever saw, on either floor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from spamsift.labelling import n_words, page_threshold, stack_columns
from spamsift.models import Linear, forest_arrays, linear_arrays, network_arrays, sigmoid
from spamsift.records import InputKind
from spamsift.training.alignment import segment_hits, word_f1
from spamsift.training.block_pages import ARTICLE_ONLY, PAGE, BlockPage, token_matrix
from spamsift.training.corpora import N_FOLDS, fold_of
from spamsift.training.kind_models import fit_kinds, kind_rows
from spamsift.training.networks import fit_network

__all__ = ["BlockFit", "fit_blocks"]

FOREST = {
    "max_iter": 150,
    "learning_rate": 0.1,
    "max_leaf_nodes": 24,
    "max_depth": 10,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
    "max_bins": 128,
    "max_features": 0.5,
    "early_stopping": False,
    "random_state": 0,
}
NETWORK = {
    "hidden_layer_sizes": (64,),
    "alpha": 1.0,
    "batch_size": 512,
    "learning_rate_init": 1e-3,
    "max_iter": 6,
    "tol": 0.0,
    "random_state": 0,
}
"""Six passes: with twelve the network is surer and no better, with 128 units it is not better either (WCXB dev)."""
TOKEN_REGULARISATION = 0.003
TYPE_REGULARISATION = 0.1
N_INNER_FOLDS = 4
"""Folds within the training pages, for the answers of the first floor that the second one is trained on."""
SNIPPET_WEIGHT = 3.0
"""Weight of a block known by a snippet only (trafilatura's set): there are some six a page, not three hundred."""
UNKNOWN_GOLD_WORDS = 500
"""Words that a page known by snippets is taken to have: about the median of WCXB dev articles."""
MIN_GOLD_WORDS = 20


@dataclass(frozen=True, slots=True)
class BlockFit:
    """What is shipped, and what it scored."""

    arrays: dict[str, NDArray[Any]]
    labels: tuple[str, ...]
    scores: dict[str, Any]
    fold_arrays: tuple[dict[str, NDArray[Any]], ...]
    """The models of each fold, which never saw it: ``scripts/benchmark.py`` measures the whole program with them."""


class _Table:
    """All pages stacked: one row per block."""

    def __init__(self, pages: Sequence[BlockPage]) -> None:
        from scipy import sparse

        self.pages = pages
        self.offsets = np.concatenate([[0], np.cumsum([len(page.blocks) for page in pages])])
        self.rows = np.concatenate([page.rows for page in pages])
        self.target = np.concatenate([page.target for page in pages])
        self.page = np.repeat(np.arange(len(pages)), np.diff(self.offsets))
        self.weight = np.concatenate([_weights(page) for page in pages])
        self.known = ~np.isnan(self.target)
        self.tokens = sparse.vstack([token_matrix(page) for page in pages], format="csr")
        self.signs = sparse.csr_matrix(np.stack([page.signs for page in pages]))
        self.types = np.array([page.gold.page_type for page in pages])
        self.typed = self.types != ""
        self.page_fold = np.array([fold_of(page.group, N_FOLDS) for page in pages])
        self.inner_fold = np.array([fold_of(f"inner {page.group}", N_INNER_FOLDS) for page in pages])
        self.page_weight = np.array([page.rendering.weight for page in pages])
        self.fold = self.page_fold[self.page]

    def __getstate__(self) -> dict[str, Any]:
        """What the processes that fit need: numbers, not a million blocks."""
        return {name: value for name, value in vars(self).items() if name != "pages"}

    def of_page(self, values: NDArray[Any], i: int) -> NDArray[Any]:
        return values[self.offsets[i] : self.offsets[i + 1]]


def _weights(page: BlockPage) -> NDArray[np.float64]:
    """Root of the share of the page's gold words that a block would hold: what a mistake costs in word F1, damped."""
    words = n_words(page.blocks)
    gold = len(page.gold.main_content.split()) if page.gold.main_content is not None else UNKNOWN_GOLD_WORDS
    scale = page.rendering.weight * (SNIPPET_WEIGHT if page.gold.main_content is None else 1.0)
    return np.asarray(10 * np.sqrt(np.minimum(words / max(gold, MIN_GOLD_WORDS), 1.0)) * scale, dtype=np.float64)


def fit_blocks(pages: Sequence[BlockPage], kind: InputKind, n_jobs: int, report: Callable[[str], None]) -> BlockFit:
    """Fit all models of one kind of input; ``report`` is called with a line of progress now and then."""
    table = _Table(pages)
    folds: list[int | None] = [*range(N_FOLDS), None]
    fitted = Parallel(n_jobs=n_jobs)(delayed(_fit_article)(table, fold) for fold in folds)
    p = np.zeros(len(table.rows))
    for fold, (_, found) in zip(range(N_FOLDS), fitted, strict=False):
        p[table.fold == fold] = found
    scores: dict[str, Any] = {"word_f1": _word_f1(table, p), "segments": _segments(table, p)}
    kept = [
        len(_text(table, p, i)) / len(page.source) for i, page in enumerate(pages) if page.rendering == ARTICLE_ONLY
    ]
    if kept:
        scores["article_only_kept"] = round(float(np.mean(kept)), 4)
    report(f"article: {scores}")
    kinds = fit_kinds(kind_rows(pages), n_jobs)
    scores["kinds"] = kinds.scores
    report(f"kinds: {scores['kinds']}")
    *fold_arrays, whole = (arrays | found for (arrays, _), found in zip(fitted, kinds.arrays, strict=True))
    return BlockFit(whole, kinds.labels, scores, tuple(fold_arrays))


def _fit_article(table: _Table, fold: int | None) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64]]:
    """Everything that says whether a block is article text, fitted without ``fold``; and P(article) of that fold's
    rows. One thread, so deterministic."""
    train_pages = table.page_fold != fold if fold is not None else np.ones(len(table.types), dtype=bool)
    tokens, types, stacked = _first_floor(table, train_pages)
    train = np.flatnonzero(table.known & train_pages[table.page])
    test = np.flatnonzero(~train_pages[table.page])
    target, weight = table.target[train].astype(int), table.weight[train]
    forest, forest_scores = _fit_forest(stacked, target, weight, train, test)
    network = fit_network(stacked[train], target, weight, NETWORK)
    arrays = forest | linear_arrays("tokens", tokens) | linear_arrays("types", types)
    arrays |= network_arrays("network", network)
    return arrays, sigmoid((forest_scores + network.scores(stacked[test])) / 2)


def _first_floor(table: _Table, train_pages: NDArray[np.bool_]) -> tuple[Linear, Linear, NDArray[np.float32]]:
    """The two linear models, and the features of all rows with their answers: out-of-fold for the pages they are
    fitted on."""
    scores, types = np.zeros(len(table.rows)), np.zeros((len(table.types), len(set(table.types[table.typed].tolist()))))
    tokens_model, types_model = None, None
    for inner in (*range(N_INNER_FOLDS), None):
        fit_on = train_pages & (table.inner_fold != inner) if inner is not None else train_pages
        answer = train_pages & (table.inner_fold == inner) if inner is not None else ~train_pages
        types_model = _fit_types(table, fit_on)
        tokens_model = _fit_tokens(table, fit_on)
        if answer.any():
            types[answer] = types_model.predict_proba(table.signs[answer])
            rows = answer[table.page]
            scores[rows] = tokens_model.decision_function(table.tokens[rows])
    stacked = stack_columns(table.rows, scores, types[table.page])
    return _as_linear(tokens_model), _as_linear(types_model), stacked


def _fit_tokens(table: _Table, pages: NDArray[np.bool_]) -> Any:
    from sklearn.linear_model import LogisticRegression

    rows = np.flatnonzero(table.known & pages[table.page])
    weight = table.weight[rows] / table.weight[rows].mean()
    model = LogisticRegression(C=TOKEN_REGULARISATION, max_iter=60, tol=1e-3)
    return model.fit(table.tokens[rows], table.target[rows].astype(int), sample_weight=weight)


def _fit_types(table: _Table, pages: NDArray[np.bool_]) -> Any:
    from sklearn.linear_model import LogisticRegression

    pages = pages & table.typed
    model = LogisticRegression(C=TYPE_REGULARISATION, max_iter=500)
    return model.fit(table.signs[pages], table.types[pages], sample_weight=table.page_weight[pages])


def _as_linear(model: Any) -> Linear:
    n = model.coef_.shape[1]
    return Linear(np.zeros(n), np.ones(n), model.coef_.T, model.intercept_)


def _fit_forest(
    rows: NDArray[np.float32], target: NDArray[Any], weight: NDArray[np.float64], train: Any, test: Any
) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64]]:
    """The arrays of a forest, and its log-odds of the rows ``test``."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(**FOREST)
    model.fit(rows[train], target, sample_weight=weight)
    # scikit-learn has no public way to a histogram tree's numbers; tests/test_models.py guards this one.
    trees = [stage[0].nodes for stage in model._predictors]
    scores = model.decision_function(rows[test]) if len(test) else np.zeros(0)
    return forest_arrays("article", trees, float(model._baseline_prediction.ravel()[0])), scores


def _text(table: _Table, p: NDArray[np.float64], i: int) -> str:
    mine = table.of_page(p, i)
    least = page_threshold(mine, n_words(table.pages[i].blocks))
    return "\n".join(block.text for block, q in zip(table.pages[i].blocks, mine, strict=True) if q >= least)


def _word_f1(table: _Table, p: NDArray[np.float64]) -> dict[str, float]:
    """Page-mean word F1 of whole gold pages, by page type."""
    found: dict[str, list[float]] = defaultdict(list)
    for i, page in enumerate(table.pages):
        if page.rendering == PAGE and page.gold.main_content is not None:
            score = word_f1(_text(table, p, i), page.gold.main_content)
            found["all"].append(score)
            found[page.gold.page_type].append(score)
    return {name: round(float(np.mean(values)), 4) for name, values in sorted(found.items())}


def _segments(table: _Table, p: NDArray[np.float64]) -> dict[str, float]:
    """Micro precision, recall and F1 of required and forbidden snippets on trafilatura's set, and WCXB's shares."""
    totals = {True: np.zeros(4), False: np.zeros(4)}
    for i, page in enumerate(table.pages):
        if page.rendering == PAGE:
            hits = segment_hits(_text(table, p, i), page.gold.required, page.gold.forbidden)
            totals[page.gold.main_content is None] += hits
    found, missed, leaked, _ = totals[True].tolist()
    wcxb = totals[False].tolist()
    return {
        "traf_precision": round(found / (found + leaked), 4),
        "traf_recall": round(found / (found + missed), 4),
        "traf_f1": round(2 * found / (2 * found + missed + leaked), 4),
        "wcxb_found": round(wcxb[0] / (wcxb[0] + wcxb[1]), 4),
        "wcxb_leaked": round(wcxb[2] / (wcxb[2] + wcxb[3]), 4),
    }
