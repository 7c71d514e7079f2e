"""One label per block, with a probability and reasons.

Two linear models read hashed tokens first: what type the page is of, and how much a block's words and class names sound
like article text. Their answers are columns beside the declared features. A forest of boosted trees and a
small network, their log-odds averaged, say whether a block belongs to the article text; another linear model
says which kind it is by itself, and a network which kind it is by what the blocks around it are
(:mod:`spamsift.block_context`); their mean counts. The first answer decides the side, the second the label on that
side: an article block is body or heading; anything else is a title, a byline, a caption or one of the kinds of junk.
Which labels stay in the text is the caller's choice (:attr:`Options.keep`), after the models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spamsift.block_context import LEAST, N_VIEWS, around
from spamsift.block_features import (
    BLOCK_FEATURES_VERSION,
    HTML_FEATURES,
    TEXT_FEATURES,
    Hits,
    block_features,
    find_hits,
)
from spamsift.errors import ModelMismatch
from spamsift.forest import Forest
from spamsift.groundwork import prepare
from spamsift.measures import N_HASHES, Words
from spamsift.models import Floats, Linear, Network, load_folder, sigmoid, softmax
from spamsift.phrase_table import Hit
from spamsift.records import Block, BlockLabel, Declaration, InputKind, LabelledBlock, Metadata
from spamsift.titles import find_titles
from spamsift.tokens import Tokens, block_tokens, n_token_columns, page_signs

__all__ = ["ARTICLE_SIDE", "BlockModel", "in_context", "label", "load_block_model", "read_tokens", "stack_columns"]

ARTICLE_SIDE = (BlockLabel.BODY, BlockLabel.HEADING)
"""Labels of the article text itself; all others are beside it."""

LOWEST_THRESHOLD = 0.1
"""P(article text) below which no block is taken, however doubtful the page. Swept 0.05 to 0.3 out of fold on WCXB dev:
0.05 and 0.1 agree to 0.0001 in word F1, 0.2 costs 0.002. Coupled to :func:`page_threshold`."""
EMPTY_THRESHOLD, EMPTY_WORDS = 0.2, 10.0
"""The same for a page on which fewer words of article text than these are to be expected: pages of junk only stay
empty. Swept 5 to 20 words: no difference."""
MAX_WORD_CHARS = 12
"""Characters of a text that are one word at least: twice the mean of European languages with their spaces."""
INSERTS = frozenset({BlockLabel.RELATED, BlockLabel.SHARE, BlockLabel.SOURCE})
NAMED_JUNK, NAMED_JUNK_CHARS = 0.3, 200
"""Probability from which, and characters up to which, a phrase and the kind model together overrule the article side,
for junk that is set between paragraphs. Swept 0.1 to 0.5 out of fold: word F1 of WCXB dev moves by 0.0002 at most.
Other kinds have phrases that tables and forms of the text share ("Name")."""
_TOKEN_CHUNK = 100_000
"""Tokens whose weights are gathered at once; bounds the memory of one step to some 12 MB."""


@dataclass(frozen=True, slots=True)
class BlockModel:
    """The models for one kind of input."""

    types: Linear
    """Signs of a page to its type."""
    token_weights: NDArray[np.float32]
    """Tokens of a block to the log-odds that it is article text (first column) and to scores of the labels."""
    token_bias: float
    article: Forest
    network: Network
    kinds: Linear
    """Features of a block to its label; the part for its tokens is in ``token_weights``."""
    context: Network
    """Features of a block, and what ``kinds`` says of it and of the blocks around it, to its label."""
    labels: tuple[BlockLabel, ...]
    """Columns of ``kinds`` and classes of ``context``."""
    with_dom: bool


@lru_cache(maxsize=8)
def load_block_model(folder: Path, kind: InputKind) -> BlockModel:
    """Load ``block-html`` or ``block-text`` from a folder of models (cached).

    Raises:
        ModelMismatch: missing, broken, or made for other features.
    """
    stored = load_folder(folder / f"block-{kind.value}", BLOCK_FEATURES_VERSION)
    with_dom = kind is InputKind.HTML
    n_features = len(HTML_FEATURES if with_dom else TEXT_FEATURES)
    try:
        labels = tuple(BlockLabel(name) for name in stored.manifest["labels"])
    except (KeyError, ValueError) as problem:
        raise ModelMismatch(
            f"the manifest of block-{kind.value} is incomplete ({problem}); train it again."
        ) from problem
    types, tokens, kinds = map(stored.linear, ("types", "tokens", "kinds"))
    network, context = map(stored.network, ("network", "context"))
    n_types, n_tokens, n = types.weights.shape[-1], n_token_columns(with_dom), len(labels)
    shapes = [model.weights.shape for model in (types, tokens, kinds, context)]
    shapes += [network.mean.shape, context.mean.shape]
    wanted: list[tuple[int, ...]] = [(N_HASHES, n_types), (n_tokens, 1), (n_features + n_tokens, n)]
    wanted += [(len(context.hidden_bias), n), (n_features + 1 + n_types,), (n_features + N_VIEWS * n,)]
    if shapes != wanted:
        raise ModelMismatch(f"block-{kind.value} has other columns than this spamsift; train it again.")
    token_weights = np.hstack([tokens.weights, kinds.weights[n_features:]]).astype(np.float32)
    of_features = Linear(kinds.mean[:n_features], kinds.scale[:n_features], kinds.weights[:n_features], kinds.bias)
    forest = stored.forest("article")
    return BlockModel(
        types, token_weights, float(tokens.bias[0]), forest, network, of_features, context, labels, with_dom
    )


def label(source: str, blocks: Sequence[Block], declared: Declaration, model: BlockModel) -> tuple[LabelledBlock, ...]:
    """Label every block of a page."""
    if not blocks:
        return ()
    hits = find_hits(blocks)
    groundwork = prepare(blocks, model.with_dom)
    rows = block_features(source, blocks, hits, declared, model.with_dom, groundwork)
    tokens = block_tokens(blocks, model.with_dom, groundwork)
    p_article, p_kinds = _probabilities(rows, tokens, declared, model)
    is_article = p_article >= page_threshold(p_article, n_words(blocks))
    is_article &= ~_is_named_junk(blocks, hits, p_kinds, model.labels)
    choices = _with_title(
        blocks, groundwork.words, _choose(is_article, p_kinds, model.labels), is_article, declared.metadata
    )
    explain = _Explainer(rows, model.with_dom)
    scores = np.where(is_article, p_article, 1.0 - p_article).tolist()
    return tuple(
        LabelledBlock(block.text, choice, score, block.start, block.end, explain.reasons(i, choice, hits[i]))
        for i, (block, choice, score) in enumerate(zip(blocks, choices, scores, strict=True))
    )


def _probabilities(
    rows: NDArray[np.float32], tokens: Tokens, declared: Declaration, model: BlockModel
) -> tuple[Floats, Floats]:
    """P(article text), shape (n_blocks,), and P(label), shape (n_blocks, n_labels)."""
    token_scores = read_tokens(tokens, model.token_weights)
    types = model.types.probabilities(page_signs(declared, tokens, model.with_dom)[None])
    stacked = stack_columns(rows, token_scores[:, 0] + model.token_bias, np.repeat(types, len(rows), axis=0))
    p_article = sigmoid((model.article.scores(stacked) + model.network.scores(stacked)) / 2)
    alone = softmax(model.kinds.scores(rows) + token_scores[:, 1:])
    return p_article, in_context(rows, alone, model.context)


def in_context(rows: NDArray[np.float32], alone: Floats, context: Network) -> Floats:
    """P(label) of each block from its features and from what it and those around it are alone: the geometric mean of
    the latter and of the network's answer."""
    second = softmax(context.class_scores(np.hstack([rows, around(alone)])))
    return softmax((np.log(alone + LEAST) + np.log(second + LEAST)) / 2)


