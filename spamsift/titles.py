"""Which block is the page's title: it stands before the story and shares its words.

The models see one block and its neighbours; a title is told from a site's name, a section head or a
breadcrumb by what it has in common with the declared title and with the article below it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from spamsift.records import Block, BlockLabel, Metadata
from spamsift.words import find_words, fold, fold_all

__all__ = ["find_title"]

MAX_CHARS = 220
"""Characters of a title; the longest of WCXB dev has 190."""
MAX_LEAD = 25
"""Blocks before the first prose among which the title of a text is looked for; menus are longer, titles stand below."""
PROSE_CHARS = 120
MIN_WORD = 4
"""Letters from which a word says what a text is about."""
LEAST_SCORE = 0.5
"""At least half of the title's words recur in the story, or fewer and other signs. Scores add up shares in [0, 1]:
words that recur in the article, agreement with the declared title (counts twice), heading tag and the model's label."""
SIGN = 0.3

_WORD = re.compile(r"\w+")
_ABBREVIATED = re.compile(r"\b\w\.\Z")  # "in the U.S." is no whole sentence
_CRUMB_SEPARATORS = "|>›»"
_NEVER = frozenset({BlockLabel.BYLINE, BlockLabel.SHARE, BlockLabel.COMMENTS, BlockLabel.NOTICE, BlockLabel.INJECTED})


def find_title(
    blocks: Sequence[Block], labels: Sequence[BlockLabel], is_article: Sequence[bool], metadata: Metadata
) -> int | None:
    """Index of the title's block, or ``None`` if no block looks like one.

    >>> texts = ["Menu", "Bridge to close on Monday", "The bridge will close on Monday, the mayor said. " * 3]
    >>> blocks = [Block(text, 0, len(text)) for text in texts]
    >>> labels = [BlockLabel.NAVIGATION, BlockLabel.HEADING, BlockLabel.BODY]
    >>> find_title(blocks, labels, [False, True, True], Metadata())
    1
    """
    first = next((i for i, b in enumerate(blocks) if is_article[i] and len(b.text) >= PROSE_CHARS), None)
    if first is None:
        return None
    lead = range(max(0, first - MAX_LEAD), first)
    candidates = [i for i in lead if labels[i] not in _NEVER and _may_be_title(blocks[i].text)]
    if not candidates:
        return None
    prose = [block.text for i, block in enumerate(blocks) if is_article[i] and len(block.text) >= PROSE_CHARS]
    story = set(find_words(fold_all(prose))[0])
    declared = _words(metadata.page_title or metadata.title or "")  # the raw title has more than the site's name
    best, found = LEAST_SCORE, None
    for i in candidates:
        score = _score(blocks[i], labels[i], story, declared)
        if score >= best:  # of equals the one nearer to the story: a breadcrumb stands above
            best, found = score, i
    return found


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(fold(text)) if len(word) >= MIN_WORD}


def _may_be_title(text: str) -> bool:
    ends_sentence = text[-1] in ".:," and _ABBREVIATED.search(text) is None
    is_crumb = any(text.count(separator) > 1 for separator in _CRUMB_SEPARATORS)
    return len(text) <= MAX_CHARS and not ends_sentence and not is_crumb


def _score(block: Block, label: BlockLabel, story: set[str], declared: set[str]) -> float:
    words = _words(block.text)
    is_marked = block.text.startswith("# ") or (block.markup is not None and block.markup.node.tag in ("h1", "h2"))
    if not words or (len(words) == 1 and not is_marked and not words <= declared):
        return 0.0
    score = len(words & story) / len(words)
    if declared:
        score += 2 * len(words & declared) / len(words | declared)
    return score + SIGN * is_marked + SIGN * (label is BlockLabel.TITLE)
