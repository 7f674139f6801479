"""Minibatch noise and the best schedule against enumeration, optimization and runs."""

import itertools
import math

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.analysis.linear.noise import best_schedule, minibatch_variance
from eigenstep.optimizers.errors import DomainError
from eigenstep.optimizers.rules import gradient_descent, heavy_ball
from scipy.optimize import minimize

SAMPLES = np.array([3.0, -1.0, 0.5, 2.0, -2.5])


@pytest.mark.parametrize("batch", [1, 2, 3, 5])
def test_minibatches_enumerated(batch):
    with_, without = (
        np.array([np.mean(c) for c in choose(SAMPLES)])
        for choose in (
            lambda s: itertools.product(s, repeat=batch),
            lambda s: itertools.combinations(s, batch),
        )
    )
    assert minibatch_variance(SAMPLES, batch) == pytest.approx(with_.var(), rel=1e-12)
    assert minibatch_variance(SAMPLES, batch, replacement=False) == pytest.approx(
        without.var(), abs=1e-12
    )
    assert with_.mean() == pytest.approx(SAMPLES.mean())
    assert without.mean() == pytest.approx(SAMPLES.mean())


@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("rule", [gradient_descent, heavy_ball])
def test_the_noise_floor_of_minibatches(rule, replacement):
    """f_i = ½λ(w − x_i)²: a batch's gradient is λ(w − its mean), noise λ² times the mean's variance."""
    curvature, lr, batch, chains = 1.5, 0.2, 2, 20_000
    others = {"beta": 0.5} if "beta" in rule.hyperparameters else {}
    random = np.random.default_rng(0)
    full = rule.with_defaults({"lr": lr, **others})
    w = np.full(chains, SAMPLES.mean())
    state = tuple(np.zeros(chains) for _ in rule.state)
    for t in range(1, 151):
        if replacement:
            means = random.choice(SAMPLES, (chains, batch)).mean(axis=1)
        else:
            means = random.permuted(np.tile(SAMPLES, (chains, 1)), axis=1)[:, :batch].mean(axis=1)
        w, *rest = rule(w, curvature * (w - means), *state, **rule.coefficients(t, full))
        state = tuple(rest)
    noise = curvature**2 * minibatch_variance(SAMPLES, batch, replacement=replacement)
    expected = noise * derive(rule).stationary_variance(lr=lr, curvature=curvature, **others)
    assert w.var() == pytest.approx(expected, rel=4.5 * math.sqrt(2 / chains))


def test_a_gradient_of_several_entries():
    gradients = np.random.default_rng(0).standard_normal((10, 3))
    found = minibatch_variance(gradients, 4, replacement=False)
    assert found == pytest.approx(gradients.var(axis=0) / 4 * 6 / 9)


def end(rates, curvature, noise, distance):
    value = distance**2
    for eta in rates:
        value = (1 - eta * curvature) ** 2 * value + (eta * noise) ** 2
    return value


@pytest.mark.parametrize("case", [(1.0, 1.0, 1.0), (2.0, 0.3, 5.0), (0.1, 1.0, 2.0)])
def test_no_schedule_is_better(case):
    rates, values = best_schedule(*case, steps=5)
    assert end(rates, *case) == pytest.approx(values[-1], rel=1e-12)
    options = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 20_000, "maxfev": 20_000}
    start = np.full(5, 0.3 / case[0])
    found = minimize(lambda r: end(r, *case), start, method="Nelder-Mead", options=options)
    assert found.fun == pytest.approx(values[-1], rel=1e-6)
    assert found.x == pytest.approx(rates, rel=1e-2)


def test_a_run_on_the_best_schedule():
    rates, values = best_schedule(1.5, 0.5, 2.0, 60)
    random = np.random.default_rng(0)
    w = random.choice([-2.0, 2.0], 40_000)
    for eta in rates:
        w = w - eta * (1.5 * w + 0.5 * random.standard_normal(len(w)))
    assert np.mean(w**2) == pytest.approx(values[-1], rel=4.5 * math.sqrt(2 / len(w)))


def test_without_noise_the_first_step_ends_it():
    rates, values = best_schedule(4.0, 0.0, 3.0, 2)
    assert rates[0] == 0.25
    assert values.tolist() == [9, 0, 0]


@pytest.mark.parametrize("bad", [0, 2.5, 6, math.nan])
def test_bad_batches(bad):
    with pytest.raises(DomainError, match="batch"):
        minibatch_variance(SAMPLES, bad, replacement=False)


def test_bad_input():
    with pytest.raises(DomainError):
        minibatch_variance([], 1)
    for bad in ((0, 1, 1), (1, -1, 1), (1, 1, 0), (math.nan, 1, 1), (1, math.inf, 1)):
        with pytest.raises(DomainError):
            best_schedule(*bad, steps=3)
    with pytest.raises(DomainError):
        best_schedule(1, 1, 1, 0)
