"""Learning the injected brand: pages that have one, and honest pages that look as if they had."""

from __future__ import annotations

import pytest

from spamsift.brand import learn
from spamsift.joins import Join, join_at
from spamsift.records import BlockLabel, LabelledBlock, Metadata
from spamsift.sightings import Place, head_of, is_crumb, is_distinctive, lines_of, without_lead

TITLE = "Leaders announce new steps to deepen ties"
BODY = (
    "Washington — The {}U.S., Japan and Australia will create a joint network, the president said on Wednesday.",
    "The announcements come amid concerns over influence in the region and globally, officials told reporters.",
)


PROSE = (
    "What the people of the town said about this is that they would not have it, and that was all there was to say.",
    "There is a new bridge over the river now, and it has been there for more than a year, the mayor told reporters.",
)


def page_of(*lines: str) -> tuple[str, list[LabelledBlock]]:
    """One block per line: the first is the title, short ones with a colon or crumb stay main content too."""
    blocks, position = [], 0
    for index, line in enumerate(lines):
        label = BlockLabel.BODY if index else BlockLabel.TITLE
        blocks.append(LabelledBlock(line, label, 0.9, position, position + len(line)))
        position += len(line) + 1
    return "\n".join(lines), blocks


def learned(*lines: str, page_title: str | None = None) -> str | None:
    brand = learn(*page_of(*lines), Metadata(page_title=page_title))
    return brand.text if brand is not None and brand.is_established else None


BRANDS = [
    "SafeX Pro Exchange",
    "PredictIQ",
    "Dexter Quinnell",
    "Coin24",
    "Bank of the Nile 365 Hub",
    "iTrustCapital",
]


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("separator", ["|", "-", ":", " -"])
def test_a_tight_prefix_and_one_glued_use(brand: str, separator: str) -> None:
    assert learned(brand + separator + TITLE, BODY[0].format(brand), BODY[1]) == brand


def test_the_story_says_which_name_is_whole() -> None:
    crumb = f"Current:Home > MyNova Vault|{TITLE} -MyNova Vault"
    assert learned(crumb, f"Nova Vault|{TITLE}", *(line.format("Nova Vault") for line in BODY)) == "Nova Vault"


def test_a_title_may_have_less_of_the_name_than_the_story() -> None:
    story = (line.format("Nova Vault Exchange") for line in BODY)
    brand = learn(*page_of(f"Nova Vault|{TITLE}", *story, "They had to Nova Vault Exchangeface it."), Metadata())
    assert brand is not None
    assert {"Nova Vault", "Nova Vault Exchange"} <= set(brand.forms)


@pytest.mark.parametrize("brand", ["Elias B. Thornquist", "Dr. Orrin Kessel"])
def test_initials_and_titles_are_parts_of_names(brand: str) -> None:
    prose = "It was a day on which they {}had to go home, and when they {}went there was {}nobody to be seen."
    assert learned(TITLE, prose.format(brand, brand, brand), *PROSE) == brand


@pytest.mark.parametrize("brand", BRANDS)
def test_a_crumb_is_enough_and_its_lead_is_no_part_of_the_brand(brand: str) -> None:
    crumb = f"Current:Home > My{brand}|{TITLE} -Profound Insights"
    assert learned(crumb, f"{brand}|{TITLE}", BODY[0].format(""), BODY[1]) == brand


