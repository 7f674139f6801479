"""Mutants: a claim with one part of its statement changed so that it is false.

A proof that accepts a mutant proves nothing. Superfluous hypotheses show too: dropping one must make
an inequality fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import claims as kinds
from . import identities as more
from .claims import Claim
from .ledger import with_corrections
from .verdict import Verdict


def _changed(expression: str) -> Iterator[str]:
    yield f"-({expression})"
    yield f"2*({expression})"
    yield f"({expression}) + 1/7"


def mutants_of(claim: Claim) -> Iterator[Claim]:
    """The claim with one part of its statement changed; all of these are false."""
    if isinstance(claim, kinds.EquationsClaim):
        for key, value in claim.printed.items():
            yield from (replace(claim, printed={**claim.printed, key: m}) for m in _changed(value))
        point = claim.point or claim.rule.parameter
        yield from (replace(claim, point=m) for m in _changed(point))
    elif isinstance(claim, kinds.MatrixClaim):
        for i, row in enumerate(claim.printed):
            for j, entry in enumerate(row):
                for m in _changed(entry):
                    rows = [list(r) for r in claim.printed]
                    rows[i][j] = m
                    yield replace(claim, printed=tuple(map(tuple, rows)))
    elif isinstance(claim, kinds.RegionClaim):
        larger, smaller = f"({claim.bound})*101/100", f"({claim.bound})*99/100"
        if claim.direction in ("both", "sufficient"):
            yield replace(claim, bound=larger)
        if claim.direction in ("both", "necessary"):
            yield replace(claim, bound=smaller)
    elif isinstance(claim, kinds.ConjugacyClaim):
        for i, row in enumerate(claim.change):
            for m in _changed(row):
                rows = list(claim.change)
                rows[i] = m
                yield replace(claim, change=tuple(rows))
    elif isinstance(claim, kinds.PowerClaim):
        yield from (replace(claim, iterate=m) for m in _changed(claim.iterate))
    elif isinstance(claim, kinds.TuningClaim):
        for key, value in claim.values.items():
            for m in (f"({value})*9/10", f"({value})*11/10"):
                yield replace(claim, values={**claim.values, key: m}, half="attained")
        yield replace(claim, rate=f"({claim.rate})*99/100", half="attained")
        yield replace(claim, rate=f"({claim.rate})*101/100", half="no_better")
    elif isinstance(claim, kinds.InequalityClaim):
        left, relation, _ = claim.conclusion.rpartition(">=" if ">=" in claim.conclusion else ">")
        yield replace(claim, conclusion=f"({left}) - 1000 {relation} 0")
        yield replace(claim, conclusion=f"-({left}) {relation} 0")
        for i in range(len(claim.hypotheses)):
            rest = claim.hypotheses[:i] + claim.hypotheses[i + 1 :]
            yield replace(claim, hypotheses=rest)
    elif isinstance(claim, more.IdentityClaim | more.MatrixIdentityClaim):
        for side in ("left", "right"):
            for m in _changed(getattr(claim, side)):
                yield replace(claim, **{side: m})
    elif isinstance(claim, more.SumClaim):
        yield from (replace(claim, closed=m) for m in _changed(claim.closed))
        yield from (replace(claim, term=m) for m in _changed(claim.term))
        yield replace(claim, upper=f"{claim.upper} + 1")
    elif isinstance(claim, more.UnrolledClaim):
        yield from (replace(claim, weight=m) for m in _changed(claim.weight))
        yield replace(claim, weight=claim.weight.replace("tau", "(tau + 1)"))
    elif isinstance(claim, more.LimitClaim):
        yield from (replace(claim, value=m) for m in _changed(claim.value) if claim.value != "0")
        yield replace(claim, expression=f"({claim.expression}) + 1/7")
    elif isinstance(claim, more.GrowthClaim):
        yield replace(claim, expression=f"({claim.expression}) - 1/7")
        yield replace(claim, expression=f"-({claim.expression})")
    elif isinstance(claim, more.CycleClaim):
        for key, value in claim.settings.items():
            yield replace(claim, settings={**claim.settings, key: f"1{value}"})
        for i, point in enumerate(claim.points):
            moved = (*claim.points[:i], f"{point}1", *claim.points[i + 1 :])
            yield replace(claim, points=moved)
        yield replace(claim, gradient=claim.gradient.replace("24", "23"))
    elif isinstance(claim, more.VarianceClaim):
        yield from (replace(claim, value=m) for m in _changed(claim.value))
    elif isinstance(claim, kinds.MaximumLimitClaim):
        yield from (replace(claim, limit=m) for m in (*_changed(claim.limit), "max(u, a)", "a"))
    elif isinstance(claim, kinds.RootLemma):
        for i, condition in enumerate(claim.conditions):
            rows = list(claim.conditions)
            rows[i] = f"({condition}) - 1/7"
            yield replace(claim, conditions=tuple(rows))
        yield replace(claim, conditions=claim.conditions[1:])


@dataclass(frozen=True)
class Survey:
    """How many mutants of a claim its proof rejects, and those that it does not."""

    claim: Claim
    killed: int
    survived: tuple[Claim, ...]


def survey(claim: Claim) -> Survey:
    """Try the proof on every mutant of a claim."""
    verdicts = [(mutant, mutant.prove().verdict) for mutant in mutants_of(claim)]
    survived = tuple(m for m, v in verdicts if v is not Verdict.REFUTED)
    return Survey(claim, len(verdicts) - len(survived), survived)


def proved_claims() -> dict[str, Claim]:
    """The claims that hold, corrections among them, of which there are mutants."""
    return {k: c for k, c in with_corrections().items() if not c.corrected and any(mutants_of(c))}


def main() -> None:
    """Print how many mutants were killed and which survived; exit 1 if any did."""
    killed = 0
    survivors: list[Claim] = []
    for claim in proved_claims().values():
        found = survey(claim)
        killed += found.killed
        survivors += found.survived
    for mutant in survivors:
        print(f"survived: {mutant}")
    print(f"{killed} mutants killed, {len(survivors)} survived")
    raise SystemExit(bool(survivors))


if __name__ == "__main__":
    main()
