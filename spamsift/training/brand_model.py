"""Train the forest that says how likely a name was injected (``models/brand``).

Rows are the candidates of three kinds of pages: mirrors of honest stories (:mod:`spamsift.training.wild_mirrors`), of
which the brand is positive; honest pages as they are; and honest stories that show a name of their own before titles.
Folds are by the story's source, and the threshold is the log-odds that a fixed share of honest pages reach out of fold.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from spamsift.blocks import split
from spamsift.brand import candidates, likeliest
from spamsift.declaration import declare
from spamsift.findings import Candidate
from spamsift.labelling import label, load_block_model
from spamsift.models import Floats, forest_arrays, save_folder
from spamsift.reading import read
from spamsift.records import InputKind, Options
from spamsift.suspicion import BRAND_FEATURES_VERSION, columns_of, with_places
from spamsift.training.corpora import digest, fold_of, read_rows, registered_domain, traf_pages, wcxb_pages
from spamsift.training.name_fit_model import N_FOLDS
from spamsift.training.wild_mirrors import Original, WildPage, make_hard_page, make_wild_mirror

__all__ = ["build_brand_model"]

N_MIRRORS, N_HARD = 20_000, 6000
"""Pages of each kind; of 3,000, 6,000 and 9,000 mirrors the brands found rose by 0.01 each time."""
MAX_HONEST_SHARE = 0.002
"""Share of the honest pages that may reach the threshold out of fold; each of those was looked at (card)."""
WEIGHTS = {"mirror": 1.0, "hard": 2.0, "honest": 5.0}
"""Weight of the names of a page by its kind. Swept (card)."""
FOREST: dict[str, Any] = {
    "max_iter": 400,
    "learning_rate": 0.05,
    "max_leaf_nodes": 24,
    "min_samples_leaf": 20,
    "l2_regularization": 2.0,
    "max_features": 0.3,
}
SEEDS = (0, 1, 2)
"""Forests that are averaged: which findings a split may ask is drawn, and one draw moves the threshold by half a
unit."""
FILES = (
    "wcxb_dev.jsonl.gz",
    "traf_dev.jsonl.gz",
    "pages_original.jsonl.gz",
    "sites_honest.jsonl.gz",
    "crawl_unlabelled.jsonl.gz",
)
MIN_PARAGRAPH, MAX_PARAGRAPH, MAX_PARAGRAPHS, MIN_PARAGRAPHS = 60, 900, 12, 4
MIN_FIRST = 80
"""Characters of the first paragraph."""
LANGUAGES = ("de", "es", "fr")
"""Languages of ``sites_honest`` that give stories besides the English ones."""

_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z\"“])")
_MARKUP = tuple("#-*|![<")


@dataclass(frozen=True, slots=True)
class _BrandPage:
    """The candidates of one page."""

    kind: str
    """``mirror``, ``hard`` or ``honest``."""
    group: str
    brand: str | None
    """The name that was injected."""
    candidates: tuple[Candidate, ...]


def _read_candidates(source: str | bytes, kind: InputKind, models: Path, fold: Path) -> tuple[Candidate, ...]:
    """The candidates of a page, by the same steps as :func:`spamsift.sift`; ``fold`` has a ``name-fit`` of its own."""
    document = read(source, None, Options(kind=kind))
    parts, declared = split(document), declare(document)
    blocks = label(parts.source, parts.blocks, declared, load_block_model(models, kind))
    return tuple(candidates(parts.source, blocks, declared.metadata, fold))


def build_brand_model(data: Path, out: Path, folds: Path, n_jobs: int) -> dict[str, Any]:
    """Make the pages, fit, measure out of fold, write ``out/brand``.

    Needs the block models in ``out``, and in ``folds/K`` the ``name-fit`` that read no text of fold K.
    """
    if not (folds / "0" / "name-fit").is_dir():
        raise FileNotFoundError(f"no name-fit in {folds / '0'}: train name-fit first")
    pages = list(_read_pages(data, out, folds, n_jobs))
    features = tuple(next(page.candidates[0].findings for page in pages if page.candidates))
    rows = columns_of([one for page in pages for one in page.candidates], features)
    owner = np.repeat(np.arange(len(pages)), [len(page.candidates) for page in pages])
    is_brand = np.array([one.name == page.brand for page in pages for one in page.candidates])
    fold = np.array([fold_of(page.group, N_FOLDS) for page in pages])[owner]
    weights = np.array([WEIGHTS[page.kind] for page in pages])[owner]
    is_told = np.array([_is_told(one.name, page.brand) for page in pages for one in page.candidates])
    scores = np.zeros(len(rows))
    for k in range(N_FOLDS):
        train = (fold != k) & is_told
        _, scores[fold == k] = _fit(rows[train], is_brand[train], weights[train], rows[fold == k])
    arrays, _ = _fit(rows[is_told], is_brand[is_told], weights[is_told], rows[:0])
    scores = with_places(scores, [one for page in pages for one in page.candidates])
    threshold, figures = _measure(pages, owner, scores)
    manifest: dict[str, Any] = {
        "name": "brand",
        "features": list(features),
        "threshold": round(threshold, 4),
        "scores": figures,
        "forest": FOREST | {"random_state": list(SEEDS)},
        "training": {file: digest(data / file) for file in FILES},
    }
    card = Path(__file__).with_name("brand_card.md").read_text(encoding="utf-8")
    card = card.replace("{{scores}}", json.dumps(figures, indent=2)).replace("{{n_features}}", str(len(features)))
    save_folder(out / "brand", BRAND_FEATURES_VERSION, arrays, manifest, card)
    return figures


def _is_told(name: str, brand: str | None) -> bool:
    """Whether it is known if a name was injected: of a part of the brand, and of what has it inside, it is not."""
    return brand is None or name == brand or not (name in brand or brand in name)


def _fit(
    rows: NDArray[np.float32], target: NDArray[np.bool_], weights: Floats, test: NDArray[np.float32]
) -> tuple[dict[str, NDArray[Any]], Floats]:
    """The arrays of one forest, the mean of those of ``SEEDS``, and its log-odds of the rows ``test``."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    models = [
        HistGradientBoostingClassifier(**FOREST, random_state=seed).fit(rows, target, sample_weight=weights)
        for seed in SEEDS
    ]
    trees = [stage[0].nodes.copy() for model in models for stage in model._predictors]  # as in training.block_models
    for tree in trees:
        tree["value"] /= len(SEEDS)
    bias = float(np.mean([model._baseline_prediction.ravel()[0] for model in models]))
    scores = np.mean([model.decision_function(test) for model in models], axis=0) if len(test) else np.zeros(0)
    return forest_arrays("injected", trees, bias), scores


