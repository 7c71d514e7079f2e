"""What the page model looks at: statistics of the prose, and a declared table of signals with their places.

*Statistics* (:mod:`spamsift.style_statistics`) are numbers about the whole article. *Signals* are findings at a place
in the source: rows of ``lexicons/page_signals.toml``, what surgery learned, and a few amounts. A signal's value is 0
where nothing was found, so its absence weighs nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from spamsift.lexicon import load_table
from spamsift.mirror_marks import UNSIGNED, are_unsigned, mirror_marks, name_own_site
from spamsift.page_shape import Find, shape_finds
from spamsift.phrase_runs import densest_phrase
from spamsift.records import Document, Health, LabelledBlock, Sifted
from spamsift.style_statistics import GROUPS, N_CHUNK
from spamsift.text_statistics import FUNCTION_WORDS, Frequencies, Prose, is_prose, read_prose

__all__ = [
    "MIN_WORDS",
    "PAGE_FEATURES_VERSION",
    "SIGNALS",
    "PageFeatures",
    "Signal",
    "Unit",
    "page_features",
]

PAGE_FEATURES_VERSION = "page-5"
"""Changes with any feature's meaning; a model of another version is refused."""

MAX_BLOCKS = 1_500
"""Blocks in which phrases are looked for, from both ends: bounds the cost of huge pages."""
MAX_BLOCK_CHARS = 8_000
"""Characters of one block in which phrases are looked for."""
MAX_SIGNAL_CHARS = 40_000
"""Characters of a page in which phrases are looked for, half from each end: templates speak at the ends."""
MIN_WORDS = 30
"""Words of prose below which style is no evidence; only findings at a place count. Chosen: two sentences."""
FULL_WORDS = 200
"""Words of prose from which style counts in full; below, its weight falls with the root of the length, as the noise
of its statistics rises. Swept 0, 200, 400: recall on unseen sites 0.38, 0.49, 0.51. Coupled to training."""
MIN_ENGLISH_SHARE = 0.22
"""Share of function words from which prose is English: English pages have 0.3 to 0.55, others under 0.12. Measured on
sites_honest by ``lang``; coupled to ``FUNCTION_WORDS``."""


class Unit(str, Enum):
    """How the places where a signal was found become its value."""

    COUNT = "log(1 + places)"
    RATE = "root of places per 100 words"
    REPEATED = "root of places after the first per 100 words"
    DISTINCT = "log of different findings: one is nothing"
    FLAG = "1 if found"
    AMOUNT = "as computed"


@dataclass(frozen=True, slots=True)
class Signal:
    """One named finding."""

    name: str
    family: str
    """injection, copying, spinning, generation, thinness, doorway, length or honesty."""
    unit: Unit
    top: float
    """Largest value; anything beyond counts as this."""
    direction: int
    """+1 speaks against an original, -1 for it: a trained weight of the other sign is dropped."""
    in_article: bool = False
    """Looked for in kept blocks only."""


