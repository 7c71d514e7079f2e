"""Pages sifted in processes of their own, each of which can be killed alone.

Why no ready-made pool: with the pools of ``concurrent.futures`` and loky one crash loses every page in flight (42 of 90
in a trial); pebble loses one, but starts its processes through :mod:`multiprocessing`, and so runs a script without
``if __name__ == "__main__"`` a second time, crawl and all. Scrapy's manual has such scripts. Here a thread of a
:class:`~concurrent.futures.ThreadPoolExecutor` holds a process of ``python -m spamsift.integrations.child``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import LifoQueue
from typing import Any

import spamsift
from spamsift.errors import SpamsiftError
from spamsift.integrations.work import Failure, Limits, Outcome, failed
from spamsift.records import InputKind, Options

__all__ = ["PagePool"]

_START_SECONDS = 120.0
"""Time to import and to load the models: 1 s on a free machine, more on a cold disk. No page pays for it."""


class PagePool:
    """Up to ``n_workers`` processes; the first starts at once, the others when they are needed.

    >>> with PagePool(1) as pool:
    ...     outcome = pool.submit("The harbour was closed on Monday because of the storm.").result()
    >>> outcome.failure, outcome.columns["spamsift_kind"]
    (None, 'undetermined')
    """

    def __init__(self, n_workers: int, options: Options | None = None, limits: Limits | None = None) -> None:
        """Start the first process and wait until it is ready.

        Raises:
            SpamsiftError: the models can't be used, or a process can't be started.
        """
        self._workers = [_Worker(options or Options(), limits or Limits()) for _ in range(n_workers)]
        self._free: LifoQueue[_Worker] = LifoQueue()  # last in, first out: a process that is warm goes first
        for worker in reversed(self._workers):
            self._free.put(worker)
        self._workers[0].start()
        self._threads = ThreadPoolExecutor(n_workers, thread_name_prefix="spamsift")

    def submit(self, page: str | bytes, url: str | None = None, kind: InputKind | None = None) -> Future[Outcome]:
        """Have one page sifted; the future never raises for a bad page, its outcome says what happened."""
        return self._threads.submit(self._run, page, url, kind)

    def _run(self, page: str | bytes, url: str | None, kind: InputKind | None) -> Outcome:
        worker = self._free.get()
        try:
            return worker.sift(page, url, kind)
        finally:
            self._free.put(worker)

    def close(self) -> None:
        """Kill the processes; pages that wait are cancelled. Returns when all are gone."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(wait=True)
        for worker in self._workers:
            worker.stop()

    def __enter__(self) -> PagePool:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _Worker:
    """One process at a time, replaced when it is killed, dies or has done its pages. Used by one thread at a time."""

    def __init__(self, options: Options, limits: Limits) -> None:
        self._limits = limits
        keep = sorted(label.value for label in options.keep)
        setup = {"keep": keep, "model_dir": options.model_dir, "seconds": limits.seconds, "megabytes": limits.megabytes}
        self._command = [sys.executable, "-m", "spamsift.integrations.child", json.dumps(setup)]
        self._process: subprocess.Popen[bytes] | None = None
        self._n_pages = 0
        self._is_closed = False

    def start(self) -> None:
        """Start a process and wait until it is ready for pages."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
        )
        self._n_pages = 0
        line, _ = self._read(self._process, _START_SECONDS)
        if not line or self._is_closed:
            self.stop()
            raise SpamsiftError(f"no worker process could be started; try {' '.join(self._command[:3])} by hand")
        refusal = json.loads(line).get("refused")
        if refusal:
            self.stop()
            raise SpamsiftError(refusal)

    def sift(self, page: str | bytes, url: str | None, kind: InputKind | None) -> Outcome:
        """Sift one page; a process that failed or has done its pages is replaced before the next one."""
        if self._process is None or self._process.poll() is not None or self._n_pages >= self._limits.pages:
            self.stop()
            self.start()
        process = self._process
        assert process is not None
        self._n_pages += 1
        is_bytes = isinstance(page, bytes)
        text = page.decode("latin-1") if isinstance(page, bytes) else page
        request = {"page": text, "is_bytes": is_bytes, "url": url, "kind": kind and kind.value}
        line, is_late = self._read(process, self._limits.seconds, json.dumps(request).encode("ascii") + b"\n")
        if line and not is_late:
            return _outcome(json.loads(line))
        self.stop()
        return _outcome(json.loads(line)) if line else self._explain(process.returncode, is_late)

    def _read(self, process: subprocess.Popen[bytes], seconds: float, request: bytes = b"") -> tuple[bytes, bool]:
        """Send, and read one line: all of it, or nothing when the process died; and whether it was killed for time."""
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None
        is_late = threading.Event()

        def kill() -> None:
            is_late.set()
            process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        line = b""
        try:
            with contextlib.suppress(OSError, ValueError):  # it died, or was killed
                stdin.write(request)
                stdin.flush()
                line = stdout.readline()
        finally:
            timer.cancel()
            timer.join()  # a timer that fires this late must not kill the process under the next page
        return line if line.endswith(b"\n") else b"", is_late.is_set()

    def _explain(self, code: int, is_late: bool) -> Outcome:
        if is_late:
            return failed(Failure.TIMEOUT, f"killed after {self._limits.seconds:g} s")
        if code == -getattr(signal, "SIGKILL", 9):
            return failed(Failure.MEMORY, "killed by the system, as it does when memory is out")
        cause = signal.Signals(-code).name if -code in set(signal.Signals) else f"exit code {code}"
        return failed(Failure.CRASH, f"its process died: {cause}")

    def kill(self) -> None:
        """Kill the process from another thread; the one that waits for it comes back at once."""
        self._is_closed = True
        process = self._process
        if process is not None:
            process.kill()

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


def _outcome(message: dict[str, Any]) -> Outcome:
    failure = message["failure"]
    return Outcome(message["text"], message["columns"], Failure(failure) if failure else None, message["detail"])


def _environment() -> dict[str, str]:
    """That of this process; the worker finds the same spamsift, and nothing that lies in the current folder."""
    package = str(Path(spamsift.__file__).parents[1])
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), package]))
    return os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}
