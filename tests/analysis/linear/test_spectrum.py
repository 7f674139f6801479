"""Eigenvalues and the spectral radius, against the matrix and against many digits."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import derive
from eigenstep.analysis.reals import OutOfRange
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.rules import LINEAR_RULES, gradient_descent, heavy_ball, nesterov


@pytest.mark.parametrize("r", LINEAR_RULES.values(), ids=list(LINEAR_RULES))
def test_radius_is_that_of_the_matrix(r, with_the_rest):
    """Within 1e-12 where |z₁ − z₂|² > 1e-3; elsewhere within the square root of the rounding."""
    theory = derive(r)
    h, beta = np.linspace(0.004, 4.2, 90), np.linspace(0, 0.99, 60)
    grid_h, grid_beta = np.meshgrid(h, beta)
    others = with_the_rest(theory, beta=grid_beta)
    radius = theory.spectral_radius(eta_lambda=grid_h, **others)
    n = theory.system.order
    stack = np.empty((*grid_h.shape, n, n))
    for i, j in np.ndindex(*grid_h.shape):
        momentum = with_the_rest(theory, beta=float(beta[i]))
        if j % 9 == 0:
            stack[i, j] = theory.numeric_matrix(lr=float(h[j]), curvature=1.0, **momentum)
    some = np.zeros(grid_h.shape, bool)
    some[:, ::9] = True
    roots = np.linalg.eigvals(stack[some])
    difference = np.abs(radius[some] - np.abs(roots).max(axis=-1))
    assert difference.max() < 1e-7
    if n == 2:
        separate = np.abs(roots[:, 0] - roots[:, 1]) ** 2 > 1e-3
        assert separate.sum() > 100
        assert difference[separate].max() < 1e-12
    else:
        assert difference.max() < 1e-12


@pytest.mark.parametrize("r", [heavy_ball, nesterov], ids=lambda r: r.name)
def test_closed_form_equals_the_fast_function(r):
    theory = derive(r)
    expression = theory.spectral_radius_expression
    rng = np.random.default_rng(0)
    for h, beta in rng.uniform([0, 0], [4, 1], (30, 2)):
        exact = expression.subs({theory.variable: h, theory.free["beta"]: beta})
        assert float(exact) == pytest.approx(
            theory.spectral_radius(eta_lambda=h, beta=beta), abs=1e-9
        )


def test_eigenvalues_at():
    roots = derive(heavy_ball).eigenvalues_at(eta_lambda=[0.5, 3.8], beta=0.9)
    assert roots.shape == (2, 2)
    np.testing.assert_allclose(np.abs(roots[0]), np.sqrt(0.9))
    np.testing.assert_allclose(sorted(roots[1].real), [-1, -0.9])


def test_broadcasting_and_scalars():
    theory = derive(heavy_ball)
    assert isinstance(theory.spectral_radius(eta_lambda=1.0, beta=0.5), float)
    assert theory.spectral_radius(eta_lambda=np.ones((3, 1)), beta=np.zeros(4)).shape == (3, 4)
    assert theory.spectral_radius(lr=0.5, curvature=2.0, beta=0.5) == theory.spectral_radius(
        eta_lambda=1.0, beta=0.5
    )


@pytest.mark.parametrize("h", ["1e200", "1e30", "1e8", "3.8", "3.7999999", "0.1", "1e-30"])
@pytest.mark.parametrize("rule_of", [heavy_ball, nesterov])
@pytest.mark.parametrize("as_array", [False, True])
def test_roots_against_many_digits(rule_of, h, as_array):
    theory = derive(rule_of)
    with mpmath.workdps(900):
        eta_lambda, beta = mpmath.mpf(h), mpmath.mpf("0.9")
        if as_array:
            eta_lambda, beta = mpmath.mpf(float(h)), mpmath.mpf(0.9)
        t, d = 1 + beta - eta_lambda, beta
        if rule_of is nesterov:
            t, d = (1 + beta) * (1 - eta_lambda), beta * (1 - eta_lambda)
        root = mpmath.sqrt(t * t - 4 * d)
        exactly = sorted([(t - root) / 2, (t + root) / 2], key=abs)
    given = np.array([float(h)]) if as_array else sp.Rational(h)
    found = theory.eigenvalues_at(eta_lambda=given, beta=0.9).ravel()
    found = sorted(found, key=abs)
    separation = min(abs(exactly[0] - exactly[1]) / abs(exactly[1]), 1)
    tolerance = 1e-15 if not as_array else 1e-15 / float(separation) + 1e-14
    for a, b in zip(found, exactly, strict=True):
        assert min(abs(a - b), abs(a - mpmath.conj(b))) <= tolerance * abs(b)


def test_the_radius_at_huge_steps_is_the_step():
    assert derive(gradient_descent).spectral_radius(eta_lambda=1e200) == 1e200
    assert derive(heavy_ball).spectral_radius(eta_lambda=[1e200], beta=0.5)[0] == pytest.approx(
        1e200
    )
    with pytest.raises(OutOfRange):
        derive(nesterov).spectral_radius(eta_lambda=1.7e308, beta=0.9)
    with pytest.raises(OutOfRange), np.errstate(all="ignore"):
        derive(nesterov).spectral_radius(eta_lambda=[1.7e308], beta=0.9)


def test_a_multiple_root_of_a_cubic_is_found_to_all_digits():
    @rule
    def two_averages(theta, g, v, w, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        v = beta * v + g
        w = beta * w + v
        return theta - lr * w, v, w

    at_zero = derive(two_averages).eigenvalues_at(eta_lambda=0, beta=0.5)
    assert sorted(at_zero.real) == [0.5, 0.5, 1.0]
