"""Eigenvalues and spectral radius of the iteration matrix, exact and as fast NumPy functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from ...optimizers.errors import Undecided
from ..compiled import Uncompiled
from ..reals import DIGITS, OutOfRange, float64, rational
from .stability import Z


def factors(polynomial: sp.Poly) -> list[sp.Poly]:
    """The irreducible factors in z of a monic polynomial, repeated by multiplicity, monic."""
    numerator = sp.fraction(sp.together(polynomial.as_expr()))[0]
    found = []
    for base, power in sp.factor_list(numerator)[1]:
        if Z in base.free_symbols:
            found += [sp.Poly(base, Z).monic()] * power
    return found


def trace_and_determinant(quadratic: sp.Poly) -> tuple[sp.Expr, sp.Expr]:
    """T and D of z² − Tz + D."""
    _, linear, constant = quadratic.all_coeffs()
    return sp.cancel(-linear), sp.cancel(constant)


def discriminant(quadratic: sp.Poly) -> sp.Expr:
    """T² − 4D: negative where the two eigenvalues are a complex pair."""
    trace, determinant = trace_and_determinant(quadratic)
    factored = sp.factor(trace**2 - 4 * determinant)
    return factored if factored.is_Mul else trace**2 - 4 * determinant


def eigenvalues(polynomial: sp.Poly) -> tuple[sp.Expr, ...]:
    """The roots in z as expressions; ``CRootOf``-free, so only factors of degree 1 and 2 give any.

    Returns an empty tuple where an irreducible factor has a degree above 2.
    """
    roots: list[sp.Expr] = []
    for factor in factors(polynomial):
        if factor.degree() == 1:
            roots.append(sp.cancel(-factor.all_coeffs()[1]))
        elif factor.degree() == 2:
            trace, _ = trace_and_determinant(factor)
            root = sp.sqrt(discriminant(factor))
            roots += [(trace - root) / 2, (trace + root) / 2]
        else:
            return ()
    return tuple(roots)


class SpectralRadius(Uncompiled):
    """The largest modulus of an eigenvalue of the iteration matrix.

    ``expression`` is the closed form (a SymPy ``Piecewise``, or None where an irreducible factor
    of the characteristic polynomial has a degree above 2); calling evaluates on arrays, which
    broadcast.

    On the curve of double roots the radius is continuous but not differentiable, and its condition
    number 1/|z₁ − z₂| is infinite: there the error is of the order √ε ≈ 1e-8 in float64, for this
    formula as for ``numpy.linalg.eigvals``. Away from it the closed form has no cancellation but
    that of the discriminant itself, and is accurate to about ε/|z₁ − z₂|. :meth:`roots_at` has none of
    that: it takes exact numbers, one point at a time.
    """

    _compiled = ("_closed",)

    def __init__(self, polynomial: sp.Poly, arguments: Sequence[sp.Symbol]) -> None:
        self._polynomial = polynomial
        self._arguments = tuple(arguments)

    @cached_property
    def _all_factors(self) -> list[sp.Poly]:
        return factors(self._polynomial)

    @cached_property
    def _factors(self) -> list[sp.Poly]:
        unique: list[sp.Poly] = []
        for f in self._all_factors:
            if f not in unique:
                unique.append(f)
        return unique

    @cached_property
    def expression(self) -> sp.Expr | None:
        pieces: list[sp.Expr] = []
        for f in self._factors:
            if f.degree() == 1:
                pieces.append(sp.Abs(sp.cancel(f.all_coeffs()[1])))
            elif f.degree() == 2:
                trace, determinant = trace_and_determinant(f)
                disc = discriminant(f)
                real = (sp.Abs(trace) + sp.sqrt(disc)) / 2
                pieces.append(sp.Piecewise((sp.sqrt(determinant), disc < 0), (real, True)))
            else:
                return None
        return sp.Max(*pieces) if len(pieces) > 1 else pieces[0]

    @cached_property
    def _closed(self) -> list[tuple[int, Any]]:
        compiled = []
        for f in self._factors:
            if f.degree() == 1:
                outputs: Any = [sp.cancel(f.all_coeffs()[1])]
            elif f.degree() == 2:
                outputs = [*trace_and_determinant(f)]
            else:
                outputs = f.all_coeffs()
            compiled.append((f.degree(), sp.lambdify(self._arguments, outputs, "numpy", cse=True)))
        return compiled

    def evaluate(self, *values: Any) -> Any:
        """The radius at arrays of the arguments, in their order; arrays broadcast.

        Raises:
            OutOfRange: a result is not finite.
        """
        result = self.unguarded(*values)
        if not np.all(np.isfinite(result)):
            raise OutOfRange(
                "a spectral radius there is beyond the range of float64, up to 1.8e308"
            )
        return result

    def unguarded(self, *values: Any) -> Any:
        """:meth:`evaluate` whose result may be infinite or NaN."""
        arrays = [np.asarray(v, float) for v in values]
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
        result: Any = None
        for degree, function in self._closed:
            coefficients = function(*arrays)
            if degree == 1:
                radius = np.abs(coefficients[0])
            elif degree == 2:
                radius = _quadratic_radius(coefficients[0], coefficients[1], shape)
            else:
                radius = np.abs(_companion_roots(coefficients, shape)).max(axis=-1)
            result = radius if result is None else np.maximum(result, radius)
        result = np.broadcast_to(result, shape)
        return float(result) if result.ndim == 0 else np.array(result)

    def roots_at(self, *values: sp.Expr) -> list[Any]:
        """All eigenvalues at one exact point, as mpmath numbers of :data:`~.reals.DIGITS` digits."""
        point = dict(zip(self._arguments, map(rational, values), strict=True))
        found: list[Any] = []
        with mpmath.workdps(DIGITS):
            for f in self._all_factors:
                coefficients = [rational(sp.sympify(c.subs(point))) for c in f.all_coeffs()]
                if f.degree() == 2:
                    found += _quadratic_roots(-coefficients[1], coefficients[2])
                elif f.degree() == 1:
                    found.append(_mp(-coefficients[1]))
                else:
                    found += _polynomial_roots(coefficients)
        return found

    def at(self, *values: sp.Expr) -> float:
        """The radius at one exact point, rounded once."""
        with mpmath.workdps(DIGITS):
            return float64("spectral radius", max(abs(z) for z in self.roots_at(*values)))

    def eigenvalues_at(self, *values: sp.Expr) -> np.ndarray:
        """All eigenvalues at one exact point, real and imaginary parts rounded once."""
        roots = self.roots_at(*values)
        parts = [[float64("eigenvalue", p) for p in (z.real, z.imag)] for z in roots]
        return np.array([complex(*p) for p in parts])

    def eigenvalues(self, *values: Any) -> np.ndarray:
        """All eigenvalues at numbers or arrays of the arguments: complex, on the last axis."""
        arrays = [np.asarray(v, float) for v in values]
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
        columns = []
        for f in self._all_factors:
            degree, function = self._closed[self._factors.index(f)]
            coefficients = function(*arrays)
            if degree == 1:
                columns.append(np.broadcast_to(-np.asarray(coefficients[0]), shape)[..., None])
            elif degree == 2:
                trace, determinant = coefficients
                columns.append(_quadratic_pair(trace, determinant, shape))
            else:
                columns.append(_companion_roots(coefficients, shape))
        found = np.concatenate(columns, axis=-1).astype(complex)
        if not np.all(np.isfinite(found)):
            raise OutOfRange("an eigenvalue there is beyond the range of float64, up to 1.8e308")
        return found

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {sp.latex(self.expression)}$"


def _quadratic_radius(trace: Any, determinant: Any, shape: tuple[int, ...]) -> np.ndarray:
    """max |z| of z² − Tz + D, in place on two buffers so that a large grid stays cheap."""
    trace = np.abs(trace)
    with np.errstate(over="ignore", invalid="ignore"):
        disc = np.multiply(trace, trace, out=np.empty(shape))
        disc -= np.multiply(determinant, 4.0)
        real = disc >= 0
        np.abs(disc, out=disc)
        np.sqrt(disc, out=disc)
    if not np.all(np.isfinite(disc)):  # T² overflows where T does not
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = 1 - np.where(trace > 1, 4 * (determinant / trace / trace), 0.0)
        large = np.broadcast_to(trace > 1e150, shape)
        disc = np.where(large, trace * np.sqrt(np.abs(share)), disc)
        real = np.where(large, share >= 0, real)
        disc = 0.5 * disc + 0.5 * trace
    else:
        disc += trace
        disc *= 0.5
    modulus = np.sqrt(np.abs(determinant))
    return np.where(real, disc, modulus)


def _quadratic_pair(trace: Any, determinant: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The roots of z² − Tz + D, the smaller one from their product: nothing cancels."""
    trace, determinant = (
        np.broadcast_to(np.asarray(v, float), shape) for v in (trace, determinant)
    )
    sign = np.where(trace < 0, -1.0, 1.0)
    large = sign * _quadratic_radius(trace, determinant, shape)
    with np.errstate(over="ignore", invalid="ignore"):
        disc = trace * trace - 4 * determinant
    real = (disc >= 0) | ~np.isfinite(disc)
    with np.errstate(divide="ignore", invalid="ignore"):
        small = np.where(large == 0, 0.0, determinant / large)
    small = np.where(disc == 0, large, small)
    ends = np.stack([np.minimum(large, small), np.maximum(large, small)], axis=-1)
    half = np.sqrt(np.where(real, 0.0, -disc)) / 2
    pair = np.stack([trace / 2 - 1j * half, trace / 2 + 1j * half], axis=-1)
    return np.where(real[..., None], ends, pair)


