"""An update rule: one function in the paper's symbols, with no framework in it.

A rule has two parts, both pure functions:

- its *coefficients*: what depends only on the step number and the hyperparameters (bias
  corrections, schedules), computed once a step as float64 scalars;
- its *update*: what touches parameters, elementwise (plus norms).

The signature says the rest. Positional arguments are the parameter ``theta``, the gradient ``g``
and the state, in this order; keyword-only arguments are hyperparameters, each annotated with its
domain. A user's own rule is written the same way, in any file, and registered nowhere:

>>> from eigenstep.optimizers.domains import LearningRate, UnitInterval
>>> @rule
... def half_nesterov(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
...     v = beta * v + g
...     return theta - lr * (v + g) / 2, v
>>> half_nesterov.state
('v',)
>>> half_nesterov(1.0, 0.5, 0.0, lr=0.1, beta=0.9)
(0.95, 0.5)
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Any, overload

from .domains import Hyperparameter, check_all
from .errors import Missing, RuleError, UnknownName, shown
from .remembered import Memory
from .shapes import GIVEN, GROUP, NUMBER, TENSOR, Shape
from .signature import (
    Update,
    check_function,
    hyperparameters_of,
    keyword_only,
    positional,
    shapes_of,
)


def derived(make: Callable[..., Rule]) -> Callable[..., Rule]:
    """Mark a function that makes a rule of others: what it makes is pickled as the call that made it."""

    @functools.wraps(make)
    def call(*args: Any, **kwargs: Any) -> Rule:
        made = make(*args, **kwargs)
        if made._recipe is None and all(made is not a for a in args):
            made._recipe = (call, args, kwargs)
        return made

    return call


def _remake(make: Callable[..., Rule], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Rule:
    return make(*args, **kwargs)


def _zeros(zero: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of a shape, of the kind that ``zero`` is."""
    if hasattr(zero, "new_zeros"):
        return zero.new_zeros(shape)
    import numpy as np  # which listing rules does without

    return np.zeros(shape, dtype=getattr(zero, "dtype", float))


