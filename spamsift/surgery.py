"""Cut what does not belong, inside blocks and whole blocks alike, and mend the join.

The flow of :func:`operate`: learn the injected brand (:mod:`spamsift.brand`), decide which blocks go, find
the strings inside the blocks that stay, join everything to sorted, disjoint cuts. A cut of a block takes the
white space after it along, so that what remains reads naturally.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from spamsift.brand import Brand, learn
from spamsift.inline import byline_rows, matches, rows_by_block
from spamsift.lexicon import Row, load_table
from spamsift.records import BlockLabel, Cut, LabelledBlock, Metadata, Options, Provenance
from spamsift.sightings import HEAD_BLOCKS, SEPARATOR, is_crumb, lines_of
from spamsift.uses import Join, is_identifier, is_wrapped, join_at

__all__ = ["Operation", "apply_cuts", "operate"]

INLINE_SCORE = 0.95
"""P(right) of a cut by a row of ``inline.toml``: rounded down from the hits looked at in honest text and mirrors."""
LAST_BLOCKS = 1
"""Kept blocks from the end in which rows with a group ``last`` hold: a credit in mid-article is a caption, and
'[…]' is an omission in a quotation (3 blocks: one honest WCXB article lost one)."""
MAX_BRAND_LINE_WORDS = 7
MAX_TITLE = 300
"""Characters of a line that may be a title."""
MAX_TITLE_TAIL = 8
"""Characters before a brand, or after it, at the ends of a title; more is no end."""
MIN_PARAGRAPH = 80
"""Characters of a block that ends like a sentence: the last such block ends the story of a mirror."""
SURE = 0.8
"""P(article) from which a line below the story of a mirror stays; headlines that the model kept had 0.44 to 0.6."""
MAX_HEADLINE = 200
"""Characters of a headline; longer lines are text that was cut off in mid-sentence."""
MAX_CREDIT = 100
"""Characters of a credit."""

_CLOSING = ".,;:!?…)]}”’»"
_SENTENCE_END = re.compile(r"[.!?…][\"”’»)]?\Z")
_SENTENCE_INSIDE = re.compile(r"[a-zà-ÿ]{3}[.!?…][\"”’»)]{0,2}(?: ?[\"“A-ZÀ-Þ]|\Z)|[.!?…][\"”’»)]?\Z")
"""The end of a sentence; three letters before it, so that 'U.S.' is none inside a line."""
_SPACES = " \t\u00a0"
_INVISIBLE = "\u200b\u2060\ufeff"
_NO_CREDIT = frozenset({BlockLabel.COMMENTS, BlockLabel.NAVIGATION, BlockLabel.PROMO})
_SIGNALS = frozenset({"credit", "byline"})


@dataclass(frozen=True, slots=True)
class Operation:
    """What surgery did to one page."""

    text: str
    """The source with every cut replaced by its replacement."""
    cuts: tuple[Cut, ...]
    """Sorted, disjoint, inside the source."""
    title: str | None
    """Without injected brand and site name."""
    provenance: Provenance
    brand: Brand | None = None
    """The likeliest injected brand; nothing was cut for it unless ``brand.is_established``."""


@dataclass(frozen=True, slots=True)
class _Removal:
    """A whole block leaves."""

    label: BlockLabel
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Span:
    """A string inside a block, offsets into the block."""

    start: int
    end: int
    label: BlockLabel
    score: float
    reason: str
    replacement: str = ""


def operate(source: str, blocks: Sequence[LabelledBlock], metadata: Metadata, options: Options) -> Operation:
    """Cut junk blocks and injected strings out of ``source``.

    Args:
        source: The text that all offsets point into.
        blocks: In reading order, disjoint, ``block.text == source[block.start:block.end]``.
        metadata: What the page declares; all of it may be ``None``.
        options: ``keep`` says which labels stay.

    >>> source = "A vote was held.\\nRelated"
    >>> body = LabelledBlock("A vote was held.", BlockLabel.BODY, 0.9, 0, 16)
    >>> junk = LabelledBlock("Related", BlockLabel.RELATED, 0.9, 17, 24)
    >>> operate(source, [body, junk], Metadata(), Options()).text
    'A vote was held.'
    """
    brand = learn(source, blocks, metadata)
    injected = brand if brand is not None and brand.is_established else None
    rows = rows_by_block(source, blocks)
    removed = _removed(blocks, options, injected)
    spans: dict[int, list[_Span]] = {}
    kept = [index for index in range(len(blocks)) if index not in removed]
    wrapped = _wrapped_spans(source, blocks, injected) if injected is not None else {}
    for position, index in enumerate(kept):
        block = blocks[index]
        found = _spans(block.text, injected, rows.get(index, ()), is_last=position >= len(kept) - LAST_BLOCKS)
        found = _disjoint([*found, *wrapped[index]]) if index in wrapped else found
        if found and not _apply_spans(block.text, found).strip():
            removed[index] = _Removal(found[0].label, found[0].score, found[0].reason)
        elif found:
            spans[index] = found
    cuts = tuple(_cuts(source, blocks, removed, spans))
    return Operation(
        text=apply_cuts(source, cuts),
        cuts=cuts,
        title=_title(blocks, metadata, injected),
        provenance=_provenance(blocks, metadata, injected, rows),
        brand=brand,
    )


def apply_cuts(source: str, cuts: Iterable[Cut]) -> str:
    """The source with every cut replaced.

    >>> apply_cuts("A SafeXman", [Cut(2, 7, BlockLabel.INJECTED, 0.9, "brand", "SafeX")])
    'A man'
    """
    parts, position = [], 0
    for cut in cuts:
        parts += [source[position : cut.start], cut.replacement]
        position = cut.end
    return "".join([*parts, source[position:]])


def _removed(blocks: Sequence[LabelledBlock], options: Options, brand: Brand | None) -> dict[int, _Removal]:
    removed = {
        index: _Removal(block.label, block.score, "; ".join(block.reasons) or block.label.value)
        for index, block in enumerate(blocks)
        if block.label not in options.keep
    }
    if brand is not None and BlockLabel.INJECTED not in options.keep:
        for index, block in enumerate(blocks):
            if index not in removed and (reason := _header_reason(block, brand.text, is_head=index < HEAD_BLOCKS)):
                removed[index] = _Removal(BlockLabel.INJECTED, brand.confidence, reason)
        removed |= _lines_below(blocks, removed, brand)
    return removed


def _lines_below(blocks: Sequence[LabelledBlock], removed: Mapping[int, _Removal], brand: Brand) -> dict[int, _Removal]:
    """What a mirror's template writes below the story: lines that are no sentences, after its last paragraph."""
    story = [i for i, block in enumerate(blocks) if i not in removed and _is_paragraph(block.text)]
    reason = f"line below the story of a mirror that injects {brand.text!r}"
    return {
        i: _Removal(BlockLabel.RELATED, brand.confidence, reason)
        for i in range(story[-1] + 1 if story else len(blocks), len(blocks))
        if i not in removed and blocks[i].score < SURE and _is_headline(blocks, i)
    }


