"""The torch optimizers: against theory, against torch, and as torch.optim expects them to be."""

import copy
import io
import pickle
import warnings

import numpy as np
import pytest
import torch
from eigenstep.analysis import derive
from eigenstep.optimizers import (
    SGD,
    DomainError,
    EigenstepError,
    GradientDescent,
    HeavyBall,
    Nesterov,
    RuleError,
    RuleOptimizer,
    SparseGradient,
    UnknownName,
    rule,
)
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.engine import kernel as engines
from eigenstep.optimizers.rules import gradient_descent, heavy_ball, nesterov
from torch.optim import lr_scheduler

CLASSES = {
    "GradientDescent": (GradientDescent, {"lr": 0.05}),
    "HeavyBall": (HeavyBall, {"lr": 0.05, "momentum": 0.8}),
    "HeavyBall EMA": (HeavyBall, {"lr": 0.05, "momentum": 0.8, "dampening": 0.8}),
    "Nesterov": (Nesterov, {"lr": 0.05, "momentum": 0.8}),
    "SGD": (SGD, {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
}
MODES = [
    {"lr": 0.1},
    {"lr": 0.1, "weight_decay": 0.1},
    {"lr": 0.1, "momentum": 0.9},
    {"lr": 0.1, "momentum": 0.9, "maximize": True},
    {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
    {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True},
]
SHAPES = ((3, 4), (5,), (1,), (), (0,), (2, 3, 2))


def parameters(dtype=torch.float64, shapes=SHAPES, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(s, dtype=dtype, generator=generator)) for s in shapes]


def drive(optimizer, params, steps, seed=1, scheduler=None):
    """Step over the same random gradients, of scales from 1e-8 to 1e8 with exact zeros."""
    generator = torch.Generator().manual_seed(seed)
    travelled = 0.0
    for _ in range(steps):
        for p in params:
            scale = 10.0 ** torch.randint(-8, 9, p.shape, generator=generator).to(p.real.dtype)
            p.grad = torch.randn(p.shape, dtype=p.dtype, generator=generator)
            p.grad = p.grad * (scale if p.dtype == torch.float64 else 1)
            p.grad[torch.rand(p.shape, generator=generator) < 0.1] = 0
        before = [p.detach().clone() for p in params]
        optimizer.step()
        if scheduler is not None:
            scheduler.step(
                *([1.0] if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) else [])
            )
        travelled += sum(
            (p.detach() - b).abs().sum().item() for p, b in zip(params, before, strict=True)
        )
    return travelled


def difference(one, other):
    return max(
        (a - b).abs().max().item() for a, b in zip(one, other, strict=True) if a.numel()
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["blocked", "compiled"])
@pytest.mark.parametrize("mode", range(len(MODES)))
def test_sgd_is_torch_sgd(mode, engine):
    if engine == "compiled" and not engines.can_compile("cpu"):
        pytest.skip("no C++ compiler")
    ours, theirs = parameters(), parameters()
    travelled = drive(SGD(ours, engine=engine, **MODES[mode]), ours, 100)
    drive(torch.optim.SGD(theirs, **MODES[mode]), theirs, 100)
    assert difference(ours, theirs) <= 1e-12 * travelled


CLOSED = [
    (GradientDescent, gradient_descent, {"lr": 0.3}, {}),
    (HeavyBall, heavy_ball, {"lr": 0.3, "momentum": 0.9}, {"beta": 0.9}),
    (HeavyBall, heavy_ball, {"lr": 0.25, "momentum": 0.25}, {"beta": 0.25}),  # a double root
    (Nesterov, nesterov, {"lr": 0.3, "momentum": 0.9}, {"beta": 0.9}),
]


@pytest.mark.parametrize("case", range(len(CLOSED)))
def test_closed_form_on_quadratics(case):
    """R^t (v₀, x₀) for 200 steps, to 1e-12 of the distance travelled."""
    cls, r, arguments, others = CLOSED[case]
    curvatures = torch.tensor([0.01, 0.3, 1.0, 2.5], dtype=torch.float64)
    x = torch.nn.Parameter(torch.ones(4, dtype=torch.float64))
    optimizer = cls([x], engine="blocked", **arguments)
    theory = derive(r)
    travelled = np.ones(4)
    for t in range(1, 201):
        optimizer.zero_grad()
        (0.5 * curvatures * x**2).sum().backward()
        before = x.detach().clone()
        optimizer.step()
        travelled += (x.detach() - before).abs().numpy()
        if t in (1, 2, 3, 10, 50, 100, 200):
            with optimizer.at_iterate():
                theta = x.detach().numpy().copy()
            exact = [
                theory.iterate(t, lr=arguments["lr"], curvature=float(c), **others)[-1, -1]
                for c in curvatures
            ]
            assert np.all(np.abs(theta - exact) <= 1e-12 * travelled)


@pytest.mark.parametrize(
    "mode", [{"lr": 0.1, "momentum": 0.9}, {"lr": 0.1, "momentum": 0.9, "nesterov": True}]
)
def test_identical_loss_curves_on_digits(mode):
    from sklearn.datasets import load_digits

    features, labels = load_digits(return_X_y=True)
    X, y = torch.tensor(features / 16.0), torch.tensor(labels)
    curves = []
    for make in (torch.optim.SGD, SGD):
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            torch.nn.Linear(64, 32), torch.nn.Tanh(), torch.nn.Linear(32, 10)
        ).double()
        optimizer = make(model.parameters(), **mode)
        losses = []
        for _ in range(60):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(X), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        curves.append(losses)
    assert curves[1][-1] < 0.3 < 2.0 < curves[1][0]
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-11)


