"""Phrase tables: what matches where, and that a broken row is refused."""

from __future__ import annotations

import pytest

from spamsift.errors import LexiconError
from spamsift.lexicon import load_hints, load_table, load_words, parse_table
from spamsift.records import BlockLabel

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


@pytest.mark.parametrize(
    "row",
    [
        'match = "line"\nlanguage = "en"\nreason = "r"\nphrases = ["x"]',
        'label = "a"\nmatch = "middle"\nlanguage = "en"\nreason = "r"\nphrases = ["x"]',
        'label = "a"\nmatch = "line"\nlanguage = "en"\nreason = "r"\nphrases = []',
        'label = "a"\nmatch = "line"\nlanguage = "en"\nreason = "r"\nphrases = [" "]',
        'label = "a"\nmatch = "line"\nlanguage = "en"\nreason = "r"\npattern = "x*"',
        'label = "a"\nmatch = "line"\nlanguage = "en"\nreason = "r"\npattern = "("',
        'label = "a"\nmatch = "line"\nlanguage = "en"\nreason = "r"\npattern = "x"\nphrases = ["y"]',
        'label = "a"\nmatch = "line"\nlanguage = "en"\nreason = "r"\nneeds = ["x"]\nphrases = ["y"]',
        'label = "a"\nmatch = "line"\nlanguage = "en"\nreason = "r"\nneeds = [""]\npattern = "x"',
    ],
)
def test_broken_rows_are_refused(row: str) -> None:
    with pytest.raises(LexiconError):
        parse_table(f"[[row]]\n{row}", "test")


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


def test_shipped_block_rows_use_known_labels_and_give_reasons() -> None:
    rows = load_table("blocks").rows
    assert {row.label for row in rows} <= {label.value for label in BlockLabel}
    assert all(row.reason and row.language for row in rows)


def test_shipped_words_and_hints() -> None:
    assert {"the", "und", "que"} <= load_words("function_words")
    assert all(parts and all(parts) for _, parts in load_hints())
