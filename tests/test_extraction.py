"""trafilatura's opinion and the metadata."""

from __future__ import annotations

import pytest

from spamsift import extraction
from spamsift.blocks import split
from spamsift.extraction import extract
from spamsift.reading import read
from spamsift.records import Block, Options

STORY = "The harbour was closed on Monday because of the storm, the port authority said in a short statement. "
PAGE = f"""<html lang="en-GB"><head><title>Harbour closed | The Gull</title>
<meta property="og:title" content="Harbour closed"><meta property="og:site_name" content="The Gull">
<meta name="author" content="Mara Tindall"><meta property="article:published_time" content="2021-03-04T10:00:00Z">
</head><body><nav><ul><li><a href="/">Home</a></li><li><a href="/a">About us</a></li></ul></nav>
<article><h1>Harbour closed</h1><p>{STORY * 3}</p><p>{STORY * 2}It reopened at noon.</p></article>
<footer>All rights reserved</footer></body></html>"""


def test_the_article_is_kept_and_the_menu_is_not() -> None:
    document = read(PAGE, None, Options())
    blocks = split(document).blocks
    kept = {block.text[:12]: share for block, share in zip(blocks, extract(document, blocks).kept, strict=True)}
    assert kept["The harbour "] == 1.0
    assert kept["About us"] == 0.0


def test_metadata() -> None:
    found = extract(read(PAGE, None, Options()), ()).metadata
    assert (found.title, found.author, found.date) == ("Harbour closed", "Mara Tindall", "2021-03-04")
    assert (found.site, found.language, found.page_title) == ("The Gull", "en", "Harbour closed | The Gull")


def test_the_tree_is_left_alone() -> None:
    document = read(PAGE, None, Options())
    before = split(document)
    extract(document, before.blocks)
    assert split(document).source == before.source


def test_the_same_page_gives_the_same_opinion_every_time() -> None:
    document = read(PAGE, None, Options())
    blocks = split(document).blocks
    assert len({extract(document, blocks).kept for _ in range(5)}) == 1


def test_a_failing_extractor_costs_its_opinion_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "_main_text", lambda tree: None)
    document = read(PAGE, None, Options())
    blocks = split(document).blocks
    opinion = extract(document, blocks)
    assert opinion.failed
    assert opinion.kept == (0.0,) * len(blocks)
    assert opinion.metadata.author == "Mara Tindall"


def test_bylines_come_in_the_order_of_the_page_and_are_few() -> None:
    cards = "".join(
        f"<p class=card><i class='card-author'>Ann {i}</i> <time>2020-01-{i:02}</time> <b rel=author itemprop=author>B"
        for i in range(1, 20)
    )
    tree = read(f"<html><body><div class=author>{'long ' * 50}</div>{cards}</body></html>", None, Options()).tree
    assert tree is not None
    found = extraction._find_bylines()(tree)[: extraction._MAX_BYLINES]
    assert [element.tag for element in found] == ["i", "time", "b"] * 4
    assert [element.text for element in found[:5]] == ["Ann 1", "2020-01-01", "B", "Ann 2", "2020-01-02"]


def test_shares_of_whole_lines_parts_of_them_and_short_ones() -> None:
    text = "The bridge was closed on Monday.\nRead more\n..."
    texts = ("the bridge was CLOSED on Monday.", "Bridge was closed on Tuesday", "read more!", "Read", "...", "- -")
    shares = extraction.kept_shares([Block(text, 0, len(text)) for text in texts], text)
    assert shares == pytest.approx((1.0, 2 / 3, 1.0, 0.0, 1.0, 1.0))
