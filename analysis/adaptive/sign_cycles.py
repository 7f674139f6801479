r"""The cycles in which rules that step by signs end on a quadratic, exactly, with their averages.

Between two changes of a sign such a rule is linear. Over a period whose signs are known it is an affine map;
its fixed points are found by exact linear algebra, and that each sign is what it was taken for, by
inequalities in rational numbers. Which signs to try is seen in a run, which proves nothing and need not.

>>> from eigenstep.optimizers.rules import signum
>>> cycle = sign_cycle(signum, start=0.3, settings={"lr": "1/10", "beta": "0"})
>>> cycle.period, cycle.offsets, cycle.amplitude
(2, (0, 1/10), 1/10)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from ...optimizers.domains import Integers, require
from ...optimizers.errors import RuleError, shown
from ...optimizers.rule import Rule
from ..tracing import Trace, trace
from .limit_cycle import NoCycle, _rational

OFFSET = sp.Symbol("tau", real=True)
"""Where in its cycle a rule without a point of its own is: θ at the cycle's first step."""
_LONGEST = 400


@dataclass(frozen=True)
class SignCycle:
    """A cycle of a sign rule on ½λx².

    Attributes:
        points: θ at each step of it, of τ where the cycle may lie anywhere in ``offsets``.
        offsets: the τ, open, for which it is one; where they are equal τ is that.
        signs: the signs that the rule took at each step.
    """

    points: tuple[sp.Expr, ...]
    offsets: tuple[sp.Rational, sp.Rational]
    signs: tuple[tuple[int, ...], ...]

    @property
    def period(self) -> int:
        """How many steps once around takes."""
        return len(self.points)

    @property
    def amplitude(self) -> sp.Rational:
        """The least upper bound, over all τ, of the largest distance from the minimizer."""
        return max(abs(p.subs(OFFSET, end)) for p in self.points for end in self.offsets)


@dataclass(frozen=True)
class _Pieces:
    """ξ⁺ = Aξ + Σ b_j sgn(s_j ξ), the gradient put in; ξ is the state, then θ."""

    a: sp.Matrix
    b: sp.Matrix
    s: sp.Matrix


def sign_cycle(
    rule: Rule, *, start: Any, settings: Mapping[str, Any], curvature: Any = 1, steps: int = 20_000
) -> SignCycle:
    """The cycle in which a run ends, proved to be one.

    Args:
        rule: a rule that is linear but for the signs of linear expressions (Signum, Lion, sign descent).
        start: the first θ, rational; the state starts at 0.
        settings: hyperparameters, rational, or choices; the others keep their defaults.
        curvature: λ > 0.
        steps: of the run by which the signs are found.

    Raises:
        RuleError: the rule is not of that form.
        NoCycle: the run did not repeat its signs, or what they make is no cycle.
    """
    require(Integers(1), steps=steps)
    choices = {k for k, h in rule.hyperparameters.items() if h.is_choice}
    given = {k: v if k in choices else _rational(v) for k, v in settings.items()}
    defaults = {k: v for k, v in rule.with_defaults(given).items() if k not in given}
    t = trace(rule, **given, **defaults)
    pieces = _pieces(rule, t, _rational(curvature))
    first = [*rule.initial_state(_rational(start), dict(t.hyperparameters)), _rational(start)]
    pattern = _pattern(rule, pieces, first, steps)
    return _proved(rule, pieces, pattern)


