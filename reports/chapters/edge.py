"""The linear theory’s limit in the training of a network."""

from __future__ import annotations

from ..experiments.sharpness import SETTINGS, known_runs, ratios
from ..page.markup import figure
from .chapter import Chapter
from .rule_theory import known_theory


def practice_chapter() -> str:
    """The linear theory's limit in the training of a network."""
    found, theory = known_runs(), known_theory()
    limit = {name: row["limit"] for name, row in theory.items()}
    near = "; ".join(
        f"{k}: {100 * v:.0f} % of {found['limits'][k]:.4g}" for k, v in ratios(found).items()
    )
    settings = "; ".join(
        f"{name}, η = {s['lr']:g}" + (f", β = {s['momentum']:g}" if "momentum" in s else "")
        for name, (_, s) in SETTINGS.items()
    )
    return "\n".join([
        "# At the edge of stability {#edge}\n",
        "A network’s loss is no quadratic, but near its present point it has a Hessian, and the region above says "
        rf"which curvature a learning rate can bear: ${limit['gradient_descent']}/\eta$ for gradient descent, "
        rf"$({limit['heavy_ball']})/\eta$ for heavy ball, and, with the second moment standing still, "
        rf"${limit['adam']}\cdot\frac1\eta$, at β₁ = 0.9 ${theory['adam']['at']:g}/\eta$, "
        "for Adam between the roots of its preconditioner ([](#tbl-rules)). Training sharpens the loss until it is there, and "
        "then stays about there [@cohen2021; @cohen2022].\n",
        figure("sharpness"),
        f"{settings}; 64–32–10 units, tanh, squared error, 500 digits, full batches, float64. Median of the last "
        f"third: {near}.\n",
    ])  # fmt: skip


EDGE = Chapter("edge", lambda _: practice_chapter())
