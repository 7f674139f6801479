"""Functions from rule to rule: weight decay, trust ratio, lookahead, schedules, stored point."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from . import ops
from .domains import NONNEGATIVE, POSITIVE, Choice, Hyperparameter, Integers, Interval
from .errors import RuleError
from .ops import clip, maximum, mean, norm, where
from .rule import Rule, _keyword_only, derived

FIRST = "first_"
"""Prefix of the hyperparameters of which a state's first value is made, where it is made anew."""
PREVIOUS = "previous_"
"""Prefix of the coefficients with which the stored point was computed, one step ago."""


def _decay(default: float, convention: bool = True) -> Hyperparameter:
    return Hyperparameter("weight_decay", default, NONNEGATIVE, "w", convention)


def _with(inner: Rule, *added: Hyperparameter) -> dict[str, Hyperparameter]:
    for h in added:
        if h.name in inner.hyperparameters:
            raise RuleError(f"rule {inner.name} has {h.name} already; it cannot be added once more")
    return {**inner.hyperparameters, **{h.name: h for h in added}}


def _remembers_nothing(inner: Rule, composition: str) -> None:
    """Raise where a rule's coefficients remember something, whose steps the composition would change."""
    if inner.memory is not None:
        raise RuleError(
            f"{composition} of rule {inner.name}: its coefficients remember {', '.join(inner.memory.start)} "
            "from step to step, which this composition would change"
        )


def _joined(inner: Rule, found: Mapping[str, Any], **added: Any) -> dict[str, Any]:
    """The inner rule's coefficients and those that are added.

    Raises:
        RuleError: one of them would take the place of the inner rule's.
    """
    for name in added:
        if name in found:
            raise RuleError(
                f"rule {inner.name} has a coefficient {name} already, which is added to it; rename it"
            )
    return {**found, **added}


@derived
@lru_cache(maxsize=256)
def with_weight_decay(inner: Rule) -> Rule:
    r"""The rule with coupled weight decay: :math:`g \leftarrow g + w\,y`, y the gradient's point.

    Adds the hyperparameter ``weight_decay`` (w ≥ 0, in 1/parameter² times the loss): the rule on
    the loss plus ½w‖θ‖². ``torch.optim.SGD(weight_decay=w)`` and ``Adam(weight_decay=w)`` do this.
    """

    def coefficients(t: Any, *, weight_decay: Any, **rest: Any) -> dict[str, Any]:
        return _joined(inner, inner.coefficients(t, rest), weight_decay=weight_decay)

    def update(theta: Any, g: Any, *state: Any, weight_decay: Any, **rest: Any) -> Any:
        point = inner.gradient_point(theta, *state, **rest)
        return inner(theta, g + weight_decay * point, *state, **rest)

    changed = {"update": update, "coefficients": coefficients,
               "hyperparameters": _with(inner, _decay(0.0))}  # fmt: skip
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
        return _joined(inner, inner.coefficients(t, rest), shrink=rest["lr"] * weight_decay)

    def update(theta: Any, g: Any, *state: Any, shrink: Any, **rest: Any) -> Any:
        new_theta, *new_state = inner(theta, g, *state, **rest)
        return new_theta - shrink * theta, *new_state

    changed = {"update": update, "coefficients": coefficients, "name": name or inner.name,
               "source": inner.source if source is None else source,
               "hyperparameters": _with(inner, _decay(default, convention=False))}  # fmt: skip
    return Rule(**{**inner.parts, **changed})


@derived
def trust_ratio(inner: Rule, *, decay: str, name: str, source: str) -> Rule:
    r"""The rule with its update scaled, tensor by tensor, to the length φ(‖θ‖).

    .. math:: \theta \leftarrow \theta - \eta\,\phi(\|\theta\|) \frac{u}{\|u\|}

    u is the inner rule's update at η = 1, read off by stepping from zero, so that nothing cancels:
    the inner rule must use θ in no other way. Where a norm is zero the ratio φ(‖θ‖)/‖u‖ is 1.

    Args:
        inner: the base rule.
        decay: where weight decay enters: ``"gradient"`` (g + wθ) or ``"update"`` (u + wθ).
    """

    _remembers_nothing(inner, "trust_ratio")

    def coefficients(
        t: Any, *, lr: Any, weight_decay: Any, phi: Any, phi_lower: Any, phi_upper: Any, **rest: Any
    ) -> dict[str, Any]:
        unit = inner.coefficients(t, {**rest, "lr": 1})
        return _joined(inner, unit, length=lr, weight_decay=weight_decay, phi=phi,
                       phi_lower=phi_lower, phi_upper=phi_upper)  # fmt: skip

    def update(
        theta: Any, g: Any, *state: Any, length: Any, weight_decay: Any, phi: Any, phi_lower: Any,
        phi_upper: Any, **rest: Any,
    ) -> Any:  # fmt: skip
        gradient = g + weight_decay * theta if decay == "gradient" else g
        minus_u, *new_state = inner(0.0, gradient, *state, **rest)
        u = weight_decay * theta - minus_u if decay == "update" else -minus_u
        size, u_size = norm(theta), norm(u)
        wanted = size if phi == "identity" else clip(size, phi_lower, phi_upper)
        # Written with ≤ so that a NaN norm reaches the whole tensor instead of counting as zero; u is
        # divided first, because the ratio itself overflows float32 where u is tiny.
        wanted = where(size <= 0, 1, where(u_size <= 0, 1, wanted))
        u_size = where(size <= 0, 1, where(u_size <= 0, 1, u_size))
        return theta - (length * wanted) * (u / u_size), *new_state

    added = (
        _decay(0.0, convention=False),
        Hyperparameter("phi", "identity", Choice(("identity", "clipped")), "phi", True),
        Hyperparameter("phi_lower", 0.0, NONNEGATIVE, "phi_l", True),
        Hyperparameter("phi_upper", 10.0, POSITIVE, "phi_u", True),
    )
    return Rule(**{**inner.parts, "update": update, "coefficients": coefficients, "name": name,
                   "source": source, "conventions": None,
                   "hyperparameters": _with(inner, *added)})  # fmt: skip


