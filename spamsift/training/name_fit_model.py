"""Learn which sentences have no place for a name: the regressions of ``models/name-fit``, one per language.

Rows are places of honest prose: where a name stands (negative), and gaps between two words drawn at random, where a
mirror would drop its brand (positive). Each fold's regression, which read no text of the groups of that fold, is kept
for :mod:`spamsift.training.brand_model`: on a text that it was trained on it knows the names and the gaps by heart.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from spamsift.lexicon import load_words
from spamsift.models import save_folder
from spamsift.name_fit import (
    N_COMMON,
    N_SIDE,
    NAME_FIT_VERSION,
    PAUSES,
    SENTENCE_STOPS,
    Vocabulary,
    side_columns,
    tokens,
)
from spamsift.training.corpora import digest, fold_of, read_rows, registered_domain, traf_pages
from spamsift.training.word_tables import common_pairs, word_groups
from spamsift.word_hashes import HashTable, word_hash

__all__ = ["N_FOLDS", "build_name_fit"]

N_FOLDS = 4
"""Folds by outlet, site or domain; the same as those of ``training.brand_model``."""
N_WORDS = {"en": 1000, "de": 200, "fr": 200, "es": 200}
"""Commonest words, by which a language is told and a capital in mid-sentence is told from a name."""
N_COLUMNS = {"en": 1 << 19, "de": 1 << 16, "fr": 1 << 15, "es": 1 << 15}
"""Columns of the regression; 2^15 to 2^18 gave English 0.935, 0.944, 0.951, 0.955 (AUROC, with 18 columns a place)."""
GAPS_PER_NAME = 2
INVERSE_PENALTY = {"en": 0.2, "de": 0.2, "fr": 3.0, "es": 1.0}
"""Less penalty where there are few places: out of fold 0.2, 1, 3, 10 gave French 0.868, 0.890, 0.895, 0.897 (AUROC)."""
SCALE = 16
"""Steps of one unit of log-odds in the stored whole numbers."""
MAX_TEXT = 6000
MIN_PARAGRAPH, MIN_TOKENS = 80, 8
MIN_LOWER = 3
"""Times that the corpus writes a word with a small letter, from which it is no name at the start of a sentence."""
FILES = ("wcxb_dev.jsonl.gz", "pages_original.jsonl.gz", "sites_honest.jsonl.gz", "traf_dev.jsonl.gz")
MIN_FUNCTION_WORDS = 0.2
"""Share of a paragraph's words that are function words of its language."""

WORD_FILES = ("wcxb_dev.jsonl.gz", "pages_generated.jsonl.gz", "sites_honest.jsonl.gz")
"""Texts whose words are the ordinary ones: those of pages_original run words together."""
MIN_PAGES = 3
"""Pages that a word must stand on; of 2, 3, 5 pages there are 58,000, 42,000, 29,000 words."""

