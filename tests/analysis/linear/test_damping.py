"""Where two eigenvalues coincide."""

from eigenstep.analysis import derive
from eigenstep.optimizers.rules import heavy_ball, nesterov


def test_critical_damping_is_a_double_root():
    for r in (heavy_ball, nesterov):
        theory = derive(r)
        (beta,) = theory.critical_damping["beta"]
        for h in (0.1, 0.5, 0.9):
            at = float(beta.subs(theory.variable, h))
            one, two = theory.eigenvalues_at(eta_lambda=h, beta=at)
            assert abs(one - two) < 1e-7
