"""What every claim does, and a kind that is defined outside."""

import pickle
from dataclasses import dataclass, replace

import pytest
from eigenstep.proofs import ALL_CLAIMS, Verdict, decide_claim, with_corrections
from eigenstep.proofs.claims import Claim, from_decisions
from eigenstep.proofs.evidence import Evidence, evidence
from eigenstep.proofs.mutants import mutants_of, survey
from eigenstep.proofs.running import Contradicted
from eigenstep.proofs.steps import equal


def test_in_a_notebook():
    claim = ALL_CLAIMS["G7"]
    assert claim._repr_markdown_().startswith("**G7** $")
    assert claim.prove()._repr_markdown_() == "**REFUTED** (rational identity): L = 1, T = 2, r = 1"
    assert ALL_CLAIMS["M8"].prove()._repr_markdown_() == "**PROVED** (polynomial identity)"


@dataclass(frozen=True)
class SquareClaim(Claim):
    """A number's square is another."""

    number: int
    square: int

    def decide(self):
        return from_decisions("arithmetic", equal(self.number**2, self.square))

    def trial(self):
        return Evidence(abs(float(self.number) ** 2 - self.square) < 1e-9, "multiplied")

    def mutants(self):
        yield replace(self, square=self.square + 1)


def test_a_kind_is_one_class():
    claim = SquareClaim("mine", "…", "…", 3, 9)
    decided = decide_claim(claim)
    assert decided.proof.verdict is Verdict.PROVED
    assert decided.evidence == Evidence(True, "multiplied")
    found = survey(claim)
    assert (found.killed, found.equivalent, found.survived) == (1, 0, ())
    assert decide_claim(replace(claim, square=10)).proof.verdict is Verdict.REFUTED


@dataclass(frozen=True)
class CredulousClaim(SquareClaim):
    """Whose prover believes everything."""

    def decide(self):
        return Verdict.PROVED, "belief", None


def test_what_numbers_contradict_is_not_proved_and_stops_the_ledger():
    wrong = CredulousClaim("mine", "…", "…", 3, 10)
    assert CredulousClaim("mine", "…", "…", 3, 9).prove().verdict is Verdict.PROVED
    assert wrong.prove().verdict is Verdict.OPEN
    assert wrong.prove().method == "belief, which its trial contradicts: multiplied"
    with pytest.raises(Contradicted, match="claim mine: belief, which its trial contradicts"):
        decide_claim(wrong)


def test_a_kind_without_a_trial_says_so():
    claim = Claim("mine", "…", "…")
    assert not list(mutants_of(claim))
    with pytest.raises(TypeError, match="no numerical trial is known for a Claim"):
        evidence(claim)


def test_claims_can_be_sent_to_other_processes():
    for claim in with_corrections().values():
        assert repr(pickle.loads(pickle.dumps(claim))) == repr(claim)
