"""Spectral radius over a 1000×1000 grid: the closed form against numpy.linalg.eigvals.

Run: python tests/benchmarks/spectral_radius.py
"""

import statistics
import time

import numpy as np
from eigenstep.analysis import derive
from eigenstep.optimizers.rules import heavy_ball, nesterov


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main():
    h, beta = np.linspace(0.004, 4.2, 1000)[None, :], np.linspace(0, 0.999, 1000)[:, None]
    for rule in (heavy_ball, nesterov):
        theory = derive(rule)
        stack = np.empty((1000, 1000, 2, 2))
        names = (theory.trace.free["lr"], theory.free["beta"])
        import sympy as sp

        entries = theory.matrix.subs("lambda", 1).subs(sp.Symbol("lambda", positive=True), 1)
        for i in range(2):
            for j in range(2):
                stack[..., i, j] = sp.lambdify(names, entries[i, j], "numpy")(h, beta)
        ours, theirs = [], []
        theory.spectral_radius(eta_lambda=h, beta=beta)
        for _ in range(9):
            ours.append(seconds(lambda t=theory: t.spectral_radius(eta_lambda=h, beta=beta)))
            if len(theirs) < 5:
                theirs.append(seconds(lambda s=stack: np.abs(np.linalg.eigvals(s)).max(axis=-1)))
        ratio = statistics.median(theirs) / statistics.median(ours)
        print(f"{rule.name:12} closed form {1e3 * statistics.median(ours):7.1f} ms   "
              f"eigvals {1e3 * statistics.median(theirs):7.1f} ms   ratio {ratio:5.0f}")  # fmt: skip


if __name__ == "__main__":
    main()
