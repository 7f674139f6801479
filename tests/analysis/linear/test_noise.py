"""Minibatch noise and the best schedule against enumeration, optimization and runs."""

import itertools
import math

import numpy as np
import pytest
import scipy.linalg
import sympy as sp
from eigenstep.analysis import LAMBDA, derive
from eigenstep.analysis.linear.noise import SPREAD, best_schedule, minibatch_variance
from eigenstep.optimizers.errors import DomainError, RuleError
from eigenstep.optimizers.rules import LINEAR_RULES, gradient_descent, heavy_ball, schedule_free_sgd
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


@pytest.mark.parametrize("name", LINEAR_RULES)
def test_noise_against_scipy(name, with_the_rest):
    theory = derive(LINEAR_RULES[name])
    others = with_the_rest(theory, beta=0.7)
    for lr, curvature in ((0.1, 1.0), (0.3, 2.5), (0.01, 30.0)):
        matrix = theory.numeric_matrix(lr=lr, curvature=curvature, **others)
        values = {theory.trace.free[k]: v for k, v in {"lr": lr, **others}.items()}
        B = np.array(theory.system.B.subs(values), float)
        expected = scipy.linalg.solve_discrete_lyapunov(matrix, B @ B.T)[-1, -1]
        got = theory.stationary_variance(lr=lr, curvature=curvature, **others)
        assert got == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", LINEAR_RULES)
def test_mean_square_region_against_the_second_moment_map(name, with_the_rest):
    """s²·gain crosses 1 exactly where the second-moment map's spectral radius does."""
    theory = derive(LINEAR_RULES[name])
    values = {"lr": 0.3, **with_the_rest(theory, beta=0.6)}
    point = {theory.trace.free[k]: sp.Rational(str(v)) for k, v in values.items()} | {LAMBDA: 2}
    critical = 1 / sp.sqrt(theory.noise.gain.subs(point))
    for factor, stable in ((0.999, True), (1.001, False)):
        numeric = np.array(
            theory.noise.second_moment_map().subs({**point, SPREAD: critical * factor}), float
        )
        assert (np.abs(np.linalg.eigvals(numeric)).max() < 1) == stable


@pytest.mark.parametrize(("values", "said"), [
    ({"lr": 2, "curvature": 1, "beta": 0}, "infinite"),
    ({"lr": 0.38, "curvature": 10, "beta": 0.9}, "infinite"),
    ({"lr": 2 * sp.sqrt(2), "curvature": 1 / sp.sqrt(2), "beta": 0}, "infinite"),
    ({"lr": 2.0000000000000004, "curvature": 1, "beta": 0}, "unstable"),
    ({"lr": 3.9, "curvature": 1, "beta": 0.9}, "unstable"),
    ({"lr": 0, "curvature": 1, "beta": 0.9}, "0 < lr"),
    ({"lr": 1, "curvature": -1, "beta": 0.9}, "0 < curvature"),
])  # fmt: skip
def test_noise_at_and_beyond_the_limit(values, said):
    with pytest.raises(DomainError, match=said) as refused:
        derive(heavy_ball).stationary_variance(**values)
    assert ("infinite" in str(refused.value)) == (said == "infinite")


def test_noise_just_inside_the_limit():
    nearly = sp.Rational(2) - sp.Rational(1, 10**50)
    found = derive(gradient_descent).stationary_variance(lr=nearly, curvature=1)
    assert found == pytest.approx(2e50, rel=1e-15)


def test_an_average_whose_weight_dies_out_has_no_stationary_covariance():
    with pytest.raises(RuleError, match="no stationary covariance"):
        derive(schedule_free_sgd).noise.variance
