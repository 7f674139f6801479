"""The errors a user can act on. All derive from :class:`EigenstepError`."""

from __future__ import annotations

from collections.abc import Iterable


class EigenstepError(Exception):
    """Base of every error that eigenstep raises on bad input."""


class DomainError(EigenstepError, ValueError):
    """A parameter lies outside its domain.

    The message is one line that names the parameter, the value and the domain.

    >>> str(DomainError("beta", 1.0, "0 <= beta < 1"))
    'beta = 1.0 is outside its domain: 0 <= beta < 1'
    """

    def __init__(self, parameter: str, value: object, domain: str) -> None:
        super().__init__(f"{parameter} = {value} is outside its domain: {domain}")
        self.parameter, self.value, self.domain = parameter, value, domain


class Missing(EigenstepError, TypeError):
    """A parameter that has to be given and was not."""

    def __init__(self, parameter: str, domain: str) -> None:
        super().__init__(f"{parameter} is missing; its domain: {domain}")
        self.parameter, self.domain = parameter, domain


class UnknownName(EigenstepError, LookupError):
    """A name (a rule, a hyperparameter, a figure) that does not exist."""

    def __init__(self, kind: str, name: object, known: Iterable[object]) -> None:
        super().__init__(
            f"there is no {kind} {str(name)!r}; there is: {', '.join(map(str, known))}"
        )
        self.name = name


class RuleError(EigenstepError, TypeError):
    """A function that cannot serve as an update rule, or not for what was asked of it."""


class Undecided(EigenstepError, RuntimeError):
    """A decision procedure gave up (time limit), so nothing may be concluded."""
