"""Sentences about update rules whose words can be read in more than one way: each reading its own claim (N, L, S)."""

from __future__ import annotations

from typing import Any

from ...optimizers.rules import (
    adadelta,
    adagrad,
    adam,
    adamw,
    heavy_ball,
    lamb,
    lars,
    ralamb,
)
from ..kinds import (
    AnyLengthClaim,
    ChangingRateClaim,
    Claim,
    EquationsClaim,
    LimitClaim,
    PrintedRunClaim,
    RescalingClaim,
)
from .update_rules import CLAIMS as UPDATE_RULES

_PRINTED = {claim.id: claim for claim in UPDATE_RULES}
"""What holds in place of a reading that does not may be another that has its claim."""
_MOMENTS = {"m": "beta1*m + (1 - beta1)*g", "v": "beta2*v + (1 - beta2)*g**2"}
_CORRECTED = {"m_hat": "m/(1 - beta1**t)", "v_hat": "v/(1 - beta2**t)"}
_RADAM = {**_MOMENTS, **_CORRECTED, "rho_inf": "2/(1 - beta2) - 1",
          "rho": "rho_inf - 2*t*beta2**t/(1 - beta2**t)",
          "r": "sqrt((rho - 4)*(rho - 2)*rho_inf/((rho_inf - 4)*(rho_inf - 2)*rho))",
          "u": "where(rho > 4, r*m_hat/(sqrt(v_hat) + eps), m_hat)"}  # fmt: skip
_FOUR: dict[str, Any] = {"threshold": 4}
_ADAGRAD: dict[str, Any] = {"eps_place": "inside", "lr_decay": 0, "initial_accumulator": 0}
_UNITS = {"theta": "c", "g": "1/c", "s": "1/c**2", "d": "c**2"}
_LOSS = {"g": "c", "s": "c**2"}
_ADADELTA: dict[str, Any] = {"lr": 1}
_UNMOVED = {"lr": 1, "eps": 0}

