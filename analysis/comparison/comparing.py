r"""Find which rule, and which convention of it, somebody else's optimizer computes.

The target and every candidate rule are given the same gradients. A candidate matches when, at every
step, no coordinate is further from the target's than 1e-10 of the distance that it has travelled (plus
the rounding of the additions themselves).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...optimizers.errors import EigenstepError, RuleError
from ...optimizers.rule import Rule
from .answer import Comparison, Departure
from .conventions import (
    Candidate,
    all_rules,
    of_eigenstep,
    run_rule,
    under_conventions,
    variants,
)
from .mapping import MOST, MappingError, Slot, moved, named, searched, slots_of, unmapped
from .problems import MATRICES, SHAPES, problem
from .targets import Target, TargetError

TOLERANCE = 1e-10
"""Largest difference of a match, relative to the distance that the coordinate has travelled."""
_SCOUT = 3
"""The steps of which all have to agree before a guess is run in full."""
_FEW = 24
"""How many guesses are made for each rule where every rule is tried."""


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
    shapes: Sequence[tuple[int, ...]] | None = None,
    name: str = "",
    advance: Callable[[int], None] | None = None,
    mapping: Mapping[str, Sequence[str]] | None = None,
    rule_settings: Mapping[str, Any] | None = None,
) -> Comparison:
    """Which rule under which conventions a target computes.

    The target's numbers are given to the rule's hyperparameters by their names; where that agrees with
    nothing, the other ways to give them are tried. A guess has to agree at other numbers as well.

    Args:
        target: a torch optimizer class, a function of the parameters that returns an optimizer, a
            function that returns an optax transformation, or a :class:`Rule`.
        against: the only rule to try; by default all.
        settings: keyword arguments for the target.
        steps: how many steps to compare, at least 1.
        seed: of the random gradients.
        shapes: of the parameter tensors; by default :data:`SHAPES`, and matrices where the target refuses
            those.
        name: the target's name in the result.
        advance: called after each rule, for a progress bar.
        mapping: by argument of the target, the hyperparameters of ``against`` that its numbers are:
            ``{"betas": ("beta1", "beta2")}``.
        rule_settings: hyperparameters of ``against``, by name.

    Raises:
        TargetError: the target cannot be built or run.
        UnknownName: the mapping has a name that the target or the rule does not have.
        MappingError: it is no mapping, or there is one without a rule that it is for.
        RuleError: the rule is given more than gradients, or takes matrices only and the target others.

    >>> import torch
    >>> found = compare(torch.optim.RAdam)
    >>> found.match, found.nearest.rule.name, found.convention
    (True, 'radam', 'torch')
    """
    if steps < 1:
        raise TargetError(f"steps = {steps} is out of its domain: steps is an integer, 1 <= steps")
    if against is None and (mapping or rule_settings):
        raise MappingError("a mapping, or a number for the rule, is of one rule: say against which")
    if against is not None and rule_settings:
        against = against.fix(**rule_settings)
    if against is not None and against.given:
        raise RuleError(
            f"rule {against.name} is given {', '.join(against.given)} beside the gradient, "
            "which a comparison does not have"
        )
    run = _run(target, settings, name, steps, seed, shapes)
    search = _Search(run, mapping or {})
    rules = [against] if against is not None else all_rules()
    for rule in rules:
        search.by_name(rule)
        if advance:
            advance(1)
    most = MOST if against is not None else _FEW
    if search.matched is not None:
        search.complete(most)
    for rule in rules if search.matched is None else ():
        search.by_search(rule, most)
        if search.matched is not None:
            break
    return search.answer()


def _run(
    target: Any, settings: Mapping[str, Any] | None, name: str, steps: int, seed: int,
    shapes: Sequence[tuple[int, ...]] | None,
) -> _Run:  # fmt: skip
    """The target's steps; on matrices where it refuses the usual shapes."""
    runner = Target(target, settings, name)
    note, used = "", shapes or SHAPES
    try:
        start, gradients = problem(steps, seed, used)
        rows = runner.run(start, gradients)
    except TargetError as refusal:
        if shapes is not None or not callable(target) or isinstance(target, Rule):
            raise
        used, runner = MATRICES, Target(target, settings, name)
        start, gradients = problem(steps, seed, used)
        try:
            rows = runner.run(start, gradients)
        except TargetError:
            raise refusal from None
        said = ", ".join("x".join(map(str, s)) for s in used)
        note = f"on matrices ({said}), for it refuses other shapes: {refusal}"
    if not np.any(rows[1:] != rows[:-1]):
        raise TargetError(f"{runner.name} left every parameter as it was")
    return _Run(runner, start, gradients, rows, used, note)


