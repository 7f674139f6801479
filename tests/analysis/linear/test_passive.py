"""An average that no step depends on does not condemn the rule that it follows."""

import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers import RuleError, rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.rules import heavy_ball


def _averaged(theta, g, v, mean, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9, share=1.0):
    v = beta * v + g
    theta = theta - lr * v
    return theta, v, mean + share * (theta - mean)


def _coefficients(t, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    return {"lr": lr, "beta": beta, "share": 1 / t}


averaged = rule(coefficients=_coefficients)(_averaged)


@rule
def summed(theta, g, total, *, lr=0.1):
    theta = theta - lr * g
    return theta, total + theta


@rule
def grows(theta, g, away, *, lr=0.1):
    theta = theta - lr * g
    return theta, 2 * away + theta


def test_a_mean_of_all_iterates_leaves_the_limit_as_it_is():
    theory, ball = derive(averaged), derive(heavy_ball)
    assert theory.apart == ("mean",)
    assert theory.limit == ball.limit
    assert theory.noise.variance == ball.noise.variance
    assert theory.tuning(1, 100).rate == pytest.approx(9 / 11, abs=1e-12)
    assert theory.is_stable(eta_lambda=3, beta=0.9)


def test_a_sum_stays_and_what_grows_is_refused():
    assert derive(summed).limit == 2
    assert derive(heavy_ball).apart == ()
    with pytest.raises(RuleError, match=r"\(2\.0"):
        derive(grows).limit
