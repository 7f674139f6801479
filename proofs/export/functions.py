"""The functions of :mod:`~eigenstep.optimizers.ops` on terms of Coq, so that a rule runs on them.

>>> ops.sqrt(Term.real("beta") / 3 + 0.5).text
'sqrt (beta / 3 + 1 / 2)'
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ...optimizers import ops
from .terms import Condition, ExportError, Term, chosen, term


def _refused(name: str) -> Callable[..., Any]:
    def call(*_: Any, **__: Any) -> Any:
        raise ExportError(f"a rule takes {name} of a tensor, which is not exported")

    return call


def _of(op: str) -> Callable[..., Any]:
    return lambda *args: Term(op, *map(term, args))


def _larger(op: str, choose: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, y: Any) -> Term:
        one, two = term(x), term(y)
        if one.op == two.op == "number":
            return Term.number(choose(one.value, two.value))
        return Term(op, one, two)

    return call


FUNCTIONS = SimpleNamespace(
    sqrt=_of("sqrt"), maximum=_larger("max", max), minimum=_larger("min", min), absolute=_of("abs"), sign=_of("sgn"),
    norm=_of("norm"), where=chosen,
    divisor=lambda y, least=0: term(y),
    quotient=lambda x, y: term(x) / y,
    times=lambda factor, x: term(factor) * x,
    excess=lambda x, y: term(x) - y,
    toward=lambda x, goal, by: term(x) + by * Term("sgn", term(goal) - x),
    **{name: _refused(name) for name in ("sum", "max", "size", *ops.MATRIX_FUNCTIONS)},
)  # fmt: skip
"""What the functions of :mod:`~eigenstep.optimizers.ops` are on terms, in theory's sense as there."""
ops.register(Term, FUNCTIONS)
ops.register(Condition, FUNCTIONS)
