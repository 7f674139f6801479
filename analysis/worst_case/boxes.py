r"""Whole boxes of a plane of hyperparameters, so that a coloured area is a theorem.

On a box q(x, y, c), the frequency test with ρ and λ₁ that the whole box shares, is a polynomial. Its
Bernstein coefficients bound it: where all are negative the test is passed at every point. Then D − μN
has no root on \|z\| = ρ anywhere in the box, so that as many lie inside everywhere: one exact
Schur–Cohn test, at the centre, is enough. A star polygon's margin is a polynomial too, one for each
sign of Im w.

All is computed in float64 beside a bound of its rounding: every number is made by sums and products only, at
most some hundred one after another, of the same numbers without their signs (Higham 2002, § 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import comb
from typing import Any

import numpy as np
import sympy as sp

from ...optimizers.errors import DomainError, RuleError
from ..reals import real_array
from .asking import check_class, values_of
from .cycles import star_polygons
from .frequencies import Test as FrequencyTest
from .frequencies import angles, cosine_powers, one_multiplier, rates
from .maps import CONVERGES, CYCLES, UNDECIDED, Flat, flattened
from .rationals import roots_within
from .theory import Theory

_ROUNDING = 256 * 2.0**-53
"""More than (1 + u)^k − 1 for as many roundings k as follow one another here."""
_ABOVE = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
"""By how much the rate of a box is tried above those of its corners."""
_PARTS = 24
"""Pieces of −1 ≤ c ≤ 1."""
_LONGEST = 25
_CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


@dataclass(frozen=True)
class Boxes:
    """Verdicts on boxes; arrays are (second axis, first axis), one entry a box.

    Attributes:
        edges: of the boxes, by hyperparameter.
        verdict: ``"converges"`` at every point of the box, ``"cycles"`` at every point, or ``"undecided"``.
        rate: an upper bound for all of the box, 1 where only convergence is proved, else NaN.
        steps: K of a star polygon that is a cycle on all of the box, else 0.
    """

    edges: Mapping[str, np.ndarray]
    verdict: np.ndarray
    rate: np.ndarray
    steps: np.ndarray

    @property
    def decided(self) -> float:
        """The share of the boxes' area that is decided."""
        first, second = (np.diff(e) for e in self.edges.values())
        area = second[:, None] * first
        return float(area[self.verdict != UNDECIDED].sum() / area.sum())


@dataclass(frozen=True)
class _Bounded:
    """Polynomials in two variables on [0, 1]², one a box: values (boxes, i, j), and sizes for rounding."""

    value: np.ndarray
    size: np.ndarray

    def __add__(self, other: _Bounded) -> _Bounded:
        rows, columns = np.maximum(self.value.shape[1:], other.value.shape[1:])

        def padded(a: np.ndarray) -> np.ndarray:
            return np.pad(a, ((0, 0), (0, rows - a.shape[1]), (0, columns - a.shape[2])))

        return _Bounded(
            padded(self.value) + padded(other.value), padded(self.size) + padded(other.size)
        )

    def __mul__(self, other: _Bounded) -> _Bounded:
        return _Bounded(_product(self.value, other.value), _product(self.size, other.size))

    def times(self, factor: Any) -> _Bounded:
        """Times a number for each box, or one for all."""
        by = np.reshape(np.asarray(factor, float), (-1, 1, 1))
        return _Bounded(self.value * by, self.size * np.abs(by))

    def bernstein(self) -> _Bounded:
        """The same in Bernstein's basis."""
        left, right = (_to_bernstein(n) for n in self.value.shape[1:])
        return _Bounded(left @ self.value @ right.T, left @ self.size @ right.T)

    def highest(self) -> np.ndarray:
        """An upper bound on each box of what it is in Bernstein's basis."""
        return (self.value + _ROUNDING * self.size).max((1, 2))

    def lowest(self) -> np.ndarray:
        return (self.value - _ROUNDING * self.size).min((1, 2))


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    found = np.zeros((len(a), a.shape[1] + b.shape[1] - 1, a.shape[2] + b.shape[2] - 1))
    for i in range(a.shape[1]):
        for j in range(a.shape[2]):
            found[:, i : i + b.shape[1], j : j + b.shape[2]] += a[:, i, j, None, None] * b
    return found


