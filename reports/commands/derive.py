"""``eigenstep derive``"""

from __future__ import annotations

from ...optimizers.errors import RuleError
from .command import Command
from .options import Json, RuleName, Settings
from .output import emit, pretty
from .settings import BadOption, theory_at


def derive(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """Equations, iteration matrix, characteristic polynomial, eigenvalues, region, tuning."""
    import sympy as sp

    theory, point = theory_at(rule, settings, into_theory=True)
    for name in point:
        raise BadOption(f"{name} stays a symbol in derive, which does not use a number for it")
    closed = theory.closed_tuning if theory.tunable else None
    exact = {} if closed is None else closed.exact
    limit, no_limit, where = None, "", [*theory.conditions]
    try:
        limit = theory.limit
        where += theory.limit_conditions
    except RuleError as refused:
        no_limit = str(refused)
    document = {
        "rule": theory.rule.name,
        "equations": [{"left": str(e.lhs), "right": str(e.rhs)} for e in theory.equations],
        "state": [str(s) for s in theory.system.state],
        "system": {k: [[str(x) for x in row] for row in getattr(theory.system, k).tolist()]
                   for k in "ABC"},
        "matrix": [[str(x) for x in row] for row in theory.matrix.tolist()],
        "characteristic_polynomial": str(theory.characteristic_polynomial),
        "eigenvalues": [str(e) for e in theory.eigenvalues],
        "region": [str(r) for r in theory.stability.relations],
        "minimal": theory.stability.minimal,
        "where": [str(c) for c in where],
        "variable": "curvature" if str(theory.variable) == "lambda" else "eta_lambda",
        "limit": None if limit is None else str(limit),
        "no_limit": no_limit,
        "critical_damping": {k: [str(e) for e in v] for k, v in theory.critical_damping.items()},
        "tuning": {k: str(e) for k, e in exact.items()},
        "noise": str(theory.noise.variance),
        "latex": {"update": theory.latex_update, "matrix": sp.latex(theory.matrix),
                  "region": theory.stability.latex()},
    }  # fmt: skip
    parts = [f"{theory.rule.name}: {theory.rule.source or 'your rule'}"]
    parts += theory.update
    parts += ["", f"iteration matrix on ½λx², acting on ({', '.join(document['state'])}):",
              pretty(theory.matrix), "", "characteristic polynomial:",
              pretty(theory.characteristic_polynomial), "", "eigenvalues:"]  # fmt: skip
    parts += [pretty(e) for e in theory.eigenvalues] or ["no closed form (degree above 2)"]
    parts += ["", "stable exactly where:", *[pretty(r) for r in theory.stability.relations]]
    if theory.conditions:
        parts += ["", "where:", *[pretty(c) for c in theory.conditions]]
    if limit is not None:
        largest = "ηλ" if document["variable"] == "eta_lambda" else "λ"
        parts += ["", f"largest stable {largest}:", pretty(limit)]
        if theory.limit_conditions:
            parts += ["where:", *[pretty(c) for c in theory.limit_conditions]]
    else:
        parts += ["", no_limit]
    parts += ["", "optimal for curvatures in [μ, L]:"]
    if exact:
        parts += [pretty(sp.Eq(sp.Symbol(k), e, evaluate=False)) for k, e in exact.items()]
    elif theory.tunable:
        parts += ["no closed form; `eigenstep tune` searches for it numerically"]
    else:
        parts += ["no learning rate is free to be tuned"]
    parts += [
        "",
        "stationary variance of θ for unit gradient noise:",
        pretty(theory.noise.variance),
    ]
    emit(document, as_json, "\n".join(parts))


COMMAND = Command("derive", derive, "eigenstep derive heavy_ball --set dampening=beta")
