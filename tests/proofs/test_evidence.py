"""Every claim is tried in float64, and what is tried can disagree."""

import pytest
from eigenstep.proofs import with_corrections
from eigenstep.proofs.evidence import evidence
from eigenstep.proofs.mutants import mutants_of, proved_claims


@pytest.mark.parametrize("key", with_corrections())
def test_the_evidence_agrees_with_the_verdict(key, decided):
    """A claim that holds holds when it is tried; one that does not is seen not to."""
    claim = with_corrections()[key]
    found = decided(key).evidence
    assert found.agrees is (claim.corrected is None), found


def test_evidence_can_disagree():
    """Statements that are a little off are seen to be, of every kind of claim."""
    kinds_seen = set()
    for claim in proved_claims().values():
        if type(claim) not in kinds_seen and any(not evidence(m).agrees for m in mutants_of(claim)):
            kinds_seen.add(type(claim))
    assert kinds_seen == {type(c) for c in proved_claims().values()}
