"""Claims about every smooth strongly convex function, for all condition numbers; s = √(μ/L), L = 1 where it says so."""

from __future__ import annotations

from ...optimizers.rules import gradient_descent, heavy_ball, nesterov, triple_momentum
from ..kinds import Claim, ContractionClaim, TrappedClaim

_POLYAK = {"lr": "4/(1 + s)**2", "beta": "((1 - s)/(1 + s))**2"}

CLAIMS: list[Claim] = [
    ContractionClaim(
        "worst_case.rate_of_gradient_descent", r"On every $L$-smooth, $\mu$-strongly convex $f$ gradient descent contracts like "
        r"$\rho^t$, for every $\eta, \mu, L$, if and (but for equality) only if $\rho > \lvert1-\eta\mu\rvert$ and $\rho > "
        r"\lvert1-\eta L\rvert$", "Polyak 1963", gradient_descent, {"lr": "eta"},
        ("mu > 0", "L - mu > 0", "eta > 0", "rho > 0"), rate="rho",
        conditions=("rho - 1 + eta*mu > 0", "rho + 1 - eta*L > 0")),
    ContractionClaim(
        "worst_case.rate_of_nesterov", r"Nesterov’s method with $\eta = 1/L$, $\beta = \frac{\sqrt\kappa-1}{\sqrt\kappa+1}$ contracts "
        r"like $\rho^t$ on every such $f$ for every $\rho > \sqrt{1 - 1/\sqrt\kappa}$", "Nesterov 2004; Lessard, Recht & Packard 2016",
        nesterov, {"lr": "1", "beta": "(1 - s)/(1 + s)"}, ("1 - s > 0", "r > 0", "1 - r > 0", "r**2 - 1 + s > 0"),
        rate="r", multipliers={1: "r**2"}, mu="s**2", L="1"),
    ContractionClaim(
        "worst_case.rate_of_triple_momentum", r"Triple momentum with $\rho = 1 - 1/\sqrt\kappa$, $\eta = \frac{1+\rho}{L}$, $\beta = "
        r"\frac{\rho^2}{2-\rho}$, $\gamma = \frac{\rho^2}{(1+\rho)(2-\rho)}$ contracts like $r^t$ on every such $f$ for every $r > \rho$",
        "Van Scoy, Freeman & Lynch 2018", triple_momentum,
        {"lr": "1 + rho", "beta": "rho**2/(2 - rho)", "gamma": "rho**2/((1 + rho)*(2 - rho))"},
        ("rho > 0", "1 - rho > 0", "r - rho > 0"), rate="r", multipliers={1: "rho**2"},
        mu="(1 - rho)**2", L="1"),
    ContractionClaim(
        "worst_case.polyak_converges", r"Heavy ball at Polyak’s tuning, $\eta = \frac{4}{(\sqrt L+\sqrt\mu)^2}$, $\sqrt\beta = "
        r"\frac{\sqrt\kappa-1}{\sqrt\kappa+1}$, converges on every such $f$ where $\kappa < (2+\sqrt5)^2 \approx 17.94$", "eigenstep",
        heavy_ball, _POLYAK, ("s > 0", "1 - s > 0", "s**2 + 4*s - 1 > 0"), multipliers={1: "1"}, mu="s**2", L="1"),
    TrappedClaim(
        "worst_case.polyak_cycles", r"… and nowhere else: where $\kappa \ge (2+\sqrt5)^2$ it goes round a triangle for ever on one such "
        r"$f$", "eigenstep; for large $\\kappa$ Goujaud, Taylor & Dieuleveut 2023", heavy_ball, _POLYAK,
        ("s > 0", "1 - 4*s - s**2 >= 0"), mu="s**2", L="1", steps=3),
    ContractionClaim(
        "worst_case.region_of_nesterov", r"Nesterov’s method converges on every such $f$ if, and on quadratics only if, $\eta L < "
        r"\frac{2(1+\beta)}{1+2\beta}$: what converges on quadratics converges on all of the class", "eigenstep", nesterov,
        {"lr": "eta", "beta": "beta"}, ("beta >= 0", "1 - beta > 0", "mu > 0", "1 - mu > 0", "eta > 0"),
        multipliers={1: "beta"}, L="1", conditions=("2*(1 + beta) - eta*(1 + 2*beta) > 0",)),
]  # fmt: skip
