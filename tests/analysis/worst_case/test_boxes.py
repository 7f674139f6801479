"""What is said of a whole box holds at points of it, decided exactly one by one."""

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers.errors import DomainError
from eigenstep.optimizers.rules import heavy_ball, nesterov, triple_momentum


@pytest.mark.parametrize(
    ("rule", "widest", "fixed", "least"),
    [(heavy_ball, 4, {}, 0.85), (nesterov, 2, {}, 0.9), (triple_momentum, 3, {"gamma": 0.2}, 0.8)],
)
def test_boxes_hold_at_random_points_of_them(rule, widest, fixed, least):
    theory, random = derive(rule), np.random.default_rng(0)
    h, beta = np.linspace(0.02, widest, 26), np.linspace(0, 0.98, 26)
    boxes = theory.worst_case_boxes(mu=0.04, L=1, lr=h, beta=beta, **fixed)
    assert boxes.decided > least
    share = random.random((2, *boxes.verdict.shape))
    at = {"lr": h[:-1] + np.diff(h) * share[0], "beta": (beta[:-1] + np.diff(beta) * share[1].T).T}
    points = theory.worst_case(mu=0.04, L=1, finish=False, **at, **fixed)
    converging = boxes.verdict == "converges"
    assert (points.verdict[converging] == "converges").all()
    assert (points.rate[converging] <= boxes.rate[converging] + 2e-5).all()
    stable = points.verdict != "unstable"
    assert (points.verdict[(boxes.verdict == "cycles") & stable] != "converges").all()
    for i, j in random.permutation(np.argwhere(converging))[:4]:
        exact = theory.worst_case(
            mu=0.04, L=1, lr=float(at["lr"][i, j]), beta=float(at["beta"][i, j]), **fixed
        )
        assert exact.verdict == "converges"
    for i, j in random.permutation(np.argwhere((boxes.verdict == "cycles") & stable))[:4]:
        exact = theory.worst_case(
            mu=0.04, L=1, lr=float(at["lr"][i, j]), beta=float(at["beta"][i, j]), **fixed
        )
        assert exact.cycle.steps <= boxes.steps[i, j]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lr": [0.1, 0.2], "beta": 0.5}, "axes"),
        ({"lr": [0.2, 0.1], "beta": [0, 0.5]}, "increase"),
        ({"lr": [0.1, 0.2], "beta": [0, 1.5]}, "beta"),
        ({"lr": [0.1, 0.2], "nothing": [0, 0.5]}, "lr, beta"),
        ({"lr": [[0.1, 0.2]], "beta": [0, 0.5]}, "axes"),
        ({"lr": ["a", "b"], "beta": [0, 0.5]}, "lr"),
        ({"lr": [0.1, float("nan")], "beta": [0, 0.5]}, "lr"),
    ],
)
def test_boxes_that_are_none_are_refused(given, words):
    with pytest.raises(DomainError, match=words):
        derive(heavy_ball).worst_case_boxes(mu=1, L=4, **given)
