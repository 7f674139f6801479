"""The update rules as their sources print them, typed in apart from the code that is proved.

Sources: N, notes on optimizers; L, a lecture after "Dive into Deep Learning", chapter Optimization
Algorithms; S, slides "Adam and friends"; else the paper named.
"""

from __future__ import annotations

from typing import Any

from ...optimizers.compositions import lookahead, with_decoupled_weight_decay, with_weight_decay
from ...optimizers.rules import (
    adabound,
    adadelta,
    adagrad,
    adam,
    adamax,
    adamw,
    amsbound,
    amsgrad,
    gradient_descent,
    heavy_ball,
    lamb,
    lars,
    nadam,
    nesterov,
    radam,
    ralamb,
    ranger,
    ranger_lars,
    rmsprop,
    yogi,
)
from ..kinds import (
    Claim,
    ConjugacyClaim,
    EquationsClaim,
    InequalityClaim,
    MaximumLimitClaim,
    StoredPointClaim,
    any_rule,
)

_MOMENTS = {"m": "beta1*m + (1 - beta1)*g", "v": "beta2*v + (1 - beta2)*g**2"}
_CORRECTED = {"m_hat": "m/(1 - beta1**t)", "v_hat": "v/(1 - beta2**t)"}
_RECTIFIED = {
    "rho_inf": "2/(1 - beta2) - 1",
    "rho": "rho_inf - 2*t*beta2**t/(1 - beta2**t)",
    "r": "sqrt((rho - 4)*(rho - 2)*rho_inf/((rho_inf - 4)*(rho_inf - 2)*rho))",
}
_RADAM = {**_MOMENTS, **_CORRECTED, **_RECTIFIED,
          "u": "where(rho > 4, r*m_hat/(sqrt(v_hat) + eps), m_hat)"}  # fmt: skip
_BOUNDS = {"lower": "final_lr*(1 - 1/(gamma*t + 1))", "upper": "final_lr*(1 + 1/(gamma*t))"}
_TRUST = "- eta*norm(theta)*(u + w*theta)/norm(u + w*theta)"
_SYNC = {"slow": "where(t % k <= 0, slow + alpha*(stepped - slow), slow)",
         "fast": "where(t % k <= 0, slow, stepped)"}  # fmt: skip
_SLOW = {"slow": "fast"}
"""Slow weights begin at the parameter's first value."""
_RADAM_TEX = (r"$\theta \leftarrow \theta - \alpha r_t\hat m_t/(\sqrt{\hat v_t}+\epsilon)$ if "
              r"$\rho_t > 4$, else $\theta \leftarrow \theta - \alpha\hat m_t$")  # fmt: skip
_FAST_TRUST = "fast" + _TRUST.replace("theta", "fast")
_PLAIN = {"eps": 0, "eps_inside": 0, "base_lr": 0}
_FOUR: dict[str, Any] = {"threshold": 4}


def _adagrad(place: str) -> dict[str, Any]:
    return {"eps_place": place, "lr_decay": 0, "initial_accumulator": 0}


