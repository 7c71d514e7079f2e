"""The diff of an operation and the audit of its cuts: nothing is lost, and no page can forge the marks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift import sift
from spamsift.cli import app
from spamsift.difference import Role, audit_lines, diff_view, pieces_of, plain_diff
from spamsift.records import BlockLabel, Cut, Sifted
from spamsift.surgery import apply_cuts

FIXTURES = Path(__file__).parent.parent / "fixtures" / "wild-shapes"
MIRROR = FIXTURES / "mirror-text-man-was" / "page.txt"


def page_of(source: str, *spans: tuple[int, int, str]) -> Sifted:
    cuts = tuple(Cut(a, b, BlockLabel.INJECTED, 0.9, "brand", source[a:b], new) for a, b, new in spans)
    return Sifted(text=apply_cuts(source, cuts), cuts=cuts, name="a\nb.html")


def test_a_cut_stands_where_it_stood() -> None:
    page = page_of("The SafeXman met.", (4, 9, ""))
    assert list(plain_diff(page)) == [
        "== a\\nb.html  1 cut  kept 0.71",
        "The [-SafeX-]man met.",
        "injected    0.90  4-9  “SafeX”  brand",
    ]


def test_long_text_without_a_change_is_counted() -> None:
    page = page_of("a" * 500 + "XX" + "b" * 1500, (500, 502, " "))
    roles = [(piece.role, len(piece.text)) for piece in pieces_of(page)]
    assert [role for role, _ in roles] == [Role.ELIDED, Role.SAME, Role.CUT, Role.NEW, Role.SAME, Role.ELIDED]
    assert roles[1][1] == roles[4][1] == 120
    assert [piece.text for piece in pieces_of(page)][-1] == "… 1,380 characters …"


def test_a_page_without_cuts_is_one_count() -> None:
    assert [piece.text for piece in pieces_of(Sifted(text="a" * 100))] == ["… 100 characters …"]
    assert list(pieces_of(Sifted(text=""))) == []


def test_marks_and_escapes_of_the_page_are_no_marks() -> None:
    page = page_of("No [-cut-] {+here+}\x1b[31m SafeX", (23, 29, ""))
    shown = "\n".join(plain_diff(page))
    assert r"No \[-cut\-] \{+here\+}" in shown
    assert "\x1b" not in shown


@given(st.text(max_size=400), st.lists(st.integers(0, 400), max_size=8, unique=True))
def test_shown_and_counted_characters_are_the_source(source: str, places: list[int]) -> None:
    ends = sorted(place for place in places if place <= len(source))
    page = page_of(source, *((a, b, "") for a, b in zip(ends[::2], ends[1::2], strict=False)))
    n = 0
    for piece in pieces_of(page):
        n += int(piece.text.split()[1].replace(",", "")) if piece.role is Role.ELIDED else len(piece.text)
    assert n == len(source)


def test_the_audit_gives_the_source_back() -> None:
    page = sift(MIRROR)
    rows = [json.loads(line) for line in audit_lines(page)]
    assert rows
    assert all(page.source[row["start"] : row["end"]] == row["text"] for row in rows)
    cuts = [Cut(**{key: row[key] for key in row if key != "page"}) for row in rows]
    assert Sifted(text=page.text, cuts=tuple(cuts)).restore() == page.source


def test_colours_on_a_terminal() -> None:
    from rich.console import Console

    console = Console(force_terminal=True, color_system="standard", no_color=False, record=True, file=None, width=100)
    with console.capture() as shown:
        console.print(diff_view(page_of("The SafeXman met.", (4, 9, ""))))
    assert "\x1b[9;31mSafeX" in shown.get()


def run(*args: str) -> int:
    with pytest.raises(SystemExit) as end:
        app(list(args), prog_name="spamsift")
    return int(end.value.code or 0)


def test_the_command_writes_diff_and_audit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    audit = tmp_path / "cuts.jsonl"
    second = FIXTURES / "mirror-text-short-colon" / "page.txt"
    assert run("clean", "--diff", "--cuts", str(audit), str(MIRROR), str(second)) == 0
    shown = capsys.readouterr().out
    assert "A [-Oakmere Elite Quant Union-]man was" in shown
    pages = {json.loads(line)["page"] for line in audit.read_text(encoding="utf-8").splitlines()}
    assert pages == {str(MIRROR), str(second)}


def test_cuts_instead_of_texts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("clean", "--cuts", "-", str(MIRROR)) == 0
    assert all(json.loads(line)["page"] == str(MIRROR) for line in capsys.readouterr().out.splitlines())


def test_no_color_means_plain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert run("clean", "--diff", str(MIRROR)) == 0
    assert "[-Oakmere Elite Quant Union-]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--diff", "--cuts", "-"], "name a file"),
        (["--cuts", str(MIRROR)], "a page to read"),
        (["--cuts", "/nowhere/at/all.jsonl"], "not writable"),
    ],
)
def test_what_can_not_be_is_refused(args: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = MIRROR.read_bytes()
    assert run("clean", *args, str(MIRROR)) == 2
    assert told in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert MIRROR.read_bytes() == before
