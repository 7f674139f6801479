"""Moving averages and RAdam's rectification against sums, moments and mpmath."""

import math

import mpmath
import numpy as np
import pytest
from eigenstep.analysis.adaptive.averages import (
    MovingAverage,
    exact_rectifier,
    first_tractable_step,
    inverse_root_variance,
    rectifier,
)
from eigenstep.optimizers.errors import DomainError
from eigenstep.optimizers.rules import adam

BETAS = (0.0, 0.5, 0.9, 0.999)


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("t", [1, 2, 7, 50])
def test_weights_are_those_of_the_running_rule(beta, t):
    average = MovingAverage(beta)
    gradients = np.random.default_rng(0).standard_normal(t)
    m, theta, v = 0.0, 0.0, 0.0
    values = adam.with_defaults({"beta1": beta})
    for i, g in enumerate(gradients, 1):
        theta, m, v = adam(theta, g, m, v, **adam.coefficients(i, values))
    assert m == pytest.approx(float(average.weights(t) @ gradients[::-1]), rel=1e-12, abs=1e-15)
    assert average.bias_factor(t) == pytest.approx(average.weights(t).sum(), rel=1e-12)
    ages = np.arange(t)
    centre = average.weights(t) @ ages / average.weights(t).sum()
    assert average.centre_of_mass(t) == pytest.approx(centre, rel=1e-9, abs=1e-12)


def test_limits():
    average = MovingAverage(0.9)
    assert average.centre_of_mass() == pytest.approx(9)
    assert average.centre_of_mass(1000) == pytest.approx(9)
    assert 0.9**average.half_life == pytest.approx(0.5)
    assert average.half_life != pytest.approx(1 / 0.9)  # what print says
    assert MovingAverage(0.0).half_life == 0.0


def test_the_bias_factor_keeps_its_digits():
    with mpmath.workdps(30):
        exact = 1 - mpmath.mpf(0.9999999999) ** 3
    assert MovingAverage(0.9999999999).bias_factor(3) == pytest.approx(float(exact), rel=1e-12)


def test_averaging_without_correction():
    average = MovingAverage(0.9)
    m = corrected = 0.0
    for t, g in enumerate(np.random.default_rng(1).standard_normal(30), 1):
        m = 0.9 * m + 0.1 * g
        factor = average.uncorrected_factor(t)
        corrected = factor * corrected + (1 - factor) * g
        assert corrected == pytest.approx(m / average.bias_factor(t), rel=1e-12)


@pytest.mark.parametrize("beta2", [0.61, 0.7, 0.9, 0.99, 0.999, 0.999999])
def test_first_tractable_step(beta2):
    first = first_tractable_step(beta2)
    assert rectifier(beta2, first)["tractable"]
    assert first == 1 or not rectifier(beta2, first - 1)["tractable"]
    assert all(rectifier(beta2, t)["tractable"] for t in range(first, first + 50))


def test_never_tractable():
    for beta2 in (0.0, 0.5, 0.6):
        assert first_tractable_step(beta2) is None
    assert first_tractable_step(0.999, 5.0) == 6  # the libraries' threshold


def test_rectifier_against_thirty_digits():
    for beta2, t in ((0.999, 5), (0.999, 1000), (0.99, 12)):
        with mpmath.workdps(30):
            b = mpmath.mpf(beta2)
            longest = 2 / (1 - b) - 1
            rho = longest - 2 * t * b**t / (1 - b**t)
            r = mpmath.sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho))
        found = rectifier(beta2, t)
        assert found["rho_t"] == pytest.approx(float(rho), rel=1e-8)  # it cancels: ρ_∞ is 1999
        assert found["r_t"] == pytest.approx(float(r), rel=1e-7)
    assert math.isnan(rectifier(0.999, 3)["r_t"])


@pytest.mark.parametrize("bad", [1.0, -0.1, math.nan, math.inf])
def test_bad_input(bad):
    for call in (MovingAverage, first_tractable_step, lambda b: rectifier(b, 3)):
        with pytest.raises(DomainError):
            call(bad)
    with pytest.raises(DomainError, match="1 <= t"):
        MovingAverage(0.5).weights(0)
    with pytest.raises(DomainError):
        rectifier(0.9, 0)


@pytest.mark.parametrize("rho", [2.5, 4.5, 10.0, 200.0])
def test_the_exact_variance_is_an_integral(rho):
    """√x = √(ρ/y) for y ~ χ² of ρ degrees of freedom."""
    with mpmath.workdps(30):

        def density(y):
            return (
                y ** (rho / 2 - 1) * mpmath.exp(-y / 2) / (2 ** (rho / 2) * mpmath.gamma(rho / 2))
            )

        ends = [0, rho / 4, rho, 4 * rho, 40 * rho]
        first = mpmath.quad(lambda y: mpmath.sqrt(rho / y) * density(y), ends)
        second = mpmath.quad(lambda y: rho / y * density(y), ends)
        expected = float(second - first**2)
    assert inverse_root_variance(rho) == pytest.approx(expected, rel=1e-4)


def test_the_exact_variance_is_that_of_samples():
    y = np.random.default_rng(0).chisquare(12, 1_000_000)
    assert inverse_root_variance(12) == pytest.approx(np.sqrt(12 / y).var(), rel=0.01)


def test_radams_approximation_is_good_for_long_averages_only():
    """r_t against exact variances: 45 % off at the first step it is used, 0.1 % after a thousand."""
    off = {
        t: rectifier(0.999, t)["r_t"] / exact_rectifier(0.999, t) - 1 for t in (5, 10, 100, 1000)
    }
    assert off[5] == pytest.approx(-0.45, abs=0.01)
    assert off[10] == pytest.approx(-0.148, abs=0.001)
    assert off[100] == pytest.approx(-0.011, abs=0.001)
    assert abs(off[1000]) < 1e-3
    assert exact_rectifier(0.999, 3) > 0  # the exact variance is finite for ρ_t > 2, not only > 4
    assert math.isnan(exact_rectifier(0.999, 2))
    assert inverse_root_variance(1e6) == pytest.approx(
        inverse_root_variance(1e6, exact=False), rel=1e-5
    )


def test_the_bias_left_by_a_drifting_mean():
    """A mean that drifts by at most δ in all leaves E m_t within δ(1 − β^t) of (1 − β^t) E g_t."""
    average, t = MovingAverage(0.9), 40
    random = np.random.default_rng(0)
    for means in (np.linspace(1, 2, t), 1.5 + 0.5 * np.sin(np.arange(t)), random.uniform(1, 2, t)):
        delta = np.abs(means - means[-1]).max()
        left = average.weights(t) @ means[::-1] - average.bias_factor(t) * means[-1]
        assert abs(left) <= average.drift_bound(delta, t)
    jump = np.r_[np.full(t - 1, 3.0), 2.0]
    assert (
        average.drift_bound(1.0, t)
        > average.weights(t) @ jump[::-1] - average.bias_factor(t) * 2
        > 0.85
    )
    with pytest.raises(DomainError):
        average.drift_bound(-1.0, 3)
