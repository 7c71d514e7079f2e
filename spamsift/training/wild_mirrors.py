"""Mirrors of which each has a layout of its own, and honest pages that look like them: for ``models/brand``.

:mod:`spamsift.training.mirrors` has a few layouts, and measures; here every page draws where its brand stands (title,
``<title>``, crumb, source line, footer, or nowhere), how often the story uses it, and which space each use loses, so
that no combination can be learned by heart. The honest counterparts show a name of the story itself in the same places,
and lose spaces beside it and elsewhere, as bad markup does.
"""

from __future__ import annotations

import html
import random
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from spamsift.lexicon import read_toml
from spamsift.name_fit import PAUSES
from spamsift.records import InputKind
from spamsift.sightings import lines_of
from spamsift.training.brand_names import invent_brand

__all__ = ["Original", "WildPage", "make_hard_page", "make_wild_mirror"]

P_TITLED, P_BRACKETED, P_SUFFIXED = 0.5, 0.08, 0.1
"""Shares of pages with the name before the title, in brackets before it, behind it."""
SHARES_DECLARED = (0.4, 0.6, 0.7)
"""Cumulated shares of the pages whose ``<title>`` is the shown one, has the name behind it, and before it; the rest
have the bare title."""
P_CRUMB, P_STAMP, P_SOURCE, P_LIST, P_FOOTER, P_LEFTOVER = 0.45, 0.45, 0.35, 0.5, 0.35, 0.3
P_LISTED = 0.15
"""Share of the lists that show the name before each headline."""
P_UNUSED = 0.5
"""Share of the pages whose story does not use the name, of those that show it in a tight prefix or a crumb beside a
machine's time stamp. Without the stamp they are like honest pages, and teach the forest to doubt those."""
N_USES = (1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 9, 12)
N_UNSHOWN_USES = (1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 9, 12)
"""Uses in a story, and in one that alone has the name."""
P_MIXED = 0.5
"""Share of the mirrors whose uses differ in the spaces they keep."""
P_HIDDEN = 0.5
"""Share of the single uses with both spaces, of a brand that hardly a line shows, that keep both."""
EARLY = (10, 25, 45, 200)
"""Words of a paragraph among which its uses fall."""
MIN_GAP = 3
"""Words between two uses."""
SPOTS = {"gap": 0.5, "start": 0.08, "quote": 0.12, "sentence": 0.1, "mark": 0.13, "end": 0.07}
"""Shares of what a script looks for: a gap between words, the start of a paragraph, a quote, the start of a sentence, a
mark to stand before, the end of a paragraph."""
N_SPOTS = (1, 1, 2, 3)
"""Kinds of spots of one page."""
P_DOUBLED, P_FRAMED = 0.06, 0.08
"""Shares of the pages that write two spaces beside the name, and bars, dashes or brackets around it."""
P_PLAIN_LOOK, P_UNSHOWN = 0.2, 0.13
"""Shares of the mirrors whose template is that of an honest site, and of those that show the name in no line."""
P_INLINE = 0.12
"""Share of the HTML pages that mark the name up."""
P_LOSES_SPACES, P_NOISE = 0.7, 0.3
"""Shares of the honest pages that lose spaces beside the name, and elsewhere."""

_QUOTES = frozenset('"“‘«„')
_STOPS = frozenset(".!?")
_NAME = re.compile(
    r"\b[A-Z][\w’'-]+(?: (?:[A-Z][\w’'-]+|&|of))* [A-Z][\w’'-]+|\b[A-Z][a-z]+[A-Z]\w*|\b[A-Z][a-z]{3,}\b"
)


@dataclass(frozen=True, slots=True)
class Original:
    """An honest story."""

    title: str
    paragraphs: tuple[str, ...]
    group: str
    """What must not be on both sides of a split."""


@dataclass(frozen=True, slots=True)
class WildPage:
    """A page and the name that was injected, or that is its own."""

    kind: InputKind
    source: str | bytes
    name: str
    group: str


@dataclass(slots=True)
class _Draft:
    """The lines of a page that is being made."""

    kind: InputKind
    page_title: str
    title: str
    head: list[str]
    tail: list[str]

    def shows(self, name: str) -> int:
        """Lines that a reader sees the name in, and the ``<title>``."""
        in_title = self.kind is InputKind.HTML and name in self.page_title
        return sum(name in line for line in (*self.head, *self.tail)) + in_title


@dataclass(frozen=True, slots=True)
class _Script:
    """How one network writes its name into a story."""

    name: str
    """With what stands around it."""
    spots: tuple[str, ...]
    """Keys of ``SPOTS``."""
    early: int
    """Words of a paragraph among which the gaps are."""
    space: str
    """What it writes beside the name, where it writes a space."""


@lru_cache(maxsize=1)
def _stocks() -> Mapping[str, Mapping[str, Any]]:
    """Parts of brands, of mirrors, of honest pages, of both; a string is a list of words."""
    return {
        name: {key: value.split() if isinstance(value, str) else value for key, value in table.items()}
        for name, table in read_toml("wild_mirrors", "training").items()
    }


