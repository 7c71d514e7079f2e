"""WARC → items: the HTTP responses that can be pages, by FastWARC.

Only headers are looked at here. The body goes to the worker as it stands, compressed perhaps, with the charset that the
server declared. FastWARC ends at the first damage, so the next record is looked for from there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO, Any

from spamsift.batch.extras import fastwarc
from spamsift.batch.items import Cause, Damage, Entry, HttpPage, Item, Skip, Source
from spamsift.batch.streams import UNPACK_ERRORS, packing
from spamsift.decoding import MAX_SIZE

__all__ = ["check", "decode_body", "read_items", "read_stream"]

_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain")
"""Media types that are read; a response that declares none is read too."""
_WINDOW = 1 << 20
"""Bytes searched at once for the next record."""
_MARKS = {
    "": re.compile(rb"WARC/1\.[01]\r?\n"),
    ".gz": re.compile(rb"\x1f\x8b\x08[\x00-\x1f]"),
    ".zst": re.compile(rb"\x28\xb5\x2f\xfd"),
}
"""How a record begins, by packing: as a rule each has a gzip member or a zstd frame of its own."""


def check() -> None:
    """Complain before the work begins.

    Raises:
        MissingExtra: fastwarc is not installed.
    """
    fastwarc()


def read_items(source: Source) -> Iterator[Entry]:
    """The entries of a file of the input, as :func:`read_stream` finds them."""
    try:
        with open(source.path, "rb") as stream:
            yield from read_stream(stream, source.path, source.relative)
    except OSError as problem:
        yield _unreadable(source.path, problem)


def read_stream(stream: IO[bytes], path: str, name: str) -> Iterator[Entry]:
    """Responses in order. Others than text are skipped; damage is reported, and the next whole record looked for.

    ``stream`` is the file as it is stored, FastWARC unpacks it; ``path`` names it for people, and its suffix says how
    it is packed; ``name`` goes before the names of the items.
    """
    number, start = 0, 0
    mark = _MARKS[packing(path)]
    try:
        while True:
            if start:  # what can't be sought in can still be read
                stream.seek(start)
            archive = _Archive(path, name, stream, start, number)
            yield from archive.read()
            number = archive.number
            if archive.problem is None:
                return
            found = _find(stream, mark, archive.position + 1)
            if archive.is_begun or start == 0:  # else this was no record, only bytes that look like one
                yield Damage(f"{path}#{number + 1}", f"{archive.problem}; {_outlook(found)}")
            if found is None:
                return
            start = found
    except UNPACK_ERRORS as problem:
        yield _unreadable(path, problem)


def _unreadable(path: str, problem: Exception) -> Damage:
    return Damage(path, f"not readable: {getattr(problem, 'strerror', None) or problem}", Cause.UNREADABLE)


def _outlook(found: int | None) -> str:
    return "nothing can be read after it" if found is None else f"read again from byte {found:,} on"


class _Archive:
    """One stretch of an archive that can be read in one go."""

    def __init__(self, path: str, name: str, stream: IO[bytes], start: int, number: int) -> None:
        self._path = path
        self._name = name
        self._stream = stream
        self.number = number
        """Records up to here, of all types."""
        self.position = start
        """Where in the file the last whole record begins."""
        self.is_begun = False
        """Whether there was a record at all."""
        self.problem: str | None = None

    def read(self) -> Iterator[Entry]:
        """Entries up to the end or the first damage, which is then in ``problem``."""
        warc = fastwarc()
        try:
            for record in warc.ArchiveIterator(self._stream, parse_http=False, fsspec_args=False):
                self.position = record.stream_pos
                entry = self._read_record(warc, record)
                self.is_begun = True
                if self.problem is not None:
                    return
                self.number += 1
                if entry is not None:
                    yield entry
        except UNPACK_ERRORS as problem:
            self.problem = f"damaged archive: {problem}"
        except BaseException as problem:
            if type(problem).__name__ != "PanicException":  # of Rust; no module has that class
                raise
            self.problem = f"damaged archive: FastWARC gave up: {problem}"[:200]

    def _read_record(self, warc: Any, record: Any) -> Entry | None:
        if record.record_type == warc.WarcRecordType.revisit:
            return Skip("revisit")
        if record.record_type != warc.WarcRecordType.response:
            n_bytes, is_known = record.consume(), record.record_type != warc.WarcRecordType.unknown
            if n_bytes < record.content_length or not is_known:
                self.problem = "the archive is cut off here"
            return None
        place = f"{self._path}#{self.number + 1}"
        n_before = record.content_length
        try:
            record.parse_http(auto_decode="none", quirks_mode=True)
        except (OSError, ValueError) as problem:
            return Damage(place, f"no HTTP response that can be read: {problem}")
        media_type = (record.http_content_type or "").lower()
        if media_type and media_type not in _PAGE_TYPES:
            record.consume()
            return Skip(media_type[:60])
        body = record.reader.read(MAX_SIZE + 1)
        if len(body) <= MAX_SIZE and self._is_short(record, body, n_before):
            self.problem = "the record is cut off here"
            return None
        return Item(place, f"{self._name}/{self.number + 1:08d}", _page(record, body))

    @staticmethod
    def _is_short(record: Any, body: bytes, n_announced: int) -> bool:
        return not n_announced or len(body) < record.content_length


def _page(record: Any, body: bytes) -> HttpPage:
    headers = record.http_headers
    fields = {
        "id": (record.record_id or "").strip("<>"),
        "url": record.headers.get("WARC-Target-URI", "").strip("<>"),
        "date": record.headers.get("WARC-Date"),
        "http_status": headers.status_code,
    }
    encodings = (headers.get("Transfer-Encoding") or "", headers.get("Content-Encoding") or "")
    return HttpPage(body, fields, record.http_charset, *encodings)


def _find(stream: IO[bytes], mark: re.Pattern[bytes], start: int) -> int | None:
    """Where the next record may begin."""
    stream.seek(start)
    tail = b""
    position = start
    while piece := stream.read(_WINDOW):
        window = tail + piece
        found = mark.search(window)
        if found and found.end() <= len(window):
            return position - len(tail) + found.start()
        tail = window[-16:]
        position += len(piece)
    return None


def decode_body(page: HttpPage) -> bytes:
    """The body without the encodings of its transport, at most one byte more than is read of a page.

    Archives are often written by tools that have decoded the body and left the header: what can't be decoded is
    taken as it is.
    """
    if not (page.transfer_encoding or page.content_encoding):
        return page.body
    body = page.body
    for mode, header, value in (
        ("transfer", "Transfer-Encoding", page.transfer_encoding),
        ("content", "Content-Encoding", page.content_encoding),
    ):
        if value.strip() and value.strip().lower() != "identity":
            body = _decode(body, mode, header, value.strip())
    return body


def _decode(body: bytes, mode: str, header: str, value: str) -> bytes:
    """One decoding by FastWARC, which knows gzip, deflate, brotli and chunks; it wants a record for it."""
    http = f"HTTP/1.1 200 OK\r\n{header}: {value}\r\n\r\n".encode("latin-1", "replace") + body
    head = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: {len(http)}\r\n\r\n"
    archive = fastwarc().ArchiveIterator(
        io.BytesIO(head.encode() + http + b"\r\n\r\n"), parse_http=True, auto_decode=mode, fsspec_args=False
    )
    try:
        decoded = next(iter(archive)).reader.read(MAX_SIZE + 1)
    except (OSError, ValueError, StopIteration):
        return body
    return bytes(decoded) or body
