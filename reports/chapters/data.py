"""Theory against the torch optimizers on real data."""

from __future__ import annotations

from ..experiments.airfoil import load_regression
from ..experiments.regression import regression_runs
from ..page.markup import display, figure, table
from .chapter import Chapter


def data_chapter() -> str:
    """Theory against the torch optimizers on real data."""
    problem = load_regression()
    name, runs = regression_runs()
    spectrum = ", ".join(f"{v:.6f}" for v in problem.eigen[0])
    rows = [
        [r.method, r.setting, f"{r.lr:.6f}", "—" if r.beta is None else f"{r.beta:.6f}",
         f"{r.predicted:.10f}", f"{r.measured:.10f}", f"{r.difference:.1e}",
         "converges" if r.converges else "diverges"]
        for r in runs
    ]  # fmt: skip
    wide = [r for r in runs if r.difference > 1e-6]
    explained = (
        "All differences are below 1e-6. "
        if not wide
        else f"{len(wide)} runs differ by more than 1e-6, "
        "all at a double root, where the identified root carries the square root of the rounding error. "
    )
    stand_in = (
        ""
        if name.startswith("airfoil")
        else "The airfoil data was not at hand (`eigenstep data` gets it); "
        "a data set that scikit-learn ships was used instead.\n"
    )
    source = " [@brooks1989]" if name.startswith("airfoil") else ""
    return "\n".join([
        "# Real data {#data}\n",
        f"Linear regression on the {name} data{source}, {problem.X.shape[0]} rows, all columns standardised, "
        f"a constant added; squared loss/2, full batch, float64. {stand_in}\n",
        rf"The loss is a quadratic with Hessian $X^TX/n$. Its eigenvalues are {spectrum}; "
        rf"$\mu = {problem.mu:.6f}$, $L = {problem.L:.6f}$, $\kappa = {problem.L / problem.mu:.4f}$. "
        "From these the theory predicts, before any training, each rule’s largest stable learning rate, "
        "its optimal tuning, and the rate of every run:\n",
        display(r"\rho_{\text{predicted}} = \max_{\lambda_i} \rho\big(R(\eta\lambda_i, \beta)\big)", label="eq-predicted"),
        "The torch optimizers then run 1% below the limit, 1% above it, and at the optimum. Each "
        "eigenvector’s component of the iterates follows a linear recurrence; the measured rate is the "
        "largest root of the recurrences identified from the iterates alone.\n",
        table(["rule", "setting", "η", "β", "predicted ρ", "measured ρ", "differ by", "outcome"], rows,
              "Predicted and measured rates.", [16, 14, 11, 11, 15, 15, 11, 11], "tbl-data"),
        explained + "Where two eigenvalues coincide, at the optimum of the momentum methods, the measured "
        "root is accurate to about the square root of the rounding error only.\n",
        figure("regression"),
    ])  # fmt: skip


DATA = Chapter("data", lambda _: data_chapter())
