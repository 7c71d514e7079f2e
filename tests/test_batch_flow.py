"""A batch from input to output: every format, what is dropped and lost, and runs that were killed."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from spamsift.batch import Drop, Fields, Limits, Mode, Plan, run
from spamsift.batch import flow as batch_flow
from spamsift.errors import SpamsiftError
from spamsift.records import PageKind
from spamsift.training.hostile_sifters import LIMITS, cheap, slow

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(path: str, data: bytes | str) -> str:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def plan(*inputs: str, output: str = "out.jsonl", **settings: Any) -> Plan:
    defaults: dict[str, Any] = {"limits": LIMITS, "sifter": cheap, "chunk": 7}
    return Plan(inputs, Path(output), **(defaults | settings))


def lines(path: str | Path) -> list[dict[str, Any]]:
    data = Path(path).read_bytes()
    if str(path).endswith(".gz"):
        data = gzip.decompress(data)
    if str(path).endswith(".zst"):
        data = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
    return [json.loads(line) for line in data.splitlines()]


def corpus(n: int, path: str = "in.jsonl") -> str:
    """Pages of which some are mirrors, some have no page, one is no JSON."""
    rows = [{"id": f"p{i}", "text": f"page {i}" + " mirror" * (i % 10 == 3), "n": i} for i in range(n)]
    written = [json.dumps(row if i % 25 != 24 else {"id": row["id"]}) for i, row in enumerate(rows)]
    written[n // 2] = '{"text": "cut o'
    return put(path, "\n".join(written) + "\n")


# --- formats


@pytest.mark.parametrize("output", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst", "out.parquet"])
@pytest.mark.parametrize("jobs", [1, 3])
def test_every_output_has_every_page_in_order(output: str, jobs: int) -> None:
    report = run(plan(corpus(100), output=output, jobs=jobs))
    rows = pq.read_table(output).to_pylist() if output.endswith("parquet") else lines(output)
    lost = {24, 49, 50, 74, 99}
    assert [row["n"] for row in rows] == [i for i in range(100) if i not in lost]
    assert report.tally.n_pages == 100
    quarantined = lines(f"{output}.run/quarantine.jsonl")
    assert [(row["id"], row["cause"]) for row in quarantined] == [
        ("p24", "no_page"),
        ("p49", "no_page"),
        ("in.jsonl:51", "damaged"),
        ("p74", "no_page"),
        ("p99", "no_page"),
    ]


def test_a_folder_of_texts_has_the_structure_of_the_input() -> None:
    put("pages/a/x.html", "One.")
    put("pages/a/x.txt", "Two.")
    put("pages/l.jsonl", '{"text": "Three."}\n')
    run(plan("pages", output="texts"))
    found = {str(path.relative_to("texts")): path.read_text() for path in Path("texts").rglob("*.txt")}
    assert found == {"a/x.html.txt": "One.\n", "a/x.txt.txt": "Two.\n", "l.jsonl/00000001.txt": "Three.\n"}


def test_the_same_bytes_whatever_the_number_of_workers() -> None:
    corpus(60)
    for jobs in (1, 2, 4):
        run(plan("in.jsonl", output=f"{jobs}.jsonl.gz", jobs=jobs, drop=Drop(frozenset({PageKind.MIRROR}))))
    assert len({Path(f"{jobs}.jsonl.gz").read_bytes() for jobs in (1, 2, 4)}) == 1
    assert len({Path(f"{jobs}.jsonl.gz.run/dropped.jsonl").read_bytes() for jobs in (1, 2, 4)}) == 1


def test_annotated_records_keep_their_fields() -> None:
    record = {"id": 7, "text": "A page.", "url": "http://a.example", "deep": {"list": [1, None, "\ud800"]}, "pi": 3.14}
    put("in.jsonl", json.dumps(record))
    run(plan("in.jsonl", mode=Mode.ANNOTATE))
    (row,) = lines("out.jsonl")
    assert {name: row[name] for name in record} == record
    assert row["spamsift_kind"] == "original"


def test_cleaned_records_have_the_text_in_place_of_the_page() -> None:
    put("in.jsonl", json.dumps({"body": "<p>Markup.</p>", "content": "old", "meta": {"id": "x"}}))
    fields = Fields(text="content", html="body", id="meta.id")
    run(plan("in.jsonl", fields=fields, attributes=Path("attributes/a.jsonl.gz")))
    (row,) = lines("out.jsonl")
    assert row["content"] == "<p>Markup.</p>"
    assert "body" not in row
    (attributes,) = lines("attributes/a.jsonl.gz")
    assert attributes["id"] == "x"
    assert attributes["attributes"]["spamsift__score"] == [[0, 14, 0.1]]


def test_rows_of_parquet_keep_their_types() -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2, 3], pa.uint8()),
            "text": ["one", "POISON-ERROR", "three mirror"],
            "html": pa.array([None, None, None], pa.binary()),
            "when": pa.array([1, 2, 3], pa.timestamp("ns", "UTC")),
            "tags": [["a"], [], None],
        }
    )
    pq.write_table(table, "in.parquet")
    run(plan("in.parquet", output="out.parquet", mode=Mode.ANNOTATE))
    found = pq.read_table("out.parquet")
    assert found.select(table.column_names).equals(table.take([0, 2]))
    assert found.column("spamsift_kind").to_pylist() == ["original", "mirror"]
    run(plan("in.parquet", output="clean.parquet", drop=Drop(score=0.5)))
    clean = pq.read_table("clean.parquet")
    assert clean.column("text").to_pylist() == ["one"]
    assert "html" not in clean.column_names
    (dropped,) = lines("clean.parquet.run/dropped.jsonl")
    assert dropped["tags"] is None
    assert dropped["spamsift_dropped"] == ["score 0.900 is at least 0.5"]
    run(plan("in.parquet", output="out.jsonl", mode=Mode.ANNOTATE))
    assert [row["id"] for row in lines("out.jsonl")] == [1, 3]


def test_columns_that_are_of_no_one_type_become_json() -> None:
    values = [1, "two", None, {"three": 3}, 4.5]
    put("in.jsonl", "\n".join(json.dumps({"text": "x", "v": value, "w": i}) for i, value in enumerate(values)))
    run(plan("in.jsonl", output="a.parquet"))
    run(plan("in.jsonl", output="b.parquet", chunk=1))  # the same, though no part has two types
    for name in ("a.parquet", "b.parquet"):
        found = pq.read_table(name)
        assert [value and json.loads(value) for value in found.column("v").to_pylist()] == values
        assert found.column("w").to_pylist() == list(range(5))


def test_hostile_records_reach_a_table() -> None:
    deep = "[" * 500 + "]" * 500
    odd = '{"text": "lone \\ud800", "k\\udc00": "\\udfff", "big": 99999999999999999999999, "deep": ' + deep + "}"
    put("in.jsonl", odd + '\n{"text": "mirror \\ud800", "deep": []}\n{"text": "x", "deep": ' + "[" * 99999)
    report = run(plan("in.jsonl", output="out.parquet", drop=Drop(score=0.5)))
    (row,) = pq.read_table("out.parquet").to_pylist()
    assert row["text"] == "lone \ufffd"
    assert report.tally.to_dict()["quarantined"] == {"damaged": 1}
    assert lines("out.parquet.run/dropped.jsonl")[0]["text"] == "mirror \ud800"


def test_an_output_that_is_gone_is_not_called_finished() -> None:
    corpus(5)
    run(plan("in.jsonl"))
    Path("out.jsonl").unlink()
    with pytest.raises(SpamsiftError, match="is gone"):
        run(plan("in.jsonl"))


def test_raw_pages_become_records_that_datasets_know() -> None:
    html = "<html><body><p>The harbour was closed on Monday because of the storm.</p></body></html>"
    put("pages/a.html", html)
    run(plan("pages", mode=Mode.ANNOTATE, sifter=None, blocks=True))
    (row,) = lines("out.jsonl")
    assert row["id"] == "pages/a.html"
    assert row["html"] == html
    answer = json.loads(row["spamsift_answer"])
    assert row["text"][answer["blocks"][0]["start"] : answer["blocks"][0]["end"]] == answer["blocks"][0]["text"]


def test_the_charset_of_the_server_is_heard() -> None:
    body = '<meta charset="windows-1252"><p>Гавань была закрыта в понедельник из-за шторма.</p>'.encode("cp1251")
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=windows-1251\r\n\r\n" + body
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x>\r\nWARC-Target-URI: http://a.example/\r\n"
    put("c.warc", head + b"Content-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n" % (len(http), http))
    run(plan("c.warc", mode=Mode.ANNOTATE, sifter=None))
    (row,) = lines("out.jsonl")
    assert "Гавань была закрыта" in row["html"]
    assert (row["id"], row["url"]) == ("urn:x", "http://a.example/")


# --- what is lost and dropped


def test_poison_is_quarantined_with_its_cause() -> None:
    pages = ["good", "POISON-CRASH", "POISON-HANG", "POISON-MEMORY", "POISON-ERROR", "good"]
    for i, text in enumerate(pages):
        put(f"pages/{i}.txt", text)
    put("pages/9.html.gz", gzip.compress(b"x" * 99)[:-9])
    put("pages/8.txt", b"\x89PNG\r\n\x1a\n" + bytes(99))
    report = run(plan("pages", jobs=2))
    found = {row["id"]: row["cause"] for row in lines("out.jsonl.run/quarantine.jsonl")}
    assert found == {
        "pages/1.txt": "crash",
        "pages/2.txt": "timeout",
        "pages/3.txt": "memory",
        "pages/4.txt": "error",
        "pages/9.html.gz": "unreadable",
    }
    assert report.tally.n_written == 3
    assert json.loads(Path("out.jsonl.run/summary.json").read_text())["n_quarantined"] == 5


def test_binary_pages_are_quarantined() -> None:
    put("a.html", b"\x89PNG\r\n\x1a\n" + bytes(99))
    assert run(plan("a.html", sifter=None)).tally.quarantined == {"binary": 1}


def test_dropped_pages_have_a_file_and_reasons() -> None:
    report = run(plan(corpus(20), drop=Drop(frozenset({PageKind.MIRROR}), 0.9)))
    assert [row["id"] for row in lines("out.jsonl.run/dropped.jsonl")] == ["p3", "p13"]
    assert lines("out.jsonl.run/dropped.jsonl")[0]["spamsift_dropped"] == ["kind mirror", "score 0.900 is at least 0.9"]
    assert not {"p3", "p13"} & {row["id"] for row in lines("out.jsonl")}
    assert report.tally.n_pages == 20 == report.tally.n_written + report.tally.n_dropped + report.tally.n_quarantined


# --- outputs that are there, and changed options


def test_a_finished_run_does_nothing_more() -> None:
    corpus(20)
    first = run(plan("in.jsonl"))
    before = os.stat("out.jsonl")
    again = run(plan("in.jsonl", jobs=2))
    assert os.stat("out.jsonl").st_mtime_ns == before.st_mtime_ns
    assert (again.tally, again.n_before) == (first.tally, 20)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"mode": Mode.ANNOTATE}, "mode"),
        ({"drop": Drop(score=0.5)}, "drop-score"),
        ({"limits": Limits(seconds=9)}, "timeout"),
        ({"limit": 3}, "limit"),
        ({"sifter": slow}, "sifter"),
        ({"blocks": True}, "blocks"),
        ({"fields": Fields(text="body")}, "fields"),
    ],
)
def test_other_options_do_not_mix(changes: dict[str, Any], named: str) -> None:
    corpus(5)
    run(plan("in.jsonl"))
    with pytest.raises(SpamsiftError, match=named):
        run(plan("in.jsonl", **changes))
    assert run(plan("in.jsonl", **changes, overwrite=True)).n_before == 0


def test_another_input_does_not_mix() -> None:
    corpus(5)
    run(plan("in.jsonl"))
    corpus(6)
    with pytest.raises(SpamsiftError, match="files were added"):
        run(plan("in.jsonl"))


@pytest.mark.parametrize("output", ["out.jsonl", "out"])
def test_what_no_batch_wrote_is_not_touched(output: str) -> None:
    corpus(5)
    precious = put(output if output.endswith("l") else f"{output}/note.txt", "precious")
    with pytest.raises(SpamsiftError, match="no batch wrote"):
        run(plan("in.jsonl", output=output))
    if output == "out":
        with pytest.raises(SpamsiftError, match="no batch wrote"):
            run(plan("in.jsonl", output=output, overwrite=True))
    assert Path(precious).read_text() == "precious"


@pytest.mark.parametrize(
    ("inputs", "output"),
    [
        (["pages"], "pages/out.jsonl"),
        (["pages"], "pages"),
        (["pages/a.jsonl"], "pages/a.jsonl"),
        (["pages/sub"], "pages"),
    ],
)
def test_the_output_does_not_lie_in_the_input(inputs: list[str], output: str) -> None:
    corpus(5, "pages/a.jsonl")
    corpus(5, "pages/sub/b.jsonl")
    with pytest.raises(SpamsiftError, match="choose another place"):
        run(plan(*inputs, output=output))


def test_a_pattern_passes_over_the_output() -> None:
    corpus(5)
    assert run(plan("*.jsonl")).tally.n_pages == 5
    assert run(plan("*.jsonl")).n_before == 5


@pytest.mark.parametrize("output", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst", "out.parquet", "out"])
def test_an_output_without_pages_is_there(output: str) -> None:
    put("in.jsonl", '{"no": "page"}\n')
    assert run(plan("in.jsonl", output=output)).tally.n_written == 0
    if output == "out.parquet":
        assert pq.read_table(output).num_rows == 0
    elif output != "out":
        assert lines(output) == []
    assert Path(output).exists()


def test_combinations_without_sense() -> None:
    corpus(5)
    with pytest.raises(SpamsiftError, match="no place for annotations"):
        run(plan("in.jsonl", output="folder", mode=Mode.ANNOTATE))
    with pytest.raises(SpamsiftError, match="none of these"):
        run(plan("in.jsonl", attributes=Path("a.txt")))


def test_two_runs_do_not_write_one_output(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus(5)

    def join_while_another_comes(*args: Any) -> None:
        with pytest.raises(SpamsiftError, match="another run"):
            run(plan("in.jsonl"))

    monkeypatch.setattr(batch_flow, "_join", join_while_another_comes)
    run(plan("in.jsonl"))


def test_a_full_disk_is_an_error_that_can_be_made_good(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus(50)

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("spamsift.batch.sinks.put_in_place", full)
        with pytest.raises(OSError, match="No space"):
            run(plan("in.jsonl"))
    assert not Path("out.jsonl").exists()
    assert run(plan("in.jsonl")).tally.n_pages == 50


# --- kills


RUN = """
import sys
from pathlib import Path
from spamsift.batch import Drop, Plan, run
from spamsift.records import PageKind
from spamsift.training.hostile_sifters import slow
run(Plan((sys.argv[1],), Path(sys.argv[2]), drop=Drop(frozenset({PageKind.MIRROR})), sifter=slow, chunk=20, jobs=2))
"""


def spawn(output: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", RUN, "in.jsonl", output], env=environment)


@pytest.mark.parametrize("output", ["killed.jsonl.gz", "killed.parquet", "killed"])
def test_killed_runs_end_like_one_that_was_not(output: str) -> None:
    corpus(600)
    chance = random.Random(6)
    undisturbed = output.replace("killed", "whole")
    assert spawn(undisturbed).wait() == 0
    n_kills = 0
    while n_kills < 4:
        process = spawn(output)
        before = n_parts(output)
        while n_parts(output) == before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.06))
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            break
        n_kills += 1
    assert spawn(output).wait() == 0
    assert n_kills > 0
    assert snapshot(output) == snapshot(undisturbed)


def n_parts(output: str) -> int:
    ledger = Path(f"{output}.run/ledger.jsonl")
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


def snapshot(output: str) -> dict[str, Any]:
    """Everything a run leaves that does not name itself."""
    folder = Path(f"{output}.run")
    files = [folder / "dropped.jsonl", folder / "quarantine.jsonl"]
    files += (
        sorted(path for path in Path(output).rglob("*") if path.is_file()) if os.path.isdir(output) else [Path(output)]
    )
    summary = json.loads((folder / "summary.json").read_text())
    return {
        **{path.name if path.name != output else "out": path.read_bytes() for path in files},
        "summary": {name: value for name, value in summary.items() if name != "output"},
        "left": sorted(path.name for path in folder.iterdir()),
    }
