"""Real crawls, each in a process of its own, of a site that is served on localhost."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from spamsift import Options, PageKind, Sifted, sift
from spamsift.fields import to_columns
from spamsift.records import InputKind

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PAGES = {
    f"/{folder.name}": (folder / "page.html").read_text(encoding="utf-8")
    for folder in sorted((ROOT / "fixtures").glob("*/*"))[::4]
    if (folder / "page.html").exists()
}
POISON = {f"/{name}": f"<html><body><p>POISON-{name.upper()}</p></body></html>" for name in ("hang", "crash", "memory")}

SPIDER = textwrap.dedent("""
    import json, sys
    from dataclasses import dataclass
    import attrs, scrapy
    from scrapy.crawler import CrawlerProcess

    class DeclaredItem(scrapy.Item):
        url, html, text, spamsift_kind = (scrapy.Field() for _ in range(4))

    @dataclass
    class DataclassItem:
        url: str
        html: str
        text: str = ""
        spamsift_kind: str = ""

    @attrs.define
    class AttrsItem:
        url: str
        html: str
        text: str = ""
        spamsift_kind: str = ""

    class Pages(scrapy.Spider):
        name = "pages"

        def parse(self, response):
            links = response.css("a.page::attr(href)").getall()
            yield from response.follow_all(links, self.parse_page)

        def parse_page(self, response):
            item = {"dict": dict, "item": DeclaredItem, "dataclass": DataclassItem, "attrs": AttrsItem}[kind]
            yield item(url=response.url, html=response.text)

    url, output, kind, settings = sys.argv[1:]
    Pages.start_urls = [url]
    # no __name__ guard, as in Scrapy's manual: a worker that ran this file would start another crawl
    process = CrawlerProcess({
        "ADDONS": {"spamsift.integrations.scrapy.SpamsiftAddon": 500},
        "FEEDS": {output: {"format": "jsonlines"}},
        "TELNETCONSOLE_ENABLED": False,
        **json.loads(settings),
    })
    process.crawl(Pages)
    process.start()
