"""Strings that leave a block: spans, what mends the join that they leave, and the text without them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from spamsift.records import BlockLabel

__all__ = ["CLOSING", "SPACES", "Span", "apply_spans", "disjoint", "mend"]

CLOSING = ".,;:!?…)]}”’»"
"""Marks before which no space stands."""
SPACES = " \t\u00a0"
"""White space within a line."""
_OPENING = "“‘«„‚([¿¡"
"""Marks behind which no space stands; a straight quote is one where a space is before it."""
_ENDED = re.compile(r"[a-zà-ÿ]{3}[.!?…][\"”’»)]{0,2}\Z")
"""The end of a sentence; three letters before it, so that it is no abbreviation."""


@dataclass(frozen=True, slots=True)
class Span:
    """A string inside a block, offsets into the block."""

    start: int
    end: int
    label: BlockLabel
    score: float
    reason: str
    replacement: str = ""


def apply_spans(text: str, spans: Iterable[Span]) -> str:
    parts, position = [], 0
    for span in spans:
        parts += [text[position : span.start], span.replacement]
        position = span.end
    return "".join([*parts, text[position:]])


def disjoint(found: Iterable[Span]) -> list[Span]:
    spans: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        if not spans or span.start >= spans[-1].end:
            spans.append(span)
    return spans


def mend(text: str, start: int, end: int) -> tuple[int, int, str]:
    """Widen a cut by the spaces that it leaves over; the replacement joins what remains.

    >>> text = "The SafeX Pro ExchangeU.S., Japan"
    >>> start, end, replacement = mend(text, 4, 22)
    >>> text[:start] + replacement + text[end:]
    'The U.S., Japan'
    """
    left, right = start, end  # beyond the spaces on both sides; indices, because slices of a long block add up
    while left and text[left - 1] in SPACES:
        left -= 1
    while right < len(text) and text[right] in SPACES:
        right += 1
    if not left or _is_opening(text, left - 1):
        is_first = start == left and start <= 2 and not text[:start].strip(SPACES + _OPENING + "\"'")
        return _with_capital(text, start, right) if is_first else (start, right, "")
    following = text[right : right + 1]
    if not following or (following in CLOSING and not text[right + 1 : right + 2].isalnum()):
        return left, right, ""
    if start > left:
        return _with_capital(text, start, right) if _ENDED.search(text, max(0, left - 6), left) else (start, right, "")
    is_joined = text[start - 1].isalnum() or text[start - 1] in CLOSING + "\"'"
    return start, end, " " if right == end and is_joined and (following.isalnum() or following in '“"‘(') else ""


def _is_opening(text: str, at: int) -> bool:
    char = text[at]
    return char in _OPENING or (char in "\"'" and (at == 0 or text[at - 1].isspace()))


def _with_capital(text: str, start: int, end: int) -> tuple[int, int, str]:
    """At the start of a block or sentence whose first word became lower case: give it its capital back."""
    word = re.match(r"[^\W\d_]{1,40}(?!\w)", text[end : end + 41])
    return (start, end + 1, text[end].upper()) if word is not None and word.group().islower() else (start, end, "")
