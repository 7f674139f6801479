"""The lecture's printed losses beside ours: our optimizers and torch's, over several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...analysis import derive
from ...optimizers.rule import Rule
from ...optimizers.rules import adadelta, adagrad, adam, gradient_descent, heavy_ball, rmsprop, yogi
from ..timing import is_reproducible
from ..work import register, result, size
from .airfoil import LeastSquares, load_regression
from .training import SEEDS, START, batches, over_seeds, train

LECTURE: tuple[tuple[str, Rule, dict[str, Any], str, dict[str, Any], str], ...] = (
    ("gradient descent, η = 1", gradient_descent, {"lr": 1.0, "batch": 1500, "epochs": 10}, "SGD", {"lr": 1.0}, "0.244"),
    ("SGD, η = 0.005", gradient_descent, {"lr": 0.005, "batch": 1}, "SGD", {"lr": 0.005}, "0.244"),
    ("minibatch of 100, η = 0.4", gradient_descent, {"lr": 0.4, "batch": 100}, "SGD", {"lr": 0.4}, "0.249"),
    ("minibatch of 10, η = 0.05", gradient_descent, {"lr": 0.05, "batch": 10}, "SGD", {"lr": 0.05}, "0.245; 0.246"),
    ("momentum, η = 0.02, β = 0.5", heavy_ball, {"lr": 0.02, "beta": 0.5, "batch": 10}, "SGD",
     {"lr": 0.02, "momentum": 0.5}, "0.245"),
    ("momentum, η = 0.01, β = 0.9", heavy_ball, {"lr": 0.01, "beta": 0.9, "batch": 10}, "SGD",
     {"lr": 0.01, "momentum": 0.9}, "0.257"),
    ("momentum, η = 0.005, β = 0.9", heavy_ball, {"lr": 0.005, "beta": 0.9, "batch": 10}, "SGD",
     {"lr": 0.005, "momentum": 0.9}, "0.251; 0.243"),
    ("Adagrad, η = 0.1", adagrad, {"lr": 0.1, "eps": 1e-6, "batch": 10}, "Adagrad", {"lr": 0.1}, "0.243; 0.244"),
    ("RMSprop, η = 0.01, γ = 0.9", rmsprop, {"lr": 0.01, "gamma": 0.9, "eps": 1e-6, "batch": 10}, "RMSprop",
     {"lr": 0.01, "alpha": 0.9}, "0.247; 0.244"),
    ("Adadelta, ρ = 0.9", adadelta, {"rho": 0.9, "eps": 1e-5, "batch": 10}, "Adadelta",
     {"lr": 1.0, "rho": 0.9, "eps": 1e-5}, "0.243; 0.243"),
    ("Adam, η = 0.01", adam, {"lr": 0.01, "eps": 1e-6, "batch": 10}, "Adam", {"lr": 0.01}, "0.245; 0.246"),
    ("Yogi, η = 0.01", yogi, {"lr": 0.01, "eps": 1e-3, "batch": 10}, "", {}, "0.244"),
)  # fmt: skip
"""Name, rule and settings (ε as the lecture’s code has it), torch’s class and settings, printed losses."""


def _seeds() -> Sequence[int]:
    return SEEDS[: size(len(SEEDS), 2)]


def torch_losses(
    problem: LeastSquares, cls: str, settings: dict[str, Any], batch: int, epochs: int
) -> list[float]:
    """Last losses of torch's own optimizer, a seed each, on the same batches as our runs."""
    import torch

    X, y, found = torch.tensor(problem.X), torch.tensor(problem.y), []
    for seed in _seeds():
        random = np.random.default_rng(seed)
        w = torch.nn.Parameter(torch.tensor(START * random.standard_normal(problem.X.shape[1])))
        optimizer = getattr(torch.optim, cls)([w], **settings)
        for _ in range(epochs):
            for rows in batches(len(problem.y), batch, random, False):
                part = X[rows]
                with torch.no_grad():
                    w.grad = part.T @ (part @ w - y[rows]) / len(rows)
                optimizer.step()
        found.append(problem.loss(w.detach().numpy()))
    return found


def lecture_table() -> dict[str, Any]:
    """Every printed run again: printed loss, ours and torch's, mean and deviation over seeds."""
    problem = load_regression()
    rows = []
    for name, rule, settings, cls, arguments, printed in LECTURE:
        chosen = {**settings, "batch": min(settings["batch"], len(problem.y))}
        mean, spread, _ = over_seeds(problem, rule, _seeds(), **chosen)
        theirs = (
            torch_losses(problem, cls, arguments, chosen["batch"], chosen.get("epochs", 2))
            if cls
            else []
        )
        far = [abs(float(p) - mean) > max(3 * spread, 0.0015) for p in printed.split("; ")]
        rows.append([name, printed, mean, spread, float(np.mean(theirs)) if theirs else None,
                     float(np.std(theirs, ddof=1)) if theirs else None, any(far)])  # fmt: skip
    first = derive(gradient_descent).spectral_radius(eta_lambda=problem.eigen[0]).max()
    return {"data": problem.name, "least": problem.loss(problem.minimizer), "L": problem.L, "rows": rows,
            "radius at 1": float(first)}  # fmt: skip


_SIZES: tuple[tuple[str, int, float, int], ...] = (
    ("gradient descent", 1500, 1.0, 10), ("one at a time", 1, 0.005, 2), ("batch of 100", 100, 0.4, 2),
    ("batch of 10", 10, 0.05, 2),
)  # fmt: skip


def batch_runs() -> dict[str, Any]:
    """Loss against examples seen for the lecture's four batch sizes, after every epoch’s tenth; mean of seeds."""
    problem = load_regression()
    found = {}
    for name, batch, lr, epochs in _SIZES:
        batch = min(batch, len(problem.y))
        every = max(batch, len(problem.y) // 10)
        runs = [train(problem, gradient_descent, batch=batch, epochs=epochs, seed=s, every=every, lr=lr)
                for s in _seeds()]  # fmt: skip
        losses = np.mean([run.losses for run in runs], axis=0)
        found[name] = {"examples": runs[0].seen.tolist(), "losses": losses.tolist()}
        if not is_reproducible():  # time goes evenly with the samples of an epoch
            spent = float(np.median([run.seconds for run in runs]))
            found[name]["seconds"] = (runs[0].seen * spent / len(problem.y)).tolist()
    return found


register("table:lecture_table", lecture_table)
register("table:batch_runs", batch_runs, timed=True)


def known_lecture_table() -> dict[str, Any]:
    """The lecture's table, made once."""
    return result("table:lecture_table")


def known_batch_runs() -> dict[str, Any]:
    """The four batch sizes, made once."""
    return result("table:batch_runs")


__all__ = [
    "LECTURE",
    "batch_runs",
    "known_batch_runs",
    "known_lecture_table",
    "lecture_table",
    "torch_losses",
]
