"""False identities, inequalities, growths."""

from __future__ import annotations

import itertools

from eigenstep.proofs.kinds import GrowthClaim, IdentityClaim, InequalityClaim

from .statement import Statement, say

_ATOMS = ("sign({})", "min({}, 0)", "log({})", "where({} > 0, {}, -1)", "min(1, 2 - {})")
_PULLED = (
    ("max({a}*y, {a}*z)", "{a}*max(y, z)"),
    ("min({a}*y, {a}*z)", "{a}*min(y, z)"),
    ("abs({a}*y)", "{a}*abs(y)"),
    ("sqrt({a}**2)", "{a}"),
    ("sqrt(({a})**2*y**2)", "({a})*sqrt(y**2)"),
)


def _atoms() -> list[Statement]:
    """Something that may be negative, pulled out of what knows signs."""
    found = []
    for atom, (left, right) in itertools.product(_ATOMS, _PULLED):
        a = atom.replace("{}", "x")
        found.append(say(f"{a} may be below 0", IdentityClaim, left.format(a=a), right.format(a=a),
                         domain=("x*x >= 0",)))  # fmt: skip
    return found


IDENTITIES = [
    say("2 − x is below 0 at x = 3", IdentityClaim, "max(min(1, 2 - x)*y, min(1, 2 - x)*z)", "min(1, 2 - x)*max(y, z)"),
    say("log x is below 0 at x = 1/2", IdentityClaim, "sqrt(log(x)**2)", "log(x)"),
    say("an element is no number for the tensor", IdentityClaim, "norm(sqrt(v)*g)", "sqrt(v)*norm(g)"),
    say("a sum of two vectors", IdentityClaim, "norm(x + y)", "norm(x) + norm(y)", domain=("x*x >= 0",)),
    say("a norm is a number, |x| an element", IdentityClaim, "norm(x)", "abs(x)"),
    say("a norm is a number, x an element", IdentityClaim, "norm(x)", "x"),
    say("of products of elements", IdentityClaim, "norm(x*y)", "norm(x)*norm(y)"),
    say("of elementwise powers", IdentityClaim, "norm(x**2)", "norm(x)**2"),
    say("of elementwise maxima", IdentityClaim, "norm(max(x, y))", "max(norm(x), norm(y))"),
    say("a quotient of elements", IdentityClaim, "norm(x/y)", "norm(x)/norm(y)"),
    say("a direction is no sign", IdentityClaim, "x/norm(x)", "sign(x)"),
    say("x = 0: sign is 0", IdentityClaim, "sign(x)**2", "1", domain=("x >= 0",)),
    say("x = 0: 0/0", IdentityClaim, "x/x", "1", domain=("x >= 0",)),
    say("x = 0: 0·(1/0)", IdentityClaim, "x*(1/x)", "1", domain=("x*x >= 0",)),
    say("x = 1: a removable singularity", IdentityClaim, "(x**2 - 1)/(x - 1)", "x + 1"),
    say("x = y: a removable singularity", IdentityClaim, "(x - y)/(x - y)*z", "z"),
    say("x < 0: the left has no root", IdentityClaim, "sqrt(x)**2", "x", domain=("x*x >= 0",)),
    say("x < 0: |x|", IdentityClaim, "sqrt(x**2)", "x", domain=("x*x >= 0",)),
    say("x < 0, y < 0: roots of neither", IdentityClaim, "sqrt(x*y)", "sqrt(x)*sqrt(y)", domain=("x*y >= 0",)),
    say("x < 0: no logarithm", IdentityClaim, "log(x**2)", "2*log(x)", domain=("x*x > 0",)),
    say("x ≤ 0: no logarithm", IdentityClaim, "exp(log(x))", "x", domain=("x >= 0",)),
    say("x + y = 0", IdentityClaim, "1/(x + y)*(x + y)", "1", domain=("x*x > 0", "y*y > 0")),
    say("far out: a bound of 1000000", IdentityClaim, "min(x, 1000000)", "x"),
    say("far in: a floor of a millionth", IdentityClaim, "max(x, 1/1000000)", "x"),
    say("β = 0 is in the domain and 0⁰ is 1", IdentityClaim, "beta**(t - 1)*beta", "where(beta > 0, beta**t, 1)", domain=("beta >= 0", "t >= 1")),
    say("t = 0: 0·β^(−1)", IdentityClaim, "t*beta**(t - 1)", "t*beta**t/beta", domain=("beta >= 0", "t >= 1")),
    say("t = 1 is no step before", IdentityClaim, "where(t > 1, 1, 0)", "1"),
    say("a branch at t = 25 …", IdentityClaim, "where(t > 24, where(t < 26, 2, 1), 1)", "1"),
    say("… and one at t = 1000", IdentityClaim, "where(t > 1000, 2, 1)", "1"),
    say("t even", IdentityClaim, "t % 2", "0"),
    say("x % 1 is 0 at whole numbers only", IdentityClaim, "x % 1", "0"),
    say("a sum of remainders", IdentityClaim, "(x + y) % 1", "x % 1 + y % 1"),
    say("ln(x + y)", IdentityClaim, "log(x + y)", "log(x) + log(y)"),
    say("ln(xy) of two that are negative", IdentityClaim, "log(x*y)", "log(x) + log(y)", domain=("x*y > 0",)),
    say("(xy)^a of two that are negative", IdentityClaim, "(x*y)**(1/2)", "x**(1/2)*y**(1/2)", domain=("x*y > 0",)),
    say("|x + y|", IdentityClaim, "abs(x + y)", "abs(x) + abs(y)", domain=("x*x >= 0",)),
    say("sign(x + y)", IdentityClaim, "sign(x + y)", "sign(x)", domain=("x >= 0", "y*y >= 0")),
    say("sign 0 = 0, where gives −1", IdentityClaim, "sign(x)", "where(x > 0, 1, -1)", domain=("x*x >= 0",)),
    say("at x = 0 the two choices part", IdentityClaim, "where(x > 0, 1, 0)", "where(x >= 0, 1, 0)", domain=("x*x >= 0",)),
    say("conditions that depend on each other", IdentityClaim, "where(x > 1, where(x > 2, 3, 2), 1)", "where(x > 2, 3, 1)"),
    say("a definition that takes a name of its own", IdentityClaim, "s*s", "x*x", {"s": "x - 1"}),
    say("a name like a private one", IdentityClaim, "sqrt(x)*atom_0", "x"),
    say("a name like a private one", IdentityClaim, "max(x, y) + root_re", "max(x, y)"),
    say("cancellation of 30 digits", IdentityClaim, "(1 + x/10**30)**2 - 1", "2*x/10**30"),
    say("a difference of 10⁻⁶⁰", IdentityClaim, "x + 1/10**60", "x"),
    say("a difference of x·10⁻⁹⁰", IdentityClaim, "x*(1 + 1/10**90)", "x"),
    say("huge numbers", IdentityClaim, "x + 10**90", "10**90"),
    say("a polynomial with roots at the points that are tried", IdentityClaim,
        "(x - 3/2)*(x - 2/5)*(x - 1/3)*(x - 7/9)*(x - 9/10)*(x - 1/10)*(x - 5)*(x - 1)*(x - 50)*(x - 1000)*(x - 2)*(x - 3)*(x - 4)*(x - 1/1000)", "0"),
    say("β₁ for β₂", IdentityClaim, "beta1*m + (1 - beta1)*g", "beta2*m + (1 - beta2)*g"),
    say("the bias with t − 1", IdentityClaim, "m/(1 - beta**t)", "m/(1 - beta**(t - 1))"),
    say("ε inside the root", IdentityClaim, "sqrt(v + eps)", "sqrt(v) + eps"),
    say("maxima of sums", IdentityClaim, "max(x + y, z)", "max(x, z) + max(y, z)"),
    say("min and max exchanged", IdentityClaim, "min(max(x, 2), 1)", "max(min(x, 1), 2)"),
    say("the free function's name is a name", IdentityClaim, "norm(x)/norm(2*x)", "2", domain=("x > 0",)),
    say("0/0 at x = 0 of the absolute value", IdentityClaim, "x/abs(x)", "sign(x)", domain=("x*x >= 0",)),
]  # fmt: skip

