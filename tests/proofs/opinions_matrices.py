"""Second opinions by linear algebra on fractions: no SymPy, and no eigenvalues but by their signs."""

import itertools
from fractions import Fraction

from eigenstep.optimizers.compositions import lookahead
from exact import Exact, exact, settings, symbols, typed
from fraction_matrices import Matrix, characteristic, condition, identity, solved, stable
from names_used import names_in


def step_matrix(rule, values, curvature, steps=1):
    """What the code does to state and parameter on ½λx², and to a gradient: it is run on unit vectors."""
    count, columns = len(rule.state) + 1, []
    for k in range(count):
        *state, theta = (Exact(int(i == k)) for i in range(count))
        for t in range(1, steps + 1):
            coefficients = rule.coefficients(Exact(t), values)
            point = rule.gradient_point(theta, *state, **coefficients)
            theta, *state = map(
                exact, rule(theta, exact(point) * curvature, *state, **coefficients)
            )
        columns.append([x.elements[0] for x in (*state, theta)])
    *state, theta = (Exact(0) for _ in range(count))
    theta, *state = map(exact, rule(theta, Exact(1), *state, **rule.coefficients(1, values)))
    return [list(r) for r in zip(*columns, strict=True)], [x.elements[0] for x in (*state, theta)]


def _inside(rule):
    """Settings of a rule at rational points."""
    for lr, beta in (
        (Fraction(1, 5), Fraction(1, 3)),
        (Fraction(1, 7), Fraction(4, 5)),
        (Fraction(1, 2), Fraction(1, 9)),
    ):
        given = {"lr": lr, "beta": beta, "beta1": beta, "beta2": Fraction(2, 3)}
        yield settings(rule, {k: Exact(v) for k, v in given.items()
                              if k in rule.hyperparameters and k not in rule.fixed})  # fmt: skip


def _names(rule, values, curvature):
    return {**symbols(rule, values), "eta": exact(values["lr"]), "lambda_": Exact(curvature),
            "eta_lambda": exact(values["lr"]) * curvature}  # fmt: skip


def matrices(claim):
    for values, curvature in zip(
        _inside(claim.rule), (Fraction(3), Fraction(1, 2), Fraction(5, 4)), strict=True
    ):
        names = _names(claim.rule, values, curvature)
        printed = [[typed(e, names).elements[0] for e in row] for row in claim.printed]
        if step_matrix(claim.rule, values, curvature)[0] != printed:
            return False
    return True


def powers(claim):
    for values in _inside(claim.rule):
        names = _names(claim.rule, values, Fraction(3))
        for t in range(6):
            (((found,),), _) = step_matrix(claim.rule, values, Fraction(3), t)
            if found != typed(claim.iterate, names).elements[0] ** t:
                return False
    return True


def _letters(n):
    some = lambda k: [Fraction((7 * i + 3 * k) % 11 - 4, 1 + (i + k) % 3) for i in range(n)]  # noqa: E731
    names = {v: Matrix([[x] for x in some(k)]) for k, v in enumerate("xcvzd", 1)}
    square = Matrix([some(k + 2) for k in range(n)])
    names["Q"] = square * square.T + identity(n)
    names["Qi"] = names["Q"].inverse()
    skew = square - square.T
    names["U"] = (identity(n) - skew) * (identity(n) + skew).inverse()  # Cayley's
    roots = [Fraction(k + 2, k + 1) for k in range(n)]

    def diagonal(entries):
        return Matrix([[e if i == j else 0 for j in range(n)] for i, e in enumerate(entries)])

    names |= {"L": diagonal([r * r for r in roots]), "Lh": diagonal(roots),
              "Li": diagonal([1 / (r * r) for r in roots]),
              "D": diagonal([Fraction(k + 3, 2) for k in range(n)]), "I": identity(n)}  # fmt: skip
    names |= {
        "A": Matrix([some(k) for k in range(n)]),
        "B": Matrix([some(2 * k + 1) for k in range(n)]),
    }
    return {**names, **{f"{k}T": m.T for k, m in names.items()}}