""")


@dataclass(frozen=True, slots=True)
class Crawl:
    """What came out of a crawl."""

    items: dict[str, dict[str, Any]]
    """By path."""
    log: str

    @property
    def stats(self) -> dict[str, int]:
        found = re.findall(r"'spamsift/([\w/]+)': (\d+)", self.log)
        return {name: int(count) for name, count in found}


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, list[str]]]:
    """The address of the site, and the paths that were asked for."""
    requested: list[str] = []
    pages = PAGES | POISON

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested.append(self.path)
            folder = {"/": PAGES, "/poisoned/": pages}.get(self.path, {})
            body = "".join(f'<a class="page" href="{path}">a page</a>' for path in folder) or pages.get(self.path, "")
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", requested
        server.shutdown()
        thread.join()


def crawl(url: str, folder: Path, kind: str = "dict", poison: bool = False, **settings: Any) -> Crawl:
    (folder / "spider.py").write_text(SPIDER, encoding="utf-8")
    output = folder / "items.jsonl"
    path = os.pathsep.join([str(ROOT), *([str(ROOT / "tests" / "poison")] if poison else [])])
    ran = subprocess.run(
        [sys.executable, "spider.py", url, str(output), kind, json.dumps(settings)],
        cwd=folder, env=os.environ | {"PYTHONPATH": path}, capture_output=True, encoding="utf-8", timeout=120,
        check=False,
    )  # fmt: skip
    lines = output.read_text(encoding="utf-8").split("\n") if output.exists() else []
    items = [json.loads(line) for line in lines if line]
    return Crawl({"/" + item["url"].rpartition("/")[2]: item for item in items}, ran.stderr)


def answers(url: str) -> dict[str, Sifted]:
    """What the items must say, by path."""
    return {path: sift(page, url + path, Options(kind=InputKind.HTML)) for path, page in PAGES.items()}


def test_annotate_fills_the_columns_and_touches_nothing(site: tuple[str, list[str]], tmp_path: Path) -> None:
    url, requested = site
    requested.clear()
    done = crawl(f"{url}/", tmp_path)
    expected = answers(url)
    assert done.items.keys() == PAGES.keys()
    for path, item in done.items.items():
        assert item["html"] == PAGES[path]
        assert item.items() >= to_columns(expected[path]).items(), path
        assert "text" not in item
    kinds = [item["spamsift_kind"] for item in done.items.values()]
    assert done.stats == {f"verdict/{kind}": kinds.count(kind) for kind in kinds}
    assert sorted(set(requested) - {"/robots.txt"}) == sorted(["/", *PAGES])
    assert requested.count("/") == 1, "a worker ran the script again"
    assert "Deprecat" not in done.log


@pytest.mark.parametrize("kind", ["dict", "item", "dataclass", "attrs"])
def test_clean_works_with_every_type_of_item(kind: str, site: tuple[str, list[str]], tmp_path: Path) -> None:
    done = crawl(f"{site[0]}/", tmp_path, kind, SPAMSIFT_MODE="clean")
    assert {path: item["text"] for path, item in done.items.items()} == {
        path: answer.text for path, answer in answers(site[0]).items() if answer.text.strip()
    }
    assert all(item["spamsift_kind"] and item["html"] for item in done.items.values())


def test_drop_says_why(site: tuple[str, list[str]], tmp_path: Path) -> None:
    done = crawl(f"{site[0]}/", tmp_path, SPAMSIFT_MODE="drop", SPAMSIFT_DROP_KINDS="mirror", SPAMSIFT_DROP_SCORE=0.95)
    verdicts = {path: answer.verdict for path, answer in answers(site[0]).items()}
    mirrors = {path for path, verdict in verdicts.items() if verdict.kind is PageKind.MIRROR}
    others = {path for path, verdict in verdicts.items() if verdict.score >= 0.95} - mirrors
    assert mirrors
    assert done.items.keys() == PAGES.keys() - mirrors - others
    assert done.stats["dropped/mirror"] == len(mirrors)
    assert done.stats.get("dropped/score", 0) == len(others)
    assert len(re.findall(r"Dropped: spamsift: mirror, score \d\.\d\d; \w+", done.log)) == len(mirrors)


@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
@pytest.mark.parametrize("reactor", ["asyncioreactor.AsyncioSelectorReactor", "selectreactor.SelectReactor"])
def test_a_hostile_page_costs_itself_only(reactor: str, site: tuple[str, list[str]], tmp_path: Path) -> None:
    done = crawl(
        f"{site[0]}/poisoned/", tmp_path, poison=True, SPAMSIFT_MODE="clean",
        SPAMSIFT_PAGE_SECONDS=8, SPAMSIFT_PAGE_MEGABYTES=300, TWISTED_REACTOR=f"twisted.internet.{reactor}",
    )  # fmt: skip
    assert done.items.keys() == {path for path, answer in answers(site[0]).items() if answer.text.strip()}
    failed = {name.removeprefix("failed/"): n for name, n in done.stats.items() if name.startswith("failed/")}
    assert failed == {"timeout": 1, "crash": 1, "memory": 1}
    assert all(f"{path} failed: " in done.log for path in POISON)
    assert "'finish_reason': 'finished'" in done.log


def test_a_failed_page_is_kept_where_nothing_is_to_be_lost(site: tuple[str, list[str]], tmp_path: Path) -> None:
    done = crawl(f"{site[0]}/poisoned/", tmp_path, poison=True, SPAMSIFT_PAGE_SECONDS=8, SPAMSIFT_PAGE_MEGABYTES=300)
    assert done.items.keys() == PAGES.keys() | POISON.keys()
    assert done.items["/hang"]["spamsift_health"] == ["timeout"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"SPAMSIFT_MODE": "claen"}, "SpamsiftError: SPAMSIFT_MODE has 'claen'; use 'annotate', 'clean', 'drop'"),
        ({"SPAMSIFT_MODEL_DIR": "nowhere"}, "SpamsiftError: no model in nowhere"),
    ],
)
def test_a_wrong_setting_stops_the_crawl(
    settings: dict[str, Any], message: str, site: tuple[str, list[str]], tmp_path: Path
) -> None:
    done = crawl(f"{site[0]}/", tmp_path, **settings)
    assert not done.items
    assert message in done.log


def test_items_without_a_page_pass_and_are_counted(site: tuple[str, list[str]], tmp_path: Path) -> None:
    done = crawl(f"{site[0]}/", tmp_path, SPAMSIFT_HTML_FIELD="body")
    assert done.items.keys() == PAGES.keys()
    assert done.stats == {"skipped": len(PAGES)}
    assert done.log.count("pass as they are, without a string in 'body' or 'text'") == 1
