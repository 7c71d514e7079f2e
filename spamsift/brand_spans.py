"""Every use of an established brand, as spans to cut: in sentences, before and after titles, over two lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter

from spamsift.brand import Brand
from spamsift.joins import APOSTROPHES, Join, framed, is_identifier, join_at, rest_of_word, word_before
from spamsift.lookalikes import INVISIBLE, unmixed
from spamsift.mending import SPACES, Span, mend
from spamsift.name_fit import is_word
from spamsift.records import BlockLabel, LabelledBlock
from spamsift.sightings import MAX_LINE, SENTENCE_END, SEPARATOR
from spamsift.uses import is_wrapped

__all__ = ["brand_spans", "wrapped_spans"]

MAX_TITLE_TAIL = 8
"""Characters before a brand, or after it, at the ends of a title; more is no end."""
MIN_ANY_CASE = 5
"""Letters of a brand of one word that is found in any case: a shorter one may be an ordinary word of some language."""
_BEFORE = re.compile(SEPARATOR.pattern + r"\Z")
"""A separator at the end of what is searched."""
_DOMAIN_END = r"\.[a-z]{2,6}(?!\w)(?:/[\w/?=&%#-]{0,80})?"
"""Of an address: its top-level domain, and a path."""


@lru_cache(maxsize=64)
def _brand_pattern(brand: str, forms: tuple[str, ...]) -> re.Pattern[str]:
    hidden = f"[{INVISIBLE}]?"
    patterns = (
        r"[\s\u00a0\u200b]{1,3}".join(hidden.join(map(re.escape, word)) for word in form.split()) for form in forms
    )
    words = re.findall(r"[^\W_]+", brand)
    exact = rf"(?:{'|'.join(patterns)})"
    repeated = rf"{exact}(?:[ \t\u00a0]{{0,2}}{exact}){{0,8}}"
    return re.compile("|".join((_address(words), repeated, *_other_spellings(words))))


def _address(words: Sequence[str]) -> str:
    """The brand as a domain, also where it ran into the word before it."""
    left = r"(?<!@)" if len("".join(words)) >= MIN_ANY_CASE else r"(?<![\w@])"
    return rf"{left}(?:https?://)?(?:www\.)?(?i:{''.join(words)}|{'-'.join(words)}){_DOMAIN_END}"


def _other_spellings(words: Sequence[str]) -> Iterator[str]:
    """As one word, and in any case: but a brand of one ordinary word, in small letters, is a word of the story."""
    glued = "".join(words)
    if len(words) > 1:
        yield glued
    if len(words) > 1 or (len(glued) >= MIN_ANY_CASE and not is_word(glued.lower())):
        yield rf"(?<![\w@])(?i:{'[ -]?'.join(words)})(?!\w)"


def brand_spans(text: str, brand: Brand) -> Iterator[Span]:
    reason = _reason(brand)
    for found in _brand_pattern(brand.text, brand.forms).finditer(unmixed(text)):
        start, end = _with_title_separator(text, found.start(), found.end())
        if (start, end) == found.span():
            is_mentioned = join_at(text, start, end) is Join.MENTION and rest_of_word(text, end) not in brand.rests
            if is_mentioned or (" " not in brand.text and is_identifier(text, start, end)):
                continue
            start, end, replacement = mend(text, *framed(text, start, end))
            replacement = "" if _is_within_word(text, start, end) else replacement
        else:
            replacement = ""
        yield _brand_span(brand, reason, start, end, replacement)


def _is_within_word(text: str, start: int, end: int) -> bool:
    """Whether what stands before and behind is one ordinary word: ``treatmSafeXent``."""
    before, after = word_before(text, start).lower(), rest_of_word(text, end)
    is_word_start = bool(before) and text[start - len(before) - 1 : start - len(before)] not in APOSTROPHES  # There's
    is_one = is_word_start and after.islower() and is_word(before + after)
    return is_one and not (is_word(before) and is_word(after))


def _reason(brand: Brand) -> str:
    return f"injected brand {brand.text!r}, {brand.basis}"


def _brand_span(brand: Brand, reason: str, start: int, end: int, replacement: str = "") -> Span:
    return Span(start, end, BlockLabel.INJECTED, brand.confidence, reason, replacement)


def _with_title_separator(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen the span of a brand before or after a title, in a line of its own, by the separator between them."""
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    if first or last >= 0:
        line = text[first : last if last >= 0 else len(text)]
        left, right = _with_title_separator(line, start - first, end - first)
        return left + first, right + first
    after = SEPARATOR.match(text, end)
    if len(text) - end > MAX_TITLE_TAIL and start > MAX_TITLE_TAIL:
        before = _BEFORE.search(text, max(0, start - MAX_TITLE_TAIL), start)
        is_between = (
            before is not None and after is not None and len(text) <= MAX_LINE and not _is_sentence(text, after)
        )
        return (start - len(before.group()), end) if before is not None and is_between else (start, end)
    if after and start <= MAX_TITLE_TAIL and not text[:start].strip(SPACES + "[【") and after.end() < len(text):
        return 0, after.end()
    if len(text) - end <= MAX_TITLE_TAIL and not text[end:].strip(SPACES):
        before = _BEFORE.search(text, max(0, start - MAX_TITLE_TAIL), start)
        if before and start - len(before.group()) > 0:
            return start - len(before.group()), len(text)
    return start, end


def _is_sentence(text: str, separator: re.Match[str]) -> bool:
    """Whether a line with a name between two separators is no title: ``found in|SafeX Pro|many places``."""
    return text[separator.end() : separator.end() + 1].islower() or text[-1] in SENTENCE_END


def wrapped_spans(source: str, blocks: Sequence[LabelledBlock], brand: Brand) -> dict[int, list[Span]]:
    """Uses that begin at the end of one line and end in the next: a span in each of the two blocks."""
    reason, spans = _reason(brand), dict[int, list[Span]]()
    for found in _brand_pattern(brand.text, brand.forms).finditer(source):
        index = bisect_right(blocks, found.start(), key=attrgetter("start")) - 1
        if index < 0 or found.end() <= blocks[index].end or not is_wrapped(blocks, index, found.end()):
            continue
        text, following = blocks[index].text, blocks[index + 1].text
        start, _, _ = mend(text, found.start() - blocks[index].start, len(text))
        end = found.end() - blocks[index + 1].start
        end += len(following[end:]) - len(following[end:].lstrip(SPACES))
        spans.setdefault(index, []).append(_brand_span(brand, reason, start, len(text)))
        spans.setdefault(index + 1, []).append(_brand_span(brand, reason, 0, end))
    return spans
