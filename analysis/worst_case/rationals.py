"""Polynomials over the rationals: whether one is negative on an interval, whether its roots lie in a disk.

Numbers are :class:`fractions.Fraction`; nothing is rounded.

>>> from fractions import Fraction as F
>>> negative([F(-2), F(0), F(1)], F(-1), F(1))                # c² − 2 on [−1, 1]
True
>>> roots_within([F(1), F(0), F(-1, 4)], F(1, 2)), roots_within([F(1), F(0), F(-1, 4)], F(3, 5))
(False, True)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, comb, gcd, lcm

Polynomial = Sequence[Fraction]
STURM = 12
"""The degree up to which a polynomial's sign is decided by Sturm's theorem."""
_BITS, _DEEPEST = 2**256, 60


def _integers(p: Polynomial) -> list[int]:
    """A positive multiple of p with integer coefficients."""
    scale = lcm(*(c.denominator for c in p))
    numbers = [int(c * scale) for c in p]
    common = gcd(*numbers)
    return [n // common for n in numbers] if common > 1 else numbers


def _sign_at(p: Sequence[int], x: Fraction) -> int:
    """The sign of an integer polynomial, lowest coefficient first."""
    total, power = 0, 1
    for c in reversed(p):
        total, power = total * x.numerator + c * power, power * x.denominator
    return (total > 0) - (total < 0)


def sturm_sequence(p: Polynomial) -> list[list[int]]:
    """p, p′ and the negated remainders, as positive multiples in integers; lowest coefficient first."""
    first = _integers(p)
    sequence = [first, _primitive([i * c for i, c in enumerate(first)][1:])]
    while len(sequence[-1]) > 1:
        rest = _negated_remainder(sequence[-2], sequence[-1])
        if not rest:
            break
        sequence.append(_primitive(rest))
    return sequence


def _primitive(p: list[int]) -> list[int]:
    common = gcd(*p)
    return [c // common for c in p] if common > 1 else p


def _negated_remainder(a: list[int], b: list[int]) -> list[int]:
    """A positive multiple of −(a mod b)."""
    rest, lead = list(a), b[-1]
    size = abs(lead)
    while len(rest) >= len(b):
        top = rest.pop()
        if top:
            factor = top if lead > 0 else -top
            rest = [size * c for c in rest]
            start = len(rest) + 1 - len(b)
            for i, c in enumerate(b[:-1]):
                rest[start + i] -= factor * c
    while rest and not rest[-1]:
        rest.pop()
    return [-c for c in rest]


def negative(p: Polynomial, lower: Fraction, upper: Fraction) -> bool:
    """Whether p < 0 on all of [lower, upper]: by Sturm's theorem, above a degree of 12 by Bernstein's.

    Above that degree False may also say that it is too near to 0 to tell.

    Args:
        p: coefficients, the lowest first.
        lower, upper: the closed interval's ends.
    """
    trimmed = list(p)
    while len(trimmed) > 1 and not trimmed[-1]:
        trimmed.pop()
    if len(trimmed) - 1 > STURM:
        return _negative_by_parts(trimmed, lower, upper)
    whole = _integers(trimmed) if any(trimmed) else [0]
    if _sign_at(whole, lower) >= 0 or _sign_at(whole, upper) >= 0:
        return False
    if len(whole) <= 2:
        return True
    sequence = sturm_sequence(trimmed)
    return _changes(sequence, lower) == _changes(sequence, upper)


def _negative_by_parts(p: Polynomial, lower: Fraction, upper: Fraction) -> bool:
    """Whether all of p's Bernstein coefficients are negative on each part of a subdivision.

    The coefficients are rounded upwards to integers of some 256 bits, and each halving rounds upwards too, so
    that they bound p from above.
    """
    shifted = [Fraction(0)]
    for c in reversed(p):  # p(lower + (upper − lower)t) in powers of t
        scaled = [Fraction(0), *(a * (upper - lower) for a in shifted)]
        shifted = [a + lower * b for a, b in zip(scaled, [*shifted, Fraction(0)], strict=True)]
        shifted[0] += c
    n = len(p) - 1
    shifted = shifted[: n + 1]
    exact = [
        sum(shifted[k] * Fraction(comb(i, k), comb(n, k)) for k in range(i + 1))
        for i in range(n + 1)
    ]
    size = max(map(abs, exact)) or Fraction(1)
    parts = [([ceil(b / size * _BITS) for b in exact], 0)]
    while parts:
        row, depth = parts.pop()
        if row[0] >= 0 or row[-1] >= 0 or depth > _DEEPEST:
            return False
        if max(row) < 0:
            continue
        left, right = [row[0]], [row[-1]]
        while len(row) > 1:
            row = [(a + b + 1) >> 1 for a, b in pairwise(row)]
            left.append(row[0])
            right.append(row[-1])
        parts += [(left, depth + 1), (right[::-1], depth + 1)]
    return True


def _changes(sequence: Sequence[Sequence[int]], x: Fraction) -> int:
    signs = [s for s in (_sign_at(p, x) for p in sequence) if s]
    return sum(a != b for a, b in pairwise(signs))


def roots_within(p: Polynomial, radius: Fraction) -> bool:
    """Whether all roots of p lie in |z| < radius, by the Schur–Cohn recursion.

    Args:
        p: coefficients, the highest first; the leading one is not 0.
        radius: r > 0.
    """
    power, scaled = Fraction(1), []
    for c in reversed(p):
        scaled.append(c * power)
        power *= radius
    a = _integers(scaled[::-1])
    while len(a) > 1:
        first, last = a[0], a[-1]
        if not abs(last) < abs(first):
            return False
        a = _primitive([first * x - last * y for x, y in zip(a, reversed(a), strict=True)][:-1])
    return True


def frequency_polynomial(
    first: Polynomial, second: Polynomial, rho: Fraction, multipliers: Mapping[int, Fraction]
) -> list[Fraction]:
    r"""q = Re{conj(P)·(1 − Σλ_d z⁻ᵈ)·Q} on |z| = ρ as a polynomial in c = cos φ, the lowest first.

    Args:
        first, second: P and Q, the highest coefficient first, of the same length.
        rho: ρ > 0.
        multipliers: λ_d by lag d, which may be of either sign.
    """
    n = len(first) - 1
    power = [rho**k for k in range(n + 1)]
    p = [first[n - k] * power[k] for k in range(n + 1)]
    q = [second[n - k] * power[k] for k in range(n + 1)]
    pairs: dict[int, Fraction] = {}
    for j, a in enumerate(p):
        for k, b in enumerate(q):
            pairs[k - j] = pairs.get(k - j, Fraction(0)) + a * b
    cosines: dict[int, Fraction] = {}
    for lag, value in {0: Fraction(-1), **multipliers}.items():
        weight = -value * rho ** (-lag)
        for shift, product in pairs.items():
            m = abs(shift - lag)
            cosines[m] = cosines.get(m, Fraction(0)) + weight * product
    return _powers_of_cosine([cosines.get(m, Fraction(0)) for m in range(max(cosines) + 1)])


def _powers_of_cosine(cosines: Sequence[Fraction]) -> list[Fraction]:
    """Σ a_m cos mφ as a polynomial in cos φ, by the recurrence of Chebyshev's polynomials."""
    out = [Fraction(0)] * len(cosines)
    before, now = [0, 1], [1]
    for a in cosines:
        for i, t in enumerate(now):
            if t:
                out[i] += a * t
        after = [0, *(2 * t for t in now)]  # T₁ = 2cT₀ − T₋₁, where T₋₁ = c
        for i, t in enumerate(before):
            after[i] -= t
        before, now = now, after
    return out


__all__ = ["Polynomial", "frequency_polynomial", "negative", "roots_within", "sturm_sequence"]
