"""Experiments that answer exercises: each runs the rules and returns a table of what was measured."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import numpy as np
import sympy as sp

from ...analysis import derive
from ...analysis.adaptive.adam_failure import run as reddi_run
from ...analysis.adaptive.adam_failure import smallest_cycle
from ...analysis.linear.noise import best_schedule, minibatch_variance
from ...analysis.simulation import follow, simulate
from ...optimizers.compositions import with_schedule
from ...optimizers.machine.extras import require_extra
from ...optimizers.rule import Rule
from ...optimizers.rules import (
    adadelta,
    adagrad,
    adam,
    amsgrad,
    gradient_descent,
    heavy_ball,
    rmsprop,
    yogi,
)
from ...optimizers.schedules import exponential, polynomial
from ..work import size
from .airfoil import LeastSquares, load_regression
from .training import SEEDS, over_seeds, train

_ROTATION = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
_SEED_Q = np.diag([0.2, 4.0])
"""Hessian of 0.1x₁² + 2x₂²."""
_SEED_START = np.array([-5.0, -2.0])


@dataclass(frozen=True)
class Table:
    """What an experiment measured: column heads, rows of numbers and words, and what was run."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""

    def text(self) -> str:
        """The table in plain text, columns aligned."""
        cells = [[show(v) for v in row] for row in (self.columns, *self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
                 for row in cells]  # fmt: skip
        return "\n".join([*lines, *([self.note] if self.note else [])])

    def _repr_html_(self) -> str:
        """The table for notebooks."""
        head = "".join(f"<th>{escape(c)}</th>" for c in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(show(v))}</td>" for v in row) + "</tr>"
            for row in self.rows
        )
        return (
            f"<table><caption>{escape(self.note)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )


def show(value: Any) -> str:
    """A number to four digits; words as they are."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


# Quadratics.


def noisy_distances(
    rule: Rule,
    factor: Callable[[Any], Any] | None,
    steps: int,
    *,
    chains: int = 2000,
    **settings: Any,
) -> float:
    """Root mean square distance from (0, 0) on x₁² + 2x₂² with unit gradient noise, from (−5, −2)."""
    run = with_schedule(rule, factor) if factor else rule
    end = simulate(run, steps, curvature=np.array([2.0, 4.0]), noise=1.0, keep=False,
                   start=np.tile(_SEED_START, (chains, 1)), **settings).theta[-1]  # fmt: skip
    return float(np.sqrt(np.mean(np.sum(end**2, axis=1))))


_SCHEDULES: dict[str, Callable[[Any], Any] | None] = {
    "constant": None, "exponential, e^(−0.1t)": exponential(0.1),
    "polynomial, (0.1t + 1)^(−1/2)": polynomial(0.5, 0.1),
    "polynomial, (0.1t + 1)^(−1)": polynomial(1.0, 0.1),
}  # fmt: skip


def schedules() -> Table:
    """Distance from the optimum by schedule and number of steps."""
    steps = (10, 50, 250, 1000)
    rows = [(name, *(noisy_distances(gradient_descent, factor, t, lr=0.1) for t in steps))
            for name, factor in _SCHEDULES.items()]  # fmt: skip
    return Table(
        ("schedule of η = 0.1", *(f"{t} steps" for t in steps)),
        tuple(rows),
        "root mean square distance from (0, 0), 2000 runs on x₁² + 2x₂², gradient noise 1",
    )


def equivalent_noise() -> Table:
    """Gradient noise σ against samples x of l(x, w) = (x₁ − w₁)² + 2(x₂ − w₂)²: the same moments."""
    random, n = np.random.default_rng(0), 200_000
    Q = np.diag([2.0, 4.0])
    x = random.standard_normal((n, 2)) @ np.linalg.inv(Q)  # covariance Q⁻²
    w = np.array([1.0, -0.5])
    gradients = (w - x) @ Q
    rows = [(f"∂l/∂w{i + 1}", float(gradients[:, i].mean()), float((Q @ w)[i]),
             float(gradients[:, i].var()), 1.0) for i in range(2)]  # fmt: skip
    return Table(("gradient", "mean", "mean of ∇f + noise", "variance", "variance of ∇f + noise"),
                 tuple(rows), "x normal, mean 0, variances 1/4 and 1/16; w = (1, −1/2)")  # fmt: skip


def larger_coordinate() -> Table:
    """One coordinate's gradients 100 times the other's: one η for both against one each."""
    curvature, rows = np.array([1.0, 100.0]), []
    best = derive(gradient_descent).tuning(1, 100)["lr"]
    trials: list[tuple[str, Rule, dict[str, Any], np.ndarray]] = [
        ("gradient descent, best η", gradient_descent, {"lr": float(best)}, curvature),
        ("… after scaling by the diagonal", gradient_descent, {"lr": 1.0}, curvature / curvature),
        ("Adagrad, η = 0.4", adagrad, {"lr": 0.4}, curvature),
    ]
    for name, rule, settings, slopes in trials:
        run = np.abs(simulate(rule, 200, curvature=slopes, start=np.ones(2), **settings).theta)
        size = run.max(axis=1)
        rows.append((name, int(np.argmax(size < 0.01)) if (size < 0.01).any() else "not in 200"))
    return Table(("method on ½(x₁² + 100x₂²)", "steps until both |x| < 0.01"), tuple(rows))


def minima() -> Table:
    """Minima of x²(1 + sin x): at every −π/2 + 2πk the value is 0, exactly."""
    x = sp.Symbol("x", real=True)
    f = x**2 * (1 + sp.sin(x))
    rows = []
    for k in (-2, -1, 0, 1, 2):
        at = -sp.pi / 2 + 2 * sp.pi * k
        values = [sp.simplify(e.subs(x, at)) for e in (f, f.diff(x), f.diff(x, 2))]
        rows.append(tuple(_pi(v) for v in (at, *values)))
    rows.append(("0", *(_pi(e.subs(x, 0)) for e in (f, f.diff(x), f.diff(x, 2)))))
    return Table(("minimum at", "f", "f'", "f''"), tuple(rows))


def _pi(value: Any) -> str:
    return str(value).replace("**2", "²").replace("*pi", "π").replace("pi", "π").replace("-", "−")


def many_eigenvalues() -> Table:
    """λᵢ = 2^(−i), from xᵢ = 1: what is left of each coordinate, gradient descent against momentum."""
    curvature = 2.0 ** -np.arange(1, 9)
    tuned = derive(heavy_ball).tuning(curvature[-1], curvature[0])
    plain = derive(gradient_descent).tuning(curvature[-1], curvature[0])
    rows = []
    for t in (0, 10, 50, 200):
        for name, rule, best in (
            ("gradient descent", gradient_descent, plain),
            ("momentum", heavy_ball, tuned),
        ):
            settings: dict[str, Any] = {k: float(v) for k, v in best.values.items()}
            run = simulate(rule, t, curvature=curvature, **settings)
            rows.append((t, name, *(float(abs(v)) for v in run.theta[-1])))
    return Table(
        ("steps", "method", *(f"|x{i}|" for i in range(1, 9))),
        tuple(rows),
        "each at its optimal hyperparameters for [2^(−8), 1/2]",
    )


def on_the_seed_function(
    rule: Rule, settings: Mapping[str, Any], rotated: bool, steps: int
) -> np.ndarray:
    """Values of f along a run on 0.1x₁² + 2x₂², or on the same turned by 45 degrees."""
    turn = _ROTATION if rotated else np.eye(2)
    Q = turn.T @ _SEED_Q @ turn
    x = turn.T @ _SEED_START
    run = follow(rule, x, lambda _, y: Q @ y, settings)
    path = [x, *(theta for _, theta, _ in itertools.islice(run, steps))]
    return np.array([0.5 * x @ Q @ x for x in path])


def _rotated(rule: Rule, settings: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for chosen in settings:
        said = ", ".join(f"{k} = {v:g}" for k, v in chosen.items())
        for rotated in (False, True):
            f = on_the_seed_function(rule, chosen, rotated, 40)
            rows.append(
                (
                    said,
                    "turned" if rotated else "as it is",
                    float(f[10]),
                    float(f[20]),
                    float(f[40]),
                )
            )
    return Table(
        (rule.name, "function", "f after 10", "20", "40 steps"),
        tuple(rows),
        "0.1x₁² + 2x₂² from (−5, −2)",
    )


def rotated_adagrad() -> Table:
    """Adagrad on the function and on the turned one."""
    return _rotated(adagrad, ({"lr": 0.4}, {"lr": 2.0}))


def rotated_rmsprop() -> Table:
    """RMSprop on both."""
    return _rotated(rmsprop, ({"lr": 0.4, "gamma": 0.9}, {"lr": 0.1, "gamma": 0.9}))


def effective_rates() -> Table:
    """η over the root of what is accumulated under constant gradients of size 1."""
    rows = []
    chosen = ("Adagrad", adagrad, {}), ("RMSprop, γ = 0.9", rmsprop, {"gamma": 0.9})
    for name, rule, others in chosen:
        settings = {"lr": 1.0, "eps": 0.0, **others}
        run = follow(rule, 0.0, lambda *_: 1.0, settings)
        path = [0.0, *(theta for _, theta, _ in itertools.islice(run, 1000))]
        found = [float(path[t - 1] - path[t]) for t in (1, 10, 100, 1000)]
        rows.append((name, *found))
    return Table(
        ("length of the step", "t = 1", "10", "100", "1000"),
        tuple(rows),
        "constant gradients of size 1, η = 1, ε = 0",
    )


def gamma_one() -> Table:
    """RMSprop with γ = 1, which its domain excludes: s stays 0, and the step is ηg/√ε."""
    rows = []
    for gamma in (0.9, 0.999, 1.0):
        settings = {"lr": 0.4, "eps": 1e-6, "gamma": gamma}
        run = follow(rmsprop, _SEED_START, lambda _, y: _SEED_Q @ y, settings)
        *_, (_, x, (s,)) = itertools.islice(run, 3)
        rows.append((gamma, float(np.abs(s).max()), float(0.5 * x @ _SEED_Q @ x)))
    return Table(
        ("γ", "largest s after 3 steps", "f after 3 steps"),
        tuple(rows),
        "0.1x₁² + 2x₂², η = 0.4, ε = 1e-6",
    )


def far_away() -> Table:
    """Steps that Adadelta takes to halve the distance to the minimizer of ½x², by distance and ε."""
    rows = []
    for start in (1.0, 1e3, 1e6):
        found: list[Any] = []
        for eps in (1e-8, 1e-6, 1e-4):
            run = np.abs(simulate(adadelta, 5000, start=start, rho=0.9, eps=eps).theta)
            found.append(
                int(np.argmax(run < start / 2)) if (run < start / 2).any() else "over 5000"
            )
        rows.append((start, *found))
    return Table(
        ("start", "ε = 1e-8", "ε = 1e-6", "ε = 1e-4"),
        tuple(rows),
        "steps until the distance has halved, ½x², ρ = 0.9; gradient descent with η = 1/2 takes 1",
    )


def why_decay() -> Table:
    """Distance from the optimum under noise: constant rates, and the best schedule, which is 1/t."""
    curvature, noise, start, rows = 1.0, 1.0, 5.0, []
    random, chains = np.random.default_rng(0), 4000
    best, _ = best_schedule(curvature, noise, start, 1000)
    plans = {"constant, η = 0.1": np.full(1000, 0.1), "constant, η = 0.01": np.full(1000, 0.01),
             "0.1/√t": 0.1 / np.sqrt(np.arange(1, 1001)), "the best, about 1/t": best}  # fmt: skip
    for name, rates in plans.items():
        w, found = np.full(chains, start), []
        for t, eta in enumerate(rates, 1):
            w = w - eta * (curvature * w + noise * random.standard_normal(chains))
            if t in (10, 100, 1000):
                found.append(float(np.sqrt(np.mean(w**2))))
        rows.append((name, *found))
    return Table(
        ("η", "after 10", "100", "1000 steps"),
        tuple(rows),
        "root mean square distance, ½w² from 5, gradient noise 1, 4000 runs",
    )


def adam_diverges() -> Table:
    """The smallest C for which Adam goes the wrong way, and where three rules end at twice that C."""
    rows = []
    for beta1, beta2 in ((0.0, 0.9), (0.5, 0.9), (0.9, 0.99)):
        C = smallest_cycle(beta1, beta2)
        ends = [
            float(np.mean(reddi_run(r, beta1, beta2, 2 * C)[-2 * C :]))
            for r in (adam, amsgrad, yogi)
        ]
        rows.append((beta1, beta2, C, *ends))
    return Table(
        ("β₁", "β₂", "smallest C", "Adam ends at", "AMSGrad", "Yogi"),
        tuple(rows),
        "losses Cx, −x, …, −x (C − 1 times) on [−1, 1]: the minimizer is −1, the worst point 1",
    )


# Regression.


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


# A deep network.


def train_network(
    make: Callable[[Any], Any], epochs: int, seed: int, factor: Any = None
) -> tuple[float, float]:
    """LeNet's shape in small on scikit-learn's digits: last training loss and test accuracy."""
    require_extra("training on the digits", "report", "sklearn")
    import torch
    from sklearn.datasets import load_digits
    from torch import nn

    data: Any = load_digits()
    images = torch.tensor(data.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(data.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    held, kept = order[:360], order[360:]
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(64, 60), nn.ReLU(), nn.Linear(60, 10),
    )  # fmt: skip
    optimizer = make(net.parameters())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor) if factor else None
    loss_of, last = nn.CrossEntropyLoss(), float("nan")
    for _ in range(epochs):
        total = 0.0
        shuffled = kept[torch.randperm(len(kept))]
        for rows in shuffled.split(64):
            optimizer.zero_grad()
            loss = loss_of(net(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        last = total / len(kept)
        if schedule:
            schedule.step()
    with torch.no_grad():
        accuracy = float((net(images[held]).argmax(1) == labels[held]).float().mean())
    return last, accuracy


def _network(runs: Sequence[tuple[str, str, dict[str, Any], Any]]) -> Table:
    from ... import optimizers

    rows, epochs, seeds = [], size(8, 2), size(2, 1)
    for name, cls, settings, factor in runs:
        make = partial(getattr(optimizers, cls), **settings)
        found = [train_network(make, epochs, seed, factor) for seed in range(seeds)]
        rows.append((name, *(float(v) for v in np.mean(found, axis=0))))
    return Table(("optimizer", "training loss", "test accuracy"), tuple(rows),
                 f"a small LeNet on scikit-learn’s 8×8 digits, batch 64, {epochs} epochs, {seeds} seeds "
                 "(Fashion-MNIST does not come with a package)")  # fmt: skip


def network_adagrad() -> Table:
    """Adagrad on a deep network."""
    return _network(
        [
            ("SGD, η = 0.9", "SGD", {"lr": 0.9}, None),
            ("Adagrad, η = 0.01", "Adagrad", {"lr": 0.01}, None),
            ("Adagrad, η = 0.1", "Adagrad", {"lr": 0.1}, None),
            ("Adam, η = 0.01", "Adam", {"lr": 0.01}, None),
        ]
    )


def network_rmsprop() -> Table:
    """RMSprop on a deep network, with schedules."""
    return _network(
        [
            ("RMSprop, η = 0.001", "RMSprop", {"lr": 0.001}, None),
            ("RMSprop, η = 0.01", "RMSprop", {"lr": 0.01}, None),
            ("… times (t + 1)^(−1/2)", "RMSprop", {"lr": 0.01}, polynomial(0.5, 1.0)),
            ("… times e^(−0.2t)", "RMSprop", {"lr": 0.01}, exponential(0.2)),
        ]
    )
