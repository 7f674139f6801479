"""The rules as they would be if one module of theirs read otherwise.

The module, and whatever imports it, is run again as a module of its own; nothing of what is installed is
touched. Only this package's own source, changed as a syntax tree, is run.

>>> world = World("eigenstep.optimizers.rules.heavy_ball", ast.parse(source_of(HOME["heavy_ball"])))
>>> world.rule("heavy_ball") is SHIPPED_RULES["heavy_ball"], world.rule("adam")
(False, None)
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import sys
from collections.abc import Mapping
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any

from ..optimizers import rules
from ..optimizers.rule import Rule
from ..optimizers.rules import SHIPPED_RULES

_PACKAGE = rules.__name__.rpartition(".")[0]
SHARED = tuple(f"{_PACKAGE}.{name}" for name in ("moments", "layerwise", "compositions"))
"""Modules that rules are made with."""


@lru_cache(maxsize=256)
def source_of(module: str) -> str:
    return inspect.getsource(importlib.import_module(module))


@lru_cache(maxsize=256)
def _tree(module: str) -> ast.Module:
    return ast.parse(source_of(module))


@lru_cache(maxsize=256)
def _code(module: str) -> CodeType:
    return compile(_tree(module), module, "exec")


def _defined(module: str) -> set[str]:
    found = set()
    for top in _tree(module).body:
        if isinstance(top, ast.Assign):
            found |= {t.id for t in top.targets if isinstance(t, ast.Name)}
        elif isinstance(top, ast.FunctionDef):
            found.add(top.name)
    return found


_RULE_MODULES = tuple(sorted(m for m in sys.modules if m.startswith(f"{rules.__name__}.")))
HOME: Mapping[str, str] = {name: module for module in _RULE_MODULES for name in SHIPPED_RULES
                           if name in _defined(module)}  # fmt: skip
"""Where each rule is written."""


@lru_cache(maxsize=256)
def _imports(module: str) -> frozenset[str]:
    """The modules of rules, and those shared, from which a module imports."""
    package = module.rpartition(".")[0]
    found = set()
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            found.add(_absolute(node.module or "", package, node.level))
    return frozenset(found & {*SHARED, *_RULE_MODULES})


def _absolute(name: str, package: str, level: int) -> str:
    base = package.rsplit(".", level - 1)[0] if level > 1 else package
    return f"{base}.{name}" if name else base


@lru_cache(maxsize=1)
def _ordered() -> tuple[str, ...]:
    """Every module after those that it imports from."""
    found: dict[str, None] = {}

    def add(module: str) -> None:
        for other in sorted(_imports(module)):
            add(other)
        found.setdefault(module)

    for module in (*SHARED, *_RULE_MODULES):
        add(module)
    return tuple(found)


class World:
    """The rules where ``module`` reads as ``tree`` says.

    Raises:
        Exception: whatever the changed module raises as it is run.
    """

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.modules: dict[str, ModuleType] = {}
        for name in _ordered():
            if name == module:
                self._run(name, compile(tree, module, "exec"))
            elif _imports(name) & self.modules.keys():
                self._run(name, _code(name))

    def _run(self, name: str, code: CodeType) -> None:
        fresh = ModuleType(name)
        fresh.__package__ = name.rpartition(".")[0]
        fresh.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
        exec(code, fresh.__dict__)
        self.modules[name] = fresh

    def _import(
        self, name: str, space: Any = None, local: Any = None, wanted: Any = (), level: int = 0
    ) -> Any:
        if level:
            module = self.modules.get(_absolute(name, space["__package__"], level))
            if module is not None:
                return module
        return __import__(name, space, local, wanted, level)

    def function(self, module: str, name: str) -> Any:
        """A function of a module that was run again, or None."""
        return getattr(self.modules.get(module), name, None)

    def rule(self, name: str) -> Rule | None:
        """A shipped rule as it is here; None where it is as ever."""
        found = self.function(HOME.get(name, ""), name)
        return found if isinstance(found, Rule) else None

    def of(self, value: Any) -> Any:
        """A rule, or what holds rules, with those that are different here; others as they are."""
        if isinstance(value, Rule):
            return self._of_rule(value)
        if isinstance(value, dict):
            found: Any = {k: self.of(v) for k, v in value.items()}
            return found if any(found[k] is not v for k, v in value.items()) else value
        if isinstance(value, tuple):
            found = tuple(map(self.of, value))
            return found if any(a is not b for a, b in zip(found, value, strict=True)) else value
        return value

    def _of_rule(self, rule: Rule) -> Rule:
        if SHIPPED_RULES.get(rule.name) is rule:
            return self.rule(rule.name) or rule
        if rule._recipe is None:
            return rule
        make, arguments, keywords = rule._recipe
        made = self.function(make.__module__, make.__qualname__) or make
        here = self.of(arguments), self.of(keywords)
        if made is make and here[0] is arguments and here[1] is keywords:
            return rule
        return made(*here[0], **here[1])


__all__ = ["HOME", "SHARED", "World", "source_of"]
