"""Worst cases over all smooth strongly convex functions: whole maps and single points, against PEPit a point.

PEPit answers another question, the worst case after so many steps; its value's root, a rate, is shown beside
the certified one, which it nears from below as steps grow (for gradient descent both are the same at any
number). Points are taken in turn; the table has medians and ratios a point.

Run: python tests/benchmarks/worst_case.py
"""

import statistics
import time

import numpy as np
import pepit_rules
from eigenstep.analysis import derive
from eigenstep.analysis.worst_case.maps import of_polynomials
from eigenstep.optimizers.rules import gradient_descent, heavy_ball, nesterov

KAPPA, STEPS, SIDE = 25, 12, 100
POINTS = {
    "gradient_descent": (gradient_descent, 2.0, [{"lr": h} for h in (0.5, 1.0, 1.5)]),
    "heavy_ball": (
        heavy_ball,
        4.0,
        [{"lr": h, "beta": b} for h, b in ((0.5, 0.5), (1.5, 0.5), (1.0, 0.6))],
    ),
    "nesterov": (
        nesterov,
        2.0,
        [{"lr": h, "beta": b} for h, b in ((0.5, 0.5), (1.0, 2 / 3), (1.2, 0.6))],
    ),
}


def seconds(function):
    start = time.perf_counter()
    found = function()
    return time.perf_counter() - start, found


def whole_map(rule, widest):
    """The map of 100×100 points in float64, without the few that need more than one multiplier."""
    transfer = derive(rule).transfer
    beta, h = np.meshgrid((np.arange(SIDE) + 0.5) / SIDE, (np.arange(SIDE) + 0.5) / SIDE * widest)
    N, D = transfer.at({k: {"lr": h.ravel(), "beta": beta.ravel()}[k] for k in transfer.symbols})
    return of_polynomials(N, D, np.full(len(N), 1 / KAPPA), finish=False)


def single(rule, at):
    """One point in float64."""
    N, D = derive(rule).transfer.at(at)
    return of_polynomials(N[None], D[None], np.array([1 / KAPPA]), finish=False)


def main():
    print(f"kappa {KAPPA}; PEPit: {STEPS} steps, one solve")
    for name, (rule, widest, points) in POINTS.items():
        theirs, alone, exact, maps, shown = [], [], [], [], []
        whole_map(rule, widest)
        for at in points:
            spent, value = seconds(
                lambda at=at, n=name: pepit_rules.worst(n, 1 / KAPPA, 1.0, STEPS, **at)
            )
            theirs.append(spent)
            spent, _ = seconds(lambda at=at, r=rule: single(r, at))
            alone.append(spent)
            spent, point = seconds(
                lambda at=at, r=rule: derive(r).worst_case(mu=1 / KAPPA, L=1, **at)
            )
            exact.append(spent)
            maps.append(seconds(lambda r=rule, w=widest: whole_map(r, w))[0])
            shown.append(f"{value ** (1 / (2 * STEPS)):.5f} / {point.rate[1]:.5f}")
        pepit, one, proved, whole = map(statistics.median, (theirs, alone, exact, maps))
        whole_point = whole / SIDE**2
        print(
            f"{name:17} PEPit {1e3 * pepit:7.1f} ms   map {whole:5.2f} s, {1e6 * whole_point:5.1f} us each, "
            f"ratio {pepit / whole_point:6.0f}   single {1e3 * one:5.2f} ms, ratio {pepit / one:4.0f}   "
            f"proved {1e3 * proved:6.1f} ms   rates {', '.join(shown)}"
        )


if __name__ == "__main__":
    main()
