"""Diagonal scaling: what it does to condition numbers, on random matrices and where it does harm."""

import numpy as np
import pytest
from eigenstep.analysis.adaptive import preconditioning as pre
from eigenstep.optimizers.errors import DomainError


def matrices(n, count=50):
    random = np.random.default_rng(0)
    for _ in range(count):
        a = random.standard_normal((n, n)) * 10 ** random.uniform(-1, 1, n)
        yield a @ a.T + 1e-3 * np.eye(n)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_scaled(n):
    for Q in matrices(n):
        tilde = pre.scaled(Q)
        assert np.diag(tilde) == pytest.approx(np.ones(n))
        assert pre.condition_number(Q) == pytest.approx(np.linalg.cond(Q), rel=1e-6)
        root = np.diag(np.diag(Q) ** -0.5)
        assert tilde == pytest.approx(root @ Q @ root)
        assert pre.condition_number(tilde) <= pre.gerschgorin_bound(Q) * (1 + 1e-9)
        if n <= 2:
            assert pre.condition_number(tilde) <= pre.condition_number(Q) * (1 + 1e-9)


def test_axis_aligned_it_ends_the_problem():
    assert pre.condition_number(pre.scaled(np.diag([1.0, 100.0, 1e6]))) == 1
    assert pre.gerschgorin_bound(np.diag([1.0, 100.0])) == 1


def test_eigenvalues_lie_in_discs():
    for M in np.random.default_rng(1).standard_normal((20, 5, 5)):
        centres, radii = pre.discs(M)
        for value in np.linalg.eigvals(M):
            assert (np.abs(value - centres) <= radii + 1e-12).any()


def test_the_family_where_it_does_harm():
    worse = 0
    for p, q, r, s in np.random.default_rng(2).uniform(0.1, 9, (3000, 4)):
        try:
            Q = pre.worse_when_scaled(p, q, r, s)
        except DomainError:
            continue
        worse += 1
        assert pre.condition_number(pre.scaled(Q)) > pre.condition_number(Q)
    assert worse > 100


@pytest.mark.parametrize(
    "bad", [[[1, 2], [3, 4]], [[1, 0], [0, -1]], [[np.nan]], [], [[1, 2]], [[0.0]], [1.0]]
)
def test_bad_input(bad):
    with pytest.raises(DomainError):
        pre.scaled(bad)
