"""Split a document into blocks: from the DOM for HTML, from lines for text.

HTML is walked once, without recursion. A block ends wherever a browser would begin a new line: at
the start and end of every element that is not inline, and at ``<br>``. White space is folded, except
in ``<pre>``, whose line breaks stay. The *source* of an HTML page is its blocks, one per line.

Text is split into lines; a line that goes on in the next one (hard-wrapped prose) is joined with it
into one block, so that a paragraph stays whole. Offsets point into the text as given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from spamsift.records import Block, Document, Health, InputKind, Markup, Node

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["MAX_BLOCKS", "Split", "split"]

MAX_BLOCKS = 20_000
"""Blocks looked at one by one. Bounds the time of hostile pages (about 0.1 ms a block); the largest page
of WCXB dev has some 9,000. Beyond it neighbours are joined and ``health`` says so."""

WRAP_COLUMNS = (55, 100)
"""Range of line lengths (characters) of hard-wrapped prose: mail and plain-text files wrap at 60 to 80,
some editors at 100. A text is taken as wrapped only if most of its long lines end inside it."""

INLINE_TAGS = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q ruby rb rt rp s samp "
    "small span strike strong sub sup time tt u var wbr img picture source input button".split()
)
SKIPPED_TAGS = frozenset(
    "script style template head title svg math iframe object embed canvas audio video select datalist textarea "
    "map frameset applet".split()
)
SEPARATE_TAGS = frozenset(("a", "button", "label", "time"))
"""Inline elements that never split a word: two in a row are shown apart by style, so a space goes between."""
EMPHASIS_TAGS = frozenset("b strong em i u".split())
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HINT_ATTRIBUTES = ("class", "id", "role", "itemprop", "aria-label", "rel")
_MAX_HINT_CHARS = 200
"""Characters of one attribute that are read as hints; longer ones are data, not names."""
_MAX_INLINE_HINTS = 4
"""Inline elements of a block whose hints are read."""


@dataclass(frozen=True, slots=True)
class Split:
    """The blocks of a page in reading order, the source they point into, and what was odd."""

    source: str
    blocks: tuple[Block, ...]
    health: tuple[Health, ...] = ()


def split(document: Document) -> Split:
    r"""Blocks of a document.

    >>> page = split(Document(InputKind.TEXT, "One.\n\nTwo."))
    >>> [(block.text, block.start) for block in page.blocks]
    [('One.', 0), ('Two.', 6)]
    """
    if document.kind is InputKind.HTML and document.tree is not None:
        runs = _Walker().walk(document.tree)
        source, blocks = _lay_out(runs)
    else:
        source, blocks = document.text, list(_text_blocks(document.text))
    health: tuple[Health, ...] = ()
    if len(blocks) > MAX_BLOCKS:
        blocks = _join_neighbours(source, blocks)
        health = (Health.TOO_MANY_BLOCKS,)
    if not blocks and not set(document.health) & {Health.EMPTY, Health.BINARY}:
        health = (*health, Health.NO_TEXT)
    return Split(source, tuple(blocks), health)


@dataclass(slots=True)
class _Run:
    """The block that is being collected."""

    parts: list[str] = field(default_factory=list)
    has_words: bool = False
    """Whether one of the parts is more than white space."""
    inline_hints: list[str] = field(default_factory=list)
    n_link_chars: int = 0
    n_links: int = 0
    n_emphasis_chars: int = 0


class _Walker:
    """One pass over a tree: what is open, and the block that is being collected."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, Markup]] = []
        self.run = _Run()
        self.open: list[tuple[str, Any]] = []  # block elements with their tags
        self.nodes = [Node("body", "", None, 0)]  # and the nodes of the first of them, behind the one above all
        self.n_open_links = 0
        self.n_open_emphasis = 0
        self.n_open_pre = 0
        self.has_just_closed = False  # an element of SEPARATE_TAGS, with no text after it yet

    def walk(self, tree: _Element) -> list[tuple[str, Markup]]:
        from lxml.etree import iterwalk

        body = tree.find("body")
        root = body if body is not None else tree
        events = iterwalk(root, events=("start", "end"))
        for event, element in events:
            tag = element.tag
            if event == "start":
                if tag in SKIPPED_TAGS:
                    events.skip_subtree()
                    continue
                if tag in INLINE_TAGS:
                    self._open_inline(element, tag)
                else:
                    self._open_block(element, tag)
                text = element.text
            else:
                if tag in INLINE_TAGS:
                    self._close_inline(tag)
                elif tag not in SKIPPED_TAGS:
                    self._close_block(tag)
                text = element.tail if element is not root else None
            if text:
                self._add(text)
        self._finish()
        return self.runs

    def _open_inline(self, element: Any, tag: str) -> None:
        run = self.run
        if self.has_just_closed and tag in SEPARATE_TAGS and run.parts:
            run.parts.append(" ")
        if tag == "a":
            self.n_open_links += 1
            run.n_links += 1
        elif tag in EMPHASIS_TAGS:
            self.n_open_emphasis += 1
        if len(run.inline_hints) < _MAX_INLINE_HINTS and (hints := _hints(element)):
            run.inline_hints.append(hints)

    def _close_inline(self, tag: str) -> None:
        self.has_just_closed = tag in SEPARATE_TAGS
        if tag == "a":
            self.n_open_links -= 1
        elif tag in EMPHASIS_TAGS:
            self.n_open_emphasis -= 1

    def _open_block(self, element: Any, tag: str) -> None:
        self._finish()
        if tag == "br":
            return
        if tag == "pre":
            self.n_open_pre += 1
        self.open.append((tag, element))

    def _close_block(self, tag: str) -> None:
        self._finish()
        if tag == "br":
            return
        if tag == "pre":
            self.n_open_pre -= 1
        self.open.pop()
        if len(self.nodes) > len(self.open) + 1:
            self.nodes.pop()

    def _node(self) -> Node:
        """The innermost open block element; nodes are made here, so that elements without text cost nothing."""
        nodes = self.nodes
        for tag, element in self.open[len(nodes) - 1 :]:
            nodes.append(Node(tag, _hints(element), nodes[-1], len(nodes)))
        return nodes[-1]

    def _add(self, text: str) -> None:
        run = self.run
        run.parts.append(text)
        self.has_just_closed = False
        if text.isspace():
            return
        run.has_words = True
        if self.n_open_links or self.n_open_emphasis:
            n_chars = len("".join(text.split()))
            if self.n_open_links:
                run.n_link_chars += n_chars
            if self.n_open_emphasis:
                run.n_emphasis_chars += n_chars

    def _finish(self) -> None:
        run = self.run
        if not run.parts:
            if run.inline_hints or run.n_links:
                self.run = _Run()
            return
        if run.has_words:
            raw = "".join(run.parts)
            text = raw.strip("\r\n").rstrip() if self.n_open_pre else " ".join(raw.split())
            hints = " ".join(run.inline_hints)
            self.runs.append((text, Markup(self._node(), hints, run.n_link_chars, run.n_links, run.n_emphasis_chars)))
            self.run = _Run()
        else:
            run.parts.clear()
        self.run.n_links = 1 if self.n_open_links else 0


