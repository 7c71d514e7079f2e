"""Labels on the hand-labelled fixtures: precision and recall of every label, block level, and recall of main content.

Every folder of ``fixtures/`` and ``labelled/`` with a ``labels.tsv`` (label, tab, text of the block, in the order of
the page) counts. An HTML page is measured twice: as HTML, and as the plain text of its blocks, one a line.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spamsift.pipeline import sift
from spamsift.records import ARTICLE_LABELS, MAIN_LABELS, Block, BlockLabel, InputKind, LabelledBlock, Options, Sifted
from spamsift.training.corpora import fold_of

__all__ = [
    "LabelScores",
    "every_folder",
    "fingerprint",
    "fixture_folders",
    "label_scores",
    "labels_of",
    "page_of",
    "read_labels",
    "score_fixtures",
]


HELD_OUT = "held-out"
"""Group of labelled pages that no model is trained on, by writers who saw neither the others nor the program."""
Row = tuple[BlockLabel, str]
"""A line of ``labels.tsv``: label and text of one block, white space folded."""


@dataclass(frozen=True, slots=True)
class LabelScores:
    """Figures over many blocks, all in [0, 1]."""

    precision: dict[str, float]
    recall: dict[str, float]
    f1: dict[str, float]
    support: dict[str, int]
    """Blocks that a person gave the label."""
    macro_f1: float
    """Mean of ``f1`` over the labels that a person gave at all."""
    main_recall: float
    """Share of the blocks of main content that are labelled as some kind of main content."""
    body_recall: float
    """Share of the words of body and headings that stay in the article text."""
    related_left: float
    """Share of the blocks of the related kind that stay in the article text."""


def fixture_folders(fixtures: Path, *, held_out: bool = False) -> list[Path]:
    """Folders with labels that models are trained on, in order; or those that are held out."""
    found = sorted(path.parent for path in fixtures.glob("*/*/labels.tsv"))
    return [folder for folder in found if (folder.parent.name == HELD_OUT) is held_out]


def page_of(folder: Path) -> Path:
    """The page of a fixture: ``page.html`` or ``page.txt``."""
    html = folder / "page.html"
    return html if html.exists() else folder / "page.txt"


def read_labels(folder: Path) -> list[Row]:
    """Label and text of every block of a fixture."""
    lines = (folder / "labels.tsv").read_text(encoding="utf-8").split("\n")
    rows = [line.split("\t", 1) for line in lines if line]
    return [(BlockLabel(label), text) for label, text in rows]


def every_folder(*groups: Path) -> list[Path]:
    """Folders with labels of some groups, trained on or held out."""
    return [f for group in groups for held_out in (False, True) for f in fixture_folders(group, held_out=held_out)]


def fingerprint(folders: Iterable[Path]) -> str:
    """SHA-256 of labelled pages, their labels and their groups: figures of other pages are other figures."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in (page_of(folder), folder / "labels.tsv"):
            digest.update(f"{folder.parent.name}/{folder.name}/{path.name}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def score_fixtures(fixtures: Path, folds: Sequence[Path] = (), *, held_out: bool = False) -> dict[str, LabelScores]:
    """Figures for ``html`` (pages as they are) and ``text`` (text pages, and HTML pages as lines).

    With the model folders of ``folds`` every fixture is measured by the models that were fitted without it; else by
    the shipped ones, which have seen them all: a guard against regressions, not a figure of quality. Those that are
    ``held_out`` no model was trained on.
    """
    pairs: dict[str, list[tuple[BlockLabel, BlockLabel, int]]] = {kind.value: [] for kind in InputKind}
    for folder in fixture_folders(fixtures, held_out=held_out):
        model_dir = str(folds[fold_of(folder.name, len(folds))]) if folds else None
        path = page_of(folder)
        gold = read_labels(folder)
        page = sift(path, None, Options(model_dir=model_dir))
        pairs[page.kind_of_input.value] += _pairs(page, gold)
        if page.kind_of_input is InputKind.HTML:
            lines = sift(page.source, None, Options(kind=InputKind.TEXT, model_dir=model_dir))
            pairs["text"] += _pairs(lines, gold)
    return {kind: label_scores(found) for kind, found in pairs.items() if found}


def labels_of(blocks: Sequence[Block | LabelledBlock], rows: Sequence[Row]) -> tuple[BlockLabel | None, ...]:
    """The label by hand of each block, in the order of the page; ``None`` for a block that joins several rows.

    >>> labels_of([Block("Rain  ahead", 0, 11)], [(BlockLabel.SHARE, "Share"), (BlockLabel.TITLE, "Rain ahead")])
    (<BlockLabel.TITLE: 'title'>,)
    """
    found: list[BlockLabel | None] = []
    at = 0
    for block in blocks:
        text = " ".join(block.text.split())
        match = next((i for i in range(at, len(rows)) if rows[i][1] == text), None)
        found.append(rows[match][0] if match is not None else None)
        at = match + 1 if match is not None else at
    return tuple(found)


def _pairs(page: Sifted, rows: Sequence[Row]) -> list[tuple[BlockLabel, BlockLabel, int]]:
    """Label by hand, label found, words: of every block that has a label by hand."""
    labels = labels_of(page.blocks, rows)
    return [
        (label, block.label, len(block.text.split()))
        for label, block in zip(labels, page.blocks, strict=True)
        if label is not None
    ]


def label_scores(pairs: Iterable[tuple[BlockLabel, BlockLabel, int]]) -> LabelScores:
    """Figures of (label by hand, label found, words of the block).

    >>> label_scores([(BlockLabel.BODY, BlockLabel.BODY, 5), (BlockLabel.SHARE, BlockLabel.OTHER, 1)]).macro_f1
    0.5
    """
    rows = list(pairs)
    gold = Counter(label for label, _, _ in rows)
    found = Counter(label for _, label, _ in rows)
    right = Counter(label for label, other, _ in rows if label is other)
    labels = [label for label in BlockLabel if gold[label] or found[label]]
    f1 = {label.value: 2 * right[label] / (gold[label] + found[label]) for label in labels}
    is_main = [other in MAIN_LABELS for label, other, _ in rows if label in MAIN_LABELS]
    body = [(other in ARTICLE_LABELS, words) for label, other, words in rows if label in ARTICLE_LABELS]
    related = [other in ARTICLE_LABELS for label, other, _ in rows if label is BlockLabel.RELATED]
    return LabelScores(
        precision={label.value: right[label] / found[label] for label in labels if found[label]},
        recall={label.value: right[label] / gold[label] for label in labels if gold[label]},
        f1=f1,
        support={label.value: gold[label] for label in labels},
        macro_f1=sum(f1[label.value] for label in gold) / max(len(gold), 1),
        main_recall=sum(is_main) / max(len(is_main), 1),
        body_recall=sum(words for kept, words in body if kept) / max(sum(words for _, words in body), 1),
        related_left=sum(related) / max(len(related), 1),
    )
