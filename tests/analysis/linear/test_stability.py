"""The exact region against eigenvalues, over random rules and random polynomials."""

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import ETA_LAMBDA, derive
from eigenstep.analysis.linear.stability import decide_region, jury_conditions, positive_factors
from eigenstep.optimizers import RuleError, rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.rule import Rule
from eigenstep.optimizers.rules import gradient_descent, heavy_ball, nesterov
from hypothesis import given, settings
from hypothesis import strategies as st

LIMITS = {
    "gradient descent": (gradient_descent, {}, "2"),
    "heavy ball": (heavy_ball, {}, "2*beta + 2"),
    "displacement": (heavy_ball, {"form": "displacement"}, "2*beta + 2"),
    "EMA": (heavy_ball, {"dampening": "beta"}, "(2*beta + 2)/(1 - beta)"),
    "Nesterov": (nesterov, {}, "(2*beta + 2)/(2*beta + 1)"),
    "Nesterov, torch": (nesterov, {"form": "torch"}, "(2*beta + 2)/(2*beta + 1)"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_limit(name):
    r, fixed, expected = LIMITS[name]
    theory = derive(r, **fixed)
    assert str(theory.limit) == expected
    assert theory.stability.minimal
    assert len(theory.stability.inequalities) == 2
    assert all(d.holds for d in theory.stability.decision.values())


def test_ema_momentum_allows_38_at_nine_tenths():
    assert derive(heavy_ball, dampening="beta").stable_interval(beta=0.9) == (0.0, 38.0)


@pytest.mark.parametrize(
    "change", [lambda e: e - ETA_LAMBDA / 100, lambda e: e + sp.Rational(1, 100)]
)
def test_z3_refutes_another_region(change):
    region = derive(heavy_ball).stability
    wrong = tuple(change(e) if e != ETA_LAMBDA else e for e in region.inequalities)
    decisions = decide_region(region.polynomial, wrong, region.domain)
    assert not all(d.holds for d in decisions.values())


coefficient = st.fractions(min_value=-2, max_value=2, max_denominator=8)


@settings(max_examples=150, deadline=None)
@given(st.lists(coefficient, min_size=1, max_size=5))
def test_jury_conditions_are_exact(tail):
    conditions = jury_conditions([sp.Integer(1), *map(sp.Rational, map(str, tail))])
    radius = np.abs(np.roots([1.0, *map(float, tail)])).max()
    if abs(radius - 1) > 1e-6:
        assert all(c > 0 for c in conditions) == (radius < 1)


@st.composite
def linear_rules(draw):
    """A rule of order 1 to 3 with rational coefficients, and its matrices."""
    order = draw(st.integers(1, 3))
    small = st.fractions(min_value=-1, max_value=1, max_denominator=4)
    A = [[draw(small) for _ in range(order)] for _ in range(order)]
    A[-1][-1] = 1
    b = [draw(small) for _ in range(order)]
    c = [draw(small) for _ in range(order - 1)] + [1]
    return A, b, c


def _rule(A, b, c) -> Rule:
    n = len(A)
    exact = [[sp.Rational(str(x)) for x in row] for row in A]

    def update(theta, g, *state, lr):
        xi = (*state, theta)
        new = [
            sum((exact[i][j] * xi[j] for j in range(n)), 0) + sp.Rational(str(b[i])) * lr * g
            for i in range(n)
        ]
        return (new[-1], *new[:-1])

    def point(theta, *state):
        return sum((sp.Rational(str(x)) * s for x, s in zip(c, (*state, theta), strict=True)), 0)

    return Rule(update, gradient_at=point, name="random", state=tuple(f"s{i}" for i in range(n - 1)),
                hyperparameters=gradient_descent.hyperparameters)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(linear_rules(), st.lists(st.floats(0.01, 4.0), min_size=8, max_size=8))
def test_region_of_random_rules_agrees_with_eigenvalues(parts, steps):
    A, b, c = parts
    theory = derive(_rule(A, b, c))
    name = "curvature" if theory.variable.name == "lambda" else "eta_lambda"
    for h in steps:
        matrix = np.array(A, float) + h * np.outer(np.array(b, float), np.array(c, float))
        radius = np.abs(np.linalg.eigvals(matrix)).max()
        if abs(radius - 1) > 1e-6:
            assert theory.stability.contains(**{name: h}) == (radius < 1)
        assert theory.spectral_radius(**{name: h}) == pytest.approx(radius, abs=2e-5)


def test_third_order_rule():
    @rule
    def double_momentum(theta, g, u, v, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.5):
        u = beta * u + g
        v = beta * v + u
        return theta - lr * v, u, v

    theory = derive(double_momentum)
    assert theory.spectral_radius_expression is None
    assert theory.eigenvalues == ()
    with pytest.raises(RuleError, match="degree above 2"):
        theory.iterate
    h, beta = np.linspace(0.01, 4, 40)[None], np.linspace(0.05, 0.9, 30)[:, None]
    inside = theory.stability.contains(eta_lambda=h, beta=beta)
    radius = theory.spectral_radius(eta_lambda=h, beta=beta)
    clear = np.abs(radius - 1) > 1e-8
    assert np.array_equal(inside[clear], (radius < 1)[clear])
    assert float(theory.limit.subs(theory.free["beta"], 0.5)) == pytest.approx(
        theory.stable_interval(beta=0.5)[1]
    )


def test_unstable_rule_has_no_limit():
    @rule
    def ascent(theta, g, *, lr: LearningRate = 0.1):
        return theta + lr * g

    with pytest.raises(RuleError, match="no stable interval"):
        derive(ascent).limit
    with pytest.raises(RuleError, match="stable for no positive step"):
        derive(ascent).stable_interval()


@pytest.mark.parametrize("bad", ["theta*g", "g**2", "theta + 1", "Abs(g)"])
def test_nonlinear_rules_are_refused(bad):
    expressions = {"theta*g": lambda t, g: t * g, "g**2": lambda t, g: t - g**2,
                   "theta + 1": lambda t, g: t + 1 - g, "Abs(g)": lambda t, g: t - abs(g)}  # fmt: skip

    @rule
    def nonlinear(theta, g, *, lr: LearningRate = 0.1):
        return expressions[bad](theta, g) * 1

    with pytest.raises(RuleError, match="not linear"):
        derive(nonlinear)


def test_positive_factors_keeps_the_value():
    x, y = sp.symbols("x y")
    e = (1 - x) * (y - 3) ** 3 / ((x - 5) * (2 - y))
    shown = positive_factors(e, {x: sp.Rational(1, 2), y: sp.Rational(1, 3)})
    assert sp.simplify(shown - e) == 0
