"""Hostile and broken pages, end to end: an answer in time, the right ``health``, and no word lost.

Budgets are seconds of CPU at the machine's usual pace (``conftest.py``): a busy machine does not fail a test.
"""

from __future__ import annotations

import html
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

import spamsift
from spamsift import Health, InputKind, Options, PageKind, Sifted

END = "The very last sentence stands here, after everything else."
PROSE = "A sentence about the harbour, the market and the people who live there all year long. "
RUSSIAN = "Президент подписал закон о бюджете на следующий год, сообщает агентство."
AS_HTML = Options(kind=InputKind.HTML)
QUICK = 2.0
"""CPU seconds for a page of less than a megabyte; the slowest takes about a quarter of it."""
SLOW = 12.0
"""CPU seconds for a page with hundreds of thousands of lines, links or elements, or of 10 MB."""
HUGE = 18.0
"""CPU seconds for a page of 30 MB; less than batch allows a page by default (20 s)."""


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Imports and models are loaded once, and are no page's fault."""
    for page in ("<html><body><p>One.</p><p>Two.</p>", "One.\nTwo."):
        spamsift.sift(page)


SiftInTime = Callable[..., Sifted]


@pytest.fixture
def sift_in_time(within: Callable[[float], AbstractContextManager[None]]) -> SiftInTime:
    """``sift_in_time(page, seconds, options=None)``: the answer, which came in time and is JSON."""

    def sift(page: str | bytes, seconds: float, options: Options | None = None) -> Sifted:
        with within(seconds):
            answer = spamsift.sift(page, options=options)
        json.dumps(answer.to_dict(), allow_nan=False)
        return answer

    return sift


# --- nothing to read ------------------------------------------------------------------------------


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("page.html", "<p>packed</p>")
    return packed.getvalue()


NOTHING: dict[str, tuple[str | bytes, set[Health]]] = {
    "empty": ("", {Health.EMPTY}),
    "no bytes": (b"", {Health.EMPTY}),
    "white space": (" \n\t\r\n \u00a0\u2028", {Health.EMPTY}),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 9, {Health.BINARY}),
    "zip": (zipped(), {Health.BINARY}),
    "noise": (bytes(i * i * 7919 % 251 for i in range(9_999)), {Health.BINARY}),
    "markup without a word": ("<html><body><p> </p><img src='x.png'></body></html>", {Health.NO_TEXT}),
    "scripts only": ("<html><body><script>let a = '<p>';</script></body></html>", {Health.NO_TEXT}),
}


@pytest.mark.parametrize(("page", "health"), NOTHING.values(), ids=NOTHING)
def test_nothing_to_read(page: str | bytes, health: set[Health], sift_in_time: SiftInTime) -> None:
    answer = sift_in_time(page, QUICK)
    assert set(answer.health) == health
    assert not answer.text.strip()
    assert (answer.blocks, answer.cuts, answer.title) == ((), (), None)
    assert answer.verdict.kind is PageKind.UNDETERMINED


# --- charsets and characters ----------------------------------------------------------------------


def declare(charset: str, body: str) -> str:
    return f'<html><head><meta charset="{charset}"></head><body><p>{body}</p><p>{END}</p></body></html>'


TEXT = f"{PROSE}\n{END}"
HTML = declare("utf-8", PROSE)
CHARACTERS: dict[str, tuple[str | bytes, str, set[Health]]] = {
    "utf-16 text": (TEXT.encode("utf-16"), END, set()),
    "utf-16 html": (HTML.encode("utf-16"), END, set()),
    "utf-16-le text, no mark": (TEXT.encode("utf-16-le"), END, set()),
    "utf-16-be text, no mark": (TEXT.encode("utf-16-be"), END, set()),
    "utf-16-le html, no mark": (HTML.encode("utf-16-le"), END, set()),
    "utf-16-be html, no mark": (HTML.encode("utf-16-be"), END, set()),
    "wrong charset": (declare("utf-8", RUSSIAN).encode("cp1251"), RUSSIAN, {Health.WRONG_CHARSET}),
    "wrong charset, really utf-8": (declare("windows-1251", RUSSIAN).encode(), RUSSIAN, {Health.WRONG_CHARSET}),
    "NUL in text": (f"a\0b\n{END}", f"a\0b\n{END}", {Health.NUL_BYTES}),
    "NUL in html": (HTML.replace("harbour", "har\0bour"), "harbour", {Health.NUL_BYTES}),
    "NUL between tags": (HTML.replace("<p>", "\0<p>\0").encode(), END, {Health.NUL_BYTES}),
    "lone surrogate in text": (f"{PROSE}\ud800\n{END}", "\ud800", {Health.LONE_SURROGATES}),
    "lone surrogate in html": (HTML.replace("market", "\udfffmarket"), "\ufffdmarket", {Health.LONE_SURROGATES}),
    "broken utf-8": (("é" * 50 + TEXT).encode() + b"\xe2\x82", END, {Health.UNDECODABLE_BYTES}),
}


