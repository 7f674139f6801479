"""The errors a user can act on. All derive from :class:`EigenstepError`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def shown(value: object, longest: int = 80) -> str:
    """A value in one short line, whatever it is.

    >>> shown("x" * 100, 10)
    "'xxxxx ..."
    """
    if isinstance(value, str):
        return _line(repr(value), longest)
    try:
        return _line(str(value), longest)
    except Exception:  # an integer of more digits than Python prints, or somebody's own __str__
        return f"a {type(value).__name__} that cannot be shown"


def _line(text: str, longest: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 4]} ..."


class EigenstepError(Exception):
    """Base of every error that eigenstep raises on bad input."""


class DomainError(EigenstepError, ValueError):
    """A parameter lies outside its domain.

    The message is one line that names the parameter, the value and the domain.

    >>> str(DomainError("beta", 1.0, "0 <= beta < 1"))
    'beta = 1.0 is outside its domain: 0 <= beta < 1'
    """

    def __init__(self, parameter: str, value: object, domain: str) -> None:
        said = _line(value) if isinstance(value, str) else shown(value)
        super().__init__(f"{parameter} = {said} is outside its domain: {domain}")
        self.parameter, self.value, self.domain = parameter, value, domain

    def __reduce__(self) -> Any:
        return type(self), (self.parameter, self.value, self.domain)


class Missing(EigenstepError, TypeError):
    """A parameter that has to be given and was not."""

    def __init__(self, parameter: str, domain: str) -> None:
        super().__init__(f"{parameter} is missing; its domain: {domain}")
        self.parameter, self.domain = parameter, domain

    def __reduce__(self) -> Any:
        return type(self), (self.parameter, self.domain)


class UnknownName(EigenstepError, LookupError):
    """A name (a rule, a hyperparameter, a figure) that does not exist."""

    def __init__(self, kind: str, name: object, known: Iterable[object]) -> None:
        names = list(map(str, known))
        said = shown(name if isinstance(name, str) else shown(name))
        super().__init__(f"there is no {kind} {said}; there is: {', '.join(names)}")
        self.kind, self.name, self.known = kind, name, names

    def __reduce__(self) -> Any:
        return type(self), (self.kind, self.name, self.known)


class RuleError(EigenstepError, TypeError):
    """A function that cannot serve as an update rule, or not for what was asked of it."""


class Undecided(EigenstepError, RuntimeError):
    """A decision procedure gave up (time limit), so nothing may be concluded."""
