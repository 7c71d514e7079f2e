"""Seeded spinner: honest prose in, reworded prose out, as article spinners do it.

Words are swapped for synonyms of a random sense (often the wrong one), inflected crudely, sometimes wrongly; photo
credits are damaged and the capitals of link texts are left in running text. The thesaurus is MyThes en-US (WordNet
licence; Debian package ``mythes-en-us``), read at training time only: nothing of it is shipped.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from spamsift.lexicon import read_toml

__all__ = ["THESAURUS", "damaged_credit", "load_thesaurus", "reworded_terms", "spin"]

THESAURUS = Path("/usr/share/mythes/th_en_US_v2.dat")
RATES = (0.12, 0.2, 0.3, 0.45)
"""Shares of the words that have synonyms."""
NOISE = (0.0, 0.1, 0.4)
"""Chance of a wrong ending on a replaced word."""
N_CHOICES = 8
"""Commonest synonyms among which one is drawn."""
MAX_RANK = 30_000
P_LINK_CAPITAL = 0.4
P_TERMS = 0.5
"""Chance that the spinner knows no set terms and swaps their words too."""
P_TERM = 0.7

_SYNONYM = re.compile(r"^([a-z]+(?:[ -][a-z]+)?)(?: \((?:similar term|generic term)\))?$")
_WORD = re.compile(r"(?<![A-Za-z'])[a-z]{3,}(?![\w'])")
_STEMS = (("ies", ("y",)), ("es", ("e", "")), ("s", ("",)), ("ied", ("y",)), ("ed", ("e", "")), ("ing", ("e", "")))
_ENDINGS = {"ies": "s", "es": "s", "s": "s", "ied": "ed", "ed": "ed", "ing": "ing"}
_LINK = re.compile(r"(?<=[a-z] )(in|of|at|from|with|for|by|on) (?=(?:the|a|an|their|its|his|her) )")
_CREDITS = ("AB", "AFB", "EP", "RTR", "GT", "AF", "ABP")


@lru_cache(maxsize=1)
def load_thesaurus(path: Path = THESAURUS) -> Mapping[str, tuple[str, ...]]:
    """Synonyms of every lower-case word of a MyThes file.

    Raises:
        FileNotFoundError: the thesaurus is not installed.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: install the Debian package mythes-en-us to train the page model.")
    lines = path.read_text(encoding="utf-8").split("\n")
    found: dict[str, tuple[str, ...]] = {}
    at = 1  # the first line names the encoding
    while at < len(lines) and lines[at]:
        word, count = lines[at].rsplit("|", 1)
        senses = lines[at + 1 : at + 1 + int(count)]
        at += 1 + int(count)
        if not (word.isalpha() and word.islower()):
            continue
        terms = (_SYNONYM.match(term) for sense in senses for term in sense.split("|")[1:])
        synonyms = {match.group(1) for match in terms if match} - {word}
        if synonyms:
            found[word] = tuple(sorted(synonyms))
    return found


@lru_cache(maxsize=1)
def reworded_terms() -> Mapping[str, tuple[str, ...]]:
    """Set terms, lower case, and what spinners make of them.

    >>> reworded_terms()["white house"]
    ('white home',)
    """
    found: dict[str, tuple[str, ...]] = {}
    for term, said in read_toml("spinning", "training")["pairs"]:
        found[term] = (*found.get(term, ()), said)
    return found


@lru_cache(maxsize=1)
def _terms_pattern() -> re.Pattern[str]:
    longest_first = sorted(reworded_terms(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)


def _swap_terms(text: str, rng: random.Random) -> str:
    def swap(match: re.Match[str]) -> str:
        if rng.random() > P_TERM:
            return match.group()
        said = rng.choice(reworded_terms()[match.group().lower()])
        return said.title() if match.group().istitle() else said

    return _terms_pattern().sub(swap, text)


def spin(text: str, rng: random.Random, ranks: Mapping[str, int], thesaurus: Mapping[str, tuple[str, ...]]) -> str:
    """Reword a text; ``ranks`` says how common words are (0: commonest).

    >>> words = {"big": ("large",), "large": ("big",)}
    >>> texts = {spin("A big and large house", random.Random(i), {"large": 200, "big": 210}, words) for i in range(40)}
    >>> "A large and big house" in texts
    True
    """
    rate, noise = rng.choice(RATES), rng.choice(NOISE)

    def swap(match: re.Match[str]) -> str:
        word = match.group()
        if ranks.get(word, MAX_RANK) < 80 or rng.random() > rate:
            return word
        stem, ending = _stem(word, thesaurus)
        choices = [s for s in thesaurus.get(stem, ()) if ranks.get(s.split(" ")[0], MAX_RANK) < MAX_RANK]
        if not choices:
            return word
        choices.sort(key=lambda s: (ranks.get(s, MAX_RANK), s))
        if rng.random() < noise:
            ending = rng.choice(("s", "", "ed", "ing", "s"))
        return _inflect(rng.choice(choices[:N_CHOICES]), ending)

    if rng.random() < P_TERMS:
        text = _swap_terms(text, rng)
    text = _WORD.sub(swap, text)
    if rng.random() < P_LINK_CAPITAL:
        chance = rng.uniform(0.1, 0.5)
        text = _LINK.sub(lambda m: m.group().capitalize() if rng.random() < chance else m.group(), text, count=12)
    return text


def damaged_credit(rng: random.Random) -> str:
    """A photo credit with an agency that does not exist."""
    names = rng.sample(
        ("Maria", "Tomas", "Ellen", "Jorge", "Walsh", "Brandt", "Okafor", "Lindgren", "Ruiz", "Novak"), 2
    )
    return f"{' '.join(names)} / {rng.choice(_CREDITS)}"


def _stem(word: str, thesaurus: Mapping[str, tuple[str, ...]]) -> tuple[str, str]:
    if word in thesaurus:
        return word, ""
    for ending, repairs in _STEMS:
        if not word.endswith(ending) or len(word) <= len(ending) + 2:
            continue
        base = word[: -len(ending)]
        for candidate in (*(base + repair for repair in repairs), base[:-1] if base[-1:] == base[-2:-1] else base):
            if candidate in thesaurus:
                return candidate, ending
    return "", ""


def _inflect(term: str, ending: str) -> str:
    head, *rest = term.split(" ")
    kind = _ENDINGS.get(ending, "")
    if kind == "s":
        head += "es" if head.endswith(("s", "x", "ch", "sh")) else "s"
        head = re.sub(r"([^aeiou])ys$", r"\1ies", head)
    elif kind:
        if head.endswith("e"):
            head = head[:-1]
        elif kind == "ed":
            head = re.sub(r"([^aeiou])y$", r"\1i", head)
        head += kind
    return " ".join([head, *rest])
