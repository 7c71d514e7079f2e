"""Learn the brand that a mirror injected, from the page itself and never from a list.

A network copies a news story and writes a brand of its own into it: before the title
(``Brand|Title``), into the crumb (``Current:Home > MyBrand|Title -Site``), and glued to a word of the
first sentences (``The SafeX Pro ExchangeU.S.``). No single place proves an injection: company blogs put
their name before every title, and bad markup glues honest names. So the head of the page gives
*candidates*, and every candidate is weighed by how its places agree. In doubt nothing is established.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from spamsift.findings import Header, n_head_lines, named_otherwise
from spamsift.joins import GLUED, Join, rest_of_word, whole_words
from spamsift.records import Evidence, LabelledBlock, Metadata
from spamsift.recurring import recurring
from spamsift.sightings import (
    HEAD_BLOCKS,
    MIN_BRAND,
    Place,
    Sighting,
    by_name,
    in_head,
    is_distinctive,
    lines_of,
)
from spamsift.suspicion import likeliest
from spamsift.uses import N_STEM, Name, Story, Use, find_uses, without_compounds

__all__ = ["Brand", "learn"]

MIN_GUESS_GLUES = 2
"""Glued uses inside sentences, each to another word, without which a guess (``LINE``, ``BODY``) is dropped."""
MIN_GUESS_GAIN = 1.0
"""Log-odds of all uses together from which a guess may be a short word, or stand alone elsewhere."""
NEEDED_GAIN = -2.0
"""Log-odds from which on a single use clears a guess."""
MENTION_GAIN = -0.5
"""Log-odds below which a use with normal spacing is somebody writing about the name."""
MIN_GUESS_BEST = 0.5
"""Log-odds that at least one use of a guess must reach, in a language with counts."""
ESTABLISHED = 0.6
"""P(injected) from which the brand is cut. Coupled to ``_WEIGHTS``: move them together."""

_INNER_SEPARATORS = "-"
"""Separators that a name may hold."""

_WEIGHTS = {
    # Log-odds, set by hand: sums over the seeds, the development layouts and brands of training.mirrors and
    # the negatives of tests/test_brand.py; test layouts took no part.
    Place.CRUMB: 4.0,
    Place.PIPE: 3.0,
    Place.TIGHT: 2.5,
    Place.SPACED: 1.0,
    Place.BRACKET: 1.0,
    Place.SUFFIX: 0.0,
    Place.TIGHT_SUFFIX: 2.0,
    Place.SOURCE_LINE: 1.0,
    Place.LINE: 0.5,
    Place.CHROME: 0.5,
    Place.BODY: 0.0,
    Join.STRONG: 3.0,
    Join.WEAK: 2.0,
}
_PLACE_WORDS = {
    Place.CRUMB.value: "the crumb",
    Place.PIPE.value: "the title prefix",
    Place.TIGHT.value: "the title prefix",
    Place.SPACED.value: "the title prefix",
    Place.BRACKET.value: "brackets before the title",
    Place.SUFFIX.value: "the title suffix",
    Place.TIGHT_SUFFIX.value: "the title suffix",
    Place.SOURCE_LINE.value: "a source line",
    Place.LINE.value: "a line of its own",
    Place.CHROME.value: "a line of the template",
}
"""How a reason names the places of a brand; uses in the story are counted beside them."""
_GUESSES = frozenset({Place.LINE, Place.BODY})
_PRIOR = -5.0
_DISTINCTIVE = 1.0
"""Several words, a digit, or a capital inside the word."""
_UNMENTIONED = 1.0
"""The story names neither the brand nor its first word, but where it is glued or nothing asks for a name."""
_AGREEMENT = 2.5
"""The source line names what stands before the title, with no space around the separator."""
_REPEATED = 1.0
"""Two lines of the head, such as crumb and heading, write it before the same title."""
_HEADER_LINES = 1.5
"""A machine's time stamp or source line in the head of the page, at most two."""
_MAX_HEADER_LINES = 2
_MORE_GLUE = 1.0
"""Each further glued use, at most ``_MAX_MORE``."""
_MAX_MORE = 3
_PER_MENTION = -0.6
"""A use with normal spacing of which the words around it say nothing."""
_MAX_MENTIONS = 6
_POSSESSIVE = -1.0
_NAMED_IN_TITLE = -3.0
_FIRST_WORD_MENTIONED = -1.5
_FIT = 1.0
"""What a glued use takes of its gain, within ``_FIT_LEAST`` and ``_FIT_MOST``: the glue says much already."""
_FIT_LEAST, _FIT_MOST = -3.0, 2.5
_BOTH_SIDES = -0.6
_FIT_ALONE = 0.7
"""What a use with normal spacing takes of its gain: here the words around it say all there is."""
_MOST_ALONE = 3.0