SIGNALS: tuple[Signal, ...] = (
    Signal("brand_in_sentence", "injection", Unit.COUNT, 1.5, 1),
    Signal("brand_beside_title", "injection", Unit.FLAG, 1, 1),
    Signal("brand_in_template", "injection", Unit.FLAG, 1, 1),
    Signal("machine_line", "injection", Unit.FLAG, 1, 1),
    Signal("credit_at_end", "copying", Unit.FLAG, 1, 1),
    Signal("source_line", "copying", Unit.FLAG, 1, 1),
    Signal("read_more_on", "copying", Unit.FLAG, 1, 1),
    Signal("appeared_first_on", "copying", Unit.FLAG, 1, 1),
    Signal("feed_residue", "copying", Unit.FLAG, 1, 1),
    Signal("republished", "copying", Unit.FLAG, 1, 1),
    Signal("unsigned_report", "copying", Unit.FLAG, 1, 1, in_article=True),
    Signal("unsigned_post", "copying", Unit.FLAG, 1, 1),
    Signal("damaged_credit", "spinning", Unit.FLAG, 1, 1),
    Signal("link_capitals", "spinning", Unit.RATE, 1, 1, in_article=True),
    Signal("misplaced_honorific", "spinning", Unit.FLAG, 1, 1, in_article=True),
    Signal("doubled_word", "spinning", Unit.RATE, 1, 1, in_article=True),
    Signal("wrong_article", "spinning", Unit.REPEATED, 1, 1, in_article=True),
    Signal("tortured_phrase", "spinning", Unit.COUNT, 2, 1, in_article=True),
    Signal("thesaurus_word", "spinning", Unit.DISTINCT, 2, 1, in_article=True),
    Signal("formula_opening", "generation", Unit.COUNT, 1.5, 1, in_article=True),
    Signal("formula_closing", "generation", Unit.COUNT, 1.5, 1, in_article=True),
    Signal("formula_phrase", "generation", Unit.RATE, 2, 1, in_article=True),
    Signal("negated_contrast", "generation", Unit.RATE, 1.5, 1, in_article=True),
    Signal("reader_casting", "generation", Unit.RATE, 1.5, 1, in_article=True),
    Signal("gerund_recipe", "generation", Unit.RATE, 1.5, 1, in_article=True),
    Signal("benefit_tail", "generation", Unit.RATE, 1.5, 1, in_article=True),
    Signal("overused_word", "generation", Unit.RATE, 2, 1, in_article=True),
    Signal("labelled_point", "generation", Unit.RATE, 2, 1),
    Signal("announces_contents", "generation", Unit.FLAG, 1, 1, in_article=True),
    Signal("padding_heading", "generation", Unit.COUNT, 2, 1),
    Signal("assistant_residue", "generation", Unit.FLAG, 1, 1),
    Signal("reader_thanks", "generation", Unit.COUNT, 1.5, 1, in_article=True),
    Signal("unsourced_claim", "generation", Unit.RATE, 1, 1, in_article=True),
    Signal("teaser_mark", "thinness", Unit.AMOUNT, 1, 1),
    Signal("stub_filler", "thinness", Unit.COUNT, 1.5, 1),
    Signal("archive_page", "thinness", Unit.COUNT, 1.5, 1),
    Signal("archive_address", "thinness", Unit.FLAG, 1, 1),
    Signal("teaser_link", "thinness", Unit.COUNT, 2, 1),
    Signal("auto_filled", "thinness", Unit.COUNT, 1.5, 1),
    Signal("clipped_end", "thinness", Unit.AMOUNT, 1, 1),
    Signal("short_body", "thinness", Unit.AMOUNT, 3, 1),
    Signal("affiliate_disclosure", "doorway", Unit.COUNT, 1.5, 1),
    Signal("gambling_words", "doorway", Unit.RATE, 2, 1),
    Signal("pharmacy_words", "doorway", Unit.RATE, 2, 1),
    Signal("essay_mill_words", "doorway", Unit.RATE, 2, 1),
    Signal("sales_call", "doorway", Unit.REPEATED, 1, 1),
    Signal("spam_trade", "doorway", Unit.RATE, 2, 1),
    Signal("planted_link", "doorway", Unit.COUNT, 1.5, 1),
    Signal("keyword_run", "doorway", Unit.AMOUNT, 2, 1),
    Signal("snippet_joint", "doorway", Unit.RATE, 1.5, 1),
    Signal("versus", "doorway", Unit.FLAG, 1, 1),
    Signal("repeated_title_words", "doorway", Unit.AMOUNT, 2, 1),
    Signal("mixed_letters", "doorway", Unit.COUNT, 2, 1),
    Signal("repeated_text", "doorway", Unit.COUNT, 2, 1),
    Signal("repeated_sentence", "doorway", Unit.COUNT, 2, 1),
    Signal("first_hand_report", "honesty", Unit.RATE, 1, -1, in_article=True),
    Signal("little_prose", "length", Unit.AMOUNT, 1, -1),
    Signal("correction", "honesty", Unit.FLAG, 1, -1),
    Signal("personal_voice", "honesty", Unit.RATE, 1.5, -1, in_article=True),
    Signal("author_biography", "honesty", Unit.FLAG, 1, -1),
    Signal("credited_picture", "honesty", Unit.COUNT, 1.5, -1),
    Signal("named_speaker", "honesty", Unit.RATE, 1.5, -1, in_article=True),
    Signal("dateline", "honesty", Unit.FLAG, 1, -1, in_article=True),
    Signal("shop_furniture", "honesty", Unit.DISTINCT, 2, -1),
)


@dataclass(frozen=True)
class PageFeatures:
    """One page, ready for the model."""

    statistics: NDArray[np.float64]
    """Shape (len(STATISTICS),); to be weighed with ``style_confidence``."""
    signals: NDArray[np.float64]
    """Shape (len(SIGNALS),)."""
    finds: Mapping[str, tuple[Find, ...]]
    prose: Prose
    style_confidence: float
    """How much style counts, in [0, 1]: nothing for other languages than English and for very short texts."""


