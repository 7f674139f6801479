"""What a rule's function says by its signature: its hyperparameters, its state and what each is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, get_type_hints

from .domains import Hyperparameter, hyperparameter_of
from .errors import RuleError, shown
from .shapes import Shape

Update = Callable[..., Any]


def keyword_only(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters.items()
    return {name: p for name, p in parameters if p.kind is p.KEYWORD_ONLY}


def positional(function: Callable[..., Any]) -> tuple[str, ...]:
    parameters = inspect.signature(function).parameters.values()
    return tuple(
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    )


def hyperparameters_of(
    function: Callable[..., Any], remembered: Iterable[str] = ()
) -> dict[str, Hyperparameter]:
    hints = get_type_hints(function, include_extras=True)
    found = {}
    for name, parameter in keyword_only(function).items():
        if name in remembered:
            continue
        default = None if parameter.default is parameter.empty else parameter.default
        found[name] = hyperparameter_of(name, hints.get(name), default)
    return found


def shapes_of(update: Update, state: tuple[str, ...]) -> dict[str, Shape]:
    """What the state variables are that say so by an annotation."""
    positional = [p for p in inspect.signature(update).parameters.values() if p.name in state]
    if all(p.annotation is p.empty for p in positional):
        return {}
    try:
        hints = get_type_hints(update, include_extras=True)
    except (NameError, TypeError, SyntaxError) as error:
        raise RuleError(
            f"rule {update.__name__}: its annotations cannot be read: {error}"
        ) from error
    found = {}
    for p in positional:
        for extra in getattr(hints.get(p.name), "__metadata__", ()):
            if isinstance(extra, Shape):
                found[p.name] = extra
    return found


def check_function(update: Any) -> None:
    """Raise :class:`RuleError` for what is no plain function, and returns no numbers."""
    name = getattr(update, "__name__", None)
    for test, what in (
        (inspect.isclass, "a class"), (inspect.iscoroutinefunction, "an async function"),
        (inspect.isasyncgenfunction, "an async generator"),
        (inspect.isgeneratorfunction, "a generator: it yields where a rule returns"),
    ):  # fmt: skip
        if test(update):
            raise RuleError(
                f"rule {name}: it is {what}; a rule is a function of (theta, g, *state)"
            )
    if not callable(update) or name is None:
        raise RuleError(
            f"a rule is a function of (theta, g, *state), with a name; got {shown(update)}"
        )
