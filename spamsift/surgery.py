"""Cut what does not belong, inside blocks and whole blocks alike, and mend the join.

The flow of :func:`operate`: learn the injected brand (:mod:`spamsift.brand`), decide which blocks go, find
the strings inside the blocks that stay, join everything to sorted, disjoint cuts. A cut of a block takes the
white space after it along, so that what remains reads naturally.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from spamsift.brand import Brand, learn
from spamsift.brand_spans import brand_spans, wrapped_spans
from spamsift.credits import clean_title, provenance_of
from spamsift.duplicates import doubled
from spamsift.inline import keyword_run, matches, rows_by_block
from spamsift.lookalikes import INVISIBLE
from spamsift.mending import CLOSING, SPACES, Span, apply_spans, disjoint, mend
from spamsift.phrase_table import Row
from spamsift.records import BlockLabel, Cut, LabelledBlock, Metadata, Options, Provenance
from spamsift.sightings import head_of, is_crumb, lines_of

__all__ = ["Operation", "apply_cuts", "operate"]

INLINE_SCORE = 0.95
"""P(right) of a cut by a row of ``inline.toml``: rounded down from the hits looked at in honest text and mirrors."""
LAST_BLOCKS = 1
"""Kept blocks from the end in which rows with a group ``last`` hold: a credit in mid-article is a caption, and
'[…]' is an omission in a quotation (3 blocks: one honest WCXB article lost one)."""
MAX_BRAND_LINE_WORDS = 7
MIN_PARAGRAPH = 80
"""Characters of a block that ends like a sentence: the last such block ends the story of a mirror."""
SURE = 0.8
"""P(article) from which a line below the story of a mirror stays; headlines that the model kept had 0.44 to 0.6."""
MAX_HEADLINE = 200
"""Characters of a headline; longer lines are text that was cut off in mid-sentence."""

_SENTENCE_END = re.compile(r"[.!?…][\"”’»)]?\Z")
_SENTENCE_INSIDE = re.compile(r"[a-zà-ÿ]{3}[.!?…][\"”’»)]{0,2}(?: ?[\"“A-ZÀ-Þ]|\Z)|[.!?…][\"”’»)]?\Z")
"""The end of a sentence; three letters before it, so that 'U.S.' is none inside a line."""
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
    spans: dict[int, list[Span]] = {}
    kept = [index for index in range(len(blocks)) if index not in removed]
    for index, reason in doubled(blocks, kept):
        removed[index] = _Removal(BlockLabel.RELATED, INLINE_SCORE, reason)
    kept = [index for index in kept if index not in removed]
    wrapped = wrapped_spans(source, blocks, injected) if injected is not None else {}
    for position, index in enumerate(kept):
        block = blocks[index]
        found = _spans(block.text, injected, rows.get(index, ()), is_last=position >= len(kept) - LAST_BLOCKS)
        found = disjoint([*found, *wrapped[index]]) if index in wrapped else found
        if found and not apply_spans(block.text, found).strip():
            removed[index] = _Removal(found[0].label, found[0].score, found[0].reason)
        elif found:
            spans[index] = found
    cuts = tuple(_cuts(source, blocks, removed, spans))
    return Operation(
        text=apply_cuts(source, cuts),
        cuts=cuts,
        title=clean_title(blocks, metadata, injected),
        provenance=provenance_of(blocks, metadata, injected, rows),
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
        head = set(head_of(blocks))
        for index, block in enumerate(blocks):
            if index not in removed and (reason := _header_reason(block, brand, is_head=index in head)):
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


def _header_reason(block: LabelledBlock, brand: Brand, *, is_head: bool) -> str | None:
    """Why a block is nothing but a line of the mirror itself."""
    text = block.text.strip(SPACES + CLOSING + "|-–—>")
    if text in brand.forms:
        return f"nothing but the injected brand {brand.text!r}"
    if not is_head:
        return None
    if any(is_crumb(block.text, form) for form in brand.forms):
        return f"crumb of a mirror that injects {brand.text!r}"
    if block.label is BlockLabel.TITLE or len(block.text.split()) > MAX_BRAND_LINE_WORDS:
        return None
    if lines_of("date_line", block.text) or lines_of("brand_line", block.text):
        return f"header line of a mirror that injects {brand.text!r}"
    return None


# --- whole blocks and their separators --------------------------------------------------------------------


def _cuts(
    source: str, blocks: Sequence[LabelledBlock], removed: dict[int, _Removal], spans: dict[int, list[Span]]
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


def _spans(text: str, brand: Brand | None, rows: Sequence[Row], *, is_last: bool) -> list[Span]:
    """Everything that leaves one block, sorted and disjoint."""
    found = list(_row_spans(text, rows, is_last=is_last))
    if brand is not None:
        found += brand_spans(text, brand)
    if (start := keyword_run(text)) is not None:
        found.append(Span(start, len(text), BlockLabel.PROMO, INLINE_SCORE, "run of keywords behind the last sentence"))
    return disjoint(found)


def _row_spans(text: str, rows: Sequence[Row], *, is_last: bool) -> Iterator[Span]:
    for row in rows:
        if row.pattern is None or row.label in _SIGNALS or ("last" in row.pattern.groupindex and not is_last):
            continue
        for found in matches(row, text):
            start, end = found.span("cut") if "cut" in row.pattern.groupindex else found.span()
            replacement = ""
            if text[start:end].strip(INVISIBLE):
                start, end, replacement = mend(text, start, end)
            yield Span(start, end, BlockLabel(row.label), INLINE_SCORE, row.reason, replacement)
