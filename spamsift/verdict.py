"""Page features and a model of numbers → what the page is, with a ledger of evidence.

One linear *accusation* per kind of farm page stands against "original"; its score is the sum of its ledger and its
prior. Calibrated accusations add up as odds; the strongest one names the kind, and its ledger is the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.errors import InvalidOption, ModelMismatch
from spamsift.models import load_folder, sigmoid, softmax
from spamsift.page_features import MIN_WORDS, PAGE_FEATURES_VERSION, SIGNALS, PageFeatures, page_features
from spamsift.records import Document, Doubt, Evidence, Health, PageKind, Sifted, Thresholds, Verdict
from spamsift.style_statistics import GROUPS, STATISTICS
from spamsift.text_statistics import N_GRAM_COLUMNS, Frequencies, Prose, frequencies_from

__all__ = [
    "FARM_KINDS",
    "Grounds",
    "PageModel",
    "accuse",
    "calibrate",
    "calibrated_odds",
    "decide",
    "families_of",
    "grounds_of",
    "judge",
    "load_page_model",
    "model_from",
    "probabilities_of",
    "total_odds",
]

Floats = NDArray[np.float64]

FARM_KINDS = (PageKind.MIRROR, PageKind.SPUN, PageKind.GENERATED, PageKind.THIN, PageKind.DOORWAY)
"""Order of the columns of a model."""

CLIP = 3.0
"""Standard deviations at which a statistic is cut off: one odd number must not decide. Coupled to training."""
MAX_ODDS = 6.0
"""Calibrated log-odds beyond which an accusation says no more about the kind. Coupled to training."""
LEAST_WEIGHT = 0.005
"""Log-odds below which a finding goes to ``other_findings``."""
MAX_QUOTE = 160
"""Characters of a quote."""
_NO_PAGE = frozenset({Health.EMPTY, Health.BINARY, Health.NO_TEXT})
_PROOF = {
    PageKind.MIRROR: frozenset({"injection", "copying"}),
    PageKind.SPUN: frozenset({"spinning"}),
    PageKind.THIN: frozenset({"thinness", "copying"}),
    PageKind.DOORWAY: frozenset({"doorway"}),
}
"""Families of which a page of a kind must show a finding at a place: to be short is no offence."""
MIN_KIND = 0.5
"""Probability that the named kind must have: if several share the suspicion, it is not clear enough to name one. A
caller's lower ``farm_from`` lowers it in proportion."""
_PLACED_FAMILIES = frozenset({"injection", "copying", "thinness", "doorway", "spinning"})


@dataclass(frozen=True)
class PageModel:
    """The numbers of ``models/page``; K = len(FARM_KINDS)."""

    mean: Floats
    """Shape (n_statistics,), as ``scale``."""
    scale: Floats
    statistic_weights: Floats
    """Shape (n_statistics, K)."""
    signal_weights: Floats
    """Shape (n_signals, K)."""
    gram_weights: Floats
    """Shape (N_GRAM_COLUMNS, K)."""
    prior: Floats
    """Shape (K,): the score of a page of average prose without any finding."""
    calibration: Floats
    """Shape (K, 2): slope and intercept per accusation."""
    overall: Floats
    """Shape (2,): slope and intercept of all accusations together."""
    kind_weights: Floats
    """Shape (K, K): calibrated accusations → scores of the kinds, given that the page is no original."""
    kind_prior: Floats
    """Shape (K,)."""
    farm_from: float
    """Probability from which a page is called a farm page: 1 % of held-out originals reach it."""
    original_below: float
    """Probability below which a page is called an original."""
    frequencies: Frequencies


