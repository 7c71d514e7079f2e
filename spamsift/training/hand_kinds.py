"""What pages of the open web are, as read by hand (``hand_kinds.md`` says how): facts only, no text."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from spamsift.records import PageKind

__all__ = ["LEAST_CONFIDENCE", "SIGNED", "hand_kind"]

LEAST_CONFIDENCE = 2
"""Confidence (1 leaning, 2 would bet four to one, 3 would sign it) from which a label is used. Twenty pages were read
by six to eight readers each: from 2 on they disagreed on one of eighteen."""

SIGNED = 3
"""Confidence at which a reader would sign the label."""


def hand_kind(corpus: str, page: str, least: int = LEAST_CONFIDENCE) -> PageKind | None:
    """The kind of a page of ``wcxb`` or ``crawl``; ``None`` where no reader was that sure, or nobody read it.

    >>> hand_kind("wcxb", "no such page") is None
    True
    """
    return _stored(least).get((corpus, page))


@lru_cache
def _stored(least: int) -> dict[tuple[str, str], PageKind]:
    lines = Path(__file__).with_name("hand_kinds.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["confidence"] >= least]
    kinds = {(row["corpus"], row["id"]): PageKind(row["kind"]) for row in rows}
    return {page: kind for page, kind in kinds.items() if kind is not PageKind.UNDETERMINED}
