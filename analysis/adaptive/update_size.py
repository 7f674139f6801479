r"""How long a rule's steps are: on pure noise, and at most.

On gradients that are noise, independent with mean 0 and variance 1, a step Δ = θ⁺ − θ is a sum of the last
gradients with fixed weights once the second moment stands still at that variance; its variance is the sum of
their squares. It is by this that learning rates of two rules are matched:

>>> from eigenstep.analysis import freeze
>>> from eigenstep.optimizers.rules import adam
>>> noise_rms(freeze(adam))
eta*sqrt(1 - beta1)/sqrt(beta1 + 1)
>>> round(float(noise_rms(freeze(adam), beta1=0.9, lr=1)), 4)
0.2294
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from ...optimizers.errors import RuleError, shown
from ...optimizers.rule import Rule
from ..linear.noise import solve_lyapunov
from ..tracing import trace


def noise_rms(rule: Rule, **hyperparameters: Any) -> sp.Expr:
    """The root mean square of a step on gradient noise of variance 1, after many steps.

    Args:
        rule: a rule that is linear in state and gradient; for an adaptive one, ``freeze`` of it, whose
            p = 1 is that variance.
        hyperparameters: values for some of them.

    Raises:
        RuleError: the rule is not linear, or its steps depend on where the parameter is.
    """
    system = trace(rule, **hyperparameters).system
    a, b = system.A, system.B
    inner, kick = a[:-1, :-1], b[:-1, :]
    if a[-1, -1] != 1 or any(x != 0 for x in a[:-1, -1]):
        raise RuleError(
            f"rule {rule.name}: its step depends on where the parameter is, and has no size on noise alone"
        )
    read = a[-1, :-1]  # of the state before this gradient, independent of it
    square = b[-1, 0] ** 2
    if inner.rows:
        try:
            covariance = solve_lyapunov(inner, kick * kick.T)
        except RuleError as error:
            raise RuleError(
                f"rule {rule.name}: its state adds up noise without forgetting it"
            ) from error
        square += (read * covariance * read.T)[0, 0]
    return sp.sqrt(sp.factor(square))


@dataclass(frozen=True)
class Box:
    """Where a rule with bounded steps and decoupled weight decay stays.

    Attributes:
        step: a bound of |θ⁺ − kθ|, whatever the gradients.
        factor: k, by which θ is multiplied in each step.
        radius: step/(1 − k): from a start with |θ| ≤ radius it is never left, from any other it is neared
            geometrically.
        condition: what makes that true, 0 ≤ k < 1.
    """

    step: sp.Expr
    factor: sp.Expr
    radius: sp.Expr
    condition: Any


def box(rule: Rule, **hyperparameters: Any) -> Box:
    """The box that a rule whose steps are bounded does not leave, derived from its trace.

    >>> from eigenstep.optimizers.rules import lion
    >>> box(lion).radius
    1/w

    Raises:
        RuleError: no bound of the steps follows from signs and clipping, or θ is not multiplied by less
            than 1 (without weight decay there is no box).
    """
    t = trace(rule, **hyperparameters)
    bounded: dict[sp.Dummy, Any] = {}
    expression = _without_bounded(t.new_theta, bounded)
    others = expression.free_symbols & {*t.state, t.gradient}
    if others:
        raise RuleError(
            f"rule {rule.name}: no bound of its steps was found: they grow with "
            f"{', '.join(sorted(map(str, others)))} in {shown(expression)}"
        )
    expression = sp.expand(expression)
    try:
        polynomial = sp.Poly(expression, t.theta, *bounded)
    except sp.PolynomialError as error:
        raise RuleError(
            f"rule {rule.name}: no bound of its steps was found: {shown(expression)}"
        ) from error
    if polynomial.total_degree() > 1 or polynomial.coeff_monomial(1) != 0:
        raise RuleError(f"rule {rule.name}: no bound of its steps was found: {shown(expression)}")
    factor = sp.factor(polynomial.coeff_monomial(t.theta))
    step = sp.Add(*(sp.Abs(polynomial.coeff_monomial(s)) * most for s, most in bounded.items()))
    if factor == 1:
        raise RuleError(
            f"rule {rule.name} has no weight decay that is decoupled, and so no box: θ⁺ = θ + u"
        )
    condition = sp.And(sp.Le(0, factor), sp.Lt(factor, 1))
    return Box(step, factor, sp.cancel(step / (1 - factor)), condition)


def _without_bounded(expression: Any, bounded: dict[sp.Dummy, Any]) -> Any:
    """The expression with what is bounded by itself replaced, and by how much that is bounded."""

    def replaced(e: Any) -> Any:
        most = _bound(e)
        if most is None:
            return e.func(*map(replaced, e.args)) if e.args else e
        symbol = sp.Dummy("u", real=True)
        bounded[symbol] = most
        return symbol

    return replaced(expression)


def _bound(e: Any) -> Any:
    """A bound of |e| that its form shows, or None."""
    if isinstance(e, sp.sign):
        return sp.Integer(1)
    if isinstance(e, sp.Max | sp.Min):  # clip: Min(Max(x, -c), c) and the like
        other = sp.Min if isinstance(e, sp.Max) else sp.Max
        ends = [a for a in e.args if a.is_number]
        inner = [a for a in e.args if isinstance(a, other)]
        if len(e.args) == 2 and ends and inner:
            more = [a for a in inner[0].args if a.is_number]
            if more:
                return sp.Max(abs(ends[0]), abs(more[0]))
    return None


__all__ = ["Box", "box", "noise_rms"]
