"""Training pages for the block models: gold pages as HTML and as text, and synthetic mirrors.

Plain text is made from the same pages: all lines of a page, the article with a few lines of junk around it (what
weak extractors leave), and the article alone (which must come out whole). Mirrors are made from the
articles with the development layouts of :mod:`spamsift.training.mirrors`; they carry their labels.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from spamsift.block_features import block_features, find_hits
from spamsift.blocks import Split, split
from spamsift.declaration import declare
from spamsift.groundwork import prepare
from spamsift.reading import read
from spamsift.records import ARTICLE_LABELS, Block, BlockLabel, Declaration, Document, InputKind, Options
from spamsift.tokens import Tokens, block_tokens, page_signs
from spamsift.training.alignment import coverage
from spamsift.training.corpora import GoldPage, traf_pages, wcxb_pages
from spamsift.training.fixture_scores import fixture_folders, labels_of, page_of, read_labels
from spamsift.training.hand_labels import hand_labels
from spamsift.training.mirrors import is_headline, layouts, make_leftover, make_mirror
from spamsift.training.silver import BESIDE_THE_BODY, IN_ARTICLE, NOT_ARTICLE, silver_labels

__all__ = ["BlockPage", "Rendering", "build_fixtures", "build_pages", "gold_corpora", "token_matrix"]

MIRROR_EVERY = 4
"""Every fourth article is also mirrored: enough for every layout some twenty times, too few to rule the model."""
SOUP_EVERY = 3
"""Every third page is also read without its class names and with ``div`` for every semantic tag: farms write such
markup, and a model that has seen class names only trusts nothing else."""
FOREIGN_EVERY, FOREIGN_OFFSET = 3, 1
"""Every third page is also read in a language nobody knows, letters swapped for letters: no phrase and no function
word is found there, so that a Polish page is judged by its shape and not kept whole for want of known junk."""
FOREIGN_LETTERS = str.maketrans(
    "aeioubcdfghjklmnpqrstvwxyzAEIOUBCDFGHJKLMNPQRSTVWXYZ", "eiouadfghjklmnpqrstvwxyzbcEIOUADFGHJKLMNPQRSTVWXYZBC"
)
SEMANTIC_TAGS = frozenset("nav header footer aside article main section figure figcaption address".split())
P_BLANK_LINES = 0.5
"""Share of the leftovers whose lines are parted by blank ones."""
MIN_PARAGRAPH = 60
"""Characters of a line of gold text that a mirror takes as a paragraph."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """How one gold page was turned into an input."""

    name: str
    weight: float
    """Weight of its blocks in training, relative to the page itself."""


PAGE = Rendering("page", 1.0)
MIRROR = Rendering("mirror", 1.0)
DIV_SOUP = Rendering("div-soup", 0.5)
CROPPED = Rendering("cropped", 0.5)
ARTICLE_ONLY = Rendering("article-only", 0.5)
LEFTOVER = Rendering("leftover", 0.5)
FOREIGN = Rendering("foreign", 0.5)
FIXTURE = Rendering("fixture", 1.5)
"""A page written for this project, every block labelled by hand: few, but farms and odd shapes are here only."""
TYPED = Rendering("typed", 1.0)
"""A page written for the kinds of junk: what is article text on it teaches nobody, so that the figures of that stay
those of real pages. The kinds have weights of their own (:mod:`spamsift.training.kind_models`)."""


@dataclass(frozen=True, slots=True)
class BlockPage:
    """One input with everything that training needs; arrays have one row per block."""

    gold: GoldPage
    rendering: Rendering
    group: str
    """Registered domain: pages of one group are in one fold."""
    source: str
    blocks: tuple[Block, ...]
    rows: NDArray[np.float32]
    tokens: Tokens
    signs: NDArray[np.float32]
    """What tells the page's type, shape (n_signs,)."""
    target: NDArray[np.float32]
    """1 article, 0 not, NaN unknown."""
    labels: tuple[BlockLabel | None, ...]
    by_hand: bool
    """Whether a person gave the labels, or the generator that wrote the page; else they are silver."""


