"""Domains of hyperparameters, written as type annotations of a rule's keyword arguments."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from .errors import DomainError

_LARGEST = sys.float_info.max


@dataclass(frozen=True)
class Interval:
    """An interval of real numbers; infinite ends are always open.

    >>> Interval(0, 1, upper_closed=False).describe("beta")
    '0 <= beta < 1'
    """

    lower: float = -math.inf
    upper: float = math.inf
    lower_closed: bool = True
    upper_closed: bool = True

    def __contains__(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        if not abs(value) <= _LARGEST:  # NaN, infinity, an integer beyond every float
            return False
        above = value >= self.lower if self.lower_closed else value > self.lower
        below = value <= self.upper if self.upper_closed else value < self.upper
        return bool(above and below)

    def describe(self, name: str) -> str:
        left = (
            ""
            if self.lower == -math.inf
            else f"{self.lower:g} {'<=' if self.lower_closed else '<'} "
        )
        right = (
            ""
            if self.upper == math.inf
            else f" {'<=' if self.upper_closed else '<'} {self.upper:g}"
        )
        return f"{left}{name}{right}" if left or right else f"{name} is a real number"


@dataclass(frozen=True)
class Choice:
    """One of finitely many named forms of a rule; never a symbol in the theory."""

    values: tuple[object, ...]

    def __contains__(self, value: Any) -> bool:
        return any(type(value) is type(v) and value == v for v in self.values)

    def describe(self, name: str) -> str:
        return f"{name} is one of {', '.join(map(repr, self.values))}"


@dataclass(frozen=True)
class Integers:
    """The integers from ``lower`` on."""

    lower: int

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= self.lower

    def describe(self, name: str) -> str:
        return f"{name} is an integer, {self.lower} <= {name}"


Domain = Interval | Choice | Integers


def require(domain: Domain, **values: Any) -> None:
    """Raise :class:`DomainError` for the first value, by name, that is not in the domain.

    >>> require(Integers(1), steps=3)
    """
    for name, value in values.items():
        if value not in domain:
            raise DomainError(name, value, domain.describe(name))


@dataclass(frozen=True)
class Convention:
    """Marks a real hyperparameter that selects a variant: theory keeps its default unless told."""


@dataclass(frozen=True)
class Named:
    """The symbol that the field writes for a hyperparameter, where it is not the argument's name."""

    symbol: str


REAL = Interval()
NONNEGATIVE = Interval(lower=0)
POSITIVE = Interval(lower=0, lower_closed=False)
UNIT = Interval(0, 1, upper_closed=False)

LearningRate = Annotated[float, NONNEGATIVE, Named("eta")]
NonNegative = Annotated[float, NONNEGATIVE]
Positive = Annotated[float, POSITIVE]
UnitInterval = Annotated[float, UNIT]
"""Half-open: 0 <= x < 1, the domain of a momentum or averaging factor."""


@dataclass(frozen=True)
class Hyperparameter:
    """A hyperparameter of a rule: its default, its domain and the symbol the field writes."""

    name: str
    default: Any
    domain: Domain
    symbol: str
    convention: bool

    @property
    def is_choice(self) -> bool:
        return isinstance(self.domain, Choice)

    def check(self, value: Any) -> None:
        """Raise :class:`DomainError` unless the number or choice lies in the domain."""
        require(self.domain, **{self.name: value})


def hyperparameter_of(name: str, annotation: Any, default: Any) -> Hyperparameter:
    """Read one keyword argument of a rule: ``beta: UnitInterval = 0.9``."""
    marks = getattr(annotation, "__metadata__", ())
    domain = next((m for m in marks if isinstance(m, (Interval, Choice, Integers))), REAL)
    default_symbol = "eta" if name == "lr" else name
    symbol = next((m.symbol for m in marks if isinstance(m, Named)), default_symbol)
    convention = isinstance(domain, Choice) or any(isinstance(m, Convention) for m in marks)
    if default is not None and default not in domain:
        raise DomainError(f"default of {name}", default, domain.describe(name))
    return Hyperparameter(name, default, domain, symbol, convention)


def check_all(hyperparameters: Mapping[str, Hyperparameter], values: Mapping[str, Any]) -> None:
    """Check every value that is a plain number or choice against its domain."""
    for name, value in values.items():
        hyperparameters[name].check(value)
