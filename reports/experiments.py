"""What the figures show: derived theories, simulations, and runs on data."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from matplotlib.figure import Figure

from ..analysis import Derivation, derive
from ..analysis.averages import MovingAverage
from ..analysis.simulation import growth, simulate
from ..optimizers.compositions import with_schedule
from ..optimizers.rules import ALL_RULES, gradient_descent
from ..optimizers.schedules import exponential, piecewise_constant, polynomial
from . import figures
from .airfoil import load_regression
from .figures import NoiseCurve, Path2D
from .javascript import ANGLE, KAPPA, SHOWN, SURFACES, X, Y, race_rates, run_on
from .regression import MOMENTUM, RULES, Run, run_all
from .training_table import batch_runs
from .work import result

SEED_CURVATURES = (0.2, 4.0)
"""f = 0.1x₁² + 2x₂² is ½(0.2x₁² + 4x₂²)."""
SEED_START = np.array([-5.0, -2.0])
SEED_SETTINGS = (
    ("gradient descent", 0.4, None),
    ("gradient descent", 0.5, None),
    ("gradient descent", 0.6, None),
    ("heavy ball", 0.6, 0.5),
    ("heavy ball", 0.6, 0.25),
)
SEED_STEPS = 20
GALLERY_SETTINGS: dict[str, dict[str, Any]] = {
    "heavy_ball": {"lr": 0.6, "beta": 0.5}, "nesterov": {"lr": 0.2, "beta": 0.5},
    "adadelta": {"lr": 1.0}, "lars": {"lr": 0.1}, "lamb": {"lr": 0.1}, "ralamb": {"lr": 0.1},
    "ranger_lars": {"lr": 0.1},
}  # fmt: skip
"""What the gallery of all optimizers sets; the others have η = 0.4, as the lecture's Adagrad."""


def theories() -> dict[str, Derivation]:
    """The three rules' theory, by the name the report gives them."""
    return {method: derive(rule) for method, rule in RULES.items()}


def regions(points: int = 240, steps: int = 1200) -> Figure:
    """Theory and simulation over a grid of (ηλ, β)."""
    eta_lambda = np.linspace(0.01, 4.2, points)
    beta = np.linspace(0.0, 0.995, points)
    simulated = {}
    for method, rule in RULES.items():
        grid, momentum = np.meshgrid(eta_lambda, beta)
        others = {"beta": momentum} if "beta" in rule.hyperparameters else {}
        simulated[method] = growth(rule, steps, eta_lambda=grid, **others)
    return figures.regions(theories(), simulated, eta_lambda, beta)


def eigenvalues() -> Figure:
    """Paths of the eigenvalues at β = 0.9."""
    return figures.eigenvalue_paths(theories(), MOMENTUM)


def rates() -> Figure:
    """Optimal rates for κ from 1.5 to 10⁴."""
    return figures.rates(theories(), np.geomspace(1.5, 1e4, 60))


def seed_paths() -> list[Path2D]:
    """The lecture's trajectories on 0.1x₁² + 2x₂², run by our rules."""
    paths = []
    for method, lr, beta in SEED_SETTINGS:
        theory = derive(RULES[method])
        others: dict[str, Any] = {} if beta is None else {"beta": beta}
        run = simulate(RULES[method], SEED_STEPS, curvature=np.array(SEED_CURVATURES),
                       start=SEED_START, lr=lr, **others)  # fmt: skip
        radius = theory.spectral_radius(eta_lambda=lr * np.array(SEED_CURVATURES), **others).max()
        title = rf"{method}, $\eta={lr:g}$" + ("" if beta is None else rf", $\beta={beta:g}$")
        paths.append(Path2D(title, method, run.theta, float(radius)))
    return paths


def trajectories() -> Figure:
    """The lecture's five settings."""
    return figures.trajectories(seed_paths(), SEED_CURVATURES)


def all_trajectories(steps: int = 40) -> Figure:
    """Every rule on the lecture's quadratic."""
    paths = []
    for name, rule in ALL_RULES.items():
        chosen: dict[str, Any] = GALLERY_SETTINGS.get(name, {"lr": 0.4})
        run = simulate(rule, steps, curvature=np.array(SEED_CURVATURES), start=SEED_START, **chosen)
        said = ", ".join(f"{k} = {v:g}" for k, v in chosen.items()).replace("lr", "η")
        paths.append((f"{name}, {said.replace('beta', 'β')}", run.theta))
    return figures.gallery(paths, SEED_CURVATURES)


def race(steps: int = 150) -> Figure:
    """The race's four surfaces with what it shows at first."""
    panels = []
    for name, (f, _, window) in SURFACES.items():
        left, right, bottom, top = window
        x, y = np.meshgrid(np.linspace(left, right, 80), np.linspace(bottom, top, 60))
        height = sp.lambdify((X, Y, KAPPA, ANGLE), f, "numpy")(x, y, 10.0, 0.5)
        eta = race_rates(name)
        paths = {n: run_on(ALL_RULES[n], name, eta[n], steps, 10.0, 0.5) for n in SHOWN}
        panels.append(figures.Surface(name, x, y, height, paths))
    return figures.surfaces(panels)


