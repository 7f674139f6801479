"""Rules that no one here wrote: both engines compute what the function itself computes on arrays."""

import numpy as np
import pytest
import torch
from eigenstep.optimizers import RuleError, RuleOptimizer, ops, rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval, hyperparameter_of
from eigenstep.optimizers.engine import kernel as engine
from eigenstep.optimizers.rule import Rule
from hypothesis import given, settings
from hypothesis import strategies as st

KINDS = ["blocked"] + (["compiled"] if engine.can_compile("cpu") else [])


@rule
def two_step(theta, g, old, *, lr: LearningRate = 0.5, beta: UnitInterval = 0.9):
    return theta - lr * g + beta * (theta - old), theta


@rule
def shift(theta, g, a, b, *, lr: LearningRate = 0.5):
    return theta - lr * b, a + g, a


@rule
def swap(theta, g, a, b, *, lr: LearningRate = 0.5):
    return theta - lr * g, b + g, a


@rule
def turn(theta, g, a, b, *, lr: LearningRate = 0.5):
    return a, b, theta - lr * g


@rule
def where_zero(theta, g, *, lr: LearningRate = 0.5):
    return theta - ops.where(g == 0, 7.0, lr * g)


@rule
def nan_guard(theta, g, *, lr: LearningRate = 0.5):
    return theta - ops.where(g != g, 0.0, lr * g)


@rule
def scalar_condition(theta, g, a, *, lr: LearningRate = 0.5):
    return theta - lr * g, ops.where(lr <= 1, 0.5, a) * 2.0


@rule
def scalar_equality(theta, g, *, lr: LearningRate = 0.5):
    return theta - ops.where(lr == 0.5, 2.0, 3.0) * g


@rule
def scalar_theta(theta, g, a, *, lr: LearningRate = 0.5):
    return ops.where(lr <= 1, 0.5, theta) * 2.0, a + g


@rule
def masked(theta, g, *, lr: LearningRate = 0.5):
    return theta - lr * (g > 0) * g


@rule
def masked_sum(theta, g, *, lr: LearningRate = 0.5):
    return theta - lr * ((g > 0) + 0.5)


@rule
def truthy(theta, g, *, lr: LearningRate = 0.5):
    return theta - ops.where(g, lr, 3.0)


@rule
def count(theta, g, hits, *, lr: LearningRate = 0.5):
    return theta - lr * g, hits + (g > 0)


@rule
def flag(theta, g, up, *, lr: LearningRate = 0.5):
    return theta - lr * up * g, g > 0


RULES = [two_step, shift, swap, turn, where_zero, nan_guard, scalar_condition, scalar_equality,
         scalar_theta, masked, masked_sum, truthy, count, flag]  # fmt: skip
SIZES = (1, 5, 131_072, 131_073)


def gradients(shape, t, zeros=True):
    generator = torch.Generator().manual_seed(t)
    g = torch.randn(shape, dtype=torch.float64, generator=generator)
    if zeros:
        g[torch.rand(shape, generator=generator) < 0.3] = 0
    return g


def on_arrays(r, shape, steps, zeros=True):
    theta, state = np.ones(shape), r.initial_state(np.ones(shape))
    for t in range(1, steps + 1):
        theta, *state = (
            np.broadcast_to(x, shape).astype(float)
            for x in r(theta, gradients(shape, t, zeros).numpy(), *state,
                       **r.coefficients(t, r.with_defaults({})))
        )  # fmt: skip
    return [theta, *state]


