"""DOM columns of the block features: tags, hints, links, containers, repetition, what the page declares."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spamsift.lexicon import load_hints
from spamsift.measures import CharacterCounts, Words, shingle_shares
from spamsift.outline import SAMPLE_MARKUP, Outline, number_distinct
from spamsift.records import Block, Declaration, Markup

__all__ = ["dom_columns"]

Column = NDArray[np.float32]

OWN_TAGS = (
    "p",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "td",
    "th",
    "div",
    "section",
    "blockquote",
    "pre",
    "figcaption",
    "dt",
    "dd",
    "body",
    "br",
)
_OWN_NUMBERS = {tag: number for number, tag in enumerate(OWN_TAGS)}
HEADING_TAGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
ANCESTOR_TAGS = (
    "nav", "header", "footer", "aside", "article", "main", "section", "form", "table", "ul", "ol", "figure",
    "blockquote", "dl", "details", "address", "button", "dialog", "fieldset", "li", "noscript",
)  # fmt: skip
_ANCESTOR_BITS = {tag: 1 << bit for bit, tag in enumerate(ANCESTOR_TAGS)}
LEVELS = (0, 1, 2, 3, 5)
"""How many elements above the holder a container is looked at; farther up it is the page."""
SIGNATURE_LEVELS = 3
"""Elements whose tag and hints make a signature: the cards of a list share theirs."""
_SIGNATURE_CHARS = 40
"""Characters of the hints that count in it."""
MAIN_SHARE = 0.6
"""Share of the page's prose (characters in blocks that are long and not links) the main container must hold;
swept 0.5 to 0.8 by eye on WCXB dev: lower values pick single sections, higher ones the whole body."""
PROSE_CHARS = 80
MAX_PROSE_LINK_DENSITY = 0.3


@lru_cache(maxsize=1)
def _hint_pattern() -> tuple[tuple[str, ...], re.Pattern[str], dict[str, int]]:
    names = tuple(name for name, _ in load_hints())
    masks: dict[str, int] = {}
    for bit, (_, parts) in enumerate(load_hints()):
        for part in parts:
            masks[part] = masks.get(part, 0) | 1 << bit
    return names, re.compile(_longest_of(masks)), masks


def _longest_of(parts: Collection[str]) -> str:
    """A pattern for the longest of some strings that stands at a place: they branch where they differ, which takes a
    quarter of the time of trying them one after the other.

    >>> _longest_of(["ad", "ads", "nav"])
    '(?:a(?:d(?:s)?)|n(?:a(?:v)))'
    """
    rests: dict[str, list[str]] = {}
    for part in filter(None, parts):
        rests.setdefault(part[0], []).append(part[1:])
    branches = "|".join(re.escape(first) + _longest_of(rest) for first, rest in rests.items())
    return f"(?:{branches}){'?' if '' in parts else ''}" if branches else ""


@lru_cache(maxsize=4096)
def _hint_mask(hints: str) -> int:
    """Bits of the hint names that occur in ``hints`` (a pure function, cached because hints repeat)."""
    *words, last = hints.split(" ")  # no part goes on behind a space; themes share words more than whole attributes
    mask = _word_mask(last)
    for word in words:
        mask |= _word_mask(f"{word} ")
    return mask


@lru_cache(maxsize=16384)
def _word_mask(word: str) -> int:
    _, pattern, masks = _hint_pattern()
    mask = 0
    for part in pattern.findall(word):
        mask |= masks[part]
    return mask


def _bits(masks: NDArray[np.int64], names: Sequence[str], prefix: str) -> dict[str, Column]:
    bits = (masks >> np.arange(len(names))[:, None] & 1).astype(np.float32)
    return {f"{prefix}_{name}": row for name, row in zip(names, bits, strict=True)}


class _Tree:
    """The nodes above a page's blocks with masks and sums; arrays of shape (n_nodes,) unless they say another."""

    def __init__(self, page: Outline, markups: Sequence[Markup], counts: CharacterCounts) -> None:
        self.holder, self.parent = page.holder, page.parent
        self.depth = np.array([node.depth for node in page.nodes], dtype=np.int64)
        kinds, kind = page.kinds, page.kind
        self.tag = _asked_once([_OWN_NUMBERS.get(tag, -1) for tag, _ in kinds], kind)
        self.is_heading = _asked_once([tag in HEADING_TAGS for tag, _ in kinds], kind) > 0
        self.hints = _asked_once([_hint_mask(hints) for _, hints in kinds], kind)
        self.near_hints = self.hints | self.hints[self.parent] | self.hints[self.parent[self.parent]]
        self.all_hints = self._inherit(self.hints)
        self.tags = self._inherit(_asked_once([_ANCESTOR_BITS.get(tag, 0) for tag, _ in kinds], kind))
        _, short = number_distinct((tag, hints[:_SIGNATURE_CHARS]) for tag, hints in kinds)
        self.signature = self._sign(short[kind] + 1)
        self.sums = self._sum_up(markups, counts)

    def _inherit(self, masks: NDArray[np.int64]) -> NDArray[np.int64]:
        """The bits of each node and of all above it."""
        found = masks.tolist()
        for node, parent in enumerate(self.parent.tolist()):
            found[node] |= found[parent]
        return np.array(found, dtype=np.int64)

    def _sign(self, kind: NDArray[np.int64]) -> NDArray[np.int64]:
        """One number for the kinds (from 1) of a node and of those above it, :data:`SIGNATURE_LEVELS` together."""
        signature, at, base = kind, np.arange(len(kind)), int(kind.max()) + 1
        for level in range(1, SIGNATURE_LEVELS):
            at = self.parent[at]
            signature = signature * base + np.where(self.depth >= level, kind[at], 0)
        return signature

    def _sum_up(self, markups: Sequence[Markup], counts: CharacterCounts) -> NDArray[np.float64]:
        """Per node: blocks, characters, link characters, sentences, prose characters of its subtree; shape (n, 5)."""
        solid = np.maximum(counts.length - counts.spaces, 1)
        links = np.minimum(np.array([markup.n_link_chars for markup in markups]), solid)
        is_prose = (counts.length >= PROSE_CHARS) & (links <= MAX_PROSE_LINK_DENSITY * solid)
        values = (np.ones(len(markups)), counts.length, links, counts.sentences, counts.length * is_prose)
        parents = self.parent.tolist()
        sums = np.empty((len(parents), len(values)))
        for i, value in enumerate(values):
            column = np.bincount(self.holder, weights=value, minlength=len(parents)).tolist()
            for node in range(len(parents) - 1, 0, -1):
                column[parents[node]] += column[node]
            sums[:, i] = column
        return sums

    def main_container(self) -> int:
        """The deepest node of several blocks that still holds :data:`MAIN_SHARE` of the page's prose."""
        holds_enough = self.sums[:, 4] >= MAIN_SHARE * max(self.sums[0, 4], 1.0)
        enough = np.flatnonzero(holds_enough & (self.sums[:, 0] >= 2))
        return int(enough[np.argmax(self.depth[enough])]) if len(enough) else 0

    def contains(self, container: int) -> NDArray[np.bool_]:
        """Which nodes lie inside ``container``."""
        return self._inherit(np.arange(len(self.parent)) == container).astype(np.bool_)


