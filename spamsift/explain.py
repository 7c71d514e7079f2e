"""A verdict with its ledger, for a reader who is no developer: ``spamsift score --explain``.

Headline, findings against and for an original with their quotes in context, then the sum. What is said about each
signal, kind and doubt stands in ``lexicons/explanations.toml``. Nothing of a page reaches a terminal unescaped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spamsift.lexicon import load_explanations
from spamsift.records import STYLE_DOUBTS, Evidence, PageKind, Sifted, Verdict
from spamsift.report import KIND_STYLES, escape_controls, printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

__all__ = ["Context", "explanation_view", "in_context", "plain_explanation"]

N_WORDS_AROUND = 8
"""Words shown before and after a quote."""
N_CHARS_AROUND = 100
"""Characters in which they are looked for."""
SMALL = 0.05
"""Log-odds below which findings are summed up in one line: they move the odds by 5 % at most."""
PER_CELL = 0.5
"""Log-odds of one cell of a bar."""
N_CELLS = 8
"""Cells of the longest bar: 4 log-odds, which make the odds 55 times as high."""
_LINE_BREAK = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Context:
    """A quote with the words around it, each on one line and printable."""

    before: str
    quote: str
    after: str


@dataclass(frozen=True, slots=True)
class _Line:
    """One finding as it is shown."""

    weight: float
    label: str
    """In plain words, with its family."""
    meaning: str
    context: Context | None = None


@dataclass(frozen=True, slots=True)
class _Sum:
    """One line of the arithmetic."""

    figure: str
    text: str


def in_context(source: str, start: int, end: int) -> Context | None:
    """The quote ``source[start:end]`` with some words around it, ``/`` for line breaks; ``None`` without a quote.

    >>> in_context("The ferry was late.\\nSource: The Gull\\nShare", 20, 36)
    Context(before='The ferry was late. / ', quote='Source: The Gull', after=' / Share')
    >>> in_context("The Zorvexcounty's bridge", 4, 10)
    Context(before='The ', quote='Zorvex', after="county's bridge")
    """
    quote = _words(source[start:end].strip())
    if not quote:
        return None
    start, end = end - len(source[start:end].lstrip()), start + len(source[start:end].rstrip())
    left, right = max(0, start - N_CHARS_AROUND), end + N_CHARS_AROUND
    before, after = _words(source[left:start]), _words(source[end:right])
    before = before[1:] if left > 0 else before  # the first may have lost its head, the last its tail
    after = after[:-1] if right < len(source) else after
    gap_before, gap_after = _is_space(source[start - 1 : start + 1]), _is_space(source[end - 1 : end + 1])
    return Context(
        before=("… " if left > 0 or len(before) > N_WORDS_AROUND else "")
        + " ".join(before[-N_WORDS_AROUND:])
        + (" " if gap_before and before else ""),
        quote=" ".join(quote),
        after=(" " if gap_after and after else "")
        + " ".join(after[:N_WORDS_AROUND])
        + (" …" if right < len(source) or len(after) > N_WORDS_AROUND else ""),
    )


def _words(text: str) -> list[str]:
    return _LINE_BREAK.sub(" / ", printable(text)).split()


def _is_space(seam: str) -> bool:
    return any(char.isspace() for char in seam)


# --- what is said ---------------------------------------------------------------------------------------------


def _findings(page: Sifted) -> tuple[list[_Line], list[_Line]]:
    """Findings against an original and for one, strongest first; the small ones of each side in one line."""
    sides: list[list[_Line]] = []
    for sign in (1, -1):
        found = [e for e in page.verdict.evidence if e.weight * sign > 0]
        named = [e for e in found if abs(e.weight) >= SMALL and e.signal != "other_findings"]
        named.sort(key=lambda e: -abs(e.weight))
        lines = [_line_of(page, e) for e in named]
        if small := [e.weight for e in found if e not in named]:
            other = load_explanations().signals["other_findings"]
            lines.append(_Line(math.fsum(small), other.label, other.meaning))
        sides.append(lines)
    return sides[0], sides[1]


def _line_of(page: Sifted, found: Evidence) -> _Line:
    row = load_explanations().signals.get(found.signal)
    context = in_context(page.source, found.start, found.end)
    if row is None:  # of another model or a caller's own
        return _Line(found.weight, escape_controls(found.signal), "", context)
    return _Line(found.weight, f"{row.label} ({row.family})", row.meaning, context)


def _odds(weight: float) -> str:
    """What a weight means: the odds times or divided by so much.

    >>> _odds(0.7), _odds(-2.31), _odds(9.0)
    ('odds x2.0', 'odds /10', 'odds x999+')
    """
    factor = math.exp(min(abs(weight), 50.0))
    shown = "999+" if factor > 999 else f"{factor:.1f}" if factor < 9.95 else f"{factor:.0f}"
    return f"odds {'x' if weight > 0 else '/'}{shown}"


def _n_cells(weight: float) -> int:
    return max(1, min(N_CELLS, round(abs(weight) / PER_CELL)))


def _arithmetic(verdict: Verdict) -> Iterator[_Sum]:
    """From the prior to the probability, each line the sum of those above it."""
    if verdict.accusation is None:
        return
    kind = verdict.accusation.value
    yield _Sum(
        f"{verdict.prior:+.2f}", f"starting point: {kind} against original, for ordinary prose without a finding"
    )
    yield _Sum(f"{verdict.log_odds - verdict.prior:+.2f}", "all findings together")
    yield _Sum(f"{verdict.log_odds:+.2f}", "the sum: score before calibration, in log-odds")
    others = ", ".join(f"{kind.value} {odds:+.2f}" for kind, odds in verdict.accusations.items())
    yield _Sum("", f"the five accusations, calibrated on pages that were held out: {others}")
    yield _Sum(f"{verdict.score:5.2f}", "probability that the page is no original, by all accusations together")
    low, high = verdict.thresholds.original_below, verdict.thresholds.farm_from
    if low is not None and high is not None:
        yield _Sum("", f"called an original below {low:.2f}, a farm page from {high:.2f}")


def _notes(verdict: Verdict) -> Iterator[str]:
    """What limits the verdict, why there is none, and why the ledger may be that of another kind."""
    for doubt in verdict.doubts:
        head = "Note" if doubt in STYLE_DOUBTS else "Why undetermined"
        yield f"{head}: {load_explanations().doubts[doubt]}"
    decided = verdict.kind not in (PageKind.ORIGINAL, PageKind.UNDETERMINED)
    if decided and verdict.accusation not in (verdict.kind, None):
        strongest = getattr(verdict.accusation, "value", "")
        yield (
            f"Note: the strongest accusation is {strongest}, and its findings are shown; "
            f"all five together are more often those of the kind {verdict.kind.value}."
        )


def _headline(page: Sifted) -> str:
    return f"{page.verdict.kind.value}, score {page.verdict.score:.2f}"


AGAINST, FOR, SUM = "Speaks against an original", "Speaks for an original", "The sum"


# --- plain ----------------------------------------------------------------------------------------------------


def plain_explanation(page: Sifted) -> Iterator[str]:
    """Lines of one page for pipes; ``»…«`` marks the quote in its context.

    >>> ledger = (Evidence("credit_at_end", 2.1, "Source: Gull", 5, 17),)
    >>> page = Sifted("Late.Source: Gull", verdict=Verdict(PageKind.MIRROR, 0.97, evidence=ledger), name="a.txt")
    >>> print(*plain_explanation(page), sep="\\n")
    a.txt: mirror, score 0.97
    A copy of another site's article, under a foreign brand or with its source still named.
    Speaks against an original:
      +2.10  ####      odds x8.2   Credit line at the end (copying): Late.»Source: Gull«
    """
    yield f"{escape_controls(page.name or '-')}: {_headline(page)}"
    yield load_explanations().kinds[page.verdict.kind]
    if page.health:
        yield "health: " + ", ".join(note.value for note in page.health)
    for title, lines in zip((AGAINST, FOR), _findings(page), strict=True):
        if lines:
            yield f"{title}:"
        for line in lines:
            bar = "#" * _n_cells(line.weight)
            quote = f": {line.context.before}»{line.context.quote}«{line.context.after}" if line.context else ""
            yield f"  {line.weight:+.2f}  {bar:<{N_CELLS}}  {_odds(line.weight):<10}  {line.label}{quote}"
    if rows := list(_arithmetic(page.verdict)):
        yield f"{SUM}:"
    yield from (f"  {row.figure:>5}  {row.text}" for row in rows)
    yield from _notes(page.verdict)


# --- terminal -------------------------------------------------------------------------------------------------


def explanation_view(page: Sifted, *, ascii_only: bool = False) -> RenderableType:
    """One page for a terminal: coloured, the quote in its context on a line of its own."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    verdict = page.verdict
    style = KIND_STYLES[verdict.kind]
    parts: list[RenderableType] = [
        Text(escape_controls(page.name or "-"), style="bold", overflow="fold"),
        Text.assemble((_headline(page), style), "  ", load_explanations().kinds[verdict.kind]),
    ]
    if page.health:
        parts.append(Text("health: " + ", ".join(note.value for note in page.health), style="yellow"))
    for title, lines, colour in zip((AGAINST, FOR), _findings(page), ("red", "green"), strict=True):
        if lines:
            parts += [Text(""), Text(title, style=f"bold {colour}")]
            parts.append(Padding(_findings_grid(lines, colour, ascii_only), (0, 0, 0, 2)))
    if rows := list(_arithmetic(verdict)):
        parts += [Text(""), Text(SUM, style="bold"), Padding(_sum_grid(rows), (0, 0, 0, 2))]
    parts += [Text(note, style="yellow") for note in _notes(verdict)]
    return Group(*parts, Text(""))


def _findings_grid(lines: list[_Line], colour: str, ascii_only: bool) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    full, empty = ("#", ".") if ascii_only else ("█", "░")
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for line in lines:
        n_full = _n_cells(line.weight)
        grid.add_row(
            Text(f"{line.weight:+.2f}", style=colour),
            Text(full * n_full + empty * (N_CELLS - n_full), style=colour),
            Text(_odds(line.weight), style="dim"),
            _told(line),
        )
    return grid


def _told(line: _Line) -> Text:
    from rich.text import Text

    told = Text(line.label)
    if line.meaning:
        told.append(f"\n{line.meaning}", style="dim")
    if line.context:
        told.append(f"\n{line.context.before}")
        told.append(line.context.quote, style="bold reverse")
        told.append(line.context.after)
    return told


def _sum_grid(rows: list[_Sum]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(overflow="fold", ratio=1)
    for row in rows:
        grid.add_row(Text(row.figure), Text(row.text))
    return grid
