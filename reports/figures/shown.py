"""What the figures show: derived theories, simulations, and runs on data."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import sympy as sp
from matplotlib.figure import Figure

from ...analysis import Derivation, derive
from ...analysis.adaptive.adam_failure import run as reddi_run
from ...analysis.adaptive.adam_failure import smallest_cycle
from ...analysis.adaptive.averages import (
    MovingAverage,
    exact_rectifier,
    first_tractable_step,
    rectifier,
)
from ...analysis.adaptive.frozen import freeze
from ...analysis.linear.lookahead import LookaheadTheory
from ...analysis.simulation import follow, growth, simulate
from ...optimizers.compositions import with_schedule
from ...optimizers.rules import (
    ALL_RULES,
    adabound,
    adam,
    amsgrad,
    gradient_descent,
    heavy_ball,
    lamb,
    lars,
    nadam,
    yogi,
)
from ...optimizers.schedules import exponential, inverse_square_root, piecewise_constant, polynomial
from ..experiments.airfoil import load_regression
from ..experiments.regression import MOMENTUM, RULES, Run, run_all
from ..page.javascript import ANGLE, FILM, KAPPA, SHOWN, SURFACES, X, Y, race_rates, run_on
from ..work import result, size
from . import drawing
from .drawing import NoiseCurve, Path2D, Surface

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


def _spread(last: int, count: int) -> np.ndarray:
    """At most so many whole numbers from 1 to the last, evenly on a logarithmic axis."""
    return np.unique(np.geomspace(1, last, count).astype(int))


def _titled(name: str, settings: Mapping[str, float]) -> str:
    """A rule's name and its settings by their symbols."""
    symbols = {"lr": "η", "beta": "β", "gamma": "γ"}
    return ", ".join([name, *(f"{symbols[k]} = {v:g}" for k, v in settings.items())])


def theories() -> dict[str, Derivation]:
    """The three rules' theory, by the name the report gives them."""
    return {method: derive(rule) for method, rule in RULES.items()}


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


def eigenvalues() -> Figure:
    """Paths of the eigenvalues at β = 0.9."""
    return drawing.eigenvalue_paths(theories(), MOMENTUM)


def rates() -> Figure:
    """Optimal rates for κ from 1.5 to 10⁴."""
    return drawing.rates(theories(), np.geomspace(1.5, 1e4, 60))


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
    return drawing.trajectories(seed_paths(), SEED_CURVATURES)


def all_trajectories(steps: int = 40) -> Figure:
    """Every rule on the lecture's quadratic."""
    paths = []
    for name, rule in ALL_RULES.items():
        chosen: dict[str, Any] = GALLERY_SETTINGS.get(name, {"lr": 0.4})
        run = simulate(rule, steps, curvature=np.array(SEED_CURVATURES), start=SEED_START, **chosen)
        paths.append((_titled(name, chosen), run.theta))
    return drawing.gallery(paths, SEED_CURVATURES)


def _on(name: str, rules: Iterable[str], steps: int) -> Surface:
    """Paths of rules on a surface of the race, κ = 10, turned by half a radian."""
    f, _, (left, right, bottom, top) = SURFACES[name]
    x, y = np.meshgrid(np.linspace(left, right, 80), np.linspace(bottom, top, 60))
    height = sp.lambdify((X, Y, KAPPA, ANGLE), f, "numpy")(x, y, 10.0, 0.5)
    eta = race_rates(name)
    paths = {n: run_on(ALL_RULES[n], name, eta[n], steps, 10.0, 0.5) for n in rules}
    return Surface(name, x, y, height, paths)


def race(steps: int = 150) -> Figure:
    """The race's four surfaces with what it shows at first."""
    return drawing.surfaces([_on(name, SHOWN, steps) for name in SURFACES])


def film_contours() -> Figure:
    """All optimizers on Beale's function, six moments."""
    return drawing.film(_on("Beale", ALL_RULES, FILM["Beale"][-1]), FILM["Beale"])


def film_saddle() -> Figure:
    """All optimizers at a saddle point, six moments."""
    return drawing.film(_on("saddle", ALL_RULES, FILM["saddle"][-1]), FILM["saddle"])


def adaptive_theory() -> Figure:
    """Limits of frozen rules; bias; RAdam's rectifier and the exact one; Reddi's problem."""
    beta = np.linspace(0, 0.95, 96)
    limits = []
    for rule, label in ((adam, "Adam and its kin"), (nadam, "Nadam")):
        theory = derive(freeze(rule))
        limits.append((label, beta, np.array([theory.stable_interval(beta1=b)[1] for b in beta])))
    t = _spread(5000, 60)
    held = [(f"β = {b:g}", t, np.array([MovingAverage(b).bias_factor(int(k)) for k in t]))
            for b in (0.9, 0.99, 0.999)]  # fmt: skip
    rectified = []
    for b in (0.99, 0.999):
        after = t[t >= (first_tractable_step(b) or 1)]
        rectified += [(f"$r_t$, β₂ = {b:g}", after, np.array([rectifier(b, int(k))["r_t"] for k in after])),
                      (f"exact, β₂ = {b:g}", after, np.array([exact_rectifier(b, int(k)) for k in after]))]  # fmt: skip
    C = smallest_cycle(0.9, 0.99)
    reddi = []
    for rule in (adam, amsgrad, yogi):
        path = reddi_run(rule, 0.9, 0.99, 2 * C)
        seen = _spread(len(path) - 1, 250)
        reddi.append((rule.name, seen, path[seen]))
    return drawing.curves(
        [("largest stable ηλ/√v̂", "β₁", limits), ("part of a constant gradient held, 1 − β^t", "t", held),
         ("rectifier", "t", rectified), (f"x on Reddi’s problem, C = {2 * C}; the minimizer is −1", "t", reddi)],
        ("", "x", "x", "x"), (2.0, 1.0, 1.0, None),
    )  # fmt: skip


