"""Statements about every step of a process: the start, the step and what follows, each as lemmas."""

from __future__ import annotations

from typing import Any

from .inequalities import lemmas_of
from .lemmas import Export


def export_induction(claim: Any) -> Export:
    """The lemmas of all that an induction consists of, in its order.

    That start and step together are a statement about every number of steps is said by the kind, whose
    conclusion of the step is its hypothesis with the step put into it.
    """
    lemmas = [
        lemma
        for number, (_, obligation) in enumerate(claim.obligations(), 1)
        for lemma in lemmas_of(obligation, f"part{number}")
    ]
    return Export(claim.id, tuple(lemmas), claim.statement)
