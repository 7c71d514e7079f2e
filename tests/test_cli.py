"""The command line, mostly with a stand-in for the pipeline: what it reads, prints, writes and returns."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import spamsift
from spamsift.cli import app
from spamsift.errors import ModelMismatch
from spamsift.records import (
    ARTICLE_LABELS,
    BlockLabel,
    Evidence,
    Health,
    InputKind,
    LabelledBlock,
    Options,
    PageKind,
    Sifted,
    Verdict,
)

ROOT = Path(__file__).parent.parent

STAND_IN = """
import sys, types
from spamsift.records import Sifted
stand_in = types.ModuleType("spamsift.pipeline")
stand_in.sift = lambda page, url=None, options=None: Sifted(text="line " * 20_000)
sys.modules["spamsift.pipeline"] = stand_in
from spamsift.cli import main
main()
"""


def stand_in(page: bytes, url: str | None = None, options: Options = Options()) -> Sifted:  # noqa: B008 (frozen)
    """A pipeline that takes the page at its word: the last word is its kind, the one before its score."""
    if page.startswith(b"\x89PNG"):
        return Sifted(text="", health=(Health.BINARY,))
    if page == b"boom":
        raise TypeError("a bug")
    if page == b"interrupt":
        raise KeyboardInterrupt
    if page == b"model":
        raise ModelMismatch("other features; train it again.")
    text = page.decode("utf-8", "surrogateescape")
    *_, number, kind = ["0", "original", *text.split()][-2:]
    label = BlockLabel.BODY if options.keep == ARTICLE_LABELS else BlockLabel.RELATED
    evidence = (Evidence("declared", 1.0, f"{url} {options.kind} {options.model_dir}"),)
    verdict = Verdict(PageKind(kind), float(number), {}, evidence, thresholds=options.thresholds)
    return Sifted(text=text, blocks=(LabelledBlock(text, label, 0.9, 0, len(text)),), verdict=verdict)


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command in ``tmp_path``, in this process, with the stand-in."""
    module = ModuleType("spamsift.pipeline")
    module.sift = stand_in  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spamsift.pipeline", module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*args: str, stdin: bytes = b"", terminal: bool = False) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
        with pytest.raises(SystemExit) as end:
            app(list(args), prog_name="spamsift")
        printed = capsys.readouterr()
        return Ran(int(end.value.code or 0), printed.out, printed.err)

    return call


def put(path: str, content: bytes | str) -> str:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- score


def test_score_prints_a_plain_table(run: Run) -> None:
    put("pages/b.html", "0.97 mirror")
    put("pages/a.txt", "0.02 original")
    ran = run("score", "pages")
    assert ran == Ran(
        0,
        "PAGE          KIND          SCORE  KEPT  EVIDENCE\n"
        "pages/a.txt   original       0.02  1.00  declared: “None None None”\n"
        "pages/b.html  mirror         0.97  1.00  declared: “None None None”\n",
        "",
    )


