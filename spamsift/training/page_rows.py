"""From the data to rows of the page model: every page sifted, read and, where pages are scarce, made.

A row belongs to a *cell* (source, label, operator, how it was made): cells share the weight of training, so that no big
source drowns the small ones. Texts are stripped of what tells a source (prompt residue, share counters).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.blocks import split
from spamsift.declaration import declare
from spamsift.labelling import label, load_block_model
from spamsift.page_features import PageFeatures, page_features
from spamsift.page_model import gram_values
from spamsift.reading import read
from spamsift.records import (
    BlockLabel,
    Document,
    InputKind,
    LabelledBlock,
    Metadata,
    Options,
    PageKind,
    Sifted,
)
from spamsift.surgery import operate
from spamsift.text_statistics import Frequencies, is_prose, normalise
from spamsift.training.corpora import read_rows, registered_domain, wcxb_pages
from spamsift.training.hand_kinds import hand_kind
from spamsift.training.made_pages import excerpt, made_pages

__all__ = [
    "PAGE_DATA",
    "WEB_DATA",
    "PageRow",
    "build_rows",
    "sift_html",
    "sift_page",
    "sift_text",
]

PAGE_DATA = tuple(
    f"{name}.jsonl.gz"
    for name in (
        "pages_original",
        "pages_spun",
        "pages_generated",
        "pages_mirror_thin",
        "sites_farm",
        "sites_honest",
    )
)
"""Collections and sites: labelled by where they come from."""
WEB_DATA = ("wcxb_dev.jsonl.gz", "crawl_unlabelled.jsonl.gz")
"""Pages of the open web, read by hand (:mod:`spamsift.training.hand_kinds`)."""
MAX_TEXT = 60_000
SEED = 7


@dataclass(frozen=True)
class PageRow:
    """One page as numbers."""

    name: str
    source: str
    group: str
    kind: PageKind | None
    """``None``: unlabelled."""
    method: str
    """How a text was made; empty for one as found."""
    origin: str
    """``real``; of real ones ``chunk`` and ``excerpt``; made: ``spun``, ``mirror``, ``mirror-test``, ``repost``,
    ``clipped``, ``doorway``."""
    features: PageFeatures
    columns: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def cell(self) -> str:
        is_operator = self.source == "sites_farm"
        kind = self.kind.value if self.kind else ""
        return "|".join((self.source, kind, self.group if is_operator else "", self.origin))


# --- sifting --------------------------------------------------------------------------------------------------


def sift_text(text: str, is_clean: bool) -> tuple[Sifted, Document]:
    """The flow for text without a block model; unless the text is an article already, only what reads as one is kept.

    >>> page, _ = sift_text("Menu\\nNews\\nThe bridge over the river was closed on Monday.", is_clean=False)
    >>> [block.label.value for block in page.blocks]
    ['other', 'heading', 'body']
    """
    document = Document(InputKind.TEXT, text)
    parts = split(document)
    prose = [is_prose(normalise(block.text)) for block in parts.blocks]
    blocks = tuple(
        LabelledBlock(block.text, _rough_label(prose, i, is_clean), 0.9, block.start, block.end)
        for i, block in enumerate(parts.blocks)
    )
    return _operated(parts.source, blocks, Metadata()), document


def _rough_label(prose: Sequence[bool], i: int, is_clean: bool) -> BlockLabel:
    if prose[i]:
        return BlockLabel.BODY
    is_lead = i + 1 < len(prose) and prose[i + 1]
    return BlockLabel.HEADING if is_lead else BlockLabel.BODY if is_clean else BlockLabel.OTHER


def sift_html(markup: str, models: Path) -> tuple[Sifted, Document]:
    """The flow of :func:`spamsift.sift`, without its verdict."""
    return sift_page(read(markup.encode("utf-8", "surrogatepass"), None, Options(kind=InputKind.HTML)), models)


def sift_page(document: Document, models: Path) -> tuple[Sifted, Document]:
    """The flow of :func:`spamsift.sift` for a page that was read, without its verdict."""
    parts = split(document)
    declared = declare(document)
    blocks = label(parts.source, parts.blocks, declared, load_block_model(models, document.kind))
    return _operated(parts.source, blocks, declared.metadata), document


def _operated(source: str, blocks: tuple[LabelledBlock, ...], metadata: Metadata) -> Sifted:
    done = operate(source, blocks, metadata, Options())
    return Sifted(text=done.text, cuts=done.cuts, title=done.title, blocks=blocks, provenance=done.provenance)


# --- rows as found --------------------------------------------------------------------------------------------

_RESIDUE = tuple(
    (re.compile(pattern, re.IGNORECASE), by)
    for pattern, by in (
        (r"\A[\s.]*(?:here(?:'s| is| are)[^\n:]{0,120}:|sure[,!][^\n]{0,120}:|now, please[^\n]{0,120}:)\s*", ""),
        (r"(?:please provide your|your goal is to|do not use any)[^\n]{0,300}", ""),
        (r"(?m)^\s*(?:title|date|headline|here's the passage)\s*:[^\n]{0,200}$", ""),
        (r"\b[\d,.k]+ shares\b(?: share tweet)?|\bshare tweet\b", " "),
        (r"\bnn(?=[A-Z])", " "),
    )
)
_OF_LABEL = {kind.value: kind for kind in PageKind}


def _stripped(text: str) -> str:
    text = text[:MAX_TEXT]
    for pattern, by in _RESIDUE:
        text = pattern.sub(by, text)
    return text


def _found(data: Path) -> Iterator[dict[str, Any]]:
    for file in PAGE_DATA:
        for raw in read_rows(data / file):
            row = {key: raw.get(key) or "" for key in ("id", "source", "group", "label", "method", "lang")}
            if file.startswith("sites"):
                row["source"] = file.split(".")[0]
            text, html = _stripped(raw["text"]), raw.get("html") or ""
            yield {**row, "title": raw.get("title") or "", "text": text, "html": html}


def _web_rows(data: Path, frequencies: Frequencies, models: Path) -> Iterator[PageRow]:
    """Pages of the open web with what their readers say they are, sifted as a user would."""
    for page in wcxb_pages(data):
        yield _web_row("wcxb", page.name, page.url, page.html, frequencies, models)
    for raw in read_rows(data / WEB_DATA[1]):
        yield _web_row("crawl", raw["id"], raw["url"], raw["text"], frequencies, models)


def _web_row(corpus: str, name: str, url: str, page: str | bytes, frequencies: Frequencies, models: Path) -> PageRow:
    kind = hand_kind(corpus, name)
    raw = {
        "id": f"{corpus}/{name}",
        "source": corpus,
        "group": registered_domain(url),
        "label": kind.value if kind else "",
        "method": "",
    }
    options = Options(kind=InputKind.HTML if isinstance(page, bytes) else InputKind.TEXT)
    return _row(raw, sift_page(read(page, url, options), models), frequencies)


def build_rows(data: Path, frequencies: Frequencies, models: Path) -> list[PageRow]:
    """All rows, as found and as made; ``models`` holds the block model for HTML."""
    rows: list[PageRow] = []
    rng = random.Random(SEED)
    bases: dict[str, list[dict[str, Any]]] = {}
    for raw in _found(data):
        sifted = sift_html(raw["html"], models) if raw["html"] else sift_text(raw["text"], is_clean=True)
        row = _row(raw, sifted, frequencies)
        rows.append(row)
        if raw["source"] in ("apt-eval", "detectrl", "farm-rss-mirror") or not row.features.style_confidence:
            continue
        part = excerpt(row.features.prose.text, rng)
        if part:
            rows.append(_row(raw, sift_text(part, is_clean=True), frequencies, "chunk"))
        if raw["label"] == "original":
            bases.setdefault(raw["group"], []).append({**raw, "text": row.features.prose.text})
    rows += _web_rows(data, frequencies, models)
    for raw, text, origin in made_pages(bases, rng):
        rows.append(_row(raw, sift_text(text, is_clean=origin in ("excerpt", "spun")), frequencies, origin))
    return rows


def _row(
    raw: dict[str, Any], sifted: tuple[Sifted, Document], frequencies: Frequencies, origin: str = "real"
) -> PageRow:
    features = page_features(*sifted, frequencies)
    columns, values, _, _ = gram_values(features.prose)
    return PageRow(
        name=raw["id"],
        source=raw["source"],
        group=raw["group"],
        kind=_OF_LABEL.get(raw["label"]),
        method=raw["method"],
        origin=origin,
        features=features,
        columns=columns,
        values=values,
    )
