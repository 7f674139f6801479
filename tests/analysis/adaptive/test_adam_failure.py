"""Adam ends at the worst point of a convex problem where AMSGrad and Yogi do not: exact, and run."""

import math

import numpy as np
import pytest
from eigenstep.analysis.adaptive import adam_failure
from eigenstep.optimizers.errors import DomainError
from eigenstep.optimizers.rules import adam, amsgrad, yogi

BETAS = [(0.0, 0.9), (0.5, 0.5), (0.5, 0.9), (0.9, 0.99)]


@pytest.mark.parametrize("betas", BETAS)
def test_periodic_moments_are_those_of_the_running_averages(betas):
    C = 7
    m, v = adam_failure.periodic_moments(*betas, C)
    first = second = 0.0
    for t in range(400 * C):
        g = C if t % C == 0 else -1.0
        first = betas[0] * first + (1 - betas[0]) * g
        second = betas[1] * second + (1 - betas[1]) * g * g
        if t >= 399 * C:
            assert first == pytest.approx(float(m[t % C]), rel=1e-9)
            assert second == pytest.approx(float(v[t % C]), rel=1e-9)
    assert sum(m) == 1  # what the gradients of a cycle add up to


@pytest.mark.parametrize("betas", BETAS)
def test_the_smallest_cycle(betas):
    C = adam_failure.smallest_cycle(*betas)
    assert adam_failure.drift(*betas, C)[0] > 0
    assert adam_failure.drift(*betas, C - 1)[1] < 0
    assert adam_failure.drift(*betas, 4 * C)[0] > 0
    m, v = adam_failure.periodic_moments(*betas, C)
    down = sum(max(0.0, float(a) / math.sqrt(b)) for a, b in zip(m, v, strict=True))
    assert down <= adam_failure.largest_step_down(*betas)


@pytest.mark.parametrize("betas", BETAS)
def test_the_rules_run(betas):
    C = 2 * adam_failure.smallest_cycle(*betas)
    ends = {
        r.name: np.mean(adam_failure.run(r, *betas, C, steps=60_000)[-C:])
        for r in (adam, amsgrad, yogi)
    }
    assert ends["adam"] > 0.9
    assert ends["amsgrad"] < -0.5
    assert ends["yogi"] < -0.5


def test_below_the_smallest_cycle_adam_goes_the_right_way():
    C = adam_failure.smallest_cycle(0.0, 0.9) - 2
    assert adam_failure.run(adam, 0.0, 0.9, C, steps=20_000)[-1] < -0.9


@pytest.mark.parametrize(
    "bad", [{"beta1": 0.95, "beta2": 0.9}, {"beta1": 0.5, "beta2": 1.0}, {"beta1": math.nan, "beta2": 0.9},
            {"beta1": -0.1, "beta2": 0.9}]
)  # fmt: skip
def test_bad_input(bad):
    with pytest.raises(DomainError):
        adam_failure.smallest_cycle(**bad)
    with pytest.raises(DomainError):
        adam_failure.drift(0.0, 0.9, 2)
    with pytest.raises(DomainError, match="largest"):
        adam_failure.smallest_cycle(0.9, 0.999, largest=10)
