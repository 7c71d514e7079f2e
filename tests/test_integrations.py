"""What the adapters share: one page as a row, and what is said without the extras."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spamsift import sift
from spamsift.batch import Drop, Limits
from spamsift.batch.crew import Crew
from spamsift.batch.items import Cause, Lost
from spamsift.fields import to_columns
from spamsift.integrations.rows import Page, RowJob, drop_finding, row_of
from spamsift.records import InputKind, Options, PageKind

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "fixtures" / "wild-shapes" / "mirror-html-dedecms-pipe" / "page.html"
MARKUP = PAGE.read_text(encoding="utf-8")


def test_a_row_is_the_answer_of_sift() -> None:
    row, answer = RowJob()(Page(MARKUP)), sift(MARKUP)
    assert (row.text, row.columns, row.lost) == (answer.text, to_columns(answer), None)


def test_workers_say_what_sift_says() -> None:
    pages: list[str | bytes] = [
        MARKUP,
        MARKUP.encode(),
        "",
        "\ud800 alone",
        "Two lines\u2028of\nwords.",
        "<p>\0</p>",
        b"\x89PNG\0",
        b"d\xe9j\xe0",
    ]
    with Crew(RowJob(), Limits(), 1) as crew:
        rows = [crew.submit(Page(page)).result() for page in pages]
    answers = [sift(page) for page in pages]
    assert [row.text for row in rows] == [answer.text for answer in answers]
    assert [row.columns for row in rows] == [to_columns(answer) for answer in answers]


@pytest.mark.parametrize("options", [Options(), Options(kind=InputKind.HTML)])
def test_a_page_is_read_as_it_is_told(options: Options) -> None:
    page = "<p>One.</p><p>Two.</p>"
    assert RowJob(options)(Page(page, kind=InputKind.TEXT)).text.startswith("<p>")
    assert not RowJob(options)(Page(page)).text.startswith("<p>")


@pytest.mark.parametrize("cause", Cause)
def test_a_lost_page_has_the_columns_of_every_row(cause: Cause) -> None:
    row = row_of(Lost(cause, "why"))
    assert row.columns.keys() == to_columns(sift("A page.")).keys()
    assert row.columns["spamsift_health"] == [cause.value]
    assert row.lost == Lost(cause, "why")


@pytest.mark.parametrize(
    ("kind", "score", "finding"),
    [("mirror", 0.8, "mirror"), ("mirror", 0.95, "mirror"), ("thin", 0.9, "score"), ("original", 0.1, None)],
)
def test_the_first_finding_is_the_reason(kind: str, score: float, finding: str | None) -> None:
    drop = Drop(frozenset({PageKind.MIRROR}), score=0.9)
    assert drop_finding(drop, {"spamsift_kind": kind, "spamsift_score": score}) == finding


@pytest.mark.parametrize(
    ("module", "missing", "extra"),
    [
        ("datatrove", "datatrove", "datatrove"),
        ("datatrove_warc", "fastwarc", "datatrove"),
        ("scrapy", "scrapy", "scrapy"),
    ],
)
def test_a_missing_extra_names_the_command(module: str, missing: str, extra: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; import spamsift.integrations.{module}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert ran.stderr.splitlines()[-1].endswith(f"pip install 'spamsift[{extra}]'")
