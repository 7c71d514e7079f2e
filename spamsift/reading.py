"""Bytes, str or path → :class:`~spamsift.records.Document`: the front door.

What is HTML is decided here, once. Odd pages (empty, binary, huge, absurdly nested) become documents
whose ``health`` says so; only a path that can't be read and an argument of another type raise.
"""

from __future__ import annotations

import os
import re
import stat
from itertools import islice

from spamsift.decoding import MAX_SIZE, CorruptGzip, decode, gunzip
from spamsift.errors import UnreadablePage
from spamsift.parsing import parse
from spamsift.records import Document, Health, InputKind, Options

__all__ = ["looks_like_markup", "read"]

_MAX_TAGS = 3_000_000
"""``<`` signs in markup that is parsed; what follows is :attr:`Health.TOO_LARGE`. Worst case measured, that many
unclosed ``<b>``: 9 s and 1.2 GB. A real page of 30 MB has some 600,000."""

_WINDOW = 16_384
"""Characters looked at to tell markup from text."""

_PREAMBLE = 1_024
"""Characters before ``<html>`` in which a server may complain first ("Warning: mysql_connect()…")."""

_MIN_MARKUP_SHARE = 0.5
"""Paragraphs that open or close with a tag / paragraphs. HTML fragments have nearly 1, Markdown with a ``<div
align="center">`` or an ``<img>`` on top hardly more than 0.2."""

_FRONT = re.compile(r"<(?:!doctype\s+html|\?xml\s|html|head|body)\b", re.I)
_LATE_FRONT = re.compile(r"^[ \t]*<(?:!doctype\s+html|html|head|body)[\s>]", re.I | re.M)
_TAGS = (
    "a|address|article|aside|b|blockquote|body|br|center|dd|div|dl|dt|em|figcaption|figure|font|footer|form|frameset|"
    "h[1-6]|head|header|hr|html|i|iframe|img|li|link|main|meta|nav|ol|p|pre|script|section|span|strong|style|svg|"
    "table|tbody|td|template|textarea|th|thead|title|tr|u|ul|xmp|plaintext"
)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]{{0,2000}})?/?>", re.I)
_OPENING = re.compile(rf"\s*(?:</?(?:{_TAGS})(?:[\s/>]|$))", re.I)
_CLOSING = re.compile(rf"(?:</(?:{_TAGS})\s{{0,9}}|<br\s?/?|--)>\s{{0,99}}$", re.I)
_PARAGRAPH_END = re.compile(r"\n[ \t\r]*\n")


def read(page: str | bytes | os.PathLike[str], url: str | None, options: Options) -> Document:
    """One page as a document. A ``str`` is never taken for a path, and nothing is fetched.

    For HTML ``Document.text`` is the markup that was parsed, without NUL and lone surrogates; for text it is the text
    as given, to the letter. Pages over :data:`~spamsift.decoding.MAX_SIZE` characters are cut there.

    >>> document = read("<p>One.</p><p>Two.</p>", None, Options())
    >>> document.kind.value, "".join(document.tree.itertext()).split(), document.health
    ('html', ['One.', 'Two.'], ())
    >>> read(b"caf\\xe9", None, Options(kind=InputKind.TEXT)).text
    'café'

    Raises:
        UnreadablePage: a path that is missing, is no file, can't be read, or is a broken ``.gz``.
        TypeError: a page that is neither ``str`` nor ``bytes`` nor ``os.PathLike``.
    """
    name = None
    if not isinstance(page, (str, bytes)):
        name, page = _load(page)
    text, health = (page, []) if isinstance(page, str) else decode(page, options.charset)
    if text is None:
        return Document(InputKind.TEXT, "", url=url, name=name, health=tuple(health))
    if len(text) > MAX_SIZE:
        text = text[:MAX_SIZE]
        health = [*health, Health.TOO_LARGE]
    if not text or text.isspace():
        return Document(InputKind.TEXT, text, url=url, name=name, health=(*health, Health.EMPTY))
    encoded, notes = _encode(text)
    health = [*health, *notes]
    kind = options.kind or (InputKind.HTML if looks_like_markup(text) else InputKind.TEXT)
    if kind is InputKind.HTML:
        return _read_markup(text, encoded, url, name, health)
    return Document(kind, text, url=url, name=name, health=_in_order(health))


