"""What code written for ``torch.optim`` expects of an optimizer, asked of every class.

First torch's own lists: the configurations and the errors that its tests share among its classes, taken
from torch as they are. Then the behaviour that its tests ask for, for each of our classes.
"""

import contextlib
import copy
import inspect
import io
import itertools
import pickle
import re
import warnings

import pytest
import torch
import torch.distributed.checkpoint as dcp
from eigenstep import optimizers as ours
from eigenstep.optimizers import EigenstepError, RuleOptimizer
from torch.distributed.checkpoint import state_dict as dcp_state
from torch.optim import lr_scheduler, swa_utils
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

NAMES = [
    n for n in ours.__all__
    if isinstance(getattr(ours, n), type) and issubclass(getattr(ours, n), RuleOptimizer)
    and n not in ("RuleOptimizer", "NAdam", "Adamax", "Muon", "Sophia")
]  # fmt: skip
TORCH = ["SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adagrad", "RMSprop", "Adadelta", "Adamax",
         "Rprop", "ASGD"]  # fmt: skip
WITHOUT_MOMENTUM = (
    "GradientDescent", "Adagrad", "Adadelta", "Rprop", "ASGD", "Adafactor", "Shampoo",
)  # fmt: skip
"""Neither ``momentum`` nor ``betas`` in their groups, as in torch's own of these names."""
MATRICES = ("Adafactor", "AdamMini", "Shampoo", "SOAP")
"""Stepped by torch on whole matrices. Muon, of matrices only, and Sophia, given a Hessian, have tests
of their own."""
SPARSE = ("SGD", "GradientDescent", "Adagrad")
REFUSED = {
    "capturable": ({"capturable": True}, "capturable = True .* computed on the host"),
    "differentiable": ({"differentiable": True}, "differentiable = True .* in place"),
    "both engines": ({"foreach": True, "fused": True}, "foreach = True .* fused = True"),
}
"""Keywords of torch that every class refuses, and what it says."""
ACCEPTED = {
    "lr as Tensor doesn't work with foreach & not capturable":
        "the number is read anew at each step, however the step runs",
    r"betas\[0\] as a Tensor is not supported for capturable=False and foreach=True":
        "so it is for betas",
    "betas must be either both floats or both Tensors": "and for each of the two",
}  # fmt: skip
"""What torch's shared error list refuses and no class of ours needs to, with the reason."""
HINTS = [{}, {"foreach": False}, {"foreach": True}, {"fused": False}, {"capturable": False},
         {"differentiable": False}, {"foreach": None}]  # fmt: skip
every = pytest.mark.parametrize("name", NAMES)
torchs = pytest.mark.parametrize("name", TORCH)


def make(name, params, **arguments):
    """Each class in a form that moves, with its momentum on."""
    if name == "Lookahead":
        return ours.Lookahead(ours.AdamW(params, **{"lr": 0.05, **arguments}), k=3)
    extra = {"k": 3} if name.startswith("Ranger") else {}
    if name == "SGD":
        extra = {"momentum": 0.9, "nesterov": True}
    return getattr(ours, name)(params, **{"lr": 0.05, **extra, **arguments})


def refused_where_complex(name):
    z = torch.nn.Parameter(torch.ones(2, 3, dtype=torch.complex128))
    with pytest.raises(EigenstepError, match="real matrices"):
        train_once(make(name, [z]))


def train_once(optimizer):
    for p in optimizer.param_groups[0]["params"]:
        p.grad = torch.ones_like(p)
    optimizer.step()


def model(dtype=torch.float64):
    torch.manual_seed(0)
    layers = torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    return torch.nn.Sequential(*layers).to(dtype)


def leaf(*shape, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.Parameter(
        torch.randn(shape, dtype=torch.float64, generator=generator).to(dtype)
    )


def backward(net, t=0):
    generator = torch.Generator().manual_seed(t)
    dtype = next(net.parameters()).dtype
    x = torch.randn(5, 3, dtype=torch.float64, generator=generator).to(dtype)
    loss = net(x).square().mean()
    loss.backward()
    return loss


def train(net, optimizer, steps, begin=0):
    for t in range(begin, begin + steps):
        optimizer.zero_grad()
        backward(net, t)
        optimizer.step()


def assert_same(net, other):
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)


def assert_same_state(one, other):
    """Equal numbers, tensors and keys, however nested."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same_state(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same_state(a, b)
    elif isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype
        assert torch.equal(one, other)
    else:
        assert one == other


# torch's shared lists


def shared(name):
    """torch's description of its class in its own tests; imported here, for it takes seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_optimizers import optim_db
    return next(i for i in optim_db if i.optim_cls.__name__ == name)


