"""Entries through a crew of workers, in order: results are sorted, and what waits for them is bounded."""

from __future__ import annotations

import os
import queue
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from spamsift.batch.crew import Crew, Handed
from spamsift.batch.limits import Limits
from spamsift.batch.worker import Job

__all__ = ["n_cores", "run_isolated"]

E = TypeVar("E")

_N_AHEAD = 4
"""Pages per worker that are handed out or wait for it."""
_N_WAITING = 2048
"""Results that may wait for one before them: what the others do while a page hangs for 20 s."""
_WAITING_BYTES = 64_000_000
"""Bytes of those results and their pages."""


def n_cores() -> int:
    """Cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_isolated(
    job: Job, entries: Iterable[E], task_of: Callable[[E], Any], limits: Limits, jobs: int
) -> Iterator[tuple[E, Any]]:
    """Each entry with what ``job`` made of its task, or a :class:`~spamsift.batch.items.Lost`; in order.

    Entries are taken as workers get free. An entry whose task is ``None`` comes back with ``None``.

    Raises:
        SpamsiftError: workers can't be started, or refuse to work.
    """
    with Crew(job, limits, jobs) as crew:
        yield from _in_order(crew, entries, task_of, jobs)


def _in_order(crew: Crew, entries: Iterable[E], task_of: Callable[[E], Any], jobs: int) -> Iterator[tuple[E, Any]]:
    """Keeps the workers supplied and the results sorted, both within bounds."""
    source = enumerate(entries)
    open_entries: dict[int, tuple[E, Handed | None]] = {}
    done: queue.SimpleQueue[int] = queue.SimpleQueue()
    finished: set[int] = set()
    n_out = n_bytes = n_given = 0
    is_more = True
    while is_more or open_entries:
        n_undone = n_given - n_out - len(finished)
        while is_more and n_undone < jobs * _N_AHEAD and len(finished) < _N_WAITING and n_bytes < _WAITING_BYTES:
            position, entry = next(source, (-1, None))
            if entry is None:
                is_more = False
                break
            n_given += 1
            task = task_of(entry)
            handed = None if task is None else crew.submit(task)
            open_entries[position] = entry, handed
            if handed is None:
                finished.add(position)
            else:
                handed.add_done_callback(partial(_tell, done, position))
                n_undone += 1
            if n_out in finished:
                break
        if n_out not in finished and open_entries:
            position = _wait(done)
            finished.add(position)
            n_bytes += _result(open_entries[position][1])[1]
        while n_out in finished:
            finished.remove(n_out)
            entry, handed = open_entries.pop(n_out)
            result, n = _result(handed)
            n_bytes -= n
            yield entry, result
            n_out += 1


def _tell(done: queue.SimpleQueue[int], position: int, handed: Future[Any]) -> None:
    done.put(position)


def _wait(done: queue.SimpleQueue[int]) -> int:
    """The position of the next entry that is done, whichever it is."""
    while True:
        try:
            return done.get(timeout=1)  # Windows lets no Ctrl-C through while it waits for ever
        except queue.Empty:
            continue


def _result(handed: Handed | None) -> tuple[Any, int]:
    """The result of a task and its size; raises what kept it from being done."""
    return (None, 0) if handed is None else (handed.result(), handed.n_bytes)
