"""Run a rule's own function on whole grids of hyperparameters at once, in float64."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..optimizers.domains import NONNEGATIVE, Integers
from ..optimizers.errors import DomainError, RuleError, shown
from ..optimizers.rule import Rule
from .reals import real, real_array

_MOST_STEPS = 10**8
_BLOCK = 1 << 14
"""Grid points simulated together, few enough that their state stays in the processor's cache."""


@dataclass(frozen=True)
class Trajectory:
    """Iterates of a rule: ``theta`` has the steps on its first axis, step 0 is the start."""

    theta: np.ndarray
    gradient_point: np.ndarray
    state: tuple[np.ndarray, ...]


def _hyperparameters(rule: Rule, values: dict[str, Any]) -> dict[str, Any]:
    for name, value in values.items():
        rule._check_name(name)
        if rule.hyperparameters[name].is_choice:
            rule.check({name: value})
            continue
        domain = rule.hyperparameters[name].domain
        if not isinstance(domain, Integers):
            real_array(name, value, domain)
        elif np.ndim(value) or value not in domain:
            raise DomainError(name, value, domain.describe(name))
    return rule.with_defaults(values)


def _check_run(rule: Any, steps: Any, fewest: int) -> int:
    if not isinstance(rule, Rule):
        raise RuleError(f"expected a rule (see eigenstep.optimizers.rule), got {shown(rule)}")
    number = int(real("steps", steps, Integers(fewest)))
    if number > _MOST_STEPS:
        raise DomainError("steps", steps, f"{fewest} <= steps <= {_MOST_STEPS}")
    return number


def follow(
    rule: Rule,
    start: Any,
    gradient: Callable[[int, Any], Any],
    settings: Mapping[str, Any],
    state: tuple[Any, ...] | None = None,
) -> Iterator[tuple[Any, Any, tuple[Any, ...]]]:
    """Run a rule step by step, without end.

    Args:
        start: the first θ, a number or an array.
        gradient: of the step (the first is 1) and of the point where it is taken.
        settings: hyperparameters; not checked against their domains.
        state: before the first step; by default the rule's own.

    Yields:
        After each step the point where its gradient was taken, the new θ and the new state.

    >>> from eigenstep.optimizers.rules import gradient_descent
    >>> steps = follow(gradient_descent, 1.0, lambda t, x: x, {"lr": 0.5})
    >>> [theta for _, theta, _ in itertools.islice(steps, 3)]
    [0.5, 0.25, 0.125]
    """
    full = rule.with_defaults(settings)
    theta = start
    if state is None:
        state = rule.initial_state(theta, full)
    for t in itertools.count(1):
        coefficients = rule.coefficients(t, full)
        point = rule.gradient_point(theta, *state, **coefficients)
        theta, *rest = rule(theta, gradient(t, point), *state, **coefficients)
        state = tuple(rest)
        yield point, theta, state


