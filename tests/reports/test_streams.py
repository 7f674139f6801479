"""What a terminal without the characters shows says the same."""

import pytest
from eigenstep.optimizers.program.text import text
from eigenstep.optimizers.rules import ALL_RULES
from eigenstep.reports.streams import spelled


@pytest.mark.parametrize(
    ("written", "in_ascii"),
    [
        ("m̂ = m/(1 − β₁ᵗ)", "m_hat = m/(1 - beta_1^t)"), ("ρₜ > 4", "rho_t > 4"), ("½λx²", "1/2lambdax^2"),
        ("θ ← θ − η·‖θ‖·u/‖u‖", "theta <- theta - eta*||theta||*u/||u||"), ("ϕ, φ", "phi, phi"),
        ("⎡0.3⎤", "?0.3?"),
    ],
)  # fmt: skip
def test_spelled(written, in_ascii):
    assert "".join(map(spelled, written)) == in_ascii


@pytest.mark.parametrize("name", ALL_RULES)
def test_every_update_can_be_spelled(name):
    shown = "".join(map(spelled, "".join(text(ALL_RULES[name]))))
    assert shown.isascii()
    assert "?" not in shown
