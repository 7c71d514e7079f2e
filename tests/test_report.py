"""What reaches the terminal, the pipe and the JSON reader."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift import report
from spamsift.records import (
    BlockLabel,
    Cut,
    Evidence,
    Health,
    LabelledBlock,
    PageKind,
    Provenance,
    Sifted,
    Verdict,
)

HOSTILE = "\x1b]0;owned\x07[bold red]not markup[/] \x1b[31mred\x1b[0m \u202e\x00\x9b2J\ud800 end"


def page_of(text: str = "The boat left.", *, quote: str = "SafeX", name: str = "a.html") -> Sifted:
    """A mirror whose one block lost the word ``SafeX``."""
    source = f"{text} SafeX."
    at = len(text)
    return Sifted(
        text=f"{text}.",
        cuts=(Cut(at, at + 6, BlockLabel.INJECTED, 0.9, "brand", " SafeX"),),
        title=text,
        blocks=(LabelledBlock(source, BlockLabel.BODY, 0.75, 0, len(source), ("long [bold]sentences[/]",)),),
        provenance=Provenance(source="The Hill"),
        verdict=Verdict(PageKind.MIRROR, 0.97, {PageKind.MIRROR: 0.97}, (Evidence("crumb", 2.1, quote, 0, 5),)),
        health=(Health.WRONG_CHARSET,),
        name=name,
    )


def rendered(what: object, *, width: int = 80, color: bool = False) -> str:
    from rich.console import Console

    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=color, color_system="standard" if color else None)
    console.print(what)
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x.example\x07link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1b[", "["),
        ("a\x00\x08\x7f\x85b", "ab"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("naïve 日本 🙂 \u200dok", "naïve 日本 🙂 \u200dok"),
    ],
)
def test_printable(text: str, expected: str) -> None:
    assert report.printable(text) == expected


@given(st.text())
def test_printable_leaves_no_control_character(text: str) -> None:
    shown = report.printable(text)
    assert all(char in "\t\n" or (char >= " " and not "\x7f" <= char <= "\x9f") for char in shown)
    assert report.printable(shown) == shown


@given(st.text())
def test_a_path_stays_on_one_line(name: str) -> None:
    assert len(report.escape_controls(name).splitlines()) <= 1


def test_every_kind_and_label_has_a_colour() -> None:
    assert set(report.KIND_STYLES) == set(PageKind)
    assert set(report.LABEL_STYLES) == set(BlockLabel)


def test_row_of_a_page_without_evidence_names_what_was_wrong() -> None:
    row = report.to_row(Sifted(text="", health=(Health.EMPTY,)))
    assert (row.kind, row.finding, row.source) == (PageKind.UNDETERMINED, "empty", "-")


def test_plain_row_is_one_line_and_keeps_the_path() -> None:
    name = "a very/long path/" * 12 + "page\n.html"
    line = report.plain_row(report.to_row(page_of(quote="two\nlines " * 50, name=name)), 10)
    assert line.startswith("a very/long path/" * 12 + "page\\n.html  mirror")
    assert "\n" not in line
    assert line.endswith("…”")


def test_plain_columns_line_up_under_wide_characters() -> None:
    rows = [report.plain_row(report.to_row(page_of(name=name)), 12) for name in ("abc.html", "日本.html")]
    assert {report.display_width(line[: line.index("mirror")]) for line in rows} == {14}


@pytest.mark.parametrize("width", [60, 80, 200])
def test_table_fits_its_width_and_folds_paths(width: int) -> None:
    row = report.to_row(page_of(name="folder/" * 20 + "page.html", quote="word " * 40))
    shown = rendered(report.score_table([row]), width=width)
    assert all(report.display_width(line) <= width for line in shown.splitlines())
    assert "mirror" in shown
    assert "0.97" in shown
    assert "1 page: 1 mirror" in shown
    in_first_column = "".join(line.split("  ")[0] for line in shown.splitlines()[2:]).replace(" ", "")
    assert "page.html" in in_first_column


def test_table_in_ascii() -> None:
    row = report.to_row(page_of(name="a.html"))
    assert report.score_table([row], ascii_only=True).row_count == 1
    assert "#####" in rendered(report.score_table([row], ascii_only=True))


@pytest.mark.parametrize("color", [False, True])
def test_hostile_text_is_shown_as_text(color: bool) -> None:
    page = page_of(HOSTILE, quote=HOSTILE, name="\x1b[2J.html")
    for view in (report.score_table([report.to_row(page)]), report.blocks_view(page)):
        shown = rendered(view, color=color, width=300)
        assert "[bold red]not markup[/]" in shown
        assert "\x1b]0" not in shown
        assert "\x1b[2J" not in shown
        assert "\u202e" not in shown
        assert color or "\x1b" not in shown
    assert "\x1b" not in "".join(report.plain_blocks(page))


def test_plain_blocks_mark_cuts_inside_a_block() -> None:
    lines = list(report.plain_blocks(page_of()))
    assert lines[0].startswith("== a.html  mirror  score 0.97  kept 0.7")
    assert "   source: The Hill" in lines
    assert "   health: wrong_charset" in lines
    assert "   +2.10  crumb  “SafeX”" in lines
    assert lines[-1] == "body        0.75  The boat left.[- SafeX-].  (long [bold]sentences[/])"


def test_blocks_view_shows_reasons() -> None:
    shown = rendered(report.blocks_view(page_of()))
    assert "The boat left. SafeX." in shown
    assert "long [bold]sentences[/]" in shown


def cuts_of(*spans: tuple[int, int]) -> list[Cut]:
    return [Cut(a, b, BlockLabel.INJECTED, 0.9, "brand", "x" * (b - a)) for a, b in spans]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], [("0123456789", False)]),
        ([(10, 20)], [("0123456789", False)]),  # the whole block: its label says so
        ([(0, 30)], [("0123456789", False)]),
        ([(0, 10), (20, 30)], [("0123456789", False)]),  # neighbours
        ([(5, 12), (18, 25)], [("01", True), ("234567", False), ("89", True)]),  # reaching in
        ([(12, 13), (13, 15)], [("01", False), ("2", True), ("34", True), ("56789", False)]),
    ],
)
def test_pieces(spans: list[tuple[int, int]], expected: list[tuple[str, bool]]) -> None:
    block = LabelledBlock("0123456789", BlockLabel.BODY, 0.9, 10, 20)
    assert list(report.pieces(block, cuts_of(*spans))) == expected


@given(st.sets(st.integers(0, 40)), st.integers(0, 20))
def test_pieces_are_the_whole_block(edges: set[int], start: int) -> None:
    bounds = sorted(edges)
    spans = list(zip(bounds[::2], bounds[1::2], strict=False))
    block = LabelledBlock("abcdefghij", BlockLabel.BODY, 0.9, start, start + 10)
    assert "".join(text for text, _ in report.pieces(block, cuts_of(*spans))) == block.text


def test_json_line_is_ascii_and_reads_back() -> None:
    page = page_of("lone \ud800, line\u2028 and \x9b control")
    line = report.json_line(page)
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == page.to_dict()
