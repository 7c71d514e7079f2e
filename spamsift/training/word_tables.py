"""Frequencies of English words and word pairs: SymSpell's dictionaries (MIT, from Google Books n-grams) as tables."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from spamsift.text_statistics import Frequencies, tabulate

__all__ = ["counted_words", "word_frequencies"]

N_WORDS = 40_000
"""Words of the shipped frequency table; rarer ones are unknown."""


def _symspell_folder() -> Path:
    spec = find_spec("symspellpy")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("symspellpy gives the word frequencies: install it to train the page model.")
    return Path(next(iter(spec.submodule_search_locations)))


def counted_words() -> list[tuple[str, int]]:
    """English words by falling count, of SymSpell's dictionary (MIT)."""
    path = _symspell_folder() / "frequency_dictionary_en_82_765.txt"
    rows = (line.split() for line in path.read_text(encoding="utf-8-sig").splitlines())
    return sorted(((word, int(count)) for word, count in rows), key=lambda row: (-row[1], row[0]))


def word_frequencies() -> Frequencies:
    """The shipped tables: words and word pairs of SymSpell's dictionaries (MIT, from Google Books n-grams)."""
    words = counted_words()
    path = _symspell_folder() / "frequency_bigramdictionary_en_243_342.txt"
    pairs = (line.split() for line in path.read_text(encoding="utf-8-sig").splitlines())
    total = sum(count for _, count in words)
    return tabulate(words[:N_WORDS], [(a, b, int(count)) for a, b, count in pairs], total)
