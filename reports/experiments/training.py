"""Minibatch training of linear regression by the rules themselves, in float64."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...optimizers.compositions import at_gradient_point, with_schedule
from ...optimizers.domains import Integers, require
from ...optimizers.rule import Rule
from .airfoil import LeastSquares

SEEDS = range(5)
"""What runs are averaged over."""
START = 0.01
"""Standard deviation of the first weights, as the lecture has it."""


@dataclass(frozen=True)
class Training:
    """One run.

    Attributes:
        losses: ½ mean (Xw − y)² over all data before the first step and after each epoch, or part of one.
        seen: samples seen by then.
        w: the last weights.
        seconds: of the updates alone, an epoch on average.
        steps: updates in all.
    """

    losses: np.ndarray
    seen: np.ndarray
    w: np.ndarray
    seconds: float
    steps: int

    @property
    def loss(self) -> float:
        """The loss at the end; infinite where the run left the numbers."""
        last = float(self.losses[-1])
        return last if np.isfinite(last) else np.inf


def batches(
    n: int, size: int, random: np.random.Generator, replacement: bool
) -> Iterator[np.ndarray]:
    """The indices of one epoch's batches: a random order cut up, or drawn anew for every batch."""
    if replacement:
        for _ in range(-(-n // size)):
            yield random.integers(0, n, size)
        return
    order = random.permutation(n)
    for begin in range(0, n, size):
        yield order[begin : begin + size]


def train(
    problem: LeastSquares,
    rule: Rule,
    *,
    batch: int,
    epochs: int = 2,
    seed: int = 0,
    replacement: bool = False,
    factor: Callable[[Any], Any] | None = None,
    every: int | None = None,
    **settings: Any,
) -> Training:
    """Train by a rule on minibatches.

    Args:
        problem: the data.
        batch: samples a step, from 1 to all.
        epochs: passes over as many samples as there are.
        seed: of the first weights and of the order of the samples.
        replacement: whether every batch is drawn from all samples anew.
        factor: of the learning rate, a function of the step from 0.
        every: samples after which the loss is noted, by default those of an epoch.
        settings: hyperparameters of the rule.
    """
    require(Integers(1), batch=batch, epochs=epochs)
    rule.check(settings)
    run = at_gradient_point(with_schedule(rule, factor) if factor else rule)
    full = run.with_defaults(settings)
    random = np.random.default_rng(seed)
    w = START * random.standard_normal(problem.X.shape[1])
    state = tuple(np.asarray(s, float) for s in run.initial_state(w, full))
    marks = [(0, problem.loss(w))]
    spent, t, seen, due = 0.0, 0, 0, every or 0
    with np.errstate(all="ignore"):
        for _ in range(epochs):
            start = time.perf_counter()
            for rows in batches(len(problem.y), batch, random, replacement):
                t += 1
                X, y = problem.X[rows], problem.y[rows]
                g = X.T @ (X @ w - y) / len(rows)
                w, *rest = run(w, g, *state, **run.coefficients(t, full))
                state = tuple(rest)
                seen += len(rows)
                if every and seen >= due:
                    marks.append((seen, problem.loss(w)))
                    due += every
            spent += time.perf_counter() - start
            if every is None:
                marks.append((seen, problem.loss(w)))
    times, losses = zip(*marks, strict=True)
    return Training(np.array(losses), np.array(times), w, spent / epochs, t)


def over_seeds(
    problem: LeastSquares, rule: Rule, seeds: Sequence[int], **settings: Any
) -> tuple[float, float, float]:
    """Mean and standard deviation of the last loss over seeds, and median seconds an epoch."""
    runs = [train(problem, rule, seed=seed, **settings) for seed in seeds]
    losses = np.array([r.loss for r in runs])
    with np.errstate(all="ignore"):
        spread = float(losses.std(ddof=1)) if len(losses) > 1 else 0.0
    return float(losses.mean()), spread, float(np.median([r.seconds for r in runs]))


__all__ = ["SEEDS", "Training", "batches", "over_seeds", "train"]
