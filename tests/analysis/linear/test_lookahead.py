"""Lookahead's matrix against runs of the composed rule, and published remarks about it."""

import pickle

import numpy as np
import pytest
from eigenstep.analysis import LAMBDA, derive
from eigenstep.analysis.linear.lookahead import LookaheadTheory
from eigenstep.analysis.simulation import simulate
from eigenstep.optimizers.compositions import lookahead
from eigenstep.optimizers.errors import DomainError, EigenstepError, Missing
from eigenstep.optimizers.rules import adam, gradient_descent, heavy_ball, nesterov

RULES = [gradient_descent, heavy_ball, nesterov]


def others(rule):
    return {"beta": 0.7} if "beta" in rule.hyperparameters else {}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_one_cycle_is_one_product(rule, k):
    """Cycle by cycle, θ of the composed rule is that of the powers of the matrix."""
    theory = LookaheadTheory(rule, k, alpha=0.3)
    numbers = {s: others(rule).get(n, 0.4) for n, s in theory.inner.trace.free.items()}
    matrix = np.array(theory.matrix.subs({**numbers, LAMBDA: 1.5}), float)
    run = simulate(lookahead(rule, k, 0.3), 5 * k, lr=0.4, curvature=1.5, **others(rule)).theta[::k]
    vector = np.zeros(len(matrix))
    vector[-1] = 1.0
    expected = [vector[-1]]
    for _ in range(5):
        vector = matrix @ vector
        expected.append(vector[-1])
    assert run == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rule", [gradient_descent, heavy_ball])
def test_the_form_for_any_k(rule):
    assert all(LookaheadTheory(rule, k).check_symbolic() for k in (1, 2, 3))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("k", [2, 5, 6])
def test_the_stable_intervals_are_those_of_the_runs(rule, k):
    theory = LookaheadTheory(rule, k, alpha=0.5)
    intervals = theory.stable_intervals(**others(rule))
    limit = derive(rule).stable_interval(**others(rule))[1]
    at = np.linspace(0.05, 1.3, 40) * limit
    at = at[np.min([np.abs(at - end) for pair in intervals for end in pair], axis=0) > 0.01]
    with np.errstate(all="ignore"):
        run = np.abs(simulate(lookahead(rule, k, 0.5), 600 * k, lr=at, **others(rule)).theta[::k])
    decays = run[400:].max(axis=0) < run[100:300].max(axis=0) + 1e-280
    inside = np.any([(a < at) & (at < b) for a, b in intervals], axis=0)
    assert decays.tolist() == inside.tolist()
    radius = theory.spectral_radius(eta_lambda=at, **others(rule))
    assert ((radius < 1) == inside).all()
    assert np.array_equal(theory.stability.contains(eta_lambda=at, **others(rule)), inside)


def test_it_takes_from_momentums_range_what_it_gives_gradient_descent():
    assert LookaheadTheory(gradient_descent, 5, 0.5).stable_intervals()[0][1] == pytest.approx(
        1 + 3**0.2
    )
    assert LookaheadTheory(gradient_descent, 6, 0.5).stable_intervals()[0][1] == 2
    first = LookaheadTheory(heavy_ball, 5, 0.5).stable_intervals(beta=0.9)[0]
    assert first[1] < 2.6 < derive(heavy_ball).stable_interval(beta=0.9)[1]


def test_in_a_notebook():
    assert (
        LookaheadTheory(gradient_descent, 1, 1)
        ._repr_latex_()
        .startswith(r"$\displaystyle M_{1} = ")
    )


def test_symbolic_alpha():
    free, given = LookaheadTheory(gradient_descent, 3), LookaheadTheory(gradient_descent, 3, 0.25)
    assert free.stable_intervals(alpha=0.25) == given.stable_intervals()
    assert free.spectral_radius(eta_lambda=0.3, alpha=0.25) == pytest.approx(
        given.spectral_radius(eta_lambda=0.3)
    )


def test_with_alpha_1_it_is_the_rule():
    for rule in RULES:
        theory = LookaheadTheory(rule, 1, 1)
        assert theory.matrix == theory.inner.matrix.applyfunc(lambda e: e.factor())


def test_bad_input():
    for bad in (
        {"k": 0},
        {"k": 2.5},
        {"k": 3, "alpha": 0.0},
        {"k": 3, "alpha": 1.5},
        {"k": 3, "alpha": float("nan")},
    ):
        with pytest.raises(DomainError):
            LookaheadTheory(gradient_descent, **bad)
    with pytest.raises(Missing):
        LookaheadTheory(heavy_ball, 3, 0.5).stable_intervals()
    with pytest.raises(DomainError):
        LookaheadTheory(heavy_ball, 3, 0.5).stable_intervals(beta=1.5)
    with pytest.raises(EigenstepError):
        LookaheadTheory(heavy_ball, 3).stable_intervals(beta=0.5)
    with pytest.raises(EigenstepError):
        LookaheadTheory(heavy_ball, 3, 0.5).spectral_radius(eta_lambda=1.0)
    with pytest.raises(EigenstepError):
        LookaheadTheory(adam, 3)


def test_lookahead_theory_is_pickled():
    theory = LookaheadTheory(heavy_ball, 3, 0.5)
    theory.spectral_radius(eta_lambda=[0.5], beta=0.5), theory.stable_intervals(beta=0.5)
    again = pickle.loads(pickle.dumps(theory))
    assert again.stable_intervals(beta=0.5) == theory.stable_intervals(beta=0.5)