def _is_headline(blocks: Sequence[LabelledBlock], index: int) -> bool:
    """Whether a line may be a headline of another story: short, no sentence ends in it, no line is wrapped there."""
    text = blocks[index].text
    following = blocks[index + 1].text if index + 1 < len(blocks) else ""
    is_wrapped_line = text[:1].islower() or following[:1].islower()
    return len(text) <= MAX_HEADLINE and not is_wrapped_line and _SENTENCE_INSIDE.search(text) is None


def _is_paragraph(text: str) -> bool:
    return len(text) >= MIN_PARAGRAPH and _SENTENCE_END.search(text[-3:]) is not None


def _header_reason(block: LabelledBlock, brand: str, *, is_head: bool) -> str | None:
    """Why a block is nothing but a line of the mirror itself."""
    text = block.text.strip(_SPACES + _CLOSING + "|-–—>")
    if text == brand:
        return f"nothing but the injected brand {brand!r}"
    if not is_head:
        return None
    if is_crumb(block.text, brand):
        return f"crumb of a mirror that injects {brand!r}"
    if block.label is BlockLabel.TITLE or len(block.text.split()) > MAX_BRAND_LINE_WORDS:
        return None
    if lines_of("date_line", block.text) or lines_of("brand_line", block.text):
        return f"header line of a mirror that injects {brand!r}"
    return None


