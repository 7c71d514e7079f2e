"""Flat columns and attributes of an answer."""

from __future__ import annotations

import json
from pathlib import Path

from spamsift import sift
from spamsift.fields import to_attributes, to_columns
from spamsift.records import BlockLabel, Sifted

MIRROR = Path(__file__).parent.parent / "fixtures" / "wild-shapes" / "mirror-html-dedecms-pipe" / "page.html"


def test_columns_are_the_same_on_every_page_and_hold_plain_values() -> None:
    empty, mirror = to_columns(Sifted(text="")), to_columns(sift(MIRROR))
    assert list(empty) == list(mirror)
    assert json.loads(json.dumps(mirror)) == mirror
    for name, value in mirror.items():
        assert value is None or empty[name] is None or type(value) is type(empty[name]), name


def test_columns_say_what_the_answer_says() -> None:
    columns = to_columns(sift(MIRROR))
    assert columns["spamsift_kind"] == "mirror"
    assert columns["spamsift_injected_brand"] == "Vantoria Exchange"


def test_attributes_point_into_the_source() -> None:
    answer = sift(MIRROR)
    attributes = to_attributes(answer)
    related = [answer.source[int(start) : int(end)] for start, end, _ in attributes["spamsift__related"]]
    assert related == [block.text for block in answer.blocks if block.label is BlockLabel.RELATED]
    assert len(attributes["spamsift__cut"]) == len(answer.cuts)


def test_attributes_have_every_name_on_every_page() -> None:
    assert set(to_attributes(Sifted(text=""))) == set(to_attributes(sift(MIRROR)))
