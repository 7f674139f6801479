"""The families of rules, a chapter each."""

from __future__ import annotations

from .adaptive import ADAPTIVE
from .bounded import BOUNDED
from .family import Family, chapter
from .layerwise import LAYERWISE
from .linear_theory import theory_sections
from .momentum import MOMENTUM_FAMILY
from .recent import AVERAGES, SIGNS
from .side_by_side import side_by_side
from .wrappers import WRAPPERS, lookahead_ranges

FAMILIES: tuple[Family, ...] = (
    MOMENTUM_FAMILY,
    AVERAGES,
    ADAPTIVE,
    SIGNS,
    BOUNDED,
    LAYERWISE,
    WRAPPERS,
)
"""Every rule is in one of them."""

__all__ = ["FAMILIES", "Family", "chapter", "lookahead_ranges", "side_by_side", "theory_sections"]
