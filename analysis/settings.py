"""What a user sets hyperparameters to: numbers, choices, and expressions in other hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from ..optimizers.domains import Choice, Hyperparameter, Integers
from ..optimizers.errors import EigenstepError
from ..optimizers.rule import Rule
from . import expressions
from .reals import bits, real
from .tracing import symbol_of

_MOST_BITS = 256


class BadSetting(EigenstepError, ValueError):
    """A setting that cannot be used, or contradicts another."""


def choice_of(hyperparameter: Hyperparameter, value: Any) -> Any:
    """One of the choices, as it is or as text: ``"true"``, ``"True"`` and True, ``"before"``, ``"1"``.

    Raises:
        DomainError: it is none of them.
    """
    domain = hyperparameter.domain
    assert isinstance(domain, Choice)
    if isinstance(value, str) and value not in domain:
        named = [v for v in domain.values if str(v).lower() == value.strip().lower()]
        if len(named) == 1:
            return named[0]
    hyperparameter.check(value)
    return value


def value_of(hyperparameter: Hyperparameter, text: str) -> Any:
    """One hyperparameter's value from text: a choice, an int, or a float.

    Raises:
        DomainError: it lies outside the domain.
        ExpressionError: it is not a number.
    """
    if hyperparameter.is_choice:
        return choice_of(hyperparameter, text)
    number = real(hyperparameter.name, expressions.parse(text, {}), hyperparameter.domain)
    if isinstance(hyperparameter.domain, Integers):
        return int(number)
    value = float(number)
    hyperparameter.check(value)  # rounding may have led out of an open end
    return value


def resolve(rule: Rule, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting as a choice, an exact number, or a rational function of what stays free.

    A name in an expression stands for what it is set to, where it is set, and otherwise for its symbol. A
    hyperparameter set to itself stays free.

    Raises:
        UnknownName, DomainError, ExpressionError: a name, a value or a text that cannot be used.
        BadSetting: settings in terms of each other, and expressions that are not rational functions.

    >>> from eigenstep.optimizers.rules import heavy_ball
    >>> resolve(heavy_ball, {"dampening": "beta/2", "beta": "0.5"})
    {'dampening': 1/4, 'beta': 1/2}
    """
    symbols = {k: symbol_of(h) for k, h in rule.hyperparameters.items() if not h.is_choice}
    names = {s: k for k, s in symbols.items()}
    found: dict[str, Any] = {}
    for name, value in given.items():
        rule._check_name(name)
        h = rule.hyperparameters[name]
        if h.is_choice:
            found[name] = choice_of(h, value)
            continue
        if isinstance(value, str):
            value = expressions.parse(value, symbols)
        if isinstance(value, sp.Expr) and value.free_symbols:
            _check_rational(name, value)
            found[name] = value
        else:
            found[name] = real(name, value, h.domain)
            if not found[name].is_Rational:
                raise BadSetting(
                    f"{name} = {found[name]} is irrational, and theory is exact: leave it free and set it "
                    "where the theory is evaluated"
                )
            if bits(found[name]) > _MOST_BITS:
                raise BadSetting(
                    f"{name} has more than {_MOST_BITS} bits as a fraction, more than exact theory is "
                    "derived with"
                )
    known = {symbols[k]: v for k, v in found.items() if k in symbols and v != symbols[k]}
    for name, value in found.items():
        for _ in range(len(known)):
            if not (isinstance(value, sp.Expr) and value.free_symbols & known.keys()):
                break
            if value.free_symbols & {symbols[name]} and value != symbols[name]:
                break
            value = value.subs(known, simultaneous=True)
        if isinstance(value, sp.Expr) and value.free_symbols & known.keys():
            others = sorted(names[s] for s in value.free_symbols & known.keys())
            raise BadSetting(f"{name} is set in terms of itself, through {', '.join(others)}")
        if name in symbols and isinstance(value, sp.Expr) and not value.free_symbols:
            if not value.is_finite:
                raise BadSetting(f"{name} = {given[name]} divides by zero at these values")
            said = f"{name} = {given[name]}" if isinstance(given[name], str) else name
            real(said if found[name] != value else name, value, rule.hyperparameters[name].domain)
        found[name] = value
    mentioned = {s for v in found.values() if isinstance(v, sp.Expr) for s in v.free_symbols}
    for symbol in sorted(mentioned & names.keys(), key=str):
        found.setdefault(names[symbol], symbol)  # a convention, too, is then free
    return found


def _check_rational(name: str, value: sp.Expr) -> None:
    numbers = all(n.is_Rational for n in value.atoms(sp.Number, sp.NumberSymbol))
    powers = all(p.exp.is_Integer for p in value.atoms(sp.Pow))
    if not (numbers and powers and value.is_rational_function()) or value.atoms(sp.Function):
        raise BadSetting(
            f"{name} = {value} is not a rational function of the other hyperparameters, with rational "
            "numbers"
        )
