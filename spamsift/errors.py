"""The exception tree. Every message ends with what to do next.

    SpamsiftError
    ├── UnreadablePage     a path that can't be opened or read
    ├── ModelMismatch      a model folder that this version must not use
    ├── LexiconError       a broken row in a phrase table
    ├── MissingExtra       an optional dependency that is not installed
    ├── UnusableLabels     labels that no model can be fitted to
    └── InvalidOption      an option that can't be followed; a ValueError too

Odd pages (empty, binary, huge, deeply nested) are not errors: they get an answer whose ``health``
says what was wrong. Only a caller's mistake raises.
"""

from __future__ import annotations

__all__ = [
    "InvalidOption",
    "LexiconError",
    "MissingExtra",
    "ModelMismatch",
    "SpamsiftError",
    "UnreadablePage",
    "UnusableLabels",
]


class SpamsiftError(Exception):
    """Base of everything spamsift raises on purpose."""


class UnreadablePage(SpamsiftError):
    """A path that does not exist, is a folder, or can't be read."""


class ModelMismatch(SpamsiftError):
    """A model folder with another feature version, a broken checksum or unusable numbers."""


class LexiconError(SpamsiftError):
    """A phrase table with an empty, unknown or contradictory row."""


class MissingExtra(SpamsiftError):
    """A feature whose optional dependency is not installed; the message has the install command."""


class InvalidOption(SpamsiftError, ValueError):
    """A value that is out of range, contradicts another, or stands in the way."""


class UnusableLabels(SpamsiftError):
    """A file of labels that can't be read, with the number of the line; or too one-sided to learn from."""
