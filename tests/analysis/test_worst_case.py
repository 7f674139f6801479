"""The convex bounds against the exact worst case over all functions (performance estimation)."""

import math

import numpy as np
import pytest
from eigenstep.analysis import convex

pepit = pytest.importorskip("PEPit")
from PEPit.functions import ConvexLipschitzFunction, SmoothStronglyConvexFunction  # noqa: E402

TIGHT = 1e-5
"""Relative; the semidefinite solver stops at about 1e-7."""


def worst_of_mean_iterate(steps, r, L):
    """max of f(w̄) − f* over convex L-Lipschitz f and starts within r of a minimizer."""
    problem = pepit.PEP()
    f = problem.declare_function(ConvexLipschitzFunction, M=L)
    best = f.stationary_point()
    w = problem.set_initial_point()
    problem.set_initial_condition((w - best) ** 2 <= r**2)
    mean = None
    for eta in steps:
        part = w * (eta / sum(steps))
        mean = part if mean is None else mean + part
        w = w - eta * f.gradient(w)
    problem.set_performance_metric(f(mean) - f(best))
    return problem.solve(verbose=0)


@pytest.mark.parametrize("T", [1, 2, 5, 10])
def test_the_constant_steps_bound_is_attained(T):
    """There is no slack: rL/√T is the exact worst case of the optimal constant step."""
    step, bound = convex.optimal_constant_step(2.0, 3.0, T)
    assert worst_of_mean_iterate([step] * T, 2.0, 3.0) == pytest.approx(bound, rel=TIGHT)


def test_what_print_has_is_not_a_bound():
    step, _ = convex.optimal_constant_step(1.0, 1.0, 4)
    printed = (1 + 1 / 4) / (2 * math.sqrt(4))
    assert worst_of_mean_iterate([step] * 4, 1.0, 1.0) > printed + 0.1


@pytest.mark.parametrize("schedule", ["inverse_square_root", "inverse_time"])
def test_the_schedules_bounds_hold(schedule):
    slack = []
    for T in (2, 6):
        steps = [float(s) for s in convex.SCHEDULES[schedule](1.0, 1.0, T)]
        bound = convex.schedule_bound(schedule, 1.0, 1.0, T)
        slack.append(bound - worst_of_mean_iterate(steps, 1.0, 1.0))
    assert min(slack) > -TIGHT
    assert max(slack) < 0.3 * bound


@pytest.mark.parametrize("eta", [0.05, 2 / 11, 0.19])
def test_gradient_descent_on_all_smooth_strongly_convex_functions(eta):
    mu, L, T = 1.0, 10.0, 3
    problem = pepit.PEP()
    f = problem.declare_function(SmoothStronglyConvexFunction, mu=mu, L=L)
    best = f.stationary_point()
    x = problem.set_initial_point()
    problem.set_initial_condition((x - best) ** 2 <= 1)
    for _ in range(T):
        x = x - eta * f.gradient(x)
    problem.set_performance_metric((x - best) ** 2)
    rate = max(abs(1 - eta * mu), abs(1 - eta * L))
    assert problem.solve(verbose=0) == pytest.approx(rate ** (2 * T), rel=1e-4)
    assert np.isfinite(rate)