# --- signals --------------------------------------------------------------------------------------------------

_BY_NAME = {signal.name: signal for signal in SIGNALS}
MIN_RATE_WORDS = 200
"""Words over which a rate is taken at least: one slip in a short text is one slip."""
MAX_PROSE_AFTER = 1
"""Blocks of prose that may follow the credit of a whole article; one with more below it is that of a picture."""
ENOUGH_WORDS = 220.0
"""Words from which an article is not short. Coupled to ``short_body``."""
_FUNCTION_WORDS = frozenset(FUNCTION_WORDS)
NO_PAGE = frozenset({Health.EMPTY, Health.BINARY, Health.NO_TEXT})
"""What leaves nothing to judge."""
_AT_END = frozenset({"credit_at_end", "read_more_on", "source_line"})
_TITLE_WORD = re.compile(r"[^\W\d_]{4,}")


def page_features(page: Sifted, document: Document, frequencies: Frequencies) -> PageFeatures:
    """Read a sifted page for the model.

    >>> from spamsift.records import BlockLabel, InputKind
    >>> table = np.ones(1, dtype=np.uint32), np.zeros(1, np.int32), np.zeros(1, np.float32)
    >>> words = Frequencies(*table, table[0], table[2])
    >>> block = LabelledBlock("Source: The Harbour Post", BlockLabel.SOURCE, 0.9, 0, 24)
    >>> page = Sifted(text="Source: The Harbour Post", blocks=(block,))
    >>> sorted(page_features(page, Document(InputKind.TEXT, page.text), words).finds)
    ['source_line']
    """
    source = page.source  # put together from text and cuts at every call
    prose = read_prose(page.text, frequencies)
    statistics = np.array([value for group in GROUPS for value in group.compute(prose)], dtype=np.float64)
    is_foreign = prose.n_words >= MIN_WORDS and _english_share(prose) < MIN_ENGLISH_SHARE
    finds = _find_phrases(page, is_foreign)
    for found in (shape_finds(page.blocks), mirror_marks(page)):
        finds |= {name: list(places) for name, places in found.items()}
    finds |= _find_in_address(document.url)
    run_amount = _find_run(source, prose, finds)
    shortness = _shortness(page.text)
    confidence = _style_confidence(prose)
    amounts = {
        "little_prose": 1.0 - confidence,
        "short_body": shortness,
        "clipped_end": shortness if "clipped_end" in finds else 0.0,
        "teaser_mark": shortness if "teaser_mark" in finds else 0.0,  # a full article may link to more
        "keyword_run": run_amount,
        "repeated_title_words": _title_repetition(page, prose),
    }
    signals = np.array([_value(s, _number(s, finds, source), prose, amounts) for s in SIGNALS], dtype=np.float64)
    if NO_PAGE & set(page.health):  # nothing was seen, which is no short article
        signals[:] = 0.0
    return PageFeatures(
        statistics=statistics,
        signals=signals,
        finds={name: tuple(places) for name, places in finds.items()},
        prose=prose,
        style_confidence=confidence,
    )


def _number(signal: Signal, finds: Mapping[str, Sequence[Find]], source: str) -> int:
    """Places where a signal was found, or different strings that were found."""
    places = finds.get(signal.name, ())
    if signal.unit is not Unit.DISTINCT:
        return len(places)
    return len({source[place.start : place.end].lower() for place in places})


def _value(signal: Signal, n: int, prose: Prose, amounts: Mapping[str, float]) -> float:
    if signal.unit is Unit.AMOUNT:
        value = amounts[signal.name]
    elif signal.unit is Unit.FLAG:
        value = float(n > 0)
    elif signal.unit is Unit.COUNT:
        value = math.log1p(n)
    elif signal.unit is Unit.DISTINCT:
        value = math.log(max(n, 1))
    else:
        n = max(n - 1, 0) if signal.unit is Unit.REPEATED else n  # one slip is human
        value = math.sqrt(100 * n / max(prose.n_words, MIN_RATE_WORDS))
    return min(value, signal.top)


