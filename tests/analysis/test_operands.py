"""Others' rules on symbols: what they ask is seen, or refused by name; floats are what is written."""

from typing import Annotated

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import derive, trace
from eigenstep.analysis.operands import Operand
from eigenstep.analysis.simulation import simulate
from eigenstep.analysis.tracing import STEP
from eigenstep.optimizers import RuleError, ops, rule
from eigenstep.optimizers.domains import LearningRate, Named, Positive, UnitInterval


@rule
def newcomers(theta, g, v, *, lr: LearningRate = 0.1):
    v = 0.9 * v + 0.1 * g
    return theta - 0.5 * lr * v, v


def test_literal_floats_are_their_decimals():
    """Without them: v ← βv + (1 − β)g at β = 9/10, θ ← θ − (η/2)v, stable for ηλ < 2(1 + β)/(1 − β)·2."""
    traced = trace(newcomers)
    assert not traced.new_theta.atoms(sp.Float)
    assert not traced.new_state[0].atoms(sp.Float)
    theory = derive(newcomers)
    assert theory.limit == 76
    assert theory.matrix[0, 0] == sp.Rational(9, 10)
    for h, stable in ((75.9, True), (76.1, False)):
        run = simulate(newcomers, 4000, curvature=1.0, lr=h)
        assert (abs(run.theta[-1]) < abs(run.theta[0])) == stable


@rule
def by_sign(theta, g, *, lr: LearningRate = 0.1):
    return theta - ops.where(ops.sign(g) == 1, lr, 2 * lr) * g


@rule
def unequal(theta, g, *, lr: LearningRate = 0.1):
    return theta - ops.where(ops.sign(g) != 1, 2 * lr, lr) * g


@rule
def both(theta, g, m, *, lr: LearningRate = 0.1):
    m = m / 2 + g
    return theta - ops.where(
        (g > 0) & (m > 0), lr, ops.where((g < -1) | ~(m > 0), 2 * lr, 0)
    ) * g, m


@rule
def truth_as_number(theta, g, m, *, lr: LearningRate = 0.1):
    m = m / 2 + g
    return theta - lr * g * (g * m > 0), m


def every_other(t, *, lr: LearningRate = 0.1):
    return {"step": ops.where(t % 2 == 0, lr, 0)}


@rule(coefficients=every_other)
def now_and_then(theta, g, *, step):
    return theta - step * g