@dataclass(frozen=True)
class _Run:
    target: Target
    start: Any
    gradients: Any
    rows: np.ndarray
    shapes: Sequence[tuple[int, ...]]
    note: str


@dataclass(frozen=True)
class _Tried:
    candidate: Candidate
    relative: np.ndarray
    ours: np.ndarray

    @property
    def matches(self) -> bool:
        return float(self.relative.max()) <= TOLERANCE

    @property
    def agree(self) -> int:
        """How many steps agree before the first that does not."""
        bad = np.asarray((self.relative > TOLERANCE).any(axis=1))
        return int(np.argmax(bad)) if bad.any() else len(bad)


class _Search:
    """The candidates tried so far, the best of them first."""

    def __init__(self, run: _Run, mapping: Mapping[str, Sequence[str]]) -> None:
        self.run, self.mapping = run, mapping
        self.slots = slots_of(run.target.values)
        self.tried = self.order = 0
        self.best: tuple[Any, _Tried] | None = None
        self.matched: _Tried | None = None
        self.confirmed: bool | None = None
        self.elsewhere: tuple[_Tried, Departure] | None = None
        self.failure: EigenstepError | None = None
        self.refused: dict[str, str] = {}
        """By rule that cannot be run on these tensors, why."""

    def by_name(self, rule: Rule) -> None:
        """Try a rule with the target's numbers under their own names."""
        self.order += 1
        for variant, decay, given in variants(rule, self.slots, self.mapping):
            mapped = named(variant, self.slots, given)
            for candidate in under_conventions(variant, decay, mapped, not of_eigenstep(rule)):
                self._begin(candidate)

    def _begin(self, candidate: Candidate) -> None:
        """Try a candidate on the first steps, and on all where those agree."""
        self.tried += 1
        scout = self._try(candidate, _SCOUT)
        if scout is not None and scout.agree >= min(_SCOUT, len(self.run.gradients)):
            scout = self._try(candidate)
        self._consider(scout)

    def complete(self, most: int) -> None:
        """Where two that agree have numbers without a counterpart on both sides, look which belong together.

        They may agree only because their defaults do.
        """
        assert self.matched is not None
        found, kept = self.matched, (self.best, self.confirmed)
        if all(self._unmapped(found.candidate)):
            self.best = self.matched = None
            self.by_search(found.candidate.rule, most)
            if self.matched is None or not self.confirmed:
                self.matched, (self.best, self.confirmed) = found, kept

    def _unmapped(self, candidate: Candidate) -> tuple[list[Slot], list[str]]:
        """The target's numbers, and the rule's, that have no counterpart."""
        left, defaults = unmapped(candidate.mapping, self.slots, candidate.rule)
        groups = self.run.target.grouped
        taken = candidate.mapping.slots.values()
        # What a group keeps of an argument under another name is the same number once more.
        twice = {(s.value, s.argument in groups) for s in taken}
        return [s for s in left if (s.value, s.argument not in groups) not in twice], defaults

    def by_search(self, rule: Rule, most: int) -> None:
        """Try a rule with the target's numbers in the other ways, those in full that begin alike."""
        for variant, decay, given in variants(rule, self.slots, self.mapping):
            ways = itertools.islice(searched(variant, self.slots, given), most)
            for mapped in ways:
                if rule.name in self.refused:
                    return
                for candidate in under_conventions(variant, decay, mapped, not of_eigenstep(rule)):
                    scout = self._try(candidate, _SCOUT)
                    if scout is not None and scout.agree >= min(_SCOUT, len(self.run.gradients)):
                        self.tried += 1
                        self._consider(self._try(candidate))
                    if self.matched is not None:
                        return

    def _try(self, candidate: Candidate, steps: int | None = None) -> _Tried | None:
        run = self.run
        if candidate.rule.name in self.refused:
            return None
        try:
            ours = run_rule(candidate, run.start, run.gradients[:steps])
        except (ZeroDivisionError, OverflowError):
            return None
        except EigenstepError as error:
            if isinstance(error, RuleError):  # of shapes; a domain's error is of the numbers
                self.refused.setdefault(candidate.rule.name, str(error))
            self.failure = self.failure or error
            return None
        return _Tried(candidate, _differences(run.rows[: len(ours)], ours), ours)

    def _consider(self, tried: _Tried | None) -> None:
        """Keep what is better than the best so far.

        Among matches that is the one with the least state and the fewest conventions; else it is by how
        many steps agree, whether the name is the same, and how far apart the rest is.
        """
        if tried is None:
            return
        candidate, matches = tried.candidate, tried.matches
        confirmed = None
        if matches and candidate.mapping.guessed:
            confirmed, departure = self._at_other_numbers(candidate)
            if departure is not None:
                self.elsewhere = self.elsewhere or (tried, departure)
                matches = False
        apart = float(np.nanmedian(np.minimum(tried.relative, 1e300)))
        complexity = len(candidate.conventions) + (candidate.decay is not None)
        other = _plain_name(candidate.rule.name) != _plain_name(self.run.target.name)
        key = (
            not matches, -tried.agree, other and not matches, 0.0 if matches else apart,
            len(candidate.rule.state), complexity, self.order,
        )  # fmt: skip
        if self.best is None or key < self.best[0]:
            self.best = (key, tried)
            if matches:
                self.matched, self.confirmed = tried, confirmed

    def _at_other_numbers(self, candidate: Candidate) -> tuple[bool | None, Departure | None]:
        """Whether a guessed mapping holds at other numbers too; where not, the departure there."""
        target = self.run.target
        known = {k: v for k, v in target.values.items() if k in target.accepted}
        found = moved(candidate.mapping, candidate.rule, known)
        if found is None:
            return None, None
        arguments, values = found
        changed = {k: v for k, v in arguments.items()
                   if any(s.argument == k for s in candidate.mapping.slots.values())}  # fmt: skip
        try:
            rows = Target(target.build, {**target.settings, **changed}, target.name).run(
                self.run.start, self.run.gradients
            )
            there = replace(candidate, values={**candidate.values, **values})
            ours = run_rule(there, self.run.start, self.run.gradients)
        except (EigenstepError, ArithmeticError):
            return None, None
        relative = _differences(rows, ours)
        if float(relative.max()) <= TOLERANCE:
            return True, None
        said = ", ".join(f"{k} = {v:.6g}" for k, v in values.items())
        return False, replace(_departure(rows, ours, relative, self.run.shapes), numbers=said)

    def answer(self) -> Comparison:
        """What was found.

        Raises:
            TargetError: no rule could be run.
        """
        run = self.run
        if self.best is None:
            raise self.failure or TargetError(
                f"no rule could be run with the hyperparameters of {run.target.name}"
            )
        tried, departure, confirmed = self.best[1], None, self.confirmed
        if self.matched is None:
            if self.elsewhere is not None:
                (tried, departure), confirmed = self.elsewhere, False
            else:
                tried = self._try(tried.candidate) or tried  # all its steps: it may be a scout
                departure = _departure(run.rows, tried.ours, tried.relative, run.shapes)
        nearest = tried.candidate
        left, defaults = self._unmapped(nearest)
        refused = (
            ""
            if departure is None
            else "; ".join(f"{name} was not tried: {why}" for name, why in self.refused.items())
        )
        if refused:
            refused += " (--shape 4x3 gives it a matrix)"
        return Comparison(
            run.target.name, departure is None, nearest, float(tried.relative.max()), departure,
            self.tried, run.target.library, tuple(left), tuple(defaults), confirmed, run.shapes,
            "\n".join(filter(None, (run.note, refused))),
        )  # fmt: skip


__all__ = ["TOLERANCE", "Comparison", "Departure", "compare"]
