"""Find a rule, or somebody's optimizer, by name or in a user's own file."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from ..optimizers.errors import EigenstepError, RuleError, UnknownName, shown
from ..optimizers.rule import Rule
from ..optimizers.rules import SHIPPED_RULES
from .adaptive.frozen import freeze
from .user_code import MODULE_PREFIX, place_of, running


class LoadError(EigenstepError, ImportError):
    """A user's file that cannot be read or run."""


def load_rule(name: str) -> Rule:
    """The rule of that name, or the rule ``attribute`` of a file given as ``path.py:attribute``.

    ``adam_frozen``, ``path.py:attribute_frozen`` and the like are the linear rules that adaptive ones are
    near a minimum.

    A user's file is a Python program and is run as one.

    Raises:
        UnknownName: there is no such rule, or the file has no such attribute.
        LoadError: the file does not exist or fails as it runs.
        RuleError: the attribute is not a rule.

    >>> load_rule("heavy_ball").name
    'heavy_ball'
    """
    if not isinstance(name, str):
        raise UnknownName("rule", shown(name), [*SHIPPED_RULES, "path/to/file.py:rule"])
    if ":" not in name and not name.endswith(".py"):
        key = name.replace("-", "_")
        if key.endswith("_frozen") and key[: -len("_frozen")] in SHIPPED_RULES:
            return freeze(SHIPPED_RULES[key[: -len("_frozen")]])
        if key not in SHIPPED_RULES:
            raise UnknownName("rule", name, [*SHIPPED_RULES, "path/to/file.py:rule"])
        return SHIPPED_RULES[key]
    path_text, _, attribute = name.rpartition(":") if ":" in name else (name, "", "")
    module = _run_file(path_text)
    rules = [k for k, v in vars(module).items() if isinstance(v, Rule)]
    if not attribute and len(rules) == 1:
        attribute = rules[0]
    before, ending, after = attribute.rpartition("_frozen")
    if ending and not after and isinstance(getattr(module, before, None), Rule):
        return freeze(getattr(module, before))
    if not hasattr(module, attribute):
        raise UnknownName(f"rule in {path_text}", attribute, rules or ["(none)"])
    found = getattr(module, attribute)
    if not isinstance(found, Rule):
        raise RuleError(f"{name}: {attribute} is not a rule; decorate the function with @rule")
    return found


def _run_file(path_text: str) -> ModuleType:
    path = Path(path_text)
    try:
        there = path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        there = False
    if not there:
        raise LoadError(f"there is no file {shown(path_text)}")
    module_name = f"{MODULE_PREFIX}{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise LoadError(f"{shown(path_text)} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # where type annotations of its rules are looked up
    with running(LoadError, f"{shown(path_text)} failed"):
        spec.loader.exec_module(module)
    return module


def _import(place: str) -> ModuleType:
    """A module by name; where what it needs is not installed, that is what is said."""
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        top = (error.name or "").partition(".")[0]
        if not top or place_of(error):
            raise
        if top != error.name and top in sys.modules:
            raise  # a part of a package that is there
        raise LoadError(
            f"{shown(place)} needs {top}, which is not installed: pip install {top}"
        ) from None


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
    if not isinstance(name, str):
        raise UnknownName("target", shown(name), ["package.module:Name", "path.py:Name", "a rule"])
    place, separator, attribute = name.rpartition(":")
    if not separator:
        return load_rule(name)
    if place.endswith(".py"):
        module = _run_file(place)
    else:
        sys.path.insert(0, "")
        try:
            with running(LoadError, f"{shown(place)} failed"):
                module = _import(place)
        finally:
            with contextlib.suppress(ValueError):
                sys.path.remove("")
    found: Any = module
    for part in attribute.split("."):
        if not part or not hasattr(found, part):
            known = [k for k, v in vars(module).items() if isinstance(v, type) and k[0] != "_"]
            raise UnknownName(f"name in {place}", attribute, known[:20] or ["(none)"])
        found = getattr(found, part)
    return found
