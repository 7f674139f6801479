"""Which minds agreed on a claim.

What decided it and what tried it, here; Coq's kernel, where it was asked; and who is asked of every claim
of its kind in the tests, and has to agree there.
"""

from __future__ import annotations

from .export.coq import Checked
from .running import Decided
from .verdict import Verdict

SECOND = {
    "InequalityClaim": ("cvc5", "cvc5 on the typed text, or an exact certificate"),
    "InductionClaim": ("cvc5", "cvc5 on start, step and end"),
    "RegionClaim": ("cvc5", "cvc5 on characteristic polynomials derived by hand"),
    "WiderRegionClaim": ("cvc5", "cvc5 on characteristic polynomials derived by hand"),
    "RootLemma": ("cvc5", "cvc5"),
    "TuningClaim": ("cvc5", "cvc5, and polynomials without negative terms"),
    "EquationsClaim": ("fractions", "the code beside the printed text in exact arithmetic"),
    "IdentityClaim": ("fractions", "the typed text at rational points"),
    "MaximumLimitClaim": ("cvc5", "cvc5 on the squeeze"),
    "AnyLengthClaim": ("fractions", "the code beside the printed text in exact arithmetic"),
    "BoxClaim": ("fractions", "steps of the code from the wall and towards it, in fractions"),
    "ChangingRateClaim": ("fractions", "both forms run in fractions"),
    "ComplexRateClaim": ("fractions", "the determinant of the code's step, in fractions"),
    "ConjugacyClaim": ("fractions", "both forms run in fractions"),
    "CycleClaim": ("fractions", "the code run in fractions, read by another parser"),
    "DefaultsClaim": ("signature", "Python's own signature of the rule's function"),
    "DivergenceClaim": ("60 digits", "the integral in closed form, to sixty digits"),
    "EdgeClaim": ("torch", "the code on torch's tensors, the printed values in exact arithmetic"),
    "EquivalentNoiseClaim": ("fractions", "signs of the characteristic polynomial, in fractions"),
    "ExponentialDecayClaim": ("60 digits", "the second moment step by step, to sixty digits"),
    "FirstStepsClaim": ("fractions", "the code run in fractions"),
    "FirstTractableClaim": ("fractions", "the numbers themselves, in fractions"),
    "GrowthClaim": ("cvc5", "cvc5 on the derivative of one; values that rise, to sixty digits"),
    "ImpulseClaim": ("fractions", "the code run in fractions"),
    "LimitClaim": ("60 digits", "the typed text far out, to sixty digits"),
    "LookaheadClaim": ("fractions", "Schur and Cohn on the code's own cycle, in fractions"),
    "MatrixClaim": ("fractions", "the code run on unit vectors, in fractions"),
    "MatrixIdentityClaim": (
        "fractions",
        "rational matrices of two sizes, the orthogonal one Cayley's",
    ),
    "MatrixPowerClaim": ("fractions", "powers of rational matrices"),
    "MostlyScaledClaim": ("fractions", "all counted again, by polynomials enclosed in fractions"),
    "NoiseStepClaim": ("fractions", "the Lyapunov equation of the code's step, in fractions"),
    "PowerClaim": ("fractions", "the code run in fractions"),
    "PrintedRunClaim": ("60 digits", "both run to sixty digits"),
    "RescalingClaim": ("fractions", "the code run twice in exact arithmetic"),
    "ScaleVarianceClaim": ("fractions", "fractions times pi between two fractions"),
    "ScalingClaim": ("fractions", "roots enclosed by signs, in fractions"),
    "ScheduleClaim": ("fractions", "the schedule stepped in exact arithmetic"),
    "SignCycleClaim": ("fractions", "the code run in fractions, and the signs it is driven by"),
    "SingularValueClaim": ("fractions", "enclosures of pieces of the interval"),
    "StepBoundClaim": ("60 digits", "weights worked out by hand, to sixty digits"),
    "StoredPointClaim": ("fractions", "both forms run in fractions"),
    "SumClaim": ("fractions", "sums added up in fractions"),
    "SymmetryClaim": ("fractions", "the code run twice in exact arithmetic"),
    "UnrolledClaim": ("fractions", "the code run in fractions"),
    "ContractionClaim": (
        "fractions",
        "Sturm and Schur–Cohn on the code’s own polynomials, in fractions",
    ),
    "TrappedClaim": ("60 digits", "the code run round the polygon, to sixty digits"),
    "VarianceClaim": ("fractions", "the Lyapunov equation of the code's step, in fractions"),
}
"""By kind of claim, who else than its prover is asked in the tests of this project, in a word, and how."""


def minds(decided: Decided, checked: Checked | None = None, kind: str = "") -> tuple[str, ...]:
    """The names of those that came to the verdict, each by another way; with ``kind`` those in the tests too.

    >>> from eigenstep.proofs import decide_all
    >>> minds(decide_all(["M7.region"], cache=False)["M7.region"])
    ('z3', 'float64')
    >>> minds(decide_all(["M8"], cache=False)["M8"], kind="MatrixClaim")
    ('SymPy', 'float64', 'fractions')
    """
    proof = decided.proof
    if proof.verdict is Verdict.OPEN:
        return ()
    found = ["z3" if "z3" in proof.method else "SymPy"]
    if decided.evidence.agrees is (proof.verdict is Verdict.PROVED):
        found.append("float64")
    if kind in SECOND:
        found.append(SECOND[kind][0])
    if checked and checked.accepted:
        found.append("Coq")
    return tuple(found)
