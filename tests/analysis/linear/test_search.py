"""What a numerical search finds where there is no closed form."""

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.analysis.linear.tuning import NoTuning
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.rules import heavy_ball


def test_numerical_tuning_where_no_closed_form_is_found():
    @rule
    def half(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
        v = beta * v + g
        return theta - lr * (v + g) / 2, v

    theory = derive(half)
    best = theory.tuning(1, 10)
    assert best.exact == {}
    # The optimum at κ = 10, found by hand: double root at μ, D = r² there, root −r at L.
    assert (best.lr, best["beta"], best.rate) == pytest.approx((0.2, 0.4, 0.6), abs=1e-6)
    with pytest.raises(NoTuning, match="give mu and L as numbers"):
        theory.tuning()


def test_third_order_tuning_is_at_least_as_good_as_its_special_case():
    @rule
    def two(theta, g, u, v, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.5):
        u = beta * u + g
        v = 0.0 * v + u
        return theta - lr * v, u, v

    assert derive(two).tuning(1, 10).rate == pytest.approx(
        derive(heavy_ball).tuning(1, 10).rate, abs=1e-4
    )


@rule
def two_velocities(theta, g, v, w, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    v = beta * v + g
    w = beta * w + v
    return theta - lr * w, v, w


def test_what_a_search_found_says_so():
    found = derive(two_velocities).tuning(1, 10)
    assert (found.method, found.exact) == ("numerical", {})
    assert "not proved" in found.how
    assert 0 <= found["beta"] < 1
    assert found.rate < 1
    radius = derive(two_velocities).spectral_radius(
        eta_lambda=found.lr * np.geomspace(1, 10, 500), beta=found["beta"]
    )
    assert radius.max() <= found.rate + 1e-9
    with pytest.raises(NoTuning):
        derive(two_velocities).tuning(1, 10**13)
