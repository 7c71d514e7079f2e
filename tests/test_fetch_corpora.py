"""``scripts/fetch_corpora.py``: the table, clones of local repositories, digests. No network."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from spamsift.training import fetching
from spamsift.training.fetching import Corpus, State, check_corpus, clone, describe, load_corpora, place, repositories

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "fetch_corpora.py"
CORPORA = load_corpora()
DATA = b"a tiny corpus\n"
TINY = Corpus(
    "tiny.jsonl.gz", "a test", ("owner/name",), "0abc", "all of it", "CC0", ("id", "text"), 1,
    hashlib.sha256(DATA).hexdigest(),
)  # fmt: skip

needs_git = pytest.mark.skipif(not fetching.has_git(), reason="git is not installed")


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


@pytest.fixture
def upstream(tmp_path: Path) -> dict[str, str]:
    """The environment of a git for which a local bare repository is https://github.com/NLP2CT/DetectRL, and all
    there is of GitHub."""
    hub = tmp_path / "hub"
    work = tmp_path / "work"
    work.mkdir()
    (work / "data.txt").write_text("upstream\n", encoding="utf-8")
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", work, *command], check=True, capture_output=True)
    bare = hub / "NLP2CT" / "DetectRL"
    subprocess.run(["git", "clone", "-q", "--bare", work, bare], check=True, capture_output=True)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{hub.as_uri()}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }


# --- the rows -------------------------------------------------------------------------------------


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda corpus: corpus.file)
def test_every_row_says_what_is_needed(corpus: Corpus) -> None:
    assert re.fullmatch(r"\w+\.jsonl\.gz", corpus.file)
    assert re.fullmatch(r"[0-9a-f]{64}", corpus.sha256)
    assert corpus.n_rows > 0
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+", name) for name in corpus.repositories)
    assert corpus.repositories or "https://" in corpus.selection
    assert re.fullmatch(r"[0-9a-f]{40}", corpus.commit) or corpus.commit.startswith("not recorded")
    assert {"id"} < set(corpus.fields)
    assert all((corpus.what, corpus.selection, corpus.licence))


def test_rows_are_unique_and_unlicensed_ones_say_so() -> None:
    assert len({corpus.file for corpus in CORPORA}) == len({corpus.sha256 for corpus in CORPORA}) == len(CORPORA)
    unlicensed = {corpus.file for corpus in CORPORA if corpus.licence == "no licence stated: local training only"}
    assert unlicensed == {corpus.file for corpus in CORPORA if corpus.file.startswith(("pages_", "sites_"))}


def test_every_file_that_training_reads_has_a_row() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "spamsift" / "training").glob("*.py"))
    assert set(re.findall(r"\w+\.jsonl\.gz", code)) <= {corpus.file for corpus in CORPORA}


def test_repositories_are_named_once_in_order() -> None:
    other = replace(TINY, repositories=("b/b", "owner/name", "a/a"))
    assert repositories([TINY, other]) == ("owner/name", "b/b", "a/a")


def test_a_row_with_a_wrong_field_is_refused() -> None:
    with pytest.raises(TypeError, match="licens"):
        fetching.parse_corpora("[[corpus]]\nfile = 'x'\nrepositories = []\nfields = []\nlicense = 'y'\n")


# --- to read --------------------------------------------------------------------------------------


def test_the_table_shows_every_fact_and_is_honest() -> None:
    ran = run()
    assert (ran.returncode, ran.stderr) == (0, "")
    printed = " ".join(ran.stdout.split())
    for corpus in CORPORA:
        facts = (corpus.file, corpus.sha256, corpus.licence, corpus.commit, corpus.selection, *corpus.repositories)
        assert all(fact in printed for fact in facts)
    assert "not our .jsonl.gz" in printed
    assert "selection of each row above has to be made again" in printed
    assert max(map(len, ran.stdout.splitlines())) <= 120


def test_one_row_alone() -> None:
    ran = run("--only", "traf_dev.jsonl.gz")
    assert "traf_dev" in ran.stdout
    assert "wcxb_dev" not in ran.stdout
    assert next(iter(describe([TINY]))).split() == ["file", "rows", "licence"]


@pytest.mark.parametrize(
    "arguments", [["--to", "x"], ["--from", "no-such-folder"], ["--only", "x"], ["--from", ".", "--clone", "x"]]
)
def test_wrong_usage(arguments: list[str]) -> None:
    ran = run(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "error: " in ran.stderr


# --- clones ---------------------------------------------------------------------------------------


@needs_git
def test_clone(upstream: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "clones"
    for _ in range(2):  # the second time it is there already
        ran = run("--only", "pages_spun.jsonl.gz", "--clone", folder, **upstream)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert (folder / "NLP2CT" / "DetectRL" / "data.txt").read_text(encoding="utf-8") == "upstream\n"
    assert "1 of 1 repositories" in ran.stdout


@needs_git
def test_a_clone_that_fails_stops_no_other(upstream: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "clones"
    ran = run("--only", "pages_original.jsonl.gz", "--clone", folder, **upstream)
    assert ran.returncode == 3
    failed = ran.stderr.splitlines()
    assert [line.split()[:2] for line in failed] == [
        ["failed", f"{name}:"] for corpus in CORPORA if corpus.file == "pages_original.jsonl.gz"
        for name in corpus.repositories if name != "NLP2CT/DetectRL"
    ]  # fmt: skip
    assert (folder / "NLP2CT" / "DetectRL" / "data.txt").exists()
    assert "1 of 4 repositories" in ran.stdout
    assert not list(folder.rglob("*.unfinished"))


@needs_git
def test_what_a_broken_clone_left_is_cleared(
    upstream: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in upstream.items():
        monkeypatch.setenv(name, value)
    rest = tmp_path / "clones" / "NLP2CT" / "DetectRL.unfinished"
    rest.mkdir(parents=True)
    (rest / "half").write_bytes(b"")
    assert clone("NLP2CT/DetectRL", tmp_path / "clones") is None
    assert [path.name for path in rest.parent.iterdir()] == ["DetectRL"]


def test_without_git(tmp_path: Path) -> None:
    ran = run("--clone", tmp_path / "clones", PATH=str(tmp_path))
    assert ran.returncode == 3
    assert ran.stderr == "git is not installed: install it, or download the repositories above by hand\n"


@needs_git
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    problem = clone("owner/name", tmp_path / "file")
    assert problem is not None
    assert problem.endswith("; give another folder")
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("stderr", "line"),
    [("Cloning into 'x'...\nfatal: unable to access 'u': Could not resolve host: github.com\n",
      "unable to access 'u': Could not resolve host: github.com"),
     ("warning: odd\n", "warning: odd"), ("", "git ended with 128")],
)  # fmt: skip
def test_the_error_is_one_line(stderr: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = subprocess.CompletedProcess[str]([], 128, "", stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ran)
    assert clone("owner/name", tmp_path) == line


def test_a_clone_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("git", 1)

    monkeypatch.setattr(subprocess, "run", hang)
    assert clone("owner/name", tmp_path) == "not finished after 30 minutes; clone it by hand"


# --- files at hand --------------------------------------------------------------------------------


def test_states_of_a_file(tmp_path: Path) -> None:
    assert check_corpus(TINY, tmp_path).state is State.MISSING
    (tmp_path / TINY.file).write_bytes(DATA)
    assert check_corpus(TINY, tmp_path).state is State.OK
    (tmp_path / TINY.file).write_bytes(DATA + b"x")
    found = check_corpus(TINY, tmp_path)
    assert (found.state, TINY.sha256[:12] in found.detail) == (State.CHANGED, True)


@pytest.mark.parametrize("can_link", [True, False])
def test_good_files_are_placed_and_nothing_is_replaced(
    can_link: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    if not can_link:
        monkeypatch.setattr(os, "link", refuse)
    source, target = tmp_path / "from", tmp_path / "deep" / "to"
    source.mkdir()
    (source / TINY.file).write_bytes(DATA)
    for _ in range(2):
        assert place(TINY, source, target) is None
        assert (target / TINY.file).read_bytes() == DATA
    assert place(TINY, source, source) is None
    (target / TINY.file).unlink()
    (target / TINY.file).write_bytes(b"mine")
    problem = place(TINY, source, target)
    assert problem is not None
    assert problem.endswith("differs; move it away")
    assert (target / TINY.file).read_bytes() == b"mine"


def test_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / TINY.file).write_bytes(DATA)
    (tmp_path / "file").write_bytes(b"")
    problem = place(TINY, tmp_path, tmp_path / "file")
    assert problem is not None
    assert problem.startswith("can't write")


def test_the_script_names_every_file_at_hand(tmp_path: Path) -> None:
    (tmp_path / CORPORA[0].file).write_bytes(DATA)
    ran = run("--from", tmp_path, "--to", tmp_path / "to")
    assert (ran.returncode, ran.stderr) == (1, "")
    states = [line.split()[:2] for line in ran.stdout.splitlines()]
    assert states == [["changed" if i == 0 else "missing", corpus.file] for i, corpus in enumerate(CORPORA)]
    assert not (tmp_path / "to").exists()
