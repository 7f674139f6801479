"""A rule recorded as a whole: its coefficients too, as functions of the step and the hyperparameters.

>>> from eigenstep.optimizers.rules import adagrad
>>> whole = record_whole(adagrad, {**adagrad.with_defaults({}), "eps": 0.0}, free=("lr",))
>>> [node.op for node in whole.recorder.nodes][:5]
['input', 'input', 'input', 'step', 'coefficient']
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..errors import EigenstepError
from ..rule import Rule
from .nodes import Node, NotRecordable, Recorder
from .operand import Operand, Value
from .recording import recording


@dataclass(frozen=True)
class Whole:
    """What was recorded of a rule.

    Attributes:
        recorder: all operations.
        inputs: the nodes of θ, g and the state.
        free: by name, the nodes of the hyperparameters that were left open.
        outputs: the nodes of the new θ and the new state.
        point: where the gradient is taken.
        start: the state before the first step.
        names: what the code calls its values: the names of each node, a coefficient's first, then those that
            the innermost function has.
        opaque: the coefficients that could not be recorded, and stand for themselves.
    """

    rule: Rule
    recorder: Recorder
    inputs: tuple[Node, ...]
    step: Node
    free: Mapping[str, Node]
    outputs: tuple[Node, ...]
    point: Node
    start: tuple[Node, ...]
    names: Mapping[Node, list[str]] = field(default_factory=dict)
    opaque: tuple[str, ...] = ()


def record_whole(
    rule: Rule,
    values: Mapping[str, Any],
    free: Sequence[str],
    *,
    recorder: Recorder | None = None,
    kind: type[Operand] = Value,
) -> Whole:
    """Run the rule once, coefficients and update, on recording values.

    Args:
        rule: any rule.
        values: the hyperparameters that are not left open.
        free: the others, which stay symbols.
        recorder: what records; by default every operation as it is.
        kind: what the rule computes with.

    Raises:
        NotRecordable: the update computes with something else than operations and norms.
    """
    recorder = recorder or Recorder(powers=True)
    width = 2 + len(rule.state)
    inputs = tuple(recorder.node("input", value=i) for i in range(width))
    step = recorder.node("step")
    open_ = {name: recorder.node("coefficient", value=name) for name in free}
    given = {**values, **{name: kind(recorder, node) for name, node in open_.items()}}
    theta, g, *state = (kind(recorder, node) for node in inputs)
    with _noting_names(kind) as names:
        coefficients, opaque = _coefficients(rule, kind(recorder, step), given, recorder, kind)
        with recording(rule):
            point = rule.gradient_point(theta, *state, **coefficients)
            new = rule(theta, g, *state, **coefficients)
    with recording(rule):
        start = [recorder.lift(v) for v in rule.initial_state(theta, given)]
    for name, value in coefficients.items():
        if isinstance(value, Operand):
            names.setdefault(value.node, []).insert(0, name)
    return Whole(
        rule, recorder, inputs, step, open_, tuple(map(recorder.lift, new)), recorder.lift(point),
        tuple(start), names, tuple(opaque),
    )  # fmt: skip


def _coefficients(
    rule: Rule, step: Any, given: Mapping[str, Any], recorder: Recorder, kind: type[Operand]
) -> tuple[dict[str, Any], list[str]]:
    """The coefficients; those of a function that branches on its arguments stand for themselves.

    So do the numbers that the coefficients remember from step to step.
    """
    remembered = tuple(rule.memory.start if rule.memory else ())
    memory = {k: kind(recorder, recorder.node("coefficient", value=k)) for k in remembered}
    try:
        return dict(rule.coefficients(step, {**given, **memory})), list(remembered)
    except EigenstepError as error:
        if not isinstance(error, NotRecordable):
            raise
    except Exception:
        pass
    numbers = rule.coefficients(1, rule.with_defaults({k: v for k, v in given.items()
                                                       if not isinstance(v, Operand)}))  # fmt: skip
    opaque = [k for k, v in numbers.items() if isinstance(v, int | float) and not isinstance(v, bool)
              and k not in given]  # fmt: skip
    found = {k: given.get(k, v) for k, v in numbers.items()}
    return {
        **found,
        **{k: kind(recorder, recorder.node("coefficient", value=k)) for k in opaque},
    }, opaque


@contextmanager
def _noting_names(kind: type[Operand]) -> Iterator[dict[Node, list[str]]]:
    """Note what the rules' own functions call their values, as each returns."""
    found: dict[Node, list[str]] = {}
    callers = {Rule.__call__.__code__, Rule.coefficients.__code__}
    ours = Rule.__call__.__code__.co_filename  # whose comprehensions have frames of their own

    def watch(frame: Any, event: str, argument: Any) -> None:
        if event != "return" or frame.f_back is None or frame.f_code.co_filename == ours:
            return
        if frame.f_back.f_code in callers:
            for name, value in frame.f_locals.items():
                if isinstance(value, kind):
                    found.setdefault(value.node, []).append(name)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield found
    finally:
        sys.setprofile(before)


__all__ = ["Whole", "record_whole"]