@pytest.mark.parametrize("name", CLASSES)
def test_resumes_bit_for_bit(name):
    cls, arguments = CLASSES[name]
    whole, first, second = parameters(), parameters(), parameters(seed=9)
    drive(cls(whole, **arguments), whole, 10)
    straight = cls(whole_again := parameters(), **arguments)
    drive(straight, whole_again, 10)
    drive(straight, whole_again, 10, seed=2)
    one = cls(first, **arguments)
    drive(one, first, 10)
    file = io.BytesIO()
    torch.save({"optimizer": one.state_dict(), "parameters": [p.detach() for p in first]}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    other = cls(second, lr=0.3)
    other.load_state_dict(saved["optimizer"])
    with torch.no_grad():
        for p, value in zip(second, saved["parameters"], strict=True):
            p.copy_(value)
    drive(other, second, 10, seed=2)
    assert all(torch.equal(a, b) for a, b in zip(second, whole_again, strict=True))


SCHEDULERS = {
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=40),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda t: 0.97**t),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=2),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 20),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedulers_drive_it_as_they_drive_torch(name):
    ours, theirs = parameters(), parameters()
    mode = {"lr": 0.1, "momentum": 0.9, "nesterov": True}
    one, other = SGD(ours, **mode), torch.optim.SGD(theirs, **mode)
    travelled = drive(one, ours, 30, scheduler=SCHEDULERS[name](one))
    drive(other, theirs, 30, scheduler=SCHEDULERS[name](other))
    assert difference(ours, theirs) <= 1e-12 * travelled


def test_nesterov_follows_its_paper_when_hyperparameters_change():
    """N's recursion with a scheduled η, typed out, against the class that stores y."""
    x = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    curvature = torch.tensor([1.0, 3.0], dtype=torch.float64)
    optimizer = Nesterov([x], lr=0.3, momentum=0.7)
    scheduler = lr_scheduler.LambdaLR(optimizer, lambda t: 1 / (1 + t))
    theta, v = x.detach().clone(), torch.zeros(2, dtype=torch.float64)
    for t in range(20):
        optimizer.zero_grad()
        (0.5 * curvature * x**2).sum().backward()
        optimizer.step()
        scheduler.step()
        v = 0.7 * v + 0.3 / (1 + t) * curvature * (theta - 0.7 * v)
        theta = theta - v
        with optimizer.at_iterate():
            torch.testing.assert_close(x.detach(), theta, rtol=0, atol=1e-14)


