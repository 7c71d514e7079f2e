"""The steps in real datatrove pipelines; WARC shards are made from the fixtures."""

from __future__ import annotations

import contextlib
import faulthandler
import gzip
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datatrove.data import Document
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.logging import logger

from spamsift import ModelMismatch, Options, PageKind, Sifted, SpamsiftError, sift
from spamsift.fields import to_columns
from spamsift.integrations.datatrove import (
    Drop,
    SpamsiftAnnotate,
    SpamsiftClean,
    SpamsiftFilter,
    StepOptions,
)
from spamsift.integrations.datatrove_warc import WarcPages
from spamsift.training.hostile_sifters import cheap

ROOT = Path(__file__).parent.parent
PAGES = {
    f"https://shore.example/{folder.name}": (folder / "page.html").read_text(encoding="utf-8")
    for folder in sorted((ROOT / "fixtures").glob("*/*"))[::3]
    if (folder / "page.html").exists()
}
TEXT = "<html><body><p>Шторм закрыл гавань на три дня, сообщил капитан порта.</p>"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on the console, and nobody may open a connection."""

    def refuse(*address: object) -> None:
        raise AssertionError(f"a connection to {address}")

    logger.remove()
    logging.getLogger("datatrove").setLevel(logging.CRITICAL)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def documents() -> Iterator[Document]:
    for url, page in PAGES.items():
        yield Document(page, url, metadata={"url": url})


def record(body: bytes, name: object = 1, status: str = "200 OK", **headers: str) -> bytes:
    """A WARC record with the response of a server."""
    declared = {"Content_Type": "text/html"} | headers
    lines = [f"HTTP/1.1 {status}", *(f"{key.replace('_', '-')}: {value}" for key, value in declared.items() if value)]
    response = "\r\n".join([*lines, "", ""]).encode() + body
    head = [
        "WARC/1.1",
        "WARC-Type: response",
        f"WARC-Record-ID: <urn:page:{name}>",
        f"WARC-Target-URI: https://shore.example/{name}",
        "WARC-Date: 2026-01-02T03:04:05Z",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(response)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + response + b"\r\n\r\n"


def read_shards(folder: Path) -> tuple[list[Document], dict[str, int]]:
    """Documents and what was left out."""
    reader = WarcPages(str(folder))
    found = list(reader.run())
    return found, {
        name: int(reader.stats[name].total) for name in reader.stats.stats if name.startswith(("skipped_", "damaged"))
    }


def rows(folder: Path) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines += map(json.loads, file)
    return lines


def test_annotate_writes_columns_and_leaves_the_text() -> None:
    step = SpamsiftAnnotate()
    for document in step.run(documents()):
        answer = sift(PAGES[document.id], document.id)
        assert document.text == PAGES[document.id]
        assert document.metadata == {"url": document.id} | to_columns(answer)
    kinds = {name: int(step.stats[name].total) for name in step.stats.stats if name.startswith("kind_")}
    assert sum(kinds.values()) == len(PAGES)


def test_clean_gives_the_article_and_names_pages_without_one(tmp_path: Path) -> None:
    options = StepOptions(sift=Options(keep=Options().keep), url_key="address")
    pages = [Document(page, url, metadata={"address": url}) for url, page in PAGES.items()]
    pages.append(Document("<html><body><nav><a href='/'>Home</a></nav></body></html>", "no article"))
    step = SpamsiftClean(options, JsonlWriter(str(tmp_path)))
    cleaned = {document.id: document.text for document in step.run(iter(pages))}
    texts = {url: sift(page, url).text for url, page in PAGES.items()}
    assert cleaned == {url: text for url, text in texts.items() if text.strip()}
    left_out = rows(tmp_path)
    assert {row["id"] for row in left_out} == {"no article"} | {url for url, text in texts.items() if not text.strip()}
    assert {row["metadata"]["filter_reason"] for row in left_out} == {"empty"}


@pytest.mark.parametrize("is_annotated", [False, True])
def test_filter_drops_by_kind_and_score_and_says_why(is_annotated: bool, tmp_path: Path) -> None:
    rule = Drop(frozenset({PageKind.MIRROR}), score=0.9)
    step = SpamsiftFilter(StepOptions(drop=rule), JsonlWriter(str(tmp_path)))
    pages: Iterator[Document] = SpamsiftAnnotate().run(documents()) if is_annotated else documents()
    kept = {document.id for document in step.run(pages)}
    verdicts = {url: sift(page, url).verdict for url, page in PAGES.items()}
    reasons = {
        url: "mirror" if verdict.kind is PageKind.MIRROR else "score" if verdict.score >= 0.9 else None
        for url, verdict in verdicts.items()
    }
    assert kept == {url for url, reason in reasons.items() if reason is None}
    assert {row["id"]: row["metadata"]["filter_reason"] for row in rows(tmp_path)} == {
        url: reason for url, reason in reasons.items() if reason
    }
    counted = {name.removeprefix("dropped_"): int(step.stats[name].total) for name in step.stats.stats if "d_" in name}
    assert counted == Counter(reason for reason in reasons.values() if reason)
    assert "mirror" in counted


def test_a_filter_answers_alone_and_refuses_to_do_nothing() -> None:
    step = SpamsiftFilter(StepOptions(drop=Drop(score=0.0)))
    assert step.filter(Document("A short page.", "1")) == (False, "score")
    step._sandbox.close()
    with pytest.raises(SpamsiftError, match="would drop nothing"):
        SpamsiftFilter(StepOptions())


def test_models_that_can_not_be_used_raise_before_the_first_page(tmp_path: Path) -> None:
    step = SpamsiftClean(StepOptions(sift=Options(model_dir=str(tmp_path))))
    with pytest.raises(ModelMismatch, match="no model in"):
        next(step.run(documents()))


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox must be forked to see the stand-in for sift")
def test_what_a_page_leaves_behind_is_not_blamed_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def stand_in(page: str, url: str | None, options: Options) -> Sifted:
        faulthandler.disable()  # of pytest; the crash is wanted
        return cheap(page)

    monkeypatch.setattr("spamsift.integrations.rows.sift", stand_in)
    marks = ["one", "POISON-LATER", "two", "POISON-CRASH", "three", "POISON-SEGFAULT", "four"]
    step = SpamsiftAnnotate()
    found = [document.id for document in step.run(iter(Document(mark, mark) for mark in marks))]
    assert found == ["one", "POISON-LATER", "two", "three", "four"]
    assert int(step.stats["dropped_failed_crash"].total) == 2


@pytest.mark.parametrize(
    "shard",
    [
        record(TEXT.encode(), Content_Type="text/html; charset=utf-8"),
        record(TEXT.encode("koi8-r"), Content_Type="text/html; charset=KOI8-R"),
        record(TEXT.encode(), Content_Type="text/html; charset=iso-8859-1"),
        record(TEXT.encode("cp1251")),
        record(TEXT.encode(), Content_Type=""),
        record(gzip.compress(TEXT.encode()), Content_Encoding="gzip"),
        record(TEXT.encode(), Content_Encoding="gzip"),
        record(b"%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT.encode()), TEXT.encode()), Transfer_Encoding="chunked"),
    ],
    ids=["utf-8", "by header", "header is wrong", "guess", "no type", "gzip", "gzip is wrong", "chunked"],
)
@pytest.mark.parametrize("suffix", [".warc", ".warc.gz"])
def test_pages_of_a_shard_are_decoded(shard: bytes, suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_bytes(shard if suffix == ".warc" else gzip.compress(shard))
    (document,), _ = read_shards(tmp_path)
    assert (document.text, document.id, document.metadata["url"]) == (TEXT, "<urn:page:1>", "https://shore.example/1")


def test_what_is_left_out_of_a_shard_is_counted(tmp_path: Path) -> None:
    bad = {
        "skipped_status": record(b"<p>Gone.", status="404 Not Found"),
        "skipped_type": record(b"%PDF-1.7", Content_Type="application/pdf"),
        "skipped_empty": record(b" \n"),
        "skipped_binary": record(b"\x89PNG\0\0"),
        "damaged": record(TEXT.encode())[:-40],
    }
    (tmp_path / "a.warc").write_bytes(b"".join([record(b"<p>First.", 0), *bad.values()]))
    found, left_out = read_shards(tmp_path)
    assert [document.text for document in found] == ["<p>First."]
    assert left_out == dict.fromkeys(bad, 1)


def test_damage_costs_what_is_damaged(tmp_path: Path) -> None:
    first, second, third = (bytearray(gzip.compress(record(TEXT.encode(), name))) for name in (1, 2, 3))
    second[20:40] = b"\xff" * 20
    (tmp_path / "a.warc.gz").write_bytes(bytes(first + second + third))
    (tmp_path / "b.warc.gz").write_bytes(gzip.compress(record(TEXT.encode(), 4)))
    found, left_out = read_shards(tmp_path)
    assert [document.id for document in found] == ["<urn:page:1>", "<urn:page:3>", "<urn:page:4>"]
    assert left_out == {"damaged": 1}


def run_script(program: str, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A program of a user, in a session of its own so that all of it can be killed."""
    (folder / "run.py").write_text(textwrap.dedent(program), encoding="utf-8")
    path = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "poison")])}
    command = [sys.executable, "run.py"]
    return subprocess.Popen(
        command, cwd=folder, env=os.environ | path | environment, start_new_session=True, stderr=subprocess.DEVNULL
    )


