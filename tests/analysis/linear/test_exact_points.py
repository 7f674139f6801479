"""Theory at one point: decided and computed in exact numbers, rounded once."""

import contextlib
import copy
import pickle
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import derive
from eigenstep.analysis.adaptive.frozen import freeze
from eigenstep.analysis.expressions import ExpressionError
from eigenstep.analysis.linear.lookahead import LookaheadTheory
from eigenstep.analysis.linear.tuning import NoTuning
from eigenstep.analysis.reals import OutOfRange
from eigenstep.analysis.settings import BadSetting
from eigenstep.optimizers import EigenstepError, RuleError, rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.errors import DomainError, Missing, UnknownName
from eigenstep.optimizers.rules import adam, gradient_descent, heavy_ball, nesterov

SAME = [0.5, Fraction(1, 2), sp.Rational(1, 2), np.float32(0.5), np.float64(0.5), np.array(0.5),
        mpmath.mpf("0.5"), sp.Float("0.5")]  # fmt: skip


@pytest.mark.parametrize("half", SAME, ids=lambda v: type(v).__name__)
def test_every_kind_of_number_is_the_same_number(half):
    theory = derive(heavy_ball)
    assert theory.spectral_radius(eta_lambda=half, beta=half) == pytest.approx(
        np.sqrt(0.5), abs=1e-16
    )
    assert theory.stable_interval(beta=half) == (0.0, 3.0)
    assert theory.stationary_variance(lr=half, curvature=1, beta=half) == 3 / 5
    assert derive(heavy_ball, beta=half).limit == 3


@pytest.mark.parametrize("h", ["1e200", "1e30", "1e8", "3.8", "3.7999999", "0.1", "1e-30"])
@pytest.mark.parametrize("rule_of", [heavy_ball, nesterov])
@pytest.mark.parametrize("as_array", [False, True])
def test_roots_against_many_digits(rule_of, h, as_array):
    theory = derive(rule_of)
    with mpmath.workdps(900):
        eta_lambda, beta = mpmath.mpf(h), mpmath.mpf("0.9")
        if as_array:
            eta_lambda, beta = mpmath.mpf(float(h)), mpmath.mpf(0.9)
        t, d = 1 + beta - eta_lambda, beta
        if rule_of is nesterov:
            t, d = (1 + beta) * (1 - eta_lambda), beta * (1 - eta_lambda)
        root = mpmath.sqrt(t * t - 4 * d)
        exactly = sorted([(t - root) / 2, (t + root) / 2], key=abs)
    given = np.array([float(h)]) if as_array else sp.Rational(h)
    found = theory.eigenvalues_at(eta_lambda=given, beta=0.9).ravel()
    found = sorted(found, key=abs)
    separation = min(abs(exactly[0] - exactly[1]) / abs(exactly[1]), 1)
    tolerance = 1e-15 if not as_array else 1e-15 / float(separation) + 1e-14
    for a, b in zip(found, exactly, strict=True):
        assert min(abs(a - b), abs(a - mpmath.conj(b))) <= tolerance * abs(b)


def test_the_radius_at_huge_steps_is_the_step():
    assert derive(gradient_descent).spectral_radius(eta_lambda=1e200) == 1e200
    assert derive(heavy_ball).spectral_radius(eta_lambda=[1e200], beta=0.5)[0] == pytest.approx(
        1e200
    )
    with pytest.raises(OutOfRange):
        derive(nesterov).spectral_radius(eta_lambda=1.7e308, beta=0.9)
    with pytest.raises(OutOfRange), np.errstate(all="ignore"):
        derive(nesterov).spectral_radius(eta_lambda=[1.7e308], beta=0.9)