def gold_corpora(folder: Path) -> list[GoldPage]:
    """All gold pages, WCXB first."""
    return wcxb_pages(folder) + traf_pages(folder)


def build_fixtures(fixtures: Path, kind: InputKind) -> list[BlockPage]:
    """The hand-labelled fixtures but those held out: HTML pages as HTML; text pages, and HTML pages as lines, as
    text."""
    found = []
    for folder in fixture_folders(fixtures):
        path = page_of(folder)
        if kind is InputKind.HTML and path.suffix != ".html":
            continue
        document = read(path, None, Options())
        if kind is InputKind.TEXT and path.suffix == ".html":
            document = read(split(document).source, None, Options(kind=InputKind.TEXT))
        parts = split(document)
        labels = labels_of(parts.blocks, read_labels(folder))
        text = "\n".join(b.text for b, label in zip(parts.blocks, labels, strict=True) if label in ARTICLE_LABELS)
        page = GoldPage(folder.name, "", b"", "", None, text, (), ())
        rendering = TYPED if folder.parent.name == TYPED.name else FIXTURE
        known = [float("nan") if rendering is TYPED else _mirror_target(label) for label in labels]
        truth = _Truth(tuple(known), labels, by_hand=True)
        found.append(_block_page(page, rendering, parts, declare(document), truth, kind is InputKind.HTML))
    return found


def token_matrix(page: BlockPage) -> Any:
    """The tokens of a page as a sparse matrix, a row per block."""
    from scipy import sparse

    tokens = page.tokens
    shape = (tokens.n_blocks, tokens.n_columns)
    ones = np.ones(len(tokens.column), dtype=np.float32)
    return sparse.csr_matrix((ones, (tokens.block.astype(np.int32), tokens.column.astype(np.int32))), shape=shape)


def build_pages(
    gold: Sequence[GoldPage], kind: InputKind, n_jobs: int, progress: Callable[[Iterable[object]], Iterable[object]]
) -> list[BlockPage]:
    """Every rendering of every gold page for one kind of input, in order."""
    headlines = tuple(dict.fromkeys(page.title for page in gold if page.title and is_headline(page.title)))
    tasks = (delayed(_renderings)(page, i, kind, headlines) for i, page in enumerate(gold))
    found = Parallel(n_jobs=n_jobs, batch_size=4, return_as="generator")(tasks)
    return [page for pages in progress(found) for page in pages]  # type: ignore[attr-defined]


def _renderings(page: GoldPage, index: int, kind: InputKind, headlines: Sequence[str]) -> list[BlockPage]:
    rng = random.Random(f"{kind.value} {page.name}")
    document = read(page.html, page.url, Options(kind=InputKind.HTML))
    parts = split(document)
    if not parts.blocks:
        return []
    share = coverage(parts.blocks, page.main_content) if page.main_content is not None else None
    declared = declare(document)
    labels = hand_labels(page.name, parts.blocks)
    by_hand = labels is not None
    if labels is None:
        hits = find_hits(parts.blocks)
        labels = tuple(silver_labels(parts.blocks, hits, None if share is None else share.tolist(), declared.metadata))
    target = _target(page, parts.blocks, share)
    if page.page_type == "article":
        _leave_out(target, labels, by_hand)
    truth = _Truth(tuple(target.tolist()), labels, by_hand)
    if kind is InputKind.HTML:
        found = [_block_page(page, PAGE, parts, declared, truth)]
        if index % SOUP_EVERY == 0:
            found.append(_as_html(page, DIV_SOUP, _without_names(page), truth))
        if index % FOREIGN_EVERY == FOREIGN_OFFSET:
            found.append(_as_html(page, FOREIGN, _in_foreign_letters(page), truth))
    else:
        lines = list(zip((block.text for block in parts.blocks), truth.target, labels, strict=True))
        found = _text_renderings(page, lines, by_hand, rng)
        if index % FOREIGN_EVERY == FOREIGN_OFFSET:
            foreign = [(text.translate(FOREIGN_LETTERS), known, label) for text, known, label in lines]
            found.append(_text_page(page, FOREIGN, foreign, by_hand))
    if kind is InputKind.TEXT and page.page_type == "article":
        found += _leftover(page, headlines, rng)
    if index % MIRROR_EVERY == 0 and page.page_type == "article" and page.main_content:
        found += _mirror(page, kind, headlines, rng)
    return found


