"""Uses of a name in a story: wrapped lines, disguises, identifiers, and what is no use at all."""

from __future__ import annotations

import pytest

from spamsift.joins import GLUED, Join, is_identifier
from spamsift.records import BlockLabel
from spamsift.training.surgery_scores import blocks_of
from spamsift.uses import Name, Story, find_uses, without_compounds

PROSE = "What the people of the town said about this is that they would not have it, and that was all there was. "


def story_of(*lines: str) -> Story:
    return Story.of("\n".join(lines), blocks_of([(line, BlockLabel.BODY) for line in lines]))


def joins(name: str, *lines: str, is_sure: bool = True) -> list[Join]:
    return [use.join for use in find_uses(story_of(*lines), Name(name, frozenset(), is_sure, False, False))]


@pytest.mark.parametrize(
    ("name", "line", "join"),
    [
        ("SafeX Pro", "it SafeX Prowas the first", Join.WEAK),
        ("SafeX Pro", "A SafeX Proman was seen", Join.STRONG),
        ("SafeX Pro", "The SafeX Pro's best year", Join.MENTION),
        ("SafeX", "Call SafeX.open() first", Join.OTHER),
        ("SafeX", "as @SafeXuser wrote", Join.OTHER),
        ("SafeX", "a SafeXFactory was made", Join.OTHER),
        ("SafeX", "The S\u0430feX was seen", Join.ALONE),
    ],
)
def test_joins(name: str, line: str, join: Join) -> None:
    assert joins(name, PROSE + line) == [join]


def test_a_name_over_two_lines_is_one_use() -> None:
    first = PROSE + "A crowd that Reinhold"
    assert joins("Reinhold Ostdex", first, "Ostdexsaw from the bridge was small.") == [Join.WEAK] or joins(
        "Reinhold Ostdex", first, "Ostdexsaw from the bridge was small."
    ) == [Join.STRONG]


def test_two_paragraphs_are_no_wrapped_line() -> None:
    lines = [PROSE + "They met Reinhold", "", "Ostdexsaw from the bridge."]
    assert joins("Reinhold Ostdex", lines[0], *lines[1:]) == []


def test_a_word_that_recurs_is_a_word() -> None:
    story = story_of(PROSE + "JavaScript is old.", PROSE + "We like JavaScript here.")
    name = Name("Java", frozenset(), True, True, False)
    assert without_compounds(story, find_uses(story, name), ()) == ()


def test_a_name_of_several_words_may_run_into_one_word_twice() -> None:
    story = story_of(PROSE, "reflect every Nova Vaultcouple's story", "When Nova Vaultcouple moves")
    name = Name("Nova Vault", frozenset(), True, True, False)
    assert len(without_compounds(story, find_uses(story, name), ())) == 2


def test_a_name_in_capitals_is_no_compound_with_a_capital() -> None:
    assert joins("PAXLEDGE", PROSE + "who appeared on the PAXLEDGEBanner desk for a sitting") == [Join.STRONG]
    assert joins("PaxLedge", PROSE + "who appeared on the PaxLedgeBanner desk for a sitting") == [Join.OTHER]


def test_words_that_keep_together_are_no_compound() -> None:
    assert joins("PaxLedge", PROSE + "who appeared on Good PaxLedgeMorning America for a sitting") == [Join.STRONG]


def test_the_title_once_more_is_no_use() -> None:
    story = story_of(PROSE, "The Best Kite ShopsTop ten kite shops of the coast")
    name = Name("Best Kite Shops", frozenset(), True, False, False)
    assert without_compounds(story, find_uses(story, name), ("Top ten kite shops of the coast",)) == ()


def test_addresses_are_identifiers() -> None:
    assert is_identifier("www.safex.com", 4, 9)
    assert not is_identifier("the safex man", 4, 9)


@pytest.mark.parametrize(
    ("line", "n_glued"),
    [
        ("By Ada Lovelace, Nova VaultIt has been a long year for the people of this town, they said.", 0),
        ("Written by Ada M. Lovelace and Max Frisch, Nova VaultIt has been a long year for the people, they said.", 0),
        ("Ada Lovelace-King, Nova VaultIt has been a long year for the people of this town, they said.", 0),
        ("By Ada Lovelace, Nova Vaultit has been a long year for the people of this town, they said.", 1),
        ("Boris Johnson, Nova VaultBritain's prime minister, said that it has been a long year for the town.", 1),
        (", Nova VaultIt has been a long year for the people of this town, and for all the others, they said.", 1),
        ("On Monday, Nova VaultAda Lovelace said that it has been a long year for the people of this town.", 1),
        ("In New York, Nova VaultAda Lovelace said that it has been a long year for the people of this town.", 1),
    ],
)
def test_who_wrote_it_for_whom_runs_into_the_text(line: str, n_glued: int) -> None:
    assert sum(join in GLUED for join in joins("Nova Vault", line)) == n_glued


GERMAN = "Was die Leute in der Stadt dazu sagten, ist, dass sie es nicht haben wollten, und das war alles, was es gab."


@pytest.mark.parametrize(
    ("name", "line", "n_glued"),
    [
        ("Thioltvev", "Das Rad hat eine sportliche FigurThioltvev.", 1),
        ("Card", "Sie kaufte eine BahnCard.", 0),
        ("Markt", "Sie kaufte es bei MediaMarkt.de im Netz.", 0),
        ("Thioltvev", "Sie schrieb an FigurThioltvev@home.de.", 0),
    ],
)
def test_a_coined_name_runs_into_a_german_noun(name: str, line: str, n_glued: int) -> None:
    assert sum(join in GLUED for join in joins(name, GERMAN, line)) == n_glued
