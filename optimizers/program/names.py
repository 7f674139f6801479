"""Which names are letters of the field, and how the field writes what the rules call by a word."""

from __future__ import annotations

import re
from typing import Any

GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
    "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega",
)  # fmt: skip
_LETTER = rf"(?:{'|'.join(sorted(GREEK, key=len, reverse=True))}|[A-Za-z])"
_SYMBOL = re.compile(rf"{_LETTER}\d*(?:_(?:hat|bar|tilde|star|inf|old|\d+|{_LETTER}))*")
_ACCENTS = ("hat", "bar", "tilde", "star")
WRITTEN = {
    "eps": "epsilon",
    "final_lr": "eta_star",
    "largest": "v_hat",
    "slow": "theta",
    "fast": "varphi",
}
"""How the field writes what the rules call by a word."""


def is_symbol(name: str) -> bool:
    """Whether a name is that of a letter, with marks and indices: ``m_hat``, ``beta1``, ``rho_t``."""
    return _SYMBOL.fullmatch(name) is not None


def letter(name: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """What a symbol's name says: the letter, its indices and its accents.

    >>> letter("v_hat_t"), letter("beta1")
    (('v', ('t',), ('hat',)), ('beta', ('1',), ()))
    """
    base, *marks = re.findall(r"[A-Za-z]+|\d+", name)
    accents = tuple(m for m in marks if m in _ACCENTS)
    return base, tuple(m for m in marks if m not in _ACCENTS), accents


def seen(name: str) -> Any:
    """What a reader sees of a name: the same for ``beta1`` and ``beta_1``, which are both written β₁."""
    if not is_symbol(name):
        return name.rstrip("_")
    base, indices, accents = letter(name)
    return base, "".join(indices), accents
