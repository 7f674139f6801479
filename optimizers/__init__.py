"""Update rules, and the torch optimizers made of them.

The torch classes are imported on first use, so that theory needs no torch:

>>> from eigenstep.optimizers.rules import heavy_ball
>>> import torch
>>> from eigenstep.optimizers import HeavyBall
>>> model = torch.nn.Linear(3, 1)
>>> optimizer = HeavyBall(model.parameters(), lr=0.1, momentum=0.9)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import DomainError, EigenstepError, Missing, RuleError, Undecided, UnknownName
from .rule import Rule, rule

if TYPE_CHECKING:
    from .descent import SGD, GradientDescent, HeavyBall, Nesterov
    from .optimizer import RuleOptimizer, SparseGradient

_TORCH = {
    "GradientDescent": "descent",
    "HeavyBall": "descent",
    "Nesterov": "descent",
    "RuleOptimizer": "optimizer",
    "SGD": "descent",
    "SparseGradient": "optimizer",
}

__all__ = [
    "SGD",
    "DomainError",
    "EigenstepError",
    "GradientDescent",
    "HeavyBall",
    "Missing",
    "Nesterov",
    "Rule",
    "RuleError",
    "RuleOptimizer",
    "SparseGradient",
    "Undecided",
    "UnknownName",
    "rule",
]


def __getattr__(name: str) -> Any:
    if name in _TORCH:
        return getattr(import_module(f".{_TORCH[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
