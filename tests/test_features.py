"""Feature matrices: declared columns, finite values, and the facts that a few columns must show."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spamsift.block_features import HTML_FEATURES, TEXT_FEATURES, block_features, find_hits
from spamsift.blocks import Split, split
from spamsift.reading import read
from spamsift.records import Declaration, InputKind, Options

STORY = "The harbour was closed on Monday because of the storm, the port authority said in a short statement. "
PAGE = f"""<html><body><nav class="top-menu"><ul><li><a href="/">Home</a></li><li><a href="/a">About</a></li></ul></nav>
<article class="entry-content"><h1>Harbour closed</h1><p>{STORY * 2}</p><p>{STORY * 2}</p></article>
<div class="related"><h3>Related posts</h3><ul><li class="card"><a href="/1">Ferry is late again</a></li>
<li class="card"><a href="/2">New mayor elected</a></li></ul></div></body></html>"""


def column(parts: Split, name: str, with_dom: bool = True) -> dict[str, float]:
    rows = block_features(parts.source, parts.blocks, find_hits(parts.blocks), Declaration(), with_dom)
    names = HTML_FEATURES if with_dom else TEXT_FEATURES
    place = names.index(name)
    return {block.text[:13].strip(): float(row[place]) for block, row in zip(parts.blocks, rows, strict=True)}


def test_columns_show_what_they_name() -> None:
    parts = split(read(PAGE, None, Options()))
    assert column(parts, "link_density")["About"] == 1.0
    assert column(parts, "link_density")["The harbour w"] == 0.0
    assert column(parts, "in_nav")["Home"] == 1.0
    assert column(parts, "any_related")["Ferry is late"] == 1.0
    assert column(parts, "hit_related")["Related posts"] == 1.0
    assert column(parts, "since_related")["New mayor ele"] > column(parts, "since_related")["Ferry is late"] > 0
    assert column(parts, "in_main")["The harbour w"] == 1.0
    assert column(parts, "in_main")["Home"] == 0.0
    assert column(parts, "topic_share")["The harbour w"] > 0.9
    assert column(parts, "topic_share")["New mayor ele"] == 0.0
    assert column(parts, "tag_h1")["Harbour close"] == 1.0
    assert column(parts, "log_same_signature")["Ferry is late"] > column(parts, "log_same_signature")["Harbour close"]


def test_text_columns_need_no_dom() -> None:
    parts = split(read(f"Home\n{STORY * 3}\n{STORY}\nSee also\nNew mayor elected", None, Options()))
    assert column(parts, "since_related", with_dom=False)["New mayor ele"] > 0
    assert column(parts, "log_sentences", with_dom=False)["Home"] == 0.0
    assert not set(TEXT_FEATURES) - set(HTML_FEATURES)
    assert not [name for name in TEXT_FEATURES if name.startswith(("in_", "tag_", "any_"))]


def test_names_are_unique() -> None:
    assert len(set(HTML_FEATURES)) == len(HTML_FEATURES)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200), st.booleans())
def test_any_page_gives_finite_rows_of_the_declared_width(text: str, as_html: bool) -> None:
    kind = InputKind.HTML if as_html else InputKind.TEXT
    parts = split(read(f"<p>{text}" if as_html else text, None, Options(kind=kind)))
    rows = block_features(parts.source, parts.blocks, find_hits(parts.blocks), Declaration(), as_html)
    assert rows.shape == (len(parts.blocks), len(HTML_FEATURES if as_html else TEXT_FEATURES))
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
