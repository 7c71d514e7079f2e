"""Frames over the pipes between a run and its workers: eight bytes of length, then a pickle.

Both ends are the same program on the same machine, and models are never read this way (:mod:`spamsift.models`).
"""

from __future__ import annotations

import pickle
import struct
from typing import IO, Any

from spamsift.errors import SpamsiftError

__all__ = ["receive", "send"]

_LENGTH = struct.Struct("<Q")


def send(pipe: IO[bytes], message: object) -> int:
    """Write one message; its size in bytes.

    Raises:
        OSError: the other end is gone.
        SpamsiftError: it can't be sent.
    """
    try:
        frame = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as problem:
        raise SpamsiftError(
            f"a worker can't be told what to do ({problem}); use functions of a module, no lambdas"
        ) from problem
    pipe.write(_LENGTH.pack(len(frame)))
    pipe.write(frame)
    pipe.flush()
    return len(frame)


def receive(pipe: IO[bytes]) -> tuple[Any, int]:
    """Wait for one message; the message and its size in bytes.

    Raises:
        EOFError: the other end is gone, maybe in the middle of a message.
    """
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (n,) = _LENGTH.unpack(head)
    frame = pipe.read(n)
    if len(frame) < n:
        raise EOFError
    return pickle.loads(frame), n
