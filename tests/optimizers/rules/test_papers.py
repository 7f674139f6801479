"""Rules against their papers' algorithms, written here again in plain NumPy, as the papers number things."""

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from eigenstep.analysis.simulation import follow
from eigenstep.optimizers import rules
from eigenstep.optimizers.rules.triple_momentum import tuned as rules_tuned

STEPS = 20
START = np.array([1.5, -0.7, 0.0, 3.0])
NOISE = np.random.default_rng(5).standard_normal((STEPS, 4))


def gradient(t, x):
    """Of step t, counted from 1: a bowl with ripples, and noise that the step alone decides."""
    return 2 * x + np.sin(5 * x) + 0.5 * NOISE[t - 1]


def qhm(x, *, lr, beta, nu):
    average = np.zeros_like(x)
    for t in itertools.count(1):
        g = gradient(t, x)
        average = beta * average + (1 - beta) * g
        x = x - lr * ((1 - nu) * g + nu * average)
        yield x


def aggmo(x, *, lr, **betas):
    velocities = {k: np.zeros_like(x) for k in betas}
    for t in itertools.count(1):
        g = gradient(t, x)
        velocities = {k: betas[k] * v - g for k, v in velocities.items()}
        x = x + lr / len(betas) * sum(velocities.values())
        yield x


def triple_momentum(x, *, lr, beta, gamma):
    now = before = x
    for t in itertools.count(1):
        y = (1 + gamma) * now - gamma * before
        now, before = (1 + beta) * now - beta * before - lr * gradient(t, y), now
        yield now


def lion(x, *, lr, beta1, beta2, weight_decay, limit=np.sign):
    m = np.zeros_like(x)
    for t in itertools.count(1):
        g = gradient(t, x)
        c = beta1 * m + (1 - beta1) * g
        x = x - lr * (limit(c) + weight_decay * x)
        m = beta2 * m + (1 - beta2) * g
        yield x


def signum(x, *, lr, beta):
    m = np.zeros_like(x)
    for t in itertools.count(1):
        m = beta * m + (1 - beta) * gradient(t, x)
        x = x - lr * np.sign(m)
        yield x


def rprop(x, *, lr, turning, eta_minus=0.5, eta_plus=1.2, step_min=1e-6, step_max=50.0):
    """Coordinate by coordinate, as the paper's cases read; the last change of weight is kept."""
    x, before = x.copy(), np.zeros_like(x)
    delta, change = np.full_like(x, lr), np.zeros_like(x)
    for t in itertools.count(1):
        g = gradient(t, x)
        for i in range(len(x)):
            product = before[i] * g[i]
            if product > 0:
                delta[i] = min(delta[i] * eta_plus, step_max)
                change[i] = -np.sign(g[i]) * delta[i]
                before[i] = g[i]
            elif product < 0:
                delta[i] = max(delta[i] * eta_minus, step_min)
                change[i] = -change[i] if turning == "back" else 0.0
                before[i] = 0.0
            else:
                change[i] = -np.sign(g[i]) * delta[i]
                before[i] = g[i]
            x[i] += change[i]
        yield x.copy()


def asgd(x, *, lr, lambd, power):
    for t in itertools.count(0):
        step = lr * (1 + lambd * lr * t) ** -power
        x = (1 - lambd * step) * x - step * gradient(t + 1, x)
        yield x


def schedule_free_sgd(x, *, lr, beta):
    z = x
    for t in itertools.count(1):
        y = (1 - beta) * z + beta * x
        z = z - lr * gradient(t, y)
        c = 1 / (t + 1)
        x = (1 - c) * x + c * z
        yield x


def schedule_free_adamw(x, *, lr, beta1, beta2, eps, weight_decay):
    z, v, total = x, np.zeros_like(x), 0.0
    for t in itertools.count(1):
        y = (1 - beta1) * z + beta1 * x
        g = gradient(t, y)
        v = beta2 * v + (1 - beta2) * g**2
        step = lr * math.sqrt(1 - beta2**t)
        z = z - step * g / (np.sqrt(v) + eps) - step * weight_decay * y
        total += step**2
        c = step**2 / total
        x = (1 - c) * x + c * z
        yield x


