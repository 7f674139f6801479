"""Gradient descent, heavy ball and Nesterov’s method side by side."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ...analysis import derive
from ...analysis.simulation import growth, simulate
from ..experiments.linear_rules import MOMENTUM, RULES, theories
from ..work import size
from . import drawing
from .drawing import NoiseCurve
from .entry import FigureEntry


def regions() -> Figure:
    """Theory and simulation over a grid of (ηλ, β)."""
    points, steps = size(240, 80), size(1200, 400)
    eta_lambda = np.linspace(0.01, 4.2, points)
    beta = np.linspace(0.0, 0.995, points)
    simulated = {}
    for method, rule in RULES.items():
        grid, momentum = np.meshgrid(eta_lambda, beta)
        others = {"beta": momentum} if "beta" in rule.hyperparameters else {}
        simulated[method] = growth(rule, steps, eta_lambda=grid, **others)
    return drawing.regions(theories(), simulated, eta_lambda, beta)


REGIONS = FigureEntry(
    "Spectral radius over (ηλ, β) and the convergence regions: the exact boundary (dashed) "
    "lies on the simulated one (white).",
    "Three colour maps of the spectral radius over the plane of ηλ and momentum β. Gradient "
    "descent is stable left of the vertical line ηλ = 2, heavy ball left of the line from 2 "
    "to 4, Nesterov left of a curve from 2 down to 4/3.",
    regions,
)


def eigenvalues() -> Figure:
    """Paths of the eigenvalues at β = 0.9."""
    return drawing.eigenvalue_paths(theories(), MOMENTUM)


EIGENVALUES = FigureEntry(
    "Eigenvalues of the iteration matrix in the complex plane as ηλ grows; the star is where "
    "one leaves the unit circle, always at −1.",
    "Paths of eigenvalues inside the unit circle for the three rules. Gradient descent moves "
    "along the real axis; the momentum methods circle as complex pairs, then split on the "
    "negative real axis. All leave the circle at minus one.",
    eigenvalues,
)


def rates() -> Figure:
    """Optimal rates for κ from 1.5 to 10⁴."""
    return drawing.rates(theories(), np.geomspace(1.5, 1e4, 60))


RATES = FigureEntry(
    "Steps per factor e at optimal tuning against the condition number. Heavy ball attains the "
    "lower bound on quadratics.",
    "Log-log plot of steps per factor e against condition number. Gradient descent grows in "
    "proportion to kappa; heavy ball and Nesterov to its square root, heavy ball on the lower "
    "bound.",
    rates,
    width=75,
)


def noise_curves(seed: int = 0) -> tuple[NoiseCurve, ...]:
    """Stationary variance against ηλ: theory, and independent chains simulated to stationarity."""
    curves, chains = [], size(4000, 400)
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
    return drawing.noise_floor(noise_curves())


NOISE = FigureEntry(
    "Stationary variance of θ under unit gradient noise: theory (lines) and simulation.",
    "Log-log plot of stationary variance against ηλ: simulated points lie on the theoretical "
    "curves, which rise without bound towards each rule's stability limit.",
    noise,
    width=75,
)
