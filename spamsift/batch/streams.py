"""Files, plain or compressed, read piece by piece: what unpacks to a terabyte costs time, never memory.

Python's gzip says when a file is cut off. ``zstandard``'s own reader does not, so frames are followed here.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

from spamsift.batch.extras import zstandard
from spamsift.decoding import MAX_SIZE, CorruptGzip, gunzip
from spamsift.errors import UnreadablePage

__all__ = ["MAX_LINE", "UNPACK_ERRORS", "check_unpacker", "lines", "open_stream", "packing", "unpack_page"]

MAX_LINE = 2 * MAX_SIZE
"""Bytes of one line. A page of the largest size fits, with its escapes; a longer line is skipped and reported."""

_MAX_WINDOW = 1 << 27
"""Bytes of zstd's window, that of ``zstd -d`` without ``--long``: what a frame may ask for in memory."""
_PIECE = 1 << 10
"""Compressed bytes unpacked at once: a block of 4 bytes can hold 128 KB, so that is 32 MB at the very most."""
_SKIPPED = 1 << 20
"""Bytes of a line too long that are thrown away at once."""

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

UNPACK_ERRORS = (OSError, EOFError, zlib.error)
"""What reading a damaged stream raises."""


class _ZstdStream(io.RawIOBase):
    """Frames of zstd as one stream; :class:`EOFError` if the last one is cut off."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._zstd = zstandard()
        self._frame: Any = None
        self._waiting = b""
        """Compressed bytes that belong to the next frame."""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._packed.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            if not self._fill():
                return 0
        n = min(len(buffer), len(self._ready))
        buffer[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n

    def _fill(self) -> bool:
        """Unpack one more piece; whether there was one."""
        piece = self._waiting or self._packed.read(_PIECE)
        self._waiting = b""
        if not piece:
            if self._frame is not None:
                raise EOFError("the last zstd frame is cut off")
            return False
        if self._frame is None:
            self._frame = self._zstd.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
        try:
            self._ready = memoryview(self._frame.decompress(piece))
        except self._zstd.ZstdError as problem:
            raise OSError(str(problem)) from problem
        if self._frame.eof:
            self._waiting = self._frame.unused_data
            self._frame = None
        return True


def packing(name: str) -> str:
    """``.gz``, ``.zst`` or nothing, by the suffix of a name."""
    return next((suffix for suffix in (".gz", ".zst") if name.lower().endswith(suffix)), "")


def check_unpacker(name: str) -> None:
    """Complain before the work begins.

    Raises:
        MissingExtra: a ``.zst`` without ``zstandard``.
    """
    if packing(name) == ".zst":
        zstandard()


def open_stream(path: str) -> IO[bytes]:
    """A file as it was before it was compressed.

    Raises:
        OSError: it can't be opened. Reading may raise any of :data:`UNPACK_ERRORS`.
    """
    suffix = packing(path)
    if suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if suffix == ".zst":
        return io.BufferedReader(_ZstdStream(open(path, "rb")), 1 << 18)
    return open(path, "rb", buffering=1 << 18)


def lines(stream: IO[bytes], too_long: Callable[[int], None]) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of each line, without its end; ``too_long`` is told the number of those left out.

    >>> list(lines(io.BytesIO(b"one\\r\\n\\ntwo"), print))
    [(1, b'one'), (2, b''), (3, b'two')]
    """
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) <= MAX_LINE:
            yield number, line.rstrip(b"\r\n")
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(_SKIPPED)
        too_long(number)


def unpack_page(path: str) -> bytes:
    """The bytes of one page, at most one more than are read of a page; compression is known by its first bytes.

    Raises:
        UnreadablePage: it can't be opened, read or unpacked.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SIZE + 1)
        if data.startswith(b"\x1f\x8b"):
            return gunzip(io.BytesIO(data))
        if data.startswith(_ZSTD_MAGIC):
            return io.BufferedReader(_ZstdStream(io.BytesIO(data))).read(MAX_SIZE + 1)
    except CorruptGzip as problem:
        raise UnreadablePage(f"damaged gzip: {problem}; save it again") from problem
    except UNPACK_ERRORS as problem:
        raise UnreadablePage(f"not readable: {getattr(problem, 'strerror', None) or problem}") from problem
    return data