def _asked_once(answers: Sequence[int], kind: NDArray[np.int64]) -> NDArray[np.int64]:
    """What was asked of each kind, for each node."""
    return np.array(answers, dtype=np.int64)[kind]


def dom_columns(
    blocks: Sequence[Block], counts: CharacterCounts, words: Words, page: Outline, declared: Declaration
) -> dict[str, Column]:
    """Columns that need a DOM; every array has shape (n_blocks,)."""
    markups = [block.markup or SAMPLE_MARKUP for block in blocks]
    tree = _Tree(page, markups, counts)
    solid = np.maximum(counts.length - counts.spaces, 1)
    in_descriptions, in_bodies = shingle_shares(blocks, words, declared.descriptions, declared.bodies)
    tag = tree.tag[tree.holder]
    columns = {
        "link_density": np.minimum([m.n_link_chars for m in markups] / solid, 1).astype(np.float32),
        "log_links": np.log1p([m.n_links for m in markups]).astype(np.float32),
        "emphasis_density": np.minimum([m.n_emphasis_chars for m in markups] / solid, 1).astype(np.float32),
        "depth": tree.depth[tree.holder].astype(np.float32),
        "is_heading": tree.is_heading[tree.holder].astype(np.float32),
        "is_list_item": (tag == _OWN_NUMBERS["li"]).astype(np.float32),
        "description_share": in_descriptions,
        "body_share": in_bodies,
    }
    columns |= {f"tag_{name}": (tag == number).astype(np.float32) for name, number in _OWN_NUMBERS.items()}
    columns |= _hint_columns(tree, markups)
    columns |= _container_columns(tree)
    columns |= _main_columns(tree, counts)
    return columns


def _hint_columns(tree: _Tree, markups: Sequence[Markup]) -> dict[str, Column]:
    names, _, _ = _hint_pattern()
    inline, kind = number_distinct(markup.inline_hints for markup in markups)
    own = tree.hints[tree.holder] | _asked_once([_hint_mask(hints) for hints in inline], kind)
    columns = _bits(own, names, "own")
    columns |= _bits(tree.near_hints[tree.holder], names, "near")
    columns |= _bits(tree.all_hints[tree.holder], names, "any")
    columns |= _bits(tree.tags[tree.holder], ANCESTOR_TAGS, "in")
    return columns


def _container_columns(tree: _Tree) -> dict[str, Column]:
    """For some containers above each block: size, links and prose."""
    page_chars = max(float(tree.sums[0, 1]), 1.0)
    columns: dict[str, Column] = {}
    at = tree.holder
    for level in range(max(LEVELS) + 1):
        if level in LEVELS:
            n_blocks, n_chars, n_link, n_sentences, n_prose = tree.sums[at].T
            found = {
                "log_blocks": np.log1p(n_blocks),
                "log_chars": np.log1p(n_chars),
                "mean_chars": np.log1p(n_chars / n_blocks),
                "link_density": n_link / n_chars,
                "mean_sentences": n_sentences / n_blocks,
                "prose_share": n_prose / n_chars,
                "page_share": n_chars / page_chars,
            }
            columns |= {f"container{level}_{name}": value.astype(np.float32) for name, value in found.items()}
        at = tree.parent[at]
    return columns


def _main_columns(tree: _Tree, counts: CharacterCounts) -> dict[str, Column]:
    """Place relative to the main container and to blocks of the same signature."""
    main = tree.main_container()
    inside = tree.contains(main)[tree.holder]
    group = np.unique(tree.signature[tree.holder], return_inverse=True)[1]
    size = np.bincount(group)
    mean_chars = np.bincount(group, weights=counts.length) / size
    return {
        "in_main": inside.astype(np.float32),
        "below_main": np.where(inside, tree.depth[tree.holder] - tree.depth[main], -1).astype(np.float32),
        "log_same_signature": np.log1p(size[group]).astype(np.float32),
        "signature_mean_chars": np.log1p(mean_chars[group]).astype(np.float32),
    }
