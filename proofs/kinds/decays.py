"""Which rate an exponentially decaying learning rate reaches on strongly convex losses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_rule
from ..steps import note, said
from ..trials.arithmetic import read
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim
from .inductions import InductionClaim

_FACTORS = 20_000
_PLACES = sp.Integer(10) ** 60
"""A product is rounded down to so many of them, and stays a lower bound."""
_HORIZONS = (100, 1000, 10_000, 100_000)


@dataclass(frozen=True)
class ExponentialDecayClaim(Claim):
    r"""Stochastic gradient descent with η_t = η₀γᵗ for T steps has E‖w_T − w*‖² = O(log T/T) on every μ-strongly
    convex loss with bounded gradients.

    ``first`` is η₀μ, a rational number in (0, 1], and ``ratio`` is γ, typed in the horizon T or as a number.
    With a_t = η_tμ the distance is at most Π(1 − a_t)‖w₀ − w*‖² + (L/μ)²X_T, X_{t+1} = (1 − a_t)X_t + a_t².

    - A γ that is the same for every T leaves Π(1 − a_t) > 0: on ½μw² without any noise w_T stays away from 0.
    - A γ with lim γᵀ > 0 does not end small: on ½μw² the noise of the last step alone is σ²η_{T−1}².
    - Else X_t ≤ a_t + 1 − γ, by induction, and Π(1 − a_t) ≤ e^(−Σa_t), of which limits tell the order in T.
    """

    first: str
    ratio: str

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "induction (z3), limits"
        T = sp.Symbol("T", positive=True)
        first, ratio = parse_rule(self.first, {}), parse_rule(self.ratio, {"T": T})
        if not 0 < first <= 1:
            return Verdict.REFUTED, method, {"first step": str(first)}
        order = sp.log(T) / T
        if not ratio.free_symbols:
            return self._stops(first, ratio, method)
        end = sp.limit(ratio**T, T, sp.oo)
        note(f"γᵀ tends to {said(end)}")
        if end != 0:
            return Verdict.REFUTED, method, {
                "eta_0 mu": str(first), "gamma": said(ratio), "eta_T mu": f"tends to {said(first * end)}",
            }  # fmt: skip
        bounded = InductionClaim(
            "", "", "", {"X": "0", "a": "a0"}, {"X": "(1 - a)*X + a**2", "a": "g*a"},
            ("a + 1 - g - X >= 0", "a >= 0", "1 - a >= 0"), (), ("a0", "g"),
            ("a0 > 0", "1 - a0 >= 0", "g > 0", "1 - g >= 0"),
        )  # fmt: skip
        if bounded.decide()[0] is not Verdict.PROVED:
            return Verdict.OPEN, method, None
        total = first * (1 - ratio**T) / (1 - ratio)
        orders = [sp.limit((first * ratio**T + 1 - ratio) / order, T, sp.oo),
                  sp.limit(sp.exp(-total) / order, T, sp.oo)]  # fmt: skip
        note(
            f"over log(T)/T, a_T + 1 − γ tends to {said(orders[0])} and e^(−Σa) to {said(orders[1])}"
        )
        if all(x.is_finite and x.is_nonnegative for x in orders):
            return Verdict.PROVED, method, None
        return Verdict.OPEN, method, None

    @staticmethod
    def _stops(first: Any, ratio: Any, method: str) -> tuple[Verdict, str, Any]:
        """What is left of w₀ for ever: the first factors, rounded down, and of the others at least 1 − Σa."""
        if not (ratio.is_Rational and 0 < ratio < 1):
            return Verdict.OPEN, method, None
        product, a = sp.Integer(1), first
        for t in range(_FACTORS):
            rest = a / (1 - ratio)
            if rest <= sp.Rational(1, 2):
                left = sp.Rational(product * (1 - rest))
                note(
                    f"the first {t} factors are {said(product)}, of all others at least {said(1 - rest)} is left"
                )
                return Verdict.REFUTED, method, {
                    "eta_0 mu": str(first), "gamma": str(ratio), "f": "mu w^2/2", "noise": "0",
                    "w_T/w_0": f"at least {said(sp.floor(left * 10**6) / 10**6)} for every T",
                }  # fmt: skip
            product, a = _down(product * (1 - a)), _up(a * ratio)
        return Verdict.OPEN, method, None

    def trial(self) -> Evidence:
        """E w² on ½w² under unit noise, from w = 1, summed step by step."""
        ratios = []
        for horizon in _HORIZONS:
            gamma = float(read(self.ratio, {"T": float(horizon)}))
            second = 1.0
            for a in float(read(self.first, {})) * gamma ** np.arange(horizon):
                second = (1 - a) ** 2 * second + a * a
            ratios.append(second * horizon / np.log(horizon))
        grows = ratios[-1] / ratios[0]
        return Evidence(
            grows < 2, f"T up to {_HORIZONS[-1]}: E w² T/log T grows by a factor of {grows:.3g}"
        )

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, ratio="1/2")
        yield replace(self, ratio="9/10")
        yield replace(self, ratio="exp(-1/T)")
        yield replace(self, first="0")


def _down(x: Any) -> Any:
    return sp.floor(x * _PLACES) / _PLACES


def _up(x: Any) -> Any:
    return sp.ceiling(x * _PLACES) / _PLACES


__all__ = ["ExponentialDecayClaim"]
