"""Second opinions by running the rule's code in exact arithmetic."""

import itertools
from fractions import Fraction

from eigenstep.optimizers.compositions import at_gradient_point
from eigenstep.proofs.kinds.equations import sample_state, sample_step
from exact import Exact, close, exact, run, settings, symbols, typed

_SOME = (Fraction(3, 2), Fraction(-2), Fraction(1, 3), Fraction(5, 4), Fraction(-1, 2), Fraction(7, 5),
         Fraction(2, 3), Fraction(-3))  # fmt: skip
_INSIDE = {
    "beta": Fraction(9, 25), "beta1": Fraction(3, 4), "beta2": Fraction(16, 25), "beta3": Fraction(4, 5),
    "eps": Fraction(1, 8), "weight_decay": Fraction(1, 7), "lr": Fraction(1, 5),
}  # fmt: skip


def _tensors(count, moved=0):
    return [Exact(_SOME[(i + moved) % 8], _SOME[(3 * i + 1 + moved) % 8] / 2) for i in range(count)]


def _settings(rule, fixed):
    inside = {}
    for key, value in _INSIDE.items():
        if key in rule.hyperparameters and key not in rule.fixed and key not in fixed:
            inside[key] = Exact(value)
    return settings(rule, fixed, **inside)


def equations(claim, steps=4):
    """The printed assignments beside the code: its start, its first steps from there, and a later one."""
    rule = claim.rule
    values = _settings(rule, claim.fixed)
    known = symbols(rule, values)
    theta = _tensors(1)[0]
    state = tuple(map(exact, rule.initial_state(theta, values)))
    start = {**known, rule.parameter: theta}
    for name, begun in zip(rule.state, state, strict=True):
        if not (begun - typed(claim.start.get(name, "0"), start)).same(Exact(0)):
            return False
    functions = {"A": sample_step, "S": sample_state}
    compared = 0
    for t, g in zip((*range(1, steps + 1), 57), _tensors(steps + 1, 2), strict=True):
        names = {**known, "t": Exact(t), rule.gradient: g, rule.parameter: theta}
        names |= dict(zip(rule.state, state, strict=True))
        coefficients = rule.coefficients(Exact(t), values)
        point = exact(rule.gradient_point(theta, *state, **coefficients))
        said = [typed(claim.point or rule.parameter, names)]
        for name, text in claim.printed.items():
            names[name] = typed(text, names, functions)
        theta, *new = map(exact, rule(theta, g, *state, **coefficients))
        state = tuple(new)
        if any(k not in names for k in rule.state):
            return False
        said += [names[k] for k in (rule.parameter, *rule.state)]
        if not all(x.defined for x in said):  # where print is silent nothing is compared
            theta = theta if theta.defined else g
            state = tuple(s if s.defined else g * g for s in state)
            continue
        compared += 1
        if not all(a.same(b) for a, b in zip((point, theta, *state), said, strict=True)):
            return False
    return bool(compared) or None


def any_length(claim):
    """As equations, with φ clipped to one length."""
    rule, theta = claim.rule, _tensors(1)[0]
    p = Exact(Fraction(5, 7))
    values = _settings(rule, {"phi": "clipped", "phi_lower": p, "phi_upper": p})
    state = tuple(map(exact, rule.initial_state(theta, values)))
    for t, g in enumerate(_tensors(4, 2), 1):
        names = {**symbols(rule, values), "t": Exact(t), "g": g, "p": p, rule.parameter: theta}
        names |= dict(zip(rule.state, state, strict=True))
        for name, text in claim.printed.items():
            names[name] = typed(text, names)
        theta, *state = map(exact, rule(theta, g, *state, **rule.coefficients(Exact(t), values)))
        seen = {rule.parameter: theta, **dict(zip(rule.state, state, strict=True))}
        if not all(found.same(names[k]) for k, found in seen.items()):
            return False
    return True


def first_steps(claim):
    rule, values = claim.rule, _settings(claim.rule, claim.fixed)
    gradients = _tensors(max(claim.printed) + 1)
    names = {**symbols(rule, values), **{f"g{i}": g for i, g in enumerate(gradients)}}
    path = run(rule, Exact(1), gradients[1:], values)
    for t, (_, theta, state) in enumerate(path, 1):
        seen = dict(zip((*rule.state, rule.parameter), (*state, theta), strict=True))
        if t in claim.printed and not seen[claim.variable].same(typed(claim.printed[t], names)):
            return False
    return True


