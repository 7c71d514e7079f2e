"""A worker process: one page in, one result out, until the pipe is closed.

Standard output is the pipe of results, so whatever a library prints goes elsewhere. Ctrl-C is the business of the
parent. If the parent is gone the next read ends the worker; if a page hangs at that moment, the alarm does.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Protocol

from spamsift.batch.channel import receive, send
from spamsift.batch.items import Cause, Lost
from spamsift.errors import SpamsiftError

__all__ = ["Job", "Ready", "Refused", "Reply", "main"]

_ALARM_SLACK = 10.0
"""Seconds after the limit of time at which the kernel ends a worker that nobody killed: its parent is gone."""


class Job(Protocol):
    """What a worker does; pickled, so its class stands at the top of a module."""

    def warm_up(self) -> None:
        """Import and load what every page needs; its time counts for no page.

        Raises:
            SpamsiftError: there can be no result for any page.
        """

    def __call__(self, task: Any) -> Any:
        """The result for one page."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The first message of a worker."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The first message of a worker that can't work."""

    problem: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one page."""

    result: Any
    """What the job returned, or a :class:`~spamsift.batch.items.Lost`."""
    is_last: bool = False
    """The worker ends: what it ran out of may not have come back."""


def main() -> None:
    """Serve until the parent closes the pipe."""
    tasks = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError):  # the parent has finished, or is gone
        _serve(tasks, replies)
    os._exit(0)  # no time for tidying up: nothing here needs it


def _serve(tasks: IO[bytes], replies: IO[bytes]) -> None:
    try:
        (job, memory, seconds), _ = receive(tasks)
        job.warm_up()
    except SpamsiftError as problem:
        send(replies, Refused(str(problem)))
        return
    except (ImportError, AttributeError) as problem:  # a function of a script or a notebook
        send(replies, Refused(f"a worker can't import what it is to do ({problem}); put it into a module of its own"))
        return
    _limit_memory(memory)
    send(replies, Ready())
    while True:
        task, _ = receive(tasks)
        _set_alarm(seconds + _ALARM_SLACK)
        reply = _attend(job, task)
        _set_alarm(0)
        send(replies, reply)
        if reply.is_last:
            return


def _attend(job: Job, task: Any) -> Reply:
    try:
        return Reply(job(task))
    except MemoryError:
        return Reply(Lost(Cause.MEMORY, "more than the limit of memory"), is_last=True)
    except Exception as bug:
        return Reply(Lost(Cause.ERROR, f"spamsift failed ({type(bug).__name__}: {bug}); please report it"[:500]))


def _limit_memory(n_bytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    for limit in (resource.RLIMIT_DATA, resource.RLIMIT_CORE):
        wanted = n_bytes if limit == resource.RLIMIT_DATA else 0  # no core files of pages that crash
        _, most = resource.getrlimit(limit)
        if most != resource.RLIM_INFINITY:
            wanted = min(wanted, most)
        try:
            resource.setrlimit(limit, (wanted, most))
        except (OSError, ValueError):  # macOS refuses some limits; the limit of time remains
            continue


def _set_alarm(seconds: float) -> None:
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)