# --- whole blocks and their separators --------------------------------------------------------------------


def _cuts(
    source: str, blocks: Sequence[LabelledBlock], removed: dict[int, _Removal], spans: dict[int, list[_Span]]
) -> Iterator[Cut]:
    last_kept = max((index for index in range(len(blocks)) if index not in removed), default=-1)
    for index, block in enumerate(blocks):
        if index in removed:
            start, end = _with_separator(source, blocks, index, last_kept)
            why = removed[index]
            yield Cut(start, end, why.label, why.score, why.reason, source[start:end])
        for span in spans.get(index, ()):
            start, end = block.start + span.start, block.start + span.end
            yield Cut(start, end, span.label, span.score, span.reason, source[start:end], span.replacement)


def _with_separator(source: str, blocks: Sequence[LabelledBlock], index: int, last_kept: int) -> tuple[int, int]:
    """The span of a removed block with the white space that goes with it: after it, or before it in the last run."""
    if index < last_kept:
        return blocks[index].start, blocks[index + 1].start
    start = blocks[index - 1].end if index else 0
    return start, len(source) if index == len(blocks) - 1 else blocks[index].end


# --- strings inside a block -------------------------------------------------------------------------------


def _spans(text: str, brand: Brand | None, rows: Sequence[Row], *, is_last: bool) -> list[_Span]:
    """Everything that leaves one block, sorted and disjoint."""
    found = list(_row_spans(text, rows, is_last=is_last))
    if brand is not None:
        found += _brand_spans(text, brand)
    return _disjoint(found)


def _disjoint(found: Iterable[_Span]) -> list[_Span]:
    spans: list[_Span] = []
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        if not spans or span.start >= spans[-1].end:
            spans.append(span)
    return spans


def _wrapped_spans(source: str, blocks: Sequence[LabelledBlock], brand: Brand) -> dict[int, list[_Span]]:
    """Uses that begin at the end of one line and end in the next: a span in each of the two blocks."""
    spans: dict[int, list[_Span]] = {}
    for found in _brand_pattern(brand.text).finditer(source):
        index = bisect_right(blocks, found.start(), key=attrgetter("start")) - 1
        if index < 0 or found.end() <= blocks[index].end or not is_wrapped(blocks, index, found.end()):
            continue
        text, following = blocks[index].text, blocks[index + 1].text
        start, _, _ = _mend(text, found.start() - blocks[index].start, len(text))
        _, end, capital = _mend(following, 0, found.end() - blocks[index + 1].start)
        spans.setdefault(index, []).append(_brand_span(brand, start, len(text)))
        spans.setdefault(index + 1, []).append(_brand_span(brand, 0, end, "" if start else capital))
    return spans


def _apply_spans(text: str, spans: Iterable[_Span]) -> str:
    parts, position = [], 0
    for span in spans:
        parts += [text[position : span.start], span.replacement]
        position = span.end
    return "".join([*parts, text[position:]])


@lru_cache(maxsize=64)
def _brand_pattern(brand: str) -> re.Pattern[str]:
    name = r"[\s\u00a0\u200b]{1,3}".join(map(re.escape, brand.split()))
    return re.compile(rf"{name}(?:[ \t\u00a0]{{0,2}}{name}){{0,8}}")


