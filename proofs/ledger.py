"""All claims; those about the linear rules' theory are typed in here, from print.

Sources: N, notes on optimizers; L, a lecture after "Dive into Deep Learning", chapter Optimization
Algorithms; else the paper named. An id that begins with a letter and a number is that of the
statement in those documents.
"""

from __future__ import annotations

from ..optimizers.rules import gradient_descent, heavy_ball, nesterov
from .claims import (
    Claim,
    MatrixClaim,
    PowerClaim,
    RegionClaim,
    RootLemma,
    TuningClaim,
)
from .update_rules import CLAIMS as UPDATE_RULES

_EMA = {"dampening": "beta"}

_CLAIMS: list[Claim] = [
    PowerClaim("M7.iterate", r"$x_t = (1-\eta\lambda)^t x_0$", "L, Scalar Functions",
               gradient_descent, "1 - eta*lambda_"),
    RegionClaim("M7.region", r"Gradient descent converges $\iff 0 < \eta\lambda < 2$",
                "L, Scalar Functions", gradient_descent, "2"),
    MatrixClaim("M8", r"$R(\beta,\eta,\lambda) = \begin{bmatrix}\beta & \lambda\\ -\eta\beta & "
                r"1-\eta\lambda\end{bmatrix}$", "L, Scalar Functions", heavy_ball,
                (("beta", "lambda_"), ("-eta*beta", "1 - eta*lambda_"))),
    RegionClaim("M9.sufficient", r"$0 < \eta\lambda < 2 + 2\beta \implies$ momentum converges "
                r"($0\le\beta<1$)", "L, Scalar Functions", heavy_ball, "2 + 2*beta", "sufficient"),
    RegionClaim("M9.necessary", r"Momentum converges $\implies 0 < \eta\lambda < 2 + 2\beta$ "
                r"($0\le\beta<1$)", "L, Scalar Functions", heavy_ball, "2 + 2*beta", "necessary"),
    RegionClaim("region.nesterov",
                r"Nesterov converges $\iff 0 < \eta\lambda < \frac{2(1+\beta)}{1+2\beta}$", "eigenstep",
                nesterov, "2*(1 + beta)/(1 + 2*beta)"),
    RegionClaim("region.ema", r"Averaging momentum ($\tau = \beta$) converges $\iff 0 < \eta\lambda < "
                r"\frac{2(1+\beta)}{1-\beta}$", "eigenstep", heavy_ball, "2*(1 + beta)/(1 - beta)",
                "both", _EMA),
    RootLemma("lemma.roots", r"The roots of $z^2 - Tz + D$ have modulus at most $r$ $\iff D \le r^2$, "
              r"$\lvert T\rvert r \le r^2 + D$, $\lvert T\rvert \le 2r$",
              "Jury 1974", ("r**2 - D", "r**2 + D - T*r", "r**2 + D + T*r", "2*r - T", "2*r + T")),
    TuningClaim("tuning.gradient_descent",
                r"Optimal: $\eta = \frac{2}{L+\mu}$, $\rho = \frac{L-\mu}{L+\mu}$",
                "Polyak 1964", gradient_descent, {"lr": "2/(L + mu)"}, "(L - mu)/(L + mu)"),
    TuningClaim("tuning.heavy_ball",
                r"Optimal: $\eta = \frac{4}{(\sqrt L+\sqrt\mu)^2}$, $\beta = \rho^2$, "
                r"$\rho = \frac{\sqrt L-\sqrt\mu}{\sqrt L+\sqrt\mu}$", "Polyak 1964", heavy_ball,
                {"lr": "4/(mu*(root + 1)**2)", "beta": "((root - 1)/(root + 1))**2"},
                "(root - 1)/(root + 1)"),
    TuningClaim("tuning.nesterov",
                r"Optimal: $\eta = \frac{4}{3L+\mu}$, $\beta = \frac{\sqrt{3\kappa+1}-2}"
                r"{\sqrt{3\kappa+1}+2}$, $\rho = 1 - \frac{2}{\sqrt{3\kappa+1}}$",
                "Lessard, Recht & Packard 2016", nesterov,
                {"lr": "4/(3*L + mu)", "beta": "(root - 2)/(root + 2)"}, "1 - 2/root",
                "3*L/mu + 1"),
]  # fmt: skip

ALL_CLAIMS: dict[str, Claim] = {claim.id: claim for claim in (*UPDATE_RULES, *_CLAIMS)}


def with_corrections() -> dict[str, Claim]:
    """All claims, each refuted one followed by what holds in its place."""
    found: dict[str, Claim] = {}
    for key, claim in ALL_CLAIMS.items():
        found[key] = claim
        if claim.corrected:
            found[claim.corrected.id] = claim.corrected
    return found