def simulate(
    rule: Rule,
    steps: int,
    *,
    curvature: Any = 1.0,
    start: Any = 1.0,
    noise: float = 0.0,
    seed: int = 0,
    keep: bool = True,
    **hyperparameters: Any,
) -> Trajectory:
    """Iterate a rule on ½λx² and keep every iterate.

    Args:
        rule: any rule; a norm is over the whole array.
        steps: how many, at least 0.
        curvature: λ; an array runs one problem an element.
        start: the first θ; the state starts at zero. Broadcasts with ``curvature``.
        noise: standard deviation of independent normal noise added to every gradient.
        seed: of the noise.
        keep: whether to keep every iterate, or only the last.
        hyperparameters: numbers or arrays that broadcast with ``curvature``.

    Returns:
        A :class:`Trajectory` whose arrays have shape (steps + 1, *broadcast shape), or
        (1, *broadcast shape) where only the last iterate is kept.

    >>> from eigenstep.optimizers.rules import gradient_descent
    >>> simulate(gradient_descent, 3, lr=0.5).theta
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    steps = _check_run(rule, steps, 0)
    noise = float(real("noise", noise, NONNEGATIVE))
    real("seed", seed, Integers(0))
    curvature, start = real_array("curvature", curvature), real_array("start", start)
    full = _hyperparameters(rule, hyperparameters)
    numeric = [np.asarray(v, float) for v in full.values() if not isinstance(v, str)]
    curvature = np.asarray(curvature, float)
    shape = np.broadcast_shapes(curvature.shape, np.shape(start), *[v.shape for v in numeric])
    rng = np.random.default_rng(seed)
    theta = np.broadcast_to(np.asarray(start, float), shape).copy()
    state = tuple(np.array(s) for s in rule.initial_state(theta, full))
    thetas, points = [theta], []

    def gradient(t: int, point: Any) -> Any:
        exactly = curvature * point
        return exactly + noise * rng.standard_normal(shape) if noise else exactly

    run = follow(rule, theta, gradient, full, state)
    for step in itertools.islice(run, steps):
        point, theta, state = step
        if keep:
            thetas.append(theta)
            points.append(point)
    points.append(rule.gradient_point(theta, *state, **rule.coefficients(steps + 1, full)))
    if not keep:
        thetas = [theta]
    return Trajectory(np.array(thetas), np.array(points), state)


def growth(rule: Rule, steps: int = 2000, *, eta_lambda: Any, **hyperparameters: Any) -> np.ndarray:
    """The measured growth per step over the second half of a run on ½x², for whole grids.

    A value below 1 means that the run converges. The largest |θ| in the window of steps that ends
    at half time is compared with that of the window that ends last, so that neither an
    oscillation through zero nor the transient counts. Runs are rescaled as they go, so that none
    overflows.

    Args:
        rule: a linear rule with a hyperparameter ``lr``.
        steps: length of a run, at least 64.
        eta_lambda: ηλ, any shape.
        hyperparameters: numbers or arrays that broadcast with ``eta_lambda``.
    """
    steps = _check_run(rule, steps, 64)
    eta_lambda = real_array("eta_lambda", eta_lambda)
    full = _hyperparameters(rule, {"lr": eta_lambda, **hyperparameters})
    names = [k for k, v in full.items() if not isinstance(v, str | bool)]
    shape = np.broadcast_shapes(*[np.shape(full[k]) for k in names])
    columns = [np.broadcast_to(np.asarray(full[k], float), shape).ravel() for k in names]
    result = np.empty(columns[0].size)
    for begin in range(0, result.size, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        values = {**full, **{k: c[block] for k, c in zip(names, columns, strict=True)}}
        result[block] = _growth(rule, steps, values, min(_BLOCK, result.size - begin))
    return result.reshape(shape)


def _growth(rule: Rule, steps: int, values: dict[str, Any], size: int) -> np.ndarray:
    window = steps // 4
    ends = (steps // 2, steps)
    theta = np.ones(size)
    state = tuple(np.array(s) for s in rule.initial_state(theta))
    logarithm = np.zeros(size)  # of what the iterates have been divided by
    peaks = []
    peak, highest = np.zeros(size), np.full(size, -np.inf)
    for t in range(1, steps + 1):
        coefficients = rule.coefficients(t, values)
        theta, *rest = rule(
            theta, rule.gradient_point(theta, *state, **coefficients), *state, **coefficients
        )
        state = tuple(rest)
        if any(end - window < t <= end for end in ends):
            np.maximum(peak, np.abs(theta), out=peak)
        if t in ends or t % 64 == 0:
            with np.errstate(divide="ignore"):
                np.maximum(highest, np.log(peak) + logarithm, out=highest)
            peak = np.zeros(size)
            if t in ends:
                peaks.append(highest)
                highest = np.full(size, -np.inf)
            scale = np.abs(theta)
            for s in state:
                scale = np.maximum(scale, np.abs(s))
            scale[scale == 0] = 1
            theta, state = theta / scale, tuple(s / scale for s in state)
            logarithm += np.log(scale)
    gone = np.isneginf(peaks[1])  # reached zero exactly, or below the smallest number
    peaks[0][gone] = 0
    return np.exp((peaks[1] - peaks[0]) / (ends[1] - ends[0]))
