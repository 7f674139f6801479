"""What theory says of each of the rules on a quadratic, for the report's one table and its chapters.

A linear rule has its own theory; an adaptive one that of the linear rule which is left while its second
moment (and trust ratio) stand still; Lookahead around one, the stable intervals of a whole cycle.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ...analysis import derive
from ...analysis.adaptive.frozen import freeze
from ...analysis.linear.lookahead import LookaheadTheory
from ...analysis.tracing import ETA
from ...optimizers.rule import Rule
from ...optimizers.rules import ALL_RULES, LINEAR_RULES, radam, ralamb
from ..experiments.final_rate import exact_defaults, final_rate_limit
from ..page.typeset import tex
from ..work import register, result

WITHOUT = {
    "adadelta": "none: its step is measured by its own past steps",
    "lars": "none: its steps keep their length",
    "aggmo": "one of order four, which `eigenstep limit aggmo` derives",
    "signum": "none: its steps keep their length",
    "lion": "none: its steps keep their length",
    "rprop": "none: its steps follow signs",
    "asgd": "none: its step dies out",
    "schedule_free_sgd": "none: the weight of a step in its average dies out",
    "schedule_free_adamw": "none: the weight of a step in its average dies out",
    "mars": "none: its gradients are clipped by their norm",
    "adopt": "none: what it averages is scaled already",
    "laprop": "none: what it averages is scaled already",
}
"""Why some rules have no linear theory in the table."""
_LARGEST_ORDER = 2
"""Of a rule whose tuning and noise are in the table: beyond, they are pages long."""
_LOOKAHEAD = {"ranger": radam, "ranger_lars": ralamb}
_CLOSED = ("adabound", "amsbound")
"""Their bounds close on the constant rate η*, whatever η is."""


_NOTHING: dict[str, Any] = {
    "kind": "none",
    "limit": "",
    "at": None,
    "rate": "",
    "noise": "",
    "floor": "",
}


def theory_of(rule: Rule) -> Any:
    """The theory of a linear rule, or of what an adaptive one is while its second moment stands still."""
    return derive(rule if rule.name in LINEAR_RULES else freeze(rule))


def positive_fraction(expression: Any) -> sp.Expr:
    """A fraction of factors in β < 1, each written so that it is positive."""
    sides = []
    for side in sp.fraction(sp.factor(expression)):
        factors = sp.Mul.make_args(side)
        at = [f.subs(dict.fromkeys(f.free_symbols, sp.Rational(1, 2))) for f in factors]
        sides.append(sp.Mul(*[-f if v < 0 else f for f, v in zip(factors, at, strict=True)]))
    return sides[0] / sides[1]


def _small(noise: sp.Expr, eta: sp.Symbol) -> sp.Expr:
    """The noise floor at a small learning rate: its first term."""
    return sp.Mul(eta, positive_fraction(sp.limit(noise / eta, eta, 0)), evaluate=False).doit()


def _lookahead(rule: Rule, inner: Rule) -> dict[str, Any]:
    """The first stable interval of a cycle at the rule's own β₁, k and α."""
    k, alpha, beta1 = (rule.hyperparameters[n].default for n in ("k", "alpha", "beta1"))
    cycle = LookaheadTheory(freeze(inner), k=k, alpha=sp.nsimplify(alpha))
    first = cycle.stable_intervals(beta1=beta1)[0][1]
    setting = {"k": k, "alpha": alpha, "beta1": beta1}
    return {**_NOTHING, "kind": "lookahead", "at": first, "setting": setting}


def _row(rule: Rule, theory: Any) -> dict[str, Any]:
    defaults = exact_defaults(theory, rule)
    kind = "linear" if rule.name in LINEAR_RULES else "frozen"
    rate, eta = sp.Symbol(r"\tilde\eta"), ETA
    small = theory.system.order <= _LARGEST_ORDER
    if rule.name in _CLOSED:
        kind, rate, eta = "bounded", sp.Symbol(r"\eta^*"), theory.trace.free["final_lr"]
        limit, tuned = final_rate_limit(theory), None
    else:
        limit, tuned = sp.sympify(theory.limit), theory.closed_tuning if small else None
    row = {
        **_NOTHING, "kind": kind, "limit": tex(positive_fraction(limit)),
        "at": float(limit.subs(defaults)), "rate": tex(tuned.exact["rate"]) if tuned else "",
    }  # fmt: skip
    if not small:
        return row
    noise = theory.noise.variance
    return {
        **row,
        "noise": tex(noise if kind == "linear" else noise.subs(eta, rate)),
        "floor": tex(_small(noise, eta).subs(eta, eta if kind == "linear" else rate)),
    }  # fmt: skip


def rule_theory() -> dict[str, dict[str, Any]]:
    """By rule: ``kind`` (linear, frozen, bounded, lookahead or none); TeX of ``limit`` (of ηλ; of η̃λ with
    η̃ = η/√v̂ where frozen; of η*λ where bounded), ``rate``, ``noise`` and ``floor``, the noise at a small
    rate; ``at``, the limit at the rule's β.
    """
    found: dict[str, dict[str, Any]] = {}
    alike: dict[Any, dict[str, Any]] = {}
    for name, rule in ALL_RULES.items():
        if name in WITHOUT:
            found[name] = _NOTHING
        elif name in _LOOKAHEAD:
            found[name] = _lookahead(rule, _LOOKAHEAD[name])
        else:
            theory = theory_of(rule)
            # Adam, AMSGrad, Yogi … are one when frozen; Adagrad is gradient descent in η̃, not in η.
            key = (
                name in LINEAR_RULES,
                theory.matrix.as_immutable(),
                theory.system.B.as_immutable(),
            )
            if key not in alike:
                alike[key] = _row(rule, theory)
            found[name] = alike[key]
    return found


register("table:rules", rule_theory)


def known_theory() -> dict[str, dict[str, Any]]:
    """The same, made once."""
    return result("table:rules")


def stable_words(row: dict[str, Any]) -> str:
    """The limit as mathematics, with the quantity that it is a limit of."""
    of = {"linear": r"\eta\lambda", "frozen": r"\tilde\eta\lambda", "bounded": r"\eta^*\lambda",
          "lookahead": r"\tilde\eta\lambda"}  # fmt: skip
    limit = row["limit"] or f"{row['at']:.4g}"
    return rf"$\displaystyle {of[row['kind']]} < {limit}$"


__all__ = [
    "WITHOUT",
    "known_theory",
    "positive_fraction",
    "rule_theory",
    "stable_words",
    "theory_of",
]
