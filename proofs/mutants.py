"""Mutants: a claim with one part of its statement changed.

A proof that accepts a false mutant proves nothing. A mutant is *killed* when it is refuted. It is
*equivalent* when it is proved, and says the same in float64 arithmetic that shares no code with the
prover (β + (1 − β) for (1 − β) + β). Anything else has *survived*. Superfluous hypotheses survive, too:
dropping one, or taking a strict one with equality, must make an inequality fail.
"""

from __future__ import annotations

import argparse
import ast
import copy
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from ..analysis.decision import any_counterexample, decide
from ..analysis.expressions import parse_rule
from ..optimizers.errors import EigenstepError
from ..optimizers.machine.pools import pool
from ..optimizers.machine.scheduler import executor_at
from ..optimizers.machine.signals import end_on_signals
from .evidence import evidence
from .kinds import claim as kinds
from .kinds import identities as more
from .kinds.claim import Claim
from .ledger import with_corrections
from .running import PROVERS, cores
from .verdict import Verdict

AVERAGING = ("beta", "beta1", "beta2", "gamma", "rho", "rho1", "alpha")
"""Names for which 1 − name is the commonest mistake."""
INDICES = ("t", "tau", "i")


def _changed(expression: str) -> Iterator[str]:
    yield f"-({expression})"
    yield f"2*({expression})"
    yield f"({expression}) + 1/7"
    yield from _inside(expression)


def _inside(expression: str) -> Iterator[str]:
    """One change somewhere inside: + for −, a factor dropped, 1 − β for β, t + 1 for t."""
    tree = ast.parse(expression, mode="eval")
    for node in list(ast.walk(tree)):
        for replaced in _replacements(node):
            changed = _Replace(node, replaced).visit(copy.deepcopy(tree, {id(node): node}))
            yield ast.unparse(changed)


def _replacements(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add | ast.Sub):
            other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield ast.BinOp(node.left, other, node.right)
        elif isinstance(node.op, ast.Mult):
            if not _is_identity(node.right):  # a number in place of a matrix is that times I
                yield node.left
            yield node.right
        elif isinstance(node.op, ast.Div):
            yield node.left
    elif isinstance(node, ast.Name) and node.id in AVERAGING:
        yield ast.BinOp(ast.Constant(1), ast.Sub(), ast.Name(node.id))
    elif isinstance(node, ast.Name) and node.id in INDICES:
        yield ast.BinOp(ast.Name(node.id), ast.Add(), ast.Constant(1))


def _defined(hypotheses: tuple[str, ...], conclusion: str) -> bool:
    """Whether no denominator can be zero where the hypotheses hold."""
    names = kinds.Reals()
    given = [parse_rule(h, names) for h in hypotheses]
    below = [node.right for text in (*hypotheses, conclusion) for node in ast.walk(ast.parse(text))
             if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]  # fmt: skip
    return all(
        decide(given, sp.Ne(parse_rule(ast.unparse(d), names), 0, evaluate=False)).holds is True
        for d in below if not isinstance(d, ast.Constant)
    )  # fmt: skip


def _is_identity(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "I"


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


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
        if relation == ">=":
            yield replace(claim, conclusion=f"{left} > 0")
        yield replace(claim, conclusion=f"({left}) - 1000 {relation} 0")
        yield replace(claim, conclusion=f"-({left}) {relation} 0")
        for i in range(len(claim.hypotheses)):
            rest = claim.hypotheses[:i] + claim.hypotheses[i + 1 :]
            if _defined(rest, claim.conclusion):
                yield replace(claim, hypotheses=rest)
            if ">=" not in (strict := claim.hypotheses[i]):
                changed = (
                    *claim.hypotheses[:i],
                    strict.replace(">", ">="),
                    *claim.hypotheses[i + 1 :],
                )
                if _defined(changed, claim.conclusion):
                    yield replace(claim, hypotheses=changed)
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
    elif isinstance(claim, more.SymmetryClaim):
        yield replace(claim, holds=not claim.holds)
    elif isinstance(claim, more.LookaheadClaim):
        yield replace(claim, reach=f"2*({claim.reach})")
        yield replace(claim, reach=f"-({claim.reach})")
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
    """How many mutants of a claim its proof rejects, how many are equivalent, and the rest."""

    claim: Claim
    killed: int
    equivalent: int
    survived: tuple[Claim, ...]


def survey(claim: Claim) -> Survey:
    """Try the proof on every mutant of a claim."""
    killed, equivalent, survived = 0, 0, []
    for mutant in dict.fromkeys(map(_Frozen, mutants_of(claim))):
        with any_counterexample():
            verdict = mutant.claim.decide()[0]
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
    if isinstance(claim, kinds.InequalityClaim) and isinstance(mutant, kinds.InequalityClaim):
        # ≥ 0 where > 0 is proved: the same statement on this domain. Hypotheses are not to be weaker.
        return mutant.hypotheses == claim.hypotheses
    return evidence(mutant).agrees


def proved_claims() -> dict[str, Claim]:
    """The claims that hold, corrections among them, of which there are mutants."""
    return {k: c for k, c in with_corrections().items() if not c.corrected and any(mutants_of(c))}


def _counts(key: str) -> tuple[int, int, list[str]]:
    """Of a claim of the ledger: mutants killed, equivalent, and those that survived."""
    found = survey(with_corrections()[key])
    return found.killed, found.equivalent, [str(mutant) for mutant in found.survived]


def survey_all(
    keys: Sequence[str] | None = None, *, executor: Executor | None = None
) -> tuple[int, int, list[str]]:
    """Of claims of the ledger: mutants killed, equivalent, and in words those that survived.

    Args:
        keys: ids, by default of all claims that hold.
        executor: where they are tried: any of processes; by default this machine's.
    """
    with pool(executor, cores()) as processes:
        found = processes.map(_counts, proved_claims() if keys is None else keys)
        killed, equivalent, survived = zip(*found, strict=True)
    return sum(killed), sum(equivalent), [mutant for each in survived for mutant in each]


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


if __name__ == "__main__":
    from . import mutants  # by its name: other processes do not know this one's __main__

    mutants.main()
