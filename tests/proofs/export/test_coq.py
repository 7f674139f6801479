"""Coq's word on some claims of each kind, and that it has the last: what is false is not checked."""

from dataclasses import replace

import pytest
from eigenstep.proofs import with_corrections
from eigenstep.proofs.export import (
    EXPORTERS,
    CoqMissing,
    ExportError,
    Lemma,
    check_all,
    coq,
    export,
    export_decided,
    file_of,
    installed,
)
from eigenstep.proofs.export.coq import axioms_in
from eigenstep.proofs.export.lemmas import Export
from eigenstep.proofs.kinds import IdentityClaim
from eigenstep.proofs.verdict import Proof, Verdict

CLAIMS = with_corrections()
needs_coq = pytest.mark.skipif(not installed(), reason="Coq (coqc, coqchk) is not installed")
SOME = ("R1", "R7.outside", "P16.corrected")
"""One module holds them all: loading the library is most of the time."""
UNWRITTEN = ("P9.half_life", "P9.half_life_corrected")
"""A power with a real exponent, and a logarithm."""
FALSE = ("R11.adam", "R15", "M10.large")


def checked(exports):
    return check_all(exports, workers=2, cache=False)


@needs_coq
@pytest.mark.timeout(600)
def test_what_holds_is_checked_and_what_does_not_is_not():
    """Claims, refuted claims, a claim changed, and two proofs that are none: all in one run of Coq."""
    exports = {k: export(CLAIMS[k]) for k in (*SOME, *FALSE)}
    region = CLAIMS["M9.sufficient"]
    exports["region"] = export(region)
    exports["wider"] = export(replace(region, id="wider", bound="2 + 2*beta + 1/100"))
    adam = CLAIMS["R7.outside"]
    changed = {**adam.printed, "m_hat": "m/(1 - beta1**(t + 1))"}
    exports["changed"] = export(replace(adam, id="changed", printed=changed))
    exports["other start"] = export(replace(adam, id="other_start", start={"v": "1"}))
    # Equal wherever both are defined; of what the claim says, only where either is defined is false.
    exports["undefined"] = export(
        IdentityClaim("undefined", "…", "…", "x**2/x", "x", domain=("x >= 0",))
    )
    exports["admitted"] = Export(
        "a", (Lemma("a", "1 = 2", "admit. Admitted. Theorem a' : 1 = 1. reflexivity."),)
    )
    exports["axiom"] = Export(
        "b",
        (
            Lemma(
                "b",
                "1 = 1",
                "reflexivity. Qed. Axiom mine : 1 = 2. Theorem b' : 1 = 2. exact mine.",
            ),
        ),
    )
    refuted = CLAIMS["M10.large"]
    exports["at a point"] = export_decided(refuted, refuted.prove())
    found = checked(exports)
    accepted = {k for k, c in found.items() if c.accepted}
    assert accepted == {*SOME, "region", "at a point"}, {k: c.reason for k, c in found.items()}
    assert all(c.reason for k, c in found.items() if k not in accepted)
    assert found["R7.outside"].lemmas == 5  # the start, m, v, θ, and where θ is defined
    assert set(found["R7.outside"].axioms) <= coq.AXIOMS


def test_every_exporter_has_claims():
    kinds = {type(c) for c in CLAIMS.values()}
    assert set(EXPORTERS) <= kinds


@pytest.mark.parametrize("key", [k for k, c in CLAIMS.items() if type(c) in EXPORTERS])
def test_claims_are_written_from_their_data(key):
    """Every claim of a kind that is exported is, and another claim is another statement."""
    claim = CLAIMS[key]
    if key in UNWRITTEN:
        with pytest.raises(ExportError):
            export(claim)
        return
    found = export(claim)
    assert found.lemmas
    assert len({m.name for m in found.lemmas}) == len(found.lemmas)
    assert "sympy" not in file_of([found]).lower()
    statements = {m.statement for m in found.lemmas}
    for other in list(claim.mutants())[:3]:
        try:
            assert {m.statement for m in export(other).lemmas} != statements
        except ExportError:
            continue


def test_axioms_are_read():
    printed = (
        "Closed under the global context\nAxioms:\nA.b : forall x,\n  x = x\nmine\n  : False\n"
    )
    assert axioms_in(printed) == [[], ["A.b", "mine"]]
    assert axioms_in("Error\n") is None


def test_where_coq_is_not(monkeypatch):
    coq.version.cache_clear()
    monkeypatch.setenv("PATH", "")
    try:
        with pytest.raises(CoqMissing, match="apt install coq"):
            check_all({"R1": export(CLAIMS["R1"])})
        assert not installed()
    finally:
        coq.version.cache_clear()


def test_open_claims_are_not_exported():
    with pytest.raises(ExportError, match="open"):
        export_decided(CLAIMS["R1"], Proof(Verdict.OPEN, "none"))
