"""Verdicts on rules that nobody chose, against runs on functions that nobody chose."""

from fractions import Fraction as F

import numpy as np
import pytest
from eigenstep.analysis.worst_case.cycles import Cycle
from eigenstep.analysis.worst_case.maps import of_polynomials
from eigenstep.analysis.worst_case.place import Place
from eigenstep.analysis.worst_case.verdicts import CONVERGES, CYCLES, decided
from hypothesis import assume, given, settings
from hypothesis import strategies as st


@st.composite
def places(draw):
    """z − 1 times a stable polynomial, and any numerator: a linear rule that rests at every minimizer."""
    order = draw(st.integers(1, 3))
    roots = draw(st.lists(st.fractions(F(-9, 10), F(9, 10), max_denominator=10),
                          min_size=order - 1, max_size=order - 1))  # fmt: skip
    D = [F(1), F(-1)]
    for r in roots:
        D = [a - r * b for a, b in zip([*D, F(0)], [F(0), *D], strict=True)]
    rest = draw(
        st.lists(st.fractions(-1, 1, max_denominator=20), min_size=order - 1, max_size=order - 1)
    )
    N = [F(0), draw(st.fractions(F(-2), F(-1, 20), max_denominator=20)), *rest]
    return Place(tuple(N), tuple(D), 1 / draw(st.sampled_from([F(2), F(10), F(50)])), F(1))


def run(place, gradient, start, steps):
    """y_t of D(q)y = N(q)∇f(y), N of lower degree than D: the rule in its own terms alone."""
    n = len(place.denominator) - 1
    d, b = np.array(place.denominator[1:], float), np.array(place.numerator[1:], float)
    y = [np.array(v, float) for v in start]
    g = [gradient(v) for v in y]
    for _ in range(steps):
        new = sum(-d[k] * y[-1 - k] + b[k] * g[-1 - k] for k in range(n))
        y.append(new)
        g.append(gradient(new))
    return np.array(y)


def bent(random, mu):
    """∇f of one variable: slopes in [μ, 1] between random kinks, 0 at 0."""
    kinks = np.sort(random.uniform(-2, 2, 6))
    slopes = random.choice([mu, 1.0, random.uniform(mu, 1)], 7)
    knots = np.concatenate([[-50], kinks, [50]])
    values = np.concatenate([[0], np.cumsum(slopes * np.diff(knots))])
    zero = np.interp(0, knots, values)

    def gradient(x):
        inside = np.interp(x, knots, values) - zero
        beyond = np.clip(x - 50, 0, None) * slopes[-1] + np.clip(x + 50, None, 0) * slopes[0]
        return inside + beyond

    return gradient


@given(places(), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_what_is_said_to_converge_does_and_what_cycles_cycles(place, seed):
    map_ = of_polynomials(place.N[None], place.D[None], np.array([place.ratio]))
    verdict, certificate, cycle = str(map_.verdict[0]), None, None
    assume(verdict in (CONVERGES, CYCLES))
    exact_verdict, certificate, cycle = decided(place)
    # Exactly on an edge float64 may come out on either side.
    assume(cycle is None or cycle.margin > 1e-9)
    assume(certificate is None or certificate.rho < 1 - F(1, 10**9))
    assert exact_verdict == verdict
    n = len(place.denominator) - 1
    if verdict == CONVERGES:
        rate = float(certificate.rho)
        assert map_.quadratic_rate[0] <= rate < 1
        random = np.random.default_rng(seed)
        steps = int(min(6000, 40 / -np.log(rate)))
        for _ in range(3):
            y = run(place, bent(random, place.ratio), random.normal(size=(n, 1)), steps)
            size = np.abs(y).max(-1)
            left = np.exp(np.log(rate) * steps) * 1e6 * size[:n].max()
            assert size[-n:].max() <= max(left, 1e-9)
    else:
        assert isinstance(cycle, Cycle)
        start = [cycle.points[t % cycle.steps] for t in range(n)]
        y = run(place, cycle.gradient, start, 3)
        expected = [cycle.points[t % cycle.steps] for t in range(n + 3)]
        np.testing.assert_allclose(y, expected, atol=1e-6 * max(1.0, np.abs(cycle.points).max()))


@given(places(), st.integers(0, 5))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_wider_classes_are_not_better(place, step):
    """A lower bound over a class is none above the upper bound over a wider one."""
    wider = Place(place.numerator, place.denominator, place.mu / (2 + step), place.L)
    known = [of_polynomials(p.N[None], p.D[None], np.array([p.ratio])) for p in (place, wider)]
    verdicts = [str(k.verdict[0]) for k in known]
    assume("unstable" not in verdicts and "undecided" not in verdicts)
    if verdicts[1] == CONVERGES:
        assert verdicts[0] == CONVERGES
        assert known[0].quadratic_rate[0] <= known[1].rate[0] + 1e-12
    if verdicts[0] == CYCLES:
        assert verdicts[1] == CYCLES


@pytest.mark.parametrize("kappa", [2, 10, 1000])
def test_no_point_is_both(kappa):
    """Where one multiplier certifies, no star polygon is a cycle: the two sides never overlap."""
    from eigenstep.analysis import derive
    from eigenstep.analysis.worst_case.cycles import shortest_star
    from eigenstep.optimizers.rules import heavy_ball

    beta, h = np.meshgrid(np.linspace(0, 0.99, 70), np.linspace(0.05, 3.95, 70))
    N, D = derive(heavy_ball).transfer.at({"lr": h.ravel(), "beta": beta.ravel()})
    ratio = np.full(len(N), 1 / kappa)
    found = of_polynomials(N, D, ratio, finish=False)
    steps, _ = shortest_star(N, D, ratio)
    assert not ((found.verdict == CONVERGES) & (steps > 0)).any()
    assert (np.isnan(found.rate) | (found.rate >= found.quadratic_rate)).all()
