"""What the chapters of the rules say, against theory computed another way and against runs."""

import itertools

import numpy as np
import pytest
from eigenstep.analysis.adaptive.frozen import freeze
from eigenstep.analysis.simulation import simulate
from eigenstep.optimizers.rules import ALL_RULES, adabound, adam, nadam
from eigenstep.proofs import with_corrections
from eigenstep.reports.chapters import families
from eigenstep.reports.chapters.rule_theory import WITHOUT, rule_theory


@pytest.fixture(scope="module")
def theory():
    return rule_theory()


def test_every_rule_is_in_one_chapter_and_in_the_table(theory):
    assert sorted(itertools.chain(*(f.rules for f in families.FAMILIES))) == sorted(ALL_RULES)
    assert list(theory) == list(ALL_RULES)
    assert {name for name, row in theory.items() if row["kind"] == "none"} == set(WITHOUT)


def test_limits_known_from_elsewhere(theory):
    """2 and 3.8 from the lecture, 38 from Cohen et al. 2022, 13.57 = 38/2.8, at each rule's own β."""
    expected = {"gradient_descent": 2, "heavy_ball": 3.8, "rmsprop": 2, "adam": 38, "yogi": 38, "lamb": 38,
                "nadam": 38 / 2.8, "adabound": 38}  # fmt: skip
    for name, value in expected.items():
        assert theory[name]["at"] == pytest.approx(value), name
    for name in ("adagrad", "rmsprop"):  # as gradient descent, but in η̃
        assert theory[name]["kind"] == "frozen"
        assert r"\tilde\eta" in theory[name]["noise"]
        assert r"\tilde\eta" in theory[name]["floor"]
    assert r"\tilde\eta" not in theory["gradient_descent"]["noise"]
    assert theory["ranger"]["at"] == theory["ranger_lars"]["at"] < theory["radam"]["at"]


@pytest.mark.parametrize("rule", [adam, nadam])
def test_frozen_rules_diverge_just_beyond_their_limit(theory, rule):
    """Runs of the frozen rule's own function, at 0.9 and 1.1 of the limit in the table."""
    limit = theory[rule.name]["at"]
    for part, grows in ((0.9, False), (1.1, True)):
        run = simulate(freeze(rule), 150, curvature=1.0, start=1.0, lr=part * limit)
        assert (abs(run.theta[-1]) > 1) == grows


def test_adabound_ends_where_its_final_rate_says(theory):
    limit = theory["adabound"]["at"] / adabound.hyperparameters["final_lr"].default
    assert limit == pytest.approx(380)
    with np.errstate(all="ignore"):
        below, above = (
            np.abs(simulate(adabound, 20_000, curvature=part * limit, start=1.0, lr=1e-3).theta[-1])
            for part in (0.9, 1.1)
        )
    assert below < 1e-12
    assert not above < 1e6


def test_every_proof_has_its_steps():
    for key in (
        "R7.outside",
        "M9.necessary",
        "tuning.nesterov",
        "P12",
        "G15.nesterov",
        "P4",
        "M2",
        "P22.larger",
    ):
        assert with_corrections()[key].prove().steps, key
    steps = with_corrections()["M8"].prove().steps
    assert steps[0] == "derived from the code: R = [[β, λ], [-β·η, -η·λ + 1]]"
    steps = with_corrections()["M9.necessary"].prove().steps
    assert "ηλ > 0, 2·β - ηλ + 2 > 0" in steps[-1]


def test_rules_show_themselves_in_notebooks():
    shown = adam._repr_html_()
    assert "0 &lt;= beta1 &lt; 1" in shown
    assert "def adam(" in shown
    assert "\n    m = beta1 * m" in shown
    assert "\n    new_slow = " in ALL_RULES["ranger"]._repr_html_()
    assert "Kingma &amp; Ba 2015" in shown
