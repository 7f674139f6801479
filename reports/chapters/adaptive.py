"""The adaptive rules."""

from __future__ import annotations

from collections.abc import Mapping

from ...analysis.adaptive.adam_failure import smallest_cycle
from ...analysis.adaptive.averages import (
    MovingAverage,
    exact_rectifier,
    first_tractable_step,
    rectifier,
)
from ...proofs import Proof
from ..page.markup import figure, table
from .family import Family
from .optimizer_pages import claims_said
from .rule_theory import known_theory
from .symmetries import symmetries_table

RULES = (
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
    "ademamix",
    "adan",
    "mars",
    "adopt",
    "laprop",
)


def _opening(proofs: Mapping[str, Proof]) -> str:
    found = known_theory()
    rows = []
    for name in ("rmsprop", "adam", "nadam"):
        row = found[name]
        alike = [
            f"`{n}`"
            for n in found
            if n in RULES and found[n]["limit"] == row["limit"] and found[n]["limit"]
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


def _pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
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
        "different scale. Adadelta’s steps would carry the unit themselves at ε = 0, but it is ε that starts it "
        f"({claims_said(['P10', 'P10.corrected', 'P11.first'], proofs)}).",
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


def _closing() -> list[str]:
    return ["## Symmetries of all rules {#symmetries}\n", symmetries_table()]


ADAPTIVE = Family("adaptive", "Adaptive rules", RULES, _opening, _pitfalls, closing=_closing)
