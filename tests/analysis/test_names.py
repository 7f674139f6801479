"""A rule's names that theory, torch or a document has for something else."""

import json

import pytest
import torch
from eigenstep.analysis import derive, freeze
from eigenstep.optimizers import RuleOptimizer, rule
from eigenstep.optimizers.domains import hyperparameter_of
from eigenstep.optimizers.errors import RuleError
from eigenstep.optimizers.rule import Rule
from eigenstep.optimizers.rules import heavy_ball
from eigenstep.reports.commands.command_line import app
from typer.testing import CliRunner


def renamed(name):
    """Heavy ball whose β has another name."""

    def update(theta, g, v, *, lr, **rest):
        v = rest[name] * v + g
        return theta - lr * v, v

    h = heavy_ball.hyperparameters
    return Rule(update, name="mine", hyperparameters={
        "lr": h["lr"], name: hyperparameter_of(name, None, 0.5)
    })  # fmt: skip


@pytest.mark.parametrize("name", ["step", "curvature", "eta_lambda"])
def test_a_keyword_of_theory_is_refused_by_name(name):
    for ask in (derive, freeze):
        with pytest.raises(RuleError, match=f"hyperparameter {name} has the name by which theory"):
            ask(renamed(name))


@pytest.mark.parametrize("name", ["initial_lr", "max_lr", "min_lr", "swa_lr", "engine", "foreach"])
def test_a_key_of_a_parameter_group_is_refused_by_name(name):
    x = torch.nn.Parameter(torch.ones(1))
    with pytest.raises(RuleError, match=f"hyperparameter '{name}' has a name that"):
        RuleOptimizer([x], renamed(name))


FILE = """
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval

def c(t, *, rate: LearningRate = 0.1, rule_: UnitInterval = 0.5):
    return {"t": rule_, "rate": rate}

@rule(coefficients=c)
def mine(theta, g, *, rate, t):
    return theta - rate * g

@rule
def plain(theta, g, v, *, lr: LearningRate = 0.1, how: UnitInterval = 0.5):
    v = how * v + g
    return theta - lr * v, v
"""


def test_documents_keep_a_rules_names_apart_from_their_own(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(FILE)

    def run(*arguments):
        return json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)

    found = run("coefficients", f"{file}:mine", "--t", "7")
    assert (found["t"], found["coefficients"]) == (7, {"t": 0.5, "rate": 0.1})
    tuned = run("tune", f"{file}:plain", "--mu", "1", "--L", "4")
    assert tuned["rate"] == pytest.approx(1 / 3)
    assert isinstance(tuned["how"], str)
    assert tuned["values"] == pytest.approx({"lr": 4 / 9, "how": 1 / 9})
    with pytest.raises(RuleError, match="hyperparameter rate"):
        derive(renamed("rate")).tuning(mu=1, L=4)


def test_a_name_is_no_reason_by_itself():
    @rule
    def mine(theta, g, gradient_at, *, lr: float = 0.1):
        gradient_at = gradient_at / 2 + g
        return theta - lr * gradient_at, gradient_at

    assert derive(mine).limit == 3
