"""The function that traps a rule belongs to the class, and running code goes round on it."""

from fractions import Fraction as F

import numpy as np
import pytest
import torch
from eigenstep.analysis import derive
from eigenstep.analysis.worst_case.cycles import _nearest
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.rules import heavy_ball, triple_momentum

AT = [
    (F(1, 9), F(4, 9), 3),
    (F(3, 25), F(4, 5), 4),
    (F(2, 25), F(9, 10), 5),
    (F(1, 25), F(9, 10), 9),
]


def trapped(lr, beta, kappa=25):
    return derive(heavy_ball).worst_case(mu=1, L=kappa, lr=lr, beta=beta).cycle


def in_class(cycle, seed=0, scale=3.0):
    """Both inequalities of the class at random pairs of points: its smallest and largest curvature."""
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(2, 4000, cycle.dimension)) * scale * np.abs(cycle.points).max()
    gap = cycle.function(y) - cycle.function(x) - (cycle.gradient(x) * (y - x)).sum(-1)
    square = ((y - x) ** 2).sum(-1)
    mu, L = float(cycle.mu), float(cycle.L)
    assert (gap >= mu / 2 * square - 1e-9 * (1 + square)).all()
    assert (gap <= L / 2 * square + 1e-9 * (1 + square)).all()


@pytest.mark.parametrize(("lr", "beta", "steps"), AT)
def test_the_function_has_these_gradients_and_is_of_the_class(lr, beta, steps):
    cycle = trapped(lr, beta)
    assert cycle.steps <= steps
    np.testing.assert_allclose(cycle.gradient(cycle.points), cycle.gradients, atol=1e-10)
    assert cycle.function(np.zeros(cycle.dimension)) == 0
    in_class(cycle)


@pytest.mark.parametrize(("lr", "beta", "steps"), AT)
def test_the_rules_own_code_goes_round(lr, beta, steps):
    cycle = trapped(lr, beta)
    theta, v = cycle.states["theta"][0], cycle.states["v"][0]
    numbers = {"lr": float(lr), "beta": float(beta)}
    choices = {k: h.default for k, h in heavy_ball.hyperparameters.items()}
    coefficients = heavy_ball.coefficients(1, {**choices, **numbers})
    for t in range(cycle.steps):
        np.testing.assert_allclose(theta, cycle.points[t], atol=1e-10)
        theta, v = heavy_ball(theta, cycle.gradient(theta), v, **coefficients)
    np.testing.assert_allclose(theta, cycle.points[0], atol=1e-10)


@pytest.mark.parametrize("kick", [0.0, 0.02])
@pytest.mark.parametrize(("lr", "beta", "steps"), AT)
def test_torchs_sgd_stays_on_the_cycle_or_returns_to_it(lr, beta, steps, kick):
    """Its first momentum is set through a step whose gradient is the velocity that the cycle has."""
    cycle = trapped(lr, beta)
    random = np.random.default_rng(1)
    nudge = kick * random.normal(size=cycle.dimension)
    rate = float(lr)
    start = cycle.states["theta"][0] + rate * cycle.states["v"][0] + nudge
    theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=rate, momentum=float(beta))
    theta.grad = torch.tensor(cycle.states["v"][0])
    optimizer.step()  # momentum's buffer is now the velocity, and θ is back on the orbit
    seen = []
    for _ in range(400 * cycle.steps):
        optimizer.zero_grad()
        cycle.function(theta).backward()
        seen.append(theta.detach().numpy().copy())
        optimizer.step()
    if not kick:
        np.testing.assert_allclose(
            seen[: 2 * cycle.steps], np.tile(cycle.points, (2, 1)), atol=1e-7
        )
    radius = np.linalg.norm(seen[-cycle.steps :], axis=-1)
    assert radius.min() > 0.5 * np.linalg.norm(cycle.points, axis=-1).min()


def test_autograd_gives_the_gradient():
    cycle = trapped(F(1, 9), F(4, 9))
    x = torch.randn(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 3
    x.requires_grad_()
    cycle.function(x).sum().backward()
    torch.testing.assert_close(x.grad, cycle.gradient(x.detach()))
    np.testing.assert_allclose(x.grad.numpy(), cycle.gradient(x.detach().numpy()), atol=1e-12)
    assert cycle.gradient(x.detach().float()).dtype is torch.float32


def test_a_mixed_cycle_in_four_dimensions():
    """K = 29 or so, where no star polygon is one: two harmonics, on a function of four variables."""
    theory = derive(heavy_ball)
    grid = theory.worst_case(
        mu=1, L=25, lr=np.linspace(0.058, 0.072, 57), beta=np.linspace(0.77, 0.70, 57)
    )
    mixed = np.flatnonzero((grid.steps > 0) & (grid.star == 0))
    assert not (grid.verdict == "undecided").any()
    for i in mixed[:2]:
        at = {
            "lr": float(np.linspace(0.058, 0.072, 57)[i]),
            "beta": float(np.linspace(0.77, 0.70, 57)[i]),
        }
        cycle = theory.worst_case(mu=1, L=25, **at).cycle
        assert cycle.star is None
        assert len(cycle.energies) > 1
        assert cycle.margin > 0
        np.testing.assert_allclose(cycle.gradient(cycle.points), cycle.gradients, atol=1e-6)
        in_class(cycle)


def test_points_are_projected_onto_a_hull_as_a_quadratic_program_does():
    """A regular polygon's closed form against the general one."""
    cycle = trapped(F(2, 25), F(9, 10))
    x = np.random.default_rng(0).normal(size=(200, 2)) * 3
    np.testing.assert_allclose(
        cycle.project(x), [_nearest(cycle.corners, p) for p in x], atol=1e-9
    )  # fmt: skip
    with pytest.raises(ValueError, match="shape"):
        cycle.project(np.zeros(3))


@rule
def two_velocities(theta, g, v, w, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
    """Somebody's own, of order three."""
    v = beta * v + g
    w = beta / 2 * w + g
    return theta - lr * (v + w) / 2, v, w


def test_strangers_rules_and_gradients_taken_elsewhere():
    found = derive(two_velocities).worst_case(mu=1, L=25, lr=0.09, beta=0.95)
    assert found.verdict == "cycles"
    assert set(found.cycle.states) == {"theta", "v", "w"}
    in_class(found.cycle)
    elsewhere = derive(triple_momentum).worst_case(mu=1, L=100, lr=0.025, beta=0.8, gamma=0.1)
    cycle = elsewhere.cycle
    assert cycle is not None
    # the gradient's point is y = θ plus a multiple of the velocity: the orbit that is stored is of both
    assert not np.allclose(cycle.states["theta"], cycle.points)
