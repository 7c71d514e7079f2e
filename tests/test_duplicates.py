"""Paragraphs that stand there twice: teasers and doubled first paragraphs go, the author's repetitions stay."""

from __future__ import annotations

import pytest

from spamsift.duplicates import doubled
from spamsift.records import BlockLabel, LabelledBlock

FIRST = "The harbour was closed on Monday because of the storm, and no ship could leave before the evening."
OTHER = "Two ferries waited outside the breakwater until the wind had turned, the coast guard said on Tuesday."


def gone(*texts: str) -> list[int]:
    blocks = [LabelledBlock(text, BlockLabel.BODY, 0.9, 0, len(text)) for text in texts]
    return [index for index, _ in doubled(blocks, range(len(blocks)))]


@pytest.mark.parametrize("ending", [" […]", "...", "…", " [...]"])
def test_a_teaser_above_the_story_goes(ending: str) -> None:
    assert gone(FIRST[:60] + ending, FIRST, OTHER) == [0]


def test_the_first_paragraph_stands_once() -> None:
    assert gone(FIRST, FIRST, OTHER) == [1]
    assert gone(FIRST, OTHER, " " + FIRST.replace(" was", "  was")) == [2]


@pytest.mark.parametrize(
    "texts",
    [
        (FIRST, OTHER, OTHER),
        ("Row, row, row your boat", "Row, row, row your boat", OTHER),
        (FIRST, OTHER, OTHER[:50], OTHER[:40], FIRST),
        ("We waited…", "We waited… and then the ferry came round the breakwater with its lights on.", OTHER),
        (FIRST[:60], FIRST, OTHER),
        (FIRST[:60] + "…", OTHER, OTHER[:70]),
    ],
    ids=["later paragraph", "refrain", "comes back at the end", "short", "not cut off", "something else follows"],
)
def test_the_author_may_repeat(texts: tuple[str, ...]) -> None:
    assert gone(*texts) == []