def convention(cls):
    """What makes a class compute as torch's of that name does."""
    return {"convention": "torch"} if "convention" in getattr(cls, "options", {}) else {}


@pytest.fixture
def double():
    """torch's NAdam keeps its product of momenta in the default dtype."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@torchs
@pytest.mark.usefixtures("double")
def test_the_shared_configurations_are_torchs_steps(name):
    info, cls = shared(name), getattr(ours, name)
    for given in info.optim_inputs_func("cpu", torch.float64):
        theirs = model()
        reference = info.optim_cls(theirs.parameters(), **{**given.kwargs, "foreach": False})
        train(theirs, reference, 8)
        for hint in HINTS + ([{"fused": True}] if "fused" in info.supported_impls else []):
            mine = model()
            train(mine, cls(mine.parameters(), **given.kwargs, **hint, **convention(cls)), 8)
            for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
                torch.testing.assert_close(
                    p, q, rtol=1e-11, atol=1e-12,
                    msg=lambda m, g=given, h=hint: f"{g.desc}, {h}: {m}",
                )  # fmt: skip


@torchs
@pytest.mark.usefixtures("double")
def test_the_shared_configurations_through_torchs_schedulers(name):
    info, cls = shared(name), getattr(ours, name)
    pairs = itertools.product(info.optim_inputs_func("cpu", torch.float64), info.scheduler_inputs)
    for given, (plan, *_) in pairs:
        theirs, mine = model(), model()
        arguments = {**given.kwargs, "lr": 0.01}
        for net, optimizer in (
            (theirs, info.optim_cls(theirs.parameters(), **arguments)),
            (mine, cls(mine.parameters(), **arguments, **convention(cls))),
        ):
            scheduler = plan(optimizer)
            for t in range(12):
                optimizer.zero_grad()
                loss = backward(net, t)
                optimizer.step()
                if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
                    scheduler.step(loss)
                else:
                    scheduler.step()
        for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=1e-11, atol=1e-12, msg=given.desc)


@torchs
def test_the_shared_errors_are_of_torchs_kind(name):
    info, cls = shared(name), getattr(ours, name)
    for error in info.optim_error_inputs_func("cpu", torch.float64):
        given = error.optimizer_error_input
        if given.desc in ACCEPTED:
            make = cls([leaf(2)], **given.kwargs, **convention(cls))
            assert isinstance(make, RuleOptimizer)
            continue
        if issubclass(error.error_type, Warning):
            with pytest.warns(error.error_type, match=error.error_regex):
                cls(given.params, **given.kwargs)
            continue
        with pytest.raises(error.error_type) as caught:
            cls(given.params, **given.kwargs)
        message = str(caught.value)
        if isinstance(caught.value, EigenstepError):
            assert "\n" not in message, given.desc
            assert any(k.split("_")[0] in message for k in given.kwargs), message
        else:
            assert re.search(error.error_regex, message), given.desc


@torchs
@pytest.mark.usefixtures("double")
def test_states_of_older_versions_of_torch_load(name):
    info, cls = shared(name), getattr(ours, name)
    for given in info.optim_inputs_func("cpu", torch.float64):
        theirs = model()
        reference = info.optim_cls(theirs.parameters(), **{**given.kwargs, "foreach": False})
        train(theirs, reference, 3)
        saved = copy.deepcopy(reference.state_dict())
        for group in saved["param_groups"]:
            for flag in info.not_og_supported_flags:
                if not given.kwargs.get(flag):
                    group.pop(flag, None)
        mine = copy.deepcopy(theirs)
        optimizer = cls(mine.parameters(), **given.kwargs, **convention(cls))
        optimizer.load_state_dict(saved)
        train(mine, optimizer, 4, begin=3)
        train(theirs, reference, 4, begin=3)
        for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=1e-10, atol=1e-11, msg=given.desc)


@torchs
def test_the_arguments_are_torchs_in_torchs_order(name):
    """Every argument of torch's class, positional ones in its order."""
    theirs = inspect.signature(getattr(torch.optim, name).__init__).parameters
    cls = getattr(ours, name)
    positional = [k for k, p in theirs.items() if p.kind is p.POSITIONAL_OR_KEYWORD][1:]
    mine = [k for k, p in inspect.signature(cls.__init__).parameters.items()
            if p.kind is p.POSITIONAL_OR_KEYWORD][1:]  # fmt: skip
    assert mine[: len(positional)] == positional[: len(mine)]
    defaults = {k: p.default for k, p in theirs.items() if p.default is not p.empty}
    optimizer = cls([leaf(2)], **defaults, **convention(cls))
    assert set(defaults) <= set(optimizer.param_groups[0])


@every
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_by_design(name, what):
    arguments, message = REFUSED[what]
    with pytest.raises(EigenstepError, match=message) as caught:
        make(name, [leaf(2)], **arguments)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


