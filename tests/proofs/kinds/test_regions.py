"""Stable steps that are claimed."""

from dataclasses import replace

from eigenstep.proofs import ALL_CLAIMS, Verdict


def test_refuted_gives_a_counterexample():
    claim = replace(ALL_CLAIMS["M9.sufficient"], bound="2 + 3*beta")
    proof = claim.prove()
    assert proof.verdict is Verdict.REFUTED
    assert {"beta", "eta_lambda"} <= set(proof.counterexample)
