"""What the code does where print divides 0 by 0 or is silent: all of it ours, so that a changed edge is seen."""

from __future__ import annotations

from typing import Any

from ...optimizers.compositions import lookahead
from ...optimizers.rules import ALL_RULES, asgd, heavy_ball, rmsprop_variant, yogi
from ..kinds import Claim, EdgeClaim

_STILL: dict[str, dict[str, Any]] = {
    "adagrad": {"eps": 0}, "rmsprop": {"eps": 0}, "adadelta": {"eps": 0}, "adam": {"eps": 0}, "adamax": {"eps": 0},
    "nadam": {"eps": 0}, "amsgrad": {"eps": 0}, "radam": {"eps": 0, "beta2": 0.5}, "yogi": {"eps": 0},
    "adabound": {"lr": 0, "final_lr": 0}, "amsbound": {"lr": 0, "final_lr": 0}, "lion": {}, "signum": {}, "rprop": {},
    "schedule_free_adamw": {"eps": 0}, "ademamix": {"eps": 0}, "adan": {"eps": 0}, "mars": {"eps": 0},
    "adopt": {"eps": 0}, "laprop": {"eps": 0}, "lamb": {"eps": 0}, "ralamb": {"eps": 0, "beta2": 0.5},
    "ranger": {"eps": 0, "beta2": 0.5}, "lars": {},
}  # fmt: skip
"""By rule, hyperparameters at which a coordinate without a gradient is 0/0 in print, or at a jump of the sign."""
_FORGETS = {
    "rmsprop": ("gamma", "s"), "adadelta": ("rho", "s"), "adam": ("beta2", "v"), "nadam": ("beta2", "v"),
    "amsgrad": ("beta2", "v"), "radam": ("beta2", "v"), "adabound": ("beta2", "v"), "amsbound": ("beta2", "v"),
    "schedule_free_adamw": ("beta2", "v"), "ademamix": ("beta2", "v"), "adan": ("beta3", "n"), "adopt": ("beta2", "v"),
    "laprop": ("beta2", "v"),
}  # fmt: skip
"""By rule, the averaging factor of its second moment, and the state that holds it."""
_NONE = ((0.0, 0.0),) * 3
_RATE = {"lr": 0.5}

