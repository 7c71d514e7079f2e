"""Whether a sentence has a place for a name: words that need one, words that don't, languages that say nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift.name_fit import MAX_GAIN, N_TIE_LEVELS, NameFit, Vocabulary, load_name_fit, side_columns, tokens
from spamsift.word_hashes import NO_TABLE, pair_hash

ENGLISH = ["What the people of the town said about this is that they would not have it, and that was all there was."]
GERMAN = ["Der Rat hat sich am Montag nicht auf eine Lösung für die Schule in der Stadt geeinigt, und das ist schade."]


@pytest.fixture(scope="module")
def english() -> NameFit:
    fit = load_name_fit(ENGLISH)
    assert fit is not None
    return fit


def gain(fit: NameFit, before: str, after: str) -> float:
    return fit.gain(tokens(before), tokens(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("it isn't", "easy to know"),
        ("and it", "was cold"),
        ("he wanted to", "be there"),
        ("she has", "been there"),
        ("We sat in", "the garden"),
        ("It ended.", "The next day"),
        ("", "The mayor said"),
    ],
)
def test_good_english_without_the_name(english: NameFit, before: str, after: str) -> None:
    assert gain(english, before, after) > 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("the", "is fast"),
        ("friends of", "and her"),
        ("at", "was good"),
        ("by", ", who"),
        ("went to", "and back"),
        ("the", "has said"),
        ("It ended.", "is"),
        ("", "has said"),
        ("a photo for", "The mayor said"),
    ],
)
def test_a_sentence_that_asks_for_a_name(english: NameFit, before: str, after: str) -> None:
    assert gain(english, before, after) < -1


@pytest.mark.parametrize(("before", "after"), [("", ""), ("`", "`"), ("[", "]"), ("x =", "+ 2")])
def test_code_and_lines_of_their_own_say_nothing(english: NameFit, before: str, after: str) -> None:
    assert gain(english, before, after) == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("in", "Lisbon today"),
        ("for", "Joe Biden was"),
        ("the", "Group said"),
        pytest.param("said", "Joe Biden was", marks=pytest.mark.xfail(strict=True, reason="known failure")),
    ],
)
def test_little_is_said_beside_another_name(english: NameFit, before: str, after: str) -> None:
    assert abs(gain(english, before, after)) < 3


@given(st.lists(st.text(max_size=9), max_size=6), st.lists(st.text(max_size=9), max_size=6))
def test_a_gain_is_bounded_whatever_stands_there(english: NameFit, before: list[str], after: list[str]) -> None:
    assert abs(gain(english, " ".join(before), " ".join(after))) <= MAX_GAIN


@pytest.mark.parametrize(("first", "second"), [("of", "the"), ("united", "states"), ("has", "been")])
def test_common_pairs_are_listed_in_their_order_only(english: NameFit, first: str, second: str) -> None:
    assert english.words.pairs.get(pair_hash(first, second)) is not None
    assert english.words.pairs.get(pair_hash(second + "x", first)) is None


def test_a_pair_that_keeps_together_is_told_from_one_that_is_only_common(english: NameFit) -> None:
    levels = [english.words.pairs.get(pair_hash(*pair)) for pair in (("united", "states"), ("of", "a"))]
    together, by_chance = (level for level in levels if level is not None)
    assert together % N_TIE_LEVELS > by_chance % N_TIE_LEVELS
    assert together // N_TIE_LEVELS <= by_chance // N_TIE_LEVELS


def test_no_pairs_are_listed_for_german() -> None:
    german = load_name_fit(GERMAN)
    assert german is not None
    assert german.words.pairs == NO_TABLE


def test_the_language_is_told() -> None:
    german = load_name_fit(GERMAN)
    assert german is not None
    assert german is not load_name_fit(ENGLISH)
    assert load_name_fit([]) is None
    assert load_name_fit(["日本の城は月曜日に閉まる。"]) is None


def test_initials_and_numbers_are_one_token() -> None:
    assert tokens("The U.S., on 1,200 miles") == ["The", "U.S.", ",", "on", "1,200", "miles"]


def test_the_words_beside_decide_and_no_others() -> None:
    words = Vocabulary(frozenset({"the", "to"}), frozenset())
    near = side_columns(["One", "went", "to", "the"], ["sea", "and", "back"], words, 1 << 10)
    far = side_columns(["He", "went", "to", "the"], ["sea", "and", "forth"], words, 1 << 10)
    assert near == far
    assert near != side_columns(["He", "went", "to", "a"], ["sea", "and", "forth"], words, 1 << 10)
    assert all(0 <= column < 1 << 10 for column in near)
