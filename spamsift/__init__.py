"""spamsift sifts the article from the farm.

    import spamsift
    spamsift.clean(page)                # str: the article text
    spamsift.sift(page).verdict.kind    # what the page is, with evidence

Everything heavy (numpy, lxml, trafilatura) is imported at the first call, not at ``import spamsift``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spamsift.errors import (
    InvalidOption,
    LexiconError,
    MissingExtra,
    ModelMismatch,
    SpamsiftError,
    UnreadablePage,
    UnusableLabels,
)
from spamsift.records import (
    Block,
    BlockLabel,
    Cut,
    Doubt,
    Evidence,
    Health,
    InputKind,
    LabelledBlock,
    Options,
    PageKind,
    Provenance,
    Sifted,
    Thresholds,
    Verdict,
)

if TYPE_CHECKING:
    from spamsift.pipeline import clean, sift

__version__ = "0.1.0"

__all__ = [
    "Block",
    "BlockLabel",
    "Cut",
    "Doubt",
    "Evidence",
    "Health",
    "InputKind",
    "InvalidOption",
    "LabelledBlock",
    "LexiconError",
    "MissingExtra",
    "ModelMismatch",
    "Options",
    "PageKind",
    "Provenance",
    "Sifted",
    "SpamsiftError",
    "Thresholds",
    "UnreadablePage",
    "UnusableLabels",
    "Verdict",
    "__version__",
    "clean",
    "sift",
]


def __getattr__(name: str) -> Any:
    if name in ("clean", "sift"):
        from spamsift import pipeline

        return getattr(pipeline, name)
    if name == "batch":  # README: spamsift.batch.sift_many
        return import_module("spamsift.batch")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
