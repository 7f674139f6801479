"""Functions from rule to rule: weight decay, trust ratio, lookahead, schedules, stored point."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from .added import decay_of, joined, remembers_nothing, with_added
from .domains import Choice, Hyperparameter, Integers, Interval
from .errors import RuleError
from .layerwise import cautious, layerwise_gradient, trust_ratio
from .ops import where
from .rule import Rule, derived, keyword_only

FIRST = "first_"
"""Prefix of the hyperparameters of which a state's first value is made, where it is made anew."""
PREVIOUS = "previous_"
"""Prefix of the coefficients with which the stored point was computed, one step ago."""


@derived
@lru_cache(maxsize=256)
def with_weight_decay(inner: Rule) -> Rule:
    r"""The rule with coupled weight decay: :math:`g \leftarrow g + w\,y`, y the gradient's point.

    Adds the hyperparameter ``weight_decay`` (w ≥ 0, in 1/parameter² times the loss): the rule on
    the loss plus ½w‖θ‖². ``torch.optim.SGD(weight_decay=w)`` and ``Adam(weight_decay=w)`` do this.
    """

    def coefficients(t: Any, *, weight_decay: Any, **rest: Any) -> dict[str, Any]:
        return joined(inner, inner.coefficients(t, rest), weight_decay=weight_decay)

    def update(theta: Any, g: Any, *state: Any, weight_decay: Any, **rest: Any) -> Any:
        point = inner.gradient_point(theta, *state, **rest)
        return inner(theta, g + weight_decay * point, *state, **rest)

    changed = {"update": update, "coefficients": coefficients,
               "hyperparameters": with_added(inner, decay_of(0.0))}  # fmt: skip
    return Rule(**{**inner.parts, **changed})


@derived
@lru_cache(maxsize=256)
def with_decoupled_weight_decay(
    inner: Rule, *, name: str | None = None, default: float = 0.0, source: str | None = None
) -> Rule:
    r"""The rule with decoupled weight decay: :math:`\theta \leftarrow \theta^+ - \eta w \theta`.

    θ⁺ is the inner rule's step from θ. Adds ``weight_decay`` (w ≥ 0, dimensionless per η).
    """

    def coefficients(t: Any, *, weight_decay: Any, **rest: Any) -> dict[str, Any]:
        return joined(inner, inner.coefficients(t, rest), shrink=rest["lr"] * weight_decay)

    def update(theta: Any, g: Any, *state: Any, shrink: Any, **rest: Any) -> Any:
        new_theta, *new_state = inner(theta, g, *state, **rest)
        return new_theta - shrink * theta, *new_state

    changed = {"update": update, "coefficients": coefficients, "name": name or inner.name,
               "source": inner.source if source is None else source,
               "hyperparameters": with_added(inner, decay_of(default, convention=False))}  # fmt: skip
    return Rule(**{**inner.parts, **changed})


@derived
def one_of(
    key: str, rules: Mapping[str, Rule], *, name: str, source: str,
    conventions: Mapping[str, Mapping[str, Any]] | None = None,
) -> Rule:  # fmt: skip
    """One rule of several with the same state, chosen by the hyperparameter ``key``.

    The first is the default. Its hyperparameters are those of all that none has fixed; each rule
    takes those that it knows.
    """
    first, *_ = rules.values()
    for inner in rules.values():
        remembers_nothing(inner, "one_of")
    hyperparameters: dict[str, Hyperparameter] = {}
    for inner in rules.values():
        free = {k: h for k, h in inner.hyperparameters.items() if k not in inner.fixed}
        hyperparameters = {**free, **hyperparameters}

    def coefficients(t: Any, **values: Any) -> dict[str, Any]:
        inner = rules[values[key]]
        known = {k: v for k, v in values.items() if k in inner.hyperparameters}
        return {**inner.coefficients(t, inner.with_defaults(known)), key: values[key]}

    def update(theta: Any, g: Any, *state: Any, **values: Any) -> Any:
        return rules[values.pop(key)](theta, g, *state, **values)

    choice = Hyperparameter(key, next(iter(rules)), Choice(tuple(rules)), key, True)
    return Rule(
        update, coefficients=coefficients, source=source, name=name, initial=first.initial,
        state=first.state, shapes=first.shapes, hyperparameters={**hyperparameters, key: choice},
        conventions=conventions,
    )  # fmt: skip