def _pieces(rule: Rule, t: Trace, curvature: Any) -> _Pieces:
    xi = (*t.state, t.theta)
    slope = curvature * t.gradient_point
    signs: dict[Any, sp.Dummy] = {}

    def replaced(e: Any) -> Any:
        if isinstance(e, sp.sign):
            return signs.setdefault(e, sp.Dummy(f"s{len(signs)}", real=True))
        return e.func(*map(replaced, e.args)) if e.args else e

    rows = [replaced(e.subs(t.gradient, slope)) for e in (*t.new_state, t.new_theta)]
    inside = [e.args[0] for e in signs]
    if not signs:
        raise RuleError(f"rule {rule.name} takes no sign")
    n = len(xi)
    try:
        table = [sp.Poly(e, *xi, *signs.values()) for e in rows]
        arguments = [sp.Poly(e, *xi) for e in inside]
    except sp.PolynomialError as error:
        raise RuleError(f"rule {rule.name} is not linear but for signs: {shown(error)}") from error
    for p in (*table, *arguments):
        if p.total_degree() > 1 or p.nth(*[0] * len(p.gens)) != 0 or p.free_symbols_in_domain:
            raise RuleError(f"rule {rule.name} is not linear but for signs: {shown(p.as_expr())}")
    both = sp.Matrix([[p.coeff_monomial(g) for g in p.gens] for p in table])
    s = sp.Matrix([[p.coeff_monomial(g) for g in xi] for p in arguments])
    return _Pieces(both[:, :n], both[:, n:], s)


def _pattern(rule: Rule, pieces: _Pieces, first: list[Any], steps: int) -> list[np.ndarray]:
    """The signs of one period, seen at the end of a run in float64."""
    a, b, s = (np.array(m.tolist(), dtype=float) for m in (pieces.a, pieces.b, pieces.s))
    x = np.array([float(v) for v in first])
    seen = []
    for _ in range(steps):
        now = np.sign(s @ x)
        seen.append(now)
        x = a @ x + b @ now
        if not np.all(np.abs(x) < 1e30):
            raise NoCycle(f"rule {rule.name} runs away from the minimizer")
    tail = np.array(seen[-3 * _LONGEST :])
    for period in range(1, min(_LONGEST, len(tail) // 3) + 1):
        if np.array_equal(tail[period:], tail[:-period]):
            return list(tail[-period:])
    raise NoCycle(f"rule {rule.name} repeated its signs in no period up to {_LONGEST}")


def _proved(rule: Rule, pieces: _Pieces, pattern: list[np.ndarray]) -> SignCycle:
    n = pieces.a.rows
    power, shift = sp.eye(n), sp.zeros(n, 1)
    for now in pattern:
        shift = pieces.a * shift + pieces.b * sp.Matrix([int(v) for v in now])
        power = pieces.a * power
    try:
        solution, free = (sp.eye(n) - power).gauss_jordan_solve(shift)
    except ValueError:
        raise NoCycle(f"rule {rule.name}: the signs of the run make no cycle") from None
    if len(free) > 1:
        raise NoCycle(f"rule {rule.name}: the signs of the run leave {len(free)} numbers open")
    if len(free):  # τ is θ at the first step
        (parameter,) = free
        theta = solution[-1]
        if not sp.diff(theta, parameter):
            raise NoCycle(f"rule {rule.name}: the cycle of the run does not say where θ is")
        solution = solution.subs(parameter, sp.solve(theta - OFFSET, parameter)[0])
    low, high = -sp.oo, sp.oo
    points, here = [], solution
    for now in pattern:
        points.append(sp.expand(here[-1]))
        for value, sign in zip(pieces.s * here, now, strict=True):
            low, high = _narrowed(rule, sp.expand(value), int(sign), low, high)
        here = pieces.a * here + pieces.b * sp.Matrix([int(v) for v in now])
    if not len(free):
        low = high = points[0]
    elif not low < high or low == -sp.oo or high == sp.oo:
        raise NoCycle(f"rule {rule.name}: the signs of the run are those of no cycle")
    return SignCycle(tuple(points), (low, high), tuple(tuple(map(int, now)) for now in pattern))


def _narrowed(rule: Rule, value: Any, sign: int, low: Any, high: Any) -> tuple[Any, Any]:
    """The τ of an open interval for which an affine expression has its sign."""
    slope = sp.diff(value, OFFSET)
    if slope == 0:
        if sp.sign(value) != sign:
            raise NoCycle(f"rule {rule.name}: the signs of the run are those of no cycle")
        return low, high
    if sign == 0:
        raise NoCycle(f"rule {rule.name}: a sign is 0 on the run, which no neighbouring one has")
    root = sp.solve(value, OFFSET)[0]
    return (max(low, root), high) if slope * sign > 0 else (low, min(high, root))


__all__ = ["OFFSET", "SignCycle", "sign_cycle"]
