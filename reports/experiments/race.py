"""The race: all rules from one start on four surfaces."""

from __future__ import annotations

import itertools

import numpy as np
import sympy as sp

from ...analysis.simulation import follow
from ...optimizers.rule import Rule
from ...optimizers.rules import ALL_RULES

X, Y = sp.symbols("x y", real=True)
KAPPA, ANGLE = sp.symbols("kappa angle", real=True)
SURFACES: dict[str, tuple[sp.Expr, tuple[float, float], tuple[float, float, float, float]]] = {
    "quadratic": (
        ((X * sp.cos(ANGLE) + Y * sp.sin(ANGLE)) ** 2
         + KAPPA * (Y * sp.cos(ANGLE) - X * sp.sin(ANGLE)) ** 2) / 2,
        (-4.0, 2.0), (-5, 3, -3, 3),
    ),
    "saddle": ((X**2 - Y**2) / 2 + Y**4 / 16, (-3.0, 0.01), (-4, 4, -3, 3)),
    "Rosenbrock": ((1 - X) ** 2 + 10 * (Y - X**2) ** 2, (-1.2, 1.0), (-2, 2, -1, 3)),
    "Beale": (
        (sp.Rational(3, 2) - X + X * Y) ** 2 + (sp.Rational(9, 4) - X + X * Y**2) ** 2
        + (sp.Rational(21, 8) - X + X * Y**3) ** 2, (1.0, 1.5), (-1, 4, -2, 2),
    ),
}  # fmt: skip
"""Function, start and window (left, right, bottom, top) of each surface of the race."""
_SLOW = {"radam": 0.01, "ranger": 0.01, "adadelta": 20.0}
"""Below ρ_t = 4 RAdam steps by the plain gradient."""
RATES: dict[str, dict[str, float]] = {
    "quadratic": {"gradient_descent": 0.08, "heavy_ball": 0.03, "nesterov": 0.03, "adadelta": 20.0},
    "saddle": {"gradient_descent": 0.1, "heavy_ball": 0.05, "nesterov": 0.05, "adadelta": 20.0},
    "Rosenbrock": {
        "gradient_descent": 0.008,
        "heavy_ball": 0.002,
        "nesterov": 0.002,
        **_SLOW,
        "aggmo": 0.002,
        "triple_momentum": 0.002,
        "asgd": 0.008,
    },
    "Beale": {
        "gradient_descent": 0.01,
        "heavy_ball": 0.004,
        "nesterov": 0.004,
        **_SLOW,
        "aggmo": 0.002,
        "triple_momentum": 0.004,
        "asgd": 0.01,
        "schedule_free_sgd": 0.02,
    },
}
"""Learning rates of the race; the other rules have 0.1, the layer-wise ones 0.05."""
FILM = {"Beale": (0, 10, 30, 60, 120, 240), "saddle": (0, 10, 20, 40, 80, 160)}
"""The moments of the two animations that print shows, by surface."""
SHOWN = (
    "gradient_descent",
    "heavy_ball",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adam",
    "radam",
    "lamb",
)
"""What the race shows at first."""


def run_on(
    rule: Rule, surface: str, eta: float, steps: int, kappa: float, angle: float
) -> np.ndarray:
    """The rule's own code on a surface of the race: points (at most steps + 1, 2), while below 10⁶."""
    f, start, _ = SURFACES[surface]
    gradient = sp.lambdify((X, Y, KAPPA, ANGLE), [sp.diff(f, v) for v in (X, Y)], "math")
    path = [np.array(start, float)]
    run = follow(rule, path[0], lambda _, y: np.array(gradient(*y, kappa, angle)), {"lr": eta})
    for _, x, _ in itertools.islice(run, steps):
        if not (np.abs(x) < 1e6).all():
            break
        path.append(x)
    return np.array(path)


def race_rates(surface: str) -> dict[str, float]:
    """The learning rate of every rule on a surface."""
    layerwise = ("lars", "lamb", "ralamb", "ranger_lars")
    usual = {name: 0.05 if name in layerwise else 0.1 for name in ALL_RULES}
    return usual | RATES[surface]
