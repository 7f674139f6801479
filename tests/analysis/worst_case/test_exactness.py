"""Certificates and cycles are decided in exact arithmetic, and what is made up is refused."""

from fractions import Fraction as F
from functools import cache

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import derive
from eigenstep.analysis.worst_case import Certificate, NotCertified
from eigenstep.analysis.worst_case.cycles import star_margin, star_polygons
from eigenstep.analysis.worst_case.maps import of_polynomials
from eigenstep.analysis.worst_case.rationals import (
    _negative_by_parts,
    frequency_polynomial,
    negative,
    roots_within,
)
from eigenstep.optimizers.rules import gradient_descent, heavy_ball, nesterov, qhm, triple_momentum
from hypothesis import given, settings
from hypothesis import strategies as st

small = st.fractions(-9, 9, max_denominator=20)


@given(st.lists(small, min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_the_sign_on_an_interval_is_that_of_the_real_roots(coefficients):
    """By SymPy's isolation of real roots, another algorithm; by Bernstein's coefficients a third."""
    c = sp.Symbol("c")
    polynomial = sum(sp.Rational(a) * c**i for i, a in enumerate(coefficients))
    roots = sp.Poly(polynomial, c).real_roots() if polynomial.has(c) else []
    expected = sp.sympify(polynomial).subs(c, 0) < 0 and not any(-1 <= r <= 1 for r in roots)
    assert negative(coefficients, F(-1), F(1)) == bool(expected)
    assert _negative_by_parts(coefficients, F(-1), F(1)) == bool(expected)


@given(st.lists(small, min_size=1, max_size=5), st.fractions(F(1, 9), 3, max_denominator=12))
@settings(max_examples=150, deadline=None)
def test_roots_in_a_disk_are_numpys(rest, radius):
    polynomial = [F(1), *rest]
    largest = max(abs(np.roots([float(a) for a in polynomial])), default=0.0)
    if abs(largest - float(radius)) > 1e-5:
        assert roots_within(polynomial, radius) == (largest < float(radius))


@given(st.integers(1, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_the_polynomial_is_the_frequency_test(order, data):
    p, q = ([data.draw(small) for _ in range(order + 1)] for _ in range(2))
    lags = data.draw(st.lists(st.integers(-3, 3).filter(bool), unique=True, max_size=3))
    weights = {d: data.draw(st.fractions(0, 1, max_denominator=9)) for d in lags}
    rho = data.draw(st.fractions(F(1, 2), F(3, 2), max_denominator=9))
    found = frequency_polynomial(p, q, rho, weights)
    for phi in np.linspace(0, np.pi, 7):
        z = float(rho) * np.exp(1j * phi)
        multiplier = 1 - sum(float(w) * z**-d for d, w in weights.items())
        direct = np.conj(np.polyval([float(a) for a in p], z)) * multiplier
        direct = (direct * np.polyval([float(a) for a in q], z)).real
        value = sum(float(a) * np.cos(phi) ** i for i, a in enumerate(found))
        assert value == pytest.approx(direct, rel=1e-9, abs=1e-6)


@cache
def known():
    return derive(heavy_ball).worst_case(mu=1, L=25, lr=F(3, 50), beta=F(1, 2)).certificate


def certificate(**changed):
    found = known()
    kept = {
        k: getattr(found, k) for k in ("rho", "multipliers", "numerator", "denominator", "mu", "L")
    }
    return Certificate(**{**kept, **changed})


def test_a_certificate_that_does_not_stand_cannot_be_made():
    good = certificate()
    assert good.verify()
    for changed in (
        {"rho": good.rho - F(1, 1000)},
        {"rho": F(0)},
        {"multipliers": {1: F(3, 2)}},
        {"multipliers": {1: F(-1, 10)}},
        {"multipliers": {}, "rho": F(86, 100)},
        {"mu": F(1, 2)},
        {"mu": good.L},
        {"L": F(60)},
    ):
        with pytest.raises(NotCertified):
            certificate(**changed)


@pytest.mark.parametrize(
    ("rule", "values", "kappa", "rate"),
    [
        (gradient_descent, {"lr": F(1, 13)}, 25, F(12, 13)),
        (gradient_descent, {"lr": F(1, 25)}, 25, F(24, 25)),
        (triple_momentum, {"lr": F(9, 125), "beta": F(8, 15), "gamma": F(8, 27)}, 25, F(4, 5)),
        (qhm, {"lr": F(27, 175), "beta": F(8, 15), "nu": F(20, 27)}, 25, F(4, 5)),
    ],
)  # fmt: skip
def test_rates_that_are_known_in_closed_form(rule, values, kappa, rate):
    """Polyak's of gradient descent; triple momentum's 1 − 1/√κ, which quasi-hyperbolic momentum has too."""
    found = derive(rule).worst_case(mu=1, L=kappa, **values)
    low, high = found.rate
    assert found.verdict == "converges"
    assert found.certificate.verify()
    assert low <= float(rate) <= high
    assert high - low < 3e-6
    assert F(high) >= found.certificate.rho


def test_nesterovs_classical_bound_is_not_the_rate():
    """√(1 − 1/√κ) is certified, and what holds is smaller."""
    found = derive(nesterov).worst_case(mu=1, L=25, lr=F(1, 25), beta=F(2, 3))
    assert 0.8488 < found.rate[0] <= found.rate[1] < 0.8497 < 0.8**0.5


def test_heavy_ball_at_its_optimum_for_quadratics_cycles():
    """On a function of Lessard, Recht and Packard's class, by three steps."""
    found = derive(heavy_ball).worst_case(mu=1, L=25, lr=F(1, 9), beta=F(4, 9))
    assert (found.verdict, found.cycle.steps, found.cycle.star) == ("cycles", 3, 1)
    assert found.cycle.margin > 0
    assert found.rate[0] == 1 < found.rate[1]
    assert found.certificate.rho > 1
    assert found.certificate.verify()


def test_the_edge_of_a_square_to_the_last_digit():
    """At z = i heavy ball has 1/H = ((1 + β) − (1 − β)i)/η, so that the edge is rational: K = 4, margin 0."""
    theory, mu, beta = derive(heavy_ball), F(1, 10), F(7, 10)
    x, y = 1 + beta - mu, 1 - beta
    edge = mu + (x * x + y * y) / (x - y)
    found = theory.worst_case(mu=mu, L=edge, lr=1, beta=beta)
    assert (found.verdict, found.cycle.steps, found.cycle.margin) == ("cycles", 4, 0.0)
    inside = theory.worst_case(mu=mu, L=edge - F(1, 10**3), lr=1, beta=beta)
    assert inside.verdict != "cycles" or inside.cycle.steps != 4
    beyond = theory.worst_case(mu=mu, L=edge + F(1, 10**12), lr=1, beta=beta)
    assert beyond.cycle.steps == 4
    assert 0 < beyond.cycle.margin < 1e-9


def test_the_published_inequality_for_heavy_balls_cycles():
    """Goujaud, Taylor & Dieuleveut 2023, theorem 3.5: for K-gons visited in order, at over 500,000 points."""
    beta, h = np.meshgrid(np.linspace(0, 0.99, 100), np.linspace(0.04, 4, 100))
    N, D = derive(heavy_ball).transfer.at({"lr": h.ravel(), "beta": beta.ravel()})
    b, different, compared = beta.ravel(), 0, 0
    for kappa in (10, 25, 100):
        k = 1 / kappa
        for steps in range(3, 26):
            c, x = np.cos(2 * np.pi / steps), k * h.ravel()
            printed = (
                x**2 - 2 * (b - c + k * (1 - b * c)) * x + 2 * k * (1 - c) * (1 + b * b - 2 * b * c)
            )
            ours = star_margin(N, D, np.full(len(N), k), steps, 1)
            clear = (np.abs(ours) > 1e-12) & (h.ravel() < 2 + 2 * b)
            different += int(((ours >= 0) != (printed <= 0))[clear].sum())
            compared += int(clear.sum())
    assert (different, compared > 500_000) == (0, True)


def test_star_polygons_are_each_counted_once():
    assert star_polygons(6) == [(2, 1), (3, 1), (4, 1), (5, 1), (5, 2), (6, 1)]


@pytest.mark.parametrize(
    ("rho", "multipliers"),
    [(F(43, 50), {1: F(4, 5)}), (F(53, 50), {2: F(11, 10)})],
    ids=["their sum weighted by rho", "their sum"],
)
def test_multipliers_that_pass_and_are_too_large_are_no_certificate(rho, multipliers):
    """Heavy ball, ηL = 3/2, β = 1/2, κ = 25: all else holds."""
    mu, L, N, D = F(1, 25), F(1), (F(0), F(-3, 2), F(0)), (F(1), F(-3, 2), F(1, 2))
    P = [d - mu * n for n, d in zip(N, D, strict=True)]
    Q = [L * n - d for n, d in zip(N, D, strict=True)]
    assert roots_within(P, rho)
    assert negative(frequency_polynomial(P, Q, rho, multipliers), F(-1), F(1))
    with pytest.raises(NotCertified):
        Certificate(rho, multipliers, N, D, mu, L)


def test_a_circle_inside_the_roots_is_no_certificate():
    """Gradient descent, ημ = 1/50, ηL = 1/2: on |z| = 1/100 the test is passed, and it contracts by 0.98."""
    mu, L, N, D = F(1), F(25), (F(0), F(-1, 50)), (F(1), F(-1))
    P = [d - mu * n for n, d in zip(N, D, strict=True)]
    Q = [L * n - d for n, d in zip(N, D, strict=True)]
    assert negative(frequency_polynomial(P, Q, F(1, 100), {}), F(-1), F(1))
    with pytest.raises(NotCertified):
        Certificate(F(1, 100), {}, N, D, mu, L)


def test_a_map_calls_nothing_stable_whose_rate_is_one_up_to_rounding():
    """An eigenvalue −1 at curvature L, whose modulus is 0.9999999999999999 in float64."""
    N, D = np.array([[0.0, -1.2, 1.0]]), np.array([[1.0, -1.1, 0.1]])
    assert of_polynomials(N, D, np.array([0.5])).verdict.tolist() == ["unstable"]
