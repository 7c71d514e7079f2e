"""What the adapters share: limits, the rule, the pool of processes, and what is said without the extras."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spamsift import Options, PageKind, SpamsiftError, sift
from spamsift.fields import to_columns
from spamsift.integrations.pool import PagePool
from spamsift.integrations.work import DropRule, Failure, Limits, run_page
from spamsift.records import InputKind

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "fixtures" / "wild-shapes" / "mirror-html-dedecms-pipe" / "page.html"
MARKUP = PAGE.read_text(encoding="utf-8")


@pytest.fixture
def poisoned_pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[PagePool]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests" / "poison"))
    with PagePool(1, limits=Limits(seconds=4, megabytes=300)) as pool:
        yield pool


def test_an_outcome_is_the_answer_of_sift() -> None:
    outcome, answer = run_page(MARKUP, None, Options()), sift(MARKUP)
    assert (outcome.text, outcome.columns, outcome.failure) == (answer.text, to_columns(answer), None)


def test_the_pool_says_what_sift_says() -> None:
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
    with PagePool(1) as pool:
        outcomes = [pool.submit(page).result() for page in pages]
    answers = [sift(page) for page in pages]
    assert [outcome.text for outcome in outcomes] == [answer.text for answer in answers]
    assert [outcome.columns for outcome in outcomes] == [to_columns(answer) for answer in answers]


def test_the_pool_reads_a_page_as_it_is_told() -> None:
    with PagePool(1) as pool:
        assert pool.submit("<p>One.</p><p>Two.</p>", kind=InputKind.TEXT).result().text.startswith("<p>")


@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
@pytest.mark.parametrize(
    ("poison", "failure"),
    [
        ("POISON-HANG", Failure.TIMEOUT),
        ("POISON-CRASH", Failure.CRASH),
        ("POISON-MEMORY", Failure.MEMORY),
        ("POISON-ERROR", Failure.ERROR),
    ],
)
def test_a_bad_page_costs_itself_only(poisoned_pool: PagePool, poison: str, failure: Failure) -> None:
    pages = [poisoned_pool.submit(page) for page in ("One short page.", f"<p>{poison}</p>", "Another short page.")]
    first, bad, last = (page.result() for page in pages)
    assert (first.failure, last.failure) == (None, None)
    assert bad.failure is failure
    assert bad.detail
    assert bad.columns.keys() == first.columns.keys()
    assert bad.columns["spamsift_health"] == [failure.value]


def test_a_process_is_replaced_after_its_pages() -> None:
    with PagePool(1, limits=Limits(pages=2)) as pool:
        outcomes = [pool.submit(f"Page {number}.").result() for number in range(5)]
    assert [outcome.text for outcome in outcomes] == [f"Page {number}." for number in range(5)]


def test_a_pool_that_can_not_work_says_so_at_once(tmp_path: Path) -> None:
    with pytest.raises(SpamsiftError, match="no model in"):
        PagePool(1, Options(model_dir=str(tmp_path)))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_no_process_is_left_when_the_parent_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import time
        from spamsift.integrations.pool import PagePool
        pool = PagePool(1)
        pool.submit("A page.").result()
        print("ready", flush=True)
        time.sleep(60)
    """)
    marker = f"SPAMSIFT_TEST={tmp_path}"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SPAMSIFT_TEST": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert len(processes_with(marker)) == 2
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while processes_with(marker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes_with(marker)


def processes_with(variable: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if variable.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(folder.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("values", [{"seconds": 0}, {"megabytes": -1}, {"pages": 0}])
def test_limits_that_can_not_be_meant(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Limits(**values)


def test_a_score_that_can_not_be_meant() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        DropRule(frozenset({PageKind.SPUN}), score=70)


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
