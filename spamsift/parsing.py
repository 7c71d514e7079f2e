"""Markup → tree, with every word of it, whatever the nesting and the size.

libxml2 stops without an exception at 256 nested elements and at 10 MB of text in one node: all that
follows is lost. Its option ``huge_tree`` only moves the first limit (to 2,048), and the deep tree
then breaks code that recurses. So a page is parsed with the limits on, the parser's log is asked
whether it stopped, and only then the markup is rewritten flat and parsed again.
"""

from __future__ import annotations

import html as html_escapes
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from spamsift.records import Health

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["MAX_DEPTH", "parse"]

MAX_DEPTH = 200
"""Elements on the longest path of a tree that is handed on. Below libxml2's 256, and low enough for code that recurses
a few Python frames per element (limit 1,000 frames). Real pages: below 100 in all of WCXB dev."""

_MAX_OPEN = (180, 1)
"""Elements that the rewritten markup has open at once, per attempt: below ``MAX_DEPTH`` with room for html, body and
what libxml2 implies. The second attempt nests nothing and is there for parsers that read tags in another way."""

_MAX_TEXT_RUN = 2_000_000
"""Characters of one text node: 8 MB of UTF-8 at most, where libxml2 stops at 10,000,000 bytes."""

_PIECE = 1_000_000
"""Characters of the pieces that a longer run is read in, and of the longest tag whose attributes are kept."""

_MAX_NAME = 64
"""Characters of a tag name; a longer one is no element that anyone writes."""


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_VOID = _names("area base basefont br col embed frame hr img input link meta param source track wbr")
_CLOSED_BY_ITSELF = _names("p li dt dd option tr td th a")  # <p>a<p>b: siblings, not nested
_INLINE = _names(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s samp small "
    "span strike strong sub sup time tt u var"
)
_RENDERED_RAW = _names("title textarea xmp")  # no tags inside, but text that is shown
_LINES = tuple(
    "address article aside blockquote dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "li main nav ol p pre section table tbody td tfoot th thead tr ul".split()
)
_SILENT_RAW = _names("script style iframe noembed noframes")

_TOKEN = re.compile(r"<(?:!--|[!?]|/?([a-zA-Z][^\s/>]*)|/)")
_TAG_EVENT = re.compile(r">|=\s*[\"']")
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9:.-]*")


def parse(markup: bytes) -> tuple[_Element | None, list[Health]]:
    """The tree of a page, at most :data:`MAX_DEPTH` deep, and what had to be done for it.

    ``None`` if there is not one element or word in the markup, which must be UTF-8 without NUL.

    >>> tree, health = parse(b"<div>" * 9_999 + b"deep" + b"</div>" * 9_999 + b"after")
    >>> "".join(tree.itertext()).split(), health
    (['deep', 'after'], [<Health.DEEPLY_NESTED: 'deeply_nested'>])
    """
    tree, is_deep, is_complete = _parse_once(markup)
    if is_complete and not is_deep:
        return tree, []
    for max_open in _MAX_OPEN:
        flat = _Flattener(markup.decode("utf-8"), max_open)
        tree, is_still_deep, is_complete = _parse_once(flat.rewrite().encode("utf-8"), is_bounded=True)
        if is_complete and not is_still_deep:
            break
    notes = {Health.DEEPLY_NESTED: is_deep or flat.is_flattened, Health.HUGE_TEXT_NODE: flat.is_split}
    return tree, [note for note, holds in notes.items() if holds]


def _parse_once(markup: bytes, is_bounded: bool = False) -> tuple[_Element | None, bool, bool]:
    """Tree, whether it is deeper than ``MAX_DEPTH``, whether the parser came to the end of the markup.

    Bounded markup (shallow, in pieces) is parsed without limits: libxml2 also stops in pages of 10 MB whose single
    runs of text are 100 kB. Other markup never is: unmatched end tags in a deep tree then cost minutes.
    """
    from lxml import etree  # not lxml.html: its elements have methods that nobody here calls, and take twice the time

    # UTF-8 with the encoding named, so that neither <meta charset> nor an XML declaration is believed again.
    parser = etree.HTMLParser(
        encoding="utf-8", recover=True, remove_comments=True, remove_pis=True, huge_tree=is_bounded
    )
    try:
        tree = etree.fromstring(markup, parser)
    except etree.XMLSyntaxError:
        tree = None
    if tree is not None:
        _adopt_late_roots(tree)
        _even_out(tree)
    log = parser.error_log
    is_complete = not any(entry.level == etree.ErrorLevels.FATAL and "HUGE" in entry.message.upper() for entry in log)
    is_deep = tree is not None and bool(tree.xpath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")"))
    return tree, is_deep, is_complete


def _adopt_late_roots(tree: _Element) -> None:
    """Put into the body what follows ``</html>``: libxml2 hides it in a second root beside the first.

    Seen on 1 % of the pages of WCXB dev, where an include in the head ends with ``</html>`` and the article follows.
    """
    late = list(tree.itersiblings("html"))
    if late:
        body = tree.find("body")
        for root in late:
            root.tag = "div"
            (tree if body is None else body).append(root)


def _even_out(tree: _Element) -> None:
    """White space between blocks, so that minified and indented markup of one page are one page to everybody.

    Without it links are counted otherwise where a block ends inside one, and the block models learned with it.
    """
    for element in tree.iter(*_LINES):
        if not (tail := element.tail) or tail.isspace():
            element.tail = "\n"
        if element.tag != "pre" and len(element) and not ((text := element.text) and not text.isspace()):
            element.text = "\n"