@dataclass(frozen=True, slots=True)
class Brand:
    """A name that seems to have been injected.

    >>> Brand("SafeX Pro Exchange", 0.97, n_glued=1, n_alone=0).is_established
    True
    """

    text: str
    confidence: float
    """P(injected), uncalibrated."""
    n_glued: int
    """Uses in the main content that are glued to a word."""
    n_alone: int
    """Uses in the main content with normal spacing."""
    places: tuple[Evidence, ...] = ()
    """Where it was seen: signal, log-odds, quote, offsets (0, 0 for the ``<title>``)."""
    rests: frozenset[str] = frozenset()
    """Words that it ran into."""

    @property
    def basis(self) -> str:
        """What of the page speaks for it, for people.

        >>> place = Evidence("brand_in_crumb", 4.0, "SafeX")
        >>> Brand("SafeX", 0.9, n_glued=2, n_alone=1, places=(place,)).basis
        'seen in the crumb, 2 glued uses and 1 other use'
        """
        signals = dict.fromkeys(place.signal for place in self.places)
        seen = [words for signal, words in _PLACE_WORDS.items() if signal in signals]
        if self.n_glued:
            seen.append(f"{self.n_glued} glued use{'s' if self.n_glued > 1 else ''}")
        if self.n_alone:
            seen.append(f"{self.n_alone} other use{'s' if self.n_alone > 1 else ''}")
        *first, last = list(dict.fromkeys(seen)) or ["nothing else"]
        return f"seen in {', '.join(first)} and {last}" if first else f"seen in {last}"

    @property
    def is_established(self) -> bool:
        return self.confidence >= ESTABLISHED


def learn(source: str, blocks: Sequence[LabelledBlock], metadata: Metadata) -> Brand | None:
    """The likeliest injected brand of the page, or ``None`` if no candidate is glued, in a crumb or in a tight title.

    A brand that is not established is returned too: it is evidence, and nothing is cut for it.

    >>> from spamsift.records import BlockLabel
    >>> source = "SafeX Pro|Leaders meet in Rome\\nThe SafeX ProU.S. and Japan met."
    >>> head = LabelledBlock(source[:30], BlockLabel.TITLE, 0.9, 0, 30)
    >>> body = LabelledBlock(source[31:], BlockLabel.BODY, 0.9, 31, len(source))
    >>> learn(source, [head, body], Metadata()).text
    'SafeX Pro'
    """
    header = _read_header(blocks)
    story = Story.of(source, blocks)
    shown = tuple(in_head(blocks, metadata))
    best = _likeliest(story, shown, header)
    if best is not None and best.is_established:
        return best
    suspect = likeliest(story, [*shown, *recurring(story)], header)
    if suspect is None:
        return best
    told = _brand(story, suspect[0].name, suspect[0].sightings, suspect[0].uses, suspect[1])
    return max((told, best or told), key=lambda brand: brand.confidence)


def _read_header(blocks: Sequence[LabelledBlock]) -> Header:
    head = [block.text for block in blocks[:HEAD_BLOCKS]]
    n_machine_lines = sum(lines_of("machine_line", text) is not None for text in head)
    n_others = sum(bool(lines_of("date_line", text) or lines_of("brand_line", text)) for text in head)
    return Header(n_machine_lines, max(n_machine_lines, n_others))


def _likeliest(story: Story, sightings: Iterable[Sighting], header: Header) -> Brand | None:
    weighed = (_weigh(story, group, header) for group in by_name(sightings))
    found = (brand for brand in weighed if brand is not None)
    return max(found, key=lambda brand: (brand.confidence, len(brand.text)), default=None)


