"""Every claim about a rule, tried on the rule with one thing in its code wrong."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

from ..analysis.decision import any_counterexample
from ..optimizers.errors import EigenstepError
from ..optimizers.machine.pools import pool
from ..optimizers.rule import Rule
from ..optimizers.rules import ALL_RULES
from .code_changes import Change, changes
from .code_retraced import still_proved
from .code_world import HOME, SHARED, World, source_of
from .evidence import evidence
from .kinds import conjugacy
from .kinds.claim import Claim
from .kinds.defaults import DefaultsClaim
from .kinds.edges import EdgeClaim
from .kinds.equations import EquationsClaim
from .ledger import with_corrections
from .running import cores
from .trials.alike import alike
from .verdict import Verdict

MODULES = (*SHARED, *dict.fromkeys(HOME[name] for name in ALL_RULES))
"""The modules of every rule that the ledger is about."""
_NOT_CLAIMED = (
    "check_start", "with_schedule", "cautious", "tuned",
)  # fmt: skip
"""Functions of which nothing is claimed: refusals, tunings, and what only classes beyond the ledger use."""
_AT_ONCE = 12
"""Mutants of a job."""


@dataclass(frozen=True)
class CodeMutant:
    """A rule's module with one thing wrong."""

    module: str
    number: int

    @property
    def change(self) -> Change:
        return changes_of(self.module)[self.number]

    def __str__(self) -> str:
        return f"{self.module.rpartition('.')[2]}, {self.change}"


@dataclass
class CodeSurvey:
    """How many mutants of rules were noticed, by kind and by what noticed them, and which were not."""

    killed: Counter[str] = field(default_factory=Counter)
    """By kind of mistake."""
    noticed: Counter[str] = field(default_factory=Counter)
    """By what noticed it: ``refuted``, ``undecided``, ``refused`` in a line, ``evidence``, ``broken``."""
    equivalent: list[str] = field(default_factory=list)
    survived: list[str] = field(default_factory=list)

    def add(self, mutant: str, kind: str, found: str) -> None:
        if found == "equivalent":
            self.equivalent.append(mutant)
        elif found == "survived":
            self.survived.append(mutant)
        else:
            self.killed[kind] += 1
            self.noticed[found] += 1


@lru_cache(maxsize=64)
def changes_of(module: str) -> tuple[Change, ...]:
    """The changes of a module that some claim can be about."""
    found = changes(ast.parse(source_of(module)))
    return tuple(c for c in found if c.function not in _NOT_CLAIMED)


def code_mutants(modules: Sequence[str] = MODULES) -> Iterator[CodeMutant]:
    for module in modules:
        for number in range(len(changes_of(module))):
            yield CodeMutant(module, number)


@lru_cache(maxsize=1)
def _claims() -> tuple[tuple[Claim, tuple[str, ...]], ...]:
    """Every claim that holds and is about a rule, with the fields that hold one; the cheapest first."""
    found = []
    for claim in with_corrections().values():
        names = tuple(f.name for f in fields(claim) if isinstance(getattr(claim, f.name), Rule))
        if names and not claim.corrected:
            found.append((claim, names))
    return tuple(sorted(found, key=lambda pair: _cost(pair[0])))


def _cost(claim: Claim) -> tuple[int, int]:
    """What tells claims that are decided sooner: their kind, then how much they say."""
    order = DefaultsClaim, EdgeClaim, EquationsClaim, object
    kind = next(n for n, each in enumerate(order) if isinstance(claim, each))
    said = claim.printed.values() if isinstance(claim, EquationsClaim) else ()
    return kind, sum(map(len, said))


def about(world: World) -> Iterator[Claim]:
    """The claims about the rules that are different, about these."""
    for _, changed in _pairs(world):
        yield changed


