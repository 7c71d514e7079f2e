"""Everything that a page needs, imported and loaded before the first one, so that none pays for it."""

from __future__ import annotations

import gc

from spamsift.pipeline import sift
from spamsift.records import Options

__all__ = ["preload", "settle"]

_COLLECT_AFTER = 20_000
"""Objects, made and not yet freed, after which Python looks for cycles among them; it does after 700 by default. A page
makes some 500 that are in cycles and 100,000 others: looking for them so seldom takes 3 % off its time (89.7 instead of
92.7 ms, WCXB dev, least of four by turns)."""


def preload(options: Options) -> None:
    """Load the models by sifting a page of each kind.

    Raises:
        ModelMismatch: ``options.model_dir`` holds no usable models.
    """
    for page in ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."):
        sift(page, options=options)


def settle() -> None:
    """Look for garbage less often, and never among models and modules: for processes that do nothing but sift."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
