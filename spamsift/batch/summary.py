"""What a batch has done, counted: for the progress bar, the ledger, the table at the end and ``summary.json``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from spamsift.batch.items import Cause, Outcome

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """Counts that grow. Pages that were read are ``n_pages``: written, dropped or lost, and nothing else."""

    n_written: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Of the pages that have a result, dropped ones included."""
    dropped: Counter[str] = field(default_factory=Counter)
    """By the kind of the page."""
    quarantined: Counter[str] = field(default_factory=Counter)
    """By cause."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Records that are no pages, by what they are."""

    @property
    def n_dropped(self) -> int:
        return sum(self.dropped.values())

    @property
    def n_quarantined(self) -> int:
        return sum(self.quarantined.values())

    @property
    def n_pages(self) -> int:
        return self.n_written + self.n_dropped + self.n_quarantined

    def count(self, outcome: Outcome) -> None:
        """A page that has a result."""
        self.kinds[outcome.kind] += 1
        if outcome.reasons:
            self.dropped[outcome.kind] += 1
        else:
            self.n_written += 1

    def count_lost(self, cause: Cause) -> None:
        """A page that has none."""
        self.quarantined[cause.value] += 1

    def add(self, other: Tally) -> None:
        """Add the counts of another part."""
        self.n_written += other.n_written
        for mine, theirs in (
            (self.kinds, other.kinds),
            (self.dropped, other.dropped),
            (self.quarantined, other.quarantined),
            (self.skipped, other.skipped),
        ):
            mine.update(theirs)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; largest counts first.

        >>> tally = Tally(n_written=1)
        >>> Tally.from_dict(tally.to_dict()) == tally
        True
        """
        return {
            "n_pages": self.n_pages,
            "n_written": self.n_written,
            "n_dropped": self.n_dropped,
            "n_quarantined": self.n_quarantined,
            "n_skipped": sum(self.skipped.values()),
            **{name: dict(_sorted(getattr(self, name))) for name in ("kinds", "dropped", "quarantined", "skipped")},
        }

    @staticmethod
    def from_dict(counts: dict[str, Any]) -> Tally:
        """The counts of :meth:`to_dict`."""
        names = ("kinds", "dropped", "quarantined", "skipped")
        return Tally(counts["n_written"], *(Counter(counts[name]) for name in names))


def _sorted(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
