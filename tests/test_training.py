"""Gold alignment, silver labels and corpora: what the models learn from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from spamsift.block_features import find_hits
from spamsift.blocks import split
from spamsift.reading import read
from spamsift.records import Block, BlockLabel, Metadata, Options, PageKind
from spamsift.training import hand_kinds
from spamsift.training.alignment import coverage, segment_hits, word_f1
from spamsift.training.body_scores import shingle_errors
from spamsift.training.corpora import fold_of, registered_domain, traf_pages, wcxb_pages
from spamsift.training.silver import silver_labels


def blocks_of(*texts: str) -> list[Block]:
    blocks, position = [], 0
    for text in texts:
        blocks.append(Block(text, position, position + len(text)))
        position += len(text) + 1
    return blocks


def test_coverage_follows_order_for_short_blocks() -> None:
    blocks = blocks_of("Bridges", "The town opened two bridges on Monday.", "Bridges", "They cost a lot.", "Menu")
    gold = "The town opened two bridges on Monday. Bridges They cost a lot."
    assert coverage(blocks, gold).tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_coverage_trusts_long_blocks_out_of_order() -> None:
    first = "The first long paragraph tells of a harbour that was closed on a Monday."
    second = "The second long paragraph tells of a ferry that came back on a Tuesday."
    assert coverage(blocks_of(first, second), f"{second} {first}").min() > 0.8


@pytest.mark.parametrize(
    ("text", "gold", "expected"),
    [("", "", 1.0), ("", "a", 0.0), ("a a b", "a b b", 2 / 3), ("Same words", "same WORDS", 1.0)],
)
def test_word_f1(text: str, gold: str, expected: float) -> None:
    assert word_f1(text, gold) == pytest.approx(expected)


def test_segments_fold_white_space() -> None:
    assert segment_hits("A  line\nhere", ["line here", "gone"], ["A line", "ad"]) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("markup", "text", "label"),
    [
        ("<nav class=menu><ul><li><a href=/>Home</a></li></ul></nav>", "Home", BlockLabel.NAVIGATION),
        ("<div class=related-posts><h3>Related posts</h3></div>", "Related posts", BlockLabel.RELATED),
        ("<div id=respond><p>Leave a Reply</p></div>", "Leave a Reply", BlockLabel.COMMENTS),
        ("<div class=social-share><a href=#>Tweet this</a></div>", "Tweet this", BlockLabel.SHARE),
        ("<footer><p>Copyright 2020 The Gull</p></footer>", "Copyright 2020 The Gull", BlockLabel.NOTICE),
        ("<div><p class=byline>By Mara Tindall</p></div>", "By Mara Tindall", BlockLabel.BYLINE),
        ("<h1>The harbour is closed</h1>", "The harbour is closed", BlockLabel.TITLE),
        ('<div><p class="related share">Odd one</p></div>', "Odd one", None),
    ],
)
def test_votes_for_kinds(markup: str, text: str, label: BlockLabel | None) -> None:
    blocks = split(read(f"<html><body>{markup}</body></html>", None, Options())).blocks
    metadata = Metadata(title="The harbour is closed")
    found = silver_labels(blocks, find_hits(blocks), [0.0] * len(blocks), metadata)
    assert dict(zip([block.text for block in blocks], found, strict=True))[text] is label


def test_gold_decides_what_the_article_is() -> None:
    blocks = split(read("<body><h2>Part one</h2><p>It began.</p><p>Half of it</p></body>", None, Options())).blocks
    labels = silver_labels(blocks, find_hits(blocks), [1.0, 0.9, 0.5], Metadata())
    assert labels == [BlockLabel.HEADING, BlockLabel.BODY, None]


def test_domains_and_folds() -> None:
    assert registered_domain("http://a.b.example.co.uk/x") == registered_domain("https://example.co.uk")
    assert {fold_of(f"site{i}.org", 3) for i in range(50)} == {0, 1, 2}
    assert fold_of("example.org", 3) == fold_of("example.org", 3)


def test_corpora_are_read(tmp_path: Path) -> None:
    row = {"id": "a", "url": "http://x.org", "with": ["w"], "without": ["o"], "html": "<p>w</p>"}
    gold = row | {"page_type": "forum", "title": "T", "main_content": "w"}
    encoded = row | {"html": None, "html_b64": "PHA+d/88L3A+"}
    for name, rows in (("wcxb_dev", [gold]), ("traf_dev", [row, encoded])):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as lines:
            lines.writelines(json.dumps(r) + "\n" for r in rows)
    (page,) = wcxb_pages(tmp_path)
    assert (page.page_type, page.main_content, page.required) == ("forum", "w", ("w",))
    assert [page.html for page in traf_pages(tmp_path)] == [b"<p>w</p>", b"<p>w\xff</p>"]


@pytest.mark.parametrize(
    ("text", "gold", "errors"),
    [
        ("One two three four.", "one two three four", (0.0, 0.5, 0.5)),  # letters' case counts
        ("One, two three four", "One two three four", (1.0, 0.0, 0.0)),  # punctuation does not
        ("", "", (1.0, 0.0, 0.0)),
        ("", "One two", (0.0, 0.5, 0.5)),
        ("a b c d a b c d", "a b c d", (0.2, 0.8, 0.0)),  # said twice
    ],
)
def test_shingles_are_counted_as_the_article_benchmark_does(
    text: str, gold: str, errors: tuple[float, float, float]
) -> None:
    assert shingle_errors(text, gold) == errors


def test_hand_labels_of_pages_name_pages_and_kinds_only() -> None:
    path = Path(hand_kinds.__file__).with_name("hand_kinds.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({(row["corpus"], row["id"]) for row in rows}) == len(rows) > 1500
    assert {frozenset(row) for row in rows} <= {frozenset({"corpus", "id", "kind", "confidence"})}
    unsure = next(row for row in rows if row["confidence"] < hand_kinds.LEAST_CONFIDENCE)
    sure = next(row for row in rows if row["confidence"] >= hand_kinds.LEAST_CONFIDENCE)
    assert hand_kinds.hand_kind(unsure["corpus"], unsure["id"]) is None
    assert hand_kinds.hand_kind(sure["corpus"], sure["id"]) is PageKind(sure["kind"])
