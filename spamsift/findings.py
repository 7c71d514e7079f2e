"""What is found about a name that may have been injected: where the page shows it, its uses in the story, the name.

Each finding is a number, and a forest weighs them (:mod:`spamsift.suspicion`). The uses say most: a mirror drops its
brand at random gaps, so that the words beside it differ from use to use and go together without it, and one space is
lost, not two. Counts are bounded, so that a long page is no other page than those the forest has met.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spamsift.interrupting import INTERRUPTION
from spamsift.joins import GLUED, Join, framed, is_bracketed, occurrences, rest_of_word, whole_words
from spamsift.name_fit import PAUSES, is_word
from spamsift.records import MAIN_LABELS
from spamsift.sightings import MIN_BRAND, TITLE_PREFIXES, Place, Sighting, is_distinctive, words_of
from spamsift.uses import (
    MAX_TITLE_HEAD,
    MAX_USES,
    N_STEM,
    Name,
    Story,
    Use,
    find_uses,
    is_own_sentence,
    small_words,
    without_compounds,
)
from spamsift.words import is_inside_word

__all__ = ["GOOD_GAIN", "Candidate", "Header", "describe", "may_be_injected"]

MAX_COUNT = 20
"""Lost spaces and occurrences beyond which a page is not told from another."""
GOOD_GAIN = 0.3
"""Log-odds from which the words beside a name go together without it, or ask for it."""
NEEDED_GAIN = -2.0
"""Log-odds at which a sentence asks for the name."""
NO_GAIN = 7.0
"""In place of the largest or smallest gain where there is no use of the kind; no gain is as large."""
MAX_DEPTH, MAX_INTO = 10, 300
"""Paragraphs before the first use and characters of its own, beyond which it is deep in the story."""
N_FIRST = 3
"""Paragraphs in which mirrors that were seen drop their brand."""
HEAD_PLACES = TITLE_PREFIXES | {Place.TIGHT_SUFFIX}
_HONEST_PLACES = (Place.SUFFIX, Place.TIGHT_SUFFIX, Place.BRACKET)
_STORY_PLACES = frozenset({Place.BODY, Place.RUN_IN})
_PROMPTED_PLACES = frozenset({Place.LINE, Place.CHROME})
"""Places that give every page names in plenty: 44 % of the candidates of honest pages have no other and are glued to
nothing, as are the brands of 25 in 9,000 mirrors. So they must be glued to something, or interrupt a sentence."""
_WEAK_PLACES = _PROMPTED_PLACES | {Place.BODY, Place.RUN_IN, Place.SUFFIX, Place.OPENING}
"""Places that say nothing of a name that is neither glued nor interrupts a sentence, where no machine wrote a line: six
in ten names of honest pages, and the brands of 90 in 20,000 mirrors, 6 of them above the threshold."""
_PLACES = tuple(place.value for place in Place)
"""Their names: an enumeration is slow to ask, and a page asks a hundred times."""
_MARKS = "-.0123456789"


@dataclass(frozen=True, slots=True)
class Header:
    """Lines of the head that a mirror's template writes."""

    n_machine_lines: int
    """Stamps to the second, 'Poinbank Exchange View'."""
    n_lines: int
    """These, and dates and source lines that honest pages have too."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name with everything that was found about it."""

    name: str
    sightings: tuple[Sighting, ...]
    uses: tuple[Use, ...]
    findings: Mapping[str, float]

    @property
    def glued(self) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.join in GLUED)


def may_be_injected(story: Story, sightings: Sequence[Sighting]) -> bool:
    """A cheap look before :func:`describe`: the name stands before a title, or outside the lines that show it, too."""
    places = {sighting.place for sighting in sightings}
    name, rest = sightings[0].text, sightings[0].rest[:MAX_TITLE_HEAD]
    if places == {Place.TIGHT} and _is_hyphenated(story.flat, name, rest):
        return False  # Dar-ul-Madinah, also where no title has it
    if places & HEAD_PLACES or Place.RUN_IN in places:
        return True
    ends = [at + len(name) for at in occurrences(story.flat, name, MAX_COUNT)]
    if places <= _PROMPTED_PLACES:
        if any(is_inside_word(story.flat, end - len(name)) or is_inside_word(story.flat, end) for end in ends):
            return True
        return (is_distinctive(name) or not is_word(name.lower())) and _interrupts(story, name, ends)
    if places == {Place.OPENING}:  # elsewhere than at the head of the same title
        return any(not story.flat.startswith(rest, end + 1) for end in ends)
    return len(ends) > max(1, len({sighting.line for sighting in sightings if sighting.line >= 0}))