def test_a_multiple_root_of_a_cubic_is_found_to_all_digits():
    @rule
    def two_averages(theta, g, v, w, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        v = beta * v + g
        w = beta * w + v
        return theta - lr * w, v, w

    at_zero = derive(two_averages).eigenvalues_at(eta_lambda=0, beta=0.5)
    assert sorted(at_zero.real) == [0.5, 0.5, 1.0]


@pytest.mark.parametrize(("values", "said"), [
    ({"lr": 2, "curvature": 1, "beta": 0}, "infinite"),
    ({"lr": 0.38, "curvature": 10, "beta": 0.9}, "infinite"),
    ({"lr": 2 * sp.sqrt(2), "curvature": 1 / sp.sqrt(2), "beta": 0}, "infinite"),
    ({"lr": 2.0000000000000004, "curvature": 1, "beta": 0}, "unstable"),
    ({"lr": 3.9, "curvature": 1, "beta": 0.9}, "unstable"),
    ({"lr": 0, "curvature": 1, "beta": 0.9}, "0 < lr"),
    ({"lr": 1, "curvature": -1, "beta": 0.9}, "0 < curvature"),
])  # fmt: skip
def test_noise_at_and_beyond_the_limit(values, said):
    with pytest.raises(DomainError, match=said) as refused:
        derive(heavy_ball).stationary_variance(**values)
    assert ("infinite" in str(refused.value)) == (said == "infinite")


def test_noise_just_inside_the_limit():
    nearly = sp.Rational(2) - sp.Rational(1, 10**50)
    found = derive(gradient_descent).stationary_variance(lr=nearly, curvature=1)
    assert found == pytest.approx(2e50, rel=1e-15)


def test_points_that_contradict_themselves_are_refused():
    theory = derive(heavy_ball)
    for call in (theory.spectral_radius, theory.stationary_variance):
        with pytest.raises(DomainError, match="eta_lambda"):
            call(lr=1, curvature=1, eta_lambda=0.5, beta=0.5)
        assert call(lr=0.1, curvature=3, eta_lambda=0.3, beta=0.5) == call(
            lr=0.1, curvature=3, beta=0.5
        )
    with pytest.raises(DomainError, match=r"lr = 1 .*not used"):
        theory.spectral_radius(lr=1, eta_lambda=0.5, beta=0.5)


@pytest.mark.parametrize("theory", [
    derive(gradient_descent), derive(heavy_ball), derive(nesterov), derive(freeze(adam)),
    derive(heavy_ball, dampening="beta"),
], ids=lambda t: t.rule.name)  # fmt: skip
@pytest.mark.parametrize(("mu", "L"), [
    (1, 1), (1, 100), (1, 10**12), (1, 10**30), (1, 10**300), (10**300, 10**308), (1e308, 1e308),
    (sp.Rational(1, 10**320), sp.Rational(1, 10**319)), (1, 1 + sp.Rational(1, 10**60)),
    ("1", 2), (10**400, 10**401),
])  # fmt: skip
def test_what_tuning_offers_is_in_every_domain_and_stable(theory, mu, L):
    found = None
    with contextlib.suppress(EigenstepError):
        found = theory.tuning(mu, L)
    if found is None:
        assert mu not in (1, 1e308) or L > 10**12
        return
    assert found.rate < 1
    others = {k: v for k, v in found.values.items() if k != "lr"}
    for name, value in found.values.items():
        theory.rule.hyperparameters[name].check(value)
    for end in (mu, L):
        assert theory.is_stable(
            lr=sp.Rational(found.lr),
            curvature=end,
            **{k: sp.Rational(v) for k, v in others.items()},
        )
    assert found.method == "closed form"


@rule
def two_velocities(theta, g, v, w, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    v = beta * v + g
    w = beta * w + v
    return theta - lr * w, v, w


def test_what_a_search_found_says_so():
    found = derive(two_velocities).tuning(1, 10)
    assert (found.method, found.exact) == ("numerical", {})
    assert "not proved" in found.how
    assert 0 <= found["beta"] < 1
    assert found.rate < 1
    radius = derive(two_velocities).spectral_radius(
        eta_lambda=found.lr * np.geomspace(1, 10, 500), beta=found["beta"]
    )
    assert radius.max() <= found.rate + 1e-9
    with pytest.raises(NoTuning):
        derive(two_velocities).tuning(1, 10**13)


@pytest.mark.parametrize(("settings", "error", "said"), [
    ({"dampening": "beta*2", "beta": 0.9}, DomainError, "dampening = .*9/5 .*< 1"),
    ({"beta": "dampening", "dampening": "beta"}, BadSetting, "in terms of itself"),
    ({"beta": "beta/2"}, BadSetting, "in terms of itself"),
    ({"dampening": "sqrt(beta)"}, BadSetting, "rational function"),
    ({"dampening": "beta*exp(-1)"}, BadSetting, "rational function"),
    ({"beta": "exp(-1)"}, BadSetting, "irrational"),
    ({"beta": "1/dampening", "dampening": 0}, BadSetting, "divides by zero"),
    ({"dampening": "beta**9"}, ExpressionError, "degree"),
    ({"beta": "1e-300"}, BadSetting, "bits"),
    ({"beta": True}, DomainError, "beta = True"),
])  # fmt: skip
def test_settings_refused(settings, error, said):
    with pytest.raises(error, match=said):
        derive(heavy_ball, **settings)


def test_settings_resolve_each_other():
    assert derive(heavy_ball, dampening="beta*2", beta=0.25).limit == 5
    assert derive(heavy_ball, beta="dampening", dampening="1/2") is derive(
        heavy_ball, beta=0.5, dampening=0.5
    )
    assert derive(heavy_ball, beta="beta").limit == derive(heavy_ball).limit
    theory = derive(heavy_ball, dampening="2*beta")
    assert [str(c) for c in theory.conditions] == ["2*beta < 1"]
    with pytest.raises(DomainError, match=r"dampening = 2\*beta"):
        theory.stable_interval(beta=0.6)
    with pytest.raises(DomainError, match=r"dampening = 2\*beta"):
        theory.spectral_radius(eta_lambda=1, beta=[0.1, 0.6])


def _used(theory):
    theory.limit, theory.eigenvalues, theory.critical_damping, theory.noise.variance, theory.iterate
    theory.spectral_radius(eta_lambda=[0.5], **dict.fromkeys(theory.free, 0.5))
    theory.stability.contains(eta_lambda=0.5, **dict.fromkeys(theory.free, 0.5))
    theory.tuning(1, 10), theory.scaling
    return theory


@pytest.mark.parametrize("make", [gradient_descent, heavy_ball, freeze(adam)], ids=lambda r: r.name)
def test_used_theory_is_pickled_and_copied(make):
    theory = _used(derive(make))
    parts = (theory, theory.stability, theory._radius, theory.iterate, theory.noise, theory.trace,
             theory.tuning(1, 10), theory.closed_tuning,
             theory.tuning(1, 10).optimality(), theory.system)  # fmt: skip
    for part in parts:
        for again in (pickle.loads(pickle.dumps(part)), copy.deepcopy(part), copy.copy(part)):
            assert type(again) is type(part)
    again = pickle.loads(pickle.dumps(theory.stability))
    assert again.contains(eta_lambda=0.5, **dict.fromkeys(theory.free, 0.5)) is True
    assert pickle.loads(pickle.dumps(theory)).limit == theory.limit
    assert copy.deepcopy(theory._radius).evaluate(0.5, *[0.5] * len(theory.free)) < 1


def test_lookahead_theory_is_pickled():
    theory = LookaheadTheory(heavy_ball, 3, 0.5)
    theory.spectral_radius(eta_lambda=[0.5], beta=0.5), theory.stable_intervals(beta=0.5)
    again = pickle.loads(pickle.dumps(theory))
    assert again.stable_intervals(beta=0.5) == theory.stable_intervals(beta=0.5)


@pytest.mark.parametrize("error", [
    DomainError("a", 1, "a > 1"), Missing("a", "a > 1"), UnknownName("rule", "x", ["y"]), RuleError("x"),
], ids=lambda e: type(e).__name__)  # fmt: skip
def test_errors_are_pickled(error):
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_iterates_at_any_number_of_steps():
    theory = derive(heavy_ball)
    assert not theory.iterate(10**10, lr=0.1, curvature=1, beta=0.9).any()
    large = theory.iterate(3, lr=1e60, curvature=1.0, beta=0.9)
    assert large == pytest.approx(
        np.linalg.matrix_power(theory.numeric_matrix(lr=1e60, curvature=1, beta=0.9), 3)
    )
    with pytest.raises(OutOfRange):
        theory.iterate(10**6, lr=10, curvature=1, beta=0.9)
