"""Say how to get the training data, clone the repositories they come from, and check files at hand.

Reads ``spamsift/training/corpora.toml``, writes a table to stdout. ``--clone`` needs git, the network and some
gigabytes; it gives upstream's files, from which each row's selection has to be made again. ``--from`` reads the
``.jsonl.gz`` files of a folder (about a second) and compares their digests; ``--to`` links or copies the good ones.
Exit code 0, 1 if a file of ``--from`` is missing or changed, 2 for wrong usage, 3 if a clone failed.

    python scripts/fetch_corpora.py [--only FILE]... [--clone DIR | --from DIR [--to DIR]]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from spamsift.training.fetching import (
    Corpus,
    State,
    check_corpus,
    clone,
    describe,
    has_git,
    load_corpora,
    place,
    repositories,
)


def main() -> int:
    """Parse, then print, clone or check."""
    corpora = load_corpora()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [corpus.file for corpus in corpora]
    parser.add_argument("--only", choices=names, metavar="FILE", action="append", help="this corpus (repeatable)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--clone", type=Path, metavar="DIR", help="clone the upstream repositories into DIR")
    what.add_argument("--from", dest="source", type=Path, metavar="DIR", help="check the files of DIR")
    parser.add_argument("--to", type=Path, metavar="DIR", help="link or copy the good files of --from here")
    arguments = parser.parse_args()
    chosen = [corpus for corpus in corpora if arguments.only is None or corpus.file in arguments.only]
    if arguments.to is not None and arguments.source is None:
        parser.error("--to needs --from DIR, the folder of the files at hand")
    if arguments.source is not None and not arguments.source.is_dir():
        parser.error(f"--from {arguments.source}: no such folder")
    if arguments.source is not None:
        return check_all(chosen, arguments.source, arguments.to)
    print("\n".join(describe(chosen)))
    return clone_all(chosen, arguments.clone) if arguments.clone is not None else 0


def check_all(corpora: list[Corpus], source: Path, target: Path | None) -> int:
    """One line a file: ok, changed or missing."""
    all_good = True
    for corpus in corpora:
        found = check_corpus(corpus, source)
        print(f"{found.state.value:<8} {found.file}  {found.detail}".rstrip(), flush=True)
        problem = place(corpus, source, target) if target is not None and found.state is State.OK else None
        if problem is not None:
            print(problem, file=sys.stderr)
        all_good = all_good and found.state is State.OK and problem is None
    return 0 if all_good else 1


def clone_all(corpora: list[Corpus], folder: Path) -> int:
    """One line a repository; those that fail don't stop the others."""
    if not has_git():
        print("git is not installed: install it, or download the repositories above by hand", file=sys.stderr)
        return 3
    n_failed = 0
    for name in (names := repositories(corpora)):
        problem = clone(name, folder)
        n_failed += problem is not None
        if problem is None:
            print(f"ok       {folder / name}", flush=True)
        else:
            print(f"failed   {name}: {problem}", file=sys.stderr, flush=True)
    print(f"{len(names) - n_failed} of {len(names)} repositories are in {folder}")
    return 3 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