def stack_columns(rows: NDArray[np.float32], token_scores: Floats, types: Floats) -> NDArray[np.float32]:
    """Features with the columns that models made: the token score and the probability of each page type."""
    return np.hstack([rows, token_scores[:, None].astype(np.float32), types.astype(np.float32)])


def read_tokens(tokens: Tokens, weights: NDArray[Any]) -> Floats:
    """Sums of the weights of each block's tokens: (n_columns, n_outputs) to (n_blocks, n_outputs)."""
    found = np.zeros((tokens.n_blocks, weights.shape[1]))
    if not len(tokens.block):
        return found
    starts = np.flatnonzero(np.r_[True, tokens.block[1:] != tokens.block[:-1]])
    for low in range(0, len(starts), step := max(1, _TOKEN_CHUNK * len(starts) // len(tokens.block))):
        mine = starts[low : low + step]
        end = starts[low + step] if low + step < len(starts) else len(tokens.block)
        gathered = weights.take(tokens.column[mine[0] : end], axis=0)
        found[tokens.block[mine]] = np.add.reduceat(gathered, mine - mine[0], axis=0)
    return found


def n_words(blocks: Sequence[Block]) -> Floats:
    """White-space separated words of each block, shape (n_blocks,); where a language writes none, pieces of a dozen
    characters."""
    return np.array(
        [max(1 + block.text.count(" "), len(block.text) / MAX_WORD_CHARS) for block in blocks], dtype=np.float64
    )


def page_threshold(p_article: Floats, words: Floats) -> float:
    """The threshold that makes the page's expected word F1 largest: half of that F1.

    With probability ``p`` and ``w`` words per block, keeping a set K gives about ``2 sum_K(p w) / (sum_K(w) +
    sum(p w))``; the best K holds the likeliest blocks, and its threshold is half the F1 it reaches (Lipton,
    Elkan and Naryanaswamy, "Optimal Thresholding of Classifiers to Maximize F1 Measure", 2014). A page whose blocks are
    certain gets 0.5, a doubtful one less, as a single number tuned on a corpus can't.

    >>> page_threshold(np.array([0.0, 1.0]), np.array([5.0, 5.0]))
    0.5
    >>> round(page_threshold(np.array([0.3, 0.4]), np.array([10.0, 10.0])), 3)
    0.259
    """
    order = np.argsort(-p_article, kind="stable")
    gained = np.cumsum((p_article * words)[order])
    f1 = 2 * gained / (np.cumsum(words[order]) + gained[-1])
    lowest = LOWEST_THRESHOLD if gained[-1] >= EMPTY_WORDS else EMPTY_THRESHOLD
    return max(lowest, float(f1.max()) / 2)


def _choose(is_article: NDArray[np.bool_], p_kinds: Floats, labels: Sequence[BlockLabel]) -> list[BlockLabel]:
    """The likeliest label on each block's side."""
    on_side = np.array([label in ARTICLE_SIDE for label in labels])
    allowed = np.where(on_side[None, :] == is_article[:, None], p_kinds, 0.0)
    return [labels[i] for i in allowed.argmax(axis=1).tolist()]


def _is_named_junk(
    blocks: Sequence[Block], hits: Hits, p_kinds: Floats, labels: Sequence[BlockLabel]
) -> NDArray[np.bool_]:
    """Short blocks of which a phrase and the kind model say the same junk: "Read more: headline" between paragraphs."""
    beside = [i for i, label in enumerate(labels) if label not in ARTICLE_SIDE]
    found = np.zeros(len(blocks), dtype=bool)
    for i, (block, rows) in enumerate(zip(blocks, hits, strict=True)):
        if rows and len(block.text) <= NAMED_JUNK_CHARS:
            best = max(beside, key=p_kinds[i].__getitem__)
            is_sure = labels[best] in INSERTS and p_kinds[i, best] > NAMED_JUNK
            found[i] = is_sure and any(hit.row.label == labels[best].value for hit in rows)
    return found


def _with_title(
    blocks: Sequence[Block],
    words: Words,
    labels: Sequence[BlockLabel],
    is_article: NDArray[np.bool_],
    metadata: Metadata,
) -> list[BlockLabel]:
    """The labels with one title: the block found to be it, and its repetitions; what else looked like one is a heading
    in the article and navigation beside it. A crumb with the headline stays what it is, if it is no article text."""
    found = find_titles(blocks, labels, is_article.tolist(), metadata, words)
    if not found:
        return list(labels)
    at, *copies = found
    titles = {at, *(i for i in copies if is_article[i])}
    instead = (BlockLabel.NAVIGATION, BlockLabel.HEADING)
    return [
        BlockLabel.TITLE
        if i in titles or (block.text == blocks[at].text and i < at)
        else (instead[int(is_article[i])] if label is BlockLabel.TITLE else label)
        for i, (block, label) in enumerate(zip(blocks, labels, strict=True))
    ]


_FACTS: tuple[tuple[str, float, float, str], ...] = (
    # column, lowest and highest value, what it tells a reader
    ("in_nav", 1, 1, "inside <nav>"),
    ("in_footer", 1, 1, "inside <footer>"),
    ("in_aside", 1, 1, "inside <aside>"),
    ("in_form", 1, 1, "inside a form"),
    ("any_related", 1, 1, "class names say: list of other pages"),
    ("any_share", 1, 1, "class names say: social buttons"),
    ("any_comments", 1, 1, "class names say: comments"),
    ("any_promo", 1, 1, "class names say: promotion"),
    ("any_notice", 1, 1, "class names say: notice"),
    ("link_density", 0.8, 1, "nothing but links"),
    ("log_same_signature", 2.8, 99, "one of many blocks of the same shape"),
    ("since_related", 0.1, 2.8, "follows the head of a list of other stories"),
    ("since_comments", 0.1, 2.8, "follows the head of the comments"),
    ("log_copies", 1.0, 99, "stands on the page more than once"),
)
"""Facts shown as reasons for junk; the bounds are in the units of the columns (log columns: log of 1 + count)."""
_ARTICLE_FACTS: tuple[tuple[str, float, float, str], ...] = (
    ("body_share", 0.8, 1, "the page declares it as its text"),
    ("log_sentences", 1.09, 99, "two or more whole sentences"),
    ("topic_share", 0.5, 1, "shares its subject with the other paragraphs"),
    ("in_article", 1, 1, "inside <article>"),
)


class _Explainer:
    """Turns columns into words."""

    def __init__(self, rows: NDArray[np.float32], with_dom: bool) -> None:
        self.facts = {is_article: self._hold(rows, _placed(is_article, with_dom)) for is_article in (True, False)}

    @staticmethod
    def _hold(rows: NDArray[np.float32], facts: Sequence[tuple[int, float, float, str]]) -> list[list[str]]:
        """The words of the facts that hold, per block."""
        found: list[list[str]] = [[] for _ in rows]
        for place, low, high, words in facts:
            column = rows[:, place]
            for i in np.flatnonzero((column >= low) & (column <= high)).tolist():
                found[i].append(words)
        return found

    def reasons(self, i: int, choice: BlockLabel, hits: Sequence[Hit]) -> tuple[str, ...]:
        """Phrase-table hits that agree with the label first, then what the columns show; at most four."""
        facts = self.facts[choice in ARTICLE_SIDE][i]
        if not hits:  # hardly a block has one
            return tuple(facts[:4])
        of_hits = (hit.row.reason for hit in hits if hit.row.label == choice.value)
        return tuple(dict.fromkeys((*of_hits, *facts)))[:4]


@cache
def _placed(is_article: bool, with_dom: bool) -> tuple[tuple[int, float, float, str], ...]:
    """The facts of a side that have a column, each with its place."""
    place = {name: i for i, name in enumerate(HTML_FEATURES if with_dom else TEXT_FEATURES)}
    facts = _ARTICLE_FACTS if is_article else _FACTS
    return tuple((place[name], low, high, words) for name, low, high, words in facts if name in place)
