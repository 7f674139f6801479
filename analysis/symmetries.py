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
from .simulation import follow
from .tracing import STEP, symbol_of, trace

C, B = sp.Symbol("c", positive=True), sp.Symbol("b", real=True)
_POWERS = (1, 2, 0, -1, -2)


def _same(one: Any, other: Any) -> bool:
    if _differ(one, other):
        return False
    with any_counterexample():
        return equal(one, other).holds is True


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


def _linear(expression: Any, variables: Any) -> bool:
    """Whether the expression is linear in the variables once norms are held fixed."""
    fixed = {f: sp.Symbol(f"norm_{i}", positive=True)
             for i, f in enumerate(sorted(expression.atoms(AppliedUndef), key=str))
             if f.func.__name__ == "norm"}  # fmt: skip
    held = expression.xreplace(fixed)
    curved = held.atoms(sp.Max, sp.Min, sp.Abs, sp.sign, AppliedUndef)  # sums favour one direction
    if any(f.free_symbols & set(variables) for f in curved):
        return False
    at_zero = held.xreplace(dict.fromkeys(variables, sp.Integer(0)))  # a constant points somewhere
    return _same(at_zero, 0) and all(
        _same(sp.diff(held, a, b), 0) for a in variables for b in variables
    )


def _some_power(
    factors: dict[sp.Symbol, Any], unknown: list[sp.Symbol], updates: dict[sp.Symbol, Any]
) -> bool:
    """Whether each unknown variable has a power of c that makes every update scale by its variable's factor.

    An update is looked at as soon as the factors of all that it contains are chosen.
    """
    open_ = set(unknown)
    ready = {v: e for v, e in updates.items() if v not in open_ and not e.free_symbols & open_}
    change = {s: f * s for s, f in factors.items()}
    if not all(_same(e.subs(change, simultaneous=True), factors[v] * e) for v, e in ready.items()):
        return False
    left = {v: e for v, e in updates.items() if v not in ready}
    if not unknown:
        return not left
    first, *rest = unknown
    return any(_some_power({**factors, first: C**k}, rest, left) for k in _POWERS)


def symmetries(rule: Rule) -> dict[str, bool]:
    """Which changes of the problem leave the rule's path what it was, or change it alike.

    Args:
        rule: any rule; ε and weight decay are taken as 0, hyperparameters stay what they are.
    """
    zero = {k: 0 for k in ("eps", "eps_inside", "weight_decay", "initial_accumulator")
            if k in rule.hyperparameters}  # fmt: skip
    free = {k: symbol_of(h) for k, h in rule.hyperparameters.items()
            if not h.convention and k not in rule.fixed and k not in zero}  # fmt: skip
    t = trace(rule, step=STEP, **zero, **free)
    new = [_without_vain_bounds(positive_norms(sp.sympify(e))) for e in (*t.new_state, t.new_theta)]
    variables = (*t.state, t.theta)
    like_theta = {s for s in t.state if s.name in rule.initial and s.name == "slow"}

    others = [s for s in t.state if s not in like_theta]

    def scaled(gradient: Any, parameter: Any) -> bool:
        """Whether some powers of c for the state make the update scale as given."""
        known = {t.theta: parameter, t.gradient: gradient, **dict.fromkeys(like_theta, parameter)}
        return _some_power(known, others, dict(zip(variables, new, strict=True)))

    moved = {t.theta: t.theta + B, **{s: s + B for s in like_theta}}
    shift = all(
        _same(e.subs(moved, simultaneous=True), e + B if v == t.theta or v in like_theta else e)
        for v, e in zip(variables, new, strict=True)
    )
    return {
        "loss scale": scaled(C, sp.Integer(1)), "units": scaled(1 / C, C), "shift": shift,
        "rotation": all(_linear(e, (*variables, t.gradient)) for e in new), "permutation": True,
    }  # fmt: skip


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
