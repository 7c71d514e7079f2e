"""Whether a sentence has a place for a name: words that need one, words that don't, languages that say nothing."""

from __future__ import annotations

import pytest

from spamsift.name_fit import MAX_GAIN, NameFit, load_name_fit, tokens

ENGLISH = ["What the people of the town said about this is that they would not have it, and that was all there was."]
GERMAN = ["Der Rat hat sich am Montag nicht auf eine Lösung für die Schule in der Stadt geeinigt, und das ist schade."]


@pytest.fixture(scope="module")
def english() -> NameFit:
    fit = load_name_fit(ENGLISH)
    assert fit is not None
    return fit


@pytest.mark.parametrize(
    ("before", "after"), [("it", "was"), ("to", "be"), ("a", "new"), ("in", "the"), ("has", "been"), ("of", "the")]
)
def test_good_english_without_the_name(english: NameFit, before: str, after: str) -> None:
    assert english.gain(before, after) > 0


@pytest.mark.parametrize(
    ("before", "after"), [("the", "is"), ("of", "and"), ("at", "was"), ("by", ","), ("to", "and"), ("the", "has")]
)
def test_a_sentence_that_asks_for_a_name(english: NameFit, before: str, after: str) -> None:
    assert english.gain(before, after) < 0


@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("in", "Lisbon"), ("Mayor", "of"), ("`", "`"), ("[", "]"), (".", "The")]
)
def test_nothing_is_said_beside_names_marks_and_ends(english: NameFit, before: str, after: str) -> None:
    assert english.gain(before, after) == 0


def test_a_sentence_does_not_begin_in_lower_case(english: NameFit) -> None:
    assert english.gain(".", "is") < -1
    assert english.gain("", "has") < -1


def test_a_capital_in_mid_sentence_begins_another(english: NameFit) -> None:
    assert english.gain("for", "The") == -MAX_GAIN


def test_the_language_is_told() -> None:
    german = load_name_fit(GERMAN)
    assert german is not None
    assert german is not load_name_fit(ENGLISH)
    assert load_name_fit([]) is None
    assert load_name_fit(["日本の城は月曜日に閉まる。"]) is None


def test_names_are_one_token() -> None:
    assert tokens("They met at Harbour Town Hall on 3 May.") == "they met at <name> on 3 <name> .".split()
