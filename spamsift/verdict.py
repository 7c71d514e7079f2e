"""Page features and a model of numbers → what the page is, with a ledger of evidence.

The strongest accusation of :mod:`spamsift.page_model` names the kind, and its ledger is the evidence: the sum of the
ledger and the prior is its score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spamsift.page_features import MIN_WORDS, NO_PAGE, SIGNALS, PageFeatures, page_features
from spamsift.page_model import FARM_KINDS, PageModel, Parts, calibrate, calibrated_odds, parts_of, probabilities_of
from spamsift.records import Document, Doubt, Evidence, PageKind, Sifted, Thresholds, Verdict
from spamsift.style_statistics import GROUPS
from spamsift.text_statistics import Prose

__all__ = ["Grounds", "decide", "families_of", "grounds_of", "judge"]

Floats = NDArray[np.float64]

LEAST_WEIGHT = 0.005
"""Log-odds below which a finding goes to ``other_findings``."""
MAX_QUOTE = 160
"""Characters of a quote."""
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


def judge(page: Sifted, document: Document, model: PageModel, wanted: Thresholds = Thresholds()) -> Verdict:  # noqa: B008 (frozen)
    """Judge a sifted page, everything but its verdict filled in; ``wanted`` goes before the model's thresholds."""
    features = page_features(page, document, model.frequencies)
    parts = parts_of(features, model)
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
        is_readable=not NO_PAGE & set(page.health),
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


def _ledger(source: str, features: PageFeatures, parts: Parts, column: int) -> tuple[Evidence, ...]:
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