def make_wild_mirror(rng: random.Random, original: Original, titles: Sequence[str]) -> WildPage:
    """A mirror of a story under a brand that the story does not have; ``titles`` fill its lists.

    >>> story = Original("A day at the sea", ("It was a long day at the sea and nobody wanted to go home.",) * 4, "")
    >>> page = make_wild_mirror(random.Random(3), story, [story.title] * 9)
    >>> page.name in page.source
    True
    """
    told = "\n".join((original.title, *original.paragraphs))
    name = next(brand for brand in iter(lambda: invent_brand(rng), None) if brand not in told)
    style = rng.random()
    parts = _stocks()["honest" if style < P_UNSHOWN + P_PLAIN_LOOK else "mirror"]
    draft = _draft(rng, parts, invent_brand(rng) if style < P_UNSHOWN else name, original.title, titles)
    n_shown = draft.shows(name)
    is_tight = any(name + mark in line for line in draft.head for mark in "|:-_»/")
    is_machine = any(lines_of("machine_line", line) for line in draft.head)
    joins = _draw_joins(rng, n_shown, is_tight=is_tight, may_be_unused=is_tight and is_machine)
    return _render(rng, draft, _inject(rng, original.paragraphs, name, joins), name, original.group)


def make_hard_page(rng: random.Random, original: Original, titles: Sequence[str]) -> WildPage | None:
    """An honest page that shows a name of its own story as a mirror shows its brand; ``None`` if the story has none."""
    text = "\n".join(original.paragraphs)
    names = Counter(
        found.group() for found in _NAME.finditer(text) if text[: found.start()][-2:] not in (". ", "? ", "! ")
    )
    fits = [name for name in names if 4 <= len(name) <= 60 and text.count(name) > 1 and name not in original.title]
    if not fits:
        return None
    name = rng.choice(fits)
    paragraphs = list(original.paragraphs)
    if rng.random() < P_LOSES_SPACES:
        for _ in range(rng.choice((1, 1, 2, 3, 5))):
            _lose_space(rng, paragraphs, name)
    if rng.random() < P_NOISE:
        for _ in range(rng.choice((1, 3, 8, 20))):
            _lose_space(rng, paragraphs, " ")
    draft = _draft(rng, _stocks()["honest"], name, original.title, titles)
    return _render(rng, draft, paragraphs, name, original.group)


def _draft(rng: random.Random, parts: Mapping[str, Any], name: str, title: str, titles: Sequence[str]) -> _Draft:
    """Everything but the story."""
    draw, separator = rng.choice, rng.choice(parts["separators"])
    other = draw((name, invent_brand(rng), None))
    style, shown = rng.random(), title
    if style < P_TITLED:
        shown = name + separator + title
    elif style < P_TITLED + P_BRACKETED:
        shown = f"[{name}] {title}"
    elif style < P_TITLED + P_BRACKETED + P_SUFFIXED:
        shown = title + separator + name
    declared = rng.random()
    page_titles = (shown, title + draw(parts["separators"]) + name, name + separator + title, title)
    page_title = page_titles[bisect_right(SHARES_DECLARED, declared)]
    head = [_crumb(rng, parts, name, title, other) if rng.random() < P_CRUMB else draw(parts["menus"]), shown]
    tail: list[str] = []
    if rng.random() < P_STAMP:
        stamp = draw(parts["stamps"])
        head.append(stamp % rng.randint(1, 9))
    if rng.random() < P_SOURCE:
        head.append(draw(parts["sources"]) % draw((name, name, invent_brand(rng))))
    if rng.random() < P_LEFTOVER:
        tail.append(draw(_stocks()["both"]["leftovers"]))
    if rng.random() < P_LIST:
        bullet = draw(parts["bullets"]) if rng.random() > P_LISTED else name + separator
        tail += [draw(parts["lists"]), *(bullet + draw(titles) for _ in range(rng.randint(2, 8)))]
    if rng.random() < P_FOOTER:
        tail.append(draw(parts["footers"]) % draw((name, name, name, invent_brand(rng))))
    return _Draft(draw((InputKind.TEXT, InputKind.HTML)), page_title, title, head, tail)


def _crumb(rng: random.Random, parts: Mapping[str, Any], name: str, title: str, other: str | None) -> str:
    lead, style = rng.choice(parts["crumbs"]) + rng.choice(parts["crumb_leads"]), rng.random()
    if style < 0.5:
        end = f" -{other or 'News'}" if rng.random() < 0.5 else ""
        return f"{lead}{name}{rng.choice(parts['crumb_separators'])}{title}{end}"
    return f"{lead}{name if style < 0.8 else title}"


def _draw_joins(rng: random.Random, n_shown: int, *, is_tight: bool, may_be_unused: bool) -> list[str]:
    """For each use, which of its two spaces it keeps: ``both``, ``left``, ``right`` or ``none``.

    Networks that were seen lose the space behind the name; others lose either, both or none.
    """
    if may_be_unused and rng.random() < P_UNUSED:
        return []
    n, style = rng.choice(N_USES if n_shown else N_UNSHOWN_USES), rng.random()
    if style < P_MIXED:
        joins = [rng.choice(("left", "left", "left", "right", "both", "both", "none")) for _ in range(n)]
    else:
        joins = [rng.choice(("left", "left", "left", "left", "both", "both", "right", "none"))] * n
    is_hidden = joins == ["both"] and n_shown < 2 and not is_tight
    return ["left"] if is_hidden and rng.random() < 1 - P_HIDDEN else joins


