"""Gradient descent, heavy ball and Nesterov’s method: all of their theory."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from ...analysis.tracing import ETA
from ...proofs import Proof
from ..experiments.linear_rules import MOMENTUM, RULES, theories
from ..experiments.worst_cases import known_planes, known_summary
from ..page.markup import display, figure
from ..page.typeset import polynomial_tex, tex
from ..work import register, result
from .family import Family
from .linear_theory import theory_sections
from .optimizer_pages import claims_said
from .rule_theory import known_theory, positive_fraction


def momentum_text() -> dict[str, str]:
    """The sections of the three rules, by the rule's name, and what stands before them: ``regions``, ``rest``."""
    found = {RULES[m].name: theory_sections(theory) for m, theory in theories().items()}
    return {**found, "regions": _regions(), "rest": _rest()}


def _regions() -> str:
    named = theories()
    return "\n".join([
        "The first three of these rules are compared here. They are linear in their state and in the gradient: everything about them on a quadratic "
        "follows from one matrix $R$, the iteration matrix, which the code is traced to [@polyak1964; "
        "@nesterov1983; @goh2017]. They converge where all its eigenvalues lie in the open unit disk, and as "
        "fast as the largest of them in modulus, the spectral radius $\\rho$, is small.\n",
        "## Convergence regions, compared {#regions}\n",
        "Each boundary is the curve on which an eigenvalue reaches −1 ([](#fig-regions)):\n",
        display(*[rf"\text{{{m}:}}\quad & {t.stability.latex()}" for m, t in named.items()], label="eq-regions"),
    ])  # fmt: skip


def _rest() -> str:
    named = theories()
    return "\n".join([
        "## Eigenvalues, compared {#eigenvalues}\n",
        r"As $\eta\lambda$ grows the eigenvalues, the roots of $\det(zI - R)$, move through the unit disk:" "\n",
        display(*[rf"\text{{{m}:}}\quad & {polynomial_tex(t._characteristic)} = 0" for m, t in named.items()],
                label="eq-polynomials"),
        figure("eigenvalues"),
        "## Rates, compared {#rates}\n",
        r"With the optimal hyperparameters of each rule the error shrinks by $\rho$ a step, "
        r"$\kappa = L/\mu$; no method that combines past gradients does better on all quadratics than "
        r"$(\sqrt\kappa - 1)/(\sqrt\kappa + 1)$ [@nesterov2004]:" "\n",
        display(*[rf"\text{{{m}:}}\quad & \rho = {tex(t.closed_tuning.exact['rate'])}"
                  for m, t in named.items() if t.closed_tuning], label="eq-rates"),
        figure("rates"),
        "## Trajectories {#trajectories}\n",
        r"$f(x) = 0.1x_1^2 + 2x_2^2$ has the curvatures 0.2 and 4, so the steep direction decides stability: "
        r"$\eta\cdot 4 < 2$ for gradient descent, $\eta\cdot 4 < 2 + 2\beta$ for heavy ball." "\n",
        figure("trajectories"),
        "## Noise floors, compared {#noise}\n",
        "A constant step never averages gradient noise away. The stationary variance for unit noise is\n",
        display(*[rf"\text{{{m}:}}\quad & {tex(t.noise.variance)}" for m, t in named.items()], label="eq-noise"),
        figure("noise"),
    ])  # fmt: skip


def _beyond_quadratics(proofs: Mapping[str, Proof]) -> list[str]:
    """What the same rules do at worst on every smooth strongly convex function."""
    planes, shares = known_planes(), known_summary()["shares"]
    ball, nesterov = (planes[name]["25"]["rates"] for name in ("heavy ball", "Nesterov"))
    return [
        "## Beyond quadratics: worst cases {#worst_cases}\n",
        "All of this is about quadratics. On an $L$-smooth, $\\mu$-strongly convex function the curvature may change from "
        "place to place, and a rule with memory can be caught: it meets the steep side and the flat side in turn, in step "
        "with its own swing, and goes round for ever. With the rule’s transfer function from gradients to points, "
        "$H(z) = C(zI - A)^{-1}B = N(z)/D(z)$, both sides of the question are exact [@lessard2016; @taylor2017]. The rule "
        "contracts by $\\rho$ a step on *every* such function if $D - \\mu N$ has its roots in $\\lvert z\\rvert < \\rho$ and, "
        "for some $\\lambda_d \\ge 0$ with $\\sum\\lambda_d \\le 1$, $\\sum\\lambda_d\\rho^{-2d} \\le 1$,\n",
        display(r"\operatorname{Re}\Bigl\{\bigl(D(\bar z) - \mu N(\bar z)\bigr)\,\bigl(1 - \textstyle\sum_d \lambda_d z^{-d}\bigr)\,"
                r"\bigl(LN(z) - D(z)\bigr)\Bigr\} < 0 \quad\text{on } \lvert z\rvert = \rho,", label="eq-frequency-test"),
        "a polynomial in $\\cos\\varphi$ that a Sturm sequence decides. And it cycles through the corners of a regular "
        "$K$-gon, in steps of $m$, on one of them exactly if, with $w = 1/H(e^{2\\pi im/K}) - \\mu$ "
        "[for heavy ball: @goujaud2023],\n",
        display(r"\operatorname{Re}\,w - \lvert\operatorname{Im}\,w\rvert\,\cot\frac{\pi}{K} \ge \frac{\lvert w\rvert^2}{L - \mu}.",
                label="eq-cycle"),
        "The function is no monster: half a squared distance to the polygon with the corners "
        "$c_t = y_t - (g_t - \\mu y_t)/(L - \\mu)$, times $L - \\mu$, plus $\\tfrac\\mu2\\lVert x\\rVert^2$.\n",
        figure("worst_case"),
        f"At $\\kappa = 25$ heavy ball cycles on {100 * shares['heavy ball']:.0f} % of the plane on which it converges on every "
        f"quadratic, its optimum for quadratics among them; Nesterov’s method on {100 * shares['Nesterov']:.0f} %. The best rates "
        f"that are guaranteed there are {ball[0]:.4f} for heavy ball and {nesterov[0]:.4f} for Nesterov’s method; triple momentum "
        "has $1 - 1/\\sqrt\\kappa = 0.8$ [@vanscoy2018], and no method of one gradient a step has less [@drori2022]. For every "
        "$\\kappa$: Nesterov’s method has on all of the class the region that it has on quadratics "
        f"({claims_said(['worst_case.region_of_nesterov'], proofs)}), and heavy ball tuned for quadratics converges on all of it "
        f"where $\\kappa < (2+\\sqrt5)^2$, and only there ({claims_said(['worst_case.polyak_converges', 'worst_case.polyak_cycles'], proofs)}). "
        "What to do: "
        "with heavy ball, stay left of the red; `eigenstep worst-case RULE --mu 1 --L 25 --set lr=… --set beta=…` says of "
        "one’s own rule and numbers which side they are on.\n",
    ]  # fmt: skip