def words(claim):
    """Matrices of sizes 2 and 3 with rational entries; the orthogonal one is Cayley's."""
    for n in (2, 3):
        names = _letters(n)
        texts = (claim.left, claim.right, *claim.definitions.values())
        others = [
            k
            for k in names_in(*texts)
            if k not in names and k.removesuffix("T") not in claim.definitions
        ]
        names |= {k: Fraction(i + 2, 2 * i + 3) for i, k in enumerate(others)}
        for name, text in claim.definitions.items():
            names[name] = _read(text, names)
            if isinstance(names[name], Matrix):
                names[f"{name}T"] = names[name].T
        one, two = (_read(side, names) for side in (claim.left, claim.right))
        shapes = {m.shape for m in (one, two) if isinstance(m, Matrix)}
        if len(shapes) > 1:
            return False
        if not (one == two if isinstance(one, Matrix) else two == one):
            return False
    return True


def _read(text, names):
    found = typed(text, {k: v if isinstance(v, Matrix) else _Number(v) for k, v in names.items()})
    return (
        found.value
        if isinstance(found, _Number)
        else found.elements[0]
        if isinstance(found, Exact)
        else found
    )


class _Number:
    """A number beside matrices."""

    def __init__(self, value):
        self.value = value.elements[0] if isinstance(value, Exact) else Fraction(value)

    def _with(self, other, function, turned=False):
        other = (
            other.value
            if isinstance(other, _Number)
            else other.elements[0]
            if isinstance(other, Exact)
            else other
        )
        found = function(other, self.value) if turned else function(self.value, other)
        return found if isinstance(found, Matrix) else _Number(found)


for _name in ("add", "sub", "mul", "truediv", "pow"):
    _of = getattr(__import__("operator"), _name)
    setattr(_Number, f"__{_name}__", lambda a, b, f=_of: a._with(b, f))
    setattr(_Number, f"__r{_name}__", lambda a, b, f=_of: a._with(b, f, True))
_Number.__neg__ = lambda a: _Number(-a.value)


def _plainly(x):
    return x.value if isinstance(x, _Number) else x.elements[0] if isinstance(x, Exact) else x


for _name in ("add", "sub", "mul", "truediv", "pow"):
    # Matrices meet numbers of both kinds.
    _plain = getattr(Matrix, f"__{_name}__")
    setattr(Matrix, f"__{_name}__",
            lambda a, b, f=_plain: f(a, _plainly(b)))  # fmt: skip


def matrix_powers(claim):
    blocks = ((Fraction(1, 2), Fraction(3)), (Fraction(2), Fraction(-1, 3)))
    basis = Matrix([[2, 1], [3, 2]])
    for s1, s2 in blocks:
        rows = [[s1, 1], [0, s1]] if claim.repeated else [[s1, 0], [0, s2]]
        R = basis * Matrix(rows) * basis.inverse()
        for k in range(1, 7):
            said = _read(claim.power, {"R": R, "I": identity(2), "k": k, "s1": s1, "s2": s2})
            if said != R**k:
                return False
    return True


def _covariance(a, b):
    """X = AXAᵀ + bbᵀ as a linear system."""
    n = len(a)
    cells = [(i, j) for i in range(n) for j in range(n)]
    rows = [
        [Fraction(int((i, j) == (k, m))) - a[i][k] * a[j][m] for k, m in cells] for i, j in cells
    ]
    found = solved(rows, [b[i] * b[j] for i, j in cells])
    return [found[i * n : (i + 1) * n] for i in range(n)]


def variances(claim):
    for values in _inside(claim.rule):
        curvature = Fraction(3, 2)
        a, b = step_matrix(claim.rule, values, curvature)
        found = _covariance(a, b)[-1][-1]
        if not Exact(found).same(typed(claim.value, _names(claim.rule, values, curvature))):
            return False
    return True


