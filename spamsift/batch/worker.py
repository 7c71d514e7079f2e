"""A worker process: one page in, one result out, until the pipe is closed.

Standard output is the pipe of results, so whatever a library prints goes elsewhere. Ctrl-C is the business of the
parent. If the parent is gone the worker ends within a second; if a page holds the interpreter at that moment, the alarm
does it.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Protocol

from spamsift.batch.channel import receive, send
from spamsift.batch.items import Cause, Lost
from spamsift.batch.limits import Limits, alarm, confine, own_peak
from spamsift.errors import SpamsiftError

__all__ = ["Job", "Ready", "Refused", "Reply", "attend", "main"]

_MAX_DETAIL = 400
"""Characters of an exception's message that are kept; it may quote the page."""


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

    memory: int
    """Bytes that it may hold altogether."""
    peak: int
    """Bytes that it is said to have held by now: what it is blamed for later must be more."""


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
    limits: Limits
    try:
        job, limits = receive(tasks)
        job.warm_up()
    except SpamsiftError as problem:
        send(replies, Refused(str(problem)))
        return
    except (ImportError, AttributeError) as problem:  # a function of a script or a notebook
        send(replies, Refused(f"a worker can't import what it is to do ({problem}); put it into a module of its own"))
        return
    send(replies, Ready(confine(limits.memory), own_peak()))
    while True:
        task = receive(tasks)
        with alarm(limits.seconds):
            reply = attend(job, task)
        send(replies, reply)
        if reply.is_last:
            return


def attend(job: Job, task: Any) -> Reply:
    """Do the job for one page; what goes wrong is part of the reply."""
    try:
        return Reply(job(task))
    except MemoryError:
        return Reply(Lost(Cause.MEMORY, "more than the limit of memory"), is_last=True)
    except Exception as bug:
        what = " ".join(f"{type(bug).__name__}: {bug}".split())[:_MAX_DETAIL]
        return Reply(Lost(Cause.ERROR, f"spamsift failed ({what}); please report it"))