register("table:momentum", momentum_text)


def known_sections() -> dict[str, str]:
    """The sections, made once."""
    return result("table:momentum")


def _opening(proofs: Mapping[str, Proof]) -> str:
    known = known_sections()
    return "\n".join([known["regions"], *_beyond_quadratics(proofs), known["rest"]])


def _pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    named = theories()
    ball, descent, nesterov = named["heavy ball"], named["gradient descent"], named["Nesterov"]
    at = {"beta": MOMENTUM}
    limits = [
        t.stable_interval(**(at if "beta" in t.free else {}))[1] for t in (descent, ball, nesterov)
    ]
    averaged = known_theory()["adam"]["at"]
    worst = ball.transient_growth(eta_lambda=0.01, beta=MOMENTUM)
    ratio = positive_fraction(sp.limit(ball.noise.variance / descent.noise.variance, ETA, 0))
    return [
        rf"**The wrong momentum.** At $\beta = {MOMENTUM:g}$ heavy ball bears $\eta\lambda < {limits[1]:g}$, and with "
        rf"*averaged* gradients, $v \leftarrow \beta v + (1-\beta)g$, as Adam has it, and torch’s SGD with `dampening=momentum`, "
        rf"$\eta\lambda < {averaged:g}$: code that moves from one convention to the other with the same learning rate "
        "diverges, or trains ten times too slowly ([](#claim-region.ema)).",
        rf"**Nesterov’s range is the smallest**: {limits[2]:.3f} at $\beta = {MOMENTUM:g}$, less than gradient "
        rf"descent’s {limits[0]:g}; with $\beta \to 1$ it closes on $\tfrac43$ ([](#eq-nesterov-region)).",
        rf"**It gets worse before it gets better.** At $\eta\lambda = 0.01$, $\beta = {MOMENTUM:g}$ heavy ball is stable, "
        rf"yet the largest $\lVert R^t\rVert_2$ over all $t$ is {worst.peak:.3f}, reached at $t = {worst.step}$ (state "
        "measured in the parameter’s unit).",
        r"**Tuned for quadratics, not for convex functions.** With the optimum of [](#eq-heavy_ball-tuning) heavy ball "
        "cycles for ever on a smooth, strongly convex function of one variable "
        f"({claims_said(['worst_case.heavy_ball'], proofs)}) [@lessard2016]; gradient descent never does "
        f"({claims_said(['worst_case.gradient_descent'], proofs)}).",
        rf"**More momentum, more noise.** For small $\eta$ heavy ball’s noise floor is ${tex(ratio)}$ times gradient "
        rf"descent’s at the same $\eta$: {float(ratio.subs(ball.free['beta'], MOMENTUM)):.3g} times at "
        rf"$\beta = {MOMENTUM:g}$. And no $\beta$ helps against slowness once $\sqrt\beta$ is the rate "
        f"({claims_said(['M10.large', 'M10.corrected'], proofs)}).",
        "**A learning rate that changes** acts on the whole velocity in one convention and on the newest gradient in "
        f"the other: the paths part ({claims_said([c for c in proofs if c.startswith('R2')], proofs)}).",
    ]  # fmt: skip


MOMENTUM_FAMILY = Family(
    "momentum", "Gradient descent and momentum",
    ("gradient_descent", "heavy_ball", "nesterov", "qhm", "aggmo", "triple_momentum"), _opening, _pitfalls,
    theory=lambda name: known_sections().get(name, ""),
)  # fmt: skip
