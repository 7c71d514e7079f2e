"""trafilatura's opinion and the metadata."""

from __future__ import annotations

import pytest

from spamsift import extraction
from spamsift.blocks import split
from spamsift.extraction import extract
from spamsift.reading import read
from spamsift.records import Options

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
