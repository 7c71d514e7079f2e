"""Seeded generator of exchange-style mirrors: an honest text in, a mirror of it and the gold answer out.

Brands, layouts and wordings are rows of ``mirrors.toml``; brands and layouts of its three splits share
no word and no shape, so that a figure on ``test`` is one on the unseen. The pages also serve to train the typed
junk labels: every block comes with its label.
"""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from spamsift.lexicon import read_toml
from spamsift.records import BlockLabel

__all__ = ["Layout", "MirrorPage", "invent_brand", "is_headline", "layouts", "make_leftover", "make_mirror"]

N_EARLY_WORDS = 45
"""Words of a paragraph among which a brand is injected; in the wild it stands in the first sentence."""
P_INSERT_LINE = 0.25
"""Chance of a 'See also' line between two paragraphs."""
HEADLINE_CHARS = (25, 110)
P_NO_HEAD = 0.5
"""Share of lists in a leftover that lost their heading."""
P_INSERT_TAIL = 0.15
"""Chance of a 'See also' teaser at the end of a paragraph."""
P_MARKED_UP = 0.4
"""Chance that the HTML wraps the brand in an inline tag."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One shape of a mirror; fields as explained in ``mirrors.toml``."""

    name: str
    split: str
    page_title: str
    title: str
    header: tuple[tuple[str, str], ...]
    joins: tuple[str, ...]
    uses: tuple[int, int]
    where: str
    tail: tuple[str, ...]
    bullet: str


@dataclass(frozen=True, slots=True)
class MirrorPage:
    """A mirror and what a perfect surgeon makes of it."""

    text: str
    """One block per line."""
    html: str
    layout: str
    brand: str
    page_title: str
    title: str
    """The honest title."""
    paragraphs: tuple[str, ...]
    """The honest paragraphs: what is left when brand and inserts are cut."""
    blocks: tuple[tuple[str, BlockLabel], ...]
    """Every block in reading order with its gold label; the brand is still in it."""


def is_headline(title: str) -> bool:
    """Whether a title can stand in a list of other stories: no single word, no paragraph."""
    return HEADLINE_CHARS[0] <= len(title) <= HEADLINE_CHARS[1]


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    return read_toml("mirrors", "training")


def layouts(split: str) -> tuple[Layout, ...]:
    """The layouts of one split.

    >>> [len(layouts(split)) >= 5 for split in ("development", "test")]
    [True, True]
    """
    rows = (row for row in _data()["layout"] if row["split"] == split)
    return tuple(
        Layout(
            **{key: value for key, value in row.items() if not isinstance(value, list)},
            header=tuple((label, template) for label, template in row["header"]),
            joins=tuple(row["joins"]),
            uses=(row["uses"][0], row["uses"][1]),
            tail=tuple(row["tail"]),
        )
        for row in rows
    )


def invent_brand(rng: random.Random, split: str) -> str:
    """A brand of one to five words: coined, coined and descriptive, or a person's name.

    >>> invent_brand(random.Random(1), "test") == invent_brand(random.Random(1), "test")
    True
    """
    words: Mapping[str, list[str]] = _data()["brands"][split]
    coined = rng.choice(words["first"]) + rng.choice(words["second"])
    kind = rng.random()
    if kind < 0.2:
        return coined
    if kind < 0.3:
        return f"{rng.choice(words['given'])} {rng.choice(words['family'])}"
    return " ".join([coined, *rng.sample(words["more"], 1 if kind < 0.75 else 2)])


def make_mirror(
    rng: random.Random, layout: Layout, title: str, paragraphs: Sequence[str], headlines: Sequence[str]
) -> MirrorPage:
    """Mirror one story.

    Args:
        rng: The only source of chance: the same state gives the same page.
        layout: The shape.
        title: Title of the story, one line.
        paragraphs: Its paragraphs, one line each, with single spaces.
        headlines: A pool for related, ranking and recommendation lists.

    >>> story = ["The mayor opened a bridge on Monday after two years of work."]
    >>> page = make_mirror(random.Random(3), layouts("development")[0], "Bridge opens", story, ["Rain ahead"] * 9)
    >>> page.blocks[1][0] == f"{page.brand}|Bridge opens"
    True
    """
    brand = invent_brand(rng, layout.split)
    values = _values(rng, layout, brand, title)
    bodies = _injected(rng, layout, paragraphs, brand)
    blocks = list(_header(rng, layout, values))
    blocks += _story(rng, bodies, headlines)
    for section in layout.tail:
        blocks += _SECTIONS[section](rng, layout, headlines, values)
    page_title = layout.page_title.format(**values)
    return MirrorPage(
        text="\n".join(text for text, _ in blocks),
        html=_as_html(rng, blocks, brand, page_title),
        layout=layout.name,
        brand=brand,
        page_title=page_title,
        title=title,
        paragraphs=tuple(paragraphs),
        blocks=tuple(blocks),
    )


