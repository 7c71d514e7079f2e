"""Mirrors and hard honest pages of drawn layouts: repeatable, whole, and of the shapes they are meant to have."""

from __future__ import annotations

import random
import re
from collections import Counter

from spamsift.records import InputKind
from spamsift.training.brand_names import invent_brand
from spamsift.training.wild_mirrors import Original, WildPage, make_hard_page, make_wild_mirror

STORY = (
    "The council of Harbour Town voted on Monday to close the old pool, after a debate that lasted until midnight.",
    "Residents had collected 4,000 signatures against the plan. “We learned to swim there,” said one of them.",
    "The pool was built in 1931 and needs a new roof, for about two million, an engineer told Harbour Town on Friday.",
    "What becomes of the building is open, and nobody on the council would say when the decision will be made.",
)
ORIGINAL = Original("Council votes to close the old pool", STORY, "herald.example")
TITLES = [f"Headline number {n} of this town" for n in range(12)]


def mirrors(n: int) -> list[WildPage]:
    rng = random.Random(1)
    return [make_wild_mirror(rng, ORIGINAL, TITLES) for _ in range(n)]


def test_the_same_chance_gives_the_same_pages() -> None:
    assert mirrors(20) == mirrors(20)
    assert len({page.source for page in mirrors(50)}) == 50


def test_brands_have_one_to_six_words_in_any_case() -> None:
    rng = random.Random(2)
    brands = [invent_brand(rng) for _ in range(2000)]
    assert {len(brand.split()) for brand in brands} >= {1, 2, 3, 4, 6}
    assert all(any(map(shape, brands)) for shape in (str.isupper, str.islower, str.istitle))


def letters(text: str) -> str:
    """Without spaces, and without what may stand around a name."""
    return re.sub(r"[\s|()\[\]-]", "", text)


def test_a_mirror_without_its_brand_is_the_story() -> None:
    n_glued = 0
    for page in mirrors(200):
        assert isinstance(page.source, str)
        if page.kind is InputKind.HTML:
            continue
        told = letters(page.source).replace(letters(page.name), "")
        assert all(letters(paragraph) in told for paragraph in STORY)
        n_glued += f"{page.name} " not in page.source
    assert n_glued > 10


def test_every_kind_of_page_is_made() -> None:
    kinds = Counter((page.kind, f"{page.name}|" in str(page.source)) for page in mirrors(300))
    assert len(kinds) == 4


def test_hard_pages_show_a_name_of_the_story() -> None:
    rng = random.Random(3)
    pages = [make_hard_page(rng, ORIGINAL, TITLES) for _ in range(40)]
    assert {page.name for page in pages if page is not None} == {"Harbour Town"}
    nameless = Original("A title", tuple("nobody was there, and nothing was said about it. " * 3 for _ in range(4)), "")
    assert make_hard_page(rng, nameless, TITLES) is None
