"""The page model from data to folder: rows, held-out figures, calibration, thresholds, card.

``scripts/train_models.py --only page`` calls :func:`build_page_model`; the figures it prints are those of the manifest
and of the card. HTML goes through the block model of the same folder, so ``block-html`` is trained first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

from spamsift.models import save_folder, sigmoid
from spamsift.page_features import PAGE_FEATURES_VERSION, SIGNALS
from spamsift.records import PageKind
from spamsift.style_statistics import STATISTICS
from spamsift.text_statistics import Frequencies
from spamsift.training.corpora import digest
from spamsift.training.page_fit import WEB_SOURCES, Split, Table, fit, fit_line, held_out_scores, tabulate_rows
from spamsift.training.page_rows import PAGE_DATA, WEB_DATA, build_rows, word_frequencies
from spamsift.verdict import FARM_KINDS, MAX_ODDS, calibrated_odds, total_odds

__all__ = ["Calibration", "build_page_model", "train_pages"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FALSE_POSITIVE_RATE = 0.01
"""Share of held-out honest pages that may be called a farm page; sets ``farm_from``."""
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
OPERATING_POINTS = (0.001, 0.01, 0.05)
"""False-positive rates on held-out honest pages for which the card states ``farm_from`` and what is found then."""
CALIBRATION_SOURCES = ("sites_farm", "sites_honest", *WEB_SOURCES)
"""Sources that calibrate: sites and pages as one meets them. Collections of rewritten news only measure; with them,
recall at 1 % false positives sinks from 0.76 to 0.70 on sites and stays at 0.24 on the open web."""
CALIBRATED_ON = ("real", "excerpt", "spun", "mirror-test", "repost", "clipped", "doorway")
"""Origins of held-out rows that calibrate."""


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

    def kinds(self, scores: Floats) -> NDArray[np.int64]:
        """The likeliest farm kind per row."""
        odds = np.clip(calibrated_odds(scores, self.lines), -MAX_ODDS, MAX_ODDS)
        return np.asarray((odds @ self.kind_weights + self.kind_prior).argmax(1), dtype=np.int64)


def _balanced(table: Table, mask: Mask, truth: Mask) -> Floats:
    """Cells by the root of their size, the two sides of ``truth`` alike."""
    _, cell, size = np.unique(table.cells[mask], return_inverse=True, return_counts=True)
    weights = size[cell].astype(np.float64) ** -0.5
    for side in (truth, ~truth):
        weights[side] /= weights[side].sum()
    return np.asarray(weights * len(weights) / 2, dtype=np.float64)


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
        lines[k] = fit_line(scores[mask, k], truth, _balanced(table, mask, truth), steepest)
        lines[k, 1] += prior
    odds = calibrated_odds(scores, lines)
    as_found = usable & (table.origins == "real")  # made rows are no measure of how sure one can be of pages as found
    truth = ~is_original[as_found]
    overall = fit_line(total_odds(odds[as_found]), truth, _balanced(table, as_found, truth))
    farms = usable & (table.kinds >= 0)
    kinds = LogisticRegression(C=0.1, max_iter=1000)
    kinds.fit(np.clip(odds[farms], -MAX_ODDS, MAX_ODDS), table.kinds[farms], sample_weight=_kind_weights(table, farms))
    honest = usable & is_original & (table.origins == "real")
    p = sigmoid(total_odds(odds) * overall[0] + overall[1])
    highest = [
        np.quantile(p[honest & np.isin(table.sources, each)], 1 - FALSE_POSITIVE_RATE) for each in HONEST_SOURCES
    ]
    farm_from = max(float(max(highest)), ORIGINAL_BELOW)
    return Calibration(lines, overall, kinds.coef_.T.copy(), kinds.intercept_.copy(), round(farm_from, 4))


def _kind_weights(table: Table, farms: Mask) -> Floats:
    """Cells by the root of their size, kinds alike."""
    _, cell, size = np.unique(table.cells[farms], return_inverse=True, return_counts=True)
    weights = size[cell].astype(np.float64) ** -0.5
    for k in range(len(FARM_KINDS)):
        weights[table.kinds[farms] == k] /= weights[table.kinds[farms] == k].sum()
    return np.asarray(weights * len(weights) / len(FARM_KINDS), dtype=np.float64)


# --- figures --------------------------------------------------------------------------------------------------


def _auroc(table: Table, p: Floats, mask: Mask) -> float:
    return round(float(roc_auc_score(table.kinds[mask] >= 0, p[mask])), 4)


def _recall(table: Table, p: Floats, mask: Mask) -> float:
    bar = np.quantile(p[mask & (table.kinds == -1)], 1 - FALSE_POSITIVE_RATE)
    return round(float((p[mask & (table.kinds >= 0)] > bar).mean()), 4)


def figures(table: Table, scores: Floats, splits: list[Split], calibration: Calibration) -> dict[str, Any]:
    """Everything that is printed and written to the card; page level, held out."""
    p = calibration.probabilities(np.nan_to_num(scores))
    seen = ~np.isnan(scores[:, 0])
    real = seen & (table.origins == "real") & (table.kinds >= -1)
    by_source = {}
    for split in splits[:3]:
        by_source[split.name] = _auroc(table, p, real & split.held_out)
    for split in splits[3:5]:
        papers = table.sources == "newspaper-opinion"
        for farm in split.name.split(" + "):
            by_source[farm] = _auroc(table, p, real & split.held_out & (papers | (table.sources == farm)))
    methods = sorted({row.method for row in table.rows if row.source == "detectrl" and row.method})
    made = np.array([row.method for row in table.rows])
    detectrl = real & (table.sources == "detectrl")
    collections = real & np.isin(
        table.sources, [n for s in splits[:5] for n in (*s.name.split(" + "), "newspaper-opinion")]
    )
    sites = real & np.isin(table.sources, ["sites_farm", "sites_honest"])
    web = real & np.isin(table.sources, WEB_SOURCES)
    as_met = real & np.isin(table.sources, CALIBRATION_SOURCES)
    return {
        "sites_auroc": _auroc(table, p, sites),
        "sites_recall_at_1_percent": _recall(table, p, sites),
        "web_auroc": _auroc(table, p, web),
        "web_recall_at_1_percent": _recall(table, p, web),
        "web_auroc_of_kinds": {
            kind.value: _auroc(table, p, web & ((table.kinds == -1) | (table.kinds == k)))
            for k, kind in enumerate(FARM_KINDS)
        },
        "web_called_farm": {
            kind.value: round(float((p[web & (table.kinds == k)] >= calibration.farm_from).mean()), 4)
            for k, kind in enumerate(FARM_KINDS)
        },
        "sources_pooled_auroc": _auroc(table, p, collections),
        "sources_recall_at_1_percent": _recall(table, p, collections),
        "sources_auroc": by_source,
        "detectrl_auroc": {m: _auroc(table, p, detectrl & ((made == m) | (table.kinds == -1))) for m in methods},
        "detectrl_spun_ranked_above_own_original": _paired(table, p, detectrl),
        "unseen_mirror_layouts_auroc": _auroc(
            table, p, seen & ((table.origins == "mirror-test") | (real & (table.kinds == -1)))
        ),
        "operating_points": _operating_points(table, p, real),
        "called_farm": _called_farm(table, p, seen, calibration.farm_from),
        "recall_of_kinds": _recall_of_kinds(table, p, seen, calibration, scores),
        "brier": round(float(brier_score_loss(table.kinds[as_met] >= 0, p[as_met])), 4),
        "expected_calibration_error": _calibration_error(table, p, as_met),
        "expected_calibration_error_with_collections": _calibration_error(table, p, real),
        "kinds_macro_f1_decided": _macro_f1(table, p, real, calibration, scores),
    }


def _paired(table: Table, p: Floats, mask: Mask) -> float:
    originals = {table.groups[i]: p[i] for i in np.flatnonzero(mask & (table.kinds == -1))}
    spun = np.flatnonzero(mask & (table.kinds == FARM_KINDS.index(PageKind.SPUN)))
    return round(float(np.mean([p[i] > originals[table.groups[i]] for i in spun])), 4)


def _operating_points(table: Table, p: Floats, real: Mask) -> dict[str, dict[str, float]]:
    """Per false-positive rate on honest sites: ``farm_from``, and the share of farm sites' pages at or above it."""
    honest = real & np.isin(table.sources, HONEST_SOURCES[0]) & (table.kinds == -1)
    farms = real & (table.sources == "sites_farm") & (table.kinds >= 0)
    found = {}
    for rate in OPERATING_POINTS:
        bar = float(np.quantile(p[honest], 1 - rate))
        found[f"{rate:.1%}"] = {
            "farm_from": round(bar, 4),
            "farm_sites_found": round(float((p[farms] >= bar).mean()), 4),
        }
    return found


