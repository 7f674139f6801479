"""Evidence beside a proof: the claim tried in float64, on the rule's own code where there is one.

Nothing here proves anything. A typed statement is read into NumPy arithmetic (not through SymPy, as the
proofs do), rules are run, and what comes out is compared.

>>> from eigenstep.proofs import ALL_CLAIMS
>>> print(evidence(ALL_CLAIMS["M9.sufficient"]))
agrees: heavy_ball run inside the bound at 5 settings of beta, fractions 0.05, 0.5 and 0.995
>>> evidence(ALL_CLAIMS["G7"]).agrees
False
"""

from __future__ import annotations

import ast
import itertools
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, singledispatch
from typing import Any

import numpy as np

from ..analysis.simulation import follow, growth, simulate
from ..analysis.symmetries import measured_symmetries
from ..optimizers.compositions import at_gradient_point, lookahead
from ..optimizers.domains import Integers, Interval
from ..optimizers.rule import Rule
from .kinds import claim as kinds
from .kinds import identities as more
from .kinds.claim import Claim

SEED = 0
_STEPS, _LONG = 20, 2000
_TRIES, _ENOUGH = 60, 40
_TOLERANCE = 1e-7
"""Of the largest value compared: RAdam's ρ_t cancels about eight digits at β₂ = 0.999."""


@dataclass(frozen=True)
class Evidence:
    """Whether what was tried agrees with the claim, and what was tried."""

    agrees: bool
    tried: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "agrees", bool(self.agrees))  # not NumPy's

    def __str__(self) -> str:
        return f"{'agrees' if self.agrees else 'disagrees'}: {self.tried}"


@singledispatch
def evidence(claim: Claim) -> Evidence:
    """Try a claim numerically."""
    raise TypeError(f"no numerical trial is known for a {type(claim).__name__}")


# Reading typed statements into float64.

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "max": np.maximum, "min": np.minimum,
    "abs": np.abs, "sign": np.sign, "norm": np.linalg.norm, "where": np.where,
    "A": kinds.sample_step, "S": kinds.sample_state,
}  # fmt: skip
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Div: operator.truediv, ast.Pow: operator.pow,
    ast.Mod: operator.mod, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt,
    ast.LtE: operator.le,
}  # fmt: skip


def _times(a: Any, b: Any) -> Any:
    """The product, of matrices too; a 1×1 product is a number."""
    if np.ndim(a) < 2 or np.ndim(b) < 2:
        return a * b
    product = a @ b
    return float(product[0, 0]) if product.size == 1 else product


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, names)
    if isinstance(node, ast.Call):
        arguments = [_value(a, names) for a in node.args]
        return _FUNCTIONS[node.func.id](*arguments)  # type: ignore[attr-defined]
    if isinstance(node, ast.Compare):
        left, right = _value(node.left, names), _value(node.comparators[0], names)
        return _OPERATORS[type(node.ops[0])](left, right)
    assert isinstance(node, ast.BinOp)
    left, right = _value(node.left, names), _value(node.right, names)
    if isinstance(node.op, ast.Mult):
        return _times(left, right)
    return _OPERATORS[type(node.op)](left, right)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def read(text: str, names: Mapping[str, Any]) -> Any:
    """The value of a typed expression, for numbers, arrays (elementwise) or matrices."""
    return _value(_parsed(text), names)


def _names(*texts: str) -> list[str]:
    found: dict[str, None] = {}
    for text in texts:
        called = {id(n.func) for n in ast.walk(_parsed(text)) if isinstance(n, ast.Call)}
        for node in ast.walk(_parsed(text)):
            if isinstance(node, ast.Name) and id(node) not in called:
                found[node.id] = None
    return list(found)


def _difference(pairs: list[tuple[Any, Any]]) -> float:
    """The largest difference, relative to the largest value of its pair."""
    worst = 0.0
    for a, b in pairs:
        scale = max(float(np.max(np.abs(a))), float(np.max(np.abs(b))), 1e-300)
        worst = max(worst, float(np.max(np.abs(np.asarray(a) - np.asarray(b)))) / scale)
    return worst


