"""Where the story uses a name, and how each use meets the words beside it.

A mirror drops its brand at a gap between two words and often eats a space: ``The SafeX Pro ExchangeU.S.``.
Bad markup eats spaces too (``The iPhoneis``), plurals and compounds look alike (``Goldman``), and most uses are
honest. So every use says how it is joined, and what the words around it make of it (:mod:`spamsift.name_fit`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from operator import attrgetter

from spamsift.lookalikes import unmixed
from spamsift.name_fit import NameFit, is_word, load_name_fit
from spamsift.records import MAIN_LABELS, BlockLabel, LabelledBlock
from spamsift.sightings import is_distinctive, words_of

__all__ = [
    "GLUED",
    "STORY_LABELS",
    "Join",
    "Name",
    "Story",
    "Use",
    "find_uses",
    "is_bracketed",
    "is_identifier",
    "is_one_word",
    "is_wrapped",
    "join_at",
    "rest_of_word",
    "whole_words",
    "without_compounds",
]

STORY_LABELS = MAIN_LABELS - {BlockLabel.BYLINE, BlockLabel.CAPTION}
"""Where uses count: the name of the site over the page is no mention by the story."""
N_STEM = 4
"""First letters of a word that tell it from another one: HyperScore and HyperScores are one word."""
MAX_USES = 40
"""Occurrences of one candidate that are looked at: bounds the time on a hostile page."""
PAGE_WINDOW = 10_000
"""Characters before and after a glued word in which its rest must stand alone once to count as a word."""
MAX_WORD = 40
"""Characters of a word beside a use."""
LONG_REST, LONG_REST_GAIN = 6, 1.0
"""Letters of a rest that is no ending of any name, and the gain it needs: no word list knows every word."""
GOOD_REST_GAIN = 1.0
"""Log-odds from which a rest that is no known word may be one."""
MANY_LOST = 2
"""Lost spaces of a page above which one before an ordinary name says nothing."""
SENTENCE_ENDS, BETWEEN_SENTENCES = ".!?", 1.0
"""Log-odds for a name between the end of a sentence and the first word of the next, such as 'The'."""
MAX_TITLE_HEAD = 12
"""Characters of a title that tell it from another text."""
BRACKETS = frozenset({"()", "[]", "{}", "【】"})
"""Pairs that a mirror puts around its brand."""
MIN_LANGUAGE_BLOCK = 60
"""Characters of a block that helps to tell the language."""

_WORD = re.compile(r"\w{1,40}")
_LAST_WORD = re.compile(r"[^\W\d_]{1,40}\Z")
_BEFORE = re.compile(r"(?:[^\W_]+(?:['’][^\W_]+)?|[^\s\w])\Z")
_AFTER = re.compile(r"[ \t\u00a0\n]{0,3}([^\W_]{1,40}(?:['’][^\W_]{1,10})?|[^\s\w])")
_LOST_SPACE = re.compile(r"[a-zà-ÿ]{2}[A-ZÀ-Þ][a-zà-ÿ]")
_OPENING = "“‘«"
"""Opening quotes; a bracket follows a name in program code too."""
_APOSTROPHES = frozenset("'’")
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


@dataclass(frozen=True, slots=True)
class Story:
    """The page as it is searched for names."""

    source: str
    flat: str
    """The source for matching, same offsets: line breaks and hard spaces as spaces, look-alikes as Latin letters."""
    blocks: Sequence[LabelledBlock]
    fit: Callable[[], NameFit | None]
    """The words around names in the language of the story; read only when a name is found."""
    n_lost_spaces: Callable[[], int]
    """Capitals that follow a small letter within a word: how often the page loses a space, or writes like ThisWay."""

    @classmethod
    def of(cls, source: str, blocks: Sequence[LabelledBlock]) -> Story:
        texts = [b.text for b in blocks if b.label in STORY_LABELS and len(b.text) >= MIN_LANGUAGE_BLOCK]
        flat = unmixed(source.replace("\n", " ").replace("\u00a0", " "))
        lost = cache(lambda: sum(1 for _ in _LOST_SPACE.finditer(flat, 0, PAGE_WINDOW)))
        return cls(source, flat, blocks, cache(lambda: load_name_fit(texts)), lost)


@dataclass(frozen=True, slots=True)
class Name:
    """A candidate as it is searched for."""

    text: str
    skipped: frozenset[int]
    """Blocks that gave the candidate: there it is no use."""
    is_sure: bool
    """It is no ordinary word, so that the rest of a word that begins with it needs no proof of being one."""
    is_titled: bool
    """A tight separator or a crumb names it: then it may be glued to any capital."""
    is_guess: bool
    """Only the story names it."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place of the story where a name stands."""

    join: Join
    start: int
    end: int
    gain: float
    """Log-odds that the sentence has no place for the name; 0 if nothing is known."""
    is_possessive: bool
    is_left: bool
    """Glued to the word before it."""
    is_inside: bool
    """After a word or a comma of the same sentence: not where two lines were run together."""
    before: str = ""
    """The word or mark before it."""
    after: str = ""
    """The word or mark after it: the rest of a glued word."""


