"""Paths, folders and patterns of the command → sources, one by one and in a stable order; sources → entries.

Nothing is collected: a folder is listed when its turn comes, so a million pages need the memory of one folder's names.
"""

from __future__ import annotations

import glob
import hashlib
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spamsift.batch import jsonl, parquet, warc
from spamsift.batch.items import Cause, Damage, Entry, FilePage, Item, Skip, Source, SourceKind
from spamsift.batch.plan import Plan
from spamsift.batch.streams import check_unpacker, packing
from spamsift.errors import SpamsiftError
from spamsift.files import PAGE_SUFFIXES, walk

__all__ = ["Census", "Root", "find_roots", "find_sources", "read_entries", "take_census"]

_ARCHIVES = {
    ".jsonl": SourceKind.JSONL,
    ".ndjson": SourceKind.JSONL,
    ".parquet": SourceKind.PARQUET,
    ".warc": SourceKind.WARC,
}


@dataclass(frozen=True, slots=True)
class Root:
    """One path or pattern of the command."""

    path: str
    label: str
    """What its pages are called below an output folder; no two roots have the same, ``""`` for the only folder."""
    is_pattern: bool = False
    spared: tuple[str, ...] = ()
    """Real paths of the output, which a pattern may match too; a folder that was named can't hold it."""


@dataclass(frozen=True, slots=True)
class Census:
    """What the input was when the run began."""

    digest: str
    """Of the names, sizes and times of change of all files."""
    n_files: int
    n_pages: int | None
    """``None`` if that can't be known without reading everything."""


def find_roots(inputs: Iterable[str], outputs: Iterable[Path] = ()) -> list[Root]:
    """Check what the command was given, before anything is done; patterns pass over ``outputs`` and what lies there.

    Raises:
        SpamsiftError: a path that does not exist, a pattern that matches nothing, or standard input.
    """
    given = list(dict.fromkeys(inputs))
    spared = tuple(os.path.realpath(path) for path in outputs)
    folders = {os.path.realpath(path) for path in given if os.path.isdir(path)}
    roots: list[Root] = []
    seen: set[str] = set()
    labels: dict[str, int] = {}
    for path in given:
        if path == "-":
            raise SpamsiftError("a batch can't read standard input, which can't be read again; save it as a file.")
        real = os.path.realpath(path)
        if real in seen or any(real.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders):
            continue  # it is read once, with the folder around it
        seen.add(real)
        is_pattern = not os.path.lexists(path) and glob.has_magic(path)
        if is_pattern and not any(True for _ in glob.iglob(path, recursive=True)):
            raise SpamsiftError(f"nothing matches {path!r}; check the pattern.")
        if not is_pattern and not os.path.exists(path):
            raise SpamsiftError(f"no such file or folder: {path!r}; check the path.")
        base = os.path.basename(os.path.abspath(_fixed_part(path) if is_pattern else path)) or "root"
        label = _unique(base, labels)
        is_folder = is_pattern or os.path.isdir(path)
        roots.append(
            Root(path, "" if is_folder and len(given) == 1 else label, is_pattern, spared if is_pattern else ())
        )
    return roots


def _unique(base: str, taken: dict[str, int]) -> str:
    """``base``, or ``base-2`` and so on if that is taken already, whatever the case of its letters."""
    label = base
    while label.casefold() in taken:
        taken[base.casefold()] += 1
        label = f"{base}-{taken[base.casefold()]}"
    taken[label.casefold()] = 1
    return label


def find_sources(roots: Iterable[Root]) -> Iterator[Source | Damage]:
    """Files to read, in order; folders and links that can't be read are damage."""
    roots = list(roots)
    others = tuple(os.path.realpath(root.path) for root in roots if not root.is_pattern)
    for root in roots:
        if root.is_pattern:
            base = _fixed_part(root.path)
            is_recursive = os.path.basename(root.path) == "**"  # which matches the files below a folder as well
            for path in sorted(glob.iglob(root.path, recursive=True)):
                if _lies_in(path, (*root.spared, *others)):
                    continue  # written by this run, or read with what was named
                label = os.path.join(root.label, os.path.relpath(path, base))
                if not os.path.isdir(path):
                    yield _source(path, label)
                elif not is_recursive:
                    yield from _walk(Root(path, label, False, root.spared))
        elif os.path.isdir(root.path):
            yield from _walk(root)
        else:
            yield _source(root.path, root.label)


