"""Run a rule on SymPy symbols and read off its linear system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import sympy as sp
from sympy.polys.polyerrors import PolynomialError

from ..optimizers import ops
from ..optimizers.domains import UNIT, Hyperparameter, Integers, Interval
from ..optimizers.errors import Missing, RuleError, shown
from ..optimizers.rule import Rule
from .definedness import ALWAYS
from .operands import Operand, register, traced, untraced
from .reals import real
from .user_code import running

LAMBDA = sp.Symbol("lambda", positive=True)
"""The curvature λ of ½λx²."""
ETA = sp.Symbol("eta", positive=True)
"""The learning rate η."""
STEP = sp.Symbol("t", integer=True, positive=True)
"""The step number; the first step is 1."""

_HIGH = 12
"""From which exponent on a power of a hyperparameter is not written as a polynomial."""
INSTEAD: list[Callable[[Rule], str]] = []
"""What says of a rule that is not linear which rule has a theory in its place; the rooms above add to it."""

SIZE = sp.Symbol("size", integer=True, positive=True)
"""How many elements the parameter tensor has."""


def _gathered(name: str) -> Callable[..., Any]:
    """A reduction of all elements, as a function that is not evaluated."""

    def call(x: Any, axis: int | None = None, over: str | None = None) -> Any:
        if axis is not None:
            raise RuleError(
                f"a rule takes the {name} along an axis, for which there are no symbols"
            )
        return sp.Function(f"{name}_over_{over}" if over else name, real=True)(x)

    return call


def _size(x: Any, axis: int | None = None) -> Any:
    if axis is not None:
        raise RuleError("a rule takes the size of a matrix, for which there are no symbols")
    return SIZE


def _of_matrices(name: str) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        raise RuleError(f"a rule takes {name} of a matrix, for which there are no symbols")

    return call


SYMBOLIC = SimpleNamespace(
    sqrt=sp.sqrt,
    maximum=sp.Max,
    minimum=sp.Min,
    where=lambda condition, x, y: sp.Piecewise((x, condition), (y, True)),
    sign=sp.sign,
    absolute=sp.Abs,
    norm=sp.Function("norm", nonnegative=True),
    divisor=lambda y, least: y,
    quotient=lambda x, y: x / y,
    times=lambda factor, x: factor * x,
    excess=lambda x, y: x - y,
    toward=lambda x, goal, by: x + by * sp.sign(goal - x),
    sum=_gathered("sum"),
    max=_gathered("largest"),
    size=_size,
    **{name: _of_matrices(name) for name in ops.MATRIX_FUNCTIONS},
)
"""What the functions of :mod:`~eigenstep.optimizers.ops` are on SymPy expressions."""
register(SYMBOLIC)  # first: an operand among expressions decides
ops.register(sp.Basic, SYMBOLIC)
ops.register(sp.logic.boolalg.Boolean, SYMBOLIC)


class grad_f(sp.Function):
    """The gradient of the function that is minimized, unevaluated."""

    def _latex(self, printer: Any, exp: Any = None) -> str:
        return rf"\nabla f\left({printer._print(self.args[0])}\right)"


_TAKEN = {
    LAMBDA, STEP, SIZE, sp.Symbol("r", nonnegative=True),
    *(sp.Symbol(n, positive=True)
      for n in ("mu", "L", "h_mu", "q", "c", "alpha", "sigma", "s", "root_h", "y")),
    *(sp.Symbol(n, real=True) for n in ("b", "root_re", "root_im", "eta_lambda")),
}  # fmt: skip
"""What theory itself calls by a name; a rule's hyperparameter of that name is another thing."""


def symbol_of(hyperparameter: Hyperparameter) -> sp.Symbol:
    """The symbol of a hyperparameter, with the assumptions that its domain grants.

    Where theory has that very symbol for something else (μ, the smallest curvature) it is written with
    an underscore: ``mu_``.
    """
    if hyperparameter.symbol == "eta":
        return ETA
    found = _symbol(hyperparameter.symbol, hyperparameter.domain)
    return found if found not in _TAKEN else _symbol(f"{found.name}_", hyperparameter.domain)