class _Flattener:
    """Rewrite markup so that no path is long and no text node is huge, keeping every word in order.

    When one more element would be too deep, everything open is closed and the element starts again at the
    top: 10,000 nested divs become 56 towers. So links, headings and lists stay what they are however deep they
    stand; only the outer wrappers are lost. All tags written are balanced, in linear time.
    """

    def __init__(self, markup: str, max_open: int) -> None:
        self.markup = markup
        self.max_open = max_open
        self.is_flattened = False
        self.is_split = False
        self._out: list[str] = []
        self._open: list[str] = []  # names as the page nests them
        self._n_open: Counter[str] = Counter()
        self._n_closed = 0  # so many of them, from the bottom, are closed in the output already
        self._run = 0  # characters of text since the last tag written

    def rewrite(self) -> str:
        """The flat markup."""
        markup, position = self.markup, 0
        while match := _TOKEN.search(markup, position):
            self._text(markup[position : match.start()])
            if match[1]:
                position = self._tag(match)
            elif match[0] == "<!--":
                position = _after(markup, "-->", match.start() + 2)
            else:  # doctype, processing instruction, CDATA in HTML: all end at the next ">"
                position = _after(markup, ">", match.start())
        self._text(markup[position:])
        self._close_all()
        return "".join(self._out)

    def _tag(self, match: re.Match[str]) -> int:
        """Handle the tag that starts here; the position after it, or after its raw text."""
        markup, name = self.markup, match[1].lower()
        end = _end_of_tag(markup, match.end())
        source = markup[match.start() : end]
        if not source.endswith(">") or len(name) > _MAX_NAME or not _PLAIN_NAME.fullmatch(name):
            return end  # cut off at the end of the page, or no element: libxml2 would not close it as we do
        if len(source) > _PIECE:
            source = f"<{name}>"  # a data URI of megabytes
        if match[0][1] == "/":
            self._end(name)
        elif name == "plaintext":
            self._raw("pre", "<pre>", html_escapes.escape(markup[end:], quote=False))
            return len(markup)
        elif name in _RENDERED_RAW or name in _SILENT_RAW:
            close = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(markup, end)
            self._raw(name, source, markup[end : close.start() if close else len(markup)])
            return _end_of_tag(markup, close.end()) if close else len(markup)
        elif source.endswith("/>") and name not in _VOID:
            self._write(source[:-2] + f"></{name}>")  # libxml2 takes <div/> for empty
        else:
            self._start(name, source)
        return end

    def _start(self, name: str, source: str) -> None:
        if name in ("html", "head", "body") or name in _VOID:
            self._write(source)  # libxml2 merges a second <body> into the first
            return
        if name in _CLOSED_BY_ITSELF and self._open and self._open[-1] == name:
            self._end(name)
        if len(self._open) - self._n_closed >= self.max_open:
            self._close_all()
            self.is_flattened = True
        self._write(source)
        self._open.append(name)
        self._n_open[name] += 1

    def _end(self, name: str) -> None:
        if name == "head":
            self._write("</head>")
        if not self._n_open[name]:
            return
        while True:
            top = self._open.pop()
            self._n_open[top] -= 1
            if len(self._open) >= self._n_closed:
                self._write(f"</{top}>")
            else:
                self._n_closed = len(self._open)
                if top not in _INLINE:
                    self._boundary()
            if top == name:
                return

    def _close_all(self) -> None:
        """Close in the output what is open, so that the next element starts at the top."""
        self._out.extend(f"</{name}>" for name in reversed(self._open[self._n_closed :]))
        self._n_closed = len(self._open)

    def _text(self, text: str) -> None:
        if self._run + len(text) > _MAX_TEXT_RUN:
            self.is_split = True
            for piece in _pieces(text):
                self._boundary()
                self._out.append(piece)
                self._run = len(piece)
        elif text:
            self._out.append(text)
            self._run += len(text)

    def _raw(self, name: str, start: str, content: str) -> None:
        if len(content) <= _PIECE:
            self._write(f"{start}{content}</{name}>")
        elif name not in _SILENT_RAW:
            self.is_split = self.is_split or len(content) > _MAX_TEXT_RUN
            self._write("".join(f"<{name}>{piece}</{name}>" for piece in _pieces(content)))

    def _boundary(self) -> None:
        """End a block without ending what is open. Never twice in a row."""
        is_in_paragraph = len(self._open) > self._n_closed and self._open[-1] == "p"
        mark = "</p><p>" if is_in_paragraph else "<div></div>"
        if not self._out or self._out[-1] != mark:
            self._write(mark)

    def _write(self, source: str) -> None:
        self._out.append(source)
        self._run = 0


def _after(markup: str, mark: str, position: int) -> int:
    """Position after the next mark, or the end: what is not closed swallows the rest, as in browsers."""
    found = markup.find(mark, position)
    return len(markup) if found < 0 else found + len(mark)


def _end_of_tag(markup: str, position: int) -> int:
    """Position after the ``>`` of a tag; quotes hide it only as attribute values (HTML standard, 13.2.5)."""
    while match := _TAG_EVENT.search(markup, position):
        if match[0] == ">":
            return match.end()
        position = _after(markup, match[0][-1], match.end())
    return len(markup)


def _pieces(text: str) -> Iterator[str]:
    """Pieces of at most ``_PIECE`` characters, cut at white space, never inside a character reference."""
    start = 0
    while len(text) - start > _PIECE:
        end = start + _PIECE
        cut = max(text.rfind(" ", end - 1000, end), text.rfind("\n", end - 1000, end)) + 1
        cut = cut or text.rfind("&", end - 40, end)
        end = cut if cut > start else end
        yield text[start:end]
        start = end
    yield text[start:]
