"""Figures of the page model on rows whose source was held out: what the card and the manifest state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

from spamsift.page_model import FARM_KINDS
from spamsift.records import PageKind
from spamsift.training.page_calibration import (
    CALIBRATION_SOURCES,
    FALSE_POSITIVE_RATE,
    HONEST_SOURCES,
    ORIGINAL_BELOW,
    Calibration,
    balanced,
)
from spamsift.training.page_fit import WEB_SOURCES, Split, Table

__all__ = ["figures"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

OPERATING_POINTS = (0.001, 0.01, 0.05)
"""False-positive rates on held-out honest pages for which the card states ``farm_from`` and what is found then."""


def _auroc(table: Table, p: Floats, mask: Mask) -> float:
    return round(float(roc_auc_score(table.kinds[mask] >= 0, p[mask])), 4)


def _recall(table: Table, p: Floats, mask: Mask) -> float:
    bar = np.quantile(p[mask & (table.kinds == -1)], 1 - FALSE_POSITIVE_RATE)
    return round(float((p[mask & (table.kinds >= 0)] > bar).mean()), 4)


def figures(table: Table, scores: Floats, splits: list[Split], calibration: Calibration) -> dict[str, Any]:
    """Everything that is printed and written to the card; page level, held out."""
    scores, seen = np.nan_to_num(scores), ~np.isnan(scores[:, 0])
    p, named = calibration.probabilities(scores), calibration.named(table, scores)
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
            kind.value: round(float((named[web & (table.kinds == k)] >= 0).mean()), 4)
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
        "called_farm": _called_farm(table, named, seen),
        "recall_of_kinds": _recall_of_kinds(table, named, seen),
        "brier": round(float(brier_score_loss(table.kinds[as_met] >= 0, p[as_met])), 4),
        "expected_calibration_error": _calibration_error(table, p, as_met),
        "expected_calibration_error_with_collections": _calibration_error(table, p, real),
        "kinds_macro_f1_decided": _macro_f1(table, p, named, real),
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


def _called_farm(table: Table, named: Indices, seen: Mask) -> dict[str, float]:
    honest = seen & (table.origins == "real") & (table.kinds == -1)
    return {
        str(source): round(float((named[honest & (table.sources == source)] >= 0).mean()), 4)
        for source in np.unique(table.sources[honest])
    }


def _recall_of_kinds(table: Table, named: Indices, seen: Mask) -> dict[str, Any]:
    """Per kind: share called a farm page, and share of those given the right kind."""
    found: dict[str, Any] = {}
    for k, kind in enumerate(FARM_KINDS):
        mask = seen & np.isin(table.origins, ["real", "mirror-test"]) & (table.kinds == k)
        called = mask & (named >= 0)
        right = float((named[called] == k).mean()) if called.any() else 0.0
        found[kind.value] = {
            "called_farm": round(float(called.sum() / mask.sum()), 4),
            "of_these_right": round(right, 4),
        }
    return found


def _calibration_error(table: Table, p: Floats, mask: Mask) -> float:
    """Ten bins; cells by the root of their size, originals and farm pages alike."""
    p, truth = p[mask], table.kinds[mask] >= 0
    weights = balanced(table, mask, (truth, ~truth))
    bins = np.minimum((p * 10).astype(int), 9)
    gaps = [
        abs(float(np.average(p[bins == b] - truth[bins == b], weights=weights[bins == b]))) * weights[bins == b].sum()
        for b in range(10)
        if (bins == b).any()
    ]
    return round(float(sum(gaps) / weights.sum()), 4)


def _macro_f1(table: Table, p: Floats, named: Indices, real: Mask) -> float:
    decided = real & ((named >= 0) | (p < ORIGINAL_BELOW))
    return round(float(f1_score(table.kinds[decided], named[decided], average="macro")), 4)
