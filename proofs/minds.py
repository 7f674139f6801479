"""Which minds agreed on a claim: what decided it, what tried it, and Coq's kernel where it was asked."""

from __future__ import annotations

from .export.coq import Checked
from .running import Decided
from .verdict import Verdict


def minds(decided: Decided, checked: Checked | None = None) -> tuple[str, ...]:
    """The names of those that came to the verdict, each by another way.

    >>> from eigenstep.proofs import decide_all
    >>> minds(decide_all(["M7.region"], cache=False)["M7.region"])
    ('z3', 'float64')
    """
    proof = decided.proof
    if proof.verdict is Verdict.OPEN:
        return ()
    found = ["z3" if "z3" in proof.method else "SymPy"]
    if decided.evidence.agrees is (proof.verdict is Verdict.PROVED):
        found.append("float64")
    if checked and checked.accepted:
        found.append("Coq")
    return tuple(found)
