"""What stands on a page twice, what breaks off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift.page_shape import shape_finds
from spamsift.records import BlockLabel, LabelledBlock

STORY = "The ferry to Orrin was stopped on Monday because of the storm, and the harbour was closed."


def page(*parts: tuple[BlockLabel, str]) -> list[LabelledBlock]:
    blocks, position = [], 0
    for label, text in parts:
        blocks.append(LabelledBlock(text, label, 0.9, position, position + len(text)))
        position += len(text) + 1
    return blocks


def body(*texts: str) -> list[LabelledBlock]:
    return page(*((BlockLabel.BODY, text) for text in texts))


def names(blocks: list[LabelledBlock]) -> set[str]:
    return set(shape_finds(blocks))


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("repeated_sentence", ("Nobody came. " + STORY, "So it was. " + STORY)),
        ("snippet_joint", ("The ferry was stopped on... Tickets for the season are sold out.",)),
        ("labelled_point", ("Fair prices: The ferry costs little.",)),
    ],
)
def test_other_shapes(name: str, texts: tuple[str, ...]) -> None:
    assert names(body(*texts)) == {name}


@pytest.mark.parametrize(
    "text",
    [
        "The ferry to Orrin was stopped on Monday because of the st",
        "The ferry to Orrin was stopped on Monday because of the…",
        "The ferry to Orrin was stopped on Monday because of the storm...",
    ],
)
def test_a_text_that_breaks_off(text: str) -> None:
    assert names(body(STORY, text)) == {"clipped_end"}


@pytest.mark.parametrize(
    "text",
    [
        STORY,
        "“The ferry to Orrin was stopped on Monday because of the storm”",
        "The ferry to Orrin was stopped on Monday (because of the storm)",
        "Tickets are sold at the harbour from Monday on, price list: 2024",
        "1985 to 1991",
        "船は月曜日に止まった。港は閉鎖されている。嵐のためである。乗客は島に残された。今日も船は出ない。",
    ],
)
def test_a_text_that_ends(text: str) -> None:
    assert names(body("The island council met in the old school. So it was.", text)) == set()


def test_only_the_last_paragraph_can_break_off() -> None:
    blocks = page(
        (BlockLabel.BODY, "Without a full stop because it leads to the list below"),
        (BlockLabel.BODY, STORY),
        (BlockLabel.RELATED, "Ten harbours that you have to see before they close"),
    )
    assert names(blocks) == set()


def test_a_paragraph_said_twice() -> None:
    blocks = body(STORY, "Nobody was hurt.", STORY)
    (place,) = shape_finds(blocks)["repeated_text"]
    assert (place.start, place.end) == (blocks[2].start, blocks[2].end)
    assert names(body("Nobody was hurt.", STORY, "Nobody was hurt.")) == set()  # a refrain


@given(st.lists(st.text(max_size=200), max_size=6))
def test_places_are_inside(texts: list[str]) -> None:
    blocks = body(*texts)
    end = blocks[-1].end if blocks else 0
    for places in shape_finds(blocks).values():
        assert all(0 <= place.start < place.end <= end for place in places)
