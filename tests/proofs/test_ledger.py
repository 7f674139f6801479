"""Every claim is proved, and every claim can be killed by changing its statement."""

from dataclasses import replace

import pytest
from eigenstep.optimizers.rules import heavy_ball, nesterov
from eigenstep.proofs import ALL_CLAIMS, Verdict, with_corrections
from eigenstep.proofs.evidence import evidence
from eigenstep.proofs.kinds import claim as kinds
from eigenstep.proofs.mutants import mutants_of, proved_claims, survey


@pytest.mark.parametrize("key", with_corrections())
def test_the_evidence_agrees_with_the_verdict(key):
    """A claim that holds holds when it is tried; one that does not is seen not to."""
    claim = with_corrections()[key]
    found = evidence(claim)
    assert found.agrees is (claim.corrected is None), found


def test_evidence_can_disagree():
    """Statements that are a little off are seen to be, of every kind of claim."""
    kinds_seen = set()
    for claim in proved_claims().values():
        if type(claim) not in kinds_seen and any(not evidence(m).agrees for m in mutants_of(claim)):
            kinds_seen.add(type(claim))
    assert kinds_seen == {type(c) for c in proved_claims().values()}


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
        "P9.half_life", "P12", "P16", "M14", "P22.momentum",
    }  # fmt: skip


PROVED = proved_claims()


@pytest.mark.parametrize("key", PROVED)
def test_mutants_are_killed(key):
    found = survey(PROVED[key])
    assert not found.survived
    assert found.killed


def test_every_claim_has_mutants():
    assert set(with_corrections()) - set(PROVED) == {
        "R3.stored", *(k for k, c in ALL_CLAIMS.items() if c.corrected),
    }  # fmt: skip


def test_the_stored_point_is_killed_by_a_wrong_change_of_variable(monkeypatch):
    """If the torch side stored the iterate itself, or another point, the proof would fail."""
    claim = ALL_CLAIMS["R3.stored"]
    monkeypatch.setattr(kinds, "_stored", lambda r: r)
    assert claim.prove().verdict is Verdict.REFUTED
    monkeypatch.setattr(kinds, "_stored", lambda r: heavy_ball)
    assert claim.prove().verdict is Verdict.REFUTED
    assert nesterov.gradient_at_names


def test_in_a_notebook():
    claim = ALL_CLAIMS["G7"]
    assert claim._repr_markdown_().startswith("**G7** $")
    assert claim.prove()._repr_markdown_() == "**REFUTED** (rational identity): L = 1, T = 2, r = 1"
    assert ALL_CLAIMS["M8"].prove()._repr_markdown_() == "**PROVED** (polynomial identity)"


def test_refuted_gives_a_counterexample():
    claim = replace(ALL_CLAIMS["M9.sufficient"], bound="2 + 3*beta")
    proof = claim.prove()
    assert proof.verdict is Verdict.REFUTED
    assert {"beta", "eta_lambda"} <= set(proof.counterexample)
