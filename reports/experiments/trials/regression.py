"""Minibatches on the data: sampling, batch sizes, momentum, one hyperparameter at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ....analysis import derive
from ....analysis.linear.noise import minibatch_variance
from ....optimizers.rule import Rule
from ....optimizers.rules import adadelta, adagrad, gradient_descent, heavy_ball, rmsprop
from ..airfoil import LeastSquares, load_regression
from ..training import SEEDS, over_seeds, train
from .table import Table


def _losses(
    runs: Sequence[tuple[str, Rule, dict[str, Any]]], columns: tuple[str, ...] = ("run",)
) -> Table:
    problem, rows = load_regression(), []
    for name, rule, settings in runs:
        mean, spread, seconds = over_seeds(problem, rule, SEEDS, **settings)
        rows.append((name, mean, spread, 1e3 * seconds))
    return Table((*columns, "loss", "±", "ms an epoch"), tuple(rows),
                 f"{problem.name}; least possible {problem.loss(problem.minimizer):.4f}; "
                 f"mean and deviation over {len(SEEDS)} seeds, 2 epochs unless said")  # fmt: skip


def replacement() -> Table:
    """Batches from a random order against batches drawn anew, with the variances that theory gives."""
    problem = load_regression()
    gradients = problem.X * (problem.X @ problem.minimizer - problem.y)[:, None]
    rows = []
    for batch, lr in ((1, 0.005), (10, 0.05), (100, 0.4)):
        for anew in (False, True):
            mean, spread, _ = over_seeds(
                problem, gradient_descent, range(10), batch=batch, lr=lr, replacement=anew
            )
            variance = minibatch_variance(gradients, batch, replacement=anew).sum()
            rows.append(
                (batch, "drawn anew" if anew else "random order", mean, spread, float(variance))
            )
    return Table(
        ("batch", "sampling", "loss", "±", "variance of a gradient"),
        tuple(rows),
        f"{problem.name}, 2 epochs, 10 seeds; variance at the minimizer, exact",
    )


def batch_sizes() -> Table:
    """Batch size and learning rate."""
    return _losses([(f"batch {b}, η = {lr:g}", gradient_descent, {"batch": b, "lr": lr})
                    for b, rates in ((1, (0.005, 0.05)), (10, (0.05, 0.5)), (100, (0.4, 1.0)),
                                     (1500, (0.4, 1.0))) for lr in rates])  # fmt: skip


def decayed_each_epoch() -> Table:
    """The learning rate divided by 10 after every epoch, against constant."""
    problem, rows = load_regression(), []
    updates = -(-len(problem.y) // 10)
    for name, factor in (
        ("constant", None),
        ("a tenth each epoch", lambda t: 0.1 ** (t // updates)),
    ):
        runs = [
            train(problem, gradient_descent, batch=10, epochs=4, seed=s, lr=0.05, factor=factor)
            for s in SEEDS
        ]
        losses = np.array([r.losses for r in runs])
        rows.append(
            (name, *(float(v) for v in losses.mean(axis=0)[1:]), float(losses[:, -1].std(ddof=1)))
        )
    return Table(
        ("η = 0.05, batch 10", "epoch 1", "2", "3", "4", "± at the end"), tuple(rows), problem.name
    )


def evil_genie() -> Table:
    """Every sample twice: an epoch is twice as many steps; full gradients do not change."""
    problem = load_regression()
    doubled = LeastSquares(
        np.vstack([problem.X, problem.X]), np.r_[problem.y, problem.y], problem.name
    )
    rows = []
    for name, batch, lr in (
        ("gradient descent", 0, 1.0),
        ("minibatch of 10", 10, 0.05),
        ("one at a time", 1, 0.005),
    ):
        found = []
        for data in (problem, doubled):
            mean, spread, _ = over_seeds(
                data, gradient_descent, SEEDS, batch=batch or len(data.y), lr=lr, epochs=1
            )
            found += [mean, spread]
        rows.append((name, *found))
    return Table(("one epoch of", "loss", "±", "loss, doubled", "±"), tuple(rows), problem.name)


def momentum_grid() -> Table:
    """Momentum and learning rate on the data, beside the theory's largest stable η."""
    problem = load_regression()
    theory = derive(heavy_ball)
    rows = []
    for beta in (0.0, 0.5, 0.9, 0.99):
        limit = theory.stable_interval(beta=beta)[1] / problem.L
        for lr in (0.005, 0.02, 0.1):
            mean, spread, _ = over_seeds(problem, heavy_ball, SEEDS, batch=10, lr=lr, beta=beta)
            rows.append((beta, lr, limit, mean, spread))
    return Table(
        ("β", "η", "largest stable η, all data", "loss", "±"),
        tuple(rows),
        f"{problem.name}, batch 10, 2 epochs, 5 seeds",
    )


def momentum_batches() -> Table:
    """Momentum with batches of several sizes: the loss above the least and the noise floor."""
    problem = load_regression()
    least = problem.loss(problem.minimizer)
    rows = []
    for batch in (1, 10, 100):
        for beta in (0.0, 0.9):
            lr = 0.02 * (1 - beta)
            mean, spread, _ = over_seeds(
                problem, heavy_ball, SEEDS, batch=batch, lr=lr, beta=beta, epochs=4
            )
            rows.append((batch, beta, lr, mean - least, spread))
    return Table(
        ("batch", "β", "η", "loss above the least", "±"),
        tuple(rows),
        f"{problem.name}, 4 epochs, η(1 − β)⁻¹ the same throughout",
    )


def sweep(rule: Rule, name: str, values: Sequence[float], **others: Any) -> Callable[[], Table]:
    """An experiment that varies one hyperparameter of a rule on the data, batch 10."""

    def run() -> Table:
        return _losses(
            [(f"{name} = {v:g}", rule, {"batch": 10, name: v, **others}) for v in values],
            (rule.name,),
        )

    run.__name__ = f"{rule.name}_{name}"
    return run


def compare_adaptive() -> Table:
    """Adadelta, Adagrad and RMSprop epoch by epoch."""
    problem, rows = load_regression(), []
    chosen: list[tuple[str, Rule, dict[str, Any]]] = [
        ("Adagrad, η = 0.1", adagrad, {"lr": 0.1}), ("RMSprop, η = 0.01", rmsprop, {"lr": 0.01}),
        ("Adadelta, ρ = 0.9", adadelta, {"rho": 0.9}),
        ("Adadelta, ε = 1e-3", adadelta, {"rho": 0.9, "eps": 1e-3}),
    ]  # fmt: skip
    for name, rule, settings in chosen:
        losses = np.mean(
            [train(problem, rule, batch=10, epochs=5, seed=s, **settings).losses for s in SEEDS],
            axis=0,
        )
        rows.append((name, *(float(v) for v in losses[1:])))
    return Table(
        ("batch 10", *(f"epoch {e}" for e in range(1, 6))),
        tuple(rows),
        f"{problem.name}; least possible {problem.loss(problem.minimizer):.4f}",
    )
