"""Evidence beside a proof: the claim tried in float64, on the rule's own code where there is one.

Each kind of claim says how it is tried. Nothing of it proves anything.

>>> from eigenstep.proofs import ALL_CLAIMS
>>> print(evidence(ALL_CLAIMS["M9.sufficient"]))
agrees: heavy_ball run inside the bound at 5 settings of beta, fractions 0.05, 0.5 and 0.995
>>> evidence(ALL_CLAIMS["G7"]).agrees
False
"""

from __future__ import annotations

from .kinds.claim import Claim
from .trials.arithmetic import read
from .trials.evidence import SEED, Evidence


def evidence(claim: Claim) -> Evidence:
    """Try a claim numerically.

    Raises:
        TypeError: its kind knows no trial.
    """
    return claim.trial()


__all__ = ["SEED", "Evidence", "evidence", "read"]