def _is_hyphenated(flat: str, name: str, rest: str) -> bool:
    """Whether the name and the first word of the title behind it are one word elsewhere than before that title."""
    return flat.count(f"{name}-{rest.partition(' ')[0]}") > flat.count(f"{name}-{rest}")


def _interrupts(story: Story, name: str, ends: Sequence[int]) -> bool:
    """Whether the name stands somewhere where a sentence has no room for it."""
    return any(story.gain_at(end - len(name), end) > INTERRUPTION for end in ends)


def describe(story: Story, sightings: tuple[Sighting, ...], header: Header) -> Candidate | None:
    """Find the uses of a name and count what they say; ``None`` if nothing speaks for an injection."""
    name = sightings[0].text
    uses = _uses(story, sightings)
    told = [use for use in uses if use.join is not Join.OTHER]
    is_at_home = all(use.join not in GLUED and use.gain <= INTERRUPTION for use in told)
    if is_at_home and not header.n_machine_lines and {sighting.place for sighting in sightings} <= _WEAK_PLACES:
        return None
    findings = {
        **_of_places(sightings, header),
        **_of_joins(story, name, told, len(uses) - len(told)),
        **_of_gaps(told),
        **_of_neighbours(story, uses, told),
        **_of_depth(story, told),
        **_of_name(name),
        **_of_page(story, sightings),
    }
    return Candidate(name, sightings, uses, findings)


def _uses(story: Story, sightings: Sequence[Sighting]) -> tuple[Use, ...]:
    name, places = sightings[0].text, {sighting.place for sighting in sightings}
    skipped = frozenset(sighting.line for sighting in sightings if sighting.line >= 0)
    is_titled, is_guess = bool(places & {Place.CRUMB, Place.PIPE}), places <= _STORY_PLACES
    is_sure = is_titled or is_distinctive(name) or not name.isalpha() or not is_word(name.lower())
    titles = tuple({sighting.rest for sighting in sightings if sighting.rest})
    searched = Name(name, skipped, is_sure, is_titled, is_guess)
    return without_compounds(story, find_uses(story, searched), titles)


def _of_places(sightings: Sequence[Sighting], header: Header) -> dict[str, float]:
    """How often each place shows the name, and in how many lines before a title."""
    shown = Counter(sighting.place.value for sighting in sightings)
    titled = {s.line for s in sightings if s.rest and s.line >= 0 and s.place not in _HONEST_PLACES}
    return {
        **{place: float(min(shown.get(place, 0), 5)) for place in _PLACES},
        "n_head_lines": float(len(titled)),
        "in_metadata": float(any(s.line < 0 and s.rest for s in sightings)),
        "n_machine_lines": float(header.n_machine_lines),
        "n_template_lines": float(header.n_lines),
    }


def _of_joins(story: Story, name: str, told: Sequence[Use], n_pieces: int) -> dict[str, float]:
    """How the uses meet the words beside them; ``n_pieces`` are parts of other words."""
    glued = [use for use in told if use.join in GLUED]
    return {
        "n_uses": float(len(told)),
        "n_pieces": float(min(MAX_COUNT, n_pieces)),
        "n_glued": float(len(glued)),
        "n_glued_left": float(sum(use.is_left for use in glued)),
        "n_glued_to_content": float(sum(use.join is Join.STRONG for use in glued)),
        "n_glued_inside": float(sum(use.is_inside for use in glued)),
        "n_inside": float(sum(use.is_inside for use in told)),
        "n_alone": float(sum(use.join is Join.ALONE for use in told)),
        "n_mentions": float(sum(use.join is Join.MENTION for use in told)),
        "n_possessive": float(sum(use.is_possessive for use in told)),
        "n_bracketed": float(sum(_is_aside(story, use) for use in told)),
        "n_framed": float(sum(framed(story.flat, use.start, use.end) != (use.start, use.end) for use in told)),
        "n_lost_spaces": float(min(MAX_COUNT, story.n_lost_spaces(name))),
    }


