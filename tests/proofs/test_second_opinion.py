"""What z3 decided, decided again by cvc5, from the typed text and by other code.

Nothing of the ledger's engine is used: the formulas are read here, straight into cvc5's terms. Where
cvc5 gives up, an exact certificate is checked instead.
"""

import ast
from pathlib import Path

import pytest
import sympy as sp
from eigenstep.optimizers.machine.workers import Overrun, Workers
from eigenstep.proofs import with_corrections
from eigenstep.proofs.kinds import (
    InductionClaim,
    InequalityClaim,
    RegionClaim,
    RootLemma,
    TuningClaim,
    WiderRegionClaim,
)
from eigenstep.proofs.minds import SECOND

cvc5 = pytest.importorskip("cvc5.pythonic")


class Reader:
    """Arithmetic in Python's syntax as cvc5 terms; denominators are taken not to be zero."""

    def __init__(self):
        self.names, self.denominators = {}, []

    def read(self, text):
        return self.term(ast.parse(text.strip(), mode="eval").body)

    def term(self, node):
        if isinstance(node, ast.Constant):
            return cvc5.RealVal(str(node.value))
        if isinstance(node, ast.Name):
            return self.names.setdefault(node.id, cvc5.Real(node.id))
        if isinstance(node, ast.UnaryOp):
            return -self.term(node.operand)
        if isinstance(node, ast.Compare):
            left, right = self.term(node.left), self.term(node.comparators[0])
            kinds = {ast.Gt: left > right, ast.GtE: left >= right}
            return kinds[type(node.ops[0])]
        if isinstance(node, ast.Call):  # min
            terms = [self.term(a) for a in node.args]
            return cvc5.If(terms[0] <= terms[1], terms[0], terms[1])
        left = self.term(node.left)
        if isinstance(node.op, ast.Pow):
            result = left
            for _ in range(node.right.value - 1):
                result = result * left
            return result
        right = self.term(node.right)
        if isinstance(node.op, ast.Div):
            self.denominators.append(right != 0)
            return left / right
        return {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}[type(node.op)]


def names_in(term):
    """The names of the variables in a term, in the order of their first appearance, which cvc5 keeps."""
    if cvc5.is_const(term) and not cvc5.is_rational_value(term):
        return {str(term): None}
    return {name: None for child in term.children() for name in names_in(child)}


def smt_lib(assertions):
    names = {name: None for assertion in assertions for name in names_in(assertion)}
    return "\n".join([
        "(set-logic QF_NRA)", *(f"(declare-const |{name}| Real)" for name in names),
        *(f"(assert {a.sexpr()})" for a in assertions), "(check-sat)",
    ])  # fmt: skip


SECONDS = 60
"""For one question: the slowest takes a second."""


@pytest.fixture(scope="module")
def solver():
    """A process that cvc5 runs in, ended where it overruns its time: cvc5 keeps no limit itself."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Workers(1, limit=SECONDS) as workers,
    ):
        patch.syspath_prepend(str(Path(__file__).parent))
        from cvc5_process import answer

        yield lambda text: workers.submit(answer, text).result()


@pytest.fixture
def holds(solver):
    def decide(hypotheses, conclusion, extra=()):
        """True, False, or None where cvc5 gives up."""
        said = solver(smt_lib([*hypotheses, *extra, cvc5.Not(conclusion)]))
        assert said in ("unsat", "sat", "unknown"), said
        return {"unsat": True, "sat": False}.get(said)

    return decide


def test_what_cvc5_does_not_decide_is_ended(monkeypatch):
    """Its own limit is 0.2 s; the process is ended, and the next question gets another."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    from cvc5_process import answer

    claim, reader = INEQUALITIES["G9.corrected"], Reader()
    assertions = [reader.read(h) for h in claim.hypotheses]
    assertions += [*reader.denominators, cvc5.Not(reader.read(claim.conclusion))]
    hard = '(set-option :tlimit-per "200")\n' + smt_lib(assertions)
    x = cvc5.Real("x")
    with Workers(1, limit=3) as workers:
        first, second = (workers.submit(answer, t) for t in (hard, smt_lib([x > 0, x < 0])))
        with pytest.raises(Overrun, match="3 s"):
            first.result()
        assert second.result() == "unsat"


