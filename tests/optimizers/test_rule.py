import math

import numpy as np
import pytest
from eigenstep.optimizers import DomainError, Missing, RuleError, UnknownName, rule
from eigenstep.optimizers.domains import Choice, Interval, LearningRate, UnitInterval
from eigenstep.optimizers.rules import ALL_RULES, heavy_ball, nesterov


@pytest.mark.parametrize("r", ALL_RULES.values(), ids=list(ALL_RULES))
def test_declares_itself(r):
    assert r.source
    assert r.__doc__
    assert "Hyperparameters" in r.__doc__
    assert "Conventions" in r.__doc__
    for name in r.hyperparameters:
        assert r.hyperparameters[name].domain.describe(name)


def test_defaults_lie_in_their_domains():
    with pytest.raises(DomainError, match="default of beta = 1"):

        @rule
        def bad(theta, g, v, *, beta: UnitInterval = 1.0):
            return theta - g, v


def test_refuses_a_wrong_signature():
    with pytest.raises(RuleError, match="takes"):

        @rule
        def bad(theta):
            return theta


def test_refuses_a_wrong_result():
    @rule
    def bad(theta, g, v, *, lr: LearningRate = 0.1):
        return theta - lr * g

    with pytest.raises(RuleError, match="returned 1 values"):
        bad(1.0, 1.0, 0.0, lr=0.1)


def test_unknown_names():
    with pytest.raises(UnknownName, match="gamma"):
        heavy_ball.fix(gamma=1)
    with pytest.raises(DomainError, match="form = nope"):
        nesterov.fix(form="nope")


def test_hyperparameter_without_default_must_be_given():
    @rule
    def needy(theta, g, *, lr: LearningRate):
        return theta - lr * g

    with pytest.raises(Missing, match="lr is missing"):
        needy.with_defaults({})


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1.0, -0.1, "0.5", None])
def test_unit_interval(bad):
    assert bad not in Interval(0, 1, upper_closed=False)


def test_choice_compares_types():
    assert True in Choice((False, True))
    assert 1 not in Choice((False, True))


def test_undamped_start_is_a_coefficient_of_the_first_step_only():
    fixed = heavy_ball.fix(undamped_start=True, dampening=0.5)
    values = fixed.with_defaults({})
    assert fixed.coefficients(1, values)["weight"] == 1
    assert fixed.coefficients(2, values)["weight"] == 0.5


def test_runs_on_arrays_of_hyperparameters():
    beta = np.linspace(0, 0.9, 5)
    theta, v = heavy_ball(np.ones(5), 1.0, np.ones(5), lr=0.1, beta=beta, weight=1, form="velocity")
    np.testing.assert_allclose(theta, 1 - 0.1 * (beta + 1))
    assert v.shape == (5,)


def test_initial_state():
    @rule(initial={"previous": lambda theta: theta})
    def with_memory(theta, g, previous, *, lr: LearningRate = 0.1):
        return 2 * theta - previous - lr * g, theta

    assert with_memory.initial_state(3.0) == (3.0,)
    with pytest.raises(UnknownName, match="other"):
        rule(initial={"other": lambda theta: theta})(lambda theta, g: theta)