_WORD = re.compile(r"[^\W\d_]{2,24}")
_CODE = frozenset("{}<>|=#*[]")
_GAP_MARKS, _OPENINGS = frozenset(',.?!"“”—–-;:)'), frozenset('"“‘«„')
"""Marks behind which a mirror drops its brand, too, and marks before which it does as often as before words."""
P_PART = 0.25
P_RUN_IN = 0.5
"""Share of the names at the end of a sentence whose full stop is left out: lines that were run together."""
P_BEFORE_PAUSE = 0.23
"""Share of the gaps that stand before a mark of ``PAUSES``: as many as of the names do, so that the mark itself says
nothing, and the word before it decides."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    group: str


@dataclass(frozen=True)
class _Places:
    """Places of one language as rows of a regression."""

    columns: NDArray[np.int32]
    """Shape (n_places, n_features)."""
    is_gap: NDArray[np.bool_]
    fold: NDArray[np.int64]

    def matrix(self, mask: NDArray[np.bool_], n_columns: int) -> sp.csr_matrix:
        columns = self.columns[mask]
        n, width = columns.shape
        data, ends = np.ones(n * width, dtype=np.float32), np.arange(0, n * width + 1, width)
        return sp.csr_matrix((data, columns.ravel(), ends), shape=(n, n_columns))


def build_name_fit(data: Path, out: Path, folds: Path, n_jobs: int) -> dict[str, dict[str, float]]:
    """Fit and measure out of fold, write ``out/name-fit`` and ``folds/K/name-fit``. Returns the figures."""
    tables: dict[str, NDArray[Any]] = {"words": ordinary_words(data)}
    facts: list[dict[str, dict[str, Any]]] = [{} for _ in range(N_FOLDS + 1)]
    weights: list[dict[str, NDArray[np.int8]]] = [{} for _ in range(N_FOLDS + 1)]
    scores = {}
    for language, n_words in N_WORDS.items():
        texts = _texts(data, language)
        lower = Counter(token for one in texts for token in tokens(one.text) if token[0].islower())
        words = [word for word, _ in lower.most_common(n_words)]
        known, common = frozenset(words), frozenset(words[:N_COMMON])
        vocabulary = Vocabulary(known, common)
        if language == "en":
            pairs, groups = common_pairs(), word_groups((tokens(one.text) for one in texts), lower)
            vocabulary = Vocabulary(known, common, HashTable.of(*pairs), HashTable.of(*groups))
            tables |= {"en.pairs": pairs[0], "en.pairs_values": pairs[1]}
            tables |= {"en.groups": groups[0], "en.groups_values": groups[1]}
        places = _places(texts, lower, vocabulary, N_COLUMNS[language])
        held_out = np.zeros(len(places.is_gap))
        jobs = (joblib.delayed(_fit)(places, places.fold != k, language) for k in range(N_FOLDS + 1))
        for k, (found, bias) in enumerate(joblib.Parallel(n_jobs=n_jobs)(jobs)):  # the last one is fitted on everything
            weights[k][f"{language}.weights"], facts[k][language] = found, {"words": words, "bias": bias}
            mask = places.fold == k
            held_out[mask] = bias + found[places.columns[mask]].sum(axis=1, dtype=np.int64) / SCALE
        scores[language] = _measure(places.is_gap, held_out) | {"n_texts": len(texts)}
    training = {file: digest(data / file) for file in sorted({*FILES, *WORD_FILES})}
    for k in range(N_FOLDS + 1):
        path = (out if k == N_FOLDS else folds / str(k)) / "name-fit"
        manifest = {
            "name": "name-fit",
            "languages": facts[k],
            "scale": SCALE,
            "scores": scores,
            "training": training,
            "symspellpy": version("symspellpy"),
        }
        save_folder(path, NAME_FIT_VERSION, tables | weights[k], manifest, _card(scores))
    return scores


def _card(scores: dict[str, dict[str, float]]) -> str:
    rows = (
        f"| {language} | {found['n_texts']} | {found['auroc']:.3f} | {found['gaps_above_0']:.2f} | "
        f"{found['names_above_0']:.2f} | {found['gaps_above_2']:.2f} | {found['names_above_2']:.3f} |\n"
        for language, found in scores.items()
    )
    return Path(__file__).with_name("name_fit_card.md").read_text(encoding="utf-8").replace("{{rows}}", "".join(rows))


def _fit(places: _Places, mask: NDArray[np.bool_], language: str) -> tuple[NDArray[np.int8], float]:
    """Weights in steps of 1 / ``SCALE``, and the bias at which a gap is as likely as a name."""
    target = places.is_gap[mask]
    model = LogisticRegression(C=INVERSE_PENALTY[language], solver="liblinear", tol=1e-3, random_state=0)
    model.fit(places.matrix(mask, N_COLUMNS[language]), target)
    prior = np.log(target.mean() / (1 - target.mean()))
    weights = np.clip(np.rint(model.coef_[0] * SCALE), -127, 127).astype(np.int8)
    return weights, round(float(model.intercept_[0] - prior), 4)


def _measure(is_gap: NDArray[np.bool_], gains: NDArray[np.float64]) -> dict[str, float]:
    found = {"auroc": float(roc_auc_score(is_gap, gains))}
    for bar in (0, 2):
        found[f"gaps_above_{bar}"] = float((gains[is_gap] > bar).mean())
        found[f"names_above_{bar}"] = float((gains[~is_gap] > bar).mean())
    return {name: round(value, 4) for name, value in found.items()} | {
        "n_names": int((~is_gap).sum()),
        "n_gaps": int(is_gap.sum()),
    }


# --- places ---------------------------------------------------------------------------------------------------


def _places(texts: Sequence[_Text], lower: Counter[str], words: Vocabulary, n_columns: int) -> _Places:
    rng = random.Random(3)
    columns: list[list[int]] = []
    is_gap: list[bool] = []
    folds: list[int] = []
    for one in texts:
        row, fold = tokens(one.text), fold_of(one.group, N_FOLDS)
        names = list(_names(row, lower))
        gaps = _gaps(rng, row, GAPS_PER_NAME * max(1, len(names)))
        for start, end in (*names, *_parts(rng, names), *((gap, gap) for gap in gaps)):
            is_run_in = start < end < len(row) and row[end] == "." and rng.random() < P_RUN_IN
            right = row[end + is_run_in : end + is_run_in + N_SIDE]
            left = row[max(0, start - N_SIDE - 1) : start]
            columns.append(side_columns(left, right, words, n_columns))
            is_gap.append(start == end)
            folds.append(fold)
    return _Places(np.array(columns, dtype=np.int32), np.array(is_gap), np.array(folds))


def _names(row: Sequence[str], lower: Counter[str]) -> Iterator[tuple[int, int]]:
    """Where runs of capitalised words begin and end."""
    i = 0
    while i < len(row):
        j = i
        while j < len(row) and row[j][0].isupper() and len(row[j]) > 1:
            j += 1
        is_start = i == 0 or row[i - 1] in SENTENCE_STOPS
        if j > i and not (is_start and lower[row[i].lower()] >= MIN_LOWER):
            yield i, j
        i = max(j, i + 1)


def _parts(rng: random.Random, names: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The beginning or the end of some names of several words: a candidate may be a part of a name."""
    for start, end in names:
        if end - start > 1 and rng.random() < P_PART:
            cut = rng.randrange(start + 1, end)
            yield (start, cut) if rng.random() < 0.5 else (cut, end)


