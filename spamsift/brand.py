"""Learn the brand that a mirror injected, from the page itself and never from a list.

A network copies a news story and writes a brand of its own into it: before the title
(``Brand|Title``), into the crumb (``Current:Home > MyBrand|Title -Site``), and glued to a word of the
first sentences (``The SafeX Pro ExchangeU.S.``). No single place proves an injection: company blogs put
their name before every title, and bad markup glues honest names. So head, template and story give *candidates*
(:mod:`spamsift.sightings`, :mod:`spamsift.recurring`), each is described (:mod:`spamsift.findings`), and a forest says
how likely it was injected (:mod:`spamsift.suspicion`). In doubt nothing is established.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spamsift.added_words import added_words
from spamsift.findings import Candidate, Header, describe, may_be_injected
from spamsift.joins import Join, rest_of_word
from spamsift.records import LabelledBlock, Metadata
from spamsift.recurring import recurring
from spamsift.run_in import run_in
from spamsift.sightings import TITLE_PREFIXES, Place, by_name, head_of, in_head, lines_of, without_lead
from spamsift.suspicion import suspicions
from spamsift.uses import Story

__all__ = ["Brand", "candidates", "learn", "likeliest"]

ESTABLISHED = 0.5
"""P(injected) from which the brand is cut: where :mod:`spamsift.suspicion` puts its threshold."""
MAX_CANDIDATES = 60
"""Names that are described: ordinary pages have a dozen."""

_PLACE_WORDS = {
    Place.CRUMB: "the crumb",
    Place.PIPE: "the title prefix",
    Place.TIGHT: "the title prefix",
    Place.SPACED: "the title prefix",
    Place.BRACKET: "brackets before the title",
    Place.OPENING: "the title's first words",
    Place.SUFFIX: "the title suffix",
    Place.TIGHT_SUFFIX: "the title suffix",
    Place.SOURCE_LINE: "a source line",
    Place.LINE: "a line of its own",
    Place.CHROME: "a line of the template",
}
"""How a reason names the places of a brand; uses in the story are counted beside them."""


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
    places: tuple[Place, ...] = ()
    """Where it was seen."""
    rests: frozenset[str] = frozenset()
    """Words that it ran into."""
    other_forms: tuple[str, ...] = ()
    """What the page writes for it besides: 'Poinbank Exchange', 'MyPoinbank'."""

    @property
    def basis(self) -> str:
        """What of the page speaks for it, for people.

        >>> Brand("SafeX", 0.9, n_glued=2, n_alone=1, places=(Place.CRUMB,)).basis
        'seen in the crumb, 2 glued uses and 1 other use'
        """
        seen = [words for place, words in _PLACE_WORDS.items() if place in self.places]
        if self.n_glued:
            seen.append(f"{self.n_glued} glued use{'s' if self.n_glued > 1 else ''}")
        if self.n_alone:
            seen.append(f"{self.n_alone} other use{'s' if self.n_alone > 1 else ''}")
        *first, last = list(dict.fromkeys(seen)) or ["nothing else"]
        return f"seen in {', '.join(first)} and {last}" if first else f"seen in {last}"

    @property
    def forms(self) -> tuple[str, ...]:
        """Everything that the page writes for it, the longest first."""
        return tuple(sorted((self.text, *self.other_forms), key=len, reverse=True))

    @property
    def is_established(self) -> bool:
        return self.confidence >= ESTABLISHED


def learn(source: str, blocks: Sequence[LabelledBlock], metadata: Metadata) -> Brand | None:
    """The likeliest injected brand of the page, or ``None`` if no name is shown before a title or comes again.

    A brand that is not established is returned too: it is evidence, and nothing is cut for it.

    >>> from spamsift.records import BlockLabel
    >>> source = "SafeX Pro|Leaders meet in Rome\\nThe SafeX ProU.S. and Japan met."
    >>> head = LabelledBlock(source[:30], BlockLabel.TITLE, 0.9, 0, 30)
    >>> body = LabelledBlock(source[31:], BlockLabel.BODY, 0.9, 31, len(source))
    >>> learn(source, [head, body], Metadata()).text
    'SafeX Pro'
    """
    found = candidates(source, blocks, metadata)
    scores = suspicions(found).tolist()
    best = likeliest(found, scores, ESTABLISHED)
    if best is None:
        return None
    chosen, score = found[best[0]], best[1]
    return _brand(source, chosen, score, _other_forms(source, chosen, zip(found, scores, strict=True)))


def _other_forms(source: str, chosen: Candidate, scored: Iterable[tuple[Candidate, float]]) -> Iterator[str]:
    """Longer names, and a shorter one before a title: ``Poinbank|Leaders meet`` beside ``The Poinbank Exchangeman``."""
    for one, its_score in scored:
        more = one.name.removeprefix(f"{chosen.name} ")
        is_longer = more != one.name and more[0].isupper() and bool(one.uses)
        is_shorter = chosen.name.startswith(f"{one.name} ") and any(s.place in TITLE_PREFIXES for s in one.sightings)
        if is_shorter or (its_score >= ESTABLISHED and (is_longer or without_lead(one.name) == chosen.name)):
            yield one.name
    if added := added_words(source, [use.end for use in chosen.uses]):
        yield chosen.name + added


def likeliest(found: Sequence[Candidate], scores: Sequence[float], threshold: float) -> tuple[int, float] | None:
    """Index and score of the likeliest candidate, or of the longest above the threshold whose uses are as many and have
    its name inside: a part of a brand is as likely as the brand. A crumb may have a lead: ``Home > MyPoinbank``."""
    if not found:
        return None
    best = max(range(len(found)), key=lambda i: (scores[i], len(found[i].name)))
    above = [i for i in range(len(found)) if scores[i] >= threshold]
    score, inner = scores[best], without_lead(found[best].name)
    if score >= threshold and inner is not None:
        best = next((i for i, one in enumerate(found) if one.name == inner and _stands_without(one, found[best])), best)
    name, n_uses = f" {found[best].name} ", len(found[best].uses)
    wholes = (i for i in above if name in f" {found[i].name} " and len(found[i].uses) >= n_uses)
    longest = max(wholes, key=lambda i: len(found[i].name), default=best)
    return longest, max(score, scores[longest])


def _stands_without(inner: Candidate, outer: Candidate) -> bool:
    """Whether the page has a name without its lead, too: in a line of its own, or in the story.

    ``TechNova`` is no ``Nova`` in the section Tech.
    """
    lead = outer.name[: -len(inner.name)].strip()
    lines, others = ({sighting.line for sighting in one.sightings if sighting.line >= 0} for one in (inner, outer))
    return bool(lines - others) or any(use.before != lead for use in inner.uses)


def candidates(
    source: str, blocks: Sequence[LabelledBlock], metadata: Metadata, models: Path | None = None
) -> list[Candidate]:
    """The names of a page that may have been injected, described; those of its head first.

    ``models`` holds ``name-fit``, if not that of the shipped models.
    """
    story, header = Story.of(source, blocks, models), _read_header(blocks)
    groups = by_name([*in_head(blocks, metadata), *recurring(story), *run_in(story)])
    suspects = [group for group in groups if may_be_injected(story, group)][:MAX_CANDIDATES]
    described = (describe(story, group, header) for group in suspects)
    return [one for one in described if one is not None]


def _read_header(blocks: Sequence[LabelledBlock]) -> Header:
    head = [blocks[i].text for i in head_of(blocks)]
    n_machine_lines = sum(lines_of("machine_line", text) is not None for text in head)
    n_others = sum(bool(lines_of("date_line", text) or lines_of("brand_line", text)) for text in head)
    return Header(n_machine_lines, max(n_machine_lines, n_others))


def _brand(source: str, candidate: Candidate, confidence: float, other_forms: Iterable[str]) -> Brand:
    return Brand(
        text=candidate.name,
        confidence=confidence,
        n_glued=len(candidate.glued),
        n_alone=sum(use.join in (Join.ALONE, Join.MENTION) for use in candidate.uses),
        places=tuple(dict.fromkeys(sighting.place for sighting in candidate.sightings)),
        rests=frozenset(rest_of_word(source, use.end) for use in candidate.glued),
        other_forms=tuple(dict.fromkeys(other_forms)),
    )
