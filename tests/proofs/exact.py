"""Tensors of exact numbers: fractions, and where a root is none sixty digits; and typed text read on them.

Neither SymPy nor NumPy is used. A rule's own code runs on these, as on any other tensors.
"""

import ast
import math
import operator
from fractions import Fraction
from types import SimpleNamespace

import mpmath
from eigenstep.optimizers import ops

DIGITS = 60
context = mpmath.mp.clone()
context.dps = DIGITS


UNDEFINED = context.nan
"""What is no real number: it stays undefined in all that is computed with it."""


def number(x):
    if isinstance(x, bool | int):
        return Fraction(int(x))
    if isinstance(x, float):
        return Fraction(repr(x))
    if hasattr(x, "p") and hasattr(x, "q"):
        return Fraction(int(x.p), int(x.q))
    return x


def _pair(a, b):
    """Two numbers of one kind."""
    if isinstance(a, Fraction) == isinstance(b, Fraction):
        return a, b
    return tuple(real(x) for x in (a, b))


def real(x):
    return context.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def root(x):
    if not x >= 0:
        return UNDEFINED
    if isinstance(x, Fraction):
        parts = [math.isqrt(n) for n in (x.numerator, x.denominator)]
        if parts[0] ** 2 == x.numerator and parts[1] ** 2 == x.denominator:
            return Fraction(*parts)
    return context.sqrt(real(x))


def power(x, y):
    if x != x or y != y:
        return UNDEFINED
    if isinstance(y, Fraction) and y.denominator == 1 and abs(y) < 3000:
        if y < 0 and x == 0:
            return UNDEFINED
        return x ** int(y)
    if isinstance(y, Fraction) and y.denominator == 2:
        return power(root(x), y * 2)
    if x < 0 or (x == 0 and y <= 0):
        return UNDEFINED
    return context.power(real(x), real(y))


def _logarithm(x):
    return context.log(real(x)) if x > 0 else UNDEFINED


def _divided(a, b):
    if b == 0:
        return UNDEFINED
    return a / b


