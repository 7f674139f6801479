"""What a comparison found, in words and as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .conventions import Candidate
from .mapping import Slot
from .problems import SHAPES

_LIBRARIES = {"pytorch_optimizer": "pytorch-optimizer", "torch_optimizer": "torch-optimizer"}


@dataclass(frozen=True)
class Departure:
    """The first step and coordinate at which the rule leaves the target."""

    step: int
    tensor: int
    coordinate: tuple[int, ...]
    target: float
    rule: float
    numbers: str = ""
    """The numbers where it does, if they are not those that were asked for."""


@dataclass(frozen=True)
class Comparison:
    """What a target computes.

    Attributes:
        target: the target's name.
        match: whether a candidate computes the same.
        nearest: the candidate that does, or that comes nearest.
        difference: its largest distance from the target, relative to the distance travelled.
        departure: where the nearest leaves the target; None for a match.
        tried: how many candidates were run.
        left: the target's numbers that are no hyperparameter of the nearest.
        defaults: the nearest's hyperparameters that no number of the target is, left at their defaults.
        confirmed: where the mapping is a guess, whether the two agree at other numbers too; None where
            that was not tried or cannot be.
        shapes: of the parameters.
        note: why those are not the usual ones; empty where they are.
    """

    target: str
    match: bool
    nearest: Candidate
    difference: float
    departure: Departure | None
    tried: int
    library: str = ""
    left: tuple[Slot, ...] = ()
    defaults: tuple[str, ...] = ()
    confirmed: bool | None = None
    shapes: Sequence[tuple[int, ...]] = SHAPES
    note: str = ""

    @property
    def convention(self) -> str | None:
        """The nearest's convention by name, the target's own library first; None if it has none."""
        own = _LIBRARIES.get(self.library, self.library)
        names = self.nearest.known_as
        return own if own in names and "paper" not in names else next(iter(names), None)

    @property
    def mapping(self) -> dict[str, str]:
        """By hyperparameter of the nearest, the target's number that it is: ``{"beta1": "betas[0]"}``."""
        return {k: str(s) for k, s in self.nearest.mapping.slots.items()}

    @property
    def _unmapped(self) -> list[str]:
        rule = self.nearest.rule
        left = [
            f"the target's {s} = {s.value!r} is no hyperparameter of {rule.name}" for s in self.left
        ]
        return left + [
            f"{rule.name}'s {k} = {self.nearest.values[k]!r} is a default, no number of the target's"
            for k in self.defaults
        ]

    def describe(self) -> str:
        """The answer in words."""
        chosen = [f"{k}={v!r}" for k, v in self.nearest.conventions.items()]
        if self.nearest.decay:
            chosen.append(f"{self.nearest.decay} weight decay")
        under = f" with {', '.join(chosen)}" if chosen else ""
        known = f" (the {self.convention} convention)" if self.convention else ""
        said = f"{self.nearest.rule.name}{under}{known}"
        d = self.departure
        if d is None:
            lines = [f"{self.target} computes {said}",
                     f"largest difference: {self.difference:.1e} of the distance travelled"]  # fmt: skip
        elif self._unmapped:
            lines = [f"{self.target} agrees with none of the {self.tried} candidates tried, and may compute "
                     "one still: not every number has its counterpart", f"nearest: {said}"]  # fmt: skip
        else:
            lines = [f"{self.target} computes none of the {self.tried} conventions tried",
                     f"nearest: {said}"]  # fmt: skip
        slots = self.nearest.mapping.slots
        renamed = {k: str(s) for k, s in slots.items() if k not in s.names}
        if renamed:
            sure = {True: " (at other numbers too)", None: "", False: " (not at other numbers)"}
            lines.append(f"taken as: {', '.join(f'{v} as {k}' for k, v in renamed.items())}"
                         f"{sure[self.confirmed] if self.nearest.mapping.guessed else ''}")  # fmt: skip
        if self._unmapped:
            lines.append(f"not compared: {'; '.join(self._unmapped)}")
            lines.append("say what is what with --map ARGUMENT=NAME, or --set-rule NAME=VALUE")
        if self.note:
            lines.append(self.note)
        if d is not None:
            place = ", ".join(map(str, d.coordinate))
            lines.append(
                f"departs at step {d.step}, tensor {d.tensor}, coordinate ({place}): "
                f"{d.target:.17g}, where the rule has {d.rule:.17g}"
                + (f", with {d.numbers}" if d.numbers else "")
            )
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        d = self.departure
        return {
            "target": self.target, "match": self.match, "rule": self.nearest.rule.name,
            "convention": self.convention, "conventions": self.nearest.conventions,
            "weight_decay": self.nearest.decay,
            "hyperparameters": dict(self.nearest.values),
            "mapping": self.mapping, "confirmed": self.confirmed,
            "unmapped": {"target": {str(s): s.value for s in self.left},
                         "rule": {k: self.nearest.values[k] for k in self.defaults}},
            "shapes": [list(s) for s in self.shapes],
            "difference": self.difference if math.isfinite(self.difference) else None,
            "departure": None if d is None else {
                "step": d.step, "tensor": d.tensor, "coordinate": list(d.coordinate),
                "target": d.target if math.isfinite(d.target) else str(d.target),
                "rule": d.rule if math.isfinite(d.rule) else str(d.rule),
                "numbers": d.numbers},
            "tried": self.tried,
        }  # fmt: skip


__all__ = ["Comparison", "Departure"]
