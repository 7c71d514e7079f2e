"""The page model fitted to a user's own labels: as near to the model it starts from as the labels allow.

In order, and no further than there are labels for:

1. the line that turns all accusations together into P(not an original), from :data:`MIN_FOR_LINE` labels of each side;
2. the prior of the kinds, from :data:`MIN_FOR_KINDS` labels of two farm kinds;
3. the weights of the accusations, penalised by their distance from those they start from; kept unless pages
   of groups that were left out are told worse with them (:data:`MAX_LOSS`);
4. ``farm_from``, from :data:`MIN_FOR_THRESHOLD` originals.

Simulated user: a model that had seen no page of ``sites_farm`` and ``sites_honest`` was refitted on n labels, half of
them originals, from half of their groups, and tried on the other half (5,433 pages, 12 farm operators; means of 14
draws; Brier score with both sides alike; kinds: mean share of generated, thin and doorway pages whose likeliest farm
kind is theirs). "Line" is step 1 and 2 alone, "all" what :func:`refit` does:

    labels            AUROC          recall at 1 %     Brier score     kinds
                      line   all     line   all        line   all      line  all
    0 (not refitted)  0.961          0.59              0.216           0.44
    20                0.961  0.961   0.59   0.59       0.089  0.089    0.44  0.44
    100               0.961  0.964   0.59   0.59       0.087  0.085    0.56  0.74
    300               0.961  0.968   0.59   0.61       0.086  0.083    0.55  0.77
    1000              0.961  0.968   0.59   0.61       0.087  0.082    0.52  0.75

Weights from the labels alone (the same features, no model to start from) reached AUROC 0.80 with 100 labels, 0.89 with
300 and 0.93 with 1,000 on other draws, where the model that was not refitted had 0.95; a line of its own for each
accusation instead of one for all had 0.91.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize

from spamsift.models import sigmoid, softmax
from spamsift.page_features import SIGNALS
from spamsift.page_model import FARM_KINDS, MAX_ODDS, PageModel, calibrated_odds, standardise, total_odds
from spamsift.style_statistics import STATISTICS
from spamsift.training.page_fit import RECIPES, fit_line
from spamsift.verdict import Grounds

__all__ = ["LabelTable", "folds_of", "probabilities", "refit", "shares"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MIN_FOR_LINE = 8
"""Labels of each side from which anything is fitted: what a fold leaves of ten."""
MIN_FOR_KINDS = 10
"""Labels of a farm kind from which it counts; two kinds must have as many."""
MIN_FOR_WEIGHTS = 12
"""Labels of a farm kind, and of originals, from which its weights are fitted."""
MIN_FOR_THRESHOLD = 200
"""Originals from which ``farm_from`` is set anew: 1 % of them are two pages."""
FALSE_POSITIVE_RATE = 0.01
N_FOLDS = 5
INVERSE_PENALTY = 0.1
"""Of distance from the weights at the start. Swept 0.03, 0.1, 0.3, 1 with 300 labels, on other draws of the simulation
than those of the table: AUROC 0.967, 0.971, 0.973, 0.973, recall at 1 % false positives 0.63, 0.64, 0.61, 0.60.
Style n-grams keep their weights: to fit them too
changed nothing (0.971) or cost recall. Other farm kinds are left out: as negatives, they taught that unseen farms are
honest (0.960)."""
ENOUGH = 300
"""Labels from which the penalty grows with their number, because pages of few sites repeat each other."""
ENOUGH_OF_KINDS = 20
"""Farm pages from which the prior of kinds is held back, for the same reason. Swept 0, 20, 50 and no bound with 1,000
labels: kinds told 0.65, 0.75, 0.68, 0.58."""
MAX_LOSS = 1.05
"""Held-out loss with new weights / without, up to which they are kept: labels of few groups make it a noisy figure."""


@dataclass(frozen=True)
class LabelTable:
    """Labelled pages as matrices, in the units of the page model; n rows."""

    kinds: NDArray[np.int64]
    """Index into FARM_KINDS, -1 for originals."""
    groups: NDArray[np.str_]
    signals: Floats
    statistics: Floats
    confidence: Floats
    grams: sp.csr_matrix
    """Not yet weighed with ``confidence``."""
    grounds: tuple[Grounds, ...] = ()

    @property
    def is_farm(self) -> Mask:
        return np.asarray(self.kinds >= 0)

    def __len__(self) -> int:
        return len(self.kinds)

    def take(self, mask: Mask) -> LabelTable:
        """The rows of ``mask``."""
        return LabelTable(
            self.kinds[mask],
            self.groups[mask],
            self.signals[mask],
            self.statistics[mask],
            self.confidence[mask],
            self.grams[mask],
            tuple(grounds for grounds, is_wanted in zip(self.grounds, mask.tolist(), strict=False) if is_wanted),
        )


# --- what a model says of a table -----------------------------------------------------------------------------


def odds_of(model: PageModel, table: LabelTable) -> Floats:
    """Calibrated log-odds of each accusation, shape (n, K)."""
    z = _style(model, table)
    grams = table.confidence[:, None] * np.asarray(table.grams @ model.gram_weights)
    scores = model.prior + z @ model.statistic_weights + table.signals @ model.signal_weights + grams
    return calibrated_odds(scores, model.calibration)


def probabilities(model: PageModel, table: LabelTable) -> Floats:
    """P(not an original), shape (n,)."""
    return sigmoid(total_odds(odds_of(model, table)) * model.overall[0] + model.overall[1])


def shares(model: PageModel, table: LabelTable) -> Floats:
    """Share of each farm kind, shape (n, K)."""
    return softmax(_kind_scores(model, odds_of(model, table)))


def _kind_scores(model: PageModel, odds: Floats) -> Floats:
    return np.asarray(np.clip(odds, -MAX_ODDS, MAX_ODDS) @ model.kind_weights + model.kind_prior)


def _style(model: PageModel, table: LabelTable) -> Floats:
    return table.confidence[:, None] * standardise(table.statistics, model.mean, model.scale)


# --- fitting --------------------------------------------------------------------------------------------------


def refit(model: PageModel, table: LabelTable) -> PageModel:
    """``model`` fitted to the labels of ``table``, or as it is if these are too few."""
    if min(table.is_farm.sum(), (~table.is_farm).sum()) < MIN_FOR_LINE:
        return model
    odds = odds_of(model, table)
    if not _refittable(table):
        return _settle(model, table, odds)
    fold, held_out = folds_of(table), odds.copy()
    for i in range(fold.max() + 1):
        held_out[fold == i] = odds_of(_with_new_weights(model, table.take(fold != i)), table.take(fold == i))
    if _held_out_loss(held_out, table, fold) > MAX_LOSS * _held_out_loss(odds, table, fold):
        return _settle(model, table, odds)
    return _settle(_with_new_weights(model, table), table, held_out)


def folds_of(table: LabelTable) -> NDArray[np.int64]:
    """Fold of each row: whole groups, dealt out per kind so that every fold has some of both sides; -1 is never used.

    There are :data:`N_FOLDS`, or as many as the side with fewer groups has; a single fold if that is one.
    """
    kind_of: dict[str, int] = {}
    for group, kind in zip(table.groups.tolist(), table.kinds.tolist(), strict=True):
        kind_of[group] = max(kind, kind_of.get(group, -1))
    n_farm = sum(kind >= 0 for kind in kind_of.values())
    n_folds = max(1, min(N_FOLDS, n_farm, len(kind_of) - n_farm))
    fold_of: dict[str, int] = {}
    for side in (True, False):
        dealt = sorted(group for group, kind in kind_of.items() if (kind >= 0) is side)
        dealt.sort(key=lambda group: kind_of[group])
        fold_of |= {group: i % n_folds for i, group in enumerate(dealt)}
    return np.array([fold_of[group] for group in table.groups.tolist()], dtype=np.int64)


def balanced(truth: Mask) -> Floats:
    """Weights that make the two sides of ``truth`` alike; their sum is the number of rows."""
    weights = np.where(truth, 1.0 / max(truth.sum(), 1), 1.0 / max((~truth).sum(), 1))
    return np.asarray(weights * len(truth) / weights.sum())


def _refittable(table: LabelTable, least: int = MIN_FOR_WEIGHTS) -> list[int]:
    """Columns of the kinds that have labels and groups enough for weights of their own."""
    fold = folds_of(table)
    if fold.max() < 1 or (table.kinds == -1).sum() < least:
        return []
    return [k for k in range(len(FARM_KINDS)) if (table.kinds == k).sum() >= least]


def _with_new_weights(model: PageModel, table: LabelTable) -> PageModel:
    """Weights of each accusation that has labels enough; calibration and prior stay, so odds stay comparable."""
    odds = odds_of(model, table)
    signals, statistics = model.signal_weights.copy(), model.statistic_weights.copy()
    least = MIN_FOR_WEIGHTS * (N_FOLDS - 1) // N_FOLDS - 1  # a fold less than the whole has
    for k in range(len(FARM_KINDS)):
        if min((table.kinds == k).sum(), (table.kinds == -1).sum()) >= least:
            of_signals, of_statistics = _changes(model, table, odds[:, k], k)
            signals[:, k] += of_signals
            statistics[:, k] += of_statistics
    return replace(model, signal_weights=signals, statistic_weights=statistics)


def _changes(model: PageModel, table: LabelTable, odds: Floats, k: int) -> tuple[Floats, Floats]:
    """What to add to the weights of one accusation: logistic regression with its odds as offset, no intercept."""
    recipe = next(recipe for recipe in RECIPES if recipe.kind is FARM_KINDS[k])
    signals = np.flatnonzero([signal.family in recipe.families for signal in SIGNALS])
    statistics = np.flatnonzero([name.split(".")[0] in recipe.groups for name in STATISTICS])
    factor = 1.0 / np.sqrt(max(len(statistics), 1))  # all statistics together count like one signal
    rows = np.hstack([table.signals[:, signals], factor * _style(model, table)[:, statistics]])
    is_used = (table.kinds == k) | (table.kinds == -1)
    slope = float(model.calibration[k, 0])
    found = _offset_regression(
        rows[is_used],
        odds[is_used],
        table.kinds[is_used] == k,
        min(len(table), ENOUGH) / len(table),
        _bounds(model, k, signals, slope),
    )
    changes = np.zeros(len(SIGNALS)), np.zeros(len(STATISTICS))
    changes[0][signals] = found[: len(signals)] / slope
    changes[1][statistics] = factor * found[len(signals) :] / slope
    return changes


def _bounds(
    model: PageModel, k: int, signals: NDArray[np.int64], slope: float
) -> list[tuple[float | None, float | None]]:
    """A signal never speaks in the other direction than declared."""
    bounds: list[tuple[float | None, float | None]] = []
    for i in signals.tolist():
        least = -slope * float(model.signal_weights[i, k])
        bounds.append((least, None) if SIGNALS[i].direction > 0 else (None, least))
    return bounds


def _offset_regression(
    rows: Floats,
    offset: Floats,
    truth: Mask,
    emphasis: float,
    bounds: Sequence[tuple[float | None, float | None]],
) -> Floats:
    """Weights of a logistic regression that adds to ``offset``; scikit-learn has no offsets."""
    sign, weights = np.where(truth, 1.0, -1.0), emphasis * balanced(truth)

    def loss(v: Floats) -> tuple[float, Floats]:
        margin = sign * (offset + rows @ v)
        slope = -sign * sigmoid(-margin) * weights
        value = INVERSE_PENALTY * float(np.logaddexp(0.0, -margin) @ weights) + 0.5 * float(v @ v)
        return value, np.asarray(INVERSE_PENALTY * (slope @ rows) + v)

    limits = [*bounds, *[(None, None)] * (rows.shape[1] - len(bounds))]
    found = minimize(
        loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": 300}
    )
    return np.asarray(found.x, dtype=np.float64)


def _held_out_loss(odds: Floats, table: LabelTable, fold: NDArray[np.int64]) -> float:
    """Logarithmic loss, both sides alike, each fold with the line of the others."""
    truth, p = table.is_farm, np.full(len(table), 0.5)
    total = total_odds(odds)
    for i in range(fold.max() + 1):
        others = fold != i
        line = fit_line(total[others], truth[others], balanced(truth[others]))
        p[~others] = sigmoid(total[~others] * line[0] + line[1])
    right = np.clip(np.where(truth, p, 1.0 - p), 1e-6, 1.0)
    return float(-np.average(np.log(right), weights=balanced(truth)))


# --- calibration ----------------------------------------------------------------------------------------------


def _settle(model: PageModel, table: LabelTable, odds: Floats) -> PageModel:
    """Overall line, kinds and threshold from ``odds`` of accusations that never saw their pages."""
    total, truth = total_odds(odds), table.is_farm
    overall = fit_line(total, truth, balanced(truth))
    farm_from = model.farm_from
    if (~truth).sum() >= MIN_FOR_THRESHOLD:
        p = sigmoid(total[~truth] * overall[0] + overall[1])
        farm_from = round(max(float(np.quantile(p, 1 - FALSE_POSITIVE_RATE)), model.original_below), 4)
    return replace(model, overall=overall, kind_prior=_kind_prior(model, table, odds), farm_from=farm_from)


def _kind_prior(model: PageModel, table: LabelTable, odds: Floats) -> Floats:
    """Prior of the kinds' shares, penalised by its distance from the model's.

    Only the priors of kinds with labels enough move, and only against each other. With weights of their own the kinds
    of the simulation came out better (0.79 for 0.72 with 100 labels), but pages of kinds that nobody had labelled, such
    as mirrors, were no longer told.
    """
    counts = np.bincount(table.kinds[table.is_farm], minlength=len(FARM_KINDS))
    moved = np.flatnonzero(counts >= MIN_FOR_KINDS)
    if len(moved) < 2:
        return model.kind_prior
    farms = np.isin(table.kinds, moved)
    truth = table.kinds[farms][:, None] == moved
    weights = truth @ (min(len(truth), ENOUGH_OF_KINDS) / len(moved) / counts[moved])
    start = _kind_scores(model, odds[farms])[:, moved]

    def loss(v: Floats) -> tuple[float, Floats]:
        p = softmax(start + v)
        likelihood = np.log(np.clip((p * truth).sum(1), 1e-12, 1.0)) @ weights
        return float(-likelihood + 0.5 * (v @ v)), np.asarray(weights @ (p - truth) + v)

    prior = model.kind_prior.copy()
    prior[moved] += minimize(loss, np.zeros(len(moved)), jac=True, method="L-BFGS-B").x
    return np.asarray(prior, dtype=np.float64)
