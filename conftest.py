"""Settings of all tests: the same answer on every run, and no more threads than the machine has."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # OpenMP threads that compete for two cores cost seconds

settings.register_profile("spamsift", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("spamsift")

collect_ignore = ["scripts"]
