"""Where the head of a page names something: the candidates for an injected brand, and nothing about their guilt.

A candidate is read off the separators of a title (``Brand|Title``), the links of a crumb
(``Current:Home > MyBrand|Title``), a source line (``Brand View``), or a short line. What the places are worth is
weighed in :mod:`spamsift.brand`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import islice

from spamsift.lexicon import load_table
from spamsift.name_fit import is_word
from spamsift.records import MAIN_LABELS, BlockLabel, LabelledBlock, Metadata

__all__ = [
    "PIPES",
    "POSSESSIVES",
    "SENTENCE_END",
    "SEPARATOR",
    "TITLE_PREFIXES",
    "Place",
    "Sighting",
    "head_of",
    "in_head",
    "is_attribute",
    "is_crumb",
    "is_distinctive",
    "lines_of",
    "without_lead",
    "words_of",
]

HEAD_BLOCKS = 12
"""Blocks from the top, and before the first paragraph, that may hold a mirror's header; generated and real ones need at
most 6, but a menu may stand above them, one line per link."""
MAX_LINE = 300
"""Characters of a line that may be a title or a crumb."""
MAX_BRAND_WORDS = 6
MAX_PLAIN_WORDS = 4
"""Words of a brand in lower case: more is a sentence."""
MAX_BRAND = 80
"""Characters of a brand."""
MIN_BRAND = 3
"""Characters of a brand: two letters stand inside too many words."""
MIN_PLAIN = 5
"""Letters of a brand that is one word in lower case."""
MIN_TITLE_WORDS = 3
MIN_PIPED_WORDS = 2
"""Words after a prefix, so that 'News | Sport' is no title with a prefix."""
MAX_SEPARATORS = 3
"""Separators from the left that may end a brand: 'Coin-Pro - Hub|Title'."""
MAX_PARTS = 6
"""Separators of a line, from the left, behind which a name may stand."""
MIN_BODY = 60
"""Characters of a block that counts as a paragraph."""
POSSESSIVES = ("'s", "’s")
SENTENCE_END = frozenset('.!?”"')
"""Marks at the end of a paragraph."""
_TOLD = MAIN_LABELS - {BlockLabel.TITLE, BlockLabel.HEADING, BlockLabel.BYLINE}

SEPARATOR = re.compile(r"[ \t\u00a0]{0,3}[|¦｜丨︱│┃:：\-–—―»›>→►▶·~•●★◆/_\]】]{1,2}[ \t\u00a0]{0,3}")
"""What stands between brand and title."""
PIPES = frozenset("|¦｜丨︱│┃")
_CRUMB_ENDS = PIPES | frozenset(":：")
"""Between brand and title in a crumb; '>' is between honest links too, and '-' within words: Third-Party."""
_ARROW = re.compile(r"[>»›→]")
_CRUMB = re.compile(r"[^\W_][^<>=|»›→\n]{0,80}[>»›→]")
_SLASHED_CRUMB = re.compile(r"[^\W_][^<>=|»›→/\n]{0,80} /(?= )")
_NAME = re.compile(r"[\w .&'’+!-]{3,80}")
_COINED = re.compile(r"[^\W\d_]{1,40}(?:\.[a-z]{2,5})?")
_BRACKETED = re.compile(r"[\[({【](?P<name>[^\[\](){}【】\n]{3,80})[\])}】][ \u00a0]{0,3}(?=[\"“'‘¿¡]?\w)")
_BRACKETED_END = re.compile(r"[ \u00a0][\[({【](?P<name>[^\[\](){}【】\n]{3,80})[\])}】]\Z")
_AFTER_DOT = re.compile(r"(?<=[a-zà-ÿ0-9])\.([A-ZÀ-Þ]\w+)")
_TRIM = " \t\u00a0\"'“”‘’«»,;()[]*"
_TIGHT_SUFFIXES = frozenset({"|", "｜", " -", " |"})
"""Before a site's name, typed without care; ' - ' and ' | ' are what honest titles have, '-' is in Two-Step."""