def _brand_spans(text: str, brand: Brand) -> Iterator[_Span]:
    for found in _brand_pattern(brand.text).finditer(text):
        start, end = _with_title_separator(text, found.start(), found.end())
        if (start, end) == found.span():
            if is_identifier(text, start, end) or join_at(text, start, end) is Join.MENTION:
                continue
            start, end, replacement = _mend(text, start, end)
        else:
            replacement = ""
        yield _brand_span(brand, start, end, replacement)


def _brand_span(brand: Brand, start: int, end: int, replacement: str = "") -> _Span:
    reason = f"injected brand {brand.text!r}: {brand.n_glued} of {brand.n_glued + brand.n_alone} uses glued to a word"
    return _Span(start, end, BlockLabel.INJECTED, brand.confidence, reason, replacement)


def _with_title_separator(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen the span of a brand before or after a title, in a line of its own, by the separator between them."""
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    if first or last >= 0:
        line = text[first : last if last >= 0 else len(text)]
        left, right = _with_title_separator(line, start - first, end - first)
        return left + first, right + first
    if len(text) - end > MAX_TITLE_TAIL and start > MAX_TITLE_TAIL:
        return start, end
    after = SEPARATOR.match(text, end)
    if after and start <= MAX_TITLE_TAIL and not text[:start].strip(_SPACES + "[【") and after.end() < len(text):
        return 0, after.end()
    if len(text) - end <= MAX_TITLE_TAIL and not text[end:].strip(_SPACES):
        before = re.search(SEPARATOR.pattern + r"\Z", text[max(0, start - 8) : start])
        if before and start - len(before.group()) > 0:
            return start - len(before.group()), len(text)
    return start, end


def _mend(text: str, start: int, end: int) -> tuple[int, int, str]:
    """Widen a cut by the spaces that it leaves over; the replacement joins what remains.

    >>> text = "The SafeX Pro ExchangeU.S., Japan"
    >>> start, end, replacement = _mend(text, 4, 22)
    >>> text[:start] + replacement + text[end:]
    'The U.S., Japan'
    """
    left, right = start, end  # beyond the spaces on both sides; indices, because slices of a long block add up
    while left and text[left - 1] in _SPACES:
        left -= 1
    while right < len(text) and text[right] in _SPACES:
        right += 1
    if not left or _is_opening(text, left - 1):
        return _with_capital(text, start, right) if start == left else (start, right, "")
    following = text[right : right + 1]
    if not following or (following in _CLOSING and not text[right + 1 : right + 2].isalnum()):
        return left, right, ""
    if start > left:
        return start, right, ""
    is_joined = text[start - 1].isalnum() or text[start - 1] in _CLOSING + "\"'"
    return start, end, " " if right == end and is_joined and (following.isalnum() or following in '“"‘(') else ""


def _is_opening(text: str, at: int) -> bool:
    char = text[at]
    return char in "“‘«([¿¡" or (char in "\"'" and (at == 0 or text[at - 1].isspace()))


def _with_capital(text: str, start: int, end: int) -> tuple[int, int, str]:
    """At the start of a block whose first word became lower case: give it its capital back."""
    word = re.match(r"[^\W\d_]{1,40}(?!\w)", text[end : end + 41])
    if start > 2 or text[:start].strip(_SPACES + "\"'“‘«([¿¡") or word is None or not word.group().islower():
        return start, end, ""
    return start, end + 1, text[end].upper()


def _row_spans(text: str, rows: Sequence[Row], *, is_last: bool) -> Iterator[_Span]:
    for row in rows:
        if row.pattern is None or row.label in _SIGNALS or ("last" in row.pattern.groupindex and not is_last):
            continue
        for found in matches(row, text):
            start, end = found.span("cut") if "cut" in row.pattern.groupindex else found.span()
            replacement = ""
            if text[start:end].strip(_INVISIBLE):
                start, end, replacement = _mend(text, start, end)
            yield _Span(start, end, BlockLabel(row.label), INLINE_SCORE, row.reason, replacement)


# --- title and provenance -----------------------------------------------------------------------------------


def _title(blocks: Sequence[LabelledBlock], metadata: Metadata, brand: Brand | None) -> str | None:
    titles = [block.text for block in blocks if block.label is BlockLabel.TITLE]
    declared = (*titles, metadata.title, metadata.page_title, _branded_title(blocks, brand))
    raw = next((title for title in declared if title and title.strip()), None)
    if raw is None:
        return None
    title = " ".join(raw.split()).strip("*#_ ") or raw
    if brand is not None:
        title = _apply_spans(title, _spans(title, brand, (), is_last=False))
        title = re.sub(r" [-|](?! )[^-|]{2,60}\Z", "", title)  # the network's own 'Title -Site'
    return _without_site(title, metadata.site).strip() or None


def _branded_title(blocks: Sequence[LabelledBlock], brand: Brand | None) -> str | None:
    """The last line of the head that begins with the brand and a separator: the title, whatever its label."""
    if brand is None:
        return None
    lines = [line for block in blocks[:HEAD_BLOCKS] for line in block.text.split("\n") if line.startswith(brand.text)]
    titles = [line for line in lines if SEPARATOR.match(line, len(brand.text)) and len(line) <= MAX_TITLE]
    return titles[-1] if titles else None


def _without_site(title: str, site: str | None) -> str:
    """The title without the site's name before or after a separator.

    >>> _without_site("How we build kites | Acme", "Acme")
    'How we build kites'
    """
    name = (site or "").strip()
    if not name or (title.isascii() and name.isascii() and name.lower() not in title.lower()):
        return title  # most titles: to compile the patterns takes longer than all else here
    name = re.escape(name)
    for pattern in (rf"\A{name}(?:{SEPARATOR.pattern})(?=\S)", rf"(?:{SEPARATOR.pattern}){name}\Z"):
        shorter = re.sub(pattern, "", title, flags=re.IGNORECASE)
        if shorter.strip():
            title = shorter
    return title


def _provenance(
    blocks: Sequence[LabelledBlock], metadata: Metadata, brand: Brand | None, rows: Mapping[int, Sequence[Row]]
) -> Provenance:
    facts: dict[str, str] = {}
    credited = [(index, row) for index in rows for row in rows[index] if _has_credit(row)]
    order = {id(row): number for number, row in enumerate(load_table("inline").rows)} if credited else {}
    credits = [(order[id(row)], index, row) for index, row in credited]
    for _, index, row in sorted(credits, key=lambda credit: credit[:2]):
        if blocks[index].label not in _NO_CREDIT:
            _collect(facts, row, blocks[index].text)
    bylines = byline_rows()
    for block in blocks:
        for row in bylines if block.label is BlockLabel.BYLINE else ():
            _collect(facts, row, block.text)
    if brand is not None:
        stamps = (found["date"] for block in blocks[:HEAD_BLOCKS] if (found := lines_of("date_line", block.text)))
        facts.setdefault("date", next(stamps, ""))
    return Provenance(
        author=_author(metadata.author) or facts.get("author") or None,
        date=metadata.date or facts.get("date") or None,
        source=facts.get("source") or None,
        site=metadata.site,
        injected_brand=brand.text if brand is not None else None,
    )


def _author(declared: str | None) -> str | None:
    """The declared author without "By"."""
    facts: dict[str, str] = {}
    for row in byline_rows() if declared else ():
        _collect(facts, row, declared or "")
    return facts.get("author", declared)


def _has_credit(row: Row) -> bool:
    names = row.pattern.groupindex if row.pattern is not None else {}
    return row.label != "byline" and ("source" in names or "author" in names)


def _collect(facts: dict[str, str], row: Row, text: str) -> None:
    """Add what one row finds in one block; the first find of each kind stays."""
    for found in matches(row, text):
        for name, value in found.groupdict().items():
            if name in ("source", "author", "date") and value and len(value) <= MAX_CREDIT:
                facts.setdefault(name, value.strip(_SPACES + ".,;:-–—"))
