"""Findings that a mirror leaves: where its brand stands, what its template writes, and that nobody signs the story."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from spamsift.joins import occurrences
from spamsift.lookalikes import flat
from spamsift.page_shape import Find
from spamsift.records import BlockLabel, LabelledBlock, Sifted
from spamsift.sightings import MAX_LINE, SEPARATOR, head_of, is_crumb, lines_of
from spamsift.text_statistics import is_prose

__all__ = ["UNSIGNED", "are_unsigned", "mirror_marks", "name_own_site"]

UNSIGNED = frozenset({"unsigned_report", "unsigned_post"})
"""Signals of ``page_signals.toml`` that count only on a page that names no author."""
MIN_STATEMENTS = 4
"""Attributed statements from which a text is reporting. With ``MIN_STATEMENT_RATE``: 108 of 1,922 honest HTML pages of
sites and the open web are, and one of these is not signed."""
MIN_STATEMENT_RATE = 1 / 150
"""Attributed statements per word of the article."""
MIN_TITLE_WORDS = 3
"""Words beside a brand that may be a title."""
MAX_PLACES = 20
_FRAME = frozenset({BlockLabel.TITLE, BlockLabel.NAVIGATION, BlockLabel.NOTICE, BlockLabel.OTHER})
"""What a site writes of itself; lists and captions name others."""
_BEFORE_SOURCE = re.compile(r"\A[^:|–-]{1,30}[:|–-]\s?")


def mirror_marks(page: Sifted) -> Mapping[str, tuple[Find, ...]]:
    """Signal name to places, in order, for those that were found.

    >>> block = LabelledBlock("Date:2025-04-11 05:27:12", BlockLabel.OTHER, 0.9, 0, 24)
    >>> list(mirror_marks(Sifted(text="", blocks=(block,))))
    ['machine_line']
    """
    found: dict[str, list[Find]] = {}
    if page.provenance.injected_brand:
        for name, place in _brand_places(page.blocks, page.provenance.injected_brand):
            found.setdefault(name, []).append(place)
    for block in (page.blocks[i] for i in head_of(page.blocks)):
        if lines_of("machine_line", block.text):
            found.setdefault("machine_line", []).append(Find(block.start, block.end))
    return {name: tuple(places) for name, places in found.items()}


def _brand_places(blocks: Sequence[LabelledBlock], brand: str) -> Iterator[tuple[str, Find]]:
    """Uses of an injected brand, by what they stand in; disguised and wrapped ones too."""
    n = 0
    for block in blocks:
        for at in occurrences(flat(block.text), brand, MAX_PLACES):
            yield _signal_of(block, at, brand), Find(block.start + at, block.start + at + len(brand))
            n += 1
        if n >= MAX_PLACES:
            return


def _signal_of(block: LabelledBlock, at: int, brand: str) -> str:
    text, end = block.text, at + len(brand)
    if len(text) <= MAX_LINE and is_crumb(text, brand):
        return "brand_in_template"
    is_prefix = at == 0 and SEPARATOR.match(text, end) is not None
    if block.is_main and is_prose(text) and block.label is not BlockLabel.TITLE and not is_prefix:
        return "brand_in_sentence"
    is_titled = len(text) <= MAX_LINE and len((text[:at] + " " + text[end:]).split()) >= MIN_TITLE_WORDS
    return "brand_beside_title" if is_titled else "brand_in_template"


def name_own_site(page: Sifted, places: Sequence[Find]) -> bool:
    """Whether source lines name the page's own site, whose name stands in its frame between separators.

    >>> title = LabelledBlock("The Gull | Ferry late", BlockLabel.TITLE, 0.9, 0, 21)
    >>> last = LabelledBlock("Source: The Gull", BlockLabel.SOURCE, 0.9, 22, 38)
    >>> name_own_site(Sifted(text=f"{title.text} {last.text}", blocks=(title, last)), [Find(22, 38)])
    True
    """
    named = {_BEFORE_SOURCE.sub("", page.source[p.start : p.end]).strip(" .") for p in places[:MAX_PLACES]} - {""}
    others, position = [], 0  # without the source lines: 'Source: The Gull' is no frame that names The Gull
    for place in places:
        others += [page.source[position : place.start], "|" * (place.end - place.start)]
        position = place.end
    source = "".join([*others, page.source[position:]])
    frame = (source[b.start : b.end] for b in page.blocks if b.label in _FRAME and len(b.text) <= MAX_LINE)
    own = {part.strip() for text in frame for part in SEPARATOR.split(text)} | {page.provenance.site or ""}
    return bool(named) and named <= own


def are_unsigned(page: Sifted, name: str, places: Sequence[Find]) -> bool:
    """Whether the finds of one of ``UNSIGNED`` count: nobody signs the page, and more than the bare article is there.

    A bare article may have lost its author on the way.
    """
    if page.provenance.author or any(map(_is_signature, page.blocks)) or all(block.is_main for block in page.blocks):
        return False
    return name != "unsigned_report" or len(places) >= max(MIN_STATEMENTS, MIN_STATEMENT_RATE * len(page.text.split()))


def _is_signature(block: LabelledBlock) -> bool:
    """A byline; the time stamp of a machine is one, too, and signs nothing."""
    return block.label is BlockLabel.BYLINE and lines_of("machine_line", block.text) is None
