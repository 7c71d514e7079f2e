"""Records as lines of JSON, and as values that a table can hold, whatever a page or a writer has put into them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["encode_line", "to_storable"]

_MAX_NESTING = 16
"""Levels of lists and objects that become a type of a column. Hostile JSON has a thousand."""


def encode_line(record: Mapping[str, Any]) -> bytes:
    """One line of JSON. Lone surrogates and what some readers take for the end of a line (U+2028) are escaped.

    >>> encode_line({"text": "caf\\u00e9", "odd": "\\udc80"})
    b'{"text": "caf\\xc3\\xa9", "odd": "\\\\udc80"}\\n'
    >>> len(encode_line({"text": "one\\u2028line"}).decode().splitlines())
    1
    """
    text = json.dumps(record, ensure_ascii=False, default=_plain)
    for c in "\x85\u2028\u2029":  # str.translate would take 200 times as long
        text = text.replace(c, f"\\u{ord(c):04x}")
    return text.encode("utf-8", "backslashreplace") + b"\n"


def to_storable(value: Any, depth: int = 0) -> Any:
    """A value as Arrow can hold it: without lone surrogates, and what is nested absurdly as JSON."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return value
    if isinstance(value, (Mapping, list)) and depth == _MAX_NESTING:
        return json.dumps(value, default=_plain)
    if isinstance(value, Mapping):
        return {to_storable(name, depth): to_storable(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [to_storable(inner, depth + 1) for inner in value]
    return value


def _plain(value: Any) -> Any:
    """What JSON has no type for: bytes as base64, times in ISO form, others as Python writes them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
