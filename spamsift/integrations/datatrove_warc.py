"""Pages of WARC shards as documents of datatrove, read as ``spamsift batch`` reads them.

In place of datatrove's ``WarcReader``, which needs libmagic, takes everything for UTF-8 or guesses, and drops in
silence what it cannot decode.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spamsift.batch.items import Damage, Entry, HttpPage, Item, Skip
from spamsift.batch.warc import decode_body, read_stream
from spamsift.decoding import decode
from spamsift.errors import MissingExtra

try:
    import fastwarc.warc  # noqa: F401  # complain here, not when the first shard is read
    from datatrove.data import Document
    from datatrove.pipeline.readers.base import BaseDiskReader
    from datatrove.utils.logging import logger
except ImportError as problem:
    raise MissingExtra(f"{problem.name} is not installed; run: pip install 'spamsift[datatrove]'") from problem

__all__ = ["WarcPages"]


class WarcPages(BaseDiskReader):  # type: ignore[misc]
    """The pages of ``.warc``, ``.warc.gz`` and ``.warc.zst`` files: responses with status 200 of a page's content type.

    A page is decoded by its HTTP charset if that holds, else by what it declares, by UTF-8, by a guess. Of a page over
    64 MB the first 64 MB are read. Documents have ``url``, ``date`` and ``file_path`` in their metadata.

    Statistics: ``skipped_status``, ``skipped_type``, ``skipped_revisit``, ``skipped_empty`` and ``skipped_binary``
    count the responses left out. Damage, such as a record that is cut off, is counted as ``damaged`` and named in the
    log; the shard is read on from the next whole record.
    """

    name = "WARC pages"

    def read_file(self, filepath: str) -> Iterator[Document]:
        """The pages of one shard, in order."""
        with self.data_folder.open(filepath, "rb") as file:
            entries = enumerate(read_stream(file, filepath, filepath))
            while True:
                with self.track_time():
                    number, entry = next(entries, (-1, None))
                    fields = self._fields(entry) if entry else None
                if entry is None:
                    return
                document = self.get_document_from_dict(fields, filepath, number) if fields else None
                if document is not None:
                    yield document

    def _fields(self, entry: Entry) -> dict[str, Any] | None:
        if isinstance(entry, Damage):
            self.stat_update("damaged")
            logger.warning(f"spamsift: {entry.place}: {entry.detail}")
            return None
        text, skipped = ("", _skipped(entry)) if isinstance(entry, Skip) else _read_page(entry)
        if skipped:
            self.stat_update(f"skipped_{skipped}")
            return None
        assert isinstance(entry, Item)
        assert isinstance(entry.payload, HttpPage)
        found = entry.payload.fields
        fields = {self.text_key: text, "url": found["url"] or None, "date": found["date"]}
        return fields | ({self.id_key: f"<{found['id']}>"} if found["id"] else {})  # as datatrove's own reader has it


def _skipped(entry: Skip) -> str:
    return "revisit" if entry.reason == "revisit" else "type"


def _read_page(item: Item) -> tuple[str, str | None]:
    """The page of a response, or why it has none."""
    page = item.payload
    assert isinstance(page, HttpPage)
    if page.fields["http_status"] != 200:
        return "", "status"
    text, _ = decode(decode_body(page), page.charset)
    if text is None:
        return "", "binary"
    return text, None if text.strip() else "empty"