def printed_run(claim):
    rule = claim.rule
    values = settings(rule, claim.settings)
    theta = Exact(1)
    names = {**symbols(rule, values)}
    names |= {k: typed(v, {rule.parameter: theta}) for k, v in claim.memory.items()}
    said = theta
    gradients = _tensors(4)
    for g, (_, after, _) in zip(gradients, run(rule, theta, gradients, values), strict=True):
        names["g"], names[rule.parameter] = g, said
        for name, text in claim.printed.items():
            names[name] = typed(text, names)
        said = names[rule.parameter]
        if not after.same(said):
            return False
    return None


def unrolled(claim):
    rule, values = claim.rule, _settings(claim.rule, claim.fixed)
    gradients, names = _tensors(7), symbols(rule, values)
    place = rule.state.index(claim.variable)
    for t, (_, _, state) in enumerate(run(rule, Exact(1), gradients, values), 1):
        total = Exact(0)
        for tau in range(t):
            weight = typed(claim.weight, {**names, "tau": Exact(tau)})
            total = total + weight * typed(claim.of, {"g": gradients[t - 1 - tau]})
        if not state[place].same(total):
            return False
    return True


def _points(rule, theta, gradients, values, state=None):
    return [exact(point) for point, _, _ in run(rule, theta, gradients, values, state)]


def conjugacy(claim):
    """Both forms, from their start and from anywhere, take their gradients at the same points."""
    first = _settings(claim.first, claim.first_fixed)
    shared = {
        k: v
        for k, v in first.items()
        if k not in claim.first_fixed and k in claim.second.hyperparameters
    }
    second = settings(claim.second, {**shared, **claim.second_fixed})
    theta, gradients = Exact(Fraction(3, 2)), _tensors(8)
    anywhere = [Exact(x) for x in _SOME[1 : len(claim.first.state) + 1]]
    for state in (list(map(exact, claim.first.initial_state(theta, first))), anywhere):
        names = {
            **symbols(claim.first, first),
            "eta": exact(first["lr"]),
            claim.first.parameter: theta,
        }
        names |= dict(zip(claim.first.state, state, strict=True))
        *other, start = (typed(row, names) for row in claim.change)
        mine = _points(claim.first, theta, gradients, first, state)
        its = _points(claim.second, start, gradients, second, other)
        if not all(a.same(b) for a, b in zip(mine, its, strict=True)):
            return False
    return True


def stored_point(claim):
    values = _settings(claim.rule, {})
    paths = [
        _points(r, Exact(1), _tensors(8), values)
        for r in (claim.rule, at_gradient_point(claim.rule))
    ]
    return all(a.same(b) for a, b in zip(*paths, strict=True))


def changing_rate(claim):
    rates = (Fraction(1, 10), Fraction(1, 20), Fraction(1, 5), Fraction(1, 7), Fraction(1, 3))
    paths = []
    for rule, fixed, each in ((claim.first, claim.first_fixed, {}),
                              (claim.second, claim.second_fixed, claim.each)):  # fmt: skip
        theta, state, path, before = Exact(1), None, [], rates[0]
        for t, (g, rate) in enumerate(zip(_tensors(5), rates, strict=True), 1):
            values = _settings(rule, {**fixed, "lr": Exact(rate)})
            at = {**symbols(rule, values), "eta": Exact(rate), "eta_before": Exact(before)}
            values |= {k: typed(text, at) for k, text in each.items()}
            ((_, theta, state),) = run(rule, theta, [g], values, state, t)
            before = rate
            path.append(theta)
        paths.append(path)
    return all(a.same(b) for a, b in zip(*paths, strict=True))


def impulse(claim):
    rule, values = claim.rule, _settings(claim.rule, {})
    names = symbols(rule, values)
    names["eta"] = exact(values["lr"])
    path = run(rule, Exact(0), [Exact(1), *[Exact(0)] * 9], values)
    return all(
        theta.same(typed(claim.weight, {**names, "tau": Exact(tau)}))
        for tau, (_, theta, _) in enumerate(path)
    )


