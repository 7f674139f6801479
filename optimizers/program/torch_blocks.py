"""Run a recorded update with torch's own operations, block by block, into buffers that are reused.

No compiler is needed. Each operation of the program is one call with ``out=`` on a block that fits the
cache; where nothing later needs the old value of a state variable, its new value is computed in place.
Operations that change nothing (adding a zero ε, a factor of one) are left out.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .nodes import Node
from .phases import Phase, Program
from .scalars import evaluate_scalars, gathered_value

LOW_PRECISION = (torch.float16, torch.bfloat16)
"""Types in which what is stored is rounded: such a step is computed in float32 and written at its end."""

BLOCK = 1 << 17
"""Elements in a block: 512 KiB of float32; measured, as are 64 and 256 thousand, to be about the best."""


def _sqrt(x: Tensor, *, out: Tensor) -> Tensor:
    """The correctly rounded root: on the CPU ``torch.sqrt`` may be MKL's, a bit off at times."""
    if x.device.type != "cpu":
        return torch.sqrt(x, out=out)
    with np.errstate(invalid="ignore"):
        np.sqrt(x.detach().numpy(), out=out.numpy())
    return out


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "neg": torch.neg,
    "sqrt": _sqrt, "maximum": torch.maximum, "minimum": torch.minimum, "where": torch.where,
    "sign": torch.sign, "absolute": torch.abs, "lt": torch.lt, "le": torch.le, "gt": torch.gt,
    "ge": torch.ge, "eq": torch.eq, "ne": torch.ne, "and": torch.logical_and,
    "or": torch.logical_or, "not": torch.logical_not,
}  # fmt: skip
Slot = tuple[str, int]


def _largest(x: Tensor, so_far: float) -> float:
    found = x.max().item()
    return found if found > so_far or math.isnan(found) else so_far


GATHERED: dict[str, tuple[float, Callable[[Tensor, float], float]]] = {
    "norm": (0.0, lambda x, so_far: so_far + _norm(x) ** 2),
    "sum": (0.0, lambda x, so_far: so_far + x.sum(dtype=torch.float64).item()),
    "largest": (-math.inf, _largest),
}
"""Each reduction: what it begins with, and what a block does to it."""


def _norm(x: Tensor) -> float:
    return torch.linalg.vector_norm(x, dtype=torch.float64).item()


class _Plan:
    """The instructions of one phase, for scalars of which it is known which are 0 and which 1."""

    def __init__(self, phase: Phase, values: dict[Node, Any], in_place: bool) -> None:
        self.instructions: list[tuple[Callable[..., Any], Slot, tuple[Slot, ...]]] = []
        self.copies: list[tuple[int, Slot]] = []
        self.reductions: list[tuple[Node, Slot]] = []
        self.scalars: list[Node] = []
        self.kept: list[int] = []
        self.floats = self.booleans = 0
        self._build(phase, values, in_place)

    def _build(self, phase: Phase, values: dict[Node, Any], in_place: bool) -> None:
        alias: dict[Node, Node] = {}

        def real(node: Node) -> Node:
            while node in alias:
                node = alias[node]
            return node

        for node in phase.nodes:
            kept = _unchanged(node, values)
            if kept is not None:
                alias[node] = kept
        targets = [real(n) for _, n in phase.stores] + [real(n.args[0]) for n in phase.reductions]
        wanted: set[Node] = set()
        stack = list(targets)
        leaves = {node: i for i, node in phase.loads.items()}
        while stack:
            node = stack.pop()
            if node in wanted or node in leaves or not node.array:
                continue
            wanted.add(node)
            stack.extend(real(a) for a in node.args)
        order = [n for n in phase.nodes if n in wanted]
        end = len(order)
        last: dict[Node, int] = {}
        for position, node in enumerate(order):
            for argument in node.args:
                last[real(argument)] = position
        for target in targets:
            last[target] = end
        place: dict[Node, Slot] = {node: ("leaf", i) for node, i in leaves.items()}
        goal = {real(n): i for i, n in phase.stores}
        free: dict[bool, list[int]] = {False: [], True: []}
        counts = {False: 0, True: 0}
        numbers: dict[Node, int] = {}

        def slot(node: Node) -> Slot:
            if node.array:
                return place[node]
            if node not in numbers:
                numbers[node] = len(self.scalars)
                self.scalars.append(node)
            return ("scalar", numbers[node])

        for position, node in enumerate(order):
            arguments = [real(a) for a in node.args]
            sources = tuple(slot(a) for a in arguments)
            for argument in set(arguments):
                where, number = slot(argument)
                if where in ("float", "boolean") and last[argument] == position:
                    free[where == "boolean"].append(number)
            index = goal.get(node)
            old = phase.loads.get(index) if index is not None else None
            if in_place and index is not None and (old is None or last.get(old, -1) <= position):
                place[node] = ("leaf", index)
            else:
                pool = free[node.boolean]
                if not pool:
                    pool.append(counts[node.boolean])
                    counts[node.boolean] += 1
                place[node] = ("boolean" if node.boolean else "float", pool.pop())
            self.instructions.append((OPERATIONS[node.op], place[node], sources))
        self.copies = [(i, slot(real(n))) for i, n in phase.stores if slot(real(n)) != ("leaf", i)]
        # All are written at once: what is handed from one variable to another is its old value.
        written = {i for i, _ in self.copies}
        self.kept = [
            k for k, (_, (where, j)) in enumerate(self.copies) if where == "leaf" and j in written
        ]
        self.reductions = [(n, slot(real(n.args[0]))) for n in phase.reductions]
        self.floats, self.booleans = counts[False], counts[True]


