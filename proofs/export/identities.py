"""That two expressions are equal."""

from __future__ import annotations

from typing import Any

from ..kinds.names import _BELOW_ONE, Names
from .inequalities import defined
from .inequalities import Names as Variables
from .lemmas import Export, Lemma, implied, name_of, quantified
from .scripts import Side, script_for_equality
from .terms import Condition, ExportError, Term, name_in_coq
from .trying import points
from .typed import read_term


def export_identity(claim: Any) -> Export:
    """Both sides, for all positive values of what they contain, where they are defined."""
    naturals = getattr(claim, "naturals", Names.INTEGERS)
    names, shown = Variables(naturals), Variables(naturals)
    lets = []
    for name, text in claim.definitions.items():
        names[name] = read_term(text, names)
        lets.append((name, read_term(text, shown)))
        shown[name] = Term.real(name_in_coq(name))
    left, right = (read_term(text, names) for text in (claim.left, claim.right))
    written = [read_term(text, shown) for text in (claim.left, claim.right)]
    free = {n.value: n.op for side in (left, right) for n in side.nodes() if n.op in ("real", "nat")}
    reals = [n for n, op in free.items() if op == "real"]
    whole = [n for n, op in free.items() if op == "nat"]
    powers = {n.args[0].value for side in (left, right) for n in side.nodes()
              if n.op == "^" and n.args[1].op != "number" and n.args[0].op == "real"}  # fmt: skip
    if "power" in {n.op for side in (left, right) for n in side.nodes()}:
        raise ExportError("a power with a real exponent")
    factors = tuple(n for n in reals if n in _BELOW_ONE and n in powers)
    hypotheses = [f"0 < {n}" + (" < 1" if n in factors else "") for n in reals]
    hypotheses += [f"(1 <= {n})%nat" for n in whole]
    hypotheses += defined([Condition("=", left, right)])
    side = Side(left, right, factors, points(reals, whole), (), [])
    used = [(n, v) for n, v in lets if n in claim.definitions]
    body = " ".join(f"let {name_in_coq(n)} := {v.text} in" for n, v in used)
    statement = quantified(reals, whole) + "\n"
    statement += implied(hypotheses, f"{body}\n{written[0].text}\n= {written[1].text}" if body else
                         f"{written[0].text}\n= {written[1].text}")  # fmt: skip
    return Export(claim.id, (Lemma(name_of(claim.id), statement, script_for_equality(side)),), claim.statement)
