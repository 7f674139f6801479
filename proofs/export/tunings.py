"""That printed hyperparameters are attained, and that none are better."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp

from .certificates import NO_BETTER
from .equations import variables_of
from .fractions import coq, expression
from .lemmas import Export, Lemma, implied, name_of, quantified
from .linear import columns, spectrum
from .linear_prelude import LINEAR
from .terms import ExportError, Term
from .typed import read_term

_MU, _L, _ROOT, _CURVATURE = (Term.real(n) for n in ("mu", "L", "q", "lambda"))
_NAMES = Term("+", _MU, Term("+", _L, Term("+", _ROOT, Term("+", _CURVATURE, Term.real("s")))))
_SPECTRUM = ["0 < mu", "mu < L", "0 < q"]


def export_tuning(claim: Any) -> Export:
    """Two lemmas: on all of [μ, L] the rate is attained there, and no smaller one by any hyperparameters."""
    names = {"mu": _MU, "L": _L, "root": _ROOT}
    squared = read_term(claim.root_squared, names)
    typed = {k: read_term(v, names) for k, v in claim.values.items()}
    rate = read_term(claim.rate, names)
    given = [*_SPECTRUM, f"q * q = {squared.within(60)}"]
    lemmas = []
    if claim.half in ("both", "attained"):
        variables = variables_of(claim.rule, {}, conventions=False)
        values = {**variables.values, **typed}
        left_free = [
            k for k, v in values.items() if k not in typed and getattr(v, "op", "") == "real"
        ]
        if left_free:
            raise ExportError(f"{', '.join(left_free)} has no printed value")
        inside = spectrum(claim.rule, values, _CURVATURE, f"(within {rate.within(0)})")
        statement = quantified(["mu", "L", "q", "lambda"]) + "\n"
        statement += implied([*given, "mu <= lambda <= L"], f"0 <= {rate.text} /\\\n{inside}")
        lemmas.append(
            Lemma(name_of(claim.id, "attained"), statement, _attained(claim, values, squared, rate))
        )
    if claim.half in ("both", "no_better"):
        variables = variables_of(claim.rule, {}, conventions=False)
        inside = spectrum(claim.rule, variables.values, _CURVATURE, "(within r)")
        statement = quantified(["mu", "L", "q", *variables.reals, "r"]) + "\n"
        statement += implied(
            [*given, "0 <= r", f"(forall lambda, mu <= lambda <= L ->\n  {inside})"],
            f"{rate.within(60)} <= r",
        )
        lemmas.append(Lemma(name_of(claim.id, "no_better"), statement, _no_better(claim, squared)))
    return Export(claim.id, tuple(lemmas), claim.statement, LINEAR)


def _kappa(squared: Term) -> tuple[sp.Expr, sp.Expr]:
    """L from q, and the q at which L is μ."""
    mu, L, q = sp.symbols("mu L q")
    found = sp.solve(sp.Eq(expression(squared), q**2), L)
    if len(found) != 1:
        raise ExportError("the root does not give L")
    first = [x for x in sp.solve(sp.Eq(found[0], mu), q) if x.is_positive]
    return found[0], first[0]


def _in_q(squared: Term) -> tuple[list[str], sp.Expr, sp.Expr]:
    """L is replaced by what it is in μ and q, and q by q0 + s, where q0 is q at L = μ."""
    largest, first = _kappa(squared)
    text = coq(largest, _NAMES)
    lines = [
        f"assert (HL : L = {text}).",
        f"{{ assert (E : mu * (q * q) = mu * ({squared.text})) by congruence.",
        f"  replace (mu * ({squared.text})) with ({coq(sp.expand(expression(squared) * sp.Symbol('mu')), _NAMES)}) in E",
        "    by (field; lra). lra. }",
        "subst L.",
        f"assert (Hs : exists s, 0 < s /\\ q = s + {first}).",
        f"{{ assert ({first} * {first} < q * q) by nra. exists (q - {first}). split; [nra | lra]. }}",
        "destruct Hs as (s & Hs & ->).",
    ]
    return lines, largest, first


def _attained(claim: Any, values: dict[str, Any], squared: Term, rate: Term) -> str:
    lines, largest, first = _in_q(squared)
    mu, L, q, s, x = sp.symbols("mu L q s lambda")

    def in_s(e: Any) -> sp.Expr:
        return sp.sympify(e).subs(L, largest).subs(q, s + first)

    r = sp.cancel(in_s(expression(rate)))
    rows = [[in_s(expression(t)) for t in row] for row in columns(claim.rule, values, _CURVATURE)]
    ends = f"{coq(mu, _NAMES)} ({coq(in_s(largest), _NAMES)})"
    lines = ["intros mu L q lambda; intros.", *lines]
    lines.append(f"assert (Hr : 0 <= {rate_text(rate, largest, first)}).")
    lines.append("{ " + _no_negative(r, f"{rate_text(rate, largest, first)}") + " }")
    lines.append("split; [exact Hr|].")
    if len(rows) == 1:
        conditions = [r - rows[0][0], r + rows[0][0]]
        lines.append("by_roots. apply within_line.")
    else:
        (a, b), (c, d) = rows
        trace, det = a + d, a * d - b * c
        conditions = [
            r**2 - det,
            r**2 + det - trace * r,
            r**2 + det + trace * r,
            2 * r - trace,
            2 * r + trace,
        ]
        lines.append("by_roots. apply (proj2 (roots_inside _ _ _ Hr)). repeat split.")
    for condition in conditions:
        polynomial = sp.Poly(sp.cancel(condition), x)
        slope, constant = (sp.factor(polynomial.coeff_monomial(m)) for m in (x, 1))
        if polynomial.degree() > 1:
            raise ExportError("a condition is not affine in the curvature")
        one, two = coq(constant, _NAMES), coq(slope, _NAMES)
        lines.append(
            f"- match goal with |- 0 <= ?E => replace E with ({one} + ({two}) * lambda) by (field; repeat split; nra) end.\n"
            f"  apply (between ({one}) ({two}) {ends}); [lra | lra | |]."
        )
        for end in (mu, in_s(largest)):
            at_end = f"{one} + ({two}) * ({coq(end, _NAMES)})"
            lines.append(f"  + {_no_negative(constant + slope * end, at_end)}")
    return "\n".join(lines)


def rate_text(rate: Term, largest: sp.Expr, first: sp.Expr) -> str:
    """The rate as it stands once L and q are replaced."""
    at = {"L": f"({coq(largest, _NAMES)})", "q": f"(s + {first})"}
    text = rate.rebuilt(
        lambda n: Term.real(at[n.value]) if n.op == "real" and n.value == "L" else n
    ).text
    return re.sub(r"\bq\b", at["q"], text)


def _no_negative(e: sp.Expr, text: str) -> str:
    """A quotient of polynomials in μ and s without a negative term."""
    above, below = sp.fraction(sp.cancel(e))
    if sp.Poly(below, *sp.symbols("mu s")).coeffs()[0] < 0:
        above, below = -above, -below
    n, d = coq(sp.expand(above), _NAMES), coq(sp.expand(below), _NAMES)
    return (
        f"replace ({text}) with (({n}) / ({d})) by (field; repeat split; nra). "
        "apply of_sign; no_negative_term."
    )


def _no_better(claim: Any, squared: Term) -> str:
    # The optimum of a rule is one, however its rate is written.
    return NO_BETTER.get(claim.id) or NO_BETTER.get(f"tuning.{claim.rule.name}", "nra.")