def model_from(arrays: dict[str, NDArray[Any]], thresholds: dict[str, float]) -> PageModel:
    """A model from named arrays.

    Raises:
        ModelMismatch: an array or threshold is missing or has another shape.
    """
    n_kinds = len(FARM_KINDS)
    shapes = {
        "mean": (len(STATISTICS),),
        "scale": (len(STATISTICS),),
        "statistic_weights": (len(STATISTICS), n_kinds),
        "signal_weights": (len(SIGNALS), n_kinds),
        "gram_weights": (N_GRAM_COLUMNS, n_kinds),
        "prior": (n_kinds,),
        "calibration": (n_kinds, 2),
        "overall": (2,),
        "kind_weights": (n_kinds, n_kinds),
        "kind_prior": (n_kinds,),
    }
    try:
        found = {name: np.asarray(arrays[name], dtype=np.float64) for name in shapes}
        frequencies = frequencies_from(arrays)
        own = Thresholds(thresholds["farm_from"], thresholds["original_below"])
    except KeyError as problem:
        raise ModelMismatch(f"the page model lacks the array or threshold {problem}; train it again.") from problem
    except InvalidOption as problem:
        raise ModelMismatch(f"the page model's thresholds can't be used ({problem}); train it again.") from problem
    if wrong := [name for name, shape in shapes.items() if found[name].shape != shape]:
        raise ModelMismatch(f"the page model has other columns ({', '.join(wrong)}); train it again.")
    if not (found["scale"] > 0).all():
        raise ModelMismatch("the page model has a scale that is not positive; train it again.")
    return PageModel(
        **found, farm_from=own.farm_from or 0.0, original_below=own.original_below or 0.0, frequencies=frequencies
    )


@lru_cache(maxsize=8)
def load_page_model(folder: Path) -> PageModel:
    """Load ``page`` from a folder of models (cached).

    Raises:
        ModelMismatch: missing, broken, or made for other features.
    """
    stored = load_folder(folder / "page", PAGE_FEATURES_VERSION)
    thresholds = stored.manifest.get("thresholds")
    if not isinstance(thresholds, dict):
        raise ModelMismatch(f"the manifest of {folder / 'page'} has no thresholds; train the model again.")
    return model_from(dict(stored.arrays), thresholds)


# --- arithmetic -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    """What each feature adds to each accusation, in log-odds."""

    statistics: Floats
    signals: Floats
    grams: Floats
    """Shape (n_places, K): per style n-gram, in order of ``begins``."""
    begins: NDArray[np.int64]

    @property
    def total(self) -> Floats:
        return np.asarray(self.statistics.sum(0) + self.signals.sum(0) + self.grams.sum(0), dtype=np.float64)


def standardise(statistics: Floats, mean: Floats, scale: Floats) -> Floats:
    """Standard deviations from the mean, clipped."""
    return np.asarray(np.clip((statistics - mean) / scale, -CLIP, CLIP), dtype=np.float64)


