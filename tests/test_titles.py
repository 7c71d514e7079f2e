"""Which line is the title."""

from __future__ import annotations

import pytest

from spamsift.blocks import split
from spamsift.reading import read
from spamsift.records import BlockLabel, InputKind, Metadata, Options
from spamsift.titles import find_titles

STORY = "The mayor opened the new bridge on Monday after two years of work, and hundreds walked over it in the sun. "


def title_of(text: str, metadata: Metadata | None = None, *, kind: InputKind = InputKind.TEXT) -> str | None:
    blocks = split(read(text, None, Options(kind=kind))).blocks
    is_article = [len(block.text) > 90 for block in blocks]
    labels = [BlockLabel.BODY if article else BlockLabel.NAVIGATION for article in is_article]
    found = find_titles(blocks, labels, is_article, metadata or Metadata())
    return blocks[found[0]].text if found else None


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["Mayor opens bridge", STORY * 2], "Mayor opens bridge"),
        (["Menu", "Home > News", "Mayor opens bridge", "3 May 2020", STORY * 2], "Mayor opens bridge"),
        (["Home > News > Mayor opens bridge", "Mayor opens bridge", STORY * 2], "Mayor opens bridge"),
        (
            ["New bridge opened by the mayor of Karsten, U.S.", STORY * 2],
            "New bridge opened by the mayor of Karsten, U.S.",
        ),
        (["# bridge", STORY * 2], "# bridge"),
        (
            ["Position：Home » New bridge after two years", "Acme Pro|New bridge after two years", STORY * 2],
            "Acme Pro|New bridge after two years",
        ),
        (
            ["Acme|The bridge: hundreds walked -The Gull", "Hot lists", "The bridge", STORY * 2],
            "Acme|The bridge: hundreds walked -The Gull",
        ),
        (["Home > The mayor opened it.", "Acme-The mayor opened it.", STORY * 2], "Acme-The mayor opened it."),
        (["The mayor opened it.", STORY * 2], None),
        (["Contact us", "About the paper", STORY * 2], None),
        ([STORY * 2, "Mayor opens bridge"], None),
        (["Mayor opens bridge"], None),
    ],
)
def test_titles_of_texts(lines: list[str], title: str | None) -> None:
    assert title_of("\n\n".join(lines)) == title


LEDE = "New bridge after two years, and much ado about it, the critics of the mayor say."


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["Home > New bridge after two years", "Acme|New bridge after two years"], [1, 0]),
        (["Acme|New bridge after two years -The Gull", "New bridge after two years"], [1, 0]),
        (["New bridge after two years", LEDE], [0]),
        (["New bridge after two years", "3 May", "New bridge after two years"], [2, 0]),
        (["Menu", "New bridge after two years"], [1]),
        ([*(f"Part {n} - opens the bridge after two" for n in range(6)), "New bridge after two years"], [6]),
    ],
)
def test_lines_that_show_the_headline(lines: list[str], shown: list[int]) -> None:
    blocks = split(read("\n\n".join([*lines, STORY * 2]), None, Options(kind=InputKind.TEXT))).blocks
    is_article = [block.text in (LEDE, blocks[-1].text) for block in blocks]
    labels = [BlockLabel.BODY if article else BlockLabel.NAVIGATION for article in is_article]
    assert list(find_titles(blocks, labels, is_article, Metadata())) == shown


def test_declared_title_tells_the_headline_from_the_name_of_the_site() -> None:
    page = f"<h1>The Gull</h1><h2>Ferry late again</h2><p>{STORY * 2}</p>"
    metadata = Metadata(title="The Gull", page_title="Ferry late again - The Gull")
    assert title_of(page, metadata, kind=InputKind.HTML) == "Ferry late again"
