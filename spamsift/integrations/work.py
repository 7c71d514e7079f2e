"""One page within limits: what the worker processes of all hosts run, and what they answer.

A process is warmed up (:func:`preload`), then confined (:func:`confine`), then given pages (:func:`run_page`). Time is
the host's business: it kills the process. Memory is bounded here, so that a page that eats it raises and the process
lives on.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from spamsift.fields import Column, to_columns
from spamsift.records import Options, PageKind, Sifted

__all__ = ["DropRule", "Failure", "Limits", "Outcome", "confine", "failed", "preload", "run_page"]

_ORPHAN_CHECK_SECONDS = 1.0
"""How often a worker looks whether the process that started it is still there."""

_MAX_DETAIL = 200
"""Characters of an exception's message that are kept; it may quote the page."""

_EXIT_ORPHANED = 70
"""EX_SOFTWARE of sysexits.h; nobody is left to read it."""


class Failure(str, Enum):
    """Why a page has no answer."""

    TIMEOUT = "timeout"
    """It took longer than :attr:`Limits.seconds` and its process was killed."""
    MEMORY = "memory"
    """It asked for more than :attr:`Limits.megabytes`, or the system killed its process because memory was out."""
    CRASH = "crash"
    """Its process died, such as from a fault in a C library."""
    ERROR = "error"
    """An exception: a bug of spamsift, please report it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page may cost."""

    seconds: float = 20.0
    """Wall time, from the moment a ready process gets the page. Real pages take 0.01 to 1 s, the worst page that is
    answered some 10 s."""
    megabytes: int = 1500
    """Address space beyond that of the warm process. Linux only. The worst page that is answered takes 1.2 GB."""
    pages: int = 1000
    """Pages after which a process is replaced by a fresh one, so that no leak adds up."""

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and self.megabytes > 0 and self.pages > 0):
            raise ValueError("seconds, megabytes and pages of Limits must be above 0")


@dataclass(frozen=True, slots=True)
class DropRule:
    """Which pages are dropped; without kinds and score none is.

    >>> rule = DropRule(frozenset({PageKind.MIRROR}), score=0.9)
    >>> rule.reason({"spamsift_kind": "mirror", "spamsift_score": 0.8})
    'mirror'
    >>> rule.reason({"spamsift_kind": "thin", "spamsift_score": 0.95})
    'score'
    >>> rule.reason({"spamsift_kind": "original", "spamsift_score": 0.1}) is None
    True
    """

    kinds: frozenset[PageKind] = frozenset()
    score: float | None = None
    """Drop pages whose probability of not being an original is at least this, in [0, 1]."""

    def __post_init__(self) -> None:
        if self.score is not None and not 0 <= self.score <= 1:
            raise ValueError(f"a score lies in [0, 1], not at {self.score}")

    @property
    def is_empty(self) -> bool:
        return not self.kinds and self.score is None

    def reason(self, columns: Mapping[str, Column]) -> str | None:
        """The finding for which a page goes: its kind, or ``score``; ``None`` if it stays."""
        kind, score = columns["spamsift_kind"], columns.get("spamsift_score")
        if any(kind == dropped.value for dropped in self.kinds):
            return str(kind)
        return "score" if self.score is not None and isinstance(score, float) and score >= self.score else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one page: its text and columns, or a failure."""

    text: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """As :func:`spamsift.fields.to_columns` gives them. For a failure those of an empty page, with the cause in
    ``spamsift_health``: the same names in every row."""
    failure: Failure | None = None
    detail: str = ""
    """What is known about a failure, in one line."""


def failed(cause: Failure, detail: str) -> Outcome:
    """The outcome of a page that has no answer.

    >>> failed(Failure.TIMEOUT, "killed after 20 s").columns["spamsift_health"]
    ['timeout']
    """
    columns = to_columns(Sifted(text="")) | {"spamsift_health": [cause.value]}
    return Outcome("", columns, cause, detail)


def preload(options: Options) -> None:
    """Import everything and load the models, so that no page pays for it.

    Raises:
        ModelMismatch: ``options.model_dir`` holds no usable models.
    """
    from spamsift import pipeline

    pipeline.sift("<html><body><p>A page.</p></body></html>", options=options)
    pipeline.sift("A page.", options=options)


def run_page(page: str | bytes, url: str | None, options: Options) -> Outcome:
    """Sift one page; what goes wrong is part of the answer.

    >>> run_page("The harbour was closed on Monday because of the storm.", None, Options()).columns["spamsift_health"]
    []
    """
    from spamsift import pipeline

    try:
        answer = pipeline.sift(page, url=url, options=options)
        return Outcome(answer.text, to_columns(answer))
    except MemoryError:
        return failed(Failure.MEMORY, "the page asked for more memory than a page may have")
    except Exception as problem:
        return failed(Failure.ERROR, f"{type(problem).__name__}: {problem}".splitlines()[0][:_MAX_DETAIL])


def confine(limits: Limits) -> None:
    """Bound the memory of this process from here on, write no core dumps, and end it when its parent is gone."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        now = _address_space()
        if now is not None:
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            soft = now + limits.megabytes * 1_000_000
            resource.setrlimit(resource.RLIMIT_AS, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
    parent = os.getppid()
    threading.Thread(target=_end_with, args=(lambda: os.getppid() == parent,), daemon=True).start()


def _address_space() -> int | None:
    """Bytes of address space that this process has; ``None`` where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def _end_with(has_parent: Callable[[], bool]) -> None:
    """End this process at once when its parent was killed; nobody else would."""
    while has_parent():
        time.sleep(_ORPHAN_CHECK_SECONDS)
    os._exit(_EXIT_ORPHANED)
