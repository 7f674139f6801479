"""Worst cases asked by name: what is given is checked, a point or arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...optimizers.domains import POSITIVE
from ...optimizers.errors import DomainError, Missing, RuleError, UnknownName
from ..reals import real, real_array
from .maps import WorstCaseMap, over_arrays
from .theory import Theory
from .transfer import Transfer
from .verdicts import WorstCase, at_point

_OWN = ("mu", "L", "finish")


def check_class(mu: Any, largest: Any) -> tuple[Any, Any]:
    """μ and L, exact or as arrays.

    Raises:
        DomainError: unless 0 < μ < L are finite.
    """
    ends = [
        (real_array if np.ndim(v) else real)(k, v, POSITIVE)
        for k, v in (("mu", mu), ("L", largest))
    ]
    if not np.all(np.less(*ends)) if any(map(np.ndim, ends)) else not ends[0] < ends[1]:
        raise DomainError(
            "mu", mu, f"0 < mu < L, where L = {largest}; with mu = L there is only one quadratic"
        )
    return ends[0], ends[1]


def values_of(theory: Theory, found: Transfer, given: Mapping[str, Any]) -> dict[str, Any]:
    """The hyperparameters that enter the rule's transfer function, checked."""
    for name in given:
        if name not in theory.trace.free:
            raise UnknownName(f"free parameter of {theory.rule.name}", name, theory.trace.free)
    values = {}
    for name in theory.trace.free:
        domain = theory.rule.hyperparameters[name].domain
        if name not in given:
            if name in found.symbols:
                raise Missing(name, domain.describe(name))
            continue
        value = given[name]
        values[name] = (real_array if np.ndim(value) else real)(name, value, domain)
    theory.points.check_conditions({theory.trace.free[k]: v for k, v in values.items()})
    return {k: v for k, v in values.items() if k in found.symbols}


def worst_case(
    theory: Theory, mu: Any, largest: Any, given: Mapping[str, Any], finish: bool = True
) -> WorstCase | WorstCaseMap:
    """See :meth:`eigenstep.analysis.linear.derivation.Derivation.worst_case`."""
    taken = [k for k in _OWN if k in theory.trace.free]
    if taken:
        raise RuleError(
            f"rule {theory.rule.name}: its hyperparameter {taken[0]} has the name of what worst_case "
            f"takes; set it in the theory: derive(rule, {taken[0]}=…)"
        )
    found = theory.transfer
    mu, largest = check_class(mu, largest)
    values = values_of(theory, found, given)
    if any(isinstance(v, np.ndarray) for v in (mu, largest, *values.values())):
        return over_arrays(theory, found, mu, largest, values, finish)
    return at_point(theory, found, mu, largest, values)


__all__ = ["check_class", "values_of", "worst_case"]
