"""Bytes → characters: byte order mark, declared charset, UTF-8, UTF-16 without a mark, then a guess.

Readers want the words right, so where a browser obeys the declaration this module checks it: a page
that says ``iso-8859-1`` and is valid UTF-8 is UTF-8. Labels mean what the WHATWG Encoding Standard
says (``latin-1`` is windows-1252, ``gb2312`` is gb18030).
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from typing import IO

from spamsift.records import Health

__all__ = ["MAX_SIZE", "CorruptGzip", "decode", "gunzip"]

MAX_SIZE = 64_000_000
"""Bytes or characters of one page that are read: twice the largest page that must be answered (30 MB). With
``reading._MAX_TAGS`` it bounds the memory of a batch worker."""

_DECLARATION_WINDOW = 4096
"""Bytes searched for a declared charset. Browsers look at 1024; real heads often put scripts first."""

_SAMPLE = 8192
"""Bytes looked at to tell UTF-16 and binary files from text."""

_GUESS_SAMPLE = 32_768
"""Bytes given to charset-normalizer, from the first non-ASCII byte on: bounds its time to some 50 ms."""

_MAX_CONTROL_SHARE = 0.05
"""Control bytes / bytes above which bytes are no text. Text has none, compressed data 27/256 = 0.105."""

_MAX_NUL_SHARE = 0.3
"""NUL bytes / bytes above which bytes are no text: stray NULs are rare, UTF-16 was looked for before."""

_MIN_UTF16_SHARE = 0.3
"""Bytes below 0x20 / bytes at one parity: the high bytes of alphabets and of markup in UTF-16.
Line ends and tabs, the only such bytes of 8-bit text, stay far below."""

_MIN_CJK_SHARE = 0.95
"""Characters of Chinese, Japanese and ASCII / characters of a UTF-16 sample. Other bytes read so scatter over
all of Unicode and mostly fail outright on surrogates."""

_MIN_MULTIBYTE = 8
"""Extra UTF-8 bytes that overrule a declared multi-byte charset. One GBK character is a valid UTF-8 sequence
with P = 0.14 (lead byte C2-DF, trail A1-BF), so eight of them by chance have P < 1e-6."""

_MAX_BAD_SHARE = 0.1
"""U+FFFD / non-ASCII characters up to which a charset counts as right with some broken bytes. A wrong 8-bit
charset read as UTF-8 has nearly 1."""

_MAGIC = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"%PDF-", b"PK\x03\x04", b"PK\x05\x06", b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07", b"\x7fELF", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"BZh91AY&SY", b"\xd0\xcf\x11\xe0", b"OggS\x00",
    b"ID3\x03", b"ID3\x04", b"\xca\xfe\xba\xbe", b"wOFF", b"wOF2", b"SQLite format 3\x00", b"\x1f\x8b",
)  # fmt: skip
_GZIP_MAGIC = b"\x1f\x8b\x08"

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_DECLARED = re.compile(
    rb"""<\?xml\s[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']\s{0,9}([\w.:-]{2,40})"""
    rb"""|<meta\s[^>]{0,400}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{2,40})""",
    re.IGNORECASE,
)

