"""Claims as lemmas of another prover, Coq, and their checking by its kernel.

What a lemma states is made of the claim's data, read by a parser of its own, and of the rule's own
function, run on terms of Coq: neither SymPy nor z3 stands between the code that runs and what Coq is
asked. Scripts may be found with the help of either; Coq's kernel says whether they prove anything.

May import the kinds of claims and claims, words, steps and verdicts.
"""

from .coq import Checked, CoqFailed, CoqMissing, check_all, installed, known, state, version
from .lemmas import Export, Lemma, file_of
from .registry import EXPORTERS, export, export_decided
from .terms import ExportError

__all__ = ["EXPORTERS", "Checked", "CoqFailed", "CoqMissing", "Export", "ExportError", "Lemma", "check_all",
           "export", "export_decided", "file_of", "installed", "known", "state", "version"]  # fmt: skip
