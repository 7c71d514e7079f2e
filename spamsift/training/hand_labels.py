"""Labels given by hand to blocks of gold pages (``hand_labels.md`` says how): facts only, found again by digest."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from spamsift.records import Block, BlockLabel

__all__ = ["block_digest", "hand_labels"]

_DIGITS = 8


def block_digest(text: str) -> str:
    """The first digits of the SHA-256 of a text, white space folded.

    >>> block_digest("Read  more") == block_digest("Read more")
    True
    """
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def hand_labels(page: str, blocks: Sequence[Block]) -> tuple[BlockLabel | None, ...] | None:
    """The label of every block of a gold page, ``None`` where a block was never seen; ``None`` for other pages.

    Blocks of the same text take their labels in the order of the page.
    """
    stored = _stored().get(page)
    if stored is None:
        return None
    waiting: dict[str, deque[BlockLabel]] = defaultdict(deque)
    for digest, label in stored:
        waiting[digest].append(label)
    found: list[BlockLabel | None] = []
    for block in blocks:
        labels = waiting[block_digest(block.text)]
        found.append((labels.popleft() if len(labels) > 1 else labels[0]) if labels else None)
    return tuple(found)


@lru_cache(maxsize=1)
def _stored() -> dict[str, tuple[tuple[str, BlockLabel], ...]]:
    lines = Path(__file__).with_name("hand_labels.jsonl").read_text(encoding="utf-8").splitlines()
    return {
        row["id"]: tuple((digest, BlockLabel(label)) for label, run in row["labels"] for digest in run.split())
        for row in map(json.loads, lines)
    }
