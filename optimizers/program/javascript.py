"""A program in JavaScript: an update on arrays of numbers, with the rule's coefficients in it.

>>> from eigenstep.optimizers.rules import gradient_descent
>>> from eigenstep.optimizers.program.whole import record_whole
>>> text = source(record_whole(gradient_descent, {}, free=("lr",)), {"lr": "eta"})
>>> print(text.partition(", step: ")[2])
(x, g, s, t, eta) => { return [x.map((_, i) => x[i] - (eta * g[i])), []]; }}
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .nodes import REDUCTIONS, Node, NotRecordable
from .whole import Whole

OPERATIONS = {
    "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}", "neg": "-{0}",
    "pow": "{0} ** {1}", "mod": "{0} % {1}", "lt": "{0} < {1}", "le": "{0} <= {1}", "gt": "{0} > {1}",
    "ge": "{0} >= {1}", "eq": "{0} === {1}", "ne": "{0} !== {1}", "sqrt": "Math.sqrt({0})",
    "absolute": "Math.abs({0})", "maximum": "Math.max({0}, {1})", "minimum": "Math.min({0}, {1})",
    "where": "{0} ? {1} : {2}", "sign": "Math.sign({0})", "and": "{0} && {1}",
    "or": "{0} || {1}", "not": "!{0}", "norm": "norm(i => {0})", "sum": "sum(i => {0})",
    "largest": "largest(i => {0})", "size": "x.length",
}  # fmt: skip
"""Each operation in JavaScript; a reduction is over the coordinates i."""
_GATHERED = {
    "norm": "const norm = f => Math.hypot(...x.map((_, i) => f(i)));",
    "sum": "const sum = f => x.reduce((s, _, i) => s + f(i), 0);",
    "largest": "const largest = f => Math.max(...x.map((_, i) => f(i)));",
}


def source(whole: Whole, names: Mapping[str, str]) -> str:
    """A rule as a JavaScript object of functions of arrays.

    ``start(x, …)`` is the state before the first step, ``point(x, s, t, …)`` where the gradient is taken and
    ``step(x, g, s, t, …)`` returns the new x and state; x, g and each state are arrays.

    Args:
        whole: the recorded rule.
        names: the open hyperparameters in the order of the arguments, and what each is called.
    """
    if whole.opaque:
        raise NotRecordable(
            f"rule {whole.rule.name}: its coefficient {whole.opaque[0]} cannot be recorded"
        )
    more = "".join(f", {n}" for n in names.values())
    start = _Function(whole, names, whole.start)
    point = _Function(whole, names, [whole.point])
    step = _Function(whole, names, whole.outputs)
    theta, *state = step.results
    begin = start.returning("[" + ", ".join(start.results) + "]")
    return (
        f"{{start: (x{more}) => {begin}, "
        f"point: (x, s, t{more}) => {point.returning(point.results[0])}, "
        f"step: (x, g, s, t{more}) => {{ {step.body}return [{theta}, [{', '.join(state)}]]; }}}}"
    )


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    text = repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return f"({text})" if value < 0 else text


class _Function:
    """The statements that compute some nodes, and the expressions of these.

    What is used once stands where it is used; what is used more often, and a scalar that arrays are
    computed of, has a constant of its own.
    """

    def __init__(self, whole: Whole, names: Mapping[str, str], targets: Sequence[Node]) -> None:
        self._inputs = ["x[i]", "g[i]", *(f"s[{k}][i]" for k in range(len(whole.inputs) - 2))]
        self._given = dict(names)
        self._named: dict[Node, str] = {}
        needed: set[Node] = set()
        uses = dict.fromkeys(targets, 1)
        hoisted: set[Node] = set()
        stack = list(targets)
        while stack:
            node = stack.pop()
            if node in needed:
                continue
            needed.add(node)
            for argument in node.args:
                uses[argument] = uses.get(argument, 0) + 1
                if not argument.array and (node.array or node.op in REDUCTIONS):
                    hoisted.add(argument)
                stack.append(argument)
        statements = []
        statements += [text for op, text in _GATHERED.items() if any(n.op == op for n in needed)]
        for node in sorted(needed, key=lambda n: n.index):
            if node.args and (uses.get(node, 0) > 1 or node in hoisted or node.op in REDUCTIONS):
                text = self._expression(node)
                name = f"{'a' if node.array else 'c'}{len(self._named)}"
                statements.append(f"const {name} = {_mapped(text) if node.array else text};")
                self._named[node] = f"{name}[i]" if node.array else name
        self.body = "".join(f"{line} " for line in statements)
        self.results = [self._whole(node) for node in targets]

    def _whole(self, node: Node) -> str:
        """An array, not an element of it."""
        text = self._written(node)
        if text in self._inputs or (node in self._named and node.array):
            return text.removesuffix("[i]")
        return _mapped(self._expression(node))

    def _written(self, node: Node) -> str:
        if node in self._named:
            return self._named[node]
        text = self._expression(node)
        return f"({text})" if node.args and OPERATIONS[node.op][0] in "{-" else text

    def _expression(self, node: Node) -> str:
        if node.op == "input":
            return self._inputs[node.value]
        if node.op == "step":
            return "t"
        if node.op == "coefficient":
            return self._given[node.value]
        if node.op == "constant":
            return _number(node.value)
        return OPERATIONS[node.op].format(*map(self._written, node.args))

    def returning(self, result: str) -> str:
        return f"{{ {self.body}return {result}; }}" if self.body else result


def _mapped(expression: str) -> str:
    return f"x.map((_, i) => {expression})"


__all__ = ["OPERATIONS", "source"]
