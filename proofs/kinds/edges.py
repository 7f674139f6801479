"""What a rule's code does at a point where its equations say nothing, or divide 0 by 0.

>>> from eigenstep.optimizers.rules import adagrad
>>> still = EdgeClaim("mine", "…", "eigenstep", adagrad, {"eps": 0}, (2.0,), ((0.0,),), {"theta": "2"})
>>> still.prove().verdict.value
'PROVED'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...optimizers.domains import Integers, require
from ...optimizers.errors import DomainError, UnknownName
from ...optimizers.rule import Rule
from ..steps import note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import Evidence, same
from ..trials.rules import by_symbol
from ..verdict import Verdict
from .claim import Claim
from .names import NameCollision

_TOLERANCE = 1e-12
"""Of the value: the few roundings of a step or two."""


@dataclass(frozen=True)
class EdgeClaim(Claim):
    """The code, run in float64 from its own start, gives these values at one point.

    ``settings`` are hyperparameters by name, the others have their defaults; ``theta`` is the tensor and
    ``gradients`` are its gradients, one a step. ``becomes`` is the values after the last step, one
    assignment after the other, of variables of the rule or new names, in terms of the tensor at the start,
    the gradients ``g1``, ``g2``, … (``g`` is the last) and the hyperparameters' symbols. Nothing is claimed
    of other points. ``begin`` is the number of the first of these steps.
    """

    rule: Rule
    settings: Mapping[str, Any]
    theta: tuple[float, ...]
    gradients: tuple[tuple[float, ...], ...]
    becomes: Mapping[str, str]
    begin: int = 1

    def decide(self) -> tuple[Verdict, str, Any]:
        self._check()
        for name, found, said in self._values(slice(None)):
            note(f"{name} = {found}, claimed {said}")
            with np.errstate(all="ignore"):
                close = np.abs(found - said) <= _TOLERANCE * np.maximum(np.abs(found), np.abs(said))
            if not np.all(close | (found == said) | (np.isnan(found) & np.isnan(said))):
                return Verdict.REFUTED, "the code run at the point", {name: found.tolist()}
        return Verdict.PROVED, "the code run at the point", None

    def trial(self) -> Evidence:
        pairs = [(f, s) for _, f, s in self._values(slice(None, None, -1))]
        return same(pairs, f"{self.rule.name} run with the tensor's elements the other way round")

    def _check(self) -> None:
        """Refuse a point at which the rule cannot be run, and names that stand for two things, or nothing."""
        rule = self.rule
        rule.check(
            {k: float(v) if isinstance(v, Fraction) else v for k, v in self.settings.items()}
        )
        require(Integers(1), begin=self.begin)
        own = (rule.parameter, *rule.state)
        if not any(name in own for name in self.becomes):
            raise UnknownName(
                f"variable of {rule.name} among what it becomes", ", ".join(self.becomes), own
            )
        given = {"g", *(f"g{t}" for t in range(1, len(self.gradients) + 1)),
                 *(h.symbol for h in rule.hyperparameters.values() if not h.is_choice)}  # fmt: skip
        for name in self.becomes:
            if name in given and name not in own:
                raise NameCollision(
                    f"claim {self.id}: {name} = … would take the place of another {name}"
                )
        lengths = {len(self.theta), *map(len, self.gradients)}
        if not self.gradients or len(lengths) > 1:
            raise DomainError(
                "gradients",
                self.gradients,
                f"one a step or more, each of {len(self.theta)} elements",
            )

    def _values(self, order: slice) -> Iterator[tuple[str, Any, Any]]:
        rule = self.rule
        values = rule.with_defaults(self.settings)
        start = theta = np.array(self.theta)[order]
        gradients = [np.array(g)[order] for g in self.gradients]
        with np.errstate(all="ignore"):
            state: Any = rule.initial_state(theta, values)
            for t, g in enumerate(gradients, self.begin):
                theta, *state = rule(theta, g, *state, **rule.coefficients(t, values))
            names = {**by_symbol(rule, values), rule.parameter: start, "g": gradients[-1]}
            names |= {f"g{t}": g for t, g in enumerate(gradients, 1)}
            now = {rule.parameter: theta, **dict(zip(rule.state, state, strict=True))}
            for name, text in self.becomes.items():
                names[name] = read(text, names)
                if name in now:
                    said = np.broadcast_to(np.asarray(names[name], float), start.shape)
                    yield name, np.asarray(now[name], float), said

    def mutants(self) -> Iterator[Claim]:
        for name, text in self.becomes.items():
            yield from (replace(self, becomes={**self.becomes, name: m}) for m in changed(text))


__all__ = ["EdgeClaim"]
