"""The frozen rules' limits, held against the real rules running with a second moment at rest."""

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.analysis.adaptive.frozen import freeze
from eigenstep.optimizers import ops, rule
from eigenstep.optimizers.domains import LearningRate, NonNegative, UnitInterval
from eigenstep.optimizers.errors import RuleError, UnknownName
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
    limits = [derive(freeze(adam, step=t), beta1=0.9).stable_interval()[1] for t in (1, 2, 10, 60)]
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


@rule
def average(
    theta, g, m, v, *, lr: LearningRate = 0.1, unbias2: UnitInterval = 0.9, eps: NonNegative = 0.01
):
    """Names that mean something else here: ``eps`` is the step, ``lr`` is added to the root."""
    m = unbias2 * m + (1 - unbias2) * g
    v = unbias2 * v + (1 - unbias2) * g * g
    return theta - eps * m / (ops.sqrt(v) + lr), m, v


def test_no_role_is_guessed_from_a_name():
    frozen = freeze(average)
    assert set(frozen.hyperparameters) == {"unbias2", "eps", "p"}
    assert frozen.held == ("p = eta + sqrt(v)",)
    assert frozen(1.0, 0.5, 0.0, eps=0.2, unbias2=0.5, p=4.0)[0] == pytest.approx(
        1 - 0.2 * 0.25 / 4
    )


def test_what_is_held_is_said_and_no_weight_decay_is_lost():
    assert freeze(adam).held == ("p = sqrt(v) + 1/100000000",)
    assert any("weight_decay = 0, unless it is set" in s for s in freeze(ALL_RULES["adamw"]).held)
    shrinking = derive(freeze(ALL_RULES["adamw"]), weight_decay=0.5)
    point = {"lr": 0.1, "curvature": 1.0, "beta1": 0.9}
    there = shrinking.spectral_radius(**point)
    assert there < derive(freeze(ALL_RULES["adamw"])).spectral_radius(**point)
    assert any("of the whole tensor" in s for s in freeze(ALL_RULES["lamb"]).held)
    assert any("holds, as at the defaults" in s for s in freeze(ALL_RULES["radam"]).held)
    assert any("does not hold" in s for s in freeze(ALL_RULES["radam"], step=2).held)
    assert derive(freeze(ALL_RULES["radam"], step=2)).rule.held


def test_a_case_is_decided_by_the_defaults_or_not_at_all():
    @rule
    def two_regimes(
        theta, g, v, *, lr: LearningRate = 0.1, b: UnitInterval = 0.9, cut: NonNegative = 0.5
    ):
        v = b * v + (1 - b) * g * g
        return theta - lr * g * ops.where(cut > 1, 100, 1) / ops.sqrt(v), v

    @rule
    def by_what_is_held(theta, g, v, *, lr: LearningRate = 0.1, b: UnitInterval = 0.9):
        v = b * v + (1 - b) * g * g
        return theta - lr * g * ops.where(v > 1, 100, 1) / ops.sqrt(v), v

    assert str(derive(freeze(two_regimes)).limit) == "2"
    assert any("cut > 1 does not hold" in s for s in freeze(two_regimes).held)
    with pytest.raises(RuleError, match="does not choose"):
        freeze(by_what_is_held)


def test_the_states_to_hold_are_named():
    @rule
    def normalised(
        theta, g, v, n, *, lr: LearningRate = 0.1, b1: UnitInterval = 0.9, b2: UnitInterval = 0.9
    ):
        v = b2 * v + (1 - b2) * g * g
        n = b1 * n + (1 - b1) * g / ops.sqrt(v)
        return theta - lr * n, v, n

    held = freeze(normalised, hold=["v"])
    assert (held.state, held.held) == (("n",), ("p = sqrt(v)",))
    assert derive(held).stable_interval(b1=0.9)[1] == pytest.approx(38)
    for same in ("v", ("v",), {"v"}):
        assert freeze(adam, hold=same) is freeze(adam, hold=["v"])
    assert derive(freeze(adam, hold="v")).limit == derive(freeze(adam)).limit
    both = freeze(ALL_RULES["adadelta"], hold=["s", "d"])
    assert "sqrt(d" in both.held[0]
    assert str(derive(both).limit) in ("2", "2*p")
    with pytest.raises(UnknownName, match="no state of adam 'u'; there is: m, v"):
        freeze(adam, hold=["u"])
    for wrong in (["m"], ["m", "v"]):
        with pytest.raises(RuleError, match="not linear"):
            freeze(adam, hold=wrong)
    with pytest.raises(RuleError, match="not linear"):
        freeze(ALL_RULES["adadelta"], hold=["s"])
    for no_list in (3, 0.5, []):
        with pytest.raises(RuleError, match="hold"):
            freeze(adam, hold=no_list)


def test_two_divisors_are_not_one():
    @rule
    def apart(theta, g, m, v, *, lr: LearningRate = 0.1, b: UnitInterval = 0.9):
        m = b * m + g / (1 + ops.absolute(v))
        v = b * v + g * g
        return theta - lr * m - lr * g / ops.sqrt(v), m, v

    with pytest.raises(RuleError, match=r"not one divisor|not linear|neither of which"):
        freeze(apart)
    with pytest.raises(RuleError, match="not one divisor"):
        freeze(apart, hold="v")


def test_a_step_that_is_not_linear_by_itself():
    @rule
    def sign_descent(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * ops.sign(g)

    with pytest.raises(RuleError, match="nothing to hold"):
        freeze(sign_descent)