def ademamix(x, *, lr, beta1, beta2, beta3, mix, eps, weight_decay, t_alpha, t_beta3):
    fast, slow, v = (np.zeros_like(x) for _ in range(3))
    for t in itertools.count(1):
        g = gradient(t, x)
        mixed = min(t * mix / t_alpha, mix)
        a, b = math.log(beta1), math.log(beta3)
        part = t / t_beta3
        slowest = min(math.exp(a * b / ((1 - part) * b + part * a)), beta3)
        fast = beta1 * fast + (1 - beta1) * g
        slow = slowest * slow + (1 - slowest) * g
        v = beta2 * v + (1 - beta2) * g**2
        fast_hat, v_hat = fast / (1 - beta1**t), v / (1 - beta2**t)
        x = x - lr * ((fast_hat + mixed * slow) / (np.sqrt(v_hat) + eps) + weight_decay * x)
        yield x


def adan(x, *, lr, beta1, beta2, beta3, eps, weight_decay):
    """With the paper's β, which are one minus ours."""
    b1, b2, b3 = 1 - beta1, 1 - beta2, 1 - beta3
    before = m = n = None
    v = np.zeros_like(x)
    for t in itertools.count(1):
        g = gradient(t, x)
        if before is None:
            before, m, n = g, g, g**2
        m = (1 - b1) * m + b1 * g
        v = (1 - b2) * v + b2 * (g - before)
        n = (1 - b3) * n + b3 * (g + (1 - b2) * (g - before)) ** 2
        x = (x - lr / (np.sqrt(n) + eps) * (m + (1 - b2) * v)) / (1 + weight_decay * lr)
        before = g
        yield x


def mars(x, *, lr, beta1, beta2, gamma, eps, weight_decay):
    m, v, before = np.zeros_like(x), np.zeros_like(x), None
    for t in itertools.count(1):
        g = gradient(t, x)
        c = g if before is None else g + gamma * beta1 / (1 - beta1) * (g - before)
        length = math.sqrt(sum(c * c))
        c = c / length if length > 1 else c
        m = beta1 * m + (1 - beta1) * c
        v = beta2 * v + (1 - beta2) * c**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        x = x - lr * (m_hat / (np.sqrt(v_hat) + eps) + weight_decay * x)
        before = g
        yield x


def adopt(x, *, lr, beta1, beta2, eps, clipped):
    v, m = gradient(1, x) ** 2, np.zeros_like(x)
    yield x
    for t in itertools.count(1):
        g = gradient(t + 1, x)
        u = g / np.maximum(np.sqrt(v), eps)
        if clipped:
            u = np.clip(u, -(t**0.25), t**0.25)
        m = beta1 * m + (1 - beta1) * u
        x = x - lr * m
        v = beta2 * v + (1 - beta2) * g**2
        yield x


def laprop(x, *, lr, beta1, beta2, eps):
    n, m = np.zeros_like(x), np.zeros_like(x)
    for t in itertools.count(1):
        g = gradient(t, x)
        n = beta2 * n + (1 - beta2) * g**2
        m = beta1 * m + (1 - beta1) * g / (np.sqrt(n / (1 - beta2**t)) + eps)
        x = x - lr * m / (1 - beta1**t)
        yield x


@dataclass
class Case:
    rule: object
    paper: object
    settings: dict = field(default_factory=dict)
    choices: dict = field(default_factory=dict)


