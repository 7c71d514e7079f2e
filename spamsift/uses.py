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
from functools import cache
from pathlib import Path

from spamsift.joins import (
    APOSTROPHES,
    GLUED,
    PAGE_WINDOW,
    Join,
    framed,
    is_bracketed,
    is_identifier,
    is_one_word,
    is_page_word,
    join_at,
    rest_of_word,
    stands_alone,
    word_before,
)
from spamsift.lookalikes import flat
from spamsift.name_fit import SENTENCE_STOPS, NameFit, common_words, is_word, load_name_fit, tokens, tokens_beside
from spamsift.records import MAIN_LABELS, BlockLabel, LabelledBlock
from spamsift.sightings import SENTENCE_END, is_distinctive, words_of

__all__ = [
    "STORY_LABELS",
    "Name",
    "Story",
    "Use",
    "find_uses",
    "is_own_sentence",
    "is_wrapped",
    "place_gain",
    "small_words",
    "without_compounds",
    "words_beside",
]

STORY_LABELS = MAIN_LABELS - {BlockLabel.BYLINE, BlockLabel.CAPTION}
"""Where uses count: the name of the site over the page is no mention by the story."""
N_STEM = 4
"""First letters of a word that tell it from another one: HyperScore and HyperScores are one word."""
MAX_USES = 40
"""Occurrences of one candidate that are looked at: bounds the time on a hostile page."""
LONG_REST, LONG_REST_GAIN = 6, 1.0
"""Letters of a rest that is no ending of any name, and the gain it needs: no word list knows every word."""
GOOD_REST_GAIN = 1.0
"""Log-odds from which a rest that is no known word may be one."""
COMPOUND_GAIN = 2.0
"""Log-odds from which a rest with a capital is no part of a word like SafeXApp."""
MANY_LOST = 2
"""Lost spaces of a page above which one before an ordinary name says nothing."""
MAX_SIDE = 48
"""Characters to either side of a use in which the words beside it are read."""
MAX_TITLE_HEAD = 24
"""Characters of a title that tell it from another text."""
OWN_SENTENCE = 2.0
"""Log-odds of a name that is a sentence alone, about which the regression says nothing. Set by hand."""
MAX_BYLINE = 80
"""Characters of a byline before the name of a paper."""
MIN_LANGUAGE_BLOCK = 60
"""Characters of a block that helps to tell the language."""

_LOST_SPACE = re.compile(r"[A-ZÀ-Þ](?<=[a-zà-ÿ]{2}.)[a-zà-ÿ](?:[a-zà-ÿ][A-ZÀ-Þ])?")
"""A capital that is found before the small letters to its left, in half the time; the next one is two small letters of
its own away."""


@dataclass(frozen=True, slots=True)
class Story:
    """The page as it is searched for names."""

    source: str
    flat: str
    """The source for matching, same offsets: line breaks and hard spaces as spaces, look-alikes as Latin letters."""
    blocks: Sequence[LabelledBlock]
    starts: Sequence[int]
    """Where each block begins."""
    fit: Callable[[], NameFit | None]
    """The words around names in the language of the story; read only when a name is found."""
    lost_spaces: Callable[[], Sequence[int]]
    """Where a capital follows a small letter within a word: the page loses a space, or writes like ThisWay."""
    paragraphs: Callable[[], Sequence[int]]
    """Where the paragraphs begin."""
    words_at: Callable[[int, int], tuple[list[str], list[str]]]
    """The words of its block beside a place of the page, as :func:`words_beside` finds them."""
    gain_at: Callable[[int, int], float]
    """Log-odds that its block has no room for the name at a place; 0 if nothing is known. A place is asked as one of a
    candidate, and again as the candidate is described."""

    @classmethod
    def of(cls, source: str, blocks: Sequence[LabelledBlock], models: Path | None = None) -> Story:
        told = [b for b in blocks if b.label in STORY_LABELS and len(b.text) >= MIN_LANGUAGE_BLOCK]
        texts = [block.text for block in told]
        searched = flat(source)
        lost = cache(lambda: [found.start() for found in _LOST_SPACE.finditer(searched, 0, PAGE_WINDOW)])
        paragraphs = cache(lambda: [block.start for block in told])
        starts = [block.start for block in blocks]
        fit = cache(lambda: load_name_fit(texts, models))

        @cache
        def words_at(start: int, end: int) -> tuple[list[str], list[str]]:
            block = blocks[max(0, bisect_right(starts, start) - 1)]
            return words_beside(searched[block.start : max(end, block.end)], start - block.start, end - block.start)

        @cache
        def gain_at(start: int, end: int) -> float:
            known = fit()
            return 0.0 if known is None else place_gain(known, *words_at(start, end))

        return cls(source, searched, blocks, starts, fit, lost, paragraphs, words_at, gain_at)

    def index_at(self, place: int) -> int:
        """Which block a place of the page is in, or behind; -1 before the first."""
        return bisect_right(self.starts, place) - 1

    def n_lost_spaces(self, name: str) -> int:
        """How often the page loses a space where the name has no part in it."""
        n = len(name)
        return sum(self.flat.find(name, max(0, at - n), at + n) < 0 for at in self.lost_spaces())


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

    @property
    def is_between_sentences(self) -> bool:
        """One has ended before it, or none has begun; another one begins behind it."""
        return (not self.before or self.before in SENTENCE_STOPS) and self.after[:1].isupper()


