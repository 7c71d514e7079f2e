"""Readers: what is found, in which order, and what is said of that which can't be read."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from spamsift.batch import extras, streams, warc
from spamsift.batch.items import Cause, Damage, Entry, FilePage, HttpPage, Item, LinePage, RowPage, Skip, Source
from spamsift.batch.plan import Mode, Plan
from spamsift.batch.sources import find_roots, find_sources, read_entries, take_census
from spamsift.decoding import MAX_SIZE
from spamsift.errors import MissingExtra, SpamsiftError, UnreadablePage

Pack = Callable[[bytes], bytes]
PACKERS: dict[str, Pack] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(path: str, data: bytes | str = b"x") -> str:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def entries(*inputs: str, keeps_rows: bool = False, **settings: object) -> list[Entry]:
    plan = Plan(inputs, Path("out.jsonl"), **settings)  # type: ignore[arg-type]
    return list(read_entries(plan, find_roots(inputs), keeps_rows))


def places(*inputs: str) -> list[str]:
    return [entry.reason if isinstance(entry, Skip) else entry.place for entry in entries(*inputs)]


# --- paths


def test_folders_are_read_in_order_with_archives_among_the_pages() -> None:
    for name in ("b.html", "a/c.txt.zst", "a/b.htm.gz", ".hidden.html", "notes.md", "a/.git/x.html"):
        put(f"pages/{name}")
    put("pages/a/z.jsonl", "{}\n{}\n")
    assert places("pages") == [
        "pages/b.html",
        "pages/a/b.htm.gz",
        "pages/a/c.txt.zst",
        "pages/a/z.jsonl:1",
        "pages/a/z.jsonl:2",
    ]


def test_patterns() -> None:
    for name in ("pages/a/x.html", "pages/b/x.html", "pages/b/y.txt"):
        put(name)
    assert places("pages/**/x.html") == ["pages/a/x.html", "pages/b/x.html"]
    assert [entry.name for entry in entries("pages/*/x.html") if isinstance(entry, Item)] == ["a/x.html", "b/x.html"]


def test_a_pattern_may_match_folders() -> None:
    for name in ("pages/m-one/page.html", "pages/m-two/deep/page.txt", "pages/other/page.html", "pages/m.html"):
        put(name)
    wanted = ["pages/m-one/page.html", "pages/m-two/deep/page.txt", "pages/m.html"]
    assert sorted(places("pages/m*")) == wanted
    names = [entry.name for entry in entries("pages/m-*", "pages/other") if isinstance(entry, Item)]
    assert names == ["pages/m-one/page.html", "pages/m-two/deep/page.txt", "other/page.html"]
    assert sorted(places("pages/**")) == sorted([*wanted, "pages/other/page.html"])


def test_a_pattern_reads_nothing_twice_and_nothing_of_its_own() -> None:
    for name in ("pages/m-one/a.html", "pages/m-two/b.html"):
        put(name)
    roots = find_roots(["pages/m-*", "pages/m-one"])
    assert sorted(source.path for source in find_sources(roots) if isinstance(source, Source)) == [
        "pages/m-one/a.html",
        "pages/m-two/b.html",
    ]
    put("pages/m-two/out.jsonl", "{}\n")
    roots = find_roots(["pages/m-*"], [Path("pages/m-two/out.jsonl")])
    assert [source.path for source in find_sources(roots) if isinstance(source, Source)] == [
        "pages/m-one/a.html",
        "pages/m-two/b.html",
    ]
    assert places("**/m-two") == ["pages/m-two/b.html", "pages/m-two/out.jsonl:1"]


def test_a_name_with_brackets_is_a_name_if_there_is_such_a_file() -> None:
    assert places(put("a[1].html")) == ["a[1].html"]


def test_what_lies_in_a_folder_is_read_once() -> None:
    put("pages/a.html")
    assert places("pages", "pages/a.html", "./pages/") == ["pages/a.html"]


def test_no_two_pages_have_one_name() -> None:
    for name in ("one/a.html", "two/a.html", "x/one/a.html", "a.html"):
        put(name)
    names = [entry.name for entry in entries("one", "two", "x/one", "a.html") if isinstance(entry, Item)]
    assert names == ["one/a.html", "two/a.html", "one-2/a.html", "a.html"]


@pytest.mark.parametrize(
    ("given", "message"),
    [("missing", "no such file"), ("*.nothing", "nothing matches"), ("-", "standard input")],
)
def test_inputs_that_are_not_there(given: str, message: str) -> None:
    with pytest.raises(SpamsiftError, match=message):
        find_roots([given])


def test_a_folder_without_pages_is_a_mistake() -> None:
    put("pages/notes.md")
    with pytest.raises(SpamsiftError, match="no pages to read"):
        take_census(find_roots(["pages"]))


def test_the_census_sees_every_change() -> None:
    put("pages/a.html", "one")
    put("pages/b.html", "two")
    digests = set()
    for change in ("", "pages/c.html", "pages/a.html"):
        if change:
            put(change, "another size")
        digests.add(take_census(find_roots(["pages"])).digest)
    os.utime("pages/b.html", (1, 1))
    digests.add(take_census(find_roots(["pages"])).digest)
    assert len(digests) == 4


def test_pages_are_counted_where_that_is_cheap() -> None:
    put("a.html")
    pq.write_table(pa.table({"text": ["one", "two"]}), "t.parquet")
    assert take_census(find_roots(["a.html", "t.parquet"])).n_pages == 3
    put("l.jsonl", "{}")
    assert take_census(find_roots(["a.html", "l.jsonl"])).n_pages is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_entered_is_damage() -> None:
    put("pages/a/x.html")
    put("pages/b.html")
    os.chmod("pages/a", 0)
    found = entries("pages")
    os.chmod("pages/a", 0o700)
    assert [type(entry) for entry in found] == [Item, Damage]


def test_limit_and_sample() -> None:
    put("l.jsonl", "{}\n" * 1000)
    assert len(entries("l.jsonl", limit=7)) == 7
    half = entries("l.jsonl", sample=0.5)
    assert 400 < len(half) < 600
    assert half == entries("l.jsonl", sample=0.5)
    assert half != entries("l.jsonl", sample=0.5, seed=1)
    assert entries("l.jsonl", sample=0.5, limit=7) == half[:7]


# --- streams and lines


@pytest.mark.parametrize("suffix", PACKERS)
def test_lines_of_every_packing(suffix: str) -> None:
    data = b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"b": 2}'
    found = entries(put(f"l.jsonl{suffix}", PACKERS[suffix](data)))
    assert [(entry.place, entry.payload) for entry in found if isinstance(entry, Item)] == [
        (f"l.jsonl{suffix}:1", LinePage(b'{"a": 1}')),
        (f"l.jsonl{suffix}:4", LinePage(b'{"b": 2}')),
    ]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_members_follow_one_another(suffix: str) -> None:
    pack = PACKERS[suffix]
    assert len(entries(put(f"l.jsonl{suffix}", pack(b"{}\n{}\n") + pack(b"") + pack(b"{}\n")))) == 3


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_stream_that_is_cut_off_is_reported_after_what_could_be_read(suffix: str) -> None:
    data = b"".join(json.dumps({"text": os.urandom(20).hex()}).encode() + b"\n" for _ in range(20_000))
    *pages, last = entries(put(f"l.jsonl{suffix}", PACKERS[suffix](data)[:-1000]))
    assert len(pages) > 10_000
    assert isinstance(last, Damage)
    assert last.place == f"l.jsonl{suffix}:{len(pages) + 1}"
    assert "lost" in last.detail


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_stream_that_is_none_is_reported(suffix: str) -> None:
    (only,) = entries(put(f"l.jsonl{suffix}", b"this is no archive"))
    assert isinstance(only, Damage)
    assert only.cause is Cause.UNREADABLE


def test_a_line_without_end_is_left_out_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_LINE", 100)
    found = entries(put("l.jsonl", b"{}\n" + b"x" * 3_000_000 + b"\n{}\n"))
    assert [type(entry) for entry in found] == [Item, Damage, Item]
    assert found[1] == Damage("l.jsonl:2", found[1].detail)  # type: ignore[union-attr]


def test_bombs_are_unpacked_no_further_than_a_page() -> None:
    bomb = zstandard.compress(bytes(3 * MAX_SIZE))
    assert len(streams.unpack_page(put("a.html.zst", bomb))) == MAX_SIZE + 1
    assert len(streams.unpack_page(put("a.html.gz", gzip.compress(bytes(2 * MAX_SIZE), 1)))) == MAX_SIZE + 1


@pytest.mark.parametrize("data", [gzip.compress(b"x" * 999)[:-9], zstandard.compress(b"x" * 999)[:-9]])
def test_a_page_that_cannot_be_unpacked(data: bytes) -> None:
    with pytest.raises(UnreadablePage):
        streams.unpack_page(put("a.html", data))


@pytest.mark.parametrize(
    ("name", "package"), [("t.parquet", "pyarrow"), ("c.warc", "fastwarc"), ("a.html.zst", "zstandard")]
)
def test_a_missing_extra_says_how_to_install_it(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(name)
    for module in (package, "fastwarc.warc", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"pip install 'spamsift\[batch\]'"):
        take_census(find_roots([name]))
    assert extras.__all__


# --- Parquet


def test_rows_are_read_with_all_fields_or_kept_aside() -> None:
    table = pa.table({"text": ["one", "two", "three"], "html": [b"<p>", None, None], "n": [1, 2, 3]})
    pq.write_table(table, "t.parquet", row_group_size=2)
    whole = entries("t.parquet")
    assert [entry.place for entry in whole if isinstance(entry, Item)] == ["t.parquet#1", "t.parquet#2", "t.parquet#3"]
    assert isinstance(whole[0], Item)
    assert whole[0].payload == RowPage({"text": "one", "html": b"<p>", "n": 1})
    kept = entries("t.parquet", keeps_rows=True, mode=Mode.ANNOTATE)
    assert isinstance(kept[2], Item)
    assert kept[2].payload == RowPage({"text": "three", "html": None}, is_whole=False)
    assert kept[2].row.to_pylist() == [{"text": "three", "html": None, "n": 3}]


def test_a_damaged_row_group_is_reported_and_the_next_one_read() -> None:
    texts = [os.urandom(500).hex() for _ in range(300)]
    pq.write_table(pa.table({"text": texts}), "t.parquet", row_group_size=100, use_dictionary=False)
    first = pq.read_metadata("t.parquet").row_group(1).column(0).data_page_offset
    data = bytearray(Path("t.parquet").read_bytes())
    data[first : first + 2000] = b"\xff" * 2000
    Path("t.parquet").write_bytes(data)
    found = entries("t.parquet")
    good = [entry.place for entry in found if isinstance(entry, Item)]
    assert good == [f"t.parquet#{i}" for i in (*range(1, 101), *range(201, 301))]
    assert [entry.place for entry in found if isinstance(entry, Damage)] == ["t.parquet#101"]


def test_what_is_no_parquet_is_reported() -> None:
    (only,) = entries(put("t.parquet", b"no"))
    assert isinstance(only, Damage)


# --- WARC


def record(
    n: int, body: bytes = b"<p>page</p>", head: bytes = b"Content-Type: text/html", kind: bytes = b"response"
) -> bytes:
    http = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body if kind != b"warcinfo" else body
    return (
        b"WARC/1.0\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:%d>\r\nWARC-Target-URI: http://a.example/%d\r\n"
        b"WARC-Date: 2026-01-01T00:00:00Z\r\n"
        b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
    ) % (kind, n, n, len(http), http)


def bodies(found: list[Entry]) -> list[bytes]:
    return [
        warc.decode_body(entry.payload)
        for entry in found
        if isinstance(entry, Item) and isinstance(entry.payload, HttpPage)
    ]


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("is_by_record", [True, False])
def test_responses_of_an_archive(suffix: str, is_by_record: bool) -> None:
    records = [
        record(1, kind=b"warcinfo"),
        record(2, b"caf\xe9", b"Content-Type: text/html; charset=iso-8859-1"),
        record(3, kind=b"request"),
        record(4, b"\x89PNG", b"Content-Type: image/png"),
        record(5, b"plain", b"Content-Type: text/plain"),
        record(6, b"no type", b"X: y"),
        record(7, kind=b"revisit"),
    ]
    pack = PACKERS[suffix]
    data = b"".join(map(pack, records)) if is_by_record else pack(b"".join(records))
    found = entries(put(f"c.warc{suffix}", data))
    assert bodies(found) == [b"caf\xe9", b"plain", b"no type"]
    assert [entry.reason for entry in found if isinstance(entry, Skip)] == ["image/png", "revisit"]
    first = found[0]
    assert isinstance(first, Item)
    assert isinstance(first.payload, HttpPage)
    assert first.payload.charset == "iso-8859-1"
    assert first.payload.fields == {
        "id": "urn:uuid:2",
        "url": "http://a.example/2",
        "date": "2026-01-01T00:00:00Z",
        "http_status": 200,
    }


@pytest.mark.parametrize(
    ("body", "head", "decoded"),
    [
        (gzip.compress(b"hello"), b"Content-Encoding: gzip", b"hello"),
        (b"5\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked", b"hello"),
        (b"hello", b"Content-Encoding: gzip", b"hello"),  # decoded by the tool that wrote it
        (b"hello there", b"Transfer-Encoding: chunked", b"hello there"),
        (b"hello", b"Content-Encoding: unheard-of", b"hello"),
        (b"hello", b"Content-Encoding: identity", b"hello"),
        (gzip.compress(bytes(2 * MAX_SIZE), 1), b"Content-Encoding: gzip", bytes(MAX_SIZE + 1)),
    ],
)
def test_encodings_of_the_transport(body: bytes, head: bytes, decoded: bytes) -> None:
    found = entries(put("c.warc", record(1, body, b"Content-Type: text/html\r\n" + head)))
    assert bodies(found) == [decoded]


BIG = [record(i, os.urandom(3000).hex().encode() + b"%d" % i) for i in range(5)]


def ends(found: list[Entry]) -> list[bytes]:
    return [body[-1:] for body in bodies(found)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_archive_that_is_cut_off_is_reported(pack: Pack) -> None:
    name = "c.warc" if pack is bytes else "c.warc.gz"
    data = b"".join(map(pack, BIG))
    for n_cut in (10, 500, 3000):
        found = entries(put(name, data[:-n_cut]))
        assert ends(found)[:4] == [b"0", b"1", b"2", b"3"]
        assert (ends(found) == [b"0", b"1", b"2", b"3", b"4"]) != isinstance(found[-1], Damage)
    assert isinstance(found[-1], Damage)
    head = entries(put(name, b"".join(map(pack, BIG[:4])) + pack(BIG[4][:40])))
    assert isinstance(head[-1], Damage)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_damage_in_the_middle_costs_what_is_damaged(pack: Pack) -> None:
    members = [bytearray(pack(data)) for data in BIG]
    members[1][0 if pack is bytes else 400 : 460] = b"\xff" * 60
    found = entries(put("c.warc" if pack is bytes else "c.warc.gz", b"".join(members)))
    assert ends(found) == [b"0", b"2", b"3", b"4"]
    assert sum(isinstance(entry, Damage) for entry in found) == 1


def test_what_is_no_archive_is_reported() -> None:
    for name, data in (("c.warc", b"<html>no</html>" * 99), ("d.warc.gz", b"no"), ("e.warc.zst", b"no")):
        (only,) = entries(put(name, data))
        assert isinstance(only, Damage)


def test_an_empty_archive_has_no_pages() -> None:
    assert entries(put("c.warc", b"")) == []
    assert entries(put("l.jsonl", b"")) == []


def test_lines_reads_what_it_is_told() -> None:
    assert [line for _, line in streams.lines(io.BytesIO(b"a\nb"), print)] == [b"a", b"b"]


def test_files_travel_by_name() -> None:
    (only,) = entries(put("a.html"))
    assert isinstance(only, Item)
    assert only.payload == FilePage("a.html")
