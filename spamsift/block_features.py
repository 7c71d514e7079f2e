"""Declared features of blocks: one float32 row per block, text columns always, DOM columns for HTML.

Three groups, in this order (names in :data:`TEXT_FEATURES` and :data:`HTML_FEATURES`):

- the block alone: lengths (natural log of 1 + count), ratios in [0, 1], flags 0/1, lexicon hits 0/1;
- the page around it: position, repetition, topic and title overlap, distance to the last junk head;
- its neighbours: the values of a few key columns one to three blocks before and after, and their means
  over wider windows.

No text feature assumes a language: function words are counted against all lists at once, and every
lexicon column has a wordless companion (lengths, punctuation, position).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from spamsift import block_dom
from spamsift.groundwork import Groundwork, prepare
from spamsift.lexicon import load_table, load_words
from spamsift.measures import CharacterCounts, Words, count_characters
from spamsift.outline import SAMPLE_MARKUP, number_distinct
from spamsift.phrase_table import Hit
from spamsift.records import Block, BlockLabel, Declaration
from spamsift.words import fold, starts_of, texts_with

__all__ = ["BLOCK_FEATURES_VERSION", "HTML_FEATURES", "TEXT_FEATURES", "Hits", "block_features", "find_hits"]

BLOCK_FEATURES_VERSION = "3"
"""Raised whenever a column changes its meaning, place or number, or a model is added to a folder; folders carry it."""

Column = NDArray[np.float32]
Hits = tuple[tuple[Hit, ...], ...]
"""Lexicon hits of each block, computed once and used as features and as reasons."""

HIT_LABELS = tuple(
    label.value
    for label in BlockLabel
    if label not in (BlockLabel.TITLE, BlockLabel.HEADING, BlockLabel.BODY, BlockLabel.OTHER)
)
LONG_BLOCK_CHARS = 120
"""Characters from which a block counts as prose when topic and position are measured; one to two lines of
print. Coupled to nothing: the model sees exact lengths as well."""
HEAD_DISTANCE_CAP = 40
"""Blocks. Farther than this a junk head no longer rules what follows."""

_PATTERNS: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    # column, pattern, strings of which a match holds one: to ask for them is a tenth of the work of the pattern
    ("has_time", re.compile(r"\b\d{1,2}:\d\d\b"), (":",)),
    (
        "has_address",
        re.compile(r"https?://|www\.|\w@\w|\b[\w-]{2,40}\.(?:com|org|net|de|co|io|info)\b"),
        ("://", "www.", "@", ".com", ".org", ".net", ".de", ".co", ".io", ".info"),
    ),
    (
        "has_price",
        re.compile(r"[$€£¥₹]\s?\d|\d\s?(?:€|EUR|USD|zł|kr)\b|\d\s?%"),
        (*"$€£¥₹%", "EUR", "USD", "zł", "kr"),
    ),
)
_DATE = re.compile(
    r"\b(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?(?:19|20)?\d\d\b"
    r"|\b\d{1,2}\.? [^\W\d]{3,10}\.?,? (?:19|20)\d\d\b"
    r"|\b[^\W\d]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b"
)
_PART_OF_DATE = re.compile(r"(?:19|20)\d\d|\d[-/.]\s?\d{1,2}[-/.]")
"""In whatever matches ``_DATE``, and found faster, since it begins with a digit."""
_HIT_CHARS = 250
"""Characters at each end of a block that the phrase table looks at."""
_PATTERN_CHARS = 300
"""Characters of a block that the patterns look at: dates and prices that tell furniture stand in front."""
_STARTS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("starts_lower", str.islower),
    ("starts_digit", str.isdigit),
    ("starts_bullet", frozenset("-–—•*·▪►>#|»→✓").__contains__),
    ("starts_quote", frozenset("\"“„«'‘「").__contains__),
    ("starts_bracket", frozenset("([{<©@").__contains__),
)
_ENDS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("ends_stop", frozenset(".。").__contains__),
    ("ends_colon", frozenset(":：").__contains__),
    ("ends_question", frozenset("?!？！").__contains__),
    ("ends_ellipsis", frozenset("…").__contains__),
    ("ends_quote", frozenset("\"”“»'’」").__contains__),
    ("ends_bracket", frozenset(")]}>").__contains__),
)

KEY_COLUMNS: tuple[str, ...] = (
    "log_chars",
    "log_sentences",
    "function_share",
    "ends_stop",
    "topic_share",
    "capitals_ratio",
    "junk_hit",
)
KEY_DOM_COLUMNS: tuple[str, ...] = ("link_density", "is_heading", "is_list_item")
OFFSETS = (-3, -2, -1, 1, 2, 3)
WINDOWS = (3, 10)
"""Blocks on each side."""


def find_hits(blocks: Sequence[Block]) -> Hits:
    """Rows of the phrase table ``blocks`` that each block matches."""
    table = load_table("blocks")
    found: list[list[Hit]] = [[] for _ in blocks]
    for i, hit in table.find_in_blocks([_ends(block.text) for block in blocks]):
        found[i].append(hit)
    return tuple(map(tuple, found))


def _ends(text: str) -> str:
    """The beginning and the end of a long text: phrases of junk stand there, and prose is long."""
    return text if len(text) <= 2 * _HIT_CHARS else f"{text[:_HIT_CHARS]} {text[-_HIT_CHARS:]}"


def block_features(
    source: str,
    blocks: Sequence[Block],
    hits: Hits,
    declared: Declaration,
    with_dom: bool,
    groundwork: Groundwork | None = None,
) -> Column:
    """Matrix of shape (n_blocks, n_features), float32; columns as in the declared tables.

    >>> page = [Block("A line.", 0, 7)]
    >>> block_features("A line.", page, find_hits(page), Declaration(), with_dom=False).shape == (
    ...     1, len(TEXT_FEATURES))
    True
    """
    names = HTML_FEATURES if with_dom else TEXT_FEATURES
    if not blocks:
        return np.zeros((0, len(names)), dtype=np.float32)
    counts = count_characters(source, blocks)
    groundwork = groundwork or prepare(blocks, with_dom)
    words = groundwork.words
    columns = _alone(blocks, counts, words)
    columns |= _hit_columns(hits)
    columns |= _around(blocks, counts, words, declared.metadata.title)
    key = KEY_COLUMNS
    if with_dom:
        columns |= block_dom.dom_columns(blocks, counts, words, groundwork.outline, declared)
        key += KEY_DOM_COLUMNS
    columns |= _neighbours(columns, key)
    stacked = np.concatenate([columns[name] for name in names]).reshape(len(names), len(blocks))
    return np.ascontiguousarray(stacked.T, dtype=np.float32)


def _log(values: NDArray[np.int64]) -> Column:
    return np.log1p(values).astype(np.float32)


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Column:
    return (part / np.maximum(whole, 1)).astype(np.float32)


def _alone(blocks: Sequence[Block], counts: CharacterCounts, words: Words) -> dict[str, Column]:
    """What a block looks like by itself."""
    is_function = np.fromiter(map(load_words("function_words").__contains__, words.vocabulary), dtype=bool)
    n_function = np.bincount(words.block[is_function[words.ids]], minlength=len(blocks))
    columns = {
        "log_chars": _log(counts.length),
        "log_words": _log(counts.words),
        "mean_word_length": _ratio(counts.letters, counts.words),
        "letter_ratio": _ratio(counts.letters, counts.length),
        "upper_ratio": _ratio(counts.upper, counts.letters),
        "digit_ratio": _ratio(counts.digits, counts.length),
        "comma_ratio": _ratio(counts.commas, counts.words),
        "log_quotes": _log(counts.quotes),
        "separator_ratio": _ratio(counts.separators, counts.words),
        "log_sentences": _log(counts.sentences),
        "words_per_sentence": _log(counts.words // np.maximum(counts.sentences, 1)),
        "capitals_ratio": _ratio(counts.capitals, counts.words),
        "function_share": _ratio(n_function, counts.words),
    }
    columns |= _ask_characters("".join([block.text[0] for block in blocks]), _STARTS)
    columns |= _ask_characters("".join([block.text[-1] for block in blocks]), _ENDS)
    return columns | _pattern_columns(blocks, counts.digits > 0)


def _pattern_columns(blocks: Sequence[Block], has_digit: NDArray[np.bool_]) -> dict[str, Column]:
    """Flags for dates, times, prices and addresses; only texts with a part of one are asked for it."""
    texts = [block.text[:_PATTERN_CHARS] for block in blocks]
    joined, starts = "\n".join(texts), starts_of(texts)
    names = ("has_date", *(name for name, _, _ in _PATTERNS))
    columns = {name: np.zeros(len(blocks), dtype=np.float32) for name in names}
    for i in np.flatnonzero(has_digit).tolist():
        columns["has_date"][i] = _PART_OF_DATE.search(texts[i]) is not None and _DATE.search(texts[i]) is not None
    for name, pattern, parts in _PATTERNS:
        for i in texts_with(parts, joined, starts):
            columns[name][i] = pattern.search(texts[i]) is not None
    return columns


def _ask_characters(chars: str, questions: Sequence[tuple[str, Callable[[str], bool]]]) -> dict[str, Column]:
    """The answers for each character; each distinct one is asked once."""
    kinds, kind = number_distinct(chars)
    answers = np.array([[holds(char) for char in kinds] for _, holds in questions], dtype=np.float32)[:, kind]
    return {name: row for (name, _), row in zip(questions, answers, strict=True)}


def _hit_columns(hits: Hits) -> dict[str, Column]:
    """One flag per label, and how many blocks ago the last head of a junk section stood."""
    columns = {f"hit_{label}": np.zeros(len(hits), dtype=np.float32) for label in HIT_LABELS}
    junk = np.zeros(len(hits), dtype=np.float32)
    for i, found in ((i, found) for i, found in enumerate(hits) if found):  # hardly a block has one
        for label in {hit.row.label for hit in found}:
            if (name := f"hit_{label}") in columns:
                columns[name][i] = 1.0
            if label not in ("byline", "caption"):
                junk[i] = 1.0
    columns["junk_hit"] = junk
    for label in (BlockLabel.RELATED, BlockLabel.COMMENTS, BlockLabel.SHARE, BlockLabel.NOTICE):
        columns[f"since_{label.value}"] = _since(columns[f"hit_{label.value}"])
    return columns


def _since(flag: Column) -> Column:
    """Blocks since the last flag (0 at the flag itself), capped, as log1p."""
    index = np.arange(len(flag))
    last = np.maximum.accumulate(np.where(flag > 0, index, -HEAD_DISTANCE_CAP))
    return _log(np.minimum(index - last, HEAD_DISTANCE_CAP))


def _around(blocks: Sequence[Block], counts: CharacterCounts, words: Words, title: str | None) -> dict[str, Column]:
    """Where a block stands on its page, and what it shares with the rest of it."""
    n = len(blocks)
    is_long = counts.length >= LONG_BLOCK_CHARS
    before = np.cumsum(counts.length) - counts.length
    prose = counts.length * is_long
    index = np.arange(n)
    long_index = np.flatnonzero(is_long).tolist()
    first_long, last_long = (long_index[0], long_index[-1]) if long_index else (0, n)
    texts = Counter(block.text for block in blocks)
    page = {
        "page_log_blocks": np.log1p(n),
        "page_log_chars": np.log1p(counts.length.sum()),
        "page_long_share": is_long.mean(),
        "page_prose_share": counts.length[is_long].sum() / max(counts.length.sum(), 1),
        "page_mean_sentences": counts.sentences.sum() / n,
    }
    columns = {name: np.full(n, value, dtype=np.float32) for name, value in page.items()}
    columns |= {
        "position": (index / n).astype(np.float32),
        "char_position": (before / max(counts.length.sum(), 1)).astype(np.float32),
        "log_index": _log(index),
        "log_index_from_end": _log(n - 1 - index),
        "log_after_first_prose": _log(np.maximum(index - first_long, 0)),
        "log_before_first_prose": _log(np.maximum(first_long - index, 0)),
        "log_after_last_prose": _log(np.maximum(index - last_long, 0)),
        "prose_before": _ratio(np.cumsum(prose) - prose, np.full(n, prose.sum())),
        "log_copies": _log(np.array([texts[block.text] for block in blocks], dtype=np.int64)),
    }
    columns |= _overlaps(n, words, is_long, title if title is not None else blocks[0].text)
    return columns


def _overlaps(n: int, words: Words, is_long: NDArray[np.bool_], title: str) -> dict[str, Column]:
    """Shares of a block's longer words that stand in *other* long blocks, and in the title."""
    is_topical = np.array([len(word) >= 5 for word in words.vocabulary], dtype=bool)
    title_words = {word for word in fold(title).split() if len(word) >= 3}
    in_title = np.array([word in title_words for word in words.vocabulary], dtype=bool)
    size = len(words.vocabulary)
    keys = np.unique(words.block * max(size, 1) + words.ids)  # each word once per block
    block, ids = keys // max(size, 1), keys % max(size, 1)
    n_long = np.bincount(ids[is_long[block]], minlength=size)
    elsewhere = n_long[ids] - is_long[block] > 0
    topical = is_topical[ids]
    n_topical = np.bincount(block[topical], minlength=n)
    n_shared = np.bincount(block[topical & elsewhere], minlength=n)
    n_words = np.bincount(block, minlength=n)
    n_in_title = np.bincount(block[in_title[ids]], minlength=n)
    return {
        "topic_share": _ratio(n_shared, n_topical),
        "log_topical": _log(n_topical),
        "title_share": _ratio(n_in_title, n_words),
        "title_recall": _ratio(n_in_title, np.full(n, len(title_words))),
    }


