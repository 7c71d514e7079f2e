"""``Sifted`` → what a person or a program reads: table, blocks, JSON line.

Pages are hostile: nothing of a page reaches a terminal as a control character, an ANSI escape or
rich markup. The plain forms need the standard library only; rich is imported by the terminal forms.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spamsift.records import BlockLabel, Cut, LabelledBlock, PageKind, Sifted, Verdict

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = [
    "Row",
    "blocks_view",
    "display_width",
    "escape_controls",
    "json_line",
    "plain_blocks",
    "plain_header",
    "plain_row",
    "printable",
    "score_table",
    "to_row",
]

KIND_STYLES = {
    PageKind.ORIGINAL: "green",
    PageKind.MIRROR: "bold red",
    PageKind.SPUN: "bold magenta",
    PageKind.GENERATED: "bold yellow",
    PageKind.THIN: "cyan",
    PageKind.DOORWAY: "bold bright_red",
    PageKind.UNDETERMINED: "dim",
}
LABEL_STYLES = {
    BlockLabel.TITLE: "bold green",
    BlockLabel.HEADING: "bold",
    BlockLabel.BODY: "green",
    BlockLabel.CAPTION: "cyan",
    BlockLabel.BYLINE: "blue",
    BlockLabel.INJECTED: "bold red",
    BlockLabel.RELATED: "red",
    BlockLabel.COMMENTS: "magenta",
    BlockLabel.SHARE: "magenta",
    BlockLabel.NAVIGATION: "yellow",
    BlockLabel.PROMO: "yellow",
    BlockLabel.NOTICE: "bright_black",
    BlockLabel.SOURCE: "blue",
    BlockLabel.OTHER: "bright_black",
}
N_QUOTE = 60
"""Characters of a quote in a table."""
N_BAR = 5
"""Cells of the score bar."""

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,512}(?:\x07|\x1b\\|\x9c)"  # OSC and kin: titles
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # all but tab and newline; bidi
_LINE_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; text fields are printable and free of line breaks."""

    source: str
    kind: PageKind
    score: float
    """P(page is not an original)."""
    kept_share: float
    """Characters kept / characters of the source."""
    finding: str
    """Strongest evidence in short; for a page without evidence, what was wrong with the input."""


def printable(text: str) -> str:
    r"""``text`` without ANSI escapes, control and bidi override characters; tabs and line breaks stay.

    >>> printable("a\x1b[31mred\x1b[0m\x07\r\nb")
    'ared\nb'
    """
    lines = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", lines)


def escape_controls(name: str) -> str:
    r"""``name`` on one line, its control characters written out: for paths, where nothing may vanish.

    >>> escape_controls("a\nb.html")
    'a\\nb.html'
    """
    return _LINE_CONTROLS.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), name)


def shorten(text: str, limit: int = N_QUOTE) -> str:
    """``text`` on one line, printable, at most ``limit`` characters.

    >>> shorten("one two  three", 9)
    'one two…'
    """
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def display_width(text: str) -> int:
    """Columns that ``text`` takes in a terminal: two for wide characters, none for combining ones.

    >>> display_width("日本 a")
    6
    """
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def to_row(page: Sifted) -> Row:
    """The line of one page."""
    verdict = page.verdict
    return Row(
        source=escape_controls(page.name or "-"),
        kind=verdict.kind,
        score=verdict.score,
        kept_share=page.kept_share,
        finding=_finding(verdict) or ", ".join(note.value for note in page.health),
    )


def _finding(verdict: Verdict) -> str:
    if not verdict.evidence:
        return ""
    strongest = verdict.evidence[0]
    signal = shorten(strongest.signal)
    return f"{signal}: “{shorten(strongest.quote)}”" if strongest.quote.strip() else signal


def json_line(page: Sifted) -> str:
    r"""The page as one line of JSON, ASCII only: control characters and lone surrogates are escaped.

    >>> json_line(Sifted(text="caf\u00e9", name="a.txt"))[:41]
    '{"schema_version": 1, "source": "a.txt", '
    """
    return json.dumps(page.to_dict())


def plain_header(n_source: int) -> str:
    """Head of the plain table; ``n_source`` is the width of the first column.

    >>> plain_header(6)
    'PAGE    KIND          SCORE  KEPT  EVIDENCE'
    """
    return f"{'PAGE':<{n_source}}  {'KIND':<12}  SCORE  KEPT  EVIDENCE"


def plain_row(row: Row, n_source: int) -> str:
    """One page on one line, nothing truncated but the quote: the table for pipes.

    >>> plain_row(Row("a.html", PageKind.MIRROR, 0.973, 0.5, "crumb"), 8)
    'a.html    mirror         0.97  0.50  crumb'
    """
    source = row.source + " " * (n_source - display_width(row.source))
    line = f"{source}  {row.kind.value:<12}  {row.score:5.2f}  {row.kept_share:4.2f}  {row.finding}"
    return line.rstrip()


