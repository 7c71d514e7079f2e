"""How likely a name was injected, by everything that was found about it: a forest, trained on mirrors and honest pages.

The mirrors are made by :mod:`spamsift.training.wild_mirrors`, each of a layout of its own. ``models/brand/card.md`` has
the figures, and what was tried: sums of weights set by hand and by regression found half as many brands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spamsift.errors import ModelMismatch
from spamsift.findings import GOOD_GAIN, Candidate
from spamsift.forest import Forest
from spamsift.models import Floats, load_folder, shipped_models, sigmoid
from spamsift.sightings import TITLE_PREFIXES, Place

__all__ = ["BRAND_FEATURES_VERSION", "columns_of", "suspicions", "with_places"]

BRAND_FEATURES_VERSION = "brand-7"
"""Changes with the findings; coupled to ``models/brand``."""
MACHINE_LINE = 2.2
"""Log-odds for a line of a machine in the head of the page: 6 of 12,068 honest pages of the corpora have one, and no
name on them comes within 4 of the threshold. The forest has seen too few of them to know."""

SHOWN_FIRST, UNUSED = 2.0, 2.5
"""Log-odds for a name that stands before a title or in a crumb, as networks that were seen have it, and for one there
that the story does not use. Not if the story has it once with its spaces, in a sentence that has room for it, and
nowhere run into a word that it parts: an honest title may begin with a name that the story has once (``Migros Marathon:
Four hundred runners``), which was cut on one page of four. Not for the first words of a title, with nothing but a space
behind them: three honest texts of 4,509 lost theirs."""
RUN_IN, RUN_IN_ONCE = 1.5, 2.0
"""Log-odds for a name that no title shows and that ran into words everybody knows, as networks write it in the story,
and for one that did so once and that nothing else shows (:mod:`spamsift.run_in`). What was tried of all these is in
``models/brand/card.md``."""
_FIRST = tuple(sorted(place.value for place in TITLE_PREFIXES))
_OTHERS = tuple(place.value for place in Place if place is not Place.RUN_IN)


@dataclass(frozen=True, slots=True)
class _BrandModel:
    features: tuple[str, ...]
    forest: Forest
    threshold: float
    """Log-odds that hardly an honest page's name reaches; the card says how many."""


def suspicions(candidates: Sequence[Candidate]) -> Floats:
    """P(injected) of each, shape (n_candidates,), uncalibrated; 0.5 is the threshold from which it is cut.

    >>> suspicions([]).shape
    (0,)
    """
    if not candidates:
        return np.zeros(0)
    model = _load()
    scores = with_places(model.forest.scores(columns_of(candidates, model.features)), candidates) - model.threshold
    has_machine_line = np.array([one.findings["n_machine_lines"] > 0 for one in candidates])
    return sigmoid(scores + MACHINE_LINE * has_machine_line)


def with_places(scores: Floats, candidates: Sequence[Candidate]) -> Floats:
    """Log-odds of a forest, shape (n_candidates,), and what is added for where the page shows and joins the name."""
    return scores + np.array([_bonus(one.findings) for one in candidates], dtype=np.float64)


def _bonus(findings: Mapping[str, float]) -> float:
    if any(findings[place] for place in _FIRST):
        is_told = findings["n_alone"] == 1 and not findings["n_between"]
        is_told &= max(findings["alone_least"], findings["glued_most"]) <= GOOD_GAIN
        return 0.0 if is_told else SHOWN_FIRST if findings["n_uses"] else UNUSED
    if findings[Place.RUN_IN.value] and not any(findings[place] for place in _OTHERS):
        return RUN_IN_ONCE
    has_run_in = findings["n_glued"] > 0 and not findings["n_unknown_rests"] and findings["known_share"] < 1
    return RUN_IN if has_run_in else 0.0


def columns_of(
    candidates: Sequence[Candidate], features: Sequence[str]
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """The findings as a matrix of shape (n_candidates, n_features)."""
    return np.array([list(map(one.findings.__getitem__, features)) for one in candidates], dtype=np.float32)


@lru_cache(maxsize=1)
def _load() -> _BrandModel:
    folder = load_folder(shipped_models() / "brand", BRAND_FEATURES_VERSION)
    try:
        features, threshold = tuple(map(str, folder.manifest["features"])), float(folder.manifest["threshold"])
    except (KeyError, TypeError, ValueError) as problem:
        raise ModelMismatch("models/brand names no features or no threshold; install spamsift again.") from problem
    return _BrandModel(features, folder.forest("injected"), threshold)