def _neighbours(columns: dict[str, Column], key: Sequence[str]) -> dict[str, Column]:
    """Key columns of the blocks before and after, and their means over windows; 0 beyond the page."""
    n = len(columns[key[0]])
    pad = max(map(abs, OFFSETS))
    padded = np.zeros((len(key), n + 2 * pad), dtype=np.float32)
    padded[:, pad : pad + n] = [columns[name] for name in key]
    total = np.zeros((len(key), n + 1))
    np.cumsum(padded[:, pad : pad + n], axis=1, dtype=np.float64, out=total[:, 1:])
    shifted = {f"[{offset:+d}]": padded[:, pad + offset : pad + offset + n] for offset in OFFSETS}
    for window in WINDOWS:
        low = np.maximum(np.arange(n) - window, 0)
        high = np.minimum(np.arange(n) + window + 1, n)
        means = (total[:, high] - total[:, low]) / (high - low)
        shifted[f"[mean{window}]"] = means.astype(np.float32)
    return {name + suffix: rows[i] for i, name in enumerate(key) for suffix, rows in shifted.items()}


def _declared_names(with_dom: bool) -> tuple[str, ...]:
    """Column names in order, read off one small page, so that table and code can't disagree."""
    block = Block("Words.", 0, 6, SAMPLE_MARKUP)
    counts, groundwork = count_characters(block.text, [block]), prepare([block], with_dom)
    words = groundwork.words
    columns = _alone([block], counts, words) | _hit_columns(((),)) | _around([block], counts, words, None)
    key = KEY_COLUMNS
    if with_dom:
        columns |= block_dom.dom_columns([block], counts, words, groundwork.outline, Declaration())
        key += KEY_DOM_COLUMNS
    return tuple(columns | _neighbours(columns, key))


TEXT_FEATURES = _declared_names(with_dom=False)
HTML_FEATURES = _declared_names(with_dom=True)
