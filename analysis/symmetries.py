r"""What a rule's trajectory does not depend on, decided by algebra on the traced update (ε = 0, no
norm zero).

- *loss scale*: f → cf, c > 0. Gradients and state scale by powers of c; the path stays if θ⁺ does.
- *units*: θ → cθ, so gradients scale by 1/c. The rule has the parameter's unit if θ⁺ scales by c.
- *shift*: θ → θ + b leaves the gradients alone.
- *rotation*: exactly the rules that are linear in θ, gradient and state are rotation-equivariant among the
  elementwise ones; those with whole-tensor norms are if they are linear once norms are held fixed.
- *permutation* of the coordinates: every rule made of elementwise operations and norms.

>>> from eigenstep.optimizers.rules import adam, gradient_descent
>>> symmetries(adam)
{'loss scale': True, 'units': False, 'shift': True, 'rotation': False, 'permutation': True}
>>> symmetries(gradient_descent)["loss scale"], symmetries(gradient_descent)["rotation"]
(False, True)
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from ..optimizers.compositions import at_gradient_point
from ..optimizers.rule import Rule
from .decision import any_counterexample
from .equality import equal, positive_norms
from .points import GATHER, without_functions
from .simulation import follow
from .tracing import STEP, symbol_of, trace

C, B = sp.Symbol("c", positive=True), sp.Symbol("b", real=True)
_POWERS = (1, 2, 0, -1, -2)
_POINT = sp.Dummy("point")
"""Where the gradient is taken, which has to move with the parameter."""


def _same(one: Any, other: Any, elements: tuple[sp.Symbol, ...] = ()) -> bool:
    """Whether two expressions are equal; ``elements`` differ from coordinate to coordinate."""
    if _differ(one, other):
        return False
    with any_counterexample():
        return equal(one, other, elements).holds is True


def _differ(one: Any, other: Any) -> bool:
    """Whether two expressions differ at one point, with the norm of one coordinate, its absolute value."""
    symbols = sorted(sp.Tuple(one, other).free_symbols, key=str)
    point = {s: sp.Rational(10 * i + 13, 10 * len(symbols) + 21) for i, s in enumerate(symbols)}
    point[STEP] = sp.Integer(7)
    try:
        values = [
            complex(
                sp.sympify(e)
                .xreplace(point)
                .replace(lambda f: isinstance(f, AppliedUndef), lambda f: abs(f.args[0]))
            )
            for e in (one, other)
        ]
    except (TypeError, ValueError):  # no number: nothing is known
        return False
    return abs(values[0] - values[1]) > 1e-6 * (abs(values[0]) + abs(values[1]))


def _without_vain_bounds(expression: sp.Expr) -> sp.Expr:
    """max(√x, 0) is √x."""
    return expression.replace(
        lambda e: isinstance(e, sp.Max) and len(e.args) == 2 and sp.S.Zero in e.args
        and any(isinstance(a, sp.Pow) and a.exp == sp.S.Half for a in e.args),
        lambda e: sp.Add(*e.args),
    )  # fmt: skip


def _straight(argument: Any, variables: Any) -> bool:
    """Whether a norm's argument is linear with coefficients that are no elements."""
    return all(_same(argument.xreplace(dict.fromkeys(variables, 0)), 0) and
               _same(sp.diff(argument, a, b), 0) for a in variables for b in variables)  # fmt: skip


def _linear(expression: Any, variables: Any) -> bool:
    """Whether the expression is linear in the variables once norms are held fixed."""
    fixed = {f: sp.Symbol(f"norm_{i}", positive=True)
             for i, f in enumerate(sorted(expression.atoms(AppliedUndef), key=str))
             if f.func.__name__ == "norm" and _straight(f.args[0], variables)}  # fmt: skip
    held = expression.xreplace(fixed)
    curved = held.atoms(sp.Max, sp.Min, sp.Abs, sp.sign, AppliedUndef)  # sums favour one direction
    if any(f.free_symbols & set(variables) for f in curved):
        return False
    at_zero = held.xreplace(dict.fromkeys(variables, sp.Integer(0)))  # a constant points somewhere
    return _same(at_zero, 0) and all(
        _same(sp.diff(held, a, b), 0) for a in variables for b in variables
    )


def _some_power(
    factors: dict[sp.Symbol, Any],
    unknown: list[sp.Symbol],
    updates: dict[sp.Symbol, Any],
    starts: dict[sp.Symbol, Any],
) -> bool:
    """Whether each unknown variable has a power of c that makes every update, and its start, scale by it.

    An update is looked at as soon as the factors of all that it contains are chosen. ``starts`` has the first
    value of every variable, θ and g among them.
    """
    open_ = set(unknown)
    ready = {v: e for v, e in updates.items() if v not in open_ and not e.free_symbols & open_}
    change = {s: f * s for s, f in factors.items()}
    elements = tuple(starts)
    if not all(
        _same(e.subs(change, simultaneous=True), factors[v] * e, elements) for v, e in ready.items()
    ):
        return False
    left = {v: e for v, e in updates.items() if v not in ready}
    if not unknown:
        return not left
    first, *rest = unknown
    return any(
        _some_power({**factors, first: C**k}, rest, left, starts)
        for k in _POWERS
        if _same(starts[first].subs(change, simultaneous=True), C**k * starts[first])
    )


