"""Shared by the tests of linear rules."""

import pytest


@pytest.fixture(scope="session")
def with_the_rest():
    """A function of a theory and some values: those that it has free, and the rule's own of all others."""

    def values(theory, **given):
        defaults = theory.rule.hyperparameters
        return {k: given.get(k, defaults[k].default) for k in theory.free}

    return values
