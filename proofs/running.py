"""Deciding many claims: over the processor's cores, and from a cache of what was decided before.

A cached verdict is of exactly the statement, rules and provers that are installed: the key holds the
claim, every line of this package that can bear on its verdict, and the versions of what decides.

>>> from eigenstep.proofs import decide_all
>>> decided = decide_all(["M7.region", "M8"], cache=False)
>>> decided["M8"].proof.verdict.value, decided["M8"].evidence.agrees
('PROVED', True)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, as_completed
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from ..optimizers.errors import EigenstepError, UnknownName
from ..optimizers.machine.files import digest_of
from ..optimizers.machine.keeping import keep, kept
from ..optimizers.machine.pools import pool
from .evidence import Evidence, evidence
from .kinds.claim import CONTRADICTED, Claim
from .ledger import with_corrections
from .verdict import Proof, Verdict

PROVERS = ("sympy", "z3-solver", "numpy", "scipy", "mpmath")
"""Packages on whose versions a verdict depends."""
_PARALLEL_FROM = 16
"""Claims below which starting further processes takes longer than it saves."""


@dataclass(frozen=True)
class Decided:
    """A claim's proof and the evidence beside it."""

    proof: Proof
    evidence: Evidence
    cached: bool = False


class Contradicted(EigenstepError):
    """A prover said yes and numbers say no: nothing that it says is to be believed."""


def decide_claim(claim: Claim) -> Decided:
    """Prove or refute a claim and try it numerically, now.

    Raises:
        Contradicted: it was proved, and the trial does not agree.
        TypeError: its kind knows no trial.
    """
    proof, found = claim.decided()
    if CONTRADICTED in proof.method:
        raise Contradicted(f"claim {claim.id}: {proof.method}")
    return Decided(proof, found or evidence(claim))


def decide_all(
    keys: Iterable[str] | None = None,
    *,
    workers: int = 1,
    cache: bool = True,
    advance: Callable[[float], None] | None = None,
    executor: Executor | None = None,
) -> dict[str, Decided]:
    """Decide claims of the ledger.

    Args:
        keys: ids; by default of all claims, corrections among them.
        workers: processes at most.
        cache: whether verdicts may come from the cache, and go there.
        advance: called with 1 as each claim is decided.
        executor: where they are decided: any of processes; by default this machine's.

    Returns:
        By id, in the order of ``keys``.

    Raises:
        UnknownName: an id that is not in the ledger.
    """
    claims = with_corrections()
    wanted = list(claims if keys is None else keys)
    for key in wanted:
        if key not in claims:
            raise UnknownName("claim", key, claims)
    done: dict[str, Decided] = {}
    for key in wanted:
        found = _load(key) if cache else None
        if found:
            done[key] = found
            if advance:
                advance(1)
    with closing(_decide([k for k in wanted if k not in done], workers, executor)) as rest:
        for key, decided in rest:
            done[key] = decided
            if cache:
                _store(key, decided)
            if advance:
                advance(1)
    return {key: done[key] for key in wanted}


def _decide(
    keys: list[str], workers: int, executor: Executor | None
) -> Generator[tuple[str, Decided], None, None]:
    if executor is None and (workers == 1 or len(keys) < _PARALLEL_FROM):
        for key in keys:
            yield key, decide_claim(with_corrections()[key])
        return
    with pool(executor, workers) as processes:
        jobs = {processes.submit(_by_key, key): key for key in keys}
        for job in as_completed(jobs):
            yield jobs[job], job.result()


def _by_key(key: str) -> Decided:
    return decide_claim(with_corrections()[key])


def _prover() -> str:
    """A digest of the code and the libraries on which verdicts depend."""
    return digest_of(("optimizers", "analysis", "proofs"), PROVERS)


def _asked(key: str) -> str:
    return f"{_prover()}\0{with_corrections()[key]!r}"


def _store(key: str, decided: Decided) -> None:
    """Keep a verdict; an undecided claim is not kept."""
    proof = decided.proof
    if proof.verdict is Verdict.OPEN:
        return
    keep("claims", _asked(key), {
        "id": key, "verdict": proof.verdict.value, "method": proof.method,
        "counterexample": proof.counterexample, "seconds": proof.seconds,
        "steps": list(proof.steps), "agrees": decided.evidence.agrees, "tried": decided.evidence.tried,
    })  # fmt: skip


def _load(key: str) -> Decided | None:
    """What was decided before; None where nothing was, or what is there cannot be read."""

    def read(row: dict[str, Any]) -> Decided | None:
        proof = Proof(Verdict(row["verdict"]), row["method"], row["counterexample"], row["seconds"],
                      tuple(map(str, row["steps"])))  # fmt: skip
        found = Decided(proof, Evidence(bool(row["agrees"]), row["tried"]), cached=True)
        return found if row["id"] == key else None

    return kept("claims", _asked(key), read)


def cores() -> int:
    """Processes that this one may run at once."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
