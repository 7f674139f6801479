"""Worst cases over all smooth strongly convex functions, mapped over hyperparameters, some points a job."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import as_completed
from typing import Any

import numpy as np
import sympy as sp

from ...analysis import derive
from ...analysis.worst_case import WorstCaseMap
from ...analysis.worst_case.asking import check_class, values_of
from ...analysis.worst_case.maps import ARRAYS, flattened, of_polynomials
from ...optimizers.machine.pools import pool
from ...optimizers.machine.scheduler import executor_at
from ...optimizers.rules import heavy_ball, nesterov, triple_momentum
from ...proofs.running import cores
from ..progress import progress
from ..work import register, result, size

BAND = 800
"""Points of a map that one job decides."""
PACKAGES = ("numpy", "scipy", "mpmath")
KAPPAS = (10, 25, 100)
PLANES: dict[str, tuple[Any, dict[str, str], float]] = {
    "heavy ball": (heavy_ball, {}, 4.0),
    "Nesterov": (nesterov, {}, 2.0),
    "between them": (triple_momentum, {"gamma": "beta/4"}, 3.0),
}
"""By name: a rule, what is fixed, the largest ηL shown. The third is triple momentum at γ = β/4, which is
heavy ball at γ = 0 and Nesterov’s method at γ = β."""


def map_over(
    theory: Any, mu: Any, largest: Any, point: Mapping[str, Any], axes: Mapping[str, np.ndarray], *,
    scheduler: str | None = None,
) -> WorstCaseMap:  # fmt: skip
    """A map over one axis or two, (second, first), on this machine’s cores or a cluster’s.

    With a progress bar where standard error is a terminal. What is sent is polynomials, no rule’s code.
    """
    grid = dict(zip(axes, np.meshgrid(*axes.values()), strict=True))
    found = theory.transfer
    mu, largest = check_class(mu, largest)
    flat = flattened(found, mu, largest, values_of(theory, found, {**point, **grid}))
    bands = [slice(i, i + BAND) for i in range(0, len(flat.ratio), BAND)]
    made: list[Any] = [None] * len(bands)
    with (
        executor_at(scheduler, PACKAGES) as executor,
        pool(executor, min(cores(), len(bands))) as processes,
        progress("worst cases", len(bands)) as advance,
    ):
        jobs = {
            processes.submit(of_polynomials, flat.N[b], flat.D[b], flat.ratio[b]): i
            for i, b in enumerate(bands)
        }
        for job in as_completed(jobs):
            made[jobs[job]] = job.result()
            advance(1)
    arrays: list[Any] = [np.concatenate([getattr(m, k) for m in made]) for k in ARRAYS]
    return WorstCaseMap(*arrays).reshaped(flat.shape, tuple(theory.rule.held))


def plane(name: str, kappa: str) -> dict[str, Any]:
    """One map with L = 1, its limit on quadratics, and both optima as (ηL, β), JSON.

    In a quick report points that need more than one multiplier stay open, and both optima are looked for at κ = 25
    alone, of heavy ball and Nesterov’s method.
    """
    rule, fixed, widest = PLANES[name]
    theory = derive(rule, **fixed)
    count, full = size(60, 24), size(1, 0) == 1
    h = np.linspace(widest / count, widest, count)
    beta = np.linspace(0.0, 1 - 1 / count, count)
    mu = sp.Rational(1, int(kappa))
    grid, momentum = np.meshgrid(h, beta)
    found: Any = theory.worst_case(mu=mu, L=1, lr=grid, beta=momentum, finish=full)
    wanted = full or (kappa == "25" and not fixed)
    best: Any = theory.tuning(mu, 1, over="all") if wanted else None
    quadratic: Any = best.quadratic if best is not None else None
    return {
        "h": h.tolist(), "beta": beta.tolist(), "verdict": found.verdict.tolist(),
        "rate": [[None if r != r else float(r) for r in row] for row in found.rate],
        "steps": found.steps.tolist(),
        "limit": [theory.stable_interval(beta=float(b))[1] for b in beta],
        "quadratic": None if quadratic is None else [float(quadratic["lr"]), float(quadratic["beta"])],
        "all": None if best is None else [best["lr"], best["beta"]],
        "rates": None if best is None else [best.rate, best.on_quadratics, best.lower_bound],
    }  # fmt: skip


for _name in PLANES:
    for _kappa in KAPPAS:
        register(f"table:plane of {_name}, {_kappa}", plane, _name, str(_kappa))


def known_planes() -> dict[str, dict[str, Any]]:
    """The maps by name and κ, each made once."""
    return {n: {str(k): result(f"table:plane of {n}, {k}") for k in KAPPAS} for n in PLANES}


def summary() -> dict[str, Any]:
    """At κ = 25 the share of the stable plane with a cycle, by name; heavy ball’s range at β = 0.9, JSON.

    ``safe``: the ηL up to which heavy ball converges on all of the class at κ = 100 and β = 0.9, to three digits,
    and ``stable``: on quadratics.
    """
    shares = {}
    for name, by_kappa in known_planes().items():
        verdict = np.array(by_kappa["25"]["verdict"])
        shares[name] = float((verdict == "cycles").sum() / (verdict != "unstable").sum())
    theory = derive(heavy_ball)
    h = np.linspace(0.005, 3.8, 760)
    found: Any = theory.worst_case(mu=sp.Rational(1, 100), L=1, lr=h, beta=0.9)
    beyond = int(np.argmax(found.verdict != "converges"))
    return {
        "shares": shares,
        "safe": float(h[beyond - 1]),
        "stable": theory.stable_interval(beta=0.9)[1],
    }


register("table:worst_case", summary)


def known_summary() -> dict[str, Any]:
    """The same, made once."""
    return result("table:worst_case")


PIECES = tuple(f"table:plane of {n}, {k}" for n in PLANES for k in KAPPAS)
