"""Numbers that the coefficients of a rule remember from step to step.

A product of momenta that change, a sum of weights, OGM's θ_t: each is computed once a step, in float64,
from what it was. An optimizer keeps them in its state; elsewhere they are computed from the first step on.

>>> warm = Memory({"total": 0.0}, lambda t, *, total, lr: {"total": total + lr * min(t, 10)})
>>> warm.at(3, {"lr": 0.5, "beta": 0.9})
{'total': 3.0}
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import RuleError, shown


@dataclass(frozen=True)
class Memory:
    """What is remembered.

    Attributes:
        start: by name, the numbers before the first step.
        next: ``next(t, *, the numbers, some hyperparameters)``, the numbers at step t by name.
    """

    start: Mapping[str, float]
    next: Callable[..., Mapping[str, Any]]

    def after(self, t: Any, past: Mapping[str, Any], hyperparameters: Mapping[str, Any]) -> Any:
        """The numbers at step t, from those of the step before.

        Raises:
            RuleError: ``next`` returned other names than those that are remembered.
        """
        taken = inspect.signature(self.next).parameters.values()
        known = {**hyperparameters, **past}
        if all(p.kind is not p.VAR_KEYWORD for p in taken):
            wanted = [p.name for p in taken if p.kind is p.KEYWORD_ONLY]
            known = {k: known[k] for k in wanted if k in known}
        found = self.next(t, **known)
        if not isinstance(found, Mapping) or found.keys() != self.start.keys():
            names = ", ".join(self.start)
            raise RuleError(f"a memory of {names} became {shown(found)} at step {t}")
        return dict(found)

    def at(self, t: Any, hyperparameters: Mapping[str, Any], name: str = "") -> dict[str, Any]:
        """The numbers at step t, from the first step on.

        Raises:
            RuleError: t is no number of a step.
        """
        try:
            last = int(t)
        except (TypeError, ValueError, RuleError):
            raise RuleError(
                f"rule {name}: its coefficients remember {', '.join(self.start)}, which is known at a "
                "step that is a number only"
            ) from None
        past: dict[str, Any] = dict(self.start)
        for step in range(1, last + 1):
            past = self.after(step, past, hyperparameters)
        return past

    def with_hyperparameters(
        self, change: Callable[[Any, dict[str, Any]], dict[str, Any]]
    ) -> Memory:
        """The same memory of hyperparameters that ``change`` makes of step and hyperparameters."""
        inner = self

        def after(t: Any, **known: Any) -> Mapping[str, Any]:
            past = {k: known.pop(k) for k in inner.start}
            return inner.after(t, past, change(t, known))

        return Memory(self.start, after)


__all__ = ["Memory"]
