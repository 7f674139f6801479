"""What the torch classes take as arguments, by group, from schedulers and from hostile hands."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from eigenstep import optimizers as ours
from eigenstep.optimizers import (
    DomainError,
    EigenstepError,
    RuleError,
    RuleOptimizer,
    SparseGradient,
    UnknownName,
    engine,
    rule,
    rules,
)
from eigenstep.optimizers.domains import LearningRate
from torch.optim import lr_scheduler

NAMES = [
    n for n in ours.__all__
    if isinstance(getattr(ours, n), type) and issubclass(getattr(ours, n), RuleOptimizer)
    and n not in ("RuleOptimizer", "Lookahead", "NAdam", "Adamax", "Muon", "Sophia")
]  # fmt: skip
KINDS = ["blocked"] + (["compiled"] if engine.can_compile("cpu") else [])
every = pytest.mark.parametrize("name", NAMES)
both = pytest.mark.parametrize("kind", KINDS)


def leaf(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.Parameter(
        torch.randn(shape, dtype=torch.float64, generator=generator).to(dtype)
    )


def make(name, params, **arguments):
    return getattr(ours, name)(params, **arguments)


def step(optimizer, params, t=0):
    generator = torch.Generator().manual_seed(t)
    for p in params:
        p.grad = torch.randn(p.shape, dtype=torch.float64, generator=generator).to(p.dtype)
    optimizer.step()


@every
def test_the_rules_own_names_are_refused_where_torch_has_another(name):
    """Accepted they would be ignored; and what the message offers is taken."""
    optimizer = make(name, [leaf(2)])
    group = optimizer.param_groups[0]
    names = optimizer._torch_names(optimizer.rule_of(group))
    renamed = {k: v for k, v in names.items() if k != v and k not in names.values()}
    for own in renamed:
        with pytest.raises(UnknownName, match=own) as caught:
            make(name, [leaf(2)], **{own: 0.5})
        assert isinstance(caught.value, TypeError)
        offered = str(caught.value).partition("there is: ")[2].split(", ")
        for other in offered:
            make(name, [leaf(2)], **{other: group[other]})
        with pytest.raises(UnknownName, match=own):
            make(name, [{"params": [leaf(2)], own: 0.5}])
        with pytest.raises(UnknownName, match=own):
            optimizer.add_param_group({"params": [leaf(2)], own: 0.5})
    assert len(optimizer.param_groups) == 1


@every
def test_numbers_of_every_kind_are_the_same_number(name):
    runs = []
    for kind in (float, np.float32, np.float64, lambda x: torch.tensor(x), np.array,
                 lambda x: torch.tensor([x], dtype=torch.float64)):  # fmt: skip
        p = leaf(3)
        optimizer = make(name, [p], lr=kind(0.5))
        step(optimizer, [p])
        for group in optimizer.param_groups:
            group["lr"] = kind(0.25)
        step(optimizer, [p], 1)
        runs.append(p.detach())
    for other in runs[1:]:
        assert torch.equal(other, runs[0])


@every
@pytest.mark.parametrize(
    "bad", ["0.1", "x", True, torch.ones(2), np.ones(2), [0.1], {}, 1j, object()]
)
def test_what_is_no_number_is_a_value_error_before_the_parameters_are_looked_at(name, bad):
    with pytest.raises(ValueError, match="lr = ") as caught:
        make(name, None, lr=bad)
    assert isinstance(caught.value, EigenstepError)
    assert "\n" not in str(caught.value)
    optimizer = make(name, [leaf(2)])
    with pytest.raises(DomainError):
        optimizer.add_param_group({"params": [leaf(2)], "lr": bad})
    assert len(optimizer.param_groups) == 1


@every
def test_none_takes_the_default_and_the_group_has_it(name):
    plain, asked = make(name, [leaf(2)]), make(name, [leaf(2)], lr=None)
    assert asked.param_groups[0]["lr"] == plain.param_groups[0]["lr"] == plain.defaults["lr"]
    plain.add_param_group({"params": [leaf(1)], "lr": None})
    assert plain.param_groups[1]["lr"] == plain.defaults["lr"]


@every
def test_hints_are_taken_where_torch_takes_them_and_change_nothing(name):
    runs = []
    for hints in ({}, {"foreach": True}, {"foreach": False, "fused": None}, {"fused": True},
                  {"capturable": False, "differentiable": False}):  # fmt: skip
        p = leaf(4)
        optimizer = make(name, [p], **hints)
        step(optimizer, [p])
        runs.append(p.detach())
        for key, value in hints.items():
            assert optimizer.defaults[key] == optimizer.param_groups[0][key] == value
    assert all(torch.equal(r, runs[0]) for r in runs)
    for hint in ("capturable", "differentiable"):
        with pytest.raises(DomainError, match=f"{hint} = True.*False: "):
            make(name, [leaf(1)], **{hint: True})
    with pytest.raises(RuntimeError, match="only one of them"):
        make(name, [leaf(1)], foreach=True, fused=True)
    with pytest.raises(DomainError, match="foreach = 3"):
        make(name, [leaf(1)], foreach=3)
    with pytest.raises(DomainError, match="maximize = yes"):
        make(name, [leaf(1)], maximize="yes")


BETAS = [
    0.9,
    (0.9,),
    (0.9, 0.99, 0.5),
    "ab",
    None,
    (0.9, "x"),
    (0.9, None),
    {},
    (1.0, 0.9),
    (-0.1, 0.9),
]


@pytest.mark.parametrize("betas", BETAS)
def test_betas(betas):
    if betas is None:
        assert ours.Adam([leaf(1)], betas=None).defaults["betas"] == (0.9, 0.999)
        return
    with pytest.raises(DomainError, match="betas"):
        ours.Adam(None, betas=betas)
    with pytest.raises(DomainError, match="betas"):
        ours.Adam([{"params": [leaf(1)], "betas": betas}])


@every
def test_a_bad_second_group_leaves_the_first_where_it_is(name):
    a, b = leaf(3), leaf(3, seed=1)
    optimizer = make(name, [{"params": [a]}, {"params": [b]}])
    step(optimizer, [a, b])
    before = [a.detach().clone(), b.detach().clone()]
    optimizer.param_groups[1]["lr"] = -1.0
    with pytest.raises(DomainError, match="lr = -1"):
        step(optimizer, [a, b], 1)
    assert torch.equal(a, before[0])
    assert torch.equal(b, before[1])
    assert optimizer.state[a]["step"] == 1


@every
def test_a_duplicated_parameter_steps_once(name):
    p, q = leaf(3), leaf(3)
    with pytest.warns(UserWarning, match="duplicate"):
        twice = make(name, [p, p], lr=0.1)
    once = make(name, [q], lr=0.1)
    for t in range(3):
        step(twice, [p], t)
        step(once, [q], t)
    assert torch.equal(p, q)
    assert twice.state[p]["step"] == 3


@both
@every
def test_parameters_on_the_meta_device(name, kind):
    model = torch.nn.Linear(3, 2, device="meta")
    real = leaf(2)
    optimizer = make(name, [*model.parameters(), real], engine=kind)
    before = real.detach().clone()
    for p in (*model.parameters(), real):
        p.grad = torch.ones_like(p)
    steps = 2 if name in ("ADOPT", "SOAP") else 1  # which only measures at its first
    for _ in range(steps):
        optimizer.step()
    assert not torch.equal(real, before)
    assert optimizer.state[model.weight]["step"] == steps
    for value in optimizer.state[model.weight].values():
        assert not isinstance(value, torch.Tensor) or value.is_meta


CYCLED = [
    n
    for n in NAMES
    if n not in ("GradientDescent", "Adagrad", "Adadelta", "ASGD", "Rprop", "Adafactor", "Shampoo")
]


@pytest.mark.parametrize("name", CYCLED)
def test_one_cycle_with_its_defaults(name):
    p = leaf(3)
    optimizer = make(name, [p], lr=0.01)
    scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=12)
    momenta = set()
    for t in range(10):
        step(optimizer, [p], t)
        scheduler.step()
        group = optimizer.param_groups[0]
        momenta.add(group["betas"][0] if "betas" in group else group["momentum"])
    assert torch.isfinite(p).all()
    assert len(momenta) > 5


def test_one_cycle_on_rmsprop_and_sgd_is_torchs():
    for name, own in (("RMSprop", {"convention": "torch"}), ("SGD", {})):
        one, other = leaf(3), leaf(3)
        mine, theirs = (
            getattr(ours, name)([one], lr=0.01, **own),
            getattr(torch.optim, name)([other], lr=0.01),
        )
        for p, optimizer in ((one, mine), (other, theirs)):
            scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=12)
            for t in range(10):
                step(optimizer, [p], t)
                scheduler.step()
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-12)


def test_a_group_may_have_another_convention():
    a, b, c, d = (leaf(4) for _ in range(4))
    mixed = ours.RAdam([{"params": [a]}, {"params": [b], "convention": "torch"}], lr=0.1)
    paper, torchs = ours.RAdam([c], lr=0.1), ours.RAdam([d], lr=0.1, convention="torch")
    for t in range(12):
        for p in (a, b, c, d):
            p.grad = leaf(4, seed=t).detach()
        for optimizer in (mixed, paper, torchs):
            optimizer.step()
    assert torch.equal(a, c)
    assert torch.equal(b, d)
    assert not torch.equal(a, b)
    with pytest.raises(UnknownName, match="jax"):
        mixed.add_param_group({"params": [leaf(1)], "convention": "jax"})
    with pytest.raises(UnknownName, match="7"):
        ours.RAdam([leaf(1)], convention=7)


@pytest.mark.parametrize("flag", [
    ("Adam", "amsgrad"), ("Adam", "decoupled_weight_decay"), ("AdamW", "amsgrad"), ("RMSprop", "centered"),
    ("SGD", "nesterov"), ("AdaBound", "amsbound"), ("RAdam", "decoupled_weight_decay"),
])  # fmt: skip
def test_flags_are_true_or_false(flag):
    name, key = flag
    for bad in ("yes", 1, [True]):
        with pytest.raises(DomainError, match=key):
            make(name, [leaf(1)], **{key: bad})
    with pytest.raises(DomainError, match=key):
        make(name, [{"params": [leaf(1)], key: "no"}])


def test_what_is_no_rule():
    for bad in ("adam", 3, lambda theta, g: theta, rules):
        with pytest.raises(RuleError, match="is not a rule"):
            RuleOptimizer([leaf(1)], bad)

    @rule
    def taken(theta, g, step, *, lr: LearningRate = 0.1):
        return theta - lr * g, step

    with pytest.raises(RuleError, match="state 'step'"):
        RuleOptimizer([leaf(1)], taken)

    @rule
    def taken_too(theta, g, *, engine: LearningRate = 0.1):
        return theta - engine * g

    with pytest.raises(RuleError, match="hyperparameter 'engine'"):
        RuleOptimizer([leaf(1)], taken_too)


def test_a_hyperparameter_without_a_default_is_asked_for_or_given():
    @rule
    def bare(theta, g, *, lr: LearningRate):
        return theta - lr * g

    with pytest.raises(ours.Missing, match="lr"):
        RuleOptimizer([leaf(1)], bare)
    p = torch.nn.Parameter(torch.ones(1))
    p.grad = torch.ones(1)
    RuleOptimizer([p], bare, lr=0.5).step()
    assert p.item() == 0.5


@pytest.mark.parametrize("attached", ["inner", "outer"])
def test_a_scheduler_of_either_drives_lookahead(attached):
    p, q = leaf(3), leaf(3)
    inner = ours.Adam([p], lr=0.1)
    before = lr_scheduler.ExponentialLR(inner, 0.5) if attached == "inner" else None
    wrapped = ours.Lookahead(inner, k=3)
    scheduler = before or lr_scheduler.ExponentialLR(wrapped, 0.5)
    straight = ours.Lookahead(ours.Adam([q], lr=0.1), k=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch counts the inner one's own steps
        for t in range(7):
            step(wrapped, [p], t)
            scheduler.step()
            straight.param_groups[0]["lr"] = 0.1 * 0.5**t
            step(straight, [q], t)
    assert torch.equal(p, q)
    assert wrapped.param_groups[0]["lr"] == inner.param_groups[0]["lr"] == 0.1 * 0.5**7
    wrapped.load_state_dict(copy.deepcopy(straight.state_dict()))
    inner.param_groups[0]["lr"] = 0.7
    assert wrapped.param_groups[0]["lr"] == 0.7
    for other in (copy.deepcopy(wrapped), pickle.loads(pickle.dumps(wrapped))):
        other.inner.param_groups[0]["lr"] = 0.3
        assert other.param_groups[0]["lr"] == 0.3
        step(other, other.param_groups[0]["params"], 9)


def test_what_lookahead_goes_around():
    inner = ours.Adam([leaf(2)])
    outer = ours.Lookahead(inner)
    with pytest.raises(RuleError, match="step the Lookahead"):
        inner.step()
    with pytest.raises(RuleError, match="inside another"):
        ours.Lookahead(inner)
    for other in (outer, ours.Ranger([leaf(2)])):
        with pytest.raises(RuleError, match="is one"):
            ours.Lookahead(other)
    fresh = ours.Adam([leaf(2)])
    with pytest.raises(DomainError, match="k = 0"):
        ours.Lookahead(fresh, k=0)
    assert len(fresh.param_groups) == 1
    ours.Lookahead(fresh)


def test_lookahead_has_the_options_of_each_group_of_its_inner_one():
    a, b = leaf(3), leaf(3)
    c, d = leaf(3), leaf(3)
    wrapped = ours.Lookahead(
        ours.Adam([{"params": [a]}, {"params": [b], "amsgrad": True}], lr=0.1), k=50
    )
    straight = ours.Adam([{"params": [c]}, {"params": [d], "amsgrad": True}], lr=0.1)
    for t in range(6):
        step(wrapped, [a, b], t)
        step(straight, [c, d], t)
    assert torch.equal(a, c)
    assert torch.equal(b, d)


@both
@pytest.mark.parametrize("name", ["SGD", "SGD momentum", "GradientDescent", "Adagrad"])
def test_sparse_gradients_are_torchs(name, kind):
    name, _, momentum = name.partition(" ")
    arguments = {"momentum": 0.9} if momentum else {}
    own = {"convention": "torch"} if name == "Adagrad" else {}
    tables = [torch.nn.Embedding(6, 3, sparse=True, dtype=torch.float64) for _ in range(2)]
    tables[1].load_state_dict(tables[0].state_dict())
    mine = getattr(ours, name)(
        tables[0].parameters(), lr=0.1, engine=kind, maximize=True, **arguments, **own
    )
    cls = torch.optim.SGD if name == "GradientDescent" else getattr(torch.optim, name)
    theirs = cls(tables[1].parameters(), lr=0.1, maximize=True, **arguments)
    for rows in ([1, 1, 4], [0], [4, 2], []):
        for table, optimizer in zip(tables, (mine, theirs), strict=True):
            optimizer.zero_grad()
            (table(torch.tensor(rows, dtype=torch.long)) ** 2).sum().backward()
            optimizer.step()
    torch.testing.assert_close(tables[0].weight, tables[1].weight, rtol=1e-12, atol=1e-12)
    mine.param_groups[0]["weight_decay"] = 0.1
    with pytest.raises(SparseGradient, match="weight_decay"):
        mine.step()


@pytest.mark.parametrize("name", ["Adagrad", "Yogi"])
def test_a_complex_accumulator_is_a_pair_of_reals(name):
    key = "initial_accumulator_value" if name == "Adagrad" else "initial_accumulator"
    values = leaf(4, 2).detach()
    p, q = (
        torch.nn.Parameter(torch.view_as_complex(values.clone())),
        torch.nn.Parameter(values.clone()),
    )
    one, other = (make(name, [x], lr=0.1, **{key: 0.5}) for x in (p, q))
    for t in range(3):
        q.grad = leaf(4, 2, seed=t).detach()
        p.grad = torch.view_as_complex(q.grad.clone())
        one.step()
        other.step()
    assert torch.equal(torch.view_as_real(p.detach()), q.detach())


def test_lars_takes_a_convention():
    assert ours.LARS([leaf(1)], convention="optax").param_groups[0]["scaling"] == "decayed_gradient"


@every
def test_a_tensor_learning_rate_is_followed_in_place(name):
    lr = torch.tensor(0.5, dtype=torch.float64)
    p, q = leaf(3), leaf(3)
    one, other = make(name, [p], lr=lr), make(name, [q], lr=0.5)
    step(one, [p])
    step(other, [q])
    assert one.param_groups[0]["lr"] is lr
    lr.fill_(0.125)
    other.param_groups[0]["lr"] = 0.125
    step(one, [p], 1)
    step(other, [q], 1)
    assert torch.equal(p, q)


@pytest.mark.parametrize("convention", ["pytorch-optimizer", "torch-optimizer"])
def test_adabounds_libraries_move_their_bounds_with_the_learning_rate(convention):
    library = pytest.importorskip(convention.replace("-", "_"))
    p, q = leaf(5), leaf(5)
    own = (
        {} if convention == "torch-optimizer" else {"weight_decouple": False, "fixed_decay": False}
    )
    theirs = library.AdaBound([p], lr=0.02, final_lr=0.3, gamma=0.1, **own)
    mine = ours.AdaBound([q], lr=0.02, final_lr=0.3, gamma=0.1, convention=convention)
    assert mine.param_groups[0]["base_lr"] == 0.02
    schedulers = [lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)) for o in (theirs, mine)]
    for t in range(12):
        step(theirs, [p], t)
        step(mine, [q], t)
        for scheduler in schedulers:
            scheduler.step()
    torch.testing.assert_close(p, q, rtol=1e-9, atol=1e-9)


def test_lookahead_that_begins_anew_and_one_that_never_moves():
    p, q = leaf(3), leaf(3)
    anew = ours.Lookahead(ours.Adam([p], lr=0.1), k=3, alpha=1.0, reset_state=True)
    for t in range(9):
        step(anew, [p], t)
        if t % 3 == 0:
            fresh = ours.Adam([q], lr=0.1)
        step(fresh, [q], t)
    torch.testing.assert_close(p, q, rtol=1e-13, atol=1e-13)
    still = leaf(3)
    before = still.detach().clone()
    optimizer = ours.Lookahead(ours.Adam([still], lr=0.1), k=2, alpha=0.0)
    for t in range(4):
        step(optimizer, [still], t)
    assert torch.equal(still, before)


@every
def test_lookahead_leaves_its_inner_optimizers_arguments_alone(name):
    """With k beyond the run it is the inner optimizer, whatever that one's arguments are called."""
    if name in ("Ranger", "RangerLARS"):
        pytest.skip("a lookahead itself")
    p, q = leaf(3), leaf(3)
    straight = make(name, [q], lr=0.01)
    wrapped = ours.Lookahead(make(name, [p], lr=0.01), k=1000)
    inner = straight.hyperparameters_of(straight.param_groups[0])
    group = wrapped.param_groups[0]
    assert wrapped.hyperparameters_of(group) == {
        **inner, "k": 1000, "alpha": 0.5, "reset_state": False
    }  # fmt: skip
    assert {"lookahead_k", "lookahead_alpha", "lookahead_reset_state"} <= set(group)
    assert {k: v for k, v in group.items() if k in straight.defaults} == straight.defaults
    for t in range(4):
        step(wrapped, [p], t)
        step(straight, [q], t)
    assert torch.equal(p, q)
    wrapped.load_state_dict(copy.deepcopy(wrapped.state_dict()))


