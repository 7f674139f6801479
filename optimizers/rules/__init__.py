"""The update rules, each one pure function in its paper's symbols. No torch in here.

May import the language. A new rule is a file here and its name in ``ALL_RULES``.

>>> "radam" in ALL_RULES
True
"""

from ..rule import Rule, rule
from .adabound import adabound, amsbound
from .adadelta import adadelta
from .adafactor import adafactor
from .adagrad import adagrad
from .adam import adam
from .adam_mini import adam_mini
from .adamax import adamax
from .adamw import adamw
from .amsgrad import amsgrad
from .gradient_descent import gradient_descent
from .heavy_ball import heavy_ball
from .large_batch import lamb, lars, ralamb
from .muon import muon
from .nadam import nadam
from .nesterov import nesterov
from .prodigy import prodigy
from .radam import radam
from .ranger import ranger, ranger_lars
from .rmsprop import rmsprop, rmsprop_variant
from .shampoo import shampoo, soap
from .sophia import sophia
from .stable_adamw import stable_adamw
from .yogi import yogi

ALL_RULES: dict[str, Rule] = {
    r.name: r
    for r in (
        gradient_descent, heavy_ball, nesterov, adagrad, rmsprop, adadelta, adam, adamw, adamax,
        nadam, amsgrad, radam, yogi, adabound, amsbound, lars, lamb, ralamb, ranger, ranger_lars,
    )
}  # fmt: skip

WIDER_RULES: dict[str, Rule] = {
    r.name: r for r in (stable_adamw, sophia, prodigy, adafactor, adam_mini, muon, shampoo, soap)
}
"""Those of more than elementwise operations and norms: what has no symbols for them says so."""
SHIPPED_RULES: dict[str, Rule] = {**ALL_RULES, **WIDER_RULES}

for _rule in SHIPPED_RULES.values():
    _rule.__module__, _rule._recipe = __name__, None  # where pickle finds each by its name

LINEAR_RULES: dict[str, Rule] = {r.name: r for r in (gradient_descent, heavy_ball, nesterov)}
"""Those linear in state and gradient, of which ``derive`` gives the whole theory."""

__all__ = [
    "ALL_RULES", "LINEAR_RULES", "SHIPPED_RULES", "WIDER_RULES", "Rule", "adabound", "adadelta",
    "adafactor", "adagrad", "adam", "adam_mini", "adamax", "adamw", "amsbound", "amsgrad", "gradient_descent", "heavy_ball", "lamb", "lars", "muon", "nadam", "prodigy", "nesterov",
    "radam", "ralamb", "ranger", "ranger_lars", "rmsprop", "rmsprop_variant", "rule", "shampoo",
    "soap", "sophia", "stable_adamw", "yogi",
]  # fmt: skip