def _ends(blocks: Sequence[LabelledBlock]) -> list[tuple[int, LabelledBlock]]:
    """Numbered blocks, those in the middle of a huge page left out."""
    numbered = list(enumerate(blocks))
    half = MAX_BLOCKS // 2
    if len(numbered) > MAX_BLOCKS:
        numbered = numbered[:half] + numbered[-half:]
    if sum(len(block.text) for _, block in numbered) <= MAX_SIGNAL_CHARS:
        return numbered
    return _within(numbered, MAX_SIGNAL_CHARS // 2)


def _within(numbered: list[tuple[int, LabelledBlock]], n_chars: int) -> list[tuple[int, LabelledBlock]]:
    chosen: dict[int, LabelledBlock] = {}
    for side in (numbered, numbered[::-1]):
        left = n_chars
        for i, block in side:
            if left <= 0:
                break
            chosen[i] = block
            left -= min(len(block.text), MAX_BLOCK_CHARS)
    return sorted(chosen.items())


def _find_phrases(page: Sifted, is_foreign: bool) -> dict[str, list[Find]]:
    table = load_table("page_signals")
    finds: dict[str, list[Find]] = {}
    tail = _tail(page.blocks)
    numbered = list(_ends(page.blocks))
    for at, hit in table.find_in_blocks([block.text[:MAX_BLOCK_CHARS] for _, block in numbered]):
        i, block = numbered[at]
        signal = _BY_NAME[hit.row.label]
        is_foreign_row = is_foreign and signal.in_article and hit.row.language == "en"
        is_misplaced = (signal.in_article and not block.is_main) or (signal.name in _AT_END and i < tail)
        if not is_misplaced and not is_foreign_row:
            place = Find(block.start + hit.start, block.start + hit.end)
            finds.setdefault(signal.name, []).append(place)
    ordered = {name: sorted(set(places), key=lambda place: (place.start, place.end)) for name, places in finds.items()}
    if "source_line" in ordered and name_own_site(page, ordered["source_line"]):
        del ordered["source_line"]
    return {n: places for n, places in ordered.items() if n not in UNSIGNED or are_unsigned(page, n, places)}


def _tail(blocks: Sequence[LabelledBlock]) -> int:
    """Index of the block from which a credit is that of the whole article."""
    n_after = 0
    for i in range(len(blocks) - 1, -1, -1):
        if blocks[i].is_main and is_prose(blocks[i].text):
            n_after += 1
            if n_after > MAX_PROSE_AFTER:
                return i + 1
    return 0


MAX_ADDRESS_CHARS = 500


def _find_in_address(url: str | None) -> dict[str, list[Find]]:
    """What the page's address says; it has no place in the source."""
    try:
        parts = urlsplit((url or "")[:MAX_ADDRESS_CHARS].lower())
    except ValueError:
        return {}
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return {hit.row.label: [Find(0, 0)] for hit in load_table("addresses").find(path)}


USUAL_RUN = 0.03
"""Share of its words that an honest article spends on repeating one phrase: the median of the longer ones."""


def _find_run(source: str, prose: Prose, finds: dict[str, list[Find]]) -> float:
    """How many times the usual share of words one phrase takes up, logarithm; and its first place."""
    run = densest_phrase(prose.words)
    if run is None or run.share <= USUAL_RUN:
        return 0.0
    first = re.search(r"\W{1,3}".join(map(re.escape, run.words)), source, re.IGNORECASE)
    finds["keyword_run"] = [Find(*first.span())] if first else [Find(0, 0)]
    return math.log(run.share / USUAL_RUN)


def _shortness(text: str) -> float:
    """0 for a full article, 3 for none: logarithm of how many times it would fit into a full one."""
    n_words = len(text[: int(20 * ENOUGH_WORDS)].split())
    return min(max(math.log(ENOUGH_WORDS / max(n_words, 1)), 0.0), 3.0)


def _style_confidence(prose: Prose) -> float:
    if _english_share(prose) < MIN_ENGLISH_SHARE or prose.n_words < MIN_WORDS:
        return 0.0
    return float(min(1.0, (prose.n_words / FULL_WORDS) ** 0.5))


def _english_share(prose: Prose) -> float:
    """Share of English function words."""
    return sum(prose.counts.get(word, 0) for word in FUNCTION_WORDS) / max(prose.n_words, 1)


def _title_repetition(page: Sifted, prose: Prose) -> float:
    """How much more often than 1 in 40 words a word of the title stands in the article, logarithm."""
    title = page.title or next((block.text for block in page.blocks if not is_prose(block.text)), "")
    wanted = set(_TITLE_WORD.findall(title.lower()[:200])) - _FUNCTION_WORDS
    if not wanted or prose.n_words < N_CHUNK:
        return 0.0
    share = sum(prose.counts.get(word, 0) for word in wanted) / prose.n_words
    return math.log(max(40 * share, 1.0))
