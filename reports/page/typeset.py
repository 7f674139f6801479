"""TeX of what was derived and traced: expressions, polynomials, a rule's update line by line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ...analysis.linear.derivation import ETA_LAMBDA, Derivation
from ...analysis.linear.spectrum import discriminant, trace_and_determinant
from ...analysis.tracing import ETA, LAMBDA, STEP, Trace, symbol_of, trace
from ...optimizers.rule import Rule

_LATEX = {
    "eps": r"\epsilon", "final_lr": r"\eta^*", "largest": r"\hat v", "slow": r"\theta",
    "fast": r"\varphi",
}  # fmt: skip
_KEPT = ("threshold", "momentum_decay", "phi_lower", "phi_upper", "trust_coefficient")


def tex(expression: Any) -> str:
    """TeX of a SymPy object, ηλ written as the product it is, sums begun by a positive term if can be."""
    if isinstance(expression, sp.Basic | sp.MatrixBase):
        expression = expression.subs(ETA_LAMBDA, ETA * LAMBDA)
    written = [sp.latex(expression, order=order) for order in ("rev-lex", None)]
    return min(written, key=lambda text: len(re.findall(r"(?:^|[{(&]\s*)-", text)))


def polynomial_tex(polynomial: sp.Poly) -> str:
    """A polynomial in z, highest power first."""
    terms = []
    for (power,), coefficient in polynomial.terms():
        factor = tex(coefficient)
        if power and len(sp.Add.make_args(coefficient)) > 1:
            factor = rf"\left({factor}\right)"
        variable = {0: "", 1: "z"}.get(power, f"z^{{{power}}}")
        factor = "" if power and coefficient == 1 else factor
        terms.append(("" if factor.startswith("-") or not terms else "+ ") + f"{factor} {variable}")
    return " ".join(terms)


def eigenvalues_tex(theory: Derivation) -> list[str]:
    """The eigenvalues; a pair as half of trace ∓ root of the discriminant."""
    if theory.system.order != 2 or len(theory.eigenvalues) != 2:
        return [rf"z_{{{i}}} &= {tex(z)}" for i, z in enumerate(theory.eigenvalues, 1)]
    trace, _ = trace_and_determinant(theory._characteristic)
    root = tex(discriminant(theory._characteristic))
    return [rf"z_{{1,2}} = \tfrac12\left({tex(trace)} \mp \sqrt{{{root}}}\right)"]


def aligned(pairs: Sequence[tuple[str, str]]) -> list[str]:
    mark = " &= " if len(pairs) > 1 else " = "
    return [f"{left}{mark}{right}" for left, right in pairs]


def traced(rule: Rule) -> Trace:
    """The rule at step t, its hyperparameters as symbols where they are not zero by default."""
    free = {
        k: symbol_of(h) for k, h in rule.hyperparameters.items()
        if not h.is_choice and h.default and k not in _KEPT and k not in rule.fixed
    }  # fmt: skip
    zero = {k: 0 for k, h in rule.hyperparameters.items()
            if not h.is_choice and h.default == 0 and k not in rule.fixed}  # fmt: skip
    return trace(rule, step=STEP, **free, **zero)


def equations(rule: Rule) -> list[str]:
    """The update as TeX lines, state first; what a line computes is used by name in the next.

    Where the rule distinguishes cases by ρ_t, a line for each; lookahead's synchronization comes last.
    """
    t = traced(rule)
    names: dict[Any, Any] = {s: sp.Symbol(_LATEX.get(s.name, s.name)) for s in (*t.state, t.theta)}
    for k, h in rule.hyperparameters.items():
        if not h.is_choice:
            symbol = symbol_of(h)
            names[symbol] = sp.Symbol(_LATEX.get(k, symbol.name))
    new = dict(zip((*t.state, t.theta), (*t.new_state, t.new_theta), strict=True))
    lines = []
    named: dict[Any, Any] = {}
    coefficients = rule.coefficients(STEP, dict(t.hyperparameters))
    tractable: Any = None
    if "rho_t" in coefficients:
        rho, r, longest = sp.symbols(r"\rho_t r_t \rho_\infty")
        length, ratio = coefficients["rho_t"], coefficients["r_t"].args[0].expr
        limit = length.as_independent(STEP)[0]
        tractable = coefficients["r_t"].args[0].cond
        threshold = t.hyperparameters["threshold"]
        named = {ratio: r}
        shown = ratio.subs(length, rho).subs(limit, longest)
        lines += [rf"\rho_\infty &= {_tex(limit, names)}",
                  rf"\rho_t &= {_tex(length.subs(limit, longest), names)}",
                  rf"r_t &= {_tex(shown, names)} \quad (\rho_t > {threshold})"]  # fmt: skip
    synchronizes = [c for e in new.values() for c in e.atoms(sp.Le) if c.lhs.func is sp.Mod]
    never = dict.fromkeys(synchronizes, sp.false)
    known: list[tuple[Any, Any]] = []
    order = sorted(new, key=lambda s: sp.count_ops(new[s].xreplace(never)))
    for symbol in order:
        value = new[symbol].xreplace(never)
        if value == symbol:
            continue
        plus = sp.Symbol(rf"{sp.latex(names[symbol])}^{{+}}")
        cases = [(value, "")]
        if tractable is not None and value.has(tractable):
            cases = [(value.xreplace({tractable: truth}).xreplace(named), words) for truth, words in (
                (sp.true, rf" \quad \text{{if }} \rho_t > {threshold}"),
                (sp.false, r" \quad \text{otherwise}"))]  # fmt: skip
        for case, words in cases:
            short = case
            for before, old in known:
                short = short.subs(old, before)
            lines.append(rf"{sp.latex(plus)} &= {_tex(short, names)}{words}")
        known.insert(0, (plus, value))
    if synchronizes:
        fast, slow = t.theta, t.state[-1]
        stepped = sp.Symbol("stepped")
        always = dict.fromkeys(synchronizes, sp.true)
        after = new[slow].xreplace(always).subs(new[fast].xreplace(never), stepped)
        plus = rf"{sp.latex(names[fast])}^{{+}}"
        text = _tex(after, {**names, stepped: sp.Symbol(plus)})
        every = r" \quad \text{every } k \text{ steps, and then } "
        lines.append(rf"{sp.latex(names[slow])}^{{+}} &= {text},{every} {plus} \leftarrow "
                     rf"{sp.latex(names[slow])}^{{+}}")  # fmt: skip
    return lines


def _tex(expression: Any, names: Mapping[Any, Any]) -> str:
    modulo = {c: sp.Eq(c.lhs, 0) for c in expression.atoms(sp.Le) if c.lhs.func is sp.Mod}
    expression = expression.xreplace(modulo)
    while norms := [f for f in expression.atoms(AppliedUndef) if f.func.__name__ == "norm"]:
        inner = min(norms, key=lambda f: f.count_ops())
        text = sp.latex(inner.args[0].xreplace(names))
        expression = expression.xreplace(
            {inner: sp.Symbol(rf"\lVert {text} \rVert", positive=True)}
        )
    return sp.latex(expression.xreplace(names))


__all__ = ["aligned", "eigenvalues_tex", "equations", "polynomial_tex", "tex", "traced"]
