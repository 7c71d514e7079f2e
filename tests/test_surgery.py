"""Cuts inside blocks and whole blocks, the mended joins, title and provenance."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spamsift.inline import _leads, rows_by_block
from spamsift.records import MAIN_LABELS, BlockLabel, Cut, LabelledBlock, Metadata, Options, Sifted
from spamsift.surgery import Operation, apply_cuts, operate

NEXT = "The announcements come amid concerns over influence in the region, officials told reporters."


def blocks_of(source: str, labels: dict[str, BlockLabel] | None = None) -> list[LabelledBlock]:
    """One block per line that is not blank; a line that begins with a key of ``labels`` gets its label."""
    blocks, position = [], 0
    for line in source.split("\n"):
        text = line.strip()
        if text:
            start = position + line.index(text)
            wanted = (label for head, label in (labels or {}).items() if text.startswith(head))
            blocks.append(LabelledBlock(text, next(wanted, BlockLabel.BODY), 0.9, start, start + len(text)))
        position += len(line) + 1
    return blocks


def operated(source: str, labels: dict[str, BlockLabel] | None = None, metadata: Metadata | None = None) -> Operation:
    result = operate(source, blocks_of(source, labels), metadata or Metadata(), Options(keep=MAIN_LABELS))
    check(source, result)
    return result


def check(source: str, result: Operation) -> None:
    """The laws: cuts are sorted, disjoint, inside; the text is the source without them; nothing is lost."""
    position = 0
    for cut in result.cuts:
        assert position <= cut.start < cut.end <= len(source)
        assert cut.text == source[cut.start : cut.end]
        position = cut.end
    assert result.text == apply_cuts(source, result.cuts)
    assert Sifted(text=result.text, cuts=result.cuts).restore() == source


# --- whole blocks ---------------------------------------------------------------------------------------------

JUNK = {"x": BlockLabel.RELATED}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a\nb", "a\nb"),
        ("x1\na", "a"),
        ("a\nx1", "a"),
        ("a\nx1\nb", "a\nb"),
        ("a\n\nx1\n\nx2\n\nb\n", "a\n\nb\n"),
        ("a\n\nx1\n\nx2\n", "a"),
        ("x1\n\nx2\n", ""),
        (" \n x1 \n", ""),
        ("  a\nx1  \n", "  a"),
        ("  x1\n  a  ", "  a  "),
        ("", ""),
        (" \n\t", " \n\t"),
    ],
)
def test_blocks_go_with_their_separators(source: str, text: str) -> None:
    assert operated(source, JUNK).text == text


def test_a_cut_says_why() -> None:
    block = LabelledBlock("Related", BlockLabel.RELATED, 0.7, 0, 7, ("lexicon: related", "list"))
    cut = operate("Related", [block], Metadata(), Options()).cuts[0]
    assert (cut.label, cut.score, cut.reason) == (BlockLabel.RELATED, 0.7, "lexicon: related; list")


def test_the_caller_decides_what_stays() -> None:
    options = Options(keep=frozenset({BlockLabel.BODY, BlockLabel.RELATED}))
    assert operate("a\nx", blocks_of("a\nx", JUNK), Metadata(), options).text == "a\nx"


# --- the brand ------------------------------------------------------------------------------------------------

MENDED = [
    ("Washington — The ##U.S., Japan and", "Washington — The U.S., Japan and"),
    ("A ##man was", "A man was"),
    ("They went home. ## these talks were late.", "They went home. These talks were late."),
    ("He said „## these talks were late“.", "He said „these talks were late“."),
    ("It was like ##e-mail of the past.", "It was like e-mail of the past."),
    ("They met the ## Exchangepeople of the town.", "They met the people of the town."),
    ("The## man was", "The man was"),
    ("The##man was", "The man was"),
    ("The ## man was", "The man was"),
    ("The  ##man was", "The  man was"),
    ("He met Ann ##, who left", "He met Ann, who left"),
    ("He met Ann ##. Then", "He met Ann. Then"),
    ("##The man was", "The man was"),
    ("## The man was", "The man was"),
    ("##the man was", "The man was"),
    ("He left ##", "He left"),
    ("He left ##.", "He left."),
    ('"##We left," he said', '"We left," he said'),
    ('"## We left," he said', '"We left," he said'),
    ('He said ##"we left" to us', 'He said "we left" to us'),
    ("(##We left)", "(We left)"),
    ("The ####U.S. met", "The U.S. met"),
    ("The ## ## U.S. met", "The U.S. met"),
    ("A ##man met a ##woman in ##Rome", "A man met a woman in Rome"),
    ("The ##s of the trade", "The ##s of the trade"),
    ("He met - ##           and then he left", "He met - and then he left"),
    ("U.S. ##officials met", "U.S. officials met"),
    ("He met Ann##. Then", "He met Ann. Then"),
    ("He met Ann ## . Then", "He met Ann. Then"),
    ("He met Ann.## Then he", "He met Ann. Then he"),
    ("He met Ann.##Then he", "He met Ann. Then he"),
    ("He met Ann. ##", "He met Ann."),
    ("He met Ann in|##|several places", "He met Ann in several places"),
    ("He met Ann in | ## | several places", "He met Ann in several places"),
    ("He met Ann in |##several places", "He met Ann in several places"),
    ("He met Ann in - ## - several places", "He met Ann in several places"),
    ("He met Ann in (##) several places", "He met Ann in several places"),
]


MENDED_BRANDS = ["SafeX Pro Exchange", "PredictIQ", "Marta Quinnell", "Coin 24"]


@pytest.mark.parametrize("brand", MENDED_BRANDS)
@pytest.mark.parametrize(("injected", "mended"), MENDED)
def test_joins_are_mended(injected: str, mended: str, brand: str) -> None:
    head = f"Current:Home > My{brand}|Leaders announce new steps -Site\n{brand}|Leaders announce new steps\n"
    source = f"{head}{injected.replace('##', brand)}\n{NEXT}"
    result = operated(source, {f"{brand}|": BlockLabel.TITLE})
    assert result.text == f"Leaders announce new steps\n{mended.replace('##', brand)}\n{NEXT}"
    assert result.title == "Leaders announce new steps"
    assert result.provenance.injected_brand == brand


def test_header_lines_of_a_mirror_go_though_the_model_kept_them() -> None:
    source = (
        "Current:Home > MySafeX Pro|Leaders announce new steps -Wealth Site\n"
        "SafeX Pro|Leaders announce new steps\nPoinbank Exchange View\nDate:2025-04-11 05:27:12\n"
        f"Washington — The SafeX ProU.S. and Japan met on Monday.\n{NEXT}\nSafeX Pro"
    )
    result = operated(source, {"SafeX Pro|": BlockLabel.TITLE})
    assert result.text == f"Leaders announce new steps\nWashington — The U.S. and Japan met on Monday.\n{NEXT}"
    assert {cut.label for cut in result.cuts} == {BlockLabel.INJECTED}
    assert result.provenance.date == "2025-04-11 05:27:12"


def test_the_same_lines_stay_on_an_honest_page() -> None:
    source = f"Leaders announce new steps\nEditor View\n2025-04-11\nHome > Politics\n{NEXT}"
    assert operated(source, {"Leaders": BlockLabel.TITLE}).text == source


DISGUISED = ["S\u0430feX Pro", "Safe\u200bX Pro", "SafeX\u00a0Pro", "SafeX\nPro"]


@pytest.mark.parametrize("use", DISGUISED, ids=["cyrillic letter", "zero-width space", "hard space", "line break"])
def test_a_disguised_brand_goes_too(use: str) -> None:
    source = (
        "Current:Home > MySafeX Pro|Leaders announce new steps\nSafeX Pro|Leaders announce new steps\n"
        f"The SafeX Prowoman saw it.\nA {use}man met."
    )
    text = operated(source, {"SafeX Pro|": BlockLabel.TITLE}).text
    assert " ".join(text.split()) == "Leaders announce new steps The woman saw it. A man met."


def test_a_reason_names_what_the_cut_rests_on() -> None:
    source = "SafeX Pro|Leaders announce new steps\nA crowd that the SafeX Proman saw.\nIt SafeX Prowas late."
    cuts = [cut for cut in operated(source, {"SafeX Pro|": BlockLabel.TITLE}).cuts if cut.text == "SafeX Pro"]
    assert {cut.reason for cut in cuts} == {"injected brand 'SafeX Pro', seen in the title prefix and 2 glued uses"}


def test_a_site_name_leaves_the_title_only() -> None:
    source = f"Acme Rockets | How we test our engines\n{NEXT}"
    result = operated(source, {"Acme": BlockLabel.TITLE}, Metadata(site="Acme Rockets"))
    assert result.text == source
    assert result.title == "How we test our engines"


@pytest.mark.parametrize(
    ("metadata", "title"),
    [
        (Metadata(), None),
        (Metadata(title=" A  title "), "A title"),
        (Metadata(page_title="A title - Acme", site="Acme"), "A title"),
        (Metadata(title="Acme", site="Acme"), "Acme"),
    ],
)
def test_titles(metadata: Metadata, title: str | None) -> None:
    assert operated(NEXT, metadata=metadata).title == title


# --- rows of inline.toml ----------------------------------------------------------------------------------------

INLINE = [
    ("He left. See also  The Friday run is led by a sergeant", "He left.", BlockLabel.RELATED),
    ("He left. READ MORE: Ten ways to leave a town", "He left.", BlockLabel.RELATED),
    ("He left.Also read: Did Rob break up with Twigs?", "He left.", BlockLabel.RELATED),
    ("He left. See also The long road out of a small town", "He left.", BlockLabel.RELATED),
    ("Er ging. Lesen Sie auch: Zehn Wege aus der Stadt", "Er ging.", BlockLabel.RELATED),
    ("Il part. Lire aussi : Dix façons de quitter la ville", "Il part.", BlockLabel.RELATED),
    ("Se fue. Lea también: Diez maneras de irse", "Se fue.", BlockLabel.RELATED),
    ("He left.ADVERTISEMENTThen he came back.", "He left. Then he came back.", BlockLabel.PROMO),
    ("He left.  Advertisement - Continue Reading Below  Then he came.", "He left.  Then he came.", BlockLabel.PROMO),
    ("He left. TwitterveryGood! (2)", "He left.", BlockLabel.SHARE),
    ("He left. ShareTweetPinEmailFacebook", "He left.", BlockLabel.SHARE),
    ("He left the […]", "He left the", BlockLabel.RELATED),
    ("He left. The post Leaving appeared first on The Hill.", "He left.", BlockLabel.SOURCE),
    ("He left.Source: The Hill", "He left.", BlockLabel.SOURCE),
    ("He left. Source link", "He left.", BlockLabel.SOURCE),
    ("He le\u200bft.", "He left.", BlockLabel.INJECTED),
    ("He le\u200cft.", "He left.", BlockLabel.INJECTED),
    ("He read the report (opens in new tab), and left.", "He read the report, and left.", BlockLabel.NAVIGATION),
    ("804 SHARES Share Tweet He left.", "He left.", BlockLabel.SHARE),
    ("8.9k SHARES Share TweetThen he left.", "Then he left.", BlockLabel.SHARE),
    (
        "He left. cheap shoes, buy shoes, shoes online, red shoes, shoes outlet, best shoes",
        "He left.",
        BlockLabel.PROMO,
    ),
]


@pytest.mark.parametrize(("source", "text", "label"), INLINE)
def test_inline_strings(source: str, text: str, label: BlockLabel) -> None:
    result = operated(f"{NEXT}\n{source}")
    assert result.text == f"{NEXT}\n{text}"
    assert [cut.label for cut in result.cuts] == [label]


@pytest.mark.parametrize(
    "line",
    [
        "TwitterveryGood! (2)",
        "See also  The Friday run is led by a sergeant",
        "Advertisement",
        "Source: The Hill",
        "Source link",
    ],
)
def test_a_block_that_is_nothing_else_goes_with_its_separator(line: str) -> None:
    assert operated(f"{NEXT}\n{line}").text == NEXT


@pytest.mark.parametrize(
    "text",
    [
        'Only dreadful bores know what they mean. See also "neoliberalism".',
        "For the theory (see also below) we refer to Smith.",
        "See also: https://example.org/checking-out-pull-requests",
        "The advertisement was banned. Advertisements are everywhere.",
        "It was very good! (2) He left.",
        "You can also read the article about our voters here.",
        "The source: a spokesman who was there.",
        "He left. RELATED: The long way home  Take a look at how he came back",
        "He left. READ MORE: The long way home He came back after two years and told us why.",
        "Read more: Philips Sonicare 4100",
        "Want to learn more? Check out: Delivering Successful Projects",
        "He tweeted on Facebook and Twitter.",
        "“I have succeeded […] and I am free,” he said.",
        "He left. (Reporting by Anna Holm; Editing by Tom Achebe)",
        "The post office on Main Street appeared first on the list of closures.",
        'Below it said "The post How to prune roses appeared first on Garden Diary." Nobody ever wrote it.',
        'It said "This article was originally published on The Conversation", which is untrue, too.',
        'The papers wrote "Advertisement" above it, and said no more.',
        "نامه\u200cها را خواندم.",
        "क्\u200dष और \U0001f468\u200d\U0001f469\u200d\U0001f467 stay.",
        "Write “(opens in new tab)” behind such a link.",
        "The firm sold 804 shares. Share prices fell.",
        "He sells six kinds. They are green tea, black tea, white tea, red tea, iced tea, herbal tea",
        "He sells tea: green tea, black tea, white tea, red tea, iced tea, herbal tea.",
        "He left. (Reporting by Anna Holm in Oslo)",
    ],
)
def test_ordinary_sentences_stay(text: str) -> None:
    source = f"{text}\n{NEXT}\n{NEXT}\n{NEXT}"
    assert operated(source).text == source


def test_a_source_in_mid_article_is_a_caption() -> None:
    source = f"Source: Census Bureau\n{NEXT}\n{NEXT}\n{NEXT}"
    assert operated(source).text == source


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("Source: The Hill", "source", "The Hill"),
        ("The post Leaving town appeared first on Daily Beacon.", "source", "Daily Beacon"),
        ("Der Beitrag Abschied erschien zuerst auf Morgenblatt.", "source", "Morgenblatt"),
        ("(Reporting by Anna Holm; Editing by Tom Achebe)", "author", "Anna Holm"),
        ("Bo Eriksen is a reporter covering the White House for CBS News Digital.", "source", "CBS News Digital"),
        ("Bo Eriksen is a reporter covering the White House for CBS News Digital.", "author", "Bo Eriksen"),
        ("By Anna Holm, April 11, 2024", "author", "Anna Holm"),
        ("By Anna Holm, April 11, 2024", "date", "April 11, 2024"),
    ],
)
def test_credits_are_kept_as_provenance(line: str, field: str, value: str) -> None:
    for labels in ({}, {line[:6]: BlockLabel.SOURCE}) if not line.startswith("By") else ({"By": BlockLabel.BYLINE},):
        assert getattr(operated(f"{NEXT}\n{line}", labels).provenance, field) == value


def test_what_the_page_declares_wins() -> None:
    declared = Metadata(author="Ann", date="2024-01-01", site="Acme")
    provenance = operated("By Bo Eriksen 2025-02-02", {"By": BlockLabel.BYLINE}, declared).provenance
    assert (provenance.author, provenance.date, provenance.site) == ("Ann", "2024-01-01", "Acme")


# --- laws -------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    (
        "SafeX Pro;SafeX;|; ;  ;\n;\n\n;-;.;,;The;man;U.S.;See also  ;READ MORE: ;ADVERTISEMENT;Source: The Hill;[…];"
        "TwitterveryGood! (2);\u200b;\u00a0;İ;ß;“;\";'s;>;Current:Home > My;Date:2025-04-11 05:27:12; View;\ud83d;日本;"
        "\r;Leaders announce new steps;S\u0430feX Pro;SafeX\nPro;was;SafeX Pro;\u200d"
    ).split(";")
)
LABELS = st.lists(st.sampled_from(BlockLabel), min_size=1, max_size=8)


@given(st.lists(PIECES, max_size=40), LABELS, st.booleans())
@settings(deadline=None, max_examples=300)
def test_laws(pieces: list[str], labels: list[BlockLabel], is_mirror: bool) -> None:
    head = "SafeX Pro|Leaders announce new steps\nThe SafeX ProU.S. met.\n" if is_mirror else ""
    source = head + "".join(pieces)
    blocks = [
        LabelledBlock(block.text, labels[index % len(labels)], 0.5, block.start, block.end)
        for index, block in enumerate(blocks_of(source))
    ]
    result = operate(source, blocks, Metadata(), Options())
    check(source, result)
    if blocks and all(block.label not in Options().keep for block in blocks):
        assert result.text == ""
    if not result.cuts:
        assert result.text == source
    assert operate(source, blocks, Metadata(), Options()) == result


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_survives(source: str) -> None:
    operated(source)


@pytest.mark.parametrize(
    "source",
    [
        NEXT * 11_000,
        (NEXT + "\n") * 11_000,
        "SafeX Pro|Leaders announce new steps\n" + "The SafeX ProU.S. met. " * 45_000,
        "Home > MySafeX Pro|Leaders announce new steps\nSafeX Pro|Leaders announce new steps\n"
        + "A SafeX Proman. " * 60_000,
        "Home > MySafeX Pro|Leaders announce new steps\nSafeX Pro|Leaders announce new steps\n" + "SafeX Pro " * 99_000,
        "Gold - Leaders announce new steps\n" + " ".join(f"Gold{n:x}ab" for n in range(90_000)),
        "See also  " * 100_000,
        "Source: " * 125_000,
        "The post " * 110_000,
        "share tweet facebook " * 48_000,
        "A|" * 500_000,
        "Home > " * 140_000,
        "> " * 500_000,
        " " * 1_000_000 + "x",
        "Xx" * 500_000,
        ("Aa Bb Cc Dd Ee FfGg " * 14 + "\n") * 3_500,
        "x. See also  A\n" * 60_000,
    ],
    ids=lambda source: source[:20].strip(),
)
def test_a_megabyte_takes_a_second_or_two(source: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    blocks = blocks_of(source)
    with within(4.0):  # some 60,000 cuts at worst
        operate(source, blocks, Metadata(), Options())


def test_apply_cuts_replaces() -> None:
    assert apply_cuts("abc", [Cut(1, 2, BlockLabel.OTHER, 1.0, "", "b", " ")]) == "a c"


@given(
    st.lists(st.sampled_from(["glued", " ", ". ", "\u00a0", "x", *(lead for _, leads in _leads() for lead in leads)]))
)
def test_no_row_is_passed_over_whose_lead_stands_in_the_block(parts: list[str]) -> None:
    text = "".join(parts) or "x"
    rows = rows_by_block(text, [LabelledBlock(text, BlockLabel.BODY, 0.9, 0, len(text))])
    assert rows.get(0, []) == [row for row, leads in _leads() if any(lead in text.lower() for lead in leads)]
