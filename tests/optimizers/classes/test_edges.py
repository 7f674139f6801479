"""Every rule at the edges of its domain: no 0/0, 0·∞ or ∞ − ∞ where the mathematics has a limit.

The registry is ``ALL_RULES``: each under every convention, with every value of every choice, and each
composition of them.
"""

import itertools
import math
import warnings
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import optax
import pytest
import pytorch_optimizer
import torch
from eigenstep.analysis.simulation import follow
from eigenstep.analysis.tracing import trace
from eigenstep.optimizers import (
    DomainError,
    RuleError,
    RuleOptimizer,
    engine,
    ops,
    rules,
    schedules,
)
from eigenstep.optimizers.compositions import (
    layerwise_gradient,
    lookahead,
    trust_ratio,
    with_decoupled_weight_decay,
    with_schedule,
    with_weight_decay,
)
from eigenstep.optimizers.domains import Choice
from eigenstep.optimizers.rule import rule as as_rule
from eigenstep.optimizers.rules.nadam import momentum, momentum_product
from hypothesis import given
from hypothesis import strategies as st

BOUNDED = ("adabound", "amsbound")
"""Whose paper clips the step from below: at η = 0 they step by the lower bound."""
KINDS = ["blocked"] + (["compiled"] if engine.can_compile("cpu") else [])


def variants_of(rule):
    """The rule under each convention with one choice at a time changed."""
    for convention in ("paper", *rule.conventions):
        under = rule.under(convention)
        yield f"{rule.name}-{convention}", under
        for name, h in under.hyperparameters.items():
            if isinstance(h.domain, Choice) and name not in under.fixed:
                for value in h.domain.values:
                    if value != h.default:
                        yield f"{rule.name}-{convention}-{name}={value}", under.fix(**{name: value})


def compositions():
    variants = [rules.rmsprop_variant(momentum=m, centered=c)
                for m, c in itertools.product((False, True), repeat=2)]  # fmt: skip
    for rule in variants[1:]:
        yield from variants_of(rule)
    for rule in (*rules.ALL_RULES.values(), *variants[1:]):
        if "k" not in rule.hyperparameters:
            yield f"lookahead-{rule.name}", lookahead(rule, 2)
            yield f"anew-{rule.name}", lookahead(rule, 2, 0.0).fix(reset_state=True)
        yield f"cosine-{rule.name}", with_schedule(rule, schedules.cosine(3))  # 0 from step 4 on
        if "weight_decay" not in rule.hyperparameters:
            yield f"decayed-{rule.name}", with_weight_decay(rule)
            yield f"shrunk-{rule.name}", with_decoupled_weight_decay(rule)
    bounded = [rules.adabound.fix(base_lr=0.5), rules.amsbound.fix(base_lr=0.5)]
    for rule in bounded:
        yield f"{rule.name}-base_lr", rule
    for rule in (rules.adam, rules.heavy_ball, rules.adamax, rules.yogi):
        yield f"trusted-{rule.name}", trust_ratio(rule, decay="update", name="r", source="")
        for norms in ("apart", "together"):
            layer = layerwise_gradient(rule, norms=norms)
            yield f"layer-{norms}-{rule.name}", layer


