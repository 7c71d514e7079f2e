"""The pages of ``docs/`` on batches are executed, in a folder of their own."""

from __future__ import annotations

import doctest
import gzip
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
STORIES = [
    FIXTURES / "negatives/news-html-german/page.html",
    FIXTURES / "wild-shapes/mirror-html-dedecms-pipe/page.html",
    FIXTURES / "negatives/recipe-html-preamble-comments/page.html",
]


def response(n: int, body: bytes, kind: str = "text/html; charset=utf-8", record: str = "response") -> bytes:
    http = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {record}\r\nWARC-Record-ID: <urn:uuid:{n}>\r\nWARC-Target-URI: https://www.example.org/"
        f"{n}\r\nWARC-Date: 2026-01-01T00:00:00Z\r\nContent-Type: application/http; msgtype={record}\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + http + b"\r\n\r\n", mtime=0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("fixtures").symlink_to(FIXTURES)
    Path("with-a-picture").mkdir()
    Path("with-a-picture/picture.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    Path("with-a-picture/story.html").write_bytes(STORIES[0].read_bytes())
    one, two, three = (response(i + 1, path.read_bytes()) for i, path in enumerate(STORIES))
    records = [one, response(8, b"", record="request"), two, response(9, b"\x89PNG", "image/png"), three]
    Path("crawl.warc.gz").write_bytes(b"".join(records))
    Path("cut-off.warc.gz").write_bytes(b"".join([one, two, three[:-500]]))
    return tmp_path


@pytest.mark.parametrize("name", ["clean-a-folder.md", "clean-a-warc.md"])
def test_a_page_does_what_it_says(name: str, here: Path) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    names: dict[str, object] = {}
    blocks = re.findall(r"^```(console|python)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert {kind for kind, _ in blocks} == {"console", "python"}
    for kind, block in blocks:
        if kind == "python":
            test = doctest.DocTestParser().get_doctest(block, names, name, name, 0)
            assert test.examples
            assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
            names = test.globs
        else:
            follow(block)


def follow(session: str) -> None:
    """Run the commands and compare what they print, but for the time; ``...`` stands for anything."""
    code = 0
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
        if command == "echo $?":
            assert f"{code}\n" == expected
            continue
        words = shlex.split(command)
        ran = subprocess.run(
            [sys.executable, "-m", *words],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        code = ran.returncode
        printed = re.sub(r"^[\d,]+ pages in .*\n", "", ran.stdout + ran.stderr, flags=re.MULTILINE)
        if expected.endswith("...\n"):
            assert printed.startswith(expected.removesuffix("...\n")), printed
        else:
            assert printed == expected


def test_the_readme_leads_to_the_pages() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\((docs/[^)]+)\)", readme):
        assert (ROOT / link).is_file(), link