def find_uses(story: Story, name: Name) -> Iterator[Use]:
    """Every use of the name in the main content; the first ``MAX_USES`` of the page are looked at."""
    blocks, flat = story.blocks, story.flat
    at, n_uses = flat.find(name.text), 0
    while at >= 0 and n_uses < MAX_USES:
        end, index = at + len(name.text), story.index_at(at)
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
    join, gain, fit = join_at(text, first, last, is_sure=name.is_sure), 0.0, story.fit()
    if join is Join.OTHER and fit is not None and fit.has_compounds and _ran_into_noun(text, first, last):
        join = Join.WEAK
    if first == 0 and join is Join.STRONG and len(text) < MIN_LANGUAGE_BLOCK:
        join = Join.OTHER  # a line of a list of products: 'HOKAMach 6'
    if (
        join is Join.WEAK
        and not name.is_sure
        and text[first - 1 : first].isalpha()
        and story.n_lost_spaces(name.text) > MANY_LOST
    ):
        join = Join.OTHER  # this page loses spaces before any name
    left, right, gain_here = _sides(story, index, text, first, last)
    before, after = left[-1] if left else "", right[0] if right else ""
    if is_bracketed(text, first, last) and (is_own_sentence(before, after) or text.startswith("](", last)):
        join = Join.OTHER  # who wrote it: 'They went home. (Ada Lovelace)'; a link in Markdown
    if join is Join.MENTION and fit is not None and _is_word_of(fit, rest_of_word(text, last)):
        join = Join.WEAK
    if _ends_byline(text, first, last):
        join = Join.OTHER
    if join is Join.MENTION or is_identifier(text, first, last):
        fit = None
    if fit is not None:
        is_question = before[:1].isupper() and before.lower() in words_of("question_word")
        gain = min(0.0, gain_here) if is_question else gain_here
        join = _with_rest(story, name, join, rest_of_word(text, last), gain, fit, at)
    return Use(
        join=join,
        start=at,
        end=at + len(name.text),
        gain=gain if join is not Join.OTHER else 0.0,
        is_possessive=text[last : last + 1] in APOSTROPHES,
        is_left=first > 0 and text[first - 1].isalnum(),
        is_inside=_is_inside(text, first),
        before=before,
        after=after,
    )


def _ran_into_noun(text: str, start: int, end: int) -> bool:
    """Whether a coined name stands behind a German noun without a gap: 'eine FigurThioltvev.', but not 'BahnCard'."""
    before, name = word_before(text, start), text[start:end]
    if is_identifier(text, start, end) or name.isupper() or is_word(name.lower()):
        return False
    is_noun = len(before) >= N_STEM and before[0].isupper() and before[1:].islower() and is_word(before.lower())
    return is_noun and name[0].isupper() and not text[end : end + 1].isalnum()


def _ends_byline(text: str, start: int, end: int) -> bool:
    """Whether a paragraph begins with who wrote it for whom, and its text runs into that: 'By Ada Lovelace, The GullIt
    is'."""
    if not text[end : end + 1].isupper() or start > MAX_BYLINE or text[start - 2 : start] != ", ":
        return False
    words = text[: start - 2].split()
    n_lead = next((i + 1 for i, word in enumerate(words[:2]) if word.lower() in words_of("author_lead")), 0)
    people = words[n_lead:]
    if len(people) < 2 or not all(word[0].isupper() or word in words_of("connector") for word in people):
        return False
    begins_sentence = rest_of_word(text, end).lower() in small_words()  # unlike 'Boris Johnson, SafeX ProBritain's'
    return n_lead > 0 or (begins_sentence and words[0].lower() not in small_words())  # On Monday, In New York


@cache
def small_words() -> frozenset[str]:
    """Words that say nothing of a name beside them: function words, and the commonest of every language.

    >>> {"said", "mit", "une"} <= small_words()
    True
    """
    return words_of("function_word") | common_words()


