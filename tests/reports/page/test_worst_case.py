"""The page's cycles against Python: which there are, the functions that trap a rule, and its run on them."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.analysis.worst_case.transfer import transfer
from eigenstep.reports.page import javascript
from eigenstep.reports.page.javascript import EXPLORED, momentum_of

HERE = Path(javascript.__file__).parent
LONGEST = 25
NAMES = list(EXPLORED)
SAID = (
    "No cycle of up to ${LONGEST_CYCLE} steps that visits a regular polygon; "
    "see the worst-case figure for what is proved"
)


@cache
def known(name):
    return transfer(derive(EXPLORED[name]))


def chosen(name, h, beta):
    free = momentum_of(derive(EXPLORED[name]))
    return {"lr": h, **({free: beta} if free else {})}


def inverse(name, h, beta, z):
    """1/H(z) = D(z)/N(z) in NumPy."""
    N, D = known(name).at(chosen(name, h, beta))
    return np.polyval(D, z) / np.polyval(N, z)


def least_cycle(name, h, beta, kappa):
    """[K, m] of the least polygon by the pairwise inequalities of the class, which need no cotangent.

    Points y_j = z^j with u_j = w·y_j are of a convex function of smoothness L − μ if, for every t,
    Re(conj(u_0)·(y_0 − y_t)) ≥ |u_0 − u_t|²/(2(L − μ)): by the polygon's symmetry its values there are equal.
    """
    mu = 1 / kappa
    for K in range(2, LONGEST + 1):
        for m in range(1, K // 2 + 1):
            if math.gcd(K, m) > 1:
                continue
            z = np.exp(2j * np.pi * m / K)
            w = inverse(name, h, beta, z) - mu
            y = z ** np.arange(1, K)
            left = (np.conj(w) * (1 - y)).real
            if np.all(left >= np.abs(w * (1 - y)) ** 2 / (2 * (1 - mu))):
                return [K, m]
    return None


def trap(name, h, beta, kappa, cycle):
    """The gradient of the trapping function; the polygon's nearest point by going through its sides."""
    K, m = cycle
    mu, z = 1 / kappa, np.exp(2j * np.pi * m / K)
    w = inverse(name, h, beta, z) - mu
    corners = (1 - w / (1 - mu)) * np.exp(2j * np.pi * np.arange(K) / K)

    def nearest(x):
        ends = np.roll(corners, -1)
        along = ends - corners
        if K > 2 and np.all((np.conj(along) * (x - corners)).imag >= 0):
            return x
        part = np.clip((np.conj(along) * (x - corners)).real / np.abs(along) ** 2, 0, 1)
        feet = corners + part * along
        return feet[np.argmin(np.abs(feet - x))]

    def gradient(x):
        return mu * x + (1 - mu) * (x - nearest(x))

    def value(x):
        return mu / 2 * abs(x) ** 2 + (1 - mu) / 2 * abs(x - nearest(x)) ** 2

    return gradient, value


def system(name, h, beta):
    """A, B, C in NumPy."""
    theory = derive(EXPLORED[name])
    found = theory.system
    values = chosen(name, h, beta)
    at = {
        s: v
        for k, v in values.items()
        for s in found.A.free_symbols | found.B.free_symbols | found.C.free_symbols
        if s.name == {"lr": "eta"}.get(k, k)
    }
    return [np.array(M.subs(at), float) for M in (found.A, found.B, found.C)]


@pytest.fixture(scope="module")
def sample(node):
    """[rule, h, β, κ], 300 of each rule, over the map that the page shows."""
    random = np.random.default_rng(1)
    wide = node(
        "console.log(JSON.stringify(Object.fromEntries(DATA.map(n => [n, THEORY[n].wide]))));",
        NAMES,
    )
    return [
        [name, h * wide[name], beta, 2 * 500**k]
        for name in NAMES
        for h, beta, k in random.uniform([0.01, 0.0, 0.0], [1, 0.999, 1], (300, 3))
    ]