def on_tensors(r, shape, steps, kind, dtype=torch.float64, zeros=True):
    p = torch.nn.Parameter(torch.ones(shape, dtype=dtype))
    optimizer = RuleOptimizer([p], r, engine=kind)
    for t in range(1, steps + 1):
        p.grad = gradients(shape, t, zeros).to(dtype)
        optimizer.step()
    return [p.detach(), *(optimizer.state[p][n] for n in r.state)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("r", RULES, ids=lambda r: r.name)
def test_an_engine_computes_what_the_function_does(r, kind):
    for size in SIZES:
        expected = on_arrays(r, (size,), 4)
        got = on_tensors(r, (size,), 4, kind)
        for a, b in zip(expected, got, strict=True):
            np.testing.assert_allclose(b.numpy(), a, rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(len(KINDS) == 1, reason="no C compiler")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("r", RULES, ids=lambda r: r.name)
def test_the_engines_agree_in_every_precision(r, dtype):
    one, other = (on_tensors(r, (37,), 4, kind, dtype) for kind in KINDS)
    for a, b in zip(one, other, strict=True):
        assert torch.equal(a, b)


OPERATIONS = {
    "add": lambda x, y, z: x + y, "sub": lambda x, y, z: x - y, "mul": lambda x, y, z: 0.5 * x * y,
    "max": lambda x, y, z: ops.maximum(x, y), "min": lambda x, y, z: ops.minimum(x, y),
    "where": lambda x, y, z: ops.where(x > y, z, 0.25), "eq": lambda x, y, z: ops.where(x == y, z, y),
    "abs": lambda x, y, z: ops.absolute(x), "neg": lambda x, y, z: -x,
    "sign": lambda x, y, z: ops.sign(x) * 0.5,
}  # fmt: skip


@st.composite
def rules_of_any_kind(draw):
    """A rule of random operations on its variables; what it returns may be any of what it computed."""
    count = draw(st.integers(0, 3))
    steps = draw(st.lists(
        st.tuples(st.sampled_from(sorted(OPERATIONS)), *[st.integers(0, 30)] * 3), min_size=1, max_size=8,
    ))  # fmt: skip
    results = draw(st.lists(st.integers(0, 40), min_size=count + 1, max_size=count + 1))

    def update(theta, g, *state, lr):
        values = [theta, g, *state, lr]

        def at(i):
            return values[i % len(values)]

        for op, i, j, k in steps:
            x, y, z = at(i), at(j), at(k)
            values.append(OPERATIONS[op](x, y, z))
        return tuple(at(i) for i in results)

    names = tuple(f"s{i}" for i in range(count))
    return Rule(update, name="any", state=names,
                hyperparameters={"lr": hyperparameter_of("lr", LearningRate, 0.5)})  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(r=rules_of_any_kind())
def test_blocks_compute_what_any_function_does(r):
    """A wider search than C allows in the time: it compiles nothing."""
    expected = on_arrays(r, (7,), 3, zeros=False)
    got = on_tensors(r, (7,), 3, "blocked", zeros=False)
    for a, b in zip(expected, got, strict=True):
        np.testing.assert_allclose(b.numpy(), a, rtol=1e-10, atol=1e-10)


@pytest.mark.skipif(len(KINDS) == 1, reason="no C compiler")
@settings(max_examples=8, deadline=None)
@given(r=rules_of_any_kind())
def test_native_code_computes_what_blocks_do(r):
    one, other = (on_tensors(r, (7,), 3, kind) for kind in KINDS)
    for a, b in zip(one, other, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_rule_that_changes_its_state_in_place(dtype):
    @rule
    def in_place(theta, g, v, *, lr: LearningRate = 0.5):
        v.mul_(0.5).add_(g)
        return theta - lr * v, v

    with pytest.warns(UserWarning, match="runs slowly"):
        _, v = on_tensors(in_place, (3,), 1, "blocked", dtype, zeros=False)
    assert torch.equal(v, gradients((3,), 1, False).to(dtype))


def test_an_unrecorded_rule_may_keep_a_gradient_that_is_its_parameter():
    @rule
    def keeps(theta, g, last, *, lr: LearningRate = 0.5):
        return theta - lr * torch.tanh(g), g

    p = torch.nn.Parameter(torch.ones(3))
    p.grad = p.data
    optimizer = RuleOptimizer([p], keeps, lr=0.1)
    with pytest.warns(UserWarning, match="runs slowly"):
        optimizer.step()
    assert optimizer.state[p]["last"].tolist() == [1.0] * 3


@rule
def returns_none(theta, g, a, *, lr: LearningRate = 0.5):
    return None, a + g


@rule
def fails(theta, g, *, lr: LearningRate = 0.5):
    raise ValueError("not\ntoday")


@rule
def divides(theta, g, *, lr: LearningRate = 0.5):
    return theta - g / 0 * (1 / 0.0)


BAD = [(returns_none, "returns_none returned None for theta"), (fails, "fails failed: ValueError: not today"),
       (divides, "rule divides failed: ZeroDivisionError")]  # fmt: skip


@pytest.mark.parametrize("case", range(len(BAD)))
def test_a_rule_that_fails_is_named(case):
    r, message = BAD[case]
    p = torch.nn.Parameter(torch.ones(2))
    p.grad = torch.ones(2)
    with pytest.raises(RuleError, match=message) as caught:
        RuleOptimizer([p], r).step()
    assert "\n" not in str(caught.value)
    assert p.tolist() == [1.0, 1.0]
