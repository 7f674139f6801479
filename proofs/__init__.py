"""Claims about rules and how each is decided; a verdict is computed, never written down."""

from .claims import Claim
from .ledger import ALL_CLAIMS, with_corrections
from .verdict import Proof, Verdict

__all__ = ["ALL_CLAIMS", "Claim", "Proof", "Verdict", "with_corrections"]
