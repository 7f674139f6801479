"""What a global search finds where there is no closed form, what it says of it, and what bounds it."""

import math

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import derive
from eigenstep.analysis.linear.embedding import textbook_rules
from eigenstep.analysis.linear.schur import radius_within, worst_radius
from eigenstep.analysis.linear.tuning import NoTuning
from eigenstep.analysis.linear.units import units
from eigenstep.analysis.tracing import LAMBDA
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.rules import gradient_descent, heavy_ball, nesterov
from hypothesis import given, settings
from hypothesis import strategies as st

NINE_ELEVENTHS = 9 / 11  # (√100 − 1)/(√100 + 1)


@rule(gradient_at=lambda y, z, *, gamma: (1 + gamma) * y - gamma * z)
def triple_momentum(x, g, previous, *, lr=0.1, beta=0.5, gamma=0.2):
    return (1 + beta) * x - beta * previous - lr * g, x


@rule
def quasi_hyperbolic(theta, g, m, *, lr: LearningRate = 1.0, nu: UnitInterval = 0.7,
                     beta: UnitInterval = 0.999):  # fmt: skip
    m = beta * m + (1 - beta) * g
    return theta - lr * ((1 - nu) * g + nu * m), m


@rule
def pid(theta, g, v, d, before, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9, kd=1.0):
    v = beta * v - lr * g
    d = beta * d - lr * (g - before)
    return theta + v + kd * d, v, d, g


@rule
def other_names(w, d, buf, *, alpha=0.1, momentum=0.9):
    """Heavy ball whose learning rate enters λ by another name, without domains."""
    buf = momentum * buf - alpha * d
    return w + buf, buf


@rule
def decaying(theta, g, *, lr: LearningRate = 0.1, wd: UnitInterval = 0.01):
    return theta * (1 - wd) - lr * g


@pytest.mark.parametrize("stranger", [triple_momentum, quasi_hyperbolic, pid], ids=lambda r: r.name)
def test_what_contains_heavy_ball_is_tuned_as_well_as_heavy_ball(stranger):
    theory = derive(stranger)
    best = theory.tuning(1, 100)
    assert best.rate <= NINE_ELEVENTHS + 2e-7  # double roots: float64 hyperparameters show √ε
    assert best.lower_bound == pytest.approx(NINE_ELEVENTHS, abs=1e-15)
    assert best.gap == best.rate - best.lower_bound >= 0
    for name, value in best.values.items():
        theory.rule.hyperparameters[name].check(value)
    at = {k: best[k] for k in theory.free}
    curvatures = np.geomspace(1, 100, 301)
    given_as = {"eta_lambda": best.lr * curvatures} if "lr" not in at else {"curvature": curvatures}
    assert theory.spectral_radius(**given_as, **at).max() <= best.rate + 1e-7
    assert best.method == "closed form" or "heavy ball" in best.how


def test_an_optimum_at_an_open_end_is_said_to_be_there():
    best = derive(quasi_hyperbolic).tuning(1, 100)
    assert best["nu"] < 1
    assert any("nu" in words and "not in its domain" in words for words in best.at_ends)


def test_a_learning_rate_of_another_name_is_tuned():
    best = derive(other_names).tuning(2, 200)
    assert best.rate == pytest.approx(NINE_ELEVENTHS, abs=2e-7)
    assert best["alpha"] == pytest.approx(4 / (math.sqrt(200) + math.sqrt(2)) ** 2, rel=1e-5)


def test_no_bound_is_claimed_for_a_rule_that_is_no_method_of_the_class():
    best = derive(decaying).tuning(1, 100)
    assert (best.lower_bound, best.gap, best.bound_by) == (None, None, "none known")
    assert (
        best.rate < derive(gradient_descent).tuning(1, 100).rate
    )  # it falls towards 0, not the minimizer
    assert best.rate > 0


def test_a_closed_form_that_is_proved_bounds_itself():
    best = derive(heavy_ball).tuning(1, 100)
    assert best.gap == 0
    assert "z3" in best.bound_by


@rule
def two_velocities(theta, g, v, w, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    v = beta * v + g
    w = beta * w + v
    return theta - lr * w, v, w


def test_what_a_search_found_says_so():
    found = derive(two_velocities).tuning(1, 10)
    assert (found.method, found.exact) == ("numerical", {})
    assert "not proved" in found.how
    assert "evaluations" in found.how
    assert 0 <= found["beta"] < 1
    radius = derive(two_velocities).spectral_radius(
        eta_lambda=found.lr * np.geomspace(1, 10, 500), beta=found["beta"]
    )
    assert radius.max() <= found.rate + 1e-9
    with pytest.raises(NoTuning):
        derive(two_velocities).tuning(1, 10**13)
    with pytest.raises(NoTuning, match="give mu and L as numbers"):
        derive(two_velocities).tuning()


def test_numerical_tuning_where_no_closed_form_is_found():
    @rule
    def half(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
        v = beta * v + g
        return theta - lr * (v + g) / 2, v

    best = derive(half).tuning(1, 10)
    assert best.exact == {}
    # The optimum at κ = 10, found by hand: double root at μ, D = r² there, root −r at L.
    assert (best.lr, best["beta"], best.rate) == pytest.approx((0.2, 0.4, 0.6), abs=1e-6)


@pytest.mark.parametrize("known", [gradient_descent, heavy_ball, nesterov], ids=lambda r: r.name)
def test_textbook_rules_are_those_that_theory_derives(known):
    best = derive(known).tuning(sp.Rational(1, 50), 1)
    name = {
        "gradient_descent": "gradient descent",
        "heavy_ball": "heavy ball",
        "nesterov": "Nesterov",
    }
    a, b, rate = textbook_rules(50.0)[name[known.name]]
    theory = derive(known)
    at = {s: best[k] for k, s in theory.trace.free.items()}
    own = [float(c.subs({**at, LAMBDA: 0.3})) for c in theory._characteristic.all_coeffs()]
    assert np.polyadd(a, 0.3 * b) == pytest.approx(own)
    assert rate == pytest.approx(best.rate)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=1, max_size=5))
def test_the_radius_by_schur_cohn_is_that_of_the_roots(tail):
    expected = np.abs(np.roots([1.0, *tail])).max(initial=0.0)
    below = np.array(tail)[:, None]
    found = float(worst_radius(below[..., None])[0])
    assert found == pytest.approx(expected, abs=2e-3 if expected < 1e-2 else 1e-4)
    if expected > 1e-2:
        assert radius_within(below, np.array([1.02 * expected]))[0]
        assert not radius_within(below, np.array([0.98 * expected]))[0]


def test_units_are_read_from_the_polynomial():
    eta, kd, beta = sp.symbols("eta kd beta")
    assert units([eta * LAMBDA + kd * LAMBDA - beta, beta * kd / eta], [eta, kd, beta]) == (
        -1,
        -1,
        0,
    )
    assert units([LAMBDA + 1], [beta]) is None
