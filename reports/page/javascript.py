"""Theory and rules as JavaScript, generated from what was derived and traced: nothing is typed again.

>>> from sympy.abc import h
>>> source(sp.sqrt(h) / 2 + sp.Rational(1, 3))
'(1/2)*Math.sqrt(h) + 1/3'
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import matplotlib as mpl
import sympy as sp
from sympy.printing.jscode import JavascriptCodePrinter

from ...analysis import Derivation, derive
from ...analysis.adaptive.frozen import freeze
from ...analysis.linear.derivation import ETA_LAMBDA
from ...analysis.linear.spectrum import discriminant, trace_and_determinant
from ...analysis.linear.stability import Z
from ...analysis.tracing import ETA, LAMBDA
from ...optimizers.program.javascript import source as rule_in_javascript
from ...optimizers.program.whole import record_whole
from ...optimizers.rule import Rule
from ...optimizers.rules import ALL_RULES, adam, gradient_descent, heavy_ball, nadam, nesterov
from ..experiments.race import FILM, SHOWN, SURFACES, X, Y, race_rates
from ..figures.drawing import COLOURS, TAIL, rule_colours
from ..work import register, result

EXPLORED: dict[str, Rule] = {
    "gradient descent": gradient_descent, "heavy ball": heavy_ball, "Nesterov": nesterov,
    "Adam and its kin, v held": freeze(adam), "Nadam, v held": freeze(nadam),
}  # fmt: skip
"""What the explorer offers; the adaptive ones while their second moment stands still."""
_SHOWN_AS = {"Adam and its kin, v held": "adam", "Nadam, v held": "nadam"}


class _Printer(JavascriptCodePrinter):
    """JavaScript over the coordinates ``i`` of small vectors; a norm is over all of them."""

    def __init__(self, names: Mapping[sp.Symbol, str]) -> None:
        super().__init__({"contract": False})
        self.names = dict(names)

    def _print_Symbol(self, expr: Any) -> str:
        return str(self.names.get(expr, expr.name))

    def _print_AppliedUndef(self, expr: Any) -> str:
        if expr.func.__name__ != "norm":
            raise TypeError(f"no JavaScript for {expr.func}")
        return f"norm(i => {self._print(expr.args[0])})"

    def _print_Mod(self, expr: Any) -> str:
        return f"(({self._print(expr.args[0])}) % ({self._print(expr.args[1])}))"

    def _print_Float(self, expr: Any) -> str:
        return repr(float(expr))

    def _print_BooleanTrue(self, expr: Any) -> str:
        return "true"

    def _print_BooleanFalse(self, expr: Any) -> str:
        return "false"


def source(expression: Any, names: Mapping[sp.Symbol, str] | None = None) -> str:
    """An expression as JavaScript; ``names`` are what symbols are written as."""
    text: Any = _Printer(names or {}).doprint(sp.sympify(expression))
    return " ".join(text.split())


def _function(parameters: Sequence[str], expression: Any, names: Mapping[sp.Symbol, str]) -> str:
    return f"({', '.join(parameters)}) => {source(expression, names)}"


def momentum_of(theory: Derivation) -> str | None:
    """The name of the one hyperparameter that stays free in a theory: β, or an adaptive rule's β₁."""
    return next(iter(theory.free), None)


def theory_source(theory: Derivation, colour: str = "#555555") -> str:
    """A rule's theory as a JavaScript object of functions of h = ηλ and β.

    ``trace``, ``determinant`` and ``discriminant`` of the iteration matrix, the largest stable ``limit``,
    ``noise`` for unit noise at λ = 1, and ``matrix(eta, lambda, beta)`` by rows; beside them the ``quantity``
    on the map's axis, how ``wide`` that is, the rule's ``colour``, and what :func:`_transfer_parts` gives.
    """
    free = momentum_of(theory)
    beta = theory.trace.free[free] if free else sp.Symbol("beta")
    reach = theory.stable_interval(**({free: 0.9} if free else {}))[1]
    wide = 4.2 if reach < 4 else float(sp.ceiling(1.1 * reach))
    held = "p" in theory.rule.hyperparameters
    names = {ETA_LAMBDA: "h", beta: "beta"}
    polynomial = theory._polynomial
    order = theory.system.order
    if order == 1:
        total, product = -polynomial.all_coeffs()[1], sp.Integer(0)
        inner = total**2
    else:
        total, product = trace_and_determinant(polynomial)
        inner = discriminant(polynomial)
    noise = theory.noise.variance.subs({ETA: ETA_LAMBDA, LAMBDA: 1})
    physical = {ETA: "eta", LAMBDA: "lambda", beta: "beta"}
    rows = ", ".join(
        "[" + ", ".join(source(e, physical) for e in row) + "]" for row in theory.matrix.tolist()
    )
    parts = {
        "order": str(order), "usesBeta": str(free is not None).lower(),
        "quantity": json.dumps("ηλ/√v̂" if held else "ηλ", ensure_ascii=False), "wide": repr(wide),
        "colour": json.dumps(colour),
        "trace": _function(("h", "beta"), total, names),
        "determinant": _function(("h", "beta"), product, names),
        "discriminant": _function(("h", "beta"), inner, names),
        "limit": _function(("beta",), theory.limit, names),
        "noise": _function(("h", "beta"), noise, names),
        "matrix": f"(eta, lambda, beta) => [{rows}]",
        **_transfer_parts(theory, {ETA: "h", beta: "beta"}),
    }  # fmt: skip
    return "{" + ", ".join(f"{k}: {v}" for k, v in parts.items()) + "}"


