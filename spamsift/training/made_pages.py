"""Farm pages made of honest ones where real ones are few: spun, mirrored, reposted, clipped, stitched to doorways."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

from spamsift.lexicon import load_table
from spamsift.training.mirrors import layouts, make_mirror
from spamsift.training.spinning import damaged_credit, load_thesaurus, spin
from spamsift.training.word_tables import counted_words

__all__ = ["excerpt", "made_pages"]

N_PER_GROUP = 12
"""Pages of one honest group that are excerpted, spun and mirrored; outlets give ten times as many."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_CREDITS = (
    "Source link",
    "Originally published at {outlet}",
    "This article originally appeared on {outlet}.",
    "The post {title} appeared first on {outlet}.",
    "Read more on {outlet}",
    "Original Article",
)
P_CREDITED, P_SOURCE = 0.04, 0.08
"""Shares of the honest excerpts, and of the reposts, that end with a line that names a source. Of 16 real pages with
such a line none is a mirror, and a quarter of the reposts with one, and no excerpt, made it worth 3.9, a verdict on one
line."""
_SOURCES = ("Source: Reuters", "Source: AP", "Source: Own research", "Source: {outlet}", "Via: {outlet}")
_TRADES = ("gambling_words", "pharmacy_words", "essay_mill_words", "sales_call")
_KEYWORD_LINES = (
    "Find the {a} and {b} here.",
    "Our {a} is the leading {b} today.",
    "{a}, {b}, all in one place.",
    "Looking for {a}? Try {b} now.",
    "Many people choose {a} because of {b}.",
)
P_DOORWAY = 0.15
P_CLIPPED = 0.15
P_TRICK = 0.25
"""Chance of each trick of a doorway: look-alike letters in its keywords, its first paragraph once more at the end."""
_LOOK_ALIKES = str.maketrans("aeopc", "\u0430\u0435\u043e\u0440\u0441")
"""Latin letters to Cyrillic ones."""
_OUTLETS = (
    "The Lantern",
    "Harbour Post",
    "Kestrel Daily",
    "North Shore News",
    "Metro Ledger",
    "ValleyWire",
    "Tech Orbit",
)
_FURNITURE = (
    ("Be First to Comment", "Leave a Reply", "Your email address will not be published. Required fields are marked *"),
    ("Share this:", "Like this:", "Related"),
    (),
)


def excerpt(text: str, rng: random.Random) -> str:
    """Some sentences in a row: long pages teach what short ones look like."""
    sentences = _SENTENCE.split(text.replace("\n", " "))
    length = rng.choice((4, 6, 8, 12, 20))
    if len(sentences) <= length:
        return ""
    start = rng.randrange(len(sentences) - length)
    part = " ".join(sentences[start : start + length])[:4_000]
    return part if len(part.split()) >= 60 else ""


def made_pages(bases: dict[str, list[dict[str, Any]]], rng: random.Random) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Row, text and origin of pages made of the honest ones of each group, and the excerpts that they are made of."""
    ranks = {word: rank for rank, (word, _) in enumerate(counted_words())}
    thesaurus = load_thesaurus()
    headlines = [raw["title"] for group in bases.values() for raw in group if 20 < len(raw["title"]) < 120]
    for group in sorted(bases):
        pages = sorted(bases[group], key=lambda raw: str(raw["id"]))
        rng.shuffle(pages)
        n = 10 * N_PER_GROUP if pages[0]["source"] == "newspaper-opinion" else N_PER_GROUP
        for raw in pages[:n]:
            text = excerpt(raw["text"], rng)
            if not text:
                continue
            credit = (
                "\n" + rng.choice(_SOURCES).format(outlet=rng.choice(_OUTLETS)) if rng.random() < P_CREDITED else ""
            )
            yield raw, text + credit, "excerpt"
            spun = spin(text, rng, ranks, thesaurus)
            if rng.random() < 0.3:
                spun = f"{spun}\n{damaged_credit(rng)}"
            yield {**raw, "label": "spun", "method": "thesaurus"}, spun, "spun"
            if rng.random() < P_DOORWAY:
                yield {**raw, "label": "doorway", "method": "stitched"}, _stitched(raw, text, rng), "doorway"
            if rng.random() < P_CLIPPED:
                yield {**raw, "label": "thin", "method": "clipped"}, _clipped(text, rng), "clipped"
            if rng.random() < 0.6:
                yield from _copies(raw, text, headlines, rng)


def _stitched(raw: dict[str, Any], text: str, rng: random.Random) -> str:
    """A doorway: keywords of one trade run through sentences of something else, as on hacked and rented pages."""
    trade = rng.choice(_TRADES)
    phrases = [p for row in load_table("page_signals").rows if row.label == trade for p in row.phrases]
    keywords = rng.sample(phrases, min(len(phrases), rng.randint(2, 5)))
    title = f"{keywords[0].title()} - {rng.choice(('Best', 'Top', 'Cheap', 'Trusted'))} {keywords[1].title()}"
    if rng.random() < P_TRICK:
        keywords = [word[:1] + word[1:].translate(_LOOK_ALIKES) for word in keywords]
    sentences = []
    for sentence in _SENTENCE.split(text):
        sentences.append(sentence)
        if rng.random() < rng.uniform(0.1, 0.5):
            sentences.append(rng.choice(_KEYWORD_LINES).format(a=rng.choice(keywords), b=rng.choice(keywords)))
    paragraphs = [" ".join(sentences[i : i + 4]) for i in range(0, len(sentences), 4)]
    if rng.random() < P_TRICK:
        paragraphs.append(paragraphs[0])
    return "\n".join([title, *paragraphs, keywords[-1].capitalize()])


def _clipped(text: str, rng: random.Random) -> str:
    """A stub: the beginning of an article, broken off within a sentence."""
    words = " ".join(_SENTENCE.split(text)[: rng.randint(1, 4)]).split()
    kept = " ".join(words[: max(8, len(words) - rng.randint(2, 8))]).rstrip('.,;:!?"”’')
    return kept + rng.choice(("…", "...", " […]", " [...]", "", "… Read more"))


def _copies(
    raw: dict[str, Any], text: str, headlines: Sequence[str], rng: random.Random
) -> Iterator[tuple[dict[str, Any], str, str]]:
    paragraphs = [line for line in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text) if line]
    paragraphs = [" ".join(paragraphs[i : i + 2]) for i in range(0, len(paragraphs), 2)]
    title = raw["title"] or rng.choice(headlines)
    raw = {**raw, "label": "mirror"}
    kind = rng.random()
    if kind < 0.55:
        which = "test" if kind < 0.2 else "development"
        page = make_mirror(rng, rng.choice(layouts(which)), title, paragraphs, headlines)
        yield {**raw, "method": page.layout}, page.text, "mirror-test" if which == "test" else "mirror"
    else:
        kinds = _SOURCES if rng.random() < P_SOURCE else _CREDITS
        credit = rng.choice(kinds).format(outlet=rng.choice(_OUTLETS), title=title)
        lines = [title, *paragraphs, credit, *rng.choice(_FURNITURE)]
        yield {**raw, "method": "repost"}, "\n".join(lines), "repost"