def _values(rng: random.Random, layout: Layout, brand: str, title: str) -> dict[str, str]:
    day = f"{rng.randint(2023, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return {
        "brand": brand,
        "other": invent_brand(rng, layout.split),
        "title": title,
        "site": rng.choice(_data()["words"]["sites"]),
        "date": day,
        "stamp": f"{day} {rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}",
        "n": str(rng.choice((1, 2, 3, 7, 16, 94, 481))),
    }


def _header(rng: random.Random, layout: Layout, values: Mapping[str, str]) -> Iterator[tuple[str, BlockLabel]]:
    for label, template in layout.header:
        if label == "title":
            yield layout.title.format(**values), BlockLabel.TITLE
        elif label == "date":
            yield rng.choice(_data()["words"]["dates"]).format(**values), BlockLabel.INJECTED
        else:
            yield template.format(**values), BlockLabel.INJECTED


# --- the brand in the story ---------------------------------------------------------------------------------


def _injected(rng: random.Random, layout: Layout, paragraphs: Sequence[str], brand: str) -> list[str]:
    plans: list[dict[int, str]] = [{} for _ in paragraphs]
    last = 0 if layout.where == "first" else len(paragraphs) - 1
    for _ in range(rng.randint(*layout.uses)):
        index = rng.randint(0, last)
        join = rng.choice(layout.joins)
        gaps = _gaps(paragraphs[index].split(" "), join)
        free = [gap for gap in gaps if not {gap - 1, gap, gap + 1} & plans[index].keys()]
        if free:
            plans[index][rng.choice(free)] = join
    return [_with_brand(text.split(" "), plan, brand) for text, plan in zip(paragraphs, plans, strict=True)]


def _gaps(words: Sequence[str], join: str) -> list[int]:
    """Indices of the words before which a brand may be written in this way."""
    early = range(1, min(len(words), N_EARLY_WORDS))
    if join == "start":
        return [0] if words[0][:1].isalpha() else []
    if join == "quote":
        return [i for i in early if words[i][0:1] in set('“"') and words[i - 1][-1:].isalpha()]
    if join == "punctuation":
        return [i for i in early if words[i - 1].endswith(",") and words[i - 1][-2:-1].isalpha()]
    return [i for i in early if words[i][:1].isalpha() and words[i - 1][-1:].isalpha()]


def _with_brand(words: Sequence[str], plan: Mapping[int, str], brand: str) -> str:
    parts: list[str] = []
    for index, word in enumerate(words):
        space = " " if index else ""
        join = plan.get(index)
        if join == "punctuation":
            parts[-1] = parts[-1][:-1] + f" {brand},"
            parts.append(space + word)
        elif join is None:
            parts.append(space + word)
        else:
            parts.append(_JOINED[join].format(space=space, brand=brand, word=word))
    return "".join(parts)


_JOINED = {
    "right": "{space}{brand}{word}",
    "quote": "{space}{brand}{word}",
    "start": "{brand}{word}",
    "left": "{brand} {word}",
    "both": "{brand}{word}",
    "alone": "{space}{brand} {word}",
}
"""How brand and next word are written; ``space`` is what stood between the words."""


def _story(rng: random.Random, bodies: Sequence[str], headlines: Sequence[str]) -> Iterator[tuple[str, BlockLabel]]:
    leads = _data()["words"]["insert_leads"]
    for index, body in enumerate(bodies):
        is_ended = body[-1:] in set('.!?”"')
        if index and is_ended and rng.random() < P_INSERT_TAIL:
            body = f"{body} {rng.choice(leads)}{rng.choice(headlines)}"
        yield body, BlockLabel.BODY
        if index + 1 < len(bodies) and rng.random() < P_INSERT_LINE / len(bodies):
            yield rng.choice(leads) + rng.choice(headlines), BlockLabel.RELATED


# --- sections below the story -------------------------------------------------------------------------------

_Blocks = list[tuple[str, BlockLabel]]