def rescaling(claim):
    rule, values = claim.rule, _settings(claim.rule, claim.fixed)
    for c in (Exact(Fraction(1, 4)), Exact(9)):
        factors = {k: typed(claim.factors.get(k, "1"), {"c": c})
                   for k in (rule.parameter, rule.gradient, *rule.state)}  # fmt: skip
        theta = _tensors(1)[0]
        state = [Exact(Fraction(2 + i, 3), Fraction(1, 5 + i)) for i in range(len(rule.state))]
        image = theta * factors[rule.parameter]
        beside = [s * factors[k] for k, s in zip(rule.state, state, strict=True)]
        for t, g in enumerate(_tensors(4, 1), 1):
            ((_, theta, state),) = run(rule, theta, [g], values, state, t)
            ((_, image, beside),) = run(
                rule, image, [g * factors[rule.gradient]], values, beside, t
            )
            pairs = [(theta * factors[rule.parameter], image)]
            pairs += [
                (s * factors[k], o) for k, s, o in zip(rule.state, state, beside, strict=True)
            ]
            if not all(a.same(b) for a, b in pairs):
                return False
    return True


def symmetry(claim):
    """The path of the image beside the image of the path, in the plane, in exact numbers."""
    rule = claim.rule
    zero = {k: 0 for k in ("eps", "eps_inside", "weight_decay", "initial_accumulator")
            if k in rule.hyperparameters and k not in rule.fixed}  # fmt: skip
    values = settings(rule, {k: Exact(0) for k in zero})
    start = Exact(Fraction(3, 2), -2)
    gradients = [Exact(_SOME[i], _SOME[(3 * i + 2) % 8]) for i in range(6)]
    turned = lambda x: Exact((3 * x.elements[0] - 4 * x.elements[-1]) / 5,  # noqa: E731
                             (4 * x.elements[0] + 3 * x.elements[-1]) / 5)  # fmt: skip
    swapped = lambda x: Exact(*x.elements[::-1])  # noqa: E731
    for c in (Fraction(10**4), Fraction(1, 10**4), Fraction(4)):
        images = {
            "loss scale": (lambda x: x, lambda g, c=c: g * c),
            "units": (lambda x, c=c: x * c, lambda g, c=c: g / c),
            "shift": (lambda x: x + 1, lambda g: g),
            "rotation": (turned, turned), "permutation": (swapped, swapped),
        }  # fmt: skip
        of, gradient = images[claim.symmetry]
        paths = []
        for first, all_gradients in (
            (start, gradients),
            (of(start), [gradient(g) for g in gradients]),
        ):
            paths.append([theta for _, theta, _ in run(rule, first, all_gradients, values)])
        for mine, its in zip(*paths, strict=True):
            if mine.defined != its.defined or (mine.defined and not of(mine).same(its)):
                return not claim.holds
        if not paths[0][0].defined:
            return None
    return claim.holds


def defaults(claim):
    """Read off the signature of the rule's function, as Python has it."""
    import inspect

    functions = filter(None, (claim.rule.update, claim.rule._coefficients))
    parameters = {k: p for f in functions for k, p in inspect.signature(f).parameters.items()}
    for name, text in claim.printed.items():
        value = claim.rule.fixed.get(name, getattr(parameters.get(name), "default", None))
        if value in (None, inspect.Parameter.empty):  # of a composition, whose parts have them
            value = claim.rule.with_defaults({})[name]
        if claim.rule.hyperparameters[name].is_choice:
            if str(value) != text:
                return False
        elif not exact(value).same(typed(text, {})):
            return False
    return not claim.whole or set(claim.printed) == set(claim.rule.hyperparameters)


def edges(claim):
    """The code run on torch's tensors, in float64, beside the typed values in exact arithmetic."""
    import torch
    from eigenstep.optimizers.engine import operations  # noqa: F401  (by which rules run on its tensors)

    rule = claim.rule
    values = rule.with_defaults(claim.settings)
    start = theta = torch.tensor(claim.theta, dtype=torch.float64)
    gradients = [torch.tensor(g, dtype=torch.float64) for g in claim.gradients]
    state = rule.initial_state(theta, values)
    for t, g in enumerate(gradients, claim.begin):
        theta, *state = rule(theta, g, *state, **rule.coefficients(t, values))
    names = {
        **symbols(rule, settings(rule, claim.settings)),
        rule.parameter: Exact(*start.tolist()),
    }
    names |= {f"g{i}": Exact(*g.tolist()) for i, g in enumerate(gradients, 1)}
    names["g"] = names[f"g{len(gradients)}"]
    now = {rule.parameter: theta, **dict(zip(rule.state, state, strict=True))}
    for name, text in claim.becomes.items():
        names[name] = typed(text, names)
        if name in now:
            found = (
                torch.as_tensor(now[name], dtype=torch.float64).broadcast_to(start.shape).tolist()
            )
            said = (names[name] + Exact(*start.tolist()) * 0).elements
            if not all(
                abs(float(s) - f) <= 1e-12 * max(abs(float(s)), abs(f))
                for s, f in zip(said, found, strict=True)
            ):
                return False
    return True


