"""Find a rule, or somebody's optimizer, by name or in a user's own file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..optimizers.errors import EigenstepError, RuleError, UnknownName
from ..optimizers.rule import Rule
from ..optimizers.rules import ALL_RULES


class LoadError(EigenstepError, ImportError):
    """A user's file that cannot be read or run."""


def load_rule(name: str) -> Rule:
    """The rule of that name, or the rule ``attribute`` of a file given as ``path.py:attribute``.

    ``adam_frozen`` and the like are the linear rules that adaptive ones are near a minimum.

    A user's file is a Python program and is run as one.

    Raises:
        UnknownName: there is no such rule, or the file has no such attribute.
        LoadError: the file does not exist or fails as it runs.
        RuleError: the attribute is not a rule.

    >>> load_rule("heavy_ball").name
    'heavy_ball'
    """
    if ":" not in name and not name.endswith(".py"):
        key = name.replace("-", "_")
        if key.endswith("_frozen") and key[: -len("_frozen")] in ALL_RULES:
            from .frozen import freeze

            return freeze(ALL_RULES[key[: -len("_frozen")]])
        if key not in ALL_RULES:
            raise UnknownName("rule", name, [*ALL_RULES, "path/to/file.py:rule"])
        return ALL_RULES[key]
    path_text, _, attribute = name.rpartition(":") if ":" in name else (name, "", "")
    module = _run_file(path_text)
    rules = [k for k, v in vars(module).items() if isinstance(v, Rule)]
    if not attribute and len(rules) == 1:
        attribute = rules[0]
    if not hasattr(module, attribute):
        raise UnknownName(f"rule in {path_text}", attribute, rules)
    found = getattr(module, attribute)
    if not isinstance(found, Rule):
        raise RuleError(f"{name}: {attribute} is not a rule; decorate the function with @rule")
    return found


def _run_file(path_text: str) -> ModuleType:
    path = Path(path_text)
    if not path.is_file():
        raise LoadError(f"there is no file {path_text!r}")
    module_name = f"_eigenstep_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise LoadError(f"{path_text!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # where type annotations of its rules are looked up
    _run(path_text, lambda: spec.loader.exec_module(module))  # type: ignore[union-attr]
    return module


def _run(what: str, action: Callable[[], Any]) -> Any:
    try:
        return action()
    except EigenstepError:
        raise
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else ""
        raise LoadError(f"{what!r} failed: {type(error).__name__}: {said}") from error


def load_target(name: str) -> Any:
    """Somebody's optimizer: ``package.module:Name``, ``path.py:Name``, or a rule of eigenstep.

    The module is imported, and run as the Python program that it is; the working folder is searched
    first, as ``python -m`` does.

    Raises:
        LoadError: there is no such module, or it fails as it is imported.
        UnknownName: it has no such attribute.

    >>> load_target("torch.optim:RAdam").__name__
    'RAdam'
    """
    place, separator, attribute = name.rpartition(":")
    if not separator:
        return load_rule(name)
    if place.endswith(".py"):
        module = _run_file(place)
    else:
        sys.path.insert(0, "")
        try:
            module = _run(place, lambda: importlib.import_module(place))
        finally:
            sys.path.remove("")
    found: Any = module
    for part in attribute.split("."):
        if not part or not hasattr(found, part):
            known = [k for k, v in vars(module).items() if isinstance(v, type) and k[0] != "_"]
            raise UnknownName(f"name in {place}", attribute, known[:20] or ["(none)"])
        found = getattr(found, part)
    return found
