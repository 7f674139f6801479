"""Tuning, iterate, noise, transient growth; and bad input."""

import math
import subprocess
import sys

import numpy as np
import pytest
import scipy.linalg
import sympy as sp
from eigenstep.analysis import LAMBDA, derive
from eigenstep.analysis.linear.noise import SPREAD
from eigenstep.analysis.linear.tuning import NoTuning
from eigenstep.analysis.simulation import growth, simulate
from eigenstep.optimizers import DomainError, EigenstepError, Missing, RuleError, UnknownName, rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.rules import LINEAR_RULES, gradient_descent, heavy_ball, nesterov
from hypothesis import given, settings
from hypothesis import strategies as st

PUBLISHED = {  # Lessard, Recht & Packard 2016, table 1
    "gradient_descent": lambda m, L: (2 / (L + m), None, (L - m) / (L + m)),
    "heavy_ball": lambda m, L: (
        4 / (math.sqrt(L) + math.sqrt(m)) ** 2,
        ((math.sqrt(L) - math.sqrt(m)) / (math.sqrt(L) + math.sqrt(m))) ** 2,
        (math.sqrt(L) - math.sqrt(m)) / (math.sqrt(L) + math.sqrt(m)),
    ),
    "nesterov": lambda m, L: (
        4 / (3 * L + m),
        (math.sqrt(3 * L / m + 1) - 2) / (math.sqrt(3 * L / m + 1) + 2),
        1 - 2 / math.sqrt(3 * L / m + 1),
    ),
}


@pytest.mark.parametrize("spectrum", [(1, 100), (0.01, 3.0), (2.0, 2.0), (1, 1e6)])
@pytest.mark.parametrize("name", PUBLISHED)
def test_tuning_is_the_published_one(name, spectrum):
    best = derive(LINEAR_RULES[name]).tuning(*spectrum)
    lr, beta, rate = PUBLISHED[name](*spectrum)
    assert best.lr == pytest.approx(lr, rel=1e-13)
    assert best.rate == pytest.approx(rate, abs=1e-13)
    if beta is not None:
        assert best["beta"] == pytest.approx(beta, abs=1e-13)


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_other_tuning_is_better(name):
    theory = derive(LINEAR_RULES[name])
    assert all(d.holds for d in theory.tuning().optimality().values())
    best = theory.tuning(1, 50)
    rng = np.random.default_rng(0)
    lr = rng.uniform(0, 4 / 50, 20000)
    others = {"beta": rng.uniform(0, 1, 20000)} if "beta" in theory.free else {}
    ends = [theory.spectral_radius(eta_lambda=lr * e, **others) for e in (1, 7, 50)]
    assert np.max(ends, axis=0).min() >= best.rate


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


inside = st.tuples(st.floats(0.05, 0.95), st.floats(0.0, 0.97), st.floats(0.05, 20.0))


@settings(max_examples=25, deadline=None)
@given(inside, st.sampled_from(sorted(LINEAR_RULES)), st.integers(0, 60))
def test_closed_form_equals_simulation(point, name, steps):
    fraction, beta, curvature = point
    r = LINEAR_RULES[name]
    theory = derive(r)
    others = {"beta": beta} if "beta" in theory.free else {}
    lr = fraction * theory.stable_interval(**others)[1] / curvature
    run = simulate(r, steps, curvature=curvature, lr=lr, **others)
    power = theory.iterate(steps, lr=lr, curvature=curvature, **others)
    travelled = np.abs(np.diff(run.theta)).sum() + 1
    assert abs(run.theta[-1] - power[-1, -1]) <= 1e-12 * travelled


def test_double_root():
    theory = derive(heavy_ball)
    power = theory.iterate(7, lr=0.25, curvature=1.0, beta=0.25)  # (1 − √h)² = 1/4
    matrix = theory.numeric_matrix(lr=0.25, curvature=1.0, beta=0.25)
    np.testing.assert_allclose(power, np.linalg.matrix_power(matrix, 7), atol=1e-14)
    symbolic = theory.iterate.expression.subs(
        {theory.free["beta"]: sp.Rational(1, 4), sp.Symbol("t", integer=True, positive=True): 7,
         LAMBDA: 1, sp.Symbol("eta", positive=True): sp.Rational(1, 4)}
    )  # fmt: skip
    np.testing.assert_allclose(np.array(symbolic, float), power, atol=1e-14)


