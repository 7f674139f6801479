"""All claims, gathered.

Sources: N, notes on optimizers; L, a lecture after "Dive into Deep Learning", chapter Optimization
Algorithms; S, slides "Adam and friends"; else the paper named. An id that begins with a letter and a
number is that of the statement in those documents; one that begins with ``text`` is a sentence of another
well-known text.
"""

from __future__ import annotations

from .claims.adaptivity import CLAIMS as ADAPTIVITY
from .claims.conventions import CLAIMS as CONVENTIONS
from .claims.defaults import CLAIMS as DEFAULTS
from .claims.edges import CLAIMS as EDGES
from .claims.famous_texts import CLAIMS as FAMOUS_TEXTS
from .claims.library_texts import CLAIMS as LIBRARY_TEXTS
from .claims.quadratics import CLAIMS as QUADRATICS
from .claims.recent_rules import CLAIMS as RECENT_RULES
from .claims.rule_readings import CLAIMS as RULE_READINGS
from .claims.step_sizes import CLAIMS as STEP_SIZES
from .claims.stochastic import CLAIMS as STOCHASTIC
from .claims.update_rules import CLAIMS as UPDATE_RULES
from .claims.worst_case import CLAIMS as WORST_CASE
from .kinds.claim import Claim

ALL_CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for claim in (
        *UPDATE_RULES,
        *RULE_READINGS,
        *RECENT_RULES,
        *QUADRATICS,
        *WORST_CASE,
        *STOCHASTIC,
        *ADAPTIVITY,
        *STEP_SIZES,
        *CONVENTIONS,
        *DEFAULTS,
        *EDGES,
        *FAMOUS_TEXTS,
        *LIBRARY_TEXTS,
    )
}


def is_elsewhere(key: str) -> bool:
    """Whether a claim is a sentence of a paper or of a library's documentation that many have read."""
    return key.startswith("text.")


def with_corrections() -> dict[str, Claim]:
    """All claims, each refuted one followed by what holds in its place."""
    found: dict[str, Claim] = {}
    for key, claim in ALL_CLAIMS.items():
        found[key] = claim
        if claim.corrected:
            found[claim.corrected.id] = claim.corrected
    return found
