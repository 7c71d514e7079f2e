"""Shipped tables: they hold what they should, and a broken row is refused."""

from __future__ import annotations

from importlib import resources

import pytest

from spamsift.errors import LexiconError
from spamsift.lexicon import load_hints, load_table, load_words, parse_table
from spamsift.records import BlockLabel


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


TABLES = ("addresses", "blocks", "brand", "inline", "page_signals")


@pytest.mark.parametrize("name", TABLES)
def test_patterns_of_shipped_tables_compile(name: str) -> None:
    toml = (resources.files("spamsift") / "lexicons" / f"{name}.toml").read_text(encoding="utf-8")
    assert parse_table(toml, name).rows == load_table(name).rows


def test_shipped_block_rows_use_known_labels_and_give_reasons() -> None:
    rows = load_table("blocks").rows
    assert {row.label for row in rows} <= {label.value for label in BlockLabel}
    assert all(row.reason and row.language for row in rows)


def test_shipped_words_and_hints() -> None:
    assert {"the", "und", "que"} <= load_words("function_words")
    assert all(parts and all(parts) for _, parts in load_hints())
