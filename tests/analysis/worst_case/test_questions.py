"""How worst cases are asked: by name, checked, over arrays, at hostile values; and the best tuning."""

from fractions import Fraction as F

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import derive, freeze
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.errors import DomainError, EigenstepError, Missing, RuleError, UnknownName
from eigenstep.optimizers.rules import (
    adam,
    adamw,
    aggmo,
    gradient_descent,
    heavy_ball,
    nesterov,
    qhm,
    triple_momentum,
)  # fmt: skip

BALL = {"lr": 0.05, "beta": 0.5}


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"mu": 0, "L": 1}, DomainError, "0 < mu"),
        ({"mu": 1, "L": 1}, DomainError, "mu < L"),
        ({"mu": 2, "L": 1}, DomainError, "mu < L"),
        ({"mu": -1, "L": 1}, DomainError, "0 < mu"),
        ({"mu": float("nan"), "L": 1}, DomainError, "mu"),
        ({"mu": 1, "L": float("inf")}, DomainError, "L"),
        ({"mu": "one", "L": 2}, DomainError, "mu"),
        ({"mu": 1, "L": 2, "beta": 1}, DomainError, "beta"),
        ({"mu": 1, "L": 2, "lr": sp.sqrt(2) / 10}, DomainError, "rational"),
        ({"mu": 1, "L": 2, "gamma": 1}, UnknownName, "gamma"),
        ({"mu": 1, "L": 100}, RuleError, "curvature"),
        ({"mu": [1, 2], "L": 30, "lr": [0.01] * 3}, DomainError, "broadcast"),
        ({"mu": [1, 30], "L": 30}, DomainError, "mu < L"),
        ({"mu": 1, "L": 1e12, "lr": [1e-13, 1e-12]}, DomainError, "L/mu"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(given, error, words):
    with pytest.raises(error, match=words) as raised:
        derive(heavy_ball).worst_case(**{**BALL, **given})
    assert isinstance(raised.value, EigenstepError)
    assert "\n" not in str(raised.value)


def test_a_value_that_is_missing_is_named():
    with pytest.raises(Missing, match="lr"):
        derive(heavy_ball).worst_case(mu=1, L=2, beta=0.5)


@rule
def decaying(theta, g, *, lr: LearningRate = 0.1):
    """Its fixed point is not the minimizer."""
    return theta - lr * (g + theta / 100)


@rule
def classy(theta, g, v, *, lr: LearningRate = 0.1, mu: UnitInterval = 0.9):
    """Its momentum has the name of the class's constant."""
    v = mu * v + g
    return theta - lr * v, v


def test_rules_that_it_does_not_hold_for():
    with pytest.raises(RuleError, match="no fixed point"):
        derive(decaying).worst_case(mu=1, L=2, lr=0.1)
    with pytest.raises(RuleError, match="not linear"):
        derive(adam).worst_case(mu=1, L=2, lr=0.1)
    with pytest.raises(RuleError, match="derive\\(rule, mu="):
        derive(classy).worst_case(mu=1, L=2, lr=0.1)
    assert derive(classy, mu=F(1, 2)).worst_case(mu=1, L=2, lr=0.1).verdict == "converges"


def test_a_frozen_rule_says_what_is_held():
    found = derive(freeze(adam)).worst_case(mu=1, L=25, lr=0.05, beta1=0.9)
    assert found.held == freeze(adam).held
    assert found.verdict == "converges"
    assert derive(freeze(adamw)).worst_case(mu=1, L=4, lr=[0.1, 0.2], beta1=0.5).held


def test_ill_conditioned_and_small_scales():
    found = derive(heavy_ball).worst_case(mu=1, L=10**6, lr=F(1, 10**6), beta=0.5)
    assert found.verdict == "converges"
    assert 1 - 1e-5 < found.rate[0] <= found.rate[1] < 1
    tiny = derive(heavy_ball).worst_case(
        mu=F(1, 10**9), L=F(25, 10**9), lr=10**9 * F(1, 9), beta=F(4, 9)
    )
    assert tiny.cycle.steps == 3


def test_what_float64_cannot_tell_from_the_limit_is_still_decided():
    """Two hairs below the limit, and curvatures that float64 hardly holds: a certificate at ρ = 1."""
    hair = F(1, 2) - F(1, 10**20)
    found = derive(gradient_descent).worst_case(mu=1, L=4, lr=hair)
    assert (found.verdict, found.rate[1]) == ("converges", 1.0)
    for mu, L, lr in ((1, 10**16, F(1, 10**16)), (F(1, 10**300), F(1, 10**299), 1)):
        found = derive(heavy_ball).worst_case(mu=mu, L=L, lr=lr, beta=F(1, 2))
        assert found.verdict == "converges"
    with pytest.raises(RuleError, match="does not converge"):
        derive(heavy_ball).worst_case(mu=1, L=4, lr=10**200, beta=F(1, 2))


def test_arrays_broadcast_and_agree_with_points():
    theory = derive(heavy_ball)
    h, beta = np.linspace(0.01, 0.15, 6), np.linspace(0, 0.9, 4)[:, None]
    found = theory.worst_case(mu=1, L=25, lr=h, beta=beta)
    assert found.shape == (4, 6) == found.rate.shape
    for i, j in np.ndindex(4, 6):
        at = {"lr": float(h[j]), "beta": float(beta[i, 0])}
        if found.verdict[i, j] == "unstable":
            with pytest.raises(RuleError, match="does not converge"):
                theory.worst_case(mu=1, L=25, **at)
            continue
        if (i + j) % 4:
            continue
        point = theory.worst_case(mu=1, L=25, **at)
        assert point.verdict == found.verdict[i, j]
        if point.verdict == "converges":
            assert point.rate[0] - 1e-9 <= found.rate[i, j]
            assert point.rate[1] <= found.rate[i, j] + 3e-5
        else:
            assert point.cycle.steps == found.steps[i, j]
    several = theory.worst_case(mu=1, L=np.array([4.0, 25.0, 100.0]), lr=0.03, beta=0.5)
    assert (several.verdict == ["converges", "converges", "unstable"]).all()


@pytest.mark.parametrize("kappa", [2, 100])
@pytest.mark.parametrize(
    ("chosen", "widest", "fixed"),
    [
        (heavy_ball, 4, {}),
        (nesterov, 2, {}),
        (triple_momentum, 3, {"gamma": 0.3}),
        (qhm, 9, {"nu": 0.7}),
    ],
)
def test_maps_leave_nothing_undecided(chosen, widest, fixed, kappa):
    beta, h = np.meshgrid((np.arange(40) + 0.5) / 40, (np.arange(40) + 0.5) / 40 * widest)
    found = derive(chosen).worst_case(mu=1 / kappa, L=1, lr=h, beta=beta, **fixed)
    assert not (found.verdict == "undecided").any()


def test_orders_up_to_four():
    b1, b2, b3 = (h for h in aggmo.hyperparameters if h != "lr")
    assert derive(aggmo).transfer.order == 4
    found = derive(aggmo).worst_case(mu=1, L=10, lr=0.02, **{b1: 0.0, b2: 0.5, b3: 0.9})
    assert found.verdict == "converges"
    assert found.rate[0] <= found.rate[1]


def test_the_best_over_all_functions():
    """Polyak's 2/(μ + L); triple momentum's rate in its own rule; heavy ball's, between bounds."""
    descent = derive(gradient_descent).tuning(1, 25, over="all")
    assert descent.lr == pytest.approx(1 / 13, rel=1e-9)
    assert descent.gap < 1e-6
    triple = derive(triple_momentum).tuning(1, 25, over="all")
    assert triple.rate == pytest.approx(0.8, abs=1e-6)
    assert triple.gap < 1e-6
    assert triple["lr"] == pytest.approx(9 / 125, abs=1e-4)
    assert triple.quadratic_worst_case.verdict == "cycles"
    ball = derive(heavy_ball).tuning(1, 25, over="all")
    assert 0.8 < ball.rate < 0.854
    assert ball.worst_case.certificate.verify()
    assert ball.quadratic.rate == pytest.approx(2 / 3)
    assert ball.on_quadratics <= ball.rate
    narrow = derive(heavy_ball).tuning(1, F(10001, 10000), over="all")
    assert narrow.rate < 0.01
    with pytest.raises(DomainError, match="over"):
        derive(heavy_ball).tuning(1, 25, over="convex")
    with pytest.raises(DomainError, match="mu < L"):
        derive(heavy_ball).tuning(1, 1, over="all")
    with pytest.raises(DomainError, match="symbols"):
        derive(heavy_ball).tuning(over="all")
