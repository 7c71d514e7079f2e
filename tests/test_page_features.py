"""Page features: the declared tables hold, signals are found where they should be, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest

from spamsift.lexicon import load_table
from spamsift.page_features import SIGNALS, PageFeatures, page_features
from spamsift.records import BlockLabel, Document, InputKind, LabelledBlock, Provenance, Sifted
from spamsift.style_statistics import GROUPS, STATISTICS
from spamsift.text_statistics import Frequencies, normalise, read_prose, tabulate

WORDS = (
    "the a of was were on by and closed bridge river council morning road town storm after monday repairs open".split()
)
PAIRS = [("the", "bridge"), ("the", "river"), ("the", "council"), ("was", "closed"), ("by", "the"), ("of", "the")]
STORY = "The bridge over the river was closed by the council on Monday morning after the storm."


@pytest.fixture(scope="module")
def frequencies() -> Frequencies:
    counted = [(word, 1_000 - i) for i, word in enumerate(WORDS)]
    return tabulate(counted, [(a, b, 50) for a, b in PAIRS], 20_000)


def page_of(*lines: str, title: str | None = None, junk: tuple[int, ...] = (), **more: object) -> Sifted:
    blocks, at = [], 0
    for i, line in enumerate(lines):
        label = BlockLabel.OTHER if i in junk else BlockLabel.BODY
        blocks.append(LabelledBlock(line, label, 0.9, at, at + len(line)))
        at += len(line) + 1
    return Sifted(text="\n".join(lines), blocks=tuple(blocks), title=title, **more)  # type: ignore[arg-type]


def features_of(page: Sifted, frequencies: Frequencies) -> PageFeatures:
    return page_features(page, Document(InputKind.TEXT, page.text), frequencies)


def test_names_are_unique_and_every_row_feeds_a_signal() -> None:
    names = [signal.name for signal in SIGNALS]
    assert len({*names, *(group.name for group in GROUPS)}) == len(names) + len(GROUPS)
    assert len(set(STATISTICS)) == len(STATISTICS)
    assert {row.label for row in load_table("page_signals").rows} <= set(names)
    assert {signal.direction for signal in SIGNALS} == {-1, 1}


@pytest.mark.parametrize(
    ("signal", "line"),
    [
        ("source_line", "Source: The Harbour Post"),
        ("credit_at_end", "Originally published at harbour.example"),
        ("credit_at_end", "Source link"),
        ("credit_at_end", "This article was originally published in The Harbour Post."),
        ("read_more_on", "Read more on Harbour Post"),
        ("read_more_on", "Continue reading at harbour.example/bridge"),
        ("appeared_first_on", "The post Bridge closed appeared first on Harbour Post."),
        ("feed_residue", "Article URL: https://harbour.example/bridge"),
        ("damaged_credit", "Marla Quint / AB"),
        ("link_capitals", "The council planted many popular trees In the park near the river."),
        ("misplaced_honorific", "On Monday Mr. said that the bridge would stay closed for a week."),
        ("doubled_word", "The council said that the the bridge would stay closed for a week."),
        ("wrong_article", "It was a interesting evening for a adventure by the river."),
        ("formula_opening", "In today's fast-paced world, bridges matter more than ever before."),
        ("formula_closing", "In conclusion, the bridge is a bridge and will remain one."),
        ("formula_phrase", "The storm serves as a reminder that bridges play a vital role in towns."),
        ("announces_contents", "In this guide, you'll learn how bridges are closed."),
        ("padding_heading", "Key Takeaways"),
        ("assistant_residue", "As an AI language model, I can't visit bridges."),
        ("teaser_mark", "The council closed the bridge on Monday and said that […]"),
        ("affiliate_disclosure", "As an Amazon Associate we earn from qualifying purchases."),
        ("gambling_words", "Play at the best online casino with free spins today."),
        ("essay_mill_words", "Our essay writing service is plagiarism-free."),
        ("versus", "Collie vs Terrier: Complete Comparison"),
        ("tortured_phrase", "The counterfeit consciousness of the bridge was praised by all."),
        ("negated_contrast", "A bridge isn't just a road over water."),
        ("reader_casting", "Whether you're a walker or a driver, the bridge is yours."),
        ("gerund_recipe", "By closing the bridge early, you can avoid the worst of the storm."),
        ("benefit_tail", "The council closed the bridge, ensuring that nobody was hurt."),
        ("overused_word", "Bridges are pivotal."),
        ("archive_page", "Posts tagged with bridges"),
        ("teaser_link", "The council closed the bridge on Monday... Read more"),
        ("auto_filled", "This is a placeholder page for the bridge."),
        ("spam_trade", "Payday loans with no credit check, and a promo code."),
        ("planted_link", "For more info on bridges, click here now."),
        ("snippet_joint", "The bridge was closed on... The river was high in spring."),
        ("repeated_sentence", STORY + " Nobody was hurt."),
        ("first_hand_report", "The mayor told reporters that work would begin soon."),
        ("personal_voice", "I was on the bridge when it closed, with my wife and a bag of nails."),
    ],
)
def test_signal_is_found_at_its_place(signal: str, line: str, frequencies: Frequencies) -> None:
    page = page_of(STORY, line)
    found = features_of(page, frequencies)
    assert found.signals[[s.name for s in SIGNALS].index(signal)] > 0
    places = found.finds[signal]
    assert all(len(STORY) < place.start < place.end <= len(page.source) for place in places)


@pytest.mark.parametrize(
    ("signal", "line"),
    [
        ("damaged_credit", "Marla Quint / AP"),
        ("link_capitals", "She said The Hague was cold, and left on the next train."),
        ("wrong_article", "An hour is an honest measure of a European union, a one-way road and a user."),
        ("doubled_word", "He knew that that was all she had had to say."),
        ("source_line", "The source of the river lies in the hills above the town."),
        ("versus", "The council closed the bridge."),
        ("credit_at_end", "This article was originally published on 26 Sep 2019 and has been updated since."),
        ("read_more_on", "Read more on our blog"),
        ("read_more_on", "Read More from Jane Doe"),
        ("read_more_on", "Read More on Misha’s Harbour Review"),
        ("tortured_phrase", "The actual repairs of the bridge took a month."),
        ("negated_contrast", "The bridge is not closed, and the road is only wet."),
        ("benefit_tail", "Making bridges is a trade, and ensuring them another."),
        ("spam_trade", "The code of the council has a page on loans."),
        ("archive_page", "She put a tag on the archives."),
        ("misplaced_honorific", "Mr. Quint said that the bridge would stay closed."),
    ],
)
def test_signal_is_not_found_in_honest_lines(signal: str, line: str, frequencies: Frequencies) -> None:
    assert signal not in features_of(page_of(STORY, line), frequencies).finds


def test_words_of_a_thesaurus_count_from_the_second_different_one(frequencies: Frequencies) -> None:
    at = [signal.name for signal in SIGNALS].index("thesaurus_word")
    once, twice = "There were a number of folks on the bridge.", "It was closed 12 months later."
    values = [
        features_of(page_of(STORY, *lines), frequencies).signals[at] for lines in ((once,), (once, once), (once, twice))
    ]
    assert values[:2] == [0, 0]
    assert values[2] > 0
    connectives = "It is closed on the off chance that it storms, and such huge numbers of people can likewise walk."
    assert features_of(page_of(STORY, connectives), frequencies).signals[at] > values[2]


def test_a_comment_form_counts_where_nobody_signs(frequencies: Frequencies) -> None:
    at = [signal.name for signal in SIGNALS].index("unsigned_post")
    pages = (
        page_of(STORY, "Leave a Reply", junk=(1,)),
        page_of(STORY, "Leave a Reply"),
        page_of(STORY, "Leave a Reply", junk=(1,), provenance=Provenance(author="Marla Quint")),
    )
    assert [features_of(page, frequencies).signals[at] for page in pages] == [1, 0, 0]


def test_a_shop_has_more_than_one_piece_of_furniture(frequencies: Frequencies) -> None:
    at = [signal.name for signal in SIGNALS].index("shop_furniture")
    assert features_of(page_of(STORY, "The tickets were sold out."), frequencies).signals[at] == 0
    shop = page_of(STORY, "Add to cart", "In stock", "Sort by", junk=(1, 2, 3))
    assert features_of(shop, frequencies).signals[at] > 1


@pytest.mark.parametrize(
    ("url", "is_archive"),
    [
        ("https://harbour.example/tag/bridges/", True),
        ("https://harbour.example/news/page/3", True),
        ("https://harbour.example/?s=bridge", True),
        ("https://harbour.example/2024/05/bridge-closed-after-storm/", False),
        ("https://archive.example/", False),
        ("", False),
    ],
)
def test_the_address_of_an_archive(url: str, is_archive: bool, frequencies: Frequencies) -> None:
    page = page_of(STORY)
    document = Document(InputKind.TEXT, page.text, url=url or None)
    found = page_features(page, document, frequencies)
    assert ("archive_address" in found.finds) is is_archive


def test_a_credit_in_mid_article_is_that_of_a_picture(frequencies: Frequencies) -> None:
    page = page_of(STORY, "Source: The Harbour Post", STORY, STORY)
    assert "source_line" not in features_of(page, frequencies).finds


def test_article_signals_are_not_looked_for_in_junk(frequencies: Frequencies) -> None:
    page = page_of(STORY, "In conclusion, buy our newsletter and be happy for ever.", junk=(1,))
    assert "formula_closing" not in features_of(page, frequencies).finds


def test_statistics_stay_in_range(frequencies: Frequencies) -> None:
    found = features_of(page_of(*[STORY] * 12), frequencies)
    at = 0
    for group in GROUPS:
        values = found.statistics[at : at + len(group.features)]
        assert (values >= group.range[0]).all(), group.name
        assert (values <= group.range[1]).all(), group.name
        at += len(group.features)
    assert at == len(found.statistics) == len(STATISTICS)


@pytest.mark.parametrize(
    "text", ["", " ", "Hi.", "\x00\ufeff", "🙂 " * 50, "a" * 5_000, "1 2 3\n4 5 6", "\ud800 half a pair of words here."]
)
def test_odd_texts_give_finite_numbers(text: str, frequencies: Frequencies) -> None:
    found = features_of(page_of(text), frequencies)
    assert np.isfinite(found.statistics).all()
    assert np.isfinite(found.signals).all()


def test_glue_markup_quotes_and_links_make_no_difference(frequencies: Frequencies) -> None:
    plain = 'The bridge was closed by the council. "Never again", said the mayor on Monday.'
    marked = "The **bridge** was [closed](https://x.example/a) by the council.“Never again”, said the mayor on Monday."
    assert read_prose(plain, frequencies).words == read_prose(marked, frequencies).words
    assert normalise("# Head\n- item") == "Head\nitem"


def test_words_numbers_and_shapes_are_counted_once_and_spread(frequencies: Frequencies) -> None:
    prose = read_prose(f"{STORY} {STORY} In 1987 the storm of 1987 closed it, said Quint, and Quint knew.", frequencies)
    assert [list(prose.token_counts)[i] for i in prose.ids] == list(prose.tokens)
    assert sum(prose.counts.values()) == prose.n_words == int(prose.is_word.sum())
    columns, begins = prose.style_columns()
    by_token: dict[str, set[int]] = {}
    for column, at in zip(columns.tolist(), begins.tolist()[: len(prose.tokens)], strict=False):
        by_token.setdefault(prose.tokens[at], set()).add(column)
    assert all(len(found) == 1 for found in by_token.values())


def test_lists_of_three_are_counted_as_a_pattern_counts_them(frequencies: Frequencies) -> None:
    pattern = re.compile(r"\w{2,20}, [\w ]{2,30}, and \w")
    for line in (
        "Bread, milk, and eggs",
        "bo, foo, and bo, foo, and bo, foo, and z",
        "a, bc, and de, fg, and h",
        ", and",
    ):
        prose = read_prose(f"The council and the mayor of the town closed {line} on Monday morning.", frequencies)
        group = next(group for group in GROUPS if group.name == "participle_tails")
        expected = (10 * len(pattern.findall(prose.text)) / prose.n_words) ** 0.5
        assert group.compute(prose)[1] == pytest.approx(expected), line


def test_german_is_not_english(frequencies: Frequencies) -> None:
    german = "Die Brücke über den Fluss wurde am Montag nach dem Sturm gesperrt, sagte der Bürgermeister der Stadt."
    assert features_of(page_of(*[german] * 4), frequencies).style_confidence == 0
    assert 0 < features_of(page_of(*[STORY] * 4), frequencies).style_confidence < 1


def test_swapped_words_make_unusual_pairs(frequencies: Frequencies) -> None:
    column = STATISTICS.index("unusual_word_pairs.listed_share")
    usual = features_of(page_of("The bridge was closed by the council of the town."), frequencies)
    odd = features_of(page_of("Bridge the closed was council by the town of the."), frequencies)
    assert usual.statistics[column] > odd.statistics[column]


@pytest.mark.parametrize(
    "unit", ["the bridge ", "In the ", "a an ", "A vs B ", "x", "Mr. ", "\n", "- Source: A\n", "[![(<{%"]
)
def test_a_megabyte_is_read_in_bounded_time(
    unit: str, frequencies: Frequencies, within: Callable[[float], AbstractContextManager[None]]
) -> None:
    page = page_of((unit * (1_000_000 // len(unit) + 1))[:1_000_000])
    with within(1.5):
        features_of(page, frequencies)
