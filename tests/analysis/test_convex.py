"""The convex bound: its optimum, its schedules, and a run that must stay below it."""

import json
import math

import numpy as np
import pytest
from eigenstep.analysis import convex
from eigenstep.optimizers.errors import DomainError, UnknownName
from eigenstep.reports.commands.command_line import app
from scipy.optimize import minimize_scalar
from typer.testing import CliRunner


def test_the_optimal_step_is_the_numerical_minimum():
    r, L, T = 2.0, 3.0, 50
    found = minimize_scalar(lambda h: convex.bound(np.full(T, h), r, L), bounds=(1e-4, 1), method="bounded",
                            options={"xatol": 1e-12})  # fmt: skip
    step, value = convex.optimal_constant_step(r, L, T)
    assert step == pytest.approx(found.x, rel=1e-6)
    assert value == pytest.approx(found.fun, rel=1e-12)
    assert str(convex.exact_constant_step()["bound"]) == "L*r/sqrt(T)"


def test_the_printed_bound_is_not_it():
    _, value = convex.optimal_constant_step(1, 1, 4)
    assert value == 0.5
    assert value > (1 + 1 / 4) / (2 * 2)


@pytest.mark.parametrize("schedule", convex.SCHEDULES)
def test_a_run_stays_below_its_bound(schedule):
    """R(w) = E|w − x|, x = ±1: Lipschitz with L = 1, every w in [−1, 1] is a minimizer, R* = 1."""
    r, T, runs = 3.0, 400, 400
    steps = convex.SCHEDULES[schedule](r, 1.0, T)
    random = np.random.default_rng(0)
    w = np.full(runs, 1.0 + r)
    total = np.zeros(runs)
    for eta in steps:
        total += eta * w
        x = random.choice([-1.0, 1.0], runs)
        w = w - eta * np.sign(w - x)
    mean = total / steps.sum()
    excess = np.mean(np.maximum(np.abs(mean), 1.0)) - 1.0
    assert 0 <= excess <= convex.schedule_bound(schedule, r, 1.0, T)


def test_rates():
    at = [convex.schedule_bound("inverse_square_root", 1, 1, T) for T in (100, 10_000)]
    for T, value in zip((100, 10_000), at, strict=True):
        assert value <= (1 + 1 + math.log(T)) / (2 * math.sqrt(T))
    assert convex.strongly_convex_bound(1, 1, 100) < convex.schedule_bound("constant", 1, 1, 100)


def test_bad_input():
    for steps in (np.zeros(3), np.array([1.0, math.nan]), np.array([]), np.array([-1.0, 2.0])):
        with pytest.raises(DomainError):
            convex.bound(steps, 1, 1)
    with pytest.raises(DomainError):
        convex.optimal_constant_step(0, 1, 1)
    with pytest.raises(DomainError):
        convex.schedule_bound("constant", 1, 1, 0)
    with pytest.raises(UnknownName):
        convex.schedule_bound("linear", 1, 1, 1)


def test_command():
    out = CliRunner().invoke(app, ["bound", "sgd", "--r", "2", "--L", "3", "--T", "100", "--json"])
    found = json.loads(out.stdout)
    assert (found["lr"], found["bound"], found["exact"]) == (2 / 30, 0.6, "L*r/sqrt(T)")
    out = CliRunner().invoke(
        app, ["coefficients", "radam", "--t", "10", "--set", "beta2=0.999", "--json"]
    )
    found = json.loads(out.stdout)
    assert found["t"] == 10
    assert found["rho_t"] == pytest.approx(9.983491772)
    assert found["r_t"] == pytest.approx(0.048998013)


@pytest.mark.parametrize("schedule", ["inverse_square_root", "inverse_time"])
def test_sums_in_closed_form_are_the_sums(schedule):
    for T in (1, 2, 10, 12345):
        steps = convex.SCHEDULES[schedule](2.0, 3.0, T)
        assert convex.schedule_bound(schedule, 2, 3, T) == pytest.approx(
            convex.bound(steps, 2, 3), rel=1e-12
        )
