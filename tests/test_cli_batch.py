"""``spamsift batch`` as a user types it: what it prints, and its exit code."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MIRROR = (ROOT / "fixtures/wild-shapes/mirror-text-man-was/page.txt").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(path: str, data: bytes | str) -> str:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "spamsift", "batch", *args]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}


def batch(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), env=environment(), capture_output=True, encoding="utf-8", check=False)


def test_options_reach_the_run() -> None:
    rows = [{"key": i, "body": MIRROR, "meta": {"u": "http://a.example"}} for i in range(4)]
    put("in.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    ran = batch(
        *"in.jsonl -o out.jsonl --annotate --blocks --text-field body --id-field key --url-field meta.u".split(),
        *"--attributes a.jsonl --limit 3 --jobs 1 --timeout 5 --memory 1 --keep related --kind text".split(),
    )
    assert ran.returncode == 0, ran.stderr
    (row, *_) = [json.loads(line) for line in Path("out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (row["key"], row["body"]) == (0, MIRROR)
    assert json.loads(row["spamsift_answer"])["kind_of_input"] == "text"
    summary = json.loads(Path("out.jsonl.run/summary.json").read_text(encoding="utf-8"))
    assert summary["n_pages"] == 3
    assert summary["options"]["memory"] == 1_000_000_000
    assert "related" in summary["options"]["keep"]
    assert len(Path("a.jsonl").read_text(encoding="utf-8").splitlines()) == 3


def test_a_quarantined_page_makes_the_exit_code_3() -> None:
    put("pages/a.html", b"\x89PNG\r\n\x1a\n" + bytes(99))
    put("pages/b.txt", "A page.")
    ran = batch("pages", "-o", "out.jsonl")
    assert ran.returncode == 3
    assert "quarantined   1  1 binary: out.jsonl.run/quarantine.jsonl" in ran.stdout
    assert batch("pages", "-o", "out.jsonl").returncode == 3  # the same when there is nothing left to do


@pytest.mark.parametrize(
    "args",
    [
        "missing -o out.jsonl",
        "*.nothing -o out.jsonl",
        "empty -o out.jsonl",
        "- -o out.jsonl",
        "a.txt",
        "a.txt -o a.txt",
        "a.txt -o folder --annotate",
        "a.txt -o out.jsonl --drop nonsense",
        "a.txt -o out.jsonl --drop-score 2",
        "a.txt -o out.jsonl --jobs 0",
        "a.txt -o out.jsonl --memory 0.01",
        "a.txt -o out.jsonl --sample 1.5",
        "a.txt -o out.jsonl --model missing",
        "a.txt -o out.jsonl --model empty",
        "a.txt -o a.txt/out.jsonl",
        "a.txt -o theirs.jsonl",
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(args: str) -> None:
    put("a.txt", "A page.")
    put("theirs.jsonl", "precious")
    Path("empty").mkdir()
    ran = batch(*args.split(" "))
    assert ran.returncode == 2, ran.stderr
    assert ran.stderr
    assert "Traceback" not in ran.stderr
    assert Path("theirs.jsonl").read_text(encoding="utf-8") == "precious"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_summary_that_cannot_be_printed() -> None:
    put("a.txt", "A page.")
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            command("a.txt", "-o", "out.jsonl"), env=environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ran.returncode == 2
    assert b"not written" in ran.stderr


def heed_ctrl_c() -> None:
    """Whoever started the tests in the background, as ``nohup`` in a script does, has them and theirs ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_cleanly_and_the_run_goes_on_later() -> None:
    put("in.jsonl", (json.dumps({"text": MIRROR}) + "\n") * 6_000)  # not done before a busy machine sends the signal
    process = subprocess.Popen(
        command("in.jsonl", "-o", "out.jsonl"), env=environment(), stderr=subprocess.PIPE, preexec_fn=heed_ctrl_c
    )
    while not Path("out.jsonl.run/parts/0000000.out").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert b"the same command goes on from here" in errors
    assert not Path("out.jsonl").exists()
    ran = batch("in.jsonl", "-o", "out.jsonl", "--limit", "9")
    assert ran.returncode == 2  # other options
    assert "limit was None" in ran.stderr


def test_a_terminal_sees_how_it_goes() -> None:
    put("in.jsonl", (json.dumps({"text": MIRROR}) + "\n") * 60)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("in.jsonl", "-o", "out.jsonl"), env=environment(), stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 1000):
            shown += piece
    except OSError:  # the terminal is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    assert b"pages/s" in shown
    assert b"mirror" in shown


def test_odd_names_do_no_harm() -> None:
    name = os.fsdecode(b"p\xff\x1b[31m\nages")
    put(f"{name}/a.txt", "A page.")
    ran = batch(name, "-o", f"{name}.jsonl")
    assert ran.returncode == 0, ran.stderr
    assert "\x1b" not in ran.stdout
    assert json.loads(Path(f"{name}.jsonl").read_bytes())["text"].strip() == "A page."
