"""A rule's update as a list of elementwise operations, recorded by running the rule once.

The recorded program is what everything that runs or shows an update is made of; each language that it is
written in is a file of this room. Scalars (coefficients, and what is computed of them alone) are kept apart
from arrays; what is gathered of the whole tensor (a norm, a sum, the largest element) ends a *phase*, and the
next phase goes on with the result. What a phase computes anew of the state is written as early as nothing
later needs the old value, so that no temporary of the tensor's size exists.

>>> from eigenstep.optimizers.rules import gradient_descent
>>> program = record(gradient_descent, ("lr",), {})
>>> [node.op for node in program.nodes]
['input', 'input', 'coefficient', 'coefficient', 'mul', 'mul', 'sub']
>>> len(program.phases())
1
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import EigenstepError, RuleError
from ..rule import Rule
from .nodes import Node, NotRecordable, Recorder, WholeTensors
from .operand import Value
from .phases import Program

SIGN = "sign of the gradient"
"""The coefficient, 1 or -1, that turns descent into ascent."""


@contextmanager
def recording(rule: Rule) -> Iterator[None]:
    """What a rule raises on recording values leaves as :class:`NotRecordable`, if it is for these."""
    try:
        yield
    except EigenstepError as error:
        if isinstance(error, NotRecordable):
            raise type(error)(f"rule {rule.name} cannot be recorded: {error}") from error
        raise
    except (TypeError, AttributeError, StopIteration) as error:
        raise NotRecordable(f"rule {rule.name} cannot be recorded: {error}") from error
    except Exception as error:
        said = " ".join(str(error).split())
        raise RuleError(f"rule {rule.name} failed: {type(error).__name__}: {said}") from error


def record(rule: Rule, names: Sequence[str], choices: Mapping[str, Any]) -> Program:
    """Run the rule once on recording values.

    Args:
        rule: the rule, its gradient at the stored parameter.
        names: the numeric coefficients; the program's first coefficient is :data:`SIGN`, then these.
        choices: the other coefficients, with their values.

    Raises:
        NotRecordable: the rule computes with something else.
    """
    recorder = Recorder()
    tensors = [rule.parameter, rule.gradient, *(s for s in rule.state if s not in rule.numbers)]
    inputs = [recorder.node("input", value=i) for i in range(len(tensors))]
    by_name = dict(zip(tensors, inputs, strict=True)) | {
        n: recorder.node("number", value=n) for n in rule.numbers
    }
    all_names = (SIGN, *names)
    coefficients = [recorder.node("coefficient", value=n) for n in all_names]
    if rule.matrices:
        raise WholeTensors(
            f"rule {rule.name} is run on whole tensors: it has rows, columns or squares"
        )
    theta, g = (Value(recorder, n) for n in inputs[:2])
    state = [Value(recorder, by_name[s]) for s in rule.state]
    values = {n: Value(recorder, c) for n, c in zip(names, coefficients[1:], strict=True)}
    sign = Value(recorder, coefficients[0])
    with recording(rule):
        new = rule(theta, g * sign, *state, **values, **choices)
    new_theta, *new_state = new
    outputs: list[Node | None] = [None if new_theta is theta else recorder.lift(new_theta), None]
    new_numbers = []
    for name, before, after in zip(rule.state, state, new_state, strict=True):
        if name not in rule.numbers:
            outputs.append(None if after is before else recorder.lift(after))
        elif recorder.lift(after).array:
            raise RuleError(
                f"rule {rule.name} returned a tensor for {name}, which is one number of each"
            )
        else:
            new_numbers.append(recorder.lift(after))
    return Program(recorder.nodes, inputs, all_names, outputs, rule.numbers, new_numbers)


__all__ = ["SIGN", "NotRecordable", "Program", "WholeTensors", "record", "recording"]