CERTIFIED = (
    "G7.optimal", "G9.corrected", "P4.family", "worst_case.gradient_descent", "text.pepit.heavy_ball",
    "text.pepit.nesterov", "text.pepit.triple_momentum_corrected",
)  # fmt: skip
"""Which cvc5 does not decide in a minute; their certificates are below."""
INDUCTIONS = [k for k, c in with_corrections().items() if isinstance(c, InductionClaim)]
WIDER = [k for k, c in with_corrections().items() if isinstance(c, WiderRegionClaim)]
INEQUALITIES = {k: c for k, c in with_corrections().items() if isinstance(c, InequalityClaim)}


@pytest.mark.parametrize("key", [k for k in INEQUALITIES if k not in CERTIFIED])
def test_inequalities(key, holds):
    claim, reader = INEQUALITIES[key], Reader()
    hypotheses = [reader.read(h) for h in claim.hypotheses]
    conclusion = reader.read(claim.conclusion)
    answer = holds(hypotheses, conclusion, reader.denominators)
    assert answer is (claim.corrected is None)


def traces_and_determinants():
    """z² − Tz + D of each rule on ½λx², derived by hand; h = ηλ, b = β."""
    b = cvc5.Real("beta")
    return {
        ("gradient_descent", ()): lambda h: (1 - h, 0 * h),
        ("heavy_ball", ()): lambda h: (1 + b - h, b),
        ("nesterov", ()): lambda h: ((1 + b) * (1 - h), b * (1 - h)),
        ("heavy_ball", (("dampening", "beta"),)): lambda h: (1 + b - (1 - b) * h, b),
    }


def polynomial_of(claim):
    fixed = tuple(sorted(getattr(claim, "fixed", {}).items()))
    return traces_and_determinants()[claim.rule.name, fixed]


REGIONS = {k: c for k, c in with_corrections().items() if isinstance(c, RegionClaim)}
TUNINGS = {k: c for k, c in with_corrections().items() if isinstance(c, TuningClaim)}


def region_holds(holds, claim, bound):
    """Roots a ± w or a ± iw: 2a = T, a² ∓ w² = D."""
    reader = Reader()
    b, h, a, w = (cvc5.Real(n) for n in ("beta", "h", "a", "w"))
    T, D = polynomial_of(claim)(h)
    inside = cvc5.And(h > 0, reader.read(f"({bound}) - h") > 0)
    domain = [b >= 0, b < 1]
    real = [2 * a == T, a * a - w * w == D, w >= 0]
    pair = [2 * a == T, a * a + w * w == D, w > 0]
    real_stable = cvc5.And(a + w < 1, a - w > -1)
    pair_stable = a * a + w * w < 1
    answers = []
    for roots, stable in ((real, real_stable), (pair, pair_stable)):
        if claim.direction in ("both", "sufficient"):
            answers.append(holds([*domain, *roots, inside], stable))
        if claim.direction in ("both", "necessary"):
            answers.append(holds([*domain, *roots, stable], inside))
    return all(answers) if None not in answers else None


@pytest.mark.parametrize("key", REGIONS)
def test_regions(key, holds):
    claim = REGIONS[key]
    assert region_holds(holds, claim, claim.bound) is True
    factor = "99/100" if claim.direction == "necessary" else "101/100"
    assert region_holds(holds, claim, f"({claim.bound})*{factor}") is False


def inside_disk(T, D, r):
    """Both roots of z² − Tz + D have modulus at most r: the lemma below, typed once more."""
    return [
        r * r - D >= 0,
        r * r + D - T * r >= 0,
        r * r + D + T * r >= 0,
        2 * r - T >= 0,
        2 * r + T >= 0,
    ]


def test_the_root_lemma(holds):
    (claim,) = (c for c in with_corrections().values() if isinstance(c, RootLemma))
    a, w, r = (cvc5.Real(n) for n in ("a", "w", "r"))
    for sign, inside in ((-1, cvc5.And(a + w <= r, a - w >= -r)), (1, a * a + w * w <= r * r)):
        reader = Reader()
        reader.names |= {"r": r, "T": 2 * a, "D": a * a + sign * w * w}
        typed = cvc5.And(*[reader.read(c) >= 0 for c in claim.conditions])
        assert holds([r >= 0, w >= 0, typed], inside) is True
        assert holds([r >= 0, w >= 0, inside], typed) is True


def kappa_of(claim, root):
    """κ from ``root``, whose square the claim gives as L/μ or 3L/μ + 1."""
    return {"L/mu": root**2, "3*L/mu + 1": (root**2 - 1) / 3}[claim.root_squared]