def test_iterate_at_zero_steps():
    np.testing.assert_array_equal(
        derive(nesterov).iterate(0, lr=0.1, curvature=1.0, beta=0.5), np.eye(2)
    )


@pytest.mark.parametrize("name", LINEAR_RULES)
def test_noise_against_scipy(name):
    theory = derive(LINEAR_RULES[name])
    others = {"beta": 0.7} if "beta" in theory.free else {}
    for lr, curvature in ((0.1, 1.0), (0.3, 2.5), (0.01, 30.0)):
        matrix = theory.numeric_matrix(lr=lr, curvature=curvature, **others)
        B = np.array(theory.system.B.subs(theory.trace.free["lr"], lr), float)
        expected = scipy.linalg.solve_discrete_lyapunov(matrix, B @ B.T)[-1, -1]
        got = theory.stationary_variance(lr=lr, curvature=curvature, **others)
        assert got == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", LINEAR_RULES)
def test_mean_square_region_against_the_second_moment_map(name):
    """s²·gain crosses 1 exactly where the second-moment map's spectral radius does."""
    theory = derive(LINEAR_RULES[name])
    values = {"lr": 0.3, "beta": 0.6} if "beta" in theory.free else {"lr": 0.3}
    point = {theory.trace.free[k]: sp.Rational(str(v)) for k, v in values.items()} | {LAMBDA: 2}
    critical = 1 / sp.sqrt(theory.noise.gain.subs(point))
    for factor, stable in ((0.999, True), (1.001, False)):
        numeric = np.array(
            theory.noise.second_moment_map().subs({**point, SPREAD: critical * factor}), float
        )
        assert (np.abs(np.linalg.eigvals(numeric)).max() < 1) == stable


def test_transient_growth_is_the_maximum_over_all_powers():
    theory = derive(heavy_ball)
    worst = theory.transient_growth(eta_lambda=0.01, beta=0.9)
    matrix = theory.numeric_matrix(eta_lambda=0.01, beta=0.9)
    scale = np.diag([0.01, 1.0])
    scaled = scale @ matrix @ np.linalg.inv(scale)
    norms = [np.linalg.norm(np.linalg.matrix_power(scaled, t), 2) for t in range(500)]
    assert worst.peak == pytest.approx(max(norms), rel=1e-12)
    assert worst.step == int(np.argmax(norms)) > 0
    # Units do not matter: only the product ηλ does.
    assert theory.transient_growth(lr=0.1, curvature=0.1, beta=0.9).peak == pytest.approx(
        worst.peak
    )


@pytest.mark.parametrize("name", LINEAR_RULES)
def test_simulated_boundary_is_the_exact_one(name):
    """On a 500×500 grid, except where |ρ − 1| ≤ 0.002.

    A run's growth is measured between two windows 600 steps apart; near a double root the iterates
    carry a factor t, which over that distance is worth up to 2^(1/600) − 1 ≈ 0.0012 a step.
    """
    theory = derive(LINEAR_RULES[name])
    h, beta = np.linspace(0.0084, 4.2, 500), np.linspace(0, 0.996, 500)
    grid_h, grid_beta = np.meshgrid(h, beta)
    others = {"beta": grid_beta} if "beta" in theory.free else {}
    if not others:
        grid_h = grid_h[:2]
    converges = growth(LINEAR_RULES[name], 1200, eta_lambda=grid_h, **others) < 1
    radius = theory.spectral_radius(eta_lambda=grid_h, **others)
    clear = np.abs(radius - 1) > 0.002
    assert clear.mean() > 0.97
    exact = theory.stability.contains(eta_lambda=grid_h, **others)
    assert np.array_equal(converges[clear], exact[clear])


def test_torch_arrays_run_through_the_rule():
    import eigenstep.optimizers.engine.kernel  # noqa: F401
    import torch

    theta, v = torch.ones(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    lr = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)
    for _ in range(5):
        theta, v = heavy_ball(theta, theta, v, lr=lr, beta=0.5, weight=1, form="velocity")
    expected = simulate(heavy_ball, 5, lr=lr.numpy(), beta=0.5).theta[-1]
    np.testing.assert_allclose(theta.numpy(), expected, rtol=1e-14)


