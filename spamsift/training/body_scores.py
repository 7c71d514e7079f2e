"""The article body against labels given by hand, as the Scrapinghub article benchmark counts: shingles of four words.

WCXB's gold counts titles, bylines and captions in on many pages; a person's labels say what the body is. The gold text
is made of our own blocks, so it favours us where another extractor renders the same words otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from spamsift.blocks import split
from spamsift.pipeline import sift
from spamsift.reading import read
from spamsift.records import ARTICLE_LABELS, InputKind, Options
from spamsift.training.corpora import N_FOLDS, GoldPage, fold_of
from spamsift.training.hand_labels import hand_labels

__all__ = ["BodyScores", "score_bodies", "shingle_errors"]

N_WORDS = 4
_WORD = re.compile(r"\w+")

Errors = tuple[float, float, float]
"""Shares of matched, superfluous and missing shingles among all of a page; they sum to 1."""


@dataclass(frozen=True, slots=True)
class BodyScores:
    """Figures of one extractor over pages."""

    n_pages: int
    precision: float
    """Page mean, as recall."""
    recall: float
    f1: float
    """Harmonic mean of the two."""
    exact: float
    """Share of the pages whose shingles are those of gold."""


def score_bodies(pages: Sequence[GoldPage], folders: Sequence[Path], n_jobs: int) -> dict[str, BodyScores]:
    """spamsift, out of fold, and trafilatura on the article pages that were labelled by hand."""
    tasks = (delayed(_errors)(page, folders[fold_of(page.group, N_FOLDS)]) for page in pages)
    found = [errors for errors in Parallel(n_jobs=n_jobs, batch_size=8)(tasks) if errors]
    return {name: _summary([errors[name] for errors in found]) for name in ("spamsift", "trafilatura")}


def _errors(page: GoldPage, folder: Path) -> dict[str, Errors]:
    import trafilatura

    options = Options(kind=InputKind.HTML, model_dir=str(folder))
    blocks = split(read(page.html, page.url, options)).blocks
    labels = hand_labels(page.name, blocks) if page.page_type == "article" else None
    if labels is None:
        return {}
    gold = "\n".join(block.text for block, label in zip(blocks, labels, strict=True) if label in ARTICLE_LABELS)
    theirs = trafilatura.extract(page.html, include_comments=False, deduplicate=False) or ""
    mine = sift(page.html, page.url or None, options).text
    return {"spamsift": shingle_errors(mine, gold), "trafilatura": shingle_errors(theirs, gold)}


def shingle_errors(text: str, gold: str) -> Errors:
    """Shares of shingles matched, only in ``text``, only in ``gold``.

    >>> shingle_errors("a b c d e", "a b c d f")
    (0.3333333333333333, 0.3333333333333333, 0.3333333333333333)
    """
    mine, theirs = _shingles(text), _shingles(gold)
    counts = ((mine & theirs).total(), (mine - theirs).total(), (theirs - mine).total())
    total = sum(counts) or 1
    return counts[0] / total, counts[1] / total, counts[2] / total


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return Counter(tuple(words[i : i + N_WORDS]) for i in range(max(1, len(words) - N_WORDS + 1)))


def _summary(pages: Sequence[Errors]) -> BodyScores:
    precision = float(np.mean([hit / (hit + more) for hit, more, _ in pages if hit + more]))
    recall = float(np.mean([hit / (hit + less) for hit, _, less in pages if hit + less]))
    exact = float(np.mean([not more and not less for _, more, less in pages]))
    return BodyScores(len(pages), precision, recall, 2 * precision * recall / (precision + recall), exact)
