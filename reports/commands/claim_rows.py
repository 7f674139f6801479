"""Claims as rows of output."""

from __future__ import annotations

from typing import Any


def _row(claim: Any, decided: Any) -> dict[str, Any]:
    """A claim with its proof, and where it is refuted what holds in its place."""
    from ...proofs import Verdict

    proof = decided[claim.id].proof
    refuted = proof.verdict is Verdict.REFUTED
    return {
        "id": claim.id, "statement": claim.statement, "source": claim.source,
        "verdict": proof.verdict.value, "method": proof.method,
        "counterexample": proof.counterexample,
        "corrected": _row(claim.corrected, decided) if refuted and claim.corrected else None,
        "steps": list(proof.steps), "evidence": {"agrees": decided[claim.id].evidence.agrees,
                     "tried": decided[claim.id].evidence.tried},
        "seconds": round(proof.seconds, 4), "cached": decided[claim.id].cached,
    }  # fmt: skip


def decided_rows(
    keys: list[str], cache: bool, scheduler: str | None = None
) -> list[dict[str, Any]]:
    """Claims decided over all cores, each with its correction, with progress."""
    from ...optimizers.machine.scheduler import executor_at
    from ...proofs import decide_all, with_corrections
    from ...proofs.running import PROVERS, cores
    from ..progress import progress

    known = with_corrections()
    corrections = [c.id for c in (known[k].corrected for k in keys) if c and c.id not in keys]
    wanted = [*keys, *corrections]
    with (
        executor_at(scheduler, PROVERS) as executor,
        progress("deciding claims", len(wanted)) as advance,
    ):
        decided = decide_all(
            wanted, workers=cores(), cache=cache, advance=advance, executor=executor
        )
    return [_row(known[k], decided) for k in keys]


def point_of(row: dict[str, Any]) -> str:
    """Where a claim is false."""
    return ", ".join(f"{k} = {v}" for k, v in (row["counterexample"] or {}).items())