def _vanishing(rule: Rule) -> dict[str, int]:
    """The hyperparameters that are taken as 0."""
    names = ("eps", "eps_inside", "weight_decay", "initial_accumulator")
    return {k: 0 for k in names if k in rule.hyperparameters}


def symmetries(rule: Rule) -> dict[str, bool]:
    """Which changes of the problem leave the rule's path from its start what it was, or change it alike.

    What is not found to be a symmetry may still be one: :func:`broken` has a path that shows that it is none.

    Args:
        rule: any rule; ε and weight decay are taken as 0, hyperparameters stay what they are.
    """
    zero = _vanishing(rule)
    free = {k: symbol_of(h) for k, h in rule.hyperparameters.items()
            if not h.convention and k not in rule.fixed and k not in zero}  # fmt: skip
    t = trace(rule, step=STEP, **zero, **free)
    new = [_without_vain_bounds(positive_norms(sp.sympify(e))) for e in (*t.new_state, t.new_theta)]
    variables = (*t.state, t.theta)
    point = positive_norms(sp.sympify(t.gradient_point))
    like_theta = {s for s in t.state if s.name in rule.initial and s.name == "slow"}

    begun = dict(
        zip(t.state, map(sp.sympify, rule.initial_state(t.theta, t.hyperparameters)), strict=True)
    )
    others = [s for s in t.state if s not in like_theta]

    def scaled(gradient: Any, parameter: Any) -> bool:
        """Whether some powers of c for the state make the update scale as given."""
        known = {t.theta: parameter, t.gradient: gradient, **dict.fromkeys(like_theta, parameter)}
        elements = {t.theta: t.theta, t.gradient: t.gradient, **begun}
        updates = {**dict(zip(variables, new, strict=True)), _POINT: point}
        return _some_power({**known, _POINT: parameter}, others, updates, elements)

    moved = {t.theta: t.theta + B, **{s: s + B for s in like_theta}}
    shift = (
        all(
            _same(begun[s].subs(moved, simultaneous=True), begun[s] + (B if s in like_theta else 0))
            for s in t.state
        )
        and _same(point.subs(moved, simultaneous=True), point + B, variables)
        and all(
            _same(
                e.subs(moved, simultaneous=True),
                e + B if v == t.theta or v in like_theta else e,
                (*variables, t.gradient),
            )
            for v, e in zip(variables, new, strict=True)
        )
    )
    return {
        "loss scale": scaled(C, sp.Integer(1)), "units": scaled(1 / C, C), "shift": shift,
        "rotation": all(_linear(e, (*variables, t.gradient)) for e in (*new, point, *begun.values())),
        "permutation": True,
    }  # fmt: skip


_SCALES = (sp.Integer(2), sp.Integer(10**4), sp.Rational(1, 10**4))
_STARTS = (sp.Rational(3, 2), sp.Integer(-2))
_GRADIENTS = ((1, 3), (-2, 1), (sp.Rational(1, 2), -1), (3, sp.Rational(2, 3)), (1, 1),
              (-1, 2), (2, -3), (sp.Rational(1, 3), 4))  # fmt: skip


def broken(rule: Rule, symmetry: str) -> dict[str, Any] | None:
    """A path, computed exactly, that shows that a rule has not a symmetry; None where none does.

    Two coordinates from θ = (3/2, −2) under eight gradients, to fifty digits, ε and weight decay 0, b = 1,
    the rotation by (3/5, 4/5); the first step after which the image's path is not the path's image.
    """
    values = {
        **_vanishing(rule),
        **({"lr": sp.Rational(1, 10)} if "lr" in rule.hyperparameters else {}),
    }
    return next(filter(None, (_broken_by(rule, symmetry, c, values) for c in _SCALES)), None)


