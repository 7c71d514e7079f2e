"""A user's labels: one JSON object per line → pages as numbers for :mod:`spamsift.training.refit`.

    {"html": "<html>…", "label": "mirror", "url": "https://farm.example/a", "group": "farm.example", "id": "17"}

``label`` is a kind of page. ``html`` or ``text`` is the page itself; of both, ``html`` is taken. ``group`` is what must
not be on both sides of a measurement, such as a site or its operator; without it the host of ``url`` is, else the page
alone. ``id`` is for messages. Other fields are left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from spamsift.errors import UnusableLabels
from spamsift.page_features import page_features
from spamsift.page_model import FARM_KINDS, PageModel, gram_values
from spamsift.pipeline import sift_document
from spamsift.reading import read
from spamsift.records import InputKind, Options, PageKind
from spamsift.text_statistics import N_GRAM_COLUMNS
from spamsift.training.refit import LabelTable
from spamsift.verdict import Grounds, grounds_of

__all__ = ["LABELS", "LabelledPage", "Watch", "contradictions", "read_labels", "tabulate"]

Watch = Callable[[Sequence["LabelledPage"]], Iterable["LabelledPage"]]
LABELS = (PageKind.ORIGINAL, *FARM_KINDS)
"""What a page may be labelled: "undetermined" is the answer to too little evidence, not a kind of page."""


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """One line of the file."""

    line: int
    """From 1."""
    kind: PageKind
    group: str
    page: str
    input_kind: InputKind
    url: str | None


def read_labels(path: Path) -> tuple[LabelledPage, ...]:
    """The labels of a file, blank lines left out.

    Raises:
        UnusableLabels: the file can't be read, is empty or one-sided, or a line is not what it should be.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as problem:
        raise UnusableLabels(f"{path}: not readable ({problem.strerror or problem}); check the file.") from problem
    pages = tuple(_parse(raw, path, i) for i, raw in enumerate(lines, 1) if raw.strip())
    if not pages:
        raise UnusableLabels(f"{path}: no labels; write one JSON object per line, with label and text or html.")
    kinds = {page.kind for page in pages}
    if PageKind.ORIGINAL not in kinds or len(kinds) == 1:
        missing = "farm pages" if kinds == {PageKind.ORIGINAL} else "originals"
        raise UnusableLabels(f"{path}: no {missing} among {len(pages)} labels; add some, to be told from the others.")
    return pages


def _parse(raw: bytes, path: Path, line: int) -> LabelledPage:
    where = f"{path}, line {line}"
    try:
        row = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise UnusableLabels(f"{where}: not UTF-8 (byte {problem.start}); save the file as UTF-8.") from problem
    except (ValueError, RecursionError) as problem:
        raise UnusableLabels(f"{where}: no JSON ({problem}); write one object per line.") from problem
    if not isinstance(row, dict):
        raise UnusableLabels(f"{where}: {type(row).__name__} instead of an object; write {{...}} on one line.")
    label = row.get("label")
    if label not in [kind.value for kind in LABELS]:
        known = ", ".join(kind.value for kind in LABELS)
        said = f"unknown label {label!r}" if "label" in row else "no label"
        raise UnusableLabels(f"{where}: {said:.100}; give one of {known}.")
    for name in ("html", "text", "url"):
        if not isinstance(row.get(name), (str, type(None))):
            raise UnusableLabels(f"{where}: {name} is no string; give the page itself, or null.")
    page = row.get("html") or row.get("text")
    if not page:
        raise UnusableLabels(f"{where}: neither text nor html; give the page itself.")
    kind = InputKind.HTML if row.get("html") else InputKind.TEXT
    return LabelledPage(line, PageKind(label), _group(row, page), page, kind, row.get("url"))


def _group(row: dict[str, Any], page: str) -> str:
    if row.get("group") not in (None, ""):
        return str(row["group"])
    try:
        host = urlsplit(row.get("url") or "").hostname
    except ValueError:
        host = None
    return host.removeprefix("www.") if host else hashlib.sha256(page.encode("utf-8", "replace")).hexdigest()


def contradictions(pages: Sequence[LabelledPage]) -> list[tuple[int, int]]:
    """Lines with the same page and another label, each with the line that came first."""
    first: dict[str, LabelledPage] = {}
    return [
        (first[page.page].line, page.line) for page in pages if first.setdefault(page.page, page).kind is not page.kind
    ]


# --- pages as numbers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What is kept of one page: its words are not."""

    signals: NDArray[np.float64]
    statistics: NDArray[np.float64]
    confidence: float
    columns: NDArray[np.int64]
    values: NDArray[np.float64]
    grounds: Grounds


def tabulate(pages: Sequence[LabelledPage], models: Path, model: PageModel, watch: Watch) -> LabelTable:
    """The pages sifted and read as :func:`spamsift.sift` does; ``watch`` passes them on and may show how far it is."""
    rows = [_numbers(page, models, model) for page in watch(pages)]
    ends = np.cumsum([0, *(len(row.columns) for row in rows)])
    values, columns = np.concatenate([r.values for r in rows]), np.concatenate([r.columns for r in rows])
    kinds = [FARM_KINDS.index(page.kind) if page.kind in FARM_KINDS else -1 for page in pages]
    return LabelTable(
        kinds=np.array(kinds, dtype=np.int64),
        groups=np.array([page.group for page in pages]),
        signals=np.stack([row.signals for row in rows]),
        statistics=np.stack([row.statistics for row in rows]),
        confidence=np.array([row.confidence for row in rows]),
        grams=sp.csr_matrix((values, columns, ends), shape=(len(rows), N_GRAM_COLUMNS)),
        grounds=tuple(row.grounds for row in rows),
    )


def _numbers(page: LabelledPage, models: Path, model: PageModel) -> _Numbers:
    options = Options(kind=page.input_kind, model_dir=str(models))
    document = read(page.page, page.url, options)
    answer = sift_document(document, options)
    found = page_features(answer, document, model.frequencies)
    columns, values, _, _ = gram_values(found.prose)
    grounds = grounds_of(answer, found)
    return _Numbers(found.signals, found.statistics, found.style_confidence, columns, values, grounds)
