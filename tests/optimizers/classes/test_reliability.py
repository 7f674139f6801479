"""What every class must bear. The registry is the package: a new optimizer is tested unasked."""

import copy
import io
import pickle

import pytest
import torch
from eigenstep import optimizers as ours
from eigenstep.optimizers import DomainError, RuleOptimizer, SparseGradient
from eigenstep.optimizers.engine import kernel as engine
from torch.optim import lr_scheduler

NAMES = [
    n for n in ours.__all__
    if isinstance(getattr(ours, n), type) and issubclass(getattr(ours, n), RuleOptimizer)
    and n not in ("RuleOptimizer", "NAdam", "Adamax", "Muon", "Sophia")
]  # fmt: skip
MATRICES = ("Adafactor", "AdamMini", "Shampoo", "SOAP")
NORMED = ("LARS", "LAMB", "Ralamb", "RangerLARS", "MARS", "StableAdamW", "Prodigy", *MATRICES)
KINDS = ["blocked"] + (["compiled"] if engine.can_compile("cpu") else [])
every = pytest.mark.parametrize("name", NAMES)
both = pytest.mark.parametrize("kind", KINDS)


def make(name, params, kind="blocked", **arguments):
    if name == "Lookahead":
        return ours.Lookahead(ours.AdamW(params, engine=kind, **{"lr": 0.05, **arguments}), k=4)
    extra = {"k": 4} if name.startswith("Ranger") else {}
    if name == "SGD":
        extra = {"momentum": 0.9, "nesterov": True}
    return getattr(ours, name)(params, engine=kind, **{"lr": 0.05, **extra, **arguments})


def step(optimizer, params, t, dtype=None):
    generator = torch.Generator().manual_seed(t)
    for p in params:
        dense = torch.randn(p.shape, dtype=torch.float64, generator=generator)
        p.grad = torch.empty_like(p).copy_(dense)
    optimizer.step()


def leaf(*shape, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.Parameter(
        torch.randn(shape, dtype=torch.float64, generator=generator).to(dtype)
    )


def test_the_registry_has_every_public_optimizer():
    assert len(NAMES) == 43


@both
@every
def test_saved_in_the_middle_of_a_lookahead_cycle_goes_on_bit_for_bit(name, kind):
    p, q = leaf(5, 3), leaf(5, 3)
    one, other = make(name, [p], kind), make(name, [q], kind)
    for t in range(6):  # 6 = 4 + 2
        step(one, [p], t)
    file = io.BytesIO()
    torch.save(one.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True))
    with torch.no_grad():
        q.copy_(p)
    for t in range(6, 13):
        step(one, [p], t)
        step(other, [q], t)
    assert torch.equal(p, q)


@both
@every
def test_memory_layouts(name, kind):
    """Channels-last, gaps, transposed: the same numbers as contiguous, and the layout kept."""
    images = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0)).double()
    layouts = [images.to(memory_format=torch.channels_last), images.transpose(0, 3),
               torch.cat([images, images], dim=3)[..., ::2], images]  # fmt: skip
    for tensor in layouts:
        p = torch.nn.Parameter(tensor.clone(memory_format=torch.preserve_format))
        q = torch.nn.Parameter(tensor.contiguous().clone())
        stride = p.stride()
        one, other = make(name, [p], kind), make(name, [q], kind)
        for t in range(5):
            step(one, [p], t)
            q.grad = p.grad.contiguous()
            other.step()
        assert p.stride() == stride
        torch.testing.assert_close(p, q, rtol=1e-13, atol=1e-13)


@both
@every
def test_sizes_zero_and_one_and_no_dimension(name, kind):
    params = [leaf(0), leaf(1), leaf(), leaf(2, 0, 3)]
    optimizer = make(name, params, kind)
    for t in range(5):
        step(optimizer, params, t)
    assert all(torch.isfinite(p).all() for p in params)
    assert params[2].shape == ()


