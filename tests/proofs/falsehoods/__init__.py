"""Statements that are false by the docstrings of their own kinds, and true ones on the edge of falsehood.

Each has a line that says why. A file for each group of kinds; :data:`FALSE` and :data:`TRUE` are all of them.
"""

from . import arithmetic, linear, runs, sequences
from .truths import TRUE

FALSE = [s for part in (arithmetic, sequences, linear, runs) for s in part.STATEMENTS]

__all__ = ["FALSE", "TRUE"]
