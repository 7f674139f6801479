"""The theory of a rule that is linear in its state and in the gradient."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ...analysis.linear.derivation import ETA_LAMBDA, Derivation
from ..page.markup import display
from ..page.typeset import aligned, eigenvalues_tex, polynomial_tex, tex


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