def _hints(element: Any) -> str:
    """Words of the attributes that name what an element is for."""
    items = element.items()
    if not items:
        return ""
    if len(items) == 1 and items[0][0] == "class":  # half of all elements
        return str(items[0][1][:_MAX_HINT_CHARS].lower())
    attributes = dict(items)
    found = [attributes[name][:_MAX_HINT_CHARS] for name in _HINT_ATTRIBUTES if name in attributes]
    style = attributes.get("style")
    if "hidden" in attributes or (style and _HIDDEN_STYLE.search(style[:_MAX_HINT_CHARS])):
        found.append("hidden")
    return " ".join(found).lower()


def _lay_out(runs: Sequence[tuple[str, Markup]]) -> tuple[str, list[Block]]:
    """One block per line: the source of an HTML page."""
    blocks: list[Block] = []
    position = 0
    for text, markup in runs:
        blocks.append(Block(text, position, position + len(text), markup))
        position += len(text) + 1
    return "\n".join(text for text, _ in runs), blocks


_ITEM = re.compile(r"[-*•#>|]|(?:\d{1,3}|[a-z])[.)]\s")
"""What opens an item of a list, a heading, a quotation: never the middle of a paragraph."""
_CLOSERS = frozenset('.!?…:"”“»')
MIN_FULL_LINES = 4
"""Lines that must end where the next word did not fit: fewer happen by chance in any list of headlines."""
_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