@every
def test_sparse_gradients_are_taken_or_refused(name):
    table = torch.nn.Embedding(5, 2, sparse=True)
    before = table.weight.detach().clone()
    optimizer = make(
        name, list(table.parameters()), **({"nesterov": False} if name == "SGD" else {})
    )
    table(torch.tensor([1, 3, 3])).sum().backward()
    if name in SPARSE:
        optimizer.step()
        moved = (table.weight != before).any(dim=1)
        assert moved.tolist() == [False, True, False, True, False]
    else:
        with pytest.raises(ours.SparseGradient, match="sparse"):
            optimizer.step()
        assert torch.equal(table.weight, before)


# What is stepped, and by what


@every
def test_it_is_an_optimizer_of_torch(name):
    optimizer = make(name, [leaf(2)])
    assert isinstance(optimizer, torch.optim.Optimizer)
    assert type(optimizer).__name__ in repr(optimizer)
    assert "lr: 0.05" in repr(optimizer)


@every
@pytest.mark.parametrize("how", [list, tuple, iter, lambda p: dict.fromkeys(p).keys()])
def test_parameters_come_as_any_iterable(name, how):
    net = model()
    optimizer = make(name, how(list(net.parameters())))
    train(net, optimizer, 1)
    assert len(optimizer.param_groups[0]["params"]) == 4


@every
def test_what_cannot_be_stepped_is_refused_as_torch_does(name):
    with pytest.raises(ValueError, match="empty parameter list"):
        make(name, [])
    with pytest.raises(TypeError, match="iterable"):
        make(name, leaf(2))
    with pytest.raises(TypeError, match="can only optimize Tensors"):
        make(name, [1.0])
    with pytest.raises(ValueError, match="non-leaf"):
        make(name, [leaf(2) * 2])
    with pytest.raises(TypeError, match="ordered collections"):
        make(name, [{"params": {leaf(2)}}])
    p = leaf(2)
    with pytest.raises(ValueError, match="more than one parameter group"):
        make(name, [{"params": [p]}, {"params": [p]}])
    with pytest.warns(UserWarning, match="duplicate parameters"):
        make(name, [p, p])


@every
def test_groups_step_as_optimizers_of_their_own(name):
    own = [{"lr": 0.01}, {"weight_decay": 0.1, "lr": 0.2}]
    together, apart = model(), model()
    halves = [list(n.parameters()) for n in (together, apart)]
    one = make(name, [{"params": p, **g} for p, g in zip(_halved(halves[0]), own, strict=True)])
    others = [make(name, p, **g) for p, g in zip(_halved(halves[1]), own, strict=True)]
    for t in range(5):
        backward(together, t)
        backward(apart, t)
        for optimizer in (one, *others):
            optimizer.step()
            optimizer.zero_grad()
    assert_same(together, apart)
    assert one.param_groups[1]["lr"] == 0.2


def _halved(params):
    return params[:2], params[2:]


@every
def test_a_tensor_learning_rate_is_kept_and_read_anew(name):
    plain, tensor = model(), model()
    rate = torch.tensor(0.05, dtype=torch.float64)
    one, other = make(name, plain.parameters()), make(name, tensor.parameters(), lr=rate)
    assert isinstance(other.param_groups[0]["lr"], torch.Tensor)
    schedulers = [lr_scheduler.ExponentialLR(o, 0.9) for o in (one, other)]
    for t in range(6):
        train(plain, one, 1, t)
        train(tensor, other, 1, t)
        for scheduler in schedulers:
            scheduler.step()
    assert isinstance(other.param_groups[0]["lr"], torch.Tensor)
    for p, q in zip(plain.parameters(), tensor.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-12, atol=1e-13)


@every
def test_without_gradients_a_step_does_nothing(name):
    net = model()
    before = copy.deepcopy(net)
    optimizer = make(name, net.parameters(), weight_decay=0.1)
    optimizer.step()
    optimizer.zero_grad()
    optimizer.step()
    assert_same(net, before)
    assert not optimizer.state
    empty = torch.nn.Parameter(torch.empty(0, 3))
    optimizer = make(name, [empty])
    empty.grad = torch.empty(0, 3)
    optimizer.step()
    assert empty.shape == (0, 3)


@every
def test_gradients_are_zeroed_or_forgotten(name):
    net = model()
    optimizer = make(name, net.parameters())
    backward(net)
    optimizer.zero_grad(set_to_none=False)
    assert all(torch.equal(p.grad, torch.zeros_like(p)) for p in net.parameters())
    optimizer.zero_grad()
    assert all(p.grad is None for p in net.parameters())


