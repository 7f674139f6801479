"""Lemmas as text, and files of them.

>>> print(Lemma("M", "forall x : R, x = x", "reflexivity.").text)
Theorem M :
  forall x : R, x = x.
Proof.
  reflexivity.
Qed.
<BLANKLINE>
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .prelude import PRELUDE

_WIDTH = 100


@dataclass(frozen=True)
class Lemma:
    """A statement with the script that proves it; Coq's kernel says whether it does."""

    name: str
    statement: str
    proof: str
    comment: str = ""

    @property
    def text(self) -> str:
        said = f"(* {commented(self.comment)} *)\n" if self.comment else ""
        body = textwrap.indent(self.proof.strip(), "  ")
        return f"{said}Theorem {self.name} :\n{_wrapped(self.statement)}.\nProof.\n{body}\nQed.\n"


@dataclass(frozen=True)
class Export:
    """A claim as lemmas: all of them together are what the claim says."""

    key: str
    lemmas: tuple[Lemma, ...]
    comment: str = ""
    prelude: str = ""
    """Definitions and lemmas that this kind needs beside the shared ones."""

    @property
    def body(self) -> str:
        """The lemmas, without what they stand on."""
        head = f"(* {self.key}. {commented(self.comment)} *)\n\n" if self.comment else ""
        return head + "\n".join(lemma.text for lemma in self.lemmas)


def file_of(exports: Sequence[Export]) -> str:
    """One file of several claims, which needs no other."""
    preludes = list(dict.fromkeys(e.prelude for e in exports if e.prelude))
    return "\n".join([PRELUDE, *preludes, *(e.body for e in exports), *map(_printed, exports), ""])


def _printed(export: Export) -> str:
    """What has Coq print the axioms that the claim's lemmas stand on: of all at once, as each look takes a second."""
    names = [lemma.name for lemma in export.lemmas]
    if len(names) == 1:
        return f"Print Assumptions {names[0]}."
    whole = name_of(export.key, "whole")
    return f"Definition {whole} := ({', '.join(names)}).\nPrint Assumptions {whole}."


def module_of(exports: Sequence[Export], preludes: Sequence[str]) -> str:
    """Claims' module beside the compiled preludes, by the names of their modules."""
    head = [f"Require Import Reals Lra Lia Psatz {' '.join(preludes)}.",
            "Open Scope R_scope.", "Local Coercion INR : nat >-> R."]  # fmt: skip
    return "\n".join([*head, "", *(e.body for e in exports), *map(_printed, exports), ""])


def name_of(key: str, part: str = "") -> str:
    """The name of a claim's lemma.

    >>> name_of("R7.outside", "theta")
    'R7_outside__theta'
    """
    return re.sub(r"\W", "_", key) + (f"__{part}" if part else "")


def commented(text: str) -> str:
    """Text as it may stand in a comment of Coq's."""
    return " ".join(text.split()).replace("(*", "( *").replace("*)", "* )").replace('"', "''")


def quantified(
    reals: Iterable[str], naturals: Iterable[str] = (), others: Iterable[str] = ()
) -> str:
    """The variables of a statement, in front of it."""
    groups = list(others)
    groups += [f"({' '.join(names)} : {kind})" for names, kind in ((list(reals), "R"), (list(naturals), "nat"))
               if names]  # fmt: skip
    return f"forall {' '.join(groups)}, " if groups else ""


def implied(hypotheses: Iterable[str], conclusion: str) -> str:
    """A conclusion after its hypotheses, a line each."""
    return "\n".join([*(f"{h} ->" for h in hypotheses), conclusion])


def _wrapped(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        lines += textwrap.wrap(line, _WIDTH - 4, break_long_words=False, break_on_hyphens=False,
                               subsequent_indent="    ") or [""]  # fmt: skip
    return textwrap.indent("\n".join(lines), "  ")