ALL = dict(v for r in rules.ALL_RULES.values() for v in variants_of(r)) | dict(compositions())
every = pytest.mark.parametrize("name", ALL)
PLAIN = [n for n in ALL if n.endswith("-paper") or n.startswith(("trusted", "layer", "anew-adam"))]
RECORDED = [(n, k) for k in KINDS for n in (ALL if k == "blocked" else PLAIN)]
"""Compiling takes half a second: not for every variant of a rule."""
EDGES = {
    "lr": (0.0, 0.1), "eps": (0.0, 1e-8), "beta1": (0.0, 0.9), "beta2": (0.0, 0.999),
    "weight_decay": (0.0, 0.1),
}  # fmt: skip
ZEROED = {"beta": "beta1", "gamma": "beta2", "rho": "beta2", "momentum": "beta1"}
"""Averaging factors that are 0 together with another's."""
GRADIENTS = {
    "zero": [0.0] * 6, "zero after": [1.0, -2.0, 0.0, 0.0, 0.0, 0.0],
    "zero before": [0.0, 0.0, 1.0, -1.0, 0.5, 0.0],
}  # fmt: skip
EXTREME = {
    "tiny": [1e-300, -1e-300, 1e-300, 0.0, 1.0, 0.0], "small": [1e-170, -3e-170, 1e-160, 0.0, 1e-5, 0.0],
    "huge": [1e300, -1e300, 1.0, 0.0, 1e300, 0.0], "large": [1e160, 1e150, -1e160, 0.0, 0.0, 1.0],
}  # fmt: skip
SINGLE = {
    "tiny": [1e-45, -1e-42, 1e-40, 0.0, 1.0, 0.0], "small": [1e-25, -3e-25, 1e-22, 0.0, 1e-5, 0.0],
    "huge": [1e26, -1e26, 1.0, 0.0, 1e26, 0.0], "large": [1e20, 1e18, -1e20, 0.0, 0.0, 1.0],
}  # fmt: skip


def edges_of(rule):
    """All combinations of the edges of a rule's hyperparameters."""
    free = {k: h for k, h in rule.hyperparameters.items() if k not in rule.fixed}
    names = [k for k in EDGES if k in free]
    extra = [k for k in ZEROED if k in free and 0.0 in free[k].domain]
    if extra and not {ZEROED[k] for k in extra} <= set(names):
        names += [k for k in ("beta1", "beta2") if k in map(ZEROED.get, extra) and k not in names]
    for values in itertools.product(*(EDGES[k] for k in names)):
        chosen = dict(zip(names, values, strict=True))
        settings = {k: v for k, v in chosen.items() if k in free}
        yield settings | {k: chosen[ZEROED[k]] * 0.9 for k in extra}


START = (0.0, 1.5, -1e-3)
NORMED = ("lars", "lamb", "trusted", "layer", "mars")


def extreme(dtype):
    return EXTREME if dtype in (np.float64, torch.float64) else SINGLE


def tensors(name, table):
    """Gradients, steps × coordinates: all of the table at once, or one at a time where a norm is taken."""
    columns = [np.repeat([[g] for g in gradients], 3, axis=1) for gradients in table.values()]
    return columns if any(n in name for n in NORMED) else [np.concatenate(columns, axis=1)]


def run(rule, gradients, settings, dtype):
    """θ and state after each step on the coordinates of START, over and over."""
    theta = np.resize(np.array(START, dtype), gradients.shape[1])
    steps = follow(rule, theta, lambda t, point: gradients[t - 1].astype(dtype), settings)
    with np.errstate(all="ignore"):
        return [(x, s) for _, x, s in itertools.islice(steps, len(gradients))]


@every
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_finite_at_every_edge(name, dtype):
    """Of squares beyond a float's range there is ∞ in a second moment, never NaN, and θ stays finite."""
    rule = ALL[name]
    ordinary = len(GRADIENTS)
    for settings in edges_of(rule):
        for number, gradients in enumerate(tensors(name, GRADIENTS | extreme(dtype))):
            for theta, state in run(rule, gradients, settings, dtype):
                assert np.isfinite(theta).all(), settings
                for s in state:
                    assert not np.isnan(s).any(), settings
                    if any(n in name for n in NORMED):
                        within = s if number < ordinary else ()
                    else:
                        within = s[: ordinary * len(START)] if np.ndim(s) else s
                    assert np.isfinite(within).all(), settings


@every
def test_a_zero_gradient_moves_nothing_but_by_decay(name):
    rule = ALL[name]
    if "initial_accumulator" in rule.hyperparameters:
        rule = rule.fix(initial_accumulator=0.0)  # Yogi's first average would move it
    if "lambd" in rule.hyperparameters:
        rule = rule.fix(lambd=0.0)  # ASGD's own weight decay
    for settings in edges_of(rule):
        for theta, _ in run(rule, np.zeros((6, 3)), settings, np.float64):
            assert theta[0] == 0.0, settings
            assert settings.get("weight_decay") or np.array_equal(theta, START), settings


