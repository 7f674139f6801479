"""Where a linear rule's theory is asked: values given by name, checked, made exact or arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from ...optimizers.domains import Interval
from ...optimizers.errors import DomainError, Missing, UnknownName, shown
from ..reals import real, real_array
from ..tracing import LAMBDA, Trace

ETA_LAMBDA = sp.Symbol("eta_lambda", real=True)
"""The product ηλ, dimensionless."""


class Points:
    """Checks the values that are given for ηλ (or η and λ) and the free hyperparameters, by name.

    Args:
        traced: the rule.
        free: of its free hyperparameters those that enter the eigenvalues beside ηλ, by name.
        variable: ηλ where η and λ enter only through their product, else λ.
    """

    def __init__(self, traced: Trace, free: Mapping[str, sp.Symbol], variable: sp.Symbol) -> None:
        self.trace, self.free, self.variable = traced, free, variable

    @property
    def names(self) -> dict[sp.Symbol, str]:
        """The variable's name and those of :attr:`free`, by symbol."""
        variable = "curvature" if self.variable == LAMBDA else "eta_lambda"
        return {self.variable: variable, **{s: k for k, s in self.free.items()}}

    def _check_known(self, values: Mapping[str, Any], used: Iterable[str]) -> None:
        """Raise for a name that does not exist, and for one that is not used beside the others."""
        known = dict.fromkeys(["eta_lambda", "lr", "curvature", *self.trace.free])
        for name, value in values.items():
            if name not in known:
                raise UnknownName(f"free parameter of {self.trace.rule.name}", name, known)
            if name not in used and name not in self.trace.free:
                raise DomainError(name, value, f"not used; used are {', '.join(used)}")

    def _free_real(self, name: str, values: Mapping[str, Any]) -> Any:
        """A free hyperparameter, exact and in its domain, or an array of float64."""
        domain = self.trace.rule.hyperparameters[name].domain
        if name not in values:
            raise Missing(name, domain.describe(name))
        if np.ndim(values[name]):
            return real_array(name, values[name], domain)
        return real(name, values[name], domain)

    def point(self, values: Mapping[str, Any]) -> dict[sp.Symbol, Any]:
        """The free hyperparameters beside ηλ, exact, checked against their domains."""
        self._check_known(values, [*self.free])
        point = {s: self._scalar(k, self._free_real(k, values)) for k, s in self.free.items()}
        self.check_conditions(point)
        return point

    @staticmethod
    def _scalar(name: str, value: Any) -> sp.Expr:
        if isinstance(value, np.ndarray):
            raise DomainError(name, f"an array of shape {value.shape}", f"{name} is one number")
        return value

    def check_conditions(self, point: Mapping[sp.Symbol, Any]) -> None:
        """Raise where an expression that a hyperparameter was set to leaves its domain."""
        arrays = {s: v for s, v in point.items() if isinstance(v, np.ndarray)}
        for name, value in self.trace.hyperparameters.items():
            if name in self.trace.free or not (isinstance(value, sp.Basic) and value.free_symbols):
                continue
            if not value.free_symbols <= point.keys():
                continue
            domain = self.trace.rule.hyperparameters[name].domain
            if arrays.keys() & value.free_symbols:
                order = sorted(value.free_symbols, key=str)
                numbers = [np.asarray(point[s], float) for s in order]
                real_array(
                    f"{name} = {value}", sp.lambdify(order, value, "numpy")(*numbers), domain
                )  # type: ignore[arg-type]
            else:
                real(f"{name} = {value}", value.subs(point), domain)

    def _eta_lambda(self, values: Mapping[str, Any]) -> Any:
        """ηλ, given or as lr times curvature; where all are given they must agree."""
        given = {k: values[k] for k in ("eta_lambda", "lr", "curvature") if k in values}
        domains: dict[str, Interval] = {"lr": self.trace.rule.hyperparameters["lr"].domain} if (  # type: ignore[dict-item]
            "lr" in self.trace.rule.hyperparameters) else {}  # fmt: skip
        numbers = {
            k: (real_array if np.ndim(v) else real)(k, v, domains.get(k, Interval()))
            for k, v in given.items()
        }
        if "eta_lambda" not in numbers:
            if len(numbers) < 2:
                raise Missing("eta_lambda", Interval().describe("eta_lambda"))
            return _product(numbers["lr"], numbers["curvature"])
        found = numbers.pop("eta_lambda")
        if len(numbers) == 1:
            (name,) = numbers
            raise DomainError(name, given[name], "not used beside eta_lambda")
        if numbers:
            product = _product(numbers["lr"], numbers["curvature"])
            if not np.all(product == found):
                raise DomainError(
                    "eta_lambda", given["eta_lambda"], f"lr*curvature = {shown(product)}"
                )
        return found

    def physical(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """``lr``, ``curvature`` and every free hyperparameter, exact.

        With ``eta_lambda`` one of ``lr`` and ``curvature`` follows from the other; alone it means λ = 1.
        """
        given = dict(values)
        free = list(self.trace.free)
        self._check_known(given, ["eta_lambda", "curvature", *free])
        for name in ("eta_lambda", "curvature", "lr"):
            if name in given:
                domain = (
                    self.trace.rule.hyperparameters[name].domain if name in free else Interval()
                )
                given[name] = real(name, self._number(name, given[name]), domain)
        if "eta_lambda" in given and "lr" not in free:
            raise DomainError(
                "eta_lambda", values["eta_lambda"], "not used: the learning rate is not free"
            )
        if "eta_lambda" in given:
            product = given.pop("eta_lambda")
            if "lr" not in given:
                given.setdefault("curvature", sp.Integer(1))
            known = given.get("lr", given.get("curvature"))
            other = "curvature" if "lr" in given else "lr"
            if other not in given and known:
                given[other] = product / known
            found = given.get("lr", 0) * given.get("curvature", 0)
            if found != product:
                raise DomainError(
                    "eta_lambda", values["eta_lambda"], f"lr*curvature = {shown(found)}"
                )
        if "curvature" not in given:
            raise Missing("curvature", "a finite number")
        point = {"curvature": given["curvature"]}
        for name in free:
            point[name] = self._scalar(name, self._free_real(name, given))
        self.check_conditions({s: point[k] for k, s in self.trace.free.items()})
        return point

    def _number(self, name: str, value: Any) -> Any:
        if np.ndim(value):
            raise DomainError(name, f"an array of shape {np.shape(value)}", f"{name} is one number")
        return value

    def bound(self, values: Mapping[str, Any]) -> list[Any]:
        """The variable and the free hyperparameters: exact numbers, or arrays, checked."""
        through_product = self.variable == ETA_LAMBDA
        used = ["eta_lambda", "lr", "curvature"] if through_product else ["curvature"]
        self._check_known(values, [*used, *self.free])
        if through_product:
            bound = [self._eta_lambda(values)]
        elif "curvature" not in values:
            raise Missing("curvature", Interval().describe("curvature"))
        else:
            curvature = values["curvature"]
            bound = [(real_array if np.ndim(curvature) else real)("curvature", curvature)]
        bound += [self._free_real(name, values) for name in self.free]
        for name in values:  # what is free and enters no eigenvalue is in its domain all the same
            if name in self.trace.free:
                self._free_real(name, values)
        self.check_conditions(dict(zip(self.free.values(), bound[1:], strict=True)))
        return bound

    def arrays(self, values: Mapping[str, Any]) -> list[np.ndarray]:
        """As :meth:`bound`, in float64, with shapes that go together."""
        return self.broadcast(self.bound(values))

    def broadcast(self, bound: list[Any]) -> list[np.ndarray]:
        """What :meth:`bound` gave as float64 arrays whose shapes go together."""
        arrays = [np.asarray(v, float) for v in bound]
        try:
            np.broadcast_shapes(*[a.shape for a in arrays])
        except ValueError:
            names = self.names.values()
            shapes = ", ".join(f"{n} {a.shape}" for n, a in zip(names, arrays, strict=True))
            raise DomainError("shapes", shapes, "shapes that broadcast") from None
        return arrays


def all_exact(bound: list[Any]) -> bool:
    """Whether none is an array."""
    return not any(isinstance(v, np.ndarray) for v in bound)


def _product(a: Any, b: Any) -> Any:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.multiply(np.asarray(a, float), np.asarray(b, float))
    return a * b


__all__ = ["ETA_LAMBDA", "Points", "all_exact"]