def _gaps(rng: random.Random, row: Sequence[str], n: int) -> Iterator[int]:
    """Places between two words, drawn at random."""
    if len(row) < MIN_TOKENS:
        return
    stops = [i for i in range(1, len(row)) if row[i] in PAUSES and row[i - 1][0].isalnum()]
    for _ in range(n):
        if stops and rng.random() < P_BEFORE_PAUSE:
            yield rng.choice(stops)
            continue
        gap = rng.randrange(len(row) - 1)
        before = row[gap - 1] if gap else ""
        is_word = row[gap][0].isalnum() or row[gap] in _OPENINGS
        if is_word and (not before or before[0].isalnum() or before in _GAP_MARKS):
            yield gap


# --- texts ----------------------------------------------------------------------------------------------------


def _texts(data: Path, language: str) -> list[_Text]:
    """Paragraphs of honest prose in one language, in an order that depends on nothing but the corpora."""
    found: list[_Text] = []
    if language == "en":
        pages = (row for row in read_rows(data / FILES[0]) if row["page_type"] == "article" and row["main_content"])
        found += [
            _Text(line, registered_domain(row["url"])) for row in pages for line in row["main_content"].split("\n")
        ]
        found += [_Text(row["text"][:MAX_TEXT], str(row["group"])) for row in read_rows(data / FILES[1])]
    else:
        found += [
            _Text(line, page.group)
            for page in _texts_of_pages(data)
            for line in page.text.split("\n")
            if _is_in(line, language)
        ]
    rows: Sequence[dict[str, Any]] = [row for row in read_rows(data / FILES[2]) if row["lang"] == language]
    found += [
        _Text(line, str(row["group"]))
        for row in rows
        if not row.get("html")
        for line in row["text"][:MAX_TEXT].split("\n")
    ]
    found = [one for one in found if len(one.text) >= MIN_PARAGRAPH and not _CODE.intersection(one.text[:MAX_TEXT])]
    random.Random(1).shuffle(found)
    return found


@cache
def _texts_of_pages(data: Path) -> tuple[_Text, ...]:
    """The articles of trafilatura's pages, most of them German, as trafilatura reads them."""
    from trafilatura import extract

    found = ((extract(p.html, deduplicate=False, include_comments=False), p.group) for p in traf_pages(data))
    return tuple(_Text(text, group) for text, group in found if text)


def _is_in(line: str, language: str) -> bool:
    words = line.lower().split()
    shares = {name: sum(word in load_words("function_words", name) for word in words) for name in N_WORDS}
    return shares[language] == max(shares.values()) and shares[language] >= MIN_FUNCTION_WORDS * max(1, len(words))


def ordinary_words(data: Path) -> NDArray[np.uint32]:
    """Hashes, in order, of the words that several pages write with a small letter, or at all in German."""
    pages: Counter[str] = Counter()
    for file in WORD_FILES:
        for row in read_rows(data / file):
            text, is_german = row.get("main_content") or row.get("text") or "", row.get("lang") == "de"
            pages.update({word.lower() for word in _WORD.findall(text) if is_german or word[0].islower()})
    for page in _texts_of_pages(data):
        pages.update({word.lower() for word in _WORD.findall(page.text)})
    return np.unique(np.array([word_hash(word) for word, n in pages.items() if n >= MIN_PAGES], dtype=np.uint32))
