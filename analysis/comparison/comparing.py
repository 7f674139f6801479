r"""Find which rule, and which convention of it, somebody else's optimizer computes.

The target and every candidate rule are given the same gradients: float64, of scales from 1e-8 to 1e8,
with exact zeros, one coordinate whose gradient is always zero and one tensor that starts at zero.
A candidate matches when, at every step, no coordinate is further from the target's than 1e-10 of the
distance that it has travelled (plus the rounding of the additions themselves).
"""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...optimizers.compositions import (
    PREVIOUS,
    at_gradient_point,
    with_decoupled_weight_decay,
    with_weight_decay,
)
from ...optimizers.domains import Choice
from ...optimizers.errors import EigenstepError
from ...optimizers.rule import Rule
from ...optimizers.rules import ALL_RULES, rmsprop_variant

TOLERANCE = 1e-10
"""Largest difference of a match, relative to the distance that the coordinate has travelled."""
SHAPES = ((4, 3), (7,), (3,))
"""Shapes of the parameter tensors of the comparison; the last starts at zero."""
_SYNONYMS = {
    "lr": ("learning_rate", "step_size"), "beta": ("momentum", "beta1"),
    "beta1": ("b1", "beta_1"), "beta2": ("b2", "beta_2"), "eps": ("epsilon",),
    "gamma": ("alpha", "decay", "rho"), "rho": ("decay", "alpha"),
    "initial_accumulator": ("initial_accumulator_value", "initial_scale"),
    "weight_decay": ("wd",),  "threshold": ("n_sma_threshold",), "k": ("sync_period",),
    "alpha": ("slow_step_size",),
}  # fmt: skip
_DEFAULT_LR = 0.01
_LIBRARIES = {"pytorch_optimizer": "pytorch-optimizer", "torch_optimizer": "torch-optimizer"}


class TargetError(EigenstepError, ValueError):
    """A target that cannot be built or does not step."""


@dataclass(frozen=True)
class Departure:
    """The first step and coordinate at which the rule leaves the target."""

    step: int
    tensor: int
    coordinate: tuple[int, ...]
    target: float
    rule: float


@dataclass(frozen=True)
class Candidate:
    """A rule under a choice of conventions, with the hyperparameters that it was run with."""

    rule: Rule
    values: Mapping[str, Any]
    decay: str | None = None
    """``"coupled"`` or ``"decoupled"`` weight decay composed with the rule; None for its own."""

    @property
    def conventions(self) -> dict[str, Any]:
        """What was chosen that is not the paper's."""
        hyperparameters = self.rule.hyperparameters
        return {
            k: v for k, v in self.values.items()
            if hyperparameters[k].convention and v != hyperparameters[k].default
            and k not in ("eps", "weight_decay")
        }  # fmt: skip

    @property
    def known_as(self) -> tuple[str, ...]:
        """The names under which the rule knows this choice: ``"paper"``, ``"torch"``, …"""
        found = []
        for name in ("paper", *self.rule.conventions):
            known = self.rule.under(name).hyperparameters
            if all(self.values[k] == h.default for k, h in known.items()
                   if h.convention and k not in ("eps", "weight_decay")):  # fmt: skip
                found.append(name)
        return tuple(found)


@dataclass(frozen=True)
class Comparison:
    """What a target computes.

    Attributes:
        target: the target's name.
        match: whether a candidate computes the same.
        nearest: the candidate that does, or that comes nearest.
        difference: its largest distance from the target, relative to the distance travelled.
        departure: where the nearest leaves the target; None for a match.
        tried: how many candidates were run.
    """

    target: str
    match: bool
    nearest: Candidate
    difference: float
    departure: Departure | None
    tried: int
    library: str = ""

    @property
    def convention(self) -> str | None:
        """The nearest's convention by name, the target's own library first; None if it has none."""
        own = _LIBRARIES.get(self.library, self.library)
        names = self.nearest.known_as
        return own if own in names and "paper" not in names else next(iter(names), None)

    def describe(self) -> str:
        """The answer in words."""
        chosen = [f"{k}={v!r}" for k, v in self.nearest.conventions.items()]
        if self.nearest.decay:
            chosen.append(f"{self.nearest.decay} weight decay")
        under = f" with {', '.join(chosen)}" if chosen else ""
        known = f" (the {self.convention} convention)" if self.convention else ""
        said = f"{self.nearest.rule.name}{under}{known}"
        d = self.departure
        if d is None:
            return (f"{self.target} computes {said}\n"
                    f"largest difference: {self.difference:.1e} of the distance travelled")  # fmt: skip
        place = ", ".join(map(str, d.coordinate))
        return (
            f"{self.target} computes none of the {self.tried} conventions tried\n"
            f"nearest: {said}\n"
            f"departs at step {d.step}, tensor {d.tensor}, coordinate ({place}): "
            f"{d.target:.17g}, where the rule has {d.rule:.17g}"
        )

    def as_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        d = self.departure
        return {
            "target": self.target, "match": self.match, "rule": self.nearest.rule.name,
            "convention": self.convention, "conventions": self.nearest.conventions,
            "weight_decay": self.nearest.decay,
            "hyperparameters": dict(self.nearest.values),
            "difference": self.difference if math.isfinite(self.difference) else None,
            "departure": None if d is None else {
                "step": d.step, "tensor": d.tensor, "coordinate": list(d.coordinate),
                "target": d.target if math.isfinite(d.target) else str(d.target),
                "rule": d.rule if math.isfinite(d.rule) else str(d.rule)},
            "tried": self.tried,
        }  # fmt: skip


