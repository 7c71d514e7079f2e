"""From data to model folders: what ``scripts/train_models.py`` calls, with progress and cards."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from spamsift.block_features import BLOCK_FEATURES_VERSION, HTML_FEATURES, TEXT_FEATURES
from spamsift.models import save_folder
from spamsift.records import InputKind
from spamsift.training.block_models import FOREST, NETWORK, fit_blocks
from spamsift.training.block_pages import build_fixtures, build_pages, gold_corpora
from spamsift.training.corpora import N_FOLDS, digest
from spamsift.training.fixture_scores import fingerprint, fixture_folders
from spamsift.training.kind_models import CONTEXT

__all__ = ["MODEL_NAMES", "build_model"]

MODEL_NAMES = ("name-fit", "block-html", "block-text", "brand", "page")

FIXTURES, LABELLED = (Path(__file__).parents[2] / name for name in ("fixtures", "labelled"))
BLOCK_DATA = ("wcxb_dev.jsonl.gz", "traf_dev.jsonl.gz")


def build_model(name: str, data: Path, out: Path, folds: Path, n_jobs: int) -> None:
    """Train one model and write its folder, and beside it those of its folds for ``scripts/benchmark.py``."""
    if name == "name-fit":
        from spamsift.training.name_fit_model import build_name_fit

        print(json.dumps(build_name_fit(data, out, folds, n_jobs), indent=2))
        return
    if name == "brand":
        from spamsift.training.brand_model import build_brand_model

        print(json.dumps(build_brand_model(data, out, folds, n_jobs), indent=2))
        return
    if name == "page":
        from spamsift.training.pages import build_page_model

        build_page_model(data, out, n_jobs)
        return
    kind = InputKind.HTML if name == "block-html" else InputKind.TEXT
    say = _Reporter(name)
    gold = gold_corpora(data)
    pages = build_pages(gold, kind, n_jobs, lambda found: _watched(found, len(gold), f"{name}: reading pages"))
    pages += build_fixtures(FIXTURES, kind) + build_fixtures(LABELLED, kind)
    say(f"{len(pages)} inputs, {sum(len(page.blocks) for page in pages)} blocks")
    fit = fit_blocks(pages, kind, n_jobs, say)
    features = HTML_FEATURES if kind is InputKind.HTML else TEXT_FEATURES
    manifest = {
        "name": name,
        "features": list(features),
        "labels": list(fit.labels),
        "scores": fit.scores,
        "training": {file: digest(data / file) for file in BLOCK_DATA}
        | {"fixtures": fingerprint([*fixture_folders(FIXTURES), *fixture_folders(LABELLED)])},
        "scikit_learn": version("scikit-learn"),
        "forest": FOREST,
        "network": NETWORK,
        "context": CONTEXT,
    }
    save_folder(out / name, BLOCK_FEATURES_VERSION, fit.arrays, manifest, _block_card(name, manifest))
    for i, arrays in enumerate(fit.fold_arrays):
        save_folder(folds / str(i) / name, BLOCK_FEATURES_VERSION, arrays, manifest, "A fold; not for use.\n")
    say(f"written to {out / name} and {folds}")


def _watched(found: Any, total: int, title: str) -> Any:
    from tqdm import tqdm

    return tqdm(found, total=total, desc=title, disable=not sys.stderr.isatty(), file=sys.stderr)


class _Reporter:
    """Lines of progress with the time since the start."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = time.monotonic()

    def __call__(self, line: str) -> None:
        print(f"[{time.monotonic() - self.started:6.0f} s] {self.name}: {line}", flush=True)


def _block_card(name: str, manifest: dict[str, Any]) -> str:
    template = (Path(__file__).with_name("block_card.md")).read_text(encoding="utf-8")
    facts = {
        "name": name,
        "n_folds": N_FOLDS,
        "n_features": len(manifest["features"]),
        "scores": json.dumps(manifest["scores"], indent=2),
        "version": BLOCK_FEATURES_VERSION,
    }
    for key, value in facts.items():
        template = template.replace(f"{{{{{key}}}}}", str(value))
    return template
