"""What other libraries' optimizers are called with, how they are stepped, and what cannot be."""

import numpy as np
import pytest
import torch
from eigenstep.analysis.comparison import Target, TargetError, compare, problem
from eigenstep.analysis.loading import LoadError, load_target
from eigenstep.optimizers.errors import UnknownName
from eigenstep.optimizers.rules import heavy_ball


@pytest.mark.parametrize(("bad", "error"), [
    (torch.optim.LBFGS, TargetError), (torch.nn.Linear, TargetError), (3, TargetError),
    (lambda params: object(), TargetError),
])  # fmt: skip
def test_bad_targets(bad, error):
    with pytest.raises(error):
        compare(bad)


def test_bad_settings():
    with pytest.raises(TargetError, match="no argument 'foo'"):
        compare(torch.optim.Adam, settings={"foo": 1})
    with pytest.raises(TargetError, match="left every parameter"):
        compare(torch.optim.SGD, settings={"lr": 0.0})
    with pytest.raises(TargetError, match="1 <= steps"):
        compare(torch.optim.SGD, steps=0)
    with pytest.raises(LoadError):
        load_target("no_such_package:Adam")
    with pytest.raises(UnknownName):
        load_target("torch.optim:Nope")


@pytest.mark.parametrize(("settings", "numbers"), [
    ({"betas": (0.8, 0.99)}, {"lr": 0.001, "beta1": 0.8, "beta2": 0.99}),
    ({"lr": 0.5}, {"lr": 0.5, "beta1": 0.9, "beta2": 0.999}),
])  # fmt: skip
def test_the_numbers_that_an_optimizer_was_made_with(settings, numbers):
    target = Target(torch.optim.Adam, settings)
    target.run(*problem(1))
    assert numbers.items() <= target.numbers().items()
    assert target.library == "torch"


def test_a_torch_optimizer_and_a_rule_are_stepped_alike():
    start, gradients = problem(5)
    rows = Target(torch.optim.SGD, {"lr": 0.1, "momentum": 0.5}).run(start, gradients)
    ours = Target(heavy_ball, {"lr": 0.1, "beta": 0.5}).run(start, gradients)
    assert rows.shape == (6, sum(x.size for x in start))
    np.testing.assert_allclose(rows, ours, rtol=1e-13)
    assert torch.get_default_dtype() is torch.float32  # as it was


def test_a_required_learning_rate_is_given_one():
    target = Target(lambda params, lr: torch.optim.SGD(params, lr=lr))
    target.run(*problem(1))
    assert target.numbers()["lr"] == 0.01
