"""A claim's proof tried on every mutant of the claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from ..analysis.decision import any_counterexample
from ..optimizers.errors import EigenstepError
from ..optimizers.machine.pools import pool
from .evidence import evidence
from .kinds.claim import Claim
from .kinds.inequalities import InequalityClaim
from .ledger import with_corrections
from .running import cores
from .verdict import Verdict


def mutants_of(claim: Claim) -> Iterator[Claim]:
    """The claim with one part of its statement changed; all of these are false."""
    yield from claim.mutants()


@dataclass(frozen=True)
class Survey:
    """How many mutants of a claim its proof rejects, how many are equivalent, and the rest."""

    claim: Claim
    killed: int
    equivalent: int
    survived: tuple[Claim, ...]


def survey(claim: Claim, most: int | None = None) -> Survey:
    """Try the proof on every mutant of a claim, or on ``most`` of them, from all over its statement."""
    killed, equivalent, survived = 0, 0, []
    mutants = list(dict.fromkeys(map(_Frozen, mutants_of(claim))))
    if most is not None and len(mutants) > most:
        mutants = [mutants[i * len(mutants) // most] for i in range(most)]
    for mutant in mutants:
        try:
            with any_counterexample():
                verdict = mutant.claim.decide()[0]
        except EigenstepError:  # it says nothing that could hold: β = 14/9
            killed += 1
            continue
        if verdict is Verdict.REFUTED:
            killed += 1
        elif verdict is Verdict.PROVED and _says_the_same(claim, mutant.claim):
            equivalent += 1
        else:
            survived.append(mutant.claim)
    return Survey(claim, killed, equivalent, tuple(survived))


class _Frozen:
    """A claim by its text, so that a mutant made twice counts once."""

    def __init__(self, claim: Claim) -> None:
        self.claim, self.text = claim, repr(claim)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def _says_the_same(claim: Claim, mutant: Claim) -> bool:
    """Whether a mutant that is proved only says otherwise what the claim says."""
    if isinstance(claim, InequalityClaim) and isinstance(mutant, InequalityClaim):
        # ≥ 0 where > 0 is proved: the same statement on this domain. Hypotheses are not to be weaker, unless
        # what is left of them is defined only where the rest holds, too.
        return all(mutant.grants(h) for h in claim.hypotheses)
    return evidence(mutant).agrees


def proved_claims() -> dict[str, Claim]:
    """The claims that hold, corrections among them, of which there are mutants."""
    return {k: c for k, c in with_corrections().items() if not c.corrected and any(mutants_of(c))}


def counts(key: str) -> tuple[int, int, list[str]]:
    """Of a claim of the ledger: mutants killed, equivalent, and those that survived."""
    found = survey(with_corrections()[key])
    return found.killed, found.equivalent, [str(mutant) for mutant in found.survived]


def survey_all(
    keys: Sequence[str] | None = None,
    *,
    executor: Executor | None = None,
    advance: Callable[[float], None] | None = None,
) -> tuple[int, int, list[str]]:
    """Of claims of the ledger: mutants killed, equivalent, and in words those that survived.

    Args:
        keys: ids, by default of all claims that hold.
        executor: where they are tried: any of processes; by default this machine's.
        advance: called with 1 as each claim has been tried.
    """
    done = []
    with pool(executor, cores()) as processes:
        for found in processes.map(counts, proved_claims() if keys is None else keys):
            done.append(found)
            if advance:
                advance(1)
    killed, equivalent, survived = zip(*done, strict=True)
    return sum(killed), sum(equivalent), [mutant for each in survived for mutant in each]
