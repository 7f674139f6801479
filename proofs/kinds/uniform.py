"""Whether a limit is the same for all values of its parameters, as far as SymPy can have told.

SymPy takes every coefficient for not 0 that is not 0 as a formula: of 1/(1 + n(x − 2)²) it says 0, which at
x = 2 is 1. So a limit is believed only where each coefficient that decides about growth has one sign for all
parameters. Where two parts of a sum grow alike, so must their coefficients together.

>>> n, x = sp.symbols("n x", positive=True)
>>> undecided(1 / (1 + n * (x - 2) ** 2), n), undecided(1 / (1 + n * (x + 2) ** 2), n)
('x**2 - 4*x + 4', None)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from .inequalities import decide_real


def undecided(
    expression: Any, n: sp.Symbol, units: Mapping[Any, sp.Symbol] | None = None
) -> str | None:
    """What could be of either sign, or 0, for some parameters; None where nothing is.

    ``units`` gives κ > 0 of which e^(−κ) was put in for a name in (0, 1).
    """
    try:
        _Signs(n, dict(units or {})).look(sp.sympify(expression))
    except _Undecided as error:
        return str(error)
    except NotImplementedError:
        return str(expression)
    return None


class _Undecided(Exception):
    pass


class _Signs:
    def __init__(self, n: sp.Symbol, units: dict[Any, sp.Symbol]) -> None:
        self.n, self.units = n, units

    def look(self, e: Any) -> None:
        """Every part of an expression that grows with n."""
        if not e.free_symbols - {self.n}:
            return
        if not e.has(self.n):
            self.definite(e)
        elif isinstance(e, sp.Mul):
            fixed, growing = e.as_independent(self.n, as_Add=False)
            self.look(fixed)
            for factor in sp.Mul.make_args(growing):
                self.look(factor)
        elif isinstance(e, sp.Add):
            self.sum(sp.expand(e))
        elif isinstance(e, sp.exp):
            self.look(e.args[0])
        elif isinstance(e, sp.log):
            self.look(e.args[0])
            if sp.limit(e.args[0], self.n, sp.oo) not in (sp.Integer(0), sp.oo):
                raise _Undecided(str(e))
        elif isinstance(e, sp.Pow):
            self.power(e.base, e.exp)
        else:
            raise _Undecided(str(e))

    def power(self, base: Any, exponent: Any) -> None:
        self.look(base)
        self.look(exponent)
        if not base.has(self.n):
            self.definite(base - 1)
        elif exponent.free_symbols - {self.n} and sp.limit(base, self.n, sp.oo) != 1:
            raise _Undecided(f"{base}**({exponent})")

    def sum(self, e: Any) -> None:
        """The terms by how they grow, and those that grow alike together."""
        if not isinstance(e, sp.Add):
            return self.look(e)
        groups: dict[Any, Any] = {}
        for term in e.args:
            fixed, growing = term.as_independent(self.n, as_Add=False)
            groups[growing] = groups.get(growing, sp.Integer(0)) + fixed
        for growing, fixed in groups.items():
            self.definite(fixed)
            self.look(growing)
        left = list(groups.items())
        while left:
            (first, own), *left = left
            alike, others = [(first, sp.Integer(1), own)], []
            for growing, fixed in left:
                ratio = sp.limit(growing / first, self.n, sp.oo)
                if ratio in (sp.Integer(0), sp.oo):
                    others.append((growing, fixed))
                else:
                    alike.append((growing, ratio, fixed))
            self.together(alike)
            left = others
        return None

    def together(self, alike: list[tuple[Any, Any, Any]]) -> None:
        """Parts that grow alike: one coefficient of one sign, or one that stands before a sum of numbers."""
        if len(alike) == 1 or not any(
            (growing * fixed).free_symbols - {self.n} for growing, _, fixed in alike
        ):
            return
        total = sp.Add(*(ratio * fixed for _, ratio, fixed in alike))
        if sp.expand(total) != 0:
            return self.definite(total)
        *_, (_, _, first) = alike
        for growing, _, fixed in alike:
            to_one = isinstance(growing, sp.Pow) and not growing.base.free_symbols - {self.n}
            if growing.free_symbols - {self.n} and not (to_one and len(alike) == 2):
                raise _Undecided(str(growing))
            if not sp.cancel(fixed / first).is_number:
                raise _Undecided(str(total))
        return None

    def definite(self, coefficient: Any) -> None:
        """That what is free of n has one sign, and is not 0."""
        if coefficient.is_positive or coefficient.is_negative:
            return
        plain = sp.expand_power_exp(sp.expand(coefficient)).replace(
            lambda e: (
                isinstance(e, sp.exp) and sp.expand(e.args[0]).as_coeff_Mul()[1] in self.units
            ),
            lambda e: (
                self.units[sp.expand(e.args[0]).as_coeff_Mul()[1]]
                ** -sp.expand(e.args[0]).as_coeff_Mul()[0]
            ),
        )
        granted = [sp.Lt(b, 1, evaluate=False) for b in self.units.values()]
        for kind in (sp.Gt, sp.Lt):
            if decide_real(granted, [kind(plain, 0, evaluate=False)]).holds is True:
                return
        raise _Undecided(str(coefficient))


__all__: list[str] = []