def _weigh(story: Story, sightings: tuple[Sighting, ...], header: Header) -> Brand | None:
    name = sightings[0].text
    places = {sighting.place for sighting in sightings}
    skipped = frozenset(sighting.line for sighting in sightings if sighting.place is not Place.BODY)
    is_titled, is_guess = bool(places & {Place.CRUMB, Place.PIPE}), places == {Place.BODY}
    is_sure = is_titled or (is_distinctive(name) and not is_guess)
    titles = tuple({sighting.rest for sighting in sightings if sighting.rest})
    searched = Name(name, skipped, is_sure, is_titled, is_guess)
    uses = without_compounds(story, find_uses(story, searched), titles)
    if is_guess and " " in name and any(use.join in GLUED and use.gain > 0 for use in uses):
        uses = without_compounds(story, find_uses(story, replace(searched, is_sure=True)), titles)
    glued = [use for use in uses if use.join in GLUED]
    alone = [use for use in uses if use.join in (Join.ALONE, Join.MENTION)]
    if not _may_be_one(story, sightings, uses, header):
        return None
    is_told = story.fit() is not None
    mentions = [use for use in alone if use.gain < MENTION_GAIN or use.join is Join.MENTION or not is_told]
    logit = _PRIOR + _place_weight(places) + _glue_weight(glued) + _mention_weight(alone)
    logit += _DISTINCTIVE if is_distinctive(name) else 0.0
    logit += _REPEATED if n_head_lines(s for s in sightings if s.place is not Place.SPACED) > 1 else 0.0
    logit += _HEADER_LINES * min(header.n_lines if glued else header.n_machine_lines, _MAX_HEADER_LINES)
    named = named_otherwise(story, name, skipped)
    logit += _FIRST_WORD_MENTIONED if named else _UNMENTIONED if not mentions else 0.0
    if len(glued) < MIN_GUESS_GLUES:  # a network's own name in the <title> does not outweigh several glued uses
        logit += _NAMED_IN_TITLE if any(name in sighting.rest for sighting in sightings) else 0.0
    return _brand(story, name, sightings, uses, 1 / (1 + math.exp(-logit)))


def _brand(story: Story, name: str, sightings: Sequence[Sighting], uses: Sequence[Use], confidence: float) -> Brand:
    glued = [use for use in uses if use.join in GLUED]
    return Brand(
        text=name,
        confidence=confidence,
        n_glued=len(glued),
        n_alone=sum(use.join in (Join.ALONE, Join.MENTION) for use in uses),
        places=tuple(_evidence(story, sightings, glued)),
        rests=frozenset(rest_of_word(story.source, use.end) for use in glued),
    )


def _may_be_one(story: Story, sightings: Sequence[Sighting], uses: Sequence[Use], header: Header) -> bool:
    """Whether there is any sign at all that a name was injected; without one nothing is weighed."""
    name, places = sightings[0].text, {sighting.place for sighting in sightings}
    glued = [use for use in uses if use.join in GLUED]
    is_named = Place.LINE in places and is_distinctive(name) and header.n_lines > 0
    if places <= _GUESSES and not _is_good_guess(story, name, uses, is_named=is_named):
        return False
    if glued:
        return not name.islower() or n_head_lines(sightings) > 1 or _is_good_plain(story, name, glued)
    if any(c in name for c in _INNER_SEPARATORS) and Place.PIPE not in places:
        return False  # 'SafeX-As the COVID' before '-19 numbers fall': the brand and a piece of the title
    if name.islower():
        return Place.CRUMB in places and n_head_lines(sightings) > 1
    return _is_proof_enough(name, places) or _have_no_place(uses)


def _is_good_plain(story: Story, name: str, glued: Sequence[Use]) -> bool:
    """A name in lower case may be any words: one of them must be rare, or a sentence read better without them."""
    fit = story.fit()
    is_rare = fit is not None and not all(map(fit.knows, name.split()))
    return max(use.gain for use in glued) > (MENTION_GAIN if is_rare else 0)


def _have_no_place(uses: Sequence[Use]) -> bool:
    """Whether several sentences read better without the name, and none asks for it."""
    alone = [use.gain for use in uses if use.join is not Join.OTHER]
    return len(alone) >= MIN_GUESS_GLUES and min(alone) > 0 and sum(alone) >= MIN_GUESS_GAIN * len(alone)


def _is_needed(use: Use) -> bool:
    """Whether the sentence asks for the name."""
    return use.join is Join.MENTION or use.gain <= NEEDED_GAIN


