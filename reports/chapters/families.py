"""The chapters of the rules, a family each: equations, theory, figures, libraries, what can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ...analysis.adaptive.adam_failure import smallest_cycle
from ...analysis.adaptive.averages import (
    MovingAverage,
    exact_rectifier,
    first_tractable_step,
    rectifier,
)
from ...analysis.adaptive.limit_cycle import limit_cycle
from ...analysis.linear.derivation import ETA_LAMBDA, Derivation
from ...analysis.linear.lookahead import LookaheadTheory
from ...analysis.tracing import ETA
from ...optimizers.errors import EigenstepError
from ...optimizers.rules import ALL_RULES, LINEAR_RULES, gradient_descent, heavy_ball, lars
from ...proofs import Proof
from ..experiments.regression import RULES
from ..figures.shown import MOMENTUM, theories
from ..page.markup import display, figure, table, widget
from ..page.typeset import aligned, eigenvalues_tex, polynomial_tex, tex
from ..work import result
from .optimizer_pages import (
    claims_said,
    conventions_link,
    conventions_table,
    page,
    symmetries_table,
)
from .rule_theory import positive_fraction


@dataclass(frozen=True)
class Family:
    """A chapter: its id and title, the rules in it, and what stands before and after their pages."""

    id: str
    title: str
    rules: tuple[str, ...]
    opening: Callable[[Mapping[str, Proof]], str]
    pitfalls: Callable[[Mapping[str, Proof]], list[str]]


def _decided(decisions: Any) -> str:
    words = {True: "proved", False: "refuted", None: "not decided within the time limit"}
    return ", ".join(f"{k.replace('_', ' ')}: {words[d.holds]}" for k, d in decisions.items())


def theory_sections(theory: Derivation) -> str:
    """One linear rule's theory: system, matrix, eigenvalues, region, tuning, iterate, noise."""
    name, region, noise = theory.rule.name, theory.stability, theory.noise
    # As one symbol: SymPy would split the root of a product.
    product = {ETA_LAMBDA: r"\eta\lambda"}
    critical = [
        rf"{sp.latex(theory.free[k])} = {sp.latex(e, symbol_names=product, order='rev-lex')}"
        for k, v in theory.critical_damping.items()
        for e in v
    ]
    names = {k: sp.latex(s) for k, s in theory.trace.free.items()} | {"rate": r"\rho"}
    state = ", ".join(sp.latex(s) for s in theory.system.state)
    parts = [
        f"### Iteration matrix and eigenvalues {{#{name}_matrix}}\n",
        rf"As a linear system $\xi^+ = A\xi + Bg$ with the gradient taken at $y = C\xi$, $\xi = ({state})$:" "\n",
        display(rf"A = {tex(theory.system.A)},\quad B = {tex(theory.system.B)},\quad C = {tex(theory.system.C)}"),
        r"On $\tfrac12\lambda x^2$ the gradient is $\lambda y$, and one step multiplies $\xi$ by" "\n",
        display(rf"R = A + \lambda BC = {tex(theory.matrix)}", label=f"eq-{name}-matrix"),
        "Its characteristic polynomial and eigenvalues are\n",
        display(rf"\det(zI - R) = {polynomial_tex(theory._characteristic)}"),
        display(*[line.replace("&", "") for line in eigenvalues_tex(theory)], label=f"eq-{name}-eigenvalues"),
    ]  # fmt: skip
    if critical:
        parts += [f"They coincide, critical damping, at ${'$ and $'.join(critical)}$.\n"]
    parts += [
        f"### Convergence region {{#{name}_region}}\n",
        "The iteration converges from every start exactly where\n",
        display(region.latex(), label=f"eq-{name}-region"),
        rf"The largest stable $\eta\lambda$ is ${tex(theory.limit)}$. "
        + ("No inequality is redundant. " if region.minimal else "")
        + f"Both directions, decided by z3 over the reals [@demoura2008]: {_decided(region.decision)}.\n",
    ]
    if (tuned := theory.closed_tuning) is not None:
        values = aligned([(names.get(k, k), tex(e)) for k, e in tuned.exact.items()])
        parts += [
            f"### Optimal tuning {{#{name}_tuning}}\n",
            r"For curvatures in $[\mu, L]$ the smallest worst-case spectral radius is reached at" "\n",
            display(*values, label=f"eq-{name}-tuning"),
            f"For every spectrum, decided by z3: {_decided(tuned.optimality())}.\n",
        ]  # fmt: skip
    parts += [f"### Closed-form iterate {{#{name}_iterate}}\n"]
    if theory.system.order == 1:
        power = theory.iterate.power.subs({"z_1": theory.matrix[0, 0]})[0, 0]
        parts += [display(rf"x_t = z_1^t\, x_0 = {tex(power)}\, x_0", label=f"eq-{name}-iterate")]
    else:
        parts += [
            display(r"R^t = U_t\, R - z_1 z_2\, U_{t-1}\, I, \qquad U_t = \begin{cases}"
                    r"\dfrac{z_1^t - z_2^t}{z_1 - z_2} & \text{if } z_1 \ne z_2 \\ "
                    r"t\, z_1^{t-1} & \text{if } z_1 = z_2"
                    r"\end{cases}", label=f"eq-{name}-iterate")
        ]  # fmt: skip
    parts += [
        f"### Noise floor {{#{name}_noise}}\n",
        r"With gradient noise of variance $\sigma^2$, independent from step to step, $\theta$ settles at "
        "the variance\n",
        display(rf"\operatorname{{Var}}\theta = \sigma^2\,{tex(noise.variance)}", label=f"eq-{name}-noise"),
        r"With a random curvature of mean $\lambda$ and standard deviation $s$ the second moment stays "
        "bounded exactly where the iteration is stable and\n",
        display(tex(noise.mean_square)),
    ]  # fmt: skip
    return "\n".join(parts)