def test_latex_of_everything_shown():
    theory = derive(heavy_ball)
    for shown in (theory, theory.system, theory.stability, theory.noise, theory.iterate,
                  theory.tuning(1, 2), theory._radius):  # fmt: skip
        assert shown._repr_latex_().startswith("$")
    assert theory.stability.latex() == r"0 < \eta \lambda < 2 \beta + 2"


def test_results_are_cached():
    assert derive(heavy_ball) is derive(heavy_ball)
    assert derive(heavy_ball, dampening="beta") is derive(heavy_ball, dampening="beta")
    assert derive(heavy_ball, dampening=0.5) is not derive(heavy_ball)


BAD = [
    (lambda: derive(heavy_ball, gamma=1), UnknownName, "gamma"),
    (lambda: derive(heavy_ball, beta=1), DomainError, "beta = 1"),
    (lambda: derive(heavy_ball, beta=math.nan), DomainError, "beta = nan"),
    (lambda: derive(heavy_ball, form="nope"), DomainError, "form"),
    (lambda: derive(heavy_ball, dampening="nope"), UnknownName, "nope"),
    (lambda: derive(lambda x: x), RuleError, "takes a rule"),
    (lambda: derive(heavy_ball).tuning(2, 1), DomainError, "mu = 2"),
    (lambda: derive(heavy_ball).tuning(0, 1), DomainError, "mu = 0"),
    (lambda: derive(heavy_ball).tuning(-1, 1), DomainError, "mu = -1"),
    (lambda: derive(heavy_ball).tuning(1, math.inf), DomainError, "L = inf"),
    (lambda: derive(heavy_ball).tuning(math.nan, 1), DomainError, "mu = nan"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=1), Missing, "beta"),
    (lambda: derive(heavy_ball).spectral_radius(beta=0.5), Missing, "eta_lambda"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=1, beta=1.0), DomainError, "beta = 1.0"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=math.nan, beta=0), DomainError, "nan"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=[], beta=0), DomainError, "empty"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=1, beta=0, mu=1), UnknownName, "mu"),
    (
        lambda: derive(heavy_ball).stationary_variance(lr=9, curvature=1, beta=0),
        DomainError,
        "lr = 9",
    ),
    (
        lambda: derive(heavy_ball).stationary_variance(lr=0, curvature=1, beta=0),
        DomainError,
        "lr = 0",
    ),
    (
        lambda: derive(heavy_ball).stationary_variance(lr=1, curvature=-1, beta=0),
        DomainError,
        "curvature = -1",
    ),
    (lambda: derive(heavy_ball).transient_growth(eta_lambda=5, beta=0), DomainError, "lr = 5"),
    (lambda: simulate(heavy_ball, -1), DomainError, "steps = -1"),
    (lambda: simulate(heavy_ball, 1, lr=-0.1), DomainError, "lr = -0.1"),
    (lambda: simulate(heavy_ball, 1, lr=[0.1, math.nan]), DomainError, "nan"),
    (lambda: simulate(gradient_descent, 1, beta=0.1), UnknownName, "beta"),
    (lambda: growth(heavy_ball, 10, eta_lambda=1.0), DomainError, "steps = 10"),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_bad_input(case):
    call, kind, names = BAD[case]
    with pytest.raises(kind, match=names) as caught:
        call()
    assert isinstance(caught.value, EigenstepError)
    assert "\n" not in str(caught.value)


def test_no_simplify_on_the_way():
    """Everything of heavy ball's theory is made by polynomial arithmetic, none by `simplify`."""
    code = (
        "import sympy; from sympy.simplify import simplify as s\n"
        "def no(*a, **k): raise AssertionError('simplify called')\n"
        "sympy.simplify = no\n"
        "from eigenstep.analysis import derive\n"
        "from eigenstep.optimizers.rules import heavy_ball\n"
        "d = derive(heavy_ball)\n"
        "d.equations, d.eigenvalues, d.stability.decision, d.limit, d.critical_damping\n"
        "d.spectral_radius_expression, d.tuning().optimality(), d.iterate.power, d.noise.gain\n"
        "d.noise.variance, d.transient_growth(eta_lambda=0.01, beta=0.9)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