@every
def test_parameters_without_gradients_frozen_and_shared(name):
    moved, still, frozen = leaf(3), leaf(3), leaf(3)
    frozen.requires_grad_(False)
    before = still.detach().clone()
    optimizer = make(name, [moved, still, frozen])
    moved.grad = torch.ones(3, dtype=torch.float64)
    for _ in range(2 if name in ("ADOPT", "SOAP") else 1):  # which only measures at its first
        optimizer.step()
    assert torch.equal(still, before)
    assert torch.equal(frozen, before)
    assert "step" not in optimizer.state[still]
    assert not torch.equal(moved, before)
    layer = torch.nn.Linear(3, 3).double()
    tied = torch.nn.Sequential(layer, layer)  # one parameter, used twice: stepped once
    optimizer = make(name, list(tied.parameters()))
    tied(torch.ones(2, 3).double()).sum().backward()
    optimizer.step()
    assert optimizer.state[layer.weight]["step"] == 1


@every
def test_groups_are_added_and_keep_their_own_settings(name):
    a, b = leaf(3), leaf(3)
    optimizer = make(name, [a])
    step(optimizer, [a], 0)
    still = {"final_lr": 0.0} if "final_lr" in optimizer.param_groups[0] else {}
    if "step_sizes" in optimizer.param_groups[0]:
        still = {"step_sizes": (0.0, 50.0)}
    optimizer.add_param_group({"params": [b], "lr": 0.0, **still})
    before = b.detach().clone()
    step(optimizer, [a, b], 1)
    assert torch.equal(b, before)
    assert optimizer.state[a]["step"] == 2
    assert optimizer.state[b]["step"] == 1
    with pytest.raises(DomainError, match="lr = -1"):
        optimizer.add_param_group({"params": [leaf(1)], "lr": -1})