def _broken_by(rule: Rule, symmetry: str, c: Any, values: dict[str, Any]) -> dict[str, Any] | None:
    turn = sp.Matrix([[3, -4], [4, 3]]) / 5
    start, gradients = sp.Matrix(_STARTS), [sp.Matrix(g) for g in _GRADIENTS]
    swap = sp.Matrix([[0, 1], [1, 0]])
    images: dict[str, tuple[Any, Any, Any]] = {
        "loss scale": (start, lambda g: c * g, lambda x: x),
        "units": (c * start, lambda g: g / c, lambda x: c * x),
        "shift": (start + sp.ones(2, 1), lambda g: g, lambda x: x + sp.ones(2, 1)),
        "rotation": (turn * start, lambda g: turn * g, lambda x: turn * x),
        "permutation": (swap * start, lambda g: swap * g, lambda x: swap * x),
    }
    begun, gradient, image = images[symmetry]
    path = _exact_path(rule, values, start, gradients)
    other = _exact_path(rule, values, begun, [gradient(g) for g in gradients])
    for t, (mine, its) in enumerate(itertools.zip_longest(path, other), 1):
        if mine is None or its is None:
            return {"t": t, "undefined": "one of the two"}
        if any(abs(sp.N(d, 30)) > sp.Rational(1, 10**20) for d in image(mine) - its):
            scale = {"c": str(c)} if symmetry in ("loss scale", "units") else {}
            return {"t": t, **scale, "theta": _row(start), "gradients": [_row(g) for g in gradients[:t]],
                    "image of the path": _row(image(mine)), "path of the image": _row(its)}  # fmt: skip
    return None


def _row(x: Any) -> str:
    return f"({', '.join(str(e if e.count_ops() < 12 else sp.N(e, 12)) for e in x)})"


def _exact_path(rule: Rule, values: dict[str, Any], start: Any, gradients: list[Any]) -> list[Any]:
    """θ after each step, of two coordinates; ends where a step is not defined."""
    path, state = [], []
    for t, gradient in enumerate(gradients, 1):
        full = {
            k: h.default
            for k, h in rule.hyperparameters.items()
            if k not in rule.fixed and k not in values
        }
        found = trace(rule, step=t, **values, **full)
        if t == 1:
            theta = start
            rows = [rule.initial_state(x, found.hyperparameters) for x in start]
            state = [sp.Matrix([row[i] for row in rows]) for i in range(len(rule.state))]
        at = [
            {found.theta: theta[i], found.gradient: gradient[i],
             **{s: column[i] for s, column in zip(found.state, state, strict=True)}}
            for i in range(2)
        ]  # fmt: skip
        new = [_on_both(e, at) for e in (found.new_theta, *found.new_state)]
        if any(e.has(sp.nan, sp.zoo, sp.oo, -sp.oo) for column in new for e in column):
            return path
        theta, *state = (column.applyfunc(_short) for column in new)
        path.append(theta)
    return path


def _short(x: Any) -> Any:
    return x if x.is_Rational and len(str(x)) < 60 else sp.N(x, 50)


def _on_both(expression: Any, at: list[dict[Any, Any]]) -> Any:
    """An expression at both coordinates, with what is gathered over the two."""
    gathered = without_functions(
        expression, lambda f: GATHER[f.func.__name__](*(f.args[0].xreplace(row) for row in at))
    )
    return sp.Matrix([gathered.xreplace(row) for row in at])


def measured_symmetries(rule: Rule, steps: int = 25, seed: int = 0) -> dict[str, bool]:
    """The same table from runs on a random problem in the plane and its images: evidence, not proof.

    ε and weight decay are 0; a rule that moves only once its own past steps are known (Adadelta
    without ε) begins as if it had moved.
    """
    random = np.random.default_rng(seed)
    start, gradients = random.standard_normal(2) + 2, random.standard_normal((steps, 2))
    plain = _path(rule, start, gradients)
    c, shift, angle = 1e4, 0.6, 0.7  # c large enough for AdaBound's bounds to matter
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    images = {
        "loss scale": (_path(rule, start, c * gradients), plain),
        "units": (_path(rule, c * start, gradients / c, c), c * plain),
        "shift": (_path(rule, start + shift, gradients), plain + shift),
        "rotation": (_path(rule, turn @ start, gradients @ turn.T), plain @ turn.T),
        "permutation": (_path(rule, start[::-1], gradients[:, ::-1]), plain[:, ::-1]),
    }
    return {k: np.allclose(a, b, rtol=1e-9, atol=1e-9) for k, (a, b) in images.items()}


def _path(rule: Rule, start: np.ndarray, gradients: np.ndarray, scale: float = 1.0) -> np.ndarray:
    rule = at_gradient_point(rule)
    settings: dict[str, Any] = {
        k: 0.0 for k in ("eps", "weight_decay") if k in rule.hyperparameters
    }
    settings["lr"] = 0.1
    state = list(rule.initial_state(start, rule.with_defaults(settings)))
    if "d" in rule.state:
        state[rule.state.index("d")] = 0.01 * scale**2 + 0 * start
    with np.errstate(all="ignore"):
        run = follow(rule, start, lambda t, _: gradients[t - 1], settings, tuple(state))
        rows = [start, *(theta for _, theta, _ in itertools.islice(run, len(gradients)))]
    return np.array(rows)
