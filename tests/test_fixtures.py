"""Every fixture folder, one test per expectation: golden pages, honest pages, known failures.

A folder under ``known-failures`` and an expectation listed in its ``known_failures`` must fail (strict xfail),
so that an accidental improvement is noticed and moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import spamsift
from spamsift import Sifted

FIXTURES = Path(__file__).parents[1] / "fixtures"


def cases() -> list[Path]:
    return sorted(path.parent for path in FIXTURES.glob("*/*/expected.json"))


@cache
def sifted(case: Path) -> Sifted:
    page = next(path for path in (case / "page.html", case / "page.txt") if path.exists())
    return spamsift.sift(page)


def expectation(case: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    return expected


def items() -> Iterator[Any]:
    for case in cases():
        expected = expectation(case)
        known = set(expected.get("known_failures", ()))
        for field in ("kinds", "title", "gone", "kept", "provenance"):
            if expected.get(field):
                failing = field in known or case.parent.name == "known-failures"
                marks = [pytest.mark.xfail(strict=True, reason="known failure, see why.md")] if failing else []
                yield pytest.param(case, field, id=f"{case.name}-{field}", marks=marks)


def fold(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.mark.parametrize(("case", "field"), list(items()))
def test_expectation(case: Path, field: str) -> None:
    page, expected = sifted(case), expectation(case)[field]
    text = fold(page.text)
    if field == "kinds":
        assert page.verdict.kind.value in expected, page.verdict
    elif field == "title":
        assert fold(page.title) == fold(expected)
    elif field == "gone":
        assert [line for line in expected if fold(line) in text] == []
    elif field == "kept":
        assert [line for line in expected if fold(line) not in text] == []
    else:
        reported = page.to_dict()["provenance"]
        assert {key: reported.get(key) for key in expected} == expected


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_source_comes_back(case: Path) -> None:
    page = sifted(case)
    assert all(page.source[block.start : block.end] == block.text for block in page.blocks)
    assert len(page.restore()) == len(page.text) + sum(c.end - c.start - len(c.replacement) for c in page.cuts)


def test_there_are_enough_cases() -> None:
    groups = [case.parent.name for case in cases()]
    assert groups.count("wild-shapes") >= 15
    assert groups.count("negatives") >= 10