def _text_blocks(text: str) -> Iterator[Block]:
    """Lines without their outer white space; lines of a hard-wrapped paragraph joined."""
    spans = [_strip(text, m.start(), m.end()) for m in _LINE.finditer(text)]
    spans = [span for span in spans if span[0] < span[1]]
    if _is_hard_wrapped(text, spans):
        spans = _join_wrapped(text, spans)
    for start, end in spans:
        yield Block(text[start:end], start, end)


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    line = text[start:end]
    left = len(line) - len(line.lstrip())
    return start + left, start + max(left, len(line.rstrip()))


def _is_hard_wrapped(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Most lines with a line right below them stop where the next word did not fit any more."""
    width = _width(spans)
    pairs = [(first, second) for first, second in pairwise(spans) if _n_breaks(text, first, second) == 1]
    n_full = sum(1 for first, second in pairs if _is_full(text, first, second, width))
    n_long = sum(1 for start, end in spans if end - start > WRAP_COLUMNS[1])
    return n_full >= MIN_FULL_LINES and n_full > len(pairs) / 2 and n_long * 8 < n_full


def _width(spans: Sequence[tuple[int, int]]) -> int:
    """The longest line that may be wrapped prose, in characters."""
    return max((end - start for start, end in spans if end - start <= WRAP_COLUMNS[1]), default=0)


def _n_breaks(text: str, first: tuple[int, int], second: tuple[int, int]) -> int:
    gap = text[first[1] : second[0]]
    return gap.count("\n") or gap.count("\r")


def _is_full(text: str, first: tuple[int, int], second: tuple[int, int], width: int) -> bool:
    """Whether the next line's first word would have made a line longer than any."""
    low, high = WRAP_COLUMNS
    length = first[1] - first[0]
    if not low <= length <= high:
        return False
    word = text[second[0] : min(second[1], second[0] + high)].split(None, 1)[0]
    return length + 1 + len(word) > width


def _goes_on(text: str, first: tuple[int, int], second: tuple[int, int], width: int) -> bool:
    """Whether the second line belongs to the paragraph of the first."""
    if _n_breaks(text, first, second) > 1 or _ITEM.match(text, second[0], second[1]):
        return False
    is_closed = text[first[1] - 1] in _CLOSERS
    if is_closed and second[1] - second[0] < WRAP_COLUMNS[0] and text[second[1] - 1] not in _CLOSERS:
        return False  # a short line without a stop, below a closed sentence: a heading, a line of junk
    is_open = first[1] - first[0] >= WRAP_COLUMNS[0] and not is_closed
    return _is_full(text, first, second, width) or (is_open and text[second[0]].islower())


def _join_wrapped(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    width = _width(spans)
    joined = list(spans[:1])
    for first, second in pairwise(spans):
        if _goes_on(text, first, second, width):
            joined[-1] = (joined[-1][0], second[1])
        else:
            joined.append(second)
    return joined


def _join_neighbours(source: str, blocks: Sequence[Block]) -> list[Block]:
    """At most :data:`MAX_BLOCKS` blocks, each a run of as many neighbours; markup of the first."""
    size = -(-len(blocks) // MAX_BLOCKS)
    groups = (blocks[i : i + size] for i in range(0, len(blocks), size))
    return [Block(source[g[0].start : g[-1].end], g[0].start, g[-1].end, g[0].markup) for g in groups]