@dataclass(frozen=True, slots=True)
class _Truth:
    """What is known of the blocks of a page."""

    target: tuple[float, ...]
    labels: tuple[BlockLabel | None, ...]
    by_hand: bool


def _as_html(page: GoldPage, rendering: Rendering, document: Document, truth: _Truth) -> BlockPage:
    parts = split(document)
    return _block_page(page, rendering, parts, declare(document), truth)


def _block_page(
    page: GoldPage, rendering: Rendering, parts: Split, declared: Declaration, truth: _Truth, with_dom: bool = True
) -> BlockPage:
    """An input with its features and tokens."""
    groundwork = prepare(parts.blocks, with_dom)
    rows = block_features(parts.source, parts.blocks, find_hits(parts.blocks), declared, with_dom, groundwork)
    tokens = block_tokens(parts.blocks, with_dom, groundwork)
    signs = page_signs(declared, tokens, with_dom).astype(np.float32)
    target = np.array(truth.target, dtype=np.float32)
    return BlockPage(
        page,
        rendering,
        page.group,
        parts.source,
        parts.blocks,
        rows,
        tokens,
        signs,
        target,
        truth.labels,
        truth.by_hand,
    )


def _target(page: GoldPage, blocks: Sequence[Block], share: NDArray[np.float32] | None) -> NDArray[np.float32]:
    if share is not None:
        return np.where(share >= IN_ARTICLE, 1.0, np.where(share < NOT_ARTICLE, 0.0, np.nan)).astype(np.float32)
    target = np.full(len(blocks), np.nan, dtype=np.float32)
    for snippets, value in ((page.forbidden, 0.0), (page.required, 1.0)):
        for snippet in (" ".join(s.split()) for s in snippets):
            matches = [i for i, block in enumerate(blocks) if snippet in block.text]
            if len(matches) == 1:  # a snippet found twice says nothing about either place
                target[matches[0]] = value
    return target


def _leave_out(target: NDArray[np.float32], labels: Sequence[BlockLabel | None], by_hand: bool) -> None:
    """Captions and bylines are none of an article's body, which gold counts in on some pages and leaves out on others:
    by a person's word they are beside it, by silver's they are of no use to either side."""
    for i, label in enumerate(labels):
        if by_hand and label is not None and label not in ARTICLE_LABELS:
            target[i] = 0.0
        elif not by_hand and label in BESIDE_THE_BODY and target[i] == 1.0:
            target[i] = np.nan


def _without_names(page: GoldPage) -> Document:
    """The same page, its markup saying nothing: the blocks and what is known of them stay."""
    document = read(page.html, page.url, Options(kind=InputKind.HTML))
    for element in document.tree.iter() if document.tree is not None else ():
        if element.tag in SEMANTIC_TAGS:
            element.tag = "div"
        for name in ("class", "id", "role", "itemprop", "aria-label", "rel"):
            element.attrib.pop(name, None)
    return document


def _in_foreign_letters(page: GoldPage) -> Document:
    """The same page in a language nobody knows; names of classes and tags stay, as on any foreign page."""
    document = read(page.html, page.url, Options(kind=InputKind.HTML))
    for element in document.tree.iter() if document.tree is not None else ():
        if element.text and element.tag not in ("script", "style"):
            element.text = element.text.translate(FOREIGN_LETTERS)
        if element.tail:
            element.tail = element.tail.translate(FOREIGN_LETTERS)
        if element.tag == "meta" and "title" in str(element.get("property") or element.get("name")):
            element.set("content", str(element.get("content")).translate(FOREIGN_LETTERS))
    return document


