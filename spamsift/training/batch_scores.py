"""Figures of a batch: how fast, how flat in memory, and what survives poison and kills (``benchmark.py batch``).

The pages are the project's fixtures, repeated with seeded variation, so nothing else is needed.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spamsift.batch import Limits, Plan, run
from spamsift.pipeline import sift
from spamsift.training.hostile_sifters import MARKS, poisoned

__all__ = ["Scaling", "fixture_pages", "kills", "make_pages", "memory", "peer", "poison", "scaling", "warc"]

TOP = Path(__file__).parents[2]
_GROUPS = ("negatives", "wild-shapes")


def vary(page: str, chance: random.Random) -> str:
    """The page with the digits of its text drawn anew: no two are alike, and all cost the same."""
    return "".join(chance.choice("123456789") if c.isdigit() else c for c in page)


def fixture_pages(n: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Name and text of ``n`` pages, varied but the first of each."""
    chance = random.Random(seed)
    paths = sorted(path for group in _GROUPS for path in (TOP / "fixtures" / group).glob("*/page.*"))
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    for i in range(n):
        path, text = paths[i % len(paths)], texts[i % len(paths)]
        name = f"{i:06d}-{path.parent.name}{path.suffix}"
        yield name, text if i < len(paths) else vary(text, chance)


def make_pages(folder: Path, n: int) -> Path:
    """A folder of ``n`` pages."""
    folder.mkdir(parents=True)
    for name, text in fixture_pages(n):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def make_warc(path: Path, n: int) -> Path:
    """The same pages as responses, a gzip member each."""
    with open(path, "wb") as file:
        for name, text in fixture_pages(n):
            kind = "text/plain" if name.endswith(".txt") else "text/html; charset=utf-8"
            http = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n{text}".encode()
            head = (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:{name}>\r\nWARC-Date: 2026-01-01T00:00:00Z"
                f"\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
            )
            file.write(gzip.compress(head.encode() + http + b"\r\n\r\n"))
    return path


@dataclass(frozen=True, slots=True)
class Scaling:
    """Seconds for the same pages: medians of rounds that take turns."""

    loop: float
    """A loop over ``sift``."""
    one: float
    """A batch with one worker."""
    two: float

    @property
    def overhead(self) -> float:
        """Time of a batch with one worker beyond that of the loop, as a share of it."""
        return self.one / self.loop - 1

    @property
    def speed_up(self) -> float:
        """Pages per second of two workers / of one."""
        return self.one / self.two


def timed(work: Callable[[], object]) -> float:
    """Wall seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def batch(source: Path, output: Path, jobs: int) -> None:
    """A batch from scratch, all by default."""
    run(Plan((str(source),), output, jobs=jobs, overwrite=True))


def loop(source: Path, output: Path) -> None:
    """What anyone would write: sift and write a line."""
    with open(output, "w", encoding="utf-8") as file:
        for path in sorted(source.iterdir()):
            answer = sift(path)
            file.write(json.dumps({"id": str(path), "text": answer.text}) + "\n")


def median(rounds: list[float]) -> float:
    """The middle one."""
    return sorted(rounds)[len(rounds) // 2]


def scaling(folder: Path, n_pages: int, n_rounds: int) -> Scaling:
    """One worker against a loop, two against one. Needs a machine with two idle cores."""
    pages = make_pages(folder / "pages", n_pages)
    loop(pages, folder / "warm.jsonl")
    ways: list[Callable[[], object]] = [
        lambda: loop(pages, folder / "loop.jsonl"),
        lambda: batch(pages, folder / "one.jsonl", 1),
        lambda: batch(pages, folder / "two.jsonl", 2),
    ]
    rounds = [[timed(way) for way in ways] for _ in range(n_rounds)]
    return Scaling(*(median([times[i] for times in rounds]) for i in range(len(ways))))


def warc(folder: Path, n_pages: int, n_rounds: int) -> float:
    """Time of a WARC beyond that of the same pages as files, as a share of it; one worker."""
    pages, archive = make_pages(folder / "files", n_pages), make_warc(folder / "pages.warc.gz", n_pages)
    rounds = [
        (timed(lambda: batch(pages, folder / "f.jsonl", 1)), timed(lambda: batch(archive, folder / "w.jsonl", 1)))
        for _ in range(n_rounds)
    ]
    return median([w for _, w in rounds]) / median([f for f, _ in rounds]) - 1


def poison(folder: Path, n_pages: int) -> tuple[int, dict[str, str]]:
    """Pages with a result, and causes by mark, of a run with one page that crashes, one that hangs, one that eats."""
    pages = make_pages(folder / "poisoned", n_pages)
    named = sorted(pages.iterdir())
    marks = [mark for mark in MARKS if mark in ("POISON-CRASH", "POISON-HANG", "POISON-MEMORY")]
    for i, mark in enumerate(marks):
        named[n_pages * (i + 1) // 4].write_text(mark, encoding="utf-8")
    output = folder / "poisoned.jsonl"
    report = run(Plan((str(pages),), output, jobs=2, sifter=poisoned, limits=Limits(seconds=5)))
    lines = (folder / "poisoned.jsonl.run" / "quarantine.jsonl").read_text(encoding="utf-8").splitlines()
    causes = {str(row["id"]): str(row["cause"]) for row in map(json.loads, lines)}
    return report.tally.n_written, {Path(name).read_text(encoding="utf-8"): cause for name, cause in causes.items()}


_SUFFIX = ".jsonl.gz"
_KILLED = """
import sys
from pathlib import Path
from spamsift.batch import Drop, Plan, run
from spamsift.records import PageKind
from spamsift.training.hostile_sifters import slow
run(Plan((sys.argv[1],), Path(sys.argv[2]), drop=Drop(score=0.5), sifter=slow, jobs=2))
"""


def kills(folder: Path, n_pages: int, n_kills: int) -> tuple[int, bool]:
    """Kills that found the run at work, and whether the output is that of a run that was not killed."""
    source = folder / "kills.jsonl"
    lines = (json.dumps({"id": name, "text": text}) + "\n" for name, text in fixture_pages(n_pages))
    source.write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-c", _KILLED, str(source)]
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    began = time.perf_counter()
    subprocess.run([*command, str(folder / f"whole{_SUFFIX}")], env=environment, check=True)
    share = (time.perf_counter() - began) / n_kills
    chance = random.Random(n_kills)
    done = 0
    for _ in range(n_kills):
        process = subprocess.Popen([*command, str(folder / f"killed{_SUFFIX}")], env=environment)
        time.sleep(0.6 + chance.uniform(0, share))  # the first 0.6 s are imports; the last kill must find work left
        process.send_signal(signal.SIGKILL)
        done += process.wait() != 0
    subprocess.run([*command, str(folder / f"killed{_SUFFIX}")], env=environment, check=True)
    names = ("", ".run/dropped.jsonl", ".run/quarantine.jsonl")
    pairs = [
        [(folder / f"{run_name}{_SUFFIX}{name}").read_bytes() for run_name in ("whole", "killed")] for name in names
    ]
    counts = [
        {key: value for key, value in json.loads(path.read_text(encoding="utf-8")).items() if key != "output"}
        for path in (folder / f"{run_name}{_SUFFIX}.run" / "summary.json" for run_name in ("whole", "killed"))
    ]
    return done, all(one == other for one, other in pairs) and counts[0] == counts[1]


_MEASURED = """
import resource, sys, threading, time
from pathlib import Path
from spamsift.batch import Plan, run
from spamsift.training.batch_scores import rss_of_children
from spamsift.training.hostile_sifters import cheap
peak = [0]
def watch():
    while True:
        peak[0] = max([peak[0], *rss_of_children()])
        time.sleep(0.05)
