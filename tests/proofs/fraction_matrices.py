"""Matrices of fractions, their characteristic polynomials, and where the roots of those lie."""

import itertools
from fractions import Fraction


class Matrix:
    """Rows of fractions; a number goes with it as that multiple of the identity or of all entries."""

    def __init__(self, rows):
        self.rows = [list(map(Fraction, r)) for r in rows]

    @property
    def shape(self):
        return len(self.rows), len(self.rows[0])

    @property
    def T(self):
        return Matrix(zip(*self.rows, strict=True))

    def _each(self, other, function):
        if not isinstance(other, Matrix):
            other = (
                Matrix([[other] * self.shape[1]] * self.shape[0])
                if self.shape == (1, 1)
                else NotImplemented
            )
        assert other.shape == self.shape, (self.shape, other.shape)
        return Matrix(
            [
                [function(a, b) for a, b in zip(*p, strict=True)]
                for p in zip(self.rows, other.rows, strict=True)
            ]
        )

    def __add__(self, other):
        return self._each(other, lambda a, b: a + b)

    def __sub__(self, other):
        return self._each(other, lambda a, b: a - b)

    def __rsub__(self, other):
        return (self - other) * -1

    __radd__ = __add__

    def __mul__(self, other):
        if not isinstance(other, Matrix):
            return Matrix([[a * other for a in r] for r in self.rows])
        if self.shape == (1, 1):
            return other * self.rows[0][0]
        if other.shape == (1, 1) and self.shape[1] != 1:
            return self * other.rows[0][0]
        columns = list(zip(*other.rows, strict=True))
        return Matrix(
            [[sum(a * b for a, b in zip(r, c, strict=True)) for c in columns] for r in self.rows]
        )

    def __rmul__(self, number):
        return self * number

    def __neg__(self):
        return self * -1

    def __truediv__(self, number):
        return self * (1 / Fraction(number))

    def __pow__(self, n):
        found = identity(len(self.rows))
        for _ in range(int(n)):
            found = found * self
        return found

    def __eq__(self, other):
        if isinstance(other, Matrix):
            return self.rows == other.rows
        return all(a == other for r in self.rows for a in r)

    __hash__ = None

    def inverse(self):
        n = len(self.rows)
        columns = [solved(self.rows, [Fraction(int(i == k)) for i in range(n)]) for k in range(n)]
        return Matrix(columns).T


def identity(n):
    return Matrix([[int(i == j) for j in range(n)] for i in range(n)])


def solved(rows, right):
    """The solution of a linear system, by elimination; None where it is singular."""
    a = [[*map(Fraction, r), Fraction(b)] for r, b in zip(rows, right, strict=True)]
    n = len(a)
    for k in range(n):
        pivot = next((i for i in range(k, n) if a[i][k]), None)
        if pivot is None:
            return None
        a[k], a[pivot] = a[pivot], a[k]
        a[k] = [x / a[k][k] for x in a[k]]
        for i in range(n):
            if i != k and a[i][k]:
                a[i] = [x - a[i][k] * y for x, y in zip(a[i], a[k], strict=True)]
    return [r[-1] for r in a]


def characteristic(rows):
    """Coefficients of det(z − A), highest first, by Faddeev and LeVerrier."""
    n, found, m = len(rows), [Fraction(1)], Matrix(rows) * 0
    for k in range(1, n + 1):
        m = Matrix(rows) * m + identity(n) * found[-1]
        product = Matrix(rows) * m
        found.append(-sum(product.rows[i][i] for i in range(n)) / k)
    return found


def stable(polynomial):
    """Whether all roots lie inside the unit disk, by Schur and Cohn."""
    p = list(map(Fraction, polynomial))
    while len(p) > 1:
        if abs(p[-1]) >= abs(p[0]):
            return False
        p = [p[0] * a - p[-1] * b for a, b in zip(p, p[::-1], strict=True)][:-1]
    return True


def _roots_above(polynomial, x):
    """How many of a polynomial's roots, all real, lie above x: sign changes of its Taylor coefficients."""
    p = list(polynomial)
    taylor = []
    while p:
        row, value = [], Fraction(0)
        for c in p:
            value = value * x + c
            row.append(value)
        taylor.append(row[-1])
        p = row[:-1]
    signs = [c > 0 for c in taylor if c]
    return sum(a != b for a, b in itertools.pairwise(signs))


def extremes(polynomial, bits=40):
    """Intervals around the smallest and the largest root, all of which are real and positive."""
    n, top = len(polynomial) - 1, -polynomial[1] + 1
    found = []
    for wanted in (n, 1):  # so many roots are above what lies left of it
        low, high = Fraction(0), Fraction(top)
        for _ in range(bits):
            middle = (low + high) / 2
            low, high = (
                (middle, high) if _roots_above(polynomial, middle) >= wanted else (low, middle)
            )
        found.append((low, high))
    return found


def condition(polynomial, bits=40):
    (a, b), (c, d) = extremes(polynomial, bits)
    return (c / b, d / a if a else None)