_Line = tuple[str, float, BlockLabel | None]


def _text_renderings(page: GoldPage, lines: Sequence[_Line], by_hand: bool, rng: random.Random) -> list[BlockPage]:
    found = [_text_page(page, PAGE, lines, by_hand)]
    article = [i for i, (_, target, _) in enumerate(lines) if target == 1.0]
    if page.main_content is None or not article:
        return found
    low = max(0, article[0] - rng.randint(0, 4))
    high = article[-1] + 1 + rng.choice((0, 2, 6, 15, 40))
    cropped = [line for line in lines[low:high] if line[1] == 1.0 or rng.random() < 0.8]
    found.append(_text_page(page, CROPPED, cropped, by_hand))
    whole: list[_Line] = [(line, 1.0, None) for line in map(str.strip, page.main_content.splitlines()) if line]
    found.append(_text_page(page, ARTICLE_ONLY, whole, False))
    return found


def _text_page(
    page: GoldPage, rendering: Rendering, lines: Sequence[_Line], by_hand: bool, parted_by: str = "\n"
) -> BlockPage:
    """A text of those lines; a block that joins several takes the first one's truth."""
    text = parted_by.join(line for line, _, _ in lines)
    starts = np.cumsum([0, *(len(line) + len(parted_by) for line, _, _ in lines)])[:-1]
    parts = split(read(text, page.url, Options(kind=InputKind.TEXT)))
    at = (np.searchsorted(starts, [block.start for block in parts.blocks], side="right") - 1).tolist()
    truth = _Truth(tuple(lines[i][1] for i in at), tuple(lines[i][2] for i in at), by_hand)
    return _block_page(page, rendering, parts, Declaration(), truth, with_dom=False)


def _paragraphs(page: GoldPage) -> list[str]:
    """Lines of gold text that are long enough for a paragraph, white space folded."""
    return [" ".join(line.split()) for line in (page.main_content or "").splitlines() if len(line) >= MIN_PARAGRAPH]


def _leftover(page: GoldPage, headlines: Sequence[str], rng: random.Random) -> list[BlockPage]:
    paragraphs = _paragraphs(page)
    if len(paragraphs) < 2:
        return []
    made = make_leftover(rng, paragraphs, rng.sample(headlines, min(60, len(headlines))))
    lines: list[_Line] = [(text, _mirror_target(label), label) for text, label in made]
    return [_text_page(page, LEFTOVER, lines, by_hand=True, parted_by="\n\n" if rng.random() < P_BLANK_LINES else "\n")]


def _mirror(page: GoldPage, kind: InputKind, headlines: Sequence[str], rng: random.Random) -> list[BlockPage]:
    paragraphs = _paragraphs(page)
    if len(paragraphs) < 2:
        return []
    layout = rng.choice(layouts("development"))
    made = make_mirror(
        rng, layout, page.title or paragraphs[0][:70], paragraphs, rng.sample(headlines, min(60, len(headlines)))
    )
    document = read(made.html if kind is InputKind.HTML else made.text, None, Options(kind=kind))
    parts = split(document)
    gold = {" ".join(text.split()): label for text, label in made.blocks}
    labels = tuple(gold.get(" ".join(block.text.split())) for block in parts.blocks)
    truth = _Truth(tuple(map(_mirror_target, labels)), labels, by_hand=True)
    return [_block_page(page, MIRROR, parts, declare(document), truth, kind is InputKind.HTML)]


def _mirror_target(label: BlockLabel | None) -> float:
    return float("nan") if label is None else float(label in (BlockLabel.BODY, BlockLabel.HEADING))
