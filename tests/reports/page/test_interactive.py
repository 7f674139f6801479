"""The page's JavaScript against Python: the theory at random points, and every rule's run."""

import json
import re

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers.rules import ALL_RULES
from eigenstep.reports.experiments.race import run_on
from eigenstep.reports.page.javascript import EXPLORED, SURFACES, generated, momentum_of

POINTS = 1000


@pytest.fixture(scope="module")
def points():
    random = np.random.default_rng(0)
    return random.uniform([0.01, 0.0], [4.2, 0.999], (POINTS, 2))


@pytest.mark.parametrize("method", EXPLORED)
def test_theory_at_random_points(node, method, points):
    script = f"""const t = THEORY[{json.dumps(method)}];
    const at = ([h, b]) => [spectralRadius(t, h, b), t.limit(b), t.noise(h, b)];
    console.log(JSON.stringify(DATA.map(at)));"""
    radius, limit, noise = np.array(node(script, points.tolist())).T
    theory = derive(EXPLORED[method])
    h, beta = points.T
    free = momentum_of(theory)
    others = {free: beta} if free else {}
    assert radius == pytest.approx(theory.spectral_radius(eta_lambda=h, **others), rel=1e-9)
    for k in range(0, POINTS, 25):
        chosen = {free: beta[k]} if free else {}
        assert limit[k] == pytest.approx(theory.stable_interval(**chosen)[1], rel=1e-12)
        if h[k] < limit[k]:
            exact = theory.stationary_variance(lr=h[k], curvature=1, **chosen)
            assert noise[k] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("method", EXPLORED)
def test_the_trajectory_is_the_rules(node, method):
    from eigenstep.analysis.simulation import simulate

    script = (
        f"console.log(JSON.stringify(iterate(THEORY[{json.dumps(method)}], 0.3, 1.7, 0.8, 40)));"
    )
    free = momentum_of(derive(EXPLORED[method]))
    others = {free: 0.8} if free else {}
    run = simulate(EXPLORED[method], 40, curvature=1.7, lr=0.3, **others)
    assert node(script, 0) == pytest.approx(run.theta.tolist(), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_rule_runs_as_it_does_in_python(node, surface):
    script = """const s = SURFACES[DATA];
    console.log(JSON.stringify(Object.fromEntries(Object.entries(RULES).map(
      ([n, r]) => [n, [s.rates[n], runRule(r, s, s.rates[n], 25, 7, 0.4)]]))));"""
    found = node(script, surface)
    assert set(found) == set(ALL_RULES)
    for name, (eta, path) in found.items():
        expected = run_on(ALL_RULES[name], surface, eta, 25, 7, 0.4)
        assert len(path) == 26, name
        assert np.array(path) == pytest.approx(expected, rel=1e-6, abs=1e-9), name


def test_nothing_is_left_over_from_python():
    text = generated()
    for word in (r"Piecewise", r"None", r"Heaviside", r"\bnan\b", r"\bzoo\b"):
        assert not re.search(word, text)
