"""What speaks for and against a name having been injected, counted: the places that show it, its uses in the story.

Each finding is a number; :mod:`spamsift.suspicion` weighs them. The uses say most: a mirror drops its brand at random
gaps, so that the words beside it differ from use to use and go together without it, and one space is lost, not two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from spamsift.joins import GLUED, OPENING, Join, is_bracketed, rest_of_word, whole_words
from spamsift.name_fit import is_word
from spamsift.records import MAIN_LABELS
from spamsift.sightings import MIN_BRAND, Place, Sighting, is_distinctive, words_of
from spamsift.uses import N_STEM, Name, Story, Use, find_uses, without_compounds

__all__ = ["Candidate", "Header", "examine", "is_whole", "may_be_whole", "n_head_lines", "named_otherwise"]

MAX_GAIN = 3.0
"""Log-odds that one use can give or take; beyond it the counts of words are too few."""
MIN_BARE = 3
"""Uses of which no gap closes that are needed where no tight separator and no crumb names the brand."""
MIN_BODY_GLUES = 2
"""Glued uses of a name that only the story has."""
MIN_TOLD = 2.0
"""Log-odds of all gaps that close without a name that is glued to capitals only."""
MIN_LOST = 2
"""Lost spaces from which a page is one that loses them everywhere."""
MAX_ENDS = 20
"""Occurrences of which the ends are looked at."""
NEEDED_GAIN = -2.0
"""Log-odds at which a sentence asks for the name."""
GOOD_GAIN = 0.3
"""Log-odds from which the words beside a name go together without it."""
TIGHT_PLACES = frozenset({Place.CRUMB, Place.PIPE, Place.TIGHT, Place.TIGHT_SUFFIX})
HEAD_PLACES = TIGHT_PLACES | {Place.SPACED, Place.BRACKET}


@dataclass(frozen=True, slots=True)
class Header:
    """Lines of the head that a mirror's template writes."""

    n_machine_lines: int
    """Stamps to the second, 'Poinbank Exchange View'."""
    n_lines: int
    """These, and dates and source lines that honest pages have too: they count beside a glued use only."""


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


def examine(story: Story, sightings: tuple[Sighting, ...], header: Header) -> Candidate:
    """Find the uses of a name and count what they say."""
    name = sightings[0].text
    uses = _uses(story, sightings)
    findings = {
        **_of_places(sightings, header, uses),
        **_of_joins(story, name, uses),
        **_of_gaps(story, uses),
        **_of_name(story, sightings),
    }
    return Candidate(name, sightings, uses, findings)


def may_be_whole(story: Story, sightings: Sequence[Sighting]) -> bool:
    """A cheap look before :func:`examine`: a name before no title must run into something, or it can't be whole."""
    places = {sighting.place for sighting in sightings}
    if places & HEAD_PLACES:
        return True
    needed = MIN_BODY_GLUES if places == {Place.BODY} else 1
    name, flat = sightings[0].text, story.flat
    at, n = flat.find(name), 0
    while at >= 0 and n < MAX_ENDS and needed:
        before, after = flat[at - 1 : at] if at else "", flat[at + len(name) : at + len(name) + 1]
        needed -= before.isalnum() or after.isalnum() or after in OPENING or after == '"'
        at, n = flat.find(name, at + 1), n + 1
    return needed == 0 or at >= 0


def is_whole(story: Story, candidate: Candidate) -> bool:
    """Whether the name is a name at all, and no piece of a word or a phrase that is always the same.

    A piece goes on in one way only (``Web`` in ``Website``); a brand ends somewhere, or runs into different words.
    """
    name, flat = candidate.name, story.flat
    if not candidate.uses:
        return bool({sighting.place for sighting in candidate.sightings} & TIGHT_PLACES)
    rests, at, n = set(), flat.find(name), 0
    n_ends = 0
    while at >= 0 and n < MAX_ENDS:
        rest = rest_of_word(flat, at + len(name))
        if not rest:
            n_ends += 1
        rests.add(rest)
        at, n = flat.find(name, at + 1), n + 1
    if n_ends == 0 and sum(map(_is_next_word, rests)) < (2 if _is_coined(name) else 3):
        return False
    inner = [use for use in candidate.uses if use.join is not Join.OTHER]
    if not candidate.glued and not _has_no_place(candidate, inner):
        return False
    if len(inner) > 1 and (_is_always(use.after for use in inner) or _is_always(use.before for use in inner)):
        return False
    if not _is_proved(story, candidate):
        return False
    return not name.islower() or _is_shown(candidate, inner)


def _is_shown(candidate: Candidate, inner: Sequence[Use]) -> bool:
    """Whether a name in lower case, which may be any words, is shown as a name: in a title, or twice besides a line."""
    places = {sighting.place for sighting in candidate.sightings} - {Place.BODY, Place.LINE}
    return bool(places - {Place.CHROME}) or (bool(places) and len(inner) > 1)


