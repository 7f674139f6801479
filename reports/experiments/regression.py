"""Theory against the torch optimizers, on a real quadratic: full-batch linear regression."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...analysis import derive
from ..work import register, result
from .airfoil import LeastSquares, load_regression
from .linear_rules import MOMENTUM, RULES

CLASSES = {"gradient descent": "GradientDescent", "heavy ball": "HeavyBall", "Nesterov": "Nesterov"}


@dataclass(frozen=True)
class Run:
    """One run of a torch optimizer and what theory said of it beforehand.

    Attributes:
        setting: ``"0.99 limit"``, ``"1.01 limit"`` or ``"optimal"``.
        predicted: spectral radius, the largest over the Hessian's eigenvalues.
        measured: the same, identified from the iterates alone.
        errors: distance of the gradient point from the minimizer, a row a step, in the Hessian's
            eigenvectors.
        losses: loss above the minimum.
    """

    method: str
    setting: str
    lr: float
    beta: float | None
    predicted: float
    measured: float
    errors: np.ndarray
    losses: np.ndarray

    @property
    def difference(self) -> float:
        return abs(self.predicted - self.measured)

    @property
    def converges(self) -> bool:
        """Whether the run ended nearer to the minimum loss than it began."""
        return bool(self.losses[-1] < self.losses[0])


def train(
    problem: LeastSquares, method: str, steps: int, *, seed: int = 0, **arguments: Any
) -> Any:
    """Run a torch optimizer on full-batch gradients by autograd, float64; the iterates (steps+1, d)."""
    import torch

    from ... import optimizers

    X, y = torch.tensor(problem.X), torch.tensor(problem.y)
    start = np.random.default_rng(seed).standard_normal(X.shape[1])
    w = torch.nn.Parameter(torch.tensor(start))
    optimizer = getattr(optimizers, CLASSES[method])([w], **arguments)
    iterates = [w.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * torch.mean((X @ w - y) ** 2)).backward()
        optimizer.step()
        iterates.append(w.detach().clone())
    return torch.stack(iterates).numpy()


def identify(errors: np.ndarray, order: int, sizes: np.ndarray) -> float:
    """The largest growth per step among modes that each follow a linear recurrence.

    Each column is one mode, x_{t+order} = a₁x_{t+order−1} + … + a_order·x_t; its coefficients are
    found by least squares over the steps above the rounding floor (Prony's method), and the
    recurrence's largest root is the mode's rate. Every equation is weighted by the rounding error
    it carries, which is proportional to ``sizes``, the size of the iterate at each step. The roots
    carry an error of about 1e-15 where they are distinct, of about its square root where they
    coincide.
    """
    rates = []
    for mode in errors.T:
        big = np.abs(mode) > 1e-10 * sizes
        end = int(np.argmin(big)) if not big.all() else len(mode)
        # A mode that dies at once has a rate below any other; it needs 2·order + 1 values.
        if end < 2 * order + 1:
            continue
        window = mode[:end]
        rows = np.column_stack([window[order - 1 - k : len(window) - 1 - k] for k in range(order)])
        right = window[order:]
        scale = sizes[order : len(window)]
        coefficients = np.linalg.lstsq(rows / scale[:, None], right / scale, rcond=None)[0]
        rates.append(np.max(np.abs(np.roots(np.concatenate([[1.0], -coefficients])))))
    return float(max(rates))


def predicted_runs(problem: LeastSquares) -> list[tuple[str, str, dict[str, float], float]]:
    """For each rule: at 0.99 and 1.01 of the largest stable lr (β = 0.9), and at the optimum."""
    curvatures = problem.eigen[0]
    plans = []
    for method, rule in RULES.items():
        theory = derive(rule)
        chosen = {"beta": MOMENTUM} if "beta" in theory.free else {}
        limit = theory.stable_interval(**chosen)[1] / problem.L
        settings: list[tuple[str, dict[str, float]]] = [
            (f"{factor:g} × limit", {"lr": factor * limit, **chosen}) for factor in (0.99, 1.01)
        ]
        best = theory.tuning(problem.mu, problem.L)
        settings.append(("optimal", {k: float(v) for k, v in best.values.items()}))
        for setting, values in settings:
            others = {k: v for k, v in values.items() if k != "lr"}
            rate = theory.spectral_radius(eta_lambda=values["lr"] * curvatures, **others).max()
            plans.append((method, setting, values, float(rate)))
    return plans


def run_all(problem: LeastSquares, steps: int = 400) -> list[Run]:
    """Predict, then train with the torch optimizers, then measure."""
    runs = []
    for method, setting, values, predicted in predicted_runs(problem):
        arguments: dict[str, Any] = {{"beta": "momentum"}.get(k, k): v for k, v in values.items()}
        iterates = train(problem, method, steps, **arguments)
        errors = (iterates - problem.minimizer) @ problem.eigen[1]
        order = derive(RULES[method]).system.order
        sizes = np.abs(iterates).max(axis=1)
        losses = 0.5 * np.sum(problem.eigen[0] * errors**2, axis=1)
        measured = identify(errors, order, sizes)
        runs.append(Run(method, setting, values["lr"], values.get("beta"), predicted, measured,
                        errors, losses))  # fmt: skip
    return runs


def run_regression() -> dict[str, Any]:
    """The nine runs on the data at hand, as plain numbers; of the errors none are kept."""
    problem = load_regression()
    rows = [
        {**asdict(run), "errors": [], "losses": run.losses.tolist()} for run in run_all(problem)
    ]
    return {"data": problem.name, "runs": rows}


register("table:regression", run_regression)


def regression_runs() -> tuple[str, tuple[Run, ...]]:
    """The data set's name and the nine runs on it, made once."""
    found = result("table:regression")
    runs = [Run(**{**row, "errors": np.array(row["errors"]), "losses": np.array(row["losses"])})
            for row in found["runs"]]  # fmt: skip
    return found["data"], tuple(runs)


__all__ = ["MOMENTUM", "RULES", "Run", "identify", "predicted_runs", "regression_runs", "run_all", "run_regression",
           "train"]  # fmt: skip