def noise_steps(claim):
    """The step as a last coordinate of its own: θ is not in it, so that its mean square is stationary."""
    for values in _inside(claim.rule):
        a, b = step_matrix(claim.rule, values, Fraction(0))
        n = len(a) - 1
        assert all(
            r[-1] == int(i == n) for i, r in enumerate(a)
        )  # the state does not ask where θ is
        moments = _covariance([r[:-1] for r in a[:-1]], b[:-1]) if n else []
        row = a[-1][:-1]
        square = b[-1] ** 2 + sum(
            row[i] * row[j] * moments[i][j] for i in range(n) for j in range(n)
        )
        if not Exact(square).same(typed(claim.square, symbols(claim.rule, values))):
            return False
    return True


def lookaheads(claim):
    """Schur and Cohn at many steps inside the interval."""
    values = {k: Exact(Fraction(v)) for k, v in claim.settings.items()}
    outer = lookahead(claim.rule, claim.k, float(Fraction(claim.alpha)))
    full = settings(outer, {**values, "lr": Exact(1)})
    reach = typed(claim.reach, symbols(outer, full)).elements[0]
    if reach <= 0:
        return False
    return all(
        stable(characteristic(step_matrix(outer, full, reach * Fraction(n, 48), claim.k)[0]))
        for n in (*range(1, 48, 2), Fraction(479, 10))
    )


def complex_rates(claim):
    seen = 0
    for values in _inside(claim.rule):
        for curvature in (Fraction(1, 2), Fraction(1), Fraction(2), Fraction(4), Fraction(7)):
            (a, b), (c, d) = step_matrix(claim.rule, values, curvature)[0]
            if 4 * (a * d - b * c) > (a + d) ** 2:
                seen += 1
                rate = typed(claim.rate, _names(claim.rule, values, curvature))
                if rate.elements[0] < 0 or not (rate * rate).same(Exact(a * d - b * c)):
                    return False
    return bool(seen) or None


def scalings(claim):
    """D⁻¹Q has the eigenvalues of D^−½QD^−½; Sturm's signs enclose the ends."""
    for rows in claim.tried:
        scaled = [[Fraction(x, r[i]) for x in r] for i, r in enumerate(rows)]
        before, after = (condition(characteristic(m)) for m in (rows, scaled))
        if after[0] > before[1]:
            return False
    return None


def mostly_scaled(claim):
    """All counted again, by polynomials in fractions and their roots to many digits."""
    counts = {}
    for diagonal in itertools.product(claim.diagonal, repeat=3):
        for x, y, z in itertools.product(claim.others, repeat=3):
            key = (*sorted(zip(diagonal, (z * z, y * y, x * x), strict=True)), x * y * z)
            counts[key] = counts.get(key, 0) + 1
    better = total = 0
    for (*pairs, product), count in counts.items():
        (a, p), (b, q), (c, r) = pairs  # p, q, r: squares of the entries opposite to a, b, c
        first, minor = Fraction(a + b + c), a * b + a * c + b * c - p - q - r
        determinant = a * b * c + 2 * product - a * p - b * q - c * r
        if not (a > 0 and determinant > 0 and a * b - r > 0 and a * c - q > 0 and b * c - p > 0):
            continue
        e1, e2 = Fraction(3), 3 - Fraction(p, b * c) - Fraction(q, a * c) - Fraction(r, a * b)
        e3 = Fraction(determinant, a * b * c)
        matrices = ((first, Fraction(minor), Fraction(determinant)), (e1, e2, e3))
        total += count
        for bits in (18, 60):
            before, after = (condition([1, -x, y, -z], bits) for x, y, z in matrices)
            if claim.factor * after[1] < before[0] or claim.factor * after[0] > before[1]:
                break
        better += count * (claim.factor * after[1] < before[0])
    return better > Fraction(claim.share) * total


def equivalent_noise(claim):
    """Symmetric, and no root of the characteristic polynomial is 0 or below: then Q⁻² exists."""
    for rows in claim.tried:
        p = characteristic(rows)
        signs = [c * (-1) ** k for k, c in enumerate(p)]
        symmetric = [list(r) for r in rows] == [list(r) for r in zip(*rows, strict=True)]
        if not symmetric or any(c < 0 for c in signs) or p[-1] == 0:
            return False
    return True
