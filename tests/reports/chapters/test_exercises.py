"""Every exercise is answered by claims that are decided or by an experiment that is run."""

import json
import math

import numpy as np
import pytest
from eigenstep.optimizers.errors import DomainError
from eigenstep.optimizers.rules import gradient_descent, heavy_ball
from eigenstep.proofs import with_corrections
from eigenstep.reports.chapters.exercises import ALL_EXERCISES
from eigenstep.reports.commands.command_line import app
from eigenstep.reports.experiments import trials
from eigenstep.reports.experiments.airfoil import LeastSquares
from eigenstep.reports.experiments.training import batches, train
from typer.testing import CliRunner

COUNTS = {
    "sgd": 5,
    "minibatch": 4,
    "momentum": 4,
    "adagrad": 6,
    "rmsprop": 4,
    "adadelta": 4,
    "adam": 4,
}
SLOW = {"adagrad.5", "rmsprop.3", "adam.4"}


def test_all_of_the_lecture():
    found = [k.split(".")[0] for k in ALL_EXERCISES]
    assert {c: found.count(c) for c in COUNTS} == COUNTS
    assert len(ALL_EXERCISES) == 31


@pytest.mark.parametrize("key", ALL_EXERCISES)
def test_answered(key):
    exercise = ALL_EXERCISES[key]
    assert exercise.claims or exercise.experiment
    assert set(exercise.claims) <= set(with_corrections())


RUN = [k for k, e in ALL_EXERCISES.items() if e.experiment and k not in SLOW]


@pytest.fixture(scope="module")
def tables():
    return {}


@pytest.mark.parametrize("key", RUN)
def test_experiments_run(key):
    table = ALL_EXERCISES[key].run()
    assert table.rows
    assert all(len(row) == len(table.columns) for row in table.rows)
    numbers = [v for row in table.rows for v in row if isinstance(v, float)]
    assert not any(math.isnan(v) for v in numbers)
    assert table.text().splitlines()[0].startswith(table.columns[0])


def test_a_table_in_a_notebook():
    table = trials.Table(("a<b", "c"), ((1.23456, "x"),), "note")
    page = table._repr_html_()
    assert "<th>a&lt;b</th>" in page
    assert "<td>1.235</td><td>x</td>" in page


def column(table, name):
    return [row[table.columns.index(name)] for row in table.rows]


def test_schedules_show_what_is_claimed():
    table = trials.schedules()
    constant, stopped, polynomial, _ = ([*row][1:] for row in table.rows)
    assert constant[3] == pytest.approx(constant[2], rel=0.1)  # the noise floor
    floor = math.sqrt(sum(0.1 / (c * (2 - 0.1 * c)) for c in (2.0, 4.0)))
    assert constant[3] == pytest.approx(floor, rel=0.05)
    assert stopped[3] == pytest.approx(stopped[2], rel=1e-3)
    assert stopped[3] > 2 * constant[3]
    assert polynomial[3] < 0.8 * polynomial[2]


def test_the_noise_is_the_same():
    for _, mean, expected, variance, one in trials.equivalent_noise().rows:
        assert mean == pytest.approx(expected, abs=0.02)
        assert variance == pytest.approx(one, rel=0.02)


def test_rotation():
    for table in (trials.rotated_adagrad(), trials.rotated_rmsprop()):
        rows = table.rows
        for plain, turned in zip(rows[::2], rows[1::2], strict=True):
            assert turned[-1] > 2 * plain[-1]
    steps = [
        trials.on_the_seed_function(gradient_descent, {"lr": 0.3}, r, 20) for r in (False, True)
    ]
    assert steps[0] == pytest.approx(steps[1], rel=1e-9)


def test_gamma_one_diverges():
    table = trials.gamma_one()
    assert column(table, "largest s after 3 steps")[-1] == 0
    assert column(table, "f after 3 steps")[-1] > 1e6


def test_the_genie():
    (name, loss, _, doubled, _), minibatch, single = trials.evil_genie().rows
    assert name == "gradient descent"
    assert doubled == pytest.approx(loss, rel=1e-9)
    assert minibatch[3] != minibatch[1]
    assert single[3] != single[1]


def test_why_the_rate_is_reduced():
    rows = {r[0]: r[1:] for r in trials.why_decay().rows}
    best = rows["the best, about 1/t"]
    assert all(best[i] <= min(r[i] for r in rows.values()) for i in range(3))
    assert rows["constant, η = 0.1"][2] == pytest.approx(math.sqrt(0.1 / 1.9), rel=0.05)


@pytest.fixture
def problem():
    random = np.random.default_rng(0)
    X = np.column_stack([random.standard_normal((40, 2)), np.ones(40)])
    return LeastSquares(X, X @ [1.0, -2.0, 0.5] + 0.1 * random.standard_normal(40), "made")


def test_full_batches_are_the_iteration(problem):
    run = train(problem, heavy_ball, batch=40, epochs=7, seed=3, lr=0.2, beta=0.5)
    w, v = 0.01 * np.random.default_rng(3).standard_normal(3), 0
    for _ in range(7):
        v = 0.5 * v + problem.hessian @ (w - problem.minimizer)
        w = w - 0.2 * v
    assert run.w == pytest.approx(w, abs=1e-12)
    assert run.steps == 7
    assert run.loss == pytest.approx(problem.loss(w))


def test_batches():
    random = np.random.default_rng(0)
    found = list(batches(10, 4, random, False))
    assert [len(b) for b in found] == [4, 4, 2]
    assert sorted(np.concatenate(found)) == list(range(10))
    drawn = np.concatenate([np.concatenate(list(batches(10, 4, random, True))) for _ in range(50)])
    assert set(drawn) == set(range(10))


def test_a_run_that_diverges_is_infinite(problem):
    assert train(problem, gradient_descent, batch=1, epochs=30, lr=50.0).loss == math.inf


def test_bad_input(problem):
    for bad in ({"batch": 0}, {"batch": 4, "epochs": 0}, {"batch": 4, "lr": -1.0}):
        with pytest.raises(DomainError):
            train(problem, gradient_descent, **bad)
    with pytest.raises(ValueError, match="by proof"):
        ALL_EXERCISES["adagrad.1"].run()


def run(*arguments):
    return CliRunner().invoke(app, ["exercises", *arguments])


def test_command():
    rows = json.loads(run("--json").stdout)["exercises"]
    assert len(rows) == 31
    assert rows[0]["id"] == "sgd.1"
    (one,) = json.loads(run("momentum.3", "--json").stdout)["exercises"]
    assert {c["verdict"] for c in one["decided"]} == {"PROVED"}
    text = run("sgd.5").stdout
    assert "81π²/4" in text
    assert len(json.loads(run("adagrad.1", "momentum.3", "--json").stdout)["exercises"]) == 2
    assert run("sgd.9").exception is not None
