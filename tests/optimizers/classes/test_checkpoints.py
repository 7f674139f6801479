"""States: ours bit for bit, torch's understood or refused, ours back into torch."""

import copy
import io

import pytest
import torch
from eigenstep import optimizers as ours
from eigenstep.optimizers import DomainError, UnknownName, rules
from eigenstep.optimizers.classes.checkpoints import StateError
from torch.optim import lr_scheduler

SHAPES = ((3, 4), (5,), ())
TORCH = {"convention": "torch"}
PAIRS = [  # ours, its arguments, torch's, the arguments of both
    ("SGD", {}, "SGD", {"lr": 0.1}),
    ("SGD", {}, "SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {}, "SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
    ("SGD", {}, "SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    ("GradientDescent", {}, "SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("HeavyBall", {}, "SGD", {"lr": 0.1, "momentum": 0.9}),
    ("Adam", {}, "Adam", {"lr": 0.01}),
    ("Adam", TORCH, "Adam", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1}),
    ("Adam", {}, "Adam", {"lr": 0.01, "amsgrad": True, "decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("AMSGrad", TORCH, "Adam", {"lr": 0.01, "amsgrad": True}),
    ("AdamW", {}, "AdamW", {"lr": 0.01}),
    ("AdamW", TORCH, "AdamW", {"lr": 0.01, "amsgrad": True, "maximize": True}),
    ("NAdam", TORCH, "NAdam", {"lr": 0.01}),
    ("NAdam", TORCH, "NAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", TORCH, "RAdam", {"lr": 0.01}),
    ("RAdam", TORCH, "RAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Adagrad", TORCH, "Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.3}),
    ("RMSprop", TORCH, "RMSprop", {"lr": 0.01}),
    ("RMSprop", TORCH, "RMSprop", {"lr": 0.01, "momentum": 0.9}),
    ("RMSprop", TORCH, "RMSprop", {"lr": 0.01, "momentum": 0.9, "centered": True, "maximize": True}),
    ("Adadelta", TORCH, "Adadelta", {"lr": 0.5, "weight_decay": 0.1}),
    ("Adamax", TORCH, "Adamax", {"lr": 0.01, "weight_decay": 0.1}),
    ("Rprop", TORCH, "Rprop", {"lr": 0.01, "etas": (0.6, 1.3), "step_sizes": (1e-4, 0.1)}),
    ("ASGD", TORCH, "ASGD", {"lr": 0.1, "lambd": 0.1, "t0": 3, "weight_decay": 0.1}),
]  # fmt: skip
pairs = pytest.mark.parametrize("case", range(len(PAIRS)))
SINGLE = ("NAdam", "ASGD")
"""Of whose scalars torch keeps what a float32 holds: the product of momenta, the learning rate."""


def tolerance_of(theirs):
    return 1e-7 if theirs in SINGLE else 1e-11


def parameters(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.nn.Parameter(torch.randn(s, dtype=torch.float64, generator=generator)) for s in SHAPES
    ]


def drive(optimizer, params, steps, seed=1):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        for p in params:
            p.grad = torch.randn(p.shape, dtype=torch.float64, generator=generator)
        optimizer.step()


def saved(optimizer):
    file = io.BytesIO()
    torch.save(optimizer, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def copied(params):
    return [torch.nn.Parameter(p.detach().clone()) for p in params]


def close(one, other, tolerance=1e-11):
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a.detach(), b.detach(), rtol=tolerance, atol=0.1 * tolerance)


@pairs
def test_torchs_state_loads_and_goes_on(case):
    """Defaults stand in for the modes: what torch saved chooses the rule."""
    name, own, theirs, arguments = PAIRS[case]
    one = parameters()
    torchs = getattr(torch.optim, theirs)(one, **arguments)
    drive(torchs, one, 7)
    other = copied(one)
    mine = getattr(ours, name)(other, **own)
    mine.load_state_dict(saved(torchs.state_dict()))
    for p, q in zip(one, other, strict=True):
        for variable, torch_name in mine.torch_state.items():
            if torch_name in torchs.state[p]:
                assert torch.equal(mine.state[q][variable], torchs.state[p][torch_name])
    drive(torchs, one, 8, seed=2)
    drive(mine, other, 8, seed=2)
    close(one, other, tolerance_of(theirs))


@pairs
def test_our_state_goes_on_in_torch(case):
    name, own, theirs, arguments = PAIRS[case]
    one = parameters()
    known = {k: v for k, v in arguments.items() if k != "amsgrad" or name != "AMSGrad"}
    mine = getattr(ours, name)(one, **own, **known)
    drive(mine, one, 7)
    other = copied(one)
    torchs = getattr(torch.optim, theirs)(other)
    state = saved(mine.state_dict(convention="torch"))
    assert set(state["param_groups"][0]) == {*torchs.defaults, "params"}
    torchs.load_state_dict(state)
    drive(mine, one, 8, seed=2)
    drive(torchs, other, 8, seed=2)
    close(one, other, tolerance_of(theirs))


@pairs
def test_there_and_back_is_the_same_state(case):
    name, own, theirs, arguments = PAIRS[case]
    one = parameters()
    torchs = getattr(torch.optim, theirs)(one, **arguments)
    drive(torchs, one, 3)
    mine = getattr(ours, name)(copied(one), **own)
    mine.load_state_dict(saved(torchs.state_dict()))
    back, there = mine.state_dict(convention="torch"), torchs.state_dict()
    assert back["state"].keys() == there["state"].keys()
    for key, entry in there["state"].items():
        assert back["state"][key].keys() == entry.keys()
        for k, v in entry.items():
            torch.testing.assert_close(
                back["state"][key][k], v, rtol=1e-6 if k == "mu_product" else 0, atol=0
            )
    for a, b in zip(back["param_groups"], there["param_groups"], strict=True):
        assert a == b


def test_groups_of_their_own():
    """Two groups of which one has momentum, or amsgrad, of its own; an untouched parameter has no state."""
    for theirs, own, extra in (
        ("SGD", {"lr": 0.1}, {"momentum": 0.9}), ("Adam", {"lr": 0.1}, {"amsgrad": True}),
        ("RMSprop", {"lr": 0.1}, {"momentum": 0.9, "centered": True}),
        ("AdamW", {"lr": 0.1}, {"amsgrad": True, "betas": (0.5, 0.6)}),
        ("NAdam", {"lr": 0.1}, {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    ):  # fmt: skip
        tolerance = 1e-7 if theirs == "NAdam" else 1e-11  # torch's product of momenta is float32
        convention = {} if theirs == "SGD" else TORCH
        one, other, idle = parameters(), parameters(), torch.nn.Parameter(torch.ones(2))
        torchs = getattr(torch.optim, theirs)(
            [{"params": one[:1]}, {"params": [*one[1:], idle], **extra}], **own
        )
        mine = getattr(ours, theirs)(
            [{"params": other[:1]}, {"params": [*other[1:], idle], **extra}], **own, **convention
        )
        drive(torchs, one, 5)
        drive(mine, other, 5)
        close(one, other, tolerance)
        fresh = copied(one)
        again = getattr(ours, theirs)(
            [{"params": fresh[:1]}, {"params": [*fresh[1:], idle]}], **convention
        )
        again.load_state_dict(saved(torchs.state_dict()))
        drive(torchs, one, 5, seed=2)
        drive(again, fresh, 5, seed=2)
        close(one, fresh, tolerance)
        assert len(again.state) == 3


def test_asgd_follows_a_changed_rate_a_step_late_as_torch_does():
    one, other = parameters(), parameters()
    torchs = torch.optim.ASGD(one, lr=0.1, lambd=0.2, t0=2)
    mine = ours.ASGD(other, lr=0.1, lambd=0.2, t0=2, **TORCH)
    for seed, lr in enumerate((0.1, 0.02, 0.3)):
        for optimizer in (torchs, mine):
            optimizer.param_groups[0]["lr"] = lr
        drive(torchs, one, 2, seed=seed)
        drive(mine, other, 2, seed=seed)
        close(one, other, tolerance_of("ASGD"))
        for p, q in zip(one, other, strict=True):
            close([torchs.state[p]["ax"]], [mine.state[q]["ax"]], tolerance_of("ASGD"))


def test_momentum_switched_on_and_off_in_the_middle_is_torchs():
    one, other = parameters(), parameters()
    torchs = torch.optim.SGD(one, lr=0.1, dampening=0.5)
    mine = ours.SGD(other, lr=0.1, dampening=0.5)
    for seed, momentum in enumerate((0, 0.9, 0, 0.5)):
        for optimizer in (torchs, mine):
            optimizer.param_groups[0]["momentum"] = momentum
        drive(torchs, one, 3, seed=seed)
        drive(mine, other, 3, seed=seed)
        close(one, other)


@pytest.mark.parametrize("scheduler", [
    lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=40),
    lambda o: lr_scheduler.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=3, cycle_momentum=True),
])  # fmt: skip
@pytest.mark.parametrize("decoupled", [False, True])
def test_nadam_remembers_the_momenta_that_were(scheduler, decoupled):
    """torch keeps the product of its momenta in the default dtype, here in ours."""
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        one, other = parameters(), parameters()
        arguments = {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": decoupled}
        theirs, mine = torch.optim.NAdam(one, **arguments), ours.NAdam(other, **arguments, **TORCH)
        schedulers = [scheduler(theirs), scheduler(mine)]
        for seed in range(12):
            drive(theirs, one, 1, seed)
            drive(mine, other, 1, seed)
            for s in schedulers:
                s.step()
            for o in (theirs, mine):
                o.param_groups[0]["momentum_decay"] = 0.004 * (1 + seed)
        close(one, other)
        for p, q in zip(one, other, strict=True):
            torch.testing.assert_close(
                mine.state[q]["mu_product"], theirs.state[p]["mu_product"].item()
            )
        # there in the middle, and back
        third, fourth = copied(one), copied(one)
        again, back = ours.NAdam(third, **TORCH), torch.optim.NAdam(fourth)
        again.load_state_dict(saved(theirs.state_dict()))
        back.load_state_dict(saved(again.state_dict(convention="torch")))
        for optimizer, params in ((theirs, one), (again, third), (back, fourth)):
            drive(optimizer, params, 5, seed=3)
        close(one, third)
        close(one, fourth, 1e-6)  # the product goes to torch in float32, as torch saves it
    finally:
        torch.set_default_dtype(default)


def test_lookahead_around_nadam_remembers_too():
    """Begun anew at each synchronization, the product is that of the momenta since."""

    def run(optimizer, params, seed):
        optimizer.param_groups[0]["betas"] = (0.9 - 0.05 * (seed % 3), 0.999)
        drive(optimizer, params, 1, seed)

    one, other = parameters(), parameters()
    anew = ours.Lookahead(ours.NAdam(one, **TORCH), k=3, alpha=1.0, reset_state=True)
    for seed in range(6):
        if seed % 3 == 0:
            fresh = ours.NAdam(other, **TORCH)
        run(anew, one, seed)
        run(fresh, other, seed)
    close(one, other)


def stepped(name, **arguments):
    params = parameters()
    optimizer = getattr(ours, name)(params, **arguments)
    drive(optimizer, params, 3)
    return optimizer


def torch_stepped(name, **arguments):
    params = parameters()
    optimizer = getattr(torch.optim, name)(params, **arguments)
    drive(optimizer, params, 3)
    return optimizer.state_dict()


def changed(state, **values):
    state = copy.deepcopy(state)
    for entry in state["state"].values():
        entry.update(values)
    return state


def without(state, name):
    state = copy.deepcopy(state)
    for entry in state["state"].values():
        entry.pop(name, None)
    return state


REFUSED = [
    # another rule, another convention, another class's names
    ("HeavyBall", {}, lambda: stepped("Adam").state_dict(), "saved by rule adam"),
    ("Adam", {}, lambda: stepped("HeavyBall").state_dict(), "saved by rule heavy_ball"),
    ("RAdam", {}, lambda: stepped("RAdam", convention="torch").state_dict(),
     "saved under convention 'torch'"),
    ("Adam", {}, lambda: stepped("AdamW").state_dict(), "rule adamw"),
    ("RuleOptimizer", {"rule": rules.adam}, lambda: stepped("Adam").state_dict(), "beta1"),
    ("Adam", {},
     lambda: ours.RuleOptimizer(parameters(), rules.adam).state_dict(), "betas"),
    # torch's optimizer computes something else
    ("RAdam", {}, lambda: torch_stepped("RAdam"), 'convention="torch"'),
    ("Rprop", {}, lambda: torch_stepped("Rprop"), 'convention="torch"'),
    ("ASGD", {}, lambda: torch_stepped("ASGD"), 'convention="torch"'),
    ("ASGD", TORCH, lambda: without(torch_stepped("ASGD"), "eta"), "no eta"),
    ("ASGD", TORCH, lambda: changed(torch_stepped("ASGD"), mu=1.5), "mu = 1.5"),
    ("Lion", {}, lambda: torch_stepped("SGD", momentum=0.5), "does not say that it is of a rule"),
    ("NAdam", {}, lambda: torch_stepped("NAdam"), 'convention="torch"'),
    ("Adagrad", {}, lambda: torch_stepped("Adagrad"), 'convention="torch"'),
    ("AMSGrad", {}, lambda: torch_stepped("Adam", amsgrad=True), 'convention="torch"'),
    ("AMSGrad", TORCH, lambda: torch_stepped("Adam"), "amsgrad = False"),
    ("AdamW", {}, lambda: torch_stepped("Adam"), "decoupled_weight_decay = False"),
    ("GradientDescent", {}, lambda: torch_stepped("SGD", momentum=0.5), "momentum = 0.5"),
    ("HeavyBall", {}, lambda: torch_stepped("SGD", momentum=0.5, nesterov=True), "nesterov"),
    ("HeavyBall", {}, lambda: torch_stepped("SGD", momentum=0.5, dampening=0.5), "dampen"),
    ("Adam", {}, lambda: torch_stepped("SGD", momentum=0.5), "not one of torch.optim.Adam"),
    ("SGD", {}, lambda: torch_stepped("Adam"), "not one of torch.optim.SGD"),
    ("LAMB", {}, lambda: torch_stepped("Adam"), "does not say that it is of a rule"),
    ("Nesterov", {}, lambda: torch_stepped("SGD", momentum=0.5), "does not say"),
    ("NAdam", TORCH, lambda: without(torch_stepped("NAdam"), "mu_product"), "no mu_product"),
    ("NAdam", TORCH, lambda: without(stepped("NAdam", **TORCH).state_dict(), "mu_product"),
     "no mu_product"),
    *[("NAdam", TORCH, lambda v=v: changed(torch_stepped("NAdam"), mu_product=v), "mu_product")
      for v in (torch.tensor(1.5), float("nan"), "a", None, torch.ones(3), [0.5])],
    # the coefficients of the gradient's point
    ("Nesterov", {}, lambda: without(stepped("Nesterov").state_dict(), "previous_beta"),
     "no previous_beta"),
    *[("Nesterov", {}, lambda v=v: changed(stepped("Nesterov").state_dict(), previous_beta=v),
       "previous_beta") for v in (5.0, 1.0, float("nan"), "a", torch.ones(3), True, None, 10**400)],
    # what is not a state of the parameters
    ("Adam", {}, lambda: {"state": {}}, "not the state of an optimizer"),
    ("Adam", {}, lambda: changed(stepped("Adam").state_dict(), m=torch.zeros(2)), "shape"),
    ("Adam", {}, lambda: changed(torch_stepped("Adam"), exp_avg=torch.zeros(2)), "shape"),
    ("Adam", {}, lambda: changed(stepped("Adam").state_dict(), step=-1), "step = -1"),
    ("Adam", {}, lambda: changed(stepped("Adam").state_dict(), step=1.5), "step = 1.5"),
    ("Adam", {}, lambda: changed(stepped("Adam").state_dict(), other=1), "has other"),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_what_does_not_fit_is_refused_and_changes_nothing(case):
    name, arguments, state, message = REFUSED[case]
    optimizer = getattr(ours, name)(parameters(), **arguments)
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(StateError, match=message) as caught:
        optimizer.load_state_dict(state())
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert optimizer.state_dict() == before


def test_a_state_with_a_value_out_of_its_domain_is_refused():
    state = torch_stepped("SGD", momentum=0.5)
    state["param_groups"][0]["momentum"] = 1.5
    with pytest.raises(DomainError, match=r"momentum = 1\.5"):
        ours.SGD(parameters()).load_state_dict(state)


EXPORTS = [
    (lambda: stepped("LAMB"), "no class that computes the rule of LAMB"),
    (lambda: stepped("RAdam"), "eps_place|threshold"),
    (lambda: stepped("Adam", eps_place="inside"), "eps_place"),
    (lambda: stepped("AdaMax", convention="torch", decoupled_weight_decay=True, weight_decay=0.1),
     "no decoupled_weight_decay"),
    (lambda: stepped("HeavyBall", dampening=0.5), "dampen"),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(EXPORTS)))
def test_what_torch_does_not_compute_is_not_exported(case):
    make, message = EXPORTS[case]
    with pytest.raises(StateError, match=message):
        make().state_dict(convention="torch")
    with pytest.raises(UnknownName, match="optax"):
        make().state_dict(convention="optax")


def test_hooks_see_the_state_as_it_was_saved():
    seen = []
    state = torch_stepped("Adam")
    optimizer = ours.Adam(parameters())
    optimizer.register_load_state_dict_pre_hook(lambda o, s: seen.append(set(s["state"][0])))
    optimizer.register_load_state_dict_post_hook(
        lambda o: seen.append(set(next(iter(o.state.values()))))
    )
    optimizer.register_state_dict_post_hook(lambda o, s: seen.append(set(s["state"][0])))
    optimizer.load_state_dict(state)
    optimizer.state_dict(convention="torch")
    optimizer.state_dict()
    torchs, mine = {"step", "exp_avg", "exp_avg_sq"}, {"step", "m", "v"}
    assert seen == [torchs, mine, torchs, mine]


def test_a_hook_may_translate():
    """A pre-hook that renames what was saved elsewhere is heard before the state is checked."""

    def translate(optimizer, state):
        entries = {
            k: {"step": e["t"], "m": e["mean"], "v": e["square"]} for k, e in state["state"].items()
        }
        return {**state, "state": entries}

    source = stepped("Adam")
    foreign = source.state_dict()
    foreign["state"] = {
        k: {"t": e["step"], "mean": e["m"], "square": e["v"]} for k, e in foreign["state"].items()
    }
    optimizer = ours.Adam(parameters())
    optimizer.register_load_state_dict_pre_hook(translate)
    optimizer.load_state_dict(foreign)
    assert optimizer.state_dict()["state"].keys() == source.state_dict()["state"].keys()


def test_a_second_load_finds_the_state_unchanged():
    optimizer = stepped("AdamW")
    state = optimizer.state_dict()
    keys = set(state["param_groups"][0])
    for _ in range(3):
        optimizer.load_state_dict(copy.deepcopy(state))
        assert set(optimizer.state_dict()["param_groups"][0]) == keys


def test_how_a_step_runs_is_not_taken_from_a_file():
    source = stepped("Adam", engine="blocked", foreach=False)
    optimizer = ours.Adam(parameters(), engine="auto", foreach=True)
    optimizer.load_state_dict(source.state_dict())
    assert optimizer.param_groups[0]["engine"] == "auto"
    assert optimizer.param_groups[0]["foreach"] is True


@pytest.mark.parametrize("case", range(len(PAIRS)))
def test_what_older_versions_of_torch_did_not_save_has_the_value_that_they_computed_with(case):
    """A missing maximize is False, as torch has it on load, also where the optimizer climbs."""
    name, own, theirs, arguments = PAIRS[case]
    arguments = {k: v for k, v in arguments.items()
                 if k not in ("maximize", "decoupled_weight_decay")}  # fmt: skip
    one, other = parameters(), parameters()
    torchs = getattr(torch.optim, theirs)(one, **arguments)
    drive(torchs, one, 3)
    state = saved(torchs.state_dict())
    dropped = (
        "maximize",
        "decoupled_weight_decay",
        "foreach",
        "fused",
        "capturable",
        "differentiable",
    )
    for group in state["param_groups"]:
        for key in dropped:
            group.pop(key, None)
    other = copied(one)
    here = {"maximize": True}
    if name in ("Adam", "NAdam", "RAdam"):
        here["decoupled_weight_decay"] = True
    mine = getattr(ours, name)(other, **own, **here)
    mine.load_state_dict(state)
    assert mine.param_groups[0]["maximize"] is False
    again = getattr(torch.optim, theirs)(one, **arguments, maximize=True)
    again.load_state_dict(copy.deepcopy(state))
    drive(again, one, 4, seed=2)
    drive(mine, other, 4, seed=2)
    close(one, other, tolerance_of(theirs))
