"""The rule that a report is on, and the one that it is compared with: found by name or in a file, with numbers."""

from __future__ import annotations

import hashlib
import inspect
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ...analysis.loading import load_rule
from ...analysis.settings import value_of
from ...optimizers.errors import EigenstepError
from ...optimizers.rule import Rule
from ...optimizers.rules import ALL_RULES


class UnsetParameter(EigenstepError, TypeError):
    """A hyperparameter without a default that was not set."""


class ChangedFile(EigenstepError, RuntimeError):
    """A user's file that was changed while a report on it was made."""


@dataclass(frozen=True)
class Asked:
    """A rule as the command line names it, with the texts set for its hyperparameters."""

    name: str
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> Path | None:
        """The file that it is in; None for a rule of eigenstep."""
        if ":" not in self.name and not self.name.endswith(".py"):
            return None
        return Path(self.name.rpartition(":")[0] if ":" in self.name else self.name)

    @property
    def shown(self) -> str:
        """The same without the folders."""
        return self.name if self.path is None else self.path.name + self.name[len(str(self.path)) :]


@dataclass(frozen=True, eq=False)
class Subject:
    """A rule and the numbers that it is run with.

    Attributes:
        asked: how it is named.
        rule: the rule.
        values: every hyperparameter but a learning rate that has no default and was not set.
        given: the names of those that were set.
        rate: the name of the hyperparameter that is the learning rate; None where none is.
    """

    asked: Asked
    rule: Rule
    values: dict[str, Any]
    given: tuple[str, ...]
    rate: str | None

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def fixed(self) -> dict[str, Any]:
        """What was set among the choices and conventions: it makes the theory another one."""
        h = self.rule.hyperparameters
        return {k: self.values[k] for k in self.given if h[k].convention}

    def at(self, rate: float) -> dict[str, Any]:
        """All hyperparameters, with a learning rate where the rule has one."""
        return {**self.values, **({self.rate: rate} if self.rate else {})}

    def without_folders(self, text: str) -> str:
        """The text, a file in it without the folders that it is in."""
        path = self.asked.path
        if path is not None:
            for form in sorted({str(path), str(path.absolute()), str(path.resolve())}, key=len):
                text = text.replace(form, path.name) if form != path.name else text
            for form in {str(path.absolute().parent), str(path.resolve().parent)}:
                text = text.replace(f"{form}/", "")
        return text


def load(asked: Asked) -> Subject:
    """Find the rule and check what is set for it.

    Raises:
        UnsetParameter: a hyperparameter has no default, is not the learning rate, and was not set.
        EigenstepError: what loading a rule and setting a hyperparameter raise.
    """
    rule = load_rule(asked.name)
    given: dict[str, Any] = {}
    for key, text in asked.settings:
        rule._check_name(key)
        given[key] = value_of(rule.hyperparameters[key], text)
    rate = rate_of(rule)
    values, missing = {}, []
    for key, h in rule.hyperparameters.items():
        value = given.get(key, rule.fixed.get(key, h.default))
        if value is not None:
            values[key] = value
        elif key != rate:
            missing.append(key)
    if missing:
        domains = ", ".join(rule.hyperparameters[k].domain.describe(k) for k in missing)
        raise UnsetParameter(
            f"{asked.shown} has no default for {', '.join(missing)} ({domains}): give "
            + " ".join(f"--set {k}=VALUE" for k in missing)
        )
    return Subject(asked, rule, values, tuple(given), rate)


def rate_of(rule: Rule) -> str | None:
    """The name of the hyperparameter that is the learning rate: ``lr``, or what the field writes as η.

    >>> rate_of(ALL_RULES["adam"])
    'lr'
    """
    if "lr" in rule.hyperparameters:
        return "lr"
    found = [k for k, h in rule.hyperparameters.items() if h.symbol == "eta"]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=8)
def known(asked: Asked, digest: str) -> Subject:
    """The same in a process that makes sections, loaded once.

    Raises:
        ChangedFile: the file is no longer what the report began with.
    """
    subject = load(asked)
    if digest_of_rule(subject) != digest:
        raise ChangedFile(f"{asked.shown} was changed while the report was made; make it again")
    return subject


def source_of(function: Any) -> str:
    """A function's lines, its decorators included; empty where they cannot be had."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""


def _homes() -> tuple[Path, ...]:
    """Where modules are that no user wrote: their packages' versions stand for them."""
    paths = sysconfig.get_paths()
    named = [paths[k] for k in ("stdlib", "platstdlib", "purelib", "platlib")]
    house = Path(__file__).resolve().parents[2]
    return (house, *(Path(p).resolve() for p in named))


def _modules(first: ModuleType) -> Iterator[tuple[ModuleType, Path]]:
    """A user's module and those of the user's that its names come from, and so on."""
    homes, seen, left = _homes(), set(), [first]
    while left:
        module = left.pop()
        file = getattr(module, "__file__", None)
        if id(module) in seen or not isinstance(file, str):
            continue
        seen.add(id(module))
        path = Path(file).resolve()
        if module is not first and any(path.is_relative_to(home) for home in homes):
            continue
        yield module, path
        for value in list(vars(module).values()):
            other = value if isinstance(value, ModuleType) else None
            name = getattr(type(value) if isinstance(value, Rule) else value, "__module__", None)
            if other is None and isinstance(name, str):
                other = sys.modules.get(name)
            if other is not None:
                left.append(other)


def digest_of_rule(subject: Subject) -> str:
    """A digest of the rule's file and of the user's files that it takes names from; of its name otherwise.

    A rule of eigenstep changes with eigenstep's own code, which the cache knows of.
    """
    digest = hashlib.sha256()
    path = subject.asked.path
    if path is None:
        digest.update(f"eigenstep {subject.asked.name}".encode())
        return digest.hexdigest()
    found = {path.resolve()}
    for module in [m for m in list(sys.modules.values()) if isinstance(m, ModuleType)]:
        file = getattr(module, "__file__", None)
        if (
            isinstance(file, str)
            and file.endswith(path.name)
            and Path(file).resolve() == path.resolve()
        ):
            found |= {p for _, p in _modules(module)}
    for file in sorted(found, key=lambda p: (p != path.resolve(), p.name, str(p))):
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    digest.update(subject.asked.shown.encode())
    return digest.hexdigest()


def opponent_of(subject: Subject) -> tuple[str, str]:
    """The rule of eigenstep that a report compares with, and why that one."""
    from ...analysis.tracing import trace

    rule = subject.rule
    mine = next((k for k, r in ALL_RULES.items() if r is rule), rule.name)
    try:
        trace(rule.fix(**subject.fixed) if subject.fixed else rule).system  # noqa: B018
        linear = True
    except Exception:
        linear = False
    if not rule.state:
        first, why = "gradient_descent", "it keeps no state either"
    elif linear:
        first, why = "heavy_ball", "it is linear in state and gradient, too, and keeps a velocity"
    else:
        first, why = "adam", "it is the adaptive rule that is used most"
    if mine != first:
        return first, why
    return (
        ("heavy_ball", "it is the next simplest rule")
        if first == "gradient_descent"
        else ("gradient_descent", "it is what is left of the rule without its state")
    )


__all__ = ["Asked", "ChangedFile", "Subject", "UnsetParameter", "digest_of_rule", "known", "load",
           "opponent_of", "rate_of", "source_of"]  # fmt: skip