def _is_cased(char: str) -> bool:
    return char.isdigit() or char.lower() != char.upper()


def is_identifier(text: str, start: int, end: int) -> bool:
    """Whether the name is part of a user name, an address or program code: nobody's sentence.

    >>> [is_identifier(text, 1, 6) for text in ("@SafeX wrote", " SafeX wrote", " SafeX(url)", " SafeX.com")]
    [True, False, True, True]
    """
    before, after = text[start - 1 : start] if start else "", text[end : end + 2]
    is_dotted = len(after) == 2 and after[0] == "." and after[1].islower()
    if before == "." and after[:1] in (" ", "") and after[1:].isupper():
        return False  # between two sentences that were run together: 'solid.SafeX The'
    return before in _IDENTIFIER_BEFORE or after[:1] in _IDENTIFIER_AFTER or is_dotted


def join_at(text: str, start: int, end: int, *, is_sure: bool = True) -> Join:
    """How the brand at ``[start, end)`` of one block meets its neighbours.

    ``is_sure``: the brand is known, so a rest of the word needs no other occurrence to count as a word.

    >>> [join_at(text, 2, 8).name for text in ("A SafeX1man was", "A SafeX1s was", "A SafeX1 was", "A SafeX1is")]
    ['STRONG', 'MENTION', 'ALONE', 'WEAK']
    """
    after, before = text[end : end + 1], text[start - 1 : start] if start else ""
    if is_identifier(text, start, end):
        return Join.OTHER
    is_left = before.islower() or (before.isupper() and text[start + 1 : start + 2].islower())
    if after and after.isalnum() and _is_cased(after) and _is_cased(text[end - 1]):
        found = _WORD.match(text, end)
        rest = found.group() if found else after
        is_elided = text[end + len(rest) : end + len(rest) + 1] in _APOSTROPHES  # Exchanged'Haiti
        if rest in words_of("inflection") and not is_elided:
            return Join.MENTION
        if (after.isdigit() and text[end - 1].isdigit()) or (rest.isupper() and text[start:end].isupper()):
            return Join.OTHER  # 2024 in 20245, HTTP in HTTPX
        if rest.isdigit() and (" " not in text[start:end] or text[end + len(rest) : end + len(rest) + 1] == "."):
            return Join.OTHER  # iPhone15, Adobe Reader9.1
        if is_one_word(text[start:end], rest):
            return Join.OTHER
        if not is_sure and rest.islower() and not _is_page_word(text, rest, end):
            return Join.OTHER
        return Join.WEAK if rest.lower() in words_of("function_word") else Join.STRONG
    if after in _APOSTROPHES and text[end + 1 : end + 2] == "s":
        return Join.MENTION
    if is_left or (is_sure and before.isalpha() and text[start].islower()):
        fragment = _LAST_WORD.search(text, max(0, start - MAX_WORD), start)
        before = fragment.group() if fragment is not None else ""
        if before[:1].isupper() and " " not in text[start:end]:
            return Join.OTHER  # SSL in OpenSSL
        return Join.WEAK if is_sure or is_word(before.lower()) else Join.OTHER
    is_quote = after == '"' and before.isspace() and text[end + 1 : end + 2].isalpha()
    return Join.STRONG if (after and after in _OPENING) or is_quote else Join.ALONE


