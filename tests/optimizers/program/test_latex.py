"""The printed update is the code: read back and carried out, it gives what the traced expressions give."""

import random
import sys
from pathlib import Path
from typing import Annotated

import mpmath as mp
import pytest
import sympy as sp
from eigenstep.analysis.tracing import STEP, symbol_of, trace
from eigenstep.optimizers import ops, rule
from eigenstep.optimizers.compositions import (
    at_gradient_point,
    layerwise_gradient,
    lookahead,
    trust_ratio,
    with_decoupled_weight_decay,
    with_schedule,
    with_weight_decay,
)
from eigenstep.optimizers.domains import Integers, LearningRate, NonNegative, UnitInterval
from eigenstep.optimizers.program.equations import update
from eigenstep.optimizers.program.latex import LATEX, latex
from eigenstep.optimizers.program.names import is_symbol
from eigenstep.optimizers.program.text import text
from eigenstep.optimizers.program.writing import Writer
from eigenstep.optimizers.rules import (
    ALL_RULES,
    adam,
    heavy_ball,
    nesterov,
    radam,
    rmsprop_variant,
    yogi,
)
from eigenstep.optimizers.schedules import exponential

sys.path.insert(0, str(Path(__file__).parent))
from latex_reader import carry_out

POINTS = 10


