"""Learn the brand that a mirror injected, from the page itself and never from a list.

A network copies a news story and writes a brand of its own into it: before the title
(``Brand|Title``), into the crumb (``Current:Home > MyBrand|Title -Site``), and glued to a word of the
first sentences (``The SafeX Pro ExchangeU.S.``). No single place proves an injection: company blogs put
their name before every title, and bad markup glues honest names. So the head of the page gives
*candidates*, and every candidate is weighed by how its places agree. In doubt nothing is established.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter

from spamsift.records import MAIN_LABELS, BlockLabel, Evidence, LabelledBlock, Metadata
from spamsift.sightings import (
    HEAD_BLOCKS,
    MIN_BRAND,
    Place,
    Sighting,
    in_body,
    in_head,
    is_distinctive,
    lines_of,
    words_of,
)

__all__ = ["Brand", "Join", "join_at", "learn"]

MIN_GUESS_GLUES = 2
"""Glued uses inside sentences, each to another word, without which a guess (``LINE``, ``BODY``) is dropped."""
N_STEM = 3
"""First letters of a word that tell it from another one: HyperScore and HyperScores are one word."""
MAX_USES = 60
"""Occurrences of one candidate that are looked at: bounds the time on a hostile page."""
PAGE_WINDOW = 10_000
"""Characters before and after a glued word in which its rest must stand alone once to count as a word."""
ESTABLISHED = 0.6
"""P(injected) from which the brand is cut. Coupled to ``_WEIGHTS``: move them together."""

_WORD = re.compile(r"\w{1,40}")
_INNER_SEPARATORS = "-"
"""Separators that a name may hold."""
_OPENING = "“‘«"
"""Opening quotes; a bracket follows a name in program code too."""
_APOSTROPHES = frozenset("'’")


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
    """Only the beginning of some other word: ``Gold`` in ``Goldman``."""


_WEIGHTS = {
    # Log-odds, set by hand: sums over the seeds, the development layouts and brands of training.mirrors and
    # the negatives of tests/test_brand.py; test layouts took no part.
    Place.CRUMB: 4.0,
    Place.PIPE: 3.0,
    Place.TIGHT: 2.5,
    Place.SPACED: 1.0,
    Place.SUFFIX: 0.5,
    Place.TIGHT_SUFFIX: 2.0,
    Place.SOURCE_LINE: 1.0,
    Place.LINE: 0.5,
    Place.BODY: 0.0,
    Join.STRONG: 3.0,
    Join.WEAK: 2.0,
}
_STORY_LABELS = MAIN_LABELS - {BlockLabel.BYLINE, BlockLabel.CAPTION}
"""Where uses count: the name of the site over the page is no mention by the story."""
_GUESSES = frozenset({Place.LINE, Place.BODY})
_PRIOR = -5.0
_DISTINCTIVE = 1.0
"""Several words, a digit, or a capital inside the word."""
_UNMENTIONED = 1.0
"""The story names neither the brand nor its first word, but where it is glued."""
_AGREEMENT = 2.5
"""The source line names what stands before the title, with no space around the separator."""
_HEADER_LINES = 1.5
"""A machine's time stamp or source line in the head of the page, at most two."""
_MAX_HEADER_LINES = 2
_MORE_GLUE = 1.0
"""Each further glued use, at most ``_MAX_MORE``."""
_MAX_MORE = 3
_PER_MENTION = -0.6
_MAX_MENTIONS = 6
_POSSESSIVE = -1.0
_NAMED_IN_TITLE = -3.0
_FIRST_WORD_MENTIONED = -1.5


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

    @property
    def is_established(self) -> bool:
        return self.confidence >= ESTABLISHED


@dataclass(frozen=True, slots=True)
class _Header:
    """Lines of the head that a mirror's template writes."""

    n_machine_lines: int
    """Stamps to the second, 'Poinbank Exchange View'."""
    n_lines: int
    """These, and dates and source lines that honest pages have too: they count beside a glued use only."""


@dataclass(frozen=True, slots=True)
class _Use:
    join: Join
    start: int
    end: int
    is_possessive: bool
    is_left: bool
    """Glued to the word before it."""
    is_inside: bool
    """After a word or a comma of the same sentence: not where two lines were run together."""


def _is_cased(char: str) -> bool:
    return char.isdigit() or char.lower() != char.upper()


