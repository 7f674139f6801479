"""Counterexamples to famous sentences, found again by what has nothing to do with their proofs."""

import json
from fractions import Fraction

import numpy as np
import pytest
import torch
from eigenstep.optimizers.rules import triple_momentum
from eigenstep.proofs import ALL_CLAIMS, Verdict
from eigenstep.proofs.claims import StepBoundClaim, library_texts
from eigenstep.proofs.kinds import schedules
from eigenstep.proofs.ledger import is_elsewhere
from eigenstep.reports.commands.command_line import app
from typer.testing import CliRunner

ELSEWHERE = {k: c for k, c in ALL_CLAIMS.items() if is_elsewhere(k)}


def test_what_print_elsewhere_has_wrong():
    assert {k for k, c in ELSEWHERE.items() if c.corrected} == {
        "text.adam.sparse", "text.adam.otherwise", "text.adam.equality", "text.adam.epsilon",
        "text.adam.many",
        "text.adam.initial", "text.adamw.proposition3", "text.amsgrad.increases_decaying", "text.nag.larger",
        "text.distill.loss", "text.distill.power", "text.distill.complex", "text.distill.unrolled",
        "text.distill.noise", "text.radam.divergent", "text.muon.rms", "text.pepit.triple_momentum",
        "text.torch.linear", "text.torch.polynomial", "text.torch.muon",
    }  # fmt: skip


@pytest.mark.parametrize("key", ELSEWHERE)
def test_every_sentence_has_its_place(key):
    """A place inside the text, not only the text; what replaces a sentence is eigenstep's own."""
    claim = ELSEWHERE[key]
    assert claim.source == "eigenstep" or any(c in claim.source for c in ",."), claim.source
    assert claim.corrected is None or claim.corrected.source == "eigenstep"


@pytest.mark.parametrize("key", ["text.adam.sparse", "text.adam.otherwise", "text.adam.equality"])
def test_torchs_adam_makes_the_step(key):
    """torch.optim.Adam on the counterexample's gradients goes as far as the counterexample says."""
    claim = ALL_CLAIMS[key]
    point = claim.prove().counterexample
    beta1 = float(Fraction(point["beta1"]))
    beta2 = float(Fraction(point["beta2"])) if "beta2" in point else 1 - (1 - beta1) ** 2
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=1.0, betas=(beta1, beta2), eps=1e-300)
    for g in point["gradients"].split(", "):
        before = float(x.detach()[0])
        x.grad = torch.tensor([float(Fraction(g))], dtype=torch.float64)
        optimizer.step()
    step = float(x.detach()[0]) - before
    assert step**2 == pytest.approx(float(Fraction(point["(step/eta)^2"])), rel=1e-12)
    bound = {"text.adam.sparse": (1 - beta1) / np.sqrt(1 - beta2)}.get(key, 1.0)
    assert abs(step) > bound * (1 + 1e-3)


def test_no_bound_holds_where_the_first_average_remembers_longer():
    """For β₁² > β₂ a single gradient long ago makes steps of any length: every bound is refuted."""
    claim = StepBoundClaim(
        "mine", "…", "…", ALL_CLAIMS["text.adam.sparse"].rule, "100", ("beta1**2 > beta2",)
    )
    assert claim.prove().verdict is Verdict.REFUTED


def test_the_triple_momentum_method_on_its_counterexample():
    """PEPit's docstring allows L/8 where the rule's own code, run in fractions, ends at L/2."""
    point = ALL_CLAIMS["text.pepit.triple_momentum"].prove().counterexample
    s, curvature = Fraction(point["s"]), Fraction(point["lam"])
    rho = 1 - s
    settings = {
        "lr": 1 + rho,
        "beta": rho**2 / (2 - rho),
        "gamma": rho**2 / ((1 + rho) * (2 - rho)),
    }
    delta = rho**2 / (1 - rho**2)
    theta, v = Fraction(1), Fraction(0)
    g = curvature * triple_momentum.gradient_point(theta, v, **settings)
    theta, v = triple_momentum(theta, g, v, **settings)
    reached = theta - delta * v
    value = curvature * reached**2 / 2
    assert value == Fraction(1, 2) > rho**4 / (2 * s**2) == Fraction(1, 8)
    assert value <= rho**2 / (2 * s**2)


SCHEDULERS = {
    "text.torch.linear": lambda o: torch.optim.lr_scheduler.LinearLR(
        o, start_factor=0.05, total_iters=40
    ),
    "text.torch.polynomial": lambda o: torch.optim.lr_scheduler.PolynomialLR(
        o, total_iters=50, power=0.9
    ),
    "text.torch.constant": lambda o: torch.optim.lr_scheduler.ConstantLR(
        o, factor=0.5, total_iters=40
    ),
}


@pytest.mark.parametrize("key", SCHEDULERS)
def test_torchs_schedulers_are_those_that_were_decided(key):
    """Stepped by torch itself: what is proved is what it does, what is refuted is not."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.05)
    made, rates = SCHEDULERS[key](optimizer), []
    for _ in range(5):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        made.step()
    claim = ALL_CLAIMS[key]

    def agrees(claim):
        return all(abs(rates[epoch] - float(digits)) <= float(schedules._half_a_unit(digits)) + 1e-12
                   for epoch, digits in claim.printed)  # fmt: skip

    assert agrees(claim.corrected or claim)
    assert agrees(claim) is (claim.corrected is None)


def test_errata_are_listed_apart():
    """The lecture's first, then those of other texts; in JSON under names of their own."""
    asked = ["prove", "G7", "text.distill.complex", "text.distill.range", "--errata"]
    answer = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert [row["id"] for row in answer["errata"]] == ["G7"]
    (row,) = answer["elsewhere"]
    assert row["id"] == "text.distill.complex"
    assert row["counterexample"] == {
        "beta": "1/4",
        "eta_lambda": "1/2",
        "modulus": "1/2",
        "stated": "1",
    }
    assert row["corrected"]["verdict"] == "PROVED"
    shown = CliRunner().invoke(app, asked).stdout
    assert (
        shown.index("The lecture")
        < shown.index("G7")
        < shown.index("Elsewhere")
        < shown.index("text.distill")
    )


def test_documentation_is_that_of_the_tested_versions():
    assert f"torch {'.'.join(torch.__version__.split('.')[:2])}, " in library_texts._TORCH
