"""Everything that a page needs, imported and loaded before the first one, so that none pays for it."""

from __future__ import annotations

from spamsift.pipeline import sift
from spamsift.records import Options

__all__ = ["preload"]


def preload(options: Options) -> None:
    """Load the models by sifting a page of each kind.

    Raises:
        ModelMismatch: ``options.model_dir`` holds no usable models.
    """
    for page in ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."):
        sift(page, options=options)
