"""Fit the accusations, calibrate them on held-out pages, and say how well they do there.

Every figure and every calibration rests on pages whose *source* (collections), *operator* (farm sites) or *group*
(honest sites) was left out of the fit; :func:`plan` lists the splits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from spamsift.models import sigmoid
from spamsift.page_features import SIGNALS
from spamsift.page_model import FARM_KINDS, Accusations, standardise
from spamsift.records import PageKind
from spamsift.style_statistics import GROUPS, STATISTICS
from spamsift.text_statistics import N_GRAM_COLUMNS
from spamsift.training.corpora import fold_of
from spamsift.training.page_rows import PageRow

__all__ = [
    "WEB_SOURCES",
    "Split",
    "Table",
    "cell_weights",
    "fit",
    "fit_line",
    "held_out_scores",
    "plan",
    "scores_of",
    "tabulate_rows",
]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Matrix = sp.csr_matrix


@dataclass(frozen=True)
class Recipe:
    """What one accusation looks at and learns from. Values from the table of trials in the card."""

    kind: PageKind
    positives: tuple[PageKind, ...]
    origins: frozenset[str]
    """Origins of rows it is fitted on."""
    families: frozenset[str]
    groups: frozenset[str]
    statistics: float
    """Factor on the statistics together: less regularised if larger."""
    grams: float
    """Factor on the style n-grams; 0 leaves them out."""
    others: float
    """Weight of other farm kinds as negatives, beside 1 for the originals."""
    inverse_penalty: float


_ALL = frozenset(group.name for group in GROUPS)
_WORDS = frozenset({"unusual_word_pairs", "word_rarity", "vocabulary"})
_FOUND = frozenset({"real", "chunk"})

RECIPES: tuple[Recipe, ...] = (
    Recipe(
        PageKind.MIRROR, (PageKind.MIRROR,), frozenset({"real", "excerpt", "mirror", "repost"}),
        frozenset({"injection", "copying"}), frozenset(), 0.0, 0.0, 0.3, 0.03,
    ),
    Recipe(
        PageKind.SPUN, (PageKind.SPUN,), frozenset({"real", "excerpt", "spun"}),
        frozenset({"spinning", "length"}), _WORDS, 4.0, 0.0, 0.0, 0.3,
    ),
    Recipe(
        PageKind.GENERATED, (PageKind.GENERATED, PageKind.DOORWAY), _FOUND,
        frozenset({"generation", "honesty", "length"}), _ALL, 1.0, 3.0, 0.0, 0.3,
    ),
    Recipe(
        PageKind.THIN, (PageKind.THIN,), frozenset({"real", "clipped"}),
        frozenset({"thinness", "copying", "length"}), frozenset(), 0.0, 0.0, 0.3, 0.01,
    ),
    Recipe(
        PageKind.DOORWAY, (PageKind.DOORWAY,), frozenset({"real", "doorway"}),
        frozenset({"doorway"}), frozenset(), 0.0, 0.0, 0.3, 0.002,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Rows as matrices."""

    rows: tuple[PageRow, ...]
    statistics: Floats
    signals: Floats
    grams: Matrix
    confidence: Floats
    """Weight of style; 0 where a page has none. ``grams`` are multiplied with it already."""
    kinds: NDArray[np.int64]
    """Index into FARM_KINDS, -1 original, -2 unlabelled."""
    origins: NDArray[np.str_]
    cells: NDArray[np.str_]
    sources: NDArray[np.str_]
    groups: NDArray[np.str_]


def tabulate_rows(rows: Sequence[PageRow]) -> Table:
    """Matrices of rows."""
    kinds = [FARM_KINDS.index(r.kind) if r.kind in FARM_KINDS else -1 if r.kind else -2 for r in rows]
    ends = np.cumsum([0, *(len(row.columns) for row in rows)])
    values = np.concatenate([row.values for row in rows])
    columns = np.concatenate([row.columns for row in rows])
    confidence = np.array([row.features.style_confidence for row in rows])
    grams = sp.csr_matrix((values, columns, ends), shape=(len(rows), N_GRAM_COLUMNS))
    return Table(
        rows=tuple(rows),
        statistics=np.stack([row.features.statistics for row in rows]),
        signals=np.stack([row.features.signals for row in rows]),
        grams=(sp.diags(confidence) @ grams).tocsr(),
        confidence=confidence,
        kinds=np.array(kinds, dtype=np.int64),
        origins=np.array([row.origin for row in rows]),
        cells=np.array([row.cell for row in rows]),
        sources=np.array([row.source for row in rows]),
        groups=np.array([row.group for row in rows]),
    )