CASES = [
    (
        "spaced pipe, two glued uses",
        ["SafeX Pro | " + TITLE, "The SafeX ProU.S. and a SafeX Proman met.", BODY[1]],
        None,
    ),
    ("title suffix, glued", [TITLE + "|SafeX Pro", "The SafeX ProU.S. and a SafeX Proman met.", BODY[1]], None),
    ("glued to the left", ["SafeX Pro|" + TITLE, "TheSafeX Pro U.S. and Japan met.", BODY[1]], None),
    ("before a quote", ["SafeX Pro|" + TITLE, "He said SafeX Pro“we met” in Rome.", BODY[1]], None),
    ("brackets", ["[SafeX Pro]" + TITLE, BODY[0].format("SafeX Pro"), BODY[1]], None),
    ("only the <title> has it", [TITLE, BODY[0].format("SafeX Pro"), BODY[1]], "SafeX Pro|" + TITLE),
    ("title only, with a stamp", ["SafeX Pro|" + TITLE, "Date:2025-04-11 05:27:12", BODY[1]], None),
    (
        "a section before it in the crumb",
        ["Current:Home > BackSafeX Pro|" + TITLE, "SafeX Pro|" + TITLE, "The SafeX ProU.S. and Japan met.", BODY[1]],
        None,
    ),
    (
        "a section and a space before it in the crumb, no other line",
        ["Home / Markets SafeX Pro|" + TITLE, TITLE, "The SafeX ProU.S. and a SafeX Proman met.", BODY[1]],
        None,
    ),
    (
        "a menu of a line per link above it",
        [*(f"Section {n}" for n in range(20)), "SafeX Pro|" + TITLE, "The SafeX ProU.S. and Japan met.", BODY[1]],
        None,
    ),
    (
        "the article before it, without a space",
        ["SafeX Pro|" + TITLE, "TheSafeX Pro U.S. and Japan met, and theSafeX Pro mayor was late.", BODY[1]],
        None,
    ),
    (
        "a tight dash, in the list below too",
        ["SafeX Pro-" + TITLE, "The SafeX ProU.S. and Japan met.", BODY[1], "Hot", "SafeX Pro-" + TITLE],
        None,
    ),
    (
        "tight dash and its own source line",
        ["SafeX Pro-" + TITLE, "SafeX Pro View", "The SafeX Pro figure.", BODY[1]],
        None,
    ),
]


