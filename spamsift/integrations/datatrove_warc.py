"""Pages of WARC shards as documents of datatrove.

In place of datatrove's ``WarcReader``, which needs libmagic, takes everything for UTF-8 or guesses, and drops in
silence what it cannot decode.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from spamsift.decoding import MAX_SIZE, decode
from spamsift.errors import MissingExtra

try:
    from datatrove.data import Document
    from datatrove.pipeline.readers.base import BaseDiskReader
    from datatrove.utils.logging import logger
    from fastwarc.stream_io import BrotliReader, ChunkedReader, GzipReader, WarcReader, ZstdReader
    from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
except ImportError as problem:
    raise MissingExtra(f"{problem.name} is not installed; run: pip install 'spamsift[datatrove]'") from problem

__all__ = ["WarcPages"]

_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
"""Content types of pages; records that declare none are read too, for they mostly are."""

_UNPACK: dict[str, Callable[[io.BytesIO], WarcReader]] = {
    "br": BrotliReader,
    "chunked": ChunkedReader,
    "deflate": partial(GzipReader, zlib=True),
    "gzip": GzipReader,
    "x-gzip": GzipReader,
    "zstd": ZstdReader,
}
"""Codings of HTTP, as they stand in the headers."""


class WarcPages(BaseDiskReader):  # type: ignore[misc]
    """The pages of ``.warc``, ``.warc.gz`` and ``.warc.zst`` files: responses with status 200 of a page's content type.

    A page is decoded by its HTTP charset if that holds, else by what it declares, by UTF-8, by a guess. Of a page over
    64 MB the first 64 MB are read. Documents have ``url``, ``date`` and ``file_path`` in their metadata.

    Statistics: ``skipped_status``, ``skipped_type``, ``skipped_empty``, ``skipped_binary`` and ``skipped_cut_off``
    count the records left out. A shard that is damaged gives its pages up to there, counts as ``damaged_shard`` and is
    named in the log.
    """

    name = "WARC pages"

    def read_file(self, filepath: str) -> Iterator[Document]:
        """The pages of one shard, in order."""
        with self.data_folder.open(filepath, "rb") as file:
            records = enumerate(ArchiveIterator(file, WarcRecordType.response))
            while True:
                try:
                    with self.track_time():
                        number, record = next(records)
                        fields = self._fields(record)
                except StopIteration:
                    return
                except (OSError, EOFError, ValueError) as problem:
                    self.stat_update("damaged_shard")
                    logger.warning(f"spamsift: {filepath} is damaged, read up to there: {problem}")
                    return
                document = self.get_document_from_dict(fields, filepath, number) if fields else None
                if document is not None:
                    yield document

    def _fields(self, record: WarcRecord) -> dict[str, Any] | None:
        text, skipped = _read_page(record)
        if skipped:
            self.stat_update(f"skipped_{skipped}")
            return None
        headers = record.headers
        fields = {self.text_key: text, "url": headers.get("WARC-Target-URI"), "date": headers.get("WARC-Date")}
        return fields | ({self.id_key: record.record_id} if record.record_id else {})


def _read_page(record: WarcRecord) -> tuple[str, str | None]:
    """The page of a response, or why it has none."""
    status = record.http_headers.status_code if record.is_http else None
    content_type = record.http_content_type
    if status != 200:
        return "", "status"
    if content_type is not None and content_type.lower() not in _PAGE_TYPES:
        return "", "type"
    headers = record.http_headers
    data = record.reader.read(MAX_SIZE + 1)
    if len(data) < min(record.content_length, MAX_SIZE + 1):
        return "", "cut_off"  # the last record of a file that was not written to its end
    for name in ("Transfer-Encoding", "Content-Encoding"):
        for coding in (headers.get(name) or "").lower().split(","):
            data = _unpack(data, coding.strip())
    text, _ = decode(data, record.http_charset)
    if text is None:
        return "", "binary"
    return text, None if text.strip() else "empty"


def _unpack(data: bytes, coding: str) -> bytes:
    """At most ``MAX_SIZE + 1`` bytes; the data as they are if the coding is unknown, or not that of the data.

    Many archives hold the unpacked page beside the header of the packed one.
    """
    if coding not in _UNPACK:
        return data
    try:
        return bytes(_UNPACK[coding](io.BytesIO(data)).read(MAX_SIZE + 1))
    except (OSError, EOFError, ValueError):
        return data
