"""Settings of all tests: the same answer on every run, and no more threads than the machine has."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # OpenMP threads that compete for two cores cost seconds

settings.register_profile("spamsift", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("spamsift")

collect_ignore = ["scripts"]

USUAL_PACE = 0.03
"""CPU seconds of ``_pace`` on the machine the tests' budgets were measured on; 0.025 to 0.06 were seen, by its load."""


def _pace() -> float:
    """CPU seconds of a million steps of this interpreter, now: neighbours on the machine slow CPU seconds, too."""
    started = time.process_time()
    sum(i for i in range(1_000_000))
    return time.process_time() - started


@pytest.fixture
def within() -> Callable[[float], AbstractContextManager[None]]:
    """``with within(seconds):`` fails if the block takes more CPU seconds than that at the usual pace."""

    @contextmanager
    def limit(seconds: float) -> Iterator[None]:
        before, started = _pace(), time.process_time()
        yield
        took = time.process_time() - started
        allowed = seconds * max(1.0, before / USUAL_PACE, _pace() / USUAL_PACE)
        assert took <= allowed, f"{took:.1f} s of CPU, at most {allowed:.1f} s"

    return limit