def test_score_on_a_terminal_draws_a_table(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = run("score", put("a.html", "0.97 mirror"), terminal=True).out
    assert "\x1b[" in shown
    assert "1 page: 1 mirror" in shown


def test_no_color_is_respected(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    shown = run("score", put("a.html", "0.97 mirror"), terminal=True).out
    assert "\x1b[31m" not in shown
    assert "\x1b[1;31m" not in shown


def test_json_is_one_object_a_line(run: Run) -> None:
    put("a.html", "0.97 mirror")
    put("b.html", "0.5 undetermined")
    lines = run("score", "--json", "a.html", "b.html").out.splitlines()
    assert [json.loads(line)["source"] for line in lines] == ["a.html", "b.html"]
    assert json.loads(lines[0])["verdict"]["kind"] == "mirror"


@pytest.mark.parametrize("terminal", [False, True])
def test_blocks_are_shown_with_their_labels(run: Run, terminal: bool) -> None:
    shown = run("score", "--blocks", put("a.html", "0.97 mirror"), terminal=terminal).out
    assert "a.html  mirror  score 0.97  kept 1.00" in shown
    assert "body" in shown


@pytest.mark.parametrize(
    ("fail_on", "code"),
    [
        (["mirror"], 1),
        (["spun"], 0),
        (["spun", "mirror"], 1),
        (["0.9"], 1),
        (["0.90001"], 0),
        (["0"], 1),
        (["1"], 0),
        (["undetermined"], 0),
    ],
)
def test_fail_on(run: Run, fail_on: list[str], code: int) -> None:
    put("a.html", "0.9 mirror")
    options = [word for value in fail_on for word in ("--fail-on", value)]
    assert run("score", "a.html", *options).code == code


@pytest.mark.parametrize("value", ["banana", "1.5", "-0.1", "nan", "inf", ""])
def test_fail_on_refuses_what_is_neither_kind_nor_score(run: Run, value: str) -> None:
    ran = run("score", put("a.html", "0.9 mirror"), f"--fail-on={value}")
    assert ran.code == 2
    assert "--fail-on" in ran.err


@pytest.mark.parametrize("terminal", [False, True])
def test_explain_shows_findings_and_what_the_kind_means(run: Run, terminal: bool) -> None:
    shown = run("score", "--explain", put("a.html", "0.97 mirror"), terminal=terminal).out
    assert "mirror, score 0.97" in shown
    assert "copy of another site's article" in shown
    assert "+1.00" in shown


def test_explain_is_plain_without_colours(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    shown = run("score", "--explain", put("a.html", "0.97 mirror"), terminal=True).out
    assert not re.search(r"\x1b\[[\d;]*3[0-7]m", shown)


def test_explain_separates_pages_and_leaves_json_alone(run: Run) -> None:
    put("a.html", "0.97 mirror")
    put("b.html", "0.5 undetermined")
    assert "\n\nb.html: undetermined" in run("score", "--explain", "a.html", "b.html").out
    assert run("score", "--explain", "--json", "a.html").out == run("score", "--json", "a.html").out


# --- clean


def test_clean_prints_the_text_and_nothing_else(run: Run) -> None:
    ran = run("clean", put("a.txt", "An article.\n\nIts end. 0 original"))
    assert ran == Ran(0, "An article.\n\nIts end. 0 original\n", "")


def test_clean_separates_pages_by_a_blank_line(run: Run) -> None:
    put("a.txt", "One. 0 original\n")
    put("b.txt", "Two. 0 original")
    assert run("clean", "a.txt", "b.txt").out == "One. 0 original\n\nTwo. 0 original\n"


def test_clean_names_pages_on_a_terminal(run: Run) -> None:
    put("a.txt", "\x1b[31mOne.\x1b[0m 0 original")
    put("b.txt", "Two. 0 original")
    shown = run("clean", "a.txt", "b.txt", terminal=True).out
    assert shown == "==> a.txt <==\nOne. 0 original\n\n==> b.txt <==\nTwo. 0 original\n"


def test_clean_to_a_folder_keeps_the_structure(run: Run) -> None:
    put("pages/news/a.html", "News. 0 original")
    put("pages/b.htm.gz", gzip.compress(b"Packed. 0 original"))
    assert run("clean", "pages", "-o", "out") == Ran(0, "", "")
    assert Path("out/news/a.txt").read_text(encoding="utf-8") == "News. 0 original\n"
    assert Path("out/b.txt").read_text(encoding="utf-8") == "Packed. 0 original\n"


def test_no_two_pages_are_written_onto_one_file(run: Run) -> None:
    for name in ("one/a.html", "one/a.txt", "one/A.htm", "two/a.html"):
        put(name, f"{name} 0 original")
    assert run("clean", "one", "two", "-o", "out").code == 0
    written = sorted(path.read_text(encoding="utf-8").split()[0] for path in Path("out").rglob("*.txt"))
    assert written == ["one/A.htm", "one/a.html", "one/a.txt", "two/a.html"]


def test_an_input_is_never_overwritten(run: Run) -> None:
    put("a.txt", "Page. 0 original")
    assert run("clean", "a.txt", "-o", ".").code == 0
    assert Path("a.txt").read_text(encoding="utf-8") == "Page. 0 original"
    assert Path("a.txt.txt").read_text(encoding="utf-8") == "Page. 0 original\n"


def test_the_output_folder_is_no_input(run: Run) -> None:
    put("a.html", "Page. 0 original")
    for _ in range(2):
        assert run("clean", ".", "-o", "out").code == 0
    assert [path.name for path in Path("out").rglob("*")] == ["a.txt"]
    assert run("clean", ".", "-o", ".").code == 2


def test_nothing_is_written_outside_the_output_folder(run: Run) -> None:
    put("pages/sub/a.html", "Page. 0 original")
    put("pages/b.html", "Page. 0 original")
    put("elsewhere/precious.txt", "precious")
    Path("out").mkdir()
    Path("out/sub").symlink_to("../elsewhere")
    Path("out/b.txt").symlink_to("../elsewhere/precious.txt")
    ran = run("clean", "pages", "-o", "out")
    assert ran.code == 3
    assert "leads out of the folder" in ran.err
    assert os.listdir("elsewhere") == ["precious.txt"]
    assert Path("elsewhere/precious.txt").read_text(encoding="utf-8") == "precious"


def test_a_lone_surrogate_is_printed_and_written(run: Run) -> None:
    put("a.txt", b"bad \xff byte 0 original")
    assert run("clean", "a.txt").out == "bad \\udcff byte 0 original\n"
    run("clean", "a.txt", "-o", "out")
    assert Path("out/a.txt").read_text(encoding="utf-8") == "bad \\udcff byte 0 original\n"


# --- inputs


def test_folders_are_walked_in_order_without_hidden_files_and_loops(run: Run) -> None:
    for name in ("z.html", "a/b.TXT", "a/c.htm.gz", ".hidden.html", ".git/x.html", "a/notes.md", "a/data.gz"):
        put(f"pages/{name}", "0 original")
    Path("pages/a/loop").symlink_to("..")
    os.mkfifo("pages/pipe.txt")
    lines = run("score", "--json", "pages").out.splitlines()
    sources = [json.loads(line)["source"] for line in lines]
    assert sources == ["pages/z.html", "pages/a/b.TXT", "pages/a/c.htm.gz"]


def test_a_page_is_read_once_however_often_it_is_named(run: Run) -> None:
    put("pages/a.html", "0 original")
    assert len(run("score", "--json", "pages", "pages/a.html", "./pages").out.splitlines()) == 1


def test_a_file_named_by_hand_is_read_whatever_its_suffix(run: Run) -> None:
    assert run("clean", put("page.php", "Page. 0 original")).out == "Page. 0 original\n"


@pytest.mark.parametrize("packed", [False, True])
def test_stdin(run: Run, packed: bool) -> None:
    data = b"From stdin. 0 original"
    ran = run("score", "--json", "-", stdin=gzip.compress(data) if packed else data)
    assert json.loads(ran.out)["source"] == "-"
    assert json.loads(ran.out)["text"] == "From stdin. 0 original"


def test_what_cannot_be_read_has_its_line_and_the_rest_is_done(run: Run) -> None:
    put("good.html", "0 original")
    put("picture.html", b"\x89PNG\r\n")
    put("cut.html.gz", gzip.compress(b"0 original " * 99)[:-20])
    put("bug.html", b"boom")
    Path("nothing-here").mkdir()
    Path("broken.html").symlink_to("gone")
    ran = run(
        "score", "picture.html", "missing.html", "cut.html.gz", "bug.html", "nothing-here", "broken.html", "good.html"
    )
    assert ran.code == 3
    assert [line.split(": ")[0] for line in ran.err.splitlines()] == [
        "missing.html",
        "nothing-here",
        "picture.html",
        "cut.html.gz",
        "bug.html",
        "broken.html",
    ]
    assert "picture.html: binary" in ran.err
    assert [line.split()[0] for line in ran.out.splitlines()] == ["PAGE", "good.html"]


def test_findings_win_over_unreadable_inputs(run: Run) -> None:
    put("a.html", "0.9 mirror")
    assert run("score", "a.html", "missing.html", "--fail-on", "mirror").code == 1


def test_odd_names_do_not_harm(run: Run) -> None:
    name = os.fsdecode(b"bad\xff\x1b[31m\n.html")
    put(name, "0 original")
    ran = run("score", name)
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert len(ran.out.splitlines()) == 2


# --- options


def test_options_reach_the_pipeline(run: Run, tmp_path: Path) -> None:
    put("a.html", "0 original")
    shown = run(
        "score", "--json", "a.html", "--url", "http://x.example", "--kind", "text", "--model", str(tmp_path)
    ).out
    assert json.loads(shown)["verdict"]["evidence"][0]["quote"] == f"http://x.example {InputKind.TEXT} {tmp_path}"
    shown = run("score", "--json", "a.html", "--keep", "related", "--keep", "promo").out
    assert json.loads(shown)["blocks"][0]["label"] == "related"
    shown = run("score", "--json", "a.html", "--farm-from", "0.7").out
    assert json.loads(shown)["verdict"]["thresholds"] == {"farm_from": 0.7, "original_below": None}


@pytest.mark.parametrize(
    "args",
    [
        ["score"],
        ["score", "a.html", "--kind", "pdf"],
        ["score", "a.html", "--keep", "nonsense"],
        ["score", "a.html", "--model", "missing"],
        ["score", "a.html", "b.html", "--url", "http://x.example"],
        ["score", "a.html", "--unknown"],
        ["clean", "a.html", "-o", "a.html"],
        ["polish", "a.html"],
        ["score", "model.html"],
        ["score", "a.html", "--explain", "--blocks"],
        ["score", "a.html", "--farm-from", "1.5"],
        ["score", "a.html", "--farm-from", "nan"],
        ["score", "a.html", "--farm-from", "0.3", "--original-below", "0.4"],
    ],
)
def test_usage_errors(run: Run, args: list[str]) -> None:
    for name in ("a.html", "b.html"):
        put(name, "0 original")
    put("model.html", "model")
    ran = run(*args)
    assert ran.code == 2
    assert ran.err
    assert "Traceback" not in ran.err


def test_interrupt(run: Run) -> None:
    ran = run("score", put("a.html", "interrupt"))
    assert ran.code == 130
    assert "Traceback" not in ran.err


# --- as a process of its own


def spawn(*args: str, program: tuple[str, ...] = ("-m", "spamsift")) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *program, *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


def test_version() -> None:
    assert spawn("--version").stdout == f"spamsift {spamsift.__version__}\n"


@pytest.mark.parametrize("args", [["--help"], ["score", "--help"], ["clean", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    program = (
        "import sys\n"
        "from spamsift.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    ran = spawn(*args, program=("-c", program))
    assert ran.returncode == 0
    loaded = {name.split(".")[0] for name in ran.stderr.split()}
    assert "spamsift" in loaded
    assert not loaded & {"joblib", "lxml", "numpy", "scipy", "sklearn", "trafilatura"}


def test_a_closed_pipe_is_no_error_message() -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", STAND_IN, "clean", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert reader.stdout is not None
    assert reader.stderr is not None
    with reader:
        reader.stdout.read(10)
        reader.stdout.close()
        assert reader.stderr.read() == b""
    assert reader.returncode == 141


def test_fixtures_are_scored_end_to_end() -> None:
    ran = spawn("score", "--json", "fixtures")
    assert ran.stderr == ""
    assert ran.returncode == 0
    pages = [json.loads(line) for line in ran.stdout.splitlines()]
    expected = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "fixtures").glob("*/**/page.*"))
    assert sorted(page["source"] for page in pages) == expected
    assert all(0 <= page["verdict"]["score"] <= 1 for page in pages)
    assert len({page["verdict"]["kind"] for page in pages}) > 2


def test_clean_end_to_end_is_the_library_answer(tmp_path: Path) -> None:
    page = next(path for path in sorted((ROOT / "fixtures").glob("*/**/page.*")))
    assert spawn("clean", str(page)).stdout.rstrip("\n") == spamsift.clean(page).rstrip("\n")