@both
@every
def test_complex_parameters_are_pairs_of_reals(name, kind):
    if name in MATRICES:
        pytest.skip("of real matrices")
    values = torch.randn(3, 4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    p = torch.nn.Parameter(torch.view_as_complex(values.clone()))
    q = torch.nn.Parameter(values.clone())
    one, other = make(name, [p], kind), make(name, [q], kind)
    for t in range(6):
        q.grad = torch.randn(
            3, 4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(t)
        )
        p.grad = torch.view_as_complex(q.grad.clone())
        one.step()
        other.step()
    torch.testing.assert_close(torch.view_as_real(p.detach()), q.detach(), rtol=1e-13, atol=1e-13)


@every
def test_sparse_gradients_are_refused(name):
    if getattr(ours, name).sparse_gradients:
        pytest.skip("supported")
    table = torch.nn.Embedding(4, 2, sparse=True)
    optimizer = make(name, list(table.parameters()))
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(SparseGradient, match="sparse"):
        optimizer.step()


@every
def test_copies_are_independent(name):
    p = leaf(4)
    optimizer = make(name, [p])
    for t in range(3):
        step(optimizer, [p], t)
    for copied in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        (q,) = copied.param_groups[0]["params"]
        kept = p.detach().clone()
        step(copied, [q], 9)
        assert torch.equal(p, kept)
        fresh = leaf(4)
        again = make(name, [fresh])
        again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        with torch.no_grad():
            fresh.copy_(p)
        step(again, [fresh], 9)
        assert torch.equal(fresh, q)


CHOICES = [
    ("RAdam", {"convention": "torch"}), ("AdamW", {"convention": "torch", "amsgrad": True}),
    ("RMSprop", {"momentum": 0.9, "centered": True, "convention": "torch"}),
    ("Adam", {"decoupled_weight_decay": True, "weight_decay": 0.1}), ("Adam", {"amsgrad": True}),
    ("LARS", {"scaling": "gradient"}), ("AdaBound", {"amsbound": True}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "choice"), CHOICES)
def test_pickled_whatever_convention_or_composition_it_runs(name, choice):
    p = leaf(4)
    optimizer = make(name, [p], **choice)
    step(optimizer, [p], 0)
    copied = pickle.loads(pickle.dumps(optimizer))
    (q,) = copied.param_groups[0]["params"]
    for t in (1, 2):
        step(optimizer, [p], t)
        step(copied, [q], t)
    assert torch.equal(p, q)


@both
@every
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_low_precision_is_computed_in_float32_and_rounded_once(name, dtype, kind):
    """One step from zero state is the float32 step, rounded: nothing is lost on the way."""
    p, q = leaf(50, dtype=dtype), torch.nn.Parameter(leaf(50, dtype=dtype).detach().float())
    exact = (
        {"lr": 2.0**-4} if name == "Rprop" else {}
    )  # which begins as a state of the parameter's dtype
    one, other = make(name, [p], kind, **exact), make(name, [q], kind, **exact)
    step(one, [p], 0)
    q.grad = p.grad.float()
    other.step()
    rounded = q.detach().to(dtype)
    assert torch.equal(p.detach(), rounded)


@both
@every
def test_gradients_too_small_for_float16_make_no_nan(name, kind):
    """g² and ε are below float16's smallest number."""
    p = torch.nn.Parameter(torch.ones(64, dtype=torch.float16))
    optimizer = make(name, [p], kind, lr=1e-3)
    for _ in range(30):
        p.grad = torch.full((64,), 1e-5, dtype=torch.float16)
        optimizer.step()
    assert torch.isfinite(p).all()


@both
@every
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_a_bad_gradient_leaves(name, bad, kind):
    """Its coordinate is lost; the others are not, except where the rule takes a norm of all."""
    p = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    optimizer = make(name, [p], kind)
    p.grad = torch.tensor([1.0, bad, 0.5], dtype=torch.float64)
    optimizer.step()
    p.grad = torch.ones(3, dtype=torch.float64)
    optimizer.step()
    lost = ~torch.isfinite(p)
    if name not in NORMED:
        assert not lost[[0, 2]].any()
    for key, value in optimizer.state[p].items():
        if isinstance(value, torch.Tensor) and name not in NORMED:
            assert torch.isfinite(value[[0, 2]]).all(), key
    assert optimizer.state[p]["step"] == 2


@both
@every
def test_the_millionth_step_is_finite(name, kind):
    """β^t has underflown."""
    p = leaf(4)
    optimizer = make(name, [p], kind)
    step(optimizer, [p], 0)
    for t in (10**6, 10**9):
        optimizer.state[p]["step"] = t - 1
        step(optimizer, [p], 1)
        assert optimizer.state[p]["step"] == t
        assert torch.isfinite(p).all()


@every
@pytest.mark.parametrize("argument", ["lr", "weight_decay", "eps"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_hyperparameters_outside_their_domain(name, argument, value):
    if argument not in make(name, [leaf(1)]).param_groups[0]:
        pytest.skip(f"{name} has no {argument}")
    with pytest.raises(DomainError, match=rf"{argument} = .*{argument}"):
        make(name, [leaf(1)], **{argument: value})


@every
def test_betas_outside_their_domain(name):
    usual = make(name, [leaf(1)]).param_groups[0].get("betas")
    if usual is None:
        pytest.skip(f"{name} has no betas")
    with pytest.raises(
        DomainError, match=r"betas\[1\] = 1\.0 is outside its domain: 0 <= betas\[1\] < 1"
    ):
        make(name, [leaf(1)], betas=(0.9, 1.0, *usual[2:]))


@every
def test_schedulers_of_torch(name):
    p = leaf(4)
    optimizer = make(name, [p])
    schedulers = [
        lr_scheduler.CosineAnnealingLR(optimizer, 5),
        lr_scheduler.LambdaLR(optimizer, lambda t: 0.9**t),
    ]
    for t in range(5):
        step(optimizer, [p], t)
        for scheduler in schedulers:
            scheduler.step()
    assert torch.isfinite(p).all()
    assert optimizer.param_groups[0]["lr"] < 0.05


@every
def test_maximize_is_descent_on_the_negative(name):
    if name == "Lookahead":
        pytest.skip("the inner optimizer's")
    p, q = leaf(4), leaf(4)
    up, down = make(name, [p], maximize=True), make(name, [q])
    for t in range(5):
        step(up, [p], t)
        q.grad = -p.grad
        down.step()
    assert torch.equal(p, q)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")
@pytest.mark.parametrize("kind", ["blocked", "compiled"])
@every
def test_cuda_equals_cpu(name, kind):
    cpu = [leaf(3, 4, dtype=torch.float32), leaf(5000, dtype=torch.float32)]
    gpu = [torch.nn.Parameter(p.detach().cuda()) for p in cpu]
    one, other = make(name, cpu), make(name, gpu, kind)
    for t in range(20):
        step(one, cpu, t)
        for p, q in zip(cpu, gpu, strict=True):
            q.grad = p.grad.cuda()
        other.step()
    for p, q in zip(cpu, gpu, strict=True):
        torch.testing.assert_close(p.detach(), q.detach().cpu(), rtol=1e-5, atol=1e-5)
