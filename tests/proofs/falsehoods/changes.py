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

CHECKS: list[tuple[str, str, str, str]] = [
    # file, what stands there, what is put in its place, the kind of which a statement is then proved
    ("sums", "if t in term.value.free_symbols or any(t in n.free_symbols for n in term.needs):", "if False:", "SumClaim"),
    ("sums", 'sp.Dummy("n", integer', 'sp.Symbol("n", integer', "SumClaim"),
    ("sums", "return from_decisions(method, equal(*pair, None, granted))", "return from_decisions(method)", "SumClaim"),
    ("sums", "for value in range(self.start, base + _FIRST):", "for value in ():", "SumClaim"),
    ("sums", "if not (begins := equal(start, 0)).holds:", "if (begins := equal(start, 0)) is None:", "UnrolledClaim"),
    ("sums", 'if "tau" in (own :=', 'if "" in (own :=', "UnrolledClaim"),
    ("sums", "if typed.needs or source == 0:", "if source == 0:", "UnrolledClaim"),
    ("limits", "if either is not None:", "if False:", "LimitClaim"),
    ("limits", 'sp.Dummy(f"kappa_{name}", positive=True)', 'sp.Symbol(f"kappa_{name}", positive=True)', "LimitClaim"),
    ("limits", "if self.variable in self.unit:", "if False:", "LimitClaim"),
    ("inequalities", "if decide_real(hypotheses, [sp.false]).holds:", "if False:", "InequalityClaim"),
    ("inequalities", "everywhere.holds and grows.holds", "everywhere.holds", "GrowthClaim"),
    ("inductions", "for what, claim in self.obligations():", "for what, claim in self.obligations()[:1]:", "InductionClaim"),
    ("inductions", "for what, claim in self.obligations():", "for what, claim in self.obligations()[1:]:", "InductionClaim"),
    ("inductions", "if not (self.invariant or self.so):", "if False:", "InductionClaim"),
    ("inductions", "for e in self.then.values() if _may_be_undefined(e)", "for e in ()", "InductionClaim"),
    ("regions", "for n in typed.needs)", "for n in ())", "RegionClaim"),
    ("regions", "if changes_with_t(self.rule, self.fixed):", "if False:", "RegionClaim"),
    ("regions", 'Literal["both", "sufficient", "necessary"]', "str", "RegionClaim"),
    ("wider_regions", "if decide(domain, sp.false).holds is not False:", "if False:", "WiderRegionClaim"),
    ("wider_regions", "for n in typed.needs)", "for n in ())", "WiderRegionClaim"),
    ("tunings", "if unlike := self._of_another_unit(names):", "if unlike := None:", "TuningClaim"),
    ("tunings", 'if self.half == "attained":', "if False:", "TuningClaim"),
    ("tunings", "for n in sorted(needs, key=sp.default_sort_key)]", "for n in ()]", "TuningClaim"),
    ("tunings", 'Literal["both", "attained", "no_better"]', "str", "TuningClaim"),
    ("tunings", "for e in found for n in e.needs]", "for e in () for n in ()]", "RootLemma"),
    ("second_order", "equal(rate**2, determinant), positive)", "equal(rate**2, determinant))", "ComplexRateClaim"),
    ("second_order", "for n in written.needs):", "for n in ()):", "MatrixPowerClaim"),
    ("second_order", "if defined.holds is not True:", "if False:", "ImpulseClaim"),
    ("second_order", "if changes_with_t(self.rule):", "if False:", "ImpulseClaim"),
    ("matrices", "if changes_with_t(self.rule):", "if False:", "MatrixClaim"),
    ("noise", "if changes_with_t(self.rule):", "if False:", "VarianceClaim"),
    ("step_sizes", "if changes_with_t(self.rule):", "if False:", "NoiseStepClaim"),
    ("lookahead", "if changes_with_t(self.rule, values):", "if False:", "LookaheadClaim"),
    ("conjugacy", "if any(map(_hides_steps,", "if not all(map(_hides_steps,", "ConjugacyClaim"),
    ("conjugacy", "if not all(d.holds for d in defined):", "if False:", "ConjugacyClaim"),
    ("trajectories", "if any(row.subs(dict.fromkeys(p.state, 0)) != 0 for row in rows):", "if False:", "ChangingRateClaim"),
    ("trajectories", "if any(begins_elsewhere(rule) for rule in (self.first, self.second)):", "if False:", "ChangingRateClaim"),
    ("first_steps", "require(Integers(1), t=t)", "pass", "FirstStepsClaim"),
    ("first_steps", "if begins_elsewhere(self.rule):", "if False:", "FirstStepsClaim"),
    ("edges", "        self._check()\n", "", "EdgeClaim"),
    ("defaults", "if not self.printed:", "if False:", "DefaultsClaim"),
    ("schedules", "if not _PLAIN.fullmatch(digits):", "if False:", "ScheduleClaim"),
    ("conditioning", "(dict.fromkeys(self.others), repeat=3)", "(self.others, repeat=3)", "MostlyScaledClaim"),
    ("conditioning", "require(Integers(1), factor=self.factor)", "pass", "MostlyScaledClaim"),
    ("equivalent_noise", "if not self.tried:", "if False:", "EquivalentNoiseClaim"),
    ("equivalent_noise", "if q != q.T or not q.is_positive_semidefinite:", "if False:", "EquivalentNoiseClaim"),
    ("matrix_identities", "if divisor := self._divisor():", "if divisor := None:", "MatrixIdentityClaim"),
    ("step_bounds", "or begins_elsewhere(self.rule)", "", "StepBoundClaim"),
    ("step_bounds", "if decide(self._domain(), sp.false).holds is not False:", "if False:", "StepBoundClaim"),
    ("step_bounds", "for n in (*self._needs(self.bound), sp.Ge(bound, 0, evaluate=False))]", "for n in ()]", "StepBoundClaim"),
    ("cycles", "or not all(s == x or s.is_Rational for s in r.args)", "", "CycleClaim"),
    ("rescaling", "if name not in (own :=", "if 0 > len(own :=", "RescalingClaim"),
    ("rescaling", "if any(f.needs for f in typed.values()):", "if False:", "RescalingClaim"),
    ("any_length", 'if name in ("p", "t") or', "if False and", "AnyLengthClaim"),
    ("inverse_chi", "if not (rho.is_Integer and rho > 2):", "if False:", "ScaleVarianceClaim"),
    ("equations", "if here.holds is not True:", "if False:", "EquationsClaim"),
    ("equations", "if other is not None:", "if False:", "EquationsClaim"),
    ("equations", "if not all(d.holds for d in holds):", "if False:", "EquationsClaim"),
    ("rectification", "if (rho > self.threshold) != (t == self.first):", "if False:", "FirstTractableClaim"),
    ("decays", "if not ratio.free_symbols:", "if False:", "ExponentialDecayClaim"),
]  # fmt: skip

FUNCTIONS: list[tuple[str, str, Any, str]] = [
    # module, function, what is put in its place, the kind
    ("eigenstep.analysis.equality", "covered", lambda *_: True, "IdentityClaim"),
    ("eigenstep.analysis.equality", "covered", lambda *_: True, "MatrixClaim"),
    ("eigenstep.analysis.atoms", "_sign_of", lambda _: "positive", "InequalityClaim"),
    ("eigenstep.analysis.atoms", "depends", lambda *_: False, "IdentityClaim"),
    ("eigenstep.analysis.symmetries", "_straight", lambda *_: True, "SymmetryClaim"),
    ("eigenstep.proofs.words", "_shape_of", lambda _: None, "MatrixIdentityClaim"),
    ("eigenstep.proofs.words", "SYMMETRIC", ("Q", "Qi", "L", "Li", "Lh", "D", "A", "B"), "MatrixIdentityClaim"),
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
