"""Paragraphs at the top of a story that stand there twice: as a teaser that was cut off, or word for word.

A feed shows the beginning of a story above the story (``The county's last […]``), and careless templates print the
first paragraph twice. A refrain, a quotation set in large type or a paragraph that comes back at the end is the
author's doing: only the top is compared, only with its next neighbours, and only if it is long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from spamsift.records import ARTICLE_LABELS, LabelledBlock

__all__ = ["doubled"]

N_FIRST = 3
"""Paragraphs from the top that may be a teaser; only the very first one may stand there twice."""
N_NEAR = 3
"""Paragraphs below one in which it may stand again."""
MIN_PARAGRAPH = 80
"""Characters of a paragraph that nobody repeats at once; a line of a song is shorter."""
MIN_TEASER = 50
"""Characters of a beginning that was cut off."""

_CUT_OFF = re.compile(r"[ \u00a0]{0,2}(?:\[(?:…|\.\.\.)\]|…|\.\.\.)\Z")


def doubled(blocks: Sequence[LabelledBlock], kept: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Indices of kept blocks that say what a neighbour says in full, each with a reason.

    >>> from spamsift.records import BlockLabel
    >>> text = "The harbour was closed on Monday because of the storm, and no ship could leave it."
    >>> first = LabelledBlock(text[:55] + " […]", BlockLabel.BODY, 0.9, 0, 59)
    >>> whole = LabelledBlock(text, BlockLabel.BODY, 0.9, 60, 60 + len(text))
    >>> list(doubled([first, whole], [0, 1]))
    [(0, 'beginning of the next paragraph, cut off')]
    """
    body = [index for index in kept if blocks[index].label in ARTICLE_LABELS][: N_FIRST + N_NEAR]
    texts = [" ".join(blocks[index].text.split()) for index in body]
    for i, text in enumerate(texts[:N_FIRST]):
        teaser = _CUT_OFF.sub("", text)
        for j in range(i + 1, min(i + 1 + N_NEAR, len(texts))):
            is_longer = len(texts[j]) > len(text) and texts[j].startswith(teaser)
            if is_longer and teaser != text and len(teaser) >= MIN_TEASER:
                yield body[i], "beginning of the next paragraph, cut off"
                break
            if i == 0 and len(text) >= MIN_PARAGRAPH and texts[j] == text:
                yield body[j], "first paragraph once more"
