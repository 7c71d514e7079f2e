"""From the data to rows of the page model: every page sifted, read and, where pages are scarce, made.

A row belongs to a *cell* (source, label, operator, how it was made): cells share the weight of training, so that no big
source drowns the small ones. Texts are stripped of what tells a source (prompt residue, share counters).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.blocks import split
from spamsift.declaration import declare
from spamsift.labelling import label, load_block_model
from spamsift.lexicon import load_table
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
from spamsift.text_statistics import Frequencies, is_prose, normalise, tabulate
from spamsift.training.corpora import read_rows, registered_domain, wcxb_pages
from spamsift.training.hand_kinds import hand_kind
from spamsift.training.mirrors import layouts, make_mirror
from spamsift.training.spinning import damaged_credit, load_thesaurus, spin

__all__ = [
    "PAGE_DATA",
    "WEB_DATA",
    "PageRow",
    "build_rows",
    "counted_words",
    "sift_html",
    "sift_page",
    "sift_text",
    "word_frequencies",
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
N_WORDS = 40_000
"""Words of the shipped frequency table; rarer ones are unknown."""
N_PER_GROUP = 12
"""Pages of one honest group that are excerpted, spun and mirrored; outlets give ten times as many."""
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


# --- tables ---------------------------------------------------------------------------------------------------


def _symspell_folder() -> Path:
    spec = find_spec("symspellpy")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("symspellpy gives the word frequencies: install it to train the page model.")
    return Path(next(iter(spec.submodule_search_locations)))


def counted_words() -> list[tuple[str, int]]:
    """English words by falling count, of SymSpell's dictionary (MIT)."""
    path = _symspell_folder() / "frequency_dictionary_en_82_765.txt"
    rows = (line.split() for line in path.read_text(encoding="utf-8-sig").splitlines())
    return sorted(((word, int(count)) for word, count in rows), key=lambda row: (-row[1], row[0]))


def word_frequencies() -> Frequencies:
    """The shipped tables: words and word pairs of SymSpell's dictionaries (MIT, from Google Books n-grams)."""
    words = counted_words()
    path = _symspell_folder() / "frequency_bigramdictionary_en_243_342.txt"
    pairs = (line.split() for line in path.read_text(encoding="utf-8-sig").splitlines())
    total = sum(count for _, count in words)
    return tabulate(words[:N_WORDS], [(a, b, int(count)) for a, b, count in pairs], total)


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
        excerpt = _excerpt(row.features.prose.text, rng)
        if excerpt:
            rows.append(_row(raw, sift_text(excerpt, is_clean=True), frequencies, "chunk"))
        if raw["label"] == "original":
            bases.setdefault(raw["group"], []).append({**raw, "text": row.features.prose.text})
    rows += _web_rows(data, frequencies, models)
    for raw, text, origin in _made(bases, rng):
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


# --- rows made ------------------------------------------------------------------------------------------------

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_CREDITS = (
    "Source: {outlet}",
    "Source link",
    "Via: {outlet}",
    "Originally published at {outlet}",
    "This article originally appeared on {outlet}.",
    "The post {title} appeared first on {outlet}.",
    "Read more on {outlet}",
    "Original Article",
)
_TRADES = ("gambling_words", "pharmacy_words", "essay_mill_words", "sales_call")
_KEYWORD_LINES = (
    "Find the {a} and {b} here.",
    "Our {a} is the leading {b} today.",
    "{a}, {b}, all in one place.",
    "Looking for {a}? Try {b} now.",
    "Many people choose {a} because of {b}.",
)
P_DOORWAY = 0.15
P_CLIPPED = 0.15
P_TRICK = 0.25
"""Chance of each trick of a doorway: look-alike letters in its keywords, its first paragraph once more at the end."""
_LOOK_ALIKES = str.maketrans("aeopc", "\u0430\u0435\u043e\u0440\u0441")
"""Latin letters to Cyrillic ones."""
_OUTLETS = (
    "The Lantern",
    "Harbour Post",
    "Kestrel Daily",
    "North Shore News",
    "Metro Ledger",
    "ValleyWire",
    "Tech Orbit",
)
_FURNITURE = (
    ("Be First to Comment", "Leave a Reply", "Your email address will not be published. Required fields are marked *"),
    ("Share this:", "Like this:", "Related"),
    (),
)


