"""Mutants: a claim with one part of its statement changed.

A proof that accepts a false mutant proves nothing. A mutant is *killed* when it is refuted, or refused
in a line as being of no domain. It is *equivalent* when it is proved, and says the same in float64
arithmetic that shares no code with the prover (β + (1 − β) for (1 − β) + β). Anything else has *survived*.
Superfluous hypotheses survive, too: dropping one, or taking a strict one with equality, must make an
inequality fail.

The rules' own code is changed, too: a claim that is proved of a rule with a mistake in it says nothing about
the rule. Such a mutant is killed when a claim about the rule is no longer proved.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..optimizers.errors import EigenstepError
from ..optimizers.machine.scheduler import executor_at
from ..optimizers.machine.signals import end_on_signals
from ..optimizers.rules import ALL_RULES
from .code_survey import CodeSurvey, code_mutants, survey_code
from .code_world import HOME
from .running import PROVERS
from .surveying import Survey, mutants_of, proved_claims, survey, survey_all
from .trials.changes import AVERAGING, INDICES


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how many mutants were killed, were equivalent and survived; exit 1 if any did."""
    end_on_signals()
    asked = _asked(arguments)
    survivors: list[str] = []
    try:
        with executor_at(asked.scheduler, PROVERS) as executor:
            if asked.claims or not asked.rules:
                keys = asked.claims or list(proved_claims())
                with _progress("claims", len(keys)) as advance:
                    killed, equivalent, found = survey_all(keys, executor=executor, advance=advance)
                survivors += _told(found)
                print(f"{killed} mutants killed, {equivalent} equivalent, {len(found)} survived")
            if asked.rules or not asked.claims:
                chosen = code_mutants(_modules(asked.rules)) if asked.rules else code_mutants()
                mutants = list(chosen)
                with _progress("mutants of rules", len(mutants)) as advance:
                    code = survey_code(mutants, executor=executor, advance=advance)
                survivors += _told(code.survived)
                print(_summary(code))
    except EigenstepError as error:
        print(f"mutants: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(2) from None
    raise SystemExit(bool(survivors))


def _told(survivors: Sequence[str]) -> Sequence[str]:
    for mutant in survivors:
        print(f"survived: {mutant}")
    return survivors


def _summary(code: CodeSurvey) -> str:
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(code.killed.items()))
    how = ", ".join(f"{count} {what}" for what, count in code.noticed.most_common())
    return (
        f"{code.killed.total()} mutants of the rules' code killed ({kinds}; {how}), "
        f"{len(code.equivalent)} equivalent, {len(code.survived)} survived"
    )


def _modules(rules: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(HOME[name] for name in rules))


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal's stderr, nothing anywhere else."""
    done, shown = 0.0, sys.stderr.isatty()

    def advance(amount: float) -> None:
        nonlocal done
        done += amount
        if shown:
            bar = ("━" * round(30 * done / max(total, 1))).ljust(30)
            print(f"\r{what} {bar} {done:.0f}/{total}", end="", file=sys.stderr, flush=True)

    try:
        yield advance
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m eigenstep.proofs.mutants",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Try every claim's proof on false variants of the claim, and claims about each rule on\n"
        "variants of the rule's code: each must be noticed.",
        epilog="examples:\n"
        "  python -m eigenstep.proofs.mutants M9.sufficient R12\n"
        "  python -m eigenstep.proofs.mutants --rules adam radam\n\n"
        "Exit status: 0 if every one is noticed or says the same, 1 if one survives, 2 for bad input.",
    )
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help="ids; by default all that hold")
    parser.add_argument(
        "--rules", nargs="+", metavar="RULE", default=[],
        help="whose code is changed; by default every rule's, unless claims are named",
    )  # fmt: skip
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
    for name in asked.rules:
        if name not in ALL_RULES:
            parser.error(
                f"there is no rule {name!r} that claims are about; there are {', '.join(ALL_RULES)}"
            )
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