def _list_section(heading: str) -> Callable[[random.Random, Layout, Sequence[str], Mapping[str, str]], _Blocks]:
    def build(rng: random.Random, layout: Layout, headlines: Sequence[str], values: Mapping[str, str]) -> _Blocks:
        bullet = layout.bullet if rng.random() < 0.8 else ""
        items = rng.sample(list(headlines), min(len(headlines), rng.randint(4, 10)))
        head = rng.choice(_data()["heads"][heading])
        return [(head, BlockLabel.RELATED), *((bullet + item, BlockLabel.RELATED) for item in items)]

    return build


def _tags(rng: random.Random, layout: Layout, headlines: Sequence[str], values: Mapping[str, str]) -> _Blocks:
    tags = rng.sample(_data()["words"]["tags"], rng.randint(2, 4))
    return [(text, BlockLabel.RELATED) for text in ("- In:", *(f"- {tag}" for tag in tags))]


def _bio(rng: random.Random, layout: Layout, headlines: Sequence[str], values: Mapping[str, str]) -> _Blocks:
    words = _data()["words"]
    bio = rng.choice(words["bios"]).format(author=rng.choice(words["authors"]), outlet=rng.choice(words["outlets"]))
    return [(bio, BlockLabel.BYLINE)]


def _vote(rng: random.Random, layout: Layout, headlines: Sequence[str], values: Mapping[str, str]) -> _Blocks:
    return [(rng.choice(_data()["words"]["votes"]).format(**values), BlockLabel.SHARE)]


def _share(rng: random.Random, layout: Layout, headlines: Sequence[str], values: Mapping[str, str]) -> _Blocks:
    return [(text, BlockLabel.SHARE) for text in rng.sample(_data()["words"]["shares"], rng.randint(1, 3))]


def _comments(rng: random.Random, layout: Layout, headlines: Sequence[str], values: Mapping[str, str]) -> _Blocks:
    form = rng.choice(_data()["words"]["comment_forms"])
    return [(line.format(**values), BlockLabel.COMMENTS) for line in form]


_SECTIONS = {
    "tags": _tags,
    "bio": _bio,
    "vote": _vote,
    "share": _share,
    "comments": _comments,
    **{heading: _list_section(heading) for heading in ("related", "ranking", "recommendation", "links")},
}


def make_leftover(
    rng: random.Random, paragraphs: Sequence[str], headlines: Sequence[str]
) -> tuple[tuple[str, BlockLabel], ...]:
    """A story as weak extractors leave it: inserts between its paragraphs and a tail of junk, no injected brand.

    >>> lines = make_leftover(random.Random(1), ["The mayor opened a bridge."], ["Rain ahead"] * 9)
    >>> lines[0]
    ('The mayor opened a bridge.', <BlockLabel.BODY: 'body'>)
    """
    layout = rng.choice(layouts("development"))
    values = _values(rng, layout, invent_brand(rng, layout.split), "")
    blocks = list(_story(rng, paragraphs, headlines))
    for section in rng.sample(sorted(_SECTIONS), rng.randint(1, 5)):
        lines = _SECTIONS[section](rng, layout, headlines, values)
        is_headless = len(lines) > 3 and lines[0][1] is BlockLabel.RELATED and rng.random() < P_NO_HEAD
        blocks += lines[1:] if is_headless else lines
    return tuple(blocks)


# --- the page as HTML -----------------------------------------------------------------------------------------

_TAGS = {BlockLabel.TITLE: "h1", BlockLabel.RELATED: "li", BlockLabel.BODY: "p", BlockLabel.INJECTED: "div"}


def _as_html(rng: random.Random, blocks: Sequence[tuple[str, BlockLabel]], brand: str, page_title: str) -> str:
    name = html.escape(brand, quote=False)
    mark = rng.choice(("b", "span", "a", "strong")) if rng.random() < P_MARKED_UP else None
    lines = []
    for text, label in blocks:
        inner = html.escape(text, quote=False)
        if mark and label is BlockLabel.BODY:
            inner = inner.replace(name, f"<{mark}>{name}</{mark}>")
        tag = _TAGS.get(label, "div")
        lines.append(f'<{tag} class="{label.value[:3]}{len(label.value)}">{inner}</{tag}>')
    title = html.escape(page_title, quote=False)
    body = "\n".join(lines)
    head = f'<head><meta charset="utf-8"><title>{title}</title></head>'
    return f"<!DOCTYPE html>\n<html>{head}\n<body>\n{body}\n</body></html>\n"
