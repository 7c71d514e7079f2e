"""The quality gate: pinned floors, over a fingerprinted set of fixtures, that no change may fall below unnoticed.

Figures come from three places: the labels of the fixtures, measured now; the out-of-fold scores that stand in the
manifests of the shipped models; and, where the corpora and the models of single folds are at hand, the whole
program out of fold, measured now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

from spamsift.records import InputKind
from spamsift.training import evaluation
from spamsift.training.corpora import traf_pages, wcxb_pages
from spamsift.training.fixture_scores import score_fixtures

__all__ = [
    "Floors",
    "check",
    "measure_fixtures",
    "measure_folds",
    "measure_held_out",
    "measure_manifests",
    "pin",
    "read_floors",
    "write_floors",
]

MARGIN = 0.005
"""How far below today's figure a floor is pinned: models trained on other machines differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Floors:
    """Pinned minima, and the fixtures they were pinned on."""

    fixtures: str
    """:func:`spamsift.training.fixture_scores.fingerprint`."""
    minima: Mapping[str, float]


def read_floors(path: Path) -> Floors:
    """Floors from a JSON file."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    return Floors(stored["fixtures"], stored["minima"])


def write_floors(path: Path, floors: Floors) -> None:
    """Floors into a JSON file, sorted."""
    content = {"fixtures": floors.fixtures, "minima": dict(sorted(floors.minima.items()))}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def measure_fixtures(fixtures: Path, folds: Sequence[Path] = ()) -> dict[str, float]:
    """Figures of the labels on all fixtures, out of fold with ``folds``; leaks as the share that does not leak."""
    figures = {}
    for kind, scores in score_fixtures(fixtures, folds).items():
        name = f"fixtures {kind}{' out of fold' if folds else ''}"
        figures[f"{name} macro-F1"] = scores.macro_f1
        figures[f"{name} main recall"] = scores.main_recall
        figures[f"{name} body recall"] = scores.body_recall
        figures[f"{name} related gone"] = 1.0 - scores.related_left
    return figures


def measure_held_out(labelled: Path) -> dict[str, float]:
    """Figures of the labels on pages that no model was trained on."""
    figures = {}
    for kind, scores in score_fixtures(labelled, held_out=True).items():
        figures[f"held-out {kind} macro-F1"] = scores.macro_f1
        figures[f"held-out {kind} body recall"] = scores.body_recall
        figures[f"held-out {kind} related gone"] = 1.0 - scores.related_left
    return figures


def measure_manifests(models: Path) -> dict[str, float]:
    """Out-of-fold figures of the shipped block models, as their training measured them."""
    figures: dict[str, float] = {}
    for name in ("block-html", "block-text"):
        scores: dict[str, Any] = json.loads((models / name / "manifest.json").read_text(encoding="utf-8"))["scores"]
        figures |= {f"{name} word F1 {key}": value for key, value in scores["word_f1"].items()}
        figures[f"{name} segment F1"] = scores["segments"]["traf_f1"]
        figures[f"{name} kinds macro-F1"] = scores["kinds"]["macro_f1"]
    return figures


def measure_folds(data: Path, folders: Sequence[Path], n_jobs: int) -> dict[str, float]:
    """The whole program out of fold on the gold corpora."""
    html = evaluation.word_table(evaluation.compare(wcxb_pages(data), InputKind.HTML, folders, n_jobs))["spamsift"]
    text = evaluation.word_table(evaluation.compare(wcxb_pages(data), InputKind.TEXT, folders, n_jobs))["spamsift"]
    traf = evaluation.segment_table(evaluation.compare(traf_pages(data), InputKind.HTML, folders, n_jobs))["spamsift"]
    skipped = ("cpu_ms", "leaked")
    return (
        {f"WCXB HTML {key}": value for key, value in html.items() if key not in skipped}
        | {f"WCXB text {key}": value for key, value in text.items() if key not in skipped}
        | {"WCXB HTML not leaked": 1 - html["leaked"], "traf_dev segment F1": traf["f1"]}
    )


def check(floors: Floors, fixtures: str, figures: Mapping[str, float]) -> list[str]:
    """What is wrong, one line each; empty if every figure keeps its floor. ``fixtures`` is their fingerprint.

    >>> check(Floors("5a1c", {"F1": 0.9}), "5a1c", {"F1": 0.8})
    ['F1 is 0.8000, below its floor 0.9000']
    """
    found = []
    if floors.fixtures != fixtures:
        found.append("the labelled fixtures are not those the floors were pinned on: pin them again")
    for name, least in floors.minima.items():
        if name in figures and figures[name] < least:
            found.append(f"{name} is {figures[name]:.4f}, below its floor {least:.4f}")
    found += [f"{name} has no floor: pin it" for name in figures if name not in floors.minima]
    return found


def pin(old: Floors | None, fixtures: str, figures: Mapping[str, float], may_lower: bool) -> Floors:
    """Floors just below today's figures; floors of figures that were not measured stay.

    Raises:
        ValueError: a floor would sink, and nobody said that it may.
    """
    minima = dict(old.minima) if old is not None else {}
    sinking = [name for name, value in figures.items() if value < minima.get(name, 0.0)]
    if sinking and not may_lower:
        raise ValueError(f"floors would sink ({', '.join(sinking)}): say --lower if they must.")
    for name, value in figures.items():
        least = floor((value - MARGIN) * 1000) / 1000
        minima[name] = least if name in sinking else max(least, minima.get(name, 0.0))
    return Floors(fixtures, minima)
