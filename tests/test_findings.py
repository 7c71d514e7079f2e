"""What is counted about a name, and what the counts make of it: each finding moves the probability its own way."""

from __future__ import annotations

import pytest

from spamsift.findings import Candidate, Header, examine, is_whole
from spamsift.records import BlockLabel
from spamsift.sightings import Place, Sighting
from spamsift.suspicion import likeliest
from spamsift.training.surgery_scores import blocks_of
from spamsift.uses import Story

PROSE = "What the people of the town said about this is that they would not have it, and that was all there was. "
NO_HEADER = Header(0, 0)
GLUED = ("It was a day that Nova Vaulthad to come, and it Nova Vaultwas late.", "They Nova Vaulthave been there.")
SPACED = ("It was a day on which Nova Vault had its birthday.", "They work for Nova Vault.")


def story_of(*lines: str) -> Story:
    return Story.of("\n".join(lines), blocks_of([(line, BlockLabel.BODY) for line in lines]))


def candidate(*lines: str, place: Place = Place.SUFFIX, name: str = "Nova Vault") -> Candidate:
    return examine(story_of(PROSE, *lines), (Sighting(name, place, -1, "A title of this page"),), NO_HEADER)


def probability(*lines: str, place: Place = Place.SUFFIX, name: str = "Nova Vault") -> float:
    sighting = Sighting(name, place, -1, "A title of this page")
    best = likeliest(story_of(PROSE, *lines), [sighting], NO_HEADER)
    return best[1] if best is not None else 0.0


@pytest.mark.parametrize(
    ("finding", "lines", "value"),
    [
        ("glued", GLUED, 1.0),
        ("glued", SPACED, 0.0),
        ("glued_nowhere", SPACED, 1.0),
        ("possessive", ("This is Nova Vault's best year.",), 1.0),
        ("bracketed", ("The rest of (Nova Vault) the people came.",), 1.0),
        ("part_named_alone", (*GLUED, "The Nova was seen."), 1.0),
        ("behind_articles", ("where the Nova VaultU.S. met", "and a Nova VaultForeign minister"), 1.0),
        ("only_left", ("It wasNova Vault late, and theyNova Vault came.",), 1.0),
    ],
)
def test_findings(finding: str, lines: tuple[str, ...], value: float) -> None:
    assert candidate(*lines).findings[finding] == value


def test_the_abbreviation_of_the_words_before_it_is_no_aside() -> None:
    line = "The limited liability company (LLC) was founded by them."
    assert candidate(line, name="LLC").findings["bracketed"] == 0


def test_glue_convicts_and_spaced_uses_acquit() -> None:
    assert probability(*GLUED) > 0.9
    assert probability(*SPACED) < 0.1
    assert probability(*GLUED) > probability(*GLUED, place=Place.BODY)


def test_a_page_that_loses_spaces_is_believed_less() -> None:
    noise = "He saw itAgain and again theyCame toThe townWhere theyLived. And thenThey went."
    assert probability(*GLUED, noise) < probability(*GLUED)


def test_spaces_lost_beside_the_name_are_no_noise() -> None:
    story = story_of("It wasNova Vault late.", "The Nova VaultForeign minister. TheNova came.")
    assert (story.n_lost_spaces("Nova Vault"), story.n_lost_spaces("Kasfi")) == (1, 3)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Galaxy", ("The GalaxyS24 is here.", "A GalaxyS24 was sold.", "My GalaxyS24 broke.")),
        ("Web", ("The Website is here.", "A Website was made.")),
    ],
)
def test_what_always_goes_on_the_same_way_is_a_piece(name: str, lines: tuple[str, ...]) -> None:
    sighting = Sighting(name, Place.CHROME, -1, "")
    story = story_of(PROSE, *lines)
    assert not is_whole(story, examine(story, (sighting,), NO_HEADER))


@pytest.mark.parametrize(
    "line",
    [
        "Die Reihe „Nova Vault“ ist neu, und „Nova Vault“ war es schon.",
        "Die Reihe »Nova Vault« ist neu, und »Nova Vault« war es schon.",
    ],
)
def test_german_closing_quotes_are_no_glue(line: str) -> None:
    assert candidate(line).findings["glued"] == 0


def test_a_word_in_lower_case_needs_more_than_a_line_and_one_use() -> None:
    story = story_of(PROSE, "They said it kasfiwas late.")
    shown = Sighting("kasfi", Place.CHROME, 5, "")
    assert not is_whole(story, examine(story, (shown,), NO_HEADER))
