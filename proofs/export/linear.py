"""A rule's step on ½λx², run on terms, as a function in Coq."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...optimizers.rule import Rule
from .equations import T
from .terms import ExportError, Term, name_in_coq, term


def step_of(rule: Rule, values: Mapping[str, Any], curvature: Term) -> str:
    """The step as a function of state and parameter.

    Raises:
        ExportError: a rule with more than one state variable.
    """
    names = [*rule.state, rule.parameter]
    if len(names) > 2:
        raise ExportError(
            f"rule {rule.name} has {len(rule.state)} state variables; spectra are exported of one or none"
        )
    *state, theta = (Term.real(name_in_coq(n)) for n in names)
    coefficients = rule.coefficients(T, values)
    point = rule.gradient_point(theta, *state, **coefficients)
    new_theta, *new_state = map(term, rule(theta, curvature * point, *state, **coefficients))
    if any(n.op == "nat" for t in (new_theta, *new_state) for n in t.nodes()):
        raise ExportError(f"rule {rule.name} changes with its step")
    text = ", ".join(t.text for t in (*new_state, new_theta))
    return f"(fun {' '.join(map(name_in_coq, names))} => {f'({text})' if state else text})"


def spectrum(rule: Rule, values: Mapping[str, Any], curvature: Term, where: str) -> str:
    """That all eigenvalues of the step lie somewhere."""
    return f"spectrum{len(rule.state) + 1} {step_of(rule, values, curvature)} {where}"


def columns(rule: Rule, values: Mapping[str, Any], curvature: Term) -> list[list[Term]]:
    """The step's matrix, a row for each variable: what the code makes of unit vectors."""
    count = len(rule.state) + 1
    found = []
    for place in range(count):
        *state, theta = (Term.number(int(k == place)) for k in range(count))
        coefficients = rule.coefficients(T, values)
        point = rule.gradient_point(theta, *state, **coefficients)
        new_theta, *new_state = map(term, rule(theta, curvature * point, *state, **coefficients))
        found.append([*new_state, new_theta])
    return [list(row) for row in zip(*found, strict=True)]
