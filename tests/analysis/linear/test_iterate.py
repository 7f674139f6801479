"""R^t in closed form, at any number of steps."""

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import LAMBDA, derive
from eigenstep.analysis.reals import OutOfRange
from eigenstep.analysis.simulation import simulate
from eigenstep.optimizers.rules import LINEAR_RULES, heavy_ball, nesterov
from hypothesis import given, settings
from hypothesis import strategies as st

inside = st.tuples(st.floats(0.05, 0.95), st.floats(0.0, 0.97), st.floats(0.05, 20.0))


@settings(max_examples=25, deadline=None)
@given(inside, st.sampled_from(sorted(LINEAR_RULES)), st.integers(0, 60))
def test_closed_form_equals_simulation(with_the_rest, point, name, steps):
    fraction, beta, curvature = point
    r = LINEAR_RULES[name]
    theory = derive(r)
    others = with_the_rest(theory, beta=beta)
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


def test_iterates_at_any_number_of_steps():
    theory = derive(heavy_ball)
    assert not theory.iterate(10**10, lr=0.1, curvature=1, beta=0.9).any()
    large = theory.iterate(3, lr=1e60, curvature=1.0, beta=0.9)
    assert large == pytest.approx(
        np.linalg.matrix_power(theory.numeric_matrix(lr=1e60, curvature=1, beta=0.9), 3)
    )
    with pytest.raises(OutOfRange):
        theory.iterate(10**6, lr=10, curvature=1, beta=0.9)
