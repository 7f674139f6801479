"""Rules that step by signs, and rules whose result is an average."""

from __future__ import annotations

from collections.abc import Mapping

from ...analysis.symmetries import symmetries
from ...optimizers.rules import ALL_RULES
from ...proofs import Proof
from .conventions import conventions_link
from .family import Family
from .optimizer_pages import claims_said

SIGN_RULES = ("signum", "lion", "rprop")
AVERAGING = ("asgd", "schedule_free_sgd", "schedule_free_adamw")


def _signs(proofs: Mapping[str, Proof]) -> str:
    kept = [f"`{n}`" for n in SIGN_RULES if symmetries(ALL_RULES[n])["loss scale"]]
    return "\n".join([
        "These take from every gradient, or average of gradients, its sign alone [@bernstein2018; @chen2023; "
        "@riedmiller1993], so a step has the same length in every coordinate that moves. Multiplying the loss by a number "
        f"leaves the path of {', '.join(kept)} as it was ([](#tbl-symmetries)). Signum and Lion have a step of length η; "
        "Rprop has a length for each coordinate, which signs make longer and shorter.\n",
    ])  # fmt: skip


def _sign_pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    grown = ALL_RULES["rprop"].hyperparameters["eta_plus"].default
    return [
        "**They do not converge with a constant learning rate.** A step of length η cannot become shorter as the gradient "
        "does: near a minimum it goes back and forth. Let η decay.",
        "**A sign of noise is ±1 too.** Where gradients are mostly noise, most of a step is. Lion therefore steps by an "
        r"average that gives the newest gradient the weight $1-\beta_1$ and keeps another one, with $\beta_2$ "
        f"({claims_said(['R19.lion'], proofs)}).",
        rf"**Rprop is for whole gradients.** In batches the signs change by chance, and a length that grows by {grown:g} and "
        "shrinks by 0.5 shrinks on average.",
        "**Taking a step back or not** is what libraries differ in"
        f"{conventions_link('signs', 'rprop')}: the paper does, torch does not.",
    ]  # fmt: skip


SIGNS = Family("signs", "Rules that step by signs", SIGN_RULES, _signs, _sign_pitfalls)


def _averages(proofs: Mapping[str, Proof]) -> str:
    return "\n".join([
        "An average of the iterates is less noisy than the last of them [@polyak1992]. ASGD computes it beside the "
        "run, which it does not change. Schedule-Free [@defazio2024] takes the gradient between the iterate $z$ and the "
        r"average θ, at $(1-\beta)z + \beta\theta$, and so needs no decreasing learning rate; θ is what is evaluated "
        f"({claims_said(['R20.schedule_free', 'R20.stored'], proofs)}).\n",
    ])  # fmt: skip


def _average_pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    t0 = ALL_RULES["asgd"].conventions["torch"]["t0"]
    return [
        "**Evaluate the right weights.** The parameters hold the point where the gradient is taken; "
        "`optimizer.at_iterate()` shows the average of Schedule-Free, and `ax` in the state is ASGD’s.",
        rf"**torch’s ASGD averages nothing before step {t0:,.0f}**, its $t_0$"
        f"{conventions_link('averages', 'asgd')}.",
        r"**The first weight differs**: the paper’s $c_t = 1/(t+1)$ counts the start as an iterate, its code and libraries "
        f"do not{conventions_link('averages', 'schedule_free_sgd', 'schedule_free_adamw')}.",
        "**A learning rate that changes**, a warm-up too, should change the weights of the average; here they are those of a "
        "constant one.",
    ]  # fmt: skip


AVERAGES = Family(
    "averages", "Rules that average their iterates", AVERAGING, _averages, _average_pitfalls
)
