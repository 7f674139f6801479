"""Other libraries' optimizers: what each is called with, and how it is stepped."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...optimizers.errors import EigenstepError
from ...optimizers.rule import Rule
from .conventions import Candidate, run_rule
from .problems import flat, stepped

_DEFAULT_LR = 0.01
_SEVERAL = {
    "betas": tuple(f"beta{i}" for i in range(1, 9)), "etas": ("eta_minus", "eta_plus"),
    "step_sizes": ("step_min", "step_max"),
}  # fmt: skip
"""The names of the numbers in an argument that holds several."""


class TargetError(EigenstepError, ValueError):
    """A target that cannot be built or does not step."""


class Target:
    """Somebody's optimizer, with the hyperparameters that its signature names.

    Args:
        build: a ``torch.optim.Optimizer`` class or a function of the parameters that returns one; a
            function that returns a gradient transformation (optax); or a :class:`Rule`.
        settings: keyword arguments for it.
        name: what to call it.
    """

    def __init__(
        self, build: Any, settings: Mapping[str, Any] | None = None, name: str = ""
    ) -> None:
        self.build, self.settings = build, dict(settings or {})
        self.name = name or getattr(build, "__name__", str(build))
        self.values: dict[str, Any] = {}
        self.accepted: set[str] = {*self.settings}
        """The arguments that it can be made with."""
        self.grouped: dict[str, Any] = {}
        """What it keeps of them itself, in its parameter groups."""

    def run(self, start: Any, gradients: Any) -> np.ndarray:
        """The parameters after every step, one row a step (the first row is the start).

        Raises:
            TargetError: it cannot be built, or fails as it steps.
        """
        if isinstance(self.build, Rule):
            self.build.check(self.settings)
            full = self.build.with_defaults(self.settings)
            self.values = {k: v for k, v in full.items() if not isinstance(v, str | bool)}
            self.accepted = {k for k in full if k not in self.build.fixed}
            return run_rule(Candidate(self.build, full), start, gradients)
        arguments = self._arguments()
        try:
            if self._is_transformation():
                return self._run_transformation(arguments, start, gradients)
            return self._run_torch(arguments, start, gradients)
        except EigenstepError:
            raise
        except Exception as error:
            said = str(error).splitlines()[0] if str(error) else ""
            raise TargetError(f"{self.name} failed: {type(error).__name__}: {said}") from error

    @property
    def library(self) -> str:
        """The package that the target comes from."""
        module = getattr(getattr(self.build, "func", self.build), "__module__", "") or ""
        return module.split(".")[0]

    def _is_transformation(self) -> bool:
        return self.library == "optax" or hasattr(self.build, "init")

    def _arguments(self) -> dict[str, Any]:
        """The settings, and a learning rate where one is required; notes all numeric defaults."""
        if not callable(self.build):
            if hasattr(self.build, "init") and hasattr(self.build, "update"):
                return {}
            raise TargetError(f"{self.name} is not an optimizer: {type(self.build).__name__}")
        try:
            parameters = inspect.signature(self.build).parameters
        except (TypeError, ValueError):
            parameters = {}
        chosen = dict(self.settings)
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        for key in chosen:
            if parameters and key not in parameters and not takes_any:
                raise TargetError(f"{self.name} takes no argument {key!r}; it takes: "
                                  f"{', '.join(parameters)}")  # fmt: skip
        self.accepted |= set(parameters)
        for key, parameter in parameters.items():
            if parameter.default is not parameter.empty:
                self.values.setdefault(key, parameter.default)
                if key in ("lr", "learning_rate") and parameter.default is None:
                    chosen.setdefault(key, _DEFAULT_LR)
            elif key in ("lr", "learning_rate"):
                chosen.setdefault(key, _DEFAULT_LR)
        self.values |= chosen
        return chosen

    def _run_transformation(self, arguments: Any, start: Any, gradients: Any) -> np.ndarray:
        import jax

        transformation = self.build if hasattr(self.build, "update") else self.build(**arguments)
        in_float64: Any = getattr(jax, "enable_x64", None)
        if in_float64 is None:  # before JAX 0.8
            from jax.experimental import enable_x64 as in_float64  # type: ignore
        with in_float64(True):
            params = [jax.numpy.asarray(x) for x in start]
            state = transformation.init(params)
            update = jax.jit(transformation.update)
            rows = [flat(start)]
            for now in gradients:
                g = [jax.numpy.asarray(x) for x in now]
                change, state = update(g, state, params)
                params = [p + c for p, c in zip(params, change, strict=True)]
                rows.append(flat([np.asarray(p) for p in params]))
        return np.array(rows)

    def _run_torch(self, arguments: Any, start: Any, gradients: Any) -> np.ndarray:
        import torch

        usual = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)  # some keep scalars in the default precision
        try:
            return self._torch_rows(arguments, start, gradients)
        finally:
            torch.set_default_dtype(usual)

    def _torch_rows(self, arguments: Any, start: Any, gradients: Any) -> np.ndarray:
        import torch

        params = [torch.nn.Parameter(torch.tensor(x)) for x in start]
        optimizer = self.build(params, **arguments)
        if not hasattr(optimizer, "step"):
            raise TargetError(f"{self.name} made a {type(optimizer).__name__}, which has no step()")
        for group in getattr(optimizer, "param_groups", [])[:1]:
            self.grouped = {k: v for k, v in group.items() if k != "params"}
            self.values |= self.grouped
        return stepped(optimizer, params, gradients)

    def numbers(self) -> dict[str, float]:
        """The target's numeric hyperparameters; those in a tuple apart."""
        found: dict[str, Any] = {}
        for key, value in self.values.items():
            if hasattr(value, "item"):
                value = value.item()
            if key in _SEVERAL and isinstance(value, tuple | list):
                found |= dict(zip(_SEVERAL[key], value, strict=False))
            elif isinstance(value, int | float) and not isinstance(value, bool):
                found[key] = value
        return found


__all__ = ["Target", "TargetError"]
