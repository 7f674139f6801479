"""Every proof rejects what its claim says with one part changed."""

import runpy
import sys

import pytest
from eigenstep.proofs import ALL_CLAIMS, with_corrections
from eigenstep.proofs.claims import conventions
from eigenstep.proofs.mutants import proved_claims, survey

PROVED = proved_claims()
LATER = {c.id for c in conventions.CLAIMS}
"""Of which there are thousands, which take minutes: ``make mutants`` tries these too."""
MOST = 16
"""Of one claim, from all over its statement; ``make mutants`` tries all."""


@pytest.mark.parametrize("key", [k for k in PROVED if k not in LATER])
def test_mutants_are_killed(key):
    found = survey(PROVED[key], MOST)
    assert not found.survived
    assert found.killed


def test_every_claim_has_mutants():
    assert set(with_corrections()) - set(PROVED) == {
        "R3.stored", "R18.stored", "R20.stored", *(k for k, c in ALL_CLAIMS.items() if c.corrected),
    }  # fmt: skip


def test_run_as_a_module(monkeypatch, capsys):
    """Other processes find what they are to do by its module's name, which is not __main__ there."""
    monkeypatch.setattr(sys, "argv", ["mutants", "M8"])
    monkeypatch.delitem(sys.modules, "eigenstep.proofs.mutants")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("eigenstep.proofs.mutants", run_name="__main__")
    assert not ended.value.code
    found = survey(ALL_CLAIMS["M8"])
    assert capsys.readouterr().out == (
        f"{found.killed} mutants killed, {found.equivalent} equivalent, 0 survived\n"
    )