@every
def test_a_closure_is_evaluated_once_with_gradients_on(name):
    net = model()
    optimizer = make(name, net.parameters())
    calls = []

    def closure():
        calls.append(torch.is_grad_enabled())
        optimizer.zero_grad()
        return backward(net)

    other = model()
    expected = backward(other).item()
    with torch.no_grad():
        loss = optimizer.step(closure)
    make(name, other.parameters()).step()
    assert calls == [True]
    assert loss.item() == expected
    assert_same(net, other)


@every
@pytest.mark.parametrize("shape", [(3,), (2, 4)])
def test_complex_parameters_go_down_as_their_parts_do(name, shape):
    """|z|⁴ and Im z² on complex tensors, and on their real and imaginary parts."""
    if name in MATRICES:
        refused_where_complex(name)
        return
    start = torch.view_as_complex(leaf(*shape, 2).detach())
    z = torch.nn.Parameter(start.clone())
    parts = torch.nn.Parameter(torch.view_as_real(start).clone())
    one, other = make(name, [z]), make(name, [parts])
    for _ in range(4):
        for p, optimizer in ((z, one), (parts, other)):
            optimizer.zero_grad()
            x = p if p.is_complex() else torch.view_as_complex(p)
            ((x.abs() ** 4).sum() + (x * x).imag.sum()).backward()
            optimizer.step()
    torch.testing.assert_close(
        torch.view_as_real(z.detach()), parts.detach(), rtol=1e-12, atol=1e-13
    )
    assert all(
        v.is_complex() for v in one.state[z].values() if isinstance(v, torch.Tensor) and v.dim()
    )


@every
def test_dtypes_beside_one_another(name):
    kinds = [torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.complex64]
    if name in MATRICES:
        kinds.pop()
    if name == "Prodigy":  # one d of all, from sums over all
        with pytest.raises(EigenstepError, match="one dtype on one device"):
            train_once(make(name, [leaf(4, dtype=k) for k in kinds]))
        return
    together = [leaf(4, dtype=k) for k in kinds]
    apart = [torch.nn.Parameter(p.detach().clone()) for p in together]
    one, others = make(name, together), [make(name, [p]) for p in apart]
    for t in range(3):
        for p, q in zip(together, apart, strict=True):
            p.grad = leaf(4, dtype=p.dtype, seed=t + 1).detach()
            q.grad = p.grad.clone()
        for optimizer in (one, *others):
            optimizer.step()
    assert all(torch.equal(p, q) for p, q in zip(together, apart, strict=True))
    for p in together:
        assert all(
            v.dtype == p.dtype for v in one.state[p].values() if torch.is_tensor(v) and v.dim()
        )


@every
def test_after_a_step_there_is_state_for_what_had_a_gradient(name):
    moved, still = leaf(3), leaf(3)
    optimizer = make(name, [moved, still])
    moved.grad = torch.ones_like(moved)
    optimizer.step()
    assert optimizer.state[moved]["step"] == 1
    assert not optimizer.state.get(still)
    assert list(optimizer.state_dict()["state"]) == [0]


@every
def test_one_optimizer_a_parameter_stepped_in_backward(name):
    """Memory is saved by stepping as gradients come, in a hook; the numbers are the same."""
    inside, outside = model(), model()
    optimizers = {p: make(name, [p]) for p in inside.parameters()}

    def step(parameter):
        optimizers[parameter].step()
        optimizers[parameter].zero_grad()

    for p in inside.parameters():
        p.register_post_accumulate_grad_hook(step)
    optimizer = make(name, outside.parameters())
    for t in range(3):
        backward(inside, t)
    train(outside, optimizer, 3)
    assert_same(inside, outside)


@every
def test_a_step_allocates_no_tensor_of_the_parameters_size(name):
    if name in MATRICES:
        pytest.skip("torch steps it on whole tensors")
    p = torch.nn.Parameter(torch.ones(1 << 20))
    optimizer = make(name, [p], engine="blocked")
    p.grad = torch.ones_like(p)
    optimizer.step()
    with torch.profiler.profile(profile_memory=True) as profile:
        optimizer.step()
    largest = max(e.self_cpu_memory_usage for e in profile.events())
    assert largest < p.numel() * p.element_size() / 2


# States


@every
def test_a_state_survives_every_copy(name):
    net = model()
    optimizer = make(name, net.parameters())
    train(net, optimizer, 4)
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    assert_same_state(loaded, optimizer.state_dict())
    for state in (
        loaded,
        copy.deepcopy(optimizer.state_dict()),
        pickle.loads(pickle.dumps(loaded)),
    ):
        before = copy.deepcopy(state)
        other = copy.deepcopy(net)
        again = make(name, other.parameters())
        again.load_state_dict(state)
        assert_same_state(state, before)  # what is loaded is not changed by loading …
        assert_same_state(again.state_dict(), before)
        train(other, again, 3, 4)
        assert_same_state(state["param_groups"], before["param_groups"])  # … nor by going on
        expected = copy.deepcopy(net)
        same = make(name, expected.parameters())
        same.load_state_dict(copy.deepcopy(before))
        train(expected, same, 3, 4)
        assert_same(other, expected)


