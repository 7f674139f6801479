"""What every claim has: an id, a statement as data, its source; and what each kind defines of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.decision import Decision
from ...analysis.definedness import Defined, divisor
from ...optimizers.errors import EigenstepError, shown
from ..steps import all_equal, taking_notes
from ..trials.evidence import Evidence
from ..verdict import Proof, Verdict
from .fields import check_fields

CONTRADICTED = ", which its trial contradicts"


@dataclass(frozen=True)
class Claim:
    """A statement with its id and source; its kind holds it as data, decides, tries and changes it."""

    id: str
    statement: str
    source: str
    corrected: Claim | None = field(default=None, kw_only=True)
    """What holds in place of a statement that is refuted."""
    definition: bool = field(default=False, kw_only=True)
    """Whether both sides are one object as soon as they are read: it says what something is."""

    def __post_init__(self) -> None:
        """Look at what the statement is made of.

        Raises:
            FieldError: a field is not of its type.
        """
        check_fields(self)

    def prove(self) -> Proof:
        """Decide the claim now.

        What is proved and does not agree with its numerical trial is not taken for proved: it is open.
        """
        return self.decided()[0]

    def decided(self) -> tuple[Proof, Evidence | None]:
        """The proof and the evidence beside it; None where the kind knows no trial."""
        start = time.perf_counter()
        with taking_notes() as steps:
            verdict, method, counterexample = self.decide()
        if self.definition:
            method = f"{method}; a definition: both sides read alike"
        if counterexample is not None:
            counterexample = {str(k): str(v) for k, v in counterexample.items()}
        found = self._tried()
        if verdict is Verdict.PROVED and found is not None and not found.agrees:
            verdict, method = Verdict.OPEN, f"{method}{CONTRADICTED}: {found.tried}"
        seconds = time.perf_counter() - start
        return Proof(verdict, method, counterexample, seconds, tuple(steps)), found

    def _tried(self) -> Evidence | None:
        """What a trial finds; one that cannot be made agrees with nothing."""
        if type(self).trial is Claim.trial:
            return None
        try:
            with np.errstate(all="ignore"):  # what is no number is seen by the trial
                return self.trial()
        except EigenstepError:
            raise
        except (
            ArithmeticError,
            AssertionError,
            LookupError,
            SyntaxError,
            TypeError,
            ValueError,
        ) as error:
            return Evidence(
                False, f"no trial can be made: {type(error).__name__}: {shown(str(error))}"
            )

    def decide(self) -> tuple[Verdict, str, dict[str, Any] | None]:
        """The verdict, the method in words, and where the claim is refuted a counterexample."""
        raise NotImplementedError

    def trial(self) -> Evidence:
        """The claim tried in float64, on the rule's own code where there is one; that proves nothing."""
        raise TypeError(f"no numerical trial is known for a {type(self).__name__}")

    def mutants(self) -> Iterator[Claim]:
        """The claim with one part of its statement changed; each of these is false, or says the same."""
        yield from ()

    def _repr_markdown_(self) -> str:
        """The statement as mathematics, for notebooks."""
        return f"**{self.id}** {self.statement} *({self.source})*"


def from_decisions(method: str, *decisions: Decision) -> tuple[Verdict, str, Any]:
    """PROVED where all hold, REFUTED by the first that fails, OPEN where one is undecided."""
    if any(d.holds is None for d in decisions):
        return Verdict.OPEN, method, None
    failing = next((d for d in decisions if not d.holds), None)
    if failing is None:
        return Verdict.PROVED, method, None
    return Verdict.REFUTED, method, dict(failing.counterexample or {})


def derived(expression: Any) -> Defined:
    """What was derived from code, which is a number where no denominator in it is 0."""
    return Defined(expression, divisor(sp.fraction(sp.together(expression))[1]))


def identity(pairs: Any, hypotheses: Any = ()) -> tuple[Verdict, str, Any]:
    """Whether of all pairs of rational expressions the first is the second, wherever that is a number."""
    found = all_equal([(a, derived(b)) for a, b in pairs], None, hypotheses, covers=True)
    return from_decisions("polynomial identity", found)


__all__ = ["Claim", "from_decisions"]
