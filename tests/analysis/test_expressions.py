import pytest
import sympy as sp
from eigenstep.analysis.expressions import ExpressionError, parse
from eigenstep.optimizers import UnknownName

BETA = {"beta": sp.Symbol("beta")}


def test_reads_arithmetic():
    assert parse("(1 + beta)/2 - sqrt(4)", BETA) == BETA["beta"] / 2 - sp.Rational(3, 2)
    assert parse("1e-3", {}) == sp.Rational(1, 1000)
    assert parse("-.5", {}) == -sp.Rational(1, 2)


@pytest.mark.parametrize("text", [
    "__import__('os').system('true')", "beta.__class__", "[1]", "beta()", "lambda: 1", "1 if 1 else 2",
    "beta; 1", "", " ", "1 +", "'x'", "True", "f'{1}'", "nan", "inf", "1e999", "1/0", "sqrt(-1)", "10**1000",
    "beta**beta", "1_000j", "(" * 300 + "1" + ")" * 300, "9" * 2000, "exp(beta, 2)", "x" * 1001,
    "log(0)", "2**(3**99)",
])  # fmt: skip
def test_refuses_everything_else(text):
    with pytest.raises((ExpressionError, UnknownName)):
        parse(text, BETA)


def test_unknown_names_are_named():
    with pytest.raises(UnknownName, match="gamma"):
        parse("gamma", BETA)
