"""Three rules as PEPit has them: the worst squared distance after some steps, from a start at distance 1."""

from PEPit import PEP
from PEPit.functions import SmoothStronglyConvexFunction


def worst(name, mu, L, steps, lr, beta=0.0):
    """The worst case after ``steps`` of gradient_descent, heavy_ball or nesterov, at rest at the start."""
    problem = PEP()
    f = problem.declare_function(SmoothStronglyConvexFunction, mu=mu, L=L)
    best = f.stationary_point()
    new = old = problem.set_initial_point()
    problem.set_initial_condition((new - best) ** 2 <= 1)
    for _ in range(steps):
        ahead = new + beta * (new - old) if name == "nesterov" else new
        push = beta * (new - old)
        old, new = new, new + push - lr * f.gradient(ahead)
    problem.set_performance_metric((new - best) ** 2)
    return problem.solve(verbose=0, wrapper="cvxpy", solver="CLARABEL")
