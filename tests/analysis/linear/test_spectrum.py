import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers.rules import LINEAR_RULES, heavy_ball, nesterov


@pytest.mark.parametrize("r", LINEAR_RULES.values(), ids=list(LINEAR_RULES))
def test_radius_is_that_of_the_matrix(r):
    """Within 1e-12 where |z₁ − z₂|² > 1e-3; elsewhere within the square root of the rounding."""
    theory = derive(r)
    h, beta = np.linspace(0.004, 4.2, 90), np.linspace(0, 0.99, 60)
    grid_h, grid_beta = np.meshgrid(h, beta)
    others = {"beta": grid_beta} if "beta" in theory.free else {}
    radius = theory.spectral_radius(eta_lambda=grid_h, **others)
    n = theory.system.order
    stack = np.empty((*grid_h.shape, n, n))
    for i, j in np.ndindex(*grid_h.shape):
        momentum = {"beta": float(beta[i])} if others else {}
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


def test_critical_damping_is_a_double_root():
    for r in (heavy_ball, nesterov):
        theory = derive(r)
        (beta,) = theory.critical_damping["beta"]
        for h in (0.1, 0.5, 0.9):
            at = float(beta.subs(theory.variable, h))
            one, two = theory.eigenvalues_at(eta_lambda=h, beta=at)
            assert abs(one - two) < 1e-7


def test_broadcasting_and_scalars():
    theory = derive(heavy_ball)
    assert isinstance(theory.spectral_radius(eta_lambda=1.0, beta=0.5), float)
    assert theory.spectral_radius(eta_lambda=np.ones((3, 1)), beta=np.zeros(4)).shape == (3, 4)
    assert theory.spectral_radius(lr=0.5, curvature=2.0, beta=0.5) == theory.spectral_radius(
        eta_lambda=1.0, beta=0.5
    )
