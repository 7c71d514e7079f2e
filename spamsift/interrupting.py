"""Names that stand where a sentence has no place for them, each with its spaces: nothing is glued, nothing is lost.

``He said that Golden Reels he would come. Golden Reels The talks go on, and nobody Golden Reels knows.`` Only the
words beside the name tell (:mod:`spamsift.name_fit`), and one place in 14 of an honest name looks like these. So a
name of the story is a candidate when its places do on the whole, or when one does and a line outside the story has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from spamsift.records import LabelledBlock
from spamsift.sightings import MAX_BRAND_WORDS, MAX_LINE, MIN_BODY, MIN_BRAND, words_of
from spamsift.uses import STORY_LABELS, Story

__all__ = ["INTERRUPTION", "NAME_RUN", "interrupting"]

INTERRUPTION = 1.0
"""Log-odds from which a place has no room for a name; of the places of English names 7 % have more."""
MEAN_GAIN = 0.4
"""Mean log-odds of the places of a name, from which it is a candidate."""
HOPELESS = -4.0
"""Log-odds of the first places of a name together, below which no other is looked at."""
MAX_BLOCKS, MAX_LINES = 40, 80
"""Paragraphs in which names are looked for, and lines that may show them."""
MAX_PLACES = 8
"""Places of one name that are looked at."""
MAX_RANKED = 400
"""Names that are compared with each other."""
MAX_NAMES = 40
"""Names whose places are looked at: those that come most often."""

_CAPITAL = r"[A-ZÀ-Þ]"
_LEAD = r"(?:\d{1,3}|[a-z]{1,2}-?)"
"""Before the first capital of a word."""
_LETTER = r"[\w&+-]"
_LETTERS = rf"(?:{_LETTER}{{0,40}}(?!{_LETTER}|\.\w)|(?:{_LETTER}|\.(?=\w)){{0,40}})"
"""The rest of a word: hardly one has a dot inside, and without one it is read at once."""
_WORD = rf"(?:{_CAPITAL}|(?<!\w){_LEAD}{_CAPITAL}){_LETTERS}"
_INITIAL = rf"{_CAPITAL}\.(?= {_CAPITAL})"
_REST = rf"{_LETTERS}(?: (?:of |the |of the )?(?:{_INITIAL}|{_WORD}|&|\d+(?:\.\d+)?)){{0,8}}"
"""Behind the first capital of a name."""
_DOMAIN = r"[a-z0-9-]{3,40}\.[a-z]{2,4}(?!\w)"
NAME_RUN = re.compile(rf"{_CAPITAL}{_REST}|(?<!\w)(?:{_DOMAIN}|{_LEAD}{_CAPITAL}{_REST})")
_EDGES = " .&+-"

_Places = dict[str, list[int]]
"""For each name, where on the page it begins, in no order."""


def interrupting(story: Story) -> Iterator[str]:
    """Names that interrupt sentences of the story, those that come most often first."""
    if story.fit() is None:
        return
    told = [b for b in story.blocks if b.label in STORY_LABELS and len(b.text) >= MIN_BODY][:MAX_BLOCKS]
    lines = [b for b in story.blocks if b.label not in STORY_LABELS and len(b.text) < MAX_LINE][-MAX_LINES:]
    shown = "\n".join(story.flat[line.start : line.end] for line in lines)
    places = {name: at for name, at in _names(story, told).items() if len(at) > 1 or name in shown}
    for name in islice(_longest(places), MAX_NAMES):
        gains = (story.gain_at(at, at + len(name)) for at in sorted(places[name])[:MAX_PLACES])
        if _have_no_room(gains, is_shown=name in shown):
            yield name


def _have_no_room(gained: Iterable[float], *, is_shown: bool) -> bool:
    """Whether the places of a name have no room for it on the whole, or one has not, of a name that a line shows."""
    gains: list[float] = []
    for gain in gained:
        gains.append(gain)
        if sum(gains) < HOPELESS:
            return False
    return sum(gains) > MEAN_GAIN * len(gains) or (is_shown and max(gains) > INTERRUPTION)


def _names(story: Story, blocks: Sequence[LabelledBlock]) -> _Places:
    """Runs of words with capitals, and their beginnings and ends: a sentence or a name may go on beside a brand."""
    runs: _Places = {}
    for block in blocks:
        for found in NAME_RUN.finditer(story.flat, block.start, block.end):
            runs.setdefault(found.group().rstrip(_EDGES), []).append(found.start())
    places: _Places = {}
    for run, starts in runs.items():
        for at, part in _parts(run):
            places.setdefault(part, []).extend(start + at for start in starts)
    return places


def _parts(run: str) -> Iterator[tuple[int, str]]:
    """A run, its beginnings and its ends, as far as they may be names, each with where it begins in the run."""
    gaps = [at for at, char in enumerate(run) if char == " "]
    heads, tails = ((0, run[:at]) for at in gaps), ((at + 1, run[at + 1 :]) for at in gaps)
    for at, part in ((0, run), *heads, *tails):
        is_name = len(part) >= MIN_BRAND and part[0] != "&" and part.count(" ") < MAX_BRAND_WORDS
        if is_name and not _is_ordinary(part.lower()):
            yield at, part


def _is_ordinary(name: str) -> bool:
    """Whether a name, in lower case, is a generic one, or begins or ends with a small word; 'the' may begin one."""
    first, last = name.partition(" ")[0], name.rpartition(" ")[2]
    if last in words_of("connector"):
        return True  # Ada Lovelace The
    return name == "the" or name in words_of("generic") or (first != "the" and first in words_of("function_word"))


def _longest(places: _Places) -> Iterator[str]:
    """Names by how often they come, without those that come as often in a longer one."""
    ranked = sorted(places, key=lambda name: (-len(places[name]), -len(name)))[:MAX_RANKED]
    for name in ranked:
        if not any(name in other and len(places[other]) == len(places[name]) and other != name for other in ranked):
            yield name
