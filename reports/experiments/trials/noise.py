"""Quadratics with noise on the gradient: schedules, equal noise, why the rate is reduced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....analysis.linear.noise import best_schedule
from ....analysis.simulation import simulate
from ....optimizers.compositions import with_schedule
from ....optimizers.rule import Rule
from ....optimizers.rules import gradient_descent
from ....optimizers.schedules import exponential, polynomial
from ..seed_quadratic import START
from .table import Table


def noisy_distances(
    rule: Rule,
    factor: Callable[[Any], Any] | None,
    steps: int,
    *,
    chains: int = 2000,
    **settings: Any,
) -> float:
    """Root mean square distance from (0, 0) on x₁² + 2x₂² with unit gradient noise, from (−5, −2)."""
    run = with_schedule(rule, factor) if factor else rule
    end = simulate(run, steps, curvature=np.array([2.0, 4.0]), noise=1.0, keep=False,
                   start=np.tile(START, (chains, 1)), **settings).theta[-1]  # fmt: skip
    return float(np.sqrt(np.mean(np.sum(end**2, axis=1))))


_SCHEDULES: dict[str, Callable[[Any], Any] | None] = {
    "constant": None, "exponential, e^(−0.1t)": exponential(0.1),
    "polynomial, (0.1t + 1)^(−1/2)": polynomial(0.5, 0.1),
    "polynomial, (0.1t + 1)^(−1)": polynomial(1.0, 0.1),
}  # fmt: skip


def schedules() -> Table:
    """Distance from the optimum by schedule and number of steps."""
    steps = (10, 50, 250, 1000)
    rows = [(name, *(noisy_distances(gradient_descent, factor, t, lr=0.1) for t in steps))
            for name, factor in _SCHEDULES.items()]  # fmt: skip
    return Table(
        ("schedule of η = 0.1", *(f"{t} steps" for t in steps)),
        tuple(rows),
        "root mean square distance from (0, 0), 2000 runs on x₁² + 2x₂², gradient noise 1",
    )


def equivalent_noise() -> Table:
    """Gradient noise σ against samples x of l(x, w) = (x₁ − w₁)² + 2(x₂ − w₂)²: the same moments."""
    random, n = np.random.default_rng(0), 200_000
    Q = np.diag([2.0, 4.0])
    x = random.standard_normal((n, 2)) @ np.linalg.inv(Q)  # covariance Q⁻²
    w = np.array([1.0, -0.5])
    gradients = (w - x) @ Q
    rows = [(f"∂l/∂w{i + 1}", float(gradients[:, i].mean()), float((Q @ w)[i]),
             float(gradients[:, i].var()), 1.0) for i in range(2)]  # fmt: skip
    return Table(("gradient", "mean", "mean of ∇f + noise", "variance", "variance of ∇f + noise"),
                 tuple(rows), "x normal, mean 0, variances 1/4 and 1/16; w = (1, −1/2)")  # fmt: skip


def why_decay() -> Table:
    """Distance from the optimum under noise: constant rates, and the best schedule, which is 1/t."""
    curvature, noise, start, rows = 1.0, 1.0, 5.0, []
    random, chains = np.random.default_rng(0), 4000
    best, _ = best_schedule(curvature, noise, start, 1000)
    plans = {"constant, η = 0.1": np.full(1000, 0.1), "constant, η = 0.01": np.full(1000, 0.01),
             "0.1/√t": 0.1 / np.sqrt(np.arange(1, 1001)), "the best, about 1/t": best}  # fmt: skip
    for name, rates in plans.items():
        w, found = np.full(chains, start), []
        for t, eta in enumerate(rates, 1):
            w = w - eta * (curvature * w + noise * random.standard_normal(chains))
            if t in (10, 100, 1000):
                found.append(float(np.sqrt(np.mean(w**2))))
        rows.append((name, *found))
    return Table(
        ("η", "after 10", "100", "1000 steps"),
        tuple(rows),
        "root mean square distance, ½w² from 5, gradient noise 1, 4000 runs",
    )
