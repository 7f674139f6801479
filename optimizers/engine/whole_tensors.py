"""Step by a rule's own function on whole tensors, in the shapes that they have.

So are stepped the rules of matrices, and those that cannot be recorded: what these do with a tensor is not
known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import RuleError
from ..program.torch_blocks import LOW_PRECISION
from ..rule import Rule
from .jobs import Job


def as_matrix(tensor: Tensor) -> Tensor:
    """The tensor with at least two axes: a vector as a row."""
    return tensor if tensor.ndim > 1 else tensor[None] if tensor.ndim else tensor[None, None]


def new_values(
    rule: Rule, coefficients: Mapping[str, Any], theta: Tensor, g: Tensor, state: Sequence[Any]
) -> list[Any]:
    """The new parameter and state; None for what the rule hands back as it was."""
    low = theta.dtype in LOW_PRECISION
    if low:
        theta, g = theta.float(), g.float()
        state = [s.float() if isinstance(s, Tensor) else s for s in state]
    new = rule(theta, g, *state, **coefficients)
    # What was widened is written back in any case: the rule may have changed it in place.
    return [None if a is b and not low else a for a, b in zip(new, (theta, *state), strict=True)]


def step(rule: Rule, job: Job, coefficients: Mapping[str, Any], maximize: bool) -> None:
    """Step one parameter, all but its gradient in place; its numbers become the new ones.

    Raises:
        RuleError: the rule returned something of another shape; nothing has been written.
    """
    theta, g, *state = job.row.tensors
    given = [torch.view_as_real(t) if t.is_complex() else t for t in (theta, *state)]
    gradient = torch.view_as_real(g.resolve_conj()) if g.is_complex() else g
    if rule.matrices:  # a vector is a matrix of one row
        gradient = as_matrix(gradient)
        given = [as_matrix(t) if t.shape == given[0].shape else t for t in given]
    names = [s for s in rule.state if s not in rule.numbers]
    held: dict[str, Any] = dict(zip(names, given[1:], strict=True))
    held |= dict(zip(rule.numbers, job.numbers, strict=True))
    new = new_values(
        rule, coefficients, given[0],
        -gradient if maximize else gradient, [held[s] for s in rule.state],
    )  # fmt: skip
    after = dict(zip(rule.state, new[1:], strict=True))
    new_numbers = [after.pop(n) for n in rule.numbers]
    new = [new[0], *after.values()]
    # What is handed back as another variable's new value is read before that one is written.
    places = {t.untyped_storage().data_ptr() for t in (*given, gradient)}
    new = [v.clone() if isinstance(v, Tensor) and v.untyped_storage().data_ptr() in places else v
           for v in new]  # fmt: skip
    for old, value in zip(given, new, strict=True):
        shape = tuple(getattr(value, "shape", ()))
        if value is not None and shape != tuple(old.shape):
            raise RuleError(
                f"rule {rule.name} returned the shape {shape} for a tensor of the shape "
                f"{tuple(old.shape)}"
            )
    for name, value in zip(rule.numbers, new_numbers, strict=True):
        if value is not None and getattr(value, "shape", ()) != ():
            raise RuleError(
                f"rule {rule.name} returned the shape {tuple(value.shape)} for {name}, which is one number"
            )
    for old, value in zip(given, new, strict=True):
        if value is not None:
            old.copy_(value if isinstance(value, Tensor) else torch.as_tensor(value))
    job.numbers = tuple(before if now is None else float(now)
                        for before, now in zip(job.numbers, new_numbers, strict=True))  # fmt: skip
