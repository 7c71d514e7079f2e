"""A page model of chance numbers, and pages for it: what tests of the verdict and of its arithmetic share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from spamsift.page_features import SIGNALS
from spamsift.page_model import FARM_KINDS, PageModel, model_from
from spamsift.records import BlockLabel, Document, InputKind, Sifted
from spamsift.style_statistics import STATISTICS
from spamsift.text_statistics import N_GRAM_COLUMNS, Frequencies, tabulate
from spamsift.training.surgery_scores import blocks_of

K = len(FARM_KINDS)


def small_frequencies() -> Frequencies:
    words = [("the", 900), ("of", 500), ("bridge", 40), ("town", 30), ("closed", 20)]
    return tabulate(words, [("the", "bridge", 9), ("of", "the", 90)], 2_000)


def arrays(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    tables = small_frequencies()
    return {
        "mean": rng.normal(0, 0.1, len(STATISTICS)),
        "scale": rng.uniform(0.5, 1, len(STATISTICS)),
        "statistic_weights": rng.normal(0, 0.1, (len(STATISTICS), K)),
        "signal_weights": rng.uniform(0, 2, (len(SIGNALS), K)),
        "gram_weights": rng.normal(0, 1, (N_GRAM_COLUMNS, K)),
        "prior": rng.normal(0, 0.5, K),
        "calibration": np.tile([0.7, -1.0], (K, 1)),
        "overall": np.array([0.9, 0.1]),
        "kind_weights": np.eye(K),
        "kind_prior": np.zeros(K),
        **{f"frequencies.{name}": getattr(tables, name) for name in tables.__dataclass_fields__},
    }


def toy_model(**changed: Any) -> PageModel:
    return replace(model_from(arrays(), {"farm_from": 0.9, "original_below": 0.5}), **changed)


def page_of(*lines: str, **more: Any) -> Sifted:
    blocks = blocks_of([(line, BlockLabel.BODY) for line in lines])
    return Sifted(text="\n".join(lines), blocks=tuple(blocks), **more)


def document_of(page: Sifted) -> Document:
    return Document(InputKind.TEXT, page.text)
