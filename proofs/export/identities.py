"""That two expressions are equal."""

from __future__ import annotations

from typing import Any

from ..kinds.names import _BELOW_ONE, Names
from .inequalities import Names as Variables
from .inequalities import defined
from .lemmas import Export, Lemma, implied, name_of, quantified
from .scripts import Side, script_for_equality
from .terms import Condition, ExportError, Term, name_in_coq
from .trying import points
from .typed import read_term


def export_identity(claim: Any) -> Export:
    """Both sides, for all positive values of what they contain, where they are defined."""
    names, shown, lets = _read(claim, Names.INTEGERS)
    sides = [read_term(text, names) for text in (claim.left, claim.right)]
    exponents = {
        n.value
        for side in sides
        for p in side.nodes()
        if p.op == "^"
        for n in p.args[1].nodes()
        if n.op == "nat"
    }
    # What is no exponent need not be a natural number: the lemma is for all positive ones.
    names, shown, lets = _read(
        claim, tuple(n for n in Names.INTEGERS if name_in_coq(n) in exponents)
    )
    left, right = (read_term(text, names) for text in (claim.left, claim.right))
    written = [read_term(text, shown) for text in (claim.left, claim.right)]
    free = {
        n.value: n.op for side in (left, right) for n in side.nodes() if n.op in ("real", "nat")
    }
    reals = [n for n, op in free.items() if op == "real"]
    whole = [n for n, op in free.items() if op == "nat"]
    if any(n.op in ("ln", "exp") for side in (left, right) for n in side.nodes()):
        raise ExportError("a logarithm")
    powers = {n.args[0].value for side in (left, right) for n in side.nodes()
              if n.op == "^" and n.args[1].op != "number" and n.args[0].op == "real"}  # fmt: skip
    if "power" in {n.op for side in (left, right) for n in side.nodes()}:
        raise ExportError("a power with a real exponent")
    factors = tuple(n for n in reals if n in _BELOW_ONE and n in powers)
    hypotheses = [f"0 < {n}" + (" < 1" if n in factors else "") for n in reals]
    hypotheses += [f"(1 <= {n})%nat" for n in whole]
    hypotheses += defined([Condition("=", left, right)])
    side = Side(left, right, factors, points(reals, whole), tuple(reals), [])
    one, two = (_with_lets(w, lets) for w in written)
    statement = quantified(reals, whole) + "\n" + implied(hypotheses, f"{one}\n= {two}")
    return Export(
        claim.id, (Lemma(name_of(claim.id), statement, script_for_equality(side)),), claim.statement
    )


def _with_lets(written: Term, lets: list[tuple[str, Term]]) -> str:
    """A side after those of the definitions that it needs."""
    wanted, kept = {n.value for n in written.nodes() if n.op == "real"}, []
    for name, value in reversed(lets):
        if name_in_coq(name) in wanted:
            wanted |= {n.value for n in value.nodes() if n.op == "real"}
            kept.append(f"let {name_in_coq(name)} := {value.text} in")
    return f"({' '.join([*kept[::-1], written.text])})" if kept else written.text


def _read(claim: Any, naturals: tuple[str, ...]) -> tuple[Any, Any, list[tuple[str, Term]]]:
    """The definitions: with what stands before them replaced, by its names, and as they are written."""
    names, shown = Variables(naturals), Variables(naturals)
    lets = []
    for name, text in claim.definitions.items():
        names[name] = read_term(text, names)
        lets.append((name, read_term(text, shown)))
        shown[name] = Term.real(name_in_coq(name))
    return names, shown, lets
