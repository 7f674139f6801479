"""What the rules with moving averages share: bias corrections and where ε stands."""

from __future__ import annotations

from typing import Annotated, Any

from .domains import UNIT, Choice, Convention, NonNegative
from .ops import divisor, sqrt

Epsilon = Annotated[NonNegative, Convention()]
"""ε ≥ 0, in units of the gradient where it stands outside the root, of its square inside."""
EpsilonPlace = Annotated[str, Choice(("outside", "inside"))]
CorrectedEpsilonPlace = Annotated[str, Choice(("outside", "inside", "uncorrected"))]
"""``outside``: √v̂ + ε; ``inside``: √(v̂ + ε); ``uncorrected``: (√v + ε)/√(1 − β₂^t)."""
AveragingFactor = Annotated[float, UNIT]


def bias(beta: Any, t: Any) -> Any:
    """1 − β^t: what the weights of an average that began at zero add up to after t steps."""
    return 1 - beta**t


def epsilons(eps: Any, place: str, bias2: Any) -> dict[str, Any]:
    """The two ε of the denominator √(v/bias2 + eps_inside) + eps_outside."""
    if place == "inside":
        return {"eps_inside": eps, "eps_outside": 0}
    return {"eps_inside": 0, "eps_outside": eps / sqrt(bias2) if place == "uncorrected" else eps}


BothEpsilonsPlace = Annotated[str, Choice(("corrected", "uncorrected"))]
"""With ε inside the root and out of it: √(v̂ + ε₂) + ε; ``uncorrected``: (√(v + ε₂) + ε)/√(1 − β₂^t)."""


def both_epsilons(eps: Any, eps_inside: Any, place: str, bias2: Any) -> dict[str, Any]:
    """The two ε of the denominator where each has a number of its own."""
    if place == "corrected":
        return {"eps_inside": eps_inside, "eps_outside": eps}
    return {"eps_inside": eps_inside / bias2, "eps_outside": eps / sqrt(bias2)}


def denominator(v: Any, eps_inside: Any, eps_outside: Any) -> Any:
    """√(v + eps_inside) + eps_outside; what is divided by it stays where that is 0."""
    return divisor(sqrt(v + eps_inside) + eps_outside, eps_inside + eps_outside)


def averages(lr: Any, beta1: Any, beta2: Any, t: Any) -> dict[str, Any]:
    """The coefficients of Adam's two averages; ``step`` is η/(1 − β₁^t)."""
    bias1, bias2 = bias(beta1, t), bias(beta2, t)
    return {
        "beta1": beta1,
        "beta2": beta2,
        "weight1": 1 - beta1,
        "weight2": 1 - beta2,
        "bias1": bias1,
        "bias2": bias2,
        "unbias2": 1 / bias2,
        "step": lr / bias1,
    }


def corrected(lr: Any, beta1: Any, beta2: Any, t: Any, eps: Any, place: str) -> dict[str, Any]:
    """The coefficients of a step by two bias-corrected averages."""
    shared = averages(lr, beta1, beta2, t)
    return {**shared, **epsilons(eps, place, shared["bias2"])}