@pytest.mark.parametrize("key", TUNINGS)
def test_tunings_cannot_be_better(key, holds):
    """No η and β reach a smaller radius at both ends of the spectrum; μ = 1."""
    claim = TUNINGS[key]
    q, h, r = (cvc5.Real(n) for n in ("root", "h", "r"))
    squared = q * q if claim.root_squared == "L/mu" else (q * q - 1) / 3
    reader = Reader()
    reader.names |= {"root": q, "mu": cvc5.RealVal(1), "L": squared}
    rate = reader.read(claim.rate)
    domain = [q > 0, squared > 1, r >= 0, *reader.denominators]
    T, D = polynomial_of(claim)(h)
    T2, D2 = polynomial_of(claim)(squared * h)
    assert holds([*domain, *inside_disk(T, D, r), *inside_disk(T2, D2, r)], r >= rate) is True
    assert (
        holds([*domain, *inside_disk(T, D, r), *inside_disk(T2, D2, r)], r >= rate * 1.01) is False
    )


@pytest.mark.parametrize("key", TUNINGS)
def test_tunings_are_attained(key):
    """Each condition is a quotient of polynomials in s = root − (root at κ = 1) without negative terms."""
    claim = TUNINGS[key]
    s = sp.Symbol("s", positive=True)
    root = s + (1 if claim.root_squared == "L/mu" else 2)
    names = {"root": root, "mu": sp.Integer(1), "L": kappa_of(claim, root)}
    values = {k: sp.sympify(eval_rational(v, names)) for k, v in claim.values.items()}
    rate, b = eval_rational(claim.rate, names), values.get("beta", sp.Integer(0))
    for curvature in (1, names["L"]):
        h = values["lr"] * curvature
        T, D = {"gradient_descent": (1 - h, 0), "heavy_ball": (1 + b - h, b),
                "nesterov": ((1 + b) * (1 - h), b * (1 - h))}[claim.rule.name]  # fmt: skip
        for condition in (rate, rate**2 - D, rate**2 + D - T * rate, rate**2 + D + T * rate, 2 * rate - T,
                          2 * rate + T):  # fmt: skip
            for part in sp.fraction(sp.cancel(condition)):
                assert all(c >= 0 for c in sp.Poly(part, s).coeffs()), (condition, part)


def eval_rational(text, names):
    """Arithmetic in Python's syntax as a SymPy expression, read here and not by the engine."""
    operations = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
                  ast.Div: lambda a, b: a / b, ast.Pow: lambda a, b: a**b}  # fmt: skip

    def value(node):
        if isinstance(node, ast.Constant):
            return sp.Integer(node.value)
        if isinstance(node, ast.Name):
            return names[node.id]
        return operations[type(node.op)](value(node.left), value(node.right))

    return value(ast.parse(text, mode="eval").body)


def test_growth_and_squeeze(holds):
    """The derivative of ln(1 + x) − x/(1 + x), and (1 − c)M ≤ A + (1 − c)B ≤ 2M for M = max(A, B)."""
    x, A, B, c = (cvc5.Real(n) for n in "xABc")
    assert holds([x >= 0], x * (1 + x) >= 0) is True  # times (1 + x)³ > 0
    domain = [A >= 0, B >= 0, c >= 0, c < 1]
    middle = A + (1 - c) * B
    for larger, case in ((A, A >= B), (B, B >= A)):
        assert (
            holds([*domain, case], cvc5.And((1 - c) * larger <= middle, middle <= 2 * larger))
            is True
        )


def test_certificates():
    """Each difference is a sum of terms that the hypotheses make nonnegative."""
    r, L, s, eta, mu, D, P, G = sp.symbols("r L s eta mu D P G")
    difference = (r**2 + L**2 * s**2 * eta**2) / (2 * s**2 * eta) - r * L / s
    assert sp.simplify(difference - (r - L * s * eta) ** 2 / (2 * s**2 * eta)) == 0
    W, W1, t, gap = sp.symbols("W W1 t gap")
    step = W - W1 - 2 / (mu * t) * (gap + mu / 2 * W) + (L / (mu * t)) ** 2
    telescoped = mu * (t - 1) * W - mu * t * W1 + L**2 / (mu * t) - 2 * gap
    assert sp.simplify(telescoped - mu * t * step) == 0
    p, S, x, y = sp.symbols("p S x y")
    # Were y ≤ x, these two would be ≥ 0 and > 0, against w r ≤ p(y − r)(y − S) and w ≥ (x − p)(x − S).
    first = p * (x - r) * (x - S) - p * (y - r) * (y - S) - p * (x - y) * (x + y - r - S)
    second = r * (x - p) * (x - S) - p * (x - r) * (x - S) - (x - S) * (r - p) * x
    assert sp.expand(first) == sp.expand(second) == 0
    claim = r**2 * D - (D - 2 * eta * P + eta**2 * G)
    smooth = (L + mu) * P - mu * L * D - G
    short = (r**2 - (1 - eta * mu) ** 2) * D + eta * (2 - eta * (L + mu)) * (P - mu * D)
    long = (r**2 - (1 - eta * L) ** 2) * D + eta * (eta * (L + mu) - 2) * (L * D - P)
    for rest in (short, long):  # for η up to 2/(L + μ), and beyond
        assert sp.expand(claim - eta**2 * smooth - rest) == 0