def sign_from(least: int) -> dict[str, bool]:
    """What SymPy is to assume of whole numbers from ``least`` on."""
    return {"positive": True} if least > 0 else {"nonnegative": True} if least == 0 else {}


def _symbol(name: str, domain: Any) -> sp.Symbol:
    if isinstance(domain, Integers):
        return sp.Symbol(name, integer=True, **sign_from(domain.lower))
    nonnegative = isinstance(domain, Interval) and domain.lower >= 0
    if isinstance(domain, Interval) and nonnegative and not domain.lower_closed:
        return sp.Symbol(name, positive=True)
    return sp.Symbol(name, nonnegative=True) if nonnegative else sp.Symbol(name, real=True)


def exact(value: Any) -> sp.Expr:
    """A number as the exact rational that its shortest decimal notation writes: 0.9 is 9/10."""
    if isinstance(value, sp.Expr) and value.free_symbols:
        return value
    return real("a number", value)


def high_powers(expression: sp.Expr) -> set[Any]:
    """The powers of symbols in an expression that are not to become polynomials."""
    return {p for p in expression.atoms(sp.Pow)
            if p.exp.is_Integer and p.exp >= _HIGH and p.base.is_Symbol}  # fmt: skip


@dataclass(frozen=True)
class LinearSystem:
    r"""A rule as a linear system: :math:`\xi^+ = A\xi + Bg`, the gradient taken at :math:`y = C\xi`.

    ξ is the state followed by the parameter θ, so A is n×n, B n×1 and C 1×n.
    """

    A: sp.Matrix
    B: sp.Matrix
    C: sp.Matrix
    state: tuple[sp.Symbol, ...]

    @property
    def order(self) -> int:
        return self.A.rows

    def iteration_matrix(self, curvature: sp.Expr = LAMBDA) -> sp.Matrix:
        """A + λBC, which advances ξ on ½λx²."""
        return (self.A + curvature * self.B * self.C).applyfunc(sp.expand)

    def _repr_latex_(self) -> str:
        xi = sp.latex(sp.Matrix(self.state))
        a, b, c = sp.latex(self.A), sp.latex(self.B), sp.latex(self.C)
        return rf"$\displaystyle {xi}^+ = {a} {xi} + {b}\, g, \quad y = {c} {xi}$"


@dataclass(frozen=True)
class Trace:
    """What a rule does to symbols: new parameter, new state, and where its gradient is taken."""

    rule: Rule
    theta: sp.Symbol
    gradient: sp.Symbol
    state: tuple[sp.Symbol, ...]
    hyperparameters: Mapping[str, sp.Expr]
    new_theta: sp.Expr
    new_state: tuple[sp.Expr, ...]
    gradient_point: sp.Expr
    needs: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    """By variable what must hold for it to be defined, at a symbolic step …"""
    point_needs: frozenset[Any] = ALWAYS
    """… and for the point where the gradient is taken."""

    @property
    def free(self) -> dict[str, sp.Symbol]:
        """The hyperparameters left as symbols, by name."""
        return {
            k: v
            for k, v in self.hyperparameters.items()
            if isinstance(v, sp.Symbol) and v == symbol_of(self.rule.hyperparameters[k])
        }

    @cached_property
    def equations(self) -> tuple[sp.Eq, ...]:
        """The update equations, state first; the gradient is that of f at its point."""
        f = grad_f(self.gradient_point)
        lefts = [sp.Symbol(f"{s.name}^+") for s in (*self.state, self.theta)]
        rights = [e.subs(self.gradient, f) for e in (*self.new_state, self.new_theta)]
        return tuple(sp.Eq(a, b, evaluate=False) for a, b in zip(lefts, rights, strict=True))

    @cached_property
    def system(self) -> LinearSystem:
        """The rule as a linear system.

        Raises:
            RuleError: the rule is not linear in its state, parameter and gradient.
        """
        xi = (*self.state, self.theta)
        rows = [self._linear(e, (*xi, self.gradient)) for e in (*self.new_state, self.new_theta)]
        table = sp.Matrix(rows)
        point = self._linear(self.gradient_point, xi)
        return LinearSystem(table[:, :-1], table[:, -1:], sp.Matrix([point]), xi)

    def _linear(self, expression: sp.Expr, variables: tuple[sp.Symbol, ...]) -> list[sp.Expr]:
        # High powers (of a step of hundreds) stay as they are: as polynomials they have as many terms.
        high = {
            p: sp.Dummy("q", real=True) for p in high_powers(expression) if p.base not in variables
        }
        back = {q: p for p, q in high.items()}
        return [c.xreplace(back) for c in self._coefficients(expression.xreplace(high), variables)]

    def _coefficients(self, expression: sp.Expr, variables: tuple[sp.Symbol, ...]) -> list[sp.Expr]:
        try:
            polynomial = sp.Poly(expression, *variables)
        except PolynomialError as error:
            raise self._not_linear(expression) from error
        if polynomial.total_degree() > 1 or polynomial.nth(*[0] * len(variables)) != 0:
            raise self._not_linear(expression)
        # The domain is inferred from the coefficients, so it must not have swallowed a variable.
        if polynomial.free_symbols_in_domain & set(variables):
            raise self._not_linear(expression)
        return [polynomial.coeff_monomial(v) for v in variables]

    def _not_linear(self, expression: sp.Expr) -> RuleError:
        """The error, with what the rule is instead where something above knows that."""
        problem = (
            f"rule {self.rule.name} is not linear in its state and gradient: {shown(expression)}"
        )
        said = [words for look in INSTEAD if (words := look(self.rule))]
        return RuleError("; ".join([problem, *said]))


