"""Check the pages of a folder against what a reader expects of them.

Reads ``expected.json`` and the pages it names, where they are (default ``../shared/seeds``), writes a table
to stdout, takes some seconds. Exit code 1 if any line of ``gone``, ``kept``, ``title`` or ``provenance``
fails, or if fewer than four in five kinds are right.

    python scripts/score_seeds.py [FOLDER]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spamsift

DEFAULT = Path(__file__).parent.parent.parent / "shared" / "seeds"
MIN_KIND_SHARE = 0.8
"""Kinds right / kinds checked: one of the five sample pages may be taken for another kind."""


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and how it came out."""

    what: str
    passed: bool
    detail: str


def check_page(page: spamsift.Sifted, expected: dict[str, Any]) -> Iterator[Check]:
    """Every expectation of one page."""
    for string in expected.get("gone", ()):
        yield Check("gone", string not in page.text, repr(string))
    for string in expected.get("kept", ()):
        yield Check("kept", string in page.text, repr(string[:60]))
    if "title" in expected:
        yield Check("title", page.title == expected["title"], repr(page.title))
    if "kinds" in expected:
        verdict = page.verdict
        detail = f"{verdict.kind.value} {verdict.score:.2f}, expected {' or '.join(expected['kinds'])}"
        yield Check("kind", verdict.kind.value in expected["kinds"], detail)
    for name, value in expected.get("provenance", {}).items():
        yield _check_provenance(page.provenance, name, value)


def _check_provenance(found: spamsift.Provenance, name: str, value: str) -> Check:
    if name == "original_brand_injected":
        return Check(name, found.injected_brand == value, repr(found.injected_brand))
    if name == "author_outlet":  # "By X, CBS News": the outlet may stand in any of these
        said = [fact for fact in (found.author, found.source, found.site) if fact]
        return Check(name, any(value in fact for fact in said), repr(said))
    return Check(name, getattr(found, name) == value, repr(getattr(found, name)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT, help="default: ../shared/seeds")
    folder: Path = parser.parse_args().folder
    try:
        expected: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    except OSError as problem:
        print(f"{folder}: {problem.strerror}; give a folder with pages and expected.json", file=sys.stderr)
        return 2
    checks: list[Check] = []
    for name, wanted in expected.items():
        if name.startswith("_"):
            continue
        found = list(check_page(spamsift.sift(folder / name), wanted))
        print_page(name, found)
        checks += found
    return 0 if print_total(checks) else 1


def print_page(name: str, checks: list[Check]) -> None:
    print(name)
    for what in dict.fromkeys(check.what for check in checks):
        of_kind = [check for check in checks if check.what == what]
        failed = [check for check in of_kind if not check.passed]
        detail = "; ".join(check.detail for check in failed) or (of_kind[0].detail if len(of_kind) == 1 else "")
        mark = "FAIL" if failed else "pass"
        print(f"  {mark}  {what:<24} {len(of_kind) - len(failed):>3} of {len(of_kind):<3} {detail}".rstrip())


def print_total(checks: list[Check]) -> bool:
    """Print the last line; whether all is well."""
    kinds = [check.passed for check in checks if check.what == "kind"]
    others = [check.passed for check in checks if check.what != "kind"]
    print(f"kinds {sum(kinds)} of {len(kinds)}, other expectations {sum(others)} of {len(others)}")
    return bool(checks) and all(others) and sum(kinds) >= MIN_KIND_SHARE * len(kinds)


if __name__ == "__main__":
    sys.exit(main())
