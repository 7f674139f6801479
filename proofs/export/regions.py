"""For which steps a rule converges: the spectrum of its own step, by the code."""

from __future__ import annotations

from typing import Any

from .equations import variables_of
from .inequalities import relation, said
from .lemmas import Export, Lemma, implied, name_of, quantified
from .linear import spectrum
from .linear_prelude import LINEAR
from .terms import Term
from .typed import read_term

_CURVATURE = Term.real("lambda")


def export_region(claim: Any) -> Export:
    """The rule's step on ½λx² is stable if, and only if, 0 < ηλ < bound."""
    variables = variables_of(claim.rule, claim.fixed, conventions=False)
    bound = read_term(claim.bound, {**variables.symbols})
    inside = f"0 < eta * lambda < {bound.within(60)}"
    stable = spectrum(claim.rule, variables.values, _CURVATURE, "stable")
    parts = {
        "both": f"({inside}) <->\n{stable}",
        "sufficient": f"{inside} ->\n{stable}",
        "necessary": f"{stable} ->\n{inside}",
    }
    hypotheses = [h for h in variables.hypotheses if not h.endswith("<= eta")]
    statement = (
        quantified([*variables.reals, "lambda"])
        + "\n"
        + implied(hypotheses, parts[claim.direction])
    )
    named = [*variables.reals, "lambda", *(f"H{n}" for n in range(len(hypotheses)))]
    lines = [f"intros {' '.join(named)}. by_roots."]
    if bound.op == "/":
        above, below = (a.within(0) for a in bound.args)
        lines.append(f"rewrite (below_quotient _ {above} {below}) by nra.")
    lines.append("unfold stable; first [split; intros; repeat split; nra | repeat split; nra].")
    return Export(
        claim.id, (Lemma(name_of(claim.id), statement, "\n".join(lines)),), claim.statement, LINEAR
    )


def export_root_lemma(claim: Any) -> Export:
    """The roots of z² − Tz + D are within r exactly where all conditions are."""
    names = {n: Term.real(n) for n in ("T", "D", "r")}
    typed = [said(relation(f"{c} >= 0", names)) for c in claim.conditions]
    statement = "forall (T D r : R),\n0 <= r ->\n(forall a b, root T D a b -> within r a b) <->\n("
    statement += " /\\ ".join(typed) + ")"
    proof = "intros T D r Hr. rewrite roots_inside by exact Hr.\nsplit; intros H; decompose [and] H; repeat split; nra."
    return Export(claim.id, (Lemma(name_of(claim.id), statement, proof),), claim.statement, LINEAR)
