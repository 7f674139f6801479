"""Rules whose bounds close on a constant rate."""

from __future__ import annotations

from collections.abc import Mapping

from ...optimizers.rules import ALL_RULES
from ...proofs import Proof
from ..page.markup import display, figure
from .conventions import conventions_link
from .family import Family
from .rule_theory import known_theory


def _opening(proofs: Mapping[str, Proof]) -> str:
    row = known_theory()["adabound"]
    return "\n".join([
        r"Adam’s step $\eta/\sqrt v$ is clipped between two bounds that close on the constant rate $\eta^*$ "
        "[@luo2019]: it begins as Adam and ends as averaged momentum. In the limit of many steps the code is linear, "
        "and converges exactly where\n",
        display(rf"0 < \eta^*\lambda < {row['limit']}", label="eq-bounded"),
        rf"which is {row['at']:g} at the rule’s β₁, with the noise floor ${row['noise']}$. The learning rate η "
        "is not in it.\n",
        figure("bounds"),
    ])  # fmt: skip


def _pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    row = known_theory()["adabound"]
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


BOUNDED = Family("bounded", "Bounded rules", ("adabound", "amsbound"), _opening, _pitfalls)