def bounds() -> Figure:
    """AdaBound's bounds, and runs below and above the limit of its final rate."""
    t = _spread(100_000, 80)
    full = adabound.with_defaults({})
    per_step = [adabound.coefficients(int(k), full) for k in t]
    closing = [
        (f"{name} bound", t, np.array([c[name] for c in per_step])) for name in ("upper", "lower")
    ]
    limit = result("table:rules")["adabound"]["at"] / full["final_lr"]
    runs = []
    for curvature, said in ((0.9 * limit, "0.9"), (1.1 * limit, "1.1")):
        with np.errstate(over="ignore", invalid="ignore"):  # one of them diverges
            path = np.abs(simulate(adabound, 20_000, curvature=curvature, start=1.0, lr=1e-3).theta)
        path = path[np.isfinite(path) & (path < 1e12)]
        seen = _spread(len(path) - 1, 400)
        runs.append((f"λ = {said} · {limit:g}", seen, np.maximum(path[seen], 1e-18)))
    return drawing.curves(
        [("bounds on the step, η* = 0.1, γ = 0.001", "t", closing), ("distance from the minimum, η = 0.001", "t", runs)],
        ("xy", "xy"), (full["final_lr"], None),
    )  # fmt: skip


def layerwise_cycles() -> Figure:
    """LARS and LAMB on the lecture's quadratic, moved, with constant and with falling learning rates."""
    start, minimum, steps = SEED_START, np.array([2.0, 1.0]), 2000
    seen = _spread(steps, 250)
    panels = []
    for rule in (lars, lamb):
        lines = []
        for eta, factor in ((0.1, None), (0.01, None), (0.1, inverse_square_root())):
            chosen = with_schedule(rule, factor) if factor else rule
            run = follow(
                chosen, start, lambda _, y: np.array(SEED_CURVATURES) * (y - minimum), {"lr": eta}
            )
            path = np.array([x for _, x, _ in itertools.islice(run, steps)])
            distance = np.linalg.norm(path - minimum, axis=1)[seen - 1]
            lines.append((f"η = {eta:g}" + ("/√t" if factor else ""), seen, distance))
        panels.append((f"{rule.name.upper()}: distance from the minimum (2, 1)", "t", lines))
    return drawing.curves(panels, ("xy", "xy"))


def lookahead_range() -> Figure:
    """Spectral radius a step of a cycle of Lookahead, against ηλ, around two rules."""
    half = sp.Rational(1, 2)
    panels = []
    for rule, others, end in ((gradient_descent, {}, 2.6), (heavy_ball, {"beta": MOMENTUM}, 4.0)):
        eta_lambda = np.linspace(0.01, end, 240)
        lines = [
            ("alone", eta_lambda, derive(rule).spectral_radius(eta_lambda=eta_lambda, **others))
        ]
        for k in (5, 6):
            theory = LookaheadTheory(rule, k=k, alpha=half)
            radius = np.array([theory.spectral_radius(eta_lambda=h, **others) for h in eta_lambda])
            lines.append((f"Lookahead, k = {k}", eta_lambda, radius ** (1 / k)))
        name = rule.name.replace("_", " ") + (f", β = {MOMENTUM:g}" if others else "")
        panels.append((f"{name}: ρ a step", "ηλ", lines))
    return drawing.curves(panels, ("", ""), (1.0, 1.0), (0.8, 1.2))


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
        run = simulate(
            ALL_RULES[name], 20, curvature=np.array(SEED_CURVATURES), start=SEED_START, **settings
        )
        paths.append((_titled(name, settings), run.theta))
    return drawing.gallery(paths, SEED_CURVATURES, columns=3)


def batch_sizes() -> Figure:
    """Loss against examples seen."""
    problem = load_regression()
    return drawing.losses(result("table:batch_runs"), problem.loss(problem.minimizer))


def sharpness() -> Figure:
    """Sharpness of a network in training against the limits derived."""
    return drawing.sharpness(result("table:sharpness"))


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


def regression_runs() -> tuple[str, tuple[Run, ...]]:
    """The data set's name and the nine runs on it."""
    found = result("table:regression")
    runs = [Run(**{**row, "errors": np.array(row["errors"]), "losses": np.array(row["losses"])})
            for row in found["runs"]]  # fmt: skip
    return found["data"], tuple(runs)


def run_regression() -> dict[str, Any]:
    """The same, run now, as plain numbers; of the errors none are kept."""
    problem = load_regression()
    rows = [
        {**asdict(run), "errors": [], "losses": run.losses.tolist()} for run in run_all(problem)
    ]
    return {"data": problem.name, "runs": rows}


def regression() -> Figure:
    """Training curves on the data."""
    return drawing.regression_runs(regression_runs()[1])
