"""What the page model looks at: two declared tables, statistics of the prose and signals with their places.

*Statistics* are numbers about the whole article in groups (one group is one line of the ledger). *Signals* are findings
at a place in the source: rows of ``lexicons/page_signals.toml``, what surgery learned, and a few counts. A signal's value
is 0 where nothing was found, so its absence weighs nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from spamsift.lexicon import load_table
from spamsift.records import BlockLabel, Document, InputKind, LabelledBlock, Sifted
from spamsift.text_statistics import FUNCTION_WORDS, Frequencies, Prose, is_prose, read_prose

__all__ = [
    "GROUPS",
    "PAGE_FEATURES_VERSION",
    "SIGNALS",
    "STATISTICS",
    "Find",
    "Group",
    "PageFeatures",
    "Signal",
    "Unit",
    "page_features",
]

PAGE_FEATURES_VERSION = "page-1"
"""Changes with any feature's meaning; a model of another version is refused."""

MAX_BLOCKS = 1_500
"""Blocks in which phrases are looked for, from both ends: bounds the cost of huge pages."""
MAX_BLOCK_CHARS = 8_000
"""Characters of one block in which phrases are looked for."""
MAX_SIGNAL_CHARS = 40_000
"""Characters of a page in which phrases are looked for, half from each end: templates speak at the ends."""
MIN_ENGLISH_SHARE = 0.22
"""Share of function words from which prose is English: English pages have 0.3 to 0.55, others under 0.12. Measured on
sites_honest by ``lang``; coupled to ``FUNCTION_WORDS``."""


class Unit(str, Enum):
    """How the places where a signal was found become its value."""

    COUNT = "log(1 + places)"
    RATE = "root of places per 100 words"
    FLAG = "1 if found"
    AMOUNT = "as computed"


@dataclass(frozen=True, slots=True)
class Signal:
    """One named finding."""

    name: str
    family: str
    """injection, copying, spinning, generation, thinness, doorway or honesty."""
    unit: Unit
    top: float
    """Largest value; anything beyond counts as this."""
    direction: int
    """+1 speaks against an original, -1 for it: a trained weight of the other sign is dropped."""
    in_article: bool = False
    """Looked for in kept blocks only."""


SIGNALS: tuple[Signal, ...] = (
    Signal("injected_brand", "injection", Unit.FLAG, 1, 1),
    Signal("injected_cuts", "injection", Unit.COUNT, 1.5, 1),
    Signal("credit_at_end", "copying", Unit.FLAG, 1, 1),
    Signal("read_more_on", "copying", Unit.FLAG, 1, 1),
    Signal("appeared_first_on", "copying", Unit.FLAG, 1, 1),
    Signal("feed_residue", "copying", Unit.FLAG, 1, 1),
    Signal("republished", "copying", Unit.FLAG, 1, 1),
    Signal("damaged_credit", "spinning", Unit.FLAG, 1, 1),
    Signal("link_capitals", "spinning", Unit.RATE, 1, 1, in_article=True),
    Signal("misplaced_honorific", "spinning", Unit.FLAG, 1, 1, in_article=True),
    Signal("doubled_word", "spinning", Unit.RATE, 1, 1, in_article=True),
    Signal("wrong_article", "spinning", Unit.RATE, 1, 1, in_article=True),
    Signal("tortured_phrase", "spinning", Unit.FLAG, 1, 1, in_article=True),
    Signal("formula_opening", "generation", Unit.COUNT, 1.5, 1, in_article=True),
    Signal("formula_closing", "generation", Unit.COUNT, 1.5, 1, in_article=True),
    Signal("formula_phrase", "generation", Unit.RATE, 2, 1, in_article=True),
    Signal("announces_contents", "generation", Unit.FLAG, 1, 1, in_article=True),
    Signal("padding_heading", "generation", Unit.COUNT, 2, 1),
    Signal("assistant_residue", "generation", Unit.FLAG, 1, 1),
    Signal("teaser_mark", "thinness", Unit.AMOUNT, 1, 1, in_article=True),
    Signal("stub_filler", "thinness", Unit.COUNT, 1.5, 1),
    Signal("short_body", "thinness", Unit.AMOUNT, 3, 1),
    Signal("affiliate_disclosure", "doorway", Unit.COUNT, 1.5, 1),
    Signal("gambling_words", "doorway", Unit.RATE, 2, 1),
    Signal("pharmacy_words", "doorway", Unit.RATE, 2, 1),
    Signal("essay_mill_words", "doorway", Unit.RATE, 2, 1),
    Signal("sales_call", "doorway", Unit.RATE, 2, 1),
    Signal("versus", "doorway", Unit.FLAG, 1, 1),
    Signal("repeated_title_words", "doorway", Unit.AMOUNT, 2, 1),
    Signal("first_hand_report", "honesty", Unit.RATE, 1, -1, in_article=True),
    Signal("correction", "honesty", Unit.FLAG, 1, -1),
    Signal("personal_voice", "honesty", Unit.RATE, 1.5, -1, in_article=True),
)