# --- fitting --------------------------------------------------------------------------------------------------


def scores_of(fitted: Accusations, table: Table, mask: Mask) -> Floats:
    """Uncalibrated log-odds of the rows of ``mask``, shape (n_rows, K)."""
    z = standardise(table.statistics[mask], fitted.mean, fitted.scale) * table.confidence[mask, None]
    grams = np.asarray(table.grams[mask] @ fitted.gram_weights)
    return np.asarray(fitted.prior + z @ fitted.statistic_weights + table.signals[mask] @ fitted.signal_weights + grams)


def fit(table: Table, mask: Mask) -> Accusations:
    """Fit every accusation on the rows of ``mask``."""
    base = mask & (table.confidence > 0) & (table.origins == "real") & (table.kinds >= -1)
    mean, scale = table.statistics[base].mean(0), table.statistics[base].std(0) + 1e-6
    z = standardise(table.statistics, mean, scale) * table.confidence[:, None]
    n_kinds = len(FARM_KINDS)
    statistics, signals = np.zeros((len(STATISTICS), n_kinds)), np.zeros((len(SIGNALS), n_kinds))
    grams, prior = np.zeros((N_GRAM_COLUMNS, n_kinds)), np.zeros(n_kinds)
    for k, recipe in enumerate(RECIPES):
        statistics[:, k], signals[:, k], grams[:, k], prior[k] = _fit_one(table, mask, z, recipe)
    return Accusations(mean, scale, statistics, signals, grams, prior)


def _fit_one(table: Table, mask: Mask, z: Floats, recipe: Recipe) -> tuple[Floats, Floats, Floats, float]:
    wanted = [FARM_KINDS.index(kind) for kind in recipe.positives]
    is_positive = np.isin(table.kinds, wanted)
    usable = mask & np.isin(table.origins, sorted(recipe.origins)) & (table.kinds >= -1)
    if not recipe.others:
        usable = usable & (is_positive | (table.kinds == -1))
    rows = np.flatnonzero(usable)
    weights = _row_weights(table, rows, is_positive[rows], recipe.others)
    dense = np.flatnonzero([name.split(".")[0] in recipe.groups for name in STATISTICS])
    factor = recipe.statistics / np.sqrt(max(len(dense), 1))
    used = np.flatnonzero([signal.family in recipe.families for signal in SIGNALS])
    n_dense = len(dense)
    while True:
        if not n_dense and not len(used):  # nothing to go by: no accusation
            return np.zeros(len(STATISTICS)), np.zeros(len(SIGNALS)), np.zeros(N_GRAM_COLUMNS), 0.0
        parts = [sp.csr_matrix(factor * z[np.ix_(rows, dense)]), sp.csr_matrix(table.signals[np.ix_(rows, used)])]
        if recipe.grams:
            parts.append(recipe.grams * table.grams[rows])
        model = LogisticRegression(C=recipe.inverse_penalty, max_iter=1000, tol=1e-4)
        model.fit(sp.hstack(parts).tocsr(), is_positive[rows], sample_weight=weights)
        found = model.coef_[0]
        directions = np.array([SIGNALS[i].direction for i in used])
        right = found[n_dense : n_dense + len(used)] * directions > 0
        if right.all():
            break
        used = used[right]
    statistics, signals, grams = np.zeros(len(STATISTICS)), np.zeros(len(SIGNALS)), np.zeros(N_GRAM_COLUMNS)
    statistics[dense] = factor * found[:n_dense]
    signals[used] = found[n_dense : n_dense + len(used)]
    if recipe.grams:
        grams = recipe.grams * found[n_dense + len(used) :]
    return statistics, signals, grams, float(model.intercept_[0])