# Gradient descent and momentum.


def momentum_text() -> dict[str, str]:
    """The sections of the three rules, by the rule's name, and under ``opening`` what stands before them."""
    found = {RULES[m].name: theory_sections(theory) for m, theory in theories().items()}
    return {**found, "opening": _compared()}


def _momentum_opening(proofs: Mapping[str, Proof]) -> str:
    return result("table:momentum")["opening"]


def _compared() -> str:
    named = theories()
    return "\n".join([
        "Three rules that are linear in their state and in the gradient: everything about them on a quadratic "
        "follows from one matrix $R$, the iteration matrix, which the code is traced to [@polyak1964; "
        "@nesterov1983; @goh2017]. They converge where all its eigenvalues lie in the open unit disk, and as "
        "fast as the largest of them in modulus, the spectral radius $\\rho$, is small.\n",
        "## Convergence regions, compared {#regions}\n",
        "Each boundary is the curve on which an eigenvalue reaches −1 ([](#fig-regions)):\n",
        display(*[rf"\text{{{m}:}}\quad & {t.stability.latex()}" for m, t in named.items()], label="eq-regions"),
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


def _momentum_pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    named = theories()
    ball, descent, nesterov = named["heavy ball"], named["gradient descent"], named["Nesterov"]
    at = {"beta": MOMENTUM}
    limits = [
        t.stable_interval(**(at if "beta" in t.free else {}))[1] for t in (descent, ball, nesterov)
    ]
    averaged = result("table:rules")["adam"]["at"]
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


# Adaptive rules.


def _adaptive_opening(proofs: Mapping[str, Proof]) -> str:
    found = result("table:rules")
    rows = []
    for name in ("rmsprop", "adam", "nadam"):
        row = found[name]
        alike = [
            f"`{n}`"
            for n in found
            if n in _ADAPTIVE and found[n]["limit"] == row["limit"] and found[n]["limit"]
        ]
        rows.append(
            [", ".join(alike), f"${row['limit']}$", f"{row['at']:.4g}", f"${row['noise']}$"]
        )
    steps = {b: first_tractable_step(b) for b in (0.99, 0.999)}
    off = {
        t: 100 * abs(rectifier(0.999, t)["r_t"] / exact_rectifier(0.999, t) - 1) for t in (10, 1000)
    }
    return "\n".join([
        "These divide by a running root mean square of the gradient [@duchi2011; @tieleman2012; @kingma2015]. Where "
        r"that changes slowly they are momentum methods with the step $\tilde\eta = \eta/\sqrt{\hat v}$: holding the "
        "second moment still leaves a linear rule, of which theory follows from the code as before.\n",
        table(["rules", r"largest stable $\tilde\eta\lambda$", "at the rule’s β₁", "variance, unit noise"], rows,
              "Adaptive rules while their second moment stands still (ε = 0, no decay).", [26, 24, 12, 60],
              "tbl-frozen"),
        "So a curvature is too sharp for Adam when, between the roots of its preconditioner, it exceeds "
        rf"${found['adam']['limit']}\cdot\frac1\eta$, {found['adam']['at']:g} over η at its own β₁; [training does go "
        "there](#edge).\n",
        "**Bias.** Averages begin at 0, so after $t$ steps of a constant gradient they hold the part "
        r"$1-\beta^t$ of it; dividing by that corrects them. The second moment needs it longest: after 100 steps "
        rf"$\beta_2 = 0.999$ holds {MovingAverage(0.999).bias_factor(100):.3f} of it." "\n",
        r"**Variance.** Few gradients make $\sqrt{\hat v}$ a poor estimate. RAdam [@liu2020] waits until the average is "
        rf"worth $\rho_t > 4$ gradients, which is at step {steps[0.99]} for $\beta_2 = 0.99$ and {steps[0.999]} for "
        r"0.999, and then multiplies by $r_t$, an approximation that is "
        rf"{off[10]:.0f} % off at step 10 and {off[1000]:.1f} % at step 1000 "
        r"($\beta_2 = 0.999$; [](#fig-adaptive_theory))." "\n",
        figure("adaptive_theory"),
    ])  # fmt: skip


def _adaptive_pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    counts = {(b1, b2): smallest_cycle(b1, b2) for b1, b2 in ((0.0, 0.9), (0.9, 0.99))}
    said = ", ".join(
        rf"{c} for $\beta_1 = {b1:g}$, $\beta_2 = {b2:g}$" for (b1, b2), c in counts.items()
    )
    return [
        r"**Adam can go to the worst point** of a convex problem, for every $\beta_1 < \sqrt{\beta_2}$ [@reddi2018]: one large "
        f"gradient in C is forgotten before it has done its work. The smallest C is {said}, decided exactly "
        f"({claims_said(['P17.general', 'P17.few'], proofs)}; [](#fig-adaptive_theory), last panel). AMSGrad does not, though its steps "
        f"are not “non-increasing” as print has it ({claims_said(['P16', 'P16.corrected'], proofs)}).",
        r"**The learning rate has the parameter’s unit.** Multiplying the loss changes nothing, but in another unit of θ "
        f"the same η takes another path ({claims_said(['M14', 'M14.scale', 'P10.adam'], proofs)}): one η does not fit layers of "
        "different scale. Adadelta’s steps carry the unit themselves, but then ε decides how it starts "
        f"({claims_said(['P10', 'P11.first'], proofs)}).",
        f"**Turning the axes changes the path** ({claims_said(['P8.adagrad', 'P8.rmsprop', 'P8.gradient_descent'], proofs)}; "
        "[](#tbl-symmetries)): the preconditioner is diagonal, and it can even make the conditioning worse "
        f"({claims_said(['P4', 'P4.family'], proofs)}).",
        r"**Adagrad’s steps die out** as $t^{-1/2}$ under gradients of constant size "
        f"({claims_said(['P6'], proofs)}): what it has not reached by then it hardly will.",
        r"**Decay in the gradient is not decay.** Weight decay that is added to the gradient is divided by $\sqrt{\hat v}$ "
        f"as everything else; AdamW keeps it apart [@loshchilov2019] ({claims_said(['R11.adam'], proofs)}).",
        "**RAdam’s first steps** are momentum’s with the plain gradient, so their η is that of another rule: scaling the "
        "loss by 1000 scales them by 1000 ([](#tbl-symmetries)).",
    ]  # fmt: skip


# Bounded rules.


def _bounded_opening(proofs: Mapping[str, Proof]) -> str:
    row = result("table:rules")["adabound"]
    return "\n".join([
        r"Adam’s step $\eta/\sqrt v$ is clipped between two bounds that close on the constant rate $\eta^*$ "
        "[@luo2019]: it begins as Adam and ends as averaged momentum. In the limit of many steps the code is linear, "
        "and converges exactly where\n",
        display(rf"0 < \eta^*\lambda < {row['limit']}", label="eq-bounded"),
        rf"which is {row['at']:g} at the rule’s β₁, with the noise floor ${row['noise']}$. The learning rate η "
        "is not in it.\n",
        figure("bounds"),
    ])  # fmt: skip


def _bounded_pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    row = result("table:rules")["adabound"]
    final = ALL_RULES["adabound"].hyperparameters["final_lr"].default
    gamma = ALL_RULES["adabound"].hyperparameters["gamma"].default
    coefficients = ALL_RULES["adabound"].coefficients(100, ALL_RULES["adabound"].with_defaults({}))
    return [
        rf"**A smaller learning rate does not help in the end.** With $\eta^* = {final:g}$ every curvature beyond "
        rf"{row['at']:g}/{final:g} = {row['at'] / final:g} diverges, however small η is: lower `final_lr` instead "
        "([](#fig-bounds), right).",
        rf"**The bounds close slowly.** With $\gamma = {gamma:g}$ they are {coefficients['lower']:.3g} and "
        rf"{coefficients['upper']:.3g} after 100 steps; instability by $\eta^*$ shows after thousands.",
        "**It begins as Adam without bias correction**, as the paper prints it; libraries correct the bias inside the clip"
        f"{conventions_link('bounded', 'adabound', 'amsbound')}.",
    ]  # fmt: skip


# Layer-wise rules.


def _layerwise_opening(proofs: Mapping[str, Proof]) -> str:
    return "\n".join([
        r"Every tensor’s step is scaled to a length in proportion to its norm, $\eta\,\phi(\lVert\theta\rVert)$ "
        "[@you2020], so that one learning rate serves layers of every scale and batches of every size. LARS does so with "
        "averaged momentum, LAMB with Adam’s step, Ralamb with RAdam’s.\n",
        rf"A step of LARS has exactly the length $\eta\phi$ ({claims_said(['P21'], proofs)}), whatever the gradient, and so it "
        f"cannot come to rest ({claims_said(['P21.stuck'], proofs)}): with a constant η it ends in a cycle about the minimizer.\n",
        figure("layerwise_cycles"),
    ])  # fmt: skip


def _layerwise_pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    constant = {"phi": "clipped", "phi_lower": "1", "phi_upper": "1", "beta": "0"}
    cycle = limit_cycle(lars, start="1", settings={"lr": "3/10", **constant})
    points = " and ".join(f"${tex(p)}$" for p in cycle.points)
    return [
        rf"**It does not converge with a constant learning rate.** On $\tfrac12x^2$ from 1 with $\eta\phi = \tfrac3{{10}}$, no "
        rf"momentum, the code runs after {cycle.before} steps between {points} for ever (run in rational arithmetic). Decay η.",
        "**Only the sharpest direction’s cycle is stable** "
        f"({claims_said(['P21.cycle', 'P21.stable', 'P21.unstable'], proofs)}): the flat directions wait.",
        r"**At zero there is no ratio**: where $\lVert\theta\rVert = 0$ the step would be 0 for ever. The rules here take the "
        "ratio 1 there, so that zero-initialised tensors move; implementations differ"
        f"{conventions_link('layerwise', 'lars', 'lamb')}.",
        "**What is a layer?** The norm is over a tensor: sharded or fused parameters have other norms than whole ones. "
        "The torch classes reduce norms over all shards.",
    ]  # fmt: skip


# Wrappers.


def _wrappers_opening(proofs: Mapping[str, Proof]) -> str:
    found = result("table:lookahead")
    rows = [[str(k), *(_intervals(found[name][str(k)]) for name in ("gradient descent", "heavy ball"))]
            for k in found["k"]]  # fmt: skip
    return "\n".join([
        "A wrapper is a rule made of a rule. Lookahead [@zhang2019] lets fast weights φ run $k$ steps of any rule and "
        r"then moves the slow weights θ the part α of the way: $\theta^+ = \theta + \alpha(\varphi - \theta)$ (the notes have "
        f"the sign wrong: {claims_said(['R15', 'R15.corrected'], proofs)}). Around a linear rule with matrix $R$ a cycle of "
        "$k$ steps is the matrix\n",
        display(r"M_k = P R^k + (1-\alpha)\, e_\theta e_\theta^T,\qquad P = \operatorname{diag}(1, \dots, 1, \alpha)",
                label="eq-lookahead"),
        f"which around gradient descent is a number ({claims_said(['P22'], proofs)}):\n",
        display(r"1 - \alpha + \alpha(1-\eta\lambda)^k"),
        table(["k", "stable ηλ, gradient descent", f"heavy ball, β = {MOMENTUM:g}"], rows,
              f"Where a cycle of Lookahead (α = ½) is stable. Alone: (0, 2) and (0, {found['alone']:g}).", [6, 26, 60],
              "tbl-lookahead"),
        figure("lookahead_range"),
    ])  # fmt: skip


def _intervals(found: list[list[float]]) -> str:
    return ", ".join(f"({a:.4g}, {b:.4g})" for a, b in found)


def lookahead_ranges() -> dict[str, Any]:
    """Stable intervals of Lookahead (α = ½) around gradient descent and heavy ball, by k."""
    steps = (2, 3, 4, 5, 6)
    half = sp.Rational(1, 2)
    found: dict[str, Any] = {"k": list(steps), "gradient descent": {}, "heavy ball": {}}
    for k in steps:
        plain = LookaheadTheory(gradient_descent, k=k, alpha=half).stable_intervals()
        ball = LookaheadTheory(heavy_ball, k=k, alpha=half).stable_intervals(beta=MOMENTUM)
        found["gradient descent"][str(k)] = [list(i) for i in plain]
        found["heavy ball"][str(k)] = [list(i) for i in ball]
    found["alone"] = theories()["heavy ball"].stable_interval(beta=MOMENTUM)[1]
    return found


def _wrappers_pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    rules = result("table:rules")
    inner, around = rules["radam"]["at"], rules["ranger"]["at"]
    setting = rules["ranger"]["setting"]
    found = result("table:lookahead")
    ball = found["heavy ball"]["5"][0][1]
    return [
        f"**Not a larger learning rate for momentum.** Around gradient descent an odd $k$ enlarges the range, an even one "
        f"not at all ({claims_said(['P22.larger', 'P22.even'], proofs)}); around heavy ball it *shrinks*, from "
        f"{found['alone']:g} to {ball:.4g} at $k = 5$ ({claims_said(['P22.momentum'], proofs)}), with islands of stability "
        "beyond ([](#tbl-lookahead)).",
        rf"**So with Ranger**: while the second moment stands still RAdam bears $\tilde\eta\lambda < {inner:g}$, and Lookahead "
        rf"($k = {setting['k']}$, $\alpha = {setting['alpha']:g}$) around it {around:.4g}.",
        "**The weights that are evaluated** should be the slow ones; in between the fast ones are up to $k$ steps away.",
        "**The inner state** is kept at a synchronization here; the paper also names interpolating and resetting it, and "
        "implementations differ.",
    ]  # fmt: skip


_ADAPTIVE = (
    "adagrad",
    "rmsprop",
    "adadelta",
    "adam",
    "adamw",
    "adamax",
    "nadam",
    "amsgrad",
    "radam",
    "yogi",
)
FAMILIES: tuple[Family, ...] = (
    Family("momentum", "Gradient descent and momentum", ("gradient_descent", "heavy_ball", "nesterov"),
           _momentum_opening, _momentum_pitfalls),
    Family("adaptive", "Adaptive rules", _ADAPTIVE, _adaptive_opening, _adaptive_pitfalls),
    Family("bounded", "Bounded rules", ("adabound", "amsbound"), _bounded_opening, _bounded_pitfalls),
    Family("layerwise", "Layer-wise rules", ("lars", "lamb", "ralamb"), _layerwise_opening, _layerwise_pitfalls),
    Family("wrappers", "Wrappers", ("ranger", "ranger_lars"), _wrappers_opening, _wrappers_pitfalls),
)  # fmt: skip
"""All chapters of rules; every rule is in one of them."""


def chapter(family: Family, proofs: Mapping[str, Proof]) -> str:
    """One family's chapter."""
    parts = [f"# {family.title} {{#{family.id}}}\n", family.opening(proofs)]
    for name in family.rules:
        rule = ALL_RULES[name]
        try:
            parts.append(page(rule, proofs))
            if name in LINEAR_RULES:
                parts.append(result("table:momentum")[name])
        except EigenstepError as error:
            raise type(error)(f"{name}: {error}") from error
    parts += [
        f"## What libraries compute {{#conventions_{family.id}}}\n",
        conventions_table(family.id, family.rules),
    ]
    if family.id == "adaptive":
        parts += ["## Symmetries of all rules {#symmetries}\n", symmetries_table()]
    parts += [f"## What can go wrong {{#pitfalls_{family.id}}}\n"]
    parts += [f"- {said}\n" for said in family.pitfalls(proofs)]
    return "\n".join(parts)


def side_by_side() -> str:
    """All optimizers on one surface: the race, the gallery, the animations."""
    return "\n".join([
        "# Side by side {#side_by_side}\n",
        "Every optimizer, translated from its trace, from one start on one surface.\n",
        widget("race", figure("race")),
        "## On the lecture’s quadratic {#gallery}\n",
        figure("all_trajectories"),
        "## In motion {#motion}\n",
        "The two animations by which optimizers are often compared, with all twenty: the contours of Beale’s function, "
        "and a saddle point, which starts on the ridge but for a hundredth. On the page they move; in print, six moments of each.\n",
        widget("film_contours", figure("film_contours")),
        widget("film_saddle", figure("film_saddle")),
    ])  # fmt: skip


__all__ = ["FAMILIES", "Family", "chapter", "lookahead_ranges", "side_by_side", "theory_sections"]