def _is_word_of(fit: NameFit, rest: str) -> bool:
    """Whether what is an ending in one language is a word in this one: 'y' and 'en' in Spanish."""
    return rest in fit.words.known and rest in words_of("no_ending")


def _with_rest(story: Story, name: Name, join: Join, rest: str, gain: float, fit: NameFit, at: int) -> Join:
    """The join, once it is known whether the rest of the word is a word that fits here."""
    if fit.has_compounds and rest.islower() and name.text.isalpha() and not is_distinctive(name.text):
        is_form = is_word(name.text.lower()) or rest in words_of("german_ending") or not fit.knows(rest)
        join = Join.OTHER if is_form and join in GLUED else join  # Brandschutzaufklärung, Sportdirektorin
        return join if is_form else Join.STRONG if join is Join.OTHER and gain > 0 else join
    if join is Join.OTHER and not name.is_sure and rest.islower() and gain > 0 and not is_one_word(name.text, rest):
        is_long = len(rest) >= LONG_REST and gain >= LONG_REST_GAIN and not name.is_guess
        is_next = fit.knows(rest) or (not fit.has_compounds and is_word(rest))
        return Join.STRONG if is_long or is_next else join
    is_weak_rest = rest.islower() and " " not in name.text and (gain <= GOOD_REST_GAIN or len(rest) < N_STEM)
    if join is Join.STRONG and not name.is_titled and is_weak_rest:
        is_next = fit.knows(rest) or is_word(rest) or is_page_word(story.flat, rest, at + len(name.text))
        join = join if is_next else Join.OTHER  # Pho in Phong
    may_be_compound = " " not in name.text and not name.text.isupper()
    is_compound = join is Join.STRONG and may_be_compound and rest[:1].isupper() and gain <= COMPOUND_GAIN
    if is_compound and not name.is_titled and not stands_alone(story.flat, rest, at + len(name.text)):
        return Join.OTHER  # ReaderFactory, SafeXApp: one word by its author's will
    return join


def words_beside(text: str, start: int, end: int) -> tuple[list[str], list[str]]:
    """The words and marks before and behind a place and its frame, as :meth:`NameFit.gain` takes them.

    >>> words_beside("It isn't at all (Acme) easy to know.", 17, 21)
    (["isn't", 'at', 'all'], ['easy', 'to'])
    """
    start, end = framed(text, start, end)
    return tokens_beside(text[max(0, start - MAX_SIDE) : start], text[end : end + MAX_SIDE])


def place_gain(fit: NameFit, left: Sequence[str], right: Sequence[str]) -> float:
    """Log-odds that a paragraph has no room for a name between these words: those of ``fit``, or of a lone name."""
    is_lone = is_own_sentence(left[-1] if left else "", right[0] if right else "")
    return OWN_SENTENCE if is_lone else fit.gain(left, right)


def is_own_sentence(before: str, after: str) -> bool:
    """Whether a name stands alone behind a sentence: ``They went home. SafeX Pro.``

    >>> is_own_sentence(".", ""), is_own_sentence(".", "."), is_own_sentence("", ".")
    (True, True, False)
    """
    return before in SENTENCE_END and after in ("", *".!?")


def _sides(story: Story, index: int, text: str, start: int, end: int) -> tuple[list[str], list[str], float]:
    """The words beside a use, none at the ends of the block, unless a line goes on; and what they make of the name."""
    block, fit = story.blocks[index], story.fit()
    is_whole = len(text) == block.end - block.start  # the use ends in its block
    at = block.start + start, block.start + end
    left, right = story.words_at(*at) if is_whole else words_beside(text, start, end)
    is_first = index > 0 and not text[:start].strip()
    if is_first and right and right[0].islower() and _goes_on(previous := story.blocks[index - 1].text):
        left, is_whole = tokens(previous[-MAX_SIDE:]), False
    if fit is None:
        return left, right, 0.0
    return left, right, story.gain_at(*at) if is_whole else place_gain(fit, left, right)


def _goes_on(line: str) -> bool:
    """Whether a line was wrapped: long, and no sentence ends there."""
    return len(line) >= MIN_LANGUAGE_BLOCK and (line[-1].islower() or line[-1] == ",")


def _is_inside(text: str, at: int) -> bool:
    before = text[max(0, at - 3) : at].rstrip()
    return bool(before) and (before[-1].isalnum() or before[-1] == ",")


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
        name = story.source[use.start : use.end]
        token = name + rest
        is_phrase = " " in name and rest.islower() and is_word(rest)  # 'Nova Vaultcouples', each time
        is_token = rest and ((stems.count(stem) > 1 and not is_phrase) or any(token in title for title in titles))
        is_title = rest and any(story.flat.startswith(head, use.end) for head in heads)
        if not (is_token or is_title):
            kept.append(use)
    return tuple(kept)
