"""Statements about every step of a process, by induction: start, step, and that one step's end is the next one's start."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...optimizers.errors import UnknownName
from ..steps import note
from ..trials.arithmetic import names_in, read
from ..trials.evidence import SEED, Evidence
from ..verdict import Verdict
from .claim import Claim
from .inequalities import InequalityClaim, margin_of

_METHOD = "induction (z3)"
_UNROLLED = 3
_RUNS, _LENGTH, _TRIES = 30, 20, 300


@dataclass(frozen=True)
class InductionClaim(Claim):
    """``invariant`` holds at the start and after every step, and so does what follows from it, ``so``.

    ``start`` is what each changing number is at first, typed in ``constants``; ``then`` what a step makes of
    it, typed in the changing numbers, constants and inputs, which are all other names and may be anything, at
    each step anew, that ``step`` allows. ``given`` is known of the constants. ``so`` follows from the
    invariant where ``also`` holds besides.

    The step is decided with the invariant itself put through ``then``: its conclusion cannot be another
    statement than the hypothesis of the step after it. Refuted by the steps from the start that lead out of it.

    Raises:
        UnknownName: the start or a hypothesis on constants speaks of something else, or the invariant of inputs.
    """

    start: Mapping[str, str]
    then: Mapping[str, str]
    invariant: tuple[str, ...]
    step: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    so: tuple[str, ...] = field(default=())

    def decide(self) -> tuple[Verdict, str, Any]:
        self._check_names()
        if not (self.invariant or self.so):
            return Verdict.OPEN, f"{_METHOD}: nothing is said", None
        found = []
        for what, claim in self.obligations():
            note(f"{what}:")
            found.append(claim.decide()[0])
        if all(verdict is Verdict.PROVED for verdict in found):
            return Verdict.PROVED, _METHOD, None
        return self._led_out()

    def obligations(self) -> list[tuple[str, InequalityClaim]]:
        """What is to be decided: of every part of the invariant the start and the step, and what follows."""
        start, step, end = (
            "at the start",
            "a step leads from the invariant to the invariant",
            "and so",
        )
        known, last = (
            (*self.given, *self.invariant, *self.step),
            (*self.given, *self.invariant, *self.also),
        )
        return [
            *((start, self._from(self.given, _put(c, self.start))) for c in self.invariant),
            *(
                ("at the start it is a number", self._from(self.given, f"({e})*0 >= 0"))
                for e in self.start.values()
                if _may_be_undefined(e)
            ),
            *(
                ("a step leads to a number", self._from(known, f"({e})*0 >= 0"))
                for e in self.then.values()
                if _may_be_undefined(e)
            ),
            *((step, self._from(known, _put(c, self.then))) for c in self.invariant),
            *((end, self._from(last, c)) for c in self.so),
        ]

    def _check_names(self) -> None:
        own = [*self.start, *self.constants]
        if set(self.start) != set(self.then):
            raise UnknownName("changing number", str(set(self.start) ^ set(self.then)), self.start)
        for texts, known in ((self.start.values(), self.constants), (self.given, self.constants),
                             (self.invariant, own)):  # fmt: skip
            for name in names_in(*texts):
                if name not in known:
                    raise UnknownName("name", name, known)

    def _from(self, hypotheses: tuple[str, ...], conclusion: str) -> InequalityClaim:
        return InequalityClaim(self.id, self.statement, self.source, hypotheses, conclusion)

    def _led_out(self) -> tuple[Verdict, str, Any]:
        """Steps from the start after which the invariant, or what is said to follow, fails."""
        changing, known = dict(self.start), self.given
        inputs = [n for n in names_in(*self.then.values(), *self.step)
                  if n not in self.start and n not in self.constants]  # fmt: skip
        for t in range(_UNROLLED + 1):
            for claim, also in ((self.invariant, ()), (self.so, self.also)):
                extra = tuple(_put(h, changing) for h in also)
                for conclusion in claim:
                    here = self._from((*known, *extra), _put(conclusion, changing))
                    verdict, _, point = here.decide()
                    if verdict is Verdict.REFUTED:
                        return verdict, _METHOD, {"after steps": t, **(point or {})}
            names = {**changing, **{n: f"{n}_{t + 1}" for n in inputs}}
            known = (*known, *(_put(h, names) for h in self.step))
            changing = {n: _put(text, names) for n, text in self.then.items()}
        return Verdict.OPEN, _METHOD, None

    def trial(self) -> Evidence:
        random, runs, steps, against = np.random.default_rng(SEED), 0, 0, 0
        inputs = [n for n in names_in(*self.then.values(), *self.step, *self.also)
                  if n not in self.start and n not in self.constants]  # fmt: skip
        for _ in range(_RUNS):
            fixed = self._drawn(random, self.constants, {}, self.given)
            if fixed is None:
                continue
            runs += 1
            at = {**fixed, **{k: float(read(v, fixed)) for k, v in self.start.items()}}
            for _ in range(_LENGTH):
                against += self._fails(at)
                drawn = self._drawn(random, inputs, at, self.step)
                if drawn is None:
                    break
                steps += 1
                at = {**fixed, **{k: float(read(v, drawn)) for k, v in self.then.items()}}
            against += self._fails(at)
        return Evidence(
            bool(runs) and bool(steps) and not against,
            f"{runs} runs, {steps} steps, {against} against it",
        )

    def _fails(self, at: dict[str, float]) -> bool:
        margins = [float(read(margin_of(c)[0], at)) for c in self.invariant]
        least = -1e-7 * max(1.0, *(v * v for v in at.values()))  # up to rounding
        return not all(m > least for m in margins)

    @staticmethod
    def _drawn(
        random: np.random.Generator, names: Any, at: dict[str, float], hypotheses: tuple[str, ...]
    ) -> dict[str, float] | None:
        """Numbers for the names under which the hypotheses hold; None where chance finds none."""
        for i in range(_TRIES):
            scale = 10 ** random.uniform(-1, 1)
            found = {
                n: float(random.uniform(0, 1) if i % 2 else random.normal(0, scale)) for n in names
            }
            found = {**at, **found}
            if i % 3 == 0:
                found |= {n: abs(found[n]) for n in names}
            if all(read(h, found) for h in hypotheses):
                return found
        return None

    def mutants(self) -> Iterator[Claim]:
        for i, text in enumerate(self.invariant):
            before, after = self.invariant[:i], self.invariant[i + 1 :]
            for other in _further(text):
                yield replace(self, invariant=(*before, other, *after))
        for i, text in enumerate(self.so):
            yield replace(self, so=(*self.so[:i], _further(text)[0], *self.so[i + 1 :]))
        for name, text in self.start.items():
            yield replace(self, start={**self.start, name: f"({text}) - 1000"})
        for i in range(len(self.step)):
            yield replace(self, step=(*self.step[:i], *self.step[i + 1 :]))


def _may_be_undefined(text: str) -> bool:
    """Whether something is divided, or taken a power or a function of."""
    nodes = list(ast.walk(ast.parse(text.strip(), mode="eval")))
    return any(
        isinstance(n, ast.Call | ast.Pow | ast.Mod)
        or (isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div) and not isinstance(n.right, ast.Constant))
        for n in nodes
    )  # fmt: skip


def _further(relation: str) -> tuple[str, str]:
    """A comparison by a thousand further, and turned round."""
    margin, strict = margin_of(relation)
    kind = ">" if strict else ">="
    return f"{margin} - 1000 {kind} 0", f"-({margin}) - 1/7 {kind} 0"


class _Put(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> Any:
        return ast.parse(self.values[node.id], mode="eval").body if node.id in self.values else node


def _put(text: str, values: Mapping[str, str]) -> str:
    """The text with names replaced, all at once."""
    return ast.unparse(_Put(values).visit(ast.parse(text.strip(), mode="eval").body))


__all__ = ["InductionClaim"]
