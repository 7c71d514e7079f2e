"""The nouns: frozen records and closed sets. Standard library and errors only, imported by everything.

Offsets are Unicode code points, half-open ``[start, end)``, into the *source*: the text as given, or,
for HTML, the rendered text of all blocks, one per line. Probabilities lie in [0, 1]; weights are
log-odds (natural logarithm).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from spamsift.errors import InvalidOption

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "ARTICLE_LABELS",
    "JUNK_LABELS",
    "MAIN_LABELS",
    "SCHEMA_VERSION",
    "STYLE_DOUBTS",
    "Block",
    "BlockLabel",
    "Cut",
    "Declaration",
    "Document",
    "Doubt",
    "Evidence",
    "Health",
    "InputKind",
    "LabelledBlock",
    "Markup",
    "Metadata",
    "Node",
    "Options",
    "PageKind",
    "Provenance",
    "Sifted",
    "Thresholds",
    "Verdict",
]

SCHEMA_VERSION = 1


class InputKind(str, Enum):
    """What a page was read as."""

    HTML = "html"
    TEXT = "text"


class BlockLabel(str, Enum):
    """What one block is. The first five are main content, the rest is junk."""

    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    CAPTION = "caption"
    BYLINE = "byline"
    INJECTED = "injected"
    RELATED = "related"
    COMMENTS = "comments"
    SHARE = "share"
    NAVIGATION = "navigation"
    PROMO = "promo"
    NOTICE = "notice"
    SOURCE = "source"
    OTHER = "other"


MAIN_LABELS = frozenset(
    {
        BlockLabel.TITLE,
        BlockLabel.HEADING,
        BlockLabel.BODY,
        BlockLabel.CAPTION,
        BlockLabel.BYLINE,
    }
)
"""Labels of main content."""

JUNK_LABELS = frozenset(BlockLabel) - MAIN_LABELS
"""Labels of everything that is not main content."""

ARTICLE_LABELS = frozenset({BlockLabel.HEADING, BlockLabel.BODY})
"""What stays in the text unless the caller asks otherwise (:attr:`Options.keep`): the article body with its
headings, lists, quotes, code and tables. Title, byline and captions can be asked for."""


class PageKind(str, Enum):
    """What a page is. ``UNDETERMINED`` means that the evidence does not suffice."""

    ORIGINAL = "original"
    MIRROR = "mirror"
    SPUN = "spun"
    GENERATED = "generated"
    THIN = "thin"
    DOORWAY = "doorway"
    UNDETERMINED = "undetermined"


class Health(str, Enum):
    """What was wrong with an input; a healthy page has none of these."""

    EMPTY = "empty"
    """Nothing but white space."""
    BINARY = "binary"
    """Bytes that are no text in any encoding (images, archives, PDF)."""
    NUL_BYTES = "nul_bytes"
    """NUL characters were dropped from the markup or stand in the text."""
    UNDECODABLE_BYTES = "undecodable_bytes"
    """Some bytes fit no encoding and became U+FFFD."""
    WRONG_CHARSET = "wrong_charset"
    """The declared charset does not decode the bytes; another one was used."""
    LONE_SURROGATES = "lone_surrogates"
    """Half a surrogate pair; it is kept in text and became U+FFFD in markup."""
    TOO_LARGE = "too_large"
    """Larger than the limit: what lies beyond it was not read."""
    DEEPLY_NESTED = "deeply_nested"
    """Nested beyond what libxml2 parses; the page was read with its nesting flattened."""
    HUGE_TEXT_NODE = "huge_text_node"
    """A run of text beyond what libxml2 parses; it was read in pieces."""
    MALFORMED = "malformed"
    """Markup that no parser could make a tree of; it was read as text."""
    NO_TEXT = "no_text"
    """A page without a single block of text."""
    TOO_MANY_BLOCKS = "too_many_blocks"
    """More blocks than are looked at one by one: neighbours were joined into larger ones."""


class Doubt(str, Enum):
    """What limits a verdict. A page that is ``UNDETERMINED`` has at least one; a decided one may have the first two."""

    NOT_ENGLISH = "not_english"
    """Another language than English: its style weighs nothing, only phrases and templates count."""
    FEW_WORDS = "few_words"
    """Too few words of prose for style to count in full."""
    UNREADABLE = "unreadable"
    """No text to judge."""
    TOO_SHORT = "too_short"
    """Less prose than style needs, and no finding at a place either."""
    BETWEEN_THRESHOLDS = "between_thresholds"
    """Too suspicious for an original, not suspicious enough for a farm page."""
    NO_FINDING = "no_finding"
    """Suspicious, but without the finding at a place that the likeliest kind must show."""
    NO_CLEAR_KIND = "no_clear_kind"
    """Suspicious, but several kinds share the suspicion."""


STYLE_DOUBTS = frozenset({Doubt.NOT_ENGLISH, Doubt.FEW_WORDS})
"""Doubts that a decided page may have too."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities at which a page is called something; ``None`` takes the model's own.

    What is not given gives way to what is: with ``farm_from=0.4`` an ``original_below`` of the model above 0.4
    becomes 0.4. The README has the false-positive rates that values of ``farm_from`` stand for.

    >>> Thresholds(farm_from=0.4).over(Thresholds(farm_from=0.8, original_below=0.5))
    Thresholds(farm_from=0.4, original_below=0.4)

    Raises:
        InvalidOption: a value outside [0, 1], or ``original_below`` above ``farm_from``.
    """

    farm_from: float | None = None
    """P(not an original) from which a page is called a farm page, in [0, 1]."""
    original_below: float | None = None
    """P(not an original) below which a page is called an original, in [0, 1]."""

    def __post_init__(self) -> None:
        for name in ("farm_from", "original_below"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and 0 <= value <= 1):
                raise InvalidOption(f"{name} is {value!r}; give a probability from 0 to 1.")
        if None not in (low := self.original_below, high := self.farm_from) and low > high:  # type: ignore[operator]
            raise InvalidOption(f"original_below ({low}) is above farm_from ({high}); give them the other way round.")

    def over(self, defaults: Thresholds) -> Thresholds:
        """Both thresholds: these where they are given, and ``defaults`` elsewhere."""
        low, high = self.original_below, self.farm_from
        if low is None:
            low = defaults.original_below if high is None else min(defaults.original_below or 0.0, high)
        if high is None:
            high = max(defaults.farm_from if defaults.farm_from is not None else 1.0, low or 0.0)
        return Thresholds(high, low)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True, slots=True)
class Options:
    """Everything a caller may decide. One object instead of twenty keywords."""

    kind: InputKind | None = None
    """Read the page as this; ``None`` decides from the page itself."""
    keep: frozenset[BlockLabel] = ARTICLE_LABELS
    """Labels that stay in the text."""
    model_dir: str | None = None
    """Folder with the folders ``block-html``, ``block-text`` and ``page``; ``None``: the shipped ones."""
    thresholds: Thresholds = Thresholds()
    """When a page is called an original or a farm page, where the model's own choice does not suit."""
    charset: str | None = None
    """Charset that the server declared for bytes, such as ``iso-8859-1``; checked before it is believed."""

    def __post_init__(self) -> None:
        """The values that the command line takes are taken here, too: ``Options(kind="text", keep=["title"])``.

        Raises:
            InvalidOption: something else.
        """
        wanted: dict[str, tuple[type, ...]] = {
            "thresholds": (Thresholds,),
            "charset": (str, type(None)),
            "model_dir": (str, os.PathLike, type(None)),
            "keep": (Iterable,),
        }
        wrong = [name for name, types in wanted.items() if not isinstance(getattr(self, name), types)]
        if wrong or isinstance(self.keep, str):
            raise InvalidOption(f"{(wrong or ['keep'])[0]} is of the wrong type; see spamsift.Options.")
        try:
            object.__setattr__(self, "kind", None if self.kind is None else InputKind(self.kind))
            object.__setattr__(self, "keep", frozenset(map(BlockLabel, self.keep)))
        except ValueError as problem:
            raise InvalidOption(f"{problem}: kind is a spamsift.InputKind, keep has spamsift.BlockLabel.") from None


