"""Names that interrupt sentences with all their spaces: which become candidates, and which stay names of the story."""

from __future__ import annotations

import pytest

from spamsift.interrupting import interrupting
from spamsift.records import BlockLabel
from spamsift.training.surgery_scores import blocks_of
from spamsift.uses import Story

PROSE = "What the people of the town said about this is that they would not have it, and that was all there was. "


def found(*lines: str, chrome: tuple[str, ...] = ()) -> list[str]:
    labelled = [*((line, BlockLabel.BODY) for line in lines), *((line, BlockLabel.OTHER) for line in chrome)]
    return list(interrupting(Story.of("\n".join((*lines, *chrome)), blocks_of(labelled))))


CASES = {
    "between words": (PROSE + "It is Golden Reels not easy.", PROSE + "They have Golden Reels been there."),
    "between sentences": (PROSE + "Golden Reels The bridge is closed.", PROSE + "Golden Reels But they went home."),
    "before a sentence": ("Golden Reels The bridge is closed. " + PROSE, "Golden Reels But they went home. " + PROSE),
    "behind the last sentence": (PROSE + "Golden Reels", PROSE + "Golden Reels"),
    "before marks": (
        PROSE + "He came back home Golden Reels.",
        PROSE + "They went away Golden Reels, and it was over.",
    ),
    "in bars": (PROSE + "It is |Golden Reels| not easy.", PROSE + "They have|Golden Reels|been there."),
}


@pytest.mark.parametrize("lines", CASES.values(), ids=CASES.keys())
def test_a_name_that_two_places_have_no_room_for(lines: tuple[str, ...]) -> None:
    assert found(*lines) == ["Golden Reels"]


def test_one_place_is_enough_where_a_line_shows_the_name() -> None:
    line = PROSE + "They have Golden Reels been there."
    assert found(line, PROSE) == []
    assert found(line, PROSE, chrome=("© 2025 Golden Reels",)) == ["Golden Reels"]


@pytest.mark.parametrize(
    "lines",
    [
        (PROSE + "He works at Golden Reels.", PROSE + "It is owned by Golden Reels, a company from Malta."),
        (PROSE + "Golden Reels said it would appeal.", PROSE + "The managers of Golden Reels have resigned."),
        (PROSE + "The mayor met him. The mayor said so.", PROSE + "The people came. The people went."),
    ],
)
def test_what_a_story_tells_of_is_no_candidate(lines: tuple[str, ...]) -> None:
    assert found(*lines) == []


def test_a_language_that_nothing_is_known_of_has_none() -> None:
    line = "Kukaan ei tiedä, mikä vastaus tähän kysymykseen olisi ollut, ja he olivat Golden Reels hiljaa koko illan."
    assert found(line, line) == []
