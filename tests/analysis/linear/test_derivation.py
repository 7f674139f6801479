"""The theory of a rule as a whole: against runs, shown, kept, pickled."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.analysis.adaptive.frozen import freeze
from eigenstep.analysis.simulation import growth, simulate
from eigenstep.optimizers import DomainError, Missing, RuleError, UnknownName
from eigenstep.optimizers.rules import LINEAR_RULES, adam, gradient_descent, heavy_ball


@pytest.mark.parametrize("name", LINEAR_RULES)
def test_simulated_boundary_is_the_exact_one(name, with_the_rest):
    """On a 500×500 grid, except where |ρ − 1| ≤ 0.002.

    A run's growth is measured between two windows 600 steps apart; near a double root the iterates
    carry a factor t, which over that distance is worth up to 2^(1/600) − 1 ≈ 0.0012 a step.
    """
    theory = derive(LINEAR_RULES[name])
    h, beta = np.linspace(0.0084, 4.2, 500), np.linspace(0, 0.996, 500)
    grid_h, grid_beta = np.meshgrid(h, beta)
    others = with_the_rest(theory, beta=grid_beta)
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


def _used(theory):
    theory.limit, theory.eigenvalues, theory.critical_damping, theory.noise.variance, theory.iterate
    theory.spectral_radius(eta_lambda=[0.5], **dict.fromkeys(theory.free, 0.5))
    theory.stability.contains(eta_lambda=0.5, **dict.fromkeys(theory.free, 0.5))
    theory.tuning(1, 10), theory.scaling
    return theory


@pytest.mark.parametrize("make", [gradient_descent, heavy_ball, freeze(adam)], ids=lambda r: r.name)
def test_used_theory_is_pickled_and_copied(make):
    theory = _used(derive(make))
    parts = (theory, theory.stability, theory._radius, theory.iterate, theory.noise, theory.trace,
             theory.tuning(1, 10), theory.closed_tuning,
             theory.tuning(1, 10).optimality(), theory.system)  # fmt: skip
    for part in parts:
        for again in (pickle.loads(pickle.dumps(part)), copy.deepcopy(part), copy.copy(part)):
            assert type(again) is type(part)
    again = pickle.loads(pickle.dumps(theory.stability))
    assert again.contains(eta_lambda=0.5, **dict.fromkeys(theory.free, 0.5)) is True
    assert pickle.loads(pickle.dumps(theory)).limit == theory.limit
    assert copy.deepcopy(theory._radius).evaluate(0.5, *[0.5] * len(theory.free)) < 1


@pytest.mark.parametrize("error", [
    DomainError("a", 1, "a > 1"), Missing("a", "a > 1"), UnknownName("rule", "x", ["y"]), RuleError("x"),
], ids=lambda e: type(e).__name__)  # fmt: skip
def test_errors_are_pickled(error):
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


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
