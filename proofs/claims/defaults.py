"""The defaults of the rules: those that a paper prints, and ours where none does."""

from __future__ import annotations

from collections.abc import Mapping

from ...optimizers.compositions import lookahead, with_decoupled_weight_decay, with_weight_decay
from ...optimizers.rules import ALL_RULES, gradient_descent, rmsprop_variant
from ..kinds import Claim, DefaultsClaim, any_rule

_ADAM = {"lr": "0.001", "beta1": "0.9", "beta2": "0.999", "eps": "10**-8"}
_LAYERWISE = {"weight_decay": "0", "phi": "identity", "phi_lower": "0", "phi_upper": "10"}
_SYNC = {"k": "6", "alpha": "0.5", "reset_state": "False"}
_OUTSIDE = {"eps_place": "outside"}
_RECTIFIED = {**_ADAM, **_OUTSIDE, "threshold": "4", "untractable": "momentum"}
_BOUND = {
    "lr": "0.001", "beta1": "0.9", "beta2": "0.999", "final_lr": "0.1", "gamma": "0.001", "eps": "0",
    "eps_inside": "0", "base_lr": "0", "bias_correction": "False", "root_decay": "False",
}  # fmt: skip

_PRINTED: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "adam": (r"$\alpha = 0.001$, $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$",
             "Kingma & Ba 2015, algorithm 1", _ADAM),
    "adamax": (r"$\alpha = 0.002$, $\beta_1 = 0.9$, $\beta_2 = 0.999$", "Kingma & Ba 2015, algorithm 2",
               {"lr": "0.002", "beta1": "0.9", "beta2": "0.999"}),
    "adamw": (r"$\alpha = 0.001$, $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$",
              "Loshchilov & Hutter 2019, algorithm 2", _ADAM),
}  # fmt: skip
"""By rule, what its paper prints, where that was read: in words, its place, and as data."""

_OURS: Mapping[str, Mapping[str, str]] = {
    "gradient_descent": {"lr": "0.01"},
    "heavy_ball": {"lr": "0.01", "beta": "0.9", "dampening": "0", "undamped_start": "False", "form": "velocity"},
    "nesterov": {"lr": "0.01", "beta": "0.9", "form": "lookahead"},
    "adagrad": {"lr": "0.01", "eps": "10**-8", "eps_place": "inside", "lr_decay": "0", "initial_accumulator": "0"},
    "rmsprop": {"lr": "0.001", "gamma": "0.9", "eps": "10**-8", "eps_place": "inside"},
    "adadelta": {"lr": "1", "rho": "0.9", "eps": "10**-6"},
    "adam": _OUTSIDE,
    "adamw": {**_OUTSIDE, "weight_decay": "0.01"},
    "adamax": {"eps": "10**-8", "eps_place": "denominator"},
    "nadam": {**_ADAM, **_OUTSIDE, "lookahead_bias": "present", "momentum_decay": "0.004"},
    "amsgrad": {**_ADAM, **_OUTSIDE, "bias_correction": "False"},
    "radam": _RECTIFIED,
    "yogi": {**_ADAM, **_OUTSIDE, "lr": "0.01", "eps": "0.001", "initial_accumulator": "0"},
    "adabound": _BOUND,
    "amsbound": _BOUND,
    "lars": {**_LAYERWISE, "lr": "0.01", "beta": "0.9", "trust_coefficient": "0.001", "scaling": "update"},
    "lamb": {**_ADAM, **_OUTSIDE, **_LAYERWISE},
    "ralamb": {**_RECTIFIED, **_LAYERWISE},
    "ranger": {**_RECTIFIED, **_SYNC},
    "ranger_lars": {**_RECTIFIED, **_LAYERWISE, **_SYNC},
    "qhm": {"lr": "0.01", "beta": "0.999", "nu": "0.7"},
    "aggmo": {"lr": "0.01", "beta1": "0", "beta2": "0.9", "beta3": "0.99"},
    "triple_momentum": {"lr": "0.01", "beta": "0.736", "gamma": "0.388"},
    "signum": {"lr": "0.001", "beta": "0.9"},
    "lion": {"lr": "10**-4", "beta1": "0.9", "beta2": "0.99", "weight_decay": "0", "form": "sign"},
    "rprop": {"lr": "0.1", "eta_plus": "1.2", "eta_minus": "0.5", "step_max": "50", "step_min": "10**-6",
              "turning": "back"},
    "asgd": {"lr": "0.01", "lambd": "10**-4", "power": "0.75", "t0": "0", "counted": "present"},
    "schedule_free_sgd": {"lr": "1", "beta": "0.9", "averaged": "start"},
    "schedule_free_adamw": {**_ADAM, "lr": "0.0025", "eps_inside": "0", "weight_decay": "0", "bias_correction": "step"},
    "ademamix": {**_ADAM, **_OUTSIDE, "beta3": "0.9999", "mix": "5", "weight_decay": "0", "t_alpha": "0",
                 "t_beta3": "0"},
    "adan": {"lr": "0.001", "beta1": "0.98", "beta2": "0.92", "beta3": "0.99", "eps": "10**-8", "eps_inside": "0",
             "weight_decay": "0", "bias_correction": "False", "decay": "proximal", "ahead": "beta2"},
    "mars": {"lr": "0.003", "beta1": "0.95", "beta2": "0.99", "gamma": "0.025", "eps": "10**-8", "eps_inside": "0",
             "eps_place": "corrected", "weight_decay": "0", "first_difference": "False"},
    "adopt": {"lr": "0.001", "beta1": "0.9", "beta2": "0.9999", "eps": "10**-6", "clipped": "True", "counted": "past"},
    "laprop": {**_ADAM, "lr": "0.0004", "eps": "10**-15", "eps_inside": "0", "eps_place": "corrected"},
}  # fmt: skip
"""By rule, the defaults that are ours, whatever a paper or a library has in its experiments."""


def _words(values: Mapping[str, str]) -> str:
    return ", ".join(f"{k} {v}" for k, v in values.items()).replace("10**-", "1e-")


CLAIMS: list[Claim] = [
    *(DefaultsClaim(f"D.{name}", f"The defaults that its authors print: {words}", source, ALL_RULES[name], values)
      for name, (words, source, values) in _PRINTED.items()),
    *(DefaultsClaim(f"D.{name}.ours", f"Defaults of ours, {name.replace('_', ' ')}: {_words(values).replace('_', ' ')}",
                    "eigenstep", ALL_RULES[name], values, whole=name not in _PRINTED) for name, values in _OURS.items()),
    *(DefaultsClaim(f"D.{rule.name}.ours", f"Defaults of ours, {rule.name.replace('_', ' ')}", "eigenstep", rule,
                    {**_OURS["rmsprop"], **({"momentum": "0.9"} if momentum else {})}, whole=True)
      for momentum, centered in ((True, False), (False, True), (True, True))
      for rule in (rmsprop_variant(momentum=momentum, centered=centered),)),
    *(DefaultsClaim(f"D.{key}.ours", f"Defaults of ours, {words}", "eigenstep", rule, values, whole=True)
      for key, words, rule, values in (
          ("lookahead", "Lookahead around any rule", lookahead(any_rule), {"lr": "0.01", "k": "5", "alpha": "0.5", "reset_state": "False"}),
          ("weight_decay", "weight decay added to any rule", with_weight_decay(gradient_descent), {"lr": "0.01", "weight_decay": "0"}),
          ("decoupled_weight_decay", "decoupled weight decay added to any rule", with_decoupled_weight_decay(gradient_descent),
           {"lr": "0.01", "weight_decay": "0"}))),
]  # fmt: skip