def test_both_alphas_of_lookahead_around_rmsprop():
    wrapped = ours.Lookahead(ours.RMSprop([leaf(2)], alpha=0.7), alpha=0.25)
    found = wrapped.hyperparameters_of(wrapped.param_groups[0])
    assert (found["gamma"], found["alpha"]) == (0.7, 0.25)
    wrapped.add_param_group({"params": [leaf(1)], "alpha": 0.6, "lookahead_alpha": 1.0})
    found = wrapped.hyperparameters_of(wrapped.param_groups[1])
    assert (found["gamma"], found["alpha"]) == (0.6, 1.0)


def test_an_argument_is_one_hyperparameter():
    @rule
    def two(theta, g, *, lr: LearningRate = 0.1, rate: LearningRate = 0.2):
        return theta - (lr + rate) * g

    for name, inner in (("lr", "rate"), ("weight_decay", "rate"), ("maximize", "rate")):
        merged = type("Merged", (RuleOptimizer,), {"argument_names": {name: inner}})
        with pytest.raises(RuleError, match=f"{name}.*already"):
            merged([leaf(1)], two)


def test_what_is_inside_a_lookahead_is_reached_through_it():
    inner = ours.Adam([leaf(2)])
    outer = ours.Lookahead(inner, k=7)
    with pytest.raises(RuleError, match="add the group to the Lookahead"):
        inner.add_param_group({"params": [leaf(1)]})
    with pytest.raises(RuleError, match="load the state into the Lookahead"):
        inner.load_state_dict(outer.state_dict())
    with pytest.raises(RuleError, match="save the state of the Lookahead"):
        inner.state_dict()
    assert len(outer.param_groups) == 1
    outer.add_param_group({"params": [leaf(1)]})
    assert outer.param_groups[1]["lookahead_k"] == 7