def _is_proved(story: Story, candidate: Candidate) -> bool:
    """Whether the glue says anything: two names side by side are glued in every list of products."""
    places = {sighting.place for sighting in candidate.sightings}
    glued = candidate.glued
    if not glued or places & TIGHT_PLACES:
        return True
    if places == {Place.BODY} and len(glued) < MIN_BODY_GLUES:
        return False
    is_plain = not _is_coined(candidate.name) and Place.CHROME not in places and len(candidate.uses) < MIN_BARE
    if is_plain and story.n_lost_spaces(candidate.name) >= MIN_LOST:
        return False
    is_told = sum(max(0.0, use.gain) for use in candidate.uses) >= MIN_TOLD and _is_coined(candidate.name)
    if _are_behind_articles(candidate.uses):
        return True
    return is_told or bool(places & HEAD_PLACES) or any(use.is_left or not use.after[:1].isupper() for use in glued)


def _is_coined(name: str) -> bool:
    """Whether a name can be told from a word: several words, a capital, a digit or a mark inside."""
    return is_distinctive(name) or not name.isalnum()


def _are_behind_articles(uses: Sequence[Use]) -> bool:
    """Whether the name runs into capitals behind small words: 'the Nova VaultU.S. met a Nova VaultForeign minister'."""
    glued = [use for use in uses if use.join in GLUED]
    is_behind = all(use.before in words_of("function_word") and use.after[:1].isupper() for use in glued)
    return is_behind and len({use.after for use in glued}) >= MIN_BODY_GLUES


def _is_next_word(rest: str) -> bool:
    if len(rest) == 1:
        return rest.isupper()  # U.S.
    return is_word(rest.lower()) or rest.lower() in words_of("function_word")


def _has_no_place(candidate: Candidate, uses: Sequence[Use]) -> bool:
    """Whether a name that is glued nowhere may be one still: before a title, and no sentence asks for it."""
    places = {sighting.place for sighting in candidate.sightings}
    if places & TIGHT_PLACES:
        return True
    gains = [use.gain for use in uses]
    is_before = bool(places & {Place.SPACED, Place.BRACKET})
    return is_before and len(gains) > 1 and min(gains) > -GOOD_GAIN and sum(gains) >= len(gains)


def _is_always(neighbours: Iterable[str]) -> bool:
    """Whether the word beside the name is the same each time: Galaxy before S24, v behind Roe."""
    words = set(neighbours)
    only = words.pop()
    return not words and only[:1].isalnum() and only.lower() not in words_of("function_word")


def _uses(story: Story, sightings: Sequence[Sighting]) -> tuple[Use, ...]:
    name, places = sightings[0].text, {sighting.place for sighting in sightings}
    skipped = frozenset(sighting.line for sighting in sightings if sighting.line >= 0)
    is_titled, is_guess = bool(places & {Place.CRUMB, Place.PIPE}), places == {Place.BODY}
    is_shown = not is_guess and not name.isalpha()
    is_sure = is_titled or (not is_guess and is_distinctive(name)) or is_shown
    titles = tuple({sighting.rest for sighting in sightings if sighting.rest})
    searched = Name(name, skipped, is_sure, is_titled, is_guess)
    uses = without_compounds(story, find_uses(story, searched), titles)
    is_glued = any(use.join in GLUED and use.gain > 0 for use in uses)
    if not is_sure and is_glued and (" " in name or is_distinctive(name) or not name.isalpha()):
        uses = without_compounds(story, find_uses(story, replace(searched, is_sure=True)), titles)
    return uses


def _of_places(sightings: Sequence[Sighting], header: Header, uses: Sequence[Use]) -> dict[str, float]:
    places = {sighting.place for sighting in sightings}
    is_glued = any(use.join in GLUED for use in uses)
    titles = {sighting.line for sighting in sightings if sighting.rest}
    if all(sighting.line in titles for sighting in sightings if sighting.place is Place.CHROME):
        places.discard(Place.CHROME)  # the title itself
    shown = places - ({Place.LINE} if not is_glued else set()) - ({Place.SUFFIX} if places & HEAD_PLACES else set())
    found = {place.value: 1.0 for place in shown}
    found["agreement"] = float(Place.SOURCE_LINE in places and bool(places & {Place.CRUMB, Place.PIPE, Place.TIGHT}))
    found["machine_lines"] = float(min(2, header.n_machine_lines))
    found["header_lines_and_glue"] = float(min(2, header.n_lines)) if is_glued else 0.0
    found["only_in_story"] = float(places == {Place.BODY})
    found["before_title"] = float(bool(places & HEAD_PLACES))
    told = [use for use in uses if use.join is not Join.OTHER]
    is_bare = len(told) < MIN_BARE and not any(use.gain > GOOD_GAIN for use in told)
    is_untold = not any(use.gain > GOOD_GAIN for use in told) and places == {Place.BODY}
    found["single_use"] = float(len(told) == 1 and not places & TIGHT_PLACES)
    found["one_untold_use"] = float((is_bare and not places & TIGHT_PLACES) or is_untold)
    return found


