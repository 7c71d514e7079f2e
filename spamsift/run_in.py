"""Names that the story has once and nothing else shows, run into a word: ``If you Solquo Dorsyl Clubcan replace it``.

Nothing recurs. What tells such a name is a run of words with capitals within whose last word another word begins
(``Clubcan``, ``ExchangeU.S.``), or which begins within a word (``theSolquo Club``), in a sentence that has no room for
it (:mod:`spamsift.name_fit`). Half of all honest texts have such a place, too (``Feldman``, ``PolitiFact``, ``inThe
Tech``): these are guesses, and a forest weighs them (:mod:`spamsift.suspicion`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from spamsift.interrupting import NAME_RUN
from spamsift.joins import OPENING, word_before
from spamsift.name_fit import NameFit, is_word
from spamsift.sightings import MAX_BRAND_WORDS, MIN_BODY, MIN_BRAND, Place, Sighting, is_attribute, words_of
from spamsift.uses import STORY_LABELS, Story

__all__ = ["run_in"]

MAX_BLOCKS = 12
"""Paragraphs that are looked at: mirrors drop their brand into the first ones."""
MAX_PAGE, MAX_RUNS, MAX_NAMES = 30_000, 400, 8
"""Characters of a page, runs and names of them that are looked at; ordinary pages have some 100 runs."""
MAX_RUN = 80
"""Characters of a run: more is a headline."""
MIN_GAIN, MIN_MANY_GAIN = 1.0, -2.0
"""Log-odds that the sentence has no room for the name: for most, and for one of several words that ends like no
person's (``Pro``, ``24``, ``Exchange``) or ran into a capital."""
SHORT_REST = 3
"""Letters of a word that must be among the commonest: others of that length end too many names."""
_QUOTES = frozenset('"') | OPENING


def run_in(story: Story) -> Iterator[Sighting]:
    """Candidates, in order of the page."""
    for name in islice(dict.fromkeys(_names(story)), MAX_NAMES):
        yield Sighting(name, Place.RUN_IN, -1, "")


def _names(story: Story) -> Iterator[str]:
    fit = story.fit()
    if fit is None:
        return
    flat = story.flat[:MAX_PAGE]
    told = islice((b for b in story.blocks if b.label in STORY_LABELS and len(b.text) >= MIN_BODY), MAX_BLOCKS)
    runs = (run for b in told for run in NAME_RUN.finditer(flat, b.start, b.end))
    for run in islice(runs, MAX_RUNS):
        if run.end() - run.start() <= MAX_RUN:
            yield from _names_of(story, flat, fit, run.start(), run.end())


def _names_of(story: Story, flat: str, fit: NameFit, start: int, end: int) -> Iterator[str]:
    """The longest name of a run that the sentence has no room for, and the one that it has least room for."""
    starts = [start, *(at + 1 for at in range(start, end) if flat[at] == " ")]
    stop = _end_of_name(fit, flat, [*starts, end + 1])
    if stop is None:
        word = word_before(flat, start)
        if not (word.islower() and is_word(word)):
            return
        starts, stop = [start], end
    names = [name for first in starts if first < stop and _is_name(name := flat[first:stop])]
    least = _least_gain(flat, start, stop)
    gained = ((name, story.gain_at(stop - len(name), stop)) for name in names)
    gains = {name: gain for name, gain in gained if gain > least and story.flat.count(name) == 1}
    if gains:
        yield next(iter(gains))
        yield max(gains, key=gains.__getitem__)


def _least_gain(flat: str, start: int, stop: int) -> float:
    """The gain that a name must have that ends at ``stop``, in a run of words that begins at ``start``."""
    last = flat.rfind(" ", start, stop) + 1
    is_told = flat[stop : stop + 1].isupper() or _ends_like_no_person(flat[last or start : stop])
    return MIN_MANY_GAIN if last and is_told else MIN_GAIN


def _end_of_name(fit: NameFit, flat: str, starts: Sequence[int]) -> int | None:
    """Where in a run of words another word begins: behind the run, or within one of its words."""
    end = starts[-1] - 1
    after = flat[end : end + 2]
    if after.isalpha() or (after[:1] in _QUOTES and after[1:].isalpha()):
        return end  # 'Titan 777worth', 'SafeX Pro“I have'
    for first, following in pairwise(starts):
        stop = _end_inside(fit, flat, first, following - 1)
        if stop is not None and (following > end or _ends_like_no_person(flat[first:stop])):
            return stop
    return None


def _end_inside(fit: NameFit, flat: str, start: int, end: int) -> int | None:
    """Where another word begins in a word of a run: the longest one that is known, or what begins with a capital."""
    word, at_capital = flat[start:end], None
    if is_word(word.lower()):
        return None
    for at in range(MIN_BRAND - 1, len(word) - 1):
        head, rest = word[:at], word[at:]
        is_turn = rest[0].isupper() and (head[-1].islower() or head[-1].isdigit())
        if is_turn and at_capital is None and (rest[1].islower() or rest[1] == "."):
            at_capital = start + at
        is_after_capitals = is_turn or head[-2:].isupper()
        is_next = is_word(rest.lower()) if is_after_capitals else rest.islower() and _is_next(fit, rest, head)
        if is_next and rest[1:].islower() and rest.isalpha():
            return start + at
    return at_capital


def _is_next(fit: NameFit, rest: str, head: str) -> bool:
    """Whether the rest of a word is one: 'can' of 'Clubcan', but not 'on' of 'Robinson'."""
    if len(rest) > SHORT_REST:
        return is_word(rest)
    is_person = head[-1].islower() and not is_word(head.lower())
    return rest in fit.words.common and (len(rest) == SHORT_REST or not is_person)


def _ends_like_no_person(word: str) -> bool:
    """Whether a word of a name is an ordinary one, or has a digit or another capital: ``Exchange``, ``24``,
    ``FinTech``."""
    return is_word(word.lower()) or not word[1:].islower()


def _is_name(name: str) -> bool:
    first = name.partition(" ")[0].lower()
    is_ordinary = (first != "the" and first in words_of("function_word")) or name.lower() in words_of("generic")
    is_cut = name[-1] in "-.&" or name[-2:-1] in ("-", ".") or is_attribute(name)  # England.T, Trump.Lea
    has_length = len(name) >= MIN_BRAND and name.count(" ") < MAX_BRAND_WORDS and name[0] != "&"
    return has_length and not is_ordinary and not is_cut