def _to_bernstein(count: int) -> np.ndarray:
    """Coefficients of Bernstein's basis from those of powers: C(i, k)/C(n, k), none negative."""
    n = count - 1
    return np.array([[comb(i, k) / comb(n, k) for k in range(count)] for i in range(count)])


def _shifted(lower: np.ndarray, width: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(boxes, i, k): xⁱ with x = lower + width·s in powers of s; and the sizes."""
    found = np.zeros((len(lower), count, count))
    size = np.zeros_like(found)
    for i in range(count):
        for k in range(i + 1):
            term = comb(i, k) * lower ** (i - k) * width**k
            found[:, i, k], size[:, i, k] = term, np.abs(term)
    return found, size


class _Plane:
    """N and D on each box, with L = 1, as polynomials in both variables."""

    def __init__(
        self, theory: Theory, mu: Any, L: Any, values: Mapping[str, Any], names: tuple[str, ...]
    ) -> None:
        found, scale = theory.transfer, float(L)
        self.theory, self.mu, self.L, self.fixed, self.names = theory, mu, L, values, names
        self.ratio = float(mu) / scale
        at = {found.symbols[k]: sp.nsimplify(v, rational=True) for k, v in values.items()}
        symbols = [found.symbols[k] for k in names]
        self.N = [self._table(theory, c, at, symbols) * scale for c in found.numerator]
        self.D = [self._table(theory, c, at, symbols) for c in found.denominator]

    @staticmethod
    def _table(
        theory: Theory, coefficient: Any, at: Mapping[Any, Any], symbols: Sequence[Any]
    ) -> np.ndarray:
        """c[i, j] of xⁱyʲ."""
        expression = sp.sympify(coefficient).subs(at)
        if not expression.is_polynomial(*symbols):
            raise RuleError(
                f"rule {theory.rule.name}: its transfer function is no polynomial in {symbols[0]} and "
                f"{symbols[1]}"
            )
        polynomial = sp.Poly(expression, *symbols)
        table = np.zeros([d + 1 for d in polynomial.degree_list()] if expression != 0 else (1, 1))
        for powers, c in polynomial.terms():
            table[powers] = float(c)
        return table

    def on(self, lower: np.ndarray, width: np.ndarray) -> tuple[list[_Bounded], list[_Bounded]]:
        """N and D, highest power of z first, on boxes given by (boxes, 2) corners and widths."""

        def moved(table: np.ndarray) -> _Bounded:
            x, x_size = _shifted(lower[:, 0], width[:, 0], table.shape[0])
            y, y_size = _shifted(lower[:, 1], width[:, 1], table.shape[1])
            return _Bounded(
                np.einsum("mik,mjl,ij->mkl", x, y, table),
                np.einsum("mik,mjl,ij->mkl", x_size, y_size, np.abs(table)),
            )

        return [moved(t) for t in self.N], [moved(t) for t in self.D]

    def rates_at(self, points: np.ndarray) -> tuple[np.ndarray, Flat]:
        """The certified rates of single points, (points, 2), NaN where there is none."""
        given = dict(zip(self.names, points.T, strict=True))
        flat = flattened(self.theory.transfer, self.mu, self.L, {**given, **self.fixed})
        return rates(flat.N, flat.D, flat.ratio, tolerance=1e-4)[0], flat

    def decide(self, cells: np.ndarray, widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of boxes the rate that holds on all of each, NaN where none was found, and K of a cycle, or 0."""
        rate, steps = np.full(len(cells), np.nan), np.zeros(len(cells), int)
        if not len(cells):
            return rate, steps
        N, D = self.on(cells, widths)
        centre, middle = self.rates_at(cells + widths / 2)
        corners = [self.rates_at(cells + widths * np.array(c))[0] for c in _CORNERS]
        top = np.max([centre, *corners], axis=0)
        test = FrequencyTest(middle.N, middle.D, middle.ratio)
        table = np.cos(np.arange(len(D) + 1)[:, None] * angles(181, self.ratio))
        for above in (*_ABOVE, None):
            rho = np.ones(len(cells)) if above is None else top + above
            at = np.flatnonzero(
                np.isnan(rate) & (np.isfinite(centre) if above is None else rho < 1)
            )
            found, weight = one_multiplier(test.only(at), rho[at], table)
            weight = np.clip(weight, 0.0, rho[at] ** 2 * (1 - 1e-6))
            found &= _passes(_some(N, at), _some(D, at), self.ratio, rho[at], weight)
            held = at[found]
            inside = np.array([_inside(test.P[i], float(rho[i])) for i in held], bool)
            rate[held[inside]] = rho[held[inside]]
        for k, m in star_polygons(_LONGEST):
            at = np.flatnonzero(np.isnan(rate) & (steps == 0))
            steps[at[_is_cycle(_some(N, at), _some(D, at), self.ratio, k, m)]] = k
        return rate, steps


def _some(polynomials: list[_Bounded], at: np.ndarray) -> list[_Bounded]:
    """Those of some of the boxes."""
    return [_Bounded(c.value[at], c.size[at]) for c in polynomials]


def _passes(
    N: list[_Bounded], D: list[_Bounded], ratio: float, rho: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """On which boxes q is negative, with ρ and λ₁ of each."""
    n = len(D) - 1
    power = [rho**k for k in range(n + 1)]
    P = [(D[n - k] + N[n - k].times(-ratio)).times(power[k]) for k in range(n + 1)]
    Q = [(N[n - k] + D[n - k].times(-1.0)).times(power[k]) for k in range(n + 1)]
    cosines: dict[int, _Bounded] = {}
    for lag, factor in ((0, np.ones(len(rho))), (1, -weight / rho)):
        for j, p in enumerate(P):
            for k, q in enumerate(Q):
                m, term = abs(k - j - lag), (p * q).times(factor)
                cosines[m] = cosines[m] + term if m in cosines else term
    passed = np.ones(len(rho), bool)
    edges = -np.cos(np.linspace(0, np.pi, _PARTS + 1))
    edges[[0, -1]] = -1.0, 1.0
    for a, b in pairwise(edges):
        passed &= _negative_for(cosines, float(a), float(b))
    return passed


def _negative_for(cosines: Mapping[int, _Bounded], lower: float, upper: float) -> np.ndarray:
    """On which boxes Σ a_m cos mφ < 0 while lower ≤ cos φ ≤ upper."""
    count = max(cosines) + 1
    shift, sizes = _shifted(np.array([lower]), np.array([upper - lower]), count)
    to = _to_bernstein(count)
    chebyshev = cosine_powers(count)
    # Row m: cos mφ in Bernstein's basis on the piece, and the sizes of what it is summed from.
    basis, basis_size = chebyshev @ shift[0] @ to.T, np.abs(chebyshev) @ sizes[0] @ to.T
    rows, columns = np.max([a.value.shape[1:] for a in cosines.values()], axis=0)
    terms = {m: _raised(a, rows, columns) for m, a in cosines.items()}
    found = np.ones(len(next(iter(terms.values())).value), bool)
    for k in range(count):
        value = sum(basis[m, k] * t.value for m, t in terms.items())
        size = sum(basis_size[m, k] * t.size for m, t in terms.items())
        found &= _Bounded(np.asarray(value), np.asarray(size)).highest() < 0
    return found


def _raised(polynomial: _Bounded, rows: int, columns: int) -> _Bounded:
    """In Bernstein's basis of these degrees, at least its own."""
    empty = np.zeros((len(polynomial.value), rows, columns))
    return (polynomial + _Bounded(empty, empty)).bernstein()


def _is_cycle(
    N: list[_Bounded], D: list[_Bounded], ratio: float, steps: int, star: int
) -> np.ndarray:
    """On which boxes the star polygon is a cycle at every point."""
    n = len(D) - 1
    angle = 2 * np.pi * star / steps
    turns = [(np.cos(angle * (n - k)), np.sin(angle * (n - k))) for k in range(n + 1)]

    def at(coefficients: list[_Bounded]) -> tuple[_Bounded, _Bounded]:
        re = im = None
        for c, (x, y) in zip(coefficients, turns, strict=True):
            # A cosine that is rounded is off by u, not by u times itself.
            a = _Bounded(c.value * x, c.size * max(abs(x), 1.0))
            b = _Bounded(c.value * y, c.size * max(abs(y), 1.0))
            re, im = (a, b) if re is None or im is None else (re + a, im + b)
        assert re is not None
        assert im is not None
        return re, im

    (a, b), (c, d) = at(N), at(D)
    re = c * a + d * b + (a * a + b * b).times(-ratio)
    im = d * a + (c * b).times(-1.0)
    p, r = c + a.times(-ratio), d + b.times(-ratio)
    bend = (p * p + r * r).times(-1 / (1 - ratio))
    across = 1 / np.tan(np.pi / steps) if steps > 2 else 0.0
    found = np.ones(len(a.value), bool)
    for sign in (across, -across):
        found &= (re + im.times(sign) + bend).bernstein().lowest() > 0
    return found


def certify_boxes(theory: Theory, mu: Any, L: Any, given: Mapping[str, Any]) -> Boxes:
    """See ``Derivation.worst_case_boxes``."""
    edges = {k: real_array(k, v) for k, v in given.items() if np.ndim(v) == 1}
    if len(edges) != 2 or len(edges) + sum(np.ndim(v) == 0 for v in given.values()) != len(given):
        raise DomainError(
            "boxes",
            f"{len(edges)} axes",
            "two hyperparameters given as edges, the others as numbers",
        )
    for name, values in edges.items():
        if name not in theory.transfer.symbols:
            raise DomainError("boxes", name, f"two of {', '.join(theory.transfer.symbols)}")
        if len(values) < 2 or not (np.diff(values) > 0).all():
            raise DomainError(name, values, "at least two edges that increase")
    mu, L = check_class(mu, L)
    if np.ndim(mu) or np.ndim(L):
        raise DomainError("boxes", "arrays of mu or L", "one class at a time")
    given = values_of(theory, theory.transfer, given)
    fixed = {k: v for k, v in given.items() if k not in edges}
    x, y = edges.values()
    low = np.stack([a.ravel() for a in np.meshgrid(x[:-1], y[:-1])], 1)
    width = np.stack([a.ravel() for a in np.meshgrid(x[1:], y[1:])], 1) - low
    width *= 1 + 2.0**-50  # so that its rounded end reaches the next edge
    whole = _Plane(theory, mu, L, fixed, tuple(edges))
    rate, steps = whole.decide(low, width)
    verdict = np.where(steps > 0, CYCLES, np.where(np.isfinite(rate), CONVERGES, UNDECIDED))
    shape = len(y) - 1, len(x) - 1
    return Boxes(edges, verdict.reshape(shape), rate.reshape(shape), steps.reshape(shape))


def _inside(polynomial: np.ndarray, rho: float) -> bool:
    """Whether all roots lie in \\|z\\| < ρ, exactly."""
    return roots_within([Fraction(float(c)) for c in polynomial], Fraction(float(rho)))


__all__ = ["Boxes", "certify_boxes"]
