"""The lecture’s other figures."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ...analysis.adaptive.averages import MovingAverage
from ...analysis.simulation import simulate
from ...optimizers.compositions import with_schedule
from ...optimizers.rules import ALL_RULES, gradient_descent
from ...optimizers.schedules import exponential, piecewise_constant, polynomial
from ..experiments.seed_quadratic import CURVATURES, START
from . import drawing
from .drawing import titled
from .entry import FigureEntry


def lecture_curves() -> Figure:
    """Schedules, weights of momentum and RMSprop, and powers of 1 − ηλ."""
    t, tau = np.linspace(0, 50, 200), np.arange(41)
    schedules = [("piecewise constant", piecewise_constant([15, 30], [1.0, 0.5, 0.25])),
                 ("e^(−0.1t)", exponential(0.1)), ("(0.1t + 1)^(−1/2)", polynomial(0.5, 0.1))]  # fmt: skip
    steps = np.arange(21)
    powers = [(f"λ = {c:g}", steps, simulate(gradient_descent, 20, curvature=c, lr=0.1).theta)
              for c in (0.1, 1.0, 10.0, 19.0)]  # fmt: skip
    return drawing.curves([
        ("learning rate over its first", "t", [(n, t, np.array([f(x) for x in t])) for n, f in schedules]),
        ("momentum’s weights β^τ", "τ", [(f"β = {b:g}", tau, b**tau) for b in (0.95, 0.9, 0.6, 0.0)]),
        ("gradient descent, (1 − ηλ)^t, η = 0.1", "t", powers),
        ("RMSprop’s weights (1 − γ)γ^τ", "τ",
         [(f"γ = {g:g}", tau, MovingAverage(g).weights(41)) for g in (0.95, 0.9, 0.8, 0.7)]),
    ])  # fmt: skip


LECTURE_CURVES = FigureEntry(
    "Schedules of the learning rate; weights of past gradients in momentum, β^τ; (1 − ηλ)^t for η = 0.1; "
    "weights of RMSprop, (1 − γ)γ^τ.",
    "Four panels of curves. Exponential decay falls fastest, polynomial slowest; larger β and γ spread the "
    "weights over more steps; at ηλ = 1.9 the factor changes sign at every step.",
    lecture_curves,
)


def lecture_paths() -> Figure:
    """Noisy gradient descent under three schedules; Adagrad and RMSprop."""
    paths = []
    for title, factor in (
        ("constant", None),
        ("exponential", exponential(0.1)),
        ("polynomial", polynomial(0.5, 0.1)),
    ):
        rule = with_schedule(gradient_descent, factor) if factor else gradient_descent
        run = simulate(rule, 50, curvature=np.array([2.0, 4.0]), start=START, noise=1.0, lr=0.1)
        paths.append((f"noise, η = 0.1 {title}", run.theta))
    chosen: list[tuple[str, dict[str, Any]]] = [
        ("adagrad", {"lr": 0.4}),
        ("adagrad", {"lr": 2.0}),
        ("rmsprop", {"lr": 0.4, "gamma": 0.9}),
    ]
    for name, settings in chosen:
        run = simulate(ALL_RULES[name], 20, curvature=np.array(CURVATURES), start=START, **settings)
        paths.append((titled(name, settings), run.theta))
    return drawing.gallery(paths, CURVATURES, columns=3)


LECTURE_PATHS = FigureEntry(
    "The lecture’s other trajectories: gradient descent with noise and three schedules on x₁² + 2x₂², "
    "Adagrad with η = 0.4 and 2 and RMSprop with η = 0.4, γ = 0.9 on 0.1x₁² + 2x₂².",
    "Six contour plots. With a constant rate noise keeps the path moving about the minimum; with exponential "
    "decay it stops short; Adagrad at 0.4 slows down before it arrives, at 2 it arrives, as RMSprop does.",
    lecture_paths,
)