def problem(
    steps: int, seed: int = 0, shapes: Sequence[tuple[int, ...]] = SHAPES
) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """Starting parameters and, for each step, the gradients."""
    random = np.random.default_rng(seed)
    start = [random.standard_normal(s) for s in shapes]
    start[-1][:] = 0.0
    # Half of the coordinates keep their scale, so that ε stays visible where gradients are small.
    kept = [10.0 ** random.integers(-8, 9, s) for s in shapes]
    keep = [random.random(s) < 0.5 for s in shapes]
    gradients = []
    for _ in range(steps):
        now = []
        for shape, own, fixed in zip(shapes, kept, keep, strict=True):
            scale = np.where(fixed, own, 10.0 ** random.integers(-8, 9, shape))
            g = random.standard_normal(shape) * scale
            g[random.random(shape) < 0.1] = 0.0
            now.append(g)
        now[0][0, 0] = 0.0
        gradients.append(now)
    return start, gradients


def _flat(tensors: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.ravel(t) for t in tensors])


def run_rule(candidate: Candidate, start: Any, gradients: Any) -> np.ndarray:
    """The stored parameters after every step, one row a step (the first row is the start)."""
    rule = at_gradient_point(candidate.rule)
    names = candidate.rule.gradient_at_names
    values = dict(candidate.values)
    theta = [x.copy() for x in start]
    state = [list(rule.initial_state(x, values)) for x in theta]
    rows = [_flat(theta)]
    before: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        for t, now in enumerate(gradients, 1):
            coefficients = rule.coefficients(t, values)
            if names:
                coefficients |= before
                before = {PREVIOUS + k: coefficients[k] for k in names}
            for i, g in enumerate(now):
                theta[i], *state[i] = rule(theta[i], g, *state[i], **coefficients)
            rows.append(_flat(theta))
    return np.array(rows)


