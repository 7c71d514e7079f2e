"""Phrase tables: what matches where."""

from __future__ import annotations

import pytest

from spamsift.lexicon import parse_table

ROWS = """
[[row]]
label = "related"
match = "line"
language = "en"
reason = "a whole line"
phrases = ["you may also like", "more"]

[[row]]
label = "comments"
match = "start"
language = "en"
reason = "an opening"
phrases = ["leave a reply"]

[[row]]
label = "byline"
match = "end"
language = "en"
reason = "an ending"
phrases = ["min read"]

[[row]]
label = "notice"
match = "anywhere"
language = "en"
reason = "anywhere"
phrases = ["all rights reserved"]

[[row]]
label = "share"
match = "line"
language = "any"
reason = "a pattern"
pattern = 'shares?: \\d{1,6}'
"""
TABLE = parse_table(ROWS, "test")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("You may also like", {"related"}),
        ("• YOU  MAY ALSO LIKE:", {"related"}),
        ("More", {"related"}),
        ("More news about it", set()),
        ("Leave a Reply to Ann", {"comments"}),
        ("Please leave a reply", set()),
        ("Leave a replying machine", set()),
        ("4 min read", {"byline"}),
        ("a min read is short", set()),
        ("© 2020 Gull. All rights reserved.", {"notice"}),
        ("share: 12", {"share"}),
        ("share: 12 of them", set()),
        ("", set()),
    ],
)
def test_where_a_row_matches(text: str, labels: set[str]) -> None:
    assert {hit.row.label for hit in TABLE.find(text)} == labels


def test_offsets_survive_letters_that_grow_when_lowered() -> None:
    text = "\u0130\u0130 All rights reserved"
    (hit,) = TABLE.find(text)
    assert text[hit.start : hit.end] == "All rights reserved"


NEEDY = """
[[row]]
label = "a"
match = "{match}"
language = "en"
reason = "a pattern that names what it needs"
needs = ["don't", "Read "]
pattern = "(?:don.t|read) \\\\w+"
"""


@pytest.mark.parametrize("match", ["line", "start", "end", "anywhere"])
def test_what_a_pattern_needs_changes_nothing_but_time(match: str) -> None:
    needy = parse_table(NEEDY.format(match=match), "test")
    free = parse_table(NEEDY.format(match=match).replace('needs = ["don\'t", "Read "]', ""), "test")
    texts = ["Don\u2019t stop", "READ on", "We read on", "nothing", "", "Do not"]
    found = list(needy.find_in_blocks(texts))
    assert [(i, hit.start, hit.end) for i, hit in found] == [
        (i, hit.start, hit.end) for i, hit in free.find_in_blocks(texts)
    ]
    assert {0, 1} <= {i for i, _ in found}


def test_phrases_beside_underscores_and_dots_are_found() -> None:
    for text in ("all _all rights reserved_", "x.all rights reserved.x", "All rights reserved"):
        assert [hit.row.label for hit in TABLE.find(text)] == ["notice"], text
    assert not list(TABLE.find("call rights reserved, all rights reservedly"))


@pytest.mark.parametrize("n_others", [0, 99], ids=["few", "many"])
@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        ("It was a tall order of things.", True),
        ("A tall, order of things", False),
        ("a TALL  order", False),
        ("a tall order", False),
        ("_tall order of things_", True),
        ("tall orders, order of things, tall order", False),
        ("tall order of thingsx", False),
    ],
)
def test_phrases_of_a_long_table_are_told_by_their_first_words(text: str, is_there: bool, n_others: int) -> None:
    others = ", ".join(f'"word{i} of phrase"' for i in range(n_others))
    phrases = ", ".join(filter(None, ['"tall order of things"', others]))
    table = parse_table(
        f'[[row]]\nlabel = "a"\nmatch = "anywhere"\nlanguage = "en"\nreason = "r"\nphrases = [{phrases}]', "test"
    )
    assert bool(list(table.find(text))) is is_there
