"""The page model from data to folder: rows, held-out figures, calibration, thresholds, card.

``scripts/train_models.py --only page`` calls :func:`build_page_model`; the figures it prints are those of the manifest
and of the card. HTML goes through the block model of the same folder, so ``block-html`` is trained first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.models import save_folder
from spamsift.page_features import PAGE_FEATURES_VERSION, SIGNALS
from spamsift.page_model import FARM_KINDS
from spamsift.style_statistics import STATISTICS
from spamsift.text_statistics import Frequencies
from spamsift.training.corpora import digest
from spamsift.training.page_calibration import CALIBRATION_SOURCES, ORIGINAL_BELOW, calibrate_on
from spamsift.training.page_figures import figures
from spamsift.training.page_fit import Table, fit, held_out_scores, tabulate_rows
from spamsift.training.page_rows import PAGE_DATA, WEB_DATA, build_rows
from spamsift.training.word_tables import word_frequencies

__all__ = ["build_page_model", "train_pages"]

Floats = NDArray[np.float64]

CALIBRATED_ON = ("real", "excerpt", "spun", "mirror-test", "repost", "clipped", "doorway")
"""Origins of held-out rows that calibrate."""


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