def cell_weights(table: Table, rows: NDArray[np.int64] | Mask) -> Floats:
    """One over the root of the size of each row's cell among these rows."""
    _, cell, size = np.unique(table.cells[rows], return_inverse=True, return_counts=True)
    return np.asarray(size[cell].astype(np.float64) ** -0.5, dtype=np.float64)


def _row_weights(table: Table, rows: NDArray[np.int64], is_positive: Mask, others: float) -> Floats:
    """Cells count by the root of their size; positives and originals half each, other kinds beside them."""
    weights = cell_weights(table, rows)
    weights[np.isin(table.sources[rows], WEB_SOURCES)] *= WEB_WEIGHT
    is_original = table.kinds[rows] == -1
    for part, total in ((is_positive, 1.0), (is_original, 1.0), (~is_positive & ~is_original, others)):
        if part.any():
            weights[part] *= total / weights[part].sum()
    return weights * len(rows) / 2


def fit_line(scores: Floats, truth: Mask, weights: Floats, steepest: float = 1.5) -> Floats:
    """Platt's slope and intercept; the slope stays between bounds, the intercept follows it."""
    model = LogisticRegression(C=1e3, max_iter=1000).fit(scores[:, None], truth, sample_weight=weights)
    slope = float(np.clip(model.coef_[0, 0], FLATTEST, steepest))
    low, high = -30.0, 30.0
    for _ in range(60):  # bisection: the mean probability is the share of positives, as in an unclipped fit
        middle = (low + high) / 2
        if np.average(sigmoid(slope * scores + middle) - truth, weights=weights) > 0:
            high = middle
        else:
            low = middle
    return np.array([slope, (low + high) / 2])


# --- splits ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Split:
    """Rows that one fit never sees."""

    name: str
    held_out: Mask


FLATTEST = 0.3
"""Least slope of a calibration. The steepest is bounded too: separated training templates make nothing certain."""
WEB_SOURCES = ("wcxb", "crawl")
WEB_WEIGHT = 2.0
"""Weight of pages of the open web, read by hand, beside those of collections and sites: they are what users have."""
N_SITE_FOLDS = 4
_FARMS = (("farm-ai-tools", "farm-gaming-seo"), ("farm-news-summary", "farm-space-news", "farm-rss-mirror"))


def plan(table: Table) -> list[Split]:
    """Whole collections, farms with half of the newspapers each, and sites by operator or group."""
    splits = [Split(name, table.sources == name) for name in ("detectrl", "apt-eval", "llm-misinformation")]
    outlets = sorted(set(table.groups[table.sources == "newspaper-opinion"].tolist()))
    for i, farms in enumerate(_FARMS):
        papers = (table.sources == "newspaper-opinion") & np.isin(table.groups, outlets[i::2])
        splits.append(Split(" + ".join(farms), np.isin(table.sources, farms) | papers))
    is_site = np.isin(table.sources, ["sites_farm", "sites_honest", *WEB_SOURCES])
    operators = sorted(set(table.groups[table.sources == "sites_farm"].tolist()))
    number = {operator: i % N_SITE_FOLDS for i, operator in enumerate(operators)}
    fold = np.array([number.get(group, fold_of(group, N_SITE_FOLDS)) for group in table.groups.tolist()])
    splits += [Split(f"sites {i}", is_site & (fold == i)) for i in range(N_SITE_FOLDS)]
    return splits


def held_out_scores(table: Table, say: Callable[[str], None]) -> tuple[Floats, list[Split]]:
    """Scores of every row by the fit that never saw its source; NaN for rows in no split."""
    scores = np.full((len(table.rows), len(FARM_KINDS)), np.nan)
    splits = plan(table)
    for split in splits:
        scores[split.held_out] = scores_of(fit(table, ~split.held_out), table, split.held_out)
        say(f"held out {split.name}: {int(split.held_out.sum())} rows")
    return scores, splits
