"""spamsift inside a Scrapy crawl: an add-on, or an item pipeline.

    ADDONS = {"spamsift.integrations.scrapy.SpamsiftAddon": 500}
    SPAMSIFT_MODE = "clean"

Items of every type that itemadapter knows are read. Pages are sifted in processes of their own, so that the reactor is
never busy with one, and a page that hangs, crashes or eats memory costs itself only. All settings and statistics:
``docs/inside-scrapy.md``.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from spamsift.batch.crew import Crew
from spamsift.batch.items import Lost
from spamsift.errors import MissingExtra, SpamsiftError
from spamsift.integrations.rows import Page, Row, RowJob, drop_finding, row_of
from spamsift.integrations.scrapy_settings import Mode, Settings, read_settings
from spamsift.records import InputKind

try:
    from itemadapter import ItemAdapter
    from scrapy.exceptions import DropItem
    from twisted.internet.defer import Deferred
except ImportError as problem:
    raise MissingExtra(f"{problem.name} is not installed; run: pip install 'spamsift[scrapy]'") from problem

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

__all__ = ["SpamsiftAddon", "SpamsiftPipeline"]

PRIORITY = 300
"""Place among the item pipelines if the add-on puts it there: before those that store, which tend to be above."""

logger = logging.getLogger(__name__)


class SpamsiftAddon:
    """Puts :class:`SpamsiftPipeline` among the item pipelines, unless it stands there already."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy (2.10 and newer) when a crawl starts."""
        read_settings(settings)
        pipelines = settings["ITEM_PIPELINES"]
        path = f"{SpamsiftPipeline.__module__}.{SpamsiftPipeline.__qualname__}"
        if path not in pipelines and SpamsiftPipeline not in pipelines:
            pipelines[path] = PRIORITY


class SpamsiftPipeline:
    """Sifts the page in each item. Statistics: ``spamsift/verdict/…``, ``dropped/…``, ``failed/…``, ``skipped``."""

    def __init__(self, crawler: Crawler) -> None:
        self._settings = read_settings(crawler.settings)
        self._crawler = crawler
        self._crew: Crew | None = None
        self._warned: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SpamsiftPipeline:
        """Called by Scrapy.

        Raises:
            SpamsiftError: a setting is wrong; the message names it.
        """
        return cls(crawler)

    def open_spider(self, spider: object = None) -> None:  # Scrapy before 2.14 passes the spider
        """Start the first worker process; a crawl that can't clean does not start."""
        settings = self._settings
        self._crew = Crew(RowJob(settings.options), settings.limits, settings.n_workers)
        try:
            self._crew.start()
        except SpamsiftError:
            self._crew.close()
            raise

    def close_spider(self, spider: object = None) -> None:
        """End all worker processes."""
        if self._crew is not None:
            self._crew.close()

    async def process_item(self, item: Any, spider: object = None) -> Any:
        """Sift the page of one item.

        Raises:
            DropItem: by kind, by score, or because its page failed; the message says which.
        """
        adapter = ItemAdapter(item)
        settings = self._settings
        page, kind = _find_page(adapter, settings)
        if page is None:
            self._count("skipped")
            self._warn_once(
                f"{type(item).__name__} items pass as they are, without a string in {settings.html_field!r} or "
                f"{settings.text_field!r}; the fields are set by SPAMSIFT_HTML_FIELD and SPAMSIFT_TEXT_FIELD"
            )
            return item
        url = adapter.get(settings.url_field)
        assert self._crew is not None
        row = row_of(await _wait(self._crew.submit(Page(page, url if isinstance(url, str) else None, kind))))
        n_kept = sum(_put(adapter, name, value) for name, value in row.columns.items())
        if not n_kept:
            self._warn_once(
                f"{type(item).__name__} declares none of the fields of a verdict, so none is kept; "
                f"declare those you want: {', '.join(row.columns)}"
            )
        if row.lost:
            return self._fail(item, url, row.lost)
        self._count(f"verdict/{row.columns['spamsift_kind']}")
        reason = drop_finding(settings.drop, row.columns)
        if reason is None and settings.mode is Mode.CLEAN and not row.text.strip():
            reason = "empty"
        if reason is not None:
            self._count(f"dropped/{reason}")
            raise DropItem(f"spamsift: {_describe(reason, row)}")
        if settings.mode is Mode.CLEAN and not _put(adapter, settings.text_field, row.text):
            raise SpamsiftError(
                f"{type(item).__name__} has no field {settings.text_field!r} for the clean text; add it, "
                "or name another in SPAMSIFT_TEXT_FIELD"
            )
        return item

    def _fail(self, item: Any, url: object, lost: Lost) -> Any:
        cause = lost.cause.value
        self._count(f"failed/{cause}")
        logger.warning("spamsift: %s failed: %s, %s", url or "a page", cause, lost.detail)
        if self._settings.keeps_failed:
            return item
        self._count(f"dropped/failed_{cause}")
        raise DropItem(f"spamsift: failed: {cause}, {lost.detail}")

    def _count(self, name: str) -> None:
        stats = self._crawler.stats
        if stats is not None:
            stats.inc_value(f"spamsift/{name}")

    def _warn_once(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            logger.warning("spamsift: %s", message)


def _find_page(adapter: ItemAdapter, settings: Settings) -> tuple[str | bytes | None, InputKind]:
    """The page of an item and how to read it; the HTML goes before the text."""
    for name, kind in ((settings.html_field, InputKind.HTML), (settings.text_field, InputKind.TEXT)):
        value = adapter.get(name)
        if isinstance(value, (str, bytes)) and value:
            return value, kind
    return None, InputKind.TEXT


def _put(adapter: ItemAdapter, name: str, value: object) -> bool:
    """Whether the item has a field of that name; dicts take any, declared items only what they declare."""
    try:
        adapter[name] = value
    except KeyError:
        return False
    return True


def _describe(reason: str, row: Row) -> str:
    columns = row.columns
    if reason == "empty":
        return "empty: no article in the page"
    findings = columns["spamsift_findings"]
    first = f"; {findings[0]}" if isinstance(findings, list) and findings else ""
    return f"{columns['spamsift_kind']}, score {columns['spamsift_score']:.2f}{first}"


async def _wait(future: Future[Any]) -> Any:
    """Wait for another thread, with asyncio's reactor, another reactor, or none."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        return await asyncio.wrap_future(future)
    from twisted.internet import reactor

    deferred: Deferred[None] = Deferred()
    future.add_done_callback(lambda _: reactor.callFromThread(deferred.callback, None))
    await deferred
    return future.result()
