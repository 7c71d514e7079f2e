"""The public surface: ``spamsift.__all__``, exact, importable, documented, and cheap to import."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest

import spamsift
from spamsift import records

PUBLIC = {
    "Block", "BlockLabel", "Cut", "Doubt", "Evidence", "Health", "InputKind", "InvalidOption", "LabelledBlock",
    "LexiconError", "MissingExtra", "ModelMismatch", "Options", "PageKind", "Provenance", "Sifted", "SpamsiftError",
    "Thresholds", "UnreadablePage", "UnusableLabels", "Verdict", "__version__", "clean", "sift",
}  # fmt: skip
"""A name is added here with a line in the changelog, and leaves with a deprecation."""


def test_public_names_are_exact() -> None:
    assert set(spamsift.__all__) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_public_names_are_there_and_documented(name: str) -> None:
    assert inspect.getdoc(getattr(spamsift, name))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = getattr(spamsift, "nonsense")  # noqa: B009 (mypy knows that it isn't there)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "xml"},
        {"keep": {"nonsense"}},
        {"keep": "title"},
        {"keep": 5},
        {"keep": None},
        {"thresholds": 0.5},
        {"charset": 5},
        {"model_dir": 5},
    ],
    ids=str,
)
def test_options_that_cannot_be_followed(wrong: dict[str, Any]) -> None:
    with pytest.raises(spamsift.InvalidOption):
        spamsift.Options(**wrong)


def test_options_take_the_words_of_the_command_line() -> None:
    words: dict[str, Any] = {"kind": "text", "keep": ["title", "body"]}
    labels = frozenset({spamsift.BlockLabel.TITLE, spamsift.BlockLabel.BODY})
    assert spamsift.Options(**words) == spamsift.Options(kind=spamsift.InputKind.TEXT, keep=labels)


@pytest.mark.parametrize("wrong", [{"url": 5}, {"url": b"http://a.example"}, {"options": {"keep": []}}], ids=str)
def test_arguments_of_another_type_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(spamsift.InvalidOption):
        spamsift.sift("A page.", **wrong)


def test_the_batch_is_there_without_an_import_of_its_own() -> None:
    program = "import spamsift; print(spamsift.batch.sift_many.__name__)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "sift_many\n"


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = "import sys, spamsift; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in ran.stdout.split()}
    assert not loaded & {"joblib", "lxml", "numpy", "rich", "scipy", "sklearn", "trafilatura", "typer"}


@pytest.mark.parametrize("module", [records], ids=lambda module: module.__name__)
def test_all_of_a_module_is_sorted_and_there(module: object) -> None:
    names = getattr(module, "__all__")  # noqa: B009 (a module, typed as object)
    assert all(hasattr(module, name) for name in names)


def test_records_are_frozen_and_slotted() -> None:
    for name in records.__all__:
        record = getattr(records, name)
        if inspect.isclass(record) and hasattr(record, "__dataclass_fields__"):
            assert vars(record)["__dataclass_params__"].frozen, name
            assert "__slots__" in vars(record), name
