"""A parameter's state: what it begins with, and the shape that each of its variables has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..errors import DomainError, RuleError, shown
from ..rule import Rule
from ..shapes import LEFT, RIGHT
from .coefficients import first_value

MEMORY = "memory_"
"""Prefix, in a parameter's state, of the numbers that the rule's coefficients remember."""
LARGEST = 10_000
"""Rows of a square matrix of the state: 400 megabytes of float32, and minutes for its eigenvectors."""


def memory_names(rule: Rule) -> tuple[str, ...]:
    """What a parameter's state calls the numbers that the rule's coefficients remember."""
    return tuple(MEMORY + n for n in (rule.memory.start if rule.memory else ()))


def shape_of(rule: Rule, name: str, parameter: Tensor) -> tuple[int, ...]:
    """The shape of a state variable that is a tensor; a vector is a matrix of one row."""
    shape = tuple(parameter.shape)
    if rule.shape(name).matrix:
        shape = (*[1] * (2 - len(shape)), *shape)
    return rule.shape(name).of(shape)


def begun(
    rule: Rule, parameter: Tensor, missing: Iterable[str], values: Mapping[str, Any]
) -> dict[str, Any]:
    """The first values of the state variables that a parameter lacks.

    Raises:
        RuleError: the rule says of one something that it cannot be.
    """
    if rule.matrices and parameter.is_complex():
        raise RuleError(f"rule {rule.name} takes real matrices; the parameter is {parameter.dtype}")
    for name in missing:
        rows = shape_of(rule, name, parameter)[-2:] if rule.shape(name) in (LEFT, RIGHT) else (0,)
        if rows[0] > LARGEST:
            raise RuleError(
                f"rule {rule.name} keeps a {rows[0]} x {rows[0]} matrix for a parameter of the shape "
                f"{tuple(parameter.shape)}, of more than {LARGEST} rows; give it another optimizer"
            )
    found: dict[str, Any] = {}
    with torch.inference_mode(False):  # so that steps outside that mode may change it, too
        for name in missing:
            if name in rule.numbers:
                found[name] = _first_number(rule, name, parameter, values)
            elif name not in rule.initial:
                like = shape_of(rule, name, parameter) == tuple(parameter.shape)
                found[name] = torch.zeros_like(parameter, memory_format=torch.preserve_format) if like else (
                    parameter.detach().new_zeros(shape_of(rule, name, parameter)))  # fmt: skip
            else:
                whole = parameter.detach()
                real = torch.view_as_real(whole) if whole.is_complex() else whole
                if rule.shape(name).matrix:
                    real = real.reshape(*[1] * (2 - real.ndim), *real.shape)
                start = first_value(
                    rule, name, real, values, rule.shape(name).of(tuple(real.shape))
                )
                found[name] = torch.view_as_complex(start) if whole.is_complex() else start
    return found


def _first_number(rule: Rule, name: str, parameter: Tensor, values: Mapping[str, Any]) -> float:
    if name not in rule.initial:
        return 0.0
    start = rule.initial_of(name, parameter.detach(), values)
    if isinstance(start, Tensor) and start.numel() == 1:
        start = start.item()
    if not isinstance(start, int | float) or isinstance(start, bool):
        raise RuleError(
            f"rule {rule.name}: the first value of {name} is {shown(start)}, not a number"
        )
    return float(start)


def check_given(rule: Rule, state: Mapping[str, Any]) -> None:
    """Raise where a parameter was given nothing, before its first step, of what its rule is to be given."""
    for name in rule.given:
        if state.get(f"{name}_is_new") == 0:
            raise RuleError(
                f"rule {rule.name} was given no {name} before a parameter's first step: "
                f"optimizer.give({name}=[a tensor for each parameter])"
            )


def fitting(rule: Rule, name: str, parameter: Tensor, value: Any) -> Tensor:
    """A tensor that is given for a state variable, as it is kept.

    Raises:
        DomainError: it is no tensor of the parameter's shape.
    """
    if not isinstance(value, Tensor) or value.shape != parameter.shape:
        what = tuple(value.shape) if isinstance(value, Tensor) else shown(value)
        raise DomainError(
            f"{name} of rule {rule.name}", what, f"a tensor of the shape {tuple(parameter.shape)}"
        )
    return value.detach().to(parameter.dtype).to(parameter.device, copy=True)


__all__ = ["MEMORY", "begun", "check_given", "fitting", "memory_names", "shape_of"]
