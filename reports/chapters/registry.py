"""The report's chapters, in their order."""

from __future__ import annotations

from .answers import EXERCISES
from .chapter import Chapter
from .claims import CLAIMS
from .data import DATA
from .edge import EDGE
from .families import FAMILIES
from .lecture import EXPERIMENTS
from .overview import OVERVIEW
from .references import REFERENCES
from .reproduce import REPRODUCE
from .side_by_side import SIDE_BY_SIDE

ALL_CHAPTERS: tuple[Chapter, ...] = (
    OVERVIEW,
    *(family.chapter for family in FAMILIES),
    SIDE_BY_SIDE,
    DATA,
    EXPERIMENTS,
    EDGE,
    CLAIMS,
    EXERCISES,
    REFERENCES,
    REPRODUCE,
)
