r"""Where sign-like updates end: exact limit cycles on a quadratic, by running the rule's code on rationals.

An update whose length does not shrink with the gradient cannot settle: sign descent, LARS and LAMB with a
constant learning rate and a constant trust ratio end in a cycle around the minimizer.

>>> from eigenstep.optimizers.rules import lars
>>> cycle = limit_cycle(lars, start="1", settings={"lr": "3/10", "phi": "clipped", "phi_lower": "1",
...                     "phi_upper": "1", "beta": "0"})
>>> cycle.points, cycle.before
((-1/5, 1/10), 4)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from ...optimizers.domains import Integers, require
from ...optimizers.errors import DomainError, EigenstepError
from ...optimizers.rule import Rule
from ..tracing import trace

_LONGEST = 2000
"""Bits of a denominator beyond which a run is not going to repeat."""


class NoCycle(EigenstepError, ValueError):
    """No state was met twice within the steps allowed, or the run left the rational numbers."""


@dataclass(frozen=True)
class LimitCycle:
    """The cycle in which a run ends.

    Attributes:
        points: the parameter's values on the cycle, in order.
        before: steps until the first point of the cycle was met.
        settles: whether the cycle is the minimizer itself.
    """

    points: tuple[sp.Rational, ...]
    before: int

    @property
    def period(self) -> int:
        """How many steps once around takes."""
        return len(self.points)

    @property
    def settles(self) -> bool:
        return self.points == (sp.Integer(0),)

    @property
    def amplitude(self) -> sp.Rational:
        """The largest distance from the minimizer on the cycle."""
        return max(abs(p) for p in self.points)


def limit_cycle(
    rule: Rule,
    *,
    start: Any,
    settings: Mapping[str, Any],
    curvature: Any = 1,
    steps: int = 1000,
) -> LimitCycle:
    """Run a rule on ½λx² in rational arithmetic until parameter and state repeat.

    Args:
        rule: any rule; its coefficients are those in the limit of many steps.
        start: the first θ, a rational number as text, integer or SymPy rational; the state starts at 0.
        settings: hyperparameters, rational likewise, or choices.
        curvature: λ.
        steps: how many to try.

    Raises:
        NoCycle: nothing repeated within ``steps``; a root made the run irrational; or the run only
            tends to a cycle, or to a point, without ever meeting it.
    """
    require(Integers(1), steps=steps)
    choices = {k for k, h in rule.hyperparameters.items() if h.is_choice}
    given = {k: v if k in choices else _rational(v) for k, v in settings.items()}
    defaults = {k: v for k, v in rule.with_defaults(given).items() if k not in given}
    traced = trace(rule, **given, **defaults)
    variables = (traced.theta, *traced.state)
    outputs = [_one_element(e) for e in (traced.new_theta, *traced.new_state)]
    theta, slope = _rational(start), _rational(curvature)
    state = tuple(sp.sympify(s) for s in rule.initial_state(theta, dict(traced.hyperparameters)))
    seen: dict[tuple[Any, ...], int] = {}
    path: list[Any] = []
    for t in range(steps + 1):
        here = (theta, *state)
        if here in seen:
            return LimitCycle(tuple(path[seen[here] :]), seen[here])
        seen[here] = t
        path.append(theta)
        at = dict(zip(variables, here, strict=True))
        at[traced.gradient] = slope * _one_element(traced.gradient_point).subs(at)
        theta, *rest = (e.subs(at) for e in outputs)
        state = tuple(rest)
        if not all(v.is_Rational for v in (theta, *state)):
            raise NoCycle(f"rule {rule.name} left the rational numbers at step {t + 1}: {theta}")
        if any(v.q.bit_length() > _LONGEST for v in (theta, *state)):
            raise NoCycle(
                f"rule {rule.name} only nears a cycle: {t + 1} steps did not repeat exactly"
            )
    raise NoCycle(f"rule {rule.name} met no state twice in steps = {steps}")


def _one_element(expression: sp.Expr) -> sp.Expr:
    """The expression for a tensor of one element, its norm an absolute value; numbers as written."""
    numbers = {f: sp.Rational(str(f)) for f in expression.atoms(sp.Float)}
    return expression.xreplace(numbers).replace(
        lambda e: getattr(e.func, "__name__", "") == "norm", lambda e: sp.Abs(*e.args)
    )


def _rational(value: Any) -> sp.Rational:
    """A number exactly as it is written."""
    if isinstance(value, sp.Basic):
        return value
    try:
        fraction = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise DomainError("number", repr(value), "a rational number, such as 3/10") from None
    return sp.Rational(fraction.numerator, fraction.denominator)


__all__ = ["LimitCycle", "NoCycle", "limit_cycle"]
