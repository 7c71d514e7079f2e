"""On the ``PYTHONPATH`` of a test's process, and of all that it starts: pages that crash, hang or eat memory."""

from __future__ import annotations

from spamsift import pipeline
from spamsift.training.hostile_sifters import poisoned

if __name__ == "sitecustomize":  # not when pytest collects it
    pipeline.sift = poisoned
