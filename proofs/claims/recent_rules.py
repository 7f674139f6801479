"""The update rules of recent years as their papers print them, typed in apart from the code that is proved."""

from __future__ import annotations

from typing import Any

from ...optimizers.rules import (
    adan,
    ademamix,
    adopt,
    aggmo,
    asgd,
    laprop,
    lion,
    mars,
    qhm,
    rprop,
    schedule_free_adamw,
    schedule_free_sgd,
    signum,
    triple_momentum,
)
from ..kinds import Claim, EquationsClaim, StoredPointClaim

_MOMENTS = {"m": "beta1*m + (1 - beta1)*g", "v": "beta2*v + (1 - beta2)*g**2"}
_CORRECTED = {"m_hat": "m/(1 - beta1**t)", "v_hat": "v/(1 - beta2**t)"}
_CONSTANT: dict[str, Any] = {"t_alpha": 0, "t_beta3": 0}
_PLAIN: dict[str, Any] = {"eps_inside": 0}


CLAIMS: list[Claim] = [
    EquationsClaim("R18.qhm", r"$g_t \leftarrow \beta g_{t-1} + (1-\beta)\nabla L$, $\theta \leftarrow \theta - "
                   r"\alpha\left((1-\nu)\nabla L + \nu g_t\right)$", "Ma & Yarats 2019, algorithm 1", qhm,
                   {"v": "beta*v + (1 - beta)*g", "theta": "theta - eta*((1 - nu)*g + nu*v)"}),
    EquationsClaim("R18.aggmo", r"$v^{(i)} \leftarrow \beta^{(i)}v^{(i)} + g$, $\theta \leftarrow \theta - "
                   r"\frac{\gamma}{K}\sum_i v^{(i)}$, $K = 3$", "Lucas et al. 2019, eq. (3)", aggmo,
                   {"v1": "beta1*v1 + g", "v2": "beta2*v2 + g", "v3": "beta3*v3 + g",
                    "theta": "theta - eta/3*(v1 + v2 + v3)"}),
    EquationsClaim("R18.triple", r"$\xi_{k+1} = (1+\beta)\xi_k - \beta\xi_{k-1} - \alpha\nabla f(y_k)$, $y_k = "
                   r"(1+\gamma)\xi_k - \gamma\xi_{k-1}$, with $v = \xi_{k-1} - \xi_k$",
                   "Van Scoy, Freeman & Lynch 2018, eq. (9)", triple_momentum,
                   {"before": "theta + v", "old": "theta",
                    "theta": "(1 + beta)*old - beta*before - eta*g", "v": "old - theta"},
                   "(1 + gamma)*theta - gamma*(theta + v)"),
    StoredPointClaim("R18.stored", r"What the torch optimizer runs, holding $y$, is the same method",
                     "eigenstep", triple_momentum),
    EquationsClaim("R18.undamped", r"QHM at $\nu = 1$ is the heavy ball with averaged gradients",
                   "Ma & Yarats 2019, section 2", qhm,
                   {"v": "beta*v + (1 - beta)*g", "theta": "theta - eta*v"}, fixed={"nu": 1}),
    EquationsClaim("R19.lion", r"$c = \beta_1 m + (1-\beta_1)g$, $\theta \leftarrow \theta - \eta("
                   r"\mathrm{sgn}(c) + \lambda\theta)$, $m \leftarrow \beta_2 m + (1-\beta_2)g$",
                   "Chen et al. 2023, algorithm 2", lion,
                   {"c": "beta1*m + (1 - beta1)*g", "theta": "theta - eta*(sign(c) + w*theta)",
                    "m": "beta2*m + (1 - beta2)*g"}),
    EquationsClaim("R19.signum", r"$m \leftarrow \beta m + (1-\beta)g$, $x \leftarrow x - \delta\,"
                   r"\mathrm{sgn}(m)$", "Bernstein et al. 2018, algorithm 2", signum,
                   {"m": "beta*m + (1 - beta)*g", "theta": "theta - eta*sign(m)"}),
    EquationsClaim("R19.rprop", r"$\Delta \leftarrow \min(\eta^+\Delta, \Delta_{\max})$ where $g$ keeps its sign, "
                   r"$\max(\eta^-\Delta, \Delta_{\min})$ where it turns, and then the last step is taken back",
                   "Riedmiller & Braun 1993, eqs. (4)–(6)", rprop,
                   {"old": "length",
                    "length": "min(max(where(sign(g)*sign(last) > 0, eta_plus*length, where(sign(g)*sign(last) < 0, "
                              "eta_minus*length, length)), step_min), step_max)",
                    "theta": "theta - where(sign(g)*sign(last) < 0, -old*sign(last), length*sign(g))",
                    "last": "where(sign(g)*sign(last) < 0, 0, g)"}, start={"length": "eta"}),
    EquationsClaim("R20.asgd", r"$\theta \leftarrow (1-\lambda\eta_t)\theta - \eta_t g$, $\eta_t = "
                   r"\eta(1+\lambda\eta(t-1))^{-c}$, $\bar\theta \leftarrow \bar\theta + "
                   r"\mu_t(\theta-\bar\theta)$, $\mu_t = 1/\max(1, t - t_0)$",
                   "Polyak & Juditsky 1992; Xu 2011, section 3", asgd,
                   {"rate": "eta/(1 + a*eta*(t - 1))**c", "theta": "(1 - a*rate)*theta - rate*g",
                    "ax": "ax + (theta - ax)/max(1, t - t0)"}, start={"ax": "theta"}),
    EquationsClaim("R20.schedule_free", r"$z \leftarrow z - \gamma\nabla f((1-\beta)z + \beta x)$, $x \leftarrow "
                   r"(1-c)x + cz$, $c = 1/(t+1)$", "Defazio et al. 2024, eqs. (2)–(4)", schedule_free_sgd,
                   {"z": "theta + gap - eta*g", "c": "1/(t + 1)", "theta": "(1 - c)*theta + c*z",
                    "gap": "z - theta"}, "(1 - beta)*(theta + gap) + beta*theta"),
    EquationsClaim("R20.schedule_free_adamw", r"$z \leftarrow z - \gamma_t g/(\sqrt v+\epsilon) - "
                   r"\gamma_t\lambda y$, $\gamma_t = \gamma\sqrt{1-\beta_2^t}$, $x \leftarrow (1-c)x + cz$, "
                   r"$c = \gamma_t^2/\sum_i\gamma_i^2$", "Defazio et al. 2024, algorithm 1",
                   schedule_free_adamw,
                   {"z": "theta + gap", "y": "(1 - beta1)*z + beta1*theta", "v": _MOMENTS["v"],
                    "rate": "eta*sqrt(1 - beta2**t)",
                    "z_new": "z - rate*g/(sqrt(v) + eps) - rate*w*y",
                    "past": "eta**2*(t - 1 - beta2*(1 - beta2**(t - 1))/(1 - beta2))",
                    "c": "rate**2/(past + rate**2)",
                    "theta": "(1 - c)*theta + c*z_new", "gap": "z_new - theta"},
                   "(1 - beta1)*(theta + gap) + beta1*theta", fixed=_PLAIN),
    StoredPointClaim("R20.stored", r"What the torch optimizer runs, holding $y$, is the same method",
                     "eigenstep", schedule_free_sgd),
    EquationsClaim("R21.ademamix", r"$\theta \leftarrow \theta - \eta\left((\hat m_1 + \alpha m_2)/"
                   r"(\sqrt{\hat\nu}+\epsilon) + \lambda\theta\right)$, without warm-up",
                   "Pagliardini, Ablin & Grangier 2024, algorithm 1", ademamix,
                   {**_MOMENTS, "s": "beta3*s + (1 - beta3)*g", **_CORRECTED,
                    "theta": "theta - eta*((m_hat + alpha_s*s)/(sqrt(v_hat) + eps) + w*theta)"},
                   fixed=_CONSTANT),
    EquationsClaim("R21.adan", r"$m \leftarrow (1-\beta_1)m + \beta_1 g$, $v \leftarrow (1-\beta_2)v + "
                   r"\beta_2(g-g_-)$, $n \leftarrow (1-\beta_3)n + \beta_3\left(g + (1-\beta_2)(g-g_-)\right)^2$, "
                   r"$\theta \leftarrow (1+\lambda\eta)^{-1}\left(\theta - \eta(m + (1-\beta_2)v)/(\sqrt n+"
                   r"\epsilon)\right)$; at first $m = g$, $n = g^2$, $g_- = g$; β for $1-\beta$",
                   "Xie et al. 2024, algorithm 1", adan,
                   {"d": "where(t <= 1, 0, g - last)",
                    "m": "where(t <= 1, g, beta1*m + (1 - beta1)*g)", "v": "beta2*v + (1 - beta2)*d",
                    "n": "where(t <= 1, g**2, beta3*n + (1 - beta3)*(g + beta2*d)**2)",
                    "theta": "(theta - eta*(m + beta2*v)/(sqrt(n) + eps))/(1 + eta*w)", "last": "g"},
                   fixed=_PLAIN),
    EquationsClaim("R21.mars", r"$c = g + \gamma\frac{\beta_1}{1-\beta_1}(g-g_-)$, $\tilde c = c/\max(1, \|c\|)$, "
                   r"then AdamW’s step; at first $c = g$", "Yuan et al. 2024, algorithm 2", mars,
                   {"c": "where(t <= 1, g, g + gamma*beta1/(1 - beta1)*(g - last))",
                    "u": "c/max(1, norm(c))", "m": "beta1*m + (1 - beta1)*u",
                    "v": "beta2*v + (1 - beta2)*u**2", **_CORRECTED,
                    "theta": "theta - eta*(m_hat/(sqrt(v_hat) + eps) + w*theta)", "last": "g"},
                   fixed=_PLAIN),
    EquationsClaim("R21.adopt", r"$m \leftarrow \beta_1 m + (1-\beta_1)\,\mathrm{clip}(g/\max(\sqrt v,\epsilon), "
                   r"t^{1/4})$, $\theta \leftarrow \theta - \alpha m$, $v \leftarrow \beta_2 v + "
                   r"(1-\beta_2)g^2$, after a step 0 that only sets $v = g^2$ ($\epsilon > 0$)",
                   "Taniguchi et al. 2024, algorithm 2", adopt,
                   {"bound": "(t - 1)**(1/4)", "u": "g/max(sqrt(v), eps)",
                    "m": "where(t <= 1, m, beta1*m + (1 - beta1)*min(max(u, -bound), bound))",
                    "theta": "theta - eta*m",
                    "v": "where(t <= 1, g**2, beta2*v + (1 - beta2)*g**2)"}, domain=("eps > 0",), invariants=("v >= 0",)),
    EquationsClaim("R21.laprop", r"$n \leftarrow \nu n + (1-\nu)g^2$, $m \leftarrow \mu m + (1-\mu)g/(\sqrt{n/c_n}+"
                   r"\epsilon)$, $\theta \leftarrow \theta - \lambda m/c_m$", "Ziyin, Wang & Ueda 2020, algorithm 1",
                   laprop,
                   {"v": _MOMENTS["v"],
                    "m": "beta1*m + (1 - beta1)*g/(sqrt(v/(1 - beta2**t)) + eps)",
                    "theta": "theta - eta*m/(1 - beta1**t)"}, fixed=_PLAIN),
]  # fmt: skip