CLAIMS: list[Claim] = [
    *(EdgeClaim(f"E.{name}.still", f"A coordinate whose every gradient was 0 stays, {name.replace('_', ' ')}"
                + (r", at $\epsilon = 0$ too" if "eps" in values else ""), "eigenstep", ALL_RULES[name], values,
                (2.0, -3.0), _NONE, {ALL_RULES[name].parameter: ALL_RULES[name].parameter})
      for name, values in _STILL.items()),
    *(EdgeClaim(f"E.{name}.forgets", f"At a factor of 0 the second moment is the last square, also after one that "
                f"overflowed, {name.replace('_', ' ')}", "eigenstep", ALL_RULES[name], {factor: 0.0},
                (2.0, -3.0), ((1e200, 1.0), (3.0, 2.0), (5.0, 4.0)),
                {state: "(g3 + 0.92*(g3 - g2))**2" if name == "adan" else "g3**2"})
      for name, (factor, state) in _FORGETS.items()),
    *(EdgeClaim(f"E.{name}.bounded", f"Where $v = 0$ the step is the upper bound’s, "
                f"{name}", "eigenstep", ALL_RULES[name], {"lr": 0.5, "gamma": 1.0, "beta1": 0.5}, (2.0, -3.0),
                ((1e-200, 1e-170),), {"theta": "theta - final_lr*2*0.5*g", "m": "0.5*g"})
      for name in ("adabound", "amsbound")),
    *(EdgeClaim(f"E.{name}.nothing", f"At $\\eta = 0$ the step is the lower bound’s, at $v = 0$ too, {name}",
                "eigenstep", ALL_RULES[name], {"lr": 0.0, "gamma": 1.0, "beta1": 0.5}, (0.0, 0.0),
                ((1e-200, 1e-170),), {"theta": "-final_lr*0.5*0.5*g"})
      for name in ("adabound", "amsbound")),
    EdgeClaim("E.lars.no_parameter", r"Where $\|\theta\| = 0$ LARS steps by $\eta m$", "eigenstep", ALL_RULES["lars"],
              {**_RATE, "beta": 0.5}, (0.0, 0.0), ((3.0, 4.0),), {"theta": "-eta*g/2"}),
    EdgeClaim("E.lamb.no_parameter", r"Where $\|\theta\| = 0$ LAMB steps as Adam", "eigenstep", ALL_RULES["lamb"],
              {**_RATE, "eps": 0.25}, (0.0, 0.0), ((3.0, 4.0),), {"theta": "-eta*g/(abs(g) + eps)"}),
    *(EdgeClaim(f"E.lars.{form}", r"Where $\|\theta\| = 0$ that LARS is momentum at first", "eigenstep", ALL_RULES["lars"],
                {**_RATE, "scaling": form}, (0.0, 0.0), ((3.0, 4.0), (1.0, 2.0)), {"v": "beta*g1 + kappa*norm(eta*g1)*g2/norm(g2)"})
      for form in ("gradient", "decayed_gradient")),
    EdgeClaim("E.rmsprop_centered.overflow", "A square that overflows makes the step 0, centered too",
              "eigenstep", rmsprop_variant(momentum=False, centered=True), {"gamma": 0.5}, (2.0, -3.0),
              ((1e200, -1e200),), {"theta": "theta"}),
    EdgeClaim("E.rmsprop_momentum.forgets", "At a factor of 0 the second moment is the last square, with momentum too",
              "eigenstep", rmsprop_variant(momentum=True, centered=False), {"gamma": 0.0}, (2.0, -3.0),
              ((1e200, 1.0), (3.0, 2.0)), {"s": "g2**2"}),
    EdgeClaim("E.yogi.overflow", "A square that overflows makes the second moment infinite, and the step 0, yogi",
              "eigenstep", ALL_RULES["yogi"], {}, (2.0, -3.0), ((1e200, -1e200),), {"theta": "theta"}),
    EdgeClaim("E.asgd.start", r"After one step the average is the first iterate", "eigenstep", ALL_RULES["asgd"],
              _RATE, (2.0, -3.0), ((3.0, 4.0),), {"new": "theta - eta*(g + a*theta)", "theta": "new", "ax": "new"}),
    EdgeClaim("E.radam.threshold", r"At $\rho_t \le 4$ RAdam steps by $\eta\hat m$ without the second moment, at a "
              r"$\rho_\infty$ of 4 too", "eigenstep", ALL_RULES["radam"], {**_RATE, "beta2": 0.6}, (2.0, -3.0),
              ((3.0, -4.0),) * 30, {"theta": "theta - 30*eta*g"}),
    EdgeClaim("E.lookahead.kept", "Lookahead that keeps the state of a rule which begins at $a$: Yogi’s after a "
              "synchronization", "eigenstep", lookahead(yogi), {"k": 1, "initial_accumulator": 0.25}, (2.0, -3.0),
              ((3.0, -4.0),), {"m": "beta1*initial_accumulator + (1 - beta1)*g"}),
    EdgeClaim("E.lookahead.anew", "Lookahead that begins anew begins where the slow weights are: ASGD’s average after a "
              "synchronization", "eigenstep", lookahead(asgd), {**_RATE, "k": 1, "reset_state": True}, (2.0, -3.0),
              ((3.0, -4.0),), {"slow": "fast - alpha*eta*(g + a*fast)", "ax": "slow"}),
    EdgeClaim("E.lookahead.overflow", "Where the weights overflow at a synchronization a state that begins anew is no "
              "number either", "eigenstep", lookahead(heavy_ball), {"lr": 16.0, "k": 1, "reset_state": True}, (2.0, -3.0),
              ((1e308, -1e308),), {"v": "(fast - eta*g)*0"}),
]  # fmt: skip