INEQUALITIES = [
    say("x = −1", InequalityClaim, (), "x >= 0"),
    say("x = 1: not strict", InequalityClaim, (), "(x - 1)**2 > 0"),
    say("x = 0: undefined", InequalityClaim, (), "x/x >= 1"),
    say("x = 0: undefined", InequalityClaim, ("x >= 0",), "1/x >= 0"),
    say("x < 0: no root", InequalityClaim, (), "sqrt(x) >= 0"),
    say("x ≤ 0: no logarithm", InequalityClaim, ("x >= 0",), "x >= log(x)"),
    say("ln x < 0 below 1", InequalityClaim, ("x > 0",), "log(x) >= 0"),
    say("sign 0 = 0", InequalityClaim, ("x >= 0",), "sign(x) > 0"),
    say("sign of a negative number", InequalityClaim, (), "sign(x) >= 0"),
    say("a maximum may be below 0", InequalityClaim, (), "max(x, y) >= 0"),
    say("a minimum may be below 0", InequalityClaim, ("x > 0",), "min(x, y) >= 0"),
    say("where it is −1", InequalityClaim, (), "where(x > 0, 1, -1) >= 0"),
    say("at the boundary, −1", InequalityClaim, ("x >= 0",), "where(x > 0, 1, -1) >= 0"),
    say("β^t of β > 1", InequalityClaim, ("beta > 0", "t >= 1"), "1 - beta**t >= 0"),
    say("β = 1", InequalityClaim, ("beta > 0", "1 - beta >= 0", "t >= 1"), "1 - beta**t > 0"),
    say("t = 0", InequalityClaim, ("beta > 0", "1 - beta > 0", "t >= 0"), "1 - beta**t > 0"),
    say("t between 0 and 1: β^t > β", InequalityClaim, ("beta > 0", "1 - beta > 0", "t > 0"), "beta - beta**t >= 0"),
    say("β = 0, t = 0: 0⁰ = 1", InequalityClaim, ("beta >= 0", "1/2 - beta > 0", "t >= 0"), "1 - beta**t > 0"),
    say("x = 1001", InequalityClaim, ("x > 0",), "1000 - x >= 0"),
    say("x = 10⁻⁹", InequalityClaim, ("x > 0",), "x - 1/10**6 >= 0"),
    say("short of 2 by 10⁻³⁰", InequalityClaim, ("x**2 >= 2", "x > 0"), "x - 1414213562373095048801688724210/10**30 >= 0"),
    say("nothing satisfies the hypotheses, which proves nothing", InequalityClaim, ("x > 1", "-x > 1"), "x > 5"),
    say("nothing satisfies x² < 0", InequalityClaim, ("-x**2 > 0",), "x > 5"),
    say("nothing has ln x > 0 below 1", InequalityClaim, ("log(x) > 0", "1 - x > 0", "x > 0"), "x > 5"),
    say("a norm may be 0", InequalityClaim, (), "norm(x) > 0"),
    say("a norm of what is small", InequalityClaim, ("x > 0",), "norm(x) >= 1"),
    say("norms and elements", InequalityClaim, ("x > 0",), "x - norm(x) >= 0"),
    say("arithmetic and geometric mean exchanged", InequalityClaim, ("x > 0", "y > 0"), "sqrt(x*y) - (x + y)/2 >= 0"),
    say("e^x ≥ 1 below 0", InequalityClaim, (), "exp(x) >= 1"),
    say("a remainder may be near its divisor", InequalityClaim, ("x > 0",), "1/2 - x % 1 >= 0"),
    say("whole numbers are not granted", InequalityClaim, ("t > 0",), "t >= 1"),
    say("between whole numbers", InequalityClaim, (), "n**2 - n >= 0"),
    say("the triangle inequality backwards", InequalityClaim, (), "abs(x + y) - abs(x) - abs(y) >= 0"),
    say("no relation", InequalityClaim, (), "x"),
    say("no relation among the hypotheses", InequalityClaim, ("x",), "x >= x"),
]  # fmt: skip