def _excerpt(text: str, rng: random.Random) -> str:
    """Some sentences in a row: long pages teach what short ones look like."""
    sentences = _SENTENCE.split(text.replace("\n", " "))
    length = rng.choice((4, 6, 8, 12, 20))
    if len(sentences) <= length:
        return ""
    start = rng.randrange(len(sentences) - length)
    excerpt = " ".join(sentences[start : start + length])[:4_000]
    return excerpt if len(excerpt.split()) >= 60 else ""


def _made(bases: dict[str, list[dict[str, Any]]], rng: random.Random) -> Iterator[tuple[dict[str, Any], str, str]]:
    ranks = {word: rank for rank, (word, _) in enumerate(counted_words())}
    thesaurus = load_thesaurus()
    headlines = [raw["title"] for group in bases.values() for raw in group if 20 < len(raw["title"]) < 120]
    for group in sorted(bases):
        pages = sorted(bases[group], key=lambda raw: str(raw["id"]))
        rng.shuffle(pages)
        n = 10 * N_PER_GROUP if pages[0]["source"] == "newspaper-opinion" else N_PER_GROUP
        for raw in pages[:n]:
            excerpt = _excerpt(raw["text"], rng)
            if not excerpt:
                continue
            yield raw, excerpt, "excerpt"
            spun = spin(excerpt, rng, ranks, thesaurus)
            if rng.random() < 0.3:
                spun = f"{spun}\n{damaged_credit(rng)}"
            yield {**raw, "label": "spun", "method": "thesaurus"}, spun, "spun"
            if rng.random() < P_DOORWAY:
                yield {**raw, "label": "doorway", "method": "stitched"}, _stitched(raw, excerpt, rng), "doorway"
            if rng.random() < P_CLIPPED:
                yield {**raw, "label": "thin", "method": "clipped"}, _clipped(excerpt, rng), "clipped"
            if rng.random() < 0.6:
                yield from _copies(raw, excerpt, headlines, rng)


def _stitched(raw: dict[str, Any], text: str, rng: random.Random) -> str:
    """A doorway: keywords of one trade run through sentences of something else, as on hacked and rented pages."""
    trade = rng.choice(_TRADES)
    phrases = [p for row in load_table("page_signals").rows if row.label == trade for p in row.phrases]
    keywords = rng.sample(phrases, min(len(phrases), rng.randint(2, 5)))
    title = f"{keywords[0].title()} - {rng.choice(('Best', 'Top', 'Cheap', 'Trusted'))} {keywords[1].title()}"
    if rng.random() < P_TRICK:
        keywords = [word[:1] + word[1:].translate(_LOOK_ALIKES) for word in keywords]
    sentences = []
    for sentence in _SENTENCE.split(text):
        sentences.append(sentence)
        if rng.random() < rng.uniform(0.1, 0.5):
            sentences.append(rng.choice(_KEYWORD_LINES).format(a=rng.choice(keywords), b=rng.choice(keywords)))
    paragraphs = [" ".join(sentences[i : i + 4]) for i in range(0, len(sentences), 4)]
    if rng.random() < P_TRICK:
        paragraphs.append(paragraphs[0])
    return "\n".join([title, *paragraphs, keywords[-1].capitalize()])


def _clipped(text: str, rng: random.Random) -> str:
    """A stub: the beginning of an article, broken off within a sentence."""
    words = " ".join(_SENTENCE.split(text)[: rng.randint(1, 4)]).split()
    kept = " ".join(words[: max(8, len(words) - rng.randint(2, 8))]).rstrip('.,;:!?"”’')
    return kept + rng.choice(("…", "...", " […]", " [...]", "", "… Read more"))


def _copies(
    raw: dict[str, Any], text: str, headlines: Sequence[str], rng: random.Random
) -> Iterator[tuple[dict[str, Any], str, str]]:
    paragraphs = [line for line in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text) if line]
    paragraphs = [" ".join(paragraphs[i : i + 2]) for i in range(0, len(paragraphs), 2)]
    title = raw["title"] or rng.choice(headlines)
    raw = {**raw, "label": "mirror"}
    kind = rng.random()
    if kind < 0.55:
        which = "test" if kind < 0.2 else "development"
        page = make_mirror(rng, rng.choice(layouts(which)), title, paragraphs, headlines)
        yield {**raw, "method": page.layout}, page.text, "mirror-test" if which == "test" else "mirror"
    else:
        credit = rng.choice(_CREDITS).format(outlet=rng.choice(_OUTLETS), title=title)
        lines = [title, *paragraphs, credit, *rng.choice(_FURNITURE)]
        yield {**raw, "method": "repost"}, "\n".join(lines), "repost"
