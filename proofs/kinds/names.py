"""What names in typed formulas stand for: symbols in a proof, random numbers in a trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import ExpressionError, parse_defined, parse_rule
from ...analysis.tracing import STEP, symbol_of, trace
from ...optimizers.errors import EigenstepError
from ...optimizers.rule import Rule
from ..trials.arithmetic import read
from .coefficients import step_of_another_coefficient


class Names(dict[str, Any]):
    """Names for typed formulas: t, n, b, i, k, T are positive integers, the rest real and positive."""

    INTEGERS = ("t", "n", "b", "i", "k", "T", "tau")

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> sp.Symbol:
        integer = True if name in self.INTEGERS else None
        return self.setdefault(name, sp.Symbol(name, positive=True, integer=integer))


class Reals(dict[str, Any]):
    """Every name stands for a real number, those of integers for an integer, with the sign that is known."""

    def __init__(
        self,
        known: Mapping[str, Mapping[str, bool]] = MappingProxyType({}),
        integers: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.known, self.integers = known, integers

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> sp.Symbol:
        given = {"real": True, **self.known.get(name, {})}
        if name in self.integers:
            given = {**given, "integer": True}
        return self.setdefault(name, sp.Symbol(name, **given))


_SIGNS: dict[Any, Callable[[Any], dict[str, bool]]] = {
    sp.Gt: lambda c: {"positive": True} if c >= 0 else {},
    sp.Ge: lambda c: {"positive": True} if c > 0 else {"nonnegative": True} if c == 0 else {},
}


def in_domain(domain: Sequence[str]) -> tuple[Any, list[Any]]:
    """Names for formulas in which hypotheses are granted, and those hypotheses.

    Without any, all names are positive (:class:`Names`). With some, they are real, t, n, b, i, k, T, tau
    integers; a hypothesis ``name > 0`` gives its name that sign.

    Raises:
        ExpressionError: a hypothesis that is no comparison.
    """
    if not domain:
        return Names(), []
    plain = Reals()
    known: dict[str, dict[str, bool]] = {}
    for text in domain:
        relation = parse_rule(text, plain)
        if relation in (sp.true, sp.false):
            continue  # no name is known better by it
        if not isinstance(relation, sp.core.relational.Relational):
            raise ExpressionError(f"the hypothesis {text!r} compares nothing")
        side, other = relation.gts, relation.lts
        kind = sp.Gt if relation.func in (sp.Gt, sp.Lt) else sp.Ge
        if side.is_Symbol and other.is_number:
            known[side.name] = {**known.get(side.name, {}), **_SIGNS[kind](other)}
    names = Reals(known, Names.INTEGERS)
    return names, [h for text in domain for h in hypothesis(text, names)]


class NameCollision(EigenstepError, ValueError):
    """Two things of a claim have one name."""


def hypothesis(text: str, names: Any) -> list[Any]:
    """A typed hypothesis with what it needs to be defined, which it grants as well.

    Raises:
        ExpressionError: it compares nothing.
    """
    found = parse_defined(text, names)
    if not isinstance(found.value, sp.logic.boolalg.Boolean) or found.value.is_Symbol:
        raise ExpressionError(f"{text!r} compares nothing")
    return [*sorted(found.needs, key=sp.default_sort_key), found.value]


def define(names: Any, definitions: Mapping[str, str]) -> None:
    """Parse definitions, each given in what stands before it, into ``names``."""
    for name, text in definitions.items():
        names[name] = parse_defined(text, names)


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


def changes_with_t(rule: Rule, fixed: Mapping[str, Any] = MappingProxyType({})) -> bool:
    """Whether a step of the rule depends on which step it is, as it is traced or as it is run."""
    return _changes(rule, tuple(sorted(fixed.items(), key=str)))


@lru_cache(maxsize=256)
def _changes(rule: Rule, given: tuple[tuple[str, Any], ...]) -> bool:
    fixed = dict(given)
    kept = {k: v if isinstance(v, sp.Basic) or not isinstance(v, str) else parse_rule(v, Reals())
            for k, v in fixed.items() if not rule.hyperparameters[k].is_choice}  # fmt: skip
    choices = {k: v for k, v in fixed.items() if rule.hyperparameters[k].is_choice}
    free = {k: symbol_of(h) for k, h in rule.hyperparameters.items()
            if not h.is_choice and k not in kept and k not in rule.fixed}  # fmt: skip
    found = trace(rule, step=STEP, **choices, **kept, **free)
    if any(STEP in e.free_symbols
           for e in (found.new_theta, *found.new_state, found.gradient_point)):  # fmt: skip
        return True
    numbers = {k: float(v) if isinstance(v, sp.Number) else v for k, v in kept.items()}
    if any(isinstance(v, sp.Basic) for v in numbers.values()):  # tied to another: it is free
        return step_of_another_coefficient(rule, choices) is not None
    return step_of_another_coefficient(rule, {**choices, **numbers}) is not None


__all__ = ["NameCollision", "Names", "Reals", "in_domain"]
