"""The format of an output, by its name."""

from __future__ import annotations

from enum import Enum
from pathlib import PurePath

__all__ = ["Format", "format_of"]


class Format(Enum):
    """What a batch can write."""

    JSONL = "jsonl"
    """Also ``.jsonl.gz`` and ``.jsonl.zst``."""
    PARQUET = "parquet"
    FOLDER = "folder"
    """One ``.txt`` per page."""


def format_of(output: PurePath) -> Format:
    """The format that a name asks for.

    >>> format_of(PurePath("clean.jsonl.zst")).value, format_of(PurePath("articles")).value
    ('jsonl', 'folder')
    """
    name = output.name.lower()
    if name.endswith((".jsonl", ".jsonl.gz", ".jsonl.zst")):
        return Format.JSONL
    return Format.PARQUET if name.endswith(".parquet") else Format.FOLDER
