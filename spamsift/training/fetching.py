"""Where the corpora come from: what ``scripts/fetch_corpora.py`` prints, clones and checks.

Our files are selections from public repositories, and the selection was made by hand and by throw-away
programs. So nobody can download *the* data: a clone gives upstream's files of today, the selection that a row of
``corpora.toml`` describes has to be made again, and only the digest tells whether a file is the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from spamsift.training.corpora import digest

__all__ = [
    "Check",
    "Corpus",
    "State",
    "check_corpus",
    "clone",
    "describe",
    "has_git",
    "load_corpora",
    "parse_corpora",
    "place",
    "repositories",
]

_CLONE_NOTE = (
    "A clone holds upstream's files as they are today, not our .jsonl.gz: the selection of each row above has to be "
    "made again, and a file is the same only if --from finds its digest."
)
_HOST = "https://github.com/"
_CLONE_SECONDS = 1800
"""Seconds for one repository; the largest have some gigabytes of pictures."""
_WIDTH = 110
"""Columns of the printed rows."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """One row of ``corpora.toml``."""

    file: str
    what: str
    repositories: tuple[str, ...]
    """``owner/name`` on GitHub; none for a corpus that is no git repository."""
    commit: str
    """Which state of the repositories; says so where it was not recorded."""
    selection: str
    """Path inside the repositories, and which records were taken."""
    licence: str
    fields: tuple[str, ...]
    n_rows: int
    sha256: str


class State(str, Enum):
    """What a file at hand is."""

    OK = "ok"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One file at hand, and what is wrong with it."""

    file: str
    state: State
    detail: str = ""


def load_corpora() -> tuple[Corpus, ...]:
    """The shipped rows.

    >>> next(corpus.licence for corpus in load_corpora() if corpus.file == "wcxb_dev.jsonl.gz")
    'CC-BY-4.0'
    """
    return parse_corpora((resources.files("spamsift.training") / "corpora.toml").read_text(encoding="utf-8"))


def parse_corpora(text: str) -> tuple[Corpus, ...]:
    """The rows of a table of corpora.

    Raises:
        TypeError: a row lacks a field or has one too many.
    """
    rows: Sequence[Mapping[str, Any]] = tomllib.loads(text)["corpus"]
    lists = ("repositories", "fields")
    return tuple(Corpus(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows)


def repositories(corpora: Iterable[Corpus]) -> tuple[str, ...]:
    """Every repository once, in the order of the rows."""
    return tuple(dict.fromkeys(name for corpus in corpora for name in corpus.repositories))


# --- to read --------------------------------------------------------------------------------------


def describe(corpora: Sequence[Corpus]) -> Iterator[str]:
    """Lines of the table that a person reads: an overview, every row in full, and what a clone is not."""
    width = max(len(corpus.file) for corpus in corpora)
    yield f"{'file':<{width}}  {'rows':>6}  licence"
    for corpus in corpora:
        yield f"{corpus.file:<{width}}  {corpus.n_rows:>6,}  {corpus.licence}"
    for corpus in corpora:
        yield ""
        yield f"{corpus.file}: {corpus.what}"
        yield from _facts(corpus)
    yield ""
    yield from textwrap.wrap(_CLONE_NOTE, _WIDTH)


def _facts(corpus: Corpus) -> Iterator[str]:
    facts = {
        "from": ", ".join(corpus.repositories) or "no git repository: see the selection",
        "commit": corpus.commit,
        "selection": corpus.selection,
        "licence": corpus.licence,
        "fields": ", ".join(corpus.fields),
        "sha256": corpus.sha256,
    }
    for name, value in facts.items():
        yield from textwrap.wrap(
            value, _WIDTH, initial_indent=f"  {name:<11}", subsequent_indent=" " * 13,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip


# --- to clone -------------------------------------------------------------------------------------


def has_git() -> bool:
    return shutil.which("git") is not None


def clone(repository: str, folder: Path) -> str | None:
    """Clone ``owner/name`` into ``folder/owner/name``; one line of what went wrong, ``None`` if nothing did.

    A folder that is there already is left alone. A clone that was broken off leaves nothing that looks whole.
    """
    target = folder / repository
    if target.exists():
        return None
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        problem = _run_git(f"{_HOST}{repository}", unfinished)
        if problem is None:
            unfinished.rename(target)
    except OSError as error:
        problem = f"{error.strerror or error}; give another folder"
    shutil.rmtree(unfinished, ignore_errors=True)
    return problem


def _run_git(url: str, target: Path) -> str | None:
    command = ["git", "clone", "--quiet", "--depth", "1", "--", url, str(target)]
    # GitHub asks for a password where a repository is gone: never wait for an answer
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        ran = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
            timeout=_CLONE_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"not finished after {_CLONE_SECONDS // 60} minutes; clone it by hand"
    if ran.returncode == 0:
        return None
    lines = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
    fatal = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
    return (fatal or lines or [f"git ended with {ran.returncode}"])[0]


# --- to check -------------------------------------------------------------------------------------


def check_corpus(corpus: Corpus, folder: Path) -> Check:
    """Whether ``folder`` holds the file, and whether it is the one that the models were trained on."""
    path = folder / corpus.file
    if not path.is_file():
        return Check(corpus.file, State.MISSING)
    try:
        found = digest(path)
    except OSError as error:
        return Check(corpus.file, State.MISSING, f"can't be read: {error.strerror}")
    if found != corpus.sha256:
        return Check(corpus.file, State.CHANGED, f"sha256 {found[:12]}…, expected {corpus.sha256[:12]}…")
    return Check(corpus.file, State.OK)


def place(corpus: Corpus, source: Path, target: Path) -> str | None:
    """Link a good file into ``target``, or copy it; one line of what stands in the way, ``None`` if nothing does.

    A file that is there already is never replaced.
    """
    new = target / corpus.file
    try:
        target.mkdir(parents=True, exist_ok=True)
        if new.exists() or new.is_symlink():
            is_same = check_corpus(corpus, target).state is State.OK
            return None if is_same else f"{new} is there already and differs; move it away"
        try:
            os.link((source / corpus.file).resolve(), new)
        except OSError:  # another disk, or one that knows no links
            shutil.copyfile(source / corpus.file, new)
    except OSError as error:
        return f"can't write {new}: {error.strerror}; give another folder"
    return None
