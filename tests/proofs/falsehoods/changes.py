"""Provers with one check left out, and the statement that would then be proved."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eigenstep.analysis import equality
from eigenstep.proofs.kinds import names

_KINDS = "eigenstep.proofs.kinds"

CHECKS: list[tuple[str, str, str, str, str]] = [
    # file, what stands there, what is put in its place, the kind, and the statement that is then proved
    ("sums", "if t in term.value.free_symbols or any(t in n.free_symbols for n in term.needs):", "if False:", "SumClaim", "the term changes with t, which only new ones are asked"),
    ("sums", 'sp.Dummy("n", integer', 'sp.Symbol("n", integer', "SumClaim", "a name like the one that the proof counts with"),
    ("sums", "return from_decisions(method, equal(*pair, None, granted))", "return from_decisions(method)", "SumClaim", "wrong from t = 5 on"),
    ("sums", "for value in range(self.start, base + _FIRST):", "for value in ():", "SumClaim", "i = 0: sign is 0"),
    ("sums", "if not (begins := equal(start, 0)).holds:", "if (begins := equal(start, 0)) is None:", "UnrolledClaim", "a state that begins at θ"),
    ("sums", 'if "tau" in (own :=', 'if "" in (own :=', "UnrolledClaim", "a hyperparameter named tau"),
    ("sums", "if typed.needs or source == 0:", "if source == 0:", "UnrolledClaim", "g²/g at g = 0"),
    ("limits", "if either is not None:", "if False:", "LimitClaim", "at x = 50 it is 1 for ever"),
    ("limits", 'sp.Dummy(f"kappa_{name}", positive=True)', 'sp.Symbol(f"kappa_{name}", positive=True)', "LimitClaim", "a name like a private one"),
    ("limits", "if self.variable in self.unit:", "if False:", "LimitClaim", "a variable that is below 1"),
    ("inequalities", "if decide_real(hypotheses, [sp.false]).holds:", "if False:", "InequalityClaim", "nothing satisfies the hypotheses, which proves nothing"),
    ("inequalities", "everywhere.holds and grows.holds", "everywhere.holds", "GrowthClaim", "it turns at 10⁷"),
    ("inductions", "for what, claim in self.obligations():", "for what, claim in self.obligations()[:1]:", "InductionClaim", "not kept by a step"),
    ("inductions", "for what, claim in self.obligations():", "for what, claim in self.obligations()[1:]:", "InductionClaim", "not at the start"),
    ("inductions", "if not (self.invariant or self.so):", "if False:", "InductionClaim", "nothing is said"),
    ("inductions", "for e in self.then.values()", "for e in ()", "InductionClaim", "a step divides by 0 in what is said of nothing"),
    ("regions", "for n in needs]", "for n in ()]", "RegionClaim", "undefined at β = 1/2"),
    ("regions", "if changes_with_t(self.rule, self.fixed):", "if False:", "RegionClaim", "steps that double at every 25th"),
    ("regions", 'Literal["both", "sufficient", "necessary"]', "str", "RegionClaim", "a direction that there is not"),
    ("worst_cases", "if decide(hypotheses, sp.false).holds is not False:", "if False:", "ContractionClaim", "nothing satisfies the hypotheses, which contracts nothing"),
    ("worst_cases", "yield from [decide(inside, f) for f in (*granted, *facts)]", "yield from [decide(inside, f) for f in facts]", "ContractionClaim", "a value that divides by 0"),
    ("worst_cases", "yield from [decide([*hypotheses, *both], r) for r in conditions]", "", "ContractionClaim", "a condition too many"),
    ("worst_cases", "if changes_with_t(self.rule):", "if False:", "ContractionClaim", "steps that double at every 25th"),
    ("wider_regions", "if decide(domain, sp.false).holds is not False:", "if False:", "WiderRegionClaim", "no β is both, which proves nothing"),
    ("wider_regions", "for n in typed.needs)", "for n in ())", "WiderRegionClaim", "undefined at β = −1/2"),
    ("tunings", "if unlike := self._of_another_unit(names):", "if unlike := None:", "TuningClaim", "at μ = 2 it is another"),
    ("tunings", 'if self.half == "attained":', "if False:", "TuningClaim", "a rate of 1 is not what it attains"),
    ("tunings", "for n in sorted(needs, key=sp.default_sort_key)]", "for n in ()]", "TuningClaim", "undefined at L = 4μ"),
    ("tunings", 'Literal["both", "attained", "no_better"]', "str", "TuningClaim", "a half that there is not"),
    ("tunings", "for e in found for n in e.needs]", "for e in () for n in ()]", "RootLemma", "undefined at T = 0"),
    ("second_order", "equal(rate**2, determinant), positive)", "equal(rate**2, determinant))", "ComplexRateClaim", "below 0 where ηλ < 1/200"),
    ("second_order", "for n in written.needs):", "for n in ()):", "MatrixPowerClaim", "undefined where s1 = −s2"),
    ("second_order", "if defined.holds is not True:", "if False:", "ImpulseClaim", "undefined at τ = 5"),
    ("second_order", "if changes_with_t(self.rule):", "if False:", "ImpulseClaim", "steps that double at every 25th"),
    ("matrices", "if changes_with_t(self.rule):", "if False:", "MatrixClaim", "steps that double at every 25th"),
    ("noise", "if changes_with_t(self.rule):", "if False:", "VarianceClaim", "steps that double at every 25th"),
    ("step_sizes", "if changes_with_t(self.rule):", "if False:", "NoiseStepClaim", "steps that double at every 25th"),
    ("lookahead", "if changes_with_t(self.rule, values):", "if False:", "LookaheadClaim", "steps that double after the hundredth"),
    ("conjugacy", "return step_of_another_coefficient(", "return False and step_of_another_coefficient(", "ConjugacyClaim", "the second doubles at every 25th"),
    ("conjugacy", "if not all(d.holds for d in defined):", "if False:", "ConjugacyClaim", "undefined at β = 1/2"),
    ("trajectories", "if any(row.subs(dict.fromkeys(p.state, 0)) != 0 for row in rows):", "if False:", "ChangingRateClaim", "a change with a constant"),
    ("trajectories", "if any(begins_elsewhere(rule) for rule in (self.first, self.second)):", "if False:", "ChangingRateClaim", "what two heavy balls share is not their start"),
    ("first_steps", "require(Integers(1), t=t)", "pass", "FirstStepsClaim", "before the first step nothing is run"),
    ("first_steps", "if begins_elsewhere(self.rule):", "if False:", "FirstStepsClaim", "it begins at θ"),
    ("edges", "        self._check()\n", "", "EdgeClaim", "nothing of that name"),
    ("defaults", "if not self.printed:", "if False:", "DefaultsClaim", "nothing is printed"),
    ("schedules", "if not _PLAIN.fullmatch(digits):", "if False:", "ScheduleClaim", "half a unit of 5e-1 is 1/20"),
    ("conditioning", "(dict.fromkeys(self.others), repeat=3)", "(self.others, repeat=3)", "MostlyScaledClaim", "matrices that are counted twice are still one each"),
    ("conditioning", "require(Integers(1), factor=self.factor)", "pass", "MostlyScaledClaim", "κ(Q)/0 is no number"),
    ("equivalent_noise", "if not self.tried:", "if False:", "EquivalentNoiseClaim", "nothing is tried"),
    ("equivalent_noise", "if q != q.T or not q.is_positive_semidefinite:", "if False:", "EquivalentNoiseClaim", "a matrix that is not symmetric"),
    ("matrix_identities", "if divisor := self._divisor():", "if divisor := None:", "MatrixIdentityClaim", "undefined at b = 0"),
    ("step_bounds", "or begins_elsewhere(self.rule)", "", "StepBoundClaim", "its first moment begins at 1"),
    ("step_bounds", "if decide(self._domain(), sp.false).holds is not False:", "if False:", "StepBoundClaim", "no β₁ is both, which proves nothing"),
    ("step_bounds", "if decide_real(domain, [n for n in needs if n != sp.true] or [sp.true]).holds is not True:", "if False:", "StepBoundClaim", "below 0 where β₁ < 1/100"),
    ("cycles", "or not all(s == x or s.is_Rational for s in r.args)", "", "CycleClaim", "a gradient that jumps down at √2"),
    ("rescaling", "if name not in (own :=", "if 0 > len(own :=", "RescalingClaim", "nothing of that name"),
    ("rescaling", "if any(f.needs for f in typed.values()):", "if False:", "RescalingClaim", "a factor that is undefined at c = 1"),
    ("any_length", 'if name in ("p", "t") or', "if False and", "AnyLengthClaim", "p stands for two things"),
    ("inverse_chi", "if not (rho.is_Integer and rho > 2):", "if False:", "ScaleVarianceClaim", "no variance is below 0"),
    ("equations", "if here.holds is not True:", "if False:", "EquationsClaim", "it does not begin at θ"),
    ("equations", "if other is not None:", "if False:", "EquationsClaim", "it doubles at every 25th"),
    ("equations", "if not all(d.holds for d in holds):", "if False:", "EquationsClaim", "an invariant that does not hold at the start"),
    ("rectification", "if (rho > self.threshold) != (t == self.first):", "if False:", "FirstTractableClaim", "at β₂ = 0.999 from step 5 on"),
    ("decays", "if all(x.is_finite and x.is_nonnegative for x in orders):", "if orders:", "ExponentialDecayClaim", "too fast: it stops before it is there"),
]  # fmt: skip

FUNCTIONS: list[tuple[str, str, Any, str, str]] = [
    # module, name, what is put in its place, the kind, and the statement that is then proved
    ("eigenstep.analysis.equality", "covered", lambda *_: True, "IdentityClaim", "x + y = 0"),
    (
        "eigenstep.analysis.equality",
        "covered",
        lambda *_: True,
        "MatrixClaim",
        "undefined at β = 1/2",
    ),
    (
        "eigenstep.analysis.atoms",
        "_sign_of",
        lambda _: "positive",
        "InequalityClaim",
        "ln x < 0 below 1",
    ),
    (
        "eigenstep.analysis.symmetries",
        "_straight",
        lambda *_: True,
        "SymmetryClaim",
        "the norm of cubes depends on the axes",
    ),
    (
        "eigenstep.proofs.words",
        "_shape_of",
        lambda _: None,
        "MatrixIdentityClaim",
        "no sum of a column and a matrix",
    ),
    (
        "eigenstep.proofs.words",
        "SYMMETRIC",
        ("Q", "Qi", "L", "Li", "Lh", "D", "A", "B"),
        "MatrixIdentityClaim",
        "A is not symmetric",
    ),
]


@contextmanager
def without(file: str, old: str, new: str, kind: str) -> Iterator[type]:
    """The kind, from its file with one piece replaced."""
    module = importlib.import_module(f"{_KINDS}.{file}")
    source = inspect.getsource(module)
    assert source.count(old) >= 1, f"{file}.py has no {old!r} any more"
    changed = types.ModuleType(f"{_KINDS}.changed_{file}")
    changed.__package__ = _KINDS
    sys.modules[changed.__name__] = changed
    try:
        exec(compile(source.replace(old, new), f"changed {file}", "exec"), changed.__dict__)
        forget()
        yield changed.__dict__[kind]
    finally:
        del sys.modules[changed.__name__]
        forget()


def forget() -> None:
    """Nothing decided with another prover is remembered."""
    equality._identical.cache_clear()
    getattr(equality.covered, "cache_clear", lambda: None)()
    names._changes.cache_clear()
