"""That the fields of a claim are of the types that its kind says, told in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ...optimizers.errors import EigenstepError, shown


class FieldError(EigenstepError, TypeError):
    """A field of a claim that is not of its type."""


def check_fields(claim: Any) -> None:
    """Raise :class:`FieldError` for the first field that is not of its type."""
    for name, hint in _types(type(claim)):
        value = getattr(claim, name)
        if not _is(value, hint):
            wanted = str(hint).removeprefix("typing.").replace("collections.abc.", "")
            wanted = hint.__name__ if isinstance(hint, type) and not get_args(hint) else wanted
            raise FieldError(
                f"claim {shown(claim.id)}: {name} = {shown(repr(value))} is no {wanted} of a {type(claim).__name__}"
            )


@lru_cache(maxsize=256)
def _types(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((f.name, hints[f.name]) for f in fields(kind))


def _is(value: Any, hint: Any) -> bool:
    origin, of = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin is Literal:
        return any(type(value) is type(v) and value == v for v in of)
    if origin in (Union, UnionType):
        return any(_is(value, h) for h in of)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(of) == 2 and of[1] is Ellipsis:
            return all(_is(v, of[0]) for v in value)
        return len(value) == len(of) and all(map(_is, value, of))
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            _is(k, of[0]) and _is(v, of[1]) for k, v in value.items()
        )
    if hint in (int, float):
        number = isinstance(value, int) or (hint is float and isinstance(value, float))
        return number and not isinstance(value, bool)
    return isinstance(value, hint)


__all__ = ["FieldError"]