@pytest.mark.parametrize(("page", "kept", "health"), CHARACTERS.values(), ids=CHARACTERS)
def test_characters(page: str | bytes, kept: str, health: set[Health], sift_in_time: SiftInTime) -> None:
    answer = sift_in_time(page, QUICK)
    assert set(answer.health) == health
    assert kept in answer.source
    assert END in answer.source


# --- markup that nobody meant ---------------------------------------------------------------------

P_END = f"<p>{END}</p>"
MALFORMED: dict[str, tuple[str, set[Health]]] = {
    "comment only": (f"<!doctype html><!-- {END} -->", {Health.MALFORMED}),
    "tags crossed": (f"<html><p><b><i>one</b></i></p></div></table>{P_END}", set()),
    "nothing closed": (f"<html><body><div><table><tr><td><ul><li><a href=/x><p>one<p>{END}", set()),
    "comment never closed before": (f"<html><body>{P_END}<!-- never closed", set()),
    "attribute never closed before": (f"<html><body>{P_END}<a href='never closed>", set()),
    "body twice": (f"<html><body><p>one</p></body></html><html><body>{P_END}</body></html>", set()),
    "text after the end": (f"<html><body><p>one</p></body></html>{END}", set()),
    "xml": (f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>{P_END}</body></html>', set()),
    "entities": (f"<html><body><p>&nope; &#99999999; &#0; &</p>{P_END}", set()),
    "a million <": (f"<html><body>{'<' * 1_000_000}{P_END}", set()),
    "a million &": (f"<html><body>{'&' * 1_000_000}{P_END}", set()),
    "unknown tags": (f"<html><body>{'<x-y z=1>word</x-y>' * 5_000}{P_END}", set()),
}


@pytest.mark.parametrize(("page", "health"), MALFORMED.values(), ids=MALFORMED)
def test_malformed(page: str, health: set[Health], sift_in_time: SiftInTime) -> None:
    answer = sift_in_time(page, QUICK)
    assert set(answer.health) == health
    assert END in answer.source


# --- size -----------------------------------------------------------------------------------------

MANY = Health.TOO_MANY_BLOCKS


def in_body(part: str, n: int = 1) -> str:
    return f"<html><body>{part * n}{P_END}</body></html>"


CARD = f'<div class="card"><p>{PROSE * 2}</p><ul><li><a href="/x">One link</a></li></ul></div>\n'
SIZES: dict[str, tuple[Callable[[], str], float, set[Health]]] = {
    "10,000 nested": (lambda: f"<html>{'<div>' * 10_000}deep{'</div>' * 10_000}{P_END}", QUICK, {Health.DEEPLY_NESTED}),
    "10,000 nested with words": (lambda: in_body("<div>word ", 10_000), 4.0, {Health.DEEPLY_NESTED}),
    "100,000 nested": (lambda: in_body("<b>", 100_000), 4.0, {Health.DEEPLY_NESTED}),
    "12 MB text node": (lambda: in_body(f"<p>{PROSE * 138_000}</p>"), SLOW, {Health.HUGE_TEXT_NODE}),
    "6 MB line": (lambda: f"{PROSE * 69_000}\n{END}", SLOW, set()),
    "200,000 lines": (lambda: "tiny\n" * 200_000 + END, SLOW, {MANY}),
    "100,000 paragraphs": (partial(in_body, "<p>tiny</p>", 100_000), SLOW, {MANY}),
    "100,000 line breaks": (partial(in_body, "tiny<br>", 100_000), SLOW, {MANY}),
    "100,000 spans": (partial(in_body, "<span>a</span>", 100_000), SLOW, set()),
    "a 5 MB word": (lambda: "x" * 5_000_000 + "\n" + END, SLOW, set()),
    "a 5 MB word in html": (lambda: in_body(f"<p>{'x' * 5_000_000}</p>"), SLOW, set()),
    "100,000 links in a paragraph": (partial(in_body, '<a href="/x">some link</a> ', 100_000), SLOW, set()),
    "100,000 links in a list": (partial(in_body, '<li><a href="/x">some link</a></li>', 100_000), SLOW, {MANY}),
    "100,000 bylines": (partial(in_body, "<time class=byline>2020-01-01</time> ", 100_000), SLOW, set()),
    "30,000 headings": (partial(in_body, "<h1>head</h1>", 30_000), SLOW, {MANY}),
    "100,000 cells in a row": (lambda: in_body(f"<table><tr>{'<td>x</td>' * 100_000}</table>"), SLOW, {MANY}),
    "a 9 MB class": (lambda: f"<html><body class='{'abc ' * 2_250_000}'>{P_END}", SLOW, set()),
    "50,000 meta elements": (
        lambda: f"<html><head>{'<meta property=og:title content=x>' * 50_000}</head><body>{P_END}", SLOW, set()
    ),
    "30 MB html": (partial(in_body, CARD, 120_000), HUGE, {MANY}),
    "30 MB text": (lambda: (PROSE * 4 + "\n") * 87_000 + END, HUGE, {MANY}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("make", "seconds", "health"), SIZES.values(), ids=SIZES)
def test_sizes(make: Callable[[], str], seconds: float, health: set[Health], sift_in_time: SiftInTime) -> None:
    answer = sift_in_time(make(), seconds)
    assert set(answer.health) == health
    assert answer.source.endswith(END)


def test_joined_blocks_lose_no_line(sift_in_time: SiftInTime) -> None:
    page = "".join(f"line {i}\n" for i in range(50_000))
    answer = sift_in_time(page, SLOW)
    assert answer.health == (Health.TOO_MANY_BLOCKS,)
    assert answer.source == page
    words = [word for block in answer.blocks for word in block.text.split()]
    assert words == page.split()


# --- patterns that must not backtrack -------------------------------------------------------------

BOMBS = {
    "a!": "a" * 100_000 + "!",
    "Source:": "Source: " * 20_000,
    "By": "By " * 40_000,
    "By a name": "By Jane Doe " * 20_000,
    "(Photo by": "(Photo by " * 20_000,
    "(Reuters)": "(Reuters) - " * 15_000,
    "via": "via " * 40_000,
    "crumbs": "Current:Home > " * 10_000,
    "pipes": "|" * 100_000,
    "titles": "Abc | Def " * 20_000,
    "tight titles": "A|B" * 40_000,
    "dashes": " - " * 40_000,
    "hyphens": "a-" * 60_000,
    "brand": "SafeX" * 20_000,
    "brand apart": "SafeX Pro " * 20_000,
    "brand glued": "TheSafeXPro " * 20_000,
    "brands": "".join(f"Name{i}Xy Pro " for i in range(10_000)),
    "see also": "See also " * 20_000,
    "read more": "Read more: " * 15_000,
    "share": "Share on Facebook " * 10_000,
    "reply": "Leave a comment " * 10_000,
    "newsletter": "Sign up for our newsletter " * 6_000,
    "copyright": "© 2024 Copyright " * 10_000,
    "votes": "very good! (59) " * 10_000,
    "digits": "1" * 100_000,
    "dates": "2024-01-01 " * 10_000,
    "stamps": "Date:2024-01-01 00:00:00 " * 6_000,
    "month names": "Jan 1, " * 20_000,
    "prices": "$5 5% " * 20_000,
    "addresses": "http://" * 20_000,
    "domains": "a.com" * 30_000,
    "mail": "a@" * 50_000,
    "quotes": "“" * 100_000,
    "apostrophes": "'s " * 50_000,
    "brackets": "(" * 100_000,
    "omissions": "[…] " * 30_000,
    "dots": "." * 100_000,
    "spaces": "x" + " " * 200_000 + "y",
    "no-break spaces": "x" + "\u00a0" * 100_000 + "y",
    "tabs": "x" + "\t" * 100_000 + "y",
    "zero width": "\u200b" * 100_000,
    "accents": "e" + "\u0301" * 100_000,
    "right to left": "\u202e" * 50_000,
    "Chinese": "新" * 100_000,
    "words": "".join(f"w{i} " for i in range(20_000)),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_patterns(bomb: str, sift_in_time: SiftInTime) -> None:
    """In a text on one line and on many, and in a page's title, heading and paragraph."""
    shown = html.escape(bomb)
    lines = "\n".join(bomb[i : i + 90] for i in range(0, len(bomb), 90))
    for page in (
        f"{bomb}\n{END}",
        f"{lines}\n{END}",
        f"<html><head><title>{shown}</title></head><body><h1>{shown}</h1><p>{shown}</p>{P_END}</body></html>",
    ):
        answer = sift_in_time(page, QUICK)
        assert answer.health == ()
        assert END in answer.source


def test_markup_read_as_text_and_text_read_as_markup(sift_in_time: SiftInTime) -> None:
    assert END in sift_in_time(f"{PROSE}\n{END}", QUICK, AS_HTML).source
    assert sift_in_time(HTML, QUICK, Options(kind=InputKind.TEXT)).source == HTML