def trace(rule: Rule, /, *, step: Any = None, **hyperparameters: Any) -> Trace:
    """Run the rule on symbols.

    Args:
        rule: any :class:`Rule`.
        step: the step number, or :data:`STEP` for any; by default the limit of many steps, t → ∞.
        hyperparameters: values (numbers, SymPy expressions, choices) for some of them. The others
            stay symbols, except choices and conventions, which keep their defaults.

    Raises:
        DomainError: a value lies outside its domain.
        UnknownName: there is no such hyperparameter.
        RuleError: the function cannot be run on symbols.

    >>> from eigenstep.optimizers.rules import heavy_ball
    >>> trace(heavy_ball).new_theta
    -eta*(beta*v + g) + theta
    """
    if not isinstance(rule, Rule):
        raise RuleError(f"expected a rule (see eigenstep.optimizers.rule), got {shown(rule)}")
    _check_names(rule, ())
    given = {**rule.fixed, **hyperparameters}
    for name in given:
        rule._check_name(name)
    values: dict[str, Any] = {}
    for name, h in rule.hyperparameters.items():
        value = given.get(name, h.default if h.convention else symbol_of(h))
        if value is None:
            raise Missing(name, h.domain.describe(name))
        if h.is_choice:
            h.check(value)
        elif not (isinstance(value, sp.Expr) and value.free_symbols):
            value = real(name, value, h.domain)
        values[name] = value
    theta, g, *state = (
        sp.Symbol(n, real=True) for n in (rule.parameter, rule.gradient, *rule.state)
    )
    _check_names(rule, (theta, g, *state))
    with running(RuleError, f"rule {rule.name} cannot be run on symbols", rule):
        whole = step if isinstance(step, int) and rule.memory else STEP
        computed = _coefficients(rule, values, sp.sympify(whole))
        found = {k: untraced(v) for k, v in computed.items()}
        # In the limit, or at one step, what was needed of all steps is not; the values tell.
        needs = {k: v.needs if isinstance(v, Operand) and step is STEP else ALWAYS
                 for k, v in computed.items()}  # fmt: skip
        unit = {v for k, v in values.items() if rule.hyperparameters[k].domain == UNIT}
        found = {
            k: _at_step(v, step, unit) if isinstance(v, sp.Basic) else v for k, v in found.items()
        }
        now = {k: Operand(v, needs[k]) if isinstance(v, sp.Basic) else v for k, v in found.items()}
        x, *others = map(traced, (theta, *state))
        names = (rule.parameter, *rule.state)
        after = dict(zip(names, rule(x, traced(g), *others, **now), strict=True))
        at = rule.gradient_point(x, *others, **now)
        new_theta, *new_state = (_expression(rule, k, after[k]) for k in names)
        point = _expression(rule, "gradient_at", at)
    needed = {k: v.needs for k, v in after.items() if isinstance(v, Operand)}
    at_point = at.needs if isinstance(at, Operand) else ALWAYS
    return Trace(
        rule, theta, g, tuple(state), values, new_theta, tuple(new_state), point, needed, at_point
    )


