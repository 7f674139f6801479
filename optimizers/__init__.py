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
from .moved import moved
from .rule import Rule, rule

if TYPE_CHECKING:
    from .classes.adaptive import (
        AdaBound,
        Adadelta,
        Adagrad,
        Adam,
        AdaMax,
        Adamax,
        AdamW,
        AMSBound,
        AMSGrad,
        NAdam,
        Nadam,
        RAdam,
        RMSprop,
        Yogi,
    )
    from .classes.descent import SGD, GradientDescent, HeavyBall, Nesterov
    from .classes.matrices import SOAP, Adafactor, AdamMini, Muon, Shampoo
    from .classes.measured import CautiousAdamW, Prodigy, Sophia, StableAdamW
    from .classes.modern import ADOPT, MARS, Adan, AdEMAMix, LaProp
    from .classes.momentum import (
        ASGD,
        QHM,
        AggMo,
        ScheduleFreeAdamW,
        ScheduleFreeSGD,
        TripleMomentum,
    )
    from .classes.optimizer import RuleOptimizer, SparseGradient
    from .classes.sign import Lion, Rprop, Signum
    from .classes.wrappers import LAMB, LARS, Lookahead, Ralamb, Ranger, RangerLARS

_TORCH = {
    name: module
    for module, names in {
        "adaptive": "AMSBound AMSGrad AdaBound AdaMax Adadelta Adagrad Adam AdamW Adamax NAdam Nadam "
        "RAdam RMSprop Yogi",
        "wrappers": "LAMB LARS Lookahead Ralamb Ranger RangerLARS",
        "descent": "GradientDescent HeavyBall Nesterov SGD",
        "matrices": "SOAP Adafactor AdamMini Muon Shampoo",
        "measured": "CautiousAdamW Prodigy Sophia StableAdamW",
        "modern": "ADOPT AdEMAMix Adan LaProp MARS",
        "momentum": "ASGD AggMo QHM ScheduleFreeAdamW ScheduleFreeSGD TripleMomentum",
        "sign": "Lion Rprop Signum",
        "optimizer": "RuleOptimizer SparseGradient",
    }.items()
    for name in names.split()
}

__all__ = [
    "ADOPT",
    "ASGD",
    "LAMB",
    "LARS",
    "MARS",
    "QHM",
    "SGD",
    "SOAP",
    "AMSBound",
    "AMSGrad",
    "AdEMAMix",
    "AdaBound",
    "AdaMax",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamMini",
    "AdamW",
    "Adamax",
    "Adan",
    "AggMo",
    "CautiousAdamW",
    "DomainError",
    "EigenstepError",
    "GradientDescent",
    "HeavyBall",
    "LaProp",
    "Lion",
    "Lookahead",
    "Missing",
    "Muon",
    "NAdam",
    "Nadam",
    "Nesterov",
    "Prodigy",
    "RAdam",
    "RMSprop",
    "Ralamb",
    "Ranger",
    "RangerLARS",
    "Rprop",
    "Rule",
    "RuleError",
    "RuleOptimizer",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "Shampoo",
    "Signum",
    "Sophia",
    "SparseGradient",
    "StableAdamW",
    "TripleMomentum",
    "Undecided",
    "UnknownName",
    "Yogi",
    "rule",
]


moved(__name__, {
    "adaptive": "classes.adaptive", "arguments": "classes.arguments", "blocked": "program.torch_blocks",
    "checkpoints": "classes.checkpoints", "coefficients": "classes.coefficients",
    "descent": "classes.descent", "files": "machine.files", "memory": "engine.memory",
    "native": "engine.native", "optimizer": "classes.optimizer", "signals": "machine.signals",
    "workers": "machine.workers", "wrappers": "classes.wrappers",
})  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _TORCH:
        return getattr(import_module(f".classes.{_TORCH[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
