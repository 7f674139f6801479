"""What a composition adds to a rule, beside what the rule has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .domains import NONNEGATIVE, Hyperparameter
from .errors import RuleError
from .rule import Rule


def decay_of(default: float, convention: bool = True) -> Hyperparameter:
    return Hyperparameter("weight_decay", default, NONNEGATIVE, "w", convention)


def with_added(inner: Rule, *added: Hyperparameter) -> dict[str, Hyperparameter]:
    for h in added:
        if h.name in inner.hyperparameters:
            raise RuleError(f"rule {inner.name} has {h.name} already; it cannot be added once more")
    return {**inner.hyperparameters, **{h.name: h for h in added}}


def remembers_nothing(inner: Rule, composition: str) -> None:
    """Raise where a rule's coefficients remember something, whose steps the composition would change."""
    if inner.memory is not None:
        raise RuleError(
            f"{composition} of rule {inner.name}: its coefficients remember {', '.join(inner.memory.start)} "
            "from step to step, which this composition would change"
        )


def joined(inner: Rule, found: Mapping[str, Any], **added: Any) -> dict[str, Any]:
    """The inner rule's coefficients and those that are added.

    Raises:
        RuleError: one of them would take the place of the inner rule's.
    """
    for name in added:
        if name in found:
            raise RuleError(
                f"rule {inner.name} has a coefficient {name} already, which is added to it; rename it"
            )
    return {**found, **added}