def test_low_precision_is_updated_in_float32_and_rounded_once():
    p = torch.nn.Parameter(torch.full((4,), 1.0, dtype=torch.bfloat16))
    optimizer = HeavyBall([p], lr=0.01, momentum=0.9)
    p.grad = torch.full((4,), 0.37, dtype=torch.bfloat16)
    optimizer.step()
    expected = torch.tensor(1.0) - 0.01 * p.grad.float()
    assert torch.equal(p.detach(), expected.bfloat16())
    assert optimizer.state[p]["v"].dtype == torch.bfloat16


def test_complex_parameters_are_pairs_of_reals():
    for mode in ({"lr": 0.1, "momentum": 0.9}, {"lr": 0.1, "momentum": 0.9, "nesterov": True}):
        ours, theirs = parameters(torch.complex128), parameters(torch.complex128)
        drive(SGD(ours, **mode), ours, 20)
        drive(torch.optim.SGD(theirs, **mode), theirs, 20)
        assert difference(ours, theirs) < 1e-12


def test_any_memory_layout():
    def layouts():
        generator = torch.Generator().manual_seed(0)
        image = torch.randn(2, 3, 4, 5, generator=generator).to(memory_format=torch.channels_last)
        gaps = torch.randn(4, 10, generator=generator)[:, ::2]
        turned = torch.randn(6, 7, generator=generator).t()
        return [torch.nn.Parameter(t) for t in (image, gaps, turned)]

    for engine in ("blocked", "compiled"):
        if engine == "compiled" and not engines.can_compile("cpu"):
            continue
        ours, theirs = layouts(), layouts()
        drive(SGD(ours, lr=0.1, momentum=0.9, engine=engine), ours, 5)
        drive(torch.optim.SGD(theirs, lr=0.1, momentum=0.9), theirs, 5)
        assert difference(ours, theirs) < 1e-6
        for p, q in zip(ours, theirs, strict=True):
            assert p.stride() == q.stride()


def test_groups_missing_gradients_closure_and_add_group():
    a, b, c = parameters(shapes=((2,), (3,), (4,)))
    optimizer = HeavyBall([{"params": [a]}, {"params": [b], "lr": 0.5, "momentum": 0.0}], lr=0.1)
    kept = b.detach().clone()
    a.grad = torch.ones(2, dtype=torch.float64)
    optimizer.step()
    assert torch.equal(b, kept)  # no gradient, no step
    assert "step" not in optimizer.state[b]
    optimizer.add_param_group({"params": [c], "lr": 1.0})
    start = c.detach().clone()

    def closure():
        optimizer.zero_grad()
        loss = (c**2).sum() / 2
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == pytest.approx((start**2).sum().item() / 2)
    assert torch.equal(c, torch.zeros_like(c))
    with pytest.raises(DomainError, match="lr = -1"):
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": -1})
    assert len(optimizer.param_groups) == 3


@pytest.mark.parametrize("name", CLASSES)
def test_copies(name):
    cls, arguments = CLASSES[name]
    params = parameters(shapes=((3,),))
    optimizer = cls(params, **arguments)
    drive(optimizer, params, 3)
    for copied in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        (p,) = copied.param_groups[0]["params"]
        drive(copied, [p], 3)
        q = torch.nn.Parameter(params[0].detach().clone())
        again = cls([q], **arguments)
        again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        drive(again, [q], 3)
        assert torch.equal(p, q)


def test_a_rule_of_the_users():
    @rule(
        initial={"previous": lambda theta: theta},
        gradient_at=lambda theta, previous, *, gamma: (1 + gamma) * theta - gamma * previous,
    )
    def triple_momentum(theta, g, previous, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.5,
                        gamma: UnitInterval = 0.3):  # fmt: skip
        return (1 + beta) * theta - beta * previous - lr * g, theta

    x = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimizer = RuleOptimizer([x], triple_momentum, lr=0.2)
    theory = derive(triple_momentum)
    matrix = theory.numeric_matrix(lr=0.2, curvature=1.5, beta=0.5, gamma=0.3)
    xi = np.array([1.0, 1.0])
    for _ in range(30):
        optimizer.zero_grad()
        (0.75 * x**2).sum().backward()
        optimizer.step()
        xi = matrix @ xi
        with optimizer.at_iterate():
            assert x.item() == pytest.approx(xi[-1], abs=1e-13)


