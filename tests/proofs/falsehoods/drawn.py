"""Random statements from a small grammar, false by brute force: in exact fractions or fifty digits.

Nothing here is shared with the provers: the text is read by Python's own arithmetic, with ``mpmath``.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from typing import Any

import mpmath
from eigenstep.proofs.kinds import GrowthClaim, IdentityClaim, InequalityClaim, LimitClaim, SumClaim
from eigenstep.proofs.kinds import MatrixIdentityClaim as Matrices

from .statement import Statement, say

_FUNCTIONS: dict[str, Any] = {
    "sqrt": lambda x: mpmath.sqrt(x) if x >= 0 else 1 / mpmath.mpf(0),
    "log": lambda x: mpmath.log(x) if x > 0 else 1 / mpmath.mpf(0),
    "exp": mpmath.exp, "abs": abs, "max": max, "min": min, "sign": mpmath.sign,
    "where": lambda c, x, y: x if c else y,
}  # fmt: skip
_AT = [mpmath.mpf(v) for v in ("-3", "-1", "-0.5", "0", "0.25", "1", "1.5", "2", "7", "30", "1e4")]


def _value(text: str, **names: Any) -> Any:
    """The value, or None where there is none."""
    try:
        found = eval(text, {"__builtins__": {}}, {**_FUNCTIONS, **names})  # noqa: S307  # our own text
    except (ZeroDivisionError, OverflowError):
        return None
    return found if not isinstance(found, mpmath.mpc) else None


def _formula(draw: random.Random, depth: int, letters: tuple[str, ...]) -> str:
    if depth == 0:
        return draw.choice([*letters, *letters, "1", "2"])
    a, b = (_formula(draw, depth - 1, letters) for _ in range(2))
    return draw.choice([
        f"({a} + {b})", f"({a} - {b})", f"({a}*{b})", f"({a})/({b})", f"max({a}, {b})", f"min({a}, {b})",
        f"abs({a})", f"sign({a})", f"sqrt({a})", f"log({a})", f"({a})**2", f"where({a} > {b}, {a}, 1)",
    ])  # fmt: skip


def _near(draw: random.Random, text: str) -> str:
    """The same with one thing in it changed, which may say the same."""
    old, new = draw.choice([(r"\+", "-"), ("max", "min"), (r"\bx\b", "abs(x)"), (r"\by\b", "max(y, 0)"), ("abs", ""),
                            ("sign", "abs"), (r"\*\*2", "**3"), (">", ">=")])  # fmt: skip
    places = list(re.finditer(old, text))
    if not places:
        return f"{text}*sign(x)"
    place = draw.choice(places)
    return text[: place.start()] + new + text[place.end() :]


def _differ(left: str, right: str) -> bool:
    for x, y in itertools.product(_AT, repeat=2):
        a, b = _value(left, x=x, y=y), _value(right, x=x, y=y)
        if (a is None) != (b is None) or (
            a is not None and abs(a - b) > mpmath.mpf(10) ** -30 * (1 + abs(a))
        ):
            return True
    return False


def _statement(draw: random.Random) -> Statement | None:
    kind = draw.randrange(6)
    if kind < 2:
        left = _formula(draw, 2, ("x", "y"))
        right = _near(draw, left)
        if kind == 0:
            domain = ("x*x >= 0", "y*y >= 0")
            return (
                say("drawn", IdentityClaim, left, right, domain=domain)
                if _differ(left, right)
                else None
            )
        values = [
            (_value(left, x=x, y=y), _value(right, x=x, y=y))
            for x, y in itertools.product(_AT, repeat=2)
        ]
        if any(a is None or b is None or a < b - mpmath.mpf(10) ** -30 for a, b in values):
            return say("drawn", InequalityClaim, (), f"{left} - ({right}) >= 0")
        return None
    if kind == 2:
        text = _formula(draw, 2, ("x",))
        values = [_value(text, x=abs(x)) for x in _AT]
        if any(v is None or v < -(mpmath.mpf(10) ** -30) for v in values):
            return say("drawn", GrowthClaim, text)
        return None
    if kind == 3:
        term = draw.choice(
            ["i", "i**2", "abs(i - 3)", "max(i, 2)", "sign(i - 1)", "1", "1/i", "2*i - 1"]
        )
        closed = draw.choice(
            ["t", "t**2", "t*(t + 1)/2", "t + 1", "max(t, 2)", "t*(t + 1)*(2*t + 1)/6"]
        )
        lower = draw.choice([0, 1, 2])
        for t in range(40):
            terms = [_value(term, i=mpmath.mpf(i)) for i in range(lower, t + 1)]
            stated = _value(closed, t=mpmath.mpf(t))
            if None in terms or abs(sum(terms) - stated) > mpmath.mpf(10) ** -30:
                return say("drawn", SumClaim, term, str(lower), "t", closed)
        return None
    if kind == 4:
        x = draw.choice(["x - 2", "x**2 - 3", "x - y", "log(x)", "x*y - 1"])
        top = draw.choice(["1", "n", "sqrt(n)", "log(n)"])
        return say(
            "drawn", LimitClaim, f"{top}/({top} + n**2*({x})**2)", "n", "0"
        )  # 1 where that is 0
    words = ["A*B", "B*A", "A*AT", "AT*A", "Q*A", "A*Q", "Q*L", "L*Q", "U*Q", "D*A"]
    left, right = draw.sample(words, 2)
    return say("drawn", Matrices, f"{left}*x", f"{right}*x")


def random_falsehoods(seed: int, count: int) -> Iterator[Statement]:
    """So many statements, each false somewhere."""
    draw, found = random.Random(seed), 0
    with mpmath.workdps(50):
        while found < count:
            statement = _statement(draw)
            if statement is not None:
                found += 1
                yield statement
