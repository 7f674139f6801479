"""The stability limit against training: a small network, full batches, and its sharpest direction.

Near the edge a rule can use, training keeps the Hessian's largest eigenvalue about where the linear theory
puts the limit: 2/η for gradient descent, (2 + 2β)/η for heavy ball, and for Adam 38/η at β₁ = 0.9 for the
Hessian between the roots of its preconditioner (Cohen et al. 2021 and 2022).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...analysis import derive
from ...analysis.adaptive.frozen import freeze
from ...optimizers.machine.extras import require_extra
from ...optimizers.rules import adam, gradient_descent, heavy_ball
from ..work import register, result, size

SAMPLES, HIDDEN, STEPS, EVERY, PRODUCTS = 500, 32, 900, 30, 20
SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "gradient descent": ("GradientDescent", {"lr": 0.11}),
    "heavy ball": ("HeavyBall", {"lr": 0.15, "momentum": 0.9}),
    "Adam": ("Adam", {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-7}),
}


def limits() -> dict[str, float]:
    """What the derived theory says: the largest stable (preconditioned) curvature of each setting."""
    rules = {"gradient descent": (gradient_descent, {}), "heavy ball": (heavy_ball, {"beta": 0.9}),
             "Adam": (freeze(adam), {"beta1": 0.9})}  # fmt: skip
    return {name: derive(rule).stable_interval(**others)[1] / SETTINGS[name][1]["lr"]
            for name, (rule, others) in rules.items()}  # fmt: skip


def run(name: str, steps: int, seed: int = 0) -> dict[str, list[float]]:
    """Train on scikit-learn's digits; the loss and the (preconditioned) sharpness every few steps."""
    require_extra("training on the digits", "report", "sklearn")
    import torch
    from sklearn.datasets import load_digits
    from torch import nn

    from ... import optimizers

    data: Any = load_digits()
    generator = torch.Generator().manual_seed(seed)
    x = torch.tensor(data.data[:SAMPLES] / 16, dtype=torch.float64)
    y = torch.nn.functional.one_hot(torch.tensor(data.target[:SAMPLES]), 10).to(torch.float64)
    net = nn.Sequential(nn.Linear(64, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 10)).to(torch.float64)
    parameters = list(net.parameters())
    with torch.no_grad():
        for p in parameters:
            size = p.shape[-1] ** -0.5 if p.ndim > 1 else 0.0
            p.copy_(size * torch.randn(p.shape, generator=generator, dtype=torch.float64))
    cls, settings = SETTINGS[name]
    optimizer = getattr(optimizers, cls)(parameters, **settings)
    direction = [torch.randn(p.shape, generator=generator, dtype=torch.float64) for p in parameters]
    found: dict[str, list[float]] = {"step": [], "loss": [], "sharpness": []}
    for step in range(steps + 1):
        optimizer.zero_grad()
        loss = 0.5 * ((net(x) - y) ** 2).sum(dim=1).mean()
        measure = step % EVERY == 0 and step > 0
        gradients = torch.autograd.grad(loss, parameters, create_graph=measure)
        if measure:
            roots = [torch.ones_like(p) for p in parameters]
            if name == "Adam":
                correction = 1 - settings["betas"][1] ** step
                roots = [((optimizer.state[p]["v"] / correction).sqrt() + settings["eps"]).rsqrt()
                         for p in parameters]  # fmt: skip
            value, direction = _largest(gradients, parameters, direction, roots)
            found["step"].append(step)
            found["loss"].append(float(loss.detach()))
            found["sharpness"].append(value)
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g.detach()
        optimizer.step()
    return found


def _largest(gradients: Any, parameters: Any, direction: Any, roots: Any) -> tuple[float, Any]:
    """The largest eigenvalue of P^(−1/2) H P^(−1/2) by power iteration, from the last direction."""
    import torch

    value = 0.0
    for _ in range(PRODUCTS):
        size = sum(float((d**2).sum()) for d in direction) ** 0.5
        direction = [d / size for d in direction]
        scaled = [r * d for r, d in zip(roots, direction, strict=True)]
        product = torch.autograd.grad(gradients, parameters, grad_outputs=scaled, retain_graph=True)
        image = [r * p for r, p in zip(roots, product, strict=True)]
        value = float(sum((d * i).sum() for d, i in zip(direction, image, strict=True)))
        direction = image
    return value, direction


def runs() -> dict[str, Any]:
    """All three runs, and the limits that theory gives."""
    return {"limits": limits(), "runs": {name: run(name, size(STEPS, 300)) for name in SETTINGS}}


register("table:sharpness", runs)


def known_runs() -> dict[str, Any]:
    """The same, made once."""
    return result("table:sharpness")


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """Median sharpness over the limit in the last third of each run."""
    return {name: float(np.median(r["sharpness"][-len(r["sharpness"]) // 3 :]) / found["limits"][name])
            for name, r in found["runs"].items()}  # fmt: skip


__all__ = ["SETTINGS", "known_runs", "limits", "ratios", "run", "runs"]