@every
def test_a_state_of_another_precision_is_cast_and_its_step_is_not(name):
    net = model()
    optimizer = make(name, net.parameters())
    train(net, optimizer, 3)
    single = copy.deepcopy(net).float()
    other = make(name, single.parameters())
    other.load_state_dict(optimizer.state_dict())
    for p in single.parameters():
        state = other.state[p]
        assert state["step"] == 3
        assert all(
            v.dtype == torch.float32 for v in state.values() if torch.is_tensor(v) and v.dim()
        )
    train(single, other, 2, 3)
    train(net, optimizer, 2, 3)
    for p, q in zip(single.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(p.double(), q, rtol=1e-3, atol=1e-4)


@every
def test_a_state_of_other_groups_is_refused_as_torch_does(name):
    net = model()
    optimizer = make(name, net.parameters())
    train(net, optimizer, 1)
    halves = _halved(list(model().parameters()))
    with pytest.raises(ValueError, match="different number of parameter groups"):
        make(name, [{"params": h} for h in halves]).load_state_dict(optimizer.state_dict())
    with pytest.raises(ValueError, match="doesn't match the size"):
        make(name, halves[0]).load_state_dict(optimizer.state_dict())


@every
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_under_every_protocol(name, protocol):
    net = model()
    optimizer = make(name, net.parameters())
    train(net, optimizer, 3)
    again, other = pickle.loads(pickle.dumps((net, optimizer), protocol))
    assert_same_state(other.state_dict(), optimizer.state_dict())
    backward(again.zero_grad() or again, 7)
    optimizer.zero_grad()
    backward(net, 7)
    optimizer.step()
    params = [p for g in other.param_groups for p in g["params"]]
    assert all(a is b for a, b in zip(params, again.parameters(), strict=True))
    other.step()
    assert_same(net, again)


@every
def test_a_deep_copy_with_its_model_goes_on_alone(name):
    net = model()
    optimizer = make(name, net.parameters())
    train(net, optimizer, 2)
    again, other = copy.deepcopy((net, optimizer))
    train(net, optimizer, 3, 2)
    train(again, other, 3, 2)
    assert_same(net, again)
    train(again, other, 1, 5)
    assert not torch.equal(net[0].weight, again[0].weight)


# Hooks


@every
def test_step_hooks_run_around_each_step_and_may_be_removed(name):
    net = model()
    optimizer = make(name, net.parameters())
    said = []
    handles = [
        optimizer.register_step_pre_hook(lambda o, args, kwargs: said.append("pre")),
        optimizer.register_step_post_hook(lambda o, args, kwargs: said.append("post")),
        register_optimizer_step_pre_hook(lambda o, args, kwargs: said.append("every pre")),
        register_optimizer_step_post_hook(lambda o, args, kwargs: said.append("every post")),
    ]
    try:
        train(net, optimizer, 1)
        assert sorted(said) == ["every post", "every pre", "post", "pre"]
        assert said.index("pre") < said.index("post")
    finally:
        for handle in handles:
            handle.remove()
    train(net, optimizer, 1)
    assert len(said) == 4


@every
def test_a_step_hook_may_change_the_learning_rate(name):
    net, other = model(), model()
    one, two = make(name, net.parameters()), make(name, other.parameters(), lr=0.01)

    def slower(optimizer, args, kwargs):
        for group in optimizer.param_groups:
            group["lr"] = 0.01

    one.register_step_pre_hook(slower)
    train(net, one, 3)
    train(other, two, 3)
    assert_same(net, other)


@every
def test_state_hooks_see_and_change_the_state_in_order(name):
    net = model()
    optimizer = make(name, net.parameters())
    train(net, optimizer, 2)
    said = []
    optimizer.register_state_dict_pre_hook(lambda o: said.append("pre 1"))
    optimizer.register_state_dict_pre_hook(lambda o: said.append("pre 0"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, s: said.append(sorted(s)))
    optimizer.register_state_dict_post_hook(lambda o, s: {**s, "note": 1})
    saved = optimizer.state_dict()
    assert said == ["pre 0", "pre 1", ["param_groups", "state"]]
    assert saved.pop("note") == 1
    again = make(name, copy.deepcopy(net).parameters())
    seen = []

    def other_rate(o, s):
        seen.append(s["param_groups"][0]["lr"])
        return {**s, "param_groups": [{**g, "lr": 0.02} for g in s["param_groups"]]}

    again.register_load_state_dict_pre_hook(other_rate)
    again.register_load_state_dict_pre_hook(lambda o, s: seen.append("first"), prepend=True)
    again.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]))
    again.load_state_dict(saved)
    assert seen == ["first", 0.05, 0.02]
    assert again.param_groups[0]["lr"] == 0.02
    assert saved["param_groups"][0]["lr"] == 0.05