class Target:
    """Somebody's optimizer, with the hyperparameters that its signature names.

    Args:
        build: a ``torch.optim.Optimizer`` class or a function of the parameters that returns one; a
            function that returns a gradient transformation (optax); or a :class:`Rule`.
        settings: keyword arguments for it.
        name: what to call it.
    """

    def __init__(
        self, build: Any, settings: Mapping[str, Any] | None = None, name: str = ""
    ) -> None:
        self.build, self.settings = build, dict(settings or {})
        self.name = name or getattr(build, "__name__", str(build))
        self.values: dict[str, Any] = {}

    def run(self, start: Any, gradients: Any) -> np.ndarray:
        """The parameters after every step, one row a step (the first row is the start).

        Raises:
            TargetError: it cannot be built, or fails as it steps.
        """
        if isinstance(self.build, Rule):
            self.build.check(self.settings)
            full = self.build.with_defaults(self.settings)
            self.values = {k: v for k, v in full.items() if not isinstance(v, str | bool)}
            return run_rule(Candidate(self.build, full), start, gradients)
        arguments = self._arguments()
        try:
            if self._is_transformation():
                return self._run_transformation(arguments, start, gradients)
            return self._run_torch(arguments, start, gradients)
        except EigenstepError:
            raise
        except Exception as error:
            said = str(error).splitlines()[0] if str(error) else ""
            raise TargetError(f"{self.name} failed: {type(error).__name__}: {said}") from error

    @property
    def library(self) -> str:
        """The package that the target comes from."""
        module = getattr(getattr(self.build, "func", self.build), "__module__", "") or ""
        return module.split(".")[0]

    def _is_transformation(self) -> bool:
        return self.library == "optax" or hasattr(self.build, "init")

    def _arguments(self) -> dict[str, Any]:
        """The settings, and a learning rate where one is required; notes all numeric defaults."""
        if not callable(self.build):
            if hasattr(self.build, "init") and hasattr(self.build, "update"):
                return {}
            raise TargetError(f"{self.name} is not an optimizer: {type(self.build).__name__}")
        try:
            parameters = inspect.signature(self.build).parameters
        except (TypeError, ValueError):
            parameters = {}
        chosen = dict(self.settings)
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        for key in chosen:
            if parameters and key not in parameters and not takes_any:
                raise TargetError(f"{self.name} takes no argument {key!r}; it takes: "
                                  f"{', '.join(parameters)}")  # fmt: skip
        for key, parameter in parameters.items():
            if parameter.default is not parameter.empty:
                self.values.setdefault(key, parameter.default)
                if key in ("lr", "learning_rate") and parameter.default is None:
                    chosen.setdefault(key, _DEFAULT_LR)
            elif key in ("lr", "learning_rate"):
                chosen.setdefault(key, _DEFAULT_LR)
        self.values |= chosen
        return chosen

    def _run_transformation(self, arguments: Any, start: Any, gradients: Any) -> np.ndarray:
        import jax

        transformation = self.build if hasattr(self.build, "update") else self.build(**arguments)
        in_float64: Any = getattr(jax, "enable_x64", None)
        if in_float64 is None:  # before JAX 0.8
            from jax.experimental import enable_x64 as in_float64  # type: ignore
        with in_float64(True):
            params = [jax.numpy.asarray(x) for x in start]
            state = transformation.init(params)
            update = jax.jit(transformation.update)
            rows = [_flat(start)]
            for now in gradients:
                g = [jax.numpy.asarray(x) for x in now]
                change, state = update(g, state, params)
                params = [p + c for p, c in zip(params, change, strict=True)]
                rows.append(_flat([np.asarray(p) for p in params]))
        return np.array(rows)

    def _run_torch(self, arguments: Any, start: Any, gradients: Any) -> np.ndarray:
        import torch

        usual = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)  # some keep scalars in the default precision
        try:
            return self._torch_rows(arguments, start, gradients)
        finally:
            torch.set_default_dtype(usual)

    def _torch_rows(self, arguments: Any, start: Any, gradients: Any) -> np.ndarray:
        import torch

        params = [torch.nn.Parameter(torch.tensor(x)) for x in start]
        optimizer = self.build(params, **arguments)
        if not hasattr(optimizer, "step"):
            raise TargetError(f"{self.name} made a {type(optimizer).__name__}, which has no step()")
        for group in getattr(optimizer, "param_groups", [])[:1]:
            self.values |= {k: v for k, v in group.items() if k != "params"}
        rows = [_flat(start)]
        for now in gradients:
            for p, g in zip(params, now, strict=True):
                p.grad = torch.tensor(g)
            optimizer.step()
            rows.append(_flat([p.detach().numpy() for p in params]))
        return np.array(rows)

    def numbers(self) -> dict[str, float]:
        """The target's numeric hyperparameters; a pair of betas as two."""
        found: dict[str, Any] = {}
        for key, value in self.values.items():
            if hasattr(value, "item"):
                value = value.item()
            if key == "betas" and isinstance(value, tuple | list) and len(value) == 2:
                found |= {"beta1": value[0], "beta2": value[1]}
            elif isinstance(value, int | float) and not isinstance(value, bool):
                found[key] = value
        return found


def _named(rule: Rule, numbers: Mapping[str, float]) -> dict[str, Any]:
    """The target's numbers under the rule's names."""
    found = {}
    for key, h in rule.hyperparameters.items():
        if h.is_choice:
            continue
        for name in (key, *_SYNONYMS.get(key, ())):
            if name in numbers and numbers[name] in h.domain:
                found[key] = numbers[name]
                break
    return found


def candidates(rule: Rule, numbers: Mapping[str, float]) -> Iterator[Candidate]:
    """The rule under every choice of conventions, with the target's numbers."""
    variants: list[tuple[Rule, str | None]] = [(rule, None)]
    decay = numbers.get("weight_decay", numbers.get("wd", 0.0))
    if decay and "weight_decay" not in rule.hyperparameters:
        variants = [(with_weight_decay(rule), "coupled"),
                    (with_decoupled_weight_decay(rule), "decoupled")]  # fmt: skip
    for variant, composed in variants:
        named = _named(variant, numbers)
        options: dict[str, list[Any]] = {}
        for key, h in variant.hyperparameters.items():
            if key in variant.fixed:
                options[key] = [variant.fixed[key]]
            elif isinstance(h.domain, Choice):
                options[key] = [h.default, *(v for v in h.domain.values if v != h.default)]
            elif key in named:
                options[key] = [named[key]]
            else:
                known = [c[key] for c in variant.conventions.values() if key in c]
                options[key] = list(dict.fromkeys([h.default, *known]))
        for chosen in itertools.product(*options.values()):
            yield Candidate(variant, dict(zip(options, chosen, strict=True)), composed)