CONVENTIONS = [
    (n, c) for n in NAMES if "convention" in getattr(ours, n).options
    for c in make(n, [leaf(1)]).rule_of(make(n, [leaf(1)]).param_groups[0]).conventions
]  # fmt: skip


@pytest.mark.parametrize(("name", "convention"), CONVENTIONS)
def test_a_convention_is_chosen_where_a_group_is_made(name, convention):
    """It stands for defaults that the group has by then, so changed later it would say what is not so."""
    for first, other in (("paper", convention), (convention, "paper")):
        p = leaf(2)
        optimizer = make(name, [p], convention=first)
        step(optimizer, [p])
        before = p.detach().clone()
        optimizer.param_groups[0]["convention"] = other
        with pytest.raises(DomainError, match=f"convention = {other}.*made under '{first}'"):
            step(optimizer, [p], 1)
        assert torch.equal(p, before)
        optimizer.param_groups[0]["convention"] = first
        step(optimizer, [p], 1)
        optimizer = copy.deepcopy(optimizer)
        step(optimizer, optimizer.param_groups[0]["params"], 2)
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        step(optimizer, optimizer.param_groups[0]["params"], 3)
        optimizer.param_groups[0]["convention"] = other
        for use in (optimizer.step, optimizer.state_dict):
            with pytest.raises(DomainError, match=f"convention = {other}"):
                use()
    wrapped = ours.Lookahead(make(name, [leaf(2)])) if "Ranger" not in name else None
    if wrapped is not None:
        wrapped.param_groups[0]["convention"] = convention
        with pytest.raises(DomainError, match="convention"):
            wrapped.step()


@pytest.mark.parametrize(("name", "convention"), CONVENTIONS)
def test_a_group_of_another_convention_has_its_defaults_but_for_what_was_given(name, convention):
    for first, other in (("paper", convention), (convention, "paper")):
        optimizer = make(name, [leaf(2)], convention=first, lr=0.0625)
        optimizer.add_param_group({"params": [leaf(1)], "convention": other})
        alone = make(name, [leaf(1)], convention=other, lr=0.0625)
        mine, its = ({k: v for k, v in g.items() if k != "params"}
                     for g in (optimizer.param_groups[1], alone.param_groups[0]))  # fmt: skip
        assert mine == its