def _is_aside(story: Story, use: Use) -> bool:
    """In brackets between two words of a sentence; a dash follows the brackets of a dateline."""
    is_inside = use.before[:1].isalnum() and use.after[:1].isalnum()
    name = story.flat[use.start : use.end]
    if name.isupper():
        words = story.flat[max(0, use.start - 20 * len(name)) : use.start - 1].split()[-len(name) :]
        if "".join(word[0] for word in words).lower() == name.lower():
            return False  # limited liability company (LLC)
    return is_inside and use.join is Join.ALONE and is_bracketed(story.flat, use.start, use.end)


def _of_gaps(told: Sequence[Use]) -> dict[str, float]:
    """What the words beside the name make of it."""
    gains = [use.gain for use in told]
    glued = [use.gain for use in told if use.join in GLUED]
    alone = [use.gain for use in told if use.join is Join.ALONE]
    before_mark = [use.gain for use in told if use.after in PAUSES]
    return {
        "mean_gain": sum(gains) / max(1, len(gains)),
        "n_closing": float(sum(gain > GOOD_GAIN for gain in gains)),
        "n_breaking": float(sum(gain < -GOOD_GAIN for gain in gains)),
        "n_needed": float(sum(gain <= NEEDED_GAIN for gain in gains)),
        "n_interrupting": float(sum(gain > INTERRUPTION for gain in gains)),
        "n_before_mark": float(len(before_mark)),
        "mark_sum": sum(before_mark),
        "n_between": float(sum(use.is_between_sentences for use in told)),
        "n_trailing": float(sum(is_own_sentence(use.before, use.after) for use in told)),
        **{f"{name}_{key}": value for name, of in (("glued", glued), ("alone", alone)) for key, value in _sums(of)},
    }


def _sums(gains: Sequence[float]) -> Iterable[tuple[str, float]]:
    yield "most", max(gains, default=-NO_GAIN)
    yield "least", min(gains, default=NO_GAIN)
    yield "sum", sum(gains)


def _of_neighbours(story: Story, uses: Sequence[Use], told: Sequence[Use]) -> dict[str, float]:
    """How the words beside the name differ from use to use, and whether what is glued to it are words at all."""
    n, words = max(1, len(told)), small_words()
    glued = [use for use in told if use.join in GLUED]
    rests = [rest_of_word(story.flat, use.end) for use in glued if not use.is_left]
    pieces = {rest_of_word(story.flat, use.end)[:N_STEM] for use in uses if use.join is Join.OTHER}
    known = sum(map(_is_next_word, rests))
    lefts = [use.before for use in glued if use.is_left]
    return {
        "n_rests": float(len({rest[:N_STEM] for rest in rests})),
        "n_known_rests": float(known),
        "n_unknown_rests": float(len(rests) - known),
        "same_rest": _most(Counter(rest.lower() for rest in (*rests, *lefts))) / max(1, len(glued)),
        "n_rests_of_pieces": float(sum(rest[:N_STEM] in pieces for rest in rests)),
        "shortest_rest": float(min(map(len, rests), default=0)),
        "n_known_lefts": float(sum(is_word(word.lower()) for word in lefts)),
        "same_neighbour": max(
            _commonest_share([use.before for use in told], words), _commonest_share([use.after for use in told], words)
        ),
        "n_before": float(len({use.before.lower() for use in told})),
        "n_after": float(len({use.after.lower() for use in told})),
        "function_word_before": sum(use.before in words for use in told) / n,
        "capital_after": sum(use.after[:1].isupper() for use in told) / n,
        "small_after": sum(use.after[:1].islower() for use in told) / n,
    }


