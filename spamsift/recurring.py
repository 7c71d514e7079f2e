"""Names that recur on a page and run into the words beside them, wherever they stand and however they are written.

A mirror that shows its brand in no title still writes it more than once: in the story, where it eats a space
(``the SafeX Pro Exchangepublic``), and in lines of its template (``Powered by SafeX Pro Exchange``). So a word that
begins or ends inside another word of the page is an anchor, and what its occurrences have in common beside it is
the name. Names that interrupt sentences are candidates, too (:mod:`spamsift.interrupting`). Most anchors are honest
(``Gold`` and ``Goldman``); what they are worth is weighed in :mod:`spamsift.brand`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, islice
from operator import attrgetter

from spamsift.interrupting import interrupting
from spamsift.joins import occurrences
from spamsift.name_fit import is_word, ordinary_words
from spamsift.sightings import (
    MAX_BRAND,
    MAX_LINE,
    MIN_BODY,
    MIN_BRAND,
    POSSESSIVES,
    SENTENCE_END,
    Place,
    Sighting,
    is_attribute,
    words_of,
)
from spamsift.uses import STORY_LABELS, Story

__all__ = ["recurring"]

MAX_STORY_BLOCKS = 40
"""Paragraphs whose words are compared: brands stand in the first ones, and the time is bounded."""
MAX_PAGE = 60_000
"""Characters of the page that are looked at: a long story and its template have 30,000."""
MAX_ANCHORS = 24
"""Anchors that are extended to names; ordinary pages have at most a handful."""
MAX_OCCURRENCES = 6
"""Occurrences of one anchor that are compared with each other."""
MAX_NAMES = 3
"""Names per anchor that are weighed: those that recur most, the longest of them first."""
MAX_NAME_WORDS = 8
MIN_REST = 3
"""Letters of the rest of a word, if it is no word of the page or the language."""
MAX_ALIKE = 3
"""First letters that two words behind a name may share."""
MAX_PREFIXES = 3
"""Words of the page with which one word may begin."""

_SEPARATORS = frozenset("|–—-·:»>/")
_EDGES = ".,;:!?\"'“”„‘’‚«»()[]{}…–—-|"
_CAPITAL_INSIDE = re.compile(r"[A-Z0-9](?<=[a-zà-ÿ0-9].)[\w'’&.+-]{2,40}")
"""What is before a capital is asked behind it, here and below: a pattern that begins with a letter is found faster."""
_CAMEL = re.compile(r"[a-zà-ÿ]{1,2}[-.]?[A-ZÀ-Þ]")
_COINED_LEAD = re.compile(r"[a-zà-ÿ]{5,40}")
"""Small letters before a capital that may be a coined name; identifiers abbreviate."""
_RUN_IN = re.compile(r"([a-zà-ÿ]{2,40})([A-ZÀ-Þ]\w{1,40})")
_NAME = re.compile(r"[\w .&'’+!-]{3,80}")
_LETTERS = re.compile(r"[^\W_]*(?:['’][^\W_]+)?")
_SHORT_END = re.compile(
    r"[A-ZÀ-Þ](?<![^\s\"“„‘«(].)\S{0,40} (?:[A-ZÀ-Þ]{2}|[A-ZÀ-Þ]?\d{1,2})(?=[^\W\d_]|[^\w\s]{0,3}(?:\s|\Z))\S{0,40}"
)
"""A word that begins with the end of a name, too short for an anchor of its own, with the capital before it: 'Zircon
AIbalance', 'PrimeVest IQto'."""
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_YEAR = re.compile(r"\A(?:19|20)\d\d (?=\w)")
"""Before the owner of a copyright."""
_BREAK = re.compile(r"(?<!\b[A-ZÀ-Þ])(?<!\b[A-ZÀ-Þ][a-z])\. |[,:;?!—–] |[\"“(|]")
"""Marks before a name, but not the one of 'Elias B. Thornquist' or 'Dr. Kessel'."""
_QUANTITY = re.compile(r"\d+[A-Za-z]{1,2}")