def lecture_curves() -> Figure:
    """Schedules, weights of momentum and RMSprop, and powers of 1 − ηλ."""
    t, tau = np.linspace(0, 50, 200), np.arange(41)
    schedules = [("piecewise constant", piecewise_constant([15, 30], [1.0, 0.5, 0.25])),
                 ("e^(−0.1t)", exponential(0.1)), ("(0.1t + 1)^(−1/2)", polynomial(0.5, 0.1))]  # fmt: skip
    steps = np.arange(21)
    powers = [(f"λ = {c:g}", steps, simulate(gradient_descent, 20, curvature=c, lr=0.1).theta)
              for c in (0.1, 1.0, 10.0, 19.0)]  # fmt: skip
    return figures.curves([
        ("learning rate over its first", "t", [(n, t, np.array([f(x) for x in t])) for n, f in schedules]),
        ("momentum’s weights β^τ", "τ", [(f"β = {b:g}", tau, b**tau) for b in (0.95, 0.9, 0.6, 0.0)]),
        ("gradient descent, (1 − ηλ)^t, η = 0.1", "t", powers),
        ("RMSprop’s weights (1 − γ)γ^τ", "τ",
         [(f"γ = {g:g}", tau, MovingAverage(g).weights(41)) for g in (0.95, 0.9, 0.8, 0.7)]),
    ])  # fmt: skip


def lecture_paths() -> Figure:
    """Noisy gradient descent under three schedules; Adagrad and RMSprop."""
    paths = []
    for title, factor in (
        ("constant", None),
        ("exponential", exponential(0.1)),
        ("polynomial", polynomial(0.5, 0.1)),
    ):
        rule = with_schedule(gradient_descent, factor) if factor else gradient_descent
        run = simulate(
            rule, 50, curvature=np.array([2.0, 4.0]), start=SEED_START, noise=1.0, lr=0.1
        )
        paths.append((f"noise, η = 0.1 {title}", run.theta))
    chosen: list[tuple[str, dict[str, Any]]] = [
        ("adagrad", {"lr": 0.4}),
        ("adagrad", {"lr": 2.0}),
        ("rmsprop", {"lr": 0.4, "gamma": 0.9}),
    ]
    for name, settings in chosen:
        said = (
            ", ".join(f"{k} = {v:g}" for k, v in settings.items())
            .replace("lr", "η")
            .replace("gamma", "γ")
        )
        run = simulate(
            ALL_RULES[name], 20, curvature=np.array(SEED_CURVATURES), start=SEED_START, **settings
        )
        paths.append((f"{name}, {said}", run.theta))
    return figures.gallery(paths, SEED_CURVATURES, columns=3)


def batch_sizes() -> Figure:
    """Loss against examples seen."""
    problem = load_regression()
    return figures.losses(batch_runs(), problem.loss(problem.minimizer))


def sharpness() -> Figure:
    """Sharpness of a network in training against the limits derived."""
    return figures.sharpness(result("table:sharpness"))


@lru_cache(maxsize=1)
def noise_curves(chains: int = 4000, seed: int = 0) -> tuple[NoiseCurve, ...]:
    """Stationary variance against ηλ: theory, and independent chains simulated to stationarity."""
    curves = []
    for method, rule in RULES.items():
        theory = derive(rule)
        others = {"beta": MOMENTUM} if "beta" in theory.free else {}
        limit = theory.stable_interval(**others)[1]
        line = np.geomspace(0.02, 0.995, 200) * limit
        exact = [theory.stationary_variance(lr=float(h), curvature=1, **others) for h in line]
        at = np.geomspace(0.03, 0.95, 9) * limit
        # The slowest point forgets its start by a factor e^-8 or more.
        slowest = max(theory.spectral_radius(eta_lambda=at, **others))
        steps = int(np.ceil(-8 / np.log(slowest)))
        run = simulate(rule, steps, curvature=1.0, start=0.0, noise=1.0, seed=seed, keep=False,
                       lr=np.repeat(at[:, None], chains, axis=1), **others)  # fmt: skip
        measured = run.theta[-1].var(axis=1, ddof=1)
        label = method if not others else rf"{method}, $\beta={MOMENTUM:g}$"
        curves.append(NoiseCurve(method, label, line, np.array(exact), at, measured,
                                 measured * np.sqrt(2 / (chains - 1))))  # fmt: skip
    return tuple(curves)


def noise() -> Figure:
    """Noise floors of the three rules."""
    return figures.noise_floor(noise_curves())


@lru_cache(maxsize=1)
def regression_runs() -> tuple[str, tuple[Run, ...]]:
    """The data set's name and the nine runs on it."""
    problem = load_regression()
    return problem.name, tuple(run_all(problem))


def regression() -> Figure:
    """Training curves on the data."""
    return figures.regression_runs(regression_runs()[1])
