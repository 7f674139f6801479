r"""Adaptive rules near a minimum: the linear rule that is left when the second moment stands still.

Where v changes slowly (β₂ near 1) an adaptive rule is a momentum method with the step
η/(√v + ε). Freezing its second moment at v = p² makes it a linear rule, of which
:func:`~eigenstep.analysis.derive` gives everything:

>>> from eigenstep.analysis import derive
>>> from eigenstep.optimizers.rules import adam
>>> theory = derive(freeze(adam))
>>> theory.limit                      # of ηλ/√v̂: 38 at β₁ = 0.9
(2*beta1 + 2)/(1 - beta1)
>>> theory.stable_interval(beta1=0.9)[1]
38.0
>>> derive(freeze(adam), p=SCALE).limit
(2*beta1*p + 2*p)/(1 - beta1)
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ...optimizers.domains import POSITIVE, Hyperparameter, Integers
from ...optimizers.errors import DomainError, RuleError, shown
from ...optimizers.rule import Rule, derived
from ..operands import Operand, untraced
from ..reals import real
from ..tracing import INSTEAD, symbol_of, trace
from ..user_code import full_name

_LAST_STEP = 1000
SCALE = sp.Symbol("p", positive=True)
"""√v̂, v̂ the bias-corrected second moment: v is frozen at p²(1 − β₂^t) (AdaMax's u at p)."""


@derived
def freeze(rule: Rule, step: Any = None) -> Rule:
    """The linear rule that an adaptive one is while its second moment stands still.

    ε and weight decay are 0. A rule that distinguishes by ρ_t is taken where that is large enough.

    Args:
        rule: a rule whose update is linear once the state that is not is held fixed.
        step: the step whose bias corrections hold; by default the limit of many steps.

    Returns:
        A rule with the hyperparameter ``p`` > 0, 1 unless it is set, beside those that remain.

    Raises:
        RuleError: nothing is left to freeze, or what is left is not linear.
    """
    if not isinstance(rule, Rule):
        raise RuleError(f"freeze takes a rule (see eigenstep.optimizers.rule), got {shown(rule)}")
    if step is not None and not (isinstance(step, sp.Basic) and step.free_symbols):
        real("step", step, Integers(1))
        if step > _LAST_STEP:  # β^step is a polynomial of that degree
            raise DomainError("step", step, f"step is an integer, 1 <= step <= {_LAST_STEP}")
    return _frozen(rule, step)


@lru_cache(maxsize=64)
def _frozen(rule: Rule, step: Any) -> Rule:
    zero = {k: 0 for k in ("eps", "eps_inside", "weight_decay") if k in rule.hyperparameters}
    free = {k: symbol_of(h) for k, h in rule.hyperparameters.items()
            if not h.convention and k not in rule.fixed and k not in zero}  # fmt: skip
    traced = trace(rule, step=step, **zero, **free)
    g = traced.gradient
    frozen = [s for s, new in zip(traced.state, traced.new_state, strict=True)
              if not _linear(new, (*traced.state, traced.theta, g))]  # fmt: skip
    if not frozen:
        if not _linear(traced.new_theta, (*traced.state, traced.theta, g)):
            raise RuleError(
                f"rule {rule.name} has no state that makes it non-linear: its step "
                f"{shown(traced.new_theta - traced.theta)} is; there is nothing to hold"
            )
        raise RuleError(f"rule {rule.name} is linear already; there is nothing to freeze")
    new = dict(zip(traced.state, traced.new_state, strict=True))
    theta, held = traced.new_theta, []
    for s in reversed(frozen):  # what is computed last is made of the others
        scale = sp.Dummy("held")
        without = theta.subs(new[s], scale)
        if without != theta:
            held.append(s.name)
            theta = without.subs(scale, _at_scale(without, scale))
    if len(held) > 1:
        raise RuleError(
            f"rule {rule.name} steps by {' and '.join(held)}, neither of which is linear; freeze holds "
            "one of them"
        )
    theta = theta.xreplace(_regime(rule, theta, {traced.theta, g, *traced.state}))
    if any(a.exp.q != 1 for a in theta.atoms(sp.Pow) if a.exp.is_Rational):
        raise RuleError(
            f"rule {rule.name} {'' if step is None else f'at step {step} '}carries a root of what is "
            "frozen"
            + ("" if step is None else "; freeze it in the limit of many steps, without a step")
        )
    kept = [s for s in traced.state if s not in frozen]
    outputs = [theta, *(new[s] for s in kept)]
    variables = (*kept, traced.theta, g)
    if any(not _linear(e, variables) or e.free_symbols & set(frozen) for e in outputs):
        raise RuleError(f"rule {rule.name} is not linear when its second moment is held fixed")
    used = {k: v for k, v in free.items() if any(e.has(v) for e in outputs)}
    if "p" in used:
        raise RuleError(
            f"rule {rule.name} has a hyperparameter p, which is what freeze calls the held scale; rename it"
        )
    hyperparameters = {k: h for k, h in rule.hyperparameters.items() if k in used}
    hyperparameters["p"] = Hyperparameter("p", 1.0, POSITIVE, "p", True)

    change = traced.theta - theta
    by_change = not change.has(traced.theta)

    def update(theta: Any, g: Any, *state: Any, **values: Any) -> Any:
        point = {traced.theta: theta, traced.gradient: g, **dict(zip(kept, state, strict=True))}
        point |= {used[k]: values[k] for k in used} | {SCALE: values["p"]}
        if any(isinstance(v, Operand | sp.Basic) for v in point.values()):
            exact = {k: untraced(v) for k, v in point.items()}
            return tuple(e.subs(exact, simultaneous=True) for e in outputs)
        names = list(point)
        first, *rest = [change, *outputs[1:]] if by_change else outputs
        found = [sp.lambdify(names, e, "numpy")(*point.values()) for e in (first, *rest)]
        return (theta - found[0] if by_change else found[0], *found[1:])

    return Rule(update, name=f"{rule.name}_frozen", source=rule.source,
                state=tuple(s.name for s in kept), hyperparameters=hyperparameters)  # fmt: skip


def _at_scale(expression: sp.Expr, held: sp.Dummy) -> sp.Expr:
    """What is held where the step is divided by p: p², over the factor beside it, under a root; else p."""
    roots = [
        a
        for a in expression.atoms(sp.Pow)
        if a.base.has(held) and a.exp.is_Rational and a.exp.q == 2
    ]
    factors = {a.base.as_independent(held, as_Add=False)[0] for a in roots}
    if not roots:
        return SCALE
    return SCALE**2 / factors.pop() if len(factors) == 1 else SCALE**2


def _regime(rule: Rule, theta: sp.Expr, variables: set[sp.Symbol]) -> dict[Any, Any]:
    """By condition of the step's cases, whether it holds: those on a length such as ρ_t do, and those
    by which a layer-wise rule takes the ratio 1.

    Raises:
        RuleError: a case is chosen by θ, the gradient or the state: another rule at every coordinate.
    """
    found = {}
    for case in theta.atoms(sp.Piecewise):
        for _, condition in case.args:
            if condition == sp.true:
                continue
            of_norms = condition.atoms(AppliedUndef)  # of the whole tensor: the ratio is held, at 1
            if condition.free_symbols & variables and not of_norms:
                raise RuleError(
                    f"rule {rule.name} steps by cases of {shown(condition)}, which is not one case near a "
                    "minimum; freeze does not choose"
                )
            found[condition] = sp.true
    return found


def _linear(expression: sp.Expr, variables: tuple[sp.Symbol, ...]) -> bool:
    return all(
        sp.diff(expression, a, b) == 0 for i, a in enumerate(variables) for b in variables[i:]
    )


def _near_a_minimum(rule: Rule) -> str:
    """Which linear rule an adaptive one is near a minimum, in words; empty where it is none."""
    try:
        trace(freeze(rule)).system  # noqa: B018
    except Exception:
        return ""
    name = full_name(rule)
    instead = f"{name}_frozen" if name else "eigenstep.analysis.freeze of it"
    return f"{instead} is what it is near a minimum"


INSTEAD.append(_near_a_minimum)

__all__ = ["SCALE", "freeze"]
