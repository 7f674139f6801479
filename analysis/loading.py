"""Find a rule, or somebody's optimizer, by name or in a user's own file."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from ..optimizers.errors import EigenstepError, RuleError, UnknownName, shown
from ..optimizers.rule import Rule
from ..optimizers.rules import SHIPPED_RULES
from .adaptive.frozen import freeze
from .user_code import MODULE_PREFIX, THREADS, place_of, running


class LoadError(EigenstepError, ImportError):
    """A user's file that cannot be read or run."""


def load_rule(name: str, hold: Sequence[str] | None = None) -> Rule:
    """The rule of that name, or the rule ``attribute`` of a file given as ``path.py:attribute``.

    ``adam_frozen``, ``path.py:attribute_frozen`` and the like are the linear rules that adaptive ones are
    near a minimum; with ``hold`` the rule is that whatever its name, with those states held.

    A user's file is a Python program and is run as one.

    Raises:
        UnknownName: there is no such rule, or the file has no such attribute, or the rule no such state.
        LoadError: the file does not exist or fails as it runs.
        RuleError: the attribute is not a rule, or cannot be frozen.

    >>> load_rule("heavy_ball").name
    'heavy_ball'
    >>> load_rule("adam", hold=["v"]).held
    ('p = sqrt(v) + 1/100000000',)
    """
    found, frozen = _find(name)
    return freeze(found, hold=hold or None) if frozen or hold else found


def _find(name: str) -> tuple[Rule, bool]:
    """The rule of that name, and whether the name asks for what it is near a minimum."""
    if not isinstance(name, str):
        raise UnknownName("rule", shown(name), [*SHIPPED_RULES, "path/to/file.py:rule"])
    if ":" not in name and not name.endswith(".py"):
        key = name.replace("-", "_")
        if key.endswith("_frozen") and key[: -len("_frozen")] in SHIPPED_RULES:
            return SHIPPED_RULES[key[: -len("_frozen")]], True
        if key not in SHIPPED_RULES:
            raise unknown_rule(name)
        return SHIPPED_RULES[key], False
    path_text, _, attribute = name.rpartition(":") if ":" in name else (name, "", "")
    module = _run_file(path_text)
    rules = [k for k, v in vars(module).items() if isinstance(v, Rule)]
    if not attribute and len(rules) == 1:
        attribute = rules[0]
    before, ending, after = attribute.rpartition("_frozen")
    if ending and not after and isinstance(getattr(module, before, None), Rule):
        return getattr(module, before), True
    if not rules and (not attribute or not hasattr(module, attribute)):
        raise _no_rules(path_text, module)
    if not attribute:
        raise RuleError(
            f"{path_text} has {len(rules)} rules; say which: "
            + " or ".join(f"{path_text}:{k}" for k in rules)
        )
    if not hasattr(module, attribute):
        raise UnknownName(f"rule in {path_text}", attribute, rules)
    found = getattr(module, attribute)
    if not isinstance(found, Rule):
        where = _defined(found, module)
        raise RuleError(
            f"{where or name}: {attribute} is not a rule; write @rule above it, with from "
            "eigenstep.optimizers import rule"
            if isinstance(found, FunctionType)
            else f"{name}: {attribute} is not a rule but of type {type(found).__name__}"
        )
    return found, False


def unknown_rule(name: str) -> EigenstepError:
    """The error for a rule's name that is none of eigenstep's and not a file's either."""
    try:
        there = Path(name).exists()
    except (OSError, ValueError):
        there = False
    if there:
        return LoadError(f"{shown(name)} is not a Python file: its name does not end in .py")
    return UnknownName("rule", name, [*SHIPPED_RULES, "path/to/file.py:rule"])


def _defined(found: Any, module: ModuleType) -> str:
    """Where a function of the module begins."""
    code = getattr(found, "__code__", None)
    return f"{code.co_filename}, line {code.co_firstlineno}" if code is not None else ""


def _no_rules(path_text: str, module: ModuleType) -> RuleError:
    """The error for a file without rules, with the functions that may have been meant."""
    plain = [
        (k, v) for k, v in vars(module).items()
        if isinstance(v, FunctionType) and v.__module__ == module.__name__
    ]  # fmt: skip
    if not plain:
        return RuleError(f"there is no rule in {path_text}: a rule is a function under @rule")
    name, first = plain[-1]
    return RuleError(
        f"{_defined(first, module)}: {name} is a plain function, and {path_text} defines no rule; write "
        "@rule above it, with from eigenstep.optimizers import rule"
    )


def _module_name(path: Path) -> str:
    """Named for the file; two files of one name, in two folders, are two modules."""
    name = f"{MODULE_PREFIX}{path.stem}"
    other = getattr(sys.modules.get(name), "__file__", None)
    if other is None or Path(other).resolve() == path.resolve():
        return name
    digest = hashlib.sha256(str(path.resolve()).encode(errors="surrogateescape")).hexdigest()
    return f"{name}_{digest[:12]}"


def _run_file(path_text: str) -> ModuleType:
    path = Path(path_text)
    try:
        there = path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        there = False
    if not there:
        raise LoadError(f"there is no file {shown(path_text)}")
    module_name = _module_name(path)
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise LoadError(f"{shown(path_text)} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # where type annotations of its rules are looked up
    before = {*threading.enumerate()}
    try:
        with running(LoadError, f"{shown(path_text)} failed"):
            spec.loader.exec_module(module)
    finally:
        THREADS.extend(t for t in threading.enumerate() if t not in before and not t.daemon)
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
