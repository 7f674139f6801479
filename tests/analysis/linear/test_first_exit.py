"""The limit and its conditions, of rules as a stranger writes them, against exact intervals."""

import math
import random

import pytest
import sympy as sp
from eigenstep.analysis import derive
from eigenstep.analysis.linear.derivation import NoClosedLimit
from eigenstep.optimizers import EigenstepError, RuleError, rule
from eigenstep.optimizers.domains import LearningRate, NonNegative, UnitInterval


@rule
def plain_step(x, grad, *, alpha=0.1):
    return x - alpha * grad


@rule
def plain_ball(w, d, buf, *, lr=0.1, momentum=0.9):
    buf = momentum * buf + d
    return w - lr * buf, buf


@rule
def decoupled(theta, g, *, lr=0.1, wd=0.01):
    return theta * (1 - lr * wd) - lr * g


@rule
def annotated_decoupled(theta, g, *, lr: LearningRate = 0.1, wd: NonNegative = 0.01):
    return theta * (1 - lr * wd) - lr * g


@rule(gradient_at=lambda y, z, *, gamma: (1 + gamma) * y - gamma * z)
def triple_momentum(x, g, previous, *, lr=0.1, beta=0.5, gamma=0.2):
    return (1 + beta) * x - beta * previous - lr * g, x


@rule(gradient_at=lambda x, v, *, a: a * x + (1 - a) * v)
def accelerated(x, g, v, *, a=0.9, b=0.1, short=0.1, long=0.5):
    y = a * x + (1 - a) * v
    return y - short * g, b * y + (1 - b) * v - long * g


@rule
def averaged(theta, g, m, ema, *, lr=0.1, beta=0.9, decay=0.99):
    m = beta * m + (1 - beta) * g
    theta = theta - lr * m
    return theta, m, decay * ema + (1 - decay) * theta


@rule
def pid(theta, g, v, d, before, *, lr=0.1, beta=0.9, kd=1.0):
    v = beta * v - lr * g
    d = beta * d - lr * (g - before)
    return theta + v + kd * d, v, d, g


@rule
def aggregated(theta, g, u, v, w, *, lr: LearningRate = 0.1, b1: UnitInterval = 0.0,
               b2: UnitInterval = 0.9, b3: UnitInterval = 0.99):  # fmt: skip
    u, v, w = b1 * u + g, b2 * v + g, b3 * w + g
    return theta - lr * (u + v + w) / 3, u, v, w


@rule
def two_averages(theta, g, m, slow, *, lr: LearningRate = 0.1, beta1: UnitInterval = 0.9,
                 beta3: UnitInterval = 0.999, mix: NonNegative = 5.0):  # fmt: skip
    m, slow = beta1 * m + (1 - beta1) * g, beta3 * slow + (1 - beta3) * g
    return theta - lr * (m + mix * slow), m, slow


@rule
def three(
    x, g, before, g1, g2, g3, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.5, p=0.3, q=-0.6
):
    return (1 + beta) * x - beta * before - lr * (g + p * g1 + q * g3), x, g, g1, g2


STRANGERS = [plain_step, plain_ball, decoupled, annotated_decoupled, triple_momentum, accelerated, averaged,
             pid, aggregated, two_averages]  # fmt: skip


def _values(theory, chosen):
    values = {}
    for name in theory.free:
        domain = theory.rule.hyperparameters[name].domain
        lower, upper = max(domain.lower, -1.5), min(domain.upper, 2.5)
        values[name] = sp.Rational(round(1000 * chosen.uniform(lower, upper)), 1000)
    return values


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda r: r.name)
def test_the_limit_is_the_end_wherever_its_conditions_hold_and_nothing_begins_at_0_elsewhere(
    stranger,
):
    theory = derive(stranger)
    chosen, held, failed = random.Random(3), 0, 0
    for _ in range(60):
        values = _values(theory, chosen)
        point = {s: values[k] for k, s in theory.free.items()}
        if "lr" in values and values["lr"] <= 0:
            continue  # the conditions are those of a positive learning rate
        try:
            lower, upper = theory.stable_interval(**values)
        except RuleError:
            lower, upper = math.nan, math.nan
        except EigenstepError:
            continue  # outside a domain
        if all(c.subs(point) == sp.true for c in theory.limit_conditions):
            held += 1
            assert lower == 0
            try:
                limit = theory.limit.subs(point)
            except NoClosedLimit:
                continue
            assert float(limit) == pytest.approx(upper, rel=1e-9), values
        else:
            failed += 1
            assert lower != 0, values
        if held >= 6 and failed >= 6:
            break
    assert held >= 3


@pytest.mark.parametrize(("stranger", "limit", "conditions"), [
    (plain_step, "2/alpha", ["alpha > 0"]),
    (plain_ball, "2*momentum + 2", ["momentum > -1", "momentum < 1"]),
    (decoupled, "(-eta*wd + 2)/eta", ["eta > 0", "wd >= 0", "-eta*wd + 2 > 0"]),
    (two_averages, "(2*beta1*beta3 + 2*beta1 + 2*beta3 + 2)/(-beta1*beta3*mix - beta1*beta3 + beta1*mix - "
     "beta1 - beta3*mix + beta3 + mix + 1)", []),
], ids=lambda v: getattr(v, "name", None))  # fmt: skip
def test_limits_known_by_hand(stranger, limit, conditions):
    theory = derive(stranger)
    assert sp.cancel(theory.limit - sp.sympify(limit, locals=theory.trace.free | {
        "eta": sp.Symbol("eta", positive=True)})) == 0  # fmt: skip
    assert [str(c) for c in theory.limit_conditions if "0 > 0" not in str(c)] == conditions


def test_aggregated_momentum_is_bounded_by_minus_one_alone():
    theory = derive(aggregated)
    b1, b2, b3 = (theory.free[k] for k in ("b1", "b2", "b3"))
    expected = 6 / sum(1 / (1 + b) for b in (b1, b2, b3))
    assert sp.cancel(theory.limit - expected) == 0
    assert len(theory.stability.inequalities) == 2
    assert theory.stability.minimal


def test_a_true_refusal_shows_the_eigenvalue():
    @rule
    def ascent(theta, g, m, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        m = beta * m + g
        return theta + lr * m, m

    with pytest.raises(RuleError, match=r"eigenvalue lies outside .* \(1\.0.* eta_lambda = 0\.001"):
        derive(ascent).limit


def test_a_limit_without_closed_form_says_what_it_is_a_root_of_and_its_number():
    theory = derive(three)
    with pytest.raises(NoClosedLimit, match="first positive root") as refused:
        theory.limit
    defaults = {k: theory.rule.hyperparameters[k].default for k in theory.free}
    assert f"< eta_lambda < {theory.stable_interval(**defaults)[1]:g}" in str(refused.value)
