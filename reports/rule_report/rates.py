"""The learning rates that both rules of a report are run at: the same for the two."""

from __future__ import annotations

from ...optimizers.errors import RuleError
from .subject import Subject

RATES = (*(float(f"{digit}e{power}") for power in range(-4, 1) for digit in (1, 2, 5)), 10.0)
"""1, 2 and 5 times the powers of ten from 10⁻⁴, and 10."""


def rates_of(subject: Subject) -> tuple[float, ...]:
    """Those of :data:`RATES` that lie in the domain of the rule's learning rate; one run where it has none."""
    if subject.rate is None:
        return (1.0,)
    domain = subject.rule.hyperparameters[subject.rate].domain
    found = tuple(r for r in RATES if r in domain)
    if not found:
        raise RuleError(
            f"none of the learning rates from {RATES[0]:g} to {RATES[-1]:g} lies in the domain of "
            f"{subject.rate}: {domain.describe(subject.rate)}"
        )
    return found


def said_rate(subject: Subject, rate: float) -> str:
    """A learning rate in words, with a mark where it is an end of what was tried."""
    if subject.rate is None:
        return "(has none)"
    tried = rates_of(subject)
    at_end = (
        " (the least tried)"
        if rate == tried[0]
        else " (the most tried)"
        if rate == tried[-1]
        else ""
    )
    return f"{rate:g}{at_end}"
