"""No prover proves what is false, and each check that keeps it from it is one that something here needs."""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import replace

import pytest
from eigenstep.optimizers.errors import EigenstepError
from eigenstep.proofs import kinds
from eigenstep.proofs.kinds import Claim
from eigenstep.proofs.verdict import Verdict
from falsehoods import FALSE, TRUE
from falsehoods.changes import CHECKS, FUNCTIONS, forget, without
from falsehoods.drawn import random_falsehoods
from falsehoods.statement import Statement

KINDS = sorted({s.kind.__name__ for s in FALSE})


def verdict_of(statement: Statement) -> Verdict | None:
    """The verdict without the trial; None where the statement is refused in one line."""
    try:
        return statement.claim().decide()[0]
    except EigenstepError:
        return None


@pytest.mark.parametrize("kind", KINDS)
def test_no_false_statement_is_proved(kind):
    proved = [str(s) for s in FALSE if s.kind.__name__ == kind and verdict_of(s) is Verdict.PROVED]
    assert not proved


@pytest.mark.parametrize("kind", KINDS)
def test_nor_with_its_trial_which_fails_in_one_line_if_at_all(kind):
    for statement in [s for s in FALSE if s.kind.__name__ == kind][-3:]:
        try:
            assert statement.claim().prove().verdict is not Verdict.PROVED
        except EigenstepError as error:
            found = str(error)
        else:
            continue
        assert "\n" not in found


def test_there_are_false_statements_of_every_kind():
    every = {
        k for k in dir(kinds) if isinstance(c := getattr(kinds, k), type) and issubclass(c, Claim)
    }
    assert every - {"Claim"} == set(KINDS)
    assert len(FALSE) >= 150
    assert min(Counter(s.kind for s in FALSE).values()) >= 2


def test_no_true_statement_is_refuted():
    found = {str(s): verdict_of(s) for s in TRUE}
    assert len(TRUE) >= 40
    assert not [s for s, v in found.items() if v is Verdict.REFUTED]
    assert (
        sum(v is not Verdict.PROVED for v in found.values()) <= 4
    )  # max + min, sign·|x|, a choice, [1, 1]


@pytest.mark.parametrize(
    ("file", "old", "new", "kind", "why"), CHECKS, ids=[f"{c[0]}-{i}" for i, c in enumerate(CHECKS)]
)
def test_every_check_is_needed(file, old, new, kind, why):
    with without(file, old, new, kind) as changed:
        of = [replace(s, kind=changed) for s in FALSE if (s.kind.__name__, s.why) == (kind, why)]
        assert any(_is_proved(s) for s in of)


@pytest.mark.parametrize(
    ("module", "name", "other", "kind", "why"), FUNCTIONS, ids=[f"{f[1]}-{f[3]}" for f in FUNCTIONS]
)
def test_every_ingredient_is_needed(monkeypatch, module, name, other, kind, why):
    forget()
    monkeypatch.setattr(importlib.import_module(module), name, other)
    try:
        assert any(_is_proved(s) for s in FALSE if (s.kind.__name__, s.why) == (kind, why))
    finally:
        monkeypatch.undo()
        forget()


def _is_proved(statement: Statement) -> bool:
    try:
        return statement.claim().decide()[0] is Verdict.PROVED
    except Exception:  # a prover without a check may fail in any way
        return False


@pytest.mark.parametrize("seed", range(3))
def test_no_random_false_statement_is_proved(seed):
    found = list(random_falsehoods(seed, 12))
    assert len(found) == 12
    assert not [str(s) for s in found if verdict_of(s) is Verdict.PROVED]
