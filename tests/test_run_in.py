"""Names that the story has once, run into a word: which become candidates, and what of a story is none."""

from __future__ import annotations

import pytest

from spamsift.records import BlockLabel
from spamsift.run_in import MAX_NAMES, run_in
from spamsift.training.surgery_scores import blocks_of
from spamsift.uses import Story

PROSE = "What the people of the town said about this is that they would not have it, and that was all there was. "


def found(*lines: str) -> list[str]:
    blocks = blocks_of([(line, BlockLabel.BODY) for line in lines])
    return [sighting.text for sighting in run_in(Story.of("\n".join(lines), blocks))]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Solquo Dorsyl Club", "If you Solquo Dorsyl Clubcan replace it, you will be told."),
        ("SafeX Pro Exchange", "It was in the SafeX Pro ExchangeU.S. that they met."),
        ("Zorvex24", "They have Zorvex24been to the town."),
        ("Titan 777", "They have Titan 777been to the town."),
        ("PredictIQ", "They have PredictIQbeen to the town."),
        ("Gilfrov.AI", "They have Gilfrov.AIbeen to the town."),
        ("Zorvex Club", "They haveZorvex Club been to the town."),
        ("Zorvex Club", 'They said Zorvex Club"We have been there."'),
        ("Solquoria", "They have Solquoriabeen to the town."),
        ("Ada FinTech", "They have Ada FinTechbeen to the town."),
        ("Smith & Solquo Club", "They have Smith & Solquo Clubbeen to the town."),
    ],
)
def test_a_name_that_ran_into_a_word_once(name: str, line: str) -> None:
    assert found(PROSE, PROSE + line)[0] == name


@pytest.mark.parametrize(
    "line",
    [
        "They met Jackie Robinson and Ronald Reagan there.",
        "They met the people of Washington in the town of Ellington.",
        "The iPhoneis not what it was, they said.",
        "It ended in England.They went home.",
        "They saw what the Senatorsaid.",
        "They have been to the town, said Reagan.",
    ],
)
def test_what_a_story_tells_of_is_no_candidate(line: str) -> None:
    assert found(PROSE, PROSE + line) == []


def test_a_name_that_recurs_is_found_elsewhere() -> None:
    assert found(PROSE + "They have Zorvex24been to the town.", PROSE + "They went Zorvex24to the town.") == []


def test_a_language_that_nothing_is_known_of_has_none() -> None:
    assert (
        found("Kukaan ei tiedä, mikä vastaus tähän Zorvex24Exchangeolisi ollut, ja he olivat hiljaa koko illan.") == []
    )


def test_names_of_a_hostile_page_are_few() -> None:
    lines = [PROSE + " ".join(f"they have Zorvex{i}been there." for i in range(10 * n, 10 * n + 10)) for n in range(60)]
    assert 0 < len(found(*lines)) <= MAX_NAMES
