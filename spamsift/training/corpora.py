"""The corpora as records: pages with gold main content, and the fold each belongs to.

Everything is read from one folder of gzip'd JSON Lines (``scripts/fetch_corpora.py`` says how to get
them). Folds are by registered domain, so that no site is on both sides of a split.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["N_FOLDS", "GoldPage", "digest", "fold_of", "read_rows", "registered_domain", "traf_pages", "wcxb_pages"]


N_FOLDS = 4
"""Of the block models."""
_CHUNK = 1 << 20
"""Bytes of a file that are read at once."""


@dataclass(frozen=True, slots=True)
class GoldPage:
    """One page with what a person says of its text."""

    name: str
    url: str
    html: bytes
    page_type: str
    title: str | None
    main_content: str | None
    """The reviewed main content; ``None`` where only snippets are given."""
    required: tuple[str, ...]
    """Snippets that must be in the extracted text."""
    forbidden: tuple[str, ...]

    @property
    def group(self) -> str:
        """What must not be on both sides of a split: the registered domain, or the page alone without a URL."""
        return registered_domain(self.url) if self.url else self.name


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a gzip'd JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal, read in pieces."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def registered_domain(url: str) -> str:
    """eTLD+1 of a URL, by the public suffix list that tldextract ships (no network).

    >>> registered_domain("https://news.example.co.uk/a")
    'example.co.uk'
    """
    found = _suffix_list()(url)
    return found.top_domain_under_public_suffix or found.domain or url


@lru_cache(maxsize=1)
def _suffix_list() -> Any:
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # reading the list takes longer than any look-up


def fold_of(group: str, n_folds: int) -> int:
    """The fold of a group, by its digest: independent of order and of what else is in the corpus."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") % n_folds


def _html(row: dict[str, Any]) -> bytes:
    if row.get("html"):
        return str(row["html"]).encode("utf-8", "surrogatepass")
    return base64.b64decode(row["html_b64"])


def wcxb_pages(folder: Path) -> list[GoldPage]:
    """The development split of WCXB."""
    return [_gold(row, row["page_type"], row["main_content"]) for row in read_rows(folder / "wcxb_dev.jsonl.gz")]


def traf_pages(folder: Path) -> list[GoldPage]:
    """Half of trafilatura's evaluation set: snippets only, mostly German."""
    return [_gold(row, "article", None) for row in read_rows(folder / "traf_dev.jsonl.gz")]


def _gold(row: dict[str, Any], page_type: str, main_content: str | None) -> GoldPage:
    return GoldPage(
        name=row["id"],
        url=row["url"] or "",
        html=_html(row),
        page_type=page_type,
        title=row.get("title"),
        main_content=main_content,
        required=tuple(row["with"]),
        forbidden=tuple(row["without"]),
    )
