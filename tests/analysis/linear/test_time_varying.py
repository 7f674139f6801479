"""Rules whose coefficients change with the step: limits, drifts, periods and norms, held by runs."""

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis.linear.time_varying import time_varying
from eigenstep.analysis.tracing import ETA, LAMBDA
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.errors import DomainError, RuleError, UnknownName
from eigenstep.optimizers.ops import sqrt, where
from eigenstep.optimizers.remembered import Memory
from eigenstep.optimizers.rule import rule
from eigenstep.optimizers.rules import adam, heavy_ball, schedule_free_sgd


def mix(t, *, lr: LearningRate = 0.5, beta: UnitInterval = 0.9):
    return {"lr": lr, "b": beta, "c": 1 / (t + 1)}


@rule(coefficients=mix, gradient_at=lambda theta, x, *, b: (1 - b) * theta + b * x)
def free(theta, g, x, *, lr, c):
    """Schedule-Free as a stranger writes it: θ is the iterate, x its average, which acts on the gradient."""
    z = theta - lr * g
    return z, (1 - c) * x + c * z


def extrapolation(t, *, lr: LearningRate = 0.1):
    return {"lr": lr, "b": (t - 1) / (t + 2)}


@rule(coefficients=extrapolation, gradient_at=lambda theta, v, *, b: theta + b * v)
def fista(theta, g, v, *, lr, b):
    new = theta + b * v - lr * g
    return new, new - theta


def turns(t, *, lr: LearningRate = 0.1):
    return {"lr": where(t % 3 <= 0, 4 * lr, lr)}


@rule(coefficients=turns)
def zigzag(theta, g, *, lr):
    return theta - lr * g


@rule(
    memory=Memory(
        {"theta_t": 1.0}, lambda t, *, theta_t: {"theta_t": (1 + sqrt(1 + 4 * theta_t**2)) / 2}
    ),
    coefficients=lambda t, *, theta_t, lr=0.1: {"lr": lr, "ahead": (theta_t - 1) / (theta_t + 1)},
)
def optimized(theta, g, y, *, lr, ahead):
    new = theta - lr * g
    return new + ahead * (new - y), new


@pytest.mark.parametrize("subject", [free, schedule_free_sgd], ids=["stranger's", "shipped"])
def test_averages_that_act_are_set_apart(subject):
    theory = time_varying(subject)
    limit, (exponent,) = theory.fast.limit, theory.exponents
    (beta,) = limit.free_symbols
    assert sp.cancel(limit - 2 / (1 - beta)) == 0
    assert sp.cancel(exponent + 1 / (1 - beta)) == 0
    assert len(theory.slow) == 1


@pytest.mark.parametrize(("at", "stable"), [(19.0, True), (21.0, False)])
def test_the_limit_is_where_runs_change(at, stable):
    norms = time_varying(free).norms(steps=3000, lr=at, beta=0.9)
    assert (norms[-1] < 1e-3) == stable


def test_the_drift_is_the_power_of_t_of_a_run():
    """x goes as t to the power −1/(1 − β), here −2."""
    norms = time_varying(free).norms(steps=6000, lr=0.5, beta=0.5)
    slope = np.log(norms[-1] / norms[599]) / np.log(6000 / 600)
    assert slope == pytest.approx(-2, abs=0.01)


def test_nesterov_s_changing_momentum_has_the_limit_of_momentum_one():
    theory = time_varying(fista)
    assert theory.slow == ()
    assert theory.limit.limit == theory.fast.limit == sp.Rational(4, 3)
    assert theory.norms(steps=400, lr=1.3)[-1] < 1e-3
    assert theory.norms(steps=4000, lr=1.4)[-1] > 1e3


def test_a_period_is_multiplied_out():
    theory = time_varying(zigzag)
    assert theory.period == 3
    wanted = (1 - ETA * LAMBDA) ** 2 * (1 - 4 * ETA * LAMBDA)
    assert sp.expand(theory.period_product[0, 0] - wanted) == 0
    assert theory.period_radius(lr=0.6) == pytest.approx(abs(0.4**2 * -1.4) ** (1 / 3))
    assert theory.norms(steps=30, lr=0.6)[-1] == pytest.approx(abs(0.4**2 * -1.4) ** 10)
    assert time_varying(heavy_ball).period == 1


def test_coefficients_that_remember():
    theory = time_varying(optimized)
    norms = theory.norms(steps=200, curvature=0.01, lr=1.0)
    th = 1.0
    u, w, path = np.eye(2)[1], np.eye(2)[0], []
    for _ in range(200):
        th = (1 + np.sqrt(1 + 4 * th * th)) / 2
        new = u - 0.01 * u
        u, w = new + (th - 1) / (th + 1) * (new - w), new
        path.append(np.linalg.norm(np.array([w, u]), 2))
    np.testing.assert_allclose(norms, path, rtol=1e-10)
    with pytest.raises(RuleError, match="remember theta_t"):
        theory.limit
    assert float(theory.at(1).A[0, 1]) == 1.0


def test_what_cannot_be_answered_says_why():
    def slowly(t, *, lr: LearningRate = 0.1):
        return {"lr": lr, "c": 1 / sqrt(t)}

    @rule(coefficients=slowly, gradient_at=lambda theta, x, *, c: theta + x)
    def slower(theta, g, x, *, lr, c):
        return theta - lr * g, (1 - c) * x + c * theta

    with pytest.raises(RuleError, match="does not drift as 1/t"):
        time_varying(slower).drift
    with pytest.raises(RuleError, match="has no period"):
        time_varying(fista).period
    with pytest.raises(RuleError, match="no state that stands still"):
        time_varying(heavy_ball).drift
    with pytest.raises(RuleError, match="not linear"):
        time_varying(adam).norms(steps=3)
    with pytest.raises(UnknownName, match="hyperparameter"):
        time_varying(fista, gamma=1)
    with pytest.raises(DomainError, match="steps"):
        time_varying(fista).norms(steps=0)
    with pytest.raises(DomainError, match="steps"):
        time_varying(fista).norms(steps=10**9)
    with pytest.raises(RuleError, match="expected a rule"):
        time_varying("adam")