def test_a_rule_whose_first_gradient_is_elsewhere_is_refused():
    @rule(gradient_at=lambda theta, v, *, lr: 2 * theta - v)
    def strange(theta, g, v, *, lr: LearningRate = 0.1):
        return theta - lr * g, v

    with pytest.raises(RuleError, match="first gradient at 2θ"):
        RuleOptimizer([torch.nn.Parameter(torch.ones(1))], strange)


def test_nan_gradients_stay_in_their_coordinate():
    p = torch.nn.Parameter(torch.ones(3))
    optimizer = HeavyBall([p], lr=0.1)
    p.grad = torch.tensor([1.0, float("nan"), float("inf")])
    optimizer.step()
    assert p[0].item() == pytest.approx(0.9)
    assert torch.isnan(p[1])
    assert p[2].item() == -float("inf")


def test_zero_learning_rate_and_many_steps():
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = Nesterov([p], lr=0.0)
    for _ in range(1000):
        p.grad = torch.ones(2)
        optimizer.step()
    assert torch.equal(p, torch.ones(2))
    assert optimizer.state[p]["step"] == 1000


ONE = [torch.nn.Parameter(torch.ones(1))]
BAD = [
    (lambda: HeavyBall(ONE, lr=-0.1), DomainError, "lr = -0.1"),
    (lambda: HeavyBall(ONE, lr=float("nan")), DomainError, "lr = nan"),
    (lambda: HeavyBall(ONE, lr=float("inf")), DomainError, "lr = inf"),
    (lambda: HeavyBall(ONE, momentum=1.0), DomainError, "momentum = 1.0.*0 <= momentum < 1"),
    (lambda: HeavyBall(ONE, dampening=-1), DomainError, "dampening = -1"),
    (lambda: HeavyBall(ONE, weight_decay=-1), DomainError, "weight_decay = -1"),
    (lambda: HeavyBall(ONE, engine="gpu"), DomainError, "engine = 'gpu'"),
    (lambda: SGD(ONE, nesterov=True), DomainError, "nesterov"),
    (lambda: SGD(ONE, momentum=0.9, dampening=0.1, nesterov=True), DomainError, "nesterov"),
    (lambda: SGD(ONE, momentum=-0.1), DomainError, "momentum = -0.1"),
    (lambda: SGD(ONE, differentiable=True), DomainError, "differentiable"),
    (lambda: RuleOptimizer(ONE, heavy_ball, gamma=1), UnknownName, "gamma"),
    (lambda: RuleOptimizer(ONE, heavy_ball, form="x"), DomainError, "form = x"),
    (lambda: RuleOptimizer(ONE), UnknownName, "RuleOptimizer"),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_bad_input(case):
    call, kind, message = BAD[case]
    with pytest.raises(kind, match=message) as caught:
        call()
    assert isinstance(caught.value, EigenstepError)
    assert "\n" not in str(caught.value)


def test_a_scheduler_that_produces_nan_is_stopped_before_the_parameters_are():
    p = torch.nn.Parameter(torch.ones(1))
    optimizer = HeavyBall([p], lr=0.1)
    optimizer.param_groups[0]["lr"] = float("nan")
    p.grad = torch.ones(1)
    with pytest.raises(DomainError, match="lr = nan"):
        optimizer.step()
    assert p.item() == 1.0


def test_sparse_gradients_are_refused():
    layer = torch.nn.Embedding(4, 2, sparse=True)
    optimizer = HeavyBall(layer.parameters(), lr=0.1)
    layer(torch.tensor([1])).sum().backward()
    with pytest.raises(SparseGradient, match="does not support sparse gradients"):
        optimizer.step()


def test_importing_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        import eigenstep.optimizers as o

        assert "HeavyBall" in dir(o)
    with pytest.raises(AttributeError, match="Nope"):
        o.Nope
