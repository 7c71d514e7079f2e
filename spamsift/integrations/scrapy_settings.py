"""The ``SPAMSIFT_`` settings of a crawl, read and checked; Scrapy itself isn't needed for that."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from spamsift.batch.drop import Drop
from spamsift.batch.limits import Limits
from spamsift.errors import SpamsiftError
from spamsift.records import ARTICLE_LABELS, BlockLabel, Options, PageKind

__all__ = ["SETTINGS", "Mode", "Settings", "read_settings"]

PREFIX = "SPAMSIFT_"
SETTINGS = (
    "SPAMSIFT_MODE",
    "SPAMSIFT_HTML_FIELD",
    "SPAMSIFT_TEXT_FIELD",
    "SPAMSIFT_URL_FIELD",
    "SPAMSIFT_DROP_KINDS",
    "SPAMSIFT_DROP_SCORE",
    "SPAMSIFT_FAILED",
    "SPAMSIFT_KEEP",
    "SPAMSIFT_MODEL_DIR",
    "SPAMSIFT_PAGE_SECONDS",
    "SPAMSIFT_PAGE_MEGABYTES",
    "SPAMSIFT_WORKERS",
)
"""All there are; another name with the prefix is an error, not a setting without effect."""

_MEGABYTE = 1_000_000

N_WORKERS = 2
"""A crawl that is polite to its sites brings fewer pages than one process sifts; with two, the other goes on while a
page hangs."""

E = TypeVar("E", bound=Enum)


class Mode(str, Enum):
    """What happens to an item."""

    ANNOTATE = "annotate"
    """Its ``spamsift_`` fields are filled in."""
    CLEAN = "clean"
    """That, and its text becomes the article; it is dropped by kind and score if a rule is given."""
    DROP = "drop"
    """Its ``spamsift_`` fields are filled in, and it is dropped by kind and score or stays as it is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a crawl, checked."""

    mode: Mode = Mode.ANNOTATE
    html_field: str = "html"
    text_field: str = "text"
    url_field: str = "url"
    drop: Drop = field(default_factory=Drop)
    keeps_failed: bool = True
    """Pass on items whose page failed, instead of dropping them."""
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)
    n_workers: int = N_WORKERS


def read_settings(settings: Mapping[str, Any]) -> Settings:
    """The settings of a crawl, from Python or as strings from ``scrapy crawl -s NAME=VALUE``.

    >>> read_settings({"SPAMSIFT_MODE": "drop", "SPAMSIFT_DROP_KINDS": "mirror, spun"}).drop.kinds == {
    ...     PageKind.MIRROR, PageKind.SPUN}
    True
    >>> read_settings({"SPAMSIFT_DROP_KIND": "mirror"})
    Traceback (most recent call last):
    spamsift.errors.SpamsiftError: SPAMSIFT_DROP_KIND is no setting of spamsift; did you mean SPAMSIFT_DROP_KINDS?

    Raises:
        SpamsiftError: a name or a value that can't be meant; the message names the setting.
    """
    _refuse_unknown(settings)
    mode = _choice(Mode, "SPAMSIFT_MODE", settings.get("SPAMSIFT_MODE", "annotate"))
    failed = settings.get("SPAMSIFT_FAILED", "keep" if mode is Mode.ANNOTATE else "drop")
    if failed not in ("keep", "drop"):
        raise SpamsiftError(f"SPAMSIFT_FAILED is {failed!r}; use 'keep' or 'drop'")
    keep = frozenset(_choice(BlockLabel, "SPAMSIFT_KEEP", word) for word in _words(settings, "SPAMSIFT_KEEP"))
    default = Limits()
    return Settings(
        mode=mode,
        html_field=settings.get("SPAMSIFT_HTML_FIELD", "html"),
        text_field=settings.get("SPAMSIFT_TEXT_FIELD", "text"),
        url_field=settings.get("SPAMSIFT_URL_FIELD", "url"),
        drop=_read_rule(settings, mode),
        keeps_failed=failed == "keep",
        options=Options(keep=ARTICLE_LABELS | keep, model_dir=settings.get("SPAMSIFT_MODEL_DIR")),
        limits=Limits(
            seconds=_number(settings, "SPAMSIFT_PAGE_SECONDS", default.seconds, above=0),
            memory=_whole_number(settings, "SPAMSIFT_PAGE_MEGABYTES", default.memory // _MEGABYTE) * _MEGABYTE,
        ),
        n_workers=_whole_number(settings, "SPAMSIFT_WORKERS", N_WORKERS),
    )


def _refuse_unknown(settings: Mapping[str, Any]) -> None:
    for name in settings:
        if name.startswith(PREFIX) and name not in SETTINGS:
            known = [setting.removeprefix(PREFIX) for setting in SETTINGS]
            close = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1)
            hint = f"did you mean {PREFIX}{close[0]}?" if close else f"there are {', '.join(SETTINGS)}"
            raise SpamsiftError(f"{name} is no setting of spamsift; {hint}")


def _read_rule(settings: Mapping[str, Any], mode: Mode) -> Drop:
    words = _words(settings, "SPAMSIFT_DROP_KINDS")
    kinds = frozenset(_choice(PageKind, "SPAMSIFT_DROP_KINDS", word) for word in words)
    score = None
    if settings.get("SPAMSIFT_DROP_SCORE") is not None:
        score = _number(settings, "SPAMSIFT_DROP_SCORE", 1.0, above=-1)
        if not 0 <= score <= 1:
            raise SpamsiftError(f"SPAMSIFT_DROP_SCORE is {score:g}; use a probability from 0 to 1")
    rule = Drop(kinds, score)
    if mode is Mode.DROP and rule.is_empty:
        raise SpamsiftError("SPAMSIFT_MODE is 'drop'; say what, with SPAMSIFT_DROP_KINDS or SPAMSIFT_DROP_SCORE")
    if mode is Mode.ANNOTATE and not rule.is_empty:
        raise SpamsiftError("SPAMSIFT_MODE 'annotate' drops nothing; use 'drop' or 'clean', or no SPAMSIFT_DROP_…")
    return rule


def _choice(choices: type[E], name: str, value: object) -> E:
    try:
        return choices(value)
    except ValueError:
        known = ", ".join(repr(choice.value) for choice in choices)
        raise SpamsiftError(f"{name} has {value!r}; use {known}") from None


def _words(settings: Mapping[str, Any], name: str) -> list[object]:
    value = settings.get(name) or ()
    if isinstance(value, str):
        return [word.strip() for word in value.split(",")]
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise SpamsiftError(f"{name} is {value!r}; use a list of words")
    return list(value)


def _number(settings: Mapping[str, Any], name: str, default: float, above: float) -> float:
    value = settings.get(name, default)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not above < number < float("inf"):
        raise SpamsiftError(f"{name} is {value!r}; use a number above {above}")
    return number


def _whole_number(settings: Mapping[str, Any], name: str, default: int) -> int:
    number = _number(settings, name, default, above=0)
    if number != int(number):
        raise SpamsiftError(f"{name} is {number:g}; use a whole number")
    return int(number)
