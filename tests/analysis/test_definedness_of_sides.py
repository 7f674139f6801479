"""A point at which one side is not defined tells two sides apart, whatever else cannot be said there."""

import sympy as sp
from eigenstep.analysis.definedness import Defined
from eigenstep.analysis.equality import all_equal


def test_a_need_that_fails_is_seen_beside_one_that_has_no_value():
    """√(−v) + ε ≠ 0 has no value where v > 0, at which −v ≥ 0 fails: in whichever order both are met."""
    eps = sp.Symbol("eps", positive=True)
    for number in range(8):
        v = sp.Symbol(f"v{number}", real=True)
        sides = [
            Defined(1 / (sp.sqrt(w) + eps), frozenset({w >= 0, sp.Ne(sp.sqrt(w) + eps, 0)}))
            for w in (v, -v)
        ]
        assert all_equal([tuple(sides)]).holds is False
