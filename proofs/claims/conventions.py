"""The forms of the rules that no paper prints: what a library computes, or a switch of ours, as equations of ours."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...optimizers.compositions import lookahead
from ...optimizers.rule import Rule
from ...optimizers.rules import (
    adabound,
    adadelta,
    adagrad,
    adam,
    adamax,
    adan,
    ademamix,
    adopt,
    amsbound,
    amsgrad,
    asgd,
    heavy_ball,
    lamb,
    laprop,
    lars,
    lion,
    mars,
    nadam,
    rprop,
    schedule_free_adamw,
    schedule_free_sgd,
    yogi,
)
from ..kinds import Claim, EdgeClaim, EquationsClaim, any_rule

_M, _V = "beta1*m + (1 - beta1)*g", "beta2*v + (1 - beta2)*g**2"
_MOMENTS = {"m": _M, "v": _V, "m_hat": "m/(1 - beta1**t)", "v_hat": "v/(1 - beta2**t)"}
_LATE = "sqrt(v/(1 - beta2**t)) + eps/sqrt(1 - beta2**t)"
"""(√v + ε)/√(1 − β₂^t)."""
_BOTH_LATE = "sqrt(v/(1 - beta2**t) + eps_inside/(1 - beta2**t)) + eps/sqrt(1 - beta2**t)"
_BOUND = {
    "eta_final": "where(base_lr <= 0, final_lr, final_lr*eta/where(base_lr <= 0, 1, base_lr))",
    "lower": "eta_final*(1 - 1/(gamma*t + 1))", "upper": "eta_final*(1 + 1/(gamma*t))",
}  # fmt: skip
_BOTH = {"bias_correction": True, "root_decay": True}
_RATE = "eta*sqrt(1 - beta2**t)/(1 - beta1**t)"
_RATIO = "where(norm(theta) <= 0, 1, where(norm({u}) <= 0, 1, norm(theta)/norm({u})))"
_SIGNS = "sign(g)*sign(last)"
_LENGTH = (f"min(max(where({_SIGNS} > 0, eta_plus*length, where({_SIGNS} < 0, eta_minus*length, length)), "
           "step_min), step_max)")  # fmt: skip
_AGAIN = {"first": "(t - 1) % k + 1", "m_new": _M, "v_new": _V, "m_hat": "m_new/(1 - beta1**first)",
          "v_hat": "v_new/(1 - beta2**first)"}  # fmt: skip


def _ours(
    key: str, words: str, rule: Rule, printed: dict[str, str], fixed: dict[str, Any] | None = None, **more: Any
) -> EquationsClaim:  # fmt: skip
    return EquationsClaim(
        f"C.{key}", words, more.pop("source", "eigenstep"), rule, printed, fixed=fixed or {}, **more
    )


def _layerwise(below: str) -> dict[str, str]:
    """LARS that scales the gradient, where a norm is 0 by 1."""
    return {
        "d": "g + w*theta", "below": below,
        "u": "where(norm(theta) <= 0, d, where(below <= 0, d, kappa*norm(theta)*d/below))",
        "v": "beta*v + u", "theta": "theta - eta*v",
    }  # fmt: skip


CLAIMS: list[Claim] = [
    _ours("heavy_ball.dampening", r"Damped momentum: $v \leftarrow \beta v + (1-\tau)g$", heavy_ball,
          {"v": "beta*v + (1 - tau)*g", "theta": "theta - eta*v"}),
    _ours("heavy_ball.displacement", r"… in units of the parameter: $v \leftarrow \beta v + \eta(1-\tau)g$",
          heavy_ball, {"v": "beta*v + eta*(1 - tau)*g", "theta": "theta - v"}, {"form": "displacement"}),
    _ours("heavy_ball.torch", r"… with the first gradient undamped", heavy_ball,
          {"v": "beta*v + where(t <= 1, 1, 1 - tau)*g", "theta": "theta - eta*v"}, {"undamped_start": True}),
    _ours("adagrad.torch", r"Adagrad with $\eta/(1 + (t-1)\,d)$ and $s_0 = a$", adagrad,
          {"s": "s + g**2", "theta": "theta - eta/(1 + (t - 1)*lr_decay)*g/(sqrt(s) + eps)"},
          {"eps_place": "outside"}, start={"s": "initial_accumulator"}),
    _ours("adam.uncorrected", r"Adam with $\epsilon$ before the correction", adam,
          {**_MOMENTS, "theta": f"theta - eta*m_hat/({_LATE})"}, {"eps_place": "uncorrected"}),
    _ours("adamax.denominator", r"AdaMax with $u + \epsilon$", adamax,
          {"m": _M, "u": "max(beta2*u, abs(g))", "theta": "theta - eta*m/(1 - beta1**t)/(u + eps)"}),
    _ours("adamax.gradient", r"AdaMax with $\lvert g\rvert + \epsilon$", adamax,
          {"m": _M, "u": "max(beta2*u, abs(g) + eps)", "theta": "theta - eta*m/(1 - beta1**t)/u"},
          {"eps_place": "gradient"}),
    _ours("nadam.next", r"Nadam with $m/(1-\beta_1^{t+1})$", nadam,
          {**_MOMENTS, "theta": "theta - eta/(sqrt(v_hat) + eps)*(beta1*m/(1 - beta1**(t + 1)) + "
                                "(1 - beta1)*g/(1 - beta1**t))"}, {"lookahead_bias": "next"}),
    *(EdgeClaim(f"C.nadam.scheduled{n}", "Two steps of Nadam with Dozat’s schedule "
                r"$\mu_t = \beta_1(1 - \frac12 0.96^{td})$ " + words, "eigenstep", nadam,
                {"lookahead_bias": "scheduled", "momentum_decay": decay, "lr": 0.5, "beta2": 0.75, "eps": 0.25},
                (1.0, -2.0), ((3.0, 0.5), (-1.0, 2.0)),
                {"mu1": "beta1*(1 - 0.96**momentum_decay/2)", "mu2": "beta1*(1 - 0.96**(2*momentum_decay)/2)",
                 "mu3": "beta1*(1 - 0.96**(3*momentum_decay)/2)", "a": "(1 - beta1)*g1",
                 "first": "theta - eta*(mu2*a/(1 - mu1*mu2) + g1)/(abs(g1) + eps)",
                 "m": "beta1*a + (1 - beta1)*g2", "v": "beta2*(1 - beta2)*g1**2 + (1 - beta2)*g2**2",
                 "theta": "first - eta*(mu3*m/(1 - mu1*mu2*mu3) + (1 - mu2)*g2/(1 - mu1*mu2))/"
                          "(sqrt(v/(1 - beta2**2)) + eps)"})
      for n, words, decay in (("", "in numbers", 0.5), (".exact", "in fractions", Fraction(1, 2)))),
    _ours("adadelta.rate", r"Adadelta with a learning rate: $\theta \leftarrow \theta - \eta u$, $u$ averaged without it",
          adadelta, {"s": "rho*s + (1 - rho)*g**2", "u": "sqrt(d + eps)/sqrt(s + eps)*g",
                     "d": "rho*d + (1 - rho)*u**2", "theta": "theta - eta*u"}),
    _ours("amsgrad.after", r"AMSGrad, both moments corrected after the maximum", amsgrad,
          {**_MOMENTS, "largest": "max(largest, v)",
           "theta": "theta - eta*m_hat/(sqrt(largest/(1 - beta2**t)) + eps)"}, {"bias_correction": True}),
    _ours("amsgrad.before", r"AMSGrad, the maximum of corrected moments", amsgrad,
          {**_MOMENTS, "largest": "max(largest, v_hat)", "theta": "theta - eta*m_hat/(sqrt(largest) + eps)"},
          {"bias_correction": "before"}),
    _ours("amsgrad.uncorrected", r"AMSGrad corrected, with $\epsilon$ before the correction", amsgrad,
          {**_MOMENTS, "largest": "max(largest, v)",
           "theta": f"theta - eta*m_hat/({_LATE.replace('(v/', '(largest/')})"},
          {"bias_correction": True, "eps_place": "uncorrected"}),
    _ours("yogi.start", r"Yogi from $m_0 = v_0 = a$", yogi,
          {"m": _M, "v": "v + (1 - beta2)*g**2*sign(g**2 - v)", "m_hat": "m/(1 - beta1**t)",
           "v_hat": "v/(1 - beta2**t)", "theta": "theta - eta*m_hat/(sqrt(v_hat) + eps)"},
          start={"m": "initial_accumulator", "v": "initial_accumulator"}),
    _ours("adabound.corrected", r"AdaBound as its authors’ code has it, both $\epsilon$, and $/\sqrt t$", adabound,
          {"m": _M, "v": _V, **_BOUND, "rate": _RATE,
           "theta": "theta - min(max(rate/(sqrt(v + eps_inside) + eps), lower), upper)/sqrt(t)*m"}, _BOTH),
    _ours("amsbound.corrected", r"AMSBound likewise", amsbound,
          {"m": _M, "v": _V, **_BOUND, "rate": _RATE, "largest": "max(largest, v)",
           "theta": "theta - min(max(rate/(sqrt(largest + eps_inside) + eps), lower), upper)/sqrt(t)*m"}, _BOTH),
    _ours("lamb.edges", r"LAMB for every norm: where ‖θ‖ or the update’s is 0 the ratio is 1", lamb,
          {**_MOMENTS, "u": "m_hat/(sqrt(v_hat) + eps) + w*theta", "theta": f"theta - eta*u*{_RATIO.format(u='u')}"}),
    _ours("lars.edges", r"LARS for every norm: where one is 0 the ratio is 1", lars,
          {"v": "beta*v + (1 - beta)*(g + w*theta)", "theta": f"theta - eta*v*{_RATIO.format(u='v')}"}),
    _ours("lars.gradient", r"LARS of 2017, for every norm: $\kappa\|\theta\|/(\|g\| + w\|\theta\|)$", lars,
          _layerwise("norm(g) + w*norm(theta)"), {"scaling": "gradient"}),
    _ours("lars.decayed_gradient", r"LARS of optax, for every norm: $\kappa\|\theta\|/\|g + w\theta\|$", lars,
          _layerwise("norm(d)"), {"scaling": "decayed_gradient"}),
    _ours("lion.refined", r"Lion with $c$ limited to $[-1, 1]$ in place of its sign", lion,
          {"c": "beta1*m + (1 - beta1)*g", "theta": "theta - eta*(min(max(c, -1), 1) + w*theta)",
           "m": "beta2*m + (1 - beta2)*g"}, {"form": "refined"}),
    _ours("rprop.stay", r"Rprop that stays where the sign turns", rprop,
          {"length": _LENGTH, "theta": f"theta - where({_SIGNS} < 0, 0, length*sign(g))",
           "last": f"where({_SIGNS} < 0, 0, g)"}, {"turning": "stay"}, start={"length": "eta"}),
    _ours("rprop.late", r"Rprop that moves as the step before should have", rprop,
          {"theta": f"theta - where({_SIGNS} < 0, 0, length*sign(last))", "length": _LENGTH,
           "last": f"where({_SIGNS} < 0, 0, g)"}, {"turning": "late"}, start={"length": "eta"}),
    _ours("asgd.past", r"ASGD with $\mu_t = 1/\max(1, t - 1 - t_0)$", asgd,
          {"rate": "eta/(1 + a*eta*(t - 1))**c", "theta": "(1 - a*rate)*theta - rate*g",
           "ax": "ax + (theta - ax)/max(1, t - 1 - t0)"}, {"counted": "past"}, start={"ax": "theta"}),
    _ours("schedule_free_sgd.steps", r"Schedule-Free with $c = 1/t$", schedule_free_sgd,
          {"z": "theta + gap - eta*g", "theta": "(1 - 1/t)*theta + z/t", "gap": "z - theta"},
          {"averaged": "steps"}, point="(1 - beta)*(theta + gap) + beta*theta"),
    _ours("schedule_free_adamw.moment", r"Schedule-Free AdamW with the moment corrected, $c = 1/t$",
          schedule_free_adamw,
          {"z": "theta + gap", "y": "(1 - beta1)*z + beta1*theta", "v": _V,
           "z_new": "z - eta*g/(sqrt(v/(1 - beta2**t) + eps_inside) + eps) - eta*w*y",
           "theta": "(1 - 1/t)*theta + z_new/t", "gap": "z_new - theta"},
          {"bias_correction": "moment"}, point="(1 - beta1)*(theta + gap) + beta1*theta"),
    _ours("ademamix.warm", r"AdEMAMix with $\alpha\min(1, t/\max(1, T))$", ademamix,
          {**_MOMENTS, "s": "beta3*s + (1 - beta3)*g", "mixed": "alpha_s*min(1, t/max(1, t_alpha))",
           "theta": "theta - eta*((m_hat + mixed*s)/(sqrt(v_hat) + eps) + w*theta)"}, {"t_beta3": 0}),
    *(EdgeClaim(f"C.ademamix.slow{n}", rf"AdEMAMix’s $\beta_3$ after {n} of 4 steps of its warm-up",
                "eigenstep", ademamix, {"t_beta3": 4.0, **more}, (1.0,), ((2.0,),) * n,
                {**{f"b{i}": ("beta3" if i >= 4 or more.get("beta3") == 0 else
                              f"min(exp(1/({i}/4/log(beta3) + {before.format(i=i)})), beta3)") for i in range(1, n + 1)},
                 "s": " + ".join(f"2*(1 - b{i})" + "".join(f"*b{j}" for j in range(i + 1, n + 1))
                                 for i in range(1, n + 1))})
      for n, more, before in ((3, {}, "(1 - {i}/4)/log(beta1)"), (5, {"beta3": 0.5}, "(1 - {i}/4)/log(beta1)"),
                              (2, {"beta1": 0.0}, "0"), (1, {"beta3": 0.0}, "0"))),
    _ours("adan.corrected", r"Adan with each average corrected, both $\epsilon$, decay decoupled", adan,
          {"d": "where(t <= 1, 0, g - last)", "m": _M, "v": "beta2*v + (1 - beta2)*d",
           "n": "beta3*n + (1 - beta3)*(g + beta2*d)**2",
           "theta": "(1 - eta*w)*theta - eta*(m/(1 - beta1**t) + beta2*v/(1 - beta2**t))/"
                    "(sqrt(n/(1 - beta3**t) + eps_inside) + eps)", "last": "g"},
          {"bias_correction": True, "decay": "decoupled"}),
    _ours("adan.rest", r"Adan with $1 - \beta_2$ beside $d$ and $v$", adan,
          {"d": "where(t <= 1, 0, g - last)", "m": "where(t <= 1, g, beta1*m + (1 - beta1)*g)",
           "v": "beta2*v + (1 - beta2)*d",
           "n": "where(t <= 1, g**2, beta3*n + (1 - beta3)*(g + (1 - beta2)*d)**2)",
           "theta": "(theta - eta*(m + (1 - beta2)*v)/(sqrt(n) + eps))/(1 + eta*w)", "last": "g"},
          {"ahead": "rest", "eps_inside": 0}),
    _ours("mars.first", r"MARS with $g_- = 0$ at first, and both $\epsilon$ before the correction", mars,
          {"c": "g + gamma*beta1/(1 - beta1)*(g - last)", "u": "c/max(1, norm(c))",
           "m": "beta1*m + (1 - beta1)*u", "v": "beta2*v + (1 - beta2)*u**2",
           "theta": f"theta - eta*(m/(1 - beta1**t)/({_BOTH_LATE}) + w*theta)",
           "last": "g"}, {"first_difference": True, "eps_place": "uncorrected"}),
    _ours("adopt.first", r"ADOPT without its clipping", adopt,
          {"u": "g/max(sqrt(v), eps)", "m": "where(t <= 1, m, beta1*m + (1 - beta1)*u)",
           "theta": "theta - eta*m", "v": "where(t <= 1, g**2, beta2*v + (1 - beta2)*g**2)"}, {"clipped": False}),
    _ours("adopt.present", r"ADOPT with $c_t = t^{1/4}$", adopt,
          {"bound": "t**(1/4)", "u": "g/max(sqrt(v), eps)",
           "m": "where(t <= 1, m, beta1*m + (1 - beta1)*min(max(u, -bound), bound))",
           "theta": "theta - eta*m", "v": "where(t <= 1, g**2, beta2*v + (1 - beta2)*g**2)"},
          {"counted": "present"}),
    *(_ours(f"laprop.{place}", rf"LaProp with both $\epsilon$, {place}", laprop,
            {"v": _V, "m": f"beta1*m + (1 - beta1)*g/({below})", "theta": "theta - eta*m/(1 - beta1**t)"},
            {"eps_place": place})
      for place, below in (("corrected", "sqrt(v/(1 - beta2**t) + eps_inside) + eps"),
                           ("uncorrected", _BOTH_LATE))),
    _ours("lookahead.reset", r"Lookahead whose inner rule begins anew at each synchronization", lookahead(any_rule),
          {"stepped": "A(fast, g, s, eta)", "s": "where(t % k <= 0, 0, S(fast, g, s, eta))",
           "slow": "where(t % k <= 0, slow + alpha*(stepped - slow), slow)",
           "fast": "where(t % k <= 0, slow, stepped)"}, {"reset_state": True}, start={"slow": "fast"}),
    _ours("lookahead.reset_adam", r"… its own step number too: Adam’s corrections begin anew", lookahead(adam),
          {**_AGAIN, "stepped": "fast - eta*m_hat/(sqrt(v_hat) + eps)",
           **{s: f"where(t % k <= 0, 0, {s}_new)" for s in ("m", "v")},
           "slow": "where(t % k <= 0, slow + alpha*(stepped - slow), slow)",
           "fast": "where(t % k <= 0, slow, stepped)"}, {"reset_state": True}, start={"slow": "fast"}),
    _ours("lookahead.reset_yogi", r"… and where it begins elsewhere than at 0, there: Yogi’s at $a$", lookahead(yogi),
          {**_AGAIN, "v_new": "v + (1 - beta2)*g**2*sign(g**2 - v)",
           "stepped": "fast - eta*m_hat/(sqrt(v_hat) + eps)",
           **{s: f"where(t % k <= 0, initial_accumulator, {s}_new)" for s in ("m", "v")},
           "slow": "where(t % k <= 0, slow + alpha*(stepped - slow), slow)",
           "fast": "where(t % k <= 0, slow, stepped)"}, {"reset_state": True},
          start={"slow": "fast", "m": "initial_accumulator", "v": "initial_accumulator"}),
]  # fmt: skip
