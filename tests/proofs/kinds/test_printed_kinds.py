"""Kinds that say what print says: each proves what is so, and no statement that is false."""

from dataclasses import replace
from fractions import Fraction

import pytest
from eigenstep.optimizers.rules import adadelta, adam, heavy_ball, lamb
from eigenstep.proofs import ALL_CLAIMS, Verdict, with_corrections
from eigenstep.proofs.kinds import (
    AnyLengthClaim,
    ChangingRateClaim,
    EquivalentNoiseClaim,
    ExponentialDecayClaim,
    FirstStepsClaim,
    FirstTractableClaim,
    IdentityClaim,
    MostlyScaledClaim,
    PrintedRunClaim,
    RescalingClaim,
    WiderRegionClaim,
)

CLAIMS = with_corrections()


def decay(ratio, first="1/4"):
    return ExponentialDecayClaim("", "", "", first, ratio)


def steps(printed, **fixed):
    return FirstStepsClaim("", "", "", heavy_ball, "v", printed, {"dampening": 0, **fixed})


def rescaled(factors, **fixed):
    return RescalingClaim("", "", "", adadelta, factors, {"lr": 1, **fixed}, ("s", "d"))


def identity(left, right, *domain):
    return IdentityClaim("", "", "", left, right, domain=domain)


CHANGING = CLAIMS["R2.changing_corrected"]
UNITS = {"theta": "c", "g": "1/c", "s": "1/c**2", "d": "c**2"}
FALSE = {
    "a fixed ratio": decay("99/100"),
    "a ratio that ends at a constant": decay("exp(-3/T)"),
    "no first step": decay("T**(-1/T)", "0"),
    "first steps: a gradient never seen": steps({1: "g1 + g0"}),
    "first steps: an exponent less": steps({3: "beta*g1 + beta*g2 + g3"}),
    "first steps: a dampened one": steps({1: "g1"}, dampening=0.5),
    "two forms at changing rates": replace(CHANGING, each={}),
    "two forms, rescaled the other way": replace(CHANGING, each={"beta": "beta*eta_before/eta"}),
    "units at ε > 0": rescaled(UNITS),
    "units, of g forgotten": rescaled({**UNITS, "g": "1"}, eps=0),
    "units, squared": rescaled({**UNITS, "d": "c"}, eps=0),
    "Adam has units": RescalingClaim("", "", "", adam, {"theta": "c", "g": "1/c", "m": "1/c", "v": "1/c**2"},
                                     {"eps": 0}, ("v",)),
    "a wider region": WiderRegionClaim("", "", "", heavy_ball, "2 + 2*beta", (), ALL_CLAIMS["M9.any"].matrix),
    "a smaller region": WiderRegionClaim("", "", "", heavy_ball, "2 + beta", ("1 - beta > 0",),
                                         ALL_CLAIMS["M9.any"].matrix),
    "tractable too early": FirstTractableClaim("", "", "", "0.999", 4),
    "tractable too late": FirstTractableClaim("", "", "", "0.99", 6),
    "tractable at β₂ = 1": FirstTractableClaim("", "", "", "1", 5),
    "noise of a singular matrix": EquivalentNoiseClaim("", "", "", (((1, 1), (1, 1)),)),
    "noise of an indefinite one": EquivalentNoiseClaim("", "", "", (((1, 2), (2, 1)),)),
    "most cases, considerably": MostlyScaledClaim("", "", "", (2,), (-1, 0, 1), 2),
    "all cases": MostlyScaledClaim("", "", "", (1, 4, 9), (-1, 0, 1), 1, "99/100"),
    "another length": AnyLengthClaim("", "", "", lamb, {**CLAIMS["R14.lamb_any"].printed,
                                     "theta": "theta - eta*norm(theta)*(u + w*theta)/norm(u + w*theta)"}),
    "an identity outside 1": identity("sqrt(x**2)", "x", "x >= -1"),
    "an identity of powers": identity("n*(1 - 1/n)**n", "(n - 1)*(1 - 1/n)**n", "n >= 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_nothing_false_is_proved(name):
    claim = FALSE[name]
    proof = claim.prove()
    assert proof.verdict is Verdict.REFUTED
    assert proof.counterexample
    if "outside 1" not in name:  # which is tried at positive numbers
        assert not claim.trial().agrees


def test_a_fixed_decay_is_refuted_at_the_printed_schedule():
    """What is left of w₀ is bounded below for every T, and a longer run shows no less."""
    point = ALL_CLAIMS["G9"].prove().counterexample
    assert point["eta_0 mu"] == "1/4"
    assert point["gamma"] == "1/2"
    left = float(Fraction(point["w_T/w_0"].split()[2]))
    product = 1.0
    for t in range(200):
        product *= 1 - 0.25 * 0.5**t
    assert 0 < left <= product


def test_a_run_that_agrees_proves_nothing():
    """L's Adadelta is the code's; four steps of it are no proof."""
    same = {"W": "rho*W + (1 - rho)*g**2", "u": "sqrt(P + eps)/sqrt(W + eps)*g",
            "P": "rho*P + (1 - rho)*u**2", "theta": "theta - u"}  # fmt: skip
    claim = PrintedRunClaim(
        "", "", "", adadelta, same, {"W": "0", "P": "0"}, {"lr": "1", "eps": "1/100"}
    )
    assert claim.prove().verdict is Verdict.OPEN
    assert claim.trial().agrees


def test_a_counterexample_lies_in_the_domain():
    point = ALL_CLAIMS["G11"].prove().counterexample
    assert int(point["n"]) >= 2


def test_where_a_conjugacy_is_not_found_nothing_is_decided():
    """The paths are the same; the change of state that is given is not that between them."""
    odd = ChangingRateClaim("", "", "", heavy_ball, heavy_ball, ("2*v", "theta"))
    assert odd.prove().verdict is Verdict.OPEN
