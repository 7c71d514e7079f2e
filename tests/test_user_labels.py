"""Labels of a user's own: a bad line is named, and groups are found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spamsift import UnusableLabels
from spamsift.training.user_labels import contradictions, read_labels


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"label": "original", "text": "x"', "line 3: no JSON"),
        (b"[1]", "line 3: list instead of an object"),
        (b'"original"', "line 3: str instead of an object"),
        (b'{"text": "x"}', "line 3: no label; give one of original, mirror"),
        (b'{"label": "spam", "text": "x"}', "line 3: unknown label 'spam'; give one of original, mirror"),
        (b'{"label": "undetermined", "text": "x"}', "line 3: unknown label 'undetermined'"),
        (b'{"label": ["original"], "text": "x"}', "line 3: unknown label"),
        (b'{"label": "original"}', "line 3: neither text nor html"),
        (b'{"label": "original", "text": ""}', "line 3: neither text nor html"),
        (b'{"label": "original", "text": 7}', "line 3: text is no string"),
        (b'{"label": "original", "text": "x", "url": []}', "line 3: url is no string"),
        (b'{"label": "original", "text": "\xff"}', "line 3: not UTF-8"),
        (b"[" * 100_000, "line 3: no JSON"),
    ],
)
def test_a_bad_line_is_named(line: bytes, message: str, tmp_path: Path) -> None:
    good = b'{"label": "original", "text": "One."}\n\n'
    path = tmp_path / "labels.jsonl"
    path.write_bytes(good + line + b"\n" + good)
    with pytest.raises(UnusableLabels) as refused:
        read_labels(path)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no labels"),
        ("\n \n", "no labels"),
        ('{"label": "original", "text": "One."}\n' * 3, "no farm pages among 3 labels"),
        ('{"label": "mirror", "text": "One."}\n{"label": "thin", "text": "Two."}', "no originals among 2 labels"),
    ],
)
def test_labels_that_teach_nothing_are_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnusableLabels, match=message):
        read_labels(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableLabels, match="not readable"):
        read_labels(tmp_path / "none.jsonl")


def test_groups_are_given_or_hosts_or_the_page_alone(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"label": "original", "text": "One.", "group": 7, "url": "https://a.example/1"},
        {"label": "mirror", "html": "<p>Two.", "text": "Two.", "url": "https://www.a.example/2"},
        {"label": "mirror", "text": "Three.", "url": "https://a.example/3"},
        {"label": "thin", "text": "Four."},
        {"label": "thin", "text": "Four.", "group": None, "url": None},
        {"label": "thin", "text": "Five \ud800", "url": "http://[broken"},
    ]
    pages = read_labels(write(tmp_path / "labels.jsonl", rows))
    groups = [page.group for page in pages]
    assert groups[:3] == ["7", "a.example", "a.example"]
    assert groups[3] == groups[4] != groups[5]
    assert [page.input_kind.value for page in pages] == ["text", "html", "text", "text", "text", "text"]


def test_one_page_with_two_labels_is_pointed_out(tmp_path: Path) -> None:
    rows = [{"label": label, "text": "One."} for label in ("original", "mirror", "original")]
    assert contradictions(read_labels(write(tmp_path / "labels.jsonl", rows))) == [(1, 2)]
