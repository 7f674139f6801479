"""The theory of a rule, derived by running it on SymPy symbols; and its simulation."""

from .derivation import ETA_LAMBDA, Derivation, derive
from .tracing import ETA, LAMBDA, LinearSystem, Trace, trace

__all__ = ["ETA", "ETA_LAMBDA", "LAMBDA", "Derivation", "LinearSystem", "Trace", "derive", "trace"]
