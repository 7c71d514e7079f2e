"""A module imports only from rows above its own in the table of README.md, section "Reading the code"."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "spamsift"
SECTION = "## Reading the code"

ONLY_IMPORTERS = {
    "datatrove": {"integrations"},
    "fastwarc": {"batch", "integrations", "training"},
    "joblib": {"training"},
    "pickle": {"batch"},  # between a run and its own workers; never a model
    "pyarrow": {"batch", "training"},
    "rich": {"report", "explain", "difference", "shell", "cli_batch", "cli_train"},  # what is shown, and progress bars
    "scrapy": {"integrations"},
    "sklearn": {"training"},
    "trafilatura": {"declaration", "training"},  # training measures it as a peer
    "typer": {
        "shell",
        "cli_score",
        "cli_clean",
        "cli_batch",
        "cli_train",
        "cli",
    },  # one module per large command, and what they share
    "zstandard": {"batch"},
}
"""Package → rows that may import it."""


@lru_cache
def rows() -> list[str]:
    """First cells of the table, ``errors.py`` → ``errors``, in order."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split(SECTION, 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| *`(\w+)(?:\.py|/)`", section, re.MULTILINE)


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def row_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Dotted names that a file imports anywhere, those inside functions and ``TYPE_CHECKING`` included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write imports in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_rows(path: Path) -> set[str]:
    """Rows of the table that a file imports from; the package itself is the row ``__init__``."""
    found = set()
    for name in imports(path):
        package, _, rest = name.partition(".")
        if package == "spamsift":
            head = rest.split(".")[0]
            found.add(head if head in rows() or (PACKAGE / f"{head}.py").exists() else "__init__")
    return found


def test_the_table_has_every_module_once() -> None:
    assert sorted(rows()) == sorted({row_of(path) for path in sources()})


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_come_from_rows_above(path: Path) -> None:
    own = rows().index(row_of(path))
    below = {name for name in imported_rows(path) if rows().index(name) >= own}
    assert below <= ({row_of(path)} if path.parent != PACKAGE else set())


@pytest.mark.parametrize(("package", "allowed"), ONLY_IMPORTERS.items())
def test_packages_with_one_door(package: str, allowed: set[str]) -> None:
    importers = {row_of(path) for path in sources() if any(name.split(".")[0] == package for name in imports(path))}
    assert importers <= allowed


def test_names_are_looked_up_at_run_time_in_one_place_only() -> None:
    dynamic = re.compile(r"\bimport_module\(|\b__import__\(")
    assert {row_of(path) for path in sources() if dynamic.search(path.read_text(encoding="utf-8"))} <= {"__init__"}