def join_at(text: str, start: int, end: int, *, is_sure: bool = True) -> Join:
    """How the brand at ``[start, end)`` of one block meets its neighbours.

    ``is_sure``: the brand is known, so a rest of the word needs no other occurrence to count as a word.

    >>> [join_at(text, 2, 8).name for text in ("A SafeX1man was", "A SafeX1s was", "A SafeX1 was", "A SafeX1is")]
    ['STRONG', 'MENTION', 'ALONE', 'WEAK']
    """
    after, before = text[end : end + 1], text[start - 1 : start] if start else ""
    is_left = before.islower() or (before.isupper() and text[start + 1 : start + 2].islower())
    if after and after.isalnum() and _is_cased(after) and _is_cased(text[end - 1]):
        found = _WORD.match(text, end)
        rest = found.group() if found else after
        is_elided = text[end + len(rest) : end + len(rest) + 1] in _APOSTROPHES  # Exchanged'Haiti
        if rest in words_of("inflection") and not is_elided:
            return Join.MENTION
        if after.isdigit() and text[end - 1].isdigit():
            return Join.OTHER
        if not is_sure and rest.islower() and not _is_page_word(text, rest, end):
            return Join.OTHER
        return Join.WEAK if rest.lower() in words_of("function_word") else Join.STRONG
    if after in _APOSTROPHES and text[end + 1 : end + 2] == "s":
        return Join.MENTION
    if is_left and (text[start].isupper() or text[start].isdigit()):
        return Join.WEAK if is_sure else Join.OTHER
    is_quote = after == '"' and before.isspace() and text[end + 1 : end + 2].isalpha()
    return Join.STRONG if (after and after in _OPENING) or is_quote else Join.ALONE


def _is_page_word(text: str, word: str, at: int) -> bool:
    if word in words_of("function_word"):
        return True
    first = max(0, at - PAGE_WINDOW)
    return any(first + start != at for start in _whole_words(text[first : at + PAGE_WINDOW], word))


