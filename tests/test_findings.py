"""What is found about a name: each finding on a page that has it and on one that has not."""

from __future__ import annotations

import pytest

from spamsift.findings import Candidate, Header, describe, may_be_injected
from spamsift.models import load_folder, shipped_models
from spamsift.records import BlockLabel, LabelledBlock, Metadata
from spamsift.sightings import Place, Sighting, in_head
from spamsift.suspicion import BRAND_FEATURES_VERSION, suspicions
from spamsift.training.surgery_scores import blocks_of
from spamsift.uses import Story

PROSE = "What the people of the town said about this is that they would not have it, and that was all there was. "
NO_HEADER = Header(0, 0)
GLUED = ("It was a day when we Nova Vaulthad to come, and it Nova Vaultwas late.", "They Nova Vaulthave been there.")
SPACED = ("It was a day on which Nova Vault had its birthday.", "They work for Nova Vault.")


def story_of(*lines: str) -> Story:
    return Story.of("\n".join(lines), blocks_of([(line, BlockLabel.BODY) for line in lines]))


def described(*lines: str, place: Place, name: str = "Nova Vault", header: Header = NO_HEADER) -> Candidate | None:
    return describe(story_of(PROSE, *lines), (Sighting(name, place, -1, "A title of this page"),), header)


def candidate(*lines: str, place: Place = Place.SPACED, name: str = "Nova Vault") -> Candidate:
    found = described(*lines, place=place, name=name)
    assert found is not None
    return found


def probability(*lines: str, place: Place = Place.SUFFIX, name: str = "Nova Vault") -> float:
    found = described(*lines, place=place, name=name)
    return 0.0 if found is None else float(suspicions([found])[0])


@pytest.mark.parametrize(
    ("finding", "lines", "value"),
    [
        ("n_glued", GLUED, 3.0),
        ("n_glued", SPACED, 0.0),
        ("n_alone", SPACED, 2.0),
        ("n_closing", GLUED, 3.0),
        ("n_breaking", GLUED, 0.0),
        ("n_possessive", ("This is Nova Vault's best year.",), 1.0),
        ("n_bracketed", ("The rest of (Nova Vault) the people came.",), 1.0),
        ("part_named_alone", (*GLUED, "The Nova was seen."), 1.0),
        ("part_named_alone", GLUED, 0.0),
        ("n_glued_left", ("It wasNova Vault late, and theyNova Vault came.",), 2.0),
        ("n_known_lefts", ("It wasNova Vault late, and theyNova Vault came.",), 2.0),
        ("n_known_rests", GLUED, 3.0),
        ("n_rests", GLUED, 3.0),
        ("n_before_mark", ("They came back home Nova Vault. It was late Nova Vault, they said.",), 2.0),
        ("n_between", ("Nova Vault They came home. Nova Vault It was late.",), 2.0),
        ("n_between", ("They came home. Nova Vault said so.",), 0.0),
        ("n_trailing", ("They came home. Nova Vault", "It was late. Nova Vault. They left."), 2.0),
        ("n_framed", ("They came |Nova Vault| home - Nova Vault - that day, to Nova Vault.",), 2.0),
        ("same_rest", ("It was Nova Vaultan old", "a Nova Vaultan old", "a Nova Vaultthe old"), 2 / 3),
        ("same_rest", GLUED, 0.0),
        ("n_whole", (*GLUED, "The Nova Vault was seen at Nova Vault."), 2.0),
        ("capital_after", ("where the Nova VaultU.S. met", "and a Nova VaultForeign minister"), 1.0),
    ],
)
def test_findings(finding: str, lines: tuple[str, ...], value: float) -> None:
    assert candidate(*lines).findings[finding] == value


def test_every_candidate_has_the_findings_that_the_model_knows() -> None:
    known = load_folder(shipped_models() / "brand", BRAND_FEATURES_VERSION).manifest["features"]
    assert list(candidate(*GLUED).findings) == list(candidate(name="Kasfi").findings) == known


def test_a_machines_line_in_the_head_convicts() -> None:
    sighting = Sighting("Nova Vault", Place.PIPE, 0, "A title of this page")
    story = story_of("Nova Vault|A title of this page", PROSE)
    plain, stamped = (describe(story, (sighting,), Header(n, n)) for n in (0, 1))
    assert plain is not None
    assert stamped is not None
    assert suspicions([plain])[0] < 0.5 < suspicions([stamped])[0]


