"""Find a rule by name, or in a user's own file."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from ..optimizers.errors import EigenstepError, RuleError, UnknownName
from ..optimizers.rule import Rule
from ..optimizers.rules import ALL_RULES


class LoadError(EigenstepError, ImportError):
    """A user's file that cannot be read or run."""


def load_rule(name: str) -> Rule:
    """The rule of that name, or the rule ``attribute`` of a file given as ``path.py:attribute``.

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
        if key not in ALL_RULES:
            raise UnknownName("rule", name, [*ALL_RULES, "path/to/file.py:rule"])
        return ALL_RULES[key]
    path_text, _, attribute = name.rpartition(":") if ":" in name else (name, "", "")
    path = Path(path_text)
    if not path.is_file():
        raise LoadError(f"there is no file {path_text!r}")
    module_name = f"_eigenstep_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise LoadError(f"{path_text!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # where type annotations of its rules are looked up
    try:
        spec.loader.exec_module(module)
    except EigenstepError:
        raise
    except Exception as error:
        raise LoadError(f"{path_text!r} failed: {type(error).__name__}: {error}") from error
    rules = [k for k, v in vars(module).items() if isinstance(v, Rule)]
    if not attribute and len(rules) == 1:
        attribute = rules[0]
    if not hasattr(module, attribute):
        raise UnknownName(f"rule in {path_text}", attribute, rules)
    found = getattr(module, attribute)
    if not isinstance(found, Rule):
        raise RuleError(f"{name}: {attribute} is not a rule; decorate the function with @rule")
    return found