def _same(pairs: list[tuple[Any, Any]], tried: str, tolerance: float = _TOLERANCE) -> Evidence:
    worst = _difference(pairs)
    return Evidence(worst <= tolerance, f"{tried}; largest relative difference {worst:.1g}")


# Running rules.


def _settings(rule: Rule, fixed: Mapping[str, Any], conventions: bool = False) -> dict[str, Any]:
    """Numbers for all hyperparameters, none so small that a term could hide.

    Conventions keep their defaults unless they are to vary, too.
    """
    values: dict[str, Any] = {}
    for key, h in rule.hyperparameters.items():
        default = rule.fixed.get(key, h.default)
        kept = h.is_choice or isinstance(h.domain, Integers) or (h.convention and not conventions)
        if key in fixed or kept:
            values[key] = fixed.get(key, default)
            continue
        if default is None or abs(default) < 0.01:
            inside = isinstance(h.domain, Interval) and 0.1 in h.domain
            default = 0.1 if inside and key not in rule.fixed else default
        values[key] = default
    for key, value in fixed.items():  # one tied to another by its name
        if isinstance(value, str) and value in rule.hyperparameters:
            values[key] = values[value]
    return values


def _symbols(rule: Rule, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by the name that typed statements use."""
    return {h.symbol: values[k] for k, h in rule.hyperparameters.items() if not h.is_choice}


@evidence.register
def _(claim: kinds.EquationsClaim) -> Evidence:
    rule, random = claim.rule, np.random.default_rng(SEED)
    values = _settings(rule, claim.fixed, conventions=True)
    theta = random.standard_normal(5) + 2
    state = tuple(np.asarray(s) for s in rule.initial_state(theta, values))
    pairs = []
    for t in range(1, _STEPS + 1):
        g = random.standard_normal(5)
        names: dict[str, Any] = {**_symbols(rule, values), "t": t, "g": g, rule.parameter: theta}
        names |= dict(zip(rule.state, state, strict=True))
        with np.errstate(all="ignore"):
            coefficients = rule.coefficients(t, values)
            point = rule.gradient_point(theta, *state, **coefficients)
            pairs.append((point, read(claim.point or rule.parameter, names)))
            for name, text in claim.printed.items():
                names[name] = read(text, names)
            theta, *rest = rule(theta, g, *state, **coefficients)
            state = tuple(rest)
        pairs += [(theta, names[rule.parameter])]
        pairs += [(s, names[k]) for k, s in zip(rule.state, state, strict=True)]
    return _same(pairs, f"{rule.name} run for {_STEPS} steps beside the printed equations")


def _free(rule: Rule, fixed: Mapping[str, Any]) -> list[str]:
    return [k for k, h in rule.hyperparameters.items()
            if not h.convention and k != "lr" and k not in fixed]  # fmt: skip


@evidence.register
def _(claim: kinds.RegionClaim) -> Evidence:
    free = _free(claim.rule, claim.fixed)
    settings = (0.0, 0.2, 0.5, 0.8, 0.95) if free else (None,)
    inside, outside = (0.05, 0.5, 0.995), (1.005, 1.5)
    agrees = True
    for value in settings:
        chosen = dict.fromkeys(free, value)
        names = {**_symbols(claim.rule, _settings(claim.rule, chosen)), **chosen}
        bound = float(read(claim.bound, names))
        tied = {
            k: names[v] if isinstance(v, str) and v in names else v for k, v in claim.fixed.items()
        }
        if claim.direction in ("both", "sufficient"):
            at = growth(claim.rule, _LONG, eta_lambda=bound * np.array(inside), **chosen, **tied)
            agrees &= bool(np.all(at < 1))
        if claim.direction in ("both", "necessary"):
            at = growth(claim.rule, _LONG, eta_lambda=bound * np.array(outside), **chosen, **tied)
            agrees &= bool(np.all(at > 1))
    where = {"sufficient": "inside the bound", "necessary": "beyond the bound"}.get(
        claim.direction, "inside the bound and beyond"
    )
    at = {"sufficient": "0.05, 0.5 and 0.995", "necessary": "1.005 and 1.5"}.get(
        claim.direction, "0.05 to 1.5"
    )
    over = f" at {len(settings)} settings of {', '.join(free)}" if free else ""
    return Evidence(agrees, f"{claim.rule.name} run {where}{over}, fractions {at}")


@evidence.register
def _(claim: kinds.MatrixClaim) -> Evidence:
    rule, random = claim.rule, np.random.default_rng(SEED)
    pairs = []
    for _ in range(_STEPS):
        curvature = random.uniform(0.1, 5)
        values = _settings(rule, {"lr": random.uniform(0.01, 1), "beta": random.uniform(0, 1)})
        names = {**_symbols(rule, values), "lambda_": curvature}
        start = random.standard_normal(len(claim.printed))
        *state, theta = start
        coefficients = rule.coefficients(1, values)
        point = rule.gradient_point(theta, *state, **coefficients)
        theta, *state = rule(theta, curvature * point, *state, **coefficients)
        matrix = np.array([[float(read(e, names)) for e in row] for row in claim.printed])
        pairs.append((matrix @ start, np.array([*state, theta])))
    return _same(pairs, f"one step of {rule.name} from {_STEPS} random points")


def _points_of_gradient(
    rule: Rule,
    values: dict[str, Any],
    theta: float,
    state: tuple[float, ...],
    gradients: np.ndarray,
) -> list[float]:
    run = follow(rule, theta, lambda t, _: gradients[t - 1], values, state)
    return [point for point, _, _ in itertools.islice(run, len(gradients))]


@evidence.register
def _(claim: kinds.ConjugacyClaim) -> Evidence:
    random = np.random.default_rng(SEED)
    gradients, theta = random.standard_normal(_STEPS), 1.5
    state = tuple(random.standard_normal(len(claim.first.state)))
    one = _settings(claim.first, claim.first_fixed)
    two = _settings(claim.second, {**{k: v for k, v in one.items() if k not in claim.first_fixed},
                                   **claim.second_fixed})  # fmt: skip
    names = {**_symbols(claim.first, one), claim.first.parameter: theta}
    names |= dict(zip(claim.first.state, state, strict=True))
    *other, start = [float(read(row, names)) for row in claim.change]
    path = _points_of_gradient(claim.first, one, theta, state, gradients)
    beside = _points_of_gradient(claim.second, two, start, tuple(other), gradients)
    return _same([(path, beside)], f"both forms run for {_STEPS} steps")


@evidence.register
def _(claim: kinds.StoredPointClaim) -> Evidence:
    gradients = np.random.default_rng(SEED).standard_normal(_STEPS)
    rule, stored = claim.rule, at_gradient_point(claim.rule)
    values = _settings(rule, {})
    path = _points_of_gradient(rule, values, 1.0, (0.0,) * len(rule.state), gradients)
    beside = _points_of_gradient(stored, values, 1.0, (0.0,) * len(stored.state), gradients)
    return _same([(path, beside)], f"both forms run for {_STEPS} steps")


@evidence.register
def _(claim: kinds.PowerClaim) -> Evidence:
    pairs = []
    for lr, curvature in ((0.1, 1.0), (0.4, 3.0), (0.5, 0.2)):
        run = simulate(claim.rule, _STEPS, curvature=curvature, lr=lr).theta
        factor = read(claim.iterate, {"eta": lr, "lambda_": curvature})
        pairs.append((run, factor ** np.arange(_STEPS + 1)))
    return _same(pairs, f"{claim.rule.name} run for {_STEPS} steps")


@evidence.register
def _(claim: kinds.TuningClaim) -> Evidence:
    rule, random = claim.rule, np.random.default_rng(SEED)
    agrees = True
    for kappa in (4.0, 30.0):
        names: dict[str, Any] = {"mu": 1.0, "L": kappa}
        names["root"] = math.sqrt(float(read(claim.root_squared, names)))
        rate = float(read(claim.rate, names))
        ends = np.array([1.0, kappa])
        values = {k: float(read(v, names)) for k, v in claim.values.items()}
        others = {k: v for k, v in values.items() if k != "lr"}
        # t steps from a double root leave a factor t, which over half a run is 2^(1/1000).
        attained = growth(rule, _LONG, eta_lambda=values["lr"] * ends, **others).max()
        agrees &= bool(abs(attained - rate) < 2e-3)
        tried = {k: v * random.uniform(0.5, 1.5, (300, 1)) for k, v in values.items()}
        if "beta" in tried:
            tried["beta"] = np.clip(tried["beta"], 0, 0.999)
        found = growth(rule, _LONG, eta_lambda=tried.pop("lr") * ends, **tried).max(axis=1)
        agrees &= bool(found.min() > rate - 2e-3)
    return Evidence(
        agrees, f"{rule.name} run at the optimum and at 300 settings around it, κ = 4 and 30"
    )


@evidence.register
def _(claim: kinds.RootLemma) -> Evidence:
    random = np.random.default_rng(SEED)
    wrong = 0
    for T, D, r in random.uniform(-2, 2, (2000, 3)) * [1, 1, 0.5] + [0, 0, 1]:
        margins = [float(read(c, {"T": T, "D": D, "r": r})) for c in claim.conditions]
        inside = np.max(np.abs(np.roots([1, -T, D]))) <= r
        wrong += (min(margins) >= 0) != inside and abs(min(margins)) > 1e-9
    return Evidence(wrong == 0, f"2000 random quadratics, {wrong} against it")


@evidence.register
def _(claim: kinds.MaximumLimitClaim) -> Evidence:
    random, p, worst = np.random.default_rng(SEED), 3000, 0.0
    for beta, u, a in random.uniform(0.1, 0.9, (50, 3)):
        largest = max(beta * u, a)
        inner = (beta * u / largest) ** p + (1 - beta**p) * (a / largest) ** p
        stated = float(read(claim.limit, {"beta": beta, "u": u, "a": a}))
        worst = max(worst, abs(largest * inner ** (1 / p) / stated - 1))
    return Evidence(worst < 2 * math.log(2) / p, f"p = {p} at 50 random points; off by {worst:.1g}")


@evidence.register
def _(claim: kinds.InequalityClaim) -> Evidence:
    points = list(_where_true(claim.hypotheses, _names(*claim.hypotheses, claim.conclusion)))
    strict = ">=" not in claim.conclusion
    left, _, right = claim.conclusion.rpartition(">" if strict else ">=")
    against = 0
    for names in points:
        with np.errstate(all="ignore"):
            margin = float(read(left, names)) - float(read(right, names))
        # A point that is to satisfy an equation does so up to rounding.
        against += not margin > -1e-6 * max(1.0, *(abs(v) for v in names.values()), 1.0)
    return Evidence(
        bool(points) and not against, f"{len(points)} random points, {against} against it"
    )


def _where_true(hypotheses: tuple[str, ...], names: list[str]) -> Iterator[dict[str, float]]:
    """Random points where the hypotheses hold; where chance finds none, pulled there."""
    from scipy.optimize import least_squares

    if not names:
        yield {}
        return
    random = np.random.default_rng(SEED)
    parts = []
    for h in hypotheses:
        strict = ">=" not in h
        left, _, right = h.rpartition(">" if strict else ">=")
        parts.append((f"({left}) - ({right})", 1e-2 if strict else 0.0))

    def short(points: np.ndarray) -> np.ndarray:
        """By how much each hypothesis fails at each point; points and values by rows."""
        at = dict(zip(names, points.T, strict=True))
        with np.errstate(all="ignore"):
            values = [np.maximum(0.0, margin - read(h, at)) for h, margin in parts]
        found = np.stack([np.broadcast_to(v, len(points)) for v in [*values, 0.0]], axis=1)
        return np.nan_to_num(found, nan=1e3, posinf=1e3)

    def at_one(point: np.ndarray) -> np.ndarray:
        return short(point[None])[0]

    def slopes(point: np.ndarray) -> np.ndarray:
        """All forward differences in one evaluation."""
        steps = 1e-7 * np.maximum(1.0, np.abs(point))
        values = short(np.vstack([point, point + np.diag(steps)]))
        return ((values[1:] - values[0]) / steps[:, None]).T

    found = 0
    for _ in range(_TRIES):
        start = random.standard_normal(len(names)) * 10 ** random.uniform(-0.5, 0.5)
        if at_one(start).max() > 0:
            start = least_squares(at_one, start, jac=slopes, max_nfev=40).x  # type: ignore[arg-type]
        if at_one(start).max() < 1e-9:
            found += 1
            yield dict(zip(names, map(float, start), strict=True))
        if found == _ENOUGH:
            return


# Statements without a rule.


def _random_values(
    names: list[str], random: np.random.Generator, unit: tuple[str, ...] = ()
) -> Any:
    """Positive numbers; averaging factors below 1, integers where names stand for them."""
    values: dict[str, Any] = {}
    for name in names:
        if name in unit or name in _BELOW_ONE:
            values[name] = random.uniform(0.05, 0.95)
        elif name in more.Names.INTEGERS:
            values[name] = int(random.integers(2, 9))
        else:
            values[name] = random.uniform(0.2, 3)
    return values


_BELOW_ONE = ("beta", "beta1", "beta2", "gamma", "rho", "rho1")


def _defined(definitions: Mapping[str, str], names: dict[str, Any]) -> dict[str, Any]:
    for name, text in definitions.items():
        names[name] = read(text, names)
        if np.ndim(names[name]) == 2:
            names[f"{name}T"] = names[name].T
    return names


@evidence.register
def _(claim: more.IdentityClaim) -> Evidence:
    random, pairs = np.random.default_rng(SEED), []
    used = _names(claim.left, claim.right, *claim.definitions.values())
    for _ in range(100):
        with np.errstate(all="ignore"):
            names = _defined(claim.definitions, _random_values(used, random))
            pair = read(claim.left, names), read(claim.right, names)
        if all(np.isfinite(side) for side in pair):  # outside it neither side is real
            pairs.append(pair)
    return _same(pairs, f"{len(pairs)} random points")


@evidence.register
def _(claim: more.SumClaim) -> Evidence:
    random, pairs = np.random.default_rng(SEED), []
    for t in range(max(claim.start, 1), 21):
        names = _random_values(_names(claim.term, claim.closed), random) | {"t": t}
        first, last = (round(float(read(e, names))) for e in (claim.lower, claim.upper))
        total = sum(read(claim.term, {**names, "i": i}) for i in range(first, last + 1))
        pairs.append((total, read(claim.closed, names)))
    return _same(pairs, "added up for t = 1 to 20")


@evidence.register
def _(claim: more.LimitClaim) -> Evidence:
    random, worst = np.random.default_rng(SEED), 0.0
    for _ in range(20):
        names = _random_values(_names(claim.expression, claim.value), random, claim.unit) | {
            "e": math.e
        }
        names[claim.variable] = 1e8
        with np.errstate(all="ignore"):
            gap = abs(float(read(claim.expression, names)) - float(read(claim.value, names)))
        worst = max(worst, gap)
    return Evidence(
        worst < 1e-3, f"at {claim.variable} = 1e8, 20 random points; off by {worst:.1g}"
    )


@evidence.register
def _(claim: more.GrowthClaim) -> Evidence:
    smallest = float(np.min(read(claim.expression, {"x": np.geomspace(1e-6, 1e6, 1000)})))
    return Evidence(smallest >= -1e-12, f"1000 points from 1e-6 to 1e6; smallest {smallest:.1g}")


@evidence.register
def _(claim: more.MatrixIdentityClaim) -> Evidence:
    random, n, pairs = np.random.default_rng(SEED), 4, []
    for _ in range(20):
        square = random.standard_normal((n, n))
        diagonal = np.diag(random.uniform(0.5, 2, n))
        Q = square @ square.T + np.eye(n)
        names: dict[str, Any] = {
            v: random.standard_normal((n, 1)) for v in ("x", "c", "v", "z", "d")
        }
        names |= {f"{k}T": m.T for k, m in list(names.items())}
        U = np.linalg.qr(square)[0]
        names |= {"Q": Q, "Qi": np.linalg.inv(Q), "L": diagonal, "Li": np.linalg.inv(diagonal),
                  "Lh": np.sqrt(diagonal), "U": U, "UT": U.T, "D": np.diag(random.uniform(0.5, 2, n)),
                  "I": np.eye(n)}  # fmt: skip
        others = [k for k in _names(claim.left, claim.right, *claim.definitions.values())
                  if k not in names and k.removesuffix("T") not in claim.definitions]  # fmt: skip
        names = _defined(claim.definitions, {**names, **_random_values(others, random)})
        pairs.append((read(claim.left, names), read(claim.right, names)))
    return _same(pairs, f"20 random matrices of size {n}")


@evidence.register
def _(claim: more.UnrolledClaim) -> Evidence:
    rule, gradients = claim.rule, np.random.default_rng(SEED).standard_normal(_STEPS)
    values = _settings(rule, claim.fixed)
    run = follow(rule, 1.0, lambda t, _: gradients[t - 1], values, (0.0,) * len(rule.state))
    *_, (_, _, state) = itertools.islice(run, _STEPS)
    names = _symbols(rule, values)
    weights = [float(read(claim.weight, {**names, "tau": tau})) for tau in range(_STEPS)]
    summed = sum(
        w * read(claim.of, {"g": g}) for w, g in zip(weights, gradients[::-1], strict=True)
    )
    return _same([(state[rule.state.index(claim.variable)], summed)],
                 f"{rule.name} run for {_STEPS} steps")  # fmt: skip


@evidence.register
def _(claim: more.VarianceClaim) -> Evidence:
    chains, lr, curvature = 20_000, 0.2, 1.5
    others = {"beta": 0.5} if "beta" in claim.rule.hyperparameters else {}
    run = simulate(claim.rule, 200, curvature=curvature, start=np.zeros(chains), noise=1.0, seed=SEED,
                   keep=False, lr=lr, **others)  # fmt: skip
    measured = float(run.theta[-1].var(ddof=1))
    stated = float(read(claim.value, {"eta": lr, "lambda_": curvature, **others}))
    off = abs(measured / stated - 1) / math.sqrt(2 / (chains - 1))
    return Evidence(
        off < 4.5, f"{chains} chains of {claim.rule.name}: {off:.1f} standard errors off"
    )


@evidence.register
def _(claim: more.ScalingClaim) -> Evidence:
    worse = []
    for rows in claim.tried:
        Q = np.array(rows, float)
        root = np.diag(1 / np.sqrt(np.diag(Q)))
        worse.append(np.linalg.cond(root @ Q @ root) > np.linalg.cond(Q) * (1 + 1e-9))
    return Evidence(not any(worse), f"{len(worse)} matrices, {sum(worse)} against it")


@evidence.register
def _(claim: more.CycleClaim) -> Evidence:
    rule, values = (
        claim.rule,
        _settings(claim.rule, {k: _fraction(v) for k, v in claim.settings.items()}),
    )
    points = [_fraction(p) for p in claim.points]
    state = ((points[-1] - points[0]) / values["lr"],)
    run = follow(rule, points[0], lambda _, x: float(read(claim.gradient, {"x": x})), values, state)
    seen = [theta for _, theta, _ in itertools.islice(run, 10 * len(points))]
    expected = ([*points[1:], points[0]] * 10)[: len(seen)]
    return _same([(seen, expected)], f"{rule.name} run for {len(seen)} steps")


def _fraction(text: str) -> float:
    return float(read(text, {}))


@evidence.register
def _(claim: more.SymmetryClaim) -> Evidence:
    measured = measured_symmetries(claim.rule)[claim.symmetry]
    return Evidence(
        measured == claim.holds, f"{claim.rule.name} run on the problem and on its image"
    )


@evidence.register
def _(claim: more.LookaheadClaim) -> Evidence:
    values: dict[str, Any] = {k: float(v) for k, v in claim.values().items()}
    names = {claim.rule.hyperparameters[k].symbol: v for k, v in values.items()}
    reach = float(read(claim.reach, names))
    at = reach * np.array([0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.995])
    outer = lookahead(claim.rule, claim.k, float(read(claim.alpha, {})))
    with np.errstate(all="ignore"):
        run = np.abs(simulate(outer, 400 * claim.k, lr=at, **values).theta[:: claim.k])
        late, early = run[300:].max(axis=0), run[100:200].max(axis=0)
        decays = bool(np.all(late < early + 1e-280))
    return Evidence(decays and reach > 0, f"{outer.name} run at {len(at)} steps up to {reach:g}")
