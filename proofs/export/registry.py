"""By kind of claim, what writes it as lemmas.

>>> from eigenstep.proofs import ALL_CLAIMS
>>> export(ALL_CLAIMS["M7.diverges"]).lemmas[0].name
'M7_diverges'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...optimizers.errors import EigenstepError
from ..kinds import (
    EquationsClaim,
    IdentityClaim,
    InductionClaim,
    InequalityClaim,
    RegionClaim,
    RootLemma,
    TuningClaim,
)
from ..kinds.claim import Claim
from ..verdict import Proof, Verdict
from .equations import export_equations
from .identities import export_identity
from .inductions import export_induction
from .inequalities import export_counterexample, export_inequality
from .lemmas import Export
from .regions import export_region, export_root_lemma
from .terms import ExportError
from .tunings import export_tuning

EXPORTERS: dict[type[Claim], Callable[[Any], Export]] = {
    EquationsClaim: export_equations,
    IdentityClaim: export_identity,
    InductionClaim: export_induction,
    InequalityClaim: export_inequality,
    RegionClaim: export_region,
    RootLemma: export_root_lemma,
    TuningClaim: export_tuning,
}


def export(claim: Claim) -> Export:
    """A claim as lemmas.

    Raises:
        ExportError: its kind has no export, or the claim cannot be written so.
    """
    known = EXPORTERS.get(type(claim))
    if known is None:
        raise ExportError(f"no export of a {type(claim).__name__}")
    return _tried(known, claim)


def export_decided(claim: Claim, proof: Proof) -> Export:
    """A claim as it was decided: the claim where it is proved, that it is false where it is refuted.

    Raises:
        ExportError: as :func:`export`; a claim that is open; a counterexample that is not exported.
    """
    if proof.verdict is Verdict.PROVED:
        return export(claim)
    if proof.verdict is Verdict.REFUTED and isinstance(claim, InequalityClaim):
        return _tried(lambda c: export_counterexample(c, proof.counterexample or {}), claim)
    word = "an open claim" if proof.verdict is Verdict.OPEN else "the counterexample to a"
    raise ExportError(f"no export of {word} {type(claim).__name__}")


def _tried(write: Callable[[Any], Export], claim: Claim) -> Export:
    try:
        return write(claim)
    except ExportError:
        raise
    except (
        EigenstepError,
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
        ArithmeticError,
    ) as error:
        raise ExportError(f"not written as a lemma: {error}") from error
