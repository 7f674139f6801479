"""Signs on a box: what the cheap proof says is so, and it says nothing where the sign changes."""

import sympy as sp
from eigenstep.analysis.linear.signs import Signs
from hypothesis import given, settings
from hypothesis import strategies as st

X, Y, H = sp.symbols("x y h", real=True)
BOX = [sp.GreaterThan(X, 0, evaluate=False), sp.StrictLessThan(X, 1, evaluate=False),
       sp.StrictGreaterThan(Y, 0, evaluate=False)]  # fmt: skip


def test_open_and_closed_ends_are_told_apart():
    inside = Signs(BOX, seconds=0)
    assert inside.sign(1 - X) == 1
    assert inside.sign(X) is None  # zero at the closed end
    assert inside.sign(X, weakly=True) == 1
    assert inside.sign(Y) == 1
    assert inside.sign(X - Y) is None


def test_a_bound_linear_in_the_variable_is_used():
    inside = Signs(BOX, H, seconds=0)
    assert inside.implied(2 * (1 + X) - H, [H, 1 + X - H])
    assert inside.implied(1 + X / 2 - H, [H, 1 + X - H]) is False


coefficients = st.lists(st.integers(-3, 3), min_size=9, max_size=9)


@settings(max_examples=60, deadline=None)
@given(coefficients)
def test_a_sign_that_is_claimed_holds_at_every_sample(c):
    polynomial = sp.expand(sum(c[3 * i + j] * X**i * Y**j for i in range(3) for j in range(3)))
    inside = Signs(BOX, seconds=0)
    claimed = inside.sign(polynomial)
    values = {int(sp.sign(polynomial.subs(p))) for p in inside.samples(40, {X, Y})}
    assert claimed is None or values == {claimed}


def test_a_symbols_assumption_is_not_its_domain():
    eta = sp.Symbol("eta", positive=True)
    anywhere = Signs([], seconds=0.5)
    assert anywhere.sign(eta) is None