def _mp(number: sp.Rational) -> Any:
    return mpmath.mpf(int(number.p)) / int(number.q)


def _quadratic_roots(trace: sp.Rational, determinant: sp.Rational) -> list[Any]:
    """The roots of z² − Tz + D from exact T and D, ascending where real."""
    disc = trace**2 - 4 * determinant
    if disc < 0:
        half, root = _mp(trace) / 2, mpmath.sqrt(_mp(-disc)) / 2
        return [mpmath.mpc(half, -root), mpmath.mpc(half, root)]
    if trace == 0:
        root = mpmath.sqrt(_mp(-determinant))
        return [mpmath.mpc(-root), mpmath.mpc(root)]
    large = (_mp(trace) + (1 if trace > 0 else -1) * mpmath.sqrt(_mp(disc))) / 2
    return [mpmath.mpc(z) for z in sorted([large, _mp(determinant) / large])]


def _polynomial_roots(coefficients: list[sp.Rational]) -> list[Any]:
    """The roots of an exact polynomial; a multiple root is found as a simple one, to full precision."""
    found: list[Any] = []
    for part, times in sp.Poly(coefficients, Z, domain=sp.QQ).sqf_list()[1]:
        numbers = [sp.Rational(c) for c in part.all_coeffs()]
        if part.degree() <= 2:
            monic = [c / numbers[0] for c in numbers[1:]]
            roots = (
                [mpmath.mpc(_mp(-monic[0]))]
                if len(monic) == 1
                else _quadratic_roots(-monic[0], monic[1])
            )
        else:
            sizes = [abs(sp.log(abs(c)).evalf(5)) for c in numbers if c]
            digits = DIGITS + 2 * int(max(sizes, default=0) / 2)
            with mpmath.workdps(digits):
                try:
                    roots = mpmath.polyroots(
                        [_mp(c) for c in numbers], maxsteps=100 + 4 * digits, extraprec=4 * digits
                    )
                except mpmath.mp.NoConvergence:
                    raise Undecided(
                        "the eigenvalues there were not found: no convergence"
                    ) from None
        found += [z for z in roots for _ in range(times)]
    return sorted(found, key=lambda z: (mpmath.re(z), mpmath.im(z)))


def _companion_roots(coefficients: Sequence[Any], shape: tuple[int, ...]) -> np.ndarray:
    degree = len(coefficients) - 1
    companion = np.zeros((*shape, degree, degree))
    companion[..., np.arange(1, degree), np.arange(degree - 1)] = 1
    for k, c in enumerate(coefficients[1:]):
        companion[..., 0, k] = -np.asarray(c)
    return np.linalg.eigvals(companion)
