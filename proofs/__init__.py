"""Claims about rules and how each is decided; a verdict is computed, never written down."""

from .claims import Claim
from .ledger import ALL_CLAIMS, with_corrections
from .running import Decided, decide_all, decide_claim
from .verdict import Proof, Verdict

__all__ = ["ALL_CLAIMS", "Claim", "Decided", "Proof", "Verdict", "decide_all", "decide_claim",
           "with_corrections"]  # fmt: skip
