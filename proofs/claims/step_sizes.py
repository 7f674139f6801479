"""Claims about how long steps are: of adaptive rules, of signs, of orthogonalized matrices (U)."""

from __future__ import annotations

from ...analysis import freeze
from ...optimizers.rules import adam, heavy_ball, lion, signum, sophia
from ..kinds import BoxClaim, Claim, NoiseStepClaim, SignCycleClaim, SingularValueClaim

_MUON = ("3.4445", "-4.7750", "2.0315")

CLAIMS: list[Claim] = [
    NoiseStepClaim(
        "U1.adam",
        r"On pure noise Adam’s steps have the root mean square $\eta\sqrt{(1-\beta_1)/"
        r"(1+\beta_1)}$, which is 0.229η at $\beta_1 = 0.9$: the 0.2 by which Muon is matched to AdamW",
        "Liu et al. 2025, Muon is scalable for LLM training, section 2.2",
        freeze(adam),
        "eta**2*(1 - beta1)/(1 + beta1)",
    ),
    NoiseStepClaim(
        "U1.heavy_ball",
        r"Heavy ball’s have $\eta/\sqrt{1-\beta^2}$",
        "eigenstep",
        heavy_ball,
        "eta**2/(1 - beta**2)",
    ),
    BoxClaim(
        "U2.lion",
        r"Lion with decoupled weight decay $w$ stays in $\lvert\theta\rvert \le 1/w$, and comes there from "
        r"outside ($\eta w \le 1$)",
        "Chen et al. 2024, Lion secretly solves constrained optimization",
        lion,
        "1/w",
    ),
    BoxClaim(
        "U2.sophia",
        r"So does Sophia, whose steps are clipped to $\eta$",
        "eigenstep",
        sophia,
        "1/weight_decay",
    ),
    SignCycleClaim(
        "U3.sign",
        r"Sign descent with $\eta = \frac1{10}$ ends on $\frac12x^2$ in a cycle of two steps that "
        r"reaches up to $\eta$",
        "eigenstep",
        signum,
        {"lr": "1/10", "beta": "0"},
        "1/3",
        2,
        "1/10",
    ),
    SignCycleClaim(
        "U3.signum",
        r"With momentum $\beta = \frac9{10}$, from $\theta = 1$, it is one of twelve, three times as wide",
        "eigenstep",
        signum,
        {"lr": "1/10", "beta": "9/10"},
        "1",
        12,
        "468559/1531441",
    ),
    SingularValueClaim(
        "U4.muon",
        r"Muon’s five steps lead every singular value from $[\frac1{100}, 1]$ into $[0.68, 1.14]$",
        "Jordan et al. 2024, Muon",
        _MUON,
        5,
        ("1/100", "1"),
        ("0.68", "1.14"),
    ),
    SingularValueClaim(
        "U4.stays",
        r"What is in $[0.6818, 1.2024]$ stays there, however often: a step does not lead out of it",
        "eigenstep",
        _MUON,
        1,
        ("0.6818", "1.2024"),
        ("0.6818", "1.2024"),
    ),
    SingularValueClaim(
        "U4.least",
        r"Five steps lead there from $\sigma \ge 0.00151$ on; below that some are still on their way",
        "eigenstep",
        _MUON,
        5,
        ("0.00151", "1"),
        ("0.6818", "1.2024"),
    ),
]
