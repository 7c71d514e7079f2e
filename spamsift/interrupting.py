"""Names that stand where a sentence has no place for them, each with its spaces: nothing is glued, nothing is lost.

``He said that Golden Reels he would come. Golden Reels The talks go on, and nobody Golden Reels knows.`` Only the
words beside the name tell (:mod:`spamsift.name_fit`), and one place in 14 of an honest name looks like these. So a
name of the story is a candidate when its places do on the whole, or when one does and a line outside the story has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from spamsift.name_fit import NameFit
from spamsift.records import LabelledBlock
from spamsift.sightings import MAX_BRAND_WORDS, MAX_LINE, MIN_BODY, MIN_BRAND, words_of
from spamsift.uses import STORY_LABELS, Story, place_gain

__all__ = ["INTERRUPTION", "interrupting"]

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

_WORD = r"(?:[A-ZÀ-Þ]|(?<!\w)(?:\d{1,3}|[a-z]{1,2}-?)[A-ZÀ-Þ])(?:[\w&+-]|\.(?=\w)){0,40}"
_INITIAL = r"[A-ZÀ-Þ]\.(?= [A-ZÀ-Þ])"
_DOMAIN = r"(?<!\w)[a-z0-9-]{3,40}\.[a-z]{2,4}(?!\w)"
_RUN = re.compile(rf"{_DOMAIN}|{_WORD}(?: (?:of |the |of the )?(?:{_INITIAL}|{_WORD}|&|\d+(?:\.\d+)?)){{0,8}}")
_EDGES = " .&+-"

_Places = dict[str, list[int]]
"""For each name, where on the page it begins."""


def interrupting(story: Story) -> Iterator[str]:
    """Names that interrupt sentences of the story, those that come most often first."""
    fit = story.fit()
    if fit is None:
        return
    told = [b for b in story.blocks if b.label in STORY_LABELS and len(b.text) >= MIN_BODY][:MAX_BLOCKS]
    lines = [b for b in story.blocks if b.label not in STORY_LABELS and len(b.text) < MAX_LINE][-MAX_LINES:]
    shown = "\n".join(story.flat[line.start : line.end] for line in lines)
    places = {name: at for name, at in _names(story, told).items() if len(at) > 1 or name in shown}
    for name in islice(_longest(places), MAX_NAMES):
        words = (story.words_at(at, at + len(name)) for at in places[name][:MAX_PLACES])
        if _have_no_room(fit, words, is_shown=name in shown):
            yield name


def _have_no_room(fit: NameFit, places: Iterable[tuple[list[str], list[str]]], *, is_shown: bool) -> bool:
    """Whether the places of a name have no room for it on the whole, or one has not, of a name that a line shows."""
    gains: list[float] = []
    for left, right in places:
        gains.append(place_gain(fit, left, right))
        if sum(gains) < HOPELESS:
            return False
    return sum(gains) > MEAN_GAIN * len(gains) or (is_shown and max(gains) > INTERRUPTION)


def _names(story: Story, blocks: Sequence[LabelledBlock]) -> _Places:
    """Runs of words with capitals, and their beginnings and ends: a sentence or a name may go on beside a brand."""
    places: _Places = {}
    generic, function_words = words_of("generic") | {"the"}, words_of("function_word") - {"the"}
    for block in blocks:
        for found in _RUN.finditer(story.flat, block.start, block.end):
            run, start = found.group().rstrip(_EDGES), found.start()
            gaps = [at for at, char in enumerate(run) if char == " "]
            heads, tails = ((0, run[:at]) for at in gaps), ((at + 1, run[at + 1 :]) for at in gaps)
            for at, part in ((0, run), *heads, *tails):
                is_name = len(part) >= MIN_BRAND and part[0] != "&" and part.count(" ") < MAX_BRAND_WORDS
                if is_name and part.lower() not in generic and part.partition(" ")[0].lower() not in function_words:
                    places.setdefault(part, []).append(start + at)
    return places


def _longest(places: _Places) -> Iterator[str]:
    """Names by how often they come, without those that come as often in a longer one."""
    ranked = sorted(places, key=lambda name: (-len(places[name]), -len(name)))[:MAX_RANKED]
    for name in ranked:
        if not any(name in other and len(places[other]) == len(places[name]) and other != name for other in ranked):
            yield name
