"""Headlines of other stories that stay in the clean text: the whole program on pages made from honest stories.

Mirrors in the layouts that no model was trained on, as text and as HTML, and stories as weak extractors leave them:
inserts between the paragraphs and a tail of lists, half of them without a heading. Stories and headlines come from
corpora that the block models never saw.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spamsift.pipeline import sift
from spamsift.records import BlockLabel, InputKind, Options
from spamsift.training.corpora import read_rows
from spamsift.training.mirrors import HEADLINE_CHARS, is_headline, layouts, make_leftover, make_mirror
from spamsift.training.surgery_scores import read_texts, stories

__all__ = ["HeadlineScores", "score_headlines"]

SEED = 5
N_POOL = 60
"""Headlines that one page draws from."""

_Lines = Sequence[tuple[str, BlockLabel]]


@dataclass(frozen=True, slots=True)
class HeadlineScores:
    """Figures over many made pages."""

    n_headlines: int
    """Lines of the related kind, of at least 25 characters."""
    left: float
    """Share of them that stands in the clean text."""
    body_kept: float
    """Share of the paragraphs, without injected brands, that stands in it to the letter."""


def score_headlines(data: Path, n_pages: int) -> dict[str, HeadlineScores]:
    """Figures for mirrors as text and as HTML, and for leftovers; ``n_pages`` of each."""
    rng = random.Random(SEED)
    told = list(stories(read_texts(data)))
    headlines = [title for row in read_rows(data / "sites_honest.jsonl.gz") if is_headline(title := _title(row))]
    rng.shuffle(told)
    rows = layouts("test")
    mirrors = [
        (make_mirror(rng, rows[i % len(rows)], title, paragraphs, rng.sample(headlines, N_POOL)), paragraphs)
        for i, (title, paragraphs) in enumerate(told[:n_pages])
    ]
    leftovers = [
        (make_leftover(rng, paragraphs, rng.sample(headlines, N_POOL)), paragraphs)
        for _, paragraphs in told[n_pages : 2 * n_pages]
    ]
    text, html = Options(kind=InputKind.TEXT), Options(kind=InputKind.HTML)
    return {
        "mirrors as text": _score((sift(page.text, None, text).text, page.blocks, body) for page, body in mirrors),
        "mirrors as HTML": _score((sift(page.html, None, html).text, page.blocks, body) for page, body in mirrors),
        "leftovers as text": _score(
            (sift("\n".join(line for line, _ in lines), None, text).text, lines, body) for lines, body in leftovers
        ),
    }


def _title(row: dict[str, object]) -> str:
    return str(row.get("title") or "").strip()


def _score(pages: Iterable[tuple[str, _Lines, Sequence[str]]]) -> HeadlineScores:
    is_left: list[bool] = []
    is_kept: list[bool] = []
    for text, lines, paragraphs in pages:
        clean = " ".join(text.split())
        is_left += [line in clean for line in _headlines(lines)]
        is_kept += [paragraph in clean for paragraph in paragraphs]
    return HeadlineScores(len(is_left), sum(is_left) / max(len(is_left), 1), sum(is_kept) / max(len(is_kept), 1))


def _headlines(lines: _Lines) -> Iterator[str]:
    for line, label in lines:
        if label is BlockLabel.RELATED and len(line) >= HEADLINE_CHARS[0]:
            yield " ".join(line.split())