def recurring(story: Story) -> Iterator[Sighting]:
    """Candidates: ``Place.CHROME`` if a line outside the story has the name too, else ``Place.BODY``."""
    flat = story.flat[:MAX_PAGE]
    blocks = story.blocks[: bisect_right(story.blocks, MAX_PAGE, key=attrgetter("end"))]
    texts = [b.text for b in blocks if b.label in STORY_LABELS and len(b.text) >= MIN_BODY][:MAX_STORY_BLOCKS]
    told = dict.fromkeys(" ".join(texts).split())  # in order: anchors are bounded
    shown = set(" ".join([b.text for b in blocks if len(b.text) < MAX_LINE]).split())
    words = {word.strip(_EDGES) for word in shown.union(told)}
    inside = Counter(found.strip(_EDGES) for found in _CAPITAL_INSIDE.findall(" ".join(told)))
    names: dict[str, None] = {}
    ordinary = ordinary_words([word for word in words if word.islower()])
    lines = [b.text for b in blocks if len(b.text) < MIN_BODY]
    pairs = {pair.strip(_EDGES) for pair in _SHORT_END.findall("\n".join([*texts, *lines]))}
    ends = chain(_ends(sorted(pairs), words), _ends(sorted((words - ordinary).union(inside)), words))
    for end in islice(dict.fromkeys(ends), MAX_ANCHORS):
        names.update(dict.fromkeys(_names_with_end(flat, end)))
    starts = [start for start, n in inside.items() if start in words or n > 1]
    for start in islice(starts, MAX_ANCHORS):
        names.update(dict.fromkeys(_names_with_start(flat, start)))
    names.update(dict.fromkeys(interrupting(story)))
    for name in names:
        if not name.islower() or _is_rare(name):
            yield from _sightings(story, name)


def _is_rare(name: str) -> bool:
    """Whether the last word of a name in lower case is no ordinary one, and the first no function word."""
    first, last = name.split()[0], name.split()[-1]
    return (
        len(last) > MIN_BRAND and not is_word(last) and first not in words_of("function_word") | words_of("connector")
    )


def _ends(ordered: Sequence[str], words: set[str]) -> Iterator[str]:
    """Words with which another word of the page begins, and beginnings that two words share.

    ``ordered``: the words of the page in order, without the ordinary ones in lower case.
    """
    inflections = words_of("inflection")
    open_words: list[str] = []
    previous = ""
    for word in ordered:
        while open_words and not word.startswith(open_words[-1]):
            open_words.pop()
        for begun in open_words[-MAX_PREFIXES:]:
            rest = word[len(begun) :]
            is_next = _is_known(rest, words) or (len(rest) >= MIN_REST and rest not in inflections)
            if is_next and rest[0].isalnum() and not is_word(word.lower()):
                yield begun
        if not open_words and previous[:MIN_BRAND] == word[:MIN_BRAND]:
            yield from islice(_shared_beginnings(previous, word, words), 1)
        if len(word) >= MIN_BRAND:
            open_words.append(word)
        previous = word


def _shared_beginnings(one: str, other: str, words: set[str]) -> Iterator[str]:
    """Names with which both words begin, the longest first: two words behind one name may begin alike, too."""
    if any(word.isalpha() and is_word(word.lower()) for word in (one, other)):
        return  # whole words, wherever they are parted
    n = _n_alike(one, other)
    for end in range(n, max(MIN_BRAND, n - MAX_ALIKE + 1) - 1, -1):
        begun = other[:end]
        has_rests = one[end : end + 1].isalnum() and other[end : end + 1].isalnum()
        if not has_rests or (begun.islower() and is_word(begun)):
            continue
        if _are_rests(begun, _leading_letters(one[end:]), _leading_letters(other[end:]), words):
            yield begun