def close(a, b):
    """Whether two numbers are equal; up to rounding where they are none of them fractions."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    a, b = real(a), real(b)
    return abs(a - b) <= context.mpf(10) ** -40 * max(1, abs(a), abs(b))


class Exact:
    """A tensor; one element goes with any number of them."""

    __array_ufunc__ = None

    def __init__(self, *elements):
        self.elements = tuple(map(number, elements))

    def __repr__(self):
        return f"Exact{self.elements}"

    def __bool__(self):
        (one,) = self.elements
        return bool(one)

    __hash__ = None

    @property
    def defined(self):
        return all(e == e for e in self.elements)

    def same(self, other):
        return all(close(a, b) for a, b in zip(*_broadcast(self, exact(other)), strict=True))


def exact(x):
    return x if isinstance(x, Exact) else Exact(x)


def _broadcast(*tensors):
    most = max(len(t.elements) for t in tensors)
    return [t.elements * most if len(t.elements) == 1 else t.elements for t in tensors]


def _each(function, *tensors):
    return Exact(*[function(*row) for row in zip(*_broadcast(*map(exact, tensors)), strict=True)])


def _on_pairs(function):
    return lambda a, b: function(*_pair(a, b))


_ARITHMETIC = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": _divided}
_COMPARED = {k: getattr(operator, k) for k in ("lt", "le", "gt", "ge", "eq", "ne")}
_NUMBERS = (int, float, Fraction, type(UNDEFINED), Exact)


def _method(function, turned=False):
    def method(self, other):
        if not isinstance(other, _NUMBERS) and not hasattr(other, "q"):
            return NotImplemented
        return _each(function, other, self) if turned else _each(function, self, other)

    return method


for _name, _function in {**_ARITHMETIC, **_COMPARED}.items():
    setattr(Exact, f"__{_name}__", _method(_on_pairs(_function)))
    if _name in _ARITHMETIC:
        setattr(Exact, f"__r{_name}__", _method(_on_pairs(_function), True))
Exact.__pow__, Exact.__rpow__ = _method(power), _method(power, True)
Exact.__mod__, Exact.__rmod__ = (
    _method(_on_pairs(operator.mod), turned) for turned in (False, True)
)
Exact.__neg__ = lambda a: _each(operator.neg, a)
Exact.__abs__ = lambda a: _each(abs, a)
Exact.__and__ = Exact.__rand__ = lambda a, b: _each(lambda x, y: Fraction(bool(x and y)), a, b)
Exact.__or__ = Exact.__ror__ = lambda a, b: _each(lambda x, y: Fraction(bool(x or y)), a, b)
Exact.__invert__ = lambda a: _each(lambda x: Fraction(not x), a)


def _norm(x):
    return Exact(root(sum((e * e for e in x.elements), Fraction(0))))


def _where(condition, x, y):
    return _each(lambda c, a, b: a if c else b, condition, x, y)


FUNCTIONS = SimpleNamespace(
    sqrt=lambda x: _each(root, x),
    maximum=lambda x, y: _each(_on_pairs(max), x, y),
    minimum=lambda x, y: _each(_on_pairs(min), x, y),
    absolute=lambda x: _each(abs, x),
    sign=lambda x: _each(lambda e: Fraction((e > 0) - (e < 0)), x),
    norm=_norm, where=_where,
    divisor=lambda y, least=0: exact(y), quotient=lambda x, y: exact(x) / y,
    times=lambda factor, x: exact(factor) * x, excess=lambda x, y: exact(x) - y,
    toward=lambda x, goal, by: exact(x) + exact(by) * FUNCTIONS.sign(exact(goal) - x),
    sum=lambda x, axis=None, over=None: Exact(sum(x.elements, Fraction(0))),
    max=lambda x, axis=None, over=None: Exact(max(x.elements)),
    size=lambda x, axis=None: len(x.elements),
)  # fmt: skip
ops.register(Exact, FUNCTIONS)

_TYPED = {
    "sqrt": FUNCTIONS.sqrt, "max": FUNCTIONS.maximum, "min": FUNCTIONS.minimum, "abs": FUNCTIONS.absolute,
    "sign": FUNCTIONS.sign, "norm": FUNCTIONS.norm, "exp": lambda x: _each(lambda e: context.exp(real(e)), x),
    "log": lambda x: _each(_logarithm, x),
}  # fmt: skip
_OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.Mod: operator.mod,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


def typed(text, names, functions=None):
    """The value of typed text, read here: only what is chosen of a ``where`` is computed."""
    return _Typed(names, {**_TYPED, **(functions or {})}).value(
        ast.parse(text.strip(), mode="eval").body
    )


class _Typed:
    def __init__(self, names, functions):
        self.names, self.functions = names, functions

    def value(self, node):
        if isinstance(node, ast.Constant):
            return Exact(Fraction(str(node.value)))
        if isinstance(node, ast.Name):
            return self.names[node.id]
        if isinstance(node, ast.UnaryOp):
            return -self.value(node.operand)
        if isinstance(node, ast.Compare):
            ((op, right),) = zip(node.ops, node.comparators, strict=True)
            return _OPERATORS[type(op)](self.value(node.left), self.value(right))
        if isinstance(node, ast.Call):
            return self.called(node)
        return _OPERATORS[type(node.op)](self.value(node.left), self.value(node.right))

    def called(self, node):
        if node.func.id != "where":
            return self.functions[node.func.id](*map(self.value, node.args))
        condition = self.value(node.args[0])
        chosen = [bool(c) for c in condition.elements]
        if all(chosen) or not any(chosen):
            return self.value(node.args[1 if chosen[0] else 2])
        return _where(condition, *map(self.value, node.args[1:]))


def settings(rule, fixed=None, **others):
    """All hyperparameters as exact numbers, the defaults where nothing else is said."""
    fixed = dict(fixed or {})
    values = {**rule.with_defaults({}), **others, **fixed}
    numbers = {}
    for key, h in rule.hyperparameters.items():
        value = values[key]
        if not h.is_choice and isinstance(value, str):
            named = value in rule.hyperparameters
            value = numbers[value] if named else Exact(Fraction(value))
        whole = isinstance(value, int) and not isinstance(value, bool)
        numbers[key] = value if h.is_choice or whole or isinstance(value, Exact) else Exact(value)
    return numbers


def symbols(rule, values):
    return {h.symbol: exact(values[k]) for k, h in rule.hyperparameters.items() if not h.is_choice}


def run(rule, theta, gradients, values, state=None, begin=1):
    """Parameter and state after each step; a gradient may be a function of its point."""
    state = rule.initial_state(theta, values) if state is None else state
    state = tuple(map(exact, state))
    for t, g in enumerate(gradients, begin):
        coefficients = rule.coefficients(Exact(t), values)
        point = rule.gradient_point(theta, *state, **coefficients)
        theta, *state = map(
            exact, rule(theta, g(point) if callable(g) else g, *state, **coefficients)
        )
        yield point, theta, tuple(state)
