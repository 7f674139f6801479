"""Transient growth."""

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers.rules import heavy_ball


def test_transient_growth_is_the_maximum_over_all_powers():
    theory = derive(heavy_ball)
    worst = theory.transient_growth(eta_lambda=0.01, beta=0.9)
    matrix = theory.numeric_matrix(eta_lambda=0.01, beta=0.9)
    scale = np.diag([0.01, 1.0])
    scaled = scale @ matrix @ np.linalg.inv(scale)
    norms = [np.linalg.norm(np.linalg.matrix_power(scaled, t), 2) for t in range(500)]
    assert worst.peak == pytest.approx(max(norms), rel=1e-12)
    assert worst.step == int(np.argmax(norms)) > 0
    # Units do not matter: only the product ηλ does.
    assert theory.transient_growth(lr=0.1, curvature=0.1, beta=0.9).peak == pytest.approx(
        worst.peak
    )
