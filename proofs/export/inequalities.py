"""Inequalities of real arithmetic."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import sympy as sp

from ...optimizers.errors import shown
from .certificates import CERTIFICATES
from .fractions import coq, products, quotient
from .lemmas import Export, Lemma, implied, name_of, quantified
from .needs import granted, needs
from .scripts import as_quotient, divisors
from .terms import Condition, ExportError, Term, name_in_coq
from .typed import read_term

_RELATIONS = {
    ast.Gt: ("<", True),
    ast.GtE: ("<=", True),
    ast.Lt: ("<", False),
    ast.LtE: ("<=", False),
}


class Names(dict[str, Any]):
    """Every name is a real number, or a natural one where it is among those."""

    def __init__(self, naturals: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.naturals = naturals

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Term:
        make = Term.nat if name in self.naturals else Term.real
        return self.setdefault(name, make(name_in_coq(name)))


def relation(text: str, names: Any) -> Condition:
    """A typed comparison of two terms."""
    tree = ast.parse(text.strip(), mode="eval").body
    if (
        not isinstance(tree, ast.Compare)
        or len(tree.ops) != 1
        or type(tree.ops[0]) not in _RELATIONS
    ):
        raise ExportError(f"{shown(text)} is not one comparison")
    op, turned = _RELATIONS[type(tree.ops[0])]
    sides = [read_term(part, names) for part in _sides(text, tree)]
    return Condition(op, *(sides[::-1] if turned else sides))


def _sides(text: str, tree: ast.Compare) -> list[str]:
    found = [
        ast.get_source_segment(text.strip(), node) for node in (tree.left, tree.comparators[0])
    ]
    return [part or "" for part in found]


def said(found: Condition) -> str:
    """A comparison as Coq writes it."""
    one, two = (a.within(60) for a in found.args)
    return f"{one} {found.op} {two}"


def export_inequality(claim: Any) -> Export:
    """The statement with its hypotheses; and that wherever they hold its conclusion is defined."""
    return Export(claim.id, lemmas_of(claim), claim.statement)


def lemmas_of(claim: Any, part: str = "") -> tuple[Lemma, ...]:
    """The lemmas of an inequality; the name of each ends with ``part``."""
    names = Names()
    hypotheses = [relation(h, names) for h in claim.hypotheses]
    conclusion = relation(claim.conclusion, names)
    given = [*granted(needs(*hypotheses)), *map(said, hypotheses)]
    wanted = [n for n in needs(conclusion) if n.text not in given]
    variables = quantified(t.value for t in names.values()) + "\n"
    proof = CERTIFICATES.get(f"{claim.id}{part and '.'}{part}") or script(hypotheses, conclusion)
    holds = variables + implied([*given, *(n.text for n in wanted)], said(conclusion))
    lemmas = [Lemma(name_of(claim.id, part), holds, proof)]
    if wanted:
        defined = variables + implied(given, " /\\\n".join(n.text for n in wanted))
        hints = [f"try ({hint})." for n in wanted if (hint := as_quotient(n))]
        proof = "\n".join(["intros.", *hints, "needed."])
        lemmas.append(Lemma(name_of(claim.id, f"{part}{part and '_'}defined"), defined, proof))
    return tuple(lemmas)


def script(hypotheses: list[Condition], conclusion: Condition) -> str:
    """Divisors are cleared; what is left is a polynomial, whose sign is that of its factors."""
    lines = ["intros; unfold Rmin, Rmax in *; repeat destruct Rle_dec; try lra."]
    if any(n.op in ("min", "max") for n in conclusion.nodes()):
        return lines[0] + "\nall: nra."
    for found in hypotheses:
        if has_divisor(found):
            above, below = (coq(e, found) for e in quotient(found))
            left, right = found.args
            lines.append(
                f"all: assert (0 {found.op} ({above}) * ({below})) by (apply cleared_{_word(found)}; [not_zero |\n"
                f"  replace (({above}) / ({below})) with ({right.text} - ({left.text})) by (field; not_zero); lra])."
            )
    above, below = quotient(conclusion)
    if has_divisor(conclusion):
        left, right = conclusion.args
        cases = []
        for sign in (1, -1):
            n, d = (
                coq(sp.expand(sign * above), conclusion),
                coq(sp.expand(sign * below), conclusion),
            )
            cases.append(
                f"(enough (0 {conclusion.op} ({n}) / ({d})) as E by\n"
                f"  (replace (({n}) / ({d})) with ({right.text} - ({left.text})) in E by (field; not_zero); lra);\n"
                f"  first [apply of_{_word(conclusion)}; [{_positive(sign * below, conclusion, '<')} |"
                f" {_positive(sign * above, conclusion)}]\n"
                f"  | apply of_product_{_word(conclusion)}; [not_zero | nra]])"
            )
        lines.append(f"all: first [{cases[0]} | {cases[1]}].")
    else:
        lines.append(f"all: {_positive(above, conclusion)}.")
    return "\n".join(lines)


def _positive(polynomial: Any, of: Condition, relation: str | None = None) -> str:
    """A tactic for a polynomial's sign: by itself, or as a product."""
    relation = relation or of.op
    ways = [f"(enough (0 {relation} {p}) by lra; factors)" for p in products(polynomial, of)]
    return f"first [lra | {' | '.join([*ways, 'nra'])}]"


def _word(found: Condition) -> str:
    return "strict_sign" if found.op == "<" else "sign"


def has_divisor(found: Any) -> bool:
    """Whether something is divided by what is no number."""
    return any(any(n.op in ("real", "nat") for n in d.nodes()) for d, _ in divisors(found))


def export_counterexample(claim: Any, point: Mapping[str, str]) -> Export:
    """That a refuted statement is false, by its counterexample.

    Raises:
        ExportError: a coordinate that is no rational number.
    """
    lemma = lemmas_of(claim)[0]
    names = Names()
    relations = [relation(h, names) for h in (*claim.hypotheses, claim.conclusion)]
    missing = [name for name in names if name not in point]
    if missing:
        raise ExportError(f"the counterexample has no {', '.join(missing)}")
    values = [read_term(point[name], {}).within(0) for name in names]
    count = len(relations) - 1 + len({n.hypothesis for n in needs(*relations)})
    proof = (
        "intros H. pose proof (H " + " ".join([*values, *(["ltac:(lra)"] * count)]) + ") as K. lra."
    )
    statement = f"~ ({lemma.statement})"
    return Export(
        claim.id,
        (Lemma(name_of(claim.id, "false"), statement, proof),),
        f"False: {claim.statement}",
    )
