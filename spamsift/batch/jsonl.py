"""JSON Lines → items, a line each; the line is parsed by the worker."""

from __future__ import annotations

from collections.abc import Iterator

from spamsift.batch.items import Cause, Damage, Entry, Item, LinePage, Source
from spamsift.batch.streams import MAX_LINE, UNPACK_ERRORS, lines, open_stream

__all__ = ["read_items"]

_BOM = b"\xef\xbb\xbf"


def read_items(source: Source) -> Iterator[Entry]:
    """Lines that are not blank, in order, up to the place where the file can't be unpacked any further."""
    too_long: list[int] = []
    number = 0
    try:
        with open_stream(source.path) as stream:
            for number, line in lines(stream, too_long.append):
                yield from _report(source, too_long)
                if number == 1:
                    line = line.removeprefix(_BOM)
                if line and not line.isspace():
                    yield Item(f"{source.path}:{number}", f"{source.relative}/{number:08d}", LinePage(line))
            yield from _report(source, too_long)
    except UNPACK_ERRORS as problem:
        yield from _report(source, too_long)
        what = getattr(problem, "strerror", None) or problem
        if number == 0:
            yield Damage(source.path, f"not readable: {what}", Cause.UNREADABLE)
        else:
            yield Damage(f"{source.path}:{number + 1}", f"damaged here: {what}; all lines after it are lost")


def _report(source: Source, too_long: list[int]) -> list[Entry]:
    """One damage for each line that was left out; they are taken from the list."""
    found: list[Entry] = [Damage(f"{source.path}:{n}", f"a line of more than {MAX_LINE:,} bytes") for n in too_long]
    too_long.clear()
    return found
