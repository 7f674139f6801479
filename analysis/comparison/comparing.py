r"""Find which rule, and which convention of it, somebody else's optimizer computes.

The target and every candidate rule are given the same gradients. A candidate matches when, at every
step, no coordinate is further from the target's than 1e-10 of the distance that it has travelled (plus
the rounding of the additions themselves).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...optimizers.rule import Rule
from .conventions import Candidate, all_rules, candidates, run_rule
from .problems import SHAPES, problem
from .targets import Target, TargetError

TOLERANCE = 1e-10
"""Largest difference of a match, relative to the distance that the coordinate has travelled."""
_LIBRARIES = {"pytorch_optimizer": "pytorch-optimizer", "torch_optimizer": "torch-optimizer"}


@dataclass(frozen=True)
class Departure:
    """The first step and coordinate at which the rule leaves the target."""

    step: int
    tensor: int
    coordinate: tuple[int, ...]
    target: float
    rule: float


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
    """

    target: str
    match: bool
    nearest: Candidate
    difference: float
    departure: Departure | None
    tried: int
    library: str = ""

    @property
    def convention(self) -> str | None:
        """The nearest's convention by name, the target's own library first; None if it has none."""
        own = _LIBRARIES.get(self.library, self.library)
        names = self.nearest.known_as
        return own if own in names and "paper" not in names else next(iter(names), None)

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
            return (f"{self.target} computes {said}\n"
                    f"largest difference: {self.difference:.1e} of the distance travelled")  # fmt: skip
        place = ", ".join(map(str, d.coordinate))
        return (
            f"{self.target} computes none of the {self.tried} conventions tried\n"
            f"nearest: {said}\n"
            f"departs at step {d.step}, tensor {d.tensor}, coordinate ({place}): "
            f"{d.target:.17g}, where the rule has {d.rule:.17g}"
        )

    def as_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        d = self.departure
        return {
            "target": self.target, "match": self.match, "rule": self.nearest.rule.name,
            "convention": self.convention, "conventions": self.nearest.conventions,
            "weight_decay": self.nearest.decay,
            "hyperparameters": dict(self.nearest.values),
            "difference": self.difference if math.isfinite(self.difference) else None,
            "departure": None if d is None else {
                "step": d.step, "tensor": d.tensor, "coordinate": list(d.coordinate),
                "target": d.target if math.isfinite(d.target) else str(d.target),
                "rule": d.rule if math.isfinite(d.rule) else str(d.rule)},
            "tried": self.tried,
        }  # fmt: skip


def _differences(target: np.ndarray, rule: np.ndarray) -> np.ndarray:
    """Each coordinate's distance after each step, relative to the distance travelled."""
    with np.errstate(all="ignore"):
        moves = np.abs(np.diff(target, axis=0))
        travelled = np.cumsum(moves, axis=0)
        steps = np.arange(1, len(target))[:, None]
        size = np.maximum.accumulate(np.abs(target[1:]), axis=0)
        rounding = 4 * np.finfo(float).eps * steps * size
        apart = np.abs(target[1:] - rule[1:])
        relative = np.where(apart <= rounding, 0.0, apart / travelled)
    both_nan = np.isnan(target[1:]) & np.isnan(rule[1:])
    return np.where(both_nan, 0.0, np.where(np.isnan(relative), np.inf, relative))


def _departure(target: Any, rule: Any, relative: Any, shapes: Any) -> Departure:
    step, index = (int(i[0]) for i in np.nonzero(relative > TOLERANCE))
    sizes = [int(np.prod(s)) for s in shapes]
    tensor, offset = 0, index
    while offset >= sizes[tensor]:
        offset -= sizes[tensor]
        tensor += 1
    place = tuple(int(i) for i in np.unravel_index(offset, shapes[tensor]))
    return Departure(step + 1, tensor, place, float(target[step + 1, index]),
                     float(rule[step + 1, index]))  # fmt: skip


def _plain_name(name: str) -> str:
    return name.rpartition(":")[2].rpartition(".")[2].replace("_", "").lower()


def compare(
    target: Any,
    against: Rule | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    steps: int = 100,
    seed: int = 0,
    shapes: Sequence[tuple[int, ...]] = SHAPES,
    name: str = "",
    advance: Callable[[int], None] | None = None,
) -> Comparison:
    """Which rule under which conventions a target computes.

    Args:
        target: a torch optimizer class, a function of the parameters that returns an optimizer, a
            function that returns an optax transformation, or a :class:`Rule`.
        against: the only rule to try; by default all.
        settings: keyword arguments for the target.
        steps: how many steps to compare, at least 1.
        seed: of the random gradients.
        shapes: of the parameter tensors.
        name: the target's name in the result.
        advance: called after each candidate, for a progress bar.

    Raises:
        TargetError: the target cannot be built or run.

    >>> import torch
    >>> found = compare(torch.optim.RAdam)
    >>> found.match, found.nearest.rule.name, found.convention
    (True, 'radam', 'torch')
    """
    if steps < 1:
        raise TargetError(f"steps = {steps} is out of its domain: steps is an integer, 1 <= steps")
    start, gradients = problem(steps, seed, shapes)
    runner = Target(target, settings, name)
    rows = runner.run(start, gradients)
    if not np.any(rows[1:] != rows[:-1]):
        raise TargetError(f"{runner.name} left every parameter as it was")
    numbers = runner.numbers()
    best: tuple[Any, ...] | None = None
    tried = 0
    for order, rule in enumerate([against] if against is not None else all_rules()):
        for candidate in candidates(rule, numbers):
            tried += 1
            try:
                ours = run_rule(candidate, start, gradients)
            except (ZeroDivisionError, OverflowError):
                continue
            relative = _differences(rows, ours)
            worst = float(relative.max())
            matches = worst <= TOLERANCE
            # Among matches the one with the least state and the fewest conventions; else by how
            # many steps agree, whether the name is the same, and how far apart the rest is.
            agree = int(np.argmax((relative > TOLERANCE).any(axis=1))) if not matches else steps
            apart = float(np.nanmedian(np.minimum(relative, 1e300)))
            complexity = len(candidate.conventions) + (candidate.decay is not None)
            other = _plain_name(candidate.rule.name) != _plain_name(runner.name)
            key = (
                -agree,
                other and not matches,
                0.0 if matches else apart,
                len(candidate.rule.state),
                complexity,
                order,
            )
            if best is None or key < best[0]:
                best = (key, candidate, worst, relative, ours, matches)
        if advance:
            advance(1)
    if best is None:
        raise TargetError(f"no rule could be run with the hyperparameters of {runner.name}")
    _, candidate, worst, relative, ours, matches = best
    departure = None if matches else _departure(rows, ours, relative, shapes)
    return Comparison(runner.name, matches, candidate, worst, departure, tried, runner.library)


__all__ = ["TOLERANCE", "Comparison", "Departure", "compare"]
