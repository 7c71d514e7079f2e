"""Train the block models with scikit-learn and measure them out of fold.

A forest (histogram gradient boosting) on the declared features says whether a block is article text; a multinomial
logistic regression on features and hashed words tells the kinds apart. Every figure here is on pages of registered
domains that the models of their fold never saw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from spamsift.labelling import n_words, page_threshold
from spamsift.measures import N_HASHES, hash_words
from spamsift.models import Linear, forest_arrays, linear_arrays
from spamsift.records import BlockLabel
from spamsift.training.alignment import segment_hits, word_f1
from spamsift.training.block_pages import ARTICLE_ONLY, PAGE, BlockPage
from spamsift.training.corpora import fold_of

__all__ = ["BlockFit", "fit_blocks"]

N_FOLDS = 3
FOREST = {
    "max_iter": 150,
    "learning_rate": 0.1,
    "max_leaf_nodes": 24,
    "max_depth": 10,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
    "max_bins": 128,
    "early_stopping": False,
    "random_state": 0,
}
SNIPPET_WEIGHT = 3.0
"""Weight of a block known by a snippet only (trafilatura's set): there are some six a page, not three hundred."""
UNKNOWN_GOLD_WORDS = 500
"""Words that a page known by snippets is taken to have: about the median of WCXB dev articles."""
MIN_GOLD_WORDS = 20
MAX_KIND_ROWS = 60_000
"""Rows of the kind model, drawn evenly over labels as far as they go."""
KIND_REGULARISATION = 0.3


@dataclass(frozen=True, slots=True)
class BlockFit:
    """What is shipped, and what it scored."""

    arrays: dict[str, NDArray[Any]]
    labels: tuple[str, ...]
    scores: dict[str, Any]
    fold_arrays: tuple[dict[str, NDArray[Any]], ...]
    """The forests of each fold, which never saw it: ``scripts/benchmark.py`` measures the whole program with them."""


class _Table:
    """All pages stacked: one row per block."""

    def __init__(self, pages: Sequence[BlockPage]) -> None:
        self.pages = pages
        self.offsets = np.concatenate([[0], np.cumsum([len(page.blocks) for page in pages])])
        self.rows = np.concatenate([page.rows for page in pages])
        self.target = np.concatenate([page.target for page in pages])
        self.fold = np.repeat([fold_of(page.group, N_FOLDS) for page in pages], np.diff(self.offsets))
        self.weight = np.concatenate([_weights(page) for page in pages])
        self.known = ~np.isnan(self.target)

    def of_page(self, values: NDArray[Any], i: int) -> NDArray[Any]:
        return values[self.offsets[i] : self.offsets[i + 1]]


def _weights(page: BlockPage) -> NDArray[np.float64]:
    """Root of the share of the page's gold words that a block would hold: what a mistake costs in word F1, damped."""
    words = n_words(page.blocks)
    gold = len(page.gold.main_content.split()) if page.gold.main_content is not None else UNKNOWN_GOLD_WORDS
    scale = page.rendering.weight * (SNIPPET_WEIGHT if page.gold.main_content is None else 1.0)
    return np.asarray(10 * np.sqrt(np.minimum(words / max(gold, MIN_GOLD_WORDS), 1.0)) * scale, dtype=np.float64)


def fit_blocks(pages: Sequence[BlockPage], n_jobs: int, report: Callable[[str], None]) -> BlockFit:
    """Fit the forest and the kind model; ``report`` is called with a line of progress now and then."""
    table = _Table(pages)
    p, forests = _cross_fit(table, n_jobs)
    scores: dict[str, Any] = {"word_f1": _word_f1(table, p), "segments": _segments(table, p)}
    kept = [
        len(_text(table, p, i)) / len(page.source) for i, page in enumerate(pages) if page.rendering == ARTICLE_ONLY
    ]
    if kept:
        scores["article_only_kept"] = round(float(np.mean(kept)), 4)
    report(f"article: {scores}")
    kinds, labels, scores["kinds"] = _fit_kinds(table)
    report(f"kinds: {scores['kinds']}")
    *folds, whole = (forest_arrays("article", *forest) | linear_arrays("kinds", kinds) for forest in forests)
    return BlockFit(whole, labels, scores, tuple(folds))


def _cross_fit(table: _Table, n_jobs: int) -> tuple[NDArray[np.float64], list[Any]]:
    """Out-of-fold probabilities of all rows; the forest of each fold, and last one fitted on everything."""
    known = np.flatnonzero(table.known)
    splits = [known[table.fold[known] != fold] for fold in range(N_FOLDS)] + [known]
    tests = [np.flatnonzero(table.fold == fold) for fold in range(N_FOLDS)] + [known[:0]]
    fitted = Parallel(n_jobs=n_jobs)(
        delayed(_fit_forest)(table.rows, table.target, table.weight, train, test)
        for train, test in zip(splits, tests, strict=True)
    )
    found = np.zeros(len(table.rows))
    for test, (_, p) in zip(tests, fitted, strict=True):
        found[test] = p
    return found, [forest for forest, _ in fitted]


def _fit_forest(
    rows: NDArray[np.float32], target: NDArray[np.float32], weight: NDArray[np.float64], train: Any, test: Any
) -> tuple[Any, NDArray[np.float64]]:
    """A forest's trees and baseline, and its probabilities of the rows ``test``; one thread, so deterministic."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(**FOREST)
    model.fit(rows[train], target[train], sample_weight=weight[train])
    # scikit-learn has no public way to a histogram tree's numbers; tests/test_models.py guards this one.
    trees = [stage[0].nodes for stage in model._predictors]
    p = model.predict_proba(rows[test])[:, 1] if len(test) else np.zeros(0)
    return (trees, float(model._baseline_prediction.ravel()[0])), p


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


def _fit_kinds(table: _Table) -> tuple[Linear, tuple[str, ...], dict[str, Any]]:
    """The kind model on silver and synthetic labels, with out-of-fold F1 against the same kind of labels."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.preprocessing import StandardScaler

    order = list(BlockLabel)
    y = np.array([order.index(label) if label is not None else -1 for page in table.pages for label in page.labels])
    chosen = _draw(y)
    scaler = StandardScaler().fit(table.rows[chosen])
    x = sparse.hstack([sparse.csr_matrix(scaler.transform(table.rows[chosen])), _hashed(table, chosen)]).tocsr()
    y, fold = y[chosen], table.fold[chosen]

    def fit(train: NDArray[np.bool_]) -> Any:
        return LogisticRegression(C=KIND_REGULARISATION, max_iter=150, tol=1e-3).fit(x[train], y[train])

    test = fold == 0
    guess = fit(~test).predict(x[test])
    present = sorted(set(y.tolist()))
    f1 = f1_score(y[test], guess, labels=present, average=None, zero_division=0)
    model = fit(np.ones(len(y), dtype=bool))
    mean = np.concatenate([scaler.mean_, np.zeros(N_HASHES)])
    scale = np.concatenate([scaler.scale_, np.ones(N_HASHES)])
    labels = tuple(order[int(i)].value for i in model.classes_)
    scores = {order[i].value: round(float(score), 3) for i, score in zip(present, f1, strict=True)}
    return (
        Linear(mean, scale, model.coef_.T, model.intercept_),
        labels,
        {"macro_f1": round(float(f1.mean()), 3), **scores},
    )


def _draw(y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows with a label, evenly spread over the corpus: as many of a label as the root of its frequency allows.

    With equal shares the model calls every fourth paragraph of a text a heading, with true ones nothing is a source.
    """
    labels, counts = np.unique(y[y >= 0], return_counts=True)
    shares = MAX_KIND_ROWS * np.sqrt(counts) / np.sqrt(counts).sum()
    parts = []
    for label, share in zip(labels.tolist(), shares.astype(int).tolist(), strict=True):
        rows = np.flatnonzero(y == label)
        parts.append(rows[np.linspace(0, len(rows) - 1, min(share, len(rows))).astype(int)])
    return np.sort(np.concatenate(parts))


def _hashed(table: _Table, chosen: NDArray[np.int64]) -> Any:
    from scipy import sparse

    blocks = [block for page in table.pages for block in page.blocks]
    columns, row = hash_words([blocks[i] for i in chosen.tolist()])
    return sparse.csr_matrix((np.ones(len(columns), dtype=np.float32), (row, columns)), shape=(len(chosen), N_HASHES))
