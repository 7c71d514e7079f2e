"""``Sifted`` → flat columns and attributes, as datasets and crawl pipelines keep them.

Names follow the hosts: flat ``spamsift_*`` columns go into Parquet, Hugging Face datasets, Scrapy items and the
``metadata`` of a datatrove document; attributes are spans beside a document as in Dolma's sidecar files
(``{"id": …, "attributes": {name: [[start, end, score], …]}}``).
"""

from __future__ import annotations

from spamsift.records import BlockLabel, Sifted

__all__ = ["N_FINDINGS", "Column", "Span", "to_attributes", "to_columns"]

N_FINDINGS = 5
"""Findings that a row shows; the JSON of a page has them all."""

Column = str | float | list[str] | None
"""A value that JSON, Parquet and Arrow can hold; the type of a column is the same on every page."""
Span = list[float]
"""``[start, end, score]``, offsets in code points of the source text."""


def to_columns(answer: Sifted) -> dict[str, Column]:
    """One page as flat columns, the same names and types on every page, without its text.

    >>> columns = to_columns(Sifted(text="The harbour was closed."))
    >>> columns["spamsift_kind"], columns["spamsift_score"], columns["spamsift_findings"]
    ('undetermined', 0.5, [])
    """
    verdict, provenance = answer.verdict, answer.provenance
    return {
        "spamsift_kind": verdict.kind.value,
        "spamsift_score": verdict.score,
        "spamsift_findings": [f"{e.signal}: {e.quote}" if e.quote else e.signal for e in verdict.evidence[:N_FINDINGS]],
        "spamsift_kept_share": answer.kept_share,
        "spamsift_title": answer.title,
        "spamsift_author": provenance.author,
        "spamsift_date": provenance.date,
        "spamsift_site": provenance.site,
        "spamsift_source": provenance.source,
        "spamsift_injected_brand": provenance.injected_brand,
        "spamsift_health": [note.value for note in answer.health],
    }


def to_attributes(answer: Sifted) -> dict[str, list[Span]]:
    """One page as Dolma attributes: the score of the page, its blocks by label, its cuts.

    Every name is there on every page, with an empty list where nothing was found.

    >>> to_attributes(Sifted(text="Short."))["spamsift__score"]
    [[0, 6, 0.5]]
    """
    n_chars = len(answer.source)
    spans: dict[str, list[Span]] = {"spamsift__score": [[0, n_chars, answer.verdict.score]]}
    spans |= {f"spamsift__{label.value}": [] for label in BlockLabel}
    for block in answer.blocks:
        spans[f"spamsift__{block.label.value}"].append([block.start, block.end, block.score])
    spans["spamsift__cut"] = [[cut.start, cut.end, cut.score] for cut in answer.cuts]
    return spans
