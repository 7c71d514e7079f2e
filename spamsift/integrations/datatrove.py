"""Steps for datatrove: the same pipeline on one machine, on Slurm and on Ray.

- :class:`SpamsiftAnnotate` writes the columns of :func:`spamsift.fields.to_columns` into the metadata of each document.
- :class:`SpamsiftClean` does so too and replaces the text by the article.
- :class:`SpamsiftFilter` drops documents by kind and score.

A document's text is the page, HTML or plain. Every page is sifted in datatrove's sandbox, a process of its own. A page
that hangs, crashes or eats memory is dropped alone: it is counted (``dropped_failed_timeout``), named in the log, and
goes to the ``exclusion_writer`` with ``filter_reason`` and ``spamsift_failure``.

Shards of WARC files are read by :class:`spamsift.integrations.datatrove_warc.WarcPages`. The plan for a web-scale run,
with figures: ``docs/on-a-cluster.md``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from spamsift.batch.crew import explain_end
from spamsift.batch.drop import Drop
from spamsift.batch.items import Cause, Lost
from spamsift.batch.limits import Limits, alarm, confine
from spamsift.batch.preload import preload
from spamsift.batch.worker import attend
from spamsift.errors import MissingExtra, SpamsiftError
from spamsift.integrations.rows import Page, Row, RowJob, drop_finding, row_of
from spamsift.records import Options

try:
    from datatrove.data import Document
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.extractors.base import ExtractorSandbox
    from datatrove.pipeline.filters.base_filter import BaseFilter
    from datatrove.pipeline.writers.disk_base import DiskWriter
    from datatrove.utils.logging import logger
except ImportError as problem:
    raise MissingExtra(f"{problem.name} is not installed; run: pip install 'spamsift[datatrove]'") from problem

__all__ = ["Drop", "Limits", "SpamsiftAnnotate", "SpamsiftClean", "SpamsiftFilter", "StepOptions"]

Documents = Iterator[Document]

_START_SECONDS = 120.0
"""Time for a sandbox to start, which no page pays for. Forked, it takes 20 ms; where processes are spawned, 1 s."""


@dataclass(frozen=True, slots=True)
class StepOptions:
    """Everything a caller may decide about a step."""

    sift: Options = field(default_factory=Options)
    """How pages are read and what stays in the text. ``kind=None`` tells HTML from text by looking at each page."""
    limits: Limits = field(default_factory=Limits)
    """What one page may cost."""
    drop: Drop = field(default_factory=Drop)
    """What :class:`SpamsiftFilter` drops; the other steps do not look at it."""
    url_key: str = "url"
    """Where the metadata have the address of the page."""


class SpamsiftAnnotate(PipelineStep):  # type: ignore[misc]
    """Say what each page is, in its metadata; the text stays as it is.

    Statistics: ``kind_mirror`` and so on, ``dropped_failed_timeout`` and so on.
    """

    type = "SPAMSIFT"
    name = "annotate"

    def __init__(self, options: StepOptions | None = None, exclusion_writer: DiskWriter | None = None) -> None:
        """``exclusion_writer`` gets the pages that failed, with the reason in their metadata."""
        super().__init__()
        self.options = options or StepOptions()
        self.exclusion_writer = exclusion_writer
        self._sandbox = _Sandbox(self.options)

    def run(self, data: Documents, rank: int = 0, world_size: int = 1) -> Documents:
        """Sift the documents one by one, in order."""
        with self.exclusion_writer or contextlib.nullcontext() as writer, self._sandbox:
            for document in data:
                self.stat_update("total")
                with self.track_time():
                    reason = self._treat(document)
                if reason is None:
                    self.stat_update("forwarded", f"kind_{document.metadata['spamsift_kind']}")
                    self.update_doc_stats(document)
                    yield document
                else:
                    self.stat_update("dropped", f"dropped_{reason}")
                    document.metadata["filter_reason"] = reason
                    if writer:
                        writer.write(document, rank)

    def _treat(self, document: Document) -> str | None:
        """Change the document in place; the reason to drop it, if there is one."""
        row = self._sandbox.sift(document)
        return _reason(row) or self._apply(document, row)

    def _apply(self, document: Document, row: Row) -> str | None:
        return None


class SpamsiftClean(SpamsiftAnnotate):
    """Replace each page by its article, and annotate it. A page without an article is dropped as ``empty``."""

    name = "clean"

    def _apply(self, document: Document, row: Row) -> str | None:
        if not row.text.strip():
            return "empty"  # datatrove's readers and writers take a document without text for none
        document.text = row.text
        return None


class SpamsiftFilter(BaseFilter):  # type: ignore[misc]
    """Drop pages by kind and score; annotate those that stay and those that go.

    A document that an earlier step annotated is not sifted again.
    """

    name = "spamsift"

    def __init__(self, options: StepOptions, exclusion_writer: DiskWriter | None = None) -> None:
        """``exclusion_writer`` gets what is dropped, with ``filter_reason`` and the findings in the metadata.

        Raises:
            SpamsiftError: ``options.drop`` drops nothing.
        """
        super().__init__(exclusion_writer)
        if options.drop.is_empty:
            raise SpamsiftError("SpamsiftFilter would drop nothing; give StepOptions(drop=Drop(kinds=…, score=…))")
        self.options = options
        self._sandbox = _Sandbox(options)

    def run(self, data: Documents, rank: int = 0, world_size: int = 1) -> Documents:
        """Filter the documents one by one, in order."""
        with self._sandbox:
            yield from super().run(data, rank, world_size)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """``True``, or ``(False, reason)``: a kind, ``score``, or ``failed_…``."""
        reason = None
        if "spamsift_kind" not in doc.metadata:
            reason = _reason(self._sandbox.sift(doc))
        reason = reason or drop_finding(self.options.drop, doc.metadata)
        return True if reason is None else (False, reason)


def _reason(row: Row) -> str | None:
    return f"failed_{row.lost.cause.value}" if row.lost else None


@dataclass(frozen=True, slots=True)
class _Task:
    """What runs in the sandbox; the first call, without a page, prepares it."""

    options: Options
    limits: Limits

    def __call__(self, page: Page | None) -> Row | Lost | None:
        job = RowJob(self.options)
        if page is None:
            job.warm_up()
            confine(self.limits.memory)
            return None
        with alarm(self.limits.seconds):
            found: Row | Lost = attend(job, page).result
        return found


class _Sandbox:
    """datatrove's sandbox, started and warmed up outside of the time of any page, and replaced after a failure."""

    def __init__(self, options: StepOptions) -> None:
        self._options = options
        self._sandbox: ExtractorSandbox | None = None
        self._n_pages = 0

    def sift(self, document: Document) -> Row:
        """The row of a document; its columns, or what is known about its loss, go into the metadata."""
        url = document.metadata.get(self._options.url_key)
        row = row_of(self._settle(Page(document.text, url if isinstance(url, str) else None)))
        document.metadata.update(row.columns)
        if row.lost:
            document.metadata["spamsift_failure"] = row.lost.detail
            logger.warning(f"spamsift: {document.id} failed: {row.lost.cause.value}, {row.lost.detail}")
        return row

    def _settle(self, page: Page) -> Row | Lost:
        """What becomes of a page, tried once more in a fresh process where the process may be to blame."""
        while True:
            limits = self._options.limits
            if self._sandbox is None or self._n_pages >= limits.recycle or not self._sandbox.process.is_alive():
                self.close()
                self._sandbox = self._start()
                self._n_pages = 0
            was_fresh = self._n_pages == 0
            self._n_pages += 1
            found = self._process(self._sandbox, page)
            if isinstance(found, Row):
                return found
            self.close()
            if was_fresh or not found.is_doubtful:
                return found

    def _start(self) -> ExtractorSandbox:
        preload(self._options.sift)  # in this process: models that can't be used raise here, and a fork has them
        sandbox = ExtractorSandbox(_START_SECONDS, warmup_text=None)
        sandbox.process_document(Page(""), self._task)
        sandbox.timeout = self._options.limits.seconds
        sandbox.child_conn.close()  # the child has its own; while ours is open, a crash shows after 5 s only
        return sandbox

    @property
    def _task(self) -> _Task:
        return _Task(self._options.sift, self._options.limits)

    def _process(self, sandbox: ExtractorSandbox, page: Page) -> Row | Lost:
        process, limits = sandbox.process, self._options.limits
        try:
            found: Row | Lost = sandbox.process_document(page, self._task)
            return found
        except TimeoutError:
            return Lost(Cause.TIMEOUT, f"longer than {limits.seconds:g} s")
        except (EOFError, OSError):
            process.join(1.0)
            return explain_end(process.exitcode or 0, 0, limits.memory)

    def close(self) -> None:
        """End the process, if there is one."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.__exit__(None, None, None)

    def __enter__(self) -> _Sandbox:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
