"""Rules, states and numbers in hostile hands: one line that names them, and nothing written."""

import copy
from typing import Annotated

import numpy as np
import pytest
import torch
from eigenstep import optimizers as ours
from eigenstep.optimizers import DomainError, EigenstepError, RuleError, RuleOptimizer, rule
from eigenstep.optimizers.classes.checkpoints import StateError
from eigenstep.optimizers.domains import Choice, Integers, LearningRate


def leaf(*shape, dtype=torch.float64):
    return torch.nn.Parameter(torch.ones(shape, dtype=dtype))


def refused(kind, *said):
    """An error in one line that says all of it."""
    pattern = "".join(f"(?=.*{s})" for s in said)
    return pytest.raises(kind, match=rf"\A{pattern}.*\Z")


def step(optimizer, gradient=1.0):
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = torch.full_like(p, gradient)
    optimizer.step()


# Choices and integers


@pytest.mark.parametrize("engine", ["blocked", "auto"])
def test_integers_and_choices_are_what_they_are_within_the_rule(engine):
    """A rule may branch on them and count with them, as it may in the theory."""

    @rule
    def powers(
        theta, g, *, lr: LearningRate = 0.5, order: Annotated[int, Integers(1)] = 2,
        kind: Annotated[float, Choice((1, 2, 0.5))] = 1,
    ):  # fmt: skip
        total = theta * 0
        for _ in range(order):
            total = total + g
        if order == 3:
            total = total * 2
        return theta - lr * (total if kind == 1 else total * 10)

    for order, kind, moved in ((2, 1, 1.0), (3, 1, 3.0), (3, 0.5, 30.0), (2, 1, 1.0)):
        p, q = leaf(2), leaf(2)
        step(RuleOptimizer([p], powers, order=order, kind=kind, engine=engine))
        assert p[0].item() == 1.0 - moved
        decayed = RuleOptimizer([q], powers, order=order, kind=kind, weight_decay=1.0)
        step(ours.Lookahead(decayed, k=5, alpha=0.5), 0.0)
        assert q[0].item() == 1.0 - moved


# What a rule's coefficients are


def with_coefficients(found, *names):
    def coefficients(t, *, lr: LearningRate = 0.1):
        return found(t) if callable(found) else found

    @rule(coefficients=coefficients)
    def strange(theta, g, *, a):
        return theta - a * g

    return strange


@pytest.mark.parametrize("found", [
    None, [("a", 1.0)], 3, {"a": 1j}, {"a": 10**400}, {"a": None}, {"a": [1.0]}, {"a": float("nan")}, {},
    {"b": 1.0}, {"a": torch.ones(2)}, {"a": np.ones(2)}, {"a": object()},
])  # fmt: skip
def test_coefficients_that_are_none_are_refused_where_the_optimizer_is_made(found):
    with refused(RuleError, "rule strange", "step 1"):
        RuleOptimizer([leaf(2)], with_coefficients(found))


@pytest.mark.parametrize(
    "error", [ValueError, ZeroDivisionError, OverflowError, KeyError, TypeError]
)
def test_what_a_rule_raises_names_the_rule_and_the_step(error):
    def raising(t):
        if t > 1:
            raise error("because\nof that")
        return {"a": 0.5}

    p = leaf(2)
    optimizer = RuleOptimizer([p], with_coefficients(raising))
    step(optimizer)
    before = p.detach().clone()
    with refused(RuleError, "rule strange", "step 2", error.__name__, "because.*of that"):
        step(optimizer)
    assert torch.equal(p, before)

    @rule
    def breaking(theta, g, *, lr: LearningRate = 0.1):
        raise error("in the update")

    with refused(RuleError, "rule breaking", error.__name__, "in the update"):
        step(RuleOptimizer([leaf(2)], breaking))


def test_a_coefficient_that_becomes_nan_is_refused_at_its_step():
    p = leaf(2)
    optimizer = RuleOptimizer(
        [p], with_coefficients(lambda t: {"a": 0.5 if t < 3 else float("nan")})
    )
    step(optimizer)
    step(optimizer)
    with refused(RuleError, "rule strange", "a = nan", "step 3"):
        step(optimizer)
    assert p[0].item() == 0.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.complex64])