def n_head_lines(sightings: Iterable[Sighting]) -> int:
    """Lines of the head that have the name before a title."""
    honest = (Place.SUFFIX, Place.TIGHT_SUFFIX, Place.BRACKET)
    return sum(bool(s.rest) and s.line >= 0 and s.place not in honest for s in sightings)


def _of_joins(story: Story, name: str, uses: Sequence[Use]) -> dict[str, float]:
    glued = [use for use in uses if use.join in GLUED]
    sides = {(use.before if use.is_left else use.after)[:N_STEM].lower() for use in glued}
    lefts = sum(use.is_left for use in glued)
    noise = story.n_lost_spaces(name) if glued else 0
    return {
        "glued": float(bool(glued)),
        "glued_nowhere": float(not glued),
        "glued_to_content": float(any(use.join is Join.STRONG for use in glued)),
        "more_sides": float(max(0, min(3, len(sides) - 1))),
        "glued_line_starts": float(bool(glued) and not any(use.is_inside for use in glued)),
        "only_left": float(bool(glued) and lefts == len(glued)),
        "both_sides_lost": float(min(3, sum(u.is_left and u.is_inside and u.join is Join.STRONG for u in glued))),
        "page_loses_spaces": float(min(6, noise)),
        "plain_and_page_loses_spaces": float(min(6, noise)) if not _is_coined(name) else 0.0,
        "mentions": float(min(3, sum(use.join is Join.MENTION for use in uses))),
        "possessive": float(any(use.is_possessive for use in uses)),
        "bracketed": float(min(2, sum(_is_aside(story, use) for use in uses))),
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


def _of_gaps(story: Story, uses: Sequence[Use]) -> dict[str, float]:
    """What the words beside the name make of it."""
    glued = [max(-MAX_GAIN, min(MAX_GAIN, use.gain)) for use in uses if use.join in GLUED]
    plain = [use for use in uses if use.join is Join.ALONE and not is_bracketed(story.flat, use.start, use.end)]
    alone = [max(-MAX_GAIN, min(MAX_GAIN, use.gain)) for use in plain]
    words = words_of("function_word")
    inner = [use for use in uses if use.join is not Join.OTHER]
    after = Counter(u.after.lower()[:5] for u in inner if len(u.after) > 2 and u.after.lower() not in words)
    before = Counter(u.before.lower() for u in inner if len(u.before) > 2 and u.before.lower() not in words)
    return {
        "needed_share": sum(use.gain <= NEEDED_GAIN for use in inner) / max(1, len(inner)),
        "behind_articles": float(_are_behind_articles(uses)),
        "glued_gaps_close": min(5.0, sum(max(0.0, gain) for gain in glued)),
        "glued_gaps_break": max(-6.0, sum(min(0.0, gain) for gain in glued)),
        "gaps_close": min(6.0, sum(max(0.0, gain) for gain in alone)),
        "gaps_break": max(-8.0, sum(min(0.0, gain) for gain in alone)),
        "untold_gaps": float(min(4, sum(_is_untold(use) for use in plain))),
        "no_gap_closes": float(not any(gain > GOOD_GAIN for gain in (*glued, *alone))),
        "same_neighbours": float(min(4, after.total() - len(after) + before.total() - len(before))),
    }


def _is_untold(use: Use) -> bool:
    return use.before[:1].isalnum() and use.after[:1].isalnum() and -GOOD_GAIN < use.gain < GOOD_GAIN


def _of_name(story: Story, sightings: Sequence[Sighting]) -> dict[str, float]:
    name, fit = sightings[0].text, story.fit()
    skipped = frozenset(sighting.line for sighting in sightings if sighting.line >= 0)
    return {
        "distinctive": float(_is_coined(name)),
        "several_words": float(" " in name),
        "lower_case": float(name.islower()),
        "common_word": float(" " not in name and is_word(name.lower().strip("-0123456789"))),
        "part_named_alone": float(named_otherwise(story, name, skipped)),
        "named_in_title": float(any(name in sighting.rest for sighting in sightings)),
        "untold_language": float(fit is None),
    }


def named_otherwise(story: Story, name: str, skipped: frozenset[int]) -> bool:
    """Whether the main content has the first word of the name without the rest of it."""
    first, _, rest = name.partition(" ")
    if not rest or len(first) < MIN_BRAND:
        return False
    texts = (block.text for i, block in enumerate(story.blocks) if i not in skipped and block.label in MAIN_LABELS)
    ends = ((text, at + len(first)) for text in texts if first in text for at in whole_words(text, first))
    return any(not _goes_on(text, end, rest.split()[0]) for text, end in ends)


def _goes_on(text: str, at: int, word: str) -> bool:
    """Whether up to three spaces and the word follow."""
    gap = text[at : at + 4]
    n_spaces = len(gap) - len(gap.lstrip())
    return 1 <= n_spaces <= 3 and text.startswith(word, at + n_spaces)
