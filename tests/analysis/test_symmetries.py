"""The table of symmetries against runs of the real rules on transformed problems."""

from functools import lru_cache

import pytest
from eigenstep.analysis.symmetries import measured_symmetries, symmetries
from eigenstep.optimizers import ops
from eigenstep.optimizers.domains import LearningRate
from eigenstep.optimizers.rule import rule
from eigenstep.optimizers.rules import ALL_RULES

known = lru_cache(symmetries)


@pytest.mark.parametrize("name", ALL_RULES)
def test_the_table_is_what_the_rules_do(name):
    assert known(ALL_RULES[name]) == measured_symmetries(ALL_RULES[name])


def test_adadelta_alone_among_the_elementwise_has_the_parameters_unit():
    assert {n for n in ALL_RULES if known(ALL_RULES[n])["units"]} == {
        "adadelta", "lars", "lamb", "ralamb", "ranger_lars",
    }  # fmt: skip


def test_a_step_that_always_points_somewhere_turns_with_no_rotation():
    @rule
    def pushed(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * (g + 1)

    @rule
    def summed(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * ops.sum(g)

    for subject in (pushed, summed):
        assert not known(subject)["rotation"]
        assert not measured_symmetries(subject)["rotation"]