_KEYWORDS = {
    "step": "the number of the step", "curvature": "the curvature λ", "eta_lambda": "the product ηλ",
}  # fmt: skip
"""What theory is told by a keyword, beside the hyperparameters."""


def _check_names(rule: Rule, variables: tuple[sp.Symbol, ...]) -> None:
    """Raise :class:`RuleError` where two things of a rule would be one symbol, or one keyword of theory."""
    for name in rule.hyperparameters:
        if name in _KEYWORDS:
            raise RuleError(
                f"rule {rule.name}: its hyperparameter {name} has the name by which theory is told "
                f"{_KEYWORDS[name]}; rename it"
            )
    known = {v: f"variable {v.name}" for v in variables}
    for name, h in rule.hyperparameters.items():
        if h.is_choice:
            continue
        symbol = symbol_of(h)
        if symbol in known:
            raise RuleError(
                f"rule {rule.name}: its hyperparameter {name} and its {known[symbol]} are both written "
                f"{symbol}; rename one of them"
            )
        known[symbol] = f"hyperparameter {name}"


def coefficients_of(rule: Rule, values: Mapping[str, Any], t: Any = STEP) -> dict[str, Any]:
    """The coefficients as expressions of step t, run on traced values."""
    return {k: untraced(v) for k, v in _coefficients(rule, values, t).items()}


def _coefficients(rule: Rule, values: Mapping[str, Any], t: Any) -> dict[str, Any]:
    return rule.coefficients(traced(t), {k: traced(v) for k, v in values.items()})


def _expression(rule: Rule, name: str, value: Any) -> sp.Expr:
    """What a rule returned, as an expression."""
    value = untraced(value)
    if isinstance(value, sp.Expr):
        return value
    raise RuleError(f"rule {rule.name} returned {shown(value)} for {name}; expected an expression")


def _at_step(coefficient: sp.Basic, step: Any, unit: set[Any]) -> Any:
    """The coefficient at a step; ``unit`` are the symbols x of 0 ≤ x < 1, whose powers vanish."""
    if STEP not in coefficient.free_symbols:
        return coefficient
    if step is not None:
        return coefficient.subs(STEP, step)
    coefficient = coefficient.replace(
        lambda e: isinstance(e, sp.Piecewise),
        lambda cases: sp.Piecewise(*[(e, _in_the_end(c)) for e, c in cases.args]),
    )
    if STEP not in coefficient.free_symbols:
        return coefficient
    if isinstance(coefficient, sp.logic.boolalg.Boolean):
        raise RuleError(f"no limit for many steps exists: {coefficient} changes for ever")
    vanishing = {
        p: sp.Integer(0) for p in coefficient.atoms(sp.Pow)
        if p.base in unit and p.exp.is_polynomial(STEP) and p.exp.coeff(STEP, 1).is_positive
    }  # fmt: skip
    after = coefficient.xreplace(vanishing)
    if vanishing and STEP not in after.free_symbols and after.is_finite is not False:
        return after
    substituted = coefficient.subs(STEP, sp.oo)
    if not substituted.has(sp.nan) and (substituted.is_finite is not None or substituted.is_number):
        return substituted
    try:
        return sp.limit(coefficient, STEP, sp.oo)
    except (NotImplementedError, ValueError) as error:
        raise RuleError(f"no limit for many steps was found: {coefficient}") from error


def _in_the_end(condition: Any) -> Any:
    """A condition that compares the step with a number, as it is after many steps; others as they are."""
    if isinstance(condition, sp.core.relational.Relational):
        sides = {condition.lhs, condition.rhs} - {STEP}
        if len(sides) == 1 and sides.pop().is_number and condition.has(STEP):
            return condition.subs(STEP, sp.oo)
    return condition