def _pairs(world: World) -> Iterator[tuple[Claim, Claim]]:
    """Claims about rules that are different, and the same about these."""
    for claim, names in _claims():
        new: dict[str, Any] = {n: world.of(getattr(claim, n)) for n in names}
        if any(new[n] is not getattr(claim, n) for n in names):
            yield claim, replace(claim, **new)


def verdict_on(mutant: CodeMutant) -> str:
    """What notices a mutant, or ``equivalent`` or ``survived``.

    It is noticed where a claim is not proved any more, which its trial, by far the cheaper half of
    a proof, may say alone: all trials come first.
    """
    try:
        world = World(mutant.module, mutant.change.tree)
        claims = list(_pairs(world))
    except Exception:  # it cannot be made: whoever wrote it would see that
        return "broken"
    with _stored_by(world):
        for _, changed in claims:
            found = contradicted(changed)
            if found:
                return found
        for claim, changed in claims:
            found = noticed(changed, claim)
            if found:
                return found
    return "equivalent" if _says_the_same(world) else "survived"


def contradicted(claim: Claim) -> str:
    """How a claim's trial keeps it from being proved: ``evidence``, ``refused`` or ``broken``; or empty."""
    if type(claim).trial is Claim.trial:
        return ""
    try:
        return "" if evidence(claim).agrees else "evidence"
    except EigenstepError:
        return "refused"
    except Exception:
        return "broken"


def noticed(claim: Claim, was: Claim | None = None) -> str:
    """How a claim is no longer proved: ``refuted``, ``undecided`` or ``refused``; empty where it is.

    Of one whose trial agrees. ``was`` is the same claim about the rule as it is.
    """
    try:
        if isinstance(claim, EquationsClaim) and isinstance(was, EquationsClaim):
            same = still_proved(was, claim)
        else:
            same = False
        if same:
            return ""
        with any_counterexample():
            found = claim.decide()[0]
    except EigenstepError:
        return "refused"
    except Exception:
        return "broken"
    return {Verdict.PROVED: "", Verdict.REFUTED: "refuted", Verdict.OPEN: "undecided"}[found]


def _says_the_same(world: World) -> bool:
    """Whether every rule that is different, shipped or claimed about, is the same in float64."""
    pairs = [(rule, world.rule(name)) for name, rule in ALL_RULES.items()]
    pairs += [
        (rule, world.of(rule))
        for claim, names in _claims()
        for rule in (getattr(claim, n) for n in names)
    ]
    different = {id(a): (a, b) for a, b in pairs if b is not None and b is not a}
    return all(alike(a, b) for a, b in different.values())


@contextmanager
def _stored_by(world: World) -> Iterator[None]:
    """Where the torch class's change of variable is different, that one."""
    kept = conjugacy.at_gradient_point
    made = world.function(kept.__module__, kept.__name__)
    conjugacy.at_gradient_point = made or kept
    try:
        yield
    finally:
        conjugacy.at_gradient_point = kept


def _several(mutants: Sequence[CodeMutant]) -> list[tuple[str, str, str]]:
    return [(str(m), m.change.kind, verdict_on(m)) for m in mutants]


def survey_code(
    mutants: Sequence[CodeMutant] | None = None,
    *,
    executor: Executor | None = None,
    advance: Callable[[float], None] | None = None,
) -> CodeSurvey:
    """Try the claims about rules on rules with mistakes.

    Args:
        mutants: by default all.
        executor: where they are tried: any of processes; by default this machine's.
        advance: called with how many were tried since.
    """
    chosen = list(code_mutants() if mutants is None else mutants)
    jobs = [chosen[i : i + _AT_ONCE] for i in range(0, len(chosen), _AT_ONCE)]
    found = CodeSurvey()
    with pool(executor, cores()) as processes:
        for several in processes.map(_several, jobs):
            for each in several:
                found.add(*each)
            if advance:
                advance(len(several))
    return found


__all__ = ["MODULES", "CodeMutant", "CodeSurvey", "code_mutants", "survey_code", "verdict_on"]
