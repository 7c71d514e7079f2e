"""Worker processes for pages: a page that crashes, hangs or eats memory costs itself and nothing else.

Each worker has a keeper, a thread that hands it one page at a time and waits; one guard kills workers that are over
their time. So it is always known which page a dead worker had in hand. A page is convicted of a crash or of want of
memory only in a fresh worker: what a page before it has left behind is not its fault.

Workers are started as programs of their own, not forked (libxml2 and the threads of numpy do not stand it) and not by
:mod:`multiprocessing`, which would run the caller's main module again: a script without ``if __name__ ==
"__main__"`` (Scrapy's manual has such) and a notebook can use them as they are.

Measured beside pebble 5.2, the best kept pool that can kill a task (spawned, one task a page, two workers, 5,000 pages
of 30 KB and no work, three runs): 50 to 100 microseconds a page here and 150 there, 32 to 43 and 50 to 55 of them CPU
of the parent; the work on an ordinary page takes 8,000. Of poisoned pages pebble lost the right ones and one more,
which came after a page that had left damage behind; it also runs the main module again, and knows no limit of memory.
joblib's loky ends the run when a worker dies, and the pools of :mod:`concurrent.futures` lose every page in flight.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from enum import Enum
from typing import Any

from spamsift.batch.channel import BadAnswer, receive_answer, send
from spamsift.batch.items import Cause, Lost
from spamsift.batch.limits import MAXRSS_UNIT, Limits
from spamsift.batch.worker import Job, Ready, Refused, Reply
from spamsift.errors import SpamsiftError

__all__ = ["Crew", "Handed", "explain_end"]

_BOOT = "import sys; sys.path[:] = sys.argv[1:]; from spamsift.batch.worker import main; main()"
"""The modules of the parent, and before that none at all: one in the current folder may have any name."""
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR")}
"""Threads of two workers that compete for two cores make both slower."""

_START_SECONDS = 120.0
"""Time to start and load the models: 0.4 s here, far more on a cold network drive. No page pays for it."""
_N_STARTS = 3
"""Starts in a row that may fail before a page is given up."""
_GUARD_SECONDS = 0.05
"""How often the guard looks; a page gets at most this much more time."""


class Handed(Future[Any]):
    """A page that was handed over: what the job returns for it, or a :class:`~spamsift.batch.items.Lost`.

    It raises only if no worker can be started (:class:`~spamsift.errors.SpamsiftError`).
    """

    n_bytes = 0
    """Bytes of the page and its result on their way, known when it is done."""


class Crew:
    """Up to ``n_workers`` processes that do ``job`` for one page at a time each; they start when they are needed.

    >>> from spamsift.batch.many import Sifting
    >>> with Crew(Sifting(), Limits(), 1) as crew:
    ...     handed = crew.submit(("The harbour was closed on Monday.", None))
    ...     print(handed.result().text)
    The harbour was closed on Monday.
    """

    def __init__(self, job: Job, limits: Limits, n_workers: int) -> None:
        self.job = job
        self.limits = limits
        self.tasks: queue.SimpleQueue[tuple[Handed, Any] | None] = queue.SimpleQueue()
        self.is_over = False
        self._n_workers = n_workers
        self._lock = threading.Lock()
        self._n_open = 0
        """Pages that were handed over and are not done."""
        self._keepers: list[_Keeper] = []
        self._guard = threading.Thread(target=self._watch, daemon=True)
        self._guard.start()

    def start(self) -> None:
        """Start a worker now and wait until it is ready.

        Raises:
            SpamsiftError: it can't be started, or refuses to work.
        """
        self.submit(_Start.NOW).result()

    def submit(self, task: Any) -> Handed:
        """Have one page done by the next worker that is free."""
        handed = Handed()
        with self._lock:
            if self.is_over:
                raise SpamsiftError("the run is over")
            self._n_open += 1
            if len(self._keepers) < min(self._n_open, self._n_workers):
                keeper = _Keeper(self)
                self._keepers.append(keeper)
                keeper.start()
            self.tasks.put((handed, task))
        return handed

    def count_done(self) -> None:
        """A keeper is free for the next page, or is about to be."""
        with self._lock:
            self._n_open -= 1

    def _watch(self) -> None:
        while not self.is_over:
            for keeper in tuple(self._keepers):
                keeper.kill_if_late()
            time.sleep(_GUARD_SECONDS)

    def close(self) -> None:
        """Kill the workers, which have nothing to lose; pages that wait are cancelled. Returns when all are gone."""
        with self._lock:
            self.is_over = True
        for keeper in self._keepers:
            self.tasks.put(None)
            keeper.kill()
        for keeper in self._keepers:
            keeper.join(timeout=5)
        with suppress(queue.Empty):
            while True:
                waiting = self.tasks.get_nowait()
                if waiting is not None:
                    waiting[0].cancel()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _Start(Enum):
    """In place of a page: only have a worker ready."""

    NOW = 0


class _Keeper(threading.Thread):
    """Hands pages to one worker, and replaces it when it is worn, late or dead."""

    def __init__(self, crew: Crew) -> None:
        super().__init__(daemon=True)
        self._crew = crew
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._deadline: float | None = None
        self._is_late = False
        self._n_pages = 0
        """Pages the worker has had."""
        self._ready = Ready(0, 0)
        """What the worker said when it was."""

    def run(self) -> None:
        while not self._crew.is_over:
            given = self._crew.tasks.get()
            if given is None:
                break
            handed, task = given
            if not handed.set_running_or_notify_cancel():
                self._crew.count_done()
                continue
            try:
                result, handed.n_bytes = self._settle(task)
            except BaseException as problem:
                self._end_worker()  # one that refused to work must not be given the next page
                self._crew.count_done()
                handed.set_exception(problem)
            else:
                self._crew.count_done()  # first: whoever waits for the result may have a next page at once
                handed.set_result(result)
        self._end_worker()

    def _settle(self, task: Any) -> tuple[Any, int]:
        """The result of a page, tried once more in a fresh worker where the worker may be to blame."""
        while True:
            if self._worker is None or self._n_pages >= self._crew.limits.recycle:
                self._end_worker()
                self._start_worker()
            if task is _Start.NOW:
                return None, 0
            was_fresh = self._n_pages == 0
            result, n_bytes = self._try(task)
            is_doubtful = isinstance(result, Lost) and result.is_doubtful
            if was_fresh or not is_doubtful or self._crew.is_over:
                return result, n_bytes

    def _try(self, task: Any) -> tuple[Any, int]:
        worker = self._worker
        assert worker is not None and worker.stdin is not None and worker.stdout is not None  # noqa: PT018
        self._n_pages += 1
        self._set_deadline(self._crew.limits.seconds)
        try:
            n_sent = send(worker.stdin, task)
            reply, n_received = receive_answer(worker.stdout)
            if not isinstance(reply, Reply):
                raise BadAnswer(f"it is a {type(reply).__name__}")
        except BadAnswer as problem:
            self.kill()
            self._end_worker()
            return Lost(Cause.CRASH, f"what the worker sent is no answer: {problem}"), 0
        except (EOFError, OSError):
            is_late = self._set_deadline(None)
            status, peak = self._end_worker()
            if is_late:
                return Lost(Cause.TIMEOUT, f"longer than {self._crew.limits.seconds:g} s"), 0
            return explain_end(status, peak if peak > self._ready.peak else 0, self._ready.memory), 0
        if self._set_deadline(None) or reply.is_last:
            self._end_worker()
        return reply.result, n_sent + n_received

    # --- the worker

    def _start_worker(self) -> None:
        for _ in range(_N_STARTS):
            if self._crew.is_over:
                raise SpamsiftError("the run is over")
            try:
                hello = self._greet()
            except (EOFError, OSError, BadAnswer):
                self.kill()
                self._end_worker()
                continue
            if isinstance(hello, Refused):
                raise SpamsiftError(hello.problem)
            assert isinstance(hello, Ready)
            self._ready = hello
            return
        raise SpamsiftError(
            f"worker processes end before they can work ({_N_STARTS} in a row); "
            "see what `python -m spamsift score` says of one page"
        )

    def _greet(self) -> Any:
        worker = subprocess.Popen(
            [sys.executable, "-c", _BOOT, *map(os.path.abspath, sys.path)],
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
        self._set_deadline(_START_SECONDS)
        send(worker.stdin, (self._crew.job, self._crew.limits))
        hello, _ = receive_answer(worker.stdout)
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
            return worker.returncode, usage.ru_maxrss * MAXRSS_UNIT
        if time.monotonic() > until:
            worker.kill()
        time.sleep(0.002)
    return worker.returncode, 0


def explain_end(status: int, peak: int, memory: int) -> Lost:
    """Why a process ended that nobody here has killed, by its exit status and the most bytes that it held (0 if not
    known).

    >>> explain_end(-6, 200_000_000, 1_500_000_000).detail
    'worker killed by SIGABRT'
    >>> explain_end(-6, 1_400_000_000, 1_500_000_000).cause.value, explain_end(-9, 0, 1_500_000_000).cause.value
    ('memory', 'memory')
    """
    try:
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"
    except ValueError:
        how = f"killed by signal {-status}"
    if peak > 0.8 * memory:
        return Lost(Cause.MEMORY, f"worker {how} with {peak / 1e9:.1f} GB in use")
    if status == -getattr(signal, "SIGKILL", 9):
        return Lost(Cause.MEMORY, "worker killed by the system, as it does when memory is out")
    return Lost(Cause.CRASH, f"worker {how}")
