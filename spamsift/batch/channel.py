"""Frames over the pipes between a run and its workers: eight bytes of length, then a pickle.

Both ends are the same program on the same machine, and models are never read this way (:mod:`spamsift.models`). But
what a worker sends was computed from hostile pages and must not be able to run code in the parent: of all classes only
the records and closed sets of spamsift are built from an answer. The check costs 3 microseconds for the text and
columns of a page and 18 for a whole :class:`~spamsift.records.Sifted`. JSON would need none, and is no faster.
"""

from __future__ import annotations

import io
import pickle
import struct
from dataclasses import is_dataclass
from enum import Enum
from typing import IO, Any

from spamsift.errors import SpamsiftError

__all__ = ["BadAnswer", "receive", "receive_answer", "send"]

_LENGTH = struct.Struct("<Q")
_MAX_ANSWER = 1 << 31
"""Bytes of an answer: some 30 times the largest page. More is no answer."""


class BadAnswer(Exception):
    """What a worker sent is no answer; the message says why."""


def send(pipe: IO[bytes], message: object) -> int:
    """Write one message; its size in bytes.

    Raises:
        OSError: the other end is gone.
        SpamsiftError: it can't be sent.
    """
    try:
        buffer = io.BytesIO()
        _Messages(buffer, pickle.HIGHEST_PROTOCOL).dump(message)
    except (pickle.PicklingError, AttributeError, TypeError) as problem:
        raise SpamsiftError(
            f"a worker can't be told what to do ({problem}); use functions of a module, no lambdas"
        ) from problem
    frame = buffer.getvalue()
    pipe.write(_LENGTH.pack(len(frame)))
    pipe.write(frame)
    pipe.flush()
    return len(frame)


def receive(pipe: IO[bytes]) -> Any:
    """Wait for one message of the parent.

    Raises:
        EOFError: the other end is gone, maybe in the middle of a message.
    """
    return pickle.loads(_read_frame(pipe))


def receive_answer(pipe: IO[bytes]) -> tuple[Any, int]:
    """Wait for one message of a worker; the message and its size in bytes.

    Raises:
        EOFError: the other end is gone, maybe in the middle of a message.
        BadAnswer: the worker sent something else.
    """
    frame = _read_frame(pipe, _MAX_ANSWER)
    try:
        return _Records(io.BytesIO(frame)).load(), len(frame)
    except BadAnswer:
        raise
    except Exception as problem:  # bytes can be wrong in any way
        raise BadAnswer(f"{type(problem).__name__}: {problem}"[:200]) from problem


class _Messages(pickle.Pickler):
    """Writes a member of a closed set as its value; Python 3.11.0 to 3.11.3 writes a call of ``getattr``."""

    def reducer_override(self, obj: Any) -> Any:
        return (type(obj), (obj.value,)) if isinstance(obj, Enum) else NotImplemented


class _Records(pickle.Unpickler):
    """Builds records and members of closed sets, and nothing that can be called."""

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "spamsift" and "." not in name:
            found = super().find_class(module, name)
            is_record = isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum))
            if is_record and not any("__call__" in vars(base) for base in found.__mro__):  # jobs are records too
                return found
        raise BadAnswer(f"it holds a {module}.{name}, which is no record of spamsift")


def _read_frame(pipe: IO[bytes], most: int | None = None) -> bytes:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (n,) = _LENGTH.unpack(head)
    if most is not None and n > most:
        raise BadAnswer(f"{n:,} bytes")
    frame = pipe.read(n)
    if len(frame) < n:
        raise EOFError
    return frame
