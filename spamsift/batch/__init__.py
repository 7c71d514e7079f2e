"""Many pages: any input, no page lost, no run lost.

spamsift batch INPUT… -o OUT            # the command, see spamsift/cli_batch.py
spamsift.batch.sift_many(pages)         # anyone's own loop, isolated in the same way
spamsift.batch.run(Plan(...))           # what the command does
    dataset.map(spamsift.batch.sift_batch, batched=True)
"""

from __future__ import annotations

from spamsift.batch.drop import Drop
from spamsift.batch.flow import Progress, Report, run
from spamsift.batch.items import Cause
from spamsift.batch.limits import Limits
from spamsift.batch.many import Result, sift_batch, sift_many
from spamsift.batch.plan import Fields, Mode, Plan

__all__ = [
    "Cause",
    "Drop",
    "Fields",
    "Limits",
    "Mode",
    "Plan",
    "Progress",
    "Report",
    "Result",
    "run",
    "sift_batch",
    "sift_many",
]