# Names


@every
def test_named_parameters_keep_their_names(name):
    net, plain = model(), model()
    optimizer = make(name, net.named_parameters())
    names = [n for n, _ in net.named_parameters()]
    assert optimizer.param_groups[0]["param_names"] == names
    train(net, optimizer, 3)
    train(plain, make(name, plain.parameters()), 3)
    assert_same(net, plain)
    saved = optimizer.state_dict()
    assert saved["param_groups"][0]["param_names"] == names
    other = copy.deepcopy(net)
    again = make(name, other.named_parameters())
    again.load_state_dict(copy.deepcopy(saved))  # torch shares a state's tensors, and so do we
    train(other, again, 2, 3)
    train(net, optimizer, 2, 3)
    assert_same(net, other)


@every
def test_names_are_given_to_all_parameters_or_to_none(name):
    with pytest.raises(ValueError, match="with/without names"):
        make(name, [("weight", leaf(2)), leaf(2)])
    with pytest.raises(ValueError, match="with/without names"):
        make(name, [{"params": [leaf(2)]}, {"params": [("weight", leaf(2))]}])


@every
def test_a_state_loads_by_names_through_a_hook(name):
    """Parameters given in another order: torch's recipe with a hook before loading."""
    net = model()
    optimizer = make(name, net.named_parameters())
    train(net, optimizer, 2)
    other = copy.deepcopy(net)
    again = make(name, list(other.named_parameters())[::-1])

    def by_name(o, saved):
        group, here = saved["param_groups"][0], o.param_groups[0]["param_names"]
        order = [group["param_names"].index(n) for n in here]
        state = {i: saved["state"][k] for i, k in enumerate(order)}
        new = {**group, "param_names": here, "params": list(range(len(here)))}
        return {"state": state, "param_groups": [new]}

    again.register_load_state_dict_pre_hook(by_name)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    train(net, optimizer, 2, 2)
    train(other, again, 2, 2)
    assert_same(net, other)


# Beside torch's other tools


@every
def test_a_model_that_was_made_on_the_meta_device(name):
    with torch.device("meta"):
        net = torch.nn.Linear(3, 2)
    optimizer = make(name, net.parameters())
    assert optimizer.param_groups[0]["params"][0].is_meta
    net.to_empty(device="cpu")
    torch.nn.init.ones_(net.weight)
    torch.nn.init.zeros_(net.bias)
    optimizer = make(name, net.parameters())
    net(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    assert torch.isfinite(net.weight).all()


SCHEDULERS = {
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda t: 0.9**t),
    "multiplicative": lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: 0.9),
    "step": lambda o: lr_scheduler.StepLR(o, 2),
    "milestones": lambda o: lr_scheduler.MultiStepLR(o, [2, 3]),
    "constant": lambda o: lr_scheduler.ConstantLR(o, 0.5, 2),
    "linear": lambda o: lr_scheduler.LinearLR(o, 0.1, total_iters=3),
    "polynomial": lambda o: lr_scheduler.PolynomialLR(o, 4),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 4),
    "restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2),
    "cyclic": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, 2, cycle_momentum=False),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=9, cycle_momentum=False),
    "sequence": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o, 0.1, 2), lr_scheduler.ExponentialLR(o, 0.9)], [2]),
    "chain": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(o, 0.1, 2), lr_scheduler.ExponentialLR(o, 0.9)], optimizer=o),
    "swa": lambda o: swa_utils.SWALR(o, swa_lr=0.01, anneal_epochs=2),
}  # fmt: skip


@every
@pytest.mark.parametrize("plan", SCHEDULERS)
def test_every_scheduler_of_torch_drives_it(name, plan):
    """As if the learning rate had been written into the groups by hand."""
    net, other = model(), model()
    one, two = make(name, net.parameters()), make(name, other.parameters())
    scheduler = SCHEDULERS[plan](one)
    rates = []
    for t in range(6):
        two.param_groups[0]["lr"] = one.param_groups[0]["lr"]
        rates.append(one.param_groups[0]["lr"])
        train(net, one, 1, t)
        train(other, two, 1, t)
        scheduler.step()
    assert_same(net, other)
    assert len(set(rates)) > 1
    assert "initial_lr" in one.param_groups[0]
    saved = one.state_dict()
    again = make(name, copy.deepcopy(net).parameters())
    again.load_state_dict(saved)
    assert again.param_groups[0]["initial_lr"] == one.param_groups[0]["initial_lr"]