@dataclass(frozen=True, slots=True)
class Find:
    """A place in the source."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """Statistics that make one line of the ledger."""

    name: str
    features: tuple[str, ...]
    unit: str
    range: tuple[float, float]
    compute: Callable[[Prose], Sequence[float]]
    """One value per feature."""


@dataclass(frozen=True)
class PageFeatures:
    """One page, ready for the model."""

    statistics: np.ndarray[tuple[int], np.dtype[np.float64]]
    """Shape (len(STATISTICS),); meaningless unless ``is_english``."""
    signals: np.ndarray[tuple[int], np.dtype[np.float64]]
    """Shape (len(SIGNALS),)."""
    finds: Mapping[str, tuple[Find, ...]]
    prose: Prose
    is_english: bool


# --- statistics -----------------------------------------------------------------------------------------------

_MARKS = {",": "commas", ";": "semicolons", ":": "colons", "!": "exclamations", "?": "questions", "(": "parentheses"}
_MARKS |= {"-": "dashes", '"': "quotation_marks", "…": "ellipses"}
_ENDINGS = ("ing", "ed", "ly", "tion", "ment", "ness", "ity", "ive", "ous")
_CONTRACTION = re.compile(r"'(?:t|re|ve|ll|d|m)$")
_PARTICIPLE_TAIL = re.compile(r", (?:\w{2,20}ly )?\w{2,20}ing\b")
_TRIPLET = re.compile(r"\w{2,20}, [\w ]{2,30}, and \w")
_QUOTATION = re.compile(r'"[^"\n]{5,400}"')
_LETTERS_LONG = 9
N_CHUNK = 100
"""Words over which vocabulary is compared, so that long texts do not look poor."""


def _rhythm(prose: Prose) -> Sequence[float]:
    lengths = prose.sentence_lengths if len(prose.sentence_lengths) else np.zeros(1)
    steps = np.abs(np.diff(lengths)) if len(lengths) > 1 else np.zeros(1)
    mean = float(lengths.mean())
    return (
        float(np.log1p(mean)),
        float(lengths.std() / (mean + 1)),
        float((lengths <= 6).mean()),
        float(((lengths >= 12) & (lengths <= 26)).mean()),
        float((lengths >= 35).mean()),
        float(steps.mean() / (mean + 1)),
    )


def _root_rate(count: float, prose: Prose) -> float:
    return float(np.sqrt(count / max(prose.n_words, 1)))


def _punctuation(prose: Prose) -> Sequence[float]:
    counts = Counter(prose.tokens)
    return [_root_rate(counts[mark], prose) for mark in _MARKS]


def _word_forms(prose: Prose) -> Sequence[float]:
    n = max(prose.n_words, 1)
    lengths = np.array([len(word) for word in prose.words] or [5])
    endings = (sum(len(w) > len(e) + 2 and w.endswith(e) for w in prose.words) for e in _ENDINGS)
    return [
        float(lengths.mean()),
        float((lengths >= _LETTERS_LONG).sum() / n),
        *(_root_rate(e, prose) for e in endings),
    ]


def _vocabulary(prose: Prose) -> Sequence[float]:
    words = prose.words
    chunks = [len(set(words[i : i + N_CHUNK])) / N_CHUNK for i in range(0, len(words) - N_CHUNK + 1, N_CHUNK)]
    short = 0.9 * len(set(words)) / max(len(words), 1)
    return float(np.mean(chunks)) if chunks else short, len(set(words[:150])) / max(len(words[:150]), 1)


def _voice(prose: Prose) -> Sequence[float]:
    quoted = sum(len(quote) for quote in _QUOTATION.findall(prose.text)) / max(len(prose.text), 1)
    return (
        _root_rate(sum("'" in w and _CONTRACTION.search(w) is not None for w in prose.words), prose),
        _root_rate(sum(w.endswith("'s") for w in prose.words), prose),
        quoted,
        _root_rate(sum(token[0].isdigit() for token in prose.tokens), prose),
    )


def _constructions(prose: Prose) -> Sequence[float]:
    tails, triplets = len(_PARTICIPLE_TAIL.findall(prose.text)), len(_TRIPLET.findall(prose.text))
    return _root_rate(10 * tails, prose), _root_rate(10 * triplets, prose)


def _function_words(prose: Prose) -> Sequence[float]:
    counts = Counter(prose.words)
    return [_root_rate(counts[word], prose) for word in FUNCTION_WORDS]


def _rarity(prose: Prose) -> Sequence[float]:
    n = max(int(prose.is_known.sum()), 1)
    known = prose.logs[prose.is_known]
    ranks = prose.ranks[prose.is_known]
    mean = float(known.mean()) if len(known) else -8.0
    return mean, float((ranks > 5_000).sum() / n), float((ranks < 100).sum() / n)


def _share(
    part: np.ndarray[tuple[int], np.dtype[np.bool_]], whole: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> float:
    return float((part & whole).sum() / max(int(whole.sum()), 1))


def _collocations(prose: Prose) -> Sequence[float]:
    """How usual neighbouring words are: replaced words stand next to words that they never stand next to."""
    if len(prose.tokens) < 3:
        return [0.0] * len(_COLLOCATION_FEATURES)
    listed, known, ranks = prose.pair_is_listed, prose.pair_is_known, prose.ranks
    odd = known & ~listed
    expected = prose.logs[:-1] + prose.logs[1:]
    is_function = ranks < 150
    first, second = is_function[:-1], is_function[1:]
    logs = prose.pair_logs[listed]
    gain = (prose.pair_logs - expected)[listed]
    middle = (ranks >= 150) & (ranks < 20_000) & prose.is_known
    between = middle[1:-1] & prose.is_known[:-2] & prose.is_known[2:]
    alone = odd[:-1] & odd[1:]
    beside = between & (is_function[:-2] | is_function[2:])
    excess = np.where(odd, np.clip(expected + 17.5, 0, 6), 0.0)  # -17.5: log share of the table's rarest pair
    return (
        _share(listed, known),
        float(logs.mean()) if len(logs) else -12.0,
        float(gain.mean()) if len(gain) else 3.0,
        _share(odd, known & (expected > -14)),
        _share(odd, known & (expected <= -14) & (expected > -18)),
        _share(odd, known & ~first & ~second & (ranks[:-1] < 8_000) & (ranks[1:] < 8_000)),
        _share(odd, known & first & ~second),
        _share(odd, known & ~first & second),
        _share(odd, known & first & second),
        _share(alone, between),
        _share(alone, beside),
        float(excess.sum() / max(int(known.sum()), 1)),
    )


_COLLOCATION_FEATURES = tuple(
    "listed_share pair_log gain odd_common_share odd_middle_share odd_content_share odd_after_function_share "
    "odd_before_function_share odd_function_share alone_share alone_beside_function_share excess".split()
)

GROUPS: tuple[Group, ...] = (
    Group(
        "sentence_rhythm",
        ("log_mean_length", "variation", "short_share", "middle_share", "long_share", "step"),
        "words per sentence (log), ratios of it, and shares of sentences",
        (0, 8),
        _rhythm,
    ),
    Group("punctuation", tuple(_MARKS.values()), "root of marks per word", (0, 3), _punctuation),
    Group(
        "word_forms",
        ("mean_letters", "long_word_share", *(f"ending_{e}" for e in _ENDINGS)),
        "letters, share of words, root of share",
        (0, 30),
        _word_forms,
    ),
    Group("vocabulary", ("chunk_variety", "opening_variety"), "distinct words per word", (0, 1), _vocabulary),
    Group(
        "quotes_and_figures",
        ("contractions", "possessives", "quoted_share", "figures"),
        "root of share of words; share of characters",
        (0, 1),
        _voice,
    ),
    Group("participle_tails", ("participle_tails", "triplets"), "root of places per 10 words", (0, 3), _constructions),
    Group("function_words", FUNCTION_WORDS, "root of share of words", (0, 1), _function_words),
    Group(
        "word_rarity",
        ("mean_log_share", "rare_share", "commonest_share"),
        "natural logarithm of a share; shares of known words",
        (-18, 1),
        _rarity,
    ),
    Group("unusual_word_pairs", _COLLOCATION_FEATURES, "shares of pairs; logarithms", (-18, 18), _collocations),
)

STATISTICS: tuple[str, ...] = tuple(f"{group.name}.{name}" for group in GROUPS for name in group.features)
"""Columns of the statistics, group by group."""


# --- signals --------------------------------------------------------------------------------------------------

_BY_NAME = {signal.name: signal for signal in SIGNALS}
MAX_PROSE_AFTER = 1
"""Blocks of prose that may follow the credit of a whole article; one with more below it is that of a picture."""
ENOUGH_WORDS = 220.0
"""Words of prose from which a body is not short. Coupled to ``short_body``."""
_AT_END = frozenset({"credit_at_end", "read_more_on"})
_TITLE_WORD = re.compile(r"[^\W\d_]{4,}")


def page_features(page: Sifted, document: Document, frequencies: Frequencies) -> PageFeatures:
    """Read a sifted page for the model.

    >>> table = np.ones(1, dtype=np.uint32), np.zeros(1, np.int32), np.zeros(1, np.float32)
    >>> words = Frequencies(*table, table[0], table[2])
    >>> block = LabelledBlock("Source: The Harbour Post", BlockLabel.SOURCE, 0.9, 0, 24)
    >>> page = Sifted(text="Source: The Harbour Post", blocks=(block,))
    >>> sorted(page_features(page, Document(InputKind.TEXT, page.text), words).finds)
    ['credit_at_end']
    """
    prose = read_prose(page.text, frequencies)
    statistics = np.array([value for group in GROUPS for value in group.compute(prose)], dtype=np.float64)
    finds = _find_phrases(page)
    _find_learned(page, finds)
    shortness = _shortness(prose)
    amounts = {
        "short_body": shortness,
        "teaser_mark": shortness if "teaser_mark" in finds else 0.0,  # a full article may link to more
        "repeated_title_words": _title_repetition(page, prose),
    }
    signals = np.array([_value(s, len(finds.get(s.name, ())), prose, amounts) for s in SIGNALS], dtype=np.float64)
    known = set(FUNCTION_WORDS)
    share = sum(word in known for word in prose.words) / max(prose.n_words, 1)
    return PageFeatures(
        statistics=statistics,
        signals=signals,
        finds={name: tuple(places) for name, places in finds.items()},
        prose=prose,
        is_english=share >= MIN_ENGLISH_SHARE,
    )


def _value(signal: Signal, n: int, prose: Prose, amounts: Mapping[str, float]) -> float:
    if signal.unit is Unit.AMOUNT:
        value = amounts[signal.name]
    elif signal.unit is Unit.FLAG:
        value = float(n > 0)
    elif signal.unit is Unit.COUNT:
        value = float(np.log1p(n))
    else:
        value = float(np.sqrt(100 * n / max(prose.n_words, 100)))
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


def _find_phrases(page: Sifted) -> dict[str, list[Find]]:
    table = load_table("page_signals")
    finds: dict[str, list[Find]] = {}
    tail = _tail(page.blocks)
    for i, block in _ends(page.blocks):
        for hit in table.find(block.text[:MAX_BLOCK_CHARS]):
            signal = _BY_NAME[hit.row.label]
            is_misplaced = (signal.in_article and not block.is_main) or (signal.name in _AT_END and i < tail)
            if not is_misplaced:
                place = Find(block.start + hit.start, block.start + hit.end)
                finds.setdefault(signal.name, []).append(place)
    return {name: sorted(set(places), key=lambda place: (place.start, place.end)) for name, places in finds.items()}


def _tail(blocks: Sequence[LabelledBlock]) -> int:
    """Index of the block from which a credit is that of the whole article."""
    prose = [i for i, block in enumerate(blocks) if block.is_main and is_prose(block.text)]
    return prose[-1 - MAX_PROSE_AFTER] + 1 if len(prose) > MAX_PROSE_AFTER else 0


def _find_learned(page: Sifted, finds: dict[str, list[Find]]) -> None:
    """What surgery and labels know."""
    cuts = [Find(cut.start, cut.end) for cut in page.cuts if cut.label is BlockLabel.INJECTED]
    if cuts:
        finds["injected_cuts"] = cuts
    brand = page.provenance.injected_brand
    if brand:
        at = page.source.find(brand)
        finds["injected_brand"] = [Find(at, at + len(brand))] if at >= 0 else [Find(0, 0)]


def _shortness(prose: Prose) -> float:
    """0 for a full body, 3 for none: logarithm of how many times the body would fit into a full one."""
    return float(np.clip(np.log(ENOUGH_WORDS / max(prose.n_words, 1)), 0, 3))


def _title_repetition(page: Sifted, prose: Prose) -> float:
    """How much more often than 1 in 40 words a word of the title stands in the article, logarithm."""
    title = page.title or next((block.text for block in page.blocks if not is_prose(block.text)), "")
    wanted = set(_TITLE_WORD.findall(title.lower()[:200])) - set(FUNCTION_WORDS)
    if not wanted or prose.n_words < N_CHUNK:
        return 0.0
    share = sum(word in wanted for word in prose.words) / prose.n_words
    return float(np.log(max(40 * share, 1.0)))
