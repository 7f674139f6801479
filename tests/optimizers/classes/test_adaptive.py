"""The adaptive optimizers against torch, against their papers' equations, and to the letter."""

import copy
import io

import numpy as np
import pytest
import torch
from eigenstep import optimizers as ours
from eigenstep.analysis.simulation import simulate
from eigenstep.optimizers import DomainError, UnknownName, rules, schedules
from eigenstep.optimizers.compositions import lookahead, with_schedule
from eigenstep.optimizers.rules import ALL_RULES, nesterov

SHAPES = ((4, 3), (7,), (), (1,), (0,))
TORCH = "torch"
CASES = {
    "Adagrad": [{"lr": 0.1}, {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5,
                              "weight_decay": 0.1}],
    "RMSprop": [{}, {"alpha": 0.9, "weight_decay": 0.1}, {"momentum": 0.8}, {"centered": True},
                {"centered": True, "momentum": 0.9, "maximize": True}],
    "Adadelta": [{}, {"lr": 0.3, "rho": 0.95, "weight_decay": 0.1}],
    "Adam": [{}, {"weight_decay": 0.1}, {"amsgrad": True}, {"betas": (0.8, 0.95), "maximize": True},
             {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    "AdamW": [{}, {"weight_decay": 0.3, "lr": 0.01}, {"amsgrad": True}],
    "Adamax": [{}, {"weight_decay": 0.1}],
    "NAdam": [{}, {"weight_decay": 0.1}, {"momentum_decay": 0.1},
              {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    "RAdam": [{}, {"weight_decay": 0.1}, {"betas": (0.9, 0.9)}, {"betas": (0.9, 0.6)},
              {"weight_decay": 0.1, "decoupled_weight_decay": True}],
}  # fmt: skip


def parameters(dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(s, dtype=dtype, generator=generator)) for s in SHAPES]


def drive(optimizer, params, steps=100, seed=1):
    """Gradients of scales from 1e-8 to 1e8, with exact zeros; returns the distance travelled."""
    generator = torch.Generator().manual_seed(seed)
    travelled = 0.0
    for _ in range(steps):
        for p in params:
            scale = 10.0 ** torch.randint(-8, 9, p.shape, generator=generator).double()
            g = torch.randn(p.shape, dtype=torch.float64, generator=generator) * scale
            g[torch.rand(p.shape, generator=generator) < 0.1] = 0
            p.grad = g.to(p.dtype)
        before = [p.detach().clone() for p in params]
        optimizer.step()
        travelled += sum(
            (p.detach() - b).abs().sum().item() for p, b in zip(params, before, strict=True)
        )
    return travelled


def difference(one, other):
    return max((a - b).abs().max().item() for a, b in zip(one, other, strict=True) if a.numel())


@pytest.mark.parametrize(
    ("name", "case"), [(n, i) for n, c in CASES.items() for i in range(len(c))]
)
def test_computes_what_torch_computes(name, case):
    arguments = CASES[name][case]
    one, other = parameters(), parameters()
    travelled = drive(getattr(ours, name)(one, convention=TORCH, **arguments), one)
    drive(getattr(torch.optim, name)(other, **arguments), other)
    assert difference(one, other) <= 1e-10 * travelled


def test_radam_and_nadam_of_torch_are_not_the_papers():
    for name in ("RAdam", "NAdam"):
        one, other = parameters(), parameters()
        travelled = drive(getattr(ours, name)(one, lr=0.002), one, 20)
        drive(getattr(torch.optim, name)(other, lr=0.002), other, 20)
        assert difference(one, other) > 1e-3 * travelled


CLASSES = {
    **{n: {} for n in ("Adagrad", "RMSprop", "Adadelta", "Adam", "AdamW", "AdaMax", "Nadam", "AMSGrad",
                       "RAdam", "Yogi", "AdaBound", "AMSBound", "LARS", "LAMB", "Ralamb",
                       "Lion", "Signum", "Rprop", "QHM", "AggMo", "TripleMomentum", "ScheduleFreeSGD",
                       "ScheduleFreeAdamW", "ASGD", "AdEMAMix", "Adan", "MARS", "ADOPT", "LaProp")},
    "Ranger": {"k": 3}, "RangerLARS": {"k": 3},
}  # fmt: skip


def make(name, params, **arguments):
    if name == "Lookahead":
        return ours.Lookahead(ours.AdamW(params, lr=0.01), k=3)
    return getattr(ours, name)(params, **CLASSES[name], **arguments)


ALL_CLASSES = [*CLASSES, "Lookahead"]


@pytest.mark.parametrize("name", ALL_CLASSES)
def test_runs_the_rule(name):
    """The class and its rule on NumPy arrays agree; every default is the rule's."""
    params = parameters()
    optimizer = make(name, params)
    group = optimizer.param_groups[0]
    rule = optimizer.rule_of(group)
    full = rule.with_defaults(optimizer.hyperparameters_of(group))
    if name != "Lookahead":
        defaults = {**rule.with_defaults({}), **CLASSES[name]}
        assert full == defaults
    theta = [p.detach().numpy().copy() for p in params]
    state = [rule.initial_state(x, full) for x in theta]
    generator = torch.Generator().manual_seed(3)
    for t in range(1, 11):
        for i, p in enumerate(params):
            p.grad = torch.randn(p.shape, dtype=torch.float64, generator=generator)
            coefficients = rule.coefficients(t, full)
            if p.numel():
                theta[i], *state[i] = rule(theta[i], p.grad.numpy(), *state[i], **coefficients)
        optimizer.step()
    with optimizer.at_iterate():
        for p, x in zip(params, theta, strict=True):
            np.testing.assert_allclose(p.detach().numpy(), x, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ALL_CLASSES)
def test_resumes_bit_for_bit(name):
    """Ten steps, save, load, ten steps: also in the middle of a lookahead cycle."""
    whole, first, second = parameters(), parameters(), parameters(seed=5)
    straight, one = make(name, whole), make(name, first)
    for optimizer, params in ((straight, whole), (one, first)):
        drive(optimizer, params, 10)
    file = io.BytesIO()
    torch.save(one.state_dict(), file)
    file.seek(0)
    other = make(name, second)
    other.load_state_dict(torch.load(file, weights_only=True))
    with torch.no_grad():
        for p, q in zip(second, first, strict=True):
            p.copy_(q)
    drive(straight, whole, 10, seed=2)
    drive(other, second, 10, seed=2)
    assert all(torch.equal(a, b) for a, b in zip(whole, second, strict=True))


@pytest.mark.parametrize("name", ALL_CLASSES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_low_precision_stays_finite(name, dtype):
    params = parameters(dtype)
    optimizer = make(name, params)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        for p in params:
            p.grad = torch.randn(p.shape, generator=generator).to(dtype)
        optimizer.step()
    for p in params:
        assert torch.isfinite(p).all()
        for value in optimizer.state[p].values():
            assert not isinstance(value, torch.Tensor) or value.dtype == dtype


@pytest.mark.parametrize("name", ALL_CLASSES)
def test_after_a_million_steps(name):
    """β^t has underflown and t is large: one more step is finite."""
    params = parameters()
    optimizer = make(name, params)
    drive(optimizer, params, 1)
    for p in params:
        optimizer.state[p]["step"] = 1_000_000
    drive(optimizer, params, 2)
    assert all(torch.isfinite(p).all() for p in params)


@pytest.mark.parametrize("name", ALL_CLASSES)
def test_nan_gradients_stay_in_their_coordinate_unless_there_is_a_norm(name):
    p = torch.nn.Parameter(torch.ones(3))
    optimizer = make(name, [p])
    for _ in range(2):  # ADOPT does not move at its first
        p.grad = torch.tensor([1.0, float("nan"), 0.5])
        optimizer.step()
    seen = p
    if name in ("Lion", "Signum", "Rprop"):  # torch's sign of NaN is 0: it is in the state
        seen = optimizer.state[p]["last" if name == "Rprop" else "m"]
    assert torch.isnan(seen[1])
    layerwise = name in ("LARS", "LAMB", "Ralamb", "RangerLARS", "MARS")
    assert torch.isnan(p).all() if layerwise else torch.isfinite(p[[0, 2]]).all()


@pytest.mark.parametrize("name", ALL_CLASSES)
def test_copies_and_memory(name):
    params = parameters()
    optimizer = make(name, params)
    drive(optimizer, params, 4)
    copied = copy.deepcopy(optimizer)
    others = copied.param_groups[0]["params"]
    drive(copied, others, 4, seed=2)
    drive(optimizer, params, 4, seed=2)
    assert all(torch.equal(a, b) for a, b in zip(params, others, strict=True))
    tensors = [v for v in optimizer.state[params[0]].values() if isinstance(v, torch.Tensor)]
    assert len(tensors) == len(optimizer.rule_of(optimizer.param_groups[0]).state)


MEMORY = {
    "Adagrad": 1,
    "RMSprop": 1,
    "Adadelta": 2,
    "Adam": 2,
    "AdamW": 2,
    "Adamax": 2,
    "NAdam": 2,
    "RAdam": 2,
}


@pytest.mark.parametrize("name", MEMORY)
def test_state_is_no_larger_than_torchs(name):
    one, other = parameters(), parameters()
    a, b = getattr(ours, name)(one), getattr(torch.optim, name)(other)
    drive(a, one, 1)
    drive(b, other, 1)

    def elements(o, p):
        return sum(
            v.numel() for v in o.state[p].values() if isinstance(v, torch.Tensor) and v.dim()
        )

    assert elements(a, one[0]) == elements(b, other[0]) == MEMORY[name] * one[0].numel()


@pytest.mark.parametrize(
    "name", ["Adam", "AdamW", "RAdam", "NAdam", "Adagrad", "RMSprop", "Adadelta", "Adamax"]
)
def test_continues_torchs_checkpoint(name):
    theirs, mine = parameters(), parameters(seed=8)
    torch_one = getattr(torch.optim, name)(theirs, lr=0.01)
    drive(torch_one, theirs, 10)
    our_one = getattr(ours, name)(mine, convention=TORCH)
    our_one.load_state_dict(copy.deepcopy(torch_one.state_dict()))
    with torch.no_grad():
        for p, q in zip(mine, theirs, strict=True):
            p.copy_(q)
    travelled = drive(torch_one, theirs, 10, seed=2)
    drive(our_one, mine, 10, seed=2)
    assert difference(mine, theirs) <= 1e-10 * travelled


def test_lookahead_is_its_paper():
    """Every k steps θ ← θ + α(φ − θ), φ ← θ, the slow weights beginning at the first parameters."""
    p, q = (torch.nn.Parameter(torch.ones(3, dtype=torch.float64)) for _ in range(2))
    wrapped, inner = ours.Lookahead(ours.Adam([p], lr=0.1), k=4, alpha=0.3), ours.Adam([q], lr=0.1)
    slow = q.detach().clone()
    generator = torch.Generator().manual_seed(0)
    for t in range(1, 14):
        p.grad = torch.randn(3, dtype=torch.float64, generator=generator)
        q.grad = p.grad.clone()
        wrapped.step()
        inner.step()
        if t % 4 == 0:
            slow = slow + 0.3 * (q.detach() - slow)
            with torch.no_grad():
                q.copy_(slow)
        torch.testing.assert_close(p, q, rtol=1e-14, atol=1e-14)


def test_trust_ratio_moves_each_tensor_by_lr_times_its_norm():
    params = [
        torch.nn.Parameter(torch.randn(5, 4).double()),
        torch.nn.Parameter(torch.zeros(3).double()),
    ]
    for name in ("LARS", "LAMB", "Ralamb"):
        optimizer = make(name, params, lr=0.1)
        for p in params:
            p.grad = torch.randn(p.shape).double()
        before = [p.detach().clone() for p in params]
        optimizer.step()
        moved = (params[0].detach() - before[0]).norm()
        assert moved.item() == pytest.approx(0.1 * before[0].norm().item(), rel=1e-12)
        with torch.no_grad():
            params[1].zero_()


def test_trust_ratio_is_one_where_a_norm_is_zero():
    zero, still = (torch.nn.Parameter(torch.full((2,), x).double()) for x in (0.0, 1.0))
    optimizer = ours.LARS([zero, still], lr=0.5, momentum=0.0)
    zero.grad, still.grad = torch.ones(2).double(), torch.zeros(2).double()
    optimizer.step()
    assert zero.tolist() == [-0.5, -0.5]
    assert still.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("make_factor", [
    lambda: schedules.piecewise_constant([3, 6], [1.0, 0.5, 0.1]), lambda: schedules.exponential(0.1),
    lambda: schedules.polynomial(0.5, 2.0), lambda: schedules.inverse_time(0.3),
    lambda: schedules.inverse_square_root(4), lambda: schedules.cosine(10, warmup=3, final=0.1),
])  # fmt: skip
def test_a_schedule_in_the_rule_is_the_schedule_in_torch(make_factor):
    factor = make_factor()
    one, other = parameters(), parameters()
    inside = ours.RuleOptimizer(one, with_schedule(rules.adam, factor), lr=0.01)
    outside = ours.Adam(other, lr=0.01)
    scheduler = torch.optim.lr_scheduler.LambdaLR(outside, factor)
    generator = torch.Generator().manual_seed(0)
    for _ in range(12):
        for p, q in zip(one, other, strict=True):
            p.grad = torch.randn(p.shape, dtype=torch.float64, generator=generator)
            q.grad = p.grad.clone()
        inside.step()
        outside.step()
        scheduler.step()
    assert difference(one, other) < 1e-15
    assert max(factor(t) for t in range(20)) == pytest.approx(1.0)


BAD = [
    (lambda p: ours.Adam(p, betas=(1.0, 0.9)), DomainError, r"betas\[0\] = 1.0"),
    (lambda p: ours.Adam(p, betas=(0.9, float("nan"))), DomainError, r"betas\[1\] = nan"),
    (lambda p: ours.Adam(p, betas=(0.9,)), DomainError, "betas"),
    (lambda p: ours.Adam(p, eps=-1), DomainError, "eps = -1"),
    (lambda p: ours.Adam(p, convention="jax"), UnknownName, "jax"),
    (lambda p: ours.RAdam(p, threshold=0.0), DomainError, "threshold = 0"),
    (lambda p: ours.RMSprop(p, alpha=1.0), DomainError, "alpha = 1.0"),
    (lambda p: ours.AdaBound(p, gamma=0.0), DomainError, "gamma = 0"),
    (lambda p: ours.Ranger(p, k=0), DomainError, "k = 0"),
    (lambda p: ours.Ranger(p, alpha=-0.1), DomainError, "alpha = -0.1"),
    (lambda p: ours.Lookahead(ours.Adam(p), k=2.5), DomainError, "k = 2.5"),
    (lambda p: ours.Lookahead(torch.optim.Adam(p)), ours.RuleError, "optimizer of eigenstep"),
    (lambda p: ours.LAMB(p, phi="cube"), DomainError, "phi = cube"),
    (lambda p: ours.Adam(p, nope=1), UnknownName, "nope"),
    (lambda p: schedules.cosine(3, warmup=3), DomainError, "warmup = 3"),
    (lambda p: schedules.piecewise_constant([2, 1], [1, 1, 1]), DomainError, "boundaries"),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_bad_input(case):
    call, kind, message = BAD[case]
    with pytest.raises(kind, match=message) as caught:
        call([torch.nn.Parameter(torch.ones(1))])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ALL_RULES)
def test_every_convention_is_in_the_rules_domain(name):
    for convention in ALL_RULES[name].conventions:
        ALL_RULES[name].under(convention).with_defaults({})


def test_lookahead_composes_with_any_rule():
    r = lookahead(rules.nesterov, 2, 0.5)
    assert r.state == ("v", "slow")
    assert r.gradient_at_names


def test_lookahead_around_nesterov_stores_the_point_of_its_gradient():
    """The inner rule's gradient is not at θ: the torch class follows the composed rule's gradient points."""
    p = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    optimizer = ours.Lookahead(ours.Nesterov([p], lr=0.1, momentum=0.9), k=5, alpha=0.5)
    run = simulate(lookahead(nesterov, 5, 0.5), 20, lr=0.1, beta=0.9)
    for t in range(20):
        assert p.detach().numpy() == pytest.approx(np.full(3, run.gradient_point[t]), rel=1e-12)
        optimizer.zero_grad()
        (0.5 * (p**2).sum()).backward()
        optimizer.step()
