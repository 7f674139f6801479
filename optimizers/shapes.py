"""What a state variable is: a tensor like the parameter, or less, or a matrix beside it.

The annotation of a state variable says it; without one it is a tensor of the parameter's shape.

>>> from eigenstep.optimizers.rule import rule
>>> from eigenstep.optimizers.ops import mean
>>> from eigenstep.optimizers.domains import LearningRate
>>> @rule
... def on_columns(theta, g, r: Column, *, lr: LearningRate = 0.1):
...     r = r + mean(g * g, axis=-1)
...     return theta - lr * g / r**0.5, r
>>> on_columns.shapes["r"].of((3, 4))
(3, 1)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True)
class Shape:
    """What a state variable is, for a parameter of a shape.

    Attributes:
        name: what it is called.
        of: its shape, of the parameter's shape (of at least two axes for rows, columns and squares).
        matrix: whether the rule takes parameters as matrices, a vector as one of one row.
    """

    name: str
    of: Callable[[tuple[int, ...]], tuple[int, ...]]
    matrix: bool = False

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name.upper().replace(" ", "_")


TENSOR = Shape("tensor", lambda s: s)
GIVEN = Shape("given", lambda s: s)
NUMBER = Shape("number", lambda s: ())
GROUP = Shape("group", lambda s: ())
ROW = Shape("row", lambda s: (*s[:-2], 1, s[-1]), matrix=True)
COLUMN = Shape("column", lambda s: (*s[:-1], 1), matrix=True)
LEFT = Shape("left", lambda s: (*s[:-2], s[-2], s[-2]), matrix=True)
RIGHT = Shape("right", lambda s: (*s[:-2], s[-1], s[-1]), matrix=True)

Tensor = Annotated[Any, TENSOR]
"""Like the parameter; what a state variable is without an annotation."""
Given = Annotated[Any, GIVEN]
"""Like the parameter, and given from without (a Hessian's diagonal): the rule reads it only."""
Number = Annotated[Any, NUMBER]
"""One number of each parameter tensor, in float64."""
Group = Annotated[Any, GROUP]
"""One number of all parameters of a group, in float64."""
Row = Annotated[Any, ROW]
"""A row of the parameter matrix: one number a column."""
Column = Annotated[Any, COLUMN]
"""A column of the parameter matrix: one number a row."""
Left = Annotated[Any, LEFT]
"""A square matrix with as many rows as the parameter matrix has rows."""
Right = Annotated[Any, RIGHT]
"""A square matrix with as many rows as the parameter matrix has columns."""