threading.Thread(target=watch, daemon=True).start()
run(Plan((sys.argv[1],), Path(sys.argv[2]), sifter=cheap, jobs=2))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, peak[0] / 1e6)
"""


def rss_of_children() -> list[int]:
    """Bytes that each child process of this one holds (Linux)."""
    sizes = []
    for listing in Path("/proc/self/task").glob("*/children"):
        try:
            for pid in listing.read_text().split():
                sizes.append(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        except (OSError, IndexError):  # it has ended meanwhile
            continue
    return sizes


def memory(folder: Path, n_pages: int) -> tuple[float, float]:
    """Peaks of parent and largest worker in MB over ``n_pages`` files that are hardly looked at."""
    pages = folder / f"memory-{n_pages}"
    for i in range(n_pages):
        path = pages / f"{i % 100:02d}" / f"{i:06d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"page {i} " + "of a few words " * 100, encoding="utf-8")
    output = folder / f"memory-{n_pages}.jsonl"
    printed = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(pages), str(output)],
        env={**os.environ, "PYTHONPATH": str(TOP)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    parent, worker = printed.split()
    return float(parent), float(worker)


def peer(folder: Path, pages: list[bytes], n_rounds: int) -> dict[str, tuple[float, float]]:
    """Pages per second and CPU seconds per page of two workers here, and of ``trafilatura --parallel 2``.

    The same folder, whole processes, medians of rounds that take turns. HTML only: trafilatura passes over the rest.
    """
    source = folder / "peer"
    source.mkdir()
    for i, page in enumerate(pages):
        (source / f"{i:05d}.html").write_bytes(page)
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    ours = [sys.executable, "-m", "spamsift", "batch", str(source), "-o", str(folder / "ours"), "--overwrite"]
    command = shutil.which("trafilatura", path=os.path.dirname(sys.executable)) or "trafilatura"
    theirs = [command, "--input-dir", str(source), "--output-dir", str(folder / "theirs"), "--parallel", "2"]
    runs: dict[str, list[tuple[float, float]]] = {"spamsift": [], "trafilatura": []}
    for _ in range(n_rounds):
        for name, words in (("spamsift", [*ours, "--jobs", "2"]), ("trafilatura", theirs)):
            before, began = cpu_of_children(), time.perf_counter()
            subprocess.run(words, env=environment, check=True, capture_output=True)
            runs[name].append((time.perf_counter() - began, cpu_of_children() - before))
    n = len(pages)
    return {
        name: (n / median([w for w, _ in times]), median([c for _, c in times]) / n) for name, times in runs.items()
    }


def cpu_of_children() -> float:
    """CPU seconds of all processes that this one has started and seen end, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
