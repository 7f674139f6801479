"""The unit of each hyperparameter, a power of curvature, from what a polynomial does with it."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from ..tracing import LAMBDA


def units(coefficients: Sequence[sp.Expr], symbols: Sequence[sp.Symbol]) -> tuple[int, ...] | None:
    """Exponents w for which λ → cλ, x → c^w x leaves every coefficient as it is; None where there are none.

    >>> eta, beta = sp.symbols("eta beta")
    >>> units([eta * LAMBDA - 1 - beta, beta], [eta, beta])
    (-1, 0)
    """
    generators = [*symbols, LAMBDA]
    rows = []
    for coefficient in coefficients:
        above, below = (
            sp.Poly(part, *generators) for part in sp.fraction(sp.together(coefficient))
        )
        if above.is_zero:
            continue
        powers = [*above.monoms(), *below.monoms()]
        rows += [[a - b for a, b in zip(p, powers[0], strict=True)] for p in powers[1:]]
    if not rows:
        return None
    reduced, pivots = sp.Matrix(rows).rref()
    last = len(symbols)
    if last in pivots:
        return None
    found = [sp.Integer(0)] * last
    for row, column in enumerate(pivots):
        found[column] = -reduced[row, last]
    return tuple(int(w) for w in found) if all(w.is_Integer for w in found) else None


__all__ = ["units"]
