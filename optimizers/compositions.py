"""Functions from rule to rule."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .domains import NONNEGATIVE, Hyperparameter
from .errors import RuleError
from .rule import Rule

PREVIOUS = "previous_"
"""Prefix of the coefficients with which the stored point was computed, one step ago."""


@lru_cache(maxsize=256)
def with_weight_decay(inner: Rule) -> Rule:
    r"""The rule with coupled weight decay: :math:`g \leftarrow g + w\,y`, y the gradient's point.

    Adds the hyperparameter ``weight_decay`` (w ≥ 0, in 1/parameter² times the loss): gradient
    descent on the loss plus ½w‖θ‖². ``torch.optim.SGD(weight_decay=w)`` computes the same.
    """

    def coefficients(t: Any, *, weight_decay: Any, **rest: Any) -> dict[str, Any]:
        return {**inner.coefficients(t, rest), "weight_decay": weight_decay}

    def update(theta: Any, g: Any, *state: Any, weight_decay: Any, **rest: Any) -> Any:
        point = inner.gradient_point(theta, *state, **rest)
        return inner(theta, g + weight_decay * point, *state, **rest)

    decay = Hyperparameter("weight_decay", 0.0, NONNEGATIVE, "w", convention=True)
    return Rule(
        **{
            **inner.parts,
            "update": update,
            "coefficients": coefficients,
            "hyperparameters": {**inner.hyperparameters, "weight_decay": decay},
        }
    )


@lru_cache(maxsize=256)
def at_gradient_point(inner: Rule) -> Rule:
    """The same method written in y, the point where its gradient is taken, in place of θ.

    Automatic differentiation evaluates at the stored parameter, so what is stored must be y. The
    rule says where that is, affinely: y = aθ + b(state). So θ = (y − b)/a, with the coefficients
    of the step that made y; the inner rule steps; and the new y is computed from the new θ and
    state. A rule whose gradient is at θ is returned as it is.

    Raises:
        RuleError: at the start, where the state has its initial value, y is not θ.
    """
    names = inner.gradient_at_names
    if not names:
        return inner

    def coefficients(t: Any, **hyperparameters: Any) -> dict[str, Any]:
        now = inner.coefficients(t, hyperparameters)
        return {**now, **{PREVIOUS + k: now[k] for k in names}}

    def update(y: Any, g: Any, *state: Any, **all_coefficients: Any) -> Any:
        now = {k: v for k, v in all_coefficients.items() if not k.startswith(PREVIOUS)}
        before = {k: all_coefficients[PREVIOUS + k] for k in names}
        theta = iterate_from_point(inner, y, state, before)
        new_theta, *new_state = inner(theta, g, *state, **now)
        return inner.gradient_point(new_theta, *new_state, **now), *new_state

    return Rule(
        update, coefficients=coefficients, source=inner.source, name=inner.name,
        fixed=inner.fixed, initial=inner.initial, state=inner.state,
        hyperparameters=inner.hyperparameters,
    )  # fmt: skip


def iterate_from_point(rule: Rule, y: Any, state: Any, coefficients: dict[str, Any]) -> Any:
    """θ from the point where the gradient is taken: solves y = aθ + b(state) for θ."""
    zero = 0.0
    shift = rule.gradient_point(zero, *state, **coefficients)
    if shift is zero:
        return y
    none = [0.0] * len(state)
    slope = rule.gradient_point(1.0, *none, **coefficients) - rule.gradient_point(
        0.0, *none, **coefficients
    )
    return y - shift if isinstance(slope, float) and slope == 1.0 else (y - shift) / slope


def check_start(rule: Rule, coefficients: dict[str, Any]) -> None:
    """Raise unless the first gradient's point is the parameter itself."""
    start = rule.gradient_point(1.0, *rule.initial_state(1.0), **coefficients)
    if abs(start - 1.0) > 1e-12:
        raise RuleError(
            f"rule {rule.name} takes its first gradient at {start:g}θ, not at θ; "
            "give its state an initial value"
        )