@dataclass(frozen=True, slots=True)
class Document:
    """One page as read."""

    kind: InputKind
    text: str
    """The decoded source: markup for HTML, the text itself for text."""
    tree: _Element | None = None
    """The parsed page (``kind`` HTML only). Nobody changes it."""
    url: str | None = None
    name: str | None = None
    """Where it came from (a path), for messages; never used for a decision."""
    health: tuple[Health, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One element that holds text, and its way up to ``body``. Compared by identity: shared, never copied."""

    tag: str
    """Lower case."""
    hints: str
    """Class, id, role and itemprop words, lower case; ``hidden`` for an element that is not shown."""
    parent: Node | None
    depth: int
    """0 for ``body``."""


@dataclass(frozen=True, slots=True)
class Markup:
    """What the DOM says about a block (HTML only)."""

    node: Node
    """The innermost block-level element that holds the text."""
    inline_hints: str
    """Class words of the inline elements inside the block, lower case."""
    n_link_chars: int
    """Characters of the block inside ``<a>``."""
    n_links: int
    n_emphasis_chars: int
    """Characters inside ``b strong em i u``."""


@dataclass(frozen=True, slots=True)
class Block:
    """Maximal run of text between block-level boundaries (HTML), or one line or paragraph (text)."""

    text: str
    start: int
    end: int
    markup: Markup | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the page declares about itself (``<head>``, JSON-LD); ``None`` where it says nothing."""

    title: str | None = None
    author: str | None = None
    date: str | None = None
    site: str | None = None
    language: str | None = None
    page_title: str | None = None
    """The raw ``<title>``: a mirror writes its brand here."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an HTML page says of itself beside its text; empty for plain text."""

    metadata: Metadata = field(default_factory=Metadata)
    signs: tuple[str, ...] = ()
    """What tells its type, such as ``og:type=article`` or ``ld=product``."""
    descriptions: str = ""
    """Its descriptions of itself, one per line."""
    bodies: str = ""
    """Texts that its JSON-LD declares to be an article, a post or a review."""


@dataclass(frozen=True, slots=True)
class LabelledBlock:
    """One block of the answer."""

    text: str
    label: BlockLabel
    score: float
    """Probability of the side the block model put it on: P(article text) there, 1 - P beside it. A title that was found
    on the article's side keeps that side's probability."""
    start: int
    end: int
    reasons: tuple[str, ...] = ()

    @property
    def is_main(self) -> bool:
        return self.label in MAIN_LABELS


@dataclass(frozen=True, slots=True)
class Cut:
    """A span ``[start, end)`` of the source that leaves the text, whole blocks and strings inside them alike."""

    start: int
    end: int
    label: BlockLabel
    score: float
    """Probability that the cut is right."""
    reason: str
    text: str
    """What stood there."""
    replacement: str = ""
    """What stands there now: empty, or what mends the join (a space, a capital)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding: positive weights speak against an original, negative ones for it."""

    signal: str
    weight: float
    """Log-odds."""
    quote: str = ""
    start: int = 0
    end: int = 0
    """Offsets of the quote; ``start == end`` for a finding about the whole page."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the page is.

    There is one accusation per farm kind. ``evidence`` is the whole ledger of the strongest one, so the sum is open:

    >>> ledger = (Evidence("appeared_first_on", 2.5), Evidence("short_body", -0.25))
    >>> Verdict(PageKind.MIRROR, 0.9, evidence=ledger, prior=-1.0).log_odds
    1.25
    """

    kind: PageKind
    score: float
    """Calibrated P(page is not an original)."""
    probabilities: Mapping[PageKind, float] = field(default_factory=dict)
    """One per kind but ``UNDETERMINED``; they sum to 1."""
    evidence: tuple[Evidence, ...] = ()
    """Strongest first, all of ``accusation``."""
    accusation: PageKind | None = None
    """The farm kind that ``evidence`` and ``prior`` speak of; ``None`` for a page that was not judged."""
    prior: float = 0.0
    """Log-odds of the accusation for average prose without any finding."""
    accusations: Mapping[PageKind, float] = field(default_factory=dict)
    """Log-odds of every farm kind against an original, calibrated on held-out pages."""
    thresholds: Thresholds = Thresholds()
    """What ``kind`` was decided with."""
    doubts: tuple[Doubt, ...] = ()
    """What limits the verdict; why a page is undetermined."""

    @property
    def log_odds(self) -> float:
        """Score of the accusation before calibration: ``prior`` and the weights of ``evidence``."""
        return self.prior + math.fsum(found.weight for found in self.evidence)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who wrote it, when, and whom it credits: cut from the text perhaps, never lost."""

    author: str | None = None
    date: str | None = None
    source: str | None = None
    """Whom the page credits, such as ``The Hill`` in "Source: The Hill"."""
    site: str | None = None
    injected_brand: str | None = None
    """The brand that a mirror injected, if one was found."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """The answer for one page.

    >>> cut = Cut(5, 9, BlockLabel.SHARE, 0.9, "share line", "\\nEnd")
    >>> page = Sifted(text="Body.", cuts=(cut,))
    >>> page.restore()
    'Body.\\nEnd'
    """

    text: str
    """The article: the source with every cut replaced by its ``replacement``."""
    cuts: tuple[Cut, ...] = ()
    """Sorted, disjoint."""
    title: str | None = None
    blocks: tuple[LabelledBlock, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    verdict: Verdict = field(default_factory=lambda: Verdict(PageKind.UNDETERMINED, 0.5))
    health: tuple[Health, ...] = ()
    kind_of_input: InputKind = InputKind.TEXT
    name: str | None = None

    @property
    def source(self) -> str:
        """The source text that all offsets point into."""
        return self.restore()

    @property
    def kept_share(self) -> float:
        """Characters of the clean text / characters of the source, in [0, 1]; 0 for an empty page."""
        n_cut = sum(cut.end - cut.start - len(cut.replacement) for cut in self.cuts)
        return len(self.text) / (len(self.text) + n_cut) if self.text else 0.0

    def restore(self) -> str:
        """Undo every cut: the source text, to the letter."""
        parts: list[str] = []
        position, shift = 0, 0
        for cut in self.cuts:
            at = cut.start + shift
            parts += [self.text[position:at], cut.text]
            position = at + len(cut.replacement)
            shift += len(cut.replacement) - (cut.end - cut.start)
        return "".join([*parts, self.text[position:]])

    def to_dict(self) -> dict[str, Any]:
        """The JSON of one page (``schema_version`` 1), ready for :func:`json.dumps`."""
        return {
            "schema_version": SCHEMA_VERSION,
            "source": self.name,
            "kind_of_input": self.kind_of_input.value,
            "title": self.title,
            "text": self.text,
            "blocks": [_block_dict(block) for block in self.blocks],
            "cuts": [_cut_dict(cut) for cut in self.cuts],
            "provenance": {
                "author": self.provenance.author,
                "date": self.provenance.date,
                "source": self.provenance.source,
                "site": self.provenance.site,
                "injected_brand": self.provenance.injected_brand,
            },
            "verdict": _verdict_dict(self.verdict),
            "health": [note.value for note in self.health],
        }


def _block_dict(block: LabelledBlock) -> dict[str, Any]:
    return {
        "text": block.text,
        "label": block.label.value,
        "score": block.score,
        "start": block.start,
        "end": block.end,
        "reasons": list(block.reasons),
    }


def _cut_dict(cut: Cut) -> dict[str, Any]:
    return {
        "start": cut.start,
        "end": cut.end,
        "label": cut.label.value,
        "score": cut.score,
        "reason": cut.reason,
        "text": cut.text,
        "replacement": cut.replacement,
    }


def _verdict_dict(verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": verdict.kind.value,
        "score": verdict.score,
        "probabilities": {kind.value: p for kind, p in verdict.probabilities.items()},
        "evidence": [
            {"signal": e.signal, "weight": e.weight, "quote": e.quote, "start": e.start, "end": e.end}
            for e in verdict.evidence
        ],
        "accusation": verdict.accusation.value if verdict.accusation else None,
        "prior": verdict.prior,
        "log_odds": verdict.log_odds,
        "accusations": {kind.value: odds for kind, odds in verdict.accusations.items()},
        "thresholds": {
            "farm_from": verdict.thresholds.farm_from,
            "original_below": verdict.thresholds.original_below,
        },
        "doubts": [doubt.value for doubt in verdict.doubts],
    }