def _most(counts: Counter[str]) -> int:
    """How often the commonest comes, if it comes again: 'an' behind 'Russi', 'i' before 'PadOS'."""
    most = max(counts.values(), default=0)
    return most if most > 1 else 0


def _commonest_share(beside: Sequence[str], small: frozenset[str]) -> float:
    """Share of the uses that have the same word beside them, none of the small ones; 0 if none recurs: a part of a
    longer name has the rest of it there, and an injected one another word each time."""
    counts = Counter(word for word in beside if word[:1].isalnum() and word.lower() not in small)
    return _most(counts) / max(1, len(beside))


def _of_depth(story: Story, told: Sequence[Use]) -> dict[str, float]:
    """How deep in the story the uses stand: mirrors drop their brand into the first sentences."""
    starts = story.paragraphs()
    places = [use.start for use in told]
    numbers = [bisect_right(starts, place) - 1 for place in places]
    n_before = numbers[0] if numbers else MAX_DEPTH
    into = places[0] - starts[n_before] if numbers and n_before >= 0 else MAX_INTO
    return {
        "first_use": float(min(n_before, MAX_DEPTH)),
        "first_use_into": float(min(into, MAX_INTO)),
        "n_early": float(sum(number < N_FIRST for number in numbers)),
    }


def _is_next_word(rest: str) -> bool:
    """Whether the rest of a word is one: an ordinary word, a name, initials."""
    return rest[:1].isupper() or is_word(rest.lower()) or rest.lower() in words_of("function_word")


def _of_name(name: str) -> dict[str, float]:
    """How the name is written."""
    words = name.split()
    known = [is_word(word.lower().strip(_MARKS)) for word in words]
    first = words[0]
    return {
        "n_words": float(len(words)),
        "n_chars": float(len(name)),
        "has_digit": float(any(map(str.isdigit, name))),
        "capital_inside": float(any(map(str.isupper, first[1:])) and not first.isupper()),
        "upper_case": float(name.isupper()),
        "lower_case": float(name.islower()),
        "distinctive": float(is_distinctive(name) or not name.isalnum()),
        "known_share": sum(known) / len(known),
        "first_known": float(known[0]),
        "last_known": float(known[-1]),
    }


def _of_page(story: Story, sightings: Sequence[Sighting]) -> dict[str, float]:
    """What the rest of the page makes of the name."""
    name = sightings[0].text
    skipped = frozenset(sighting.line for sighting in sightings if sighting.line >= 0)
    return {
        "n_on_page": float(min(MAX_COUNT, story.flat.count(name))),
        "n_whole": float(min(MAX_COUNT, _n_whole(story.flat, name))),
        "part_named_alone": float(_is_named_otherwise(story, name, skipped)),
        "named_in_title": float(any(name in sighting.rest for sighting in sightings)),
        "untold_language": float(story.fit() is None),
    }


def _n_whole(flat: str, name: str) -> int:
    """How often a name is no part of a longer word, of its first places."""
    starts = occurrences(flat, name, MAX_USES)
    return sum(not is_inside_word(flat, at) and not is_inside_word(flat, at + len(name)) for at in starts)


def _is_named_otherwise(story: Story, name: str, skipped: frozenset[int]) -> bool:
    """Whether the main content has the first word of the name without the rest of it."""
    first, _, rest = name.partition(" ")
    if not rest or len(first) < MIN_BRAND or story.flat.count(first) == story.flat.count(name):
        return False  # the second test alone saves looking into every paragraph
    texts = (block.text for i, block in enumerate(story.blocks) if i not in skipped and block.label in MAIN_LABELS)
    ends = ((text, at + len(first)) for text in texts if first in text for at in whole_words(text, first))
    return any(not _goes_on(text, end, rest.split()[0]) for text, end in ends)


def _goes_on(text: str, at: int, word: str) -> bool:
    """Whether up to three spaces and the word follow."""
    gap = text[at : at + 4]
    n_spaces = len(gap) - len(gap.lstrip())
    return 1 <= n_spaces <= 3 and text.startswith(word, at + n_spaces)
