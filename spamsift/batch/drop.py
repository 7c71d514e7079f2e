"""Which pages leave the output: one rule for the command, datatrove and Scrapy."""

from __future__ import annotations

from dataclasses import dataclass

from spamsift.records import PageKind

__all__ = ["Drop"]


@dataclass(frozen=True, slots=True)
class Drop:
    """Which pages are dropped; without kinds and score none is.

    >>> drop = Drop(frozenset({PageKind.MIRROR}), score=0.9)
    >>> drop.findings("mirror", 0.8), drop.findings("thin", 0.95), drop.findings("original", 0.1)
    (('mirror',), ('score',), ())

    Raises:
        ValueError: a score that is no probability.
    """

    kinds: frozenset[PageKind] = frozenset()
    score: float | None = None
    """Drop pages whose probability of not being an original is at least this, in [0, 1]."""

    def __post_init__(self) -> None:
        if self.score is not None and not 0 <= self.score <= 1:
            raise ValueError(f"a score lies in [0, 1], not at {self.score}")

    @property
    def is_empty(self) -> bool:
        """Whether no page is ever dropped."""
        return not self.kinds and self.score is None

    def findings(self, kind: str, score: float) -> tuple[str, ...]:
        """For what a page goes: its kind, ``score``, or both; empty for a page that stays."""
        found = [kind] if any(kind == dropped.value for dropped in self.kinds) else []
        if self.score is not None and score >= self.score:
            found.append("score")
        return tuple(found)
