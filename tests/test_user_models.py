"""``spamsift train``: what it reads, what it refuses, and that its folder works wherever a folder of models does."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spamsift
from spamsift import InvalidOption, Options, PageKind
from spamsift.models import load_folder, shipped_models
from spamsift.page_features import PAGE_FEATURES_VERSION, SIGNALS
from spamsift.page_model import load_page_model
from spamsift.training.user_models import TrainingReport, report_lines, train_user_model

ROOT = Path(__file__).parent.parent
SENTENCES = (
    "The harbour was closed on Monday because of the storm, and the ferries stayed in port.",
    "My wife and I walked along the river, where I found a gull with one leg.",
    "“Nobody was hurt,” said the mayor of the town, who thanked the volunteers for their work.",
    "I bought the boat in 1998 from a man who had built it in his garden.",
    "Repairs of the bridge took three months and cost more than anyone had thought.",
    "The council met twice in March, and both times the roof of the school was put off.",
)
FORMULAS = (
    "In today's fast-paced world, it's important to note that boats play a crucial role.",
    "This comprehensive guide explores key considerations and actionable insights.",
    "In conclusion, boats stand as a testament to the importance of a holistic approach.",
    "By leveraging a wide range of options, you can elevate your experience seamlessly.",
)


def labelled(n: int, n_groups: int = 6, kinds: tuple[str, ...] = ("generated",)) -> list[dict[str, Any]]:
    """``n`` originals and ``n`` farm pages, half of each kind; sentences by chance, seeded."""
    rng = random.Random(4)
    rows = []
    for i in range(2 * n):
        label = "original" if i % 2 else kinds[i // 2 % len(kinds)]
        own = SENTENCES if label == "original" else FORMULAS
        lines = [rng.choice(own) if rng.random() < 0.8 else rng.choice(SENTENCES) for _ in range(12)]
        if label == "doorway":
            lines += ["Play at the best online casino with free spins today, no deposit bonus."] * 2
        group = f"{label}-{i // 2 % n_groups}.example"
        text = f"Page {i} of the harbour news of our town\n\n" + "\n\n".join(
            " ".join(lines[j : j + 3]) for j in range(0, 12, 3)
        )
        rows.append({"id": str(i), "text": text, "label": label, "group": group})
    return rows


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def train(tmp_path: Path, rows: list[dict[str, Any]], name: str = "mine") -> TrainingReport:
    return train_user_model(write(tmp_path / "labels.jsonl", rows), tmp_path / name, shipped_models())


# --- training


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingReport]:
    folder = tmp_path_factory.mktemp("trained")
    return folder / "mine", train(folder, labelled(24, kinds=("generated", "doorway")))


def test_the_folder_is_a_model_that_every_call_takes(trained: tuple[Path, TrainingReport]) -> None:
    folder, _ = trained
    assert sorted(path.name for path in folder.parent.iterdir()) == ["labels.jsonl", "mine"]
    for page in ("<html><body><p>The harbour was closed on Monday.</p></body></html>", "The harbour was closed."):
        assert spamsift.sift(page, options=Options(model_dir=str(folder))).verdict.probabilities
    rows = labelled(4)
    kinds = [spamsift.sift(row["text"], options=Options(model_dir=str(folder))).verdict.score > 0.5 for row in rows]
    assert kinds == [row["label"] != "original" for row in rows]


def test_only_numbers_of_the_verdict_change_and_no_signal_turns_round(trained: tuple[Path, TrainingReport]) -> None:
    folder, _ = trained
    for name in ("block-html", "block-text"):
        for path in (shipped_models() / name).iterdir():
            assert (folder / name / path.name).read_bytes() == path.read_bytes()
    old = load_folder(shipped_models() / "page", PAGE_FEATURES_VERSION)
    new = load_folder(folder / "page", PAGE_FEATURES_VERSION)
    changed = {name for name in old.arrays if not np.array_equal(old.arrays[name], new.arrays[name])}
    assert "overall" in changed
    assert changed <= {"overall", "kind_prior", "signal_weights", "statistic_weights"}
    directions = np.array([[signal.direction] for signal in SIGNALS])
    assert (load_page_model(folder).signal_weights * directions >= -1e-9).all()


def test_the_report_says_what_it_is_worth(trained: tuple[Path, TrainingReport]) -> None:
    folder, report = trained
    assert dict(report.labels) == {PageKind.ORIGINAL: 24, PageKind.GENERATED: 12, PageKind.DOORWAY: 12}
    assert report.after is not None
    assert report.after.auroc > 0.9
    assert sum(report.after.said.values()) == 48
    shown = "\n".join(report_lines(report))
    assert "48 labels of 12 groups: 24 original, 12 generated, 12 doorway" in shown
    assert "AUROC" in shown
    assert "recall at 1% false positives               -      -" in shown  # 24 originals have no 1 %
    assert shown in (folder / "page" / "card.md").read_text(encoding="utf-8")


def test_same_labels_same_bytes(trained: tuple[Path, TrainingReport], tmp_path: Path) -> None:
    folder, _ = trained
    train(tmp_path, labelled(24, kinds=("generated", "doorway")))
    for path in sorted(folder.rglob("*.*")):
        assert (tmp_path / "mine" / path.relative_to(folder)).read_bytes() == path.read_bytes()


def test_too_few_labels_change_nothing_and_say_so(tmp_path: Path) -> None:
    report = train(tmp_path, labelled(2))
    assert report.changed == ("nothing: that needs 8 originals and 8 farm pages",)
    assert report.after is not None
    assert report.after.auroc == report.before.auroc


def test_few_labels_only_calibrate_and_are_warned_of(tmp_path: Path) -> None:
    report = train(tmp_path, labelled(10, n_groups=2))
    assert report.changed == ("how all accusations together become a probability",)
    shown = "\n".join(report_lines(report))
    for warning in ("few originals: 10; label 20", "farm pages of only 2 groups", "all farm pages are of one kind"):
        assert f"warning: {warning}" in shown


def test_one_group_is_trained_on_but_not_measured(tmp_path: Path) -> None:
    report = train(tmp_path, labelled(3, n_groups=1))
    assert report.after is None
    assert "not measured on left-out groups" in "\n".join(report_lines(report))


def test_pages_without_text_do_not_stop_it(tmp_path: Path) -> None:
    odd = [{"label": "thin", "text": text} for text in (" ", "\x00", "\ud800", "🙂" * 9)]
    report = train(tmp_path, [*labelled(3), *odd, {"label": "thin", "html": "<html></html>"}])
    assert any("without any prose" in warning for warning in report.warnings)


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(InvalidOption, match="exists already"):
        train(tmp_path, labelled(2))
    assert not list((tmp_path / "mine").iterdir())


# --- on the command line


def spawn(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spamsift", *map(str, args)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


def test_train_and_score_with_it(tmp_path: Path) -> None:
    labels = write(tmp_path / "labels.jsonl", labelled(6))
    ran = spawn("train", labels, "-o", tmp_path / "deep/mine")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "12 labels of 12 groups: 6 original, 6 generated" in ran.stdout
    assert ran.stdout.endswith("use it with --model\n")
    page = tmp_path / "page.txt"
    page.write_text(labelled(1)[0]["text"], encoding="utf-8")
    assert spawn("score", page, "--model", tmp_path / "deep/mine").returncode == 0
    assert spawn("train", labels, "-o", tmp_path / "again", "--model", tmp_path / "deep/mine").returncode == 0


def test_bad_labels_are_one_line(tmp_path: Path, run_here: Callable[..., tuple[int, str]]) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text('{"label": "spam\\u001b[31m", "text": "x"}\n', encoding="utf-8")
    (tmp_path / "there").mkdir()
    cases = [
        (labels, "mine", "line 1: unknown label"),
        (labels, "there", "exists already"),
        (tmp_path / "none", "mine", "not readable"),
    ]
    for path, out, message in cases:
        code, told = run_here("train", str(path), "-o", str(tmp_path / out))
        assert code == 2
        assert message in told
        assert len(told.splitlines()) == 1
        assert "\x1b" not in told


def other_version(folder: Path) -> None:
    manifest = json.loads((folder / "page/manifest.json").read_text(encoding="utf-8"))
    (folder / "page/manifest.json").write_text(json.dumps({**manifest, "features_version": "page-0"}), encoding="utf-8")


def broken_checksum(folder: Path) -> None:
    with (folder / "page/weights.npz").open("ab") as file:
        file.write(b"x")


def nan_weights(folder: Path) -> None:
    resave(folder, prior=np.full(5, np.nan))


def no_zip(folder: Path) -> None:
    import hashlib

    (folder / "page/weights.npz").write_bytes(b"PK\x03\x04 no archive")
    manifest = json.loads((folder / "page/manifest.json").read_text(encoding="utf-8"))
    manifest["sha256"] = hashlib.sha256(b"PK\x03\x04 no archive").hexdigest()
    (folder / "page/manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def no_object(folder: Path) -> None:
    (folder / "page/manifest.json").write_text("[]", encoding="utf-8")


def nan_threshold(folder: Path) -> None:
    manifest = json.loads((folder / "page/manifest.json").read_text(encoding="utf-8"))
    manifest["thresholds"]["farm_from"] = float("nan")
    (folder / "page/manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def no_thresholds(folder: Path) -> None:
    manifest = json.loads((folder / "page/manifest.json").read_text(encoding="utf-8"))
    (folder / "page/manifest.json").write_text(json.dumps({**manifest, "thresholds": [1]}), encoding="utf-8")


def zero_scale(folder: Path) -> None:
    resave(folder, scale=np.zeros_like(load_folder(shipped_models() / "page", PAGE_FEATURES_VERSION).arrays["scale"]))


def no_page_model(folder: Path) -> None:
    (folder / "page/weights.npz").unlink()


def resave(folder: Path, **arrays: np.ndarray) -> None:
    from spamsift.models import save_folder

    stored = load_folder(shipped_models() / "page", PAGE_FEATURES_VERSION)
    save_folder(folder / "page", PAGE_FEATURES_VERSION, {**stored.arrays, **arrays}, stored.manifest, "card")


@pytest.mark.parametrize("command", ["score", "clean", "train"])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (other_version, "trained for features 'page-0'"),
        (broken_checksum, "does not match its manifest"),
        (nan_weights, "not all finite numbers"),
        (no_zip, "can't be read"),
        (no_object, "no model in"),
        (nan_threshold, "thresholds"),
        (no_thresholds, "thresholds"),
        (zero_scale, "scale"),
        (no_page_model, "no model in"),
    ],
)
def test_a_bad_model_is_refused_by_every_command(
    command: str, spoil: Callable[[Path], None], message: str, tmp_path: Path, run_here: Callable[..., tuple[int, str]]
) -> None:
    folder = tmp_path / "models"
    for name in ("block-html", "block-text", "page"):
        (folder / name).mkdir(parents=True)
        for path in (shipped_models() / name).iterdir():
            (folder / name / path.name).write_bytes(path.read_bytes())
    spoil(folder)
    page = write(tmp_path / "labels.jsonl", labelled(1))
    more = ["-o", str(tmp_path / "mine")] if command == "train" else []
    code, told = run_here(command, str(page), "--model", str(folder), *more)
    assert code == 2
    assert message in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "mine").exists()


@pytest.fixture
def run_here(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """The command in this process: its exit code and what it wrote to stderr."""
    from spamsift.cli import app

    def call(*args: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            app(list(args), prog_name="spamsift")
        return int(end.value.code or 0), capsys.readouterr().err

    return call