CLAIMS: list[Claim] = [
    EquationsClaim("R1", r"$\theta \leftarrow \theta - \alpha\,\nabla L(\theta)$", "N; L",
                   gradient_descent, {"theta": "theta - eta*g"}),
    EquationsClaim("R2.velocity", r"$v \leftarrow \beta v + g$, $x \leftarrow x - \eta v$",
                   "L, The Momentum Method", heavy_ball,
                   {"v": "beta*v + g", "theta": "theta - eta*v"}, fixed={"dampening": 0}),
    EquationsClaim("R2.displacement", r"$g_t = \gamma g_{t-1} + \alpha\nabla L(\theta)$, "
                   r"$\theta \leftarrow \theta - g_t$", "N, Momentum", heavy_ball,
                   {"v": "beta*v + eta*g", "theta": "theta - v"},
                   fixed={"form": "displacement", "dampening": 0}),
    ConjugacyClaim("R2.same", r"At constant $\eta$ both forms of momentum have the same trajectory, "
                   r"with $g_t = \eta v_t$", "N and L", heavy_ball, heavy_ball, ("eta*v", "theta"),
                   {}, {"form": "displacement"}),
    EquationsClaim("R3", r"$g_t = \gamma g_{t-1} + \alpha\nabla L(\theta - \gamma g_{t-1})$, "
                   r"$\theta \leftarrow \theta - g_t$", "N, Nesterov Accelerated Gradient", nesterov,
                   {"v": "beta*v + eta*g", "theta": "theta - v"}, "theta - beta*v"),
    ConjugacyClaim("R3.torch", r"$y = \theta - \beta v$ and $u = v/\eta$ turn it into torch’s form "
                   r"$u \leftarrow \beta u + g$, $y \leftarrow y - \eta(g + \beta u)$",
                   "torch.optim.SGD", nesterov, nesterov, ("v/eta", "theta - beta*v"), {},
                   {"form": "torch"}),
    StoredPointClaim("R3.stored", r"What the torch optimizer runs, holding $y$, is the same method",
                     "eigenstep", nesterov),
    EquationsClaim("R4.inside", r"$G \leftarrow G + g^2$, $\theta \leftarrow \theta - "
                   r"\alpha g/\sqrt{G+\epsilon}$", "N, Adagrad; L, AdaGrad", adagrad,
                   {"s": "s + g**2", "theta": "theta - eta*g/sqrt(s + eps)"},
                   fixed=_adagrad("inside")),
    EquationsClaim("R4.outside", r"$r \leftarrow r + g^2$, $\theta \leftarrow \theta - "
                   r"\alpha g/(\beta+\sqrt r)$", "S, AdaGrad", adagrad,
                   {"s": "s + g**2", "theta": "theta - eta/(eps + sqrt(s))*g"},
                   fixed=_adagrad("outside")),
    EquationsClaim("R5.inside", r"$W \leftarrow \rho W + (1-\rho)g^2$, $\theta \leftarrow \theta - "
                   r"\alpha g/\sqrt{W+\epsilon}$", "N, RMSprop; L, RMSProp", rmsprop,
                   {"s": "gamma*s + (1 - gamma)*g**2", "theta": "theta - eta*g/sqrt(s + eps)"}),
    EquationsClaim("R5.outside", r"$r \leftarrow \rho r + (1-\rho)g^2$, $\theta \leftarrow \theta - "
                   r"\alpha g/(\beta+\sqrt r)$", "S, RMSProp", rmsprop,
                   {"s": "gamma*s + (1 - gamma)*g**2", "theta": "theta - eta/(eps + sqrt(s))*g"},
                   fixed={"eps_place": "outside"}),
    EquationsClaim("R6.change", r"$W \leftarrow \rho W + (1-\rho)g^2$, $\theta_{t+1} = \theta_t - "
                   r"\sqrt{P+\epsilon}\,g/\sqrt{W+\epsilon}$, $P \leftarrow \rho P + "
                   r"(1-\rho)(\theta_{t+1}-\theta_t)^2$", "N, Adadelta", adadelta,
                   {"s": "rho*s + (1 - rho)*g**2", "old": "theta",
                    "theta": "theta - sqrt(d + eps)/sqrt(s + eps)*g",
                    "d": "rho*d + (1 - rho)*(theta - old)**2"}, fixed={"lr": 1}),
    EquationsClaim("R6.rescaled", r"$s \leftarrow \rho s + (1-\rho)g^2$, $g' = "
                   r"\sqrt{\Delta x+\epsilon}\,g/\sqrt{s+\epsilon}$, $x \leftarrow x - g'$, "
                   r"$\Delta x \leftarrow \rho\Delta x + (1-\rho)g'^2$", "L, Adadelta", adadelta,
                   {"s": "rho*s + (1 - rho)*g**2", "u": "sqrt(d + eps)/sqrt(s + eps)*g",
                    "theta": "theta - u", "d": "rho*d + (1 - rho)*u**2"}, fixed={"lr": 1}),
    EquationsClaim("R7.outside", r"$\theta \leftarrow \theta - \alpha\hat m/(\sqrt{\hat v}+\epsilon)$,"
                   r" $\hat m = m/(1-\beta_1^t)$, $\hat v = v/(1-\beta_2^t)$", "N, Adam; L, Adam",
                   adam, {**_MOMENTS, **_CORRECTED,
                          "theta": "theta - eta*m_hat/(sqrt(v_hat) + eps)"}),
    EquationsClaim("R7.inside", r"$\theta \leftarrow \theta - \alpha\hat s/\sqrt{\hat r+\beta}$",
                   "S, Adam", adam, {**_MOMENTS, **_CORRECTED,
                                     "theta": "theta - eta*m_hat/sqrt(v_hat + eps)"},
                   fixed={"eps_place": "inside"}),
    EquationsClaim("R8", r"$u \leftarrow \max(\beta_2 u, \lvert g\rvert)$, $\theta \leftarrow \theta - "
                   r"\alpha\hat m/u$", "N, AdaMax", adamax,
                   {"m": _MOMENTS["m"], "m_hat": "m/(1 - beta1**t)", "u": "max(beta2*u, abs(g))",
                    "theta": "theta - eta*m_hat/u"}, fixed={"eps": 0}),
    MaximumLimitClaim("R8.limit", r"$\lim_{p\to\infty}\left(\beta_2^p u^p + (1-\beta_2^p)\lvert "
                      r"g\rvert^p\right)^{1/p} = \max(\beta_2 u, \lvert g\rvert)$ for every $0 \le \beta_2 < 1$", "N, AdaMax",
                      "max(beta*u, a)"),
    EquationsClaim("R9", r"$\theta \leftarrow \theta - \frac{\alpha}{\sqrt{\hat v}+\epsilon}"
                   r"\left(\beta_1\hat m + \frac{(1-\beta_1)g}{1-\beta_1^t}\right)$", "N, Nadam", nadam,
                   {**_MOMENTS, **_CORRECTED, "theta": "theta - eta/(sqrt(v_hat) + eps)"
                    "*(beta1*m_hat + (1 - beta1)*g/(1 - beta1**t))"}),
    EquationsClaim("R10", r"$\hat v \leftarrow \max(\hat v, v)$, $\theta \leftarrow \theta - "
                   r"\alpha m/(\sqrt{\hat v}+\epsilon)$", "N, AMSGrad", amsgrad,
                   {**_MOMENTS, "largest": "max(largest, v)",
                    "theta": "theta - eta*m/(sqrt(largest) + eps)"}),
    EquationsClaim("R11", r"$\theta \leftarrow \theta - \alpha\hat m/(\sqrt{\hat v}+\epsilon) - "
                   r"\alpha w_t\theta$, whatever $w_t$ is at each step", "N, AdamW", adamw,
                   {**_MOMENTS, **_CORRECTED,
                    "theta": "theta - eta*m_hat/(sqrt(v_hat) + eps) - eta*w*theta"}),
    EquationsClaim("R11.adam", r"Adam with coupled decay, $g + w\theta$ for $g$, is AdamW", "eigenstep",
                   with_weight_decay(adam),
                   {**_MOMENTS, **_CORRECTED,
                    "theta": "theta - eta*m_hat/(sqrt(v_hat) + eps) - eta*w*theta"},
                   corrected=EquationsClaim(
                       "R11.coupled", r"Coupled decay enters both averages: $m \leftarrow \beta_1 m + "
                       r"(1-\beta_1)(g+w\theta)$, $v \leftarrow \beta_2 v + (1-\beta_2)(g+w\theta)^2$",
                       "eigenstep", with_weight_decay(adam),
                       {"g": "g + w*theta", **_MOMENTS, **_CORRECTED,
                        "theta": "theta - eta*m_hat/(sqrt(v_hat) + eps)"})),
    EquationsClaim("R11.coupled_sgd", r"For gradient descent coupled decay is $\theta \leftarrow \theta "
                   r"- \alpha g - \alpha w\theta$ …", "eigenstep", with_weight_decay(gradient_descent),
                   {"theta": "theta - eta*g - eta*w*theta"}),
    EquationsClaim("R11.decoupled_sgd", r"… and so is decoupled decay, with the same $w$", "eigenstep",
                   with_decoupled_weight_decay(gradient_descent),
                   {"theta": "theta - eta*g - eta*w*theta"}),
    EquationsClaim("R12", _RADAM_TEX, "N, Radam", radam,
                   {**_RADAM, "theta": "theta - eta*u"}, fixed=_FOUR),
    EquationsClaim("R13.adabound", r"$\theta \leftarrow \theta - \mathrm{clip}(\alpha/\sqrt v, "
                   r"\eta_l(t), \eta_u(t))\,m$", "Luo et al. 2019, algorithm 2", adabound,
                   {**_MOMENTS, **_BOUNDS,
                    "theta": "theta - min(max(eta/sqrt(v), lower), upper)*m"}, fixed=_PLAIN),
    EquationsClaim("R13.root_decay", r"… with the step $\hat\eta/\sqrt t$ of their analysis",
                   "Luo et al. 2019, algorithm 2", adabound,
                   {**_MOMENTS, **_BOUNDS,
                    "theta": "theta - min(max(eta/sqrt(v), lower), upper)/sqrt(t)*m"},
                   fixed={**_PLAIN, "root_decay": True}),
    EquationsClaim("R13.amsbound", r"$\hat v \leftarrow \max(\hat v, v)$, $\theta \leftarrow \theta - "
                   r"\mathrm{clip}(\alpha/\sqrt{\hat v}, \eta_l(t), \eta_u(t))\,m$",
                   "Luo et al. 2019, algorithm 3", amsbound,
                   {**_MOMENTS, **_BOUNDS, "largest": "max(largest, v)",
                    "theta": "theta - min(max(eta/sqrt(largest), lower), upper)*m"}, fixed=_PLAIN),
    EquationsClaim("R14.lars", r"$m \leftarrow \beta_1 m + (1-\beta_1)(g+\lambda\theta)$, $\theta "
                   r"\leftarrow \theta - \alpha\|\theta\|\,m/\|m\|$ where no norm is 0", "N, LARS", lars,
                   {"v": "beta*v + (1 - beta)*(g + w*theta)",
                    "theta": "theta - eta*norm(theta)*v/norm(v)"}, positive_norms=True),
    EquationsClaim("R14.lamb", r"$r = \hat m/(\sqrt{\hat v}+\epsilon)$, $\theta \leftarrow \theta - "
                   r"\alpha\|\theta\|(r+\lambda\theta)/\|r+\lambda\theta\|$ where no norm is 0",
                   "N, LAMB", lamb,
                   {**_MOMENTS, **_CORRECTED, "u": "m_hat/(sqrt(v_hat) + eps)",
                    "theta": "theta" + _TRUST}, positive_norms=True),
    EquationsClaim("R14.phi", r"LAMB with $\phi(z) = \min(\max(z, \gamma_l), \gamma_u)$",
                   "You et al. 2020", lamb,
                   {**_MOMENTS, **_CORRECTED, "u": "m_hat/(sqrt(v_hat) + eps)",
                    "phi": "min(max(norm(theta), phi_l), phi_u)",
                    "theta": "theta - eta*phi*(u + w*theta)/norm(u + w*theta)"},
                   fixed={"phi": "clipped"}, positive_norms=True),
    InequalityClaim("R15", r"$\theta^+ = \theta - \alpha(\varphi - \theta)$ moves the slow weights "
                    r"towards the fast ones: $\lvert\theta^+ - \varphi\rvert < \lvert\theta - "
                    r"\varphi\rvert$ ($\theta \ne \varphi$, $0 < \alpha \le 1$)", "N, Lookahead",
                    ("alpha > 0", "1 - alpha >= 0", "(theta - phi)**2 > 0"),
                    "(theta - phi)**2 - (theta - alpha*(phi - theta) - phi)**2 > 0",
                    corrected=InequalityClaim(
                        "R15.corrected", r"$\theta^+ = \theta + \alpha(\varphi - \theta)$ does",
                        "Zhang et al. 2019",
                        ("alpha > 0", "1 - alpha >= 0", "(theta - phi)**2 > 0"),
                        "(theta - phi)**2 - (theta + alpha*(phi - theta) - phi)**2 > 0")),
    EquationsClaim("R15.code", r"For any inner rule $A$: $\varphi \leftarrow A(\varphi)$; every $k$ steps "
                   r"$\theta \leftarrow \theta + \alpha(\varphi - \theta)$, $\varphi \leftarrow \theta$",
                   "Zhang et al. 2019, algorithm 1", lookahead(any_rule),
                   {"stepped": "A(fast, g, s, eta)", "s": "S(fast, g, s, eta)", **_SYNC}, start=_SLOW),
    EquationsClaim("R16.ranger", r"Ranger is RAdam with lookahead", "N, Combinations", ranger,
                   {**_RADAM, "stepped": "fast - eta*u", **_SYNC}, fixed=_FOUR, start=_SLOW),
    EquationsClaim("R16.ralamb", r"Ralamb is RAdam with layer-wise scaling", "N, Combinations", ralamb,
                   {**_RADAM, "theta": "theta" + _TRUST}, fixed=_FOUR, positive_norms=True),
    EquationsClaim("R16.ranger_lars", r"RangerLARS is Ralamb with lookahead", "N, Combinations",
                   ranger_lars, {**_RADAM, "stepped": _FAST_TRUST, **_SYNC}, fixed=_FOUR,
                   positive_norms=True, start=_SLOW),
    EquationsClaim("R17", r"$s \leftarrow s + (1-\beta_2)g^2\,\mathrm{sgn}(g^2 - s)$, then as Adam",
                   "L, Yogi", yogi,
                   {"m": _MOMENTS["m"], "v": "v + (1 - beta2)*g**2*sign(g**2 - v)", **_CORRECTED,
                    "theta": "theta - eta*m_hat/(sqrt(v_hat) + eps)"},
                   fixed={"initial_accumulator": 0}),
]  # fmt: skip
