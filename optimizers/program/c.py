"""A program in C: one function a phase, one pass over memory, many tensors a call.

Each function is given the addresses of all tensors at once and splits them into tasks of equal size over the
threads; scalars stay in registers; sums are added in float64 in an order that does not depend on
the number of threads. Arithmetic is IEEE: no contraction, no reassociation, so that the results are those of
torch's own operations, bit for bit.

>>> from eigenstep.optimizers.program import record
>>> from eigenstep.optimizers.rules import gradient_descent
>>> print("p0[i] = a6;" in source(record(gradient_descent, ("lr",), {}), "float32"))
True
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .nodes import REDUCTIONS, Node
from .phases import Phase, Program


@dataclass(frozen=True)
class _Type:
    """How a type stands in memory, what it is computed in, and how it gets there and back."""

    stored: str
    computed: str
    load: str = "{}"
    store: str = "{}"
    late: bool = False


_TYPES = {
    "float32": _Type("float", "float"),
    "float64": _Type("double", "double"),
    "bfloat16": _Type("uint16_t", "float", "load_bfloat16({})", "store_bfloat16({})", late=True),
    "float16": _Type("_Float16", "float", "(float){}", "(_Float16){}", late=True),
}
TYPES = tuple(_TYPES)
"""The names of the types that there is C for."""
_HEADER = r"""
#include <stdint.h>
#include <string.h>
#define INF __builtin_inf()
#define NOT_A_NUMBER __builtin_nan("")
static inline float load_bfloat16(uint16_t x) {
    uint32_t u = (uint32_t)x << 16; float f; memcpy(&f, &u, 4); return f;
}
static inline uint16_t store_bfloat16(float f) {
    uint32_t u; memcpy(&u, &f, 4);
    uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
    return f != f ? 0x7fc0 : rounded;
}
"""
OPERATIONS = {
    "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}", "neg": "-{0}",
    "lt": "{0} < {1}", "le": "{0} <= {1}", "gt": "{0} > {1}", "ge": "{0} >= {1}", "eq": "{0} == {1}",
    "ne": "{0} != {1}", "sqrt": "__builtin_sqrt{f}({0})", "absolute": "__builtin_fabs{f}({0})",
    "maximum": "(({0} > {1}) | ({0} != {0})) ? {0} : {1}",  # NaN where either is
    "minimum": "(({0} < {1}) | ({0} != {0})) ? {0} : {1}",
    "where": "{0} ? {1} : {2}", "sign": "({kind})(({0} > 0) - ({0} < 0))",
    "and": "{0} & {1}", "or": "{0} | {1}", "not": "!{0}",
}  # fmt: skip
"""Each operation in C; ``kind`` is ``float`` or ``double``, ``f`` the former's suffix."""
GATHERED = {
    "norm": ("0", "{sum} += (double){0} * (double){0};"), "sum": ("0", "{sum} += (double){0};"),
    "largest": ("-INF", "{sum} = ({0} > {sum} | {0} != {0}) ? (double){0} : {sum};"),  # NaN stays
}  # fmt: skip
"""Each reduction: what it begins with, and what each element does to it."""


def _number(value: float) -> str:
    if value != value:
        return "NOT_A_NUMBER"
    if value in (float("inf"), float("-inf")):
        return "INF" if value > 0 else "(-INF)"
    return value.hex()


def _expression(node: Node, name: Callable[[Node], str], kind: str) -> str:
    """One operation in C, of type ``kind``."""
    suffix = "f" if kind == "float" else ""
    return OPERATIONS[node.op].format(*map(name, node.args), kind=kind, f=suffix)


def phases_of(program: Program, dtype: str) -> tuple[Phase, ...]:
    """The program's passes over tensors of a type of :data:`TYPES`."""
    return program.phases(_TYPES[dtype].late)


def source(program: Program, dtype: str) -> str:
    """The C source of a program, one function ``phase0``, ``phase1``, … a phase.

    Args:
        dtype: one of :data:`TYPES`.
    """
    phases = enumerate(phases_of(program, dtype))
    return _HEADER + "".join(_phase(program, n, phase, _TYPES[dtype]) for n, phase in phases)