def _inject(rng: random.Random, paragraphs: Sequence[str], name: str, joins: Sequence[str]) -> list[str]:
    """The paragraphs with a use of the name for each join, in the first one, the first three or anywhere."""
    among = rng.choice((1, 1, 3, len(paragraphs)))
    chosen: dict[int, list[str]] = {}
    for join in joins:
        chosen.setdefault(rng.randrange(min(among, len(paragraphs))), []).append(join)
    spots = rng.choices(list(SPOTS), list(SPOTS.values()), k=rng.choice(N_SPOTS))
    frame = rng.choice(_stocks()["mirror"]["frames"]) if rng.random() < P_FRAMED else "%s"
    script = _Script(frame % name, tuple(spots), rng.choice(EARLY), "  " if rng.random() < P_DOUBLED else " ")
    return [_inject_all(rng, text, script, chosen.get(i, ())) for i, text in enumerate(paragraphs)]


def _inject_all(rng: random.Random, text: str, script: _Script, joins: Sequence[str]) -> str:
    words = text.split(" ")
    spots: list[tuple[int, bool]] = []
    for _ in joins:
        drawn = (_draw_spot(rng, words, script) for _ in range(20))
        spots += islice((one for one in drawn if all(abs(one[0] - gap) >= MIN_GAP for gap, _ in spots)), 1)
    parts, position = [], 0
    for (gap, is_before_mark), join in zip(sorted(spots), joins, strict=False):
        before, mark = " ".join(words[position:gap]), ""
        if is_before_mark:
            before, mark = before[:-1], before[-1]
        space_after = " " if mark else script.space if join in ("both", "right") else ""
        parts += [
            before,
            script.space if before and join in ("both", "left") else "",
            script.name + mark,
            space_after if gap < len(words) else "",
        ]
        position = gap
    return "".join([*parts, " ".join(words[position:])])


def _draw_spot(rng: random.Random, words: Sequence[str], script: _Script) -> tuple[int, bool]:
    """How many words stand before the name, and whether the mark behind the last of them stands behind the name."""
    kind, n = rng.choice(script.spots), len(words)
    found: Sequence[int] = ()
    if kind == "start":
        found = (0,)
    elif kind == "end":
        found = (n,)
    elif kind == "quote":
        found = [i for i, word in enumerate(words) if word[0] in _QUOTES]
    elif kind == "sentence":
        found = [i for i in range(1, n) if words[i - 1][-1] in _STOPS]
    elif kind == "mark":
        found = [i for i in range(1, n + 1) if words[i - 1][-1] in PAUSES and len(words[i - 1]) > 1]
    return rng.choice(found or range(min(script.early, n))), kind == "mark" and bool(found)


def _lose_space(rng: random.Random, paragraphs: list[str], beside: str) -> None:
    """Take the space before or after one occurrence, or one space."""
    i = rng.randrange(len(paragraphs))
    text = paragraphs[i]
    places = [found.start() for found in re.finditer(re.escape(beside), text)]
    if not places:
        return
    start = rng.choice(places)
    end = start + len(beside)
    if beside != " ":
        start, end = (end, end + 1) if rng.random() < 0.6 else (start - 1, start)
    if start > 0 and text[start:end] == " ":
        paragraphs[i] = text[:start] + text[end:]


def _render(rng: random.Random, draft: _Draft, story: Sequence[str], name: str, group: str) -> WildPage:
    if draft.kind is InputKind.TEXT:
        return WildPage(draft.kind, "\n".join((*draft.head, *story, *draft.tail)), name, group)
    parts = _stocks()["both"]
    heading, paragraph = rng.choice((("h1", "p"), ("h1", "div"), ("h2", "p")))
    inline = rng.choice(parts["inline"]) if rng.random() < P_INLINE else None
    head = "".join(
        f"<{heading}>{_escape(line)}</{heading}>"
        if i and draft.title in line
        else f"<div class=meta>{_escape(line)}</div>"
        for i, line in enumerate(draft.head)
    )
    body = "".join(f"<{paragraph}>{_mark_up(text, name, inline)}</{paragraph}>" for text in story)
    item = rng.choice(("li", "div"))
    tail = "".join(f"<{item}>{_escape(line)}</{item}>" for line in draft.tail)
    source = (
        f"<html><head><title>{_escape(draft.page_title)}</title></head><body><div class=top>{head}</div>"
        f"<div class={rng.choice(parts['classes'])}>{body}</div><div class=more>{tail}</div></body></html>"
    )
    return WildPage(draft.kind, source, name, group)


def _mark_up(text: str, name: str, tag: str | None) -> str:
    marked, name = _escape(text), _escape(name)
    return marked.replace(name, f"<{tag}>{name}</{tag}>") if tag is not None else marked


def _escape(text: str) -> str:
    return html.escape(text, quote=False)