GROWTHS = [
    say("a pole at 1", GrowthClaim, "1/(1 - x)"),
    say("a pole at 1, squared", GrowthClaim, "1/(1 - x)**2"),
    say("a pole at √2", GrowthClaim, "1/(x**2 - 2)**2"),
    say("a jump at 7", GrowthClaim, "where(x > 7, -1, x)"),
    say("a jump far out", GrowthClaim, "where(x > 2000000, -1, x)"),
    say("it turns at 10⁷", GrowthClaim, "x*(10**7 - x)"),
    say("below 0 between 1 and 1.001", GrowthClaim, "(x - 1)*(x - 1.001)"),
    say("ln 0", GrowthClaim, "x - log(x)"),
    say("ln(1 + x) − x", GrowthClaim, "log(1 + x) - x"),
    say("0/0 at 0", GrowthClaim, "x/x"),
    say("0/0 at 3", GrowthClaim, "(x - 3)/(x - 3)"),
    say("0/0 at √3", GrowthClaim, "(x**2 - 3)/(x**2 - 3)*x"),
    say("√ of what is negative", GrowthClaim, "sqrt(x - 1)"),
    say("√ of what is negative between 1 and 2", GrowthClaim, "sqrt((x - 1)*(x - 2)) + x"),
    say("at 0 it is −10⁻³⁰", GrowthClaim, "x - 1/10**30"),
    say("e^(−x) − 1/10", GrowthClaim, "exp(-x) - 1/10"),
    say("min(x, 3 − x)", GrowthClaim, "min(x, 3 - x)"),
    say("a logarithm that stops at 100", GrowthClaim, "log(100 - x) - log(100 - x) + x"),
    say("x % 1 − x/10⁹", GrowthClaim, "x % 1 - x/10**9"),
    say("a removable pole inside a logarithm", GrowthClaim, "log(1 + x*(x - 5)/(x - 5))"),
    say("sign(x − 1)", GrowthClaim, "sign(x - 1) + 1/2"),
]  # fmt: skip

STATEMENTS = [*IDENTITIES, *_atoms(), *INEQUALITIES, *GROWTHS]