PROGRAM = """
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.writers import JsonlWriter
    from spamsift.integrations.datatrove import Limits, SpamsiftClean, StepOptions
    from spamsift.integrations.datatrove_warc import WarcPages

    if __name__ == "__main__":
        options = StepOptions(limits=Limits(seconds=8, memory=300_000_000))
        steps = [WarcPages("shards"), SpamsiftClean(options, JsonlWriter("failed")), JsonlWriter("clean")]
        LocalPipelineExecutor(steps, tasks=6, workers=2, logging_dir="logs").run()
"""


def write_shards(folder: Path, n_pages: int, poison: dict[int, str]) -> None:
    pages = list(PAGES.values())
    for shard in range(6):
        with gzip.open(folder / f"{shard:05d}.warc.gz", "wb", compresslevel=1) as file:
            for number in range(shard, n_pages, 6):
                page = f"<p>POISON-{poison[number]}</p>" if number in poison else pages[number % len(pages)]
                file.write(record(page.encode(), number))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
def test_three_poisoned_pages_cost_three_pages(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    poison = {50: "HANG", 91: "CRASH", 120: "MEMORY"}
    write_shards(tmp_path / "shards", 200, poison)
    with run_script(PROGRAM, tmp_path) as run:
        assert run.wait(timeout=120) == 0
    failed = {row["id"]: row["metadata"]["filter_reason"] for row in rows(tmp_path / "failed")}
    assert failed == {
        "<urn:page:50>": "failed_timeout",
        "<urn:page:91>": "failed_crash",
        "<urn:page:120>": "failed_memory",
    }
    kept = [row["id"] for row in rows(tmp_path / "clean")]
    assert sorted(kept) == sorted(f"<urn:page:{number}>" for number in set(range(200)) - set(poison))
    stats = json.loads((tmp_path / "logs" / "stats.json").read_text(encoding="utf-8"))[1]["stats"]
    assert (stats["total"], stats["forwarded"], stats["dropped_failed_timeout"]) == (200, 197, 1)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    for name in ("killed", "whole"):
        (tmp_path / name / "shards").mkdir(parents=True)
        write_shards(tmp_path / name / "shards", 120, {})
    with run_script(PROGRAM, tmp_path / "whole") as run:
        assert run.wait(timeout=120) == 0
    folder = tmp_path / "killed"
    for n_done in (1, 3):  # killed with all its processes as soon as so many tasks are complete
        with run_script(PROGRAM, folder) as run:
            while len(list(folder.glob("logs/completions/*"))) < n_done:
                assert run.poll() is None
                time.sleep(0.005)
            os.killpg(run.pid, signal.SIGKILL)
    assert len(list(folder.glob("logs/completions/*"))) < 6
    with run_script(PROGRAM, folder) as run:
        assert run.wait(timeout=120) == 0
    undisturbed, resumed = (
        [row | {"metadata": row["metadata"] | {"file_path": ""}} for row in rows(tmp_path / name / "clean")]
        for name in ("whole", "killed")
    )
    assert resumed == undisturbed
    assert len(resumed) == 120


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for sbatch")
def test_the_same_steps_run_as_tasks_of_slurm(tmp_path: Path) -> None:
    """All that Slurm does is to run the pickled executor with the number of the task; here this test does."""
    program = PROGRAM.replace("Local", "Slurm").replace(
        "tasks=6, workers=2", "tasks=2, time='00:10:00', partition='cpu'"
    )
    (tmp_path / "shards").mkdir()
    write_shards(tmp_path / "shards", 30, {})
    for command, answer in (("sbatch", "Submitted batch job 1"), ("scontrol", "localhost")):
        (tmp_path / command).write_text(f"#!/bin/sh\necho {answer}\n", encoding="utf-8")
        (tmp_path / command).chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    with run_script(program, tmp_path, PATH=path) as run:
        assert run.wait(timeout=60) == 0
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": path, "SLURM_NODELIST": "localhost"}
    for task in range(2):
        subprocess.run(
            [sys.executable, "-m", "datatrove.tools.launch_pickled_pipeline", "logs/executor.pik"],
            cwd=tmp_path, env=environment | {"SLURM_ARRAY_TASK_ID": str(task)}, capture_output=True, check=True,
        )  # fmt: skip
    assert len(rows(tmp_path / "clean")) == 30


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_sandbox_ends_when_its_task_is_killed(tmp_path: Path) -> None:
    program = """
        import time
        from datatrove.data import Document
        from spamsift.integrations.datatrove import SpamsiftClean

        step = SpamsiftClean()
        cleaned = step.run(iter([Document("A short page about the harbour.", "1")]))
        next(cleaned)
        open("ready", "w").close()
        time.sleep(60)
    """
    marker = str(tmp_path / "marker")
    with run_script(program, tmp_path, SPAMSIFT_TEST=marker) as run:
        while not (tmp_path / "ready").exists():
            assert run.poll() is None
            time.sleep(0.05)
        n_before = count_processes(marker)
        run.kill()
    deadline = time.monotonic() + 20
    while count_processes(marker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (n_before, count_processes(marker)) == (2, 0)


def count_processes(marker: str) -> int:
    """Processes with that variable in their environment."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            count += f"SPAMSIFT_TEST={marker}".encode() in (folder / "environ").read_bytes().split(b"\0")
    return count
