"""``docs/inside-scrapy.md`` and ``docs/on-a-cluster.md`` are executed: their files written, their commands run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the examples are written for a POSIX shell"),
]

ROOT = Path(__file__).parent.parent


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def write_files(page: str, folder: Path, served: str = "") -> None:
    """Blocks that begin with ``# name.py`` are files."""
    (folder / "fixtures").symlink_to(ROOT / "fixtures")
    for block in blocks(page, "python"):
        name = re.match(r"# (\w+\.py)\n", block)
        if name:
            (folder / name[1]).write_text(block.replace("http://localhost:8000", served), encoding="utf-8")


def run_sessions(page: str, folder: Path) -> None:
    """``$ command`` lines, each with what it prints."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": path, "LC_ALL": "C"}
    sessions = "".join(blocks(page, "console"))
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", sessions, re.MULTILINE)
    assert steps
    for command, expected in steps:
        ran = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=120,
            check=False,
        )  # fmt: skip
        assert ran.stdout == expected, f"{command}\n{ran.stderr}\n{(folder / 'log').read_text()[-3000:]}"


@pytest.fixture
def site() -> Iterator[str]:
    """The fixtures, served on localhost."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(ROOT / "fixtures"))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_on_a_cluster(tmp_path: Path) -> None:
    write_files("on-a-cluster.md", tmp_path)
    run_sessions("on-a-cluster.md", tmp_path)


def test_the_executors_of_the_page_are_made_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a cluster: the arguments are those of datatrove, and ``run`` is reached."""
    import datatrove.executor

    write_files("on-a-cluster.md", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    reached = []
    for name in ("slurm", "ray"):
        executor = getattr(datatrove.executor, f"{name.title()}PipelineExecutor")
        monkeypatch.setattr(executor, "run", lambda self: reached.append(type(self).__name__))
        program = (tmp_path / f"on_{name}.py").read_text(encoding="utf-8")
        local = re.sub(r"s3://bucket|/data(?=/c)", str(tmp_path), program)
        exec(compile(local, f"on_{name}.py", "exec"), {"__name__": "__main__"})
    assert reached == ["SlurmPipelineExecutor", "RayPipelineExecutor"]


def test_inside_scrapy(tmp_path: Path, site: str) -> None:
    write_files("inside-scrapy.md", tmp_path, site)
    run_sessions("inside-scrapy.md", tmp_path)
