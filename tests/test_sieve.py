"""The sieve may let too much through, never too little."""

from __future__ import annotations

import pytest

from spamsift import sieve
from spamsift.sieve import Sieve

STRINGS = [
    "",
    "up",
    "read",
    "reads",
    "read more",
    "sign up for our newsletter",
    "read more \U0001f600 today",
    "nowhere",
]


@pytest.mark.parametrize(
    "text",
    ["", "up", "read", "please read more", "Sign up: sign up for our newsletter", "see more \U0001f600 today b"],
)
def test_what_stands_in_a_text_passes(text: str) -> None:
    passing = Sieve(STRINGS).passing(text)
    assert {i for i, string in enumerate(STRINGS) if string in text} <= set(passing)
    assert STRINGS.index("nowhere") not in passing


def test_a_string_across_two_chunks_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sieve, "_CHUNK", 7)
    assert Sieve(["read more", "sign up"]).passing("so " * 9 + "read more" + " so" * 9) == [0]
