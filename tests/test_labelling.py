"""Labels: sides, reasons and the page's own threshold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift.blocks import split
from spamsift.declaration import declare
from spamsift.errors import ModelMismatch
from spamsift.labelling import (
    ARTICLE_SIDE,
    EMPTY_THRESHOLD,
    EMPTY_WORDS,
    LOWEST_THRESHOLD,
    label,
    load_block_model,
    page_threshold,
)
from spamsift.models import shipped_models
from spamsift.reading import read
from spamsift.records import BlockLabel, InputKind, LabelledBlock, Options

FIXTURES = Path(__file__).parents[1] / "fixtures"


def labelled(path: Path) -> tuple[LabelledBlock, ...]:
    document = read(path, None, Options())
    parts = split(document)
    model = load_block_model(shipped_models(), document.kind)
    return label(parts.source, parts.blocks, declare(document), model)


@pytest.fixture(scope="module")
def recipe() -> tuple[LabelledBlock, ...]:
    return labelled(FIXTURES / "negatives/recipe-html-preamble-comments/page.html")


def test_every_block_has_a_label_and_a_probability(recipe: tuple[LabelledBlock, ...]) -> None:
    assert all(0.0 <= block.score <= 1.0 for block in recipe)
    assert {BlockLabel.BODY, BlockLabel.NAVIGATION} <= {block.label for block in recipe}


def test_junk_has_reasons_that_agree_with_its_label(recipe: tuple[LabelledBlock, ...]) -> None:
    comments = [block for block in recipe if block.label is BlockLabel.COMMENTS]
    assert comments
    assert any("comment" in reason for block in comments for reason in block.reasons)


def test_text_and_html_name_the_same_side_for_most_words() -> None:
    path = FIXTURES / "negatives/listicle-html-ghost/page.html"
    blocks = labelled(path)
    source = "\n".join(block.text for block in blocks)
    parts = split(read(source, None, Options(kind=InputKind.TEXT)))
    again = label(
        source,
        parts.blocks,
        declare(read(source, None, Options())),
        load_block_model(shipped_models(), InputKind.TEXT),
    )
    sides = {block.text: block.label in ARTICLE_SIDE for block in blocks}
    same = sum(len(b.text) for b in again if sides.get(b.text) == (b.label in ARTICLE_SIDE))
    assert same / len(source) > 0.85


def test_no_blocks_no_labels() -> None:
    document = read("", None, Options())
    assert label("", (), declare(document), load_block_model(shipped_models(), InputKind.TEXT)) == ()


def test_missing_models_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatch, match="no model in"):
        load_block_model(tmp_path, InputKind.HTML)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 200)), min_size=1, max_size=30))
def test_the_threshold_is_half_of_the_best_expected_f1(blocks: list[tuple[float, int]]) -> None:
    p = np.array([probability for probability, _ in blocks])
    words = np.array([float(n) for _, n in blocks])

    def expected(kept: np.ndarray) -> float:
        return float(2 * (p * words)[kept].sum() / (words[kept].sum() + (p * words).sum() or 1.0))

    threshold = page_threshold(p, words)
    lowest = LOWEST_THRESHOLD if float((p * words).sum()) >= EMPTY_WORDS else EMPTY_THRESHOLD
    assert lowest <= threshold <= 0.5
    best = max(expected(p >= q) for q in p)
    assert threshold == pytest.approx(max(lowest, best / 2))


def test_see_also_lines_between_paragraphs_are_no_article() -> None:
    story = "The harbour was closed on Monday because of the storm, the port authority said in a short statement. " * 3
    inserts = ("Read more: The ferry that came back on a Tuesday", "See also  Harbour master retires after forty years")
    source = "\n".join([story.strip(), inserts[0], story.strip(), inserts[1], story.strip()])
    document = read(source, None, Options(kind=InputKind.TEXT))
    blocks = label(
        source, split(document).blocks, declare(document), load_block_model(shipped_models(), InputKind.TEXT)
    )
    assert [block.label in ARTICLE_SIDE for block in blocks] == [True, False, True, False, True]
