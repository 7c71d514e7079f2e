"""Count which words stand side by side in honest text, and beside names: the tables of ``models/name-fit``."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.lexicon import load_words
from spamsift.models import save_folder
from spamsift.name_fit import ENDINGS, NAME, NAME_FIT_VERSION, NUMBER, NameFit, tokens, word_class, word_hash
from spamsift.training.corpora import digest, read_rows, traf_pages

__all__ = ["build_name_fit", "count", "measure"]

N_WORDS = {"en": 1000, "de": 200, "fr": 200, "es": 200}
"""Commonest words that are a class of their own; of 40, 100, 300, 1,000 the AUROC on held-out English text was
0.887, 0.900, 0.912, 0.928."""
PRIOR = {"en": 2.0, "de": 4.0, "fr": 4.0, "es": 4.0}
"""Pairs added to what was seen and to what chance would give; more where less text was counted."""
SCALE = 16
"""Steps of one unit of log-odds in the stored whole numbers."""
MAX_TEXT = 6000
MIN_PARAGRAPH = 80
HELD_OUT = 5
"""Every fifth paragraph is counted for the measurement only."""
FILES = ("wcxb_dev.jsonl.gz", "pages_original.jsonl.gz", "sites_honest.jsonl.gz", "traf_dev.jsonl.gz")
MIN_FUNCTION_WORDS = 0.2
"""Share of a paragraph's words that are function words of its language."""

WORD_FILES = ("wcxb_dev.jsonl.gz", "pages_generated.jsonl.gz", "sites_honest.jsonl.gz")
"""Texts whose words are the ordinary ones: those of pages_original run words together."""
MIN_PAGES = 3
"""Pages that a word must stand on; of 2, 3, 5 pages there are 58,000, 42,000, 29,000 words."""

_WORD = re.compile(r"[^\W\d_]{2,24}")
_CODE = frozenset("{}<>|=#*[]")


def count(texts: Iterable[str], n_words: int, prior: float) -> tuple[list[str], NDArray[np.int8]]:
    """Classes, commonest word first, and the table of pairs of shape (n, n) in steps of 1 / ``SCALE``."""
    rows = [tokens(text) for text in texts]
    words = Counter(token for row in rows for token in row)
    common = [word for word, _ in words.most_common(n_words) if word not in (NAME, NUMBER) and not word[0].isdigit()]
    classes = [*common, NAME, NUMBER, "<other>", *(f"-{end}" for end in ENDINGS), "-"]
    known = {name: row for row, name in enumerate(classes)}
    single, pairs = np.zeros(len(classes)), np.zeros((len(classes), len(classes)))
    for row in rows:
        numbers = np.array([known[token if token == NAME else word_class(token, known)] for token in row], dtype=int)
        np.add.at(single, numbers, 1)
        np.add.at(pairs, (numbers[:-1], numbers[1:]), 1)
    expected = np.outer(single, single) / max(1.0, single.sum())
    table = np.log((pairs + prior) / (expected + prior))
    return classes, np.clip(np.rint(table * SCALE), -127, 127).astype(np.int8)


def measure(fit: NameFit, texts: Iterable[str], rng: random.Random) -> dict[str, float]:
    """AUROC of single places: gaps between two words (a mirror's choice) against the places of names."""
    honest: list[float] = []
    gaps: list[float] = []
    for text in texts:
        row = tokens(text)
        for i in range(1, len(row) - 1):
            if row[i] == NAME and NAME not in (row[i - 1], row[i + 1]):
                honest.append(fit.gain(row[i - 1], row[i + 1]))
        if len(row) > 10:
            at = rng.randrange(1, len(row) - 1)
            if row[at][0].isalpha() and row[at - 1][0].isalpha() and NAME not in (row[at], row[at - 1]):
                gaps.append(fit.gain(row[at - 1], row[at]))
    merged = np.concatenate([honest, gaps])
    ranks = merged.argsort().argsort()
    area = (ranks[len(honest) :].sum() - len(gaps) * (len(gaps) - 1) / 2) / max(1, len(honest) * len(gaps))
    return {
        "auroc": round(float(area), 4),
        "n_names": len(honest),
        "n_gaps": len(gaps),
        "gaps_above_0": round(float((np.array(gaps) > 0).mean()), 4),
        "names_above_0": round(float((np.array(honest) > 0).mean()), 4),
        "names_above_1": round(float((np.array(honest) > 1).mean()), 4),
    }


