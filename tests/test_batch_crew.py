"""A crew of workers as a host uses it: futures, blame, and no process left behind."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from spamsift import SpamsiftError
from spamsift.batch import Cause, Drop, Limits, Plan
from spamsift.batch.channel import BadAnswer, receive_answer, send
from spamsift.batch.crew import Crew
from spamsift.batch.items import Lost
from spamsift.batch.many import Sifting
from spamsift.batch.treatment import Treatment
from spamsift.batch.worker import Reply
from spamsift.integrations.rows import Page, RowJob
from spamsift.records import Options, PageKind
from spamsift.training.hostile_sifters import Echo, Forger, cheap

ROOT = Path(__file__).parent.parent
needs_proc = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")


@pytest.fixture
def poisoned_crew(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests" / "poison")]))
    with Crew(RowJob(), Limits(seconds=8, memory=300_000_000), 1) as crew:
        yield crew


@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
@pytest.mark.parametrize(
    ("poison", "cause"),
    [
        ("POISON-HANG", Cause.TIMEOUT),
        ("POISON-CRASH", Cause.CRASH),
        ("POISON-MEMORY", Cause.MEMORY),
        ("POISON-ERROR", Cause.ERROR),
    ],
)
def test_a_bad_page_costs_itself_only(poisoned_crew: Crew, poison: str, cause: Cause) -> None:
    pages = ("One short page.", f"<p>{poison}</p>", "Another short page.")
    first, bad, last = (page.result() for page in [poisoned_crew.submit(Page(page)) for page in pages])
    assert (first.text, last.text) == (pages[0], pages[2])
    assert isinstance(bad, Lost)
    assert bad.cause is cause
    assert bad.detail


def test_the_limit_of_memory_is_beyond_what_a_worker_needs_to_be_ready() -> None:
    """The libraries and the models hold some 110 MB; 20 MB are enough for a short page."""
    with Crew(RowJob(), Limits(memory=20_000_000), 1) as crew:
        assert crew.submit(Page("A short page.")).result().text == "A short page."


def test_what_the_caller_holds_is_not_blamed_on_a_page() -> None:
    """Linux hands the peak of a process on to those that it starts."""
    held = b"x" * 300_000_000
    with Crew(Sifting(sifter=cheap), Limits(memory=100_000_000), 1) as crew:
        assert crew.submit(("POISON-SEGFAULT", None)).result().cause is Cause.CRASH
    assert held


def test_workers_start_when_they_are_needed() -> None:
    with Crew(Echo(), Limits(), 3) as crew:
        assert len({crew.submit(str(n)).result() for n in range(6)}) == 1


def test_a_crew_that_can_not_work_says_so_at_once(tmp_path: Path) -> None:
    with Crew(RowJob(Options(model_dir=str(tmp_path))), Limits(), 1) as crew:
        with pytest.raises(SpamsiftError, match="no model in"):
            crew.start()
        with pytest.raises(SpamsiftError, match="no model in"):
            crew.submit(Page("A page.")).result()


def test_a_crew_that_is_closed_cancels_what_waits_and_takes_nothing_more() -> None:
    with Crew(Sifting(sifter=cheap), Limits(seconds=60), 1) as crew:
        crew.start()
        handed = [crew.submit((page, None)) for page in ("POISON-HANG", "one", "two")]
        while not handed[0].running():
            time.sleep(0.01)
    assert handed[0].done()
    assert [page.cancelled() for page in handed[1:]] == [True, True]
    with pytest.raises(SpamsiftError, match="over"):
        crew.submit(("three", None))


def test_a_module_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "pickle", "spamsift"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(1)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(ROOT), *(path for path in sys.path if path)])
    with Crew(Echo(), Limits(), 1) as crew:
        assert crew.submit("page").result()


@needs_proc
@pytest.mark.parametrize("page", ["A page.", "POISON-HANG"])
def test_no_process_is_left_when_the_parent_is_killed(page: str, tmp_path: Path) -> None:
    """A worker at rest ends within a second; one that hangs with the interpreter's lock held, by the alarm."""
    program = textwrap.dedent(f"""
        import time
        from spamsift.batch import limits
        from spamsift.batch.crew import Crew
        from spamsift.batch.many import Sifting
        from spamsift.training.hostile_sifters import cheap
        crew = Crew(Sifting(sifter=cheap), limits.Limits(seconds=2), 1)
        crew.start()
        crew.submit(({page!r}, None))
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


# --- what comes back


def through_a_pipe(message: Any) -> Any:
    pipe = BytesIO()
    send(pipe, message)
    pipe.seek(0)
    return receive_answer(pipe)[0]


def test_records_come_back_whole() -> None:
    reply = Reply(Sifting()(("The harbour was closed on Monday.", None)))
    assert through_a_pipe(reply) == reply


def test_members_of_closed_sets_are_no_calls_in_any_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``enum`` of Python 3.11.2, which Debian 12 has, pickles them."""
    monkeypatch.setattr(PageKind, "__reduce_ex__", lambda kind, _: (getattr, (type(kind), kind.name)))
    assert through_a_pipe(PageKind.MIRROR) is PageKind.MIRROR


class _Caller:
    """Pickles as a call."""

    def __init__(self, what: Any, *arguments: Any) -> None:
        self._call = what, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self._call


@pytest.mark.parametrize(
    "message",
    [
        _Caller(os.system, "true"),
        _Caller(eval, "1"),
        Reply(_Caller(os.abort)),
        _Caller(through_a_pipe, 1),
        _Caller(sys.intern, "x"),
        Treatment(Plan(("in",), Path("out"))),
        Sifting(),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_could_run_code_does_not_come_back(message: Any) -> None:
    with pytest.raises(BadAnswer, match="no record of spamsift"):
        through_a_pipe(message)


@pytest.mark.parametrize(
    "frame", [b"", b"\x80", b"no pickle", pickle.dumps("x")[:-2], b"cspamsift.records\nNothing\n."]
)
def test_bytes_that_are_no_answer(frame: bytes) -> None:
    with pytest.raises(BadAnswer):
        receive_answer(BytesIO(len(frame).to_bytes(8, "little") + frame))


def test_a_length_that_no_answer_has_is_not_waited_for() -> None:
    with pytest.raises(BadAnswer, match="bytes"):
        receive_answer(BytesIO(b"\xff" * 8))


def test_a_worker_that_was_taken_over_costs_its_page() -> None:
    with Crew(Forger(), Limits(), 1) as crew:
        forged, honest = crew.submit("forge"), crew.submit("a page")
        lost = forged.result()
        assert lost.cause is Cause.CRASH
        assert "no answer" in lost.detail
        assert honest.result() == "a page"


# --- limits and the rule


@pytest.mark.parametrize("values", [{"seconds": 0}, {"memory": -1}, {"recycle": 0}])
def test_limits_that_can_not_be_meant(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Limits(**values)


def test_a_score_that_can_not_be_meant() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        Drop(frozenset({PageKind.SPUN}), score=70)
