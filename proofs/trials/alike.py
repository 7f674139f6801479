"""Whether two codes of a rule are the same, as far as a hard run in float64 shows.

Hard: over every choice of form, over starts, edges (a hyperparameter or ε at 0, no gradient, no parameter,
sizes far apart) and steps far beyond the first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from ...optimizers.domains import Choice, Hyperparameter, Integers
from ...optimizers.rule import Rule
from .evidence import SEED
from .rules import numbers_for

_MOST_FORMS = 48
_STEPS = (*range(1, 9), 25, 49, 50, 100, 128, 999, 10_000, 10**6 + 1)
_TOLERANCE = 1e-9
_LARGE = 7.0
"""For what is 0 by default, as the length of a warm-up is."""
_SIZES = np.array([1.0, -1.0, 1e3, 1e-20, 0.0, 30.0])
"""Of the gradients of a tensor's elements."""
_HUGE = np.array([1.0, 1e200, 1e-200, 1e3, 0.0, -1e160])
"""Squares of these leave the range of float64."""


def alike(one: Rule, other: Rule) -> bool:
    """Whether both have the same defaults, and the same path wherever they are run."""
    if one.state != other.state or _told(one) != _told(other):
        return False
    pairs = zip(_paths(one), _cases(one), strict=True)
    return all(_close(path, _path(other, *case)) for path, case in pairs)


_Case = tuple[dict[str, Any], np.ndarray, np.ndarray]


def _cases(rule: Rule) -> Iterator[_Case]:
    for values in _settings(rule):
        for theta in _tensors():
            for sizes in (_SIZES, _HUGE):
                yield values, theta, sizes


@lru_cache(maxsize=64)
def _paths(rule: Rule) -> list[np.ndarray]:
    """What the first of two rules does in each case: it is the same one for many others."""
    return [_path(rule, *case) for case in _cases(rule)]


def _told(rule: Rule) -> list[Any]:
    return [(k, repr(h.default), h.symbol) for k, h in rule.hyperparameters.items()] + [*rule.fixed]


def _tensors() -> Iterator[np.ndarray]:
    yield np.array([2.0, -3.0, 0.5, 1.0, 4.0, 0.0])
    yield np.zeros(6)


def _settings(rule: Rule) -> Iterator[dict[str, Any]]:
    known = rule.hyperparameters
    forms = [h.domain.values if isinstance(h.domain, Choice) and k not in rule.fixed
             else (rule.fixed.get(k, h.default),)
             for k, h in known.items() if h.is_choice]  # fmt: skip
    names = [k for k, h in known.items() if h.is_choice]
    moved = numbers_for(rule, {}, conventions=True)
    edge = {k: 0.0 for k, h in known.items() if not h.is_choice and 0.0 in h.domain}
    free = [k for k in edge if k != "lr" and k not in rule.fixed]
    far = {k: _another(h, moved[k]) for k, h in known.items() if not h.is_choice}
    for form in itertools.islice(itertools.product(*forms), _MOST_FORMS):
        chosen = dict(zip(names, form, strict=True))
        yield rule.with_defaults(chosen)
        yield {**moved, **chosen}
        yield {**moved, **far, **rule.fixed, **chosen}
        yield {**moved, **dict.fromkeys(free, 0.0), **chosen}
    for name in edge:
        yield {**moved, **{k: 0.0 for k in edge if k == name or k.startswith("eps")}, **rule.fixed}


def _another(h: Hyperparameter, value: Any) -> Any:
    """Another number in the domain."""
    if isinstance(h.domain, Integers):
        return value + 1
    if h.default == 0 and _LARGE in h.domain:
        return _LARGE
    return next((v for v in (0.7 * value + 0.01, 1.3 * value + 0.01) if v in h.domain), value)


def _path(rule: Rule, values: dict[str, Any], theta: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """All that a run computes, one after the other; at its end, where it breaks off, by which error."""
    random = np.random.default_rng(SEED)
    seen: list[Any] = []
    try:
        with np.errstate(all="ignore"):
            state: Any = tuple(np.asarray(s) for s in rule.initial_state(theta, values))
            seen += state
            for n, t in enumerate(_STEPS):
                g = random.standard_normal(theta.shape) * sizes * (n != 3)
                coefficients = rule.coefficients(t, values)
                seen.append(rule.gradient_point(theta, *state, **coefficients))
                theta, *state = rule(theta, g, *state, **coefficients)
                seen += [theta, *state]
        return np.concatenate([np.ravel(np.asarray(x, float)) for x in seen])
    except Exception as error:  # the same of both, or another code
        known = [np.ravel(np.asarray(x, float)) for x in seen if np.isrealobj(x)]
        return np.concatenate([*known, [sum(map(ord, type(error).__name__))]])


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape:
        return False
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= _TOLERANCE * np.maximum(np.abs(a), np.abs(b))
    return bool(np.all(near | (a == b) | (np.isnan(a) & np.isnan(b))))


__all__ = ["alike"]
