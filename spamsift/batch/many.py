"""Isolated sifting for anyone's own loop, and for ``datasets.map``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spamsift.batch.isolation import n_cores, run_isolated
from spamsift.batch.items import Cause, Lost
from spamsift.batch.limits import Limits
from spamsift.batch.plan import Fields, Mode, Sifter
from spamsift.batch.preload import preload, settle
from spamsift.errors import UnreadablePage
from spamsift.fields import to_columns
from spamsift.pipeline import sift
from spamsift.records import Options, Sifted

__all__ = ["Page", "Result", "Sifting", "sift_batch", "sift_many"]

Page = str | bytes | os.PathLike[str]
"""As :func:`spamsift.sift` takes it: a ``str`` is always the page itself."""


@dataclass(frozen=True, slots=True)
class Result:
    """One page of :func:`sift_many`: its answer, or why it has none."""

    position: int
    """From 0, in the order of the pages."""
    answer: Sifted | None
    cause: Cause | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Sifting:
    """The job of the workers: a page and its address in, the whole answer out."""

    options: Options = field(default_factory=Options)
    sifter: Sifter | None = None

    def warm_up(self) -> None:
        if self.sifter is None:
            preload(self.options)
            settle()

    def __call__(self, task: tuple[Page, str | None]) -> Sifted | Lost:
        page, url = task
        try:
            return (self.sifter or sift)(page, url=url, options=self.options)
        except UnreadablePage as problem:
            return Lost(Cause.UNREADABLE, str(problem))


def sift_many(
    pages: Iterable[Page | tuple[Page, str | None]],
    jobs: int | None = None,
    options: Options | None = None,
    limits: Limits | None = None,
    sifter: Sifter | None = None,
) -> Iterator[Result]:
    """Sift pages in ``jobs`` worker processes (default: one per core); a result for each, in order, as they come.

    ``pages`` may be endless: it is read as fast as results are taken. A page may come as ``(page, url)``. Whatever a
    page does, only its own result is lost; :class:`~spamsift.batch.limits.Limits` says what it may cost. Stopping
    early, by ``break`` or by an exception, ends the workers. Works in scripts without a main guard and in notebooks.

    >>> pages = ["The harbour was closed on Monday.", b"\\x89PNG", ("<p>Open again.</p>", "https://a.example/2")]
    >>> for result in sift_many(pages, jobs=1):
    ...     print(result.position, result.answer.text, [note.value for note in result.answer.health])
    0 The harbour was closed on Monday. []
    1  ['binary']
    2 Open again. []

    Raises:
        TypeError: a page is something else.
        SpamsiftError: the models can't be used.
    """
    job = Sifting(options or Options(), sifter)
    results = run_isolated(job, pages, _task_of, limits or Limits(), jobs or n_cores())
    for position, (_, found) in enumerate(results):
        if isinstance(found, Lost):
            yield Result(position, None, found.cause, found.detail)
        else:
            yield Result(position, found)


def _task_of(page: Page | tuple[Page, str | None]) -> tuple[Page, str | None]:
    content, url = page if isinstance(page, tuple) else (page, None)
    if not isinstance(content, (str, bytes, os.PathLike)):
        raise TypeError(f"a page must be str, bytes or os.PathLike, not {type(content).__name__}")
    return content, url


def sift_batch(
    batch: Mapping[str, Sequence[Any]],
    mode: str = "clean",
    fields: Fields | None = None,
    jobs: int = 1,
    options: Options | None = None,
    limits: Limits | None = None,
) -> dict[str, list[Any]]:
    """Columns of a batch → columns to add: what ``datasets.map(sift_batch, batched=True)`` wants.

    ``mode``: ``clean`` gives the text column anew, ``annotate`` leaves it alone; both add the ``spamsift_*`` columns.
    A page without an answer has ``None`` in all of them, and ``spamsift_error`` says why. Other arguments go through
    ``fn_kwargs``. Workers start with each batch, in 0.4 s: leave ``batch_size`` at its 1,000.

    >>> batch = {"id": [1, 2], "text": ["The harbour was closed on Monday.", None]}
    >>> found = sift_batch(batch)
    >>> found["text"], found["spamsift_error"]
    (['The harbour was closed on Monday.', None], [None, 'no_page: no field with a string'])

    Raises:
        ValueError: another mode.
    """
    wanted, names = Mode(mode), fields or Fields()
    columns = [batch[name] for name in (names.html, names.text) if name in batch]
    urls = batch.get(names.url)
    n_rows = len(next(iter(batch.values()), ()))
    pages: list[Any] = []
    for i in range(n_rows):
        found = [column[i] for column in columns if isinstance(column[i], (str, bytes))]
        pages.append(next((page for page in found if page), found[0] if found else None))
    there = [i for i, page in enumerate(pages) if page is not None]
    results = dict(
        zip(
            there,
            sift_many(((pages[i], None if urls is None else urls[i]) for i in there), jobs, options, limits),
            strict=True,
        )
    )
    missing = Result(-1, None, Cause.NO_PAGE, "no field with a string")
    rows = [_row(results.get(i, missing), wanted, names) for i in range(n_rows)]
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def _row(result: Result, mode: Mode, fields: Fields) -> dict[str, Any]:
    answer = result.answer
    columns: dict[str, Any] = dict(to_columns(answer or Sifted(text="")))
    if answer is None:
        columns = dict.fromkeys(columns)
    columns["spamsift_error"] = f"{result.cause.value}: {result.detail}" if result.cause else None
    return columns if mode is Mode.ANNOTATE else {fields.text: answer.text if answer else None, **columns}
