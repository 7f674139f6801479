"""The theory of a rule, derived by running it on SymPy symbols; and its simulation.

In the rooms below stand the theories (``linear``, ``adaptive``) and the ``comparison`` with other libraries;
the files beside them are their ground: tracing, exact numbers, expressions, decisions, simulation.
"""

from ..optimizers.moved import moved
from .adaptive.frozen import freeze
from .linear.derivation import ETA_LAMBDA, Derivation, derive
from .tracing import ETA, LAMBDA, LinearSystem, Trace, trace

moved(__name__, {
    "adam_failure": "adaptive.adam_failure", "averages": "adaptive.averages",
    "derivation": "linear.derivation", "frozen": "adaptive.frozen", "iterate": "linear.iterate",
    "limit_cycle": "adaptive.limit_cycle", "lookahead": "linear.lookahead", "noise": "linear.noise",
    "preconditioning": "adaptive.preconditioning", "spectrum": "linear.spectrum",
    "stability": "linear.stability", "transient": "linear.transient", "tuning": "linear.tuning",
})  # fmt: skip

__all__ = [
    "ETA",
    "ETA_LAMBDA",
    "LAMBDA",
    "Derivation",
    "LinearSystem",
    "Trace",
    "derive",
    "freeze",
    "trace",
]
