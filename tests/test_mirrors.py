"""The generator of mirrors, and what surgery makes of its pages."""

from __future__ import annotations

import html
import random
import re
from dataclasses import replace
from itertools import combinations

import pytest

from spamsift.records import MAIN_LABELS, BlockLabel, LabelledBlock, Metadata, Options
from spamsift.surgery import operate
from spamsift.training.mirrors import Layout, MirrorPage, invent_brand, layouts, make_mirror
from spamsift.training.surgery_scores import HonestScores, score_honest, score_mirrors

TITLE = "Council votes to close the old harbour pool"
STORY = (
    "The council voted on Monday to close the old harbour pool, after a debate that lasted until midnight.",
    "Residents had collected 4,000 signatures against the plan. “We learned to swim there,” said one of them.",
    "The pool was built in 1931 and needs a new roof, for about two million, an engineer told the council.",
)
HEADLINES = tuple(f"Headline number {n} about the town" for n in range(12))
SPLITS = ("development", "test", "late")
ALL = [layout for split in SPLITS for layout in layouts(split)]


def mirror(layout: Layout, seed: int) -> MirrorPage:
    return make_mirror(random.Random(seed), layout, TITLE, STORY, HEADLINES)


def labelled(page: MirrorPage) -> list[LabelledBlock]:
    blocks, position = [], 0
    for text, label in page.blocks:
        blocks.append(LabelledBlock(text, label, 0.9, position, position + len(text)))
        position += len(text) + 1
    return blocks


def test_splits_share_no_layout_and_no_brand() -> None:
    assert len({layout.name for layout in ALL}) == len(ALL) >= 8
    brands = {split: {invent_brand(random.Random(n), split) for n in range(300)} for split in SPLITS}
    assert not any(brands[one] & brands[other] for one, other in combinations(SPLITS, 2))
    assert {len(brand.split()) for brand in brands["test"]} >= {1, 2, 3, 4}


@pytest.mark.parametrize("layout", ALL, ids=lambda layout: layout.name)
def test_pages_are_whole_and_repeatable(layout: Layout) -> None:
    page = mirror(layout, 5)
    assert page == mirror(layout, 5)
    assert page != mirror(layout, 6)
    assert page.text == "\n".join(text for text, _ in page.blocks)
    rendered = re.sub(r"<[^>]+>", "", page.html.split("<body>")[1])
    assert [html.unescape(line) for line in rendered.strip().split("\n")] == page.text.split("\n")
    assert sum(label is BlockLabel.TITLE for _, label in page.blocks) == 1
    assert sum(label is BlockLabel.BODY for _, label in page.blocks) == len(STORY)


@pytest.mark.parametrize("layout", ALL, ids=lambda layout: layout.name)
def test_a_story_without_the_brand_is_the_story(layout: Layout) -> None:
    clean = replace(layout, uses=(0, 0))
    for seed in range(20):
        page = mirror(clean, seed)
        bodies = [text for text, label in page.blocks if label is BlockLabel.BODY]
        assert all(body.startswith(paragraph) for body, paragraph in zip(bodies, page.paragraphs, strict=True))


LEAST = {"test-dash-quote": 0.7}
"""Shares below 0.95: there a few stories use the brand nowhere, and a tight dash before the title is no proof. It was
0.85 while every name before a title got 2.5 log-odds, which cost honest pages theirs (``models/brand/card.md``)."""


@pytest.mark.parametrize("layout", layouts("test"), ids=lambda layout: layout.name)
@pytest.mark.parametrize("has_title", [False, True], ids=["text", "html"])
def test_surgery_restores_the_story(layout: Layout, has_title: bool) -> None:
    n_pages, n_right = 40, 0
    for seed in range(n_pages):
        page = mirror(layout, seed)
        metadata = Metadata(page_title=page.page_title) if has_title else Metadata()
        result = operate(page.text, labelled(page), metadata, Options(keep=MAIN_LABELS))
        text = result.text.split("\n")
        n_right += page.brand not in result.text and all(paragraph in text for paragraph in STORY)
        assert result.title is not None
    assert n_right >= LEAST.get(layout.name, 0.95) * n_pages


def test_the_honest_story_is_left_alone() -> None:
    source = "\n".join((TITLE, *STORY))
    blocks = labelled(replace(mirror(ALL[0], 0), blocks=tuple((line, BlockLabel.BODY) for line in source.split("\n"))))
    assert operate(source, blocks, Metadata(page_title=f"{TITLE} | The Harbour Herald"), Options()).cuts == ()


def test_scores_of_the_whole_run() -> None:
    texts = [f"{TITLE} number {n} in town. " + " ".join(STORY * 3) for n in range(40)]
    scores = score_mirrors(texts, "test", 70)
    assert scores.n_pages == 70
    assert scores.brand_left <= 0.05  # all of them titles of stories that do not use it
    assert scores.first_restored >= 0.96
    assert scores.tokens_kept >= 0.998
    assert score_mirrors(texts, "test", 70) == scores
    assert score_honest(texts) == HonestScores(40, 0, ())