def _transfer_parts(theory: Derivation, names: Mapping[sp.Symbol, str]) -> dict[str, str]:
    """The rule from gradients to the points where they are taken, in units of L = 1: functions of h = ηL and β.

    ``numerator`` and ``denominator`` of H, and ``states``, a row of coefficients for every number of the state:
    (zI − A)⁻¹B is ``states`` over ``denominator``. The highest power of z comes first. ``gain`` is B and
    ``point`` is C, so that ξ⁺ = Aξ + Bg and y = Cξ; A is ``matrix`` at λ = 0.
    """
    found, system = theory.transfer, theory.system
    order = system.order
    adjugate = (sp.eye(order) * Z - system.A).adjugate() * system.B
    powers = [
        [sp.Poly(e, Z).coeff_monomial(Z**k) for k in reversed(range(order))] for e in adjugate
    ]

    def row(values: Sequence[Any]) -> str:
        return "[" + ", ".join(source(sp.factor(v), names) for v in values) + "]"

    parts = {"numerator": row(found.numerator), "denominator": row(found.denominator),
             "states": "[" + ", ".join(map(row, powers)) + "]", "gain": row(list(system.B)),
             "point": row(list(system.C))}  # fmt: skip
    return {k: f"(h, beta) => {v}" for k, v in parts.items()}


def rule_source(rule: Rule) -> str:
    """A rule as a JavaScript object, recorded with the paper's hyperparameters; η stays open."""
    values = {k: v for k, v in rule.with_defaults({"lr": 0.0}).items() if k != "lr"}
    return rule_in_javascript(record_whole(rule, values, free=("lr",)), {"lr": "eta"})


def surface_source(name: str) -> str:
    """A surface: value and gradient, differentiated by SymPy, start and window."""
    f, start, window = SURFACES[name]
    parameters = ("x", "y", "kappa", "angle")
    names: dict[sp.Symbol, str] = {}
    gradient = [source(sp.diff(f, v), names) for v in (X, Y)]
    return (
        f"{{value: {_function(parameters, f, names)}, "
        f"gradient: ({', '.join(parameters)}) => [{', '.join(gradient)}], "
        f"start: {json.dumps(start)}, window: {json.dumps(window)}, "
        f"rates: {json.dumps(race_rates(name))}}}"
    )


@lru_cache(maxsize=1)
def generated() -> str:
    """All of it: constants ``THEORY``, ``RULES``, ``SURFACES``, ``MAP``, ``CYCLE_MAP`` (colours) and more for the page's scripts."""
    colours = COLOURS | {m: rule_colours()[n] for m, n in _SHOWN_AS.items()}
    theories = [
        f"{json.dumps(m)}: {theory_source(derive(r), colours[m])}" for m, r in EXPLORED.items()
    ]
    rules = [f"{json.dumps(n)}: {rule_source(r)}" for n, r in ALL_RULES.items()]
    surfaces = [f"{json.dumps(n)}: {surface_source(n)}" for n in SURFACES]
    map_ = mpl.colormaps["cividis"]
    scale = [[round(255 * c) for c in map_(k / 63)[:3]] for k in range(64)]
    blocks = {"THEORY": theories, "RULES": rules, "SURFACES": surfaces}
    lines = [f"const {k} = {{\n" + ",\n".join(v) + "\n};" for k, v in blocks.items()]
    warm = mpl.colormaps["YlOrRd_r"]
    cycles = [[round(255 * c) for c in warm(0.9 - 1.7 / k)[:3]] for k in range(2, 26)]
    lines += [f"const MAP = {json.dumps(scale)};", f"const CYCLE_MAP = {json.dumps(cycles)};", f"const TAIL = {TAIL};",
              f"const RULE_COLOURS = {json.dumps(rule_colours())};", f"const SHOWN = {json.dumps(SHOWN)};",
              f"const FILM = {json.dumps({k: v[-1] for k, v in FILM.items()})};"]  # fmt: skip
    return "\n".join(lines)


register("javascript", generated)


def known_script() -> str:
    """The same, made once."""
    return result("javascript")


__all__ = [
    "EXPLORED",
    "SURFACES",
    "generated",
    "known_script",
    "rule_source",
    "source",
    "surface_source",
    "theory_source",
]
