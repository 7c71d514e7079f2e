"""The verdict: laws of the ledger and of the probabilities, thresholds, doubts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from toy_pages import K, document_of, page_of, toy_model

import spamsift
from spamsift.errors import InvalidOption, SpamsiftError
from spamsift.page_features import SIGNALS, page_features
from spamsift.page_model import FARM_KINDS, accuse, calibrate
from spamsift.records import (
    Doubt,
    Health,
    PageKind,
    Provenance,
    Sifted,
    Thresholds,
)
from spamsift.verdict import judge

STORY = (
    "The bridge over the river was closed by the council on Monday morning. In conclusion, it serves as a reminder "
    "that bridges matter to the people of the town, highlighting the need for repairs. It is not known when it opens."
)


PAGES = [
    page_of(STORY),
    page_of(STORY, "Source: The Harbour Post"),
    page_of(*[STORY] * 9),
    page_of("Hi."),
    page_of(),
    page_of("Die Brücke über den Fluss wurde am Montag gesperrt, sagte der Bürgermeister der kleinen Stadt am Abend."),
    page_of(STORY, "Marla Quint / AB", provenance=Provenance(injected_brand="Zorvex")),
    page_of("🙂" * 300),
]


@pytest.mark.parametrize("page", PAGES)
def test_probabilities_sum_to_one_and_score_is_the_rest(page: Sifted) -> None:
    verdict = judge(page, document_of(page), toy_model())
    assert set(verdict.probabilities) == {PageKind.ORIGINAL, *FARM_KINDS}
    assert sum(verdict.probabilities.values()) == pytest.approx(1)
    assert verdict.score == pytest.approx(1 - verdict.probabilities[PageKind.ORIGINAL])
    assert all(0 <= p <= 1 for p in verdict.probabilities.values())


@pytest.mark.parametrize("page", PAGES)
def test_ledger_and_prior_are_the_score_before_calibration(page: Sifted) -> None:
    model = toy_model()
    scores = accuse(page_features(page, document_of(page), model.frequencies), model)
    _, _, strongest = calibrate(scores, model)
    verdict = judge(page, document_of(page), model)
    assert verdict.accusation is FARM_KINDS[strongest]
    assert verdict.prior == model.prior[strongest]
    assert sum(e.weight for e in verdict.evidence) + verdict.prior == pytest.approx(scores[strongest], abs=1e-6)
    assert verdict.log_odds == pytest.approx(scores[strongest], abs=1e-6)


@pytest.mark.parametrize("page", PAGES)
def test_offsets_point_at_the_quote(page: Sifted) -> None:
    for evidence in judge(page, document_of(page), toy_model()).evidence:
        assert 0 <= evidence.start <= evidence.end <= len(page.source)
        assert page.source[evidence.start : evidence.end] == evidence.quote


@pytest.mark.parametrize("page", PAGES)
def test_same_page_same_verdict(page: Sifted) -> None:
    assert judge(page, document_of(page), toy_model()) == judge(page, document_of(page), toy_model())


def test_strongest_evidence_comes_first() -> None:
    page = PAGES[6]
    weights = [abs(e.weight) for e in judge(page, document_of(page), toy_model()).evidence]
    named = weights[:-1] if len(weights) > 1 else weights
    assert named == sorted(named, reverse=True)


def test_kinds_follow_the_thresholds() -> None:
    page = replace(PAGES[1], title=None)
    only_mirror = np.array([50.0, 0, 0, 0, 0])
    score = judge(page, document_of(page), toy_model()).score
    cases = [
        (toy_model(farm_from=score - 0.01, original_below=0.0, kind_prior=only_mirror), "farm"),
        (toy_model(farm_from=score - 0.01, original_below=0.0, kind_prior=only_mirror[::-1]), "undetermined"),
        (toy_model(farm_from=1.0, original_below=(score + 1) / 2), "original"),
        (toy_model(farm_from=1.0, original_below=0.0), "undetermined"),
    ]
    for model, expected in cases:
        kind = judge(page, document_of(page), model).kind
        assert ("farm" if kind in FARM_KINDS else kind.value) == expected


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (page_of(), Doubt.TOO_SHORT),
        (page_of("Hi."), Doubt.TOO_SHORT),
        (replace(page_of(STORY), health=(Health.BINARY,)), Doubt.UNREADABLE),
    ],
)
def test_too_little_is_undetermined(page: Sifted, why: Doubt) -> None:
    verdict = judge(page, document_of(page), toy_model(farm_from=0.0, original_below=0.0))
    assert verdict.kind is PageKind.UNDETERMINED
    assert why in verdict.doubts


def test_a_page_without_a_word_is_as_likely_a_farm_as_any() -> None:
    empty = replace(page_of(), health=(Health.EMPTY,))
    verdict = judge(empty, document_of(empty), toy_model())
    assert verdict.evidence == ()
    assert verdict.log_odds == pytest.approx(verdict.prior)


def test_why_a_page_is_undetermined() -> None:
    page = page_of(
        STORY, "Lorries take the long way round by the mill.", "Mr Quint fears for his shop, he told the council."
    )
    score = judge(page, document_of(page), toy_model()).score
    only = dict(zip(FARM_KINDS, 50.0 * np.eye(K), strict=True))
    at, between = Thresholds(score, 0.0), Thresholds(1.0, 0.0)
    cases = [
        (only[PageKind.GENERATED], at, PageKind.GENERATED, ()),
        (only[PageKind.GENERATED], between, PageKind.UNDETERMINED, (Doubt.BETWEEN_THRESHOLDS,)),
        (only[PageKind.DOORWAY], at, PageKind.UNDETERMINED, (Doubt.NO_FINDING,)),
        (only[PageKind.THIN] + only[PageKind.GENERATED], at, PageKind.UNDETERMINED, (Doubt.NO_CLEAR_KIND,)),
    ]
    for kind_prior, wanted, kind, doubts in cases:
        kind_weights = np.zeros((K, K))
        model = toy_model(farm_from=score, kind_prior=kind_prior, kind_weights=kind_weights)
        verdict = judge(page, document_of(page), model, wanted)
        reasons = tuple(doubt for doubt in verdict.doubts if doubt is not Doubt.FEW_WORDS)
        assert (verdict.kind, reasons) == (kind, doubts)


def test_limits_of_style_are_told() -> None:
    german, short = PAGES[5], PAGES[0]
    assert Doubt.FEW_WORDS in judge(short, document_of(short), toy_model()).doubts
    german = page_of(*[german.text] * 3)
    assert Doubt.NOT_ENGLISH in judge(german, document_of(german), toy_model()).doubts


@pytest.mark.parametrize(
    "values",
    [
        {"farm_from": -0.1},
        {"farm_from": 1.1},
        {"original_below": float("nan")},
        {"farm_from": "0.5"},
        {"farm_from": True},
        {"farm_from": 0.3, "original_below": 0.4},
    ],
)
def test_thresholds_out_of_range_or_order_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption, match=r"give .*\.$") as refused:
        Thresholds(**values)
    assert isinstance(refused.value, (SpamsiftError, ValueError))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Thresholds(), (0.9, 0.5)),
        (Thresholds(0.95), (0.95, 0.5)),
        (Thresholds(0.3), (0.3, 0.3)),
        (Thresholds(original_below=0.95), (0.95, 0.95)),
        (Thresholds(original_below=0.0), (0.9, 0.0)),
        (Thresholds(0.0, 0.0), (0.0, 0.0)),
    ],
)
def test_what_is_not_given_gives_way(wanted: Thresholds, expected: tuple[float, float]) -> None:
    found = wanted.over(Thresholds(0.9, 0.5))
    assert (found.farm_from, found.original_below) == expected


def test_a_low_threshold_can_still_name_a_kind() -> None:
    page = PAGES[2]
    model = toy_model(kind_prior=np.array([0, 0, 50.0, 0, 0]), overall=np.array([0.0, -1.0]))
    verdict = judge(page, document_of(page), model, Thresholds(farm_from=0.2))
    assert verdict.score == pytest.approx(0.27, abs=0.01)
    assert verdict.kind is PageKind.GENERATED


def test_style_of_other_languages_weighs_nothing() -> None:
    page = PAGES[5]
    names = {signal.name for signal in SIGNALS} | {"other_findings"}
    assert {e.signal for e in judge(page, document_of(page), toy_model()).evidence} <= names


def test_a_source_line_alone_is_evidence_and_no_proof() -> None:
    story = (
        "The ferry was late on Monday, and many people had to wait for it in the rain, said the mayor of the town.\n"
        * 6
    )
    verdict = spamsift.sift(story + "Source: Reuters").verdict
    assert verdict.kind is not PageKind.MIRROR
    assert "source_line" in [evidence.signal for evidence in verdict.evidence]
