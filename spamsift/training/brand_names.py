"""Brands that nobody has: names of as many shapes as scam networks invent, for :mod:`spamsift.training.wild_mirrors`.

A forest that has met few shapes learns them: with no name of four letters in training, ``QTBX`` glued to five words was
taken for an honest one (8 log-odds for ``n_chars`` alone).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from spamsift.lexicon import read_toml

__all__ = ["invent_brand"]


@lru_cache(maxsize=1)
def _parts() -> Mapping[str, Any]:
    """Parts of brands; a string is a list of words."""
    table = read_toml("wild_mirrors", "training")["brand"]
    return {key: value.split() if isinstance(value, str) else value for key, value in table.items()}


@dataclass(frozen=True, slots=True)
class _Draws:
    """What one brand is put together from."""

    coined: str
    person: str
    plain: str
    more: str
    number: str


def invent_brand(rng: random.Random) -> str:
    """One to six words: coined, with a digit or a capital inside, like a person, of plain words, in any case.

    >>> invent_brand(random.Random(1)) == invent_brand(random.Random(1))
    True
    """
    words = _parts()
    draw, coined = rng.choice, "".join(rng.sample(words["syllables"], rng.choice((2, 2, 3)))).capitalize()
    person = f"{draw(words['given'])} {draw(words['family'])}"
    one = _Draws(coined, person, draw(words["plain"]), draw(words["more"]), draw(words["numbers"]))
    shapes = (*_common_shapes(rng, one), *_rare_shapes(rng, one))
    return rng.choices([name for name, _ in shapes], [share for _, share in shapes])[0]


def _common_shapes(rng: random.Random, one: _Draws) -> tuple[tuple[str, float], ...]:
    """Names with their shares, of shapes that were seen in the wild."""
    draw, words = rng.choice, _parts()
    coined, plain, more, number = one.coined, one.plain, one.more, one.number
    return (
        (coined, 0.22),
        (coined + draw(words["tails"]), 0.08),
        (coined + number, 0.06),
        (one.person, 0.1),
        (f"{coined} {more}", 0.14),
        (f"{coined}{draw(words['tails'])} {more}", 0.08),
        (f"{plain} {draw(words['plain'])} {more}", 0.1),
        (f"{plain} {more}", 0.06),
        (f"{coined} {draw(words['more'])} {more}", 0.04),
        (f"{plain}{number}", 0.03),
        (f"{draw((coined, plain))} {number}", 0.03),
        (f"{plain} {number} {more}", 0.03),
        (f"{draw(words['heads'])} of {draw(('', 'the '))}{draw((coined, plain))}", 0.03),
        (f"{draw(words['heads'])} of the {plain} {number} {more}", 0.03),
        (coined.upper(), 0.03),
        (coined.lower(), 0.03),
        (coined + draw(words["domains"]), 0.03),
        (f"{one.person} {more}", 0.03),
    )


def _rare_shapes(rng: random.Random, one: _Draws) -> tuple[tuple[str, float], ...]:
    """Names with their shares, so that no shape is strange to what is trained on them."""
    draw, words = rng.choice, _parts()
    coined, plain = one.coined, one.plain
    return (
        (_with_initial(rng, one.person), 0.03),
        (f"{draw(words['titles'])} {one.person}", 0.02),
        (_initials(rng), 0.03),
        (f"{_initials(rng)} {one.more}", 0.02),
        (f"{draw('XZQJKV')}-{draw((coined, plain))} {one.more}", 0.02),
        (f"{one.number}{draw((coined, plain))}", 0.02),
        (f"{coined}-{draw(words['plain'])}", 0.02),
        (draw((coined[:4], coined[:5])), 0.02),
        (f"{plain} & {coined}", 0.02),
        (draw(words["plain"]), 0.03),
    )


def _initials(rng: random.Random) -> str:
    """Three to five capitals."""
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTVWXZ", k=rng.choice((3, 4, 4, 5))))


def _with_initial(rng: random.Random, person: str) -> str:
    given, family = person.split(" ", 1)
    return f"{given} {rng.choice('ABCDEGHJKLMNPRSTVW')}. {family}"
