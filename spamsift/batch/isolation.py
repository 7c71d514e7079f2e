"""Pages through worker processes: a page that crashes, hangs or eats memory costs itself and nothing else.

Each worker has a keeper, a thread that hands it one page at a time and waits; one guard kills workers that are over
their time. So it is always known which page a dead worker had in hand. A page is convicted of a crash or of want of
memory only in a fresh worker: what a page before it has left behind is not its fault.

Workers are started as programs of their own, not forked (libxml2 and the threads of numpy do not stand it) and not by
:mod:`multiprocessing`, which would run the caller's main module again: a script without ``if __name__ ==
"__main__"`` and a notebook can use them as they are.

Measured beside pebble 5.2, the best kept pool that can kill a task (spawned, one task a page, two workers, 5,000 pages
of 30 KB and no work, on a busy machine): 275 microseconds a page here and 460 there, 55 and 97 of them CPU of the
parent; the work on an ordinary page takes 8,000. Of poisoned pages pebble lost the right ones and one more, which came
after a page that had left damage behind; it also runs the main module again, and knows no limit of memory. joblib's
loky ends the run when a worker dies.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from spamsift.batch.channel import receive, send
from spamsift.batch.items import Cause, Lost
from spamsift.batch.plan import Limits
from spamsift.batch.worker import Job, Ready, Refused, Reply
from spamsift.errors import SpamsiftError

__all__ = ["n_cores", "run_isolated"]

E = TypeVar("E")

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from spamsift.batch.worker import main; main()"
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR")}
"""Threads of two workers that compete for two cores make both slower."""

_START_SECONDS = 120.0
"""Time to start and load the models: 0.4 s here, far more on a cold network drive."""
_N_STARTS = 3
"""Starts in a row that may fail before the run is given up."""
_N_AHEAD = 4
"""Pages per worker that are handed out or wait for it."""
_N_WAITING = 2048
"""Results that may wait for one before them: what the others do while a page hangs for 20 s."""
_WAITING_BYTES = 64_000_000
"""Bytes of those results and their pages."""
_GUARD_SECONDS = 0.05
"""How often the guard looks; a page gets at most this much more time."""


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
    crew = _Crew(job, limits, jobs)
    try:
        yield from _in_order(crew, entries, task_of, jobs)
    finally:
        crew.dismiss()


def _in_order(crew: _Crew, entries: Iterable[E], task_of: Callable[[E], Any], jobs: int) -> Iterator[tuple[E, Any]]:
    """Keeps the workers supplied and the results sorted, both within bounds."""
    source = enumerate(entries)
    open_entries: dict[int, E] = {}
    finished: dict[int, _Finished] = {}
    n_out = n_bytes = n_given = 0
    is_more = True
    while is_more or open_entries:
        n_undone = n_given - n_out - len(finished)
        while is_more and n_undone < jobs * _N_AHEAD and len(finished) < _N_WAITING and n_bytes < _WAITING_BYTES:
            position, entry = next(source, (-1, None))
            if entry is None:
                is_more = False
                break
            open_entries[position] = entry
            n_given += 1
            task = task_of(entry)
            if task is None:
                finished[position] = _Finished(position, None, 0)
            else:
                crew.tasks.put((position, task))
                n_undone += 1
            if n_out in finished:
                break
        if n_out not in finished and open_entries:
            done = crew.wait()
            finished[done.position] = done
            n_bytes += done.n_bytes
        while n_out in finished:
            done = finished.pop(n_out)
            n_bytes -= done.n_bytes
            yield open_entries.pop(n_out), done.result
            n_out += 1


@dataclass(frozen=True, slots=True)
class _Finished:
    position: int
    result: Any
    n_bytes: int


class _Crew:
    """The workers of one run, their keepers and their guard."""

    def __init__(self, job: Job, limits: Limits, jobs: int) -> None:
        self.job = job
        self.limits = limits
        self.tasks: queue.SimpleQueue[tuple[int, Any] | None] = queue.SimpleQueue()
        self.results: queue.SimpleQueue[_Finished | BaseException] = queue.SimpleQueue()
        self.is_over = False
        self._keepers = [_Keeper(self) for _ in range(jobs)]
        self._guard = threading.Thread(target=self._watch, daemon=True)
        for thread in (*self._keepers, self._guard):
            thread.start()

    def wait(self) -> _Finished:
        """The next result of any worker."""
        while True:
            try:
                found = self.results.get(timeout=1)  # Windows lets no Ctrl-C through while it waits for ever
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                raise found
            return found

    def _watch(self) -> None:
        while not self.is_over:
            for keeper in self._keepers:
                keeper.kill_if_late()
            time.sleep(_GUARD_SECONDS)

    def dismiss(self) -> None:
        """Kill the workers: they have nothing to lose."""
        self.is_over = True
        for keeper in self._keepers:
            self.tasks.put(None)
            keeper.kill()
        for keeper in self._keepers:
            keeper.join(timeout=5)


class _Keeper(threading.Thread):
    """Hands pages to one worker, and replaces it when it is worn, late or dead."""

    def __init__(self, crew: _Crew) -> None:
        super().__init__(daemon=True)
        self._crew = crew
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._deadline: float | None = None
        self._is_late = False
        self._n_pages = 0
        """Pages the worker has had."""

    def run(self) -> None:
        while True:
            task = self._crew.tasks.get()
            if task is None or self._crew.is_over:
                break
            position, work = task
            try:
                result, n_bytes = self._settle(work)
            except BaseException as problem:
                self._crew.results.put(problem)
                break
            self._crew.results.put(_Finished(position, result, n_bytes))
        self._end_worker()

    def _settle(self, task: Any) -> tuple[Any, int]:
        """The result of a page, tried once more in a fresh worker where the worker may be to blame."""
        while True:
            if self._worker is None or self._n_pages >= self._crew.limits.recycle:
                self._end_worker()
                self._start_worker()
            was_fresh = self._n_pages == 0
            result, n_bytes = self._try(task)
            is_doubtful = isinstance(result, Lost) and result.cause in (Cause.CRASH, Cause.MEMORY)
            if was_fresh or not is_doubtful or self._crew.is_over:
                return result, n_bytes

    def _try(self, task: Any) -> tuple[Any, int]:
        worker = self._worker
        assert worker is not None and worker.stdin is not None and worker.stdout is not None  # noqa: PT018
        self._n_pages += 1
        self._set_deadline(self._crew.limits.seconds)
        try:
            n_sent = send(worker.stdin, task)
            reply, n_received = receive(worker.stdout)
        except (EOFError, OSError):
            is_late = self._set_deadline(None)
            status, peak = self._end_worker()
            if is_late:
                return Lost(Cause.TIMEOUT, f"longer than {self._crew.limits.seconds:g} s"), 0
            return _explain(status, peak, self._crew.limits.memory), 0
        if self._set_deadline(None) or reply.is_last:
            self._end_worker()
        assert isinstance(reply, Reply)
        return reply.result, n_sent + n_received

    # --- the worker

    def _start_worker(self) -> None:
        for _ in range(_N_STARTS):
            if self._crew.is_over:
                raise SpamsiftError("the run is over")
            try:
                hello = self._greet()
            except (EOFError, OSError):
                self._end_worker()
                continue
            if isinstance(hello, Refused):
                raise SpamsiftError(hello.problem)
            assert isinstance(hello, Ready)
            return
        raise SpamsiftError(
            f"worker processes end before they can work ({_N_STARTS} in a row); "
            "give --memory more, or see what `python -m spamsift score` says of one page"
        )

    def _greet(self) -> Any:
        worker = subprocess.Popen(
            [sys.executable, "-c", _BOOT, json.dumps([os.path.abspath(path) for path in sys.path])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD},
            start_new_session=True,  # Ctrl-C in the terminal is for the parent alone
        )
        with self._lock:
            self._worker, self._n_pages, self._is_late = worker, 0, False
            if self._crew.is_over:  # dismissed while it was being started
                worker.kill()
        assert worker.stdin is not None and worker.stdout is not None  # noqa: PT018
        limits = self._crew.limits
        self._set_deadline(_START_SECONDS)
        send(worker.stdin, (self._crew.job, limits.memory, limits.seconds))
        hello, _ = receive(worker.stdout)
        self._set_deadline(None)
        return hello

    def _set_deadline(self, seconds: float | None) -> bool:
        """Begin or end the time of a page; whether the guard has killed the worker."""
        with self._lock:
            self._deadline = None if seconds is None else time.monotonic() + seconds
            return self._is_late

    def kill_if_late(self) -> None:
        """What the guard does."""
        with self._lock:
            if self._worker and self._deadline is not None and time.monotonic() > self._deadline:
                self._is_late, self._deadline = True, None
                self._worker.kill()

    def kill(self) -> None:
        """End the worker now, whatever it does."""
        with self._lock:
            if self._worker:
                self._worker.kill()

    def _end_worker(self) -> tuple[int, int]:
        """Its exit status and the most memory that it held, in bytes (0 if not known)."""
        with self._lock:
            worker, self._worker, self._deadline = self._worker, None, None
        if worker is None:
            return 0, 0
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was to be sent to a dead process
                    pipe.close()
        return _reap(worker)


def _reap(worker: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Wait for a process to end by itself for a second, then kill it."""
    if sys.platform == "win32":
        try:
            return worker.wait(1), 0
        except subprocess.TimeoutExpired:
            worker.kill()
            return worker.wait(), 0
    until = time.monotonic() + 1
    while worker.returncode is None:  # kill() may have asked before
        pid, status, usage = os.wait4(worker.pid, os.WNOHANG)
        if pid:
            worker.returncode = os.waitstatus_to_exitcode(status)
            return worker.returncode, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        if time.monotonic() > until:
            worker.kill()
        time.sleep(0.002)
    return worker.returncode, 0


def _explain(status: int, peak: int, memory: int) -> Lost:
    """Why a worker ended by itself."""
    try:
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"
    except ValueError:
        how = f"killed by signal {-status}"
    if peak > 0.8 * memory:
        return Lost(Cause.MEMORY, f"worker {how} with {peak / 1e9:.1f} GB in use")
    return Lost(Cause.CRASH, f"worker {how}")
