"""Words that hide from a search: letters of another script that look Latin, invisible characters between letters.

``S\u0430feX`` with a Cyrillic letter reads like SafeX and is another word to a machine. For matching, and for matching
only, such letters are taken for what they look like, in words that mix scripts: Greek and Russian text stays as it is.
"""

from __future__ import annotations

import re
from functools import cache

from spamsift.lexicon import load_lookalikes

__all__ = ["INVISIBLE", "flat", "unmixed"]

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
"""Characters without a shape: zero-width space, joiners, byte-order mark, soft hyphen."""

_FOREIGN = re.compile(r"[\u0370-\u052f]")
_MIXED = re.compile(r"[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
_WORD = re.compile(r"[A-Za-z\u0370-\u052f]{2,60}")


@cache
def _table() -> dict[int, str]:
    return str.maketrans(load_lookalikes())


def unmixed(text: str) -> str:
    """The text with look-alikes as Latin letters, in words that have Latin letters too; of the same length.

    >>> unmixed("S\u0430feX, \u0430 \u043d\u0435\u0442")
    'SafeX, \u0430 \u043d\u0435\u0442'
    """
    if text.isascii() or _FOREIGN.search(text) is None or _MIXED.search(text) is None:
        return text
    return _WORD.sub(lambda word: word[0].translate(_table()) if _MIXED.search(word[0]) else word[0], text)


def flat(text: str) -> str:
    """A text in which names are searched, of the same length: breaks and hard spaces as spaces, look-alikes as Latin
    letters.

    >>> flat("S\u0430feX\u00a0Pro")
    'SafeX Pro'
    """
    return unmixed(text.replace("\n", " ").replace("\u00a0", " "))
