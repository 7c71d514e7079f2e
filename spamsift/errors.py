"""The exception tree. Every message ends with what to do next.

    SpamsiftError
    ├── UnreadablePage     a path that can't be opened or read
    ├── ModelMismatch      a model folder that this version must not use
    ├── LexiconError       a broken row in a phrase table
    ├── MissingExtra       an optional dependency that is not installed
    └── InvalidOption      an option that no page could be read with; a ValueError too

Odd pages (empty, binary, huge, deeply nested) are not errors: they get an answer whose ``health``
says what was wrong. Only a caller's mistake raises.
"""

from __future__ import annotations

__all__ = ["InvalidOption", "LexiconError", "MissingExtra", "ModelMismatch", "SpamsiftError", "UnreadablePage"]


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
    """A value in :class:`~spamsift.Options` that is out of range or contradicts another."""
