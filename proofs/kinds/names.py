"""What names in typed formulas stand for: symbols in a proof, random numbers in a trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_rule
from ..trials.arithmetic import read


class Names(dict[str, Any]):
    """Names for typed formulas: t, n, b, i, k, T are positive integers, the rest real and positive."""

    INTEGERS = ("t", "n", "b", "i", "k", "T", "tau")

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> sp.Symbol:
        integer = True if name in self.INTEGERS else None
        return self.setdefault(name, sp.Symbol(name, positive=True, integer=integer))


class Reals(dict[str, Any]):
    """Every name stands for a real number, ``positive`` ones for a positive, those of integers for an integer."""

    def __init__(self, positive: tuple[str, ...] = (), integers: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.positive, self.integers = positive, integers

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> sp.Symbol:
        given: dict[str, bool] = {"positive": True} if name in self.positive else {"real": True}
        if name in self.integers:
            given["integer"] = True
        return self.setdefault(name, sp.Symbol(name, **given))


def in_domain(domain: tuple[str, ...]) -> Any:
    """Names for formulas in which hypotheses are granted: positive without any, else real.

    A hypothesis ``name > c`` or ``name >= c``, c ≥ 0 and a number, makes its name positive (not c = 0 of ≥).
    """
    if not domain:
        return Names()
    positive = []
    for text in domain:
        relation = parse_rule(text, Reals())
        side, other = relation.gts, relation.lts
        strict = isinstance(relation, sp.StrictGreaterThan | sp.StrictLessThan)
        if side.is_Symbol and other.is_number and (other > 0 or (strict and other >= 0)):
            positive.append(side.name)
    return Reals(tuple(positive), Names.INTEGERS)


def define(names: Any, definitions: Mapping[str, str]) -> None:
    """Parse definitions, each given in what stands before it, into ``names``."""
    for name, text in definitions.items():
        names[name] = parse_rule(text, names)


_BELOW_ONE = ("beta", "beta1", "beta2", "gamma", "rho", "rho1")


def random_values(names: list[str], random: np.random.Generator, unit: tuple[str, ...] = ()) -> Any:
    """Positive numbers; averaging factors below 1, integers where names stand for them."""
    values: dict[str, Any] = {}
    for name in names:
        if name in unit or name in _BELOW_ONE:
            values[name] = random.uniform(0.05, 0.95)
        elif name in Names.INTEGERS:
            values[name] = int(random.integers(2, 9))
        else:
            values[name] = random.uniform(0.2, 3)
    return values


def defined(definitions: Mapping[str, str], names: dict[str, Any]) -> dict[str, Any]:
    """The same in float64: ``names`` with the definitions' values, and the transposes of matrices."""
    for name, text in definitions.items():
        names[name] = read(text, names)
        if np.ndim(names[name]) == 2:
            names[f"{name}T"] = names[name].T
    return names


__all__ = ["Names", "Reals", "in_domain"]
