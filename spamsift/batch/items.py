"""What flows through a batch: pages as a reader found them, and what became of each.

The payload of an item is what travels to a worker, so it is kept raw there: a path, a line, the body of an HTTP
response. Reading, decoding and decompressing it is the worker's business, where a hostile page can do no harm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = [
    "Body",
    "Cause",
    "Damage",
    "Entry",
    "FilePage",
    "HttpPage",
    "Item",
    "LinePage",
    "Lost",
    "Outcome",
    "Payload",
    "RowPage",
    "Skip",
    "Source",
    "SourceKind",
]


class SourceKind(str, Enum):
    """How a file of the input is read."""

    PAGE = "page"
    JSONL = "jsonl"
    PARQUET = "parquet"
    WARC = "warc"


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the input."""

    path: str
    """As the user knows it."""
    relative: str
    """Where its texts go below an output folder."""
    kind: SourceKind


class Cause(str, Enum):
    """Why a page has no result."""

    CRASH = "crash"
    """It ended the worker process, twice, the second time in a fresh one."""
    TIMEOUT = "timeout"
    """It took longer than the limit of time, and its worker was killed."""
    MEMORY = "memory"
    """It needed more than the limit of memory, or the system killed its process because memory was out."""
    ERROR = "error"
    """spamsift raised an exception on it."""
    BINARY = "binary"
    """Its bytes are no text: an image, an archive, a PDF."""
    UNREADABLE = "unreadable"
    """The file can't be opened or unpacked."""
    NO_PAGE = "no_page"
    """The record has no field that holds a page."""
    DAMAGED = "damaged"
    """A broken or cut-off record or archive; what follows the damage is read where it can be found again."""


@dataclass(frozen=True, slots=True)
class FilePage:
    """A file of its own, plain, ``.gz`` or ``.zst``."""

    path: str


@dataclass(frozen=True, slots=True)
class LinePage:
    """One line of JSON."""

    line: bytes


@dataclass(frozen=True, slots=True)
class RowPage:
    """One row of a table: all of its fields, or, where the row itself is kept aside, those that are needed."""

    fields: Mapping[str, Any]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class HttpPage:
    """The body of an HTTP response as it stands in the archive."""

    body: bytes
    fields: Mapping[str, Any]
    """``id``, ``url``, ``date``, ``http_status``."""
    charset: str | None = None
    """As the server declared it."""
    transfer_encoding: str = ""
    content_encoding: str = ""


Payload = FilePage | LinePage | RowPage | HttpPage


@dataclass(frozen=True, slots=True)
class Item:
    """One page of the input."""

    place: str
    """Where it stands, for people: a path, ``pages.jsonl:17``, ``crawl.warc.gz#3``."""
    name: str
    """Where its text goes below an output folder, without the ``.txt``."""
    payload: Payload
    row: Any = None
    """The row of an Arrow table that stays in the parent process, untouched, for an output of the same kind."""

    def identify(self, id_field: str) -> str:
        """The id of the page if it can be had without reading the page, else its place; for lost pages."""
        if isinstance(self.payload, LinePage):
            try:
                found = json.loads(self.payload.line)[id_field]
            except (ValueError, LookupError, TypeError, RecursionError):
                return self.place
        elif isinstance(self.payload, FilePage):
            return self.place
        else:
            found = self.payload.fields.get(id_field)
        return str(found) if isinstance(found, (str, int)) else self.place


@dataclass(frozen=True, slots=True)
class Damage:
    """A record that could not be read, or a stretch of an archive."""

    place: str
    detail: str
    cause: Cause = Cause.DAMAGED


@dataclass(frozen=True, slots=True)
class Skip:
    """A record that is no page, such as an image in an archive: counted, not reported one by one."""

    reason: str


Entry = Item | Damage | Skip


@dataclass(frozen=True, slots=True)
class Lost:
    """A page without a result."""

    cause: Cause
    detail: str
    """What is known, in one line."""

    @property
    def is_doubtful(self) -> bool:
        """Whether what earlier pages left behind in the process may be to blame."""
        return self.cause in (Cause.CRASH, Cause.MEMORY)


Body = bytes | str | dict[str, Any]
"""A record ready for the output: a line, the text of a page, or fields."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker made of a page."""

    kind: str
    """A value of :class:`~spamsift.records.PageKind`."""
    score: float
    body: Body
    reasons: tuple[str, ...] = ()
    """Why the page is dropped; empty for a page that stays."""
    attributes: bytes | None = None
    """A line of Dolma attributes, if asked for."""
