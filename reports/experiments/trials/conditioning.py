"""Quadratics without noise: many curvatures, turned axes, accumulated gradients, minima."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from ....analysis import derive
from ....analysis.simulation import follow, simulate
from ....optimizers.rule import Rule
from ....optimizers.rules import adadelta, adagrad, gradient_descent, heavy_ball, rmsprop
from ..seed_quadratic import CURVATURES, START
from .table import Table

_ROTATION = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
_SEED_Q = np.diag(CURVATURES)
"""Hessian of 0.1x₁² + 2x₂²."""


def larger_coordinate() -> Table:
    """One coordinate's gradients 100 times the other's: one η for both against one each."""
    curvature, rows = np.array([1.0, 100.0]), []
    best = derive(gradient_descent).tuning(1, 100)["lr"]
    trials: list[tuple[str, Rule, dict[str, Any], np.ndarray]] = [
        ("gradient descent, best η", gradient_descent, {"lr": float(best)}, curvature),
        ("… after scaling by the diagonal", gradient_descent, {"lr": 1.0}, curvature / curvature),
        ("Adagrad, η = 0.4", adagrad, {"lr": 0.4}, curvature),
    ]
    for name, rule, settings, slopes in trials:
        run = np.abs(simulate(rule, 200, curvature=slopes, start=np.ones(2), **settings).theta)
        size = run.max(axis=1)
        rows.append((name, int(np.argmax(size < 0.01)) if (size < 0.01).any() else "not in 200"))
    return Table(("method on ½(x₁² + 100x₂²)", "steps until both |x| < 0.01"), tuple(rows))


def minima() -> Table:
    """Minima of x²(1 + sin x): at every −π/2 + 2πk the value is 0, exactly."""
    x = sp.Symbol("x", real=True)
    f = x**2 * (1 + sp.sin(x))
    rows = []
    for k in (-2, -1, 0, 1, 2):
        at = -sp.pi / 2 + 2 * sp.pi * k
        values = [sp.simplify(e.subs(x, at)) for e in (f, f.diff(x), f.diff(x, 2))]
        rows.append(tuple(_pi(v) for v in (at, *values)))
    rows.append(("0", *(_pi(e.subs(x, 0)) for e in (f, f.diff(x), f.diff(x, 2)))))
    return Table(("minimum at", "f", "f'", "f''"), tuple(rows))


def _pi(value: Any) -> str:
    return str(value).replace("**2", "²").replace("*pi", "π").replace("pi", "π").replace("-", "−")


def many_eigenvalues() -> Table:
    """λᵢ = 2^(−i), from xᵢ = 1: what is left of each coordinate, gradient descent against momentum."""
    curvature = 2.0 ** -np.arange(1, 9)
    tuned = derive(heavy_ball).tuning(curvature[-1], curvature[0])
    plain = derive(gradient_descent).tuning(curvature[-1], curvature[0])
    rows = []
    for t in (0, 10, 50, 200):
        for name, rule, best in (
            ("gradient descent", gradient_descent, plain),
            ("momentum", heavy_ball, tuned),
        ):
            settings: dict[str, Any] = {k: float(v) for k, v in best.values.items()}
            run = simulate(rule, t, curvature=curvature, **settings)
            rows.append((t, name, *(float(abs(v)) for v in run.theta[-1])))
    return Table(
        ("steps", "method", *(f"|x{i}|" for i in range(1, 9))),
        tuple(rows),
        "each at its optimal hyperparameters for [2^(−8), 1/2]",
    )


def on_the_seed_function(
    rule: Rule, settings: Mapping[str, Any], rotated: bool, steps: int
) -> np.ndarray:
    """Values of f along a run on 0.1x₁² + 2x₂², or on the same turned by 45 degrees."""
    turn = _ROTATION if rotated else np.eye(2)
    Q = turn.T @ _SEED_Q @ turn
    x = turn.T @ START
    run = follow(rule, x, lambda _, y: Q @ y, settings)
    path = [x, *(theta for _, theta, _ in itertools.islice(run, steps))]
    return np.array([0.5 * x @ Q @ x for x in path])


def _rotated(rule: Rule, settings: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for chosen in settings:
        said = ", ".join(f"{k} = {v:g}" for k, v in chosen.items())
        for rotated in (False, True):
            f = on_the_seed_function(rule, chosen, rotated, 40)
            rows.append(
                (
                    said,
                    "turned" if rotated else "as it is",
                    float(f[10]),
                    float(f[20]),
                    float(f[40]),
                )
            )
    return Table(
        (rule.name, "function", "f after 10", "20", "40 steps"),
        tuple(rows),
        "0.1x₁² + 2x₂² from (−5, −2)",
    )


def rotated_adagrad() -> Table:
    """Adagrad on the function and on the turned one."""
    return _rotated(adagrad, ({"lr": 0.4}, {"lr": 2.0}))


def rotated_rmsprop() -> Table:
    """RMSprop on both."""
    return _rotated(rmsprop, ({"lr": 0.4, "gamma": 0.9}, {"lr": 0.1, "gamma": 0.9}))


def effective_rates() -> Table:
    """η over the root of what is accumulated under constant gradients of size 1."""
    rows = []
    chosen = ("Adagrad", adagrad, {}), ("RMSprop, γ = 0.9", rmsprop, {"gamma": 0.9})
    for name, rule, others in chosen:
        settings = {"lr": 1.0, "eps": 0.0, **others}
        run = follow(rule, 0.0, lambda *_: 1.0, settings)
        path = [0.0, *(theta for _, theta, _ in itertools.islice(run, 1000))]
        found = [float(path[t - 1] - path[t]) for t in (1, 10, 100, 1000)]
        rows.append((name, *found))
    return Table(
        ("length of the step", "t = 1", "10", "100", "1000"),
        tuple(rows),
        "constant gradients of size 1, η = 1, ε = 0",
    )


def gamma_one() -> Table:
    """RMSprop with γ = 1, which its domain excludes: s stays 0, and the step is ηg/√ε."""
    rows = []
    for gamma in (0.9, 0.999, 1.0):
        settings = {"lr": 0.4, "eps": 1e-6, "gamma": gamma}
        run = follow(rmsprop, START, lambda _, y: _SEED_Q @ y, settings)
        *_, (_, x, (s,)) = itertools.islice(run, 3)
        rows.append((gamma, float(np.abs(s).max()), float(0.5 * x @ _SEED_Q @ x)))
    return Table(
        ("γ", "largest s after 3 steps", "f after 3 steps"),
        tuple(rows),
        "0.1x₁² + 2x₂², η = 0.4, ε = 1e-6",
    )


def far_away() -> Table:
    """Steps that Adadelta takes to halve the distance to the minimizer of ½x², by distance and ε."""
    rows = []
    for start in (1.0, 1e3, 1e6):
        found: list[Any] = []
        for eps in (1e-8, 1e-6, 1e-4):
            run = np.abs(simulate(adadelta, 5000, start=start, rho=0.9, eps=eps).theta)
            found.append(
                int(np.argmax(run < start / 2)) if (run < start / 2).any() else "over 5000"
            )
        rows.append((start, *found))
    return Table(
        ("start", "ε = 1e-8", "ε = 1e-6", "ε = 1e-4"),
        tuple(rows),
        "steps until the distance has halved, ½x², ρ = 0.9; gradient descent with η = 1/2 takes 1",
    )
