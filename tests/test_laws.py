"""Laws that hold for every page: what comes in comes back, and the parts of the answer agree with each other."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spamsift
from spamsift import BlockLabel, InputKind, Options, PageKind, Sifted, Thresholds
from spamsift.models import shipped_models
from spamsift.page_features import page_features
from spamsift.page_model import FARM_KINDS, accuse, load_page_model
from spamsift.pipeline import sift_document
from spamsift.reading import read
from spamsift.records import ARTICLE_LABELS, STYLE_DOUBTS

ROOT = Path(__file__).parent.parent
AS_HTML, AS_TEXT = Options(kind=InputKind.HTML), Options(kind=InputKind.TEXT)
LAWS = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


# --- pages ----------------------------------------------------------------------------------------

BRANDS = ("SafeX Pro", "Quanta Exchange", "Nova", "HyperQ24")
SENTENCES = (
    "The harbour was closed on Monday because of the storm, and the ferries stayed in port.",
    "“Nobody was hurt,” said the mayor of the town, who thanked the volunteers for their work.",
    "Die Brücke über den Fluss bleibt bis zum Sommer gesperrt, teilte die Stadt am Dienstag mit.",
    "El ayuntamiento aprobó el presupuesto con los votos de todos los partidos, según el alcalde.",
    "据新华社报道，北京明天将有小雨，气温下降。",
    "The {brand}harbour master said that repairs would take 3.5 months and cost $40 million.",
    "According to{brand} the survey, one in three shops reported losses. See also Ten ways to save",
    "It was, the {brand}U.S. officials said, the worst storm in years [AP Photo] .",
)
LINES = (
    "", " ", "\t", "Related", "Related Articles", "Share on Facebook", "Source: The Hill", "By Jane Doe | 2024-05-06",
    "Current:Home > My{brand}|Storm closes the harbour", "{brand}|Storm closes the harbour", "{brand} View",
    "Date:2024-05-06 11:22:33", "Leave a Reply", "Home", "* Ten ways to save", "1. First", "© 2024 {brand}", "{brand}",
    "Storm closes the harbour", "Subscribe to our newsletter", "very good! (59)", "\u200b", "x\0y",
    "A\x1cB\u2028C\x85D",
)  # fmt: skip
TAGS = (
    "p div h1 h2 span a b li ul table tr td br pre article nav aside form button time img title head body html "
    "blockquote section figure figcaption svg select option textarea noscript template x-y H3"
).split()
ATTRIBUTES = (
    "class='related'", 'class="article-body"', "id=share", "href='/a'", "hidden", 'style="display:none"',
    "role=navigation", "class='a>b'", "title='<p>'", "x=", "='", "itemprop=author", "datetime=2024",
)  # fmt: skip
BROKEN = (
    "<", "</", "<!", "<!--", "-->", "<!-- a -->", "<a href='", "<p", ">", "&", "&amp;", "&#0;", "&#xD800;", "&nbsp;",
    "<![CDATA[x]]>", "<?php echo 1 ?>", "<script>if (a<b) {}</script>", "<style>p{}</style>", "</p></div>", "\0",
    "\ud800", "<!doctype html>", "<\u0130>", "<textarea>", "<plaintext>",
)  # fmt: skip

any_text = st.text(st.characters(), max_size=200)
wild_text = st.lists(st.sampled_from(SENTENCES + LINES) | st.text(max_size=30), max_size=25)
any_bytes = st.binary(max_size=300)


@st.composite
def articles(draw: st.DrawFn) -> str:
    """Plain text in the shape of the wild: story, junk lines, an injected brand."""
    brand = draw(st.sampled_from(BRANDS))
    joint = draw(st.sampled_from(("\n", "\n\n", "\r\n", "\n \n")))
    return joint.join(line.replace("{brand}", brand) for line in draw(wild_text))


@st.composite
def tag_soups(draw: st.DrawFn) -> str:
    """Markup that nobody wrote: tags in any order, broken ones too, words between them."""
    brand = draw(st.sampled_from(BRANDS))
    tag, attributes = st.sampled_from(TAGS), st.lists(st.sampled_from(ATTRIBUTES), max_size=2).map(" ".join)
    opening = st.builds("<{} {}>".format, tag, attributes)
    words = st.sampled_from(SENTENCES + LINES).map(lambda line: line.replace("{brand}", brand))
    token = opening | st.builds("</{}>".format, tag) | words | words | st.sampled_from(BROKEN)
    return draw(st.sampled_from(("", "<html><body>", "<!doctype html><title>T</title>"))) + "".join(
        draw(st.lists(token, max_size=40))
    )


@st.composite
def encoded(draw: st.DrawFn) -> bytes:
    """A page as bytes in some charset, right or wrong."""
    page = draw(articles() | tag_soups())
    codec = draw(st.sampled_from(("utf-8", "utf-16", "utf-16-le", "cp1252", "gb18030", "utf-8-sig")))
    return page.encode(codec, "replace" if "utf" not in codec else "surrogatepass")


pages = articles() | tag_soups() | any_text | encoded() | any_bytes


# --- what agrees with what ------------------------------------------------------------------------


def check(page: Sifted) -> None:
    """Everything that holds for any answer."""
    check_blocks(page)
    check_cuts(page)
    check_verdict(page)
    assert page.source == page.restore()
    assert 0 <= page.kept_share <= 1
    assert len(set(page.health)) == len(page.health)
    assert json.loads(json.dumps(page.to_dict(), allow_nan=False)) == page.to_dict()


def check_blocks(page: Sifted) -> None:
    source = page.source
    for block in page.blocks:
        assert 0 <= block.start < block.end <= len(source)
        assert block.text == source[block.start : block.end]
        assert not block.text.isspace()
        assert isinstance(block.label, BlockLabel)
        assert 0 <= block.score <= 1
    assert all(one.end <= other.start for one, other in pairwise(page.blocks))
    ends = [0, *(block.end for block in page.blocks)]
    starts = [*(block.start for block in page.blocks), len(source)]
    between = "".join(source[end:start] for end, start in zip(ends, starts, strict=True))
    assert not between or between.isspace()  # every word stands in a block, and every block has a label
    if page.kind_of_input is InputKind.HTML:
        assert source == "\n".join(block.text for block in page.blocks)


def check_cuts(page: Sifted) -> None:
    source, text, position = page.source, "", 0
    for cut in page.cuts:
        assert position <= cut.start < cut.end <= len(source)
        assert cut.text == source[cut.start : cut.end]
        assert 0 <= cut.score <= 1
        assert cut.reason
        text += source[position : cut.start] + cut.replacement
        position = cut.end
    assert page.text == text + source[position:]
    for block in page.blocks:
        if block.label not in ARTICLE_LABELS:
            assert any(cut.start <= block.start and block.end <= cut.end for cut in page.cuts)


def check_verdict(page: Sifted) -> None:
    verdict = page.verdict
    assert 0 <= verdict.score <= 1
    assert set(verdict.probabilities) == set(PageKind) - {PageKind.UNDETERMINED}
    assert all(0 <= p <= 1 for p in verdict.probabilities.values())
    assert math.isclose(sum(verdict.probabilities.values()), 1, abs_tol=1e-6)
    assert math.isclose(verdict.score, 1 - verdict.probabilities[PageKind.ORIGINAL], abs_tol=1e-6)
    weights = [abs(finding.weight) for finding in verdict.evidence if finding.signal != "other_findings"]
    assert weights == sorted(weights, reverse=True)
    for finding in verdict.evidence:
        assert finding.signal
        assert math.isfinite(finding.weight)
        assert 0 <= finding.start <= finding.end <= len(page.source)
        assert finding.quote == page.source[finding.start : finding.end]
    assert math.isclose(verdict.log_odds, verdict.prior + sum(e.weight for e in verdict.evidence), abs_tol=1e-6)
    assert (verdict.kind is PageKind.UNDETERMINED) == bool(set(verdict.doubts) - STYLE_DOUBTS)
    low, high = verdict.thresholds.original_below, verdict.thresholds.farm_from
    assert low is not None
    assert high is not None
    if verdict.kind is PageKind.ORIGINAL:
        assert verdict.score < low
    elif verdict.kind is not PageKind.UNDETERMINED:
        assert verdict.score >= high


@LAWS
@given(any_text)
def test_any_text(page: str) -> None:
    check(spamsift.sift(page))
    as_text = spamsift.sift(page, options=AS_TEXT)
    check(as_text)
    assert as_text.restore() == page


@LAWS
@given(articles())
def test_articles(page: str) -> None:
    answer = spamsift.sift(page)
    check(answer)
    assert answer.kind_of_input is InputKind.TEXT
    assert answer.restore() == page


@LAWS
@given(tag_soups())
def test_tag_soup(page: str) -> None:
    check(spamsift.sift(page))
    check(spamsift.sift(page, options=AS_HTML))


@LAWS
@given(any_bytes | encoded())
def test_any_bytes(page: bytes) -> None:
    check(spamsift.sift(page))


def check_ledger(page: str | bytes) -> None:
    """Prior and ledger are the model's own score before calibration, not decoration."""
    document = read(page, None, Options())
    answer = sift_document(document, Options())
    model = load_page_model(shipped_models())
    scores = accuse(page_features(answer, document, model.frequencies), model)
    assert answer.verdict.accusation is not None
    column = FARM_KINDS.index(answer.verdict.accusation)
    assert math.isclose(answer.verdict.log_odds, scores[column], abs_tol=1e-6)
    assert answer.verdict.accusations[answer.verdict.accusation] == max(answer.verdict.accusations.values())


