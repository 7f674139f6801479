"""``--set NAME=VALUE``: what it changes in a rule, and the point at which its theory is asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...optimizers.errors import EigenstepError, UnknownName, shown


class BadOption(EigenstepError, ValueError):
    """An option or ``--set`` that is malformed, repeated, contradictory or not used by the command."""


def settings_of(settings: list[str] | None, option: str = "--set") -> dict[str, str]:
    """The texts set by an option that may be repeated, by name.

    Raises:
        BadOption: one is malformed or given twice.
    """
    values: dict[str, str] = {}
    for setting in settings or []:
        name, separator, value = setting.partition("=")
        name = name.strip()
        if not separator or not name or not value.strip():
            raise BadOption(f"{option} {shown(setting)} is not of the form NAME=VALUE")
        if name in values:
            raise BadOption(f"{option} {shown(name)} is given twice")
        values[name] = value.strip()
    return values


POINT = ("eta_lambda", "curvature", "lr")
"""What says where on a quadratic the theory is evaluated, beside the free hyperparameters."""


def theory_at(
    rule_name: str,
    settings: list[str] | None,
    into_theory: bool = False,
    hold: list[str] | None = None,
) -> tuple[Any, dict[str, Any]]:
    """The theory of a rule, and the numbers set for what stays free in it.

    A choice, a convention, or an expression in other hyperparameters changes the theory itself;
    a number for any other parameter is only a point at which the theory is evaluated, unless it is
    asked to be set ``into_theory``. With states to ``hold`` it is the theory of the frozen rule.
    """
    given = settings_of(settings)
    check_rule_name(rule_name)
    from ...analysis import derive
    from ...analysis.expressions import ExpressionError, parse
    from ...analysis.loading import load_rule
    from ...analysis.reals import real
    from ...analysis.tracing import symbol_of

    rule = load_rule(rule_name, hold)
    hyperparameters = rule.hyperparameters
    symbols = {k: symbol_of(h) for k, h in hyperparameters.items() if not h.is_choice}
    fixed: dict[str, Any] = {}
    point: dict[str, Any] = {}
    for name, text in given.items():
        if name not in hyperparameters and name not in POINT:
            raise UnknownName(
                f"parameter of {rule.name}", name, dict.fromkeys([*hyperparameters, *POINT])
            )
        if name in hyperparameters and hyperparameters[name].is_choice:
            fixed[name] = text
            continue
        try:
            value = parse(text, symbols)
        except ExpressionError as error:
            raise BadOption(f"--set {name}: {error}") from error
        if name not in hyperparameters:
            if value.free_symbols:
                raise BadOption(f"{name} = {shown(text)} must be a number")
            point[name] = real(name, value)
        elif value.free_symbols or hyperparameters[name].convention:
            fixed[name] = value
        else:
            number = _in_domain(hyperparameters[name], value)
            if into_theory and name != "lr":
                fixed[name] = number
            else:
                point[name] = number
    if set(POINT) <= point.keys() and point["lr"] * point["curvature"] != point["eta_lambda"]:
        raise BadOption(
            f"eta_lambda = {given['eta_lambda']} contradicts lr*curvature = "
            f"{shown(point['lr'] * point['curvature'])}"
        )
    theory = derive(rule, **fixed)
    theory._check_conditions({symbols[k]: v for k, v in point.items() if k in symbols})
    return theory, point


def _in_domain(hyperparameter: Any, value: Any) -> Any:
    """The exact number, or the error that shows it as a decimal."""
    from ...analysis.reals import real
    from ...optimizers.errors import DomainError

    name, domain = hyperparameter.name, hyperparameter.domain
    try:
        return real(name, value, domain)
    except DomainError:
        raise DomainError(name, float(value), domain.describe(name)) from None


def check_rule_name(name: str) -> None:
    """Refuse a name that no rule has before anything is imported to run one."""
    from ...optimizers.rules import SHIPPED_RULES

    key = name.replace("-", "_")
    known = key in SHIPPED_RULES or (
        key.endswith("_frozen") and key[: -len("_frozen")] in SHIPPED_RULES
    )
    if not known and ":" not in name and not name.endswith(".py"):
        from ...analysis.loading import unknown_rule

        raise unknown_rule(name)


def check_used(theory: Any, point: dict[str, Any], command: str, more: Iterable[str] = ()) -> None:
    """Refuse numbers that a command does not compute with."""
    used = list(dict.fromkeys([*theory.free, *more]))
    for name in point:
        if name not in used:
            raise BadOption(
                f"{name} is not used by {command} of {theory.rule.name}; used are "
                f"{', '.join(used) or 'none'}"
            )


def conditions_of(theory: Any) -> str:
    """The conditions that expressions set for hyperparameters put on the free ones."""
    return f"   where {', '.join(map(str, theory.conditions))}" if theory.conditions else ""


def held_in(theory: Any) -> str:
    """What the theory of a frozen rule supposes, a line each; empty for other rules."""
    return "".join(f"\nheld: {words}" for words in theory.rule.held)


def with_held(theory: Any, document: dict[str, Any]) -> dict[str, Any]:
    """A document, with what the theory of a frozen rule supposes."""
    return {**document, "held": list(theory.rule.held)} if theory.rule.held else document