@derived
@lru_cache(maxsize=256)
def lookahead(
    inner: Rule,
    k: int = 5,
    alpha: float = 0.5,
    *,
    name: str | None = None,
    source: str | None = None,
) -> Rule:
    r"""Lookahead: every k steps the slow weights move towards the fast ones, which then follow.

    .. math:: \text{every step: } \phi \leftarrow A(\phi); \quad \text{every } k \text{ steps: }
              \theta \leftarrow \theta + \alpha(\phi - \theta),\ \phi \leftarrow \theta

    The stored parameter is the fast one; the slow one, θ, is a state variable that begins at the
    parameter's first value. Adds ``k`` (an integer, at least 1), ``alpha`` (0 ≤ α ≤ 1; at 0 the slow
    weights stay) and ``reset_state`` (whether A starts anew at each synchronization: its state at its
    first value, its step number at 1; ``optax.lookahead`` has the same).

    Source: Zhang et al. 2019, Lookahead optimizer: k steps forward, 1 step back, algorithm 1.
    """

    remembers_nothing(inner, "lookahead")
    first = {k for f in inner.initial.values() for k in keyword_only(f)}

    def coefficients(
        t: Any, *, k: Any, alpha: Any, reset_state: Any, **rest: Any
    ) -> dict[str, Any]:
        at = (t - 1) % k + 1 if reset_state else t
        anew = {FIRST + name: rest[name] for name in first} if reset_state else {}
        return joined(inner, inner.coefficients(at, rest), **anew, sync=t % k <= 0, alpha=alpha,
                       reset_state=reset_state)  # fmt: skip

    def update(
        fast: Any, g: Any, *state: Any, sync: Any, alpha: Any, reset_state: Any, **rest: Any
    ) -> Any:
        *inner_state, slow = state
        anew = {name: rest.pop(FIRST + name) for name in first} if reset_state else {}
        new_fast, *new_state = inner(fast, g, *inner_state, **rest)
        if sync is False:  # most steps leave the slow weights alone, unread and unwritten
            return new_fast, *new_state, slow
        new_slow = where(sync, slow + alpha * (new_fast - slow), slow)
        if reset_state:
            begins = [inner.initial_of(s, new_slow, anew) if s in inner.initial
                      else inner.zero(s, new_slow) for s in inner.state]  # fmt: skip
            new_state = [where(sync, b, s) for b, s in zip(begins, new_state, strict=True)]
        return where(sync, new_slow, new_fast), *new_state, new_slow

    if "slow" in inner.state:
        raise RuleError(
            f"rule {inner.name} has a state slow already, which lookahead adds; rename it"
        )
    added = (
        Hyperparameter("k", k, Integers(1), "k", True),
        Hyperparameter("alpha", alpha, Interval(0, 1), "alpha", True),
        Hyperparameter("reset_state", False, Choice((False, True)), "reset_state", True),
    )
    changed = {
        "update": update, "coefficients": coefficients, "state": (*inner.state, "slow"),
        "initial": {**inner.initial, "slow": lambda theta: theta},
        "gradient_at": _with_slow(inner.parts["gradient_at"]),
        "hyperparameters": with_added(inner, *added), "name": name or f"lookahead_{inner.name}",
        "source": source or "Zhang et al. 2019, Lookahead optimizer, algorithm 1",
    }  # fmt: skip
    return Rule(**{**inner.parts, **changed})


def _with_slow(gradient_at: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """The same gradient point for a state that ends with the slow weights."""
    if gradient_at is None:
        return None
    inner = gradient_at

    @functools.wraps(inner)
    def point(fast: Any, *state: Any, **coefficients: Any) -> Any:
        return inner(fast, *state[:-1], **coefficients)

    return point


@derived
def with_schedule(inner: Rule, factor: Callable[[Any], Any]) -> Rule:
    """The rule with its learning rate multiplied by ``factor(t)``, t counted from 0 at step 1.

    ``factor`` is one of :mod:`eigenstep.optimizers.schedules`, or any function of the step that
    works on numbers; a learning rate outside its domain is refused at its step.
    """

    def coefficients(t: Any, *, lr: Any, **rest: Any) -> dict[str, Any]:
        scheduled = lr * factor(t - 1)
        if isinstance(scheduled, int | float):
            rate.check(scheduled)
        return inner.coefficients(t, {**rest, "lr": scheduled})

    rate = replace(inner.hyperparameters["lr"], name="lr of the schedule")
    memory = inner.memory and inner.memory.with_hyperparameters(
        lambda t, values: {**values, "lr": values["lr"] * factor(t - 1)}
    )
    return Rule(**{**inner.parts, "coefficients": coefficients, "memory": memory,
                   "hyperparameters": inner.hyperparameters})  # fmt: skip


@derived
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

    changed = {"update": update, "coefficients": coefficients, "gradient_at": None}
    return Rule(**{**inner.parts, **changed})


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


__all__ = [
    "FIRST", "PREVIOUS", "at_gradient_point", "cautious", "check_start", "iterate_from_point",
    "layerwise_gradient", "lookahead", "one_of", "trust_ratio", "with_decoupled_weight_decay",
    "with_schedule", "with_weight_decay",
]  # fmt: skip