def sign_cycle(claim):
    """After the first steps signs repeat; the start that the cycle then has is solved for, exactly."""
    values = settings(claim.rule, claim.settings)
    steps = run(claim.rule, Exact(Fraction(claim.start)), [lambda x: x] * 400, values)
    path = [theta.elements[0] for _, theta, _ in steps]
    p = claim.period
    near = lambda a, b: abs(a - b) < Fraction(1, 10**6)  # noqa: E731
    tail = path[-8 * p :]
    repeats = [
        q for q in range(1, p + 1) if all(near(a, b) for a, b in zip(tail, tail[q:], strict=False))
    ]
    # The distance over all cycles of these signs: half the range that a shift of the whole cycle leaves free.
    return repeats[:1] == [p] and _reach(tail[:p], Fraction(claim.amplitude), claim)


def _reach(cycle, amplitude, claim):
    """The furthest point of this cycle over all offsets at which the signs that it is driven by stay."""
    values = settings(claim.rule, claim.settings)
    beta = exact(values["beta"]).elements[0]
    signs = [1 if x > 0 else -1 for x in _before(claim, cycle)]
    # Signum's average over a cycle: it is periodic as θ is, and moved by an offset as θ is.
    n, found = len(cycle), []
    for k in range(n):
        found.append(
            (1 - beta) * sum(beta**j * cycle[(k - j) % n] for j in range(n)) / (1 - beta**n)
        )
    low = max((-f for f, s in zip(found, signs, strict=True) if s > 0), default=-1)
    high = min((-f for f, s in zip(found, signs, strict=True) if s < 0), default=1)
    reach = max(abs(c + o) for c in cycle for o in (low, high))
    return abs(reach - amplitude) < Fraction(1, 10**4)


def _before(claim, cycle):
    """Which way the step after each point of the cycle goes: down is a positive average."""
    return [a - b for a, b in zip(cycle, (*cycle[1:], cycle[0]), strict=True)]


def cycle(claim):
    values = settings(claim.rule, claim.settings)
    points = [Fraction(p) for p in claim.points]
    state = [Exact((points[-1] - points[0]) / Fraction(claim.settings["lr"]))]
    gradient = lambda x: typed(claim.gradient, {"x": x})  # noqa: E731
    if not _slopes_inside(claim, gradient):
        return False
    seen = [
        t.elements[0]
        for _, t, _ in run(
            claim.rule, Exact(points[0]), [gradient] * 2 * len(points), values, state
        )
    ]
    return seen == [*points[1:], points[0]] * 2


def _slopes_inside(claim, gradient):
    """Slopes between neighbours on a fine grid lie in [mu, L]."""
    at = [gradient(Exact(Fraction(i, 16))).elements[0] for i in range(-80, 81)]
    slopes = [(b - a) * 16 for a, b in itertools.pairwise(at)]
    return all(
        s >= Fraction(claim.mu) and (claim.L is None or s <= Fraction(claim.L)) for s in slopes
    )


def box(claim):
    """From the wall, and pushed against it from inside, no step leads beyond; and the wall is kept."""
    rule = claim.rule
    values = settings(rule, {"lr": Fraction(1, 10), "weight_decay": Fraction(1, 2)})
    radius = typed(claim.radius, symbols(rule, values))
    r = radius.elements[0]
    if r <= 0:
        return False
    # The average must be one that pushes already: as after many gradients of one sign.
    pushing = [Exact(-1) for _ in rule.state]
    for theta, g in ((radius, -1), (radius, 1), (-radius, 1), (radius / 2, -1)):
        state = pushing if g < 0 else [-s for s in pushing]
        *_, (_, after, _) = run(rule, theta, [Exact(g)], values, state)
        if abs(after.elements[0]) > r:
            return False
        if theta is radius and g == -1 and not close(after.elements[0], r):
            return False
    return True
