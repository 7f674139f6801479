"""Every claim is proved, and every claim can be killed by changing its statement."""

from dataclasses import replace

import pytest
from eigenstep.optimizers.rules import heavy_ball, nesterov
from eigenstep.proofs import ALL_CLAIMS, Verdict
from eigenstep.proofs import claims as kinds
from eigenstep.proofs import identities as more


@pytest.mark.parametrize("key", ALL_CLAIMS)
def test_proved_or_corrected(key):
    """A claim of print is proved; or it is refuted at a point, and what replaces it is proved."""
    claim = ALL_CLAIMS[key]
    proof = claim.prove()
    assert proof.method
    if claim.corrected is None:
        assert proof.verdict is Verdict.PROVED
        assert proof.counterexample is None
    else:
        assert proof.verdict is Verdict.REFUTED
        assert proof.counterexample
        assert claim.corrected.prove().verdict is Verdict.PROVED


def test_what_print_has_wrong():
    refuted = {k for k, c in ALL_CLAIMS.items() if c.prove().verdict is Verdict.REFUTED}
    assert refuted == {
        "R11.adam", "R15", "M2", "M3", "M4", "M10.large", "G7", "G9", "G11", "P4", "P7",
        "P9.half_life", "P12", "P16",
    }  # fmt: skip


def _changed(expression: str):
    yield f"-({expression})"
    yield f"2*({expression})"
    yield f"({expression}) + 1/7"


def mutants(claim):
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


PROVED = {c.id: c for claim in ALL_CLAIMS.values() for c in (claim, claim.corrected)
          if c and not c.corrected and not isinstance(c, kinds.StoredPointClaim)}  # fmt: skip


@pytest.mark.parametrize("key", PROVED)
def test_mutants_are_killed(key):
    """ConjugacyClaim: a multiple of a conjugacy's whole change is one too, a single row's is not."""
    killed = 0
    for mutant in mutants(PROVED[key]):
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
