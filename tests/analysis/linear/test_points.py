"""Where theory is asked: exact numbers, whatever their type, and what is refused."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import derive
from eigenstep.analysis.expressions import ExpressionError
from eigenstep.analysis.settings import BadSetting
from eigenstep.analysis.simulation import growth, simulate
from eigenstep.optimizers import DomainError, EigenstepError, Missing, RuleError, UnknownName
from eigenstep.optimizers.rules import gradient_descent, heavy_ball

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


BAD = [
    (lambda: derive(heavy_ball, gamma=1), UnknownName, "gamma"),
    (lambda: derive(heavy_ball, beta=1), DomainError, "beta = 1"),
    (lambda: derive(heavy_ball, beta=math.nan), DomainError, "beta = nan"),
    (lambda: derive(heavy_ball, form="nope"), DomainError, "form"),
    (lambda: derive(heavy_ball, dampening="nope"), UnknownName, "nope"),
    (lambda: derive(lambda x: x), RuleError, "takes a rule"),
    (lambda: derive(heavy_ball).tuning(2, 1), DomainError, "mu = 2"),
    (lambda: derive(heavy_ball).tuning(0, 1), DomainError, "mu = 0"),
    (lambda: derive(heavy_ball).tuning(-1, 1), DomainError, "mu = -1"),
    (lambda: derive(heavy_ball).tuning(1, math.inf), DomainError, "L = inf"),
    (lambda: derive(heavy_ball).tuning(math.nan, 1), DomainError, "mu = nan"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=1), Missing, "beta"),
    (lambda: derive(heavy_ball).spectral_radius(beta=0.5), Missing, "eta_lambda"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=1, beta=1.0), DomainError, "beta = 1.0"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=math.nan, beta=0), DomainError, "nan"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=[], beta=0), DomainError, "empty"),
    (lambda: derive(heavy_ball).spectral_radius(eta_lambda=1, beta=0, mu=1), UnknownName, "mu"),
    (
        lambda: derive(heavy_ball).stationary_variance(lr=9, curvature=1, beta=0),
        DomainError,
        "lr = 9",
    ),
    (
        lambda: derive(heavy_ball).stationary_variance(lr=0, curvature=1, beta=0),
        DomainError,
        "lr = 0",
    ),
    (
        lambda: derive(heavy_ball).stationary_variance(lr=1, curvature=-1, beta=0),
        DomainError,
        "curvature = -1",
    ),
    (lambda: derive(heavy_ball).transient_growth(eta_lambda=5, beta=0), DomainError, "lr = 5"),
    (lambda: simulate(heavy_ball, -1), DomainError, "steps = -1"),
    (lambda: simulate(heavy_ball, 1, lr=-0.1), DomainError, "lr = -0.1"),
    (lambda: simulate(heavy_ball, 1, lr=[0.1, math.nan]), DomainError, "nan"),
    (lambda: simulate(gradient_descent, 1, beta=0.1), UnknownName, "beta"),
    (lambda: growth(heavy_ball, 10, eta_lambda=1.0), DomainError, "steps = 10"),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_bad_input(case):
    call, kind, names = BAD[case]
    with pytest.raises(kind, match=names) as caught:
        call()
    assert isinstance(caught.value, EigenstepError)
    assert "\n" not in str(caught.value)