@derived
@lru_cache(maxsize=256)
def cautious(inner: Rule, *, name: str | None = None) -> Rule:
    r"""The rule without the part of its update that points against the gradient.

    .. math:: \theta \leftarrow \theta - \frac{n}{\#\{u g > 0\} + 1}\, [u g > 0]\, u

    u is the inner rule's update, read off by stepping from zero: the inner rule must use θ in no other way
    (decoupled weight decay is added to the cautious rule, as in the paper). n counts a tensor's elements.
    Adds the hyperparameter ``rescale``: ``"count"`` as above, ``"mean"`` for the factor
    1/max(mean[ug > 0], 0.001) of the authors' code, ``"none"`` for 1.

    Source: Liang et al. 2024, Cautious optimizers: improving training with one line of code, algorithm 1.
    """

    def coefficients(t: Any, *, rescale: Any, **rest: Any) -> dict[str, Any]:
        return {**inner.coefficients(t, rest), "rescale": rescale}

    def update(theta: Any, g: Any, *state: Any, rescale: Any, **rest: Any) -> Any:
        minus_u, *new_state = inner(theta * 0, g, *state, **rest)
        agree = where(minus_u * g < 0, 1, 0)
        if rescale == "count":
            agree = agree * (ops.size(g) / (ops.sum(agree) + 1))
        elif rescale == "mean":
            agree = agree / maximum(mean(agree), 1e-3)
        return theta + agree * minus_u, *new_state

    rescale = Hyperparameter("rescale", "count", Choice(("count", "mean", "none")), "rescale", True)
    changed = {"update": update, "coefficients": coefficients, "name": name or f"cautious_{inner.name}",
               "source": "Liang et al. 2024, Cautious optimizers, algorithm 1", "conventions": None,
               "hyperparameters": _with(inner, rescale)}  # fmt: skip
    return Rule(**{**inner.parts, **changed})


@derived
def layerwise_gradient(inner: Rule, *, norms: str) -> Rule:
    r"""The rule on gradients scaled, tensor by tensor, to the length κ‖θ‖.

    .. math:: g \leftarrow \kappa \frac{\|\theta\|}{\|g\| + w\|\theta\|} (g + w\theta)

    Where ‖θ‖ or the denominator is zero the factor is 1.

    Args:
        inner: the base rule.
        norms: ``"apart"`` as above; ``"together"``: ‖g + wθ‖ below.
    """

    def coefficients(t: Any, *, weight_decay: Any, trust_coefficient: Any, **rest: Any) -> Any:
        return _joined(inner, inner.coefficients(t, rest), weight_decay=weight_decay,
                       trust_coefficient=trust_coefficient)  # fmt: skip

    def update(
        theta: Any, g: Any, *state: Any, weight_decay: Any, trust_coefficient: Any, **rest: Any
    ) -> Any:
        decayed = g + weight_decay * theta
        size = norm(theta)
        below = norm(decayed) if norms == "together" else norm(g) + weight_decay * size
        wanted = where(size <= 0, 1, where(below <= 0, 1, trust_coefficient * size))
        below = where(size <= 0, 1, where(below <= 0, 1, below))
        return inner(theta, wanted * (decayed / below), *state, **rest)

    kappa = Hyperparameter("trust_coefficient", 0.001, POSITIVE, "kappa", True)
    changed = {"update": update, "coefficients": coefficients,
               "hyperparameters": _with(inner, _decay(0.0, convention=False), kappa)}  # fmt: skip
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
        _remembers_nothing(inner, "one_of")
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

    _remembers_nothing(inner, "lookahead")
    first = {k for f in inner.initial.values() for k in _keyword_only(f)}

    def coefficients(
        t: Any, *, k: Any, alpha: Any, reset_state: Any, **rest: Any
    ) -> dict[str, Any]:
        at = (t - 1) % k + 1 if reset_state else t
        anew = {FIRST + name: rest[name] for name in first} if reset_state else {}
        return _joined(inner, inner.coefficients(at, rest), **anew, sync=t % k <= 0, alpha=alpha,
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
        "hyperparameters": _with(inner, *added), "name": name or f"lookahead_{inner.name}",
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
