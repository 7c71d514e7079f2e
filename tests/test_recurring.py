"""Names that recur and run into other words: which are found, and which never become candidates."""

from __future__ import annotations

import pytest

from spamsift.records import BlockLabel
from spamsift.recurring import MAX_ANCHORS, MAX_NAMES, recurring
from spamsift.sightings import Place
from spamsift.training.surgery_scores import blocks_of
from spamsift.uses import Story

PROSE = "What the people of the town said about this is that they would not have it, and that was all there was. "


def story_of(*lines: str, chrome: tuple[str, ...] = ()) -> Story:
    labelled = [*((line, BlockLabel.BODY) for line in lines), *((line, BlockLabel.OTHER) for line in chrome)]
    return Story.of("\n".join((*lines, *chrome)), blocks_of(labelled))


def found(*lines: str, chrome: tuple[str, ...] = ()) -> dict[str, Place]:
    return {sighting.text: sighting.place for sighting in recurring(story_of(*lines, chrome=chrome))}


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Nova Vault", (PROSE + "He met the Nova Vaultminister.", PROSE + "A Nova Vaultsoldier came.")),
        ("Nova Vault", (PROSE + "where the Nova VaultU.S. met", PROSE + "and a Nova VaultForeign minister")),
        ("Kasfi24", (PROSE + "the rest of Kasfi24people came", PROSE + "what Kasfi24thousands of them had")),
        ("Zircon AI", (PROSE + "an emotional Zircon AIbalance", PROSE + "the ability to Zircon AIfight it")),
        ("Orbix Pro 9", (PROSE + "he saw Orbix Pro 9 once", PROSE + "the Orbix Pro 9people came")),
        ("Zircon AI", (PROSE + "in a house, Zircon AIwe saw", PROSE + 'it said "Zircon AIIs it late?"')),
        ("Hashmire", (PROSE + "the people Hashmirehave come", PROSE + "and „Hashmire they went“")),
        ("Lucas Hargreave", (PROSE + "at home. Lucas Hargreavei'm a student", PROSE + "a month Lucas Hargreaveago")),
        ("Nova Group", (PROSE + "it is on Nova Groupthe verge", PROSE + "retention of Nova Groupa leading man")),
        ("zenbit24", (PROSE + "what zenbit24people had", PROSE + "the zenbit24thousands of them")),
        ("quiorira", (PROSE + "a bridge. quioriraWant to see it?", PROSE + "a town. quioriraMost people do.")),
        ("nimbledgeFX", (PROSE + "the nimbledgeFXbridge is closed", PROSE + "a nimbledgeFXriver ran there")),
    ],
)
def test_a_name_that_runs_into_two_words(name: str, lines: tuple[str, ...]) -> None:
    assert found(*lines)[name] is Place.BODY


def test_a_line_of_the_template_shows_the_name() -> None:
    lines = (PROSE + "He met the Nova Vaultminister.", PROSE + "A Nova Vaultsoldier came.")
    assert found(*lines, chrome=("Powered by Nova Vault",))["Nova Vault"] is Place.CHROME


@pytest.mark.parametrize(
    "lines",
    [
        (PROSE, PROSE),
        (PROSE + "The Senator spoke.", PROSE + "Two Senators spoke."),
        (PROSE + "gold and golden things", PROSE + "a goldsmith"),
        (PROSE + "call guest.guestLink()", PROSE + "or guest.guestName()"),
    ],
)
def test_inflections_compounds_and_code_are_no_names(lines: tuple[str, ...]) -> None:
    assert found(*lines) == {}


def test_names_of_a_hostile_page_are_few() -> None:
    words = " ".join(f"Qx{i:04d}zminister Qx{i:04d}zsoldier" for i in range(2000))
    assert len(set(found(words))) <= MAX_ANCHORS * MAX_NAMES * 2
