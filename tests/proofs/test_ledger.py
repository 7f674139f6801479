"""Every claim of the ledger is proved, or refuted and corrected."""

import pytest
from eigenstep.proofs import ALL_CLAIMS, Verdict
from eigenstep.proofs.ledger import is_elsewhere


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
    refuted = {k for k, c in ALL_CLAIMS.items()
               if not is_elsewhere(k) and c.prove().verdict is Verdict.REFUTED}  # fmt: skip
    assert refuted == {
        "R11.adam", "R15", "M2", "M3", "M4", "M10.large", "G7", "G9", "G11", "P4", "P7",
        "P9.half_life", "P12", "P16", "M14", "P22.momentum",
    }  # fmt: skip
