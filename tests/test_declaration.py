"""trafilatura's opinion and the metadata."""

from __future__ import annotations

import pytest

from spamsift import declaration
from spamsift.blocks import split
from spamsift.declaration import declare
from spamsift.reading import read
from spamsift.records import Options

STORY = "The harbour was closed on Monday because of the storm, the port authority said in a short statement. "
PAGE = f"""<html lang="en-GB"><head><title>Harbour closed | The Gull</title>
<meta property="og:title" content="Harbour closed"><meta property="og:site_name" content="The Gull">
<meta name="author" content="Mara Tindall"><meta property="article:published_time" content="2021-03-04T10:00:00Z">
</head><body><nav><ul><li><a href="/">Home</a></li><li><a href="/a">About us</a></li></ul></nav>
<article><h1>Harbour closed</h1><p>{STORY * 3}</p><p>{STORY * 2}It reopened at noon.</p></article>
<footer>All rights reserved</footer></body></html>"""


def test_metadata() -> None:
    found = declare(read(PAGE, None, Options())).metadata
    assert (found.title, found.author, found.date) == ("Harbour closed", "Mara Tindall", "2021-03-04")
    assert (found.site, found.language, found.page_title) == ("The Gull", "en", "Harbour closed | The Gull")


def test_the_tree_is_left_alone() -> None:
    document = read(PAGE, None, Options())
    before = split(document)
    declare(document)
    assert split(document).source == before.source


def test_a_failing_library_costs_its_metadata_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(tree: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(declaration, "_metadata_page", fail)
    found = declare(read(PAGE, None, Options())).metadata
    assert (found.title, found.author, found.language) == ("Harbour closed | The Gull", None, "en")


def test_a_date_in_a_time_zone_that_nobody_knows_is_no_warning() -> None:  # which pytest makes an exception
    page = PAGE.replace("article:published_time", "x").replace(
        "<h1>", "<time datetime='2021-03-04 10:00 EST'></time><h1>"
    )
    assert declare(read(page, None, Options())).metadata.author == "Mara Tindall"


def test_signs_and_descriptions() -> None:
    page = """<html><head><meta property="og:type" content="article"><meta name="description" content="A short note.">
    <link rel="canonical" href="https://a.example/blog/2020/harbour-closed"><script type="application/ld+json">
    {"@graph": [{"@type": ["Product", "Thing"], "description": "DESCRIPTION"},
    {"@type": "Review", "reviewBody": "REVIEW"}]}
    </script><script type="application/ld+json">{broken</script></head>
    <body class="single-post"><p>Text</p><p>More</p><p>Yet more</p></body></html>"""
    page = page.replace("DESCRIPTION", "d" * 70).replace("REVIEW", "r" * 70)
    found = declare(read(page, None, Options()))
    wanted = {"og:type=article", "meta=description", "ld=product", "ld=review", "path=blog", "path=harbour", "depth=2"}
    assert wanted | {"body=post", "n_p=2", "n_table=0", "dashes=1", "query=False"} <= set(found.signs)
    assert found.descriptions.split() == ["d" * 70, "A", "short", "note."]
    assert found.bodies == "r" * 70


def test_bylines_come_in_the_order_of_the_page_and_are_few() -> None:
    cards = "".join(
        f"<p class=card><i class='card-author'>Ann {i}</i> <time>2020-01-{i:02}</time> <b rel=author itemprop=author>B"
        for i in range(1, 20)
    )
    tree = read(f"<html><body><div class=author>{'long ' * 50}</div>{cards}</body></html>", None, Options()).tree
    assert tree is not None
    found = declaration._find_bylines()(tree)[: declaration._MAX_BYLINES]
    assert [element.tag for element in found] == ["i", "time", "b"] * 4
    assert [element.text for element in found[:5]] == ["Ann 1", "2020-01-01", "B", "Ann 2", "2020-01-02"]