@lru_cache(maxsize=1024)
def is_one_word(name: str, rest: str) -> bool:
    """Whether the end of the name and the rest are one ordinary word, or the name is written twice.

    >>> is_one_word("Northern Web", "site"), is_one_word("SafeX Pro", "said"), is_one_word("Ada Lovelace", "Ada")
    (True, False, True)
    """
    last = _LAST_WORD.search(name)
    if last is not None and rest.islower() and is_word(last.group().lower() + rest):
        return True
    return rest == name.partition(" ")[0]


def _is_page_word(text: str, word: str, at: int) -> bool:
    if word in words_of("function_word"):
        return True
    first = max(0, at - PAGE_WINDOW)
    return any(first + start != at for start in whole_words(text[first : at + PAGE_WINDOW], word))


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


def find_uses(story: Story, name: Name) -> Iterator[Use]:
    """Every use of the name in the main content; the first ``MAX_USES`` of the page are looked at."""
    blocks, flat = story.blocks, story.flat
    at, n_uses = flat.find(name.text), 0
    while at >= 0 and n_uses < MAX_USES:
        end, index = at + len(name.text), bisect_right(blocks, at, key=attrgetter("start")) - 1
        if index >= 0 and index not in name.skipped and blocks[index].label in STORY_LABELS:
            if end <= blocks[index].end:
                yield _use_at(story, name, index, at, blocks[index].end)
            elif is_wrapped(blocks, index, end):
                yield _use_at(story, name, index, at, blocks[index + 1].end)
        n_uses += 1
        at = flat.find(name.text, end)


def is_wrapped(blocks: Sequence[LabelledBlock], index: int, end: int) -> bool:
    """Whether a name that begins in one block ends in the next, which is the next line of the same paragraph."""
    block, following = blocks[index], blocks[index + 1] if index + 1 < len(blocks) else None
    return following is not None and following.start == block.end + 1 and following.start < end <= following.end


def _use_at(story: Story, name: Name, index: int, at: int, text_end: int) -> Use:
    text = story.flat[story.blocks[index].start : text_end]
    first = at - story.blocks[index].start
    last = first + len(name.text)
    join, gain = join_at(text, first, last, is_sure=name.is_sure), 0.0
    if first == 0 and join is Join.STRONG and len(text) < MIN_LANGUAGE_BLOCK:
        join = Join.OTHER  # a line of a list of products: 'HOKAMach 6'
    if (
        join is Join.WEAK
        and not name.is_sure
        and text[first - 1 : first].isalpha()
        and story.n_lost_spaces() > MANY_LOST
    ):
        join = Join.OTHER  # this page loses spaces before any name
    before, after = _neighbours(story, index, text, first, last)
    fit = story.fit()
    if join is Join.MENTION and fit is not None and _is_word_of(fit, rest_of_word(text, last)):
        join = Join.WEAK
    if join is Join.MENTION or is_identifier(text, first, last):
        fit = None
    if fit is not None:
        is_question = before[:1].isupper() and before.lower() in words_of("question_word")
        gain = min(0.0, fit.gain(before, after)) if is_question else fit.gain(before, after)
        if before and before in SENTENCE_ENDS and after[:1].isupper() and after.lower() in words_of("function_word"):
            gain = BETWEEN_SENTENCES
        join = _with_rest(story, name, join, rest_of_word(text, last), gain, fit, at)
    return Use(
        join=join,
        start=at,
        end=at + len(name.text),
        gain=gain if join is not Join.OTHER else 0.0,
        is_possessive=text[last : last + 1] in _APOSTROPHES,
        is_left=first > 0 and text[first - 1].isalnum(),
        is_inside=_is_inside(text, first),
        before=before,
        after=after,
    )


def _is_word_of(fit: NameFit, rest: str) -> bool:
    """Whether what is an ending in one language is a word in this one: 'y' and 'en' in Spanish."""
    return rest in fit.known and rest in words_of("no_ending")