def gram_values(prose: Prose) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Columns and their values (root of count, length 1), then per place its index into them and its token."""
    columns, begins = prose.style_columns()
    counts = np.bincount(columns, minlength=N_GRAM_COLUMNS)
    unique = np.flatnonzero(counts)
    index = np.zeros(N_GRAM_COLUMNS, dtype=np.int64)
    index[unique] = np.arange(len(unique))
    roots = np.sqrt(counts[unique].astype(np.float64))
    return unique, roots / max(float(np.linalg.norm(roots)), 1e-9), index[columns], begins


def _parts(features: PageFeatures, model: PageModel) -> _Parts:
    signals = features.signals[:, None] * model.signal_weights
    n_kinds = len(FARM_KINDS)
    confidence = features.style_confidence
    if confidence == 0:
        nothing = np.zeros((0, n_kinds))
        return _Parts(np.zeros((len(STATISTICS), n_kinds)), signals, nothing, np.zeros(0, np.int64))
    z = confidence * standardise(features.statistics, model.mean, model.scale)
    unique, values, inverse, begins = gram_values(features.prose)
    counts = np.bincount(inverse, minlength=len(unique))
    each = confidence * (values / counts)[inverse]
    return _Parts(
        z[:, None] * model.statistic_weights, signals, each[:, None] * model.gram_weights[unique[inverse]], begins
    )


def accuse(features: PageFeatures, model: PageModel) -> Floats:
    """Uncalibrated log-odds of each kind against an original, shape (K,)."""
    return model.prior + _parts(features, model).total


def calibrate(scores: Floats, model: PageModel) -> tuple[float, Floats, int]:
    """P(not an original), the share of it that goes to each kind, and the column of the strongest accusation."""
    odds = calibrated_odds(scores, model.calibration)
    probability = sigmoid(total_odds(odds) * model.overall[0] + model.overall[1])
    shares = softmax(np.clip(odds, -MAX_ODDS, MAX_ODDS) @ model.kind_weights + model.kind_prior)
    return float(probability), shares, int(odds.argmax())


def probabilities_of(score: float, shares: Floats) -> dict[PageKind, float]:
    """One per kind, from P(not an original) and the share of each farm kind in it."""
    farms = zip(FARM_KINDS, shares.tolist(), strict=True)
    return {PageKind.ORIGINAL: 1.0 - score} | {kind: score * share for kind, share in farms}


def calibrated_odds(scores: Floats, calibration: Floats) -> Floats:
    """Log-odds of each accusation, after its own slope and intercept."""
    return np.asarray(scores * calibration[:, 0] + calibration[:, 1], dtype=np.float64)


def total_odds(odds: Floats) -> Floats:
    """Logarithm of the sum of odds, along the last axis."""
    top = odds.max(axis=-1)
    return np.asarray(top + np.log(np.exp(odds - top[..., None]).sum(axis=-1)), dtype=np.float64)


# --- the verdict ----------------------------------------------------------------------------------------------


def judge(page: Sifted, document: Document, model: PageModel, wanted: Thresholds = Thresholds()) -> Verdict:  # noqa: B008 (frozen)
    """Judge a sifted page, everything but its verdict filled in; ``wanted`` goes before the model's thresholds."""
    features = page_features(page, document, model.frequencies)
    parts = _parts(features, model)
    scores = model.prior + parts.total
    score, shares, strongest = calibrate(scores, model)
    probabilities = probabilities_of(score, shares)
    thresholds = wanted.over(Thresholds(model.farm_from, model.original_below))
    kind, doubt = decide(grounds_of(page, features), probabilities, thresholds, model.farm_from)
    doubts = (*_style_doubts(features), doubt) if doubt else _style_doubts(features)
    return Verdict(
        kind=kind,
        score=score,
        probabilities=probabilities,
        evidence=_ledger(page.source, features, parts, strongest),
        accusation=FARM_KINDS[strongest],
        prior=float(model.prior[strongest]),
        accusations=dict(zip(FARM_KINDS, calibrated_odds(scores, model.calibration).tolist(), strict=True)),
        thresholds=thresholds,
        doubts=doubts,
    )


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a kind may be named on, beside its probability."""

    is_readable: bool
    n_words: int
    """Words of prose."""
    families: frozenset[str]
    """Families of signals with a finding at a place."""


def grounds_of(page: Sifted, features: PageFeatures) -> Grounds:
    """The grounds of a page."""
    return Grounds(
        is_readable=not _NO_PAGE & set(page.health),
        n_words=features.prose.n_words,
        families=families_of(features),
    )


def families_of(features: PageFeatures) -> frozenset[str]:
    """Families of signals with a finding at a place."""
    return frozenset(signal.family for signal in SIGNALS if signal.name in features.finds)


def decide(
    grounds: Grounds, probabilities: Mapping[PageKind, float], thresholds: Thresholds, usual_farm_from: float
) -> tuple[PageKind, Doubt | None]:
    """The kind; without one, why. ``usual_farm_from`` is the model's own."""
    farm_from, original_below = thresholds.farm_from or 0.0, thresholds.original_below or 0.0
    if not grounds.is_readable:
        return PageKind.UNDETERMINED, Doubt.UNREADABLE
    if grounds.n_words < MIN_WORDS and not grounds.families & _PLACED_FAMILIES:
        return PageKind.UNDETERMINED, Doubt.TOO_SHORT
    score = 1.0 - probabilities[PageKind.ORIGINAL]
    if score < original_below:
        return PageKind.ORIGINAL, None
    if score < farm_from:
        return PageKind.UNDETERMINED, Doubt.BETWEEN_THRESHOLDS
    kind = max(FARM_KINDS, key=lambda kind: probabilities[kind])
    if kind in _PROOF and not grounds.families & _PROOF[kind]:
        return PageKind.UNDETERMINED, Doubt.NO_FINDING
    if probabilities[kind] < MIN_KIND * min(1.0, farm_from / max(usual_farm_from, 1e-9)):
        return PageKind.UNDETERMINED, Doubt.NO_CLEAR_KIND
    return kind, None


