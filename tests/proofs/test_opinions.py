"""Every verdict again, by a mind of another kind than its prover; and that it can disagree."""

import sys
from pathlib import Path

import pytest
from eigenstep.optimizers.rules import gradient_descent
from eigenstep.proofs import with_corrections

sys.path.insert(0, str(Path(__file__).parent))
from opinions import OPINIONS

CLAIMS: dict[str, list] = {}
for _claim in with_corrections().values():
    CLAIMS.setdefault(type(_claim).__name__, []).append(_claim)
ELSEWHERE = {"InequalityClaim", "InductionClaim", "RegionClaim", "WiderRegionClaim", "RootLemma",
             "TuningClaim", "MaximumLimitClaim"}  # fmt: skip
"""Of which cvc5 is asked, in test_second_opinion.py."""
REFUTED_ONLY = {"PrintedRunClaim", "ScalingClaim"}
"""A run, and matrices, can only refute: the claims themselves are what is disagreed with."""


def test_all_kinds_are_asked_about():
    assert set(CLAIMS) == set(OPINIONS) | ELSEWHERE


@pytest.mark.parametrize("kind", OPINIONS)
def test_verdicts(kind):
    for claim in CLAIMS[kind]:
        assert OPINIONS[kind](claim) is (claim.corrected is None), claim.id


def changed(kind):
    for claim in CLAIMS[kind]:
        if claim.corrected is None:
            yield from list(claim.mutants())[:12]


@pytest.mark.parametrize(
    "kind", [k for k in OPINIONS if k not in REFUTED_ONLY | {"StoredPointClaim"}]
)
def test_a_changed_claim_is_not_confirmed(kind):
    """Among the mutants of what is proved there is one that this mind refutes."""
    assert any(OPINIONS[kind](m) is False for m in changed(kind))


def test_a_stored_point_elsewhere_is_seen(monkeypatch):
    import opinions_runs

    claim = CLAIMS["StoredPointClaim"][0]
    monkeypatch.setattr(opinions_runs, "at_gradient_point", lambda rule: gradient_descent)
    assert OPINIONS["StoredPointClaim"](claim) is False
