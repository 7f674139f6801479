"""That two expressions in matrices and vectors are equal, whatever the dimension."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import ExpressionError, build
from ..steps import note, said
from ..trials.arithmetic import names_in, read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..verdict import Verdict
from ..words import GENERAL, ORTHOGONAL, SYMMETRIC, VECTORS, NoSuchShape, Words, letters
from .claim import Claim
from .names import defined, random_values


def _diagonal(*entries: Any) -> sp.Matrix:
    return sp.diag(*map(sp.Rational, entries))


_UNIT_LINE: dict[str, sp.Matrix] = {
    k: sp.eye(1) for k in (*VECTORS, *SYMMETRIC, *ORTHOGONAL, *GENERAL)
}
_LINE: dict[str, sp.Matrix] = {
    k: sp.Matrix([[sp.Rational(v)]])
    for k, v in {"x": 3, "c": 5, "v": 7, "z": 11, "d": 13, "Q": 2, "Qi": "1/2", "L": 4, "Li": "1/4",
                 "Lh": 2, "D": 3, "U": 1, "A": 5, "B": 7}.items()
}  # fmt: skip
"""What the letters are in one dimension …"""
_PLANE: dict[str, sp.Matrix] = {
    "x": sp.Matrix([3, 1]), "c": sp.Matrix([5, 2]), "v": sp.Matrix([7, 3]), "z": sp.Matrix([11, 4]),
    "d": sp.Matrix([13, 6]), "Q": sp.Matrix([[2, 1], [1, 3]]), "Qi": sp.Matrix([[2, 1], [1, 3]]).inv(),
    "L": _diagonal(4, 9), "Li": _diagonal("1/4", "1/9"), "Lh": _diagonal(2, 3), "D": _diagonal(3, 5),
    "U": sp.Matrix([[3, -4], [4, 3]]) / 5, "A": sp.Matrix([[1, 2], [0, 1]]), "B": sp.Matrix([[1, 0], [3, 2]]),
}  # fmt: skip
"""… and in two."""


@dataclass(frozen=True)
class MatrixIdentityClaim(Claim):
    """An identity of matrices and vectors of any size; see :mod:`~eigenstep.proofs.words`.

    Names that are neither letters nor defined are numbers, by convention those of ``NUMBERS``; others are
    refused.
    """

    left: str
    right: str
    definitions: Mapping[str, str] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "identity of words"
        for name, text in self.definitions.items():
            note(f"{name} = {said(text)}")
        note(
            "both sides as sums of words in letters that do not commute: {} and {}",
            self.left,
            self.right,
        )
        try:
            sides = [self._side(text, letters()) for text in (self.left, self.right)]
            shapes = [side.shape for side in sides]
        except NoSuchShape as error:
            return Verdict.REFUTED, f"{method}: of no shape", {"undefined": str(error)}
        if divisor := self._divisor():
            return Verdict.OPEN, f"{method}: {divisor} may be 0, and is divided by", None
        if shapes[0] != shapes[1] and not any(side.is_zero for side in sides):
            seen = dict(zip(("left", "right"), map(str, shapes), strict=True))
            return Verdict.REFUTED, f"{method}: of different shapes", seen
        if (sides[0] - sides[1]).is_zero:
            note("every word cancels, by Qi·Q = I, UT·U = I and what is symmetric")
            return Verdict.PROVED, method, None
        for point in (
            _UNIT_LINE,
            _LINE,
            _PLANE,
        ):  # special cases: a difference there refutes the identity
            left, right = (self._side(text, letters()) for text in (self.left, self.right))
            value = (left - right).at(point)
            at = {s: sp.Rational(2, 3) for s in value.free_symbols}
            if any(entry != 0 for entry in value.subs(at)):
                whole = " ".join([self.left, self.right, *self.definitions.values()])
                used = {k: v for k, v in point.items() if re.search(rf"\b{k}T?\b", whole)}
                if point is not _PLANE:
                    used = {k: v[0] for k, v in used.items() if k not in ORTHOGONAL}
                shown = {k: v.tolist() if hasattr(v, "tolist") else v for k, v in used.items()}
                return Verdict.REFUTED, method, {**shown, **at}
        return Verdict.OPEN, method, None

    def _divisor(self) -> str | None:
        """What is divided by and is no number but 0, or taken a root of; None where nothing is."""
        for text in (self.left, self.right, *self.definitions.values()):
            for node in ast.walk(ast.parse(text.strip(), mode="eval")):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                    names = [n.id for n in ast.walk(node.right) if isinstance(n, ast.Name)]
                    if names:
                        return ast.unparse(node.right)
                if isinstance(node, ast.Call) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
                                                  and not _is_whole(node.right)):  # fmt: skip
                    return ast.unparse(node)
        return None

    def _side(self, text: str, known: dict[str, Words]) -> Words:
        names: Any = _WordNames(known)
        for name, value in self.definitions.items():
            made = _build(value, names)
            names[name] = made
            if isinstance(made, Words):
                names[f"{name}T"] = made.T
        side = _build(text, names)
        return side if isinstance(side, Words) else Words({(): side})

    def trial(self) -> Evidence:
        random, n, pairs = np.random.default_rng(SEED), 4, []
        for _ in range(20):
            square = random.standard_normal((n, n))
            diagonal = np.diag(random.uniform(0.5, 2, n))
            Q = square @ square.T + np.eye(n)
            names: dict[str, Any] = {
                v: random.standard_normal((n, 1)) for v in ("x", "c", "v", "z", "d")
            }
            names |= {f"{k}T": m.T for k, m in list(names.items())}
            U = np.linalg.qr(square)[0]
            names |= {
                "Q": Q,
                "Qi": np.linalg.inv(Q),
                "L": diagonal,
                "Li": np.linalg.inv(diagonal),
                "Lh": np.sqrt(diagonal),
                "U": U,
                "UT": U.T,
                "D": np.diag(random.uniform(0.5, 2, n)),
                "I": np.eye(n),
                **{k: random.standard_normal((n, n)) for k in GENERAL},
            }
            names |= {f"{k}T": names[k].T for k in GENERAL}  # fmt: skip
            others = [k for k in names_in(self.left, self.right, *self.definitions.values())
                      if k not in names and k.removesuffix("T") not in self.definitions]  # fmt: skip
            names = defined(self.definitions, {**names, **random_values(others, random)})
            pairs.append((read(self.left, names), read(self.right, names)))
        return same(pairs, f"20 random matrices of size {n}")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, left=m) for m in changed(self.left))
        yield from (replace(self, right=m) for m in changed(self.right))


def _build(text: str, names: Any) -> Any:
    """What a text says of matrices.

    Raises:
        ExpressionError: a function of a matrix, or what is no formula.
    """
    try:
        return build(text, names)
    except (AttributeError, SyntaxError, sp.SympifyError) as error:
        raise ExpressionError(f"{text!r} is no sum of products of letters and numbers") from error


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


NUMBERS = (
    "b",
    "k",
    "s",
    "t",
    "alpha",
    "beta",
    "eta",
    "gamma",
    "lam",
    "mu",
    "nu",
    "rho",
    "sigma",
    "tau",
)
"""Names that stand for numbers."""


class _WordNames(dict[str, Any]):
    """Letters, and numbers."""

    def __contains__(self, name: object) -> bool:
        return name in NUMBERS or dict.__contains__(self, name)

    def __missing__(self, name: str) -> sp.Symbol:
        return self.setdefault(name, sp.Symbol(name, real=True))


__all__ = ["NUMBERS", "MatrixIdentityClaim"]
