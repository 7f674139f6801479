"""Every claim of the ledger is proved, or refuted and corrected."""

import pytest
from eigenstep.proofs import ALL_CLAIMS, Verdict
from eigenstep.proofs.ledger import is_elsewhere


@pytest.mark.parametrize("key", ALL_CLAIMS)
def test_proved_or_corrected(key, decided):
    """A claim of print is proved; or it is refuted at a point, and what replaces it is proved."""
    claim = ALL_CLAIMS[key]
    proof = decided(key).proof
    assert proof.method
    if claim.corrected is None:
        assert proof.verdict is Verdict.PROVED
        assert proof.counterexample is None
    else:
        assert proof.verdict is Verdict.REFUTED
        assert proof.counterexample
        assert decided(claim.corrected.id).proof.verdict is Verdict.PROVED


def test_what_print_has_wrong(decided):
    refuted = {k for k in ALL_CLAIMS
               if not is_elsewhere(k) and decided(k).proof.verdict is Verdict.REFUTED}  # fmt: skip
    assert refuted == {
        "R2.changing", "R6.indices", "R7.rmsprop", "R8.literal", "R11.adam", "R11.decouples", "R15",
        "R16.ralamb_lars", "M2", "M3", "M4", "M4.objective", "M7.beyond", "M9.any", "M10.large",
        "M11.handwritten", "M12.leaky", "M12.effective", "M13.run", "M14", "M14.rate", "M14.adadelta",
        "G4.vanish", "G5.indices", "G7", "G9", "G9.scaled", "G11", "G13.semidefinite", "G16.gigaflops",
        "G16.full", "P4", "P4.most_alike", "P6.any", "P7", "P9.half_life", "P10", "P11.half_life", "P12",
        "P16", "P22.momentum", "P22.sign",
    }  # fmt: skip
