"""Characters and words of a whole page at once: each distinct character is asked once what it is.

A regular expression takes a quarter of a microsecond per word, on every page and for each of its readers; to blank
all that is no word and to split at the blanks takes a fifth of that.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CharacterTable",
    "code_points",
    "find_words",
    "fold",
    "fold_all",
    "is_inside_word",
    "starts_of",
    "text_at",
    "texts_with",
]

_GROWS = "\u0130"
"""The one letter that becomes two characters when lowered."""


def fold(text: str) -> str:
    """Lower case with plain apostrophes; the length stays the same, so offsets hold.

    >>> fold("DON\u2019T")
    "don't"
    """
    text = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u00a0", " ")  # no translate(): 100 times slower
    if _GROWS not in text:
        return text.lower()
    return "".join(c if c == _GROWS else c.lower() for c in text)


def fold_all(texts: Sequence[str]) -> str:
    """Some texts, each folded, one per line; all at once where none of them changes how another is folded."""
    text = "\n".join(texts)
    return fold(text) if _GROWS not in text else "\n".join(map(fold, texts))


def is_inside_word(text: str, at: int) -> bool:
    """Whether no space or mark is between the two characters beside a place.

    >>> is_inside_word("a word", 3), is_inside_word("a word", 2), is_inside_word("a word", 6)
    (True, False, False)
    """
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def code_points(text: str) -> NDArray[np.int64]:
    """The characters of a text as numbers."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)


class CharacterTable:
    """What a function says of each character: it is asked once for each, ever.

    >>> is_digit = CharacterTable(str.isdigit)
    >>> is_digit.look_up(code_points("a1a")).tolist()
    [0, 1, 0]
    """

    def __init__(self, value: Callable[[str], int]) -> None:
        self._value = value
        self._answers = np.zeros(0, dtype=np.uint8)

    def look_up(self, codes: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The answers for characters as numbers; 255, were it one, would be asked for again."""
        answers = self._answers  # no other from here on: another thread may put a new one in its place
        if not len(answers):  # a megabyte, when first needed
            answers = self._answers = np.full(sys.maxunicode + 1, _NOT_ASKED, dtype=np.uint8)
        found = answers.take(codes)
        if len(found) and found.max() == _NOT_ASKED:
            for code in np.unique(codes[found == _NOT_ASKED]).tolist():
                answers[code] = self._value(chr(code))
            found = answers.take(codes)
        return found


_NOT_ASKED = 255
_IN_WORD = CharacterTable(lambda char: char.isalnum() or char == "_")
r"""What ``\w`` matches."""


def find_words(text: str) -> tuple[list[str], NDArray[np.int64]]:
    r"""What ``\w+`` finds in a text, in order, and where each word begins.

    >>> words, begins = find_words("the cat's_eye")
    >>> words, begins.tolist()
    (['the', 'cat', 's_eye'], [0, 4, 8])
    """
    codes = code_points(text)
    in_word = _IN_WORD.look_up(codes).view(np.bool_)
    begins = in_word.copy()
    begins[1:] &= ~in_word[:-1]
    blanked = np.where(in_word, codes, ord(" ")).astype("<u4")
    return blanked.tobytes().decode("utf-32-le").split(), np.flatnonzero(begins)


def text_at(texts: Sequence[str], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which of some texts, joined by one character each, holds each of some places.

    >>> text_at(["one", "two"], np.array([0, 2, 4])).tolist()
    [0, 0, 1]
    """
    ends = np.cumsum(np.array([len(text) + 1 for text in texts], dtype=np.int64))
    return np.searchsorted(ends, places, side="right")


def starts_of(texts: Sequence[str]) -> list[int]:
    """Where each of some texts begins, joined by one character each, and where one more would."""
    return [0, *accumulate([len(text) + 1 for text in texts])]


def texts_with(needs: Iterable[str], joined: str, starts: Sequence[int]) -> list[int]:
    """The texts, of those joined, that have one of some strings, in order.

    >>> texts_with(["b", "c"], "ab\\nd\\nc", [0, 3, 5, 7])
    [0, 2]
    """
    found: set[int] = set()
    for part in needs:
        at = joined.find(part)
        while at >= 0:
            found.add(i := bisect_right(starts, at) - 1)
            at = joined.find(part, starts[i + 1])
    return sorted(found)
