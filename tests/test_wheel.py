"""What is built holds what is needed: the wheel has code, models and lexicons, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
MODELS = ("block-html", "block-text", "brand", "name-fit", "page")
MODEL_FILES = ("card.md", "manifest.json", "weights.npz")

pytestmark = pytest.mark.slow


def build(target: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_has_code_models_and_lexicons(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {f"spamsift/_models/{model}/{file}" for model in MODELS for file in MODEL_FILES}
    expected |= {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "spamsift").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert {"spamsift/py.typed", "spamsift/cli.py"} <= expected
    assert any(name.startswith("spamsift/lexicons/") and name.endswith(".toml") for name in names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_works_on_its_own(wheel: Path, tmp_path: Path) -> None:
    """Unpacked elsewhere, without the checkout on the path, it finds its models and lexicons."""
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    page = next((ROOT / "fixtures").glob("*/**/page.html"))
    program = "import sys; sys.path.insert(0, sys.argv.pop(1)); from spamsift.cli import main; main()"
    command = [sys.executable, "-c", program, str(tmp_path), "score", str(page)]
    ran = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, encoding="utf-8")
    assert str(page) in ran.stdout


def test_the_sdist_has_the_models(tmp_path: Path) -> None:
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"models/{model}/{file}" for model in MODELS for file in MODEL_FILES} <= names
    assert {"LICENSE", "README.md", "pyproject.toml", "spamsift/records.py", "tests/test_wheel.py"} <= names
