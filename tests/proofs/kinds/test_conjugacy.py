"""Two forms of a rule, the same path."""

from eigenstep.optimizers.rules import heavy_ball, nesterov
from eigenstep.proofs import ALL_CLAIMS, Verdict
from eigenstep.proofs.kinds import conjugacy


def test_the_stored_point_is_killed_by_a_wrong_change_of_variable(monkeypatch):
    """If the torch side stored the iterate itself, or another point, the proof would fail."""
    claim = ALL_CLAIMS["R3.stored"]
    monkeypatch.setattr(conjugacy, "_stored", lambda r: r)
    assert claim.prove().verdict is Verdict.REFUTED
    monkeypatch.setattr(conjugacy, "_stored", lambda r: heavy_ball)
    assert claim.prove().verdict is Verdict.REFUTED
    assert nesterov.gradient_at_names