def _n_alike(one: str, other: str) -> int:
    """With how many characters both begin."""
    for n, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return n
    return min(len(one), len(other))


def _leading_letters(text: str) -> str:
    """The word that a text begins with: 'call' of 'call-center'; initials stay whole."""
    found = _LETTERS.match(text)
    return text if found is None or _is_initials(text) else found.group()


def _is_known(rest: str, words: set[str]) -> bool:
    """Whether the rest is a word, a number or initials."""
    is_number = rest.isdigit() and len(rest) > 1
    return (
        rest in words or is_number or is_word(rest.lower()) or rest in words_of("function_word") or _is_initials(rest)
    )


def _is_initials(rest: str) -> bool:
    return "." in rest and all(len(part) == 1 and part.isupper() for part in rest.split("."))


def _are_rests(name: str, one: str, other: str, words: set[str]) -> bool:
    """Whether a name ran into two words; endings of one word are none, and nor is a word made of both."""
    if (
        any(len(rest) < 2 and rest.lower() not in words_of("function_word") for rest in (one, other))
        or not all(_APOSTROPHE.sub("", rest).isalnum() or _is_initials(rest) for rest in (one, other))
        or {one, other} & words_of("inflection")
    ):
        return False
    if is_word((name + one).lower()) or is_word((name + other).lower()):
        return False
    return _is_known(one, words) or _is_known(other, words)


def _names_with_end(flat: str, end: str) -> list[str]:
    places = [(at, flat[max(0, at - MAX_BRAND) : at][::-1]) for at in occurrences(flat, end, MAX_OCCURRENCES)]
    found: dict[str, None] = {}
    for (one, before_one), (other, before_other) in combinations(places, 2):
        n = _n_alike(before_one, before_other)
        shared = flat[one - n : one]
        if not (_is_start(flat, one - n) or _is_start(flat, other - n)):
            shared = shared.partition(" ")[2]
        found[shared + end] = None
    return _best(flat, dict.fromkeys(map(_trimmed, found)))


def _is_start(flat: str, at: int) -> bool:
    """Whether a name may start here: no letter before it, or a small one before a capital."""
    before = flat[at - 1] if at > 0 else " "
    return not before.isalnum() or (before.islower() and flat[at].isupper())


def _names_with_start(flat: str, start: str) -> list[str]:
    places = [(at, flat[at : at + MAX_BRAND]) for at in occurrences(flat, start, MAX_OCCURRENCES)]
    found: dict[str, None] = {}
    for (one, from_one), (other, from_other) in combinations(places, 2):
        n = _n_alike(from_one, from_other)
        shared = from_one[:n]
        after_one, after_other = flat[one + n : one + n + 1], flat[other + n : other + n + 1]
        if after_one.isalnum() and after_other.isalnum() and n > len(start):
            shared = shared.rpartition(" ")[0]
        found[shared.strip(" " + _EDGES)] = None
    return _best(flat, found)


def _trimmed(name: str) -> str:
    """Without the words before it that are no part of a name, such as 'by' in two lines 'by SafeX Pro'."""
    name = _YEAR.sub("", _BREAK.split(name)[-1].strip(" " + _EDGES))
    if not name.islower():
        while (
            name[:1].islower() and " " in name and name.split(" ", 1)[0].isalpha() and name.split(" ", 1)[0].islower()
        ):
            name = name.split(" ", 1)[1].lstrip()
    return name


