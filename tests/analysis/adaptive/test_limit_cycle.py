"""Where updates of fixed length end, against simulation and arithmetic by hand."""

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis.adaptive.limit_cycle import NoCycle, limit_cycle
from eigenstep.analysis.simulation import simulate
from eigenstep.optimizers.errors import DomainError, UnknownName
from eigenstep.optimizers.rules import adam, gradient_descent, lamb, lars

FIXED = {"phi": "clipped", "phi_lower": "1", "phi_upper": "1"}
SIGN = {"beta1": "0", "beta2": "0", "eps": "0"}
LIKE_SIGN = [(lars, {"beta": "0", **FIXED}), (lamb, {**SIGN, **FIXED}), (adam, SIGN)]


@pytest.mark.parametrize(("rule", "settings"), LIKE_SIGN)
@pytest.mark.parametrize("start", ["1", "7/10", "-13/7"])
def test_a_step_of_fixed_length_ends_going_back_and_forth(rule, settings, start):
    """x − η sgn x: the cycle is r and r − η, r the rest of |x| by η, whatever the curvature is."""
    step = sp.Rational(3, 10)
    for curvature in ("1", "5"):
        cycle = limit_cycle(
            rule, start=start, curvature=curvature, settings={"lr": "3/10", **settings}
        )
        rest = abs(sp.Rational(start)) % step
        assert {abs(p) for p in cycle.points} == {rest, step - rest}
        assert cycle.period == 2
        assert not cycle.settles
        assert cycle.amplitude >= step / 2


def test_the_simulation_ends_there():
    cycle = limit_cycle(lars, start="1", settings={"lr": "3/10", "beta": "0", **FIXED})
    run = simulate(lars, 101, start=np.array([1.0]), lr=0.3, beta=0.0, phi="clipped", phi_lower=1.0,
                   phi_upper=1.0).theta[-2:, 0]  # fmt: skip
    assert sorted(run) == pytest.approx(sorted(map(float, cycle.points)), abs=1e-12)


def test_gradient_descent():
    assert limit_cycle(gradient_descent, start="1", settings={"lr": "2"}).points == (1, -1)
    assert limit_cycle(gradient_descent, start="1", settings={"lr": "1"}).settles
    assert limit_cycle(gradient_descent, start="5", settings={"lr": "0"}).points == (5,)


def test_none():
    with pytest.raises(NoCycle, match="only nears"):
        limit_cycle(gradient_descent, start="1", settings={"lr": "1/10"})
    with pytest.raises(NoCycle, match="left the rational"):
        limit_cycle(adam, start="1", settings={**SIGN, "lr": "1/10", "beta2": "1/2"})
    with pytest.raises(NoCycle, match="steps = 3"):
        limit_cycle(lars, start="1", settings={"lr": "1/10", "beta": "0", **FIXED}, steps=3)


def test_bad_input():
    with pytest.raises(UnknownName):
        limit_cycle(gradient_descent, start="1", settings={"beta": "1"})
    with pytest.raises(DomainError):
        limit_cycle(gradient_descent, start="1", settings={"lr": "-1"})
    with pytest.raises(DomainError):
        limit_cycle(gradient_descent, start="1", settings={"lr": "1"}, steps=0)
    for bad in ("one", "nan", float("inf"), None):
        with pytest.raises(DomainError, match="rational"):
            limit_cycle(gradient_descent, start=bad, settings={"lr": "1"})
