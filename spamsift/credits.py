"""The title without what does not belong to it, and the provenance: who wrote the page, when, and whom it credits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from spamsift.brand import Brand
from spamsift.brand_spans import brand_spans
from spamsift.inline import byline_rows, matches
from spamsift.lexicon import load_table
from spamsift.mending import SPACES, apply_spans, disjoint
from spamsift.phrase_table import Row
from spamsift.records import BlockLabel, LabelledBlock, Metadata, Provenance
from spamsift.sightings import SEPARATOR, head_of, lines_of

__all__ = ["clean_title", "provenance_of"]

MAX_TITLE = 300
"""Characters of a line that may be a title."""
MAX_CREDIT = 100
"""Characters of a credit."""
_NO_CREDIT = frozenset({BlockLabel.COMMENTS, BlockLabel.NAVIGATION, BlockLabel.PROMO})


def clean_title(blocks: Sequence[LabelledBlock], metadata: Metadata, brand: Brand | None) -> str | None:
    titles = [block.text for block in blocks if block.label is BlockLabel.TITLE]
    declared = (*titles, metadata.title, metadata.page_title, _branded_title(blocks, brand))
    raw = next((title for title in declared if title and title.strip()), None)
    if raw is None:
        return None
    title = " ".join(raw.split()).strip("*#_ ") or raw
    if brand is not None:
        title = apply_spans(title, disjoint(brand_spans(title, brand)))
        title = re.sub(r" [-|](?! )[^-|]{2,60}\Z", "", title)  # the network's own 'Title -Site'
    return _without_site(title, metadata.site).strip() or None


def _branded_title(blocks: Sequence[LabelledBlock], brand: Brand | None) -> str | None:
    """The last line of the head that begins with the brand and a separator: the title, whatever its label."""
    if brand is None:
        return None
    lines = [line for i in head_of(blocks) for line in blocks[i].text.split("\n") if line.startswith(brand.text)]
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


def provenance_of(
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
        stamps = (found["date"] for i in head_of(blocks) if (found := lines_of("date_line", blocks[i].text)))
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
                facts.setdefault(name, value.strip(SPACES + ".,;:-–—"))
