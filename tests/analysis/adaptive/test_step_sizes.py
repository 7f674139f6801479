"""How long steps are, where signs end and what Newton–Schulz does: exact values, held by runs."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import freeze
from eigenstep.analysis.adaptive.limit_cycle import NoCycle
from eigenstep.analysis.adaptive.sign_cycles import OFFSET, sign_cycle
from eigenstep.analysis.adaptive.singular_values import (
    NoInterval,
    SingularValueMap,
    update_rms,
)
from eigenstep.analysis.adaptive.update_size import box, noise_rms
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.errors import DomainError, RuleError
from eigenstep.optimizers.ops import absolute, sign
from eigenstep.optimizers.rule import rule
from eigenstep.optimizers.rules import adam, adamw, gradient_descent, lion, nadam, signum, sophia

MUON = SingularValueMap("3.4445", "-4.7750", "2.0315")


# Steps on noise


@pytest.mark.parametrize(
    ("subject", "rms"), [(adam, 0.229416), (nadam, None)], ids=["adam", "nadam"]
)
def test_steps_on_noise_are_as_long_as_derived(subject, rms):
    """The rule itself on noise, its second moment still moving: to the fluctuation of that."""
    derived = float(noise_rms(freeze(subject), beta1=0.9, lr=1))
    assert rms is None or derived == pytest.approx(rms, rel=1e-5)
    draw = np.random.default_rng(0)
    theta = np.zeros(2000)
    values = subject.with_defaults({"lr": 1.0, "beta2": 0.9999, "eps": 0.0})
    state, squares = subject.initial_state(theta, values), []
    for t in range(1, 401):
        before = theta
        g = draw.standard_normal(theta.size)
        theta, *state = subject(theta, g, *state, **subject.coefficients(t, values))
        squares.append(np.mean((theta - before) ** 2))
    assert np.sqrt(np.mean(squares[100:])) == pytest.approx(derived, rel=0.02)


def test_what_has_no_size_on_noise_says_why():
    @rule
    def decayed(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * (g + theta)

    @rule
    def summed(theta, g, s, *, lr: LearningRate = 0.1):
        return theta - lr * (s + g), s + g

    assert noise_rms(gradient_descent) == sp.Symbol("eta", positive=True)
    with pytest.raises(RuleError, match="depends on where the parameter is"):
        noise_rms(decayed)
    with pytest.raises(RuleError, match="adds up noise without forgetting"):
        noise_rms(summed)
    with pytest.raises(RuleError, match="not linear"):
        noise_rms(adam)


# Boxes


@pytest.mark.parametrize("subject", [lion, sophia], ids=lambda r: r.name)
def test_no_gradients_lead_out_of_the_box(subject):
    values = subject.with_defaults({"lr": 0.05, "weight_decay": 0.8})
    draw = np.random.default_rng(1)
    theta = np.linspace(-1.25, 1.25, 50)
    state = subject.initial_state(theta, values)
    for t in range(1, 300):
        g = draw.standard_cauchy(50) * 10.0 ** draw.integers(-3, 6)
        theta, *state = subject(theta, g, *state, **subject.coefficients(t, values))
        assert np.abs(theta).max() <= 1 / 0.8 + 1e-12


def test_a_box_needs_decay_and_bounded_steps():
    @rule
    def mixed(theta, g, *, lr: LearningRate = 0.1, w: UnitInterval = 0.5):
        return theta - lr * (sign(g) + sign(theta) / 2 + w * theta)

    @rule
    def outside(theta, g, *, lr: LearningRate = 0.1, w: UnitInterval = 0.5):
        return theta - lr * (sign(g) + absolute(g) + w * theta)

    assert (
        sp.simplify(box(mixed).radius - sp.Rational(3, 2) / sp.Symbol("w", nonnegative=True)) == 0
    )
    for subject, why in (
        (outside, "grow with g"),
        (adamw, "grow with"),
        (signum, "no weight decay"),
    ):
        with pytest.raises(RuleError, match=why):
            box(subject)


# Cycles of signs


@pytest.mark.parametrize(
    ("subject", "settings"),
    [(signum, {"lr": "1/10", "beta": "9/10"}), (signum, {"lr": "1/7", "beta": "1/3"}),
     (lion, {"lr": "1/10", "weight_decay": "0"}), (lion, {"lr": "1/50", "weight_decay": "1/2"})],
    ids=str,
)  # fmt: skip
def test_a_run_ends_in_the_cycle(subject, settings):
    cycle = sign_cycle(subject, start=1, settings=settings)
    values = subject.with_defaults({k: float(Fraction(v)) for k, v in settings.items()})
    theta, path = 1.0, []
    state = subject.initial_state(theta, values)
    for t in range(1, 3001):
        theta, *state = subject(theta, theta, *state, **subject.coefficients(t, values))
        path.append(theta)
    low, high = map(float, cycle.offsets)
    tail = path[-cycle.period :]
    fits = []
    for k in range(cycle.period):
        turned = np.roll(tail, -k)
        if low - 1e-9 <= turned[0] <= high + 1e-9:
            wanted = [float(p.subs(OFFSET, turned[0])) for p in cycle.points]
            fits.append(np.abs(turned - wanted).max())
    assert min(fits) < 1e-9
    assert max(np.abs(tail)) <= float(cycle.amplitude) + 1e-9


def test_what_ends_in_no_cycle_says_so():
    @rule
    def away(theta, g, *, lr: LearningRate = 0.1):
        return 2 * theta + lr * sign(g)

    @rule
    def squared(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * sign(g) * g * g

    with pytest.raises(NoCycle, match="runs away"):
        sign_cycle(away, start=1, settings={})
    with pytest.raises(RuleError, match="takes no sign"):
        sign_cycle(gradient_descent, start=1, settings={})
    with pytest.raises(RuleError, match="not linear but for signs"):
        sign_cycle(squared, start=1, settings={})
    with pytest.raises(DomainError, match="rational"):
        sign_cycle(signum, start="one", settings={})


# Singular values


@pytest.mark.parametrize("interval", [("0", "1"), ("0.01", "1"), ("0.3", "0.9"), ("0.7", "1.2")])
def test_images_are_what_samples_fill(interval):
    low, high = (float(x) for x in MUON.after(5, *interval))
    s = np.linspace(*map(float, interval), 200_001)
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    assert low == pytest.approx(s.min(), abs=1e-6)
    assert high == pytest.approx(s.max(), abs=1e-6)
    assert low <= s.min() + 1e-12
    assert high >= s.max() - 1e-12


def test_the_interval_is_left_by_no_step_and_reached_in_time():
    low, high = MUON.invariant()
    assert MUON.image((low, high))[0] >= low
    assert MUON.image((low, high))[1] <= high
    least = MUON.least_in_time(5)
    assert low <= MUON.after(5, str(least), "1")[0]
    below = least * Fraction(999, 1000)
    assert MUON.after(5, str(below), str(below))[1] < low
    assert float(least) == pytest.approx(0.0015051, abs=1e-7)


def test_other_maps():
    low, high = SingularValueMap("15/8", "-10/8", "3/8").invariant()  # converges to 1 itself
    assert float(high - low) < 1e-9
    assert float(low) == pytest.approx(1, abs=1e-9)
    for bad in (("2", "1", "1"), ("-1", "1", "0"), ("9", "-12", "3.4")):
        with pytest.raises(NoInterval):
            SingularValueMap(*bad).invariant()
    with pytest.raises(DomainError, match="rational"):
        SingularValueMap("a", "0", "0")
    with pytest.raises(DomainError, match="0 <= lower <= upper"):
        MUON.after(5, "1", "0.5")


def test_a_step_of_muon_has_the_root_mean_square_that_is_said():
    draw = np.random.default_rng(0)
    for shape in ((30, 20), (20, 50)):
        u, _, vt = np.linalg.svd(draw.standard_normal(shape), full_matrices=False)
        rms = np.sqrt(np.mean((u @ vt) ** 2))
        assert update_rms(*shape, (Fraction(1), Fraction(1))) == pytest.approx((rms, rms))
