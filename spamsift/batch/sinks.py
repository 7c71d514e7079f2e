"""Records → parts → the output: a part is there as a whole or not at all, and so is the output.

Parts of JSON Lines are joined byte by byte, also where they are packed: members of gzip and frames of zstd may follow
one another. Parts of Parquet become row groups. The same records give the same bytes.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol, cast

from spamsift.batch import parquet
from spamsift.batch.extras import zstandard
from spamsift.batch.formats import Format, format_of
from spamsift.batch.items import Item, Outcome
from spamsift.batch.lines import encode_line
from spamsift.batch.streams import packing
from spamsift.files import write_output

__all__ = ["Draft", "FolderSink", "LineDraft", "Sink", "join_lines", "sink_for", "sync_folder"]

_BUFFER = 1 << 20


class Draft(Protocol):
    """A part that is being written."""

    def add(self, outcome: Outcome, item: Item) -> None:
        """Write the record of a page that stays."""

    def finish(self) -> None:
        """Put the part in its place."""

    def abandon(self) -> None:
        """Forget it."""


class Sink(Protocol):
    """One kind of output."""

    def begin(self, part: Path) -> Draft:
        """A new part."""

    def join(self, parts: Iterable[Path], output: Path) -> None:
        """Make the output of its parts; twice the same, and at no time half of it."""


def sink_for(output: Path) -> Sink:
    """The sink for a name.

    Raises:
        MissingExtra: an output that can't be written here.
    """
    kind = format_of(output)
    if kind is Format.PARQUET:
        from spamsift.batch.parquet_sink import ParquetSink

        return ParquetSink()
    if kind is Format.FOLDER:
        return FolderSink(output)
    if packing(output.name) == ".zst":
        zstandard()
    return LineSink(packing(output.name))


def draft_path(part: Path) -> Path:
    """Where a part is written before it is whole."""
    return part.with_name(part.name + ".tmp")


def put_in_place(file: IO[bytes], draft: Path, target: Path) -> None:
    """Write what is buffered to the disk, close the file, give it its name."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    os.replace(draft, target)


def sync_folder(folder: Path) -> None:
    """Names that files were given last, too, outlive a loss of power (where the system knows such a thing)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class LineDraft:
    """Lines for one part, packed or plain. Nothing is there as long as nothing was written."""

    def __init__(self, part: Path, suffix: str) -> None:
        self._part = part
        self._suffix = suffix
        self._file: IO[bytes] | None = None
        self._packed: IO[bytes] | None = None

    def write(self, line: bytes) -> None:
        """One line with its end."""
        if self._file is None:
            self._file = open(draft_path(self._part), "wb", buffering=_BUFFER)  # noqa: SIM115 (finish or abandon)
            self._packed = _pack(self._file, self._suffix)
        cast("IO[bytes]", self._packed).write(line)

    def add(self, outcome: Outcome, item: Item) -> None:
        assert isinstance(outcome.body, bytes)
        self.write(outcome.body)

    def finish(self) -> None:
        if self._file is None or self._packed is None:
            self._part.unlink(missing_ok=True)
            return
        if self._packed is not self._file:
            self._packed.close()
        put_in_place(self._file, draft_path(self._part), self._part)

    def abandon(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk, which is why it is abandoned
                self._file.close()
            draft_path(self._part).unlink(missing_ok=True)


def _pack(file: IO[bytes], suffix: str) -> IO[bytes]:
    if suffix == ".gz":  # no time and no name: the same records give the same bytes
        return cast("IO[bytes]", gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0))
    if suffix == ".zst":
        return cast("IO[bytes]", zstandard().ZstdCompressor(level=3).stream_writer(file, closefd=False))
    return file


class LineSink:
    """``.jsonl``, ``.jsonl.gz``, ``.jsonl.zst``."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix

    def begin(self, part: Path) -> Draft:
        return LineDraft(part, self._suffix)

    def join(self, parts: Iterable[Path], output: Path) -> None:
        join_lines(parts, output, self._suffix)


def join_lines(parts: Iterable[Path], output: Path, suffix: str) -> None:
    """All parts that exist, one after the other; an empty file of its format if there are none."""
    draft = draft_path(output)
    with open(draft, "wb", buffering=_BUFFER) as file:
        is_empty = True
        for part in parts:
            if part.exists():
                is_empty = False
                with open(part, "rb") as piece:
                    shutil.copyfileobj(piece, file, _BUFFER)
        if is_empty:
            packed = _pack(file, suffix)
            if packed is not file:
                packed.close()
        put_in_place(file, draft, output)


class FolderSink:
    """One ``.txt`` per page: written again after a killed run, under the same name with the same text."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, part: Path) -> Draft:
        return _Texts(self._folder, draft_path(part))

    def join(self, parts: Iterable[Path], output: Path) -> None:
        output.mkdir(parents=True, exist_ok=True)


class _Texts:
    def __init__(self, folder: Path, draft: Path) -> None:
        self._folder = folder
        self._draft = draft
        """Not in the folder: a kill leaves it behind."""

    def add(self, outcome: Outcome, item: Item) -> None:
        assert isinstance(outcome.body, str)
        write_output(self._folder / f"{item.name}.txt", outcome.body, self._folder, self._draft)

    def finish(self) -> None:
        pass

    def abandon(self) -> None:
        pass


def dropped_line(outcome: Outcome, item: Item) -> bytes:
    """The record of a page that leaves the output, as a line of JSON."""
    if isinstance(outcome.body, bytes):
        return outcome.body
    assert isinstance(outcome.body, dict)  # what was added to a row that was kept aside
    return encode_line(parquet.to_record(item.row) | outcome.body)
