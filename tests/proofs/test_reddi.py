"""Adam ends at the worst point of a convex problem where AMSGrad and Yogi do not: the rules, run."""

import numpy as np
import pytest
from eigenstep.optimizers.rules import adam, amsgrad, yogi

C, STEPS = 4.0, 30_000


def run(rule, **settings):
    """x in [−1, 1], losses Cx, −x, −x in turn; the minimizer of the mean is −1. Step α/√t."""
    x, state = 0.0, [0.0] * len(rule.state)
    full = rule.with_defaults({"beta1": 0.0, "beta2": 1 / (1 + C**2), "eps": 1e-12, **settings})
    for t in range(1, STEPS + 1):
        g = C if t % 3 == 1 else -1.0
        full["lr"] = 0.5 / np.sqrt(t)
        coefficients = rule.coefficients(
            10**9, full
        )  # the theorem is about the rule without correction
        x, *state = rule(x, g, *state, **coefficients)
        x = min(max(x, -1.0), 1.0)
    return x


def test_adam_ends_at_the_maximum():
    assert run(adam) > 0.9


@pytest.mark.parametrize("rule", [amsgrad, yogi])
def test_the_others_do_not(rule):
    assert run(rule) < -0.9
