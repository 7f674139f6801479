"""Second opinions by exact numbers: sums added up, identities at rational points, limits far out."""

import itertools
from fractions import Fraction

from exact import Exact, context, exact, real, typed
from names_used import integers, names_in

_VALUES = [Fraction(*p) for p in ((1, 2), (2, 3), (3, 1), (1, 5), (7, 4), (5, 1), (4, 9), (11, 6))]
_UNIT = [Fraction(*p) for p in ((1, 2), (2, 3), (1, 5), (4, 9), (9, 10))]
_LONGEST = 40
_REAL = [Fraction(*p) for p in ((0, 1), (1, 1), (-1, 1), (2, 1), (1, 3), (-5, 2), (7, 1), (9, 10))]


def points(names, domain=(), unit=(), count=10):
    """Where the hypotheses hold, from a small grid; all positive without any."""
    found, seen = [], []
    for shift in range(200):
        at = {}
        for place, name in enumerate(names):
            step = shift * (2 * place + 3) // (place + 1) + 5 * place
            if name in integers:
                at[name] = Exact(1 + step % 6)
            elif name in unit:
                at[name] = Exact(_UNIT[step % 5])
            else:
                at[name] = Exact((_REAL if domain else _VALUES)[step % 8])
        key = [v.elements for v in at.values()]
        if key not in seen and all(bool(typed(h, at)) for h in domain):
            found.append(at)
        seen.append(key)
        if len(found) == count:
            break
    return found


def identities(claim):
    names = [n for n in names_in(claim.left, claim.right, *claim.definitions.values(), *claim.domain)
             if n not in claim.definitions]  # fmt: skip
    compared = 0
    for at in points(names, claim.domain):
        for name, text in claim.definitions.items():
            at[name] = typed(text, at)
        one, two = (typed(side, at) for side in (claim.left, claim.right))
        if one.defined != two.defined or (one.defined and not one.same(two)):
            return False
        compared += one.defined
    return compared > 0 or None


def sums(claim):
    names = [n for n in names_in(claim.term, claim.closed) if n not in ("i", "t")]
    for at in points(names, claim.domain, count=3):
        for t in range(claim.start, 13):
            here = {**at, "t": Exact(t)}
            first, last = (int(typed(e, here).elements[0]) for e in (claim.lower, claim.upper))
            terms = (typed(claim.term, {**here, "i": Exact(i)}) for i in range(first, last + 1))
            total, closed = sum(terms, Exact(0)), typed(claim.closed, here)
            if total.defined != closed.defined or (total.defined and not total.same(closed)):
                return False
    return True


def schedules(claim):
    rate = typed(claim.start, {})
    rates = [rate]
    for epoch in range(1, max(e for e, _ in claim.printed) + 1):
        rates.append(typed(claim.recursion, {"epoch": Exact(epoch), "lr": rates[-1]}))
    for epoch, digits in claim.printed:
        half = Fraction(1, 2 * 10 ** len(digits.partition(".")[2]))
        off = abs(real(rates[epoch].elements[0]) - real(Fraction(digits)))
        if off > real(half) + context.mpf(10) ** -40:
            return False
    return True


def limits(claim):
    """At 10⁶, 10⁹ and 10¹² the distance to the value to sixty digits, is small and falls."""
    unit = claim.unit
    names = [n for n in names_in(claim.expression, claim.value) if n not in ("e", claim.variable)]
    e = Exact(context.e)
    for at in points(names, unit=unit, count=6):
        gaps = []
        for far in (10**6, 10**9, 10**12):
            known = {**at, "e": e, claim.variable: Exact(context.mpf(far))}
            gap = real(typed(claim.expression, known).elements[0]) - real(
                typed(claim.value, known).elements[0]
            )
            gaps.append(abs(gap))
        scale = 1 + abs(real(typed(claim.value, {**at, "e": e}).elements[0]))
        if not (gaps[2] < scale * context.mpf(10) ** -4 and gaps[2] <= gaps[0]):
            return False
    return True


def growth(claim):
    """From 0 on it is not negative and does not fall, at rational points, to sixty digits."""
    at = [Fraction(n, 20) for n in range(100)] + [Fraction(10) ** k for k in range(1, 12)]
    values = [real(typed(claim.expression, {"x": Exact(x)}).elements[0]) for x in at]
    return values[0] >= 0 and all(b >= a for a, b in itertools.pairwise(values))


def first_tractable(claim):
    b = Fraction(claim.beta2)
    if not 0 < b < 1 or claim.first < 1:
        return False
    rho = [2 / (1 - b) - 1 - 2 * t * b**t / (1 - b**t) for t in range(1, 61)]
    rises = all(y >= x for x, y in itertools.pairwise(rho))
    above = [t for t, x in enumerate(rho, 1) if x > claim.threshold]
    return rises and above[:1] == [claim.first]


