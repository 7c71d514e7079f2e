"""DOM columns of the block features: tags, hints, links, containers, repetition, what the page declares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spamsift.lexicon import load_hints
from spamsift.measures import CharacterCounts, shingle_shares
from spamsift.records import Block, Declaration, Markup, Node

__all__ = ["SAMPLE_MARKUP", "dom_columns"]

Column = NDArray[np.float32]

SAMPLE_MARKUP = Markup(Node("p", "", Node("body", "", None, 0), 1), "", 0, 0, 0)
"""A paragraph right under ``body``."""

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
    ordered = sorted(masks, key=len, reverse=True)
    return names, re.compile("|".join(map(re.escape, ordered))), masks


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


def _bits(masks: Sequence[int], names: Sequence[str], prefix: str) -> dict[str, Column]:
    array = np.array(masks, dtype=np.int64)
    return {f"{prefix}_{name}": (array >> bit & 1).astype(np.float32) for bit, name in enumerate(names)}


class _Tree:
    """The nodes above a page's blocks, numbered parents first, with masks and sums."""

    def __init__(self, markups: Sequence[Markup], counts: CharacterCounts) -> None:
        self.index: dict[Node, int] = {}
        self.parent: list[int] = []
        self.hints: list[int] = []
        self.all_hints: list[int] = []
        self.near_hints: list[int] = []
        self.tags: list[int] = []
        self.depth: list[int] = []
        self.signature: list[tuple[tuple[str, str], ...]] = []
        self.holder = np.array([self._number(markup.node) for markup in markups], dtype=np.int64)
        self.parents = np.array(self.parent, dtype=np.int64)
        self.sums = self._sum_up(markups, counts)

    def _number(self, node: Node) -> int:
        pending: list[Node] = []
        current: Node | None = node
        while current is not None and current not in self.index:
            pending.append(current)
            current = current.parent
        for fresh in reversed(pending):
            self._append(fresh)
        return self.index[node]

    def _append(self, node: Node) -> None:
        mask = _hint_mask(node.hints) if node.hints else 0
        bit = _ANCESTOR_BITS.get(node.tag, 0)
        own = (node.tag, node.hints[:40])
        self.index[node] = len(self.parent)
        self.depth.append(node.depth)
        self.hints.append(mask)
        if node.parent is None:
            self.parent.append(0)
            self.all_hints.append(mask)
            self.near_hints.append(mask)
            self.tags.append(bit)
            self.signature.append((own,))
            return
        parent = self.index[node.parent]
        self.parent.append(parent)
        self.all_hints.append(mask | self.all_hints[parent])
        self.near_hints.append(mask | self.hints[parent] | self.hints[self.parent[parent]])
        self.tags.append(bit | self.tags[parent])
        self.signature.append((own, *self.signature[parent][: SIGNATURE_LEVELS - 1]))

    def _sum_up(self, markups: Sequence[Markup], counts: CharacterCounts) -> NDArray[np.float64]:
        """Per node: blocks, characters, link characters, sentences, prose characters of its subtree; shape (n, 5)."""
        solid = np.maximum(counts.length - counts.spaces, 1)
        links = np.minimum(np.array([markup.n_link_chars for markup in markups]), solid)
        is_prose = (counts.length >= PROSE_CHARS) & (links <= MAX_PROSE_LINK_DENSITY * solid)
        values = (np.ones(len(markups)), counts.length, links, counts.sentences, counts.length * is_prose)
        n = len(self.parent)
        sums = np.stack([np.bincount(self.holder, weights=v, minlength=n) for v in values], axis=1)
        rows = sums.tolist()
        for node in range(n - 1, 0, -1):
            mine, above = rows[node], rows[self.parent[node]]
            for column in range(5):
                above[column] += mine[column]
        return np.array(rows)

    def main_container(self) -> int:
        """The deepest node of several blocks that still holds :data:`MAIN_SHARE` of the page's prose."""
        holds_enough = self.sums[:, 4] >= MAIN_SHARE * max(self.sums[0, 4], 1.0)
        enough = np.flatnonzero(holds_enough & (self.sums[:, 0] >= 2))
        return int(enough[np.argmax(np.array(self.depth)[enough])]) if len(enough) else 0

    def contains(self, container: int) -> NDArray[np.bool_]:
        """Which nodes lie inside ``container``."""
        inside = np.zeros(len(self.parent), dtype=bool)
        inside[container] = True
        for node in range(container + 1, len(self.parent)):
            inside[node] = inside[self.parent[node]]
        return inside


def dom_columns(blocks: Sequence[Block], counts: CharacterCounts, declared: Declaration) -> dict[str, Column]:
    """Columns that need a DOM; every array has shape (n_blocks,)."""
    markups = [block.markup or SAMPLE_MARKUP for block in blocks]
    tree = _Tree(markups, counts)
    solid = np.maximum(counts.length - counts.spaces, 1)
    in_descriptions, in_bodies = shingle_shares(blocks, declared.descriptions, declared.bodies)
    columns = {
        "link_density": np.minimum([m.n_link_chars for m in markups] / solid, 1).astype(np.float32),
        "log_links": np.log1p([m.n_links for m in markups]).astype(np.float32),
        "emphasis_density": np.minimum([m.n_emphasis_chars for m in markups] / solid, 1).astype(np.float32),
        "depth": np.array([m.node.depth for m in markups], dtype=np.float32),
        "is_heading": np.array([m.node.tag in HEADING_TAGS for m in markups], dtype=np.float32),
        "is_list_item": np.array([m.node.tag == "li" for m in markups], dtype=np.float32),
        "description_share": in_descriptions,
        "body_share": in_bodies,
    }
    for tag in OWN_TAGS:
        columns[f"tag_{tag}"] = np.array([m.node.tag == tag for m in markups], dtype=np.float32)
    columns |= _hint_columns(tree, markups)
    columns |= _container_columns(tree)
    columns |= _main_columns(tree, counts)
    return columns


def _hint_columns(tree: _Tree, markups: Sequence[Markup]) -> dict[str, Column]:
    names, _, _ = _hint_pattern()
    holder = tree.holder.tolist()
    own = [tree.hints[i] | _hint_mask(m.inline_hints) for i, m in zip(holder, markups, strict=True)]
    columns = _bits(own, names, "own")
    columns |= _bits([tree.near_hints[i] for i in holder], names, "near")
    columns |= _bits([tree.all_hints[i] for i in holder], names, "any")
    columns |= _bits([tree.tags[i] for i in holder], ANCESTOR_TAGS, "in")
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
        at = tree.parents[at]
    return columns


def _main_columns(tree: _Tree, counts: CharacterCounts) -> dict[str, Column]:
    """Place relative to the main container and to blocks of the same signature."""
    main = tree.main_container()
    inside = tree.contains(main)[tree.holder]
    signatures = [tree.signature[i] for i in tree.holder.tolist()]
    numbers: dict[object, int] = {}
    group = np.array([numbers.setdefault(s, len(numbers)) for s in signatures], dtype=np.int64)
    size = np.bincount(group)
    mean_chars = np.bincount(group, weights=counts.length) / size
    return {
        "in_main": inside.astype(np.float32),
        "below_main": np.where(inside, np.array(tree.depth)[tree.holder] - tree.depth[main], -1).astype(np.float32),
        "log_same_signature": np.log1p(size[group]).astype(np.float32),
        "signature_mean_chars": np.log1p(mean_chars[group]).astype(np.float32),
    }
