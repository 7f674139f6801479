"""The update rules, each one pure function in its paper's symbols. No torch in here.

>>> sorted(ALL_RULES)
['gradient_descent', 'heavy_ball', 'nesterov']
"""

from ..rule import Rule, rule
from .gradient_descent import gradient_descent
from .heavy_ball import heavy_ball
from .nesterov import nesterov

ALL_RULES: dict[str, Rule] = {r.name: r for r in (gradient_descent, heavy_ball, nesterov)}

__all__ = ["ALL_RULES", "Rule", "gradient_descent", "heavy_ball", "nesterov", "rule"]
