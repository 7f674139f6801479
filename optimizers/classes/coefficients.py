"""What a rule's coefficients have to be, and what dtypes hold: checked before anything is stepped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from inspect import Parameter
from typing import Any

import torch
from torch import Tensor

from ..domains import REAL, Choice, Integers, Interval
from ..errors import DomainError, EigenstepError, RuleError, _line, shown
from ..rule import Rule, keyword_only
from .arguments import plain

_LARGEST = torch.finfo(torch.float32).max
STEPS = Interval(0, 2.0**53)
"""Numbers of steps; beyond, a float has no next one."""
_DOUBLE = (torch.float64, torch.complex128)


@contextmanager
def told(rule: Rule, what: str) -> Iterator[None]:
    """Within this context what a rule raises becomes a :class:`RuleError` that names it."""
    try:
        yield
    except EigenstepError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise RuleError(f"rule {rule.name}: {what}: {kind}: {_line(str(error))}") from error


@lru_cache(maxsize=256)
def _needs(rule: Rule) -> frozenset[str]:
    """The coefficients that the rule's function takes and has no default for."""
    if rule._takes is None:
        return frozenset()
    found = keyword_only(rule.update).items()
    return frozenset(name for name, p in found if p.default is Parameter.empty)


def is_choice(rule: Rule, name: str, value: Any) -> bool:
    """Whether a coefficient is a choice of the rule, which it may branch on, and not a number."""
    if isinstance(value, str | bool):
        return True
    known = rule.hyperparameters.get(name)
    return (
        known is not None and isinstance(known.domain, Choice | Integers) and value in known.domain
    )


def checked(rule: Rule, stored: Rule, found: Any, t: int) -> dict[str, Any]:
    """The coefficients of step t as choices and floats.

    Args:
        rule: the rule as it was given, for messages and for what it takes.
        stored: the rule as it is run.
        found: what its coefficients returned.

    Raises:
        RuleError: naming the rule, the coefficient and the step.
    """
    if not isinstance(found, Mapping):
        raise RuleError(
            f"rule {rule.name}: its coefficients at step {t} are {shown(found)}, not numbers by name"
        )
    if missing := _needs(rule) - found.keys():
        raise RuleError(
            f"rule {rule.name}: its coefficients at step {t} lack {', '.join(sorted(missing))}"
        )
    return {
        k: v if type(v) is float and v == v else _number(rule, stored, k, v, t)
        for k, v in found.items()
    }


def _number(rule: Rule, stored: Rule, name: str, value: Any, t: int) -> Any:
    value = plain(value)
    if is_choice(stored, name, value):
        return value
    try:
        number = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        number = math.nan
    if math.isnan(number):
        raise RuleError(
            f"rule {rule.name}: its coefficient {name} = {shown(value)} at step {t} is not a number"
        )
    return number


def whole(step: Any) -> int:
    """A number of steps.

    Raises:
        DomainError: it is none.
    """
    value = plain(step)
    if value not in STEPS or value != int(value):
        raise DomainError("step in the state", value, "a number of steps, 0, 1, 2 … 2^53")
    return int(value)


def check_past(values: Mapping[str, Any]) -> None:
    """Raise :class:`DomainError` unless what a state keeps of the past are finite numbers."""
    for name, value in values.items():
        if value is not None and value not in REAL:
            raise DomainError(f"state {name}", value, "a finite number")


def check_fit(rule: Rule, values: Mapping[str, Any], parameters: Iterable[Tensor]) -> None:
    """Raise :class:`DomainError` for a finite number that would be infinite where a parameter is stepped."""
    for name, value in values.items():
        if _LARGEST < abs(value) < math.inf:
            for p in parameters:
                if p.dtype not in _DOUBLE:
                    dtype = str(p.dtype).removeprefix("torch.")
                    raise DomainError(
                        f"{name} of rule {rule.name}", value,
                        f"at most {_LARGEST:.4g}, as a {dtype} parameter is stepped in float32",
                    )  # fmt: skip


def first_value(
    rule: Rule, name: str, real: Tensor, values: Mapping[str, Any], shape: tuple[int, ...]
) -> Tensor:
    """A state variable before the first step, where the rule says it is not zero.

    Raises:
        RuleError: it is neither a number nor a tensor of its shape.
    """
    what = f"the first value of {name}"
    used = {k: values[k] for k in keyword_only(rule.initial[name])}
    check_fit(rule, {k: v for k, v in used.items() if isinstance(v, int | float)}, [real])
    with told(rule, what):
        start = rule.initial_of(name, real, values)
    if isinstance(start, Tensor):
        if start.ndim and start.shape != shape:
            raise RuleError(
                f"rule {rule.name}: {what} has the shape {tuple(start.shape)}, the parameter "
                f"{tuple(real.shape)}, so that it should be {shape}"
            )
        ok = not start.is_complex()
    else:
        ok = isinstance(start, int | float) and not isinstance(start, bool)
    if not ok:
        raise RuleError(f"rule {rule.name}: {what} is {shown(start)}, not real numbers")
    with told(rule, what):
        like = shape == tuple(real.shape)
        blank = torch.empty_like(real, memory_format=torch.preserve_format) if like else (
            real.new_empty(shape))  # fmt: skip
        return blank.copy_(start) if isinstance(start, Tensor) else blank.fill_(start)
