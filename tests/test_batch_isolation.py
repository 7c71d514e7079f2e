"""Workers: what a page may do to them, and what it costs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spamsift.batch import Cause, Limits, sift_batch, sift_many
from spamsift.batch.isolation import run_isolated
from spamsift.errors import SpamsiftError
from spamsift.records import Options
from spamsift.training.hostile_sifters import LIMITS, Echo, cheap


@pytest.fixture(autouse=True)
def no_worker_stays_behind() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if type(thread).__name__ == "_Keeper"]


def children() -> list[int]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    tasks = path.parent.parent.glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


@pytest.mark.parametrize("jobs", [1, 3])
def test_each_poison_costs_its_page_and_nothing_else(jobs: int) -> None:
    pages = [f"page {i}" for i in range(60)]
    poison = {
        3: ("POISON-CRASH", Cause.CRASH),
        4: ("POISON-HANG", Cause.TIMEOUT),
        17: ("POISON-MEMORY", Cause.MEMORY),
        18: ("POISON-SEGFAULT", Cause.CRASH),
        19: ("POISON-ERROR", Cause.ERROR),
        59: ("POISON-CRASH", Cause.CRASH),
    }
    for i, (mark, _) in poison.items():
        pages[i] = mark
    results = list(sift_many(pages, jobs, limits=LIMITS, sifter=cheap))
    assert [result.position for result in results] == list(range(60))
    assert {result.position: result.cause for result in results if result.cause} == {
        i: cause for i, (_, cause) in poison.items()
    }
    assert all(result.answer and result.answer.text == pages[result.position] for result in results if not result.cause)


def test_the_signal_is_named() -> None:
    (result,) = sift_many(["POISON-CRASH"], 1, limits=LIMITS, sifter=cheap)
    assert "SIGABRT" in result.detail


def test_what_a_page_leaves_behind_is_not_blamed_on_the_next() -> None:
    pages = ["one", "POISON-LATER", "two", "three"]
    assert [result.cause for result in sift_many(pages, 1, limits=LIMITS, sifter=cheap)] == [None] * 4


def test_a_worker_is_replaced_after_its_share_of_pages() -> None:
    limits = Limits(recycle=5)
    results = [value for _, value in run_isolated(Echo(), range(20), str, limits, 1)]
    assert len(set(results)) == 4
    assert all(results.count(pid) == 5 for pid in results)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_stopping_early_ends_the_workers() -> None:
    results = sift_many((f"page {i}" for i in range(10**9)), 2, sifter=cheap)
    assert next(results).position == 0
    assert children()
    results.close()  # type: ignore[attr-defined]
    assert not children()


def test_entries_are_taken_only_as_results_are() -> None:
    taken = 0

    def pages() -> Iterator[str]:
        nonlocal taken
        for _ in range(100_000):
            taken += 1
            yield "page"

    results = sift_many(pages(), 1, sifter=cheap)
    for _ in range(10):
        next(results)
    time.sleep(0.2)
    assert taken < 100
    results.close()  # type: ignore[attr-defined]


def test_a_hanging_page_does_not_keep_the_others_from_work() -> None:
    taken = 0

    def pages() -> Iterator[str]:
        nonlocal taken
        for i in range(500):
            taken += 1
            yield "page" if i else "POISON-HANG"

    results = sift_many(pages(), 2, limits=LIMITS, sifter=cheap)
    assert next(results).cause is Cause.TIMEOUT
    assert taken > 100
    assert all(result.answer for result in results)


def test_entries_without_a_task_keep_their_place() -> None:
    entries = list(range(10))
    found = list(run_isolated(Echo(), entries, lambda n: str(n) if n % 3 else None, Limits(), 2))
    assert [entry for entry, _ in found] == entries
    assert [value is None for _, value in found] == [n % 3 == 0 for n in entries]


def test_models_that_cannot_be_used_are_one_error(tmp_path: Path) -> None:
    with pytest.raises(SpamsiftError, match="no model in"):
        list(sift_many(["page"], 2, Options(model_dir=str(tmp_path))))


def test_what_cannot_be_sent_is_one_error() -> None:
    with pytest.raises(SpamsiftError, match="no lambdas"):
        list(sift_many(["page"], 1, sifter=lambda *_, **__: cheap("")))


def test_a_page_of_another_type_is_the_callers_mistake() -> None:
    with pytest.raises(TypeError, match="not int"):
        list(sift_many([3], 1, sifter=cheap))  # type: ignore[list-item]


def test_paths_and_addresses(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("A note.", encoding="utf-8")
    found, missing = sift_many([path, (tmp_path / "gone", "https://a.example")], 1)
    assert found.answer is not None
    assert found.answer.text == "A note."
    assert missing.cause is Cause.UNREADABLE


def test_large_pages_pass_both_ways() -> None:
    pages = ["x" * 5_000_000, "y" * 5_000_000, "z"]
    results = sift_many(pages, 2, sifter=cheap)
    assert [result.answer.text == page for result, page in zip(results, pages, strict=True) if result.answer] == [
        True
    ] * 3


def test_as_datasets_map_calls_it() -> None:
    """``dataset.map(sift_batch, batched=True, fn_kwargs=…)``: columns in, columns of the same length out."""
    batch: dict[str, list[Any]] = {
        "text": ["One note.", None, "Another."],
        "html": [None, None, "<p>Marked up.</p>"],
        "n": [1, 2, 3],
    }
    clean = sift_batch(batch, jobs=1)
    assert clean["text"] == ["One note.", None, "Marked up."]
    assert clean["spamsift_error"][1].startswith("no_page")
    assert {len(column) for column in clean.values()} == {3}
    assert not {"n", "html"} & set(clean)
    annotated = sift_batch(batch, mode="annotate")
    assert "text" not in annotated
    assert annotated["spamsift_kind"] == clean["spamsift_kind"]
    assert sift_batch({"text": []}) == {}
