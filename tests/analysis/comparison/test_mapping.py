"""Targets whose arguments have other names than the rule's hyperparameters, and shapes of their own."""

import json

import pytest
import torch
from eigenstep.analysis.comparison import MappingError, TargetError, compare
from eigenstep.optimizers import ops, rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.errors import DomainError, UnknownName
from eigenstep.optimizers.rules import adam, heavy_ball
from eigenstep.reports.commands.command_line import app
from typer.testing import CliRunner


@rule
def product(
    theta, g, m, w, *, alpha: LearningRate = 0.01, zeta: UnitInterval = 0.9, xi: UnitInterval = 0.9
):
    m = zeta * m + ops.where(ops.sign(g) == 1, 2 * g, g)
    w = xi * w + m * g
    return theta - alpha * (m + w), m, w


def product_of(params, q=0.01, xs=(0.9, 0.9), unused=0.25):
    """The same by hand; nothing but its arguments says what is what."""

    class Stepped:
        def __init__(self):
            self.state = [(torch.zeros_like(p), torch.zeros_like(p)) for p in params]

        @torch.no_grad()
        def step(self):
            for i, p in enumerate(params):
                m, w = self.state[i]
                m = xs[0] * m + torch.where(p.grad > 0, 2 * p.grad, p.grad)
                w = xs[1] * w + m * p.grad
                self.state[i] = (m, w)
                p.sub_(q * (m + w))

    return Stepped()


def test_a_mapping_is_searched_and_confirmed_where_all_defaults_are_equal():
    for settings in ({}, {"q": 0.5, "xs": (0.2, 0.7)}, {"xs": (0.7, 0.2)}):
        found = compare(product_of, product, settings=settings, steps=20)
        assert found.match
        assert found.confirmed
        assert found.mapping == {"alpha": "q", "zeta": "xs[0]", "xi": "xs[1]"}
        assert "unused = 0.25 is no hyperparameter of product" in found.describe()


def test_the_wrong_mapping_of_equal_numbers_does_not_pass():
    right = compare(product_of, product, mapping={"xs": ("zeta", "xi")}, steps=20)
    assert right.match
    wrong = compare(product_of, product, mapping={"xs": ("xi", "zeta"), "q": ("alpha",)}, steps=20)
    assert not wrong.match
    assert wrong.confirmed is False
    assert "alpha = " in wrong.departure.numbers


def test_an_argument_without_a_counterpart_is_not_none():
    found = compare(product_of, product, rule_settings={"xi": 0.5}, steps=20)
    assert not found.match
    assert "computes none" not in found.describe()
    assert "--map" in found.describe()
    assert found.as_json()["unmapped"]["target"]["unused"] == 0.25
    assert "computes none" in compare(torch.optim.RAdam, adam, steps=5).describe()


@pytest.mark.parametrize(("mapping", "error", "said"), [
    ({"xs": ("zeta",)}, MappingError, "xs is 2 numbers and is mapped to 1 names.*alpha, zeta, xi"),
    ({"q": ("zeta", "xi")}, MappingError, "q is one number"),
    ({"ys": ("zeta",)}, UnknownName, "no numeric argument of the target 'ys'; there is: q, xs, unused"),
    ({"q": ("nope",)}, UnknownName, "no numeric hyperparameter of product 'nope'; there is: alpha, zeta, xi"),
    ({"q": ("xi",), "unused": ("xi",)}, MappingError, "both q and unused"),
])  # fmt: skip
def test_a_wrong_mapping_is_refused_by_name(mapping, error, said):
    with pytest.raises(error, match=said):
        compare(product_of, product, mapping=mapping, steps=2)


def test_what_is_set_for_the_rule():
    other = {"xs": (0.3, 0.4)}
    values = {"alpha": 0.01, "zeta": 0.3, "xi": 0.4}
    assert compare(product_of, product, settings=other, rule_settings=values, steps=20).match
    with pytest.raises(DomainError):
        compare(product_of, product, rule_settings={"xi": 1.5})
    with pytest.raises(MappingError, match="is set and cannot be"):
        compare(product_of, product, rule_settings={"xi": 0.5}, mapping={"q": ("xi",)}, steps=2)
    with pytest.raises(MappingError, match="against which"):
        compare(product_of, rule_settings={"xi": 0.5})


def test_a_strangers_rule_is_run_as_it_trains():
    assert compare(torch.optim.SGD, product, steps=3).nearest.trained
    assert not compare(torch.optim.SGD, adam, steps=3).nearest.trained
    assert compare(product, product, steps=20).match


def test_matrices_where_vectors_are_refused():
    class Square(torch.optim.SGD):
        def __init__(self, params, lr=0.01, momentum=0.9):
            params = list(params)
            if any(p.ndim != 2 for p in params):
                raise ValueError("only matrices")
            super().__init__(params, lr=lr, momentum=momentum)

    found = compare(Square, heavy_ball, steps=10)
    assert found.match
    assert all(len(s) == 2 for s in found.shapes)
    assert "only matrices" in found.describe()
    with pytest.raises(TargetError, match="only matrices"):
        compare(Square, heavy_ball, shapes=((7,),))
    assert compare(Square, heavy_ball, shapes=((8, 8),), steps=10).shapes == ((8, 8),)


FILE = """
import torch
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval

@rule
def mine(theta, g, v, *, alpha: LearningRate = 0.01, zeta: UnitInterval = 0.9):
    v = zeta * v + g
    return theta - alpha * v, v

class Theirs(torch.optim.SGD):
    def __init__(self, params, rate=0.01, mass=0.8):
        super().__init__(params, lr=rate, momentum=mass)
"""


def test_command(tmp_path):
    file = tmp_path / "theirs.py"
    file.write_text(FILE)

    def run(*arguments):
        return CliRunner().invoke(app, ["check", f"{file}:Theirs", "--steps", "9", *arguments])

    against = ("--against", f"{file}:mine")
    found = json.loads(run(*against, "--json").stdout)
    assert (found["match"], found["mapping"]) == (True, {"alpha": "rate", "zeta": "mass"})
    assert found["unmapped"] == {"target": {}, "rule": {}}
    given = run(*against, "--map", "rate=alpha", "--map", "mass=zeta", "--shape", "8x8", "--json")
    assert json.loads(given.stdout)["mapping"] == {"alpha": "rate", "zeta": "mass"}
    assert run(*against, "--set-rule", "zeta=0.8", "--json").exit_code == 0
    assert run(*against, "--set-rule", "zeta=0.7").exit_code == 1
    for bad in (["--shape", "8y8"], ["--shape", "0x3"], ["--shape", "9999x9999"], ["--map", "rate"],
                ["--map", "rate="], ["--map", "rate=,"]):  # fmt: skip
        assert run(*against, *bad).exception is not None, bad
    assert "--against" in str(run("--map", "rate=alpha").exception)
