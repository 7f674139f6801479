"""The table of symmetries against runs of the real rules on transformed problems."""

from functools import lru_cache

import pytest
from eigenstep.analysis.symmetries import measured_symmetries, symmetries
from eigenstep.optimizers.rules import ALL_RULES

known = lru_cache(symmetries)


@pytest.mark.parametrize("name", ALL_RULES)
def test_the_table_is_what_the_rules_do(name):
    assert known(ALL_RULES[name]) == measured_symmetries(ALL_RULES[name])


def test_adadelta_alone_among_the_elementwise_has_the_parameters_unit():
    assert {n for n in ALL_RULES if known(ALL_RULES[n])["units"]} == {
        "adadelta", "lars", "lamb", "ralamb", "ranger_lars",
    }  # fmt: skip
