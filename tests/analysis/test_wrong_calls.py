"""Every public function of the theory with what nobody should give it: one clear line, in bounded time."""

import math
import time

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import convex as C
from eigenstep.analysis import derive, trace
from eigenstep.analysis import simulation as S
from eigenstep.analysis.adaptive import averages as A
from eigenstep.analysis.adaptive.frozen import freeze
from eigenstep.analysis.linear import noise as N
from eigenstep.analysis.linear import transient as T
from eigenstep.analysis.loading import load_rule, load_target
from eigenstep.optimizers import EigenstepError, rules
from eigenstep.optimizers import schedules as sch

hb = derive(rules.heavy_ball)
BAD = {
    "text": "x", "None": None, "True": True, "complex": 1j, "NaN": math.nan, "inf": math.inf,
    "10**400": 10**400, "10**5000": 10**5000, "list": [], "nested": [[1]], "object": object(), "dict": {},
    "bytes": b"1", "function": lambda: 1, "array": np.array([1, 2]), "text array": np.array("x"),
    "symbol": sp.Symbol("q"), "I": sp.I, "sympy nan": sp.nan, "oo": sp.oo, "-1": -1,
}  # fmt: skip
NEVER = (
    "text",
    "True",
    "complex",
    "bytes",
    "NaN",
    "object",
    "text array",
    "I",
    "sympy nan",
)
"""What no number may be; a name may be any text, which then does not exist."""
CALLS = {
    "derive": lambda b: derive(b),
    "derive2": lambda b: derive(rules.heavy_ball, beta=b),
    "derive3": lambda b: derive(rules.heavy_ball, form=b),
    "trace": lambda b: trace(b),
    "freeze": lambda b: freeze(b),
    "freeze2": lambda b: freeze(rules.adam, b),
    "load_rule": lambda b: load_rule(b),
    "load_target": lambda b: load_target(b),
    "tuning mu": lambda b: hb.tuning(b, 100),
    "tuning L": lambda b: hb.tuning(1, b),
    "radius": lambda b: hb.spectral_radius(eta_lambda=b, beta=0.5),
    "radius b": lambda b: hb.spectral_radius(eta_lambda=1, beta=b),
    "radius lr": lambda b: hb.spectral_radius(lr=b, curvature=1, beta=0.5),
    "eig": lambda b: hb.eigenvalues_at(eta_lambda=b, beta=0.5),
    "interval": lambda b: hb.stable_interval(beta=b),
    "var": lambda b: hb.stationary_variance(lr=b, curvature=1, beta=0.5),
    "var2": lambda b: hb.stationary_variance(lr=0.1, curvature=b, beta=0.5),
    "var3": lambda b: hb.stationary_variance(lr=0.1, curvature=1, beta=b),
    "num": lambda b: hb.numeric_matrix(lr=b, curvature=1, beta=0.5),
    "tr": lambda b: hb.transient_growth(lr=b, curvature=1, beta=0.5),
    "it t": lambda b: hb.iterate(b, lr=0.1, curvature=1, beta=0.5),
    "it lr": lambda b: hb.iterate(3, lr=b, curvature=1, beta=0.5),
    "it": lambda b: hb.iterate(3, lr=0.1, beta=0.5),
    "it q": lambda b: hb.iterate(3, lr=0.1, beta=0.5, curvature=1, q=b),
    "it d": lambda b: hb.iterate(3, digits=b, lr=0.1, beta=0.5, curvature=1),
    "MA": lambda b: A.MovingAverage(b),
    "MA w": lambda b: A.MovingAverage(0.9).weights(b),
    "MA bias": lambda b: A.MovingAverage(0.9).bias_factor(b),
    "MA c": lambda b: A.MovingAverage(0.9).centre_of_mass(b),
    "MA drift": lambda b: A.MovingAverage(0.9).drift_bound(b, 3),
    "MA u": lambda b: A.MovingAverage(0.9).uncorrected_factor(b),
    "rect": lambda b: A.rectifier(b, 5),
    "rect t": lambda b: A.rectifier(0.999, b),
    "rect th": lambda b: A.rectifier(0.999, 5, b),
    "first": lambda b: A.first_tractable_step(b),
    "irv": lambda b: A.inverse_root_variance(b),
    "er": lambda b: A.exact_rectifier(0.999, b),
    "bound": lambda b: C.bound(b, 1, 1),
    "bound r": lambda b: C.bound([1.0], b, 1),
    "ocs": lambda b: C.optimal_constant_step(1, 1, b),
    "ocs r": lambda b: C.optimal_constant_step(b, 1, 1),
    "sb": lambda b: C.schedule_bound(b, 1, 1, 1),
    "sb T": lambda b: C.schedule_bound("inverse_time", 1, 1, b),
    "scb": lambda b: C.strongly_convex_bound(b, 1, 1),
    "mini": lambda b: N.minibatch_variance(b, 1),
    "mini b": lambda b: N.minibatch_variance([1.0, 2.0], b),
    "best": lambda b: N.best_schedule(b, 1.0, 1.0, 3),
    "best s": lambda b: N.best_schedule(1.0, 1.0, 1.0, b),
    "best n": lambda b: N.best_schedule(1.0, b, 1.0, 3),
    "tg": lambda b: T.transient_growth(b),
    "tg l": lambda b: T.transient_growth(np.array([[0.5, 3], [0, 0.5]]), longest=b),
    "sim": lambda b: S.simulate(b, 3),
    "sim n": lambda b: S.simulate(rules.gradient_descent, b, lr=0.5),
    "sim lr": lambda b: S.simulate(rules.gradient_descent, 3, lr=b),
    "sim c": lambda b: S.simulate(rules.gradient_descent, 3, curvature=b),
    "sim s": lambda b: S.simulate(rules.gradient_descent, 3, start=b),
    "sim noise": lambda b: S.simulate(rules.gradient_descent, 3, noise=b),
    "sim seed": lambda b: S.simulate(rules.gradient_descent, 3, seed=b, noise=1.0),
    "growth": lambda b: S.growth(b, eta_lambda=1.0),
    "growth n": lambda b: S.growth(rules.gradient_descent, b, eta_lambda=1.0),
    "growth e": lambda b: S.growth(rules.gradient_descent, eta_lambda=b),
    "pc": lambda b: sch.piecewise_constant(b, [1.0]),
    "pc2": lambda b: sch.piecewise_constant([1, 2], b),
    "exp": lambda b: sch.exponential(b),
    "poly": lambda b: sch.polynomial(b),
    "poly2": lambda b: sch.polynomial(1.0, b),
    "it2": lambda b: sch.inverse_time(b),
    "isr": lambda b: sch.inverse_square_root(b),
    "cos": lambda b: sch.cosine(b),
    "cos2": lambda b: sch.cosine(4, b),
    "cos3": lambda b: sch.cosine(4, 0, b),
    "item": lambda b: hb.tuning(1, 2)[b],
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.filterwarnings("ignore")
def test_is_answered_in_one_line(call, bad):
    start = time.process_time()
    try:
        answer, refused = CALLS[call](BAD[bad]), None
    except EigenstepError as error:
        answer, refused = None, str(error)
    assert time.process_time() - start < 5
    if refused is not None:
        assert len(refused.splitlines()) == 1
        assert len(refused) < 1500
    else:
        assert bad not in NEVER, f"accepted: {answer!r}"
        assert not isinstance(answer, float) or math.isfinite(answer)