class Place(str, Enum):
    """Where a candidate was seen in the head of the page; the value names the signal."""

    CRUMB = "brand_in_crumb"
    PIPE = "brand_before_title_pipe"
    TIGHT = "brand_before_title_tight"
    SPACED = "brand_before_title"
    BRACKET = "brand_in_title_brackets"
    """In brackets before a title: ``[SafeX Pro] Leaders meet``."""
    OPENING = "brand_opens_title"
    """The first words of a title, with nothing but a space behind them, that come again: ``SafeX Leaders meet``."""
    SUFFIX = "brand_after_title"
    TIGHT_SUFFIX = "brand_after_title_tight"
    SOURCE_LINE = "brand_source_line"
    """Named by a source line, or the end of a crumb: ``SafeX Pro View``, ``Index > SafeX Pro``."""
    LINE = "brand_line"
    """A short line of its own, or the line without its last word: a guess only."""
    CHROME = "brand_in_template"
    """In a line of the template, anywhere on the page: ``Powered by SafeX Pro``."""
    BODY = "brand_in_body"
    """A name that is glued to the next word, found nowhere but in the story."""
    RUN_IN = "brand_run_in"
    """The same, of a name that the story has once."""


TITLE_PREFIXES = frozenset({Place.CRUMB, Place.PIPE, Place.TIGHT, Place.SPACED, Place.BRACKET})
"""Before a title, with a mark between."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A candidate at one place."""

    text: str
    place: Place
    line: int
    """Index of the block, -1 for metadata."""
    rest: str
    """The title beside it; empty for a line of its own."""


@cache
def words_of(label: str) -> frozenset[str]:
    """All phrases of the rows ``label`` of ``brand.toml``."""
    return frozenset(phrase for row in load_table("brand").rows if row.label == label for phrase in row.phrases)


def lines_of(label: str, text: str) -> re.Match[str] | None:
    """The match of the first row ``label`` of ``brand.toml`` that is the whole line.

    >>> lines_of("date_line", "Date:2025-04-11 05:27:12")["date"]
    '2025-04-11 05:27:12'
    """
    if len(text) > MAX_LINE:
        return None
    line = text.strip()
    return next((found for pattern in _patterns_of(label) if (found := pattern.fullmatch(line))), None)


@cache
def _patterns_of(label: str) -> tuple[re.Pattern[str], ...]:
    return tuple(row.pattern for row in load_table("brand").rows if row.label == label and row.pattern is not None)


def is_crumb(text: str, brand: str) -> bool:
    """Whether a line is a path of links that leads to the brand.

    >>> is_crumb("Current:Home > MySafeX|Biden announces", "SafeX")
    True
    """
    at = text.find(brand)
    return at > 0 and len(text) <= MAX_LINE and bool(_crumb_ends(text[:at]))