@every
def test_a_zero_learning_rate_moves_nothing(name):
    rule = ALL[name]
    if any(b in name for b in BOUNDED) and "base_lr" not in name:
        rule = rule.fix(final_lr=0.0)  # the lower bound of the paper does not depend on η
    if "step_min" in rule.hyperparameters:
        rule = rule.fix(step_min=0.0)  # nor does the shortest length of Rprop
    for settings in edges_of(rule):
        if not settings["lr"]:
            for gradients in tensors(name, GRADIENTS | EXTREME):
                for theta, _ in run(rule, gradients, settings, np.float64):
                    assert np.array_equal(theta, np.resize(START, theta.shape)), settings


@every
def test_coefficients_at_any_step(name):
    rule = ALL[name]
    for settings in edges_of(rule):
        full = rule.with_defaults(settings)
        for t in (1, 2, 3, 10, 10**3, 10**6, 10**9):
            for key, value in rule.coefficients(t, full).items():
                assert isinstance(value, str) or math.isfinite(value), (key, t, settings)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("name", "kind"), RECORDED)
def test_the_recorded_program_at_the_edges(name, kind, dtype):
    """Engines compute what the rule does on arrays, at the edges too."""
    rule = ALL[name]
    some = list(edges_of(rule))
    width = np.float64 if dtype is torch.float64 else np.float32
    for settings in (some[0], some[len(some) // 3], some[-1]):
        for gradients in tensors(name, GRADIENTS | extreme(dtype)):
            p = torch.nn.Parameter(
                torch.from_numpy(np.resize(np.array(START, width), gradients.shape[1]))
            )
            decay = {} if "weight_decay" in rule.hyperparameters else {"weight_decay": 0.0}
            optimizer = RuleOptimizer([p], rule, engine=kind, **decay, **settings)
            for g in gradients:
                p.grad = torch.from_numpy(g).to(dtype)
                optimizer.step()
                assert torch.isfinite(p).all(), settings
                for state in rule.state:
                    assert not optimizer.state[p][state].isnan().any(), settings
            if not rule.gradient_at_names and dtype is torch.float64:
                expected = torch.from_numpy(run(rule, gradients, settings, width)[-1][0])
                torch.testing.assert_close(p.detach(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", [n for n, r in rules.ALL_RULES.items() if "eps" in r.hyperparameters]
)
def test_an_epsilon_that_is_zero_in_float32(name, kind):
    p = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    optimizer = RuleOptimizer([p], rules.ALL_RULES[name], engine=kind, eps=1e-60)
    for g in ([0.0, 0.0], [0.0, 1.0], [0.0, 0.0]):
        p.grad = torch.tensor(g)
        optimizer.step()
        assert torch.isfinite(p).all()


@pytest.mark.parametrize("name", BOUNDED)
def test_bounds_at_a_vanishing_second_moment(name):
    """η/√v is unbounded as v → 0 at any η > 0, and 0 for all v at η = 0."""
    rule = rules.ALL_RULES[name]
    zeros = [np.zeros(1)] * (len(rule.state) - 1)
    for lr, bound in ((0.0, "lower"), (0.1, "upper")):
        full = rule.with_defaults({"lr": lr, "beta2": 0.0})
        c = rule.coefficients(7, full)
        with np.errstate(all="ignore"):
            theta, *_ = rule(np.zeros(1), np.zeros(1), np.ones(1), *zeros, **c)
        assert theta[0] == -c[bound] * 0.9


def test_centered_rmsprop_on_a_constant_gradient():
    """s − m² rounds to below 0; the variance does not."""
    rule = rules.rmsprop_variant(momentum=False, centered=True)
    settings = {"eps": 0.0, "gamma": 0.9, "lr": 1e-3}
    steps = follow(rule, np.linspace(0.1, 3, 50), lambda t, x: np.linspace(0.1, 3, 50), settings)
    with np.errstate(all="ignore"):
        assert all(np.isfinite(x).all() for _, x, _ in itertools.islice(steps, 600))


@pytest.mark.parametrize("name", BOUNDED)
def test_bounds_follow_the_learning_rate_as_in_the_library(name):
    """pytorch_optimizer scales the bounds by lr/base_lr; a warm-up from 0 and a decay to 0."""
    factors = [1.0, 0.0, 0.5, 2.0, 0.1, 1e-3, 0.0, 0.25]
    theirs = torch.nn.Parameter(torch.linspace(-1, 1, 7, dtype=torch.float64))
    mine = theirs.detach().clone()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own
        library = pytorch_optimizer.AdaBound(
            [theirs], lr=0.02, final_lr=0.3, gamma=0.1, ams_bound=name == "amsbound"
        )
    scheduler = torch.optim.lr_scheduler.LambdaLR(library, lambda t: factors[min(t, 7)])
    rule = rules.ALL_RULES[name].under("pytorch-optimizer")
    full = rule.with_defaults({"final_lr": 0.3, "gamma": 0.1, "base_lr": 0.02})
    state = rule.initial_state(mine)
    generator = torch.Generator().manual_seed(0)
    for t, factor in enumerate(factors, 1):
        g = torch.randn(7, dtype=torch.float64, generator=generator)
        theirs.grad = g.clone()
        library.step()
        scheduler.step()
        mine, *state = rule(mine, g, *state, **rule.coefficients(t, {**full, "lr": 0.02 * factor}))
        torch.testing.assert_close(mine, theirs.detach(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("inner", ["heavy_ball", "adam"])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_lookahead_starts_anew_as_in_the_library(inner, alpha):
    """``optax.lookahead(reset_state=True)``: the inner state and its step number."""
    make = {"heavy_ball": lambda: optax.sgd(0.1, momentum=0.9), "adam": lambda: optax.adam(0.1)}
    library = optax.lookahead(make[inner](), 3, alpha, reset_state=True)
    start = np.linspace(-1, 2, 5)
    rule = lookahead(rules.ALL_RULES[inner], 3, alpha).fix(reset_state=True)
    with jax.enable_x64(True):
        params = optax.LookaheadParams.init_synced(jax.numpy.array(start))
        state = library.init(params)
        ours = follow(rule, start, lambda t, x: np.sin(3 * x) + x, {"lr": 0.1})
        for t, (_, theta, mine) in enumerate(itertools.islice(ours, 11), 1):
            x = params.fast
            updates, state = library.update(jax.numpy.sin(3 * x) + x, state, params)
            params = optax.apply_updates(params, updates)
            np.testing.assert_allclose(theta, params.fast, rtol=1e-10, atol=1e-13)
            np.testing.assert_allclose(mine[-1], params.slow, rtol=1e-10, atol=1e-13)
            if t % 3 == 0:
                assert not np.any(mine[:-1])


def test_a_state_that_does_not_begin_at_zero_begins_anew_there():
    rule = lookahead(rules.yogi, 2).fix(reset_state=True, initial_accumulator=0.25)
    steps = follow(rule, np.ones(2), lambda t, x: x, {})
    states = [s for _, _, s in itertools.islice(steps, 4)]
    for t, (m, v, _) in enumerate(states, 1):
        assert (np.array_equal(m, [0.25] * 2) and np.array_equal(v, m)) == (t % 2 == 0)


def test_lookahead_that_starts_anew_is_traced():
    inner = lookahead(rules.heavy_ball)
    kept, anew = (trace(inner, step=4, k=2, reset_state=r) for r in (False, True))
    assert kept.new_state[0] != 0
    assert anew.new_state[0] == 0
    assert anew.new_theta == kept.new_theta
    assert trace(inner, step=3, k=2, reset_state=True).new_state[0] == kept.new_state[0]


def test_rectification_needs_a_length_of_four():
    with pytest.raises(DomainError, match="threshold = 3 is outside its domain: 4 <= threshold"):
        rules.radam.fix(threshold=3)


def test_a_composition_is_not_made_twice():
    for twice in (lambda: with_weight_decay(rules.adamw), lambda: lookahead(rules.ranger),
                  lambda: with_decoupled_weight_decay(rules.adamw)):  # fmt: skip
        with pytest.raises(RuleError, match="already"):
            twice()


def test_what_a_composition_adds_takes_no_name_of_the_rules():
    """A coefficient or a state of the same name was silently another's."""

    @as_rule(coefficients=lambda t, *, lr=0.1: {"lr": lr, "alpha": 2.0, "shrink": 3.0})
    def own(theta, g, *, lr, alpha, shrink):
        return theta - lr * alpha * shrink * g

    @as_rule
    def slowed(theta, g, slow, *, lr=0.1):
        return theta - lr * g, slow + g

    for made, name in ((lookahead(own, 2), "alpha"), (with_decoupled_weight_decay(own), "shrink")):
        with pytest.raises(RuleError, match=f"rule own has a coefficient {name} already"):
            made.coefficients(1, made.with_defaults({}))
    with pytest.raises(RuleError, match="rule slowed has a state slow already"):
        lookahead(slowed, 2)


def test_a_schedule_that_leaves_the_domain_is_refused_at_its_step():
    falling = with_schedule(rules.adam, lambda t: 1.0 - t)
    full = falling.with_defaults({})
    falling.coefficients(2, full)
    with pytest.raises(DomainError, match=r"lr of the schedule = -0\.001"):
        falling.coefficients(3, full)
    with pytest.raises(DomainError, match=r"boundaries\[0\] = nan"):
        schedules.piecewise_constant([math.nan], [1, 2])


@pytest.mark.parametrize("decay", [0.0, 0.004, 0.0137, 0.02, 1.0, 1e6])
@pytest.mark.parametrize("beta1", [0.0, 0.9, 0.999999])
def test_products_of_scheduled_momenta(decay, beta1):
    expected = 1.0
    for t in range(1, 70_000):
        expected *= momentum(beta1, t, decay)
        if t in (1, 2, 100, 5000, 65536, 65537, 69_999):
            assert momentum_product(beta1, t, decay) == pytest.approx(
                expected, rel=1e-9, abs=1e-300
            )
    assert math.isfinite(momentum_product(beta1, 10**9, decay))


def test_products_of_scheduled_momenta_from_many_threads():
    """Runs of other lengths and settings beside one another change nothing."""
    wanted = [(b, t, d) for d in (0.004, 0.5, 1e-3) for b in (0.9, 0.99) for t in range(1, 200)]
    alone = [momentum_product(*w) for w in wanted]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(lambda w: momentum_product(*w), wanted)) == alone


finite = st.floats(min_value=-1e100, max_value=1e100)


@given(finite, st.floats(min_value=0, max_value=1e100))
def test_operations_are_the_plain_ones_off_the_edge(x, y):
    if y:
        assert x / ops.divisor(y) == x / y
        assert ops.quotient(x, y) == x / y
        assert ops.times(y, x) == y * x
    assert ops.toward(y, abs(x), 0.5) == y + 0.5 * ops.sign(abs(x) - y)
    assert ops.excess(max(abs(x), y), y) == max(abs(x), y) - y


def test_a_nan_is_never_hidden():
    nan = math.nan
    results = [1.0 / ops.divisor(nan), nan / ops.divisor(0.0), ops.quotient(nan, 0.0),
               ops.quotient(0.0, nan), ops.times(0.5, nan), ops.times(nan, 1.0), ops.excess(nan, 1.0),
               ops.excess(1.0, nan), ops.toward(nan, 1.0, 0.1), ops.toward(1.0, nan, nan)]  # fmt: skip
    assert all(map(math.isnan, results))
