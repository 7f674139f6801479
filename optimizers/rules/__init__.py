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
from .adan import adan
from .ademamix import ademamix
from .adopt import adopt
from .aggmo import aggmo, aggmo_variant
from .amsgrad import amsgrad
from .asgd import asgd
from .gradient_descent import gradient_descent
from .heavy_ball import heavy_ball
from .laprop import laprop
from .large_batch import lamb, lars, ralamb
from .lion import lion
from .mars import mars
from .muon import muon
from .nadam import nadam
from .nesterov import nesterov
from .prodigy import prodigy
from .qhm import qhm
from .radam import radam
from .ranger import ranger, ranger_lars
from .rmsprop import rmsprop, rmsprop_variant
from .rprop import rprop
from .schedule_free import schedule_free_adamw, schedule_free_sgd
from .shampoo import shampoo, soap
from .signum import signum
from .sophia import sophia
from .stable_adamw import stable_adamw
from .triple_momentum import triple_momentum
from .yogi import yogi

ALL_RULES: dict[str, Rule] = {
    r.name: r
    for r in (
        gradient_descent, heavy_ball, nesterov, adagrad, rmsprop, adadelta, adam, adamw, adamax,
        nadam, amsgrad, radam, yogi, adabound, amsbound, lars, lamb, ralamb, ranger, ranger_lars,
        qhm, aggmo, triple_momentum, signum, lion, rprop, asgd, schedule_free_sgd, schedule_free_adamw,
        ademamix, adan, mars, adopt, laprop,
    )
}  # fmt: skip

WIDER_RULES: dict[str, Rule] = {
    r.name: r for r in (stable_adamw, sophia, prodigy, adafactor, adam_mini, muon, shampoo, soap)
}
"""Those of more than elementwise operations and norms: what has no symbols for them says so."""
SHIPPED_RULES: dict[str, Rule] = {**ALL_RULES, **WIDER_RULES}

for _rule in SHIPPED_RULES.values():
    _rule.__module__, _rule._recipe = __name__, None  # where pickle finds each by its name

LINEAR_RULES: dict[str, Rule] = {r.name: r for r in (
    gradient_descent, heavy_ball, nesterov, qhm, triple_momentum,
)}  # fmt: skip
"""Those linear in state and gradient, of order two at most, of which ``derive`` gives the whole theory."""

__all__ = [
    "ALL_RULES",
    "LINEAR_RULES",
    "SHIPPED_RULES",
    "WIDER_RULES",
    "Rule",
    "adabound",
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adam_mini",
    "adamax",
    "adamw",
    "adan",
    "ademamix",
    "adopt",
    "aggmo",
    "aggmo_variant",
    "amsbound",
    "amsgrad",
    "asgd",
    "gradient_descent",
    "heavy_ball",
    "lamb",
    "laprop",
    "lars",
    "lion",
    "mars",
    "muon",
    "nadam",
    "nesterov",
    "prodigy",
    "qhm",
    "radam",
    "ralamb",
    "ranger",
    "ranger_lars",
    "rmsprop",
    "rmsprop_variant",
    "rprop",
    "rule",
    "schedule_free_adamw",
    "schedule_free_sgd",
    "shampoo",
    "signum",
    "soap",
    "sophia",
    "stable_adamw",
    "triple_momentum",
    "yogi",
]  # fmt: skip