@pytest.mark.parametrize("place", [Place.SUFFIX, Place.BODY, Place.CHROME, Place.LINE, Place.OPENING])
def test_a_name_that_stands_where_it_belongs_is_none_that_a_mirror_injected(place: Place) -> None:
    assert described(*SPACED, place=place) is None
    assert described(*GLUED, place=place) is not None
    assert described(*SPACED, place=place, header=Header(1, 1)) is not None


def test_the_abbreviation_of_the_words_before_it_is_no_aside() -> None:
    line = "The limited liability company (LLC) was founded by them."
    assert candidate(line, name="LLC").findings["n_bracketed"] == 0


def test_glue_convicts_and_spaced_uses_acquit() -> None:
    assert probability(*GLUED) > 0.5
    assert probability(*SPACED) < 0.1
    assert probability(*GLUED) > probability(*SPACED, GLUED[0])


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
def test_pieces_of_words_are_no_brands(name: str, lines: tuple[str, ...]) -> None:
    assert probability(*lines, place=Place.CHROME, name=name) < 0.5


@pytest.mark.parametrize(
    "line",
    [
        "Die Reihe „Nova Vault“ ist neu, und „Nova Vault“ war es schon.",
        "Die Reihe »Nova Vault« ist neu, und »Nova Vault« war es schon.",
    ],
)
def test_german_closing_quotes_are_no_glue(line: str) -> None:
    assert candidate(line).findings["n_glued"] == 0


@pytest.mark.parametrize(
    ("lines", "first_use", "into", "n_early"),
    [
        (("The Nova Vaultbridge is closed.", PROSE), 0, 4, 1),
        ((PROSE, PROSE, "The Nova Vaultbridge is closed for all of the people who live in this town."), 2, 4, 1),
        ((*[PROSE] * 4, "The Nova Vaultbridge is closed for all of the people who live in this town."), 4, 4, 0),
        ((PROSE, PROSE), 10, 300, 0),
    ],
)
def test_how_deep_the_uses_stand(lines: tuple[str, ...], first_use: int, into: int, n_early: int) -> None:
    lines = tuple(line if len(line) > 60 else line + " " + PROSE.strip() for line in lines)
    found = describe(story_of(*lines), (Sighting("Nova Vault", Place.PIPE, -1, ""),), NO_HEADER)
    assert found is not None
    keys = ("first_use", "first_use_into", "n_early")
    assert tuple(map(found.findings.__getitem__, keys)) == (first_use, into, n_early)


@pytest.mark.parametrize(
    ("place", "lines", "holds"),
    [
        (Place.PIPE, (), True),
        (Place.LINE, ("Nova Vault",), False),
        (Place.LINE, ("Nova Vault", *SPACED), False),
        (Place.LINE, ("Nova Vault", "It was a day on which Nova Vaultwas seen."), True),
        (Place.SUFFIX, ("Nova Vault", *SPACED), True),
    ],
)
def test_a_name_with_no_sign_is_not_described(place: Place, lines: tuple[str, ...], holds: bool) -> None:
    assert may_be_injected(story_of(PROSE, *lines), [Sighting("Nova Vault", place, -1, "")]) is holds


@pytest.mark.parametrize(("story", "holds"), [("The Dar-ul-Madinah is open.", False), ("The Dar-ul is open.", True)])
def test_the_beginning_of_a_hyphenated_word_is_no_prefix(story: str, holds: bool) -> None:
    title = "Dar-ul-Madinah opens its doors"
    sightings = [Sighting("Dar-ul", Place.TIGHT, 0, "Madinah opens its doors")]
    assert may_be_injected(story_of(title, PROSE, story), sightings) is holds


@pytest.mark.parametrize(
    "title", ["Japan's: a new year of sake", "Routes 202 & | a new road opens", "Learn More | a new road"]
)
def test_what_is_no_name_is_no_candidate(title: str) -> None:
    block = LabelledBlock(title, BlockLabel.TITLE, 0.9, 0, len(title))
    names = {sighting.text for sighting in in_head([block], Metadata())}
    assert not names & {"Japan's", "Routes 202 &", "Learn More"}
