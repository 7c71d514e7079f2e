"""Settings of a crawl: what they mean, and one line for each that can't be meant."""

from __future__ import annotations

from typing import Any

import pytest

from spamsift import BlockLabel, Options, PageKind, SpamsiftError
from spamsift.batch import Drop, Limits
from spamsift.integrations.scrapy_settings import SETTINGS, Mode, Settings, read_settings


def test_without_settings_items_are_annotated_and_none_is_lost() -> None:
    assert read_settings({"BOT_NAME": "harbour"}) == Settings(Mode.ANNOTATE, keeps_failed=True)


@pytest.mark.parametrize("as_text", [True, False])
def test_settings_are_the_same_from_python_and_from_the_command_line(as_text: bool) -> None:
    settings: dict[str, Any] = {
        "SPAMSIFT_MODE": "clean",
        "SPAMSIFT_HTML_FIELD": "page",
        "SPAMSIFT_DROP_KINDS": "mirror,doorway" if as_text else ["mirror", PageKind.DOORWAY],
        "SPAMSIFT_DROP_SCORE": "0.9" if as_text else 0.9,
        "SPAMSIFT_FAILED": "keep",
        "SPAMSIFT_KEEP": "title" if as_text else {"title"},
        "SPAMSIFT_PAGE_SECONDS": "5" if as_text else 5,
        "SPAMSIFT_PAGE_MEGABYTES": "800" if as_text else 800,
        "SPAMSIFT_WORKERS": "3" if as_text else 3,
    }
    assert read_settings(settings) == Settings(
        Mode.CLEAN,
        html_field="page",
        drop=Drop(frozenset({PageKind.MIRROR, PageKind.DOORWAY}), 0.9),
        keeps_failed=True,
        options=Options(keep=Options().keep | {BlockLabel.TITLE}),
        limits=Limits(seconds=5, memory=800_000_000),
        n_workers=3,
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"SPAMSIFT_MODE": "claen"}, "SPAMSIFT_MODE has 'claen'; use 'annotate', 'clean', 'drop'"),
        ({"SPAMSIFT_MODUS": "clean"}, "SPAMSIFT_MODUS is no setting of spamsift; did you mean SPAMSIFT_MODE?"),
        ({"SPAMSIFT_QUICKLY": 1}, "SPAMSIFT_QUICKLY is no setting of spamsift; there are SPAMSIFT_MODE, "),
        ({"SPAMSIFT_MODE": "drop"}, "say what, with SPAMSIFT_DROP_KINDS or SPAMSIFT_DROP_SCORE"),
        ({"SPAMSIFT_DROP_KINDS": "mirror"}, "SPAMSIFT_MODE 'annotate' drops nothing"),
        ({"SPAMSIFT_MODE": "drop", "SPAMSIFT_DROP_KINDS": "miror"}, "SPAMSIFT_DROP_KINDS has 'miror'; use 'original'"),
        ({"SPAMSIFT_MODE": "drop", "SPAMSIFT_DROP_KINDS": 3}, "SPAMSIFT_DROP_KINDS is 3; use a list"),
        ({"SPAMSIFT_MODE": "drop", "SPAMSIFT_DROP_SCORE": 70}, "SPAMSIFT_DROP_SCORE is 70; use a probability"),
        ({"SPAMSIFT_MODE": "drop", "SPAMSIFT_DROP_SCORE": "high"}, "SPAMSIFT_DROP_SCORE is 'high'; use a number"),
        ({"SPAMSIFT_FAILED": "ignore"}, "SPAMSIFT_FAILED is 'ignore'; use 'keep' or 'drop'"),
        ({"SPAMSIFT_KEEP": ["headline"]}, "SPAMSIFT_KEEP has 'headline'; use 'title'"),
        ({"SPAMSIFT_PAGE_SECONDS": 0}, "SPAMSIFT_PAGE_SECONDS is 0; use a number above 0"),
        ({"SPAMSIFT_WORKERS": "nan"}, "SPAMSIFT_WORKERS is 'nan'; use a number above 0"),
        ({"SPAMSIFT_WORKERS": 0.5}, "SPAMSIFT_WORKERS is 0.5; use a whole number"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SpamsiftError) as problem:
        read_settings(settings)
    assert message in str(problem.value)
    assert "\n" not in str(problem.value)


def test_every_setting_that_is_read_is_known() -> None:
    """A name missing from the list would be refused although the code reads it."""
    asked = set()

    class Spy(dict[str, Any]):
        def get(self, name: str, default: Any = None) -> Any:
            asked.add(name)
            return super().get(name, default)

    read_settings(Spy())
    read_settings(Spy({"SPAMSIFT_MODE": "drop", "SPAMSIFT_DROP_SCORE": 0.5}))
    assert asked == set(SETTINGS)