def ordinary_words(data: Path) -> NDArray[np.uint32]:
    """Hashes, in order, of the words that several pages write with a small letter, or at all in German."""
    pages: Counter[str] = Counter()
    for file in WORD_FILES:
        for row in read_rows(data / file):
            text, is_german = row.get("main_content") or row.get("text") or "", row.get("lang") == "de"
            pages.update({word.lower() for word in _WORD.findall(text) if is_german or word[0].islower()})
    for text in _texts_of_pages(data):
        pages.update({word.lower() for word in _WORD.findall(text)})
    return np.unique(np.array([word_hash(word) for word, n in pages.items() if n >= MIN_PAGES], dtype=np.uint32))


def build_name_fit(data: Path, out: Path) -> dict[str, dict[str, float]]:
    """Count, measure on every fifth paragraph, write ``out/name-fit``; a minute. Returns the figures by language."""
    arrays: dict[str, NDArray[Any]] = {"words": ordinary_words(data)}
    classes, scores = {}, {}
    for language, n_words in N_WORDS.items():
        texts = _texts(data, language)
        held = texts[::HELD_OUT]
        names, table = count([text for i, text in enumerate(texts) if i % HELD_OUT], n_words, PRIOR[language])
        fit = NameFit({name: row for row, name in enumerate(names)}, table, SCALE)
        scores[language] = measure(fit, held, random.Random(5)) | {"n_texts": len(texts)}
        arrays[f"{language}.pair"], classes[language] = table, names
    manifest: dict[str, Any] = {
        "name": "name-fit",
        "classes": classes,
        "scale": SCALE,
        "scores": scores,
        "training": {file: digest(data / file) for file in sorted({*FILES, *WORD_FILES})},
    }
    card = Path(__file__).with_name("name_fit_card.md").read_text(encoding="utf-8")
    for language, found in scores.items():
        card += f"| {language} | {found['n_texts']} | {found['auroc']:.3f} | {found['gaps_above_0']:.2f} | "
        card += f"{found['names_above_0']:.2f} | {found['names_above_1']:.2f} |\n"
    save_folder(out / "name-fit", NAME_FIT_VERSION, arrays, manifest, card)
    return scores


def _texts(data: Path, language: str) -> list[str]:
    """Paragraphs of honest prose in one language, in an order that depends on nothing but the corpora."""
    found: list[str] = []
    if language == "en":
        pages = (row for row in read_rows(data / FILES[0]) if row["page_type"] == "article" and row["main_content"])
        found += [line for row in pages for line in row["main_content"].split("\n")]
        found += [row["text"][:MAX_TEXT] for row in read_rows(data / FILES[1])]
    else:
        found += [line for text in _texts_of_pages(data) for line in text.split("\n") if _is_in(line, language)]
    rows: Sequence[dict[str, Any]] = [row for row in read_rows(data / FILES[2]) if row["lang"] == language]
    found += [line for row in rows if not row.get("html") for line in row["text"][:MAX_TEXT].split("\n")]
    found = [text for text in found if len(text) >= MIN_PARAGRAPH and not _CODE.intersection(text[:MAX_TEXT])]
    random.Random(1).shuffle(found)
    return found


@cache
def _texts_of_pages(data: Path) -> tuple[str, ...]:
    """The articles of trafilatura's pages, most of them German, as trafilatura reads them."""
    from trafilatura import extract

    pages = (extract(page.html, deduplicate=False, include_comments=False) for page in traf_pages(data))
    return tuple(text for text in pages if text)


def _is_in(line: str, language: str) -> bool:
    words = line.lower().split()
    shares = {name: sum(word in load_words("function_words", name) for word in words) for name in N_WORDS}
    return shares[language] == max(shares.values()) and shares[language] >= MIN_FUNCTION_WORDS * max(1, len(words))
