"""How a name meets the text beside it: glued to a word, in brackets, alone, or as part of another word.

A mirror eats a space (``The SafeX Pro ExchangeU.S.``), but so does bad markup (``The iPhoneis``), and plurals,
compounds, addresses and program code look alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from spamsift.name_fit import is_word
from spamsift.sightings import PIPES, words_of

__all__ = [
    "APOSTROPHES",
    "GLUED",
    "OPENING",
    "PAGE_WINDOW",
    "Join",
    "framed",
    "is_bracketed",
    "is_identifier",
    "is_one_word",
    "is_page_word",
    "join_at",
    "occurrences",
    "rest_of_word",
    "stands_alone",
    "whole_words",
    "word_before",
]

PAGE_WINDOW = 10_000
"""Characters before and after a glued word in which its rest must stand alone once to count as a word."""
MAX_WORD = 40
"""Characters of a word beside a use."""
BRACKETS = frozenset({"()", "[]", "{}", "【】"})
"""Pairs that a mirror puts around its brand."""
_DASHES = frozenset("-–—·•~*:/")
"""Marks that it puts to both sides of its brand; a bar is its own at one side, too."""

_WORD = re.compile(r"\w{1,40}")
OPENING = frozenset("“‘«")
"""Opening quotes; a bracket follows a name in program code too."""
APOSTROPHES = frozenset("'’")
_ROMAN = re.compile(r"[IVX]{1,4}")
_IDENTIFIER_BEFORE = frozenset("@#$_/\\=.")
_IDENTIFIER_AFTER = frozenset("_@/\\=(")


class Join(str, Enum):
    """How one use of the brand meets the word beside it."""

    STRONG = "brand_glued"
    """Glued to a content word or an opening quote: ``ExchangeU.S.``."""
    WEAK = "brand_glued_to_function_word"
    """Glued to a word that bad markup glues too: ``iPhoneis``."""
    ALONE = "brand_alone"
    MENTION = "brand_mentioned"
    """Possessive or plural: somebody writes about it."""
    OTHER = "other_word"
    """Only the beginning of some other word: ``Gold`` in ``Goldman``; a user name, an address, program code."""


GLUED = (Join.STRONG, Join.WEAK)


def _is_cased(char: str) -> bool:
    return char.isdigit() or char.lower() != char.upper()


def is_identifier(text: str, start: int, end: int) -> bool:
    """Whether the name is part of a user name, an address or program code: nobody's sentence.

    >>> [is_identifier(text, 1, 6) for text in ("@SafeX wrote", " SafeX wrote", " SafeX(url)", " SafeX.com")]
    [True, False, True, True]
    """
    before, after = text[start - 1 : start] if start else "", text[end : end + 2]
    is_dotted = len(after) == 2 and after[0] == "." and after[1].islower()
    if before == "." and after[:1] not in _IDENTIFIER_AFTER and not is_dotted:
        word = word_before(text, start - 1)
        if not word or is_word(word.lower()):
            return False  # between two sentences that were run together: 'solid.SafeX The'
    return before in _IDENTIFIER_BEFORE or after[:1] in _IDENTIFIER_AFTER or is_dotted


def join_at(text: str, start: int, end: int, *, is_sure: bool = True) -> Join:
    """How the brand at ``[start, end)`` of one block meets its neighbours.

    ``is_sure``: the brand is known, so a rest of the word needs no other occurrence to count as a word.

    >>> [join_at(text, 2, 8).name for text in ("A SafeX1man was", "A SafeX1s was", "A SafeX1 was", "A SafeX1is")]
    ['STRONG', 'MENTION', 'ALONE', 'WEAK']
    """
    after = text[end : end + 1]
    if is_identifier(text, start, end):
        return Join.OTHER
    if after and after.isalnum() and _is_cased(after) and _is_cased(text[end - 1]):
        return _join_with_rest(text, start, end, is_sure=is_sure)
    if after in APOSTROPHES and text[end + 1 : end + 2] == "s":
        return Join.MENTION
    before = text[start - 1 : start] if start else ""
    is_left = before.islower() or (before.isupper() and text[start + 1 : start + 2].islower())
    if is_left or (is_sure and before.isalpha() and text[start].islower()):
        before = word_before(text, start)
        if before[:1].isupper() and " " not in text[start:end]:
            return Join.OTHER  # SSL in OpenSSL
        return Join.WEAK if is_sure or is_word(before.lower()) else Join.OTHER
    is_quote = after == '"' and before.isspace() and text[end + 1 : end + 2].isalpha()
    is_quoted = after and after in OPENING and text[end + 1 : end + 2].isalnum()  # German closes with “ and «
    return Join.STRONG if is_quoted or is_quote else Join.ALONE


def _join_with_rest(text: str, start: int, end: int, *, is_sure: bool) -> Join:
    """The join of a name that runs into the word after it."""
    name, found = text[start:end], _WORD.match(text, end)
    rest = found.group() if found else text[end]
    after_rest = text[end + len(rest) : end + len(rest) + 1]
    if rest in words_of("inflection") and after_rest not in APOSTROPHES | {"-"}:  # Exchanged'Haiti, Exchangee-mail
        return Join.MENTION
    if after_rest and after_rest in _IDENTIFIER_AFTER:
        return Join.OTHER  # class SafeXReader(Base)
    if (rest[0].isdigit() and name[-1].isdigit()) or (rest.isupper() and name.isupper()):
        return Join.OTHER  # 2024 in 20245, HTTP in HTTPX
    if _ROMAN.fullmatch(rest) and _ROMAN.fullmatch(name.rpartition(" ")[2]):
        return Join.OTHER  # Episode VI
    if rest.isdigit() and (" " not in name or after_rest == "."):
        return Join.OTHER  # iPhone15, Adobe Reader9.1
    if is_one_word(name, rest):
        return Join.OTHER
    if not is_sure and rest.islower() and not is_page_word(text, rest, end):
        return Join.OTHER
    return Join.WEAK if rest.lower() in words_of("function_word") else Join.STRONG


@lru_cache(maxsize=1024)
def is_one_word(name: str, rest: str) -> bool:
    """Whether the end of the name and the rest are one ordinary word, or the name is written twice.

    >>> is_one_word("Northern Web", "site"), is_one_word("SafeX Pro", "said"), is_one_word("Ada Lovelace", "Ada")
    (True, False, True)
    """
    last = word_before(name, len(name))
    if last and rest.islower() and is_word(last.lower() + rest):
        return True
    return rest == name.partition(" ")[0]


def is_page_word(text: str, word: str, at: int) -> bool:
    """Whether what follows a name at ``at`` is a function word, or stands alone somewhere near."""
    return word in words_of("function_word") or stands_alone(text, word, at)


def stands_alone(text: str, word: str, at: int) -> bool:
    """Whether the word at ``at`` stands somewhere near without the name before it."""
    first = max(0, at - PAGE_WINDOW)
    return any(first + start != at for start in whole_words(text[first : at + PAGE_WINDOW], word))


def occurrences(text: str, name: str, most: int) -> Iterator[int]:
    """Where the name begins, also as a part of words; the first ``most`` places.

    >>> list(occurrences("Gold, Goldman", "Gold", 5))
    [0, 6]
    """
    at, n = text.find(name), 0
    while at >= 0 and n < most:
        yield at
        at, n = text.find(name, at + len(name)), n + 1


def whole_words(text: str, word: str) -> Iterator[int]:
    """Where a word stands alone. No regular expression: to compile one for each name takes longer than to search.

    >>> list(whole_words("Gold, Goldman and gold. Gold_ Gold", "Gold"))
    [0, 30]
    """
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not _is_word_char(text[at - 1 : at] if at else "") and not _is_word_char(text[end : end + 1]):
            yield at
        at = text.find(word, at + 1)


def _is_word_char(char: str) -> bool:
    return char.isalnum() or char == "_"


def is_bracketed(text: str, start: int, end: int) -> bool:
    """Whether the name stands in brackets of its own.

    >>> is_bracketed("of (SafeX) the", 4, 9), is_bracketed("of (SafeX Pro) the", 4, 9)
    (True, False)
    """
    return text[start - 1 : start] + text[end : end + 1] in BRACKETS


def framed(text: str, start: int, end: int) -> tuple[int, int]:
    """A name with the brackets, bars or dashes that a mirror puts around it; without any, where it stands itself.

    >>> [framed(text, 4, 9) for text in ("of (SafeX) the", "of |SafeX the", "of -SafeX- the", "of -SafeX the")]
    [(3, 10), (3, 9), (3, 10), (4, 9)]
    """
    if is_bracketed(text, start, end):
        return start - 1, end + 1
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    left, right = before.rstrip(" ")[-1:], after.lstrip(" ")[:1]
    is_dashed = left == right and left in _DASHES
    first = start - len(before) + before.rindex(left) if left in PIPES or is_dashed else start
    return first, end + after.index(right) + 1 if right in PIPES or is_dashed else end


def rest_of_word(source: str, at: int) -> str:
    """The letters and digits that follow without a gap."""
    found = _WORD.match(source, at)
    return found.group() if found else ""


def word_before(text: str, at: int) -> str:
    """The letters right before a place; empty if there are none.

    >>> word_before("They went home", 9), word_before("They went home", 10)
    ('went', '')
    """
    start, least = at, max(0, at - MAX_WORD)
    while start > least and text[start - 1].isalnum() and not text[start - 1].isdecimal():
        start -= 1
    return text[start:at]