def _with_rest(story: Story, name: Name, join: Join, rest: str, gain: float, fit: NameFit, at: int) -> Join:
    """The join, once it is known whether the rest of the word is a word that fits here."""
    if join is Join.OTHER and not name.is_sure and rest.islower() and gain > 0 and not is_one_word(name.text, rest):
        is_long = len(rest) >= LONG_REST and gain >= LONG_REST_GAIN and not name.is_guess
        is_next = fit.knows(rest) or (not fit.has_compounds and is_word(rest))
        return Join.STRONG if is_long or is_next else join
    is_weak_rest = rest.islower() and " " not in name.text and (gain <= GOOD_REST_GAIN or len(rest) < N_STEM)
    if join is Join.STRONG and not name.is_titled and is_weak_rest:
        is_next = fit.knows(rest) or is_word(rest) or _is_page_word(story.flat, rest, at + len(name.text))
        join = join if is_next else Join.OTHER  # Pho in Phong
    if join is Join.STRONG and fit.has_compounds and name.text.isalpha() and not is_distinctive(name.text):
        return Join.OTHER if rest.islower() and not fit.knows(rest) else join  # Brandschutzaufklärung
    is_compound = join is Join.STRONG and " " not in name.text and rest[:1].isupper() and gain <= 0
    if is_compound and not name.is_titled and not _stands_alone(story, rest, at + len(name.text)):
        return Join.OTHER  # ReaderFactory, SafeXApp: one word by its author's will
    return join


def _stands_alone(story: Story, word: str, at: int) -> bool:
    """Whether the word stands somewhere near without the name before it."""
    first = max(0, at - PAGE_WINDOW)
    return any(first + start != at for start in whole_words(story.flat[first : at + PAGE_WINDOW], word))


def _neighbours(story: Story, index: int, text: str, start: int, end: int) -> tuple[str, str]:
    """The word or mark before the use and the one after it; empty at the ends of the block, unless a line goes on."""
    if is_bracketed(text, start, end):
        start, end = start - 1, end + 1
    found = _AFTER.match(text, end)
    after = found[1] if found else ""
    left = text[max(0, start - MAX_WORD) : start].rstrip()
    if not left and index and after.islower() and _goes_on(previous := story.blocks[index - 1].text):
        left = previous[-MAX_WORD:]
    before = _BEFORE.search(left)
    return before.group() if before else "", after


def is_bracketed(text: str, start: int, end: int) -> bool:
    """Whether the name stands in brackets of its own.

    >>> is_bracketed("of (SafeX) the", 4, 9), is_bracketed("of (SafeX Pro) the", 4, 9)
    (True, False)
    """
    return text[start - 1 : start] + text[end : end + 1] in BRACKETS


def _goes_on(line: str) -> bool:
    """Whether a line was wrapped: long, and no sentence ends there."""
    return len(line) >= MIN_LANGUAGE_BLOCK and (line[-1].islower() or line[-1] == ",")


def _is_inside(text: str, at: int) -> bool:
    before = text[max(0, at - 3) : at].rstrip()
    return bool(before) and (before[-1].isalnum() or before[-1] == ",")


def rest_of_word(source: str, at: int) -> str:
    """The letters and digits that follow without a gap."""
    found = _WORD.match(source, at)
    return found.group() if found else ""


def without_compounds(story: Story, uses: Iterable[Use], titles: Sequence[str]) -> tuple[Use, ...]:
    """Drop glued tokens that recur or stand in a title: JavaScript is a word, not 'Java' before 'Script'.

    What goes on like the title is the title once more, and no use of the name in the story.
    """
    heads = tuple(title[:MAX_TITLE_HEAD] for title in titles)
    uses = tuple(uses)
    rests = [rest_of_word(story.source, use.end) if use.join is Join.STRONG else "" for use in uses]
    stems = [rest[:N_STEM] for rest in rests]
    kept = []
    for use, rest, stem in zip(uses, rests, stems, strict=True):
        token = story.source[use.start : use.end] + rest
        is_word = rest and (stems.count(stem) > 1 or any(token in title for title in titles))
        is_title = rest and any(story.flat.startswith(head, use.end) for head in heads)
        if not (is_word or is_title):
            kept.append(use)
    return tuple(kept)
