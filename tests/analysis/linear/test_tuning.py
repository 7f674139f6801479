"""The best hyperparameters: published, not to be bettered, in every domain, or said to be searched."""

import contextlib
import math

import numpy as np
import pytest
import sympy as sp
from eigenstep.analysis import derive
from eigenstep.analysis.adaptive.frozen import freeze
from eigenstep.optimizers import EigenstepError
from eigenstep.optimizers.rules import (
    LINEAR_RULES,
    adam,
    gradient_descent,
    heavy_ball,
    nesterov,
    triple_momentum,
)

PUBLISHED = {  # Lessard, Recht & Packard 2016, table 1
    "gradient_descent": lambda m, L: (2 / (L + m), None, (L - m) / (L + m)),
    "heavy_ball": lambda m, L: (
        4 / (math.sqrt(L) + math.sqrt(m)) ** 2,
        ((math.sqrt(L) - math.sqrt(m)) / (math.sqrt(L) + math.sqrt(m))) ** 2,
        (math.sqrt(L) - math.sqrt(m)) / (math.sqrt(L) + math.sqrt(m)),
    ),
    "nesterov": lambda m, L: (
        4 / (3 * L + m),
        (math.sqrt(3 * L / m + 1) - 2) / (math.sqrt(3 * L / m + 1) + 2),
        1 - 2 / math.sqrt(3 * L / m + 1),
    ),
}


@pytest.mark.parametrize("spectrum", [(1, 100), (0.01, 3.0), (2.0, 2.0), (1, 1e6)])
@pytest.mark.parametrize("name", PUBLISHED)
def test_tuning_is_the_published_one(name, spectrum):
    best = derive(LINEAR_RULES[name]).tuning(*spectrum)
    lr, beta, rate = PUBLISHED[name](*spectrum)
    assert best.lr == pytest.approx(lr, rel=1e-13)
    assert best.rate == pytest.approx(rate, abs=1e-13)
    if beta is not None:
        assert best["beta"] == pytest.approx(beta, abs=1e-13)


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_other_tuning_is_better(name):
    theory = derive(LINEAR_RULES[name])
    assert all(d.holds for d in theory.tuning().optimality().values())
    best = theory.tuning(1, 50)
    rng = np.random.default_rng(0)
    lr = rng.uniform(0, 4 / 50, 20000)
    others = {"beta": rng.uniform(0, 1, 20000)} if "beta" in theory.free else {}
    ends = [theory.spectral_radius(eta_lambda=lr * e, **others) for e in (1, 7, 50)]
    assert np.max(ends, axis=0).min() >= best.rate


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


def test_a_closed_form_with_an_irrational_number_is_searched_instead():
    """At γ = β/4 triple momentum's closed form holds √3, which nothing here would prove optimal."""
    theory = derive(triple_momentum, gamma="beta/4")
    best = theory.tuning(1, 10)
    assert theory.closed_tuning is None
    assert best.method == "numerical"
    assert 0.52 < best.rate < 0.56
