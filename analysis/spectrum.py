"""Eigenvalues and spectral radius of the iteration matrix, exact and as fast NumPy functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

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


class SpectralRadius:
    """The largest modulus of an eigenvalue of the iteration matrix.

    ``expression`` is the closed form (a SymPy ``Piecewise``, or None where an irreducible factor
    of the characteristic polynomial has a degree above 2); calling evaluates on arrays, which
    broadcast.

    On the curve of double roots the radius is continuous but not differentiable, and its condition
    number 1/|z₁ − z₂| is infinite: there the error is of the order √ε ≈ 1e-8 in float64, for this
    formula as for ``numpy.linalg.eigvals``. Away from it the closed form has no cancellation but
    that of the discriminant itself, and is accurate to about ε/|z₁ − z₂|.
    """

    def __init__(self, polynomial: sp.Poly, arguments: Sequence[sp.Symbol]) -> None:
        self._polynomial = polynomial
        self._arguments = tuple(arguments)

    @cached_property
    def _factors(self) -> list[sp.Poly]:
        unique: list[sp.Poly] = []
        for f in factors(self._polynomial):
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
        """The radius at arrays of the arguments, in their order; arrays broadcast."""
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

    def eigenvalues(self, *values: Any) -> np.ndarray:
        """All eigenvalues at numbers or arrays of the arguments: complex, on the last axis."""
        arrays = [np.asarray(v, float) for v in values]
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
        columns = []
        for f in factors(self._polynomial):
            degree, function = self._closed[self._factors.index(f)]
            coefficients = function(*arrays)
            if degree == 1:
                columns.append(np.broadcast_to(-np.asarray(coefficients[0]), shape)[..., None])
            elif degree == 2:
                trace, determinant = coefficients
                root = np.emath.sqrt(trace * trace - 4 * determinant)
                pair = [(trace - root) / 2, (trace + root) / 2]
                columns.append(np.stack([np.broadcast_to(z, shape) for z in pair], axis=-1))
            else:
                columns.append(_companion_roots(coefficients, shape))
        return np.concatenate(columns, axis=-1).astype(complex)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {sp.latex(self.expression)}$"


def _quadratic_radius(trace: Any, determinant: Any, shape: tuple[int, ...]) -> np.ndarray:
    """max |z| of z² − Tz + D, in place on two buffers so that a large grid stays cheap."""
    disc = np.multiply(trace, trace, out=np.empty(shape))
    disc -= np.multiply(determinant, 4.0)
    real = disc >= 0
    np.abs(disc, out=disc)
    np.sqrt(disc, out=disc)
    disc += np.abs(trace)
    disc *= 0.5
    modulus = np.sqrt(np.abs(determinant))
    return np.where(real, disc, modulus)


def _companion_roots(coefficients: Sequence[Any], shape: tuple[int, ...]) -> np.ndarray:
    degree = len(coefficients) - 1
    companion = np.zeros((*shape, degree, degree))
    companion[..., np.arange(1, degree), np.arange(degree - 1)] = 1
    for k, c in enumerate(coefficients[1:]):
        companion[..., 0, k] = -np.asarray(c)
    return np.linalg.eigvals(companion)
