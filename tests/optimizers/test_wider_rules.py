"""Rules of others that need more than elementwise operations: each engine computes what NumPy does."""

import copy
import math
import warnings

import numpy as np
import pytest
import torch
from eigenstep.optimizers import RuleOptimizer, ops
from eigenstep.optimizers.compositions import lookahead, with_schedule, with_weight_decay
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.errors import EigenstepError, RuleError
from eigenstep.optimizers.program.recording import record
from eigenstep.optimizers.remembered import Memory
from eigenstep.optimizers.rule import rule
from eigenstep.optimizers.shapes import Column, Given, Group, Left, Number, Row

ENGINES = ("blocked", "compiled")
SHAPES = ((3, 4), (7,), (), (40_000,))


@rule
def centred(theta, g, m, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    """Gradient centralization, a largest element and a count."""
    m = beta * m + (g - ops.mean(g))
    return theta - lr * m / (ops.max(abs(m)) + ops.size(m) ** 0.5), m


@rule
def cautious(theta, g, m, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    """Where momentum and gradient agree, as much more as fewer coordinates do."""
    m = beta * m + (1 - beta) * g
    agree = (m * g > 0) & ~(m == 0) | (g > 2)
    return theta - lr * m * ops.where(agree, 1, 0) / (ops.mean(agree) + 1e-3), m


@rule(initial={"d": lambda theta: 0.5})
def counted(theta, g, d: Number, s, *, lr: LearningRate = 0.1):
    """A number of each tensor that grows with its gradients."""
    d = d + ops.dot(g, g) / ops.size(g)
    s = s + d * g
    return theta - lr * s / (1 + d), d, s


@rule(initial={"d": lambda theta: 1e-3})
def together(theta, g, r, d: Group, *, lr: LearningRate = 0.1):
    """One number of all tensors, from sums over all of them."""
    r = r + g
    d = ops.maximum(d, 0.1 * ops.sum(r * r, over="group") ** 0.5 + ops.max(g, over="group"))
    return theta - lr * d * g, r, d


@rule
def topped(theta, g, *, lr: LearningRate = 0.1):
    """By the largest element alone: a NaN reaches the others by nothing else."""
    return theta - lr * g / ops.max(g)


RULES = (centred, cautious, counted, together)


def by_numpy(subject, thetas, gradients, steps, values=None, names=("group",)):
    """The rule's own function on arrays, tensor by tensor; what is of a group on all elements at once."""
    hyper = subject.with_defaults(values or {})
    if subject.group_numbers:
        flat = np.concatenate([t.ravel() for t in thetas])
        found = by_numpy_alone(subject, flat, lambda t: np.concatenate(
            [g.ravel() for g in gradients(t)]), steps, hyper)  # fmt: skip
        ends = np.cumsum([t.size for t in thetas])
        parts = np.split(found, ends[:-1])
        return [p.reshape(t.shape) for p, t in zip(parts, thetas, strict=True)]
    return [by_numpy_alone(subject, theta, lambda t, i=i: gradients(t)[i], steps, hyper)
            for i, theta in enumerate(thetas)]  # fmt: skip


def by_numpy_alone(subject, theta, gradient, steps, hyper):
    state = subject.initial_state(theta, {})
    for t in range(1, steps + 1):
        theta, *state = subject(theta, gradient(t), *state, **subject.coefficients(t, hyper))
    return theta


def drawn(shapes=SHAPES, seed=3):
    draw = np.random.default_rng(seed)
    thetas = [draw.standard_normal(s) for s in shapes]
    table = [[draw.standard_normal(s) for s in shapes] for _ in range(6)]
    return thetas, lambda t: table[(t - 1) % 6]


def stepped(
    subject, thetas, gradients, steps, engine, dtype=torch.float64, optimizer=None, **values
):
    parameters = [torch.nn.Parameter(torch.tensor(t, dtype=dtype)) for t in thetas]
    if optimizer is None:
        optimizer = RuleOptimizer(parameters, subject, engine=engine, **values)
    for t in range(1, steps + 1):
        for p, g in zip(parameters, gradients(t), strict=True):
            p.grad = torch.tensor(g, dtype=dtype)
        optimizer.step()
    return parameters, optimizer


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("subject", RULES, ids=lambda r: r.name)
def test_engines_compute_what_numpy_does(subject, engine):
    thetas, gradients = drawn()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, _ = stepped(subject, thetas, gradients, 5, engine)
    for p, wanted in zip(found, by_numpy(subject, thetas, gradients, 5), strict=True):
        np.testing.assert_allclose(p.detach().numpy(), wanted, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("subject", RULES, ids=lambda r: r.name)
def test_engines_agree_in_low_precision(subject, dtype):
    """To the rounding of sums, which the engines add up in another order."""
    thetas, gradients = drawn()
    one, two = (stepped(subject, thetas, gradients, 4, e, dtype)[0] for e in ENGINES)
    eps = 8 * torch.finfo(dtype).eps
    for a, b in zip(one, two, strict=True):
        torch.testing.assert_close(a, b, rtol=eps, atol=eps)


@pytest.mark.parametrize("engine", ENGINES)
def test_nan_reaches_all_that_is_gathered(engine):
    thetas, _ = drawn([(5,), (5,)])
    bad = [np.array([1.0, np.nan, 2.0, -1.0, 9.0]), np.ones(5)]
    for subject in (centred, topped):
        (one, two), _ = stepped(subject, thetas, lambda t: bad, 1, engine)
        assert one.isnan().all()
        assert not two.isnan().any()
    (one, two), _ = stepped(together, thetas, lambda t: bad, 1, engine)
    assert one.isnan().all()
    assert two.isnan().all()


@pytest.mark.parametrize("subject", [counted, together], ids=lambda r: r.name)
@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_are_saved_and_go_on(subject, engine):
    thetas, gradients = drawn()
    found, optimizer = stepped(subject, thetas, gradients, 6, engine)
    half, before = stepped(subject, thetas, gradients, 3, engine)
    saved = copy.deepcopy(before.state_dict())
    assert all(type(s["d"]) is float for s in saved["state"].values())
    parameters = [torch.nn.Parameter(p.detach().clone()) for p in half]
    after = RuleOptimizer(parameters, subject, engine=engine)
    after.load_state_dict(saved)
    for t in (4, 5, 6):
        for p, g in zip(parameters, gradients(t), strict=True):
            p.grad = torch.tensor(g)
        after.step()
    assert all(torch.equal(a, b) for a, b in zip(parameters, found, strict=True))
    assert [s["d"] for s in after.state.values()] == [s["d"] for s in optimizer.state.values()]


@pytest.mark.parametrize("damage", ["gone", "nan", "text", "tensor"])
def test_a_number_that_is_none_is_refused(damage):
    thetas, gradients = drawn([(2,)])
    _, optimizer = stepped(counted, thetas, gradients, 1, "blocked")
    saved = optimizer.state_dict()
    entry = saved["state"][0]
    if damage == "gone":
        del entry["d"]
    else:
        entry["d"] = {"nan": math.nan, "text": "1", "tensor": torch.ones(2)}[damage]
    with pytest.raises(EigenstepError, match=r"parameter 0: .*d"):
        optimizer.load_state_dict(saved)


def test_what_is_of_a_group_is_of_the_whole_group():
    parameters = [torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))]
    optimizer = RuleOptimizer(parameters, together)
    for p in parameters:
        p.grad = torch.ones(2)
    optimizer.step()
    late = torch.nn.Parameter(torch.ones(3))
    parameters[1].grad = None
    optimizer.step()
    parameters[1].grad = torch.ones(2)
    with pytest.raises(RuleError, match=r"one d of all parameters .* at the steps"):
        optimizer.step()
    mixed = RuleOptimizer([parameters[0], torch.nn.Parameter(torch.ones(2).double())], together)
    for p in mixed.param_groups[0]["params"]:
        p.grad = torch.ones_like(p)
    with pytest.raises(RuleError, match="of one dtype on one device"):
        mixed.step()
    del late


def test_a_number_is_no_tensor():
    @rule
    def wrong(theta, g, d: Number, *, lr: LearningRate = 0.1):
        return theta - lr * g, d + g

    p = torch.nn.Parameter(torch.ones(2))
    p.grad = torch.ones(2)
    with pytest.raises(RuleError, match="a tensor for d, which is one number"):
        RuleOptimizer([p], wrong).step()


# Coefficients with memory


@rule(
    memory=Memory({"total": 0.0}, lambda t, *, total, lr: {"total": total + lr * min(t, 3)}),
    coefficients=lambda t, *, total, lr=0.1, beta=0.5: {"share": lr * min(t, 3) / total, "lr": lr},
)
def averaged(theta, g, x, *, share, lr):
    z = theta - lr * g
    return z, (1 - share) * x + share * z


def test_memory_is_kept_once_a_step_and_saved():
    thetas, gradients = drawn([(4,)])
    calls = []
    inner = averaged.memory.next

    def counting(t, *, total, lr):
        calls.append(t)
        return inner(t, total=total, lr=lr)

    subject = type(averaged)(**{**averaged.parts, "memory": Memory({"total": 0.0}, counting)})
    (found,), optimizer = stepped(subject, thetas, gradients, 20, "blocked", lr=0.25)
    assert len(calls) < 20 * 4  # and not 20²/2
    total = sum(0.25 * min(t, 3) for t in range(1, 21))
    (state,) = optimizer.state.values()
    assert state["memory_total"] == pytest.approx(total, rel=1e-15)
    (wanted,) = by_numpy(averaged, thetas, gradients, 20, {"lr": 0.25})
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-12)
    saved = copy.deepcopy(optimizer.state_dict())
    saved["state"][0].pop("memory_total")
    with pytest.raises(EigenstepError, match="memory_total"):
        optimizer.load_state_dict(saved)


