"""Paths of the command line → pages to read; texts → files below a folder."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from spamsift.decoding import MAX_SIZE, CorruptGzip, gunzip
from spamsift.errors import UnreadablePage

__all__ = [
    "PAGE_SUFFIXES",
    "STDIN",
    "Complain",
    "Input",
    "find_inputs",
    "name_outputs",
    "read_input",
    "walk",
    "write_output",
]

STDIN = "-"
PAGE_SUFFIXES = (".html", ".htm", ".txt")
"""What is read in a folder, and ``.gz`` of these; a file named by hand is read whatever its suffix."""

Complain = Callable[[str, str], None]
"""Takes the name of an input and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Input:
    """One page to read."""

    name: str
    """The path as the user knows it, or ``-``."""
    relative: PurePath
    """Where its text goes below an output folder, still with the suffix of the page."""


def find_inputs(paths: Iterable[str], complain: Complain, skip: Path | None = None) -> list[Input]:
    """The pages behind ``paths`` in a stable order, each once; nothing below the folder ``skip`` is walked."""
    skipped = os.path.realpath(skip) if skip else None
    found: dict[str, Input] = {}
    for path in paths:
        if path == STDIN:
            found.setdefault(STDIN, Input(STDIN, PurePath("stdin")))
        elif os.path.isdir(path):
            pages = list(walk(path, complain, skipped))
            if not pages:
                complain(path, "no pages (.html, .htm, .txt or .gz of them) in this folder; name files to read others")
            for page in pages:
                found.setdefault(os.path.abspath(page.name), page)
        elif os.path.lexists(path):
            found.setdefault(os.path.abspath(path), Input(path, PurePath(os.path.basename(path))))
        else:
            complain(path, "no such file or folder; check the path")
    return list(found.values())


def _is_page(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(PAGE_SUFFIXES)


def walk(
    folder: str, complain: Complain, skipped: str | None = None, is_wanted: Callable[[str], bool] = _is_page
) -> Iterator[Input]:
    """Files below ``folder``, sorted, one folder at a time; hidden ones are skipped, linked folders are not entered.

    ``is_wanted`` decides by the name of a file; ``skipped`` is the real path of a folder that is left out.
    """

    def refused(problem: OSError) -> None:
        complain(str(problem.filename), f"folder not read: {problem.strerror}; check its permissions")

    for base, folders, files in os.walk(folder, onerror=refused):
        visible = (name for name in folders if not name.startswith("."))
        folders[:] = sorted(name for name in visible if os.path.realpath(os.path.join(base, name)) != skipped)
        for name in sorted(files):
            path = os.path.join(base, name)
            is_meant = is_wanted(name) and not name.startswith(".")
            if is_meant and (os.path.isfile(path) or not os.path.exists(path)):  # no pipes; broken links get their line
                yield Input(path, PurePath(os.path.relpath(path, folder)))


def read_input(name: str) -> bytes:
    """The bytes of one page; pipes are fine, and gzip is unpacked whatever the name says.

    Raises:
        UnreadablePage: it can't be opened, read or unpacked.
    """
    try:
        if name == STDIN:
            return _read(sys.stdin.buffer)
        with open(name, "rb") as file:
            return _read(file)
    except CorruptGzip as problem:
        raise UnreadablePage(f"damaged gzip: {problem}; save it again") from problem
    except OSError as problem:
        raise UnreadablePage(f"not readable: {problem.strerror or problem}; check the file") from problem


def _read(file: BinaryIO) -> bytes:
    data = file.read(MAX_SIZE + 1)  # the one byte more tells the reader that there was more
    return gunzip(io.BytesIO(data)) if data.startswith(b"\x1f\x8b") else data


def name_outputs(inputs: Sequence[Input], folder: Path) -> dict[str, Path]:
    """Input name → file to write. No two are alike, none is an input; pages of one stem keep their suffix.

    >>> pages = [Input("a/x.html", PurePath("x.html")), Input("b/x.html", PurePath("x.html"))]
    >>> [path.name for path in name_outputs(pages, Path("out")).values()]
    ['x.html.txt', 'x.html-2.txt']
    """
    n_of_stem = Counter(_stem(source).casefold() for source in inputs)
    taken = {_identity(source.name) for source in inputs}
    targets: dict[str, Path] = {}
    for source in inputs:
        names = [f"{_stem(source)}.txt"] if n_of_stem[_stem(source).casefold()] == 1 else []
        names += [f"{source.relative}.txt", *(f"{source.relative}-{i}.txt" for i in range(2, len(inputs) + 2))]
        target = next(folder / name for name in names if _identity(folder / name) not in taken)
        taken.add(_identity(target))
        targets[source.name] = target
    return targets


def _identity(path: str | Path) -> str:
    return os.path.realpath(path).casefold()  # many file systems do not tell A.txt from a.txt


def _stem(source: Input) -> str:
    name = str(source.relative)
    for suffixes in ((".gz",), PAGE_SUFFIXES):
        for suffix in suffixes:
            if name.lower().endswith(suffix) and len(PurePath(name).name) > len(suffix):
                name = name[: -len(suffix)]
                break
    return name


def write_output(target: Path, text: str, folder: Path, draft: Path | None = None) -> None:
    """Write all of it or nothing; a link in the way is replaced, never followed out of ``folder``.

    ``draft`` is a file of the caller on the same file system, written first; by default one beside the target.

    Raises:
        OSError: it can't be written there.
    """
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise OSError("a link in the way leads out of the folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = "x" if draft is None else "w"
    draft = draft or target.parent / f".spamsift-{os.getpid()}.tmp"
    try:
        with open(draft, mode, encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text if text.endswith("\n") or not text else text + "\n")
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
