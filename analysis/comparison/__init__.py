"""Which convention of which rule an optimizer of another library computes.

Each library's optimizers are built and stepped in ``targets``; a further library is a branch there.

May import the ground.
"""

from .comparing import TOLERANCE, Comparison, Departure, compare
from .conventions import Candidate, candidates, run_rule
from .mapping import MappingError
from .problems import SHAPES, problem
from .targets import Target, TargetError

__all__ = [
    "SHAPES", "TOLERANCE", "Candidate", "Comparison", "Departure", "MappingError", "Target", "TargetError",
    "candidates", "compare", "problem", "run_rule",
]  # fmt: skip
