"""What comes through the front door: kinds, charsets, limits, and every word of odd pages."""

from __future__ import annotations

import gzip
import os
import pathlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spamsift.errors import UnreadablePage
from spamsift.parsing import MAX_DEPTH
from spamsift.reading import looks_like_markup, read
from spamsift.records import Document, Health, InputKind, Options

AUTO = Options()
AS_HTML, AS_TEXT = Options(kind=InputKind.HTML), Options(kind=InputKind.TEXT)
RUSSIAN = "Президент подписал закон о бюджете на следующий год, сообщает агентство. "
CHINESE = "据新华社报道，北京明天将有小雨，气温下降。今天天气很好，适合出门散步。"
JAPANESE = "東京の新聞によると、明日は雨が降るでしょう。今日は天気がいいですね。"
FRENCH = "Le café était fermé, déjà vu à l'hôtel. Où est passée la clé ? "
LAWS = settings(max_examples=150, deadline=None)


def read_page(page: str | bytes | os.PathLike[str], options: Options = AUTO) -> Document:
    return read(page, None, options)


def words(document: Document) -> str:
    """All words of a page, one space between."""
    if document.tree is None:
        return " ".join(document.text.split())
    return " ".join(" ".join(document.tree.itertext()).split())


def depth(document: Document) -> int:
    assert document.tree is not None
    deepest, level, node = 0, 1, document.tree
    while node is not None:  # down, else right, else up: no recursion
        deepest = max(deepest, level)
        if len(node):
            node, level = node[0], level + 1
            continue
        while node is not None and node.getnext() is None:
            node, level = node.getparent(), level - 1
        node = node.getnext() if node is not None else None
    return deepest


# --- kinds ---------------------------------------------------------------------------------------

MARKUP = {
    "doctype": "<!DOCTYPE html>\n<title>x</title>",
    "upper case": "<HTML><BODY>Hi</BODY></HTML>",
    "xhtml": '<?xml version="1.0" encoding="utf-16"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><body>é</body></html>',
    "comment first": "<!-- saved --> <!-- twice --><html><p>x",
    "byte order mark": "\ufeff<html>x</html>",
    "fragment": "<p>One.</p>\n<p>Two.</p>",
    "fragment that begins with words": "Intro <b>bold</b><br>more<br>",
    "unclosed paragraphs": "<p>One\n<p>Two",
    "article": '<article class="post"><h1>T</h1>\n\nloose words\n\n</article>',
    "server complains first": "Warning: mysql_connect() failed\n\n<!doctype html><html><p>x</html>",
}
PROSE = {
    "plain": "Just a story.\n\nWith two paragraphs.",
    "talks about a tag": "Use <b> to make words bold.",
    "arithmetic": "1 < 2 and 3 > 2, so a<b and b>c.",
    "markdown": "# Title\n\n<div align=center><img src=x></div>\n\nWords here.\n\nMore words.\n\nAnd more.",
    "tutorial": "A page begins so:\n\n```\n<html>\n<body>\n```\n\nThen come words.\n\nAnd an end.",
    "mail address": "Jane Doe <jane@example.org> wrote:\n\n> yes",
    "a path": "/etc/passwd",
    "generics": "List<String> and Map<K, V> are types.",
}


@pytest.mark.parametrize("page", MARKUP.values(), ids=MARKUP)
def test_markup_is_html(page: str) -> None:
    document = read_page(page)
    assert (document.kind, document.health) == (InputKind.HTML, ())
    assert document.tree is not None
    assert document.tree.tag == "html"


@pytest.mark.parametrize("page", PROSE.values(), ids=PROSE)
def test_prose_is_text_to_the_letter(page: str) -> None:
    assert read_page(page) == Document(InputKind.TEXT, page)


def test_options_decide_by_hand() -> None:
    assert read_page("<p>x</p><p>y</p>", AS_TEXT).text == "<p>x</p><p>y</p>"
    assert words(read_page("only words", AS_HTML)) == "only words"


