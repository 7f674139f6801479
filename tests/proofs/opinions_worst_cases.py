"""Second opinions on worst cases: Sturm and Schur–Cohn in fractions; polygons pair by pair."""

import random
from fractions import Fraction

import mpmath
from eigenstep.analysis.worst_case.rationals import frequency_polynomial, negative, roots_within
from exact import Exact, settings, typed
from fraction_matrices import characteristic
from names_used import names_in
from opinions_matrices import step_matrix

_POINTS, _DRAWN = 40, 20000


def _points(claim, texts):
    """Rational points with whether all of the texts hold, those where the hypotheses do."""
    used = [*claim.hypotheses, *texts, *claim.values.values(), claim.mu, claim.L]
    names = sorted(set().union(*(names_in(t) for t in used)))
    draw, inside, outside = random.Random(1), [], []
    for _ in range(_DRAWN):
        at = {n: Exact(Fraction(draw.randint(1, 256), draw.choice((64, 128, 256)))) for n in names}
        if not all(bool(typed(h, at).elements[0]) for h in claim.hypotheses):
            continue
        found = inside if all(bool(typed(t, at).elements[0]) for t in texts) else outside
        if len(found) < _POINTS:
            found.append(at)
        if len(inside) == _POINTS and (not texts or len(outside) == _POINTS):
            break
    return inside, outside


def _read(text, at):
    return typed(text, at).elements[0]


def _polynomials(claim, at):
    """D − μN and D − L·N of the running code."""
    values = settings(claim.rule, {k: Exact(_read(t, at)) for k, t in claim.values.items()})
    return [
        characteristic(step_matrix(claim.rule, values, _read(c, at))[0])
        for c in (claim.mu, claim.L)
    ]


def contractions(claim):
    inside, outside = _points(claim, claim.conditions)
    if len(inside) < 10:
        return None
    for at in inside:
        lower, upper = _polynomials(claim, at)
        rho = Fraction(_read(claim.rate, at))
        weights = {d: Fraction(_read(t, at)) for d, t in claim.multipliers.items()}
        if any(w < 0 for w in weights.values()) or sum(weights.values()) > 1:
            return False
        if sum(w * rho ** (-2 * d) for d, w in weights.items()) > 1 or not roots_within(lower, rho):
            return False
        q = frequency_polynomial(lower, [-a for a in upper], rho, weights)
        if rho == 1 and sum(weights.values()) == 1:
            quotient, carried = [], Fraction(0)
            for a in q[:-1]:  # by 1 − c, from the lowest coefficient on
                carried += a
                quotient.append(carried)
            if carried + q[-1]:
                return False
            q = quotient
        if not negative(q, Fraction(-1), Fraction(1)):
            return False
    for at in outside:
        rho = Fraction(_read(claim.rate, at))
        if all(roots_within(p, rho) for p in _polynomials(claim, at)):
            return False
    return True


def trapped(claim):
    """⟨u_t, v_t − v_s⟩ ≥ 0 for all pairs of the polygon's corners, which interpolation asks for."""
    inside, _ = _points(claim, ())
    if len(inside) < 10:
        return None
    with mpmath.workdps(60):
        for at in inside:
            lower, upper = _polynomials(claim, at)
            turn = mpmath.expjpi(mpmath.mpf(2 * claim.star) / claim.steps)
            # With y = N they are u = D − μN and v = L·N − D.
            u, v = (mpmath.polyval([mpmath.mpf(a.numerator) / a.denominator for a in p], turn)
                    for p in (lower, [-a for a in upper]))  # fmt: skip
            for apart in range(1, claim.steps):
                inner = mpmath.re(mpmath.conj(u) * v * (1 - turn**-apart))
                if inner < -(mpmath.mpf(10) ** -50):
                    return False
    return True
