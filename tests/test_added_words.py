"""Words that a story adds to its brand, and those that are its own."""

from __future__ import annotations

import re

import pytest

from spamsift.added_words import added_words


@pytest.mark.parametrize(
    ("story", "added"),
    [
        ("The Poinbank Exchangeproject was late.", " Exchange"),
        ("The Poinbank ExchangeU.S. and Japan met.", " Exchange"),
        ("They had to Poinbank Trading Centerface it.", " Trading Center"),
        ("They Poinbank Walletin the end had it.", " Wallet"),
        ("The Poinbank ExchangeGermany met, and so did Germany.", " Exchange"),
        ("Poinbank Academyone said, and Poinbank Academypart two.", " Academy"),
        ("The Poinbank Biden said so.", ""),
        ("The Poinbank Alaska Airlines flew.", ""),
        ("They use Poinbank JavaScript and Poinbank LinkedIn.", ""),
        ("The Poinbank ADADA met.", ""),
        ("The people of Poinbank Hayward met.", ""),
        ("They put the Poinbank Fee Initiativeon the ballot.", ""),
        ("Poinbank Exchanges met.", ""),
        ("They met Poinbank", ""),
    ],
)
def test_words_behind_a_brand(story: str, added: str) -> None:
    assert added_words(story, [found.end() for found in re.finditer("Poinbank", story)]) == added