def _style_doubts(features: PageFeatures) -> tuple[Doubt, ...]:
    if features.style_confidence >= 1.0:
        return ()
    is_foreign = features.style_confidence == 0.0 and features.prose.n_words >= MIN_WORDS
    return (Doubt.NOT_ENGLISH,) if is_foreign else (Doubt.FEW_WORDS,)


def _ledger(source: str, features: PageFeatures, parts: _Parts, column: int) -> tuple[Evidence, ...]:
    found = [*_signal_evidence(source, features, parts.signals[:, column])]
    at = 0
    for group in GROUPS:
        weight = float(parts.statistics[at : at + len(group.features), column].sum())
        quote = _odd_pair(source, features.prose) if group.name == "unusual_word_pairs" and weight > 0 else (0, 0)
        found.append(_evidence(source, group.name, weight, *quote))
        at += len(group.features)
    found.append(_word_choice(source, features.prose, parts.grams[:, column], parts.begins))
    strong = sorted((e for e in found if abs(e.weight) >= LEAST_WEIGHT), key=lambda e: (-abs(e.weight), e.signal))
    rest = sum(e.weight for e in found if abs(e.weight) < LEAST_WEIGHT)
    return (*strong, Evidence("other_findings", rest)) if rest else tuple(strong)


def _signal_evidence(source: str, features: PageFeatures, weights: Floats) -> Iterator[Evidence]:
    for signal, weight in zip(SIGNALS, weights.tolist(), strict=True):
        places = features.finds.get(signal.name, ())
        yield _evidence(source, signal.name, weight, *((places[0].start, places[0].end) if places else (0, 0)))


def _evidence(source: str, signal: str, weight: float, start: int, end: int) -> Evidence:
    end = min(end, start + MAX_QUOTE)
    return Evidence(signal, weight, source[start:end], start, end)


def _word_choice(source: str, prose: Prose, weights: Floats, begins: NDArray[np.int64]) -> Evidence:
    """All style n-grams in one line, quoted by the one that says most."""
    if not len(weights):
        return Evidence("word_choice", 0.0)
    total = float(weights.sum())
    for place in _smallest(-weights if total > 0 else weights, 20):
        n_tokens = 1 if place < len(prose.tokens) else 2
        at = int(begins[place])
        span = _locate(source, prose.tokens[at : at + n_tokens])
        if span != (0, 0):
            return _evidence(source, "word_choice", total, *span)
    return Evidence("word_choice", total)


def _smallest(values: Floats, n: int) -> list[int]:
    """Places of the smallest values, in their order; of equals the first."""
    if len(values) > n:
        least = np.flatnonzero(values <= np.partition(values, n)[n])
        return [int(i) for i in least[np.argsort(values[least], kind="stable")][:n]]
    return [int(i) for i in np.argsort(values, kind="stable")]


def _odd_pair(source: str, prose: Prose) -> tuple[int, int]:
    """The neighbours that are least to be expected."""
    expected = prose.logs[:-1] + prose.logs[1:]
    odd = np.where(prose.pair_is_known & ~prose.pair_is_listed, expected, -np.inf)
    if not len(odd) or not np.isfinite(odd).any():
        return 0, 0
    at = int(odd.argmax())
    return _locate(source, prose.tokens[at : at + 2])


def _locate(source: str, tokens: Sequence[str]) -> tuple[int, int]:
    """Where one or two words stand in the source; (0, 0) if normalising changed them.

    >>> _locate("Bread and breadcrumbs and milk", ("and", "milk"))
    (22, 30)
    """
    if not all(token[0].isalpha() for token in tokens):
        return 0, 0
    first, second = tokens[0], tokens[1] if len(tokens) > 1 else ""
    start = source.find(first)
    while start >= 0:  # not a regular expression: to compile one takes longer than to search
        end = start + len(first)
        if second and source[end : end + 1].isspace() and source.startswith(second, end + 1):
            end += 1 + len(second)
        elif second:
            end = 0
        if end and not _is_word_char(source[start - 1 : start]) and not _is_word_char(source[end : end + 1]):
            return start, end
        start = source.find(first, start + 1)
    return 0, 0


def _is_word_char(char: str) -> bool:
    return char.isalnum() or char == "_"