# Multipliers of the hypotheses, in their order, of which the conclusion is the sum.
_MULTIPLIERS = {
    "text.pepit.heavy_ball": ("0", "0", "PP/(2*a)", "a/2", "1"),
    "text.pepit.nesterov": ("0", "0", "s**3*(1 - s)/(2*(1 + s))", "1", "1 - s", "s"),
    "text.pepit.triple_momentum_corrected": ("(1 - s)**2/(2*s**2)", "1/(2*s**2)", "1"),
}


@pytest.mark.parametrize("key", _MULTIPLIERS)
def test_weighted_sums(key):
    """Each conclusion is a sum of its hypotheses with factors that are ≥ 0 (for 0 < s ≤ 1, a > 0, PP ≥ 0)."""
    claim = INEQUALITIES[key]
    texts = [*claim.hypotheses, claim.conclusion]
    assert all(text.endswith((">= 0", "> 0")) for text in texts)
    sides = [text.rpartition(">=" if ">=" in text else ">")[0] for text in texts]
    names = {
        n.id: sp.Symbol(n.id)
        for s in sides
        for n in ast.walk(ast.parse(s.strip()))
        if isinstance(n, ast.Name)
    }
    *given, wanted = (eval_rational(side, names) for side in sides)
    factors = [eval_rational(m, names) for m in _MULTIPLIERS[key]]
    total = sum(m * h for m, h in zip(factors, given, strict=True))
    assert sp.cancel(sp.together(wanted - total)) == 0


@pytest.mark.parametrize("key", INDUCTIONS)
def test_inductions(key, holds):
    """Start, step and end of an induction, each by cvc5; of a refuted one some part fails."""
    claim = with_corrections()[key]
    answers = []
    for _, part in claim.obligations():
        reader = Reader()
        hypotheses = [reader.read(h) for h in part.hypotheses]
        conclusion = reader.read(part.conclusion)
        answers.append(holds(hypotheses, conclusion, reader.denominators))
    assert None not in answers
    assert all(answers) is (claim.corrected is None)


@pytest.mark.parametrize("key", WIDER)
def test_wider_regions(key, holds):
    """The roots of the characteristic polynomial, on the domain; 99% of the bound is not it."""
    claim = with_corrections()[key]

    def decided(bound):
        reader = Reader()
        b, h, a, w = (cvc5.Real(n) for n in ("beta", "h", "a", "w"))
        T, D = traces_and_determinants()[claim.rule.name, ()](h)
        reader.names["beta"] = b
        inside = cvc5.And(h > 0, reader.read(f"({bound}) - h") > 0)
        domain = [reader.read(d) for d in claim.domain]
        real = ([2 * a == T, a * a - w * w == D, w >= 0], cvc5.And(a + w < 1, a - w > -1))
        pair = ([2 * a == T, a * a + w * w == D, w > 0], a * a + w * w < 1)
        answers = [holds([*domain, *roots, inside], stable) for roots, stable in (real, pair)]
        answers += [holds([*domain, *roots, stable], inside) for roots, stable in (real, pair)]
        return all(answers) if None not in answers else None

    assert decided(claim.bound) is (claim.corrected is None)
    assert decided(f"({claim.bound})*99/100") is False


def test_every_kind_has_a_second_opinion(monkeypatch):
    """A new kind says here who confirms it; what is said of Coq is what can be exported."""
    from eigenstep.proofs.export import EXPORTERS

    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    from opinions import OPINIONS

    kinds = {type(c).__name__ for c in with_corrections().values()}
    assert kinds == SECOND.keys()
    # Either one of OPINIONS, or a test of this file.
    here = {"InequalityClaim", "InductionClaim", "RegionClaim", "WiderRegionClaim", "RootLemma",
            "TuningClaim", "MaximumLimitClaim"}  # fmt: skip
    assert kinds - here == OPINIONS.keys()
    assert {k for k, (who, _) in SECOND.items() if who == "cvc5"} - {"GrowthClaim"} == here
    assert {k.__name__ for k in EXPORTERS} <= kinds