CLAIMS: list[Claim] = [
    ChangingRateClaim("R2.changing", r"“Momentum” as N and as L print it have the same trajectory where $\eta_t$ changes from "
                      r"step to step, too", "N and L", heavy_ball, heavy_ball, ("eta*v", "theta"), {},
                      {"form": "displacement"},
                      corrected=ChangingRateClaim(
                          "R2.changing_corrected", r"They have with N’s $g_{t-1}$ rescaled: $g_t = \gamma\frac{\alpha_t}"
                          r"{\alpha_{t-1}}g_{t-1} + \alpha_t\nabla L$ is $\eta_tv_t$ of L at every step, whatever $\eta_t$ is",
                          "eigenstep", heavy_ball, heavy_ball, ("eta*v", "theta"), {}, {"form": "displacement"},
                          {"beta": "beta*eta/eta_before"})),
    EquationsClaim("R2.no_momentum", r"“For $\beta = 0$ we recover regular gradient descent”: $x \leftarrow x - \eta g$",
                   "L, The Momentum Method", heavy_ball, {"v": "g", "theta": "theta - eta*g"},
                   fixed={"beta": 0, "dampening": 0}),
    PrintedRunClaim("R6.indices", r"Adadelta with N’s indices read as they stand, $\theta_t$ being where step $t$ takes its "
                    r"gradient (as in $W_t$): $P_{t-1}$ then ends with $(\theta_{t-1}-\theta_{t-2})^2$, a step older than "
                    r"what L’s $\Delta x_{t-1}$ ends with. The code computes that", "N, Adadelta", adadelta,
                    {"W": "rho*W + (1 - rho)*g**2", "u": "sqrt(P + eps)/sqrt(W + eps)*g",
                     "P": "rho*P + (1 - rho)*(theta - last)**2", "last": "theta", "theta": "theta - u"},
                    {"W": "0", "P": "0", "last": "theta"}, {"lr": "1", "eps": "1/100"},
                    corrected=_PRINTED["R6.change"]),
    EquationsClaim("R7.rmsprop", r"“Can be seen as combo of RMSProp + momentum”: without momentum, $\rho_1 = 0$, Adam is S’s "
                   r"RMSProp", "S, Adam", adam,
                   {"m": "g", "v": _MOMENTS["v"], "theta": "theta - eta/(eps + sqrt(v))*g"}, fixed={"beta1": 0},
                   corrected=EquationsClaim(
                       "R7.rmsprop_corrected", r"It is RMSProp with $r/(1-\rho_2^t)$ for $r$: the correction of the bias is a "
                       r"third part of the combination, which fades as $t \to \infty$", "eigenstep", adam,
                       {"m": "g", "v": _MOMENTS["v"], "theta": "theta - eta/(eps + sqrt(v/(1 - beta2**t)))*g"},
                       fixed={"beta1": 0})),
    LimitClaim("R8.literal", r"N’s $\beta_2^p u + (1-\beta_2^p)\lvert g\rvert^p$, read as it stands, without powers of $u$ and "
               r"without a root, tends to $\max(\beta_2 u, \lvert g\rvert)$ ($\lvert g\rvert < 1$)", "N, AdaMax",
               "beta**p*u + (1 - beta**p)*a**p", "p", "max(beta*u, a)", ("beta", "a"),
               corrected=_PRINTED["R8.limit"]),
    EquationsClaim("R11.decouples", r"AdamW “decouples the choice of the learning rate from the choice of the weight decay”: "
                   r"what a step takes off $\theta$ does not depend on $\alpha$, it is $w_t\theta$. (As N prints it, it is $\alpha "
                   r"w_t\theta$: what decay is apart from is $m$, $v$ and their quotient)", "N, AdamW", adamw,
                   {**_MOMENTS, **_CORRECTED, "theta": "theta - eta*m_hat/(sqrt(v_hat) + eps) - w*theta"},
                   corrected=_PRINTED["R11"]),
    AnyLengthClaim("R14.lars_any", r"LARS with any $\phi: \mathbb R^+ \to \mathbb R^+$: $\theta \leftarrow \theta - "
                   r"\alpha p\,m/\|m\|$ for every $p = \phi(\|\theta\|) > 0$, where no norm is 0", "N, LARS", lars,
                   {"v": "beta*v + (1 - beta)*(g + w*theta)", "theta": "theta - eta*p*v/norm(v)"}),
    AnyLengthClaim("R14.lamb_any", r"… and LAMB with any: $\theta \leftarrow \theta - \alpha p\,(r+\lambda\theta)/"
                   r"\|r+\lambda\theta\|$", "N, LAMB", lamb,
                   {**_MOMENTS, **_CORRECTED, "u": "m_hat/(sqrt(v_hat) + eps)",
                    "theta": "theta - eta*p*(u + w*theta)/norm(u + w*theta)"}),
    EquationsClaim("R16.ralamb_lars", r"“Radam + LARS = Ralamb”, of which N’s words leave open where decay enters: "
                   r"$g + \lambda\theta$ for $g$ in both averages, as in N’s LARS (at $\lambda = 0$ all readings are one)",
                   "N, Combinations", ralamb,
                   {"g": "g + w*theta", **_RADAM, "theta": "theta - eta*norm(theta)*u/norm(u)"}, fixed=_FOUR,
                   positive_norms=True,
                   corrected=_PRINTED["R16.ralamb"]),
    EquationsClaim("M14.rate", r"“No need to tune learning rate”, read as: Adagrad’s path is the same at every $\alpha$, that at "
                   r"$\alpha = 1$", "N, Adagrad", adagrad, {"s": "s + g**2", "theta": "theta - g/sqrt(s + eps)"},
                   fixed=_ADAGRAD,
                   corrected=EquationsClaim(
                       "M14.rate_corrected", r"Each step is $\alpha$ times that at $\alpha = 1$ with the same gradients",
                       "eigenstep", adagrad, {"s": "s + g**2", "u": "g/sqrt(s + eps)", "theta": "theta - eta*u"},
                       fixed=_ADAGRAD)),
    RescalingClaim("M14.adadelta", r"“No learning rate at all”: Adadelta’s path does not depend on the loss’s scale, at the "
                   r"$\epsilon > 0$ that is printed", "N, Adadelta", adadelta, _LOSS, _ADADELTA, ("s", "d"),
                   corrected=RescalingClaim(
                       "M14.adadelta_corrected", r"At $\epsilon = 0$ it does not, once it has moved; from $\Delta x_0 = 0$ such "
                       r"a rule never does: $\epsilon$ is what starts it", "eigenstep", adadelta, _LOSS, _UNMOVED, ("s", "d"))),
    RescalingClaim("P10", r"“Let’s add virtual units back”: Adadelta’s update has the parameters’ unit, $\theta \to c\theta$ "
                   r"turns its path $\theta_t$ into $c\theta_t$, at the $\epsilon > 0$ that is printed", "N, Adadelta", adadelta,
                   _UNITS, _ADADELTA, ("s", "d"),
                   corrected=RescalingClaim(
                       "P10.corrected", r"It has at $\epsilon = 0$, once it has moved, and from $\Delta x_0 = 0$ such a rule "
                       r"never moves: $\epsilon$ would have to have the unit of $\theta^2$ above and of $g^2$ below", "eigenstep",
                       adadelta, _UNITS, _UNMOVED, ("s", "d"))),
]  # fmt: skip
