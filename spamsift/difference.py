r"""What was cut, where it stood: the operation on one page as a diff, and as an audit of one JSON object per cut.

The diff shows the source with every cut marked in its place, so that one sees what the text was and what it became;
long text in which nothing changed is elided. The audit holds every character and every offset.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING

from spamsift.records import Sifted
from spamsift.report import escape_controls, printable, shorten

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Piece", "Role", "audit_lines", "diff_view", "pieces_of", "plain_diff"]

N_CONTEXT = 120
"""Characters of unchanged text that are shown on each side of a cut."""
MIN_ELIDED = 80
"""Fewer characters are shown rather than counted."""

_MARKS = re.compile(r"\[-|-\]|\{\+|\+\}")
"""What the plain diff writes itself: in the text of a page it gets a backslash."""


class Role(str, Enum):
    """What a piece of a diff is."""

    SAME = "same"
    CUT = "cut"
    NEW = "new"
    """What mends the join of a cut."""
    ELIDED = "elided"
    """Stands for unchanged text; says how much."""


STYLES = {Role.SAME: "", Role.CUT: "red strike", Role.NEW: "green underline", Role.ELIDED: "dim italic"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a diff with one role; the text is as the page has it."""

    text: str
    role: Role


def pieces_of(page: Sifted) -> Iterator[Piece]:
    """The source of a page in order, cuts and what replaces them marked; long unchanged text elided.

    >>> from spamsift.records import BlockLabel, Cut
    >>> cut = Cut(4, 9, BlockLabel.INJECTED, 0.9, "brand", "SafeX", "b")
    >>> [(piece.text, piece.role.value) for piece in pieces_of(Sifted(text="The boat", cuts=(cut,)))]
    [('The ', 'same'), ('SafeX', 'cut'), ('b', 'new'), ('oat', 'same')]
    """
    source, position = page.source, 0
    for cut in page.cuts:
        yield from _unchanged(source[position : cut.start], has_before=position > 0, has_after=True)
        yield Piece(cut.text, Role.CUT)
        if cut.replacement:
            yield Piece(cut.replacement, Role.NEW)
        position = cut.end
    yield from _unchanged(source[position:], has_before=position > 0, has_after=False)


def _unchanged(text: str, *, has_before: bool, has_after: bool) -> Iterator[Piece]:
    """Text between two cuts: what is near to one of them, and how much lies between."""
    head, tail = N_CONTEXT if has_before else 0, N_CONTEXT if has_after else 0
    n_elided = len(text) - head - tail
    if n_elided < MIN_ELIDED:
        if text:
            yield Piece(text, Role.SAME)
        return
    if head:
        yield Piece(text[:head], Role.SAME)
    yield Piece(f"… {n_elided:,} characters …", Role.ELIDED)
    if tail:
        yield Piece(text[len(text) - tail :], Role.SAME)


def plain_diff(page: Sifted) -> Iterator[str]:
    """Lines of the diff for pipes: ``[-cut-]{+new+}``, then each cut with its reason; marks of the page are escaped."""
    yield f"== {_headline(page)}"
    marked = {Role.SAME: "{}", Role.CUT: "[-{}-]", Role.NEW: "{{+{}+}}", Role.ELIDED: "<{}>"}
    parts = (marked[piece.role].format(_escaped(printable(piece.text))) for piece in pieces_of(page))
    yield "".join(parts).rstrip("\n")
    yield from _reasons(page)


def diff_view(page: Sifted) -> RenderableType:
    """The diff for a terminal: what left is red and struck out, what mends a join is green."""
    from rich.console import Group
    from rich.text import Text

    shown = Text()
    for piece in pieces_of(page):
        shown.append(printable(piece.text), style=STYLES[piece.role])
    reasons = (Text(line, style="dim") for line in _reasons(page))
    return Group(Text(_headline(page), style="bold"), shown, *reasons, Text(""))


def audit_lines(page: Sifted) -> Iterator[str]:
    """One JSON object per cut, ASCII only: ``page`` and all fields of :class:`spamsift.records.Cut`.

    >>> from spamsift.records import BlockLabel, Cut
    >>> cut = Cut(4, 9, BlockLabel.INJECTED, 0.9, "brand", "SafeX")
    >>> next(audit_lines(Sifted(text="The boat", cuts=(cut,), name="a.html")))[:61]
    '{"page": "a.html", "start": 4, "end": 9, "label": "injected",'
    """
    for cut in page.cuts:
        yield json.dumps({"page": page.name} | asdict(cut))


def _escaped(text: str) -> str:
    return _MARKS.sub(lambda found: "\\" + found.group(), text)


def _headline(page: Sifted) -> str:
    n = len(page.cuts)
    return f"{escape_controls(page.name or '-')}  {n} cut{'' if n == 1 else 's'}  kept {page.kept_share:.2f}"


def _reasons(page: Sifted) -> Iterator[str]:
    for cut in page.cuts:
        quote = shorten(cut.text) or "white space"
        yield f"{cut.label.value:<10}  {cut.score:4.2f}  {cut.start}-{cut.end}  “{quote}”  {shorten(cut.reason, 200)}"
