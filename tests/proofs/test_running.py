"""The ledger decided in parallel and from the cache."""

import json

import pytest
import sympy as sp
from eigenstep.optimizers import UnknownName
from eigenstep.optimizers.machine import files
from eigenstep.proofs import Verdict, decide_all, running
from eigenstep.proofs.kinds import MatrixClaim

KEYS = ["M7.region", "M8", "G7", "P12"]


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(files.platformdirs, "user_cache_dir", lambda name: str(tmp_path))
    return tmp_path / "claims"


def facts(decided):
    return {
        k: (d.proof.verdict, d.proof.method, d.proof.counterexample, d.evidence)
        for k, d in decided.items()
    }


def test_from_the_cache_it_is_the_same(empty_cache):
    first = decide_all(KEYS)
    again = decide_all(KEYS)
    assert facts(first) == facts(again)
    assert not any(d.cached for d in first.values())
    assert all(d.cached for d in again.values())
    assert list(again) == KEYS
    assert len(list(empty_cache.iterdir())) == len(KEYS)


def test_parallel_is_the_same(monkeypatch):
    monkeypatch.setattr(running, "_PARALLEL_FROM", 2)
    seen = []
    parallel = decide_all(KEYS, workers=2, cache=False, advance=seen.append)
    assert facts(parallel) == facts(decide_all(KEYS, cache=False))
    assert seen == [1] * len(KEYS)


def test_a_changed_prover_or_statement_is_decided_anew(monkeypatch):
    decide_all(["M8"])
    monkeypatch.setattr(running, "_prover", lambda: "another")
    assert not decide_all(["M8"])["M8"].cached


def test_a_damaged_cache_is_decided_anew(empty_cache):
    decide_all(["M8"])
    (file,) = empty_cache.iterdir()
    for damage in ("", "{", "[]", json.dumps({"id": "M8"}), json.dumps({"id": "M9"})):
        file.write_text(damage)
        decided = decide_all(["M8"])["M8"]
        assert not decided.cached
        assert decided.proof.verdict is Verdict.PROVED


def test_without_a_cache_folder_it_works(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(files.platformdirs, "user_cache_dir", lambda name: str(blocked))
    assert decide_all(["M8"])["M8"].proof.verdict is Verdict.PROVED


def test_an_open_claim_is_not_kept(empty_cache, monkeypatch):
    monkeypatch.setattr(MatrixClaim, "decide", lambda self: (Verdict.OPEN, "none", None))
    assert decide_all(["M8"])["M8"].proof.verdict is Verdict.OPEN
    assert not empty_cache.exists()


def test_a_row_of_whatever_a_prover_found_can_be_written(monkeypatch):
    """Counterexamples hold text alone."""
    found = {sp.Symbol("x"): sp.Rational(1, 3), "n": 2, 3: None, "z": sp.I * sp.sqrt(2)}
    monkeypatch.setattr(MatrixClaim, "decide", lambda self: (Verdict.REFUTED, "none", found))
    first, again = (decide_all(["M8"])["M8"] for _ in range(2))
    assert again.cached
    for point in (first.proof.counterexample, again.proof.counterexample):
        assert point == {"x": "1/3", "n": "2", "3": "None", "z": "sqrt(2)*I"}


def test_unknown_claim():
    with pytest.raises(UnknownName, match="X9"):
        decide_all(["X9"])