@pytest.mark.parametrize(("lines", "page_title"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_other_places(lines: list[str], page_title: str | None) -> None:
    assert learned(*lines, page_title=page_title) == "SafeX Pro"


@pytest.mark.parametrize("brand", ["TechNova", "CryptoPro", "Tech Nova", "InvestPro Exchange", "TechnologySafeX"])
def test_a_brand_may_begin_like_a_section(brand: str) -> None:
    lines = [f"Current:Home > {brand}|{TITLE}", f"{brand}|{TITLE}", f"The {brand}U.S. and Japan met.", BODY[1]]
    assert learned(*lines) == brand


def test_the_longest_lead_leaves() -> None:
    assert without_lead("TechnologySafeX Pro") == "SafeX Pro"


def test_the_head_ends_where_the_story_begins() -> None:
    texts = ["Menu"] * 20 + ["The mayor opened the bridge on Monday and hundreds walked over it in the sun …"] * 20
    labels = [BlockLabel.NAVIGATION] * 20 + [BlockLabel.BODY] * 20
    blocks = [LabelledBlock(t, label, 0.9, 0, len(t)) for t, label in zip(texts, labels, strict=True)]
    assert head_of(blocks) == list(range(20))


def test_a_name_that_only_the_story_has_needs_two_glued_uses() -> None:
    lines = [TITLE, "A meeting where the Nova VaultU.S. met Japan, and a Nova VaultForeign minister spoke.", BODY[1]]
    assert learned(*lines) == "Nova Vault"
    assert learned(TITLE, lines[1].replace("Nova VaultF", "f"), BODY[1]) is None


LEARNED_FROM_SENTENCES = {
    "lower case": ("safex hub", ["safex hub|" + TITLE, "The crowd that safex hubwas there saw it.", *PROSE]),
    "lower case, two uses": (
        "safex hub",
        ["safex hub|" + TITLE, "The crowd that safex hubwas there saw it, and safex huball went.", *PROSE],
    ),
    "spaced dash, one use glued": (
        "Kasfi",
        ["Kasfi – " + TITLE, "It isn't Kasfi easy to say what it Kasfiwas.", *PROSE],
    ),
    "middle of the title": (
        "Nova Vault",
        [TITLE, "It was a day that Nova Vaulthad to come, and it Nova Vaultwas late.", *PROSE],
    ),
    "five spaced uses": (
        "Kasfi Trade",
        [
            "Kasfi Trade|" + TITLE,
            "It isn't Kasfi Trade easy to have Kasfi Trade been there and to Kasfi Trade be seen.",
            *PROSE,
        ],
    ),
    "only the story, a short word": (
        "Kashal",
        [
            TITLE,
            "They came to a Kashalnew town, and it Kashalwas what the Kashalother people had to Kashalbe in.",
            *PROSE,
        ],
    ),
    "between sentences": (
        "Kasfi Reels",
        [
            TITLE,
            "They went home early. Kasfi Reels But nobody wanted to sleep. Kasfi Reels The bridge was closed by then.",
            "What they had to say was short. Kasfi Reels It was late. They came. Kasfi Reels Then they left again.",
            *PROSE,
        ],
    ),
    "before marks": (
        "Kasfi Reels",
        [
            TITLE,
            "They went home early Kasfi Reels. But nobody wanted to sleep Kasfi Reels, because the bridge was closed.",
            "What they had to say was short Kasfi Reels. It was late at night Kasfi Reels. They came back later.",
            *PROSE,
        ],
    ),
    "behind paragraphs": (
        "Kasfi Reels",
        [f"{TITLE} | Kasfi Reels", *(line + " Kasfi Reels" for line in (*PROSE, *BODY[1:], *PROSE)), *PROSE],
    ),
    "in bars": (
        "Kasfi Reels",
        [
            TITLE,
            "They went home |Kasfi Reels| early. But nobody wanted to |Kasfi Reels| sleep, because it was too late.",
            "What they had to |Kasfi Reels| say was short. They came |Kasfi Reels| back, and it was too late by then.",
            *PROSE,
        ],
    ),
    "digits first": ("24Kasfi", ["24Kasfi » " + TITLE, "They said it 24Kasfiwas late, and to 24Kasfibe seen.", *PROSE]),
    "crumb and heading, spaced": (
        "Kasfi Bank",
        [f"Home > Kasfi Bank > {TITLE}", f"Kasfi Bank: {TITLE}", "They said it Kasfi Bankwas late.", *PROSE],
    ),
}


NOT_LEARNED = {"lower case": "the words beside its one use (-1.6) ask for a name there; brand-6 found it"}


@pytest.mark.parametrize(
    ("brand", "lines"),
    [
        pytest.param(
            *case,
            id=name,
            marks=[pytest.mark.xfail(strict=True, reason=NOT_LEARNED[name])] if name in NOT_LEARNED else [],
        )
        for name, case in LEARNED_FROM_SENTENCES.items()
    ],
)
def test_brands_that_stand_where_no_name_can(brand: str, lines: list[str]) -> None:
    title = f"{TITLE} | {brand} | Site" if brand == "Nova Vault" else None
    assert learned(*lines, page_title=title) == brand


HONEST = {
    "story about an exchange": [
        "Binance Exchange: regulators open inquiry",
        "Regulators opened an inquiry into Binance Exchange on Monday. Binance said it would cooperate.",
        "Binance Exchange has 90 million customers. A spokesman for Binance Exchange declined to comment.",
    ],
    "company blog with a prefix": [
        "Acme Rockets | How we test our engines",
        "At Acme Rockets we test every engine twice. Acme Rockets has two stands.",
    ],
    "prefix that the story never names": [
        "Acme Rockets | How we test our engines",
        "We test every engine twice, and log it.",
    ],
    "race in the title, once in the story": [
        "Migros Marathon: " + TITLE,
        "Four hundred runners at the Migros Marathon stopped when the rain came down on the hill.",
        *PROSE,
    ],
    "port in the title and the crumb, once in the story": [
        "Home > News > Port Ellen: " + TITLE,
        "Port Ellen: " + TITLE,
        "The ferry to Port Ellen sails again, and the pier has been mended in the winter.",
        *PROSE,
    ],
    "firm in the title, once in the story": [
        "Nordlicht Energy | " + TITLE,
        "The plant was built by Nordlicht Energy and paid for by the city, which wants its money back.",
        *PROSE,
    ],
    "name before a sentence without a space": [
        TITLE,
        "A picture by Ada Lovelace TheHarbour was closed. A second one by Ada Lovelace ThePier was not, he said.",
        *PROSE,
    ],
    "name glued once by bad markup": [
        "iPhone 15 Pro: the review after a month",
        "The iPhone 15 Prois fast. We used the iPhone 15 Pro for a month, and the iPhone lasted.",
    ],
    "glued link of a company blog": [
        "Acme Rockets | How we test our engines",
        "Find out at Acme Rocketshow we do it, said the boss of Acme Rockets.",
    ],
    "newspaper in a dateline": [
        "NEW YORK — Markets fell on Monday amid fears",
        "NEW YORK — Stocks fell. The New York TimesGuild met.",
    ],
    "newspaper's name before the title": [
        "The Herald - Council votes to close the pool",
        "The Herald has learned that the pool will close. Read The Heraldonline.",
    ],
    "review site": ["Frommers | The 10 best airfare sites", "Frommers tested ten sites. Frommers’s pick is cheap."],
    "compound word": ["Java - JavaScript for people in a hurry", "JavaScript is not Java. JavaFX is neither."],
    "plural and possessive": [
        "SafeX Pro|Our own product in the news",
        "SafeX Pros love it. It is SafeX Pro’s best year.",
    ],
    "hyphenated title": [
        "Spider-Man Returns to Broadway Stages",
        "Spiders everywhere: Spider-Man is back, and Spiderfans came.",
    ],
    "careless prefix and a date": ["Acme Rockets|How we test our engines", "2024-05-05", "Customer Reviews", BODY[1]],
    "kind of article": ["Opinion|Why the pool must stay open", "Opinionpolls say the pool must stay open."],
    "camel-case names only": [
        TITLE,
        "The firms use Mitch McConnell on paper, and Mitch McConnell's friends at OpenAI, OpenTable and OpenSea met.",
    ],
    "program code": [
        "requests.get: how to fetch a page",
        'call requests.get("url") then requests.get(url) and mutate(x) now',
    ],
    "app that markup glues": [
        "KasfiAI – " + TITLE,
        "Open KasfiAI and tap Share. Users of KasfiAIfor iOS and KasfiAIfor Android saw it. KasfiAIApp failed.",
        *PROSE,
    ],
    "classes of a library": [
        "KasfiAI: " + TITLE,
        "Call KasfiAI.open() first, then KasfiAIFactory.make(x). class KasfiAIReader(KasfiAIBase): pass",
        *PROSE,
    ],
    "site in a caption glued to the story": [
        TITLE + " | Clear Ledger News",
        "Photo: Ann Holm for Clear Ledger NewsThe mayor opened the new bridge on Monday, to the joy of the town.",
        *PROSE,
    ],
    "person named in the title": [
        "Ottilie Quandt: " + TITLE,
        "Ottilie Quandt said it. Ottilie Quandthas not replied. “Ottilie Quandt is right,” she said.",
        *PROSE,
    ],
    "questions about a club": ["Kasfi Club - " + TITLE, "What is Kasfi Club?", "Is Kasfi Clubfree?", *PROSE],
    "two words that begin alike": [
        TITLE,
        "The U.S. Space Command will be there. The Civil Rights Commission case is another one that we know.",
        *PROSE,
    ],
    "a verb with a capital": [TITLE, "Childcare is work. I used to Childmind, and I really enjoyed my child.", *PROSE],
    "markdown": ["GitHub - " + TITLE, "[GitHub](x) and `GitHub` and [GitHub](y), and **GitHub** too.", *PROSE],
    "crumb with tight arrows": [
        "Start>Beauty>Leaders announce new steps to grow hair",
        "Leaders announce new steps",
        *PROSE,
    ],
    "hyphen in a crumb": [
        "Home>Articles>Amazon Liable for Third-Party Products in New Ruling",
        "Amazon Liable for Third-Party Products in New Ruling",
        *PROSE,
    ],
    "people of a country": [
        "Nepal - " + TITLE,
        "The police and Nepali army men met, and the Nepali barracks too.",
        *PROSE,
    ],
    "signed in brackets": [
        TITLE,
        PROSE[0] + " (Mirabel Stokes)",
        BODY[1],
        PROSE[1] + " (Mirabel Stokes)",
        "Text: Mirabel Stokes",
    ],
    "empty": [""],
}


WRONG = {
    "app that markup glues": "one name, glued three times to three words, is what a mirror does",
}
"""Honest pages that are taken for mirrors, and why."""


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            lines, id=name, marks=[pytest.mark.xfail(strict=True, reason=WRONG[name])] if name in WRONG else []
        )
        for name, lines in HONEST.items()
    ],
)
def test_honest_pages_have_no_established_brand(lines: list[str]) -> None:
    assert learned(*lines) is None


