"""The frozen rules' limits, held against the real rules running with a second moment at rest."""

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.analysis.adaptive.frozen import freeze
from eigenstep.optimizers.errors import RuleError
from eigenstep.optimizers.rules import (
    ALL_RULES,
    adadelta,
    adam,
    heavy_ball,
)

NAMES = ("adagrad", "rmsprop", "adam", "adamw", "adamax", "nadam", "amsgrad", "yogi", "radam")


def test_adams_thirty_eight():
    assert derive(freeze(adam)).stable_interval(beta1=0.9)[1] == pytest.approx(38)
    assert derive(freeze(adam), p=0.5).stable_interval(beta1=0.9)[1] == pytest.approx(19)


@pytest.mark.parametrize("name", NAMES)
def test_the_real_rule_is_stable_below_the_limit_and_not_above(name):
    rule, p = ALL_RULES[name], 0.7
    theory = derive(freeze(rule), p=p)
    others = {k: 0.9 for k in theory.free if k == "beta1"}
    limit = theory.stable_interval(**others)[1]
    for factor, stable in ((0.97, True), (1.03, False)):
        theta = 1e-9  # so small that its gradients cannot move the second moment
        settings = {"lr": factor * limit, "weight_decay": 0.0, "beta1": 0.9}
        if "gamma" in rule.hyperparameters:
            settings["gamma"] = 1 - 1e-12
        if "beta2" in rule.hyperparameters:
            settings["beta2"] = 1 - 1e-12
        if "eps" in rule.hyperparameters:
            settings["eps"] = 0.0
        settings = {k: v for k, v in settings.items() if k in rule.hyperparameters}
        at = {"m": 0.0, "v": p**2, "s": p**2, "u": p, "largest": p**2}
        state = [at[s] for s in rule.state]
        full = rule.with_defaults(settings)
        sizes = []
        for i in range(60):
            t = 10**14 + i if "beta2" in settings else 10**5 + i  # bias corrections are over
            theta, *state = rule(theta, theta, *state, **rule.coefficients(t, full))
            sizes.append(abs(theta))
        grew = max(sizes[-20:]) / max(sizes[:20])
        assert (grew < 1) == stable, (factor, grew)


def test_bias_correction_tightens_the_first_steps():
    limits = [derive(freeze(adam, t), beta1=0.9).stable_interval()[1] for t in (1, 2, 10, 60)]
    assert limits[0] == pytest.approx(
        2 * 1.9
    )  # the first step is gradient descent's, 1/(1 − β₁) undone
    assert np.all(np.diff(limits) > 0)
    assert limits[-1] == pytest.approx(38, rel=2e-3)


def test_what_cannot_be_frozen():
    with pytest.raises(RuleError, match="linear already"):
        freeze(heavy_ball)
    with pytest.raises(RuleError):
        freeze(adadelta)


def test_nothing_is_chosen_for_a_strangers_rule():
    """Cases of the gradient and two scales are refused; a scale is found without a name."""
    from eigenstep.optimizers import ops, rule
    from eigenstep.optimizers.domains import LearningRate, UnitInterval

    @rule
    def cautious(
        theta, g, m, v, *, lr: LearningRate = 0.1, b1: UnitInterval = 0.9, b2: UnitInterval = 0.9
    ):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        return theta - ops.where(m * g > 0, 1, 0) * lr * m / ops.sqrt(v), m, v

    @rule
    def two_scales(theta, g, v, u, *, lr: LearningRate = 0.1, b: UnitInterval = 0.9):
        v = b * v + (1 - b) * g * g
        u = ops.maximum(b * u, ops.absolute(g))
        return theta - lr * g / (ops.sqrt(v) + u), v, u

    @rule
    def by_the_mean_size(theta, g, m, a, *, lr: LearningRate = 0.1, b1: UnitInterval = 0.9):
        m = b1 * m + (1 - b1) * g
        a = 0.99 * a + 0.01 * ops.absolute(g)
        return theta - lr * m / a, m, a

    with pytest.raises(RuleError, match="freeze does not choose"):
        freeze(cautious)
    with pytest.raises(RuleError, match="freeze holds one of them"):
        freeze(two_scales)
    assert derive(freeze(by_the_mean_size)).stable_interval(b1=0.9)[1] == pytest.approx(
        38
    )  # of ηλ/a
    assert derive(freeze(by_the_mean_size), p=3).stable_interval(b1=0.9)[1] == pytest.approx(114)


def test_a_step_that_is_not_linear_by_itself():
    from eigenstep.optimizers import ops, rule
    from eigenstep.optimizers.domains import LearningRate

    @rule
    def sign_descent(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * ops.sign(g)

    with pytest.raises(RuleError, match="nothing to hold"):
        freeze(sign_descent)
