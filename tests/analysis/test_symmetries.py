"""The table of symmetries against runs of the real rules on transformed problems."""

import numpy as np
import pytest
from eigenstep.analysis.symmetries import symmetries
from eigenstep.optimizers.compositions import at_gradient_point
from eigenstep.optimizers.rules import ALL_RULES

C, SHIFT, STEPS = 1e4, 0.6, 25  # C large enough for AdaBound's bounds to matter
ANGLE = 0.7
TURN = np.array([[np.cos(ANGLE), -np.sin(ANGLE)], [np.sin(ANGLE), np.cos(ANGLE)]])


def path(rule, start, gradients, d=0.01):
    """Iterates under given gradients, ε = 0 and no decay; without ε Adadelta moves only from d > 0."""
    rule = at_gradient_point(rule)
    settings = {k: 0.0 for k in ("eps", "weight_decay") if k in rule.hyperparameters}
    full = rule.with_defaults({"lr": 0.1, **settings})
    theta, rows = start.copy(), [start]
    state = list(rule.initial_state(theta, full))
    if "d" in rule.state:
        state[rule.state.index("d")] = d + 0 * start
    with np.errstate(all="ignore"):
        for t, g in enumerate(gradients, 1):
            theta, *state = rule(theta, g, *state, **rule.coefficients(t, full))
            rows.append(theta)
    return np.array(rows)


@pytest.fixture(scope="module")
def run():
    random = np.random.default_rng(0)
    return random.standard_normal(2) + 2, random.standard_normal((STEPS, 2))


def same(one, other):
    return np.allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ALL_RULES)
def test_the_table_is_what_the_rules_do(name, run):
    rule = ALL_RULES[name]
    start, gradients = run
    table = symmetries(rule)
    plain = path(rule, start, gradients)
    assert np.isfinite(plain).all()
    assert same(path(rule, start, C * gradients), plain) == table["loss scale"]
    assert same(path(rule, C * start, gradients / C, 0.01 * C**2), C * plain) == table["units"]
    assert same(path(rule, start + SHIFT, gradients), plain + SHIFT) == table["shift"]
    assert same(path(rule, TURN @ start, gradients @ TURN.T), plain @ TURN.T) == table["rotation"]
    assert same(path(rule, start[::-1], gradients[:, ::-1]), plain[:, ::-1]) == table["permutation"]


def test_adadelta_alone_among_the_elementwise_has_the_parameters_unit():
    assert {n for n in ALL_RULES if symmetries(ALL_RULES[n])["units"]} == {
        "adadelta", "lars", "lamb", "ralamb", "ranger_lars",
    }  # fmt: skip