@pytest.mark.parametrize(("name", "arguments"), [
    ("Adam", {"lr": 1e39}), ("SGD", {"lr": 1e39}), ("SGD", {"lr": 0.1, "weight_decay": 1e39}),
    ("Adam", {"eps": 1e39}), ("AdamW", {"lr": 1e20, "weight_decay": 1e20}),
    ("Adagrad", {"initial_accumulator_value": 1e39}), ("Yogi", {"initial_accumulator": 1e39}),
])  # fmt: skip
def test_a_number_that_the_dtype_does_not_hold_is_refused(name, arguments, dtype):
    p, q = leaf(2, dtype=dtype), leaf(2, dtype=torch.float64)
    with refused(DomainError, r"e\+(39|40) ", "float32"):
        step(getattr(ours, name)([q, p], **arguments), 0.0)
    assert (p == 1).all()
    assert (q == 1).all()
    step(getattr(ours, name)([q], **arguments), 0.0)
    assert not q.isnan().any()


@pytest.mark.parametrize("first", [
    lambda theta: torch.zeros(3, dtype=theta.dtype), lambda theta: torch.zeros(1, dtype=theta.dtype),
    lambda theta: None, lambda theta: "x", lambda theta: [0.0], lambda theta: theta[0] / 0 + 1j,
    lambda theta: theta.nothing, lambda theta: 1 // 0,
])  # fmt: skip
def test_a_first_value_that_is_none(first):
    @rule(initial={"m": first})
    def begun(theta, g, m, *, lr: LearningRate = 0.1):
        return theta - lr * g, m

    p = leaf(2)
    with refused(RuleError, "rule begun", "first value of m"):
        step(RuleOptimizer([p], begun))
    assert (p == 1).all()


def test_a_first_value_that_is_a_number():
    @rule(initial={"m": lambda theta: 0.25})
    def begun(theta, g, m, *, lr: LearningRate = 0.1):
        return theta - m * g, m

    p = leaf(2)
    step(RuleOptimizer([p], begun))
    assert p[0].item() == 0.75


# States


def stepped(name="Adam", **arguments):
    p = leaf(2, 3)
    optimizer = getattr(ours, name)([p], **arguments)
    step(optimizer)
    return optimizer


META = torch.zeros((), device="meta")
ENTRIES = [
    ({"step": v}, "step") for v in (
        float("inf"), float("nan"), 10**400, 10**5000, META, "3", [1], 2.0**60, torch.tensor(-1.0), 1j,
    )
] + [
    ({"m": v}, "state m") for v in (
        torch.zeros(2, 3, device="meta", dtype=torch.float64),
        torch.zeros(2, 3, dtype=torch.float64).to_sparse(),
        torch.zeros(1, 3, dtype=torch.float64).expand(2, 3), 3, None, [0.0], "x",
        torch.zeros(2, 3, dtype=torch.int64), torch.zeros(3, 2, dtype=torch.float64),
    )
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(ENTRIES)))
def test_a_saved_entry_that_cannot_be_is_refused(case):
    values, said = ENTRIES[case]
    optimizer = stepped()
    state = copy.deepcopy(optimizer.state_dict())
    state["state"][0].update(values)
    before = copy.deepcopy(optimizer.state_dict())
    said = "no m" if values.get("m", 0) is None else said
    with refused(StateError, "parameter 0", said):
        optimizer.load_state_dict(state)
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    assert torch.equal(after["state"][0]["m"], before["state"][0]["m"])
    assert after["state"][0]["step"] == 1


@pytest.mark.parametrize(
    "entry", [[1, 2], torch.ones(2), torch.ones(()), "x", 3, {1: 2}, {"step": 1}]
)
def test_a_saved_entry_that_is_none_is_refused(entry):
    optimizer = stepped()
    state = optimizer.state_dict()
    with refused(StateError, "parameter 0"):
        optimizer.load_state_dict({**state, "state": {0: entry}})


@pytest.mark.parametrize("state", [
    "x", 3, None, [], torch.ones(2), {}, {"state": {}, "param_groups": "x"},
    {"state": 3, "param_groups": []}, {"state": {}, "param_groups": [3]},
    {"state": {}, "param_groups": [{"params": 3}]}, {"state": [1, 2], "param_groups": [{"params": [0]}]},
    {"state": {}, "param_groups": [{"params": [[0]]}]}, {"state": {}, "param_groups": [[0]]},
    {"state": {}, "param_groups": ["params"]}, {"state": {}, "param_groups": 3},
])  # fmt: skip
def test_what_is_no_state_is_refused(state):
    with refused(StateError, "not the state of an optimizer"):
        stepped().load_state_dict(state)