@pytest.fixture(scope="module")
def found(node, sample):
    script = """console.log(JSON.stringify(DATA.map(([n, h, b, k]) => {
      const p = cycleOf(THEORY[n], h, b, k);
      return p && [p.K, p.m];
    })));"""
    return node(script, sample)


def test_the_transfer_function_is_the_rules(node, sample):
    script = """console.log(JSON.stringify(DATA.map(([n, h, b]) =>
      ["numerator", "denominator", "states", "gain", "point"].map(k => THEORY[n][k](h, b)))));"""
    few = sample[::30]
    for (name, h, beta, _), (numerator, denominator, states, gain, point) in zip(
        few, node(script, few), strict=True
    ):
        N, D = known(name).at(chosen(name, h, beta))
        A, B, C = system(name, h, beta)
        assert numerator == pytest.approx(N, abs=1e-12)
        assert denominator == pytest.approx(D, abs=1e-12)
        assert gain == pytest.approx(B.ravel())
        assert point == pytest.approx(C.ravel())
        z = 0.3 + 0.7j
        state = np.linalg.solve(z * np.eye(len(A)) - A, B).ravel()
        assert [np.polyval(s, z) / np.polyval(D, z) for s in states] == pytest.approx(state)


def test_the_least_cycle_at_random_points(sample, found):
    expected = [least_cycle(*point) for point in sample]
    assert len(found) >= 1000
    assert found == expected
    assert {None, 2, 3, 4, 5} <= {f and f[0] for f in found}
    assert {p[0] for p, f in zip(sample, found, strict=True) if f} == set(NAMES)


def test_gradient_descent_turns_between_two_points_beyond_two_over_L(node):
    """For 2/L < η < 2/μ, and nowhere else."""
    points = [["gradient descent", h, 0.0, 8.0] for h in (0.0, 0.5, 1.99, 2.01, 15.9, 16.1)]
    script = "console.log(JSON.stringify(DATA.map(([n, h, b, k]) => cycleOf(THEORY[n], h, b, k)?.K || 0)));"
    assert node(script, points) == [0, 0, 0, 2, 2, 0]


def test_the_trapping_functions_at_random_points(node, sample, found):
    random = np.random.default_rng(2)
    trapped = [[*p, c] for p, c in zip(sample, found, strict=True) if c]
    data = [[*trapped[k % len(trapped)], *random.normal(0, 1.5, 2)] for k in range(1000)]
    script = """console.log(JSON.stringify(DATA.map(([n, h, b, k, [K, m], x, y]) => {
      const f = trapOf(THEORY[n], h, b, k, POLYGONS.find(p => p.K === K && p.m === m));
      return [f.gradient(x, y), f.value(x, y), f.orbit.map(p => f.gradient(...p))];
    })));"""
    for (name, h, beta, kappa, cycle, x, y), (gradient, value, on) in zip(
        data, node(script, data), strict=True
    ):
        slope, f = trap(name, h, beta, kappa, cycle)
        point = complex(x, y)
        assert complex(*gradient) == pytest.approx(slope(point), rel=1e-9, abs=1e-12)
        assert value == pytest.approx(f(point), rel=1e-9)
        K, m = cycle
        z = np.exp(2j * np.pi * m / K)
        wanted = inverse(name, h, beta, z) * z ** np.arange(K + 1)
        assert np.array(on) @ [1, 1j] == pytest.approx(wanted, abs=1e-9)
        # The class: μ ≤ ⟨∇f(x) − ∇f(y), x − y⟩/|x − y|², and by L − μ with what is above μ.
        other = complex(*random.normal(0, 1.5, 2))
        step, rise = point - other, slope(point) - slope(other)
        excess = rise - step / kappa
        assert (np.conj(excess) * step).real >= abs(excess) ** 2 / (1 - 1 / kappa) - 1e-12


RUN = """console.log(JSON.stringify(DATA.map(([n, h, b, k, [K, m], kick]) => {
  const f = trapOf(THEORY[n], h, b, k, POLYGONS.find(p => p.K === K && p.m === m));
  return runTrapped(THEORY[n], h, b, f, 200, kick);
})));"""