MOMENTS = {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3}
CASES = {
    "qhm": Case(rules.qhm, qhm, {"lr": 0.1, "beta": 0.9, "nu": 0.7}),
    "aggmo": Case(
        rules.aggmo, aggmo, {"lr": 0.02, "beta1": 0.1, "beta2": 0.9, "beta3": 0.99}
    ),
    "aggmo of one": Case(rules.aggmo_variant(1), aggmo, {"lr": 0.02, "beta1": 0.5}),
    "triple_momentum": Case(
        rules.triple_momentum, triple_momentum, {"lr": 0.05, "beta": 0.6, "gamma": 0.3}
    ),
    "lion": Case(rules.lion, lion,
                 {"lr": 0.05, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.1}),
    "lion refined": Case(
        rules.lion.fix(form="refined"),
        lambda x, **values: lion(x, limit=lambda c: np.clip(c, -1, 1), **values),
        {"lr": 0.05, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.1}),
    "signum": Case(rules.signum, signum, {"lr": 0.05, "beta": 0.9}),
    "rprop": Case(rules.rprop, rprop, {"lr": 0.1, "turning": "back"}),
    "rprop without": Case(rules.rprop, rprop, {"lr": 0.1, "turning": "stay"}),
    "rprop short": Case(rules.rprop, rprop, {"lr": 0.1, "turning": "back", "step_min": 0.04,
                                             "step_max": 0.11, "eta_plus": 1.5}),
    "asgd": Case(rules.asgd, asgd, {"lr": 0.05, "lambd": 0.3, "power": 0.75}),
    "schedule_free_sgd": Case(
        rules.schedule_free_sgd, schedule_free_sgd, {"lr": 0.1, "beta": 0.9}
    ),
    "schedule_free_adamw": Case(
        rules.schedule_free_adamw, schedule_free_adamw, {**MOMENTS, "weight_decay": 0.1}),
    "ademamix": Case(rules.ademamix, ademamix,
                     {**MOMENTS, "beta3": 0.999, "mix": 5.0, "weight_decay": 0.1, "t_alpha": 12.0,
                      "t_beta3": 15.0}),
    "adan": Case(rules.adan, adan, {**MOMENTS, "beta3": 0.7, "weight_decay": 0.1}),
    "mars": Case(rules.mars, mars, {**MOMENTS, "gamma": 0.3, "weight_decay": 0.1}),
    "adopt": Case(rules.adopt, adopt, {**MOMENTS, "clipped": True}),
    "adopt plain": Case(rules.adopt, adopt, {**MOMENTS, "clipped": False}),
    "laprop": Case(rules.laprop, laprop, MOMENTS),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_rule_is_the_papers_algorithm(name):
    """To rounding: 20 steps of sums whose terms are of the size of x, which is at most about 10."""
    case = CASES[name]
    ours = follow(case.rule, START, gradient, case.settings)
    for (_, theta, _), expected in zip(
        itertools.islice(ours, STEPS), case.paper(START, **case.settings), strict=False
    ):
        np.testing.assert_allclose(theta, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("t0", [0, 4])
def test_the_average_of_asgd_is_of_the_iterates(t0):
    """θ itself up to step t₀ + 1, then the mean of the iterates after each step beyond t₀."""
    run = follow(rules.asgd, START, gradient, {"lr": 0.05, "t0": float(t0)})
    seen = []
    for t, (_, theta, (average,)) in enumerate(itertools.islice(run, STEPS), 1):
        seen.append(theta)
        expected = np.mean(seen[t0:], axis=0) if t > t0 else theta
        np.testing.assert_allclose(average, expected, rtol=1e-13, atol=1e-14)


def test_triple_momentum_has_its_rate():
    """On quadratics with curvatures 1 and 100, its tuning contracts by 1 − √(μ/L) = 0.9 a step."""
    best = rules_tuned(mu=1.0, L=100.0)
    settings = {k: best[k] for k in ("lr", "beta", "gamma")}
    run = follow(
        rules.triple_momentum, np.ones(2), lambda t, x: np.array([1.0, 100.0]) * x, settings
    )
    sizes = [np.abs(theta).max() for _, theta, _ in itertools.islice(run, 300)]
    assert (sizes[299] / sizes[199]) ** 0.01 == pytest.approx(0.9, abs=0.005)
