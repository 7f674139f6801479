"""Induction: its start, its step and its end are each needed, and what is false is led out by steps."""

import ast
from dataclasses import replace

import pytest
import sympy as sp
from eigenstep.optimizers.errors import UnknownName
from eigenstep.proofs import Verdict, with_corrections
from eigenstep.proofs.kinds import InductionClaim

SQUARES = InductionClaim(
    "", "", "", {"s": "0", "n": "0"}, {"s": "s + g**2", "n": "n + 1"},
    ("n*G**2 - s >= 0",), ("G**2 - g**2 >= 0",), ("G",),
)  # fmt: skip
CERTIFIED = ("G1.batch", "G9.average", "P14.slow")
"""Which cvc5 does not decide in 20 s; their steps have certificates below."""
INDUCTIONS = {k: c for k, c in with_corrections().items() if isinstance(c, InductionClaim)}


def verdict(claim):
    return claim.prove().verdict


def test_holds():
    assert verdict(SQUARES) is Verdict.PROVED
    assert SQUARES.trial().agrees


def test_without_its_start_it_fails():
    """Each step keeps s ≤ nG², but it does not hold at first."""
    false = replace(SQUARES, start={"s": "1", "n": "0"})
    proof = false.prove()
    assert proof.verdict is Verdict.REFUTED
    assert proof.counterexample["after steps"] == "0"
    assert not false.trial().agrees


def test_without_its_step_it_fails():
    """The counterexample is one that steps from the start lead to."""
    false = replace(SQUARES, then={"s": "s + 2*g**2", "n": "n + 1"})
    proof = false.prove()
    assert proof.verdict is Verdict.REFUTED
    assert proof.counterexample["after steps"] == "1"
    assert not false.trial().agrees


def test_a_step_that_fails_where_no_run_comes_refutes_nothing():
    """x stays 0, yet x ≤ 1 alone does not lead to x² ≤ 1 for x below −1."""
    never = InductionClaim("", "", "", {"x": "0"}, {"x": "2*x*x"}, ("1 - x >= 0",))
    assert verdict(never) is Verdict.OPEN


def test_what_is_said_to_follow_must_follow():
    end = replace(SQUARES, so=("n*G**2 - s - 1 >= 0",))
    assert verdict(end) is Verdict.REFUTED
    assert verdict(replace(SQUARES, so=("n*G**2 - s + 1 > 0",))) is Verdict.PROVED


@pytest.mark.parametrize(
    "change",
    [
        {"invariant": ("n*G**2 - s + g >= 0",)},
        {"given": ("s >= 0",)},
        {"start": {"s": "g", "n": "0"}},
        {"then": {"s": "s"}},
    ],
)
def test_a_statement_of_what_it_may_not_speak_of_is_refused(change):
    """An invariant on one step's input would be about nothing a step later."""
    with pytest.raises(UnknownName):
        replace(SQUARES, **change).prove()


def test_inputs_are_new_at_each_step():
    """That two steps in a row have the same gradient is nowhere granted."""
    twice = InductionClaim(
        "", "", "", {"last": "g0", "gap": "0"}, {"last": "g", "gap": "g - last"},
        ("gap >= 0", "0 - gap >= 0"), (), ("g0",),
    )  # fmt: skip
    assert verdict(twice) is Verdict.REFUTED


@pytest.mark.parametrize(
    "key", [k for k, c in INDUCTIONS.items() if k not in CERTIFIED and not c.corrected]
)
def test_decided_by_cvc5_too(key):
    """Every obligation of an induction that holds, from its text, by another solver."""
    cvc5 = pytest.importorskip("cvc5.pythonic")
    claim = INDUCTIONS[key]
    for what, obligation in claim.obligations():
        solver, names = cvc5.Solver(), {}
        solver.setOption("tlimit-per", 20000)
        below = []

        def term(node, names=names, below=below):
            if isinstance(node, ast.Constant):
                return cvc5.RealVal(str(node.value))
            if isinstance(node, ast.Name):
                return names.setdefault(node.id, cvc5.Real(node.id))
            if isinstance(node, ast.UnaryOp):
                return -term(node.operand)
            if isinstance(node, ast.Compare):
                left, right = term(node.left), term(node.comparators[0])
                return left > right if isinstance(node.ops[0], ast.Gt) else left >= right
            left, right = term(node.left), term(node.right)
            if isinstance(node.op, ast.Pow):
                assert node.right.value == 2
                return left * left
            if isinstance(node.op, ast.Div):
                below.append(right != 0)
                return left / right
            return {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}[
                type(node.op)
            ]

        hypotheses = [term(ast.parse(h, mode="eval").body) for h in obligation.hypotheses]
        conclusion = term(ast.parse(obligation.conclusion, mode="eval").body)
        solver.add(*hypotheses, *below, cvc5.Not(conclusion))
        assert solver.check() == cvc5.unsat, (what, obligation.conclusion)


def test_certificates():
    """Each step's conclusion is a sum of products of what is known not to be below 0."""
    n, k, q = sp.symbols("n k q")
    step = n * (q * (n - k - 1) / (n - k)) - (n - (k + 1))
    assert sp.cancel(step - (n - k - 1) / (n - k) * (n * q - (n - k))) == 0
    mu, P, W0, L, X, G, W, W1, a, gap = sp.symbols("mu P W0 L X G W W1 a gap")
    known = mu**2 * P * W0 + L**2 * X - 2 * mu * G - mu**2 * W
    made = mu**2 * (1 - a) * W - 2 * mu * a * gap + a**2 * L**2 - mu**2 * W1
    after = mu**2 * (1 - a) * P * W0 + L**2 * ((1 - a) * X + a**2)
    after -= 2 * mu * ((1 - a) * G + a * gap) + mu**2 * W1
    assert sp.expand(after - (1 - a) * known - made) == 0
    d, rho, z, e = sp.symbols("d rho z e")
    for sign in (1, -1):
        after = d * rho - sign * (1 - rho) * rho * (z - P * e)
        known = d * rho - sign * (1 - rho) * z
        bounded = (1 - P) * d + P * (d + sign * e)
        assert sp.expand(after - rho * known - rho * (1 - rho) * bounded) == 0
