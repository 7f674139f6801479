"""Claims say something: none has the same object on both sides, or its conclusion among its hypotheses."""

import pytest
import sympy as sp
from eigenstep.analysis.expressions import build, parse_rule
from eigenstep.proofs import with_corrections
from eigenstep.proofs.kinds import (
    IdentityClaim,
    InequalityClaim,
    LimitClaim,
    MatrixIdentityClaim,
    Names,
    Reals,
)
from eigenstep.proofs.kinds.names import in_domain
from eigenstep.proofs.trials.arithmetic import names_in
from eigenstep.proofs.words import VECTORS

CLAIMS = with_corrections()


class Free(dict):
    """Letters that nothing is known of but that matrices do not commute; a transpose is another letter."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        letter = name.removesuffix("T")
        matrix = letter in (*VECTORS, "Q", "Qi", "L", "Li", "Lh", "U", "D", *self.defined)
        one = name == "I"
        return sp.Integer(1) if one else sp.Symbol(name, commutative=not matrix)


def multiplied_out(claim, text):
    names = Free()
    names.defined = tuple(claim.definitions)
    for name, value in claim.definitions.items():
        names[name] = build(value, names)
    return sp.expand(build(text, names))


def says_nothing(claim):
    """Whether reading the statement already settles it."""
    if isinstance(claim, IdentityClaim):
        names, _ = in_domain(claim.domain)
        for name, text in claim.definitions.items():
            names[name] = parse_rule(text, names)
        return parse_rule(claim.left, names) == parse_rule(claim.right, names)
    if isinstance(claim, LimitClaim):
        names = Names()
        return parse_rule(claim.expression, names) == parse_rule(claim.value, names)
    if isinstance(claim, MatrixIdentityClaim):
        return multiplied_out(claim, claim.left) == multiplied_out(claim, claim.right)
    if isinstance(claim, InequalityClaim):
        names = Reals()
        conclusion = parse_rule(claim.conclusion, names)
        hypotheses = [parse_rule(h, names) for h in claim.hypotheses]
        return conclusion in hypotheses or (
            conclusion == sp.true and bool(names_in(claim.conclusion))
        )
    return False


def test_every_claim_says_something():
    """What is settled by reading it is marked as a definition, and nothing else is."""
    alike = {key for key, claim in CLAIMS.items() if says_nothing(claim)}
    assert alike == {key for key, claim in CLAIMS.items() if claim.definition}


@pytest.mark.parametrize(
    "claim",
    [
        IdentityClaim("", "", "", "p*g/1", "g/n", {"p": "1/n"}),
        LimitClaim("", "", "", "1/n + 1 - 1/n", "n", "1"),
        MatrixIdentityClaim("", "", "", "Q*(v - x)", "Q*v - Q*x"),
        InequalityClaim("", "", "", ("x - 1 >= 0",), "x - 1 >= 0"),
    ],
)
def test_what_says_nothing_is_seen(claim):
    assert says_nothing(claim)
