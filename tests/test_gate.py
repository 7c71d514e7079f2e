"""The quality gate: floors that hold, labels that fit their pages, figures that mean what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from spamsift.blocks import split
from spamsift.reading import read
from spamsift.records import Block, BlockLabel, Options
from spamsift.training.fixture_scores import (
    every_folder,
    fingerprint,
    fixture_folders,
    label_scores,
    page_of,
    read_labels,
)
from spamsift.training.gate import Floors, check, pin, read_floors, write_floors
from spamsift.training.hand_labels import block_digest, hand_labels

FIXTURES, LABELLED = (Path(__file__).parents[1] / name for name in ("fixtures", "labelled"))


@pytest.mark.parametrize(
    "folder", every_folder(FIXTURES, LABELLED), ids=lambda folder: f"{folder.parent.name}-{folder.name}"
)
def test_labels_are_those_of_the_page(folder: Path) -> None:
    blocks = split(read(page_of(folder), None, Options())).blocks
    assert [text for _, text in read_labels(folder)] == [" ".join(block.text.split()) for block in blocks]


def test_every_label_is_given_somewhere() -> None:
    given = [label for folder in fixture_folders(FIXTURES) for label, _ in read_labels(folder)]
    assert set(given) == set(BlockLabel)
    assert len(fixture_folders(FIXTURES)) >= 60


def test_no_page_is_both_trained_on_and_held_out() -> None:
    held = {page_of(folder).read_bytes() for folder in fixture_folders(LABELLED, held_out=True)}
    trained = {page_of(folder).read_bytes() for folder in (*fixture_folders(FIXTURES), *fixture_folders(LABELLED))}
    assert len(held) >= 40
    assert not held & trained


def test_scores_count_blocks() -> None:
    body, related, share = BlockLabel.BODY, BlockLabel.RELATED, BlockLabel.SHARE
    scores = label_scores([(body, body, 10), (body, related, 30), (related, related, 4), (related, body, 4)])
    assert scores.precision == {"body": 0.5, "related": 0.5}
    assert (scores.main_recall, scores.body_recall, scores.related_left) == (0.5, 0.25, 0.5)
    assert label_scores([(body, body, 1), (body, share, 1)]).macro_f1 == pytest.approx(2 / 3)


def test_a_missed_floor_and_other_fixtures_are_named(tmp_path: Path) -> None:
    fixtures = fingerprint(fixture_folders(FIXTURES))
    floors = Floors(fixtures, {"a": 0.5, "b": 0.5})
    assert check(floors, fixtures, {"a": 0.6, "b": 0.5}) == []
    assert check(floors, fixtures, {"a": 0.4}) == ["a is 0.4000, below its floor 0.5000"]
    assert "no floor" in check(floors, fixtures, {"c": 0.4})[0]
    assert "not those" in check(floors, fingerprint(fixture_folders(tmp_path)), {})[0]


def test_a_floor_sinks_only_when_told(tmp_path: Path) -> None:
    fixtures = fingerprint(fixture_folders(FIXTURES))
    floors = pin(None, fixtures, {"a": 0.9, "b": 0.7}, may_lower=False)
    write_floors(tmp_path / "floors.json", floors)
    assert read_floors(tmp_path / "floors.json") == floors
    assert check(floors, fixtures, {"a": 0.897, "b": 0.7}) == []
    with pytest.raises(ValueError, match="--lower"):
        pin(floors, fixtures, {"a": 0.8}, may_lower=False)
    assert pin(floors, fixtures, {"a": 0.8}, may_lower=True).minima["a"] < 0.8
    assert pin(floors, fixtures, {"a": 0.896}, may_lower=False).minima == floors.minima


def test_hand_labels_find_their_blocks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {
        "page": (
            (block_digest("Home"), BlockLabel.NAVIGATION),
            (block_digest("Rain ahead"), BlockLabel.TITLE),
            (block_digest("Rain ahead"), BlockLabel.RELATED),
        )
    }
    monkeypatch.setattr("spamsift.training.hand_labels._stored", lambda: stored)
    texts = ("Home", "New line", "Rain  ahead", "Rain ahead")
    found = hand_labels("page", [Block(text, 0, len(text)) for text in texts])
    assert found == (BlockLabel.NAVIGATION, None, BlockLabel.TITLE, BlockLabel.RELATED)
    assert hand_labels("other", []) is None
