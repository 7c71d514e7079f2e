"""The whole program measured against gold pages, beside trafilatura in the same run.

Every page is sifted with the block models of the fold that never saw its registered domain
(``train_models.py --folds``), through the same ``sift`` that users call.
"""

from __future__ import annotations

import html
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from spamsift.records import InputKind, Options
from spamsift.training.alignment import segment_hits, word_f1
from spamsift.training.corpora import N_FOLDS, GoldPage, fold_of

__all__ = ["PageScore", "cold_starts", "compare", "fold_folders", "has_folds", "segment_table", "word_table"]


@dataclass(frozen=True, slots=True)
class PageScore:
    """One page, one extractor."""

    extractor: str
    page_type: str
    word_f1: float | None
    """``None`` where gold has snippets only."""
    segments: tuple[int, int, int, int]
    """Required found, required missed, forbidden leaked, forbidden left out."""
    seconds: float
    """CPU time of the process."""
    language: str = ""
    """What the page's ``lang`` says, two letters; empty if nothing."""


def has_folds(folds: Path) -> bool:
    """Whether ``scripts/train_models.py`` has left the models of its folds there."""
    return all((folds / str(i) / f"block-{kind.value}").is_dir() for i in range(N_FOLDS) for kind in InputKind)


def fold_folders(folds: Path, models: Path) -> tuple[Path, ...]:
    """Complete model folders of every fold: fold block models, shipped page model."""
    found = tuple(folds / str(i) for i in range(N_FOLDS))
    for folder in found:
        shutil.copytree(models / "page", folder / "page", dirs_exist_ok=True)
    return found


def compare(pages: Sequence[GoldPage], kind: InputKind, folders: Sequence[Path], n_jobs: int) -> list[PageScore]:
    """Scores of spamsift and its peers on every page."""
    one = _html_scores if kind is InputKind.HTML else _text_scores
    tasks = (delayed(one)(page, folders[fold_of(page.group, N_FOLDS)]) for page in pages)
    return [score for scores in Parallel(n_jobs=n_jobs, batch_size=8)(tasks) for score in scores]


def _score(page: GoldPage, extractor: str, text: str, seconds: float, language: str = "") -> PageScore:
    f1 = word_f1(text, page.main_content) if page.main_content is not None else None
    return PageScore(
        extractor, page.page_type, f1, segment_hits(text, page.required, page.forbidden), seconds, language
    )


def _html_scores(page: GoldPage, folder: Path) -> list[PageScore]:
    import trafilatura

    from spamsift import sift
    from spamsift.declaration import declared_language
    from spamsift.reading import read

    tree = read(page.html, page.url, Options(kind=InputKind.HTML)).tree
    language = (declared_language(tree) if tree is not None else None) or ""
    started = time.process_time()
    mine = sift(page.html, page.url or None, Options(kind=InputKind.HTML, model_dir=str(folder))).text
    middle = time.process_time()
    theirs = trafilatura.extract(page.html, deduplicate=False) or ""
    ended = time.process_time()
    return [
        _score(page, "spamsift", mine, middle - started, language),
        _score(page, "trafilatura", theirs, ended - middle, language),
    ]


def _text_scores(page: GoldPage, folder: Path) -> list[PageScore]:
    import trafilatura

    from spamsift import sift
    from spamsift.blocks import split
    from spamsift.reading import read

    source = split(read(page.html, page.url, Options(kind=InputKind.HTML))).source
    started = time.process_time()
    mine = sift(source, None, Options(kind=InputKind.TEXT, model_dir=str(folder))).text
    middle = time.process_time()
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in source.splitlines())
    theirs = trafilatura.extract(f"<html><body>{lines}</body></html>", deduplicate=False) or ""
    ended = time.process_time()
    return [
        _score(page, "spamsift", mine, middle - started),
        _score(page, "trafilatura on <p> lines", theirs, ended - middle),
        _score(page, "everything", source, 0.0),
    ]


def word_table(scores: Iterable[PageScore]) -> dict[str, dict[str, float]]:
    """Page-mean word F1 per extractor and page type, snippets found and leaked, CPU milliseconds per page."""
    groups: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    snippets: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    for score in scores:
        if score.word_f1 is not None:
            groups[score.extractor]["all"].append(score.word_f1)
            groups[score.extractor][score.page_type].append(score.word_f1)
        groups[score.extractor]["cpu_ms"].append(score.seconds * 1000)
        snippets[score.extractor].append(score.segments)
    table = {name: {key: float(np.mean(values)) for key, values in columns.items()} for name, columns in groups.items()}
    for name, rows in snippets.items():
        found, missed, leaked, left_out = np.sum(rows, axis=0).tolist()
        table[name] |= {"found": found / max(found + missed, 1), "leaked": leaked / max(leaked + left_out, 1)}
    return table


def segment_table(scores: Iterable[PageScore]) -> dict[str, dict[str, float]]:
    """Micro precision, recall and F1 of snippets, as trafilatura's own evaluation counts them."""
    totals: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    for score in scores:
        totals[score.extractor].append(score.segments)
    table = {}
    for name, rows in totals.items():
        found, missed, leaked, _ = np.sum(rows, axis=0).tolist()
        table[name] = {
            "precision": found / (found + leaked),
            "recall": found / (found + missed),
            "f1": 2 * found / (2 * found + missed + leaked),
        }
    return table


def cold_starts(page: bytes, n_runs: int = 5) -> dict[str, dict[str, float]]:
    """Best wall time of the two commands on one saved page, interleaved, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_bytes(page)
        commands = {
            "spamsift score": [sys.executable, "-m", "spamsift", "score", str(path)],
            "trafilatura": [sys.executable, "-m", "trafilatura.cli", "--input-file", str(path)],
            "spamsift --help": [sys.executable, "-m", "spamsift", "--help"],
        }
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(n_runs):
            for name, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, check=False, capture_output=True)
                times[name].append(time.perf_counter() - started)
    return {name: {"best": min(values)} for name, values in times.items()}
