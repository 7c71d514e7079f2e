"""Where one block ends and the next begins, and that offsets point at the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift import blocks as module
from spamsift.blocks import split
from spamsift.reading import read
from spamsift.records import Document, Health, InputKind, Options


def html_blocks(markup: str) -> list[str]:
    return [block.text for block in split(read(markup, None, Options(kind=InputKind.HTML))).blocks]


def text_blocks(text: str) -> list[str]:
    return [block.text for block in split(Document(InputKind.TEXT, text)).blocks]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>One.</p><p>Two.</p>", ["One.", "Two."]),
        ("<div>Loose <p>inside</p> after</div>", ["Loose", "inside", "after"]),
        ("<p>a <b>bold</b> and <a href=x>linked</a> word</p>", ["a bold and linked word"]),
        ("<p>glued<b>letters</b></p>", ["gluedletters"]),
        ("<p>first<br>second</p>", ["first", "second"]),
        ("<p><a>One</a><a>Two</a></p>", ["One Two"]),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", ["a", "b", "c"]),
        ("<table><tr><td>x</td><td>1</td></tr></table>", ["x", "1"]),
        ("<p>shown</p><script>hidden()</script><style>p{}</style>", ["shown"]),
        ("<p>  much \n\n white\tspace </p>", ["much white space"]),
        ("<pre>  kept\n    as is\n</pre>", ["  kept\n    as is"]),
        ("<noscript><p>the post itself</p></noscript>", ["the post itself"]),
        ("<!-- a comment --><p>a<!-- b -->c</p>", ["ac"]),
        ("<title>Not text</title><p>text</p>", ["text"]),
    ],
)
def test_html_boundaries(markup: str, expected: list[str]) -> None:
    assert html_blocks(f"<html><body>{markup}</body></html>") == expected


def test_markup_of_a_block() -> None:
    page = '<body><div class="Post"><p id="x">See <a href="#">the list</a> <em>now</em></p></div></body>'
    markup = split(read(page, None, Options())).blocks[0].markup
    assert markup is not None
    assert (markup.node.tag, markup.node.hints) == ("p", "x")
    assert markup.node.parent is not None
    assert markup.node.parent.hints == "post"
    assert (markup.n_links, markup.n_link_chars, markup.n_emphasis_chars) == (1, 7, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.\n\nTwo.", ["One.", "Two."]),
        ("One.\r\nTwo.\rThree.", ["One.", "Two.", "Three."]),
        ("   indented   \n\n\n", ["indented"]),
        ("", []),
        (" \n\t\n", []),
    ],
)
def test_text_boundaries(text: str, expected: list[str]) -> None:
    assert text_blocks(text) == expected


def test_hard_wrapped_paragraphs_stay_whole() -> None:
    paragraph = "\n".join(
        ["The harbour was closed on Monday because of a storm which came in from"] * 4 + ["the west."]
    )
    text = f"{paragraph}\n\n{paragraph}\n\nA short line"
    assert text_blocks(text) == [paragraph, paragraph, "A short line"]


def test_lines_longer_than_any_wrapped_one_are_left_alone() -> None:
    lines = ["word " * 30, "word " * 40, "w" * 200, "word " * 30]
    assert text_blocks("\n".join(lines)) == [line.strip() for line in lines]


def test_wrapped_pages_keep_items_rules_and_junk_lines_apart() -> None:
    prose = "The harbour was closed on Monday because of a storm which came in from\nthe west that night."
    tail = "He had been told to bring nothing but bread, and he brought bread.\nAdvertisement"
    items = "1. A second pair of socks, in case the first one is lost on the way to\nthe hut.\n2. Oats."
    text = f"{prose}\n{prose}\n\n{prose}\n\n{tail}\n\n{items}\n{'-' * 58}\nEnd"
    blocks = text_blocks(text)
    assert blocks[:3] == [prose] * 3
    assert blocks[3:5] == tail.split("\n")
    assert blocks[5:] == [
        "1. A second pair of socks, in case the first one is lost on the way to\nthe hut.",
        "2. Oats.",
        "-" * 58,
        "End",
    ]


def test_lists_of_long_headlines_are_not_taken_for_wrapped_prose() -> None:
    headlines = [f"Council member number {i} says that the bridge is open to everybody again now" for i in range(6)]
    story = "A long paragraph about the bridge and what it means for the town, its shops and its people. " * 3
    assert text_blocks("\n".join([story, story, *headlines])) == [story.strip(), story.strip(), *headlines]


def test_too_many_blocks_are_joined_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BLOCKS", 10)
    page = split(Document(InputKind.TEXT, "\n".join(f"line {i}" for i in range(25))))
    assert len(page.blocks) <= 10
    assert page.health == (Health.TOO_MANY_BLOCKS,)
    assert "line 24" in page.blocks[-1].text


@given(st.text(alphabet="ab .\n\r\t<>&é\u2028", max_size=80))
def test_offsets_point_at_the_text(text: str) -> None:
    for document in (Document(InputKind.TEXT, text), read(f"<p>{text}</p>", None, Options(kind=InputKind.HTML))):
        page = split(document)
        assert all(page.source[block.start : block.end] == block.text for block in page.blocks)
        ends = [0, *(block.end for block in page.blocks)]
        assert all(end <= block.start for end, block in zip(ends, page.blocks, strict=False))
        assert "".join("".join(b.text for b in page.blocks).split()) == "".join(page.source.split())
