"""Claims about rules and how each is decided; a verdict is computed, never written down."""

from ..optimizers.moved import moved
from .kinds.claim import Claim
from .ledger import ALL_CLAIMS, with_corrections
from .running import Decided, decide_all, decide_claim
from .verdict import Proof, Verdict

moved(__name__, {
    "adaptivity": "claims.adaptivity", "identities": "kinds", "quadratics": "claims.quadratics",
    "stochastic": "claims.stochastic", "update_rules": "claims.update_rules",
})  # fmt: skip

__all__ = ["ALL_CLAIMS", "Claim", "Decided", "Proof", "Verdict", "decide_all", "decide_claim",
           "with_corrections"]  # fmt: skip