def _called_farm(table: Table, p: Floats, seen: Mask, farm_from: float) -> dict[str, float]:
    honest = seen & (table.origins == "real") & (table.kinds == -1)
    return {
        str(source): round(float((p[honest & (table.sources == source)] >= farm_from).mean()), 4)
        for source in np.unique(table.sources[honest])
    }


def _recall_of_kinds(table: Table, p: Floats, seen: Mask, calibration: Calibration, scores: Floats) -> dict[str, Any]:
    """Per kind: share called a farm page, and share of those given the right kind."""
    found: dict[str, Any] = {}
    named = calibration.kinds(np.nan_to_num(scores))
    for k, kind in enumerate(FARM_KINDS):
        mask = seen & np.isin(table.origins, ["real", "mirror-test"]) & (table.kinds == k)
        called = mask & (p >= calibration.farm_from)
        right = float((named[called] == k).mean()) if called.any() else 0.0
        found[kind.value] = {
            "called_farm": round(float(called.sum() / mask.sum()), 4),
            "of_these_right": round(right, 4),
        }
    return found


def _calibration_error(table: Table, p: Floats, mask: Mask) -> float:
    """Ten bins; cells by the root of their size, originals and farm pages alike."""
    p, truth = p[mask], table.kinds[mask] >= 0
    weights = _balanced(table, mask, truth)
    bins = np.minimum((p * 10).astype(int), 9)
    gaps = [
        abs(float(np.average(p[bins == b] - truth[bins == b], weights=weights[bins == b]))) * weights[bins == b].sum()
        for b in range(10)
        if (bins == b).any()
    ]
    return round(float(sum(gaps) / weights.sum()), 4)