def test_memory_sees_what_compositions_change():
    def halved(t):
        return 0.5**t

    scheduled = with_schedule(averaged, halved)
    total = sum(0.1 * 0.5 ** (t - 1) * min(t, 3) for t in range(1, 6))
    lr = 0.1 * 0.5**4
    at_5 = scheduled.coefficients(5, scheduled.with_defaults({}))
    assert at_5["share"] == pytest.approx(lr * 3 / total)
    decayed = with_weight_decay(averaged)
    assert decayed.coefficients(2, decayed.with_defaults({}))["share"] == pytest.approx(2 / 3)
    with pytest.raises(RuleError, match=r"lookahead of rule averaged.*remember total"):
        lookahead(averaged)


# Matrices


@rule
def factored(theta, g, r: Column, c: Row, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    square = g * g + 1e-30
    r = beta * r + (1 - beta) * ops.mean(square, axis=-1)
    c = beta * c + (1 - beta) * ops.mean(square, axis=-2)
    return theta - lr * g / ops.sqrt(r * c / ops.mean(r, axis=-2)), r, c


@rule
def whitened(theta, g, left: Left, *, lr: LearningRate = 0.1):
    left = left + ops.matmul(g, ops.transpose(g))
    return theta - lr * ops.matmul(ops.symmetric_power(left, -0.5, 1e-9), g), left


@pytest.mark.parametrize("subject", [factored, whitened], ids=lambda r: r.name)
def test_matrices_keep_their_shape(subject):
    thetas, gradients = drawn([(3, 5)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (found,), optimizer = stepped(subject, thetas, gradients, 4, "auto")
    (wanted,) = by_numpy(subject, thetas, gradients, 4)
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-9)
    (state,) = optimizer.state.values()
    shapes = {k: tuple(v.shape) for k, v in state.items() if k != "step"}
    assert shapes == ({"r": (3, 1), "c": (1, 5)} if subject is factored else {"left": (3, 3)})
    again = RuleOptimizer([torch.nn.Parameter(found.detach().clone())], subject)
    again.load_state_dict(optimizer.state_dict())
    saved = copy.deepcopy(optimizer.state_dict())
    saved["state"][0] = {k: v.T if k in shapes else v for k, v in saved["state"][0].items()}
    if subject is factored:
        with pytest.raises(EigenstepError, match=r"state [rc] has the shape"):
            again.load_state_dict(saved)


def test_a_vector_is_a_matrix_of_one_row():
    """Then the factored second moment is that of Adam itself: nothing is lost."""
    thetas, gradients = drawn([(6,), ()])
    found, optimizer = stepped(factored, thetas, gradients, 3, "auto")
    for p, theta, i in zip(found, thetas, range(2), strict=True):
        v, x = np.zeros_like(theta), theta
        for t in (1, 2, 3):
            g = gradients(t)[i]
            v = 0.9 * v + 0.1 * (g * g + 1e-30)
            x = x - 0.1 * g / np.sqrt(v)
        np.testing.assert_allclose(p.detach().numpy(), x, rtol=1e-12)
    assert optimizer.state[found[0]]["c"].shape == (1, 6)


def test_what_is_no_matrix_is_refused_by_name():
    @rule
    def muon(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * ops.newton_schulz(g, 5, (3.4445, -4.7750, 2.0315), 1e-7)

    p = torch.nn.Parameter(torch.ones(2, 2, 2))
    p.grad = torch.ones(2, 2, 2)
    with pytest.raises(RuleError, match=r"newton_schulz takes a matrix.*\(2, 2, 2\)"):
        RuleOptimizer([p], muon).step()
    assert torch.equal(p, torch.ones(2, 2, 2))
    from eigenstep.analysis import derive

    with pytest.raises(RuleError, match=r"matmul of a matrix|newton_schulz"):
        derive(muon)


def test_newton_schulz_is_its_map_on_singular_values():
    draw = np.random.default_rng(0)
    for shape in ((4, 6), (6, 4)):
        x = draw.standard_normal(shape)
        u, s, vt = np.linalg.svd(x, full_matrices=False)
        s = s / np.linalg.norm(s)
        for _ in range(5):
            s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
        found = ops.newton_schulz(x, 5, (3.4445, -4.7750, 2.0315), 0.0)
        np.testing.assert_allclose(found, u * s @ vt, atol=1e-9)
        torch.testing.assert_close(
            ops.newton_schulz(torch.tensor(x), 5, (3.4445, -4.7750, 2.0315), 0.0),
            torch.tensor(found),
        )


# What is given from without


@rule
def curved(
    theta, g, m, h, estimate: Given, estimate_is_new: Number, *,
    lr: LearningRate = 0.1, beta: UnitInterval = 0.9,
):  # fmt: skip
    m = beta * m + (1 - beta) * g
    h = ops.where(estimate_is_new > 0, beta * h + (1 - beta) * estimate, h)
    return theta - lr * ops.clip(m / ops.maximum(h, 1e-12), -1, 1), m, h, estimate, 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hessian_is_given_and_used_once(engine):
    p = torch.nn.Parameter(torch.tensor([1.0, 2.0], dtype=torch.float64))
    optimizer = RuleOptimizer([p], curved, engine=engine)
    p.grad = torch.tensor([0.5, -1.0], dtype=torch.float64)
    with pytest.raises(RuleError, match="curved was given no estimate"):
        optimizer.step()
    optimizer.give(estimate=[torch.tensor([4.0, 8.0])])
    optimizer.step()
    state = optimizer.state[p]
    assert state["h"].tolist() == pytest.approx([0.4, 0.8])
    assert state["estimate_is_new"] == 0
    optimizer.step()
    assert state["h"].tolist() == pytest.approx([0.4, 0.8])
    with pytest.raises(EigenstepError, match=r"estimate of rule curved = \(3,\)"):
        optimizer.give(estimate=[torch.ones(3)])
    with pytest.raises(EigenstepError, match="one for each of 1 parameters"):
        optimizer.give(estimate=[])
    with pytest.raises(
        EigenstepError, match=r"given variable of rule curved .hessian.; there is: estimate"
    ):
        optimizer.give(hessian=[torch.ones(2)])


# Truth


def test_python_s_own_truth_is_not_negated_bit_by_bit():
    @rule
    def early(theta, g, *, lr: LearningRate = 0.1, late: UnitInterval = 0.0):
        return theta - lr * ops.where(~(late > 0.5), g, 0)

    assert ops.where(~np.bool_(False), 1, 2) == 1
    with pytest.raises(RuleError, match="~ of a truth value"):
        early(1.0, 1.0, lr=0.1, late=0.0)


def test_recording_sees_truth_values_only():
    @rule
    def odd(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * ops.where(g & (theta > 0), 1, 0)

    with pytest.raises(RuleError, match="computed and of a number"):
        record(odd, ("lr",), {})