@pytest.mark.parametrize(
    "bad", [META, torch.ones(2), np.array([0.1, 0.2]), "x", None, [0.1, 0.2], {}]
)
@pytest.mark.parametrize(("theirs", "key"), [
    ("SGD", "lr"), ("SGD", "momentum"), ("SGD", "weight_decay"), ("SGD", "dampening"), ("SGD", "nesterov"),
    ("SGD", "maximize"), ("Adam", "lr"), ("Adam", "betas"), ("Adam", "eps"), ("Adam", "amsgrad"),
    ("AdamW", "decoupled_weight_decay"), ("RMSprop", "momentum"), ("RMSprop", "centered"),
    ("Adagrad", "lr_decay"), ("NAdam", "momentum_decay"),
])  # fmt: skip
def test_a_saved_group_that_cannot_be_is_refused(theirs, key, bad):
    if key == "betas" and isinstance(bad, list | np.ndarray):
        bad = [0.1, 1.0]  # two numbers are right elsewhere
    p, q = leaf(2), leaf(2)
    torchs = getattr(torch.optim, theirs)([p])
    step(torchs)
    own = {} if theirs == "SGD" else {"convention": "torch"}
    source = getattr(ours, theirs)([q], **own)
    step(source)
    for state in (torchs.state_dict(), source.state_dict()):
        state["param_groups"][0][key] = bad
        optimizer = getattr(ours, theirs)([leaf(2)], **own)
        with refused(EigenstepError, key):
            optimizer.load_state_dict(state)
        assert not optimizer.state


@pytest.mark.parametrize(
    "bad", [np.array([0.1, 0.2]), torch.ones(2), np.array([]), torch.ones(0), META, "x"]
)
@pytest.mark.parametrize(("name", "key"), [
    ("SGD", "momentum"), ("SGD", "dampening"), ("RMSprop", "momentum"), ("SGD", "nesterov"),
    ("Adam", "amsgrad"), ("AdamW", "amsgrad"), ("Adam", "weight_decay"), ("Adam", "eps"),
    ("RAdam", "convention"), ("Adam", "maximize"), ("AdaBound", "base_lr"), ("RMSprop", "centered"),
])  # fmt: skip
def test_a_group_that_cannot_be_is_refused(name, key, bad):
    optimizer = stepped(name)
    for use in (lambda: optimizer.add_param_group({"params": [leaf(1)], key: bad}),
                lambda: getattr(ours, name)([leaf(1)], **{key: bad})):  # fmt: skip
        with refused(EigenstepError, key):
            use()
    assert len(optimizer.param_groups) == 1
    optimizer.param_groups[0][key] = bad
    with refused(EigenstepError, key):
        step(optimizer)


@pytest.mark.parametrize("bad", [3, None, [0.0], "x", np.ones((2, 3))])
def test_a_state_that_was_overwritten_is_refused_at_the_step(bad):
    for name, key in (("Adam", "m"), ("Lookahead", "slow")):
        optimizer = stepped() if name == "Adam" else ours.Lookahead(ours.Adam([leaf(2, 3)]), k=2)
        step(optimizer)
        p = optimizer.param_groups[0]["params"][0]
        before = p.detach().clone()
        optimizer.state[p][key] = bad
        with refused(EigenstepError, "parameter 0 of group 0", f"state {key}", "not a tensor"):
            step(optimizer)
        assert torch.equal(p, before)


@pytest.mark.parametrize(
    "bad", ["x", None, [1], float("nan"), float("inf"), META, torch.ones(2), -1, 1.5]
)
def test_a_step_number_that_was_overwritten_is_refused_at_the_step(bad):
    for name, key in (("Adam", "step"), ("Nesterov", "previous_beta")):
        if key == "previous_beta" and (bad is None or (type(bad) in (int, float) and abs(bad) < 2)):
            continue  # numbers, as a momentum is
        optimizer = stepped(name)
        p = optimizer.param_groups[0]["params"][0]
        optimizer.state[p][key] = bad
        before = p.detach().clone()
        with refused(EigenstepError, key):
            step(optimizer)
        assert torch.equal(p, before)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_parameters_of_eight_bits_are_refused(dtype):
    tensor = torch.ones(2).to(dtype)
    with refused(EigenstepError, "float8"):
        ours.SGD([tensor])
    optimizer = stepped()
    with refused(EigenstepError, "float8"):
        optimizer.add_param_group({"params": [tensor]})
    assert len(optimizer.param_groups) == 1


def test_a_duplicates_name_goes_with_it():
    a, b = leaf(2), leaf(3)
    with pytest.warns(UserWarning, match="duplicate"):
        optimizer = ours.SGD([("x", a), ("y", b), ("x", a)])
    group = optimizer.param_groups[0]
    assert group["param_names"] == ["x", "y"]
    assert [id(p) for p in group["params"]] == [id(a), id(b)]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["x", "y"]


def test_an_entry_of_the_state_that_is_none():
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = ours.Adam([p])
    p.grad = torch.ones(2)
    optimizer.state[p] = [1]
    with pytest.raises(StateError, match=r"the state of a parameter is \[1\]"):
        optimizer.step()
