"""A claim of equations about changed code whose trace is the one that the proof is of.

Most of a proof follows from the trace alone: what the code makes of symbols, where it begins, the domains
that are granted. Where all of it is as it was, the proof is, too, and what is left to see is that the
code computes from plain numbers what was traced.

>>> from eigenstep.proofs import ALL_CLAIMS
>>> claim = ALL_CLAIMS["R7.outside"]
>>> still_proved(claim, claim)
True
"""

from __future__ import annotations

from typing import Any

from .kinds.coefficients import step_of_another_coefficient
from .kinds.equations import EquationsClaim, _traced, check_names, starts
from .verdict import Verdict


def still_proved(claim: EquationsClaim, changed: EquationsClaim) -> bool:
    """Whether the proof of ``claim`` is one of ``changed``, which is the same about other code.

    False says nothing: ``changed`` is to be decided.

    Raises:
        Exception: whatever the changed code raises as it is traced.
    """
    check_names(changed)
    seen = _seen(changed)
    if step_of_another_coefficient(changed.rule, changed.fixed) is not None:
        return False
    return seen == _kept(claim)


def _seen(claim: EquationsClaim) -> tuple[Any, ...]:
    """All that a proof takes from the code, its numbers excepted."""
    rule = claim.rule
    given, free = _traced(rule, tuple(claim.fixed.items()))
    hyperparameters = [(k, h.symbol, repr(h.domain), h.is_choice, k in rule.fixed)
                       for k, h in rule.hyperparameters.items()]  # fmt: skip
    return (
        rule.parameter, rule.gradient, rule.state, hyperparameters, free, dict(given.hyperparameters),
        given.theta, given.gradient, given.state, given.new_theta, given.new_state, given.gradient_point,
        dict(given.needs), given.point_needs, starts(given),
    )  # fmt: skip


_KEPT: dict[int, tuple[EquationsClaim, tuple[Any, ...] | None]] = {}
"""By identity of a claim what its proof takes from the code; None where there is no proof."""


def _kept(claim: EquationsClaim) -> tuple[Any, ...] | None:
    if id(claim) not in _KEPT:
        holds = claim.decide()[0] is Verdict.PROVED
        _KEPT[id(claim)] = claim, _seen(claim) if holds else None
    return _KEPT[id(claim)][1]


__all__ = ["still_proved"]