def _scalars_of(phase: Phase) -> list[Node]:
    """The scalar nodes that a phase's array operations read, each after its arguments."""
    wanted: set[Node] = set()
    stack = [a for n in phase.nodes for a in n.args if not a.array]
    stack += [n for _, n in phase.stores if not n.array]
    while stack:
        node = stack.pop()
        if node not in wanted:
            wanted.add(node)
            if node.op not in REDUCTIONS:
                stack.extend(node.args)
    return sorted(wanted, key=lambda n: n.index)


def _phase(program: Program, number: int, phase: Phase, dtype: _Type) -> str:
    stored, kind = dtype.stored, dtype.computed
    gathered = {n: k for k, n in enumerate(program.gathered)}
    coefficients = {name: i for i, name in enumerate(program.coefficients)}
    width = len(program.inputs)

    def scalar(node: Node) -> str:
        return f"s{node.index}"

    def either(node: Node) -> str:
        return f"a{node.index}" if node.array else f"c{node.index}"

    known: dict[Node, bool] = {}

    def own(node: Node) -> bool:
        """Whether a number is a tensor's own."""
        if node not in known:
            known[node] = node in gathered or any(map(own, node.args))
        return known[node]

    before, inside = [], []
    for node in _scalars_of(phase):
        if node.op == "constant":
            value = _number(node.value)
        elif node.op == "coefficient":
            value = f"coefficients[{coefficients[node.value]}]"
        elif node in gathered:
            value = f"gathered[tensor * {len(gathered)} + {gathered[node]}]"
        else:
            value = _expression(node, scalar, "double")
        lines = inside if own(node) else before
        if node.boolean:
            lines.append(f"const int s{node.index} = {value}, c{node.index} = s{node.index};")
        else:
            lines.append(f"const double s{node.index} = {value}; "
                         f"const {kind} c{node.index} = ({kind})s{node.index};")  # fmt: skip
    touched = sorted({*phase.loads, *(i for i, _ in phase.stores)})
    written = {i for i, _ in phase.stores}
    pointers = []
    for i in touched:
        const = "" if i in written else "const "
        pointers.append(f"{const}{stored} *restrict p{i} = "
                        f"({const}{stored} *)addresses[tensor * {width} + {i}] + start;")  # fmt: skip
    body = [f"const {kind} a{node.index} = {dtype.load.format(f'p{i}[i]')};"
            for i, node in phase.loads.items()]  # fmt: skip
    for node in phase.nodes:
        value = _expression(node, either, kind)
        body.append(f"const {'int' if node.boolean else kind} a{node.index} = {value};")
    sums = [f"sum{k}" for k in range(len(phase.reductions))]
    for name, node in zip(sums, phase.reductions, strict=True):
        body.append(GATHERED[node.op][1].format(either(node.args[0]), sum=name))
    body += [f"p{i}[i] = {dtype.store.format(either(n))};" for i, n in phase.stores]
    added = [s for s, n in zip(sums, phase.reductions, strict=True) if n.op != "largest"]
    simd = "#pragma omp simd" + (f" reduction(+:{','.join(added)})" if added else "")
    simd = simd if added == sums else ""  # a largest element goes from one to the next
    begin = [
        f"double {s} = {GATHERED[n.op][0]};" for s, n in zip(sums, phase.reductions, strict=True)
    ]
    after = [f"partial[task * {len(sums)} + {k}] = {name};" for k, name in enumerate(sums)]
    newline = "\n        "
    lines = newline.join([
        *inside, *pointers, *begin, "const int64_t count = stops[task] - start;", simd,
        "for (int64_t i = 0; i < count; i++) {", *(f"    {line}" for line in body), "}", *after,
    ])  # fmt: skip
    ahead = "\n    ".join(before)
    return f"""
void phase{number}(int64_t tasks, const int64_t *tensors, const int64_t *starts, const int64_t *stops,
        void *const *addresses, const double *coefficients, const double *gathered, double *partial,
        int threads) {{
    {ahead}
    #pragma omp parallel for schedule(static) num_threads(threads) if(threads > 1)
    for (int64_t task = 0; task < tasks; task++) {{
        const int64_t tensor = tensors[task], start = starts[task];
        {lines}
    }}
}}
"""