@every
def test_one_cycle_with_its_defaults_cycles_the_momentum(name):
    net = model()
    optimizer = make(name, net.parameters())
    cycle = lambda: lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=10)  # noqa: E731
    if name in WITHOUT_MOMENTUM:
        with pytest.raises(ValueError, match="cycle_momentum"):
            cycle()
        return
    scheduler = cycle()
    momenta = []
    for t in range(10):
        group = optimizer.param_groups[0]
        momenta.append(group["betas"][0] if "betas" in group else group["momentum"])
        train(net, optimizer, 1, t)
        if t < 9:
            scheduler.step()
    assert momenta[0] == pytest.approx(0.95)
    assert min(momenta) == pytest.approx(0.85)
    assert all(torch.isfinite(p).all() for p in net.parameters())


@every
def test_a_gradient_scaler_skips_what_overflows(name):
    net, other = model(torch.float32), model(torch.float32)
    optimizer, plain = make(name, net.parameters()), make(name, other.parameters())
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    for t in range(4):
        optimizer.zero_grad()
        x = torch.randn(5, 3, generator=torch.Generator().manual_seed(t))
        scaler.scale(net(x).square().mean()).backward()
        if t == 2:
            next(net.parameters()).grad.view(-1)[0] = float("inf")
        else:
            plain.zero_grad()
            other(x).square().mean().backward()
            plain.step()
        scaler.step(optimizer)
        scaler.update()
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-4, atol=1e-5)
    assert all(optimizer.state[p]["step"] == 3 for p in net.parameters())


@every
def test_averages_of_the_weights(name):
    net = model()
    optimizer = make(name, net.parameters())
    averages = swa_utils.AveragedModel(net)
    moving = swa_utils.AveragedModel(net, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.5))
    expected, moved = [], None
    for t in range(4):
        train(net, optimizer, 1, t)
        averages.update_parameters(net)
        moving.update_parameters(net)
        w = net[0].weight.detach().clone()
        expected.append(w)
        moved = w if moved is None else 0.5 * moved + 0.5 * w
    torch.testing.assert_close(averages.module[0].weight.detach(), torch.stack(expected).mean(0))
    torch.testing.assert_close(moving.module[0].weight.detach(), moved)


@every
def test_what_wrappers_read_and_write(name):
    """A wrapper hands on everything, replaces the parameters in the groups and sets numbers there."""

    class Wrapper(torch.optim.Optimizer):
        def __init__(self, optimizer):
            self.optimizer = optimizer

        state = property(lambda self: self.optimizer.state)
        defaults = property(lambda self: self.optimizer.defaults)

        @property
        def param_groups(self):
            return self.optimizer.param_groups

        @param_groups.setter
        def param_groups(self, groups):
            self.optimizer.param_groups = groups

        def step(self, closure=None):
            return self.optimizer.step(closure)

        def zero_grad(self, set_to_none=True):
            self.optimizer.zero_grad(set_to_none)

        def state_dict(self):
            return self.optimizer.state_dict()

    net, other = model(), model()
    optimizer = make(name, net.parameters())
    wrapped = Wrapper(make(name, model().parameters()))
    for group in wrapped.param_groups:
        assert group["params"]
        group["params"] = list(other.parameters())
    wrapped.param_groups = wrapped.param_groups
    for key in (
        "lr",
        "weight_decay",
        "maximize",
        "foreach",
        "capturable",
        "differentiable",
        "fused",
    ):
        assert key in wrapped.defaults, key
        assert key in wrapped.param_groups[0], key
    groups = set(wrapped.param_groups[0]) - {"params", "rule"}
    assert groups - set(wrapped.defaults) <= {"initial_lr"}
    for o in (optimizer, wrapped):
        o.param_groups[0]["lr"] = 0.02
        o.param_groups[0]["initial_lr"] = 0.02
    scheduler = lr_scheduler.StepLR(wrapped, 1, gamma=1.0)
    train(net, optimizer, 3)
    train(other, wrapped, 3)
    scheduler.step()
    assert_same(net, other)
    assert_same_state(wrapped.state_dict()["state"], optimizer.state_dict()["state"])


@every
def test_profilers_see_the_step_by_its_name(name):
    net = model()
    optimizer = make(name, net.parameters())
    backward(net)
    with torch.profiler.profile() as profile:
        optimizer.step()
        optimizer.zero_grad()
    names = {e.name for e in profile.events()}
    assert f"Optimizer.step#{name}.step" in names
    assert f"Optimizer.zero_grad#{name}.zero_grad" in names


# torch.distributed.checkpoint, in one process


@contextlib.contextmanager
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, on running in one process
        yield


