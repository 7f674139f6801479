"""What equal means: defined at the same points, and the same there."""

import pytest
import sympy as sp
from eigenstep.analysis.decision import Encoder, NotPolynomial, decide
from eigenstep.analysis.definedness import ALWAYS, Defined, chosen, divisor, power, root
from eigenstep.analysis.equality import all_equal, covered, equal
from eigenstep.analysis.expressions import parse_defined
from eigenstep.analysis.tracing import STEP, symbol_of, trace
from eigenstep.optimizers import ops
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.rule import rule

x, g = sp.symbols("x g", real=True)
y, z = sp.symbols("y z", positive=True)
v = sp.Symbol("v", nonnegative=True)
b = sp.Symbol("b", nonnegative=True)
t = sp.Symbol("t", integer=True, positive=True)
norm, largest = sp.Function("norm", nonnegative=True), sp.Function("largest", real=True)
SOME = sp.Min(1, 2 - x)
"""Of no sign."""


@pytest.mark.parametrize(("left", "right"), [
    (sp.Max(SOME * y, SOME * z), SOME * sp.Max(y, z)),
    (sp.Abs(SOME * y), SOME * y),
    (sp.sign(SOME * x), sp.sign(x)),
    (sp.Max(sp.log(y) * z, sp.log(y) * x), sp.log(y) * sp.Max(z, x)),
    (sp.sign(sp.sqrt(v) * x), sp.sign(x)),
    (sp.sqrt(x**2 * y), x * sp.sqrt(y)),
    (sp.Max(x, -x), x),
    (sp.sign(t - 1), sp.Integer(1)),
    (b ** (t - 1) * b**0, b**t),
])  # fmt: skip
def test_atoms_carry_only_the_sign_that_their_arguments_grant(left, right):
    found = equal(left, right)
    assert found.holds is False
    assert found.counterexample


@pytest.mark.parametrize(("left", "right"), [
    (sp.Max(v * x, v), v * sp.Max(x, 1)),
    (sp.sign(y * x), sp.sign(x)),
    (sp.Abs(sp.sqrt(v) * x), sp.sqrt(v) * sp.Abs(x)),
    (b ** (t - 1) * b, b**t),
    (sp.Max(x, z), sp.Max(z, x)),
    (sp.sqrt(v) ** 2, v),
    (sp.Piecewise((x, x > 0), (-x, True)) * 2, sp.Piecewise((2 * x, x > 0), (-2 * x, True))),
])  # fmt: skip
def test_what_holds_is_seen_to(left, right):
    assert equal(left, right).holds is True


def test_only_what_is_one_number_leaves_a_norm():
    """√v differs from element to element unless it is said to be one number for all of them."""
    scaled = (norm(sp.sqrt(v) * g), sp.sqrt(v) * norm(g))
    assert equal(*scaled).holds is False
    assert equal(*scaled, elements=(g, v)).holds is False
    assert equal(*scaled, elements=(g,)).holds is True
    assert equal(largest(y * g), y * largest(g), elements=(g,)).holds is True
    assert equal(largest(x * g), x * largest(g), elements=(g,)).holds is False


@pytest.mark.parametrize(("left", "right", "where", "holds"), [
    ("x/x", "1", "", False), ("x/x", "1", "x > 0", True), ("x/x", "1", "x >= 0", False),
    ("sqrt(x)**2", "x", "", False), ("sqrt(x)**2", "x", "x >= 0", True),
    ("exp(log(x))", "x", "", False), ("exp(log(x))", "x", "x > 0", True),
    ("1/(1/x)", "x", "", False), ("(x**2 - 1)/(x - 1)", "x + 1", "", False),
    ("(x**2 - 1)/(x - 1)", "x + 1", "x < 1", True),
    ("where(x > 0, 1/x, 0)*x", "where(x > 0, 1, 0)", "", True),
    ("where(x >= 0, 1/x, 0)*x", "where(x >= 0, 1, 0)", "", False),
    ("x**(1/2)*x**(1/2)", "x", "", False), ("1/(x**2 + 1)*(x**2 + 1)", "1", "", True),
    ("sqrt(max(x, 0))**2", "max(x, 0)", "", True),
])  # fmt: skip
def test_equal_where_they_are_defined_and_defined_alike(left, right, where, holds):
    pair = [parse_defined(text, {"x": x}) for text in (left, right)]
    granted = [parse_defined(where, {"x": x}).value] if where else []
    assert equal(*pair, None, granted).holds is holds


def test_code_may_say_more_than_print_does_and_not_less():
    silent = Defined(sp.Integer(1), divisor(x))
    assert all_equal([(sp.Integer(1), silent)], covers=True).holds is True
    assert all_equal([(silent, sp.Integer(1))], covers=True).holds is False


def test_a_point_says_which_side_is_undefined():
    found = equal(Defined(sp.Integer(1), divisor(x)), sp.Integer(1))
    assert found.counterexample == {"x": "0", "undefined": "the left side"}


def test_needs():
    assert power(x, sp.Integer(3)) == ALWAYS
    assert power(x, sp.Integer(-1)) == divisor(x)
    assert power(b, t) == ALWAYS
    assert power(x, sp.Rational(1, 2)) == root(x)
    assert divisor(x - x) == {sp.false}
    assert chosen(sp.true, divisor(x), root(x)) == divisor(x)
    assert covered(frozenset({sp.Ne(1 + x**2, 0)}), ALWAYS, None, ())
    assert not covered(divisor(x), ALWAYS, None, ())


def test_code_notes_what_it_needs():
    def half(theta, g, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        return theta - lr * g * (g / g) + ops.where(g > 0, ops.sqrt(g), 0) * (1 - beta)

    own = rule(half)
    free = {k: symbol_of(h) for k, h in own.hyperparameters.items()}
    (needs,) = [trace(own, step=STEP, **free).needs["theta"]]
    g = sp.Symbol("g", real=True)
    assert sp.Ne(g, 0) in needs
    assert covered(
        needs, divisor(g), None, ()
    )  # the root is of what is positive where it is chosen


def test_large_terms_that_cancel_are_no_difference():
    big = sum(sp.binomial(60, k) * (-y) ** k for k in range(61))
    assert equal(big, (1 - y) ** 60).holds is True


def test_two_symbols_that_are_written_alike_are_two():
    other = sp.Symbol("x", positive=True)
    assert decide([sp.Gt(x, 0, evaluate=False)], sp.Eq(x, other, evaluate=False)).holds is False
    encoder = Encoder()
    assert not encoder.variable(x).eq(encoder.variable(other))


def test_a_relation_holds_only_where_it_is_defined():
    assert decide([], sp.Ge(1 / x**2, 0, evaluate=False)).holds is False
    assert decide([sp.Ne(x, 0)], sp.Gt(1 / x**2, 0, evaluate=False)).holds is True


def test_what_z3_does_not_know_is_refused_in_a_line():
    with pytest.raises(NotPolynomial, match="whole powers") as error:
        decide([], sp.sqrt(x) > -1)
    assert "\n" not in str(error.value)
