"""States that follow and do not act: an average or a sum of iterates, on which no step depends."""

from __future__ import annotations

from sympy.polys.matrices import DomainMatrix

from ..tracing import LinearSystem


def acting(system: LinearSystem) -> list[int]:
    """The entries of ξ that θ or the gradient's point depend on, at any number of steps, θ among them."""
    order = system.order
    found = {order - 1, *(i for i in range(order) if system.C[i] != 0)}
    while True:
        more = {j for i in found for j in range(order) if system.A[i, j] != 0} - found
        if not more:
            return sorted(found)
        found |= more


def resting(system: LinearSystem) -> int:
    """How many eigenvalues that are exactly 1, whatever the step, belong to states that do not act.

    So it is with an average that gives the newest iterate the weight 1/t, in the limit of many steps, and
    with a sum: they stay where they are, and θ converges without them.
    """
    kept = acting(system)
    passive = [i for i in range(system.order) if i not in kept]
    if not passive:
        return 0
    block = DomainMatrix.from_Matrix(system.A.extract(passive, passive)).to_field()
    domain, coefficients = block.domain, block.charpoly()
    count = 0
    while len(coefficients) > 1 and sum(coefficients, domain.zero) == domain.zero:
        quotient, carried = [], domain.zero
        for c in coefficients[:-1]:  # by z − 1
            carried = carried + c
            quotient.append(carried)
        coefficients, count = quotient, count + 1
    return count


def without_passive(system: LinearSystem) -> LinearSystem:
    """The system of the entries that act alone; what θ does is the same."""
    kept = acting(system)
    return LinearSystem(
        system.A.extract(kept, kept), system.B.extract(kept, [0]), system.C.extract([0], kept),
        tuple(system.state[i] for i in kept),
    )  # fmt: skip


__all__ = ["acting", "resting", "without_passive"]
