"""Theory of the adaptive rules, and of the rules whose bounds close."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ...analysis import derive
from ...analysis.adaptive.adam_failure import run as reddi_run
from ...analysis.adaptive.adam_failure import smallest_cycle
from ...analysis.adaptive.averages import (
    MovingAverage,
    exact_rectifier,
    first_tractable_step,
    rectifier,
)
from ...analysis.adaptive.frozen import freeze
from ...analysis.simulation import simulate
from ...optimizers.rules import adabound, adam, amsgrad, nadam, yogi
from ..experiments.final_rate import exact_defaults, final_rate_limit
from . import drawing
from .drawing import spread
from .entry import FigureEntry


def adaptive_theory() -> Figure:
    """Limits of frozen rules; bias; RAdam's rectifier and the exact one; Reddi's problem."""
    beta = np.linspace(0, 0.95, 96)
    limits = []
    for rule, label in ((adam, "Adam and its kin"), (nadam, "Nadam")):
        theory = derive(freeze(rule))
        limits.append((label, beta, np.array([theory.stable_interval(beta1=b)[1] for b in beta])))
    t = spread(5000, 60)
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
        seen = spread(len(path) - 1, 250)
        reddi.append((rule.name, seen, path[seen]))
    return drawing.curves(
        [("largest stable ηλ/√v̂", "β₁", limits), ("part of a constant gradient held, 1 − β^t", "t", held),
         ("rectifier", "t", rectified), (f"x on Reddi’s problem, C = {2 * C}; the minimizer is −1", "t", reddi)],
        ("", "x", "x", "x"), (2.0, 1.0, 1.0, None),
    )  # fmt: skip


ADAPTIVE_THEORY = FigureEntry(
    "Theory of the adaptive rules: the largest stable step while the second moment stands still; what averages hold of a constant gradient before correction; RAdam’s rectifier against the exact one; Reddi’s problem, on which Adam goes the wrong way.",
    "Four panels. Adam's limit rises from 2 to 78 as beta one grows to 0.95, Nadam's to 27; the part held rises to one; r_t stays below the exact rectifier at first and joins it; Adam ends at the worst point 1, AMSGrad and Yogi near the minimizer.",
    adaptive_theory,
)


def bounds() -> Figure:
    """AdaBound's bounds, and runs below and above the limit of its final rate."""
    t = spread(100_000, 80)
    full = adabound.with_defaults({})
    per_step = [adabound.coefficients(int(k), full) for k in t]
    closing = [
        (f"{name} bound", t, np.array([c[name] for c in per_step])) for name in ("upper", "lower")
    ]
    theory = derive(freeze(adabound))
    limit = (
        float(final_rate_limit(theory).subs(exact_defaults(theory, adabound))) / full["final_lr"]
    )
    runs = []
    for curvature, said in ((0.9 * limit, "0.9"), (1.1 * limit, "1.1")):
        with np.errstate(over="ignore", invalid="ignore"):  # one of them diverges
            path = np.abs(simulate(adabound, 20_000, curvature=curvature, start=1.0, lr=1e-3).theta)
        path = path[np.isfinite(path) & (path < 1e12)]
        seen = spread(len(path) - 1, 400)
        runs.append((f"λ = {said} · {limit:g}", seen, np.maximum(path[seen], 1e-18)))
    return drawing.curves(
        [("bounds on the step, η* = 0.1, γ = 0.001", "t", closing), ("distance from the minimum, η = 0.001", "t", runs)],
        ("xy", "xy"), (full["final_lr"], None),
    )  # fmt: skip


BOUNDS = FigureEntry(
    "AdaBound’s bounds close on the final rate (left); below the limit that this sets a run converges, above it diverges, however small the learning rate is (right).",
    "Left, two curves from far above and far below meet at 0.1. Right, with nine tenths of the limiting curvature the distance falls, with eleven tenths it grows without bound once the bounds have closed.",
    bounds,
)