def test_comments_that_never_end_are_looked_at_in_linear_time() -> None:
    assert not looks_like_markup("<!---->" * 2_000 + "words " * 2_000)
    assert looks_like_markup("<!---->" * 2_000 + "<html>")


# --- health --------------------------------------------------------------------------------------

HEALTH = {
    "empty": ("", AUTO, InputKind.TEXT, "", {Health.EMPTY}),
    "white space": (b" \n\t", AS_HTML, InputKind.TEXT, "", {Health.EMPTY}),
    "NUL in text": ("a\0b c", AUTO, InputKind.TEXT, "a\0b c", {Health.NUL_BYTES}),
    "NUL in markup": ("<p>a\0b</p><p>c</p>", AUTO, InputKind.HTML, "ab c", {Health.NUL_BYTES}),
    "nothing but NUL": ("\0\0", AS_HTML, InputKind.TEXT, "", {Health.NUL_BYTES, Health.EMPTY}),
    "surrogate in text": ("a \ud800 b", AUTO, InputKind.TEXT, "a \ud800 b", {Health.LONE_SURROGATES}),
    "surrogate in markup": ("<p>\udc00a \ud800</p><p>b", AUTO, InputKind.HTML, "\ufffda \ufffd b",
                            {Health.LONE_SURROGATES}),
    "pair in markup": ("<p>\ud83d\ude00</p><p>b", AUTO, InputKind.HTML, "\U0001f600 b", {Health.LONE_SURROGATES}),
    "no tree": ("<!doctype html><!-- nothing -->", AUTO, InputKind.TEXT, "<!doctype html><!-- nothing -->",
                {Health.MALFORMED}),
    "broken bytes": ("Ärger über Öl, schöne Grüße, größer, Äpfel ".encode() + b"\xff end", AUTO, InputKind.TEXT,
                     "Ärger über Öl, schöne Grüße, größer, Äpfel \ufffd end", {Health.UNDECODABLE_BYTES}),
    "cut in a character": ("déjà vu, café".encode()[:-1], AUTO, InputKind.TEXT, "déjà vu, caf\ufffd",
                           {Health.UNDECODABLE_BYTES}),
    "binary": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), AUTO, InputKind.TEXT, "", {Health.BINARY}),
    "pdf": (b"%PDF-1.7 all in ASCII", AUTO, InputKind.TEXT, "", {Health.BINARY}),
    "many control characters": (bytes(range(32)) * 9, AUTO, InputKind.TEXT, "", {Health.BINARY}),
    "zeros": (b"\0" * 999, AUTO, InputKind.TEXT, "", {Health.BINARY}),
    "gzip": (gzip.compress(b"unpacked words"), AUTO, InputKind.TEXT, "unpacked words", set()),
    "half a gzip": (gzip.compress(os.urandom(999))[:500], AUTO, InputKind.TEXT, "", {Health.BINARY}),
    "gzip in gzip": (gzip.compress(gzip.compress(b"x")), AUTO, InputKind.TEXT, "", {Health.BINARY}),
}  # fmt: skip


@pytest.mark.parametrize(("page", "options", "kind", "text", "health"), HEALTH.values(), ids=HEALTH)
def test_health(page: str | bytes, options: Options, kind: InputKind, text: str, health: set[Health]) -> None:
    document = read_page(page, options)
    assert (document.kind, set(document.health)) == (kind, health)
    assert words(document) == text


