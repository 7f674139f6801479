"""Against PEPit, which knows nothing of frequencies: one-step Lyapunov functions, cycles, finite horizons."""

import operator
from fractions import Fraction as F
from functools import reduce

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers.rules import gradient_descent, heavy_ball, nesterov, triple_momentum

pepit = pytest.importorskip("PEPit")
cvxpy = pytest.importorskip("cvxpy")
import PEPit.examples.unconstrained_convex_minimization as examples  # noqa: E402
from PEPit.functions import SmoothStronglyConvexFunction  # noqa: E402

MU, L = 1 / 25, 1.0
SOLVER = 1e-4
"""Relative; what the semidefinite solver leaves."""


def total(terms):
    """A sum of PEPit's points, which cannot be added to 0."""
    return reduce(operator.add, terms)


def matrices(rule, values):
    theory = derive(rule)
    at = {theory.trace.free[k]: v for k, v in values.items()}
    system = theory.system
    return [np.array(m.subs(at).tolist(), float) for m in (system.A, system.B, system.C)]


def lyapunov(A, B, C, rho, weight):
    """P with ζ⁺ᵀPζ⁺ − ρ²ζᵀPζ + ⟨u, v − λ₁v₋⟩ ≤ 0, ζ = (ξ, v₋): the Kalman–Yakubovich–Popov lemma’s."""
    n = len(A)
    step = np.block([[A, np.zeros((n, 1)), B], [L * C, np.zeros((1, 1)), -np.ones((1, 1))]])
    u = np.hstack([-MU * C, [[0.0, 1.0]]])
    v = np.hstack([L * C, [[-weight, -1.0]]])
    keep = np.hstack([np.eye(n + 1), np.zeros((n + 1, 1))])
    P = cvxpy.Variable((n + 1, n + 1), symmetric=True)
    form = step.T @ P @ step - rho**2 * keep.T @ P @ keep + (u.T @ v + v.T @ u) / 2
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(P, "fro")), [form << 0])
    problem.solve(solver=cvxpy.CLARABEL)
    assert problem.status in ("optimal", "optimal_inaccurate")
    return P.value


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
@pytest.mark.parametrize(
    ("rule", "values"),
    [
        (heavy_ball, {"lr": F(3, 2), "beta": F(1, 2)}),
        (nesterov, {"lr": F(1), "beta": F(2, 3)}),
        (nesterov, {"lr": F(5, 4), "beta": F(3, 5)}),
    ],
)
def test_the_certificates_lyapunov_function_decreases(rule, values):
    """ζᵀPζ + ψ₋ shrinks by ρ² in every step, on every function: PEPit maximizes over all of them."""
    N, D = derive(rule).transfer.at({k: float(v) for k, v in values.items()})
    from eigenstep.analysis.worst_case.frequencies import rates

    rate, weight, _ = rates(N[None] * L, D[None], np.array([MU / L]))
    rho, weight = float(rate[0]) + 1e-4, float(weight[0])
    A, B, C = matrices(rule, values)
    P = lyapunov(A, B, C, rho, weight)
    problem = pepit.PEP()
    f = problem.declare_function(SmoothStronglyConvexFunction, mu=MU, L=L)
    best = f.stationary_point()
    state = [problem.set_initial_point() - best for _ in range(len(A))]
    before = problem.set_initial_point()
    g_before, f_before = f.oracle(before)
    y = total(float(c) * x for c, x in zip(C[0], state, strict=True))
    g, value = f.oracle(best + y)

    def psi(point, gradient, value):
        u = gradient - MU * (point - best)
        return (L - MU) * (value - f(best) - MU / 2 * (point - best) ** 2) - u**2 / 2

    def quadratic(entries):
        return total(
            P[i, j] * (a * b) for i, a in enumerate(entries) for j, b in enumerate(entries)
        )

    now = [*state, L * (before - best) - g_before]
    later = [
        total(float(A[i, j]) * x for j, x in enumerate(state)) + float(B[i, 0]) * g
        for i in range(len(A))
    ]
    later.append(L * y - g)
    problem.set_initial_condition(quadratic(now) + psi(before, g_before, f_before) <= 1)
    problem.set_performance_metric(quadratic(later) + psi(best + y, g, value))
    found = problem.solve(verbose=0, wrapper="cvxpy", solver="CLARABEL")
    assert found <= rho**2 * (1 + SOLVER)


