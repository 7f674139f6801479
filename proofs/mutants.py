"""Mutants: a claim with one part of its statement changed.

A proof that accepts a false mutant proves nothing. A mutant is *killed* when it is refuted. It is
*equivalent* when it is proved, and says the same in float64 arithmetic that shares no code with the
prover (β + (1 − β) for (1 − β) + β). Anything else has *survived*. Superfluous hypotheses survive, too:
dropping one, or taking a strict one with equality, must make an inequality fail.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..optimizers.errors import EigenstepError
from ..optimizers.machine.scheduler import executor_at
from ..optimizers.machine.signals import end_on_signals
from .running import PROVERS
from .surveying import Survey, mutants_of, proved_claims, survey, survey_all
from .trials.changes import AVERAGING, INDICES


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how many mutants were killed, were equivalent and survived; exit 1 if any did."""
    end_on_signals()
    asked = _asked(arguments)
    try:
        with executor_at(asked.scheduler, PROVERS) as executor:
            killed, equivalent, survivors = survey_all(asked.claims or None, executor=executor)
    except EigenstepError as error:
        print(f"mutants: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(2) from None
    for mutant in survivors:
        print(f"survived: {mutant}")
    print(f"{killed} mutants killed, {equivalent} equivalent, {len(survivors)} survived")
    raise SystemExit(bool(survivors))


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m eigenstep.proofs.mutants",
        description="Try every claim's proof on false variants of the claim: it must refute each.",
        epilog="Exit status: 0 if every one is refuted or says the same, 1 if one survives, 2 for bad input.",
    )
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help="ids; by default all that hold")
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster, tcp://HOST:PORT, that does the work",
    )
    asked = parser.parse_args(arguments)
    known = proved_claims() if asked.claims else {}
    for key in asked.claims:
        if key not in known:
            parser.error(f"there is no claim {key!r} that holds and has mutants")
    return asked


__all__ = [
    "AVERAGING",
    "INDICES",
    "Survey",
    "main",
    "mutants_of",
    "proved_claims",
    "survey",
    "survey_all",
]


if __name__ == "__main__":
    main()