def _unchanged(node: Node, values: dict[Node, Any]) -> Node | None:
    """The argument that the operation hands on as it is, if it does."""
    if node.op == "where" and not node.args[0].array:
        chosen = node.args[1] if values[node.args[0]] else node.args[2]
        return chosen if chosen.array else None  # a number would have to be spread over the array
    if len(node.args) != 2:
        return None
    x, y = node.args
    if not y.array:
        neutral = {"add": 0.0, "sub": 0.0, "mul": 1.0, "div": 1.0}.get(node.op)
        return x if neutral is not None and values[y] == neutral else None
    if not x.array:
        neutral = {"add": 0.0, "mul": 1.0}.get(node.op)
        return y if neutral is not None and values[x] == neutral else None
    return None


class Blocked:
    """The block-by-block run of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._plans: dict[Any, _Plan] = {}
        self._mine = threading.local()  # two threads may step two models by one rule

    def phases(self, dtype: torch.dtype) -> tuple[Phase, ...]:
        """The passes over tensors of a type."""
        return self.program.phases(late=dtype in LOW_PRECISION)

    def __call__(
        self, tensors: Sequence[Tensor], coefficients: Sequence[float],
        shared: dict[Any, Any] | None = None, given: Mapping[Node, float] | None = None,
    ) -> tuple[float, ...]:  # fmt: skip
        """Step one parameter; what is gathered is whole. Arguments and result as in :meth:`walk`."""
        walk = self.walk(tensors, coefficients, shared, given)
        try:
            sums = next(walk)
            while True:
                sums = walk.send(sums)
        except StopIteration as end:
            return end.value

    def walk(
        self, tensors: Sequence[Tensor], coefficients: Sequence[float],
        shared: dict[Any, Any] | None = None, given: Mapping[Node, float] | None = None,
    ) -> Generator[list[float], list[float], tuple[float, ...]]:  # fmt: skip
        """Step one parameter, phase by phase; the new numbers of the tensor.

        After each phase that gathers something it is yielded, and what is sent back is taken for it:
        the same of all processes that hold parts of the tensor, or of all tensors of the group.

        Args:
            tensors: θ, the gradient, and the state, each one-dimensional and contiguous.
            coefficients: in the order of the program.
            shared: kept from parameter to parameter of one step: what their runs have in common.
            given: what is known of the tensor: its size, its numbers.
        """
        low = tensors[0].dtype in LOW_PRECISION
        phases = self.phases(tensors[0].dtype)
        dtype = torch.float32 if low else tensors[0].dtype
        in_place = not low
        shared = {} if shared is None else shared
        gathered: dict[Node, float] = dict(given or {})
        values: dict[Node, Any] = {}
        for number, phase in enumerate(phases):
            key = (number, dtype, in_place)
            if key not in shared:
                evaluate_scalars(self.program, [phase], values, coefficients, gathered)
                plan = self._plan(number, phase, values, in_place)
                scalars = [
                    torch.tensor(values[n], dtype=torch.bool if n.boolean else dtype)
                    for n in plan.scalars
                ]
                if not gathered:
                    shared[key] = (dict(values), plan, scalars)
            else:
                known, plan, scalars = shared[key]
                values |= known
            sums = self._pass(plan, phase, tensors, scalars, dtype, in_place)
            if phase.reductions:
                sums = yield sums
                gathered |= {n: gathered_value(n, s)
                             for n, s in zip(phase.reductions, sums, strict=True)}  # fmt: skip
        return tuple(float(values[n]) for n in self.program.new_numbers)

    def _plan(self, number: int, phase: Phase, values: dict[Node, Any], in_place: bool) -> _Plan:
        used = [a for n in phase.nodes for a in n.args if not a.array]
        kinds = tuple(v if isinstance(v, bool) else (v == 0) + 2 * (v == 1)
                      for v in (values[n] for n in used))  # fmt: skip
        key = (number, in_place, kinds)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) > 64:
                self._plans.clear()
            plan = self._plans[key] = _Plan(phase, values, in_place)
        return plan

    def _pass(
        self, plan: _Plan, phase: Phase, tensors: Sequence[Tensor], scalars: list[Tensor],
        dtype: torch.dtype, in_place: bool,
    ) -> list[float]:  # fmt: skip
        sums = [GATHERED[n.op][0] for n, _ in plan.reductions]
        first = tensors[0]
        size = first.numel()
        if size == 0:
            return sums
        floats, booleans = self._scratch(plan, dtype, first.device, len(tensors), in_place)
        used = sorted({*phase.loads, *(i for i, _ in phase.stores)})
        parts = {i: tensors[i].split(BLOCK) if size > BLOCK else (tensors[i],) for i in used}
        for block in range(len(next(iter(parts.values()), ()))):
            leaves: Any = {i: p[block] for i, p in parts.items()}
            spaces: Any = {"leaf": leaves, "float": floats, "boolean": booleans, "scalar": scalars}
            length = leaves[used[0]].shape[0]
            if length != BLOCK:
                spaces["float"] = [b[:length] for b in floats]
                spaces["boolean"] = [b[:length] for b in booleans]
            if not in_place:  # low precision: computed in float32, rounded once at the end
                wide = spaces["float"][plan.floats :]
                spaces["leaf"] = {i: w.copy_(leaves[i])
                                  for i, w in zip(phase.loads, wide, strict=False)}  # fmt: skip
            for function, (where, number), arguments in plan.instructions:
                function(*[spaces[w][n] for w, n in arguments], out=spaces[where][number])
            for k, (node, (where, number)) in enumerate(plan.reductions):
                sums[k] = GATHERED[node.op][1](spaces[where][number], sums[k])
            found = [spaces[where][number] for _, (where, number) in plan.copies]
            for k in plan.kept:
                found[k] = found[k].clone()
            for (i, _), value in zip(plan.copies, found, strict=True):
                leaves[i].copy_(value)
        return sums

    def _scratch(
        self, plan: _Plan, dtype: torch.dtype, device: torch.device, leaves: int, in_place: bool
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Buffers of one block for intermediates, kept for this thread's next call."""
        count = plan.floats + (0 if in_place else leaves)
        buffers: dict[Any, list[Tensor]] = self._mine.__dict__.setdefault("buffers", {})
        kept = buffers.setdefault((dtype, device), [])
        flags = buffers.setdefault((torch.bool, device), [])
        for space, kind, wanted in ((kept, dtype, count), (flags, torch.bool, plan.booleans)):
            while len(space) < wanted:
                space.append(torch.empty(BLOCK, dtype=kind, device=device))
        return kept, flags
