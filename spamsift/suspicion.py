"""How likely a name was injected, by everything that was found about it: a table of weights.

Consulted for what titles and crumbs alone do not prove (:mod:`spamsift.brand`): here the story has to show it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from spamsift.findings import Candidate, Header, examine, is_whole, may_be_whole
from spamsift.sightings import Sighting, by_name
from spamsift.uses import Story

__all__ = ["likeliest"]

_PRIOR = -0.1
_WEIGHTS = {
    # Log-odds. Fitted by logistic regression on 2,000 mirrors of 28 layouts, held out by layout, against the names of
    # 9,700 honest pages, rounded, then moved by hand towards doubt where honest pages were near. Places:
    "brand_in_crumb": 2.0,
    "brand_before_title_pipe": 0.7,
    "brand_before_title_tight": -0.8,
    "brand_before_title": -1.0,
    "brand_in_title_brackets": 0.6,
    "brand_after_title": 1.3,
    "brand_after_title_tight": 0.8,
    "brand_source_line": 0.8,
    "brand_line": 0.6,
    "brand_in_template": 0.8,
    "before_title": 1.7,
    "agreement": 0.5,
    "machine_lines": 0.4,
    "header_lines_and_glue": 0.8,
    "only_in_story": -2.7,
    # Joins: a mirror loses one space of two, at different words.
    "glued": 1.0,
    "glued_to_content": 0.4,
    "glued_nowhere": -3.0,
    "more_sides": 1.3,
    "only_left": -1.2,
    "glued_line_starts": -0.3,
    "both_sides_lost": -1.4,
    "page_loses_spaces": -0.1,
    "plain_and_page_loses_spaces": -0.3,
    "mentions": -0.8,
    "possessive": -0.3,
    "bracketed": 0.6,
    # Gaps, per unit of log-odds: the words beside the name go together without it, or ask for it.
    "glued_gaps_close": 0.8,
    "glued_gaps_break": 0.7,
    "gaps_close": 0.5,
    "gaps_break": 0.8,
    "untold_gaps": -0.6,
    "needed_share": -2.5,
    "behind_articles": 2.5,
    "no_gap_closes": -1.0,
    "single_use": -2.8,
    "one_untold_use": -1.0,
    "same_neighbours": -1.1,
    # The name itself.
    "named_in_title": 0.4,
    "several_words": -0.2,
    "distinctive": 1.2,
    "lower_case": 0.3,
    "common_word": -2.3,
    "part_named_alone": -1.6,
    "untold_language": -0.7,
}


def likeliest(story: Story, sightings: Iterable[Sighting], header: Header) -> tuple[Candidate, float] | None:
    """The candidate that most likely was injected, and P(injected), uncalibrated; ``None`` if the story glues none."""
    examined = (examine(story, group, header) for group in by_name(sightings) if may_be_whole(story, group))
    found = ((candidate, _probability(candidate)) for candidate in examined if is_whole(story, candidate))
    return max(found, key=lambda pair: (pair[1], len(pair[0].name)), default=None)


def _probability(candidate: Candidate) -> float:
    logit = _PRIOR + sum(_WEIGHTS.get(name, 0.0) * value for name, value in candidate.findings.items())
    return 1 / (1 + math.exp(-logit))