def score_table(rows: Iterable[Row], *, ascii_only: bool = False) -> Table:
    """The table for a terminal: each page above its strongest evidence, kinds coloured, a bar per score, totals."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ASCII2 if ascii_only else box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=True)
    table.add_column("page, strongest evidence", ratio=1, min_width=12)
    table.add_column("kind", no_wrap=True)
    table.add_column("score", no_wrap=True)
    table.add_column("kept", no_wrap=True, justify="right")
    n_of_kind: Counter[PageKind] = Counter()
    for row in rows:
        n_of_kind[row.kind] += 1
        style = KIND_STYLES[row.kind]
        finding = Text(f"  {row.finding}", style="dim", no_wrap=True, overflow="ellipsis")
        table.add_row(
            Group(Text(row.source, overflow="fold"), *([finding] if row.finding else [])),
            Text(row.kind.value, style=style),
            Text(f"{_bar(row.score, ascii_only)} {row.score:.2f}", style=style),
            Text(f"{row.kept_share:.2f}"),
        )
    table.caption = Text(_totals(n_of_kind))
    table.caption_justify = "left"
    return table


def _bar(score: float, ascii_only: bool) -> str:
    full, empty = ("#", ".") if ascii_only else ("█", "░")
    n_full = max(0, min(N_BAR, round(score * N_BAR)))
    return full * n_full + empty * (N_BAR - n_full)


def _totals(n_of_kind: Counter[PageKind]) -> str:
    n = sum(n_of_kind.values())
    parts = [f"{n_of_kind[kind]} {kind.value}" for kind in PageKind if n_of_kind[kind]]
    return f"{n} page{'' if n == 1 else 's'}: {', '.join(parts)}" if n else "no pages"


def plain_blocks(page: Sifted) -> Iterator[str]:
    """Lines of one page with all its blocks, for pipes; ``[-…-]`` marks a cut inside a block."""
    yield f"== {_headline(page)}"
    yield from (f"   {line}" for line in _page_notes(page))
    for block in page.blocks:
        parts = (f"[-{text}-]" if cut else text for text, cut in pieces(block, page.cuts))
        text = " ".join(printable("".join(parts)).split())
        reasons = f"  ({shorten('; '.join(block.reasons), 200)})" if block.reasons else ""
        yield f"{block.label.value:<10}  {block.score:4.2f}  {text}{reasons}"


def blocks_view(page: Sifted) -> RenderableType:
    """One page with all its blocks for a terminal: coloured by label, cuts inside a block struck out."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for block in page.blocks:
        style = LABEL_STYLES[block.label]
        grid.add_row(Text(block.label.value, style=style), Text(f"{block.score:.2f}"), _block_text(block, page.cuts))
    notes = [Text(f"  {line}", style="dim") for line in _page_notes(page)]
    return Group(Text(_headline(page), style=KIND_STYLES[page.verdict.kind]), *notes, grid, Text(""))


def _block_text(block: LabelledBlock, cuts: Sequence[Cut]) -> Text:
    from rich.text import Text

    shown = Text()
    for text, cut in pieces(block, cuts):
        shown.append(printable(text), style="red strike" if cut else ("" if block.is_main else "dim"))
    if block.reasons:
        shown.append("\n" + shorten("; ".join(block.reasons), 200), style="italic bright_black")
    return shown


def pieces(block: LabelledBlock, cuts: Sequence[Cut]) -> Iterator[tuple[str, bool]]:
    """The text of a block in pieces, each with whether it is cut out of the block.

    ``cuts`` are sorted and disjoint. A cut of the whole block is none of its pieces: the label says so.

    >>> block = LabelledBlock("The SafeX boat", BlockLabel.BODY, 0.9, 10, 24)
    >>> list(pieces(block, [Cut(14, 20, BlockLabel.INJECTED, 0.9, "brand", "SafeX ")]))
    [('The ', False), ('SafeX ', True), ('boat', False)]
    """
    position = block.start
    first = max(0, bisect_right(cuts, block.start, key=lambda cut: cut.start) - 1)
    for cut in cuts[first:]:
        start, end = max(cut.start, block.start), min(cut.end, block.end)
        if cut.start >= block.end:
            break
        if start >= end or (start == block.start and end == block.end):
            continue
        if start > position:
            yield block.text[position - block.start : start - block.start], False
        yield block.text[start - block.start : end - block.start], True
        position = end
    if position < block.end:
        yield block.text[position - block.start :], False


def _headline(page: Sifted) -> str:
    row = to_row(page)
    return f"{row.source}  {row.kind.value}  score {row.score:.2f}  kept {row.kept_share:.2f}"


def _page_notes(page: Sifted) -> Iterator[str]:
    if page.title:
        yield f"title: {shorten(page.title, 200)}"
    for name in page.provenance.__slots__:
        value = getattr(page.provenance, name)
        if value:
            yield f"{name.replace('_', ' ')}: {shorten(value, 200)}"
    if page.health:
        yield "health: " + ", ".join(note.value for note in page.health)
    for found in page.verdict.evidence:
        quote = f"  “{shorten(found.quote, 100)}”" if found.quote.strip() else ""
        yield f"{found.weight:+.2f}  {shorten(found.signal)}{quote}"