def test_a_rule_on_its_orbit_stays_on_it(node, sample, found):
    """200 steps where the orbit attracts; where it repels, while rounding has not grown to 1e-6."""
    data = [[*p, c, [0, 0]] for p, c in zip(sample, found, strict=True) if c]
    attracts = 0
    for (name, h, beta, _, (K, m), _), path in zip(data, node(RUN, data), strict=True):
        theory = derive(EXPLORED[name])
        free = momentum_of(theory)
        radius = float(theory.spectral_radius(eta_lambda=h, **({free: beta} if free else {})))
        steps = 200 if radius < 1 else min(200, int(math.log(1e8) / math.log(max(radius, 1.01))))
        attracts += radius < 1
        steps = min(steps, len(path) - 1)
        assert steps == 200 or radius > 1
        wanted = np.exp(2j * np.pi * m / K * np.arange(steps + 1))
        assert np.array(path[: steps + 1]) @ [1, 1j] == pytest.approx(wanted, abs=1e-6)
    assert attracts > 50


@pytest.mark.parametrize("name", NAMES)
def test_a_kicked_run_is_the_rules(node, sample, found, name):
    """Forty steps from beside the orbit, on which the function bends, as in NumPy."""
    few = [[*p, c, [0.08, 0.06]] for p, c in zip(sample, found, strict=True) if c and p[0] == name]
    for (_, h, beta, kappa, cycle, kick), path in zip(few[:20], node(RUN, few[:20]), strict=True):
        A, B, C = system(name, h, beta)
        slope, _ = trap(name, h, beta, kappa, cycle)
        z = np.exp(2j * np.pi * cycle[1] / cycle[0])
        state = np.linalg.solve(z * np.eye(len(A)) - A, B * inverse(name, h, beta, z)).ravel()
        state[-1] += complex(*kick)
        for y in path[: 40 if len(path) == 201 else 8]:
            point = (C @ state)[0]
            assert complex(*y) == pytest.approx(point, rel=1e-6, abs=1e-6)
            state = A @ state + B.ravel() * slope(point)


@pytest.mark.parametrize(
    ("name", "h", "beta", "cycle"),
    [("gradient descent", 2.5, 0, [2, 1]), ("heavy ball", 1.2, 0.85, [7, 1]),
     ("heavy ball", 2.7, 0.5, [3, 1])],
)  # fmt: skip
def test_the_running_rule_is_trapped(name, h, beta, cycle):
    """The rule's own code, step after step, on the function that the page draws, goes round for ever."""
    rule, kappa, two = EXPLORED[name], 45.0, np.array
    assert least_cycle(name, h, beta, kappa) == cycle
    z = np.exp(2j * np.pi * cycle[1] / cycle[0])
    slope, _ = trap(name, h, beta, kappa, cycle)
    A, B, _ = system(name, h, beta)
    *kept, theta = np.linalg.solve(z * np.eye(len(A)) - A, B * inverse(name, h, beta, z)).ravel()
    theta, *state = [two([v.real, v.imag]) for v in (theta, *kept)]
    full = rule.with_defaults(chosen(name, h, beta))
    for t in range(1, 22 if h > 2 and not beta else 201):
        coefficients = rule.coefficients(t, full)
        point = rule.gradient_point(theta, *state, **coefficients)
        assert complex(*point) == pytest.approx(z ** (t - 1), abs=1e-6)
        g = slope(complex(*point))
        theta, *state = rule(theta, two([g.real, g.imag]), *state, **coefficients)


def test_it_never_claims_that_a_rule_converges():
    page = (HERE / "interactive.js").read_text(encoding="utf-8")
    assert SAID in page
    over_all = page.partition("const overAll")[2].partition("const said")[0]
    assert "converge" not in over_all
    assert "converge" not in (HERE / "worst_case.js").read_text(encoding="utf-8")


def test_it_is_small():
    assert len((HERE / "worst_case.js").read_bytes()) < 12_000
