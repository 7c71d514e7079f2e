"""What a mirror leaves: its brand by place, lines of a machine, stories that nobody signs."""

from __future__ import annotations

import pytest

from spamsift.mirror_marks import are_unsigned, mirror_marks, name_own_site
from spamsift.page_shape import Find
from spamsift.records import BlockLabel, Provenance, Sifted
from spamsift.training.surgery_scores import blocks_of

STORY = "The bridge over the river was closed by the council on Monday morning after the storm."
BRAND = "Zorvex Group"


def page_of(*parts: tuple[BlockLabel, str], **facts: str) -> Sifted:
    blocks = tuple(blocks_of([(text, label) for label, text in parts]))
    return Sifted(text="\n".join(text for _, text in parts), blocks=blocks, provenance=Provenance(**facts))


@pytest.mark.parametrize(
    ("signal", "label", "line"),
    [
        (
            "brand_in_sentence",
            BlockLabel.BODY,
            f"The {BRAND}bridge over the river was closed by the council on Monday.",
        ),
        ("brand_beside_title", BlockLabel.TITLE, f"{BRAND}|The bridge over the river is closed"),
        ("brand_beside_title", BlockLabel.HEADING, f"{BRAND}:The council has closed the bridge over the river"),
        ("brand_beside_title", BlockLabel.TITLE, f"The bridge over the river is closed -{BRAND}"),
        ("brand_in_template", BlockLabel.NAVIGATION, f"Current:Home > My{BRAND}|The bridge over the river is closed"),
        ("brand_in_template", BlockLabel.OTHER, f"Source: {BRAND}"),
    ],
)
def test_uses_of_a_brand_are_told_by_place(signal: str, label: BlockLabel, line: str) -> None:
    page = page_of((label, line), (BlockLabel.BODY, STORY), injected_brand=BRAND)
    found = mirror_marks(page)
    assert list(found) == [signal]
    (place,) = found[signal]
    assert page.source[place.start : place.end] == BRAND


@pytest.mark.parametrize("written", ["Z\u043ervex Group", "Zorvex\nGroup", "Zorvex\u00a0Group"])
def test_disguised_and_wrapped_uses_are_told(written: str) -> None:
    page = page_of((BlockLabel.BODY, f"The {written}bridge over the river was closed."), injected_brand=BRAND)
    assert list(mirror_marks(page)) == ["brand_in_sentence"]


def test_no_brand_is_no_mark() -> None:
    assert not mirror_marks(page_of((BlockLabel.TITLE, f"{BRAND}|The bridge is closed"), (BlockLabel.BODY, STORY)))


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("Date:2024-05-02 11:09:41", True),
        ("Quorum Asset Club View", True),
        ("2 May 2024, 11:09", False),
        ("Street View", False),
        ("The view from the bridge was closed to everybody", False),
    ],
)
def test_machine_lines(line: str, holds: bool) -> None:
    page = page_of((BlockLabel.OTHER, line), (BlockLabel.BODY, STORY))
    assert ("machine_line" in mirror_marks(page)) is holds


SAID = [Find(i, i + 4) for i in range(4)]
FORM = (BlockLabel.COMMENTS, "Leave a Reply")
BODY = (BlockLabel.BODY, STORY)


@pytest.mark.parametrize(
    ("page", "signal", "places", "holds"),
    [
        (page_of(BODY, FORM), "unsigned_report", SAID, True),
        (page_of(BODY, FORM), "unsigned_report", SAID[:3], False),
        (page_of(*[BODY] * 100, FORM), "unsigned_report", SAID, False),  # four in 1,600 words are no reporting
        (page_of(BODY), "unsigned_report", SAID, False),  # a bare article may have lost its author
        (page_of(BODY, FORM, author="Marla Quint"), "unsigned_report", SAID, False),
        (page_of((BlockLabel.BYLINE, "By Marla Quint"), BODY, FORM), "unsigned_report", SAID, False),
        (page_of(BODY, FORM), "unsigned_post", SAID[:1], True),
        (page_of(BODY, FORM, author="Marla Quint"), "unsigned_post", SAID[:1], False),
    ],
)
def test_who_signs(page: Sifted, signal: str, places: list[Find], holds: bool) -> None:
    assert are_unsigned(page, signal, places) is holds


@pytest.mark.parametrize(
    ("name", "frame", "text", "holds"),
    [
        ("The Gull", BlockLabel.NAVIGATION, "The Gull | Home | News", True),
        ("The Gull", BlockLabel.TITLE, "Ferry late again - The Gull", True),
        ("The Gull", BlockLabel.NAVIGATION, "The Pier | Home | News", False),
        ("Reuters", BlockLabel.NAVIGATION, "The Gull | Home | News", False),
        ("Reuters", BlockLabel.BYLINE, "By Ann Holm, Reuters", False),
        ("Reuters", BlockLabel.CAPTION, "Photo: Reuters", False),
        ("Reuters", BlockLabel.SOURCE, "Source: Reuters", False),
        ("Reuters", BlockLabel.NOTICE, "All rights reserved", False),
        ("The Gull", BlockLabel.NOTICE, "© 2025 | The Gull", True),
        ("AP", BlockLabel.TITLE, "SNAP benefits cut", False),
        ("CNN", BlockLabel.RELATED, "What CNN got wrong", False),
    ],
)
def test_a_source_that_the_frame_of_the_page_names_is_its_own(
    name: str, frame: BlockLabel, text: str, holds: bool
) -> None:
    line = f"Source: {name}"
    page = page_of((frame, text), (BlockLabel.BODY, STORY), (BlockLabel.SOURCE, line))
    at = page.source.rindex(line)
    assert name_own_site(page, [Find(at, at + len(line))]) is holds


def test_the_declared_site_is_a_source_of_its_own() -> None:
    page = page_of((BlockLabel.BODY, STORY), (BlockLabel.SOURCE, "Source: The Gull"), site="The Gull")
    at = page.source.index("Source:")
    assert name_own_site(page, [Find(at, len(page.source))])


@pytest.mark.parametrize(
    ("text", "holds"), [("Source: The Gull", False), ("Source: The Gull | The Gull", True), ("Source:", False)]
)
def test_a_source_line_is_no_frame_that_names_the_site(text: str, holds: bool) -> None:
    page = page_of((BlockLabel.BODY, STORY), (BlockLabel.OTHER, text))
    at = page.source.rindex("Source:")
    assert name_own_site(page, [Find(at, at + len("Source: The Gull"))]) is holds