@pytest.mark.parametrize(("unit", "kept"), [("word ", "word"), ("<i>", "x")], ids=["characters", "tags"])
def test_too_large(unit: str, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spamsift.reading.MAX_SIZE", 5_000)
    monkeypatch.setattr("spamsift.decoding.MAX_SIZE", 5_000)
    monkeypatch.setattr("spamsift.reading._MAX_TAGS", 100)
    page = "<p>x</p>" + unit * 1_500
    for document in (read_page(page, AS_HTML), read_page(page.encode(), AS_HTML)):
        assert Health.TOO_LARGE in document.health
        assert len(document.text) <= 5_000
        assert kept in words(document)


def test_the_size_limit_breaks_no_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spamsift.decoding.MAX_SIZE", 1_001)
    for page in ("é" * 900, "x" + "é" * 900, "€" * 900, "\U0001f600" * 900):
        document = read_page(page.encode())
        assert document.health == (Health.TOO_LARGE,)
        assert set(document.text) == set(page)


# --- charsets ------------------------------------------------------------------------------------


def declare(text: str, charset: str) -> str:
    return f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"></head><p>{text}</p>'


DECLARED = {
    "shift_jis": (JAPANESE, "shift_jis", "cp932", ()),
    "euc-jp": (JAPANESE, "EUC-JP", "euc_jp", ()),
    "iso-2022-jp": (JAPANESE, "iso-2022-jp", "iso2022_jp", ()),
    "gb2312 is gb18030": (CHINESE + "€", "gb2312", "gb18030", ()),
    "windows-1251": (RUSSIAN, "windows-1251", "cp1251", ()),
    "koi8-r": (RUSSIAN, "KOI8-R", "koi8_r", ()),
    "latin-1 is windows-1252": ("It’s “café” – 5 €", "iso-8859-1", "cp1252", ()),
    "latin-1 but utf-8": (FRENCH, "iso-8859-1", "utf-8", (Health.WRONG_CHARSET,)),
    "shift_jis but utf-8": (JAPANESE, "shift_jis", "utf-8", (Health.WRONG_CHARSET,)),
    "utf-8 but windows-1251": (RUSSIAN, "utf-8", "cp1251", (Health.WRONG_CHARSET,)),
    "utf-8 but windows-1252": (FRENCH, "utf-8", "cp1252", (Health.WRONG_CHARSET,)),
    "utf-8 but gb18030": (CHINESE * 3, "utf-8", "gb18030", (Health.WRONG_CHARSET,)),
    "ascii whatever is declared": ("plain", "shift_jis", "ascii", ()),
    "unknown label": (FRENCH, "utf8mb4", "utf-8", ()),
    "utf-16 in a meta is utf-8": (FRENCH, "utf-16", "utf-8", ()),
    "dangerous label": ("+ADw-b+AD4-", "utf-7", "ascii", ()),
}


@pytest.mark.parametrize(("text", "label", "codec", "health"), DECLARED.values(), ids=DECLARED)
def test_declared_charset(text: str, label: str, codec: str, health: tuple[Health, ...]) -> None:
    page = declare(text, label)
    document = read_page(page.encode(codec))
    assert (document.text, document.health) == (page, health)
    assert words(document) == " ".join(text.split())  # <meta> has not misled the parser either


@pytest.mark.parametrize(
    "head", ['<meta charset="windows-1251">', '<?xml version="1.0" encoding="windows-1251"?><html>']
)
def test_other_declarations(head: str) -> None:
    page = f"{head}<p>{RUSSIAN}</p>"
    assert read_page(page.encode("cp1251")).text == page


def test_gbk_that_happens_to_be_utf8() -> None:
    page = '<html><meta charset="gbk"><p>联通</p>'  # the famous one
    assert read_page(page.encode("gbk")).text == page


WIDE = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-8"]


@pytest.mark.parametrize(
    "text", [FRENCH, RUSSIAN, CHINESE, declare(JAPANESE, "utf-16")], ids=["fr", "ru", "zh", "html"]
)
@pytest.mark.parametrize("codec", WIDE)
def test_byte_order_mark(text: str, codec: str) -> None:
    document = read_page(("\ufeff" + text).encode(codec))
    assert (document.text, document.health) == (text, ())


@pytest.mark.parametrize("text", [FRENCH, RUSSIAN, CHINESE + "\n" + CHINESE, declare(CHINESE, "utf-16")])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_mark(text: str, codec: str) -> None:
    document = read_page(text.encode(codec))
    assert (document.text, document.health) == (text, ())


@pytest.mark.parametrize(
    ("text", "codec"),
    [(RUSSIAN, "cp1251"), (RUSSIAN, "koi8_r"), (FRENCH, "cp1252"), ("“Quoted” – it’s English.", "cp1252"),
     ("Die Straße führt über die Brücke.", "cp1252"), ("El niño comió mañana en España, ¿verdad?", "cp1252"),
     (JAPANESE, "cp932"), (CHINESE, "gb18030"), ("Příliš žluťoučký kůň úpěl ďábelské ódy", "cp1250")],
)  # fmt: skip
def test_undeclared_charset(text: str, codec: str) -> None:
    for page in (text, f"<html><body><p>{text}</p></body></html>"):
        document = read_page(page.encode(codec))
        assert (document.text, document.health) == (page, ())


# --- nesting, size, traps of libxml2 -------------------------------------------------------------

NESTS = {
    "div": ("<div>", "</div>"),
    "b": ("<b>", "</b>"),
    "table": ("<table><tr><td>", "</td></tr></table>"),
    "list": ("<ul><li>", "</li></ul>"),
    "attributes": ("<div class='a>b' title=\"it's\">", "</div>"),
    "never closed": ("<section>", ""),
    "wrongly closed": ("<span><div></span>", ""),
    "font in link": ('<a href="/x"><font>', "</font></a>"),
}


@pytest.mark.parametrize("n", [300, 1_000, 10_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), NESTS.values(), ids=NESTS)
def test_deep_nesting_loses_no_word(opening: str, closing: str, n: int) -> None:
    n //= 1 + (opening.count("<") > 1)
    page = f"<html><body><p>top</p>{opening * n}bottom<i>!</i>{closing * n}<p>after</p></body></html>"
    document = read_page(page)
    assert document.health == (Health.DEEPLY_NESTED,) or (n < 200 and not document.health)
    assert words(document) == "top bottom ! after"
    assert depth(document) <= MAX_DEPTH


def test_words_at_every_depth_stay_in_order_and_apart() -> None:
    page = "".join(f"<div>a{i} " for i in range(1_000)) + "".join(f"b{i} </div>c{i} " for i in range(1_000))
    expected = [f"a{i}" for i in range(1_000)] + [w for i in range(1_000) for w in (f"b{i}", f"c{i}")]
    assert words(read_page(page, AS_HTML)).split() == expected


def test_links_stay_links_however_deep() -> None:
    document = read_page("<div>" * 5_000 + '<h2>Head</h2><p>See <a href="/x">this</a>.</p>' + "</div>" * 5_000)
    assert document.tree is not None
    assert [a.text for a in document.tree.iter("a")] == ["this"]
    assert [h.text for h in document.tree.iter("h2")] == ["Head"]


def test_ordinary_nesting_is_left_alone() -> None:
    document = read_page("<html><body>" + "<div>" * 190 + "x" + "</div>" * 190)
    assert (document.health, depth(document)) == ((), 192)


BIG = "word " * 2_400_000  # 12 MB, libxml2 stops at 10
HUGE = {
    "text": (f"<p>top</p><p>{BIG}</p><p>after</p>", 2_400_002, True),
    "text without spaces": (f"<p>top</p><p>{'x' * 12_000_000}</p><p>after</p>", None, True),
    "references": (f"<p>top</p><p>{'&lt;' * 3_000_000}</p><p>after</p>", None, False),
    "long runs": (f"<p>top</p>{'<p>' + 'word ' * 40_000 + '</p>'}" * 60 + "<p>after</p>", 2_400_061, False),
    "comments between": (f"<p>top</p><p>{('word ' * 200 + '<!-- c -->') * 12_000}</p><p>after</p>", 2_400_002, True),
    "attribute": (f'<p>top</p><img src="data:{BIG}"><p>after</p>', 2, False),
    "attribute with tags": (f"<p>top</p><img alt='{'<p>' * 4_000_000}'><p>after</p>", 2, False),
    "comment": (f"<p>top</p><!--{BIG}--><p>after</p>", 2, False),
    "script": (f"<p>top</p><script>{BIG}</script><p>after</p>", 2, False),
    "textarea": (f"<p>top</p><textarea>{BIG}</textarea><p>after</p>", 2_400_002, True),
}


@pytest.mark.parametrize(("page", "n_words", "is_split"), HUGE.values(), ids=HUGE)
def test_huge_runs(page: str, n_words: int | None, is_split: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spamsift.reading._MAX_TAGS", 5_000_000)
    document = read_page(page)
    assert document.health == ((Health.HUGE_TEXT_NODE,) if is_split else ())
    assert document.tree is not None
    text = "".join(document.tree.itertext()).strip()
    assert text.startswith("top")
    assert text.endswith("after")
    assert n_words is None or len(" ".join(document.tree.itertext()).split()) == n_words
    if n_words is None:
        assert len("".join(text.split())) == len("topafter") + page.count("x") + page.count("&lt;")


def test_thirty_megabytes() -> None:
    paragraph = '<p class="x">' + "word " * 60 + '<a href="/x">link</a></p>\n'
    n = 30_000_000 // len(paragraph)
    document = read_page(f"<html><body>{paragraph * n}<p>END</p></body></html>".encode())
    assert document.health == ()
    assert document.tree is not None
    assert "".join(document.tree.itertext()).count("link") == n
    assert "".join(document.tree.itertext()).rstrip().endswith("END")


ODD = {
    "words after </html>": ("<html><body><p>a</p></body></html>\n<div>b</div> c</body></html> d", "a b c d"),
    "html twice": ("<html><html><body>a<html>b</html>c", "abc"),
    "frameset": ("<html><frameset><frame src=a></frameset><noframes>a</noframes></html>", "a"),
    "namespace": ("<div><svg:svg><svg:path d='1'/>a</svg:svg></div>", "a"),
    "template": ("<div><template><p>a</p></template></div>", "a"),
    "processing instruction": ("<div><?php echo '>' ?>a</div>", "' ?>a"),
    "plaintext": ("<html>a<plaintext>b<i>", "ab<i>"),
    "unclosed title": ("<html><title>a<p>b", "a<p>b"),
    "unclosed textarea": ("<html><p>a<textarea>b<p>c", "a b<p>c"),
    "unclosed script": ("<html><p>a</p><script>b<p>c", "a b<p>c"),
    "unclosed comment": ("<html><p>a</p><!-- b <p>c", "a"),
    "cut in a tag": ("<html><p>a</p><a href='", "a"),
    "cdata": ("<html><p>a<![CDATA[b]]>c</p>", "ac"),
}


@pytest.mark.parametrize(("page", "text"), ODD.values(), ids=ODD)
def test_odd_markup(page: str, text: str) -> None:
    """Also when the nesting must be flattened: both parses agree."""
    document = read_page(page)
    assert (document.kind, document.health) == (InputKind.HTML, ())
    assert "".join(words(document).split()) == "".join(text.split())
    deep = read_page("<html>" + "<div>" * 400 + "</div>" * 400 + page)
    assert deep.health == (Health.DEEPLY_NESTED,)
    assert "".join(words(deep).split()) == "".join(text.split())


@pytest.mark.parametrize("soup", ["<a '", '<p x="', "<!", "</", "<!--", "<title>", "</i>", "<?", "= ", "<![CDATA["])
def test_hostile_repetition_takes_linear_time(soup: str) -> None:
    read_page("<html>" + "<div>" * 400 + soup * 200_000)


# --- files and mistakes --------------------------------------------------------------------------


def test_files(tmp_path: pathlib.Path) -> None:
    page = "<html><p>naïve</p></html>"
    for name, data in (("page.html", page.encode()), ("page.html.gz", gzip.compress(page.encode()))):
        path = tmp_path / name
        path.write_bytes(data)
        document = read(path, "https://example.org/", AUTO)
        assert (document.text, document.name, document.url) == (page, str(path), "https://example.org/")
        assert document.kind is InputKind.HTML


def test_gzip_bombs_are_read_up_to_the_limit(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spamsift.decoding.MAX_SIZE", 5_000)
    bomb = gzip.compress(b"word " * 1_000_000)
    path = tmp_path / "bomb.GZ"
    path.write_bytes(bomb)
    for document in (read_page(path), read_page(bomb)):
        assert (document.text, document.health) == ("word " * 1_000, (Health.TOO_LARGE,))


def test_plain_text_does_not_pay_for_parsers() -> None:
    program = (
        "import sys; from spamsift.reading import read; from spamsift.records import Options\n"
        "before = set(sys.modules)\n"
        "read('words', None, Options()); read(b'caf\\xe9', None, Options())\n"
        "print(*{'lxml', 'charset_normalizer', 'trafilatura'} & (set(sys.modules) - before))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""


def test_unreadable_files(tmp_path: pathlib.Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(os.urandom(999))[:500])
    (tmp_path / "fake.gz").write_bytes(b"no gzip at all")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "cut.gz", tmp_path / "fake.gz", tmp_path / "pipe",
                 pathlib.Path("nul\0byte")):  # fmt: skip
        with pytest.raises(UnreadablePage, match=r"^can't (read|unpack) .+; \S.+$") as caught:
            read_page(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("page", [None, 7, ["<p>"], bytearray(b"x")])
def test_other_types_are_refused(page: object) -> None:
    with pytest.raises(TypeError, match=r"^page must be str, bytes or os.PathLike, not \w+: pass"):
        read_page(page)  # type: ignore[arg-type]


# --- laws ----------------------------------------------------------------------------------------

TAGS = st.sampled_from(
    [
        "div",
        "p",
        "span",
        "b",
        "a",
        "ul",
        "li",
        "table",
        "tr",
        "td",
        "h1",
        "svg:g",
        "title",
        "script",
        "textarea",
        "br",
        "plaintext",
        "form",
    ]
)
PIECES = st.one_of(
    TAGS.map("<{}>".format),
    TAGS.map("</{}>".format),
    st.sampled_from(["<a href='", '"', ">", "<!--", "-->", "<?", "</html>", "<body>", "\0", "\ud800", "&lt;", "<p/>"]),
    st.text(max_size=5),
)
ANY_STR = st.text(st.characters(codec=None), max_size=300)


def check(page: str | bytes, options: Options) -> None:
    """An answer, the same twice, whole and shallow."""
    first, second = read_page(page, options), read_page(page, options)
    assert (first.kind, first.text, first.health) == (second.kind, second.text, second.health)
    assert (first.tree is None) == (first.kind is InputKind.TEXT)
    if first.tree is not None:
        assert depth(first) <= MAX_DEPTH
        assert words(first) == words(second)


@LAWS
@given(st.binary(max_size=400), st.sampled_from([AUTO, AS_HTML, AS_TEXT]))
def test_any_bytes(data: bytes, options: Options) -> None:
    check(data, options)


@LAWS
@given(ANY_STR, st.sampled_from([AUTO, AS_HTML, AS_TEXT]))
def test_any_str(text: str, options: Options) -> None:
    check(text, options)
    if read_page(text, AS_TEXT).health != (Health.EMPTY,):
        assert read_page(text, AS_TEXT).text == text


@LAWS
@given(st.lists(PIECES, max_size=40), st.integers(0, 60))
def test_any_tag_soup(pieces: list[str], n: int) -> None:
    check("<html>" + "".join(pieces) * n, AUTO)


@LAWS
@given(st.text(min_size=1, max_size=200), st.sampled_from(WIDE[:3]))
def test_marked_text_comes_back(text: str, codec: str) -> None:
    if text.strip() and not text.startswith("\0"):
        assert read_page(("\ufeff" + text).encode(codec), AS_TEXT).text == text


def test_the_charset_of_the_server_is_heard_and_checked() -> None:
    russian = '<meta charset="windows-1252"><p>Гавань закрыта.</p>'
    options = Options(charset="Windows-1251")
    assert "Гавань" in read(russian.encode("cp1251"), None, options).text
    utf8 = read(russian.encode(), None, options)  # bytes that can be nothing else
    assert "Гавань" in utf8.text
    assert utf8.health == (Health.WRONG_CHARSET,)
    assert "é" in read('<meta charset="windows-1252"><p>é'.encode("cp1252"), None, Options(charset="nonsense")).text