def _whole_words(text: str, word: str) -> Iterator[int]:
    """Where a word stands alone. No regular expression: to compile one for each name takes longer than to search.

    >>> list(_whole_words("Gold, Goldman and gold. Gold_ Gold", "Gold"))
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
    best = _likeliest(source, blocks, in_head(blocks, metadata), header)
    if best is not None and best.is_established:
        return best
    return _likeliest(source, blocks, in_body(blocks), header) or best


def _read_header(blocks: Sequence[LabelledBlock]) -> _Header:
    head = [block.text for block in blocks[:HEAD_BLOCKS]]
    n_machine_lines = sum(lines_of("machine_line", text) is not None for text in head)
    n_others = sum(bool(lines_of("date_line", text) or lines_of("brand_line", text)) for text in head)
    return _Header(n_machine_lines, max(n_machine_lines, n_others))


def _likeliest(
    source: str, blocks: Sequence[LabelledBlock], sightings: Iterable[Sighting], header: _Header
) -> Brand | None:
    by_text: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        by_text.setdefault(sighting.text, []).append(sighting)
    weighed = (_weigh(source, blocks, tuple(group), header) for group in by_text.values())
    found = (brand for brand in weighed if brand is not None)
    return max(found, key=lambda brand: (brand.confidence, len(brand.text)), default=None)


def _weigh(
    source: str, blocks: Sequence[LabelledBlock], sightings: tuple[Sighting, ...], header: _Header
) -> Brand | None:
    name = sightings[0].text
    places = {sighting.place for sighting in sightings}
    is_sure = bool(places & {Place.CRUMB, Place.PIPE}) or (is_distinctive(name) and places != {Place.BODY})
    skipped = {sighting.line for sighting in sightings}
    uses = tuple(_uses(source, blocks, name, skipped, is_sure=is_sure))
    uses = _without_compounds(source, uses, sightings)
    glued = [use for use in uses if use.join in (Join.STRONG, Join.WEAK)]
    is_named = Place.LINE in places and is_distinctive(name) and header.n_lines > 0
    if places <= _GUESSES and not _is_good_guess(source, name, uses, is_named=is_named):
        return None
    if not glued and any(c in name for c in _INNER_SEPARATORS) and Place.PIPE not in places:
        return None  # 'SafeX-As the COVID' before '-19 numbers fall': the brand and a piece of the title
    if not glued and not _is_proof_enough(name, places):
        return None
    alone = [use for use in uses if use.join in (Join.ALONE, Join.MENTION)]
    logit = _PRIOR + _place_weight(places) + _glue_weight(glued) + _mention_weight(alone)
    logit += _DISTINCTIVE if is_distinctive(name) else 0.0
    logit += _HEADER_LINES * min(header.n_lines if glued else header.n_machine_lines, _MAX_HEADER_LINES)
    named = _named_otherwise(source, blocks, name, skipped)
    logit += _FIRST_WORD_MENTIONED if named else _UNMENTIONED if not alone else 0.0
    if len(glued) < MIN_GUESS_GLUES:  # a network's own name in the <title> does not outweigh several glued uses
        logit += _NAMED_IN_TITLE if any(name in sighting.rest for sighting in sightings) else 0.0
    return Brand(
        text=name,
        confidence=1 / (1 + math.exp(-logit)),
        n_glued=len(glued),
        n_alone=len(alone),
        places=tuple(_evidence(source, blocks, sightings, glued)),
    )


def _is_proof_enough(name: str, places: set[Place]) -> bool:
    """Whether the head of the page alone may convict: a tight dash needs a source line that names the same brand."""
    is_agreed = Place.SOURCE_LINE in places and Place.TIGHT in places
    return Place.CRUMB in places or (is_distinctive(name) and (Place.PIPE in places or is_agreed))


def _is_good_guess(source: str, name: str, uses: Sequence[_Use], *, is_named: bool) -> bool:
    """Whether a name without a title, crumb or source line may be an injected brand at all."""
    uses = [use for use in uses if use.join is not Join.OTHER]
    inside = [use for use in uses if use.is_inside or (is_named and source[use.start - 1 : use.start] == "\n")]
    rests = {_rest_of_word(source, use.end)[:N_STEM] for use in inside}
    before = {source[max(0, use.start - N_STEM) : use.start] for use in inside}
    is_always_glued = all(use.join in (Join.STRONG, Join.WEAK) and not use.is_left for use in uses)
    is_long = " " in name and len(name.split()[-1]) > N_STEM
    return is_always_glued and (is_long or is_named) and min(len(rests), len(before)) >= MIN_GUESS_GLUES


def _uses(
    source: str, blocks: Sequence[LabelledBlock], name: str, skipped: set[int], *, is_sure: bool
) -> Iterator[_Use]:
    at, n_uses = source.find(name), 0
    while at >= 0 and n_uses < MAX_USES:
        end, index = at + len(name), bisect_right(blocks, at, key=attrgetter("start")) - 1
        if index >= 0 and index not in skipped and blocks[index].label in _STORY_LABELS and end <= blocks[index].end:
            block = blocks[index]
            first = at - block.start
            join = join_at(block.text, first, end - block.start, is_sure=is_sure)
            is_left = first > 0 and block.text[first - 1].isalnum()
            yield _Use(join, at, end, source[end : end + 1] in _APOSTROPHES, is_left, _is_inside(block.text, first))
        n_uses += 1
        at = source.find(name, end)


def _is_inside(text: str, at: int) -> bool:
    before = text[max(0, at - 3) : at].rstrip()
    return bool(before) and (before[-1].isalnum() or before[-1] == ",")


def _without_compounds(source: str, uses: Iterable[_Use], sightings: Iterable[Sighting]) -> tuple[_Use, ...]:
    """Drop glued tokens that recur or stand in the title: JavaScript is a word, not 'Java' before 'Script'."""
    titles = " ".join(sighting.rest for sighting in sightings)
    rests = [_rest_of_word(source, use.end) if use.join is Join.STRONG else "" for use in uses]
    stems = [rest[:N_STEM] for rest in rests]
    kept = []
    for use, rest, stem in zip(uses, rests, stems, strict=True):
        token = source[use.start : use.end] + rest
        if not (rest and (token in titles or stems.count(stem) > 1)):
            kept.append(use)
    return tuple(kept)


def _rest_of_word(source: str, at: int) -> str:
    found = _WORD.match(source, at)
    return found.group() if found else ""


def _place_weight(places: set[Place]) -> float:
    titles = [_WEIGHTS[place] for place in places if place is not Place.CRUMB]
    is_agreed = Place.SOURCE_LINE in places and bool(places & {Place.CRUMB, Place.PIPE, Place.TIGHT})
    in_crumb = _WEIGHTS[Place.CRUMB] if Place.CRUMB in places else 0.0
    return in_crumb + max(titles, default=0.0) + (_AGREEMENT if is_agreed else 0.0)


def _glue_weight(glued: Sequence[_Use]) -> float:
    if not glued:
        return 0.0
    return max(_WEIGHTS[use.join] for use in glued) + _MORE_GLUE * min(len(glued) - 1, _MAX_MORE)


def _mention_weight(alone: Sequence[_Use]) -> float:
    possessive = any(use.is_possessive for use in alone)
    return _PER_MENTION * min(len(alone), _MAX_MENTIONS) + (_POSSESSIVE if possessive else 0.0)


def _named_otherwise(source: str, blocks: Sequence[LabelledBlock], name: str, skipped: set[int]) -> bool:
    """Whether the main content has the first word of the name without the rest of it."""
    first, _, rest = name.partition(" ")
    if not rest or len(first) < MIN_BRAND:
        return False
    texts = (block.text for i, block in enumerate(blocks) if i not in skipped and block.label in MAIN_LABELS)
    ends = ((text, at + len(first)) for text in texts if first in text for at in _whole_words(text, first))
    return any(not _goes_on(text, end, rest.split()[0]) for text, end in ends)


def _goes_on(text: str, at: int, word: str) -> bool:
    """Whether up to three spaces and the word follow."""
    gap = text[at : at + 4]
    n_spaces = len(gap) - len(gap.lstrip())
    return 1 <= n_spaces <= 3 and text.startswith(word, at + n_spaces)


def _evidence(
    source: str, blocks: Sequence[LabelledBlock], sightings: Iterable[Sighting], glued: Iterable[_Use]
) -> Iterator[Evidence]:
    for sighting in sightings:
        weight = _WEIGHTS[sighting.place]
        if sighting.line < 0:
            yield Evidence(sighting.place.value, weight, sighting.text)
            continue
        start = blocks[sighting.line].start + blocks[sighting.line].text.find(sighting.text)
        yield Evidence(sighting.place.value, weight, sighting.text, start, start + len(sighting.text))
    for use in glued:
        end = use.end + len(_rest_of_word(source, use.end))
        yield Evidence(use.join.value, _WEIGHTS[use.join], source[use.start : end], use.start, end)
