"""What z3 decided, decided again by cvc5, from the typed text and by other code.

Nothing of the ledger's engine is used: the formulas are read here, straight into cvc5's terms. Where
cvc5 gives up, an exact certificate is checked instead.
"""

import ast

import pytest
import sympy as sp
from eigenstep.proofs import with_corrections
from eigenstep.proofs.claims import InequalityClaim

cvc5 = pytest.importorskip("cvc5.pythonic")


class Reader:
    """Arithmetic in Python's syntax as cvc5 terms; denominators are taken not to be zero."""

    def __init__(self):
        self.names, self.denominators = {}, []

    def read(self, text):
        return self.term(ast.parse(text.strip(), mode="eval").body)

    def term(self, node):
        if isinstance(node, ast.Constant):
            return cvc5.RealVal(str(node.value))
        if isinstance(node, ast.Name):
            return self.names.setdefault(node.id, cvc5.Real(node.id))
        if isinstance(node, ast.UnaryOp):
            return -self.term(node.operand)
        if isinstance(node, ast.Compare):
            left, right = self.term(node.left), self.term(node.comparators[0])
            kinds = {ast.Gt: left > right, ast.GtE: left >= right}
            return kinds[type(node.ops[0])]
        if isinstance(node, ast.Call):  # min
            terms = [self.term(a) for a in node.args]
            return cvc5.If(terms[0] <= terms[1], terms[0], terms[1])
        left = self.term(node.left)
        if isinstance(node.op, ast.Pow):
            result = left
            for _ in range(node.right.value - 1):
                result = result * left
            return result
        right = self.term(node.right)
        if isinstance(node.op, ast.Div):
            self.denominators.append(right != 0)
            return left / right
        return {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}[type(node.op)]


def holds(hypotheses, conclusion, extra=()):
    """True, False, or None where cvc5 gives up."""
    solver = cvc5.SolverFor("QF_NRA")
    solver.add(*hypotheses, *extra, cvc5.Not(conclusion))
    answer = solver.check()
    return {"unsat": True, "sat": False}.get(str(answer))


CERTIFIED = ("G7.optimal", "G9.corrected", "worst_case.gradient_descent")
"""Which cvc5 does not decide in a minute; their certificates are below."""
INEQUALITIES = {k: c for k, c in with_corrections().items() if isinstance(c, InequalityClaim)}


@pytest.mark.parametrize("key", [k for k in INEQUALITIES if k not in CERTIFIED])
def test_inequalities(key):
    claim, reader = INEQUALITIES[key], Reader()
    hypotheses = [reader.read(h) for h in claim.hypotheses]
    conclusion = reader.read(claim.conclusion)
    answer = holds(hypotheses, conclusion, reader.denominators)
    assert answer is (claim.corrected is None)


def test_certificates():
    """Each difference is a sum of terms that the hypotheses make nonnegative."""
    r, L, s, eta, mu, D, P, G = sp.symbols("r L s eta mu D P G")
    difference = (r**2 + L**2 * s**2 * eta**2) / (2 * s**2 * eta) - r * L / s
    assert sp.simplify(difference - (r - L * s * eta) ** 2 / (2 * s**2 * eta)) == 0
    W, W1, t, gap = sp.symbols("W W1 t gap")
    step = W - W1 - 2 / (mu * t) * (gap + mu / 2 * W) + (L / (mu * t)) ** 2
    telescoped = mu * (t - 1) * W - mu * t * W1 + L**2 / (mu * t) - 2 * gap
    assert sp.simplify(telescoped - mu * t * step) == 0
    claim = r**2 * D - (D - 2 * eta * P + eta**2 * G)
    smooth = (L + mu) * P - mu * L * D - G
    short = (r**2 - (1 - eta * mu) ** 2) * D + eta * (2 - eta * (L + mu)) * (P - mu * D)
    long = (r**2 - (1 - eta * L) ** 2) * D + eta * (eta * (L + mu) - 2) * (L * D - P)
    for rest in (short, long):  # for η up to 2/(L + μ), and beyond
        assert sp.expand(claim - eta**2 * smooth - rest) == 0
