"""The flow, on one screen: read, split, declare, label, operate, judge."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from spamsift.blocks import split
from spamsift.declaration import declare
from spamsift.errors import InvalidOption
from spamsift.labelling import label, load_block_model
from spamsift.models import shipped_models
from spamsift.page_model import load_page_model
from spamsift.reading import read
from spamsift.records import Document, Options, Sifted
from spamsift.surgery import operate
from spamsift.verdict import judge

__all__ = ["clean", "sift", "sift_document"]


def sift(page: str | bytes | os.PathLike[str], url: str | None = None, options: Options | None = None) -> Sifted:
    """Sift one page: its article, everything that was cut, and a verdict.

    ``page`` is the text or markup itself (``str``, ``bytes``) or a path (:class:`os.PathLike`); a ``str``
    that looks like markup is read as HTML, any other as text. ``url`` is where the page was found.
    Odd pages are answers with ``health``.

    Raises:
        UnreadablePage: the path can't be read.
        ModelMismatch: ``options.model_dir`` holds no usable models.
        InvalidOption: ``url`` is no string, or ``options`` no :class:`Options`.
        TypeError: ``page`` is something else.

    >>> page = sift("A short note about the harbour, which was closed on Monday because of the storm.")
    >>> page.text == page.restore(), page.kind_of_input.value
    (True, 'text')
    """
    options = Options() if options is None else options
    if not isinstance(options, Options) or not (url is None or isinstance(url, str)):
        raise InvalidOption("url must be a string and options a spamsift.Options.")
    return sift_document(read(page, url, options), options)


def sift_document(document: Document, options: Options) -> Sifted:
    """Sift a page that was read already."""
    folder = Path(options.model_dir) if options.model_dir is not None else shipped_models()
    parts = split(document)
    declared = declare(document)
    blocks = label(parts.source, parts.blocks, declared, load_block_model(folder, document.kind))
    done = operate(parts.source, blocks, declared.metadata, options)
    answer = Sifted(
        text=done.text,
        cuts=done.cuts,
        title=done.title,
        blocks=blocks,
        provenance=done.provenance,
        health=(*document.health, *parts.health),
        kind_of_input=document.kind,
        name=document.name,
    )
    return replace(answer, verdict=judge(answer, document, load_page_model(folder), options.thresholds))


def clean(page: str | bytes | os.PathLike[str]) -> str:
    """The article text of one page: ``sift(page).text``, so the two can't disagree."""
    return sift(page).text