def _best(flat: str, names: Iterable[str]) -> list[str]:
    fits = (
        name
        for name in names
        if MIN_BRAND <= len(name) <= MAX_BRAND
        and name.count(" ") < MAX_NAME_WORDS
        and name[0].isalnum()
        and _NAME.fullmatch(name) is not None
        and name.lower() not in words_of("generic")
        and any(map(str.isalpha, name))
        and not name.endswith(POSSESSIVES)
        and _QUANTITY.fullmatch(name) is None  # 500M of 500MiB
        and _is_no_code(name)
    )
    counts = {name: flat.count(name) for name in fits}
    ranked = sorted(counts, key=lambda name: (-counts[name], -len(name)))
    best: list[str] = []
    for name in ranked:
        if len(best) == MAX_NAMES:
            break
        if not any(name in other and counts[name] <= counts[other] for other in ranked if other != name):
            best.append(name)  # 'MORI', always behind 'Ipsos', is no name
    return best


def _is_no_code(name: str) -> bool:
    """Whether a capital stands inside as in a name (``iVestra``), not as in program code (``guestLink``)."""
    first = name.split()[0]
    if "_" in name or is_attribute(name) or (first[0].islower() and not first.islower() and not _is_camel_name(first)):
        return False
    run_in = _RUN_IN.match(first)
    if run_in is not None and is_word(run_in[1]) and is_word(run_in[2].lower()):
        return False  # inThe Tech
    words = name.split()
    if words[-1].lower() in words_of("connector"):
        return False  # Ada Lovelace The
    if first.lower() != "the" and first.lower() in words_of("function_word"):
        return False  # To the Editor
    return name.islower() or all(word in words_of("connector") or not word.islower() or word == "&" for word in words)


def _is_camel_name(word: str) -> bool:
    """Whether small letters before a capital are none of a language's words: iVestra, nimbledgeFX; not guestLink."""
    lead = _COINED_LEAD.match(word)
    return _CAMEL.match(word) is not None or (lead is not None and not is_word(lead.group()))


def _sightings(story: Story, name: str) -> Iterator[Sighting]:
    is_shown = False
    for at in occurrences(story.flat, name, MAX_OCCURRENCES):
        index = story.index_at(at)
        if index >= 0 and _is_outside(story, index) and _shows(story, index, at, name):
            is_shown = True
            yield Sighting(name, Place.CHROME, index, "")
    if not is_shown and (not name.islower() or _is_coined(story.flat, name)):
        yield Sighting(name, Place.BODY, -1, "")


def _is_coined(flat: str, name: str) -> bool:
    """Whether a name in small letters is more than a word: zenbit24, smartyield.io, or quioriraMost somewhere."""
    first = name.partition(".")[0]
    return not is_word(first) and (not name.isalpha() or _runs_into_capital(flat, name))


def _runs_into_capital(flat: str, name: str) -> bool:
    """Whether a name in small letters has a capital right behind it somewhere: 'quioriraMost states'."""
    ends = (at + len(name) for at in occurrences(flat, name, MAX_OCCURRENCES))
    return any(flat[end : end + 1].isupper() for end in ends)


def _shows(story: Story, index: int, at: int, name: str) -> bool:
    """Whether a line has a name as a whole (no ``Milton Key`` of ``Milton Keynes``), and a single word at an edge."""
    if name.isalpha():
        return _is_at_edge(story, index, at, name)
    return not story.flat[at + len(name) : at + len(name) + 1].isalnum()


def _is_at_edge(story: Story, index: int, at: int, name: str) -> bool:
    """Whether a single word stands where a template writes a name: at an end of its line, or beside a separator."""
    block, end = story.blocks[index], at + len(name)
    left, right = story.flat[block.start : at], story.flat[end : block.end]
    if left[-1:].isalnum() or right[:1].isalnum():
        return False
    is_after = not left or (left[-1] == " " and left.rstrip()[-1:] in _SEPARATORS)
    is_before = not right or right[0] in ",!" or (right[0] == " " and right.lstrip()[:1] in _SEPARATORS)
    return name[0].isupper() or is_after or is_before


def _is_outside(story: Story, index: int) -> bool:
    block = story.blocks[index]
    return block.label not in STORY_LABELS or (len(block.text) < MIN_BODY and block.text[-1:] not in SENTENCE_END)
