"""Rules made of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from ...analysis.linear.lookahead import LookaheadTheory
from ...optimizers.rules import gradient_descent, heavy_ball
from ...proofs import Proof
from ..experiments.linear_rules import MOMENTUM, theories
from ..page.markup import display, figure, table
from ..work import register, result
from .family import Family
from .optimizer_pages import claims_said
from .rule_theory import known_theory


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


register("table:lookahead", lookahead_ranges)


def known_ranges() -> dict[str, Any]:
    """The same, made once."""
    return result("table:lookahead")


def _opening(proofs: Mapping[str, Proof]) -> str:
    found = known_ranges()
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


def _pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    rules = known_theory()
    inner, around = rules["radam"]["at"], rules["ranger"]["at"]
    setting = rules["ranger"]["setting"]
    found = known_ranges()
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


WRAPPERS = Family("wrappers", "Wrappers", ("ranger", "ranger_lars"), _opening, _pitfalls)
