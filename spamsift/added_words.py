"""Words that a story adds to its brand: ``Poinbank|Leaders meet``, and below ``The Poinbank ExchangeU.S. met``.

The word behind the name is the brand's own where the next one runs into it, ``Exchangeproject``, if it is a word of
which such brands are made (rows ``brand_word`` of ``brand.toml``) or other words run into it elsewhere. Others may be
the story's: ``The Poinbank U.S. met``, and ``Hayward`` is no ``Hay``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from spamsift.joins import stands_alone
from spamsift.name_fit import is_word
from spamsift.sightings import words_of

__all__ = ["added_words"]

MAX_WORDS = 3
"""Words that a story may add to a brand."""
MIN_WORD = 3
"""Letters of such a word."""
MIN_REST = 4
"""Letters of the word that runs into it, if it is no function word."""
_TOKEN = re.compile(r" ([A-ZÀ-Þ][^\W_]{2,40})")


def added_words(source: str, ends: Iterable[int]) -> str:
    """What most uses have behind the name of those that go on, with the space before it; empty if none goes on.

    ``ends`` are where the uses end.

    >>> added_words("Poinbank|Leaders meet. The Poinbank Exchangeproject was late.", [8, 35])
    ' Exchange'
    """
    votes = Counter(found for end in ends if (found := max(_ways_to_go_on(source, end), key=len, default="")))
    sure = (words for words in votes if votes[words] > 1 or words.split()[-1].lower() in words_of("brand_word"))
    return max(sure, key=lambda words: (votes[words], len(words)), default="")


def _ways_to_go_on(source: str, end: int) -> Iterator[str]:
    """Words with capitals from the name to where another word runs into the last of them."""
    at = end
    for _ in range(MAX_WORDS):
        found = _TOKEN.match(source, at)
        if found is None:
            return
        token, start = found[1], found.start(1)
        is_one = is_word(token.lower()) or token.isupper() or stands_alone(source, token, start)
        for n in range(MIN_WORD, 0 if is_one else len(token)):
            if is_word(token[:n].lower()) and _is_next_word(source, token[n:], start + n):
                yield source[end : start + n]
        at = found.end()


def _is_next_word(source: str, rest: str, at: int) -> bool:
    """Whether a rest is a function word, a longer ordinary word, initials, or a name that comes again: no 'Script'."""
    if rest[0].isupper():
        return source[at + 1 : at + 2] == "." or (len(rest) >= MIN_REST and stands_alone(source, rest, at))
    return rest in words_of("function_word") or (len(rest) >= MIN_REST and is_word(rest))
