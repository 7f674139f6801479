"""Matrix identities for every dimension, by rewriting words over matrices and vectors.

An expression is a sum of words: products of letters with a scalar coefficient. Words are brought to
normal form by what is known of the letters (Q Q⁻¹ = 1, UᵀU = 1, Λ^½ Λ^½ = Λ), and a word that is a
number equals its transpose. Equal normal forms are a proof for all dimensions.

>>> names = letters()
>>> x, c, Q, Qi = (names[n] for n in ("x", "c", "Q", "Qi"))
>>> (Q * Qi * c - c).is_zero
True
>>> (x.T * c - c.T * x).is_zero
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ..analysis.expressions import ExpressionError


class NoSuchShape(ExpressionError):
    """A sum or product of matrices and vectors whose sides do not fit."""


Letter = tuple[str, bool]
"""A name, and whether it is transposed."""

VECTORS = ("x", "c", "v", "z", "d")
SYMMETRIC = ("Q", "Qi", "L", "Li", "Lh", "D")
"""Q and its inverse; Λ, its inverse and its root; a diagonal matrix D."""
ORTHOGONAL = ("U",)
GENERAL = ("A", "B")
"""Square matrices of which nothing is known."""
_PAIRS: dict[tuple[Letter, Letter], tuple[Letter, ...]] = {
    (("Q", False), ("Qi", False)): (), (("Qi", False), ("Q", False)): (),
    (("L", False), ("Li", False)): (), (("Li", False), ("L", False)): (),
    (("Lh", False), ("Lh", False)): (("L", False),),
    (("U", True), ("U", False)): (), (("U", False), ("U", True)): (),
}  # fmt: skip


def _transposed(word: tuple[Letter, ...]) -> tuple[Letter, ...]:
    return tuple((n, False if n in SYMMETRIC else not t) for n, t in reversed(word))


def _normal(word: tuple[Letter, ...]) -> tuple[Letter, ...]:
    done: list[Letter] = []
    for letter in word:
        done.append(letter)
        while len(done) > 1 and (replaced := _PAIRS.get((done[-2], done[-1]))) is not None:
            del done[-2:]
            done.extend(replaced)
    result = tuple(done)
    number = result and result[0][0] in VECTORS and result[0][1] and result[-1][0] in VECTORS
    return min(result, _transposed(result)) if number and not result[-1][1] else result


def _shape(word: tuple[Letter, ...]) -> tuple[int, int]:
    """The shape of a product: 1 for a side of length one, 0 for one of the common length."""
    shape: tuple[int, int] | None = None
    for name, transposed in word:
        own = ((1, 0) if transposed else (0, 1)) if name in VECTORS else (0, 0)
        if shape is None or shape == (1, 1):  # a number times anything
            shape = own
        elif shape[1] == own[0]:
            shape = (shape[0], own[1])
        else:
            raise NoSuchShape(f"no product of {shape} and {name}{'T' if transposed else ''}")
    assert shape is not None
    return shape


def _shape_of(terms: Mapping[tuple[Letter, ...], Any]) -> tuple[int, int] | None:
    """The one shape of all words of a sum."""
    shapes = {_shape(word) for word in terms if word}
    if () in terms and shapes - {(1, 1), (0, 0)}:
        shapes.add((1, 1))
    if len(shapes) > 1:
        raise NoSuchShape(f"a sum of different shapes: {sorted(shapes)}")
    return shapes.pop() if shapes else ((1, 1) if terms else None)


@dataclass(frozen=True, eq=False)
class Words:
    """A sum of words, by word its coefficient."""

    terms: Mapping[tuple[Letter, ...], sp.Expr]

    def _with(self, other: Any, sign: int) -> Words:
        other = other if isinstance(other, Words) else Words({(): sp.sympify(other)})
        _shape_of({**self.terms, **other.terms})  # before anything cancels
        terms = dict(self.terms)
        for word, coefficient in other.terms.items():
            terms[word] = terms.get(word, sp.Integer(0)) + sign * coefficient
        return Words({w: sp.expand(c) for w, c in terms.items() if sp.cancel(c) != 0})

    def __add__(self, other: Any) -> Words:
        return self._with(other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Words:
        return self._with(other, -1)

    def __rsub__(self, other: Any) -> Words:
        return -self + other

    def __neg__(self) -> Words:
        return Words({w: -c for w, c in self.terms.items()})

    def __mul__(self, other: Any) -> Words:
        if not isinstance(other, Words):
            return Words({w: c * other for w, c in self.terms.items()})
        result = Words({})
        for a, x in self.terms.items():
            for b, y in other.terms.items():
                if a + b:
                    _shape(a + b)  # a product that does not exist must not cancel
                result = result + Words({_normal(a + b): x * y})
        return result

    def __rmul__(self, other: Any) -> Words:
        return self * other

    def __truediv__(self, other: Any) -> Words:
        if isinstance(other, Words):
            raise ExpressionError("no matrix or vector is divided by")
        return self * (1 / sp.sympify(other))

    def __rtruediv__(self, other: Any) -> Words:
        raise ExpressionError("no matrix or vector is divided by")

    def __pow__(self, other: Any) -> Words:
        raise ExpressionError("powers of matrices are typed as products")

    __rpow__ = __pow__

    @property
    def shape(self) -> tuple[int, int] | None:
        """1 and 0 for each side: (1, 1) of a number, (0, 1) of a column, (0, 0) of a matrix; None of zero.

        Raises:
            ExpressionError: a sum of what is not of one shape, or a product that does not exist.
        """
        return _shape_of(self.terms)

    @property
    def T(self) -> Words:
        """The transpose."""
        return Words({_normal(_transposed(w)): c for w, c in self.terms.items()})

    def at(self, values: Mapping[str, sp.Matrix]) -> sp.Matrix:
        """The sum for given matrices; a word of no letters is that number times the identity."""
        words = []
        for word, coefficient in self.terms.items():
            matrices = [values[n].T if transposed else values[n] for n, transposed in word]
            words.append((coefficient, sp.prod(matrices[1:], matrices[0]) if matrices else None))
        shapes = [m.shape for _, m in words if m is not None]
        rows, columns = shapes[0] if shapes else (1, 1)
        identity = sp.eye(rows, columns)
        return sum((c * (identity if m is None else m) for c, m in words), sp.zeros(rows, columns))

    @property
    def is_zero(self) -> bool:
        """Whether every coefficient is zero."""
        return all(sp.cancel(c) == 0 for c in self.terms.values())


def letters() -> dict[str, Words]:
    """All letters by name; ``xT`` is the transpose of ``x``, ``I`` the identity."""
    every = (*VECTORS, *SYMMETRIC, *ORTHOGONAL, *GENERAL)
    found = {n: Words({((n, False),): sp.Integer(1)}) for n in every}
    found |= {f"{n}T": found[n].T for n in (*VECTORS, *ORTHOGONAL, *GENERAL)}
    return {**found, "I": Words({(): sp.Integer(1)})}