def _is_proof_enough(name: str, places: set[Place]) -> bool:
    """Whether the head of the page alone may convict: a tight dash needs a source line that names the same brand."""
    is_agreed = Place.SOURCE_LINE in places and Place.TIGHT in places
    return Place.CRUMB in places or (is_distinctive(name) and (Place.PIPE in places or is_agreed))


def _is_good_guess(story: Story, name: str, uses: Sequence[Use], *, is_named: bool) -> bool:
    """Whether a name without a title, crumb or source line may be an injected brand at all."""
    source, uses, fit = story.source, [use for use in uses if use.join is not Join.OTHER], story.fit()
    best = max((use.gain for use in uses), default=0.0)
    if fit is not None and best < MIN_GUESS_BEST and not is_named:
        return False  # no sentence reads better without the name
    if " " not in name and next(whole_words(story.flat, name.lower()), None) is not None:
        return False  # a word of the story: 'Child' in Childminder
    inside = [use for use in uses if use.is_inside or (is_named and source[use.start - 1 : use.start] == "\n")]
    glued = [use for use in inside if use.join in GLUED]
    rests = {rest_of_word(source, use.end)[:N_STEM] for use in glued}
    before = {source[max(0, use.start - N_STEM) : use.start] for use in glued}
    if min(len(rests), len(before)) < MIN_GUESS_GLUES:
        return False
    gains = [use.gain for use in uses]
    if sum(gains) >= MIN_GUESS_GAIN * len(gains) and not any(_is_needed(use) for use in uses):
        return True
    is_always_glued = all(use.join in GLUED and not use.is_left for use in uses) and (is_named or sum(gains) >= 0)
    is_long = " " in name and len(name.split()[-1]) > MIN_BRAND
    return is_always_glued and (is_long or is_named)


def _place_weight(places: set[Place]) -> float:
    titles = [_WEIGHTS[place] for place in places if place is not Place.CRUMB]
    is_agreed = Place.SOURCE_LINE in places and bool(places & {Place.CRUMB, Place.PIPE, Place.TIGHT})
    in_crumb = _WEIGHTS[Place.CRUMB] if Place.CRUMB in places else 0.0
    return in_crumb + max(titles, default=0.0) + (_AGREEMENT if is_agreed else 0.0)


def _glue_weight(glued: Sequence[Use]) -> float:
    """The best use counts in full, each further one a little; one that the sentence needs counts against."""
    if not glued:
        return 0.0
    weights = sorted((_WEIGHTS[use.join] + _fit_weight(use) + _both_sides(use) for use in glued), reverse=True)
    needed = sum(sorted(min(0.0, _fit_weight(use)) for use in glued)[: len(glued) - 1]) / len(glued)
    return weights[0] + needed + _MORE_GLUE * min(sum(weight > 1 for weight in weights[1:]), _MAX_MORE)


def _both_sides(use: Use) -> float:
    """What two lost spaces take: markup loses them in pairs, a mirror seldom."""
    return _BOTH_SIDES if use.is_left and use.is_inside else 0.0


def _fit_weight(use: Use) -> float:
    return max(_FIT_LEAST, min(_FIT_MOST, _FIT * use.gain))


def _mention_weight(alone: Sequence[Use]) -> float:
    possessive = any(use.is_possessive for use in alone)
    weights = (_FIT_ALONE * use.gain if use.gain else _PER_MENTION for use in alone[:_MAX_MENTIONS])
    return min(_MOST_ALONE, sum(weights)) + (_POSSESSIVE if possessive else 0.0)


def _evidence(story: Story, sightings: Iterable[Sighting], glued: Iterable[Use]) -> Iterator[Evidence]:
    blocks, source = story.blocks, story.source
    for sighting in sightings:
        weight = _WEIGHTS[sighting.place]
        if sighting.line < 0:
            yield Evidence(sighting.place.value, weight, sighting.text)
            continue
        start = blocks[sighting.line].start + blocks[sighting.line].text.find(sighting.text)
        yield Evidence(sighting.place.value, weight, sighting.text, start, start + len(sighting.text))
    for use in glued:
        end = use.end + len(rest_of_word(source, use.end))
        yield Evidence(use.join.value, _WEIGHTS[use.join], source[use.start : end], use.start, end)
