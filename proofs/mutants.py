"""Mutants: a claim with one part of its statement changed.

A proof that accepts a false mutant proves nothing. A mutant is *killed* when it is refuted. It is
*equivalent* when it is proved, and says the same in float64 arithmetic that shares no code with the
prover (β + (1 − β) for (1 − β) + β). Anything else has *survived*. Superfluous hypotheses survive, too:
dropping one, or taking a strict one with equality, must make an inequality fail.
"""

from __future__ import annotations

from ..optimizers.machine.signals import end_on_signals
from ..optimizers.machine.workers import Workers
from .running import cores
from .surveying import Survey, counts, mutants_of, proved_claims, survey
from .trials.changes import AVERAGING, INDICES


def main() -> None:
    """Print how many mutants were killed, were equivalent and survived; exit 1 if any did."""
    end_on_signals()
    with Workers(cores()) as pool:
        killed, equivalent, survived = zip(*pool.map(counts, proved_claims()), strict=True)
    survivors = [mutant for found in survived for mutant in found]
    for mutant in survivors:
        print(f"survived: {mutant}")
    print(f"{sum(killed)} mutants killed, {sum(equivalent)} equivalent, {len(survivors)} survived")
    raise SystemExit(bool(survivors))


__all__ = ["AVERAGING", "INDICES", "Survey", "main", "mutants_of", "proved_claims", "survey"]


if __name__ == "__main__":
    main()