def _macro_f1(table: Table, p: Floats, real: Mask, calibration: Calibration, scores: Floats) -> float:
    decided = real & ((p >= calibration.farm_from) | (p < ORIGINAL_BELOW))
    said = np.where(p >= calibration.farm_from, calibration.kinds(np.nan_to_num(scores)), -1)
    return round(float(f1_score(table.kinds[decided], said[decided], average="macro")), 4)


# --- the folder -----------------------------------------------------------------------------------------------


def train_pages(data: Path, out: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Train on everything, calibrate on held-out rows, write ``out/page``; returns the figures."""
    frequencies = word_frequencies()
    table = tabulate_rows(build_rows(data, frequencies, out))
    say(f"{len(table.rows)} rows")
    return finish(table, frequencies, data, out, say)


def finish(table: Table, frequencies: Frequencies, data: Path, out: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """From rows to the folder."""
    scores, splits = held_out_scores(table, say)
    usable = ~np.isnan(scores[:, 0]) & np.isin(table.origins, CALIBRATED_ON) & (table.kinds >= -1)
    usable &= np.isin(table.sources, CALIBRATION_SOURCES)
    calibration = calibrate_on(table, scores, usable)
    found = figures(table, scores, splits, calibration)
    say(json.dumps(found, indent=2))
    everything = fit(table, np.ones(len(table.rows), dtype=np.bool_))
    thresholds = {"farm_from": calibration.farm_from, "original_below": ORIGINAL_BELOW}
    arrays = {
        "mean": everything.mean,
        "scale": everything.scale,
        "statistic_weights": everything.statistic_weights,
        "signal_weights": everything.signal_weights,
        "gram_weights": everything.gram_weights,
        "prior": everything.prior,
        "calibration": calibration.lines,
        "overall": calibration.overall,
        "kind_weights": calibration.kind_weights,
        "kind_prior": calibration.kind_prior,
    }
    stored: dict[str, NDArray[Any]] = {name: array.astype(np.float64) for name, array in arrays.items()}
    for name in ("word_keys", "word_ranks", "word_logs", "pair_keys", "pair_logs"):
        stored[f"frequencies.{name}"] = getattr(frequencies, name)
    manifest = {
        "name": "page",
        "kinds": [kind.value for kind in FARM_KINDS],
        "statistics": list(STATISTICS),
        "signals": [signal.name for signal in SIGNALS],
        "thresholds": thresholds,
        "scores": found,
        "training": {file: digest(data / file) for file in (*PAGE_DATA, *WEB_DATA)},
        "scikit_learn": version("scikit-learn"),
        "symspellpy": version("symspellpy"),
    }
    weights = {s.name: everything.signal_weights[i] for i, s in enumerate(SIGNALS)}
    save_folder(out / "page", PAGE_FEATURES_VERSION, stored, manifest, _card(found, thresholds, weights))
    return found


def _card(found: dict[str, Any], thresholds: dict[str, float], weights: dict[str, Floats]) -> str:
    template = Path(__file__).with_name("page_card.md").read_text(encoding="utf-8")
    rows = (
        f"| `{name}` | " + " | ".join(f"{weight:+.2f}" if weight else "" for weight in values) + " |"
        for name, values in weights.items()
    )
    facts = {
        "scores": json.dumps(found, indent=2),
        "thresholds": json.dumps(thresholds),
        "version": PAGE_FEATURES_VERSION,
        "kinds": " | ".join(kind.value for kind in FARM_KINDS),
        "weights": "\n".join(rows),
    }
    for key, value in facts.items():
        template = template.replace(f"{{{{{key}}}}}", value)
    return template


def build_page_model(data: Path, out: Path, n_jobs: int) -> None:
    """What ``scripts/train_models.py`` calls; one process is enough (``n_jobs`` is not used)."""
    started = time.monotonic()
    train_pages(data, out, lambda line: print(f"[{time.monotonic() - started:6.0f} s] page: {line}", flush=True))
