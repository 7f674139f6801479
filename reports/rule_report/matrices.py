"""What a rule can be run on: on matrices only where it refuses a vector, or keeps a square beside it."""

from __future__ import annotations

import warnings
from functools import lru_cache

from ...optimizers.errors import RuleError
from ...optimizers.rule import Rule
from ...optimizers.shapes import LEFT, RIGHT
from .part import Refused


@lru_cache(maxsize=64)
def matrices_only(rule: Rule) -> bool:
    """Whether a rule refuses a vector and takes a matrix, or keeps a square matrix beside a parameter.

    >>> from eigenstep.optimizers.rules import adam, muon
    >>> matrices_only(muon), matrices_only(adam)
    (True, False)
    """
    if any(rule.shape(s) in (LEFT, RIGHT) for s in rule.state):
        return True
    return not _steps(rule, (3,)) and _steps(rule, (3, 2))


def given_gradients_alone(rule: Rule) -> None:
    """Raise unless gradients are all that a rule is given.

    Raises:
        Refused: it is given more, which nothing here computes.
    """
    if rule.given:
        raise Refused(
            f"{rule.name} is given {', '.join(rule.given)} beside the gradient, which is not computed here"
        )


def _steps(rule: Rule, shape: tuple[int, ...]) -> bool:
    import torch

    from ...optimizers import RuleOptimizer

    p = torch.nn.Parameter(torch.ones(shape))
    p.grad = torch.ones(shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            RuleOptimizer([p], rule, engine="blocked").step()
        except RuleError:
            return False
        except Exception:  # of the rule's own: not its shapes
            return True
    return True


__all__ = ["given_gradients_alone", "matrices_only"]