def first_step(t, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    return {"lr": lr, "beta": beta, "first": ops.where(t == 1, 1, 1 - beta)}


@rule(coefficients=first_step)
def undamped(theta, g, v, *, lr, beta, first):
    v = beta * v + first * g
    return theta - lr * v, v


@pytest.mark.parametrize(
    "subject", [by_sign, unequal, both, truth_as_number, now_and_then, undamped]
)
def test_the_trace_is_what_runs(subject):
    """At many points, the traced expressions are what the function gives on numbers."""
    traced = trace(subject, step=STEP)
    symbols = (STEP, traced.theta, traced.gradient, *traced.state)
    values = {s: subject.hyperparameters[k].default for k, s in traced.free.items()}
    draw = np.random.default_rng(0)
    for t in (1, 2, 3, 8):
        for _ in range(6):
            point = [np.float64(x) for x in draw.integers(-16, 17, len(symbols) - 1) / 8]
            if not subject.name.startswith(("both", "truth")) and point[1] == 0:
                continue
            numbers = dict(zip(symbols, (t, *point), strict=True)) | values
            said = [e.subs(numbers) for e in (traced.new_theta, *traced.new_state)]
            coefficients = subject.coefficients(t, subject.with_defaults({}))
            wanted = subject(*point, **coefficients)
            assert [float(x) for x in said] == pytest.approx([float(x) for x in wanted], abs=1e-14)


def branches_on_the_step(t, *, lr: LearningRate = 0.1):
    return {"lr": 1 if t == 1 else lr}


def branches_on_a_remainder(t, *, lr: LearningRate = 0.1):
    if t % 25 == 0:
        return {"lr": lr / 2}
    return {"lr": lr}


def asks_for_membership(t, *, lr: LearningRate = 0.1):
    return {"lr": lr / 2 if t in (10, 20) else lr}


def asks_not(t, *, lr: LearningRate = 0.1):
    return {"lr": lr if not (t > 5) else lr / 2}


def joins_by_and(t, *, lr: LearningRate = 0.1):
    return {"lr": lr if t > 5 and t < 9 else lr / 2}


def counts_to_it(t, *, lr: LearningRate = 0.1):
    return {"lr": sum(lr / (i + 1) for i in range(t))}


def looks_it_up(t, *, lr: LearningRate = 0.1):
    return {"lr": {1: lr}.get(t, lr / 2)}


def asks_a_set(t, *, lr: LearningRate = 0.1):
    return {"lr": lr if t in {10, 20} else lr / 2}


def goes_through(t, *, lr: LearningRate = 0.1):
    return {"lr": sum(x for x in lr)}


@pytest.mark.parametrize(
    ("coefficients", "named"),
    [(branches_on_the_step, "truth of Eq"), (branches_on_a_remainder, "truth of Eq"),
     (asks_for_membership, "in"), (asks_not, "not"), (joins_by_and, "and"), (counts_to_it, "an index"),
     (goes_through, "elements"),
     (looks_it_up, "a key"), (asks_a_set, "a key")],
)  # fmt: skip
def test_what_is_not_known_yet_is_refused_by_name(coefficients, named):
    @rule(coefficients=coefficients)
    def subject(theta, g, *, lr):
        return theta - lr * g

    for call in (trace, derive, lambda r: trace(r, step=STEP)):
        with pytest.raises(RuleError, match=named) as caught:
            call(subject)
        assert "\n" not in str(caught.value)


def test_branches_in_the_update():
    @rule
    def branching(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * g if g > 0 else theta

    @rule
    def methods(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * g.clamp(-1, 1)

    with pytest.raises(RuleError, match=r"truth of g > 0 \(if"):
        trace(branching)
    with pytest.raises(RuleError, match=r"\.clamp"):
        trace(methods)


def test_what_is_decided_is_decided():
    x, two = Operand(sp.Symbol("x", positive=True)), Operand(sp.Integer(2))
    assert (x > 0) is True
    assert (two == 2.0) is True
    assert (two != 2) is False
    assert (two == 1) is False
    assert [*range(two)] == [0, 1]
    assert isinstance(x == 1, Operand)
    assert (x == None) is False  # noqa: E711
    assert (np.float64(0.5) * x).expression == x.expression / 2
    assert (sp.Rational(1, 3) * x).expression == x.expression / 3
    with pytest.raises(RuleError, match="no truth value"):
        x & (x > 1)


@rule
def mu_is_momentum(theta, g, v, *, lr: LearningRate = 0.1, mu: Positive = 0.9):
    v = mu * v + g
    return theta - lr * v, v


@rule
def eta_twice(theta, g, *, lr: LearningRate = 0.1, eta: Positive = 0.9):
    return theta - lr * eta * g


@rule
def curvature_in_name(
    theta,
    g,
    v,
    *,
    lr: LearningRate = 0.1,
    lam: Annotated[float, Positive.__metadata__[0], Named("lambda")] = 0.5,
):
    v = lam * v + g
    return theta - lr * v, v


def test_names_that_theory_has_too():
    """μ the momentum is not μ the smallest curvature, nor a λ of the rule the curvature."""
    from eigenstep.optimizers.rules import heavy_ball

    for subject, name in ((mu_is_momentum, "mu"), (curvature_in_name, "lam")):
        theory, same = derive(subject), derive(heavy_ball)
        for value in (0.3, 0.9):
            assert theory.stable_interval(**{name: value}) == same.stable_interval(beta=value)
            radius = theory.spectral_radius(eta_lambda=0.7, **{name: value})
            assert radius == pytest.approx(
                same.spectral_radius(eta_lambda=0.7, beta=value), abs=1e-15
            )
    tuned = derive(mu_is_momentum).tuning(mu=1, L=100)
    best = derive(heavy_ball).tuning(mu=1, L=100)
    assert tuned["rate"] == pytest.approx(best["rate"], rel=1e-6)


def test_two_things_of_one_name_are_refused():
    with pytest.raises(RuleError, match="are both written eta; rename one of them"):
        trace(eta_twice)
