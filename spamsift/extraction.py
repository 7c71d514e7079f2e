"""The only importer of trafilatura: what it thinks of each block, and the page's metadata.

trafilatura is asked once, in its fast mode, on the tree that was parsed for the blocks. Its answer is
text, so each block is compared with it: the share of the block's words that stand in the answer in
the same order of three. ``deduplicate=True`` would make the answer depend on what the process
saw before, so it is never used.

Metadata are read from a small page made of the head, the JSON-LD and the byline-like elements only:
on whole pages ``extract_metadata`` costs as much as an extraction (20 of 44 ms on WCXB dev), on these 2.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from spamsift.records import Block, Document, InputKind, Metadata, Opinion

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["extract", "kept_shares", "read_metadata"]

SHINGLE = 3
"""Words in a row that must agree. Two also match by chance inside long articles; with four, one inline
element that trafilatura drops costs a short block most of its share."""

_WORD = re.compile(r"\w+")
MAX_ELEMENTS = 30_000
"""Elements of a page that trafilatura is asked about: it takes quadratic time on some shapes (200,000 table cells: 208
s). Twice the largest of 1,823 pages of WCXB dev and trafilatura's set."""
_MAX_BYLINES = 12
"""Elements copied for the metadata page; article lists repeat theirs once per card."""
_BYLINE_XPATH = " | ".join(  # by way of the attributes: half the time of asking every element for each of them
    f"({path}[string-length(normalize-space({element})) < 200])[position() <= {_MAX_BYLINES}]/{element}"
    for path, element in (  # so few of each, because libxml2 takes quadratic time to join sets
        ("//time", "."),
        ("//@itemprop[.='author' or .='datePublished']", ".."),
        ("//@rel[.='author']", ".."),
        ("//@class[contains(.,'byline') or contains(.,'author')]", ".."),
    )
)


def extract(document: Document, blocks: Sequence[Block]) -> Opinion:
    """trafilatura's opinion of every block, and the page's metadata; nothing for plain text.

    >>> extract(Document(InputKind.TEXT, "Some text."), ()).failed
    False
    """
    if document.kind is not InputKind.HTML or document.tree is None:
        return Opinion(kept=(0.0,) * len(blocks))
    metadata = read_metadata(document.tree, document.url)
    text = None if _has_too_many(document.tree) else _main_text(document.tree)
    if text is None:
        return Opinion((0.0,) * len(blocks), metadata, failed=True)
    return Opinion(kept_shares(blocks, text), metadata)


def _has_too_many(tree: HtmlElement) -> bool:
    return next(islice(tree.iter(), MAX_ELEMENTS, None), None) is not None


def _main_text(tree: HtmlElement) -> str | None:
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        result = bare_extraction(
            tree, fast=True, include_comments=False, include_tables=True, deduplicate=False, with_metadata=False
        )
    except Exception:  # trafilatura has no error contract; a page must never be lost to it
        return None
    if result is None:
        return None
    text = getattr(result, "text", None)
    return text if isinstance(text, str) else None


def kept_shares(blocks: Sequence[Block], text: str) -> tuple[float, ...]:
    """Share in [0, 1] of each block's shingles that stand in ``text``.

    >>> block = Block("the cat sat on the mat", 0, 22)
    >>> kept_shares([block], "There the cat sat on a mat.")
    (0.5,)
    """
    text = text.lower()
    words = _WORD.findall(text)
    shingles: set[tuple[str, ...]] = set(zip(words, words[1:], words[2:], strict=False))
    lines = set(text.splitlines())
    short = {" ".join(words) for line in lines if len(words := _first_words(line)) < SHINGLE}
    return tuple(_kept_share(block.text.lower(), lines, shingles, short) for block in blocks)


def _kept_share(text: str, lines: set[str], shingles: set[tuple[str, ...]], short: set[str]) -> float:
    if text in lines:  # most paragraphs of an article, and they are most of its words
        return 1.0
    words = _WORD.findall(text)
    if len(words) < SHINGLE:
        return float(" ".join(words) in short)
    found = sum(map(shingles.__contains__, zip(words, words[1:], words[2:], strict=False)))
    return found / (len(words) - SHINGLE + 1)


def _first_words(line: str) -> list[str]:
    return [found.group() for found in islice(_WORD.finditer(line), SHINGLE)]


def read_metadata(tree: HtmlElement, url: str | None = None) -> Metadata:
    """What the page declares about itself."""
    page_title = _text(tree.find(".//title"))
    language = (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:2].lower() or None
    try:
        from trafilatura.metadata import extract_metadata

        found: Any = extract_metadata(
            _metadata_page(tree), url, {"extensive_search": False, "original_date": True, "url": url}
        )
    except Exception:  # as above: metadata are never worth a page
        return Metadata(title=page_title, page_title=page_title, language=language)
    return Metadata(
        title=_clean(found.title) or page_title,
        author=_clean(found.author),
        date=_clean(found.date),
        site=_clean(found.sitename),
        language=language,
        page_title=page_title,
    )


def _metadata_page(tree: HtmlElement) -> Any:
    """Head, JSON-LD, first headings and byline-like elements: all that metadata are read from."""
    from lxml import html

    page = html.Element("html")
    head = tree.find("head")
    page.append(deepcopy(head) if head is not None else html.Element("head"))
    body = html.Element("body")
    page.append(body)
    for script in tree.iter("script"):
        if script.get("type") == "application/ld+json" and next(script.iterancestors("body"), None) is not None:
            body.append(_copy(script))
    for heading in islice(tree.iter("h1"), 2):
        body.append(_copy(heading))
    for byline in _find_bylines()(tree)[:_MAX_BYLINES]:
        body.append(_copy(byline))
    return page


@cache
def _find_bylines() -> Any:
    from lxml import etree

    return etree.XPath(_BYLINE_XPATH)


def _copy(element: Any) -> Any:
    copied = deepcopy(element)
    copied.tail = None
    return copied


def _text(element: Any) -> str | None:
    return _clean(element.text_content()) if element is not None else None


def _clean(value: Any) -> str | None:
    return " ".join(str(value).split()) or None if value else None