@every
@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("stepped", [False, True])
def test_checkpoints_of_torch_distributed(name, flat, stepped, tmp_path):
    """Saved and loaded twice, into an optimizer that has stepped and into one that has not."""
    options = dcp_state.StateDictOptions(flatten_optimizer_state_dict=flat)
    net = model()
    optimizer = make(name, net.parameters())
    train(net, optimizer, 3)
    before = copy.deepcopy(net)
    with quiet():
        saved = dcp_state.get_optimizer_state_dict(net, optimizer, options=options)
        assert_same(net, before)
        dcp.save({"optimizer": saved, "model": net.state_dict()}, checkpoint_id=tmp_path / "one")
        other = model()
        again = make(name, other.parameters())
        if stepped:
            train(other, again, 1)
        for _ in range(2):
            weights = copy.deepcopy(other)
            here = {
                "optimizer": dcp_state.get_optimizer_state_dict(other, again, options=options),
                "model": other.state_dict(),
            }
            assert_same(other, weights)  # asking for a state moves nothing
            dcp.load(here, checkpoint_id=tmp_path / "one")
            dcp_state.set_optimizer_state_dict(other, again, here["optimizer"], options=options)
            other.load_state_dict(here["model"])
    expected = make(name, (same := copy.deepcopy(net)).parameters())
    expected.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    train(same, expected, 4, 3)
    train(other, again, 4, 3)
    assert_same(other, same)


@every
def test_model_and_optimizer_states_together_with_groups(name):
    net = model()
    halves = _halved(list(net.parameters()))
    optimizer = make(name, [{"params": halves[0], "lr": 0.01}, {"params": halves[1]}])
    train(net, optimizer, 2)
    with quiet():
        weights, state = dcp_state.get_state_dict(net, optimizer)
        other = model()
        parts = _halved(list(other.parameters()))
        again = make(name, [{"params": parts[0]}, {"params": parts[1]}])
        dcp_state.set_state_dict(
            other, again, model_state_dict=weights, optim_state_dict=copy.deepcopy(state)
        )
    assert again.param_groups[0]["lr"] == 0.01
    train(other, again, 2, 2)
    train(net, optimizer, 2, 2)
    assert_same(other, net)


# Learning rates and gradients of zero, through the classes


def conventions():
    for name in NAMES:
        rule = getattr(getattr(ours, name), "_rule", None)
        for convention in ("paper", *(rule.conventions if rule is not None else ())):
            yield name, {} if convention == "paper" else {"convention": convention}


@pytest.mark.parametrize(("name", "arguments"), list(conventions()))
def test_zeros_leave_the_weights_where_they_are(name, arguments):
    """lr = 0, ε = 0 and gradients of zero, from the first step on."""
    keys = make(name, [leaf(1)], **arguments).param_groups[0]
    eps = {"eps": (0.0, 0.0) if isinstance(keys["eps"], tuple) else 0.0} if "eps" in keys else {}
    if "initial_accumulator" in keys:
        eps["initial_accumulator"] = 0.0  # Yogi's first average would move it
    if "lambd" in keys:
        eps["lambd"] = 0.0  # ASGD's own weight decay
    if "step_sizes" in keys:
        eps["step_sizes"] = (0.0, 50.0)  # below which no length of Rprop's falls
    for lr, gradient in itertools.product((0.0, 0.05), (0.0, 1.0)):
        if lr and gradient:
            continue
        final = {"final_lr": 0.0} if "final_lr" in keys and not lr and not arguments else {}
        p = leaf(4)
        before = p.detach().clone()
        optimizer = make(name, [p], **{**arguments, **eps, **final, "lr": lr, "weight_decay": 0.0})
        for _ in range(3):
            p.grad = torch.full_like(p, gradient)
            optimizer.step()
            assert torch.equal(p, before), (lr, gradient)


@pytest.mark.parametrize("amsbound", [False, True])
def test_adabound_made_at_a_learning_rate_of_zero(amsbound):
    """The library takes the first that is not zero for the one that its bounds are scaled by."""
    library = pytest.importorskip("pytorch_optimizer", reason="the library is not installed")
    p, q = leaf(5), leaf(5)
    mine = ours.AdaBound([p], lr=0.0, amsbound=amsbound, convention="pytorch-optimizer")
    with quiet():
        theirs = library.AdaBound([q], lr=0.0, ams_bound=amsbound)
    for t, lr in enumerate((0.0, 0.0, 0.01, 0.5, 0.02, 0.0, 0.1)):
        for x, optimizer in ((p, mine), (q, theirs)):
            optimizer.param_groups[0]["lr"] = lr
            x.grad = leaf(5, seed=t + 1).detach()
            optimizer.step()
        torch.testing.assert_close(p, q, rtol=1e-12, atol=1e-14)