@LAWS
@given(pages)
def test_the_ledger_is_the_score(page: str | bytes) -> None:
    check_ledger(page)


def test_the_ledger_is_the_score_on_fixtures() -> None:
    for path in sorted((ROOT / "fixtures").glob("*/*/page.*")):
        check_ledger(path.read_bytes())


@LAWS
@given(articles(), st.floats(0, 1), st.floats(0, 1))
def test_thresholds_move_the_kind_and_nothing_else(page: str, one: float, other: float) -> None:
    wanted = Thresholds(farm_from=max(one, other), original_below=min(one, other))
    answer, usual = spamsift.sift(page, options=Options(thresholds=wanted)), spamsift.sift(page)
    check(answer)
    assert answer.verdict.thresholds == wanted
    assert (answer.verdict.score, answer.verdict.evidence) == (usual.verdict.score, usual.verdict.evidence)


@LAWS
@given(articles() | tag_soups(), st.frozensets(st.sampled_from(BlockLabel)))
def test_what_is_kept_is_the_callers_choice(page: str, keep: frozenset[BlockLabel]) -> None:
    answer = spamsift.sift(page, options=Options(keep=keep))
    text_of = spamsift.sift(page)
    assert [(b.label, b.score) for b in answer.blocks] == [(b.label, b.score) for b in text_of.blocks]
    assert answer.restore() == text_of.restore()
    for block in answer.blocks:
        assert block.label in keep or any(c.start <= block.start and block.end <= c.end for c in answer.cuts)