def _crumb_ends(line: str) -> list[int]:
    """Where the links of a path end; markup and quoted lines have none."""
    pattern = _CRUMB
    if _ARROW.search(line) is None:  # this test alone saves half a millisecond per page
        first, slash, _ = line.partition(" / ")
        if not slash or first.replace("：", ":").rpartition(":")[2].strip().lower() not in words_of("crumb_start"):
            return []
        pattern = _SLASHED_CRUMB
    return [] if "<" in line else [found.end() for found in pattern.finditer(line, 0, MAX_LINE // 2)]


def is_distinctive(text: str) -> bool:
    """Whether a name is no ordinary word: several words, a digit, or a capital inside.

    >>> [is_distinctive(name) for name in ("PredictIQ", "SafeX Pro", "Coin24", "Gold")]
    [True, True, True, False]
    """
    return " " in text or any(c.isdigit() for c in text) or any(c.isupper() for c in text[1:])


def is_attribute(name: str) -> bool:
    """Whether it is program code; the end of a domain may have a capital.

    >>> is_attribute("datasketch.MinHash"), is_attribute("Acme.AI")
    (True, False)
    """
    return any(tail.lower() not in words_of("domain_end") for tail in _AFTER_DOT.findall(name))


def by_name(sightings: Iterable[Sighting]) -> list[tuple[Sighting, ...]]:
    """The sightings of each name together, names in order of their first one; a title's line is no template's, too."""
    groups: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        groups.setdefault(sighting.text, []).append(sighting)
    return [tuple(_without_titles(group)) for group in groups.values()]


def _without_titles(group: Sequence[Sighting]) -> list[Sighting]:
    others = {sighting.line for sighting in group if sighting.place is not Place.CHROME}
    return [sighting for sighting in group if sighting.place is not Place.CHROME or sighting.line not in others]


def head_of(blocks: Sequence[LabelledBlock]) -> list[int]:
    """Indices of the blocks that may hold the header of a mirror: the first ones, and those before the story.

    >>> from spamsift.records import BlockLabel
    >>> menu = [LabelledBlock("Menu", BlockLabel.NAVIGATION, 0.9, i * 5, i * 5 + 4) for i in range(30)]
    >>> story = LabelledBlock("The mayor opened the bridge. " * 3 + "It rained.", BlockLabel.BODY, 0.9, 150, 247)
    >>> head = head_of([*menu, story, *menu])
    >>> head[:2], head[-2:], len(head)
    ([0, 1], [28, 29], 24)
    """
    story = next((i for i, block in enumerate(blocks) if block.label in _TOLD and len(block.text) >= MIN_BODY), 0)
    top = min(HEAD_BLOCKS, len(blocks))
    return [*range(top), *range(max(top, story - HEAD_BLOCKS), story)]


def in_head(blocks: Sequence[LabelledBlock], metadata: Metadata) -> Iterator[Sighting]:
    """Candidates of the first lines and of the declared titles."""
    for index in head_of(blocks):
        block = blocks[index]
        if len(block.text) <= MAX_LINE and not _is_paragraph(block):
            for line in block.text.split("\n"):  # a wrapped head may be one block
                yield from _in_line(line, index)
    for title in (metadata.page_title, metadata.title):
        if title and len(title) <= MAX_LINE:
            yield from _in_line(title, -1)
    if metadata.site and _is_name(metadata.site):
        yield Sighting(metadata.site, Place.CHROME, -1, "")


def _is_paragraph(block: LabelledBlock) -> bool:
    """Whether a block tells something: a name with which it begins is used there, and not shown."""
    return block.label in _TOLD and len(block.text) >= MIN_BODY and block.text[-1] in SENTENCE_END


def _openings(line: str, index: int) -> Iterator[Sighting]:
    """The first words of a title, before another capital or digit; which of them come again is asked later."""
    words = line.split()
    for n in range(1, min(MAX_BRAND_WORDS, len(words) - MIN_TITLE_WORDS) + 1):
        name, following = " ".join(words[:n]), words[n]
        if (_is_name(name) or _is_plain_name(name)) and (following[0].isupper() or following[0].isdigit()):
            yield Sighting(name, Place.OPENING, index, line[len(name) :].lstrip())


def _in_line(line: str, index: int) -> Iterator[Sighting]:
    crumbs = _crumb_ends(line)
    for start in (0, *crumbs[-2:]):
        yield from _prefixes(line[start:], index, in_crumb=start > 0)
    if crumbs and _is_name(name := line[crumbs[-1] :].strip(_TRIM)):
        yield Sighting(name, Place.SOURCE_LINE, index, "")
    yield from _suffixes(line, index)
    yield from _bracketed(line, index)
    yield from _openings(line, index)
    if index >= 0:
        found = lines_of("brand_line", line)
        for name in (found["brand"],) if found else (line.strip(_TRIM), line.rpartition(" ")[0].strip(_TRIM)):
            if _is_name(name):
                yield Sighting(name, Place.SOURCE_LINE if found else Place.LINE, index, "")


def _suffixes(line: str, index: int) -> Iterator[Sighting]:
    """What stands behind a title: the last part, and parts between two separators (``Title_Brand_Site``)."""
    separators = list(islice(SEPARATOR.finditer(line), MAX_PARTS))
    ends = [*(found.start() for found in separators), len(line)]
    for found, end in zip(separators, ends[1:], strict=True):
        name = line[found.end() : end].strip(_TRIM)
        if _is_name(name) or _is_plain_name(name):
            is_tight = end == len(line) and found.group() in _TIGHT_SUFFIXES
            place = Place.TIGHT_SUFFIX if is_tight else Place.SUFFIX
            yield Sighting(name, place, index, line[: found.start()])


def _bracketed(line: str, index: int) -> Iterator[Sighting]:
    """What stands in brackets before a title, or behind it."""
    found = _BRACKETED.match(line) or _BRACKETED_END.search(line)
    if found is None or not (_is_name(name := found["name"].strip()) or _is_plain_name(name)):
        return
    rest = line[found.end() :] if found.start() == 0 else line[: found.start()]
    if len(rest.split()) >= MIN_TITLE_WORDS:
        yield Sighting(name, Place.BRACKET if found.start() == 0 else Place.SUFFIX, index, rest)


def _prefixes(part: str, index: int, *, in_crumb: bool) -> Iterator[Sighting]:
    for found in islice(SEPARATOR.finditer(part), MAX_SEPARATORS):
        name, rest = part[: found.start()].strip(_TRIM), part[found.end() :]
        place = _place_of(found.group())
        if len(rest.split()) < (MIN_PIPED_WORDS if place is Place.PIPE else MIN_TITLE_WORDS):
            continue
        inner = without_lead(name) if in_crumb else None
        if not (_is_name(name) or _is_plain_name(name)) and inner is None:
            continue
        if place is Place.TIGHT and rest[:1].islower():  # Two-step, E-mail
            continue
        if place is Place.SPACED and rest.rstrip(_TRIM).endswith("."):  # a dateline: New York — ...
            continue
        if in_crumb and place is not Place.SPACED and found.group()[0] in _CRUMB_ENDS:
            place = Place.CRUMB
        yield Sighting(name, place, index, rest)
        if inner is not None:
            yield Sighting(inner, place, index, rest)


def _place_of(separator: str) -> Place:
    if separator != separator.strip() or "/" in separator:  # a date, a path
        is_half = len(separator) == 2 and separator[0] == " " and separator[1] in "-|"
        return Place.TIGHT if is_half else Place.SPACED
    return Place.PIPE if separator in PIPES else Place.TIGHT


def without_lead(name: str) -> str | None:
    """The name behind the word that a crumb writes before it; ``None`` if there is none.

    >>> without_lead("MySafeX Pro"), without_lead("Markets SafeX Pro"), without_lead("SafeX Pro")
    ('SafeX Pro', 'SafeX Pro', None)
    """
    for lead, spaces in _crumb_leads():
        inner = name[len(lead) :].lstrip(spaces)
        if name.lower().startswith(lead) and inner[:1].isalnum() and (_is_name(inner) or _is_plain_name(inner)):
            return inner
    return None


@cache
def _crumb_leads() -> tuple[tuple[str, str], ...]:
    """The words that a crumb writes before a name, and what may stand between; "technology" goes before "tech"."""
    leads = [(lead, "") for lead in words_of("crumb_lead")] + [(lead, " ") for lead in words_of("crumb_section")]
    return tuple(sorted(leads, key=lambda lead: (-len(lead[0]), lead)))


def _is_name(name: str) -> bool:
    """Whether every word is written like a part of a name."""
    if not MIN_BRAND <= len(name) <= MAX_BRAND or not name[0].isalnum():
        return False
    words = name.split()
    return (
        len(words) <= MAX_BRAND_WORDS
        and _is_name_word(words[0])
        and _NAME.fullmatch(name) is not None
        and all(_is_name_word(word) or word in words_of("connector") for word in words)
        and any(map(str.isalpha, name))
        and name.lower() not in words_of("generic")
        and words[-1] != "&"
        and not name.endswith(POSSESSIVES)
        and not is_attribute(name)
    )


def _is_plain_name(name: str) -> bool:
    """Whether it may be a brand in lower case: two to four words, or one that is no word; judged by its uses later."""
    words = name.split()
    if len(words) == 1:
        return (
            MIN_PLAIN <= len(name) <= MAX_BRAND
            and name.islower()
            and _COINED.fullmatch(name) is not None
            and not is_word(name)
        )
    is_short = 1 < len(words) <= MAX_PLAIN_WORDS and MIN_BRAND <= len(name) <= MAX_BRAND
    return is_short and name.islower() and all(map(str.isalnum, words)) and name not in words_of("generic")


def _is_name_word(word: str) -> bool:
    return word == "&" or any(c.isupper() or c.isdigit() for c in word)