@pytest.mark.parametrize(
    ("lr", "beta", "steps"), [(25 / 9, 4 / 9, 3), (3.0, 0.8, 3), (2.2, 0.6, 4), (1.0, 0.9, 3)]
)
def test_cycles_where_pepit_finds_them(lr, beta, steps):
    """The smallest distance from the start after K steps, from starts at least 1 apart: 0 is a cycle."""
    from eigenstep.analysis.worst_case.cycles import star_margin

    problem = pepit.PEP()
    f = problem.declare_function(SmoothStronglyConvexFunction, mu=1 / 25, L=1.0)
    first, second = problem.set_initial_point(), problem.set_initial_point()
    problem.set_initial_condition((second - first) ** 2 >= 1)
    old, new = first, second
    for _ in range(steps):
        old, new = new, new - lr * f.gradient(new) + beta * (new - old)
    problem.set_performance_metric(-((new - second) ** 2 + (old - first) ** 2))
    found = problem.solve(verbose=0, wrapper="cvxpy", solver="CLARABEL")
    returns = found is not None and found > -1e-5
    N, D = derive(heavy_ball).transfer.at({"lr": lr, "beta": beta})
    ours = [
        star_margin(N[None], D[None], np.array([1 / 25]), steps, m)[0]
        for m in range(1, steps // 2 + 1)
    ]
    assert returns == (max(ours) >= 0)


@pytest.mark.parametrize("steps", [1, 4])
def test_gradient_descents_finite_horizon(steps):
    """Of gradient descent the rate is the worst case of any number of steps: ρ²ᵗ (Polyak 1963)."""
    lr = F(5, 3)
    problem = pepit.PEP()
    f = problem.declare_function(SmoothStronglyConvexFunction, mu=MU, L=L)
    best = f.stationary_point()
    x = problem.set_initial_point()
    problem.set_initial_condition((x - best) ** 2 <= 1)
    for _ in range(steps):
        x = x - float(lr) * f.gradient(x)
    problem.set_performance_metric((x - best) ** 2)
    found = problem.solve(verbose=0, wrapper="cvxpy", solver="CLARABEL")
    low, high = derive(gradient_descent).worst_case(mu=F(1, 25), L=1, lr=lr).rate
    assert low ** (2 * steps) * (1 - SOLVER) <= found <= high ** (2 * steps) * (1 + SOLVER)


EXAMPLES = {
    # PEPit's example and its arguments; whether the printed value is attained; the rate per step that it has
    "gradient_descent": ({"L": 1, "gamma": 1, "n": 3}, True, None),
    "optimized_gradient": ({"L": 1, "n": 3}, True, None),
    "subgradient_method": ({"M": 1, "n": 3, "gamma": 0.5}, True, None),
    "triple_momentum": ({"mu": 0.1, "L": 1, "n": 3}, True, 1 - 0.1**0.5),
    "heavy_ball_momentum": (
        {"mu": 0.1, "L": 1, "alpha": 0.5, "beta": (0.95 * 0.5) ** 0.5, "n": 3}, False, 0.95**0.5),
    "accelerated_gradient_strongly_convex": (
        {"mu": 0.1, "L": 1, "n": 3}, False, (1 - 0.1**0.5) ** 0.5),
}  # fmt: skip
"""Of convex functions where there is no μ."""
MINE = {
    "triple_momentum": (triple_momentum, {
        "lr": 2 - 0.1**0.5, "beta": (1 - 0.1**0.5) ** 2 / (1 + 0.1**0.5),
        "gamma": (1 - 0.1**0.5) ** 2 / ((2 - 0.1**0.5) * (1 + 0.1**0.5)),
    }),
    "heavy_ball_momentum": (heavy_ball, {"lr": 0.5, "beta": (0.95 * 0.5) ** 0.5}),
    "accelerated_gradient_strongly_convex": (
        nesterov, {"lr": 1, "beta": (1 - 0.1**0.5) / (1 + 0.1**0.5)}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_pepits_own_examples(name):
    """Their printed values bound what the solver finds, and our certified rates are no larger than theirs."""
    arguments, attained, printed_rate = EXAMPLES[name]
    example = getattr(examples, f"wc_{name}")
    found, printed = example(**arguments, wrapper="cvxpy", solver="CLARABEL", verbose=-1)
    assert found <= printed * (1 + SOLVER)
    if attained:
        assert found == pytest.approx(printed, rel=SOLVER)
    if name in MINE:
        rule, values = MINE[name]
        low, high = derive(rule).worst_case(mu=0.1, L=1, **values).rate
        assert high <= printed_rate + 1e-6
        if attained:
            assert low >= printed_rate - 1e-5
