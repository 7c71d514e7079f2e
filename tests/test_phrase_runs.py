"""The phrase that takes up most of a text: found whole, measured as stated, and not in ordinary prose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift.phrase_runs import LEAST_TIMES, MIN_WORDS, densest_phrase


def text_of(phrase: str, times: int, fillers: int = 5) -> list[str]:
    """``phrase`` again and again, each time before other words."""
    return [w for i in range(times) for w in (*phrase.split(), *(f"w{i}x{j}" for j in range(fillers)))]


@pytest.mark.parametrize(
    "phrase", ["roofing contractor", "roofing contractor hearne", "best roofing contractor near hearne"]
)
def test_the_phrase_is_found_whole_and_measured(phrase: str) -> None:
    words = text_of(phrase, 9)
    run = densest_phrase(words)
    assert run is not None
    assert (" ".join(run.words), run.times) == (phrase, 9)
    assert run.share == pytest.approx(8 * len(phrase.split()) / len(words))


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["bridge"] * (MIN_WORDS - 1),
        [f"w{i}" for i in range(500)],
        text_of("roofing contractor", LEAST_TIMES[2] - 1, 20),
        text_of("of the", 30, 5),
    ],
    ids=["empty", "short", "all different", "seldom", "function words"],
)
def test_no_run(words: list[str]) -> None:
    assert densest_phrase(words) is None


@given(st.lists(st.sampled_from(["the", "of", "bridge", "river", "closed", "x"]), max_size=200))
def test_shares_are_shares(words: list[str]) -> None:
    run = densest_phrase(words)
    if run is not None:
        joined = " ".join(words)
        assert 0 < run.share <= 1
        assert " ".join(run.words) in joined
