"""What an HTML page declares beside its text: metadata, signs of its type, descriptions.

Metadata are read by trafilatura (imported nowhere else) from a small page made of the head, the JSON-LD and the
byline-like elements only: on whole pages ``extract_metadata`` costs as much as an extraction (20 of 44 ms on WCXB
dev), on these 2.

Signs are short strings (``og:type=article``, ``ld=product``, ``path=blog``) that a linear model turns into
probabilities of page types: an article, a shop's product and a forum thread need different thresholds.
"""

from __future__ import annotations

import html
import json
import logging
import warnings
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from itertools import islice
from math import log2
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from spamsift.measures import name_words
from spamsift.records import Declaration, Document, Metadata

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["declare", "declared_language"]

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

VALUED_META = ("og:type", "generator", "twitter:card")
"""Meta tags whose value tells the type; of the others the name does."""
COUNTED_TAGS = (
    "table", "article", "li", "p", "form", "input", "select", "img", "h1", "h2", "h3", "time", "pre", "code",
    "blockquote", "button", "dl", "iframe", "video",
)  # fmt: skip
MAX_JSON_CHARS = 400_000
"""Characters of JSON-LD that are read, all scripts together; ten times the largest of WCXB dev's articles."""
MAX_JSON_VALUES = 20_000
MIN_DESCRIPTION = 60
"""Characters from which a string of JSON-LD is a description and no label."""
_BODY_KEYS = frozenset(("articleBody", "text", "reviewBody"))
_MAX_SIGN_CHARS = 80
_MAX_SIGNS = 400


def declare(document: Document) -> Declaration:
    """What the page declares; nothing for plain text.

    >>> from spamsift.records import InputKind
    >>> declare(Document(InputKind.TEXT, "Some text.")).signs
    ()
    """
    tree = document.tree
    if tree is None:
        return Declaration()
    values = tuple(_json_values(tree))
    descriptions = [value for key, value in values if "description" in key]
    bodies = [value for key, value in values if key in _BODY_KEYS]
    meta = [(_meta_name(element), str(element.get("content") or "")) for element in tree.xpath("//meta[@content]")]
    descriptions += [content for name, content in meta if "description" in name]
    signs = dict.fromkeys((*_meta_signs(meta), *_type_signs(tree, values), *_place_signs(tree, meta, document.url)))
    return Declaration(
        _read_metadata(tree, document.url),
        (*tuple(signs)[:_MAX_SIGNS], *_count_signs(tree)),
        "\n".join(map(html.unescape, descriptions)),
        "\n".join(map(html.unescape, bodies)),
    )


def _meta_name(element: _Element) -> str:
    return str(element.get("property") or element.get("name") or element.get("itemprop") or "").lower()


def _meta_signs(meta: list[tuple[str, str]]) -> Iterator[str]:
    for name, content in meta:
        if name in VALUED_META:
            yield from (f"{name}={word}" for word in name_words(content[:_MAX_SIGN_CHARS].lower()))
        elif name:
            yield f"meta={name[:_MAX_SIGN_CHARS]}"


def _type_signs(tree: _Element, values: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for key, value in values:
        if key == "@type":
            yield f"ld={value[:_MAX_SIGN_CHARS].lower()}"
    for value in tree.xpath("//@itemtype"):
        yield f"item={value.rsplit('/', 1)[-1][:_MAX_SIGN_CHARS].lower()}"
    body = tree.find("body")
    if body is not None:
        names = f"{body.get('class') or ''} {body.get('id') or ''}"[:1000].lower()
        yield from (f"body={word}" for word in name_words(names))


def _place_signs(tree: _Element, meta: list[tuple[str, str]], url: str | None) -> Iterator[str]:
    """Words and shape of the page's address, as far as it is known: canonical link, ``og:url``, the caller's."""
    declared = [*tree.xpath("//link[@rel='canonical']/@href"), *(text for name, text in meta if name == "og:url")]
    try:
        place = urlsplit(next(filter(None, [*map(str, declared), url]), ""))
    except ValueError:
        return
    path = place.path.strip("/")[:300].lower()
    yield from (f"path={word}" for word in name_words(path))
    yield f"depth={path.count('/') if path else -1}"
    yield f"query={bool(place.query)}"
    yield f"dashes={min(8, path.count('-'))}"


def _count_signs(tree: _Element) -> tuple[str, ...]:
    """How many elements of some tags there are, in powers of two."""
    counts = Counter([element.tag for element in tree.iter(*COUNTED_TAGS)])
    return tuple(f"n_{tag}={int(log2(1 + counts[tag]))}" for tag in COUNTED_TAGS)


def _json_values(tree: _Element) -> Iterator[tuple[str, str]]:
    """Types and longer strings of the page's JSON-LD, each with its key; broken JSON says nothing."""
    left = MAX_JSON_CHARS
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        left -= len(script)
        if left < 0:
            return
        try:
            found = json.loads(script, strict=False)
        except (ValueError, RecursionError):
            continue
        yield from _walk_json(found)


def _walk_json(found: object) -> Iterator[tuple[str, str]]:
    pending: list[tuple[str, object]] = [("", found)]
    for key, value in pending:  # grows while it is walked: breadth first
        if len(pending) > MAX_JSON_VALUES:
            return
        if isinstance(value, dict):
            pending.extend((str(k), v) for k, v in value.items())
        elif isinstance(value, list):
            pending.extend((key, v) for v in value)
        elif isinstance(value, str) and (key == "@type" or len(value) >= MIN_DESCRIPTION):
            yield key, value


def declared_language(tree: _Element) -> str | None:
    """The first two letters of the root's ``lang`` or ``xml:lang``."""
    return (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:2].lower() or None


def _read_metadata(tree: _Element, url: str | None = None) -> Metadata:
    """What the page declares about itself."""
    page_title = _text(tree.find(".//title"))
    language = declared_language(tree)
    try:
        from trafilatura.metadata import extract_metadata

        logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
        with warnings.catch_warnings():  # dateutil warns of time zones that it does not know
            warnings.simplefilter("ignore")
            found: Any = extract_metadata(
                _metadata_page(tree), url, {"extensive_search": False, "original_date": True, "url": url}
            )
    except Exception:  # trafilatura has no error contract; metadata are never worth a page
        return Metadata(title=page_title, page_title=page_title, language=language)
    return Metadata(
        title=_clean(found.title) or page_title,
        author=_clean(found.author),
        date=_clean(found.date),
        site=_clean(found.sitename),
        language=language,
        page_title=page_title,
    )


def _metadata_page(tree: _Element) -> Any:
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
    return _clean("".join(element.itertext())) if element is not None else None


def _clean(value: Any) -> str | None:
    return " ".join(str(value).split()) or None if value else None