def looks_like_markup(text: str) -> bool:
    """Whether a text is HTML, from its first 16,384 characters.

    A page with a doctype or ``<html>`` in front is. Else at least half of its paragraphs must open or close with a
    tag, and two tags must stand there: Markdown with some HTML in it and prose about ``<b>`` are text.

    >>> looks_like_markup("<h1>Title</h1>"), looks_like_markup("Use <b> for bold. 1 < 2 and 3 > 2.")
    (True, False)
    >>> looks_like_markup('# Title\\n\\n<img src="x">\\n\\nSome words.\\n\\nSome more.')
    False
    """
    window = _skip_comments(text[:_WINDOW].lstrip("\ufeff\0 \t\r\n"))
    if _FRONT.match(window):
        return True
    late = _LATE_FRONT.search(window, 0, _PREAMBLE)
    if late and "```" not in window[: late.start()]:
        return True
    if len(list(islice(_TAG.finditer(window), 2))) < 2:
        return False
    paragraphs = [part for part in _PARAGRAPH_END.split(window) if part.strip()]
    n_markup = sum(bool(_OPENING.match(part) or _CLOSING.search(part, max(0, len(part) - 200))) for part in paragraphs)
    return n_markup >= _MIN_MARKUP_SHARE * len(paragraphs)


def _skip_comments(markup: str) -> str:
    while markup.startswith("<!--") and "-->" in markup:
        markup = markup[markup.index("-->") + 3 :].lstrip()
    return markup


def _read_markup(text: str, encoded: bytes, url: str | None, name: str | None, health: list[Health]) -> Document:
    repaired = text
    if Health.NUL_BYTES in health:
        repaired = repaired.replace("\0", "")
    if Health.LONE_SURROGATES in health:  # two halves that stand side by side become the character they mean
        repaired = repaired.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if len(text) > _MAX_TAGS and text.count("<") > _MAX_TAGS:
        repaired = repaired[: next(islice(re.finditer("<", repaired), _MAX_TAGS, None)).start()]
        health = [*health, Health.TOO_LARGE]
    if not repaired or repaired.isspace():
        return Document(InputKind.TEXT, repaired, url=url, name=name, health=_in_order([*health, Health.EMPTY]))
    tree, notes = parse(encoded if repaired is text else repaired.encode("utf-8"))
    health = [*health, *notes]
    if tree is None:
        return Document(InputKind.TEXT, repaired, url=url, name=name, health=_in_order([*health, Health.MALFORMED]))
    return Document(InputKind.HTML, repaired, tree, url=url, name=name, health=_in_order(health))


def _encode(text: str) -> tuple[bytes, list[Health]]:
    """UTF-8 and what the text holds that markup must not; asking bytes is ten times as fast as asking characters."""
    notes = []
    try:
        encoded = text.encode("utf-8")
    except UnicodeEncodeError:
        encoded = text.encode("utf-8", "surrogatepass")
        notes.append(Health.LONE_SURROGATES)
    if b"\0" in encoded:
        notes.append(Health.NUL_BYTES)
    return encoded, notes


def _in_order(health: list[Health]) -> tuple[Health, ...]:
    """Each once, in the order of the enum: the same page has the same health."""
    return tuple(note for note in Health if note in health)


def _load(page: object) -> tuple[str, bytes]:
    """Name and bytes of a file: at most one byte more than is read of a page."""
    if not isinstance(page, os.PathLike):
        raise TypeError(
            f"page must be str, bytes or os.PathLike, not {type(page).__name__}: "
            "pass the page itself, or pathlib.Path(...) for a file"
        )
    path = os.fsdecode(page)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would wait for ever
            raise UnreadablePage(f"can't read {path!r}: it is not a file; pass the path of one saved page")
        with open(path, "rb") as stream:
            if path.lower().endswith(".gz"):
                return path, gunzip(stream)
            return path, stream.read(MAX_SIZE + 1)
    except CorruptGzip as error:
        raise UnreadablePage(f"can't unpack {path!r}: {error}; save it again or unpack it by hand") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadablePage(f"can't read {path!r}: {reason}; check the path and its permissions") from error
