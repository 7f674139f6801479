"""Critical damping: where two eigenvalues coincide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from .spectrum import discriminant
from .stability import positive_factors


def critical_damping(
    polynomial: sp.Poly,
    variable: sp.Symbol,
    free: Mapping[str, sp.Symbol],
    domains: Mapping[str, Any],
) -> dict[str, tuple[sp.Expr, ...]]:
    """For each free hyperparameter, its values at which two eigenvalues coincide, in ηλ.

    Only solutions that lie in the hyperparameter's domain for some stable ηλ are kept.

    Args:
        polynomial: the characteristic polynomial in z; where its degree is not 2 nothing is found.
        variable: ηλ.
        free: the hyperparameters' symbols by name.
        domains: of each.
    """
    if polynomial.degree() != 2:
        return {}
    root = sp.Symbol("root_h", positive=True)
    squared = discriminant(polynomial).subs(variable, root**2)
    factors = sp.factor_list(sp.fraction(sp.together(squared))[0])[1]
    found = {}
    for name, symbol in free.items():
        interval = domains[name]
        kept = []
        for factor, _ in factors:
            for solution in sp.roots(sp.Poly(factor, symbol)) if factor.has(symbol) else ():
                others = {s: sp.Rational(1, 3) for s in solution.free_symbols - {root}}
                trials = [
                    sp.N(solution.subs({**others, root: sp.Rational(k, 8)})) for k in (2, 4, 7)
                ]
                if all(v.is_real and float(v) in interval for v in trials):
                    shown = positive_factors(solution, {root: sp.Rational(1, 2)})
                    kept.append(shown.subs(root, sp.sqrt(variable)))
        if kept:
            found[name] = tuple(kept)
    return found


__all__ = ["critical_damping"]
