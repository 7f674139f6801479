"""Which names are letters of the field, and how the field writes what the rules call by a word."""

from __future__ import annotations

import re

GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
    "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega",
)  # fmt: skip
_LETTER = rf"(?:{'|'.join(sorted(GREEK, key=len, reverse=True))}|[A-Za-z])"
_SYMBOL = re.compile(rf"{_LETTER}\d*(?:_(?:hat|bar|tilde|star|inf|old|\d+|{_LETTER}))*")
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
