"""What is worked out once per page for all who ask about its blocks: its words, and the elements above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spamsift.measures import Words, index_words
from spamsift.outline import SAMPLE_MARKUP, Outline, outline
from spamsift.records import Block

__all__ = ["Groundwork", "prepare"]


@dataclass(frozen=True, slots=True)
class Groundwork:
    """The words of a page and its elements, numbered."""

    words: Words
    outline: Outline
    """Empty for a text."""


def prepare(blocks: Sequence[Block], with_dom: bool) -> Groundwork:
    """Read the blocks of a page.

    >>> prepare([Block("Read more", 0, 9)], with_dom=True).words.vocabulary
    ('read', 'more')
    """
    markups = [block.markup or SAMPLE_MARKUP for block in blocks] if with_dom else ()
    return Groundwork(index_words(blocks), outline(markups))
