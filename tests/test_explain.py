"""A verdict as a reader is shown it: every signal has plain words, the sum adds up, hostile pages stay harmless."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift.explain import explanation_view, in_context, plain_explanation
from spamsift.lexicon import load_explanations
from spamsift.page_features import SIGNALS
from spamsift.records import Doubt, Evidence, Health, PageKind, Sifted, Thresholds, Verdict
from spamsift.style_statistics import GROUPS

HOSTILE = "\x1b]0;owned\x07[bold red]not markup[/] \x1b[31mred\x1b[0m \u202e\x00\x9b2J\ud800 end"
SOURCE = f"The ferry was late on Monday.\n{HOSTILE}\nSource: The Gull\nShare this"
CREDIT = SOURCE.index("Source:")


def page_of(kind: PageKind = PageKind.MIRROR, **changed: object) -> Sifted:
    verdict = Verdict(
        kind,
        0.97,
        {},
        (
            Evidence("short_body", -0.25),
            Evidence("credit_at_end", 2.5, SOURCE[CREDIT : CREDIT + 16], CREDIT, CREDIT + 16),
            Evidence("my [red]own\x1b[2J signal", 0.5, HOSTILE, 30, 30 + len(HOSTILE)),
            Evidence("republished", 0.01),
            Evidence("other_findings", -0.01),
        ),
        accusation=PageKind.MIRROR,
        prior=-1.0,
        accusations={PageKind.MIRROR: 3.5, PageKind.THIN: -2.0},
        thresholds=Thresholds(0.9, 0.5),
    )
    return Sifted(SOURCE, verdict=replace(verdict, **changed), name="\x1b[2Ja.html")  # type: ignore[arg-type]


def rendered(page: Sifted, *, width: int = 100, ascii_only: bool = False) -> str:
    from rich.console import Console

    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system="standard", highlight=False)
    console.print(explanation_view(page, ascii_only=ascii_only))
    return file.getvalue()


def test_every_signal_and_statistic_group_has_plain_words_and_nothing_else_has() -> None:
    families = {signal.name: signal.family for signal in SIGNALS}
    families |= {group.name: "style" for group in GROUPS} | {"word_choice": "style", "other_findings": "other"}
    assert {name: row.family for name, row in load_explanations().signals.items()} == families


@pytest.mark.parametrize(("sentences", "members"), [("kinds", PageKind), ("doubts", Doubt)])
def test_every_kind_and_doubt_has_a_sentence(sentences: str, members: type[Enum]) -> None:
    found = getattr(load_explanations(), sentences)
    assert set(found) == {member.value for member in members}
    assert all(sentence.endswith(".") for sentence in found.values())


def test_labels_are_told_apart_and_are_no_names_of_code() -> None:
    labels = [row.label for row in load_explanations().signals.values()]
    assert len(set(labels)) == len(labels)
    assert not [label for label in labels if "_" in label or label.endswith((".", ":")) or not label[0].isprintable()]


@pytest.mark.parametrize(
    ("source", "quote", "expected"),
    [
        ("alone", "alone", ("", "alone", "")),
        ("a b c d e f g h i QUOTE j k", "QUOTE", ("… b c d e f g h i ", "QUOTE", " j k")),
        ("QUOTE a b c d e f g h i j", "QUOTE", ("", "QUOTE", " a b c d e f g h …")),
        ("one\n\n  two\nQUOTE", "QUOTE", ("one / two / ", "QUOTE", "")),
        ("one\nQUOTE\ntwo", "\nQUOTE\n", ("one / ", "QUOTE", " / two")),
        ("My" + "x" * 500 + "QUOTE" + "y" * 500, "QUOTE", ("… ", "QUOTE", " …")),
        ("日本語の文章QUOTE日本", "QUOTE", ("日本語の文章", "QUOTE", "日本")),
    ],
)
def test_quotes_stand_in_their_context(source: str, quote: str, expected: tuple[str, str, str]) -> None:
    at = source.index(quote)
    found = in_context(source, at, at + len(quote))
    assert found is not None
    assert (found.before, found.quote, found.after) == expected


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 4), (4, 4)])
def test_no_quote_no_context(start: int, end: int) -> None:
    assert in_context("One two", start, end) is None


@given(st.text(), st.integers(0, 40), st.integers(0, 40))
def test_context_is_printable_and_bounded(source: str, start: int, length: int) -> None:
    start = min(start, len(source))
    found = in_context(source, start, min(start + length, len(source)))
    for part in (found.before, found.quote, found.after) if found else ():
        assert len(part) < 400
        assert all(char >= " " and not "\x7f" <= char <= "\x9f" for char in part)


def test_strongest_first_on_both_sides_and_the_small_ones_in_one_line() -> None:
    lines = list(plain_explanation(page_of()))
    against = lines.index("Speaks against an original:")
    in_favour = lines.index("Speaks for an original:")
    assert re.findall(r"[+-]\d\.\d\d", " ".join(lines[against:in_favour])) == ["+2.50", "+0.50", "+0.01"]
    assert "»Source: The Gull« / Share this" in lines[against + 1]
    assert "Credit line at the end (copying)" in lines[against + 1]
    assert "odds x12" in lines[against + 1]
    assert "odds /1.3" in lines[in_favour + 1]


def test_the_sum_is_shown_and_adds_up() -> None:
    page = page_of()
    shown = "\n".join(plain_explanation(page))
    prior, findings, total = (float(figure) for figure in re.findall(r"^  ([+-]\d+\.\d\d)  [^#]", shown, re.MULTILINE))
    assert (prior, findings, total) == (-1.0, 2.75, 1.75)
    assert total == pytest.approx(page.verdict.log_odds)
    assert " 0.97  probability that the page is no original" in shown
    assert "called an original below 0.50, a farm page from 0.90" in shown


@pytest.mark.parametrize("doubt", list(Doubt))
def test_an_undetermined_page_says_why(doubt: Doubt) -> None:
    page = page_of(PageKind.UNDETERMINED, doubts=(doubt,))
    for shown in ("\n".join(plain_explanation(page)), rendered(page, width=300)):
        assert load_explanations().doubts[doubt] in shown


def test_a_ledger_of_another_kind_is_pointed_out() -> None:
    assert "strongest accusation is mirror" in "\n".join(plain_explanation(page_of(PageKind.THIN)))
    assert "strongest accusation" not in "\n".join(plain_explanation(page_of(PageKind.MIRROR)))


def test_a_page_that_was_not_judged_has_its_health_and_no_sum() -> None:
    page = Sifted("", health=(Health.EMPTY,), name="a.html")
    for shown in ("\n".join(plain_explanation(page)), rendered(page)):
        assert "health: empty" in shown
        assert "The sum" not in shown


def test_hostile_text_is_shown_as_text() -> None:
    page = page_of()
    plain, shown = "\n".join(plain_explanation(page)), rendered(page, width=300)
    for text in (plain, shown):
        assert "[bold red]not markup[/]" in text
        assert "my [red]own" in text
        assert "\x1b]0" not in text
        assert "\x1b[2J" not in text
        assert "\u202e" not in text
    assert "\x1b" not in plain


def test_the_terminal_form_is_ascii_where_the_terminal_is() -> None:
    page = replace(page_of(), name="a.html")
    assert "█" in rendered(page)
    assert "#####..." in rendered(page, ascii_only=True)