def _lies_in(path: str, places: tuple[str, ...]) -> bool:
    real = os.path.realpath(path) if places else path  # it asks the disk for every folder above
    return any(real == place or real.startswith(place + os.sep) for place in places)


def _walk(root: Root) -> Iterator[Source | Damage]:
    problems: list[Damage] = []

    def complain(name: str, problem: str) -> None:
        problems.append(Damage(name, problem, Cause.UNREADABLE))

    for found in walk(root.path, complain, is_wanted=_is_wanted):
        yield from problems
        problems.clear()
        if not _lies_in(found.name, root.spared):
            yield _source(found.name, os.path.join(root.label, str(found.relative)))
    yield from problems


def _is_wanted(name: str) -> bool:
    return _bare(name).endswith((*PAGE_SUFFIXES, *_ARCHIVES))


def _bare(name: str) -> str:
    return name.lower().removesuffix(packing(name))


def _source(path: str, relative: str) -> Source:
    """A file named by hand is a page, whatever its suffix, unless it is that of an archive."""
    suffix = os.path.splitext(_bare(path))[1]
    return Source(path, relative.replace(os.sep, "/"), _ARCHIVES.get(suffix, SourceKind.PAGE))


def _fixed_part(pattern: str) -> str:
    """The folder before the first wildcard."""
    parts = pattern.split("/")
    n_fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return "/".join(parts[:n_fixed]) or ("/" if pattern.startswith("/") else ".")


def take_census(roots: Iterable[Root]) -> Census:
    """Look at every file once, without reading it.

    Raises:
        MissingExtra: an archive that can't be read here.
        SpamsiftError: there is nothing to read.
    """
    digest = hashlib.blake2b(digest_size=16)
    n_files, n_pages, is_countable = 0, 0, True
    for source in find_sources(roots):
        if isinstance(source, Damage):
            continue
        n_files += 1
        try:
            status = os.stat(source.path)
            facts = f"{status.st_size} {status.st_mtime_ns}"
        except OSError:
            facts = "not there"
        digest.update(f"{source.path}\0{facts}\n".encode("utf-8", "surrogateescape"))
        check_unpacker(source.path)
        if source.kind is SourceKind.PAGE:
            n_pages += 1
        elif source.kind is SourceKind.PARQUET:
            n_pages += parquet.count_rows(source.path)
        else:
            is_countable = False
            if source.kind is SourceKind.WARC:
                warc.check()
    if not n_files:
        names = ", ".join((*PAGE_SUFFIXES, *_ARCHIVES))
        raise SpamsiftError(f"no pages to read: folders are searched for {names}, and .gz and .zst of them.")
    return Census(digest.hexdigest(), n_files, n_pages if is_countable else None)


def read_entries(plan: Plan, roots: Iterable[Root], keeps_rows: bool) -> Iterator[Entry]:
    """Everything there is to read, thinned out by ``sample`` and cut at ``limit``; both count pages and damage.

    ``keeps_rows``: rows of Parquet stay as they are, beside their items.
    """
    chance = random.Random(plan.seed)
    n_taken = 0
    for entry in _read_all(plan, roots, keeps_rows):
        if not isinstance(entry, Skip):
            if plan.sample < 1 and chance.random() >= plan.sample:
                continue
            if plan.limit is not None and n_taken >= plan.limit:
                return
            n_taken += 1
        yield entry


def _read_all(plan: Plan, roots: Iterable[Root], keeps_rows: bool) -> Iterator[Entry]:
    for source in find_sources(roots):
        if isinstance(source, Damage):
            yield source
        elif source.kind is SourceKind.PAGE:
            yield Item(source.path, source.relative, FilePage(source.path))
        elif source.kind is SourceKind.JSONL:
            yield from jsonl.read_items(source)
        elif source.kind is SourceKind.PARQUET:
            yield from parquet.read_items(source, plan, keeps_rows)
        else:
            yield from warc.read_items(source)