def _measure(pages: Sequence[_BrandPage], owner: NDArray[np.int64], scores: Floats) -> tuple[float, dict[str, Any]]:
    """The threshold, and what it finds out of fold."""
    rows = np.split(scores, np.searchsorted(owner, np.arange(1, len(pages))))
    best = np.array([max(row, default=-np.inf) for row in rows])
    kinds = np.array([page.kind for page in pages])
    honest = np.sort(best[kinds == "honest"])[::-1]
    threshold = float(honest[int(MAX_HONEST_SHARE * len(honest))]) + 1e-6
    found = [i for i in range(len(pages)) if best[i] >= threshold]
    chosen = {i: likeliest(pages[i].candidates, rows[i].tolist(), threshold) for i in found}
    names = {i: pages[i].candidates[one[0]].name for i, one in chosen.items() if one is not None}
    mirrors = [i for i in found if kinds[i] == "mirror"]
    n_mirrors = int((kinds == "mirror").sum())
    figures = {
        "mirrors": n_mirrors,
        "brand_is_a_candidate": sum(
            any(one.name == page.brand for one in page.candidates) for page in pages if page.kind == "mirror"
        )
        / n_mirrors,
        "brand_found": sum(names[i] == pages[i].brand for i in mirrors) / n_mirrors,
        "another_name_found": sum(names[i] != pages[i].brand for i in mirrors) / n_mirrors,
        "honest_pages": int((kinds == "honest").sum()),
        "honest_pages_with_a_brand": sorted(names[i] for i in found if kinds[i] == "honest"),
        "hard_pages": int((kinds == "hard").sum()),
        "hard_pages_with_a_brand": sum(kinds[i] == "hard" for i in found) / max(1, int((kinds == "hard").sum())),
    }
    return threshold, {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}


