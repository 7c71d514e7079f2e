"""One page as a row, which is how all hosts take it: its text and flat columns.

What a page may cost, how it is lost and when it is dropped is that of :mod:`spamsift.batch`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from spamsift.batch.drop import Drop
from spamsift.batch.items import Lost
from spamsift.batch.preload import preload
from spamsift.fields import Column, to_columns
from spamsift.pipeline import sift
from spamsift.records import InputKind, Options, Sifted

__all__ = ["Page", "Row", "RowJob", "drop_finding", "row_of"]


@dataclass(frozen=True, slots=True)
class Page:
    """What a host has of a page."""

    content: str | bytes
    url: str | None = None
    kind: InputKind | None = None
    """How it is read; ``None`` leaves it to the options."""


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one page."""

    text: str
    columns: Mapping[str, Column]
    """As :func:`spamsift.fields.to_columns` gives them. For a lost page those of an empty one, with the cause in
    ``spamsift_health``: the same names in every row."""
    lost: Lost | None = None


@dataclass(frozen=True, slots=True)
class RowJob:
    """The job of a process.

    >>> RowJob()(Page("The harbour was closed on Monday because of the storm.")).columns["spamsift_kind"]
    'undetermined'
    """

    options: Options = field(default_factory=Options)

    def warm_up(self) -> None:
        """Load the models.

        Raises:
            ModelMismatch: ``options.model_dir`` holds no usable models.
        """
        preload(self.options)

    def __call__(self, task: Page) -> Row:
        options = replace(self.options, kind=task.kind or self.options.kind)
        answer = sift(task.content, url=task.url, options=options)
        return Row(answer.text, to_columns(answer))


def row_of(found: Row | Lost) -> Row:
    """The row of a page, lost or not.

    >>> from spamsift.batch import Cause
    >>> row_of(Lost(Cause.TIMEOUT, "longer than 20 s")).columns["spamsift_health"]
    ['timeout']
    """
    if isinstance(found, Row):
        return found
    return Row("", to_columns(Sifted(text="")) | {"spamsift_health": [found.cause.value]}, found)


def drop_finding(drop: Drop, columns: Mapping[str, Column]) -> str | None:
    """The first finding for which a page goes: its kind, or ``score``; ``None`` if it stays.

    >>> drop_finding(Drop(score=0.9), {"spamsift_kind": "thin", "spamsift_score": 0.95})
    'score'
    """
    score = columns.get("spamsift_score")
    found = drop.findings(str(columns["spamsift_kind"]), score if isinstance(score, float) else 0.0)
    return found[0] if found else None