def step_bounds(claim):
    """Σ wᵢ²/uᵢ for weights worked out by hand, to sixty digits."""
    simple = [Fraction(p, q) for q in range(2, 8) for p in range(1, q)]
    for b1, b2 in itertools.product(simple, repeat=2):
        names = {"beta1": Exact(b1), "beta2": Exact(b2)}
        if any(not typed(text, names).same(names[k]) for k, text in claim.ties.items()) or not all(
            bool(typed(w, names)) for w in claim.where
        ):
            continue
        p, q = real(b1), real(b2)
        weights = [((1 - p) * p**i) ** 2 / ((1 - q) * q**i) for i in range(_LONGEST)]
        for t in (*range(1, 9), _LONGEST):
            square = sum(weights[:t]) * (1 - q**t) / (1 - p**t) ** 2
            stated = typed(claim.bound, {**names, "t": Exact(t)}).elements[0]
            difference = square - real(stated) ** 2
            if difference > context.mpf(10) ** -40 or stated < 0:
                return False
            if claim.largest and abs(difference) > context.mpf(10) ** -40 * max(1, square):
                return False
    return True


def decays(claim):
    """E w² of ½w² under unit noise, in sixty digits; whether it stays of the order log T/T."""
    ratios = []
    for horizon in (100, 1000, 4000):
        T = context.mpf(horizon)
        gamma = real(typed(claim.ratio, {"T": Exact(T)}).elements[0])
        a = real(typed(claim.first, {}).elements[0])
        second = context.mpf(1)
        for _ in range(horizon):
            second = (1 - a) ** 2 * second + a * a
            a *= gamma
        ratios.append(second * T / context.log(T))
    return bool(ratios[-1] < 2 * ratios[0])


def divergence(claim):
    """∫ s^(ρ/2 − 2) ds over (δ, 1) is (1 − δ^p)/p, p = ρ/2 − 1: bounded as δ falls, or not."""
    threshold = typed(claim.threshold, {}).elements[0]
    grows = []
    for rho in (threshold - Fraction(1, 10), threshold + Fraction(1, 10)):
        p = real(rho / 2 - 1)
        one, two = ((1 - context.mpf(10) ** (-d * p)) / p for d in (100, 200))
        grows.append(two > one * context.mpf("1.5"))
    return grows == [True, False]


def scale_variance(claim):
    """Γ's quotients as fractions times π, which lies between two fractions."""
    pi = (Fraction(31415926535897932, 10**16), Fraction(31415926535897933, 10**16))

    def V(rho):
        n = int(exact(rho).elements[0])
        # Γ((n − 1)/2)/Γ(n/2), squared, is a fraction times π, or over π, by Γ(x + 1) = xΓ(x).
        quotient, half = Fraction(1), Fraction(n - 1, 2)
        other = Fraction(n, 2)
        while half > 1:
            half -= 1
            quotient *= half
        while other > 1:
            other -= 1
            quotient /= other
        square = quotient**2
        ends = (
            [square * p if half < 1 else square / p for p in pi] if half != other else [square] * 2
        )
        found = [Fraction(n, n - 2) - Fraction(n, 2) * e for e in ends]
        assert abs(found[0] - found[1]) < Fraction(1, 10**6) * abs(found[0])
        return Exact(found[0])

    return bool(typed(claim.relation, {}, {"V": V}))


_ROUNDED = 1e-11
"""Above what rounding a few operations with numbers up to ten makes of an enclosure."""


def singular_values(claim):
    """The interval in pieces, each led through all steps by enclosures, until all fit or one does not."""
    a, b, c = (float(Fraction(x)) for x in claim.coefficients)
    ends = [float(Fraction(x)) for x in claim.into]

    def led(x):
        return x * (a + x * x * (b + c * x * x))

    pieces, asked = [tuple(float(Fraction(x)) for x in claim.within)], 0
    while pieces:
        asked += 1
        if asked > 50_000:
            return None
        left, right = pieces.pop()
        middle = (left + right) / 2
        center, radius = middle, (right - left) / 2
        for _ in range(claim.steps):
            low, high = sorted(x * x for x in (center - radius, center + radius))
            low = 0.0 if abs(center) <= radius else low
            # a + 3bs + 5cs² for s in [low, high], whose vertex is at −3b/(10c)
            slopes = [
                a + 3 * b * s + 5 * c * s * s
                for s in (low, high, min(max(-0.3 * b / c, low), high))
            ]
            radius = radius * max(map(abs, slopes)) + _ROUNDED
            center = led(center)
        if not (ends[0] + _ROUNDED <= center - radius and center + radius <= ends[1] - _ROUNDED):
            point = middle
            for _ in range(claim.steps):
                point = led(point)
            if not ends[0] - 1e-9 <= point <= ends[1] + 1e-9:
                return False
            if radius < 1e-9:
                return None
            pieces += [(left, middle), (middle, right)]
    return True