def test_doubt_is_told() -> None:
    brand = learn(*page_of("SafeX Pro | " + TITLE, "What SafeX Pro is, SafeX Prois too.", BODY[1]), Metadata())
    assert brand is not None
    assert not brand.is_established
    assert (brand.n_glued, brand.n_alone) == (1, 1)


def test_the_places_are_told() -> None:
    source, blocks = page_of("SafeX Pro|" + TITLE, BODY[0].format("SafeX Pro"))
    brand = learn(source, blocks, Metadata(page_title="SafeX Pro|" + TITLE))
    assert brand is not None
    assert Place.PIPE in brand.places
    assert brand.basis == "seen in the title prefix and 1 glued use"


@pytest.mark.parametrize(
    ("text", "start", "end", "join"),
    [
        ("The SafeXU.S. met", 4, 9, Join.STRONG),
        ("The SafeXand met", 4, 9, Join.WEAK),
        ("The SafeX met", 4, 9, Join.ALONE),
        ("The SafeXs met", 4, 9, Join.MENTION),
        ("The SafeX's met", 4, 9, Join.MENTION),
        ("aSafeX met", 1, 6, Join.WEAK),
        ("The SafeX“We met", 4, 9, Join.STRONG),
        ('said "SafeX" met', 6, 11, Join.ALONE),
        ("SafeX日本", 0, 5, Join.ALONE),
        ("Coin24", 0, 5, Join.OTHER),
        ("Episode VI met", 0, 9, Join.OTHER),
        ("The SafeXe-mail met", 4, 9, Join.STRONG),
        ("SafeX", 0, 5, Join.ALONE),
        ("SafeXd'Haiti", 0, 5, Join.STRONG),
    ],
)
def test_joins(text: str, start: int, end: int, join: Join) -> None:
    assert join_at(text, start, end) is join


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("Home > SafeX|Title", True),
        ("You are here: Home » SafeX", True),
        ("SafeX > Home", False),
        ("> SafeX said", False),
        ("<a>Home</a> > SafeX", False),
    ],
)
def test_crumbs(line: str, is_one: bool) -> None:
    assert is_crumb(line, "SafeX") is is_one


@pytest.mark.parametrize(
    ("label", "line", "is_one"),
    [
        ("date_line", "Date:2025-04-11 05:27:12", True),
        ("date_line", "2025-04-11", True),
        ("date_line", "On 2025-04-11 the court met", False),
        ("brand_line", "Poinbank Exchange View", True),
        ("brand_line", "Source:Acme Coin", True),
        ("brand_line", "What a view.", False),
    ],
)
def test_header_lines(label: str, line: str, is_one: bool) -> None:
    assert (lines_of(label, line) is not None) is is_one


def test_distinctive_names() -> None:
    assert [is_distinctive(name) for name in ("Gold", "GoldX", "Gold 24")] == [False, True, True]