class Rule:
    """An update rule with its state, hyperparameters, domains and source.

    Made by the decorator :func:`rule`; calling it runs the update function.

    Attributes:
        name: the function's name.
        state: names of the state variables, zero at the start where ``initial`` does not say otherwise.
        shapes: by name of a state variable that is no tensor of the parameter's shape, what it is.
        memory: the numbers that its coefficients remember, or None.
        hyperparameters: by name, with default, domain and the field's symbol.
        source: the paper the rule is taken from.
        fixed: hyperparameters that :meth:`fix` has set.
        held: of a rule that stands for another, what was supposed: ``p = sqrt(v)``.
    """

    def __init__(
        self,
        update: Update,
        *,
        coefficients: Callable[..., dict[str, Any]] | None = None,
        gradient_at: Callable[..., Any] | None = None,
        source: str = "",
        name: str | None = None,
        fixed: Mapping[str, Any] | None = None,
        initial: Mapping[str, Callable[..., Any]] | None = None,
        state: tuple[str, ...] | None = None,
        hyperparameters: Mapping[str, Hyperparameter] | None = None,
        conventions: Mapping[str, Mapping[str, Any]] | None = None,
        shapes: Mapping[str, Shape] | None = None,
        memory: Memory | None = None,
    ) -> None:
        check_function(update)
        self.update = update
        self.name = name or update.__name__
        self.source = source
        self.__doc__ = update.__doc__
        self.__module__ = update.__module__
        arguments = positional(update)
        if len(arguments) < 2:
            raise RuleError(
                f"rule {self.name}: its function takes (theta, g, *state), got {arguments}"
            )
        self.parameter, self.gradient = arguments[:2]
        self.state: tuple[str, ...] = arguments[2:] if state is None else state
        self.shapes = shapes_of(update, self.state) if shapes is None else dict(shapes)
        self.memory = memory
        kinds = [p.kind for p in inspect.signature(update).parameters.values()]
        takes_all = inspect.Parameter.VAR_KEYWORD in kinds
        self._takes = None if takes_all else frozenset(keyword_only(update))
        self.conventions: Mapping[str, Mapping[str, Any]] = dict(conventions or {})
        self.initial = dict(initial or {})
        for key in self.initial:
            if key not in self.state:
                raise UnknownName(f"state of {self.name}", key, self.state)
        self._coefficients = coefficients
        self._gradient_at = gradient_at
        if hyperparameters is None:
            hyperparameters = hyperparameters_of(
                coefficients or update, () if memory is None else memory.start
            )
        self.hyperparameters: dict[str, Hyperparameter] = dict(hyperparameters)
        self._passed = [k for k in self._takes or () if k in self.hyperparameters]
        self.held: tuple[str, ...] = ()
        self.fixed: dict[str, Any] = {}
        self._recipe: tuple[Callable[..., Rule], tuple[Any, ...], dict[str, Any]] | None = None
        self._under: dict[str, Rule] = {}
        for key, value in (fixed or {}).items():
            self._check_name(key)
            self.hyperparameters[key].check(value)
            self.fixed[key] = value

    def __repr__(self) -> str:
        inside = "".join(f", {k}={v!r}" for k, v in self.fixed.items())
        return (
            f"<rule {self.name}({', '.join((self.parameter, self.gradient, *self.state))}){inside}>"
        )

    def _repr_html_(self) -> str:
        """The signature, the hyperparameters with their domains, the source and the code, for notebooks."""
        rows = "".join(
            f"<tr><td><code>{escape(h.domain.describe(k))}</code></td><td>{escape(repr(h.default))}</td></tr>"
            for k, h in self.hyperparameters.items() if k not in self.fixed
        )  # fmt: skip
        try:
            code = f"<pre>{escape(textwrap.dedent(inspect.getsource(self.update)))}</pre>"
        except (OSError, TypeError):  # made by a composition, or typed in
            code = ""
        return (
            f"<p><code>{escape(repr(self))}</code></p><p>{escape(self.source)}</p><table>"
            f"<tr><th>hyperparameter</th><th>default</th></tr>{rows}</table>{code}"
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Rule:
        return self  # immutable

    def __reduce__(self) -> Any:
        """Pickled by its name in its module, as functions are, or as the call that made it."""
        return self.name if self._recipe is None else (_remake, self._recipe)

    @property
    def parts(self) -> dict[str, Any]:
        """What the rule was made of: ``Rule(**rule.parts)`` makes an equal one."""
        return {
            "update": self.update,
            "coefficients": self._coefficients,
            "gradient_at": self._gradient_at,
            "source": self.source,
            "name": self.name,
            "fixed": self.fixed,
            "initial": self.initial,
            "state": self.state,
            "hyperparameters": self.hyperparameters,
            "conventions": self.conventions,
            "shapes": self.shapes,
            "memory": self.memory,
        }

    def shape(self, name: str) -> Shape:
        """What a state variable is."""
        return self.shapes.get(name, TENSOR)

    def _of_shape(self, *kinds: Shape) -> tuple[str, ...]:
        return tuple(s for s in self.state if self.shape(s) in kinds)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The state variables that are one number of a tensor, or of a group."""
        return self._of_shape(NUMBER, GROUP)

    @property
    def group_numbers(self) -> tuple[str, ...]:
        """The state variables that are one number of a group."""
        return self._of_shape(GROUP)

    @property
    def given(self) -> tuple[str, ...]:
        """The state variables that are given from without."""
        return self._of_shape(GIVEN)

    @property
    def matrices(self) -> bool:
        """Whether the rule takes parameters as matrices."""
        return any(s.matrix for s in self.shapes.values())

    def __call__(self, theta: Any, g: Any, *state: Any, **coefficients: Any) -> tuple[Any, ...]:
        """Run the update: the new parameter followed by the new state.

        Coefficients that the update does not take, such as RAdam's ρ_t, are left out.
        """
        if self._takes is not None:
            coefficients = {k: v for k, v in coefficients.items() if k in self._takes}
        result = self.update(theta, g, *state, **coefficients)
        result = result if isinstance(result, tuple) else (result,)
        if len(result) != 1 + len(self.state):
            raise RuleError(
                f"rule {self.name} returned {len(result)} values; "
                f"expected {self.parameter} and its state {self.state}"
            )
        for name, value in zip((self.parameter, *self.state), result, strict=True):
            if value is None:
                raise RuleError(f"rule {self.name} returned None for {name}")
        return result

    def initial_state(
        self, theta: Any, hyperparameters: Mapping[str, Any] | None = None
    ) -> tuple[Any, ...]:
        """The state before the first step: zero, or what the rule says of θ and hyperparameters."""
        values = self.with_defaults(hyperparameters or {}) if self.initial else {}
        return tuple(
            self.initial_of(k, theta, values) if k in self.initial else self.zero(k, theta)
            for k in self.state
        )

    def zero(self, name: str, theta: Any) -> Any:
        """A state variable's first value where the rule says nothing of it."""
        shape = self.shape(name)
        zero = theta * 0
        if shape in (TENSOR, GIVEN):
            return zero
        if shape in (NUMBER, GROUP):
            return 0.0
        of = getattr(theta, "shape", None)
        if of is None or len(of) < 2:
            raise RuleError(f"rule {self.name} takes a matrix: its {name} is a {shape.name} of it")
        wanted = shape.of(tuple(of))
        return _zeros(zero, wanted)

    def initial_of(self, name: str, theta: Any, hyperparameters: Mapping[str, Any]) -> Any:
        """The first value of a state variable that does not begin at zero."""
        function = self.initial[name]
        return function(theta, **{k: hyperparameters[k] for k in keyword_only(function)})

    def _check_name(self, key: str) -> None:
        if key not in self.hyperparameters:
            raise UnknownName(f"hyperparameter of {self.name}", key, self.hyperparameters)

    @derived
    def fix(self, **values: Any) -> Rule:
        """The same rule with some hyperparameters set, which are then no longer free.

        >>> from eigenstep.optimizers.rules import nesterov
        >>> nesterov.fix(form="torch").fixed
        {'form': 'torch'}
        """
        found = Rule(**{**self.parts, "fixed": {**self.fixed, **values}})
        found.held = self.held
        return found

    @derived
    def under(self, convention: str) -> Rule:
        """The same rule with a library's convention as its defaults.

        Args:
            convention: ``"paper"`` for the rule as it is, or a name in :attr:`conventions`.

        >>> from eigenstep.optimizers.rules import radam
        >>> radam.under("torch").hyperparameters["threshold"].default
        5.0
        """
        if convention == "paper":
            return self
        if convention in self._under:
            return self._under[convention]
        if convention not in self.conventions:
            raise UnknownName(
                f"convention of {self.name}", convention, ["paper", *self.conventions]
            )
        changed = dict(self.hyperparameters)
        for key, value in self.conventions[convention].items():
            changed[key].check(value)
            changed[key] = replace(changed[key], default=value)
        found = Rule(**{**self.parts, "hyperparameters": changed})
        self._under[convention] = found
        return found

    @derived
    def tie(self, **same: str) -> Rule:
        """The same rule with some hyperparameters always equal to others.

        >>> from eigenstep.optimizers.rules import heavy_ball
        >>> "dampening" in heavy_ball.tie(dampening="beta").hyperparameters
        False
        """
        for key, other in same.items():
            self._check_name(key)
            self._check_name(other)

        def coefficients(t: Any, **values: Any) -> dict[str, Any]:
            return self.coefficients(t, {**values, **{k: values[o] for k, o in same.items()}})

        free = {k: h for k, h in self.hyperparameters.items() if k not in same}
        memory = self.memory and self.memory.with_hyperparameters(
            lambda t, values: {**values, **{k: values[o] for k, o in same.items()}}
        )
        return Rule(**{**self.parts, "coefficients": coefficients, "hyperparameters": free,
                       "memory": memory})  # fmt: skip

    def with_defaults(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All hyperparameters: the given ones, then the fixed ones, then the defaults."""
        for key in values:
            self._check_name(key)
        full = {}
        for key, hyperparameter in self.hyperparameters.items():
            value = values.get(key, self.fixed.get(key, hyperparameter.default))
            if value is None:
                raise Missing(key, hyperparameter.domain.describe(key))
            full[key] = value
        return full

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise unless every value is a hyperparameter's and lies in its domain."""
        for key in values:
            self._check_name(key)
        check_all(self.hyperparameters, values)

    def coefficients(self, t: Any, hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
        """The coefficients of step ``t`` (the first step is 1), from all hyperparameters.

        Where the rule has a :attr:`memory`, what it holds at that step is among them, or is computed
        here from the first step on.
        """
        if self._coefficients is None:
            return dict(hyperparameters)
        if self.memory is not None and not self.memory.start.keys() <= hyperparameters.keys():
            hyperparameters = {**hyperparameters, **self.memory.at(t, hyperparameters, self.name)}
        found = self._coefficients(t, **hyperparameters)
        if not isinstance(found, Mapping):
            raise RuleError(
                f"rule {self.name}: its coefficients at step {shown(t)} are {shown(found)}, not "
                "numbers by name"
            )
        for key in self._passed:
            if key not in found:  # the update would take its own default, whatever is set
                raise RuleError(
                    f"rule {self.name}: its coefficients lack {key}, a hyperparameter that its update takes"
                )
        return found

    @property
    def gradient_at_names(self) -> tuple[str, ...]:
        """The coefficients that say where the gradient is taken; empty where it is at θ."""
        return () if self._gradient_at is None else tuple(keyword_only(self._gradient_at))

    def gradient_point(self, theta: Any, *state: Any, **coefficients: Any) -> Any:
        """Where the gradient is taken: ``theta`` unless the rule says otherwise."""
        if self._gradient_at is None:
            return theta
        wanted = {k: coefficients[k] for k in self.gradient_at_names}
        return self._gradient_at(theta, *state, **wanted)


@overload
def rule(update: Update, /) -> Rule: ...
@overload
def rule(
    *,
    coefficients: Callable[..., dict[str, Any]] | None = None,
    gradient_at: Callable[..., Any] | None = None,
    source: str = "",
    initial: Mapping[str, Callable[..., Any]] | None = None,
    conventions: Mapping[str, Mapping[str, Any]] | None = None,
    memory: Memory | None = None,
) -> Callable[[Update], Rule]: ...
def rule(
    update: Update | None = None,
    /,
    *,
    coefficients: Callable[..., dict[str, Any]] | None = None,
    gradient_at: Callable[..., Any] | None = None,
    source: str = "",
    initial: Mapping[str, Callable[..., Any]] | None = None,
    conventions: Mapping[str, Mapping[str, Any]] | None = None,
    memory: Memory | None = None,
) -> Rule | Callable[[Update], Rule]:
    """Make a :class:`Rule` of an update function.

    Args:
        update: ``update(theta, g, *state, *, hyperparameters)``, returning the new parameter and
            the new state.
        coefficients: ``coefficients(t, *, hyperparameters)``, returning by name the scalars that
            ``update`` takes; without it ``update`` takes the hyperparameters themselves.
        gradient_at: ``gradient_at(theta, *state, *, some coefficients)``, the point where the
            gradient is taken; without it, ``theta``.
        source: the paper, with the number of the equation or algorithm.
        initial: by name of a state variable, its first value as a function of θ (and, keyword-only,
            of hyperparameters), where not zero.
        conventions: by name of a library, the hyperparameters with which the rule computes what
            that library does.
        memory: the numbers that ``coefficients`` remember from step to step, which it takes as further
            keyword-only arguments, at their value of step t.

    A state variable is a tensor of the parameter's shape, unless its annotation is one of
    :mod:`~eigenstep.optimizers.shapes`.

    Raises:
        RuleError: the function's signature is not of that form.
        DomainError: a default lies outside its domain.
    """

    def make(function: Update) -> Rule:
        return Rule(
            function, coefficients=coefficients, gradient_at=gradient_at, source=source,
            initial=initial, conventions=conventions, memory=memory,
        )  # fmt: skip

    return make if update is None else make(update)
