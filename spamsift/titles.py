"""Which block is the page's title: it stands before the story and shares its words.

The models see one block and its neighbours; a title is told from a site's name, a section head or a
breadcrumb by what it has in common with the declared title and with the article below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import compress, islice

import numpy as np

from spamsift.measures import Words, index_words
from spamsift.records import Block, BlockLabel, Metadata
from spamsift.words import fold

__all__ = ["find_titles"]

MAX_CHARS = 220
"""Characters of a title; the longest of WCXB dev has 190."""
MAX_LEAD = 25
"""Blocks before the first prose among which the title of a text is looked for; menus are longer, titles stand below."""
PROSE_CHARS = 120
MIN_WORD = 4
"""Letters from which a word says what a text is about."""
LEAST_SCORE = 0.5
"""At least half of the title's words recur in the story, or fewer and other signs. Scores add up shares in [0, 1]:
words that recur in the article, agreement with the declared title (counts twice), heading tag, the model's label, and
another line with the same headline."""
SIGN = 0.3

MIN_HEADLINE_WORDS = 4
"""Words of a headline that two lines have inside: fewer are the name of a section."""
MAX_SHOWN = 4
"""Different lines that show it: more have a remark in common, '(opens in a new window)'."""
MAX_PARTS = 6
"""Separators of a line, from the left, at which a headline may begin or end."""
MAX_FRAME = 120
"""Characters that a crumb, a brand and a site's name add to a headline."""

_WORD = re.compile(r"\w+")
_SEPARATOR = re.compile(r" ?[|¦｜丨:：\-–—»›>→~•·/_] ?")
_ABBREVIATED = re.compile(r"\b\w\.\Z")  # "in the U.S." is no whole sentence
_CRUMB_SEPARATORS = "|>›»"
_NEVER = frozenset({BlockLabel.BYLINE, BlockLabel.SHARE, BlockLabel.COMMENTS, BlockLabel.NOTICE, BlockLabel.INJECTED})


def find_titles(
    blocks: Sequence[Block],
    labels: Sequence[BlockLabel],
    is_article: Sequence[bool],
    metadata: Metadata,
    words: Words | None = None,
) -> tuple[int, ...]:
    """Index of the title's block, and of others above it that show the same headline; nothing if no block looks
    like a title. ``words`` are those of the blocks, if they are known.

    >>> texts = ["Menu", "Home > Bridge to close on Monday", "Bridge to close on Monday", "The bridge will close. " * 9]
    >>> blocks = [Block(text, 0, len(text)) for text in texts]
    >>> labels = [BlockLabel.NAVIGATION, BlockLabel.NAVIGATION, BlockLabel.HEADING, BlockLabel.BODY]
    >>> find_titles(blocks, labels, [False, False, True, True], Metadata())
    (2, 1)
    """
    first = next((i for i, b in enumerate(blocks) if is_article[i] and len(b.text) >= PROSE_CHARS), None)
    if first is None:
        return ()
    lead = range(max(0, first - MAX_LEAD), first)
    headlines = _shared_headlines([blocks[i].text for i in lead])
    candidates = [
        i for i in lead if labels[i] not in _NEVER and _may_be_title(blocks[i].text, blocks[i].text in headlines)
    ]
    if not candidates:
        return ()
    is_prose = np.array([is_article[i] and len(block.text) >= PROSE_CHARS for i, block in enumerate(blocks)])
    words = words or index_words(blocks)
    in_prose = np.bincount(words.ids[is_prose[words.block]], minlength=len(words.vocabulary))
    story = set(compress(words.vocabulary, in_prose.tolist()))
    declared = _words(metadata.page_title or metadata.title or "")  # the raw title has more than the site's name
    best, found = LEAST_SCORE, None
    for i in candidates:
        score = _score(blocks[i], labels[i], headlines.get(blocks[i].text), story, declared)
        if score >= best:  # of equals the one nearer to the story: a breadcrumb stands above
            best, found = score, i
    if found is None:
        return ()
    headline = headlines.get(blocks[found].text, blocks[found].text)
    return found, *(i for i in range(lead.start, found) if _shows(blocks[i].text, headline))


def _shows(text: str, headline: str) -> bool:
    """Whether a line is a headline, maybe between separators: a sentence that begins with it is none."""
    return text == headline or headline in _parts(text)


def _shared_headlines(lines: Sequence[str]) -> dict[str, str]:
    """For lines that have a headline in common, each in a frame of its own, the longest such headline."""
    owners: dict[str, dict[str, None]] = {}
    for line in lines:
        for part in _parts(line):
            owners.setdefault(part, {})[line] = None
    found: dict[str, str] = {}
    for part, its_lines in owners.items():
        for line in its_lines if 1 < len(its_lines) <= MAX_SHOWN else ():
            found[line] = max(found.get(line, ""), part, key=len)
    return found


def _parts(line: str) -> Iterator[str]:
    """What stands between any two separators of a line, or its ends, as far as it may be a headline."""
    if len(line) > MAX_CHARS + MAX_FRAME:
        return
    separators = list(islice(_SEPARATOR.finditer(line), MAX_PARTS))
    starts = [0, *(mark.end() for mark in separators)]
    for start in starts:
        for end in (*(mark.start() for mark in separators if mark.start() > start), len(line)):
            if line.count(" ", start, end) + 1 >= MIN_HEADLINE_WORDS:
                yield line[start:end]


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(fold(text)) if len(word) >= MIN_WORD}


def _may_be_title(text: str, is_shared: bool) -> bool:
    ends_sentence = text[-1] in ".:," and _ABBREVIATED.search(text) is None and not is_shared
    is_crumb = any(text.count(separator) > 1 for separator in _CRUMB_SEPARATORS)
    return len(text) <= MAX_CHARS and not ends_sentence and not is_crumb


def _score(block: Block, label: BlockLabel, headline: str | None, story: set[str], declared: set[str]) -> float:
    words = _words(headline or block.text)
    is_marked = block.text.startswith("# ") or (block.markup is not None and block.markup.node.tag in ("h1", "h2"))
    if not words or (len(words) == 1 and not is_marked and not words <= declared):
        return 0.0
    score = len(words & story) / len(words)
    if declared:
        score += 2 * len(words & declared) / len(words | declared)
    return score + SIGN * is_marked + SIGN * (label is BlockLabel.TITLE) + SIGN * (headline is not None)
