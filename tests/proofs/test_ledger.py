"""Every claim is proved, and every claim can be killed by changing its statement."""

from dataclasses import replace

import pytest
from eigenstep.optimizers.rules import heavy_ball, nesterov
from eigenstep.proofs import ALL_CLAIMS, Verdict
from eigenstep.proofs import claims as kinds


@pytest.mark.parametrize("key", ALL_CLAIMS)
def test_proved(key):
    proof = ALL_CLAIMS[key].prove()
    assert proof.verdict is Verdict.PROVED
    assert proof.method
    assert proof.counterexample is None


def _changed(expression: str):
    yield f"-({expression})"
    yield f"2*({expression})"
    yield f"({expression}) + 1/7"


def mutants(claim):
    """The claim with one part of its statement changed; all of these are false."""
    if isinstance(claim, kinds.EquationsClaim):
        for key, value in claim.printed.items():
            yield from (replace(claim, printed={**claim.printed, key: m}) for m in _changed(value))
        yield from (replace(claim, point=m) for m in _changed(claim.point))
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
    elif isinstance(claim, kinds.RootLemma):
        for i, condition in enumerate(claim.conditions):
            rows = list(claim.conditions)
            rows[i] = f"({condition}) - 1/7"
            yield replace(claim, conditions=tuple(rows))
        yield replace(claim, conditions=claim.conditions[1:])


@pytest.mark.parametrize("key", [k for k, c in ALL_CLAIMS.items()
                                 if not isinstance(c, kinds.StoredPointClaim)])  # fmt: skip
def test_mutants_are_killed(key):
    """ConjugacyClaim: a multiple of a conjugacy's whole change is one too, a single row's is not."""
    killed = 0
    for mutant in mutants(ALL_CLAIMS[key]):
        assert mutant.prove().verdict is Verdict.REFUTED, mutant
        killed += 1
    assert killed


def test_the_stored_point_is_killed_by_a_wrong_change_of_variable(monkeypatch):
    """If the torch side stored the iterate itself, or another point, the proof would fail."""
    claim = ALL_CLAIMS["R3.stored"]
    monkeypatch.setattr(kinds, "_stored", lambda r: r)
    assert claim.prove().verdict is Verdict.REFUTED
    monkeypatch.setattr(kinds, "_stored", lambda r: heavy_ball)
    assert claim.prove().verdict is Verdict.REFUTED
    assert nesterov.gradient_at_names


def test_refuted_gives_a_counterexample():
    claim = replace(ALL_CLAIMS["M9.sufficient"], bound="2 + 3*beta")
    proof = claim.prove()
    assert proof.verdict is Verdict.REFUTED
    assert {"beta", "eta_lambda"} <= set(proof.counterexample)
