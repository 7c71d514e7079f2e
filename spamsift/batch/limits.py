"""What one page may cost, and how a process that holds pages is kept to it.

Time is the business of whoever handed the page over: it kills the process. The alarm here is for a process that nobody
is left to kill.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MAXRSS_UNIT", "Limits", "alarm", "confine", "own_peak"]

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes of one ``ru_maxrss``."""

_ALARM_SLACK = 10.0
"""Seconds after the limit of time at which the kernel ends a process that nobody killed: its parent is gone."""
_ORPHAN_CHECK_SECONDS = 1.0
"""How often a process looks whether the one that started it is still there."""
_EXIT_ORPHANED = 70
"""EX_SOFTWARE of sysexits.h; nobody is left to read it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page may cost.

    Raises:
        ValueError: one of them is not above 0.
    """

    seconds: float = 20.0
    """Wall time from handing the page over to its result. Real pages take 0.01 to 1 s, the worst page that is answered
    some 10 s."""
    memory: int = 1_500_000_000
    """Bytes that may be allocated (``RLIMIT_DATA``) beyond what the process holds when it is ready: Python, the
    libraries and the models. The worst page that is answered takes 1.2 GB. Linux enforces it; macOS does so only in
    part and Windows not at all, where the limit of time remains."""
    recycle: int = 5000
    """Pages after which a worker is replaced. A start takes 0.4 s, 1 % of the time of 5,000 pages of 8 ms; memory grows
    by some 10 MB in as many."""

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and self.memory > 0 and self.recycle > 0):
            raise ValueError("seconds, memory and recycle of Limits must be above 0")


def confine(memory: int) -> int:
    """Bound this process from here on; the bytes that it may hold altogether.

    It gets ``memory`` bytes beyond what it holds now, writes no core files of pages that crash, and ends with its
    parent.
    """
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()  # before its stack counts
    most = _held() + memory
    if sys.platform != "win32":
        import resource

        for limit, wanted in ((resource.RLIMIT_DATA, most), (resource.RLIMIT_CORE, 0)):
            _, hard = resource.getrlimit(limit)
            try:
                resource.setrlimit(limit, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
            except (OSError, ValueError):  # macOS refuses some limits; the limit of time remains
                continue
    return most


def own_peak() -> int:
    """The most bytes that this process is said to have held, as whoever waits for it will be told.

    Linux begins to count with the memory of the process that started it, which may be larger than it ever gets.
    """
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


def _held() -> int:
    """Bytes that this process has allocated, as ``RLIMIT_DATA`` counts them; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _end_with(parent: int) -> None:
    """End this process at once when its parent was killed; nobody else would."""
    while os.getppid() == parent:
        time.sleep(_ORPHAN_CHECK_SECONDS)
    os._exit(_EXIT_ORPHANED)


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Have the kernel end this process somewhat after the time of a page, whatever holds the interpreter's lock."""
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds + _ALARM_SLACK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