def _read_pages(data: Path, models: Path, folds: Path, n_jobs: int) -> Iterator[_BrandPage]:
    """All pages with their candidates, in an order that depends on nothing but the corpora."""
    run = joblib.Parallel(n_jobs=n_jobs, return_as="generator", batch_size=16)
    jobs = (joblib.delayed(_page)(kind, page, models, folds) for kind, page in _sources(data))
    yield from run(jobs)


def _page(kind: str, page: WildPage, models: Path, folds: Path) -> _BrandPage:
    brand = page.name if kind == "mirror" else None
    fold = folds / str(fold_of(page.group, N_FOLDS))
    return _BrandPage(kind, page.group, brand, _read_candidates(page.source, page.kind, models, fold))


def _sources(data: Path) -> Iterator[tuple[str, WildPage]]:
    originals = _originals(data)
    titles = [original.title for original in originals if 25 <= len(original.title) <= 110]
    rng = random.Random(41)
    for i in range(N_MIRRORS):
        yield "mirror", make_wild_mirror(rng, originals[i % len(originals)], titles)
    hard = (make_hard_page(rng, original, titles) for original in chain(originals, originals))
    yield from (("hard", page) for page in islice((page for page in hard if page is not None), N_HARD))
    yield from (("honest", page) for page in _honest(data))


def _originals(data: Path) -> list[Original]:
    """Honest stories of at least four paragraphs, shuffled."""
    found: list[Original] = []
    for page in wcxb_pages(data):
        if page.page_type == "article" and page.main_content:
            found += _original(page.title, page.main_content.split("\n"), page.group)
    for row in read_rows(data / "pages_original.jsonl.gz"):
        lines = row["text"].split("\n")
        if len(lines) < MIN_PARAGRAPHS:
            sentences = _SENTENCE.split(row["text"])
            lines = [" ".join(sentences[i : i + 3]) for i in range(0, len(sentences), 3)]
        found += _original(None, lines, str(row["group"]))
    for row in read_rows(data / "sites_honest.jsonl.gz"):
        if row["lang"] in LANGUAGES and row.get("text"):
            lines = [line for line in row["text"].split("\n") if not line.startswith(_MARKUP)]
            found += _original(row["title"], lines, str(row["group"]))
    random.Random(7).shuffle(found)
    return found


def _original(title: str | None, lines: Iterable[str], group: str) -> list[Original]:
    """The story as a list of one, or of none if it is too short."""
    texts = [" ".join(line.split()) for line in lines]
    texts = [text for text in texts if MIN_PARAGRAPH <= len(text) <= MAX_PARAGRAPH][:MAX_PARAGRAPHS]
    if len(texts) < MIN_PARAGRAPHS or len(texts[0]) < MIN_FIRST:
        return []
    words = (title or " ".join(texts[1].split()[:9])).split()
    return [Original(" ".join(words)[:120].strip(".,;: "), tuple(texts), group)]


def _honest(data: Path) -> Iterator[WildPage]:
    """Every honest page of the corpora, and the main content of those that have it."""
    for page in (*wcxb_pages(data), *traf_pages(data)):
        yield WildPage(InputKind.HTML, page.html, "", page.group)
        if page.main_content:
            yield WildPage(InputKind.TEXT, page.main_content, "", page.group)
    for row in read_rows(data / "crawl_unlabelled.jsonl.gz"):
        yield WildPage(InputKind.TEXT, row["text"], "", registered_domain(row["url"]))
    for row in read_rows(data / "pages_original.jsonl.gz"):
        yield WildPage(InputKind.TEXT, row["text"], "", str(row["group"]))
    for row in read_rows(data / "sites_honest.jsonl.gz"):
        for kind, text in ((InputKind.HTML, row.get("html")), (InputKind.TEXT, row.get("text"))):
            if text:
                yield WildPage(kind, text, "", str(row["group"]))
