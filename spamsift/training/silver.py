"""Silver labels: what kind each block of a gold page is, as far as anything but a person can say.

Gold main content says which blocks are the article; nothing says what the others are. Their kind is voted
by independent witnesses: rows of the phrase table, class names, tags, the page's declared title. A block whose
votes are few or divided gets no label. The text model learns the same labels without seeing the DOM.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from spamsift.block_features import Hits
from spamsift.lexicon import load_hints
from spamsift.records import Block, BlockLabel, Metadata
from spamsift.words import fold

__all__ = ["BESIDE_THE_BODY", "silver_labels"]

IN_ARTICLE = 0.6
"""Coverage by gold from which a block is the article, and below :data:`NOT_ARTICLE` it is not; between: unknown."""
NOT_ARTICLE = 0.3
HIT_VOTES, OWN_VOTES, NEAR_VOTES, FAR_VOTES = 3.0, 2.0, 1.0, 0.5
"""Votes of a phrase, and of class names on the block's element, its parent, any element above. A phrase is a
person's wording, names are a theme's; what stands farther away says less."""
MIN_VOTES, MIN_LEAD = 2.0, 1.0
MAX_BYLINE_CHARS = 160
BESIDE_THE_BODY = (BlockLabel.CAPTION, BlockLabel.BYLINE)
"""Kinds that WCXB's gold counts in on some pages and leaves out on others; none of them is the body."""

_TAG_VOTES = {
    "nav": (BlockLabel.NAVIGATION, 2.0),
    "footer": (BlockLabel.NOTICE, 0.5),
    "header": (BlockLabel.NAVIGATION, 0.5),
}
_HINT_LABELS = {
    "navigation": BlockLabel.NAVIGATION,
    "share": BlockLabel.SHARE,
    "related": BlockLabel.RELATED,
    "comments": BlockLabel.COMMENTS,
    "promo": BlockLabel.PROMO,
    "notice": BlockLabel.NOTICE,
    "byline": BlockLabel.BYLINE,
    "caption": BlockLabel.CAPTION,
}
_Votes = dict[BlockLabel, float]
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


def silver_labels(
    blocks: Sequence[Block], hits: Hits, coverage: Sequence[float] | None, metadata: Metadata
) -> list[BlockLabel | None]:
    """A label per block of an HTML page, or ``None``. Without ``coverage`` no block is called article."""
    title = fold(metadata.title or "")
    found: list[BlockLabel | None] = []
    for i, block in enumerate(blocks):
        share = 0.0 if coverage is None else coverage[i]
        found.append(_label(block, {hit.row.label for hit in hits[i]}, share, title))
    return found


def _label(block: Block, hits: set[str], share: float, title: str) -> BlockLabel | None:
    tag = block.markup.node.tag if block.markup is not None else "p"
    if share >= IN_ARTICLE:
        named = _elect(_votes(block, hits), len(block.text))
        if named in BESIDE_THE_BODY:
            return named
        return BlockLabel.HEADING if tag in _HEADINGS else BlockLabel.BODY
    if share >= NOT_ARTICLE:
        return None
    if tag in _HEADINGS and len(title) > 8 and (fold(block.text) in title or title in fold(block.text)):
        return BlockLabel.TITLE
    return _elect(_votes(block, hits), len(block.text))


def _elect(votes: _Votes, length: int) -> BlockLabel | None:
    if length > MAX_BYLINE_CHARS:
        votes.pop(BlockLabel.BYLINE, None)
    ranked = sorted(votes.items(), key=lambda item: -item[1]) + [(BlockLabel.OTHER, 0.0)] * 2
    (first, n_first), (_, n_second) = ranked[:2]
    if n_first >= MIN_VOTES and n_first - n_second >= MIN_LEAD:
        return first
    return None


def _votes(block: Block, hits: set[str]) -> _Votes:
    votes: _Votes = defaultdict(float)
    for label in hits:
        votes[BlockLabel(label)] += HIT_VOTES
    if block.markup is None:
        return votes
    node = block.markup.node
    for label in _named(f"{node.hints} {block.markup.inline_hints}"):
        votes[label] += OWN_VOTES
    votes[BlockLabel.CAPTION] += 3.0 if node.tag == "figcaption" else 0.0
    parent, weight = node.parent, NEAR_VOTES
    while parent is not None:
        for label in _named(parent.hints):
            votes[label] += weight
        if parent.tag in _TAG_VOTES:
            label, n = _TAG_VOTES[parent.tag]
            votes[label] += n
        parent, weight = parent.parent, FAR_VOTES
    return {label: n for label, n in votes.items() if n > 0}


def _named(hints: str) -> set[BlockLabel]:
    if not hints:
        return set()
    return {
        _HINT_LABELS[name] for name, parts in load_hints() if name in _HINT_LABELS and any(p in hints for p in parts)
    }