@rule
def reused(theta, g, m, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    """Reads the old state after the new one is there."""
    new = beta * m + g
    return theta - lr * (new - beta * m / 3), new


@rule
def swapped(theta, g, a, b, *, lr: LearningRate = 0.1):
    """Each state takes the other's old value: no order of lines does that without a copy."""
    return theta - lr * (a + 2 * b), b + g, a - g / 3


@rule
def step_as_ours(
    theta, g, m, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9, t: NonNegative = 1.0
):
    """A hyperparameter that is called as the step is."""
    return theta - lr * m / (1 - beta**t), beta * m + g


def lion_coefficients(
    t, *, lr: LearningRate = 0.1, beta1: UnitInterval = 0.9, beta2: UnitInterval = 0.99
):
    return {"lr": lr, "beta1": beta1, "beta2": beta2}


@rule(coefficients=lion_coefficients)
def lion(theta, g, m, *, lr, beta1, beta2):
    c = beta1 * m + (1 - beta1) * g
    return theta - lr * ops.sign(c), beta2 * m + (1 - beta2) * g


@rule
def cautious(theta, g, m, *, lr: LearningRate = 0.1, smoothing_factor: UnitInterval = 0.9):
    """An elementwise condition, a word for a hyperparameter, a power, clipping."""
    m = smoothing_factor * m + (1 - smoothing_factor) * g
    u = ops.where(m * g > 0, m, m / 4)
    return theta - lr * ops.clip(u, -1, 1) ** 3, m


def warm(t, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    bias = 1 - beta**t
    return {"step": ops.where(t < 3, lr / 10, lr) / bias, "beta": beta, "weight": 1 - beta}


@rule(coefficients=warm)
def warmed(theta, g, m, *, step, beta, weight):
    m = beta * m + weight * g
    return theta - step * m, m


@rule
def named_as_ours(
    theta, g, eta, *, lr: LearningRate = 0.1, epsilon: NonNegative = 0.1, eps: NonNegative = 0.2
):
    """A state called as η is written, and two names for ε."""
    eta = eta / 2 + g
    return theta - lr * eta / (ops.absolute(eta) + eps) + epsilon * g, eta


@rule
def squared_thirty_times(theta, g, *, lr: LearningRate = 0.1):
    """Written out it would be longer than any page."""
    x = g / 7
    for _ in range(12):
        x = x * x / 2 + x / 3
    return theta - lr * x


def from_the_first(t, *, lr: LearningRate = 0.1, k: Annotated[int, Integers(1)] = 5):
    return {"lr": lr, "now": (t - 1) % k == 0}


@rule(coefficients=from_the_first)
def offset(theta, g, a, *, lr, now):
    """Every k steps, but not where t is a multiple."""
    return theta - lr * g, ops.where(now, a + g, a)


@rule
def knot(theta, g, a, b, *, lr: LearningRate = 0.1):
    """Each state's case is chosen by the other's old value."""
    new_a = ops.where(ops.norm(b) > 1, a + g, a - g)
    return theta - lr * g, new_a, ops.where(ops.norm(a) > 1, b + g, b - g)


def tiny(t, *, lr: LearningRate = 0.1):
    return {"lr": lr * (1 - 2.5e-8**t)}


@rule(coefficients=tiny)
def small(theta, g, *, lr):
    """A power of what is itself written as a power of ten."""
    return theta - lr * g


@rule
def alike(theta, g, *, lr: LearningRate = 0.1, beta1: UnitInterval = 0.9):
    """β₁, and another thing that would be written so."""
    beta_1 = beta1 * g + g
    return theta - lr * beta_1 * beta1


@rule
def olds(theta, g, a, b, *, lr: LearningRate = 0.1):
    """The code has a_old itself, and an old value needs a name."""
    a_old = a + 3 * b
    return theta - lr * a_old, b + a_old, a - g


OWN = (
    offset,
    knot,
    small,
    alike,
    olds,
    reused,
    swapped,
    lion,
    cautious,
    warmed,
    squared_thirty_times,
)
CONVENTIONS = [r.under(c) for r in ALL_RULES.values() for c in r.conventions
               if not (r.name == "nadam" and c == "torch")]  # fmt: skip
COMPOSED = [
    with_weight_decay(heavy_ball), with_weight_decay(nesterov), with_weight_decay(adam),
    with_decoupled_weight_decay(heavy_ball), at_gradient_point(nesterov),
    with_weight_decay(at_gradient_point(nesterov)), heavy_ball.tie(dampening="beta"),
    heavy_ball.fix(undamped_start=True, dampening=0.5), heavy_ball.fix(form="displacement"),
    nesterov.fix(form="torch"), trust_ratio(adam, decay="gradient", name="a", source=""),
    layerwise_gradient(heavy_ball, norms="apart"), layerwise_gradient(heavy_ball, norms="together"),
    lookahead(adam), lookahead(heavy_ball, k=3), lookahead(nesterov), lookahead(adam).fix(reset_state=True),
    lookahead(yogi), lookahead(radam, k=2), adam.fix(eps_place="inside"),
    adam.fix(eps_place="uncorrected"), radam.fix(untractable="skip"), radam.fix(threshold=5.0),
    *(rmsprop_variant(momentum=m, centered=c) for m, c in ((True, False), (False, True), (True, True))),
]  # fmt: skip
EVERY = [*ALL_RULES.values(), *CONVENTIONS, *COMPOSED, *OWN]


@pytest.mark.parametrize("subject", EVERY, ids=lambda r: r.name)
def test_the_lines_are_the_traced_expressions(subject):
    found = update(subject)
    lines = latex(subject)
    writer = Writer(found, LATEX)
    rule_ = found.rule
    free = {
        k: h for k, h in rule_.hyperparameters.items() if k in found.written and not h.is_choice
    }
    fixed = {
        k: h.default
        for k, h in rule_.hyperparameters.items()
        if k not in free and k not in rule_.fixed
    }
    traced = trace(rule_, step=STEP, **fixed, **{k: symbol_of(h) for k, h in free.items()})
    variables = [*zip(rule_.state, traced.state, strict=True), (rule_.parameter, traced.theta)]
    symbols = {rule_.gradient: traced.gradient, **dict(variables)}
    symbols |= {k: traced.hyperparameters[k] for k in free}
    expressions = map(_exact, (*traced.new_state, traced.new_theta, traced.gradient_point))
    compute = [sp.lambdify([STEP, *symbols.values()], e, "mpmath") for e in expressions]
    random_ = random.Random(subject.name)
    with mp.workdps(60):
        for point in range(POINTS):
            t = random_.choice([1, 2, 3, 4, 5, 6, 12, 30])
            drawn = {k: _drawn(random_, point) for k in (rule_.gradient, *dict(variables))}
            drawn |= {k: mp.mpf(h.default if k == "k" else random_.randint(1, 97)) / (1 if k == "k" else 99)
                      for k, h in free.items()}  # fmt: skip
            if point == 3:
                drawn[rule_.parameter] = mp.mpf(0)
            after = carry_out(
                lines, {"t": mp.mpf(t), **{writer.name(k): v for k, v in drawn.items()}}
            )
            *new, asked = (f(mp.mpf(t), *drawn.values()) for f in compute)
            for (name, _), expected in zip(variables, new, strict=True):
                assert mp.almosteq(after[writer.name(name)], expected, 1e-40, 1e-40), (
                    name,
                    drawn,
                    lines,
                )
            if traced.gradient_point != traced.theta:
                assert mp.almosteq(after[r"\nabla f"], asked, 1e-40)


def _drawn(random_, point):
    """A positive number, as an accumulator needs it, mostly not near another."""
    return mp.mpf(random_.randint(1, 500)) / 100 / (1 if point % 3 else 1000)


def _exact(expression):
    """A traced expression with its floats, such as 1.0, as the numbers that they are."""
    floats = {f: sp.Rational(str(f)) for f in expression.atoms(sp.Float)}
    return expression.xreplace(floats).replace(sp.Function("norm", nonnegative=True), sp.Abs)


def test_a_line_that_says_something_else_is_seen():
    lines = latex(adam)
    changed = [*lines[:-1], lines[-1].replace(r"\sqrt{\hat v}", r"\hat v")]
    values = {
        s: mp.mpf(1) / 3
        for s in ("m", "v", r"\theta", "g", r"\eta", r"\beta_1", r"\beta_2", r"\epsilon")
    }
    values["t"] = mp.mpf(3)
    assert changed != lines
    assert carry_out(changed, values)[r"\theta"] != carry_out(lines, values)[r"\theta"]


def test_as_a_paper_prints_it():
    assert (
        latex(adam)[-1]
        == r"\theta &\leftarrow \theta - \frac{\eta \hat m}{\sqrt{\hat v} + \epsilon}"
    )
    assert latex(radam)[0] == r"\rho_\infty &= \frac{2}{1 - \beta_2} - 1"
    assert text(adam)[-1] == "θ ← θ − η·m̂/(√v̂ + ε)"
    assert latex(heavy_ball) == [
        r"v &\leftarrow \beta v + g",
        r"\theta &\leftarrow \theta - \eta v",
    ]
    assert text(ALL_RULES["ranger"])[-2:] == [
        "θ ← θ + α·(φ − θ)   every k steps",
        "φ ← θ   every k steps",
    ]


def test_a_coefficient_that_cannot_be_recorded_stands_for_itself():
    """A schedule is any function of the step."""
    found = update(with_schedule(adam, exponential(0.1)))
    assert "step" in found.opaque
    assert r"\mathrm{step} m" in latex(found.rule)[-1]


@pytest.mark.parametrize("subject", [step_as_ours, named_as_ours])
def test_names_that_mean_something_else(subject):
    """What is called as the step, η or ε are written is written as a word, not taken for that."""
    writer = Writer(update(subject), LATEX)
    numbers = {
        k: (3 + i) / 7 for i, k in enumerate((subject.parameter, subject.gradient, *subject.state))
    }
    more = {k: (2 + i) / 11 for i, k in enumerate(subject.hyperparameters)}
    named = {writer.name(k): mp.mpf(v) for k, v in {**numbers, **more}.items()}
    assert len(named) == len(numbers) + len(more)
    after = carry_out(latex(subject), {"t": mp.mpf(5), **named})
    expected = subject(*numbers.values(), **more)
    for name, value in zip((subject.parameter, *subject.state), expected, strict=True):
        assert float(after[writer.name(name)]) == pytest.approx(value, rel=1e-14)


def by_table(t, *, lr: LearningRate = 0.1):
    return {"step": {1: lr}.get(t, lr / 2)}


def test_a_coefficient_from_a_table_is_not_taken_for_its_default():
    @rule(coefficients=by_table)
    def looked_up(theta, g, *, step):
        return theta - step * g

    assert update(looked_up).opaque == ("step",)


def test_a_truth_value_that_is_computed_with():
    @rule
    def only_up(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * g * (g > 0)

    (line,) = latex(only_up)
    values = {r"\theta": mp.mpf(1), r"\eta": mp.mpf(1) / 2}
    assert [carry_out([line], {**values, "g": mp.mpf(g)})[r"\theta"] for g in (-2, 2)] == [1, 0]


def test_what_would_be_read_as_something_else():
    assert text(small) == ["θ ← θ − η·(1 − (2.5·10⁻⁸)ᵗ)·g"]
    assert text(offset)[-1] == "a ← a + g   if ((t − 1) mod k) = 0"
    assert sum(line.startswith("β₁ =") for line in text(alike)) == 0


def test_own_names():
    assert [line.split(" &")[0] for line in latex(lion)] == ["c", r"\theta", "m"]
    assert latex(swapped)[0] == r"a_\mathrm{old} &= a" or "old" in latex(swapped)[0]
    assert any(r"\mathrm{smoothing\_factor}" in line for line in latex(cautious))
    assert max(map(len, latex(squared_thirty_times))) < 3000


@pytest.mark.parametrize(
    "name", ["m", "beta1", "rho_t", "m_hat", "theta", "rho_inf", "eta_star", "v2"]
)
def test_what_is_a_letter(name):
    assert is_symbol(name)


@pytest.mark.parametrize(
    "name", ["step", "weight", "minus_u", "old", "", "m_", "lambda_max", "_m", "bias1"]
)
def test_what_is_a_word(name):
    assert not is_symbol(name)


def test_every_rule_here_is_tried():
    assert {r.name for r in EVERY} >= set(ALL_RULES)


def written_at_random(seed):
    """A rule of random statements, which read and reassign its variables and names in any order."""
    draw = random.Random(seed)
    names = ["theta", "g", "a", "b"]
    lines = []
    for _ in range(draw.randint(2, 9)):
        x, y, z = (draw.choice([*names, "lr", "beta"]) for _ in range(3))
        form = draw.choice([
            "{x} + {y}", "{x} - {y}", "{x} - ({y} - {z})", "-{x} * {y}", "{x} * ({y} + {z})", "{x} * {y} / 4",
            "{x} / (2 + abs({y}))", "({x} + {y}) / (3 + abs({z} * {y}))", "ops.maximum({x}, {y} - {z})",
            "ops.sqrt(abs({x}) + 1) - {y}", "{x} * {x} * {y}", "1 - {x} / 2 / (1 + abs({y}) / 3)",
            "ops.where({x} > {y}, {z}, {x} * 2)", "ops.where(lr < beta, {x}, {y} * 2)", "ops.sign({x}) * {y}",
            "ops.where(lr < 2 * beta, {x} + {y}, 1) * {z}", "2 ** 0.5 * {x} ** 2 - {y}",
            "ops.clip({x}, -1, {y})",
        ])  # fmt: skip
        name = draw.choice(["u", "c", "m_hat", "direction", "w2", "g", "a", "b", "theta", "lr_now"])
        lines.append(f"    {name} = {form.format(x=x, y=y, z=z)}")
        names = list(dict.fromkeys([*names, name]))
    first, *state = (draw.choice(names) for _ in range(3))
    source = "\n".join(["def drawn(theta, g, a, b, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):",
                        *lines, f"    return theta - lr * {first}, {', '.join(state)}"])  # fmt: skip
    space = {"ops": ops, "LearningRate": LearningRate, "UnitInterval": UnitInterval}
    exec(source, space)
    return rule(space["drawn"]), source


@pytest.mark.parametrize("seed", range(120))
def test_rules_of_random_statements(seed):
    subject, source = written_at_random(seed)
    found = update(subject)
    writer = Writer(found, LATEX)
    lines = latex(subject)
    draw = random.Random(seed)
    for _ in range(4):
        values = [draw.choice([-1, 1]) * draw.randint(1, 40) / 16 for _ in range(4)]
        more = {"lr": draw.randint(1, 15) / 16, "beta": draw.randint(0, 15) / 16}
        expected = subject(*values, **more)
        names = ("theta", "g", "a", "b")
        now = {
            writer.name(k): mp.mpf(v) for k, v in (*zip(names, values, strict=True), *more.items())
        }
        after = carry_out(lines, {"t": mp.mpf(3), **now})
        for name, value in zip(("theta", "a", "b"), expected, strict=True):
            assert float(after[writer.name(name)]) == pytest.approx(value, rel=1e-9, abs=1e-9), (
                source,
                lines,
            )
