"""What turns held-out scores of accusations into probabilities, kinds and the threshold for acting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from spamsift.models import sigmoid, softmax
from spamsift.page_model import FARM_KINDS, MAX_ODDS, calibrated_odds, probabilities_of, total_odds
from spamsift.records import PageKind, Thresholds
from spamsift.training.hand_kinds import SIGNED, hand_kind
from spamsift.training.page_fit import WEB_SOURCES, Table, cell_weights, fit_line
from spamsift.verdict import Grounds, decide, families_of

__all__ = [
    "CALIBRATION_SOURCES",
    "FALSE_POSITIVE_RATE",
    "HONEST_SOURCES",
    "ORIGINAL_BELOW",
    "Calibration",
    "balanced",
    "calibrate_on",
]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

FALSE_POSITIVE_RATE = 0.01
"""Share of held-out honest pages that may be named a farm page, after the rules of the verdict; sets ``farm_from``."""
ORIGINAL_BELOW = 0.5
"""Calibrated probability below which a page is an original; between it and ``farm_from`` it is undetermined."""
STEEPEST_SPUN = 1.3
"""Bound of the slope for spun pages, most of which are made here and easier than real ones. Swept 0.8 to 1.5 with
``SPUN_PRIOR``: from 1.3 on two findings of different kinds at a place carry a page over ``farm_from``."""
HONEST_SOURCES = (("sites_honest",), WEB_SOURCES)
"""On each of which no more than that rate may be called a farm page: honest sites, and pages of the open web that were
read by hand. Newspapers are easier."""
SPUN_PRIOR = -1.5
"""Log-odds beside the other kinds' before any finding. Half of the rows that could calibrate it are spun here, no prior
of the web; rewording without a finding at a place is hardly told from honest prose (AUROC 0.57 and 0.62). Swept with
slopes of 1.0 to 1.5: pooled AUROC of whole collections 0.884 at 0, 0.910 at -1, 0.916 at -1.5, 0.919 at -2."""
CALIBRATION_SOURCES = ("sites_farm", "sites_honest", *WEB_SOURCES)
"""Sources that calibrate: sites and pages as one meets them. Collections of rewritten news only measure; with them,
recall at 1 % false positives sinks from 0.76 to 0.70 on sites and stays at 0.24 on the open web."""


@dataclass(frozen=True)
class Calibration:
    """What turns scores into probabilities, fitted on held-out rows."""

    lines: Floats
    overall: Floats
    kind_weights: Floats
    kind_prior: Floats
    farm_from: float

    def probabilities(self, scores: Floats) -> Floats:
        """P(not an original) per row."""
        odds = calibrated_odds(scores, self.lines)
        return sigmoid(total_odds(odds) * self.overall[0] + self.overall[1])

    def shares(self, scores: Floats) -> Floats:
        """What each kind has of P(not an original), per row."""
        odds = np.clip(calibrated_odds(scores, self.lines), -MAX_ODDS, MAX_ODDS)
        return softmax(odds @ self.kind_weights + self.kind_prior)

    def named(self, table: Table, scores: Floats) -> Indices:
        """The kind that the verdict names, as an index into FARM_KINDS, by the rules of :func:`decide`; else -1."""
        at_least = self.farm_from
        p, shares = self.probabilities(scores), self.shares(scores)
        named = np.full(len(p), -1)
        for i in np.flatnonzero(p >= at_least):
            features = table.rows[i].features
            grounds = Grounds(True, features.prose.n_words, families_of(features))
            kind, _ = decide(grounds, probabilities_of(p[i], shares[i]), Thresholds(at_least, 0.0), at_least)
            named[i] = FARM_KINDS.index(kind) if kind in FARM_KINDS else -1
        return named


def balanced(table: Table, mask: Mask, sides: Sequence[Mask]) -> Floats:
    """Cells by the root of their size, the sides alike; each side says which of the rows in ``mask`` are on it."""
    weights = cell_weights(table, mask)
    for side in sides:
        weights[side] /= weights[side].sum()
    return np.asarray(weights * len(weights) / len(sides), dtype=np.float64)


def calibrate_on(table: Table, scores: Floats, usable: Mask) -> Calibration:
    """Fit lines, overall line, kinds and threshold on held-out rows."""
    lines = np.zeros((len(FARM_KINDS), 2))
    is_original = table.kinds == -1
    for k in range(len(FARM_KINDS)):
        mask = usable & (is_original | (table.kinds == k))
        steepest, prior = 1.5, -np.log(len(FARM_KINDS))  # five accusations share one prior
        if FARM_KINDS[k] is PageKind.SPUN:
            steepest, prior = STEEPEST_SPUN, prior + SPUN_PRIOR
            mask &= table.sources != "detectrl"  # most of its rewording can't be seen on one page: see the card
        truth = ~is_original[mask]
        lines[k] = fit_line(scores[mask, k], truth, balanced(table, mask, (truth, ~truth)), steepest)
        lines[k, 1] += prior
    odds = calibrated_odds(scores, lines)
    as_found = usable & (table.origins == "real")  # made rows are no measure of how sure one can be of pages as found
    truth = ~is_original[as_found]
    overall = fit_line(total_odds(odds[as_found]), truth, balanced(table, as_found, (truth, ~truth)))
    farms = usable & (table.kinds >= 0)
    kinds = LogisticRegression(C=0.1, max_iter=1000)
    weights = balanced(table, farms, [table.kinds[farms] == k for k in range(len(FARM_KINDS))])
    kinds.fit(np.clip(odds[farms], -MAX_ODDS, MAX_ODDS), table.kinds[farms], sample_weight=weights)
    found = Calibration(lines, overall, kinds.coef_.T.copy(), kinds.intercept_.copy(), ORIGINAL_BELOW)
    return replace(found, farm_from=_farm_from(table, scores, usable & is_original & (table.origins == "real"), found))


def _farm_from(table: Table, scores: Floats, honest: Mask, calibration: Calibration) -> float:
    """The lowest threshold at which no more than that rate of the pages of either source is named a farm page.

    ``calibration`` acts at ``ORIGINAL_BELOW``. Of the open web, originals count that their reader would sign: of the
    others some are none.
    """
    scores = np.nan_to_num(scores)
    p = calibration.probabilities(scores)
    p[calibration.named(table, scores) < 0] = 0.0
    is_doubtful = np.array(
        [
            row.source in WEB_SOURCES and hand_kind(row.source, row.name.rpartition("/")[2], SIGNED) is None
            for row in table.rows
        ]
    )
    sources = [honest & ~is_doubtful & np.isin(table.sources, each) for each in HONEST_SOURCES]
    highest = max(float(np.quantile(p[source], 1 - FALSE_POSITIVE_RATE)) for source in sources)
    return round(max(highest, ORIGINAL_BELOW), 4)