# WHATWG labels by Python codec, https://encoding.spec.whatwg.org/#names-and-labels (2026). Not codecs.lookup():
# it knows "utf-7", "idna" and "unicode_escape", which no page may ask for. UTF-16 in a <meta> that was read
# as ASCII means UTF-8, says the standard.
_LABELS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 utf-16 utf-16le utf-16be unicode ucs-2",
    "cp1252": "windows-1252 cp1252 x-cp1252 ascii us-ascii iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1 "
    "ansi_x3.4-1968 cp819 x-user-defined",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251 win-1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp874": "windows-874 dos-874 iso-8859-11 iso8859-11 tis-620",
    "cp866": "ibm866 cp866 866",
    "koi8_r": "koi8-r koi8_r koi8 koi",
    "koi8_u": "koi8-u koi8-ru",
    "mac_roman": "macintosh mac x-mac-roman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j ms932",
    "euc_jp": "euc-jp x-euc-jp eucjp",
    "iso2022_jp": "iso-2022-jp csiso2022jp",
    "gb18030": "gb18030 gbk x-gbk gb2312 gb_2312 gb_2312-80 chinese csgb2312 iso-ir-58",
    "big5hkscs": "big5 big5-hkscs x-x-big5 cn-big5",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601-1989 korean windows-949 cp949 uhc",
} | {f"iso8859_{n}": f"iso-8859-{n} iso8859-{n} iso_8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
_CODEC_OF = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_MULTI_BYTE = frozenset({"cp932", "euc_jp", "gb18030", "big5hkscs", "cp949"})

_GUESSES = ["cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "koi8_r",
            "cp932", "euc_jp", "gb18030", "big5", "cp949", "cp874"]  # fmt: skip

# charset-normalizer takes French for Baltic and Spanish for Central European, so windows-1252 is tried first. Missing
# are the letters that Czech, Polish and Turkish bytes turn into (ø ì ý ð þ š ž ¹ ³); three accented letters in a row
# are Cyrillic, Greek, Hebrew, Arabic or multi-byte.
_WESTERN = frozenset(
    "àâäáãåçéèêëîïíôöóõùûüúßñæœÀÂÄÁÃÅÇÉÈÊËÎÏÍÔÖÓÕÙÛÜÚÑÆŒ¡¿«»‹›“”„‘’‚–—…€£¢¥§©®™°·•ªº´×½¼¾²±\u00a0\u00ad"
)
_ACCENTED_RUN = re.compile("[À-ÿ]{3}")
_WIDE_CJK = re.compile("[\n\r -~\u2010-\u203b\u3000-\u9fff\uff00-\uffef]")
_NON_ASCII = re.compile(rb"[\x80-\xff]")
_CONTROL = bytes(set(range(0x20)) - set(b"\x00\t\n\r\f\x1b"))  # ESC: iso-2022-jp shifts with it
_BELOW_SPACE = bytes(set(range(0x20)) - set(b"\t\n\r"))


class CorruptGzip(Exception):
    """Truncated or damaged gzip data; the caller says what that means."""


def decode(data: bytes, charset: str | None = None) -> tuple[str | None, list[Health]]:
    """The text of a page and what was wrong with its bytes; ``None`` for bytes that are no text.

    ``charset`` is what the server declared. As in a browser it wins over what the page declares, and like that it is
    checked, not obeyed.

    gzip'd bytes are unpacked, once and up to :data:`MAX_SIZE`. A byte order mark is dropped.

    >>> decode("déjà vu".encode("utf-16"))
    ('déjà vu', [])
    >>> decode("шторм".encode("koi8-r"), "KOI8-R")
    ('шторм', [])
    >>> text, health = decode(b'<meta charset="iso-8859-1">d\\xc3\\xa9j\\xc3\\xa0 vu')
    >>> text[-7:], health
    ('déjà vu', [<Health.WRONG_CHARSET: 'wrong_charset'>])
    """
    health: list[Health] = []
    if data.startswith(_GZIP_MAGIC):
        try:
            data = gunzip(io.BytesIO(data))
        except CorruptGzip:
            return None, [Health.BINARY]
    if len(data) > MAX_SIZE:
        data = _trim_character(data[:MAX_SIZE])
        health.append(Health.TOO_LARGE)
    for mark, codec in _BOMS:
        if data.startswith(mark) and (codec[:6] != "utf-32" or _decodes(data, codec)):
            return _replace(data[len(mark) :], codec, health)
    wide = _find_utf16(data[:_SAMPLE])
    if wide:
        return _replace(data, wide, health)
    if _is_binary(data[:_SAMPLE]):
        return None, [*health, Health.BINARY]
    return _decode_unmarked(data, charset, health)


def gunzip(stream: IO[bytes]) -> bytes:
    """At most ``MAX_SIZE + 1`` unpacked bytes: one more than the limit tells that there were more."""
    try:
        with gzip.GzipFile(fileobj=stream) as unpacked:
            return unpacked.read(MAX_SIZE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CorruptGzip(str(error)) from error


def _decode_unmarked(data: bytes, charset: str | None, health: list[Health]) -> tuple[str, list[Health]]:
    """Bytes without a mark: the declaration, UTF-8 and a guess, whichever holds."""
    declared = _CODEC_OF.get((charset or "").strip().lower()) or _find_declared(data[:_DECLARATION_WINDOW])
    text = _try(data, "utf-8")
    if text is not None and declared != "iso2022_jp":
        n_extra = len(data) - len(text)  # length in bytes of UTF-8 beyond one per character
        if n_extra == 0 or declared in (None, "utf-8"):
            return text, health
        other = _try(data, declared) if declared in _MULTI_BYTE and n_extra < _MIN_MULTIBYTE else None
        return (other, health) if other is not None else (text, [*health, Health.WRONG_CHARSET])
    for codec in dict.fromkeys((declared, "utf-8")):  # the declared one first, each once
        if codec is not None and _mostly_decodes(data, codec):
            wrong = declared is not None and codec != declared
            return _replace(data, codec, [*health, Health.WRONG_CHARSET] if wrong else health)
    guess = _guess(data)
    return _replace(data, guess, health if declared in (None, guess) else [*health, Health.WRONG_CHARSET])


def _find_declared(head: bytes) -> str | None:
    """Codec of the first known label; an unknown label (``none``, ``utf8mb4``) declares nothing."""
    for match in _DECLARED.finditer(head):
        codec = _CODEC_OF.get((match[1] or match[2]).decode("ascii", "replace").lower())
        if codec:
            return codec
    return None


def _try(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _decodes(data: bytes, codec: str) -> bool:
    return _try(data[: _SAMPLE * 4], codec) is not None


def _replace(data: bytes, codec: str, health: list[Health]) -> tuple[str, list[Health]]:
    """Decode, U+FFFD for what does not fit."""
    text = _try(data, codec)
    if text is not None:
        return text, health
    return data.decode(codec, "replace"), [*health, Health.UNDECODABLE_BYTES]


def _mostly_decodes(data: bytes, codec: str) -> bool:
    """Whether the charset is right but for a few broken bytes."""
    text = data.decode(codec, "replace")
    n_bad = text.count("\ufffd")
    n_non_ascii = len(text) - len(text.encode("ascii", "ignore"))
    is_cut_short = n_bad == 1 < n_non_ascii - 1 and text.endswith("\ufffd")  # a short text, cut in a character
    return is_cut_short or n_bad <= n_non_ascii * _MAX_BAD_SHARE


def _trim_character(data: bytes) -> bytes:
    """Drop a UTF-8 character cut at the end, so that the size limit alone breaks nothing."""
    for back in range(1, min(4, len(data)) + 1):
        if data[-back] & 0xC0 == 0xC0:  # a lead byte; complete sequences stay whole
            return data if _try(data[-back:], "utf-8") is not None else data[:-back]
        if data[-back] & 0xC0 != 0x80:
            break
    return data


def _find_utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark, by its high bytes: small, and all at one parity."""
    even, odd = sample[0::2], sample[1::2]
    if not odd or 0 not in sample:
        return None
    cjk = _find_utf16_cjk(sample)
    if cjk:
        return cjk
    share_even, share_odd = (1 - len(half.translate(None, _BELOW_SPACE)) / len(half) for half in (even, odd))
    for high, low, codec in ((share_odd, share_even, "utf-16-le"), (share_even, share_odd, "utf-16-be")):
        if high >= _MIN_UTF16_SHARE and low < high / 3:
            return codec
    return None


def _find_utf16_cjk(sample: bytes) -> str | None:
    """UTF-16 of Chinese or Japanese: hardly a high byte is small, but no other reading gives words."""
    if _try(sample, "utf-8") is not None:
        return None
    shares = {}
    for codec in ("utf-16-le", "utf-16-be"):
        text = sample[: len(sample) // 2 * 2].decode(codec, "replace")
        shares[codec] = len(_WIDE_CJK.findall(text)) / len(text)
    best = max(shares, key=lambda codec: shares[codec])
    return best if shares[best] >= _MIN_CJK_SHARE else None


def _is_binary(sample: bytes) -> bool:
    if not sample:
        return False
    n_controls = len(sample) - len(sample.translate(None, _CONTROL))
    n_nuls = sample.count(0)
    return (
        sample.startswith(_MAGIC)
        or n_controls > _MAX_CONTROL_SHARE * len(sample)
        or n_nuls > _MAX_NUL_SHARE * len(sample)
    )


def _guess(data: bytes) -> str:
    """Best codec for bytes that say nothing about themselves; windows-1252 when in doubt."""
    first = _NON_ASCII.search(data)
    start = max(0, first.start() - 512) if first else 0
    sample = data[start : start + _GUESS_SAMPLE]
    western = _try(sample, "cp1252")
    if western is not None and not _ACCENTED_RUN.search(western) and _is_western(western):
        return "cp1252"
    import charset_normalizer  # 20 ms, and hardly a page needs it

    best = charset_normalizer.from_bytes(
        sample, cp_isolation=_GUESSES, preemptive_behaviour=False, enable_fallback=False
    ).best()
    return best.encoding if best is not None else "cp1252"


def _is_western(text: str) -> bool:
    return all(c.isascii() or c in _WESTERN for c in set(text))