def _all_rules() -> list[Rule]:
    variants = [rmsprop_variant(momentum=m, centered=c)
                for m, c in itertools.product((False, True), repeat=2)][1:]  # fmt: skip
    return [*ALL_RULES.values(), *variants]


def _differences(target: np.ndarray, rule: np.ndarray) -> np.ndarray:
    """Each coordinate's distance after each step, relative to the distance travelled."""
    with np.errstate(all="ignore"):
        moves = np.abs(np.diff(target, axis=0))
        travelled = np.cumsum(moves, axis=0)
        steps = np.arange(1, len(target))[:, None]
        size = np.maximum.accumulate(np.abs(target[1:]), axis=0)
        rounding = 4 * np.finfo(float).eps * steps * size
        apart = np.abs(target[1:] - rule[1:])
        relative = np.where(apart <= rounding, 0.0, apart / travelled)
    both_nan = np.isnan(target[1:]) & np.isnan(rule[1:])
    return np.where(both_nan, 0.0, np.where(np.isnan(relative), np.inf, relative))


def _departure(target: Any, rule: Any, relative: Any, shapes: Any) -> Departure:
    step, index = (int(i[0]) for i in np.nonzero(relative > TOLERANCE))
    sizes = [int(np.prod(s)) for s in shapes]
    tensor, offset = 0, index
    while offset >= sizes[tensor]:
        offset -= sizes[tensor]
        tensor += 1
    place = tuple(int(i) for i in np.unravel_index(offset, shapes[tensor]))
    return Departure(step + 1, tensor, place, float(target[step + 1, index]),
                     float(rule[step + 1, index]))  # fmt: skip


def _plain_name(name: str) -> str:
    return name.rpartition(":")[2].rpartition(".")[2].replace("_", "").lower()


def compare(
    target: Any,
    against: Rule | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    steps: int = 100,
    seed: int = 0,
    shapes: Sequence[tuple[int, ...]] = SHAPES,
    name: str = "",
    advance: Callable[[int], None] | None = None,
) -> Comparison:
    """Which rule under which conventions a target computes.

    Args:
        target: a torch optimizer class, a function of the parameters that returns an optimizer, a
            function that returns an optax transformation, or a :class:`Rule`.
        against: the only rule to try; by default all.
        settings: keyword arguments for the target.
        steps: how many steps to compare, at least 1.
        seed: of the random gradients.
        shapes: of the parameter tensors.
        name: the target's name in the result.
        advance: called after each candidate, for a progress bar.

    Raises:
        TargetError: the target cannot be built or run.

    >>> import torch
    >>> found = compare(torch.optim.RAdam)
    >>> found.match, found.nearest.rule.name, found.convention
    (True, 'radam', 'torch')
    """
    if steps < 1:
        raise TargetError(f"steps = {steps} is out of its domain: steps is an integer, 1 <= steps")
    start, gradients = problem(steps, seed, shapes)
    runner = Target(target, settings, name)
    rows = runner.run(start, gradients)
    if not np.any(rows[1:] != rows[:-1]):
        raise TargetError(f"{runner.name} left every parameter as it was")
    numbers = runner.numbers()
    best: tuple[Any, ...] | None = None
    tried = 0
    for order, rule in enumerate([against] if against is not None else _all_rules()):
        for candidate in candidates(rule, numbers):
            tried += 1
            try:
                ours = run_rule(candidate, start, gradients)
            except (ZeroDivisionError, OverflowError):
                continue
            relative = _differences(rows, ours)
            worst = float(relative.max())
            matches = worst <= TOLERANCE
            # Among matches the one with the least state and the fewest conventions; else by how
            # many steps agree, whether the name is the same, and how far apart the rest is.
            agree = int(np.argmax((relative > TOLERANCE).any(axis=1))) if not matches else steps
            apart = float(np.nanmedian(np.minimum(relative, 1e300)))
            complexity = len(candidate.conventions) + (candidate.decay is not None)
            other = _plain_name(candidate.rule.name) != _plain_name(runner.name)
            key = (
                -agree,
                other and not matches,
                0.0 if matches else apart,
                len(candidate.rule.state),
                complexity,
                order,
            )
            if best is None or key < best[0]:
                best = (key, candidate, worst, relative, ours, matches)
        if advance:
            advance(1)
    if best is None:
        raise TargetError(f"no rule could be run with the hyperparameters of {runner.name}")
    _, candidate, worst, relative, ours, matches = best
    departure = None if matches else _departure(rows, ours, relative, shapes)
    return Comparison(runner.name, matches, candidate, worst, departure, tried, runner.library)