@LAWS
@given(pages)
def test_clean_is_the_text_of_sift(page: str | bytes) -> None:
    assert spamsift.clean(page) == spamsift.sift(page).text


# --- the same page, the same answer ---------------------------------------------------------------


@settings(LAWS, max_examples=15)
@given(st.data(), st.lists(pages, min_size=2, max_size=6))
def test_the_answer_does_not_depend_on_what_came_before(data: st.DataObject, batch: list[str | bytes]) -> None:
    before = [spamsift.sift(page).to_dict() for page in batch]
    for i in data.draw(st.permutations(range(len(batch)))):
        assert spamsift.sift(batch[i]).to_dict() == before[i]


PROGRAM = """
import json, sys, spamsift
pages = json.load(sys.stdin)
print(json.dumps([spamsift.sift(page).to_dict() for page in pages]))
"""


def fixture_pages() -> list[str]:
    """Two pages of each kind of input, and two made here."""
    found = [
        path.read_text(encoding="utf-8")
        for name in ("page.html", "page.txt")
        for path in sorted((ROOT / "fixtures").rglob(name))[:2]
    ]
    story = "\n".join(SENTENCES + LINES).replace("{brand}", BRANDS[0])
    return [*found, story, "<html><body>" + "".join(f"<p class=c{i}>{s}</p>" for i, s in enumerate(SENTENCES))]


def test_the_answer_does_not_depend_on_the_process() -> None:
    batch = fixture_pages()
    here = [spamsift.sift(page).to_dict() for page in batch]
    for seed in ("0", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        order = batch if seed == "0" else batch[::-1]
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM], input=json.dumps(order), env=environment, cwd=ROOT,
            capture_output=True, encoding="utf-8", check=True,
        )  # fmt: skip
        there = json.loads(ran.stdout)
        assert (there if seed == "0" else there[::-1]) == here


# --- what HTML does not mean ----------------------------------------------------------------------

Element = tuple[str, tuple[tuple[str, str], ...], str]
GIVEN_ATTRIBUTES = (("class", "post-text"), ("id", "main"), ("data-x", "1"), ("lang", "en"), ("role", "article"))
elements = st.tuples(
    st.sampled_from(("p", "div", "h2", "li", "blockquote", "footer", "nav")),
    st.lists(st.sampled_from(GIVEN_ATTRIBUTES), unique=True, max_size=4).map(tuple),
    st.sampled_from(SENTENCES + tuple(line for line in LINES if line.strip() and line.isprintable())),
)


STORY = tuple(f"<p>{sentence}</p>" for sentence in SENTENCES[:4])
"""Enough text that trafilatura does not fall back on its last resort, which keeps white space as it stands."""


def render(parts: Sequence[Element], gap: str, *, is_reversed: bool, quote: str) -> str:
    rows = []
    for tag, attributes, text in parts:
        order = reversed(attributes) if is_reversed else attributes
        shown = "".join(f" {name}={quote}{value}{quote}" for name, value in order)
        rows.append(f"<{tag}{shown}>{text}</{tag}>")
    return f"<html><head><title>A title</title></head><body>{gap}{gap.join([*STORY, *rows])}{gap}</body></html>"


@LAWS
@given(st.lists(elements, min_size=1, max_size=12), st.sampled_from(("\n", "   ", "\n\t\n", "\r\n")))
def test_attribute_order_and_white_space_between_tags_mean_nothing(parts: list[Element], gap: str) -> None:
    plain = spamsift.sift(render(parts, "", is_reversed=False, quote='"'))
    other = spamsift.sift(render(parts, gap, is_reversed=True, quote="'"))
    assert other.source == plain.source
    assert [block.label for block in other.blocks] == [block.label for block in plain.blocks]
    assert other.text == plain.text
