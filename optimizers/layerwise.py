"""Functions from rule to rule that look at whole tensors: trust ratios, layerwise gradients, caution."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from . import ops
from .added import decay_of, joined, remembers_nothing, with_added
from .domains import NONNEGATIVE, POSITIVE, Choice, Hyperparameter
from .ops import clip, maximum, mean, norm, where
from .rule import Rule, derived


@derived
def trust_ratio(inner: Rule, *, decay: str, name: str, source: str) -> Rule:
    r"""The rule with its update scaled, tensor by tensor, to the length φ(‖θ‖).

    .. math:: \theta \leftarrow \theta - \eta\,\phi(\|\theta\|) \frac{u}{\|u\|}

    u is the inner rule's update at η = 1, read off by stepping from zero, so that nothing cancels:
    the inner rule must use θ in no other way. Where a norm is zero the ratio φ(‖θ‖)/‖u‖ is 1.

    Args:
        inner: the base rule.
        decay: where weight decay enters: ``"gradient"`` (g + wθ) or ``"update"`` (u + wθ).
    """

    remembers_nothing(inner, "trust_ratio")

    def coefficients(
        t: Any, *, lr: Any, weight_decay: Any, phi: Any, phi_lower: Any, phi_upper: Any, **rest: Any
    ) -> dict[str, Any]:
        unit = inner.coefficients(t, {**rest, "lr": 1})
        return joined(inner, unit, length=lr, weight_decay=weight_decay, phi=phi,
                       phi_lower=phi_lower, phi_upper=phi_upper)  # fmt: skip

    def update(
        theta: Any, g: Any, *state: Any, length: Any, weight_decay: Any, phi: Any, phi_lower: Any,
        phi_upper: Any, **rest: Any,
    ) -> Any:  # fmt: skip
        gradient = g + weight_decay * theta if decay == "gradient" else g
        minus_u, *new_state = inner(0.0, gradient, *state, **rest)
        u = weight_decay * theta - minus_u if decay == "update" else -minus_u
        size, u_size = norm(theta), norm(u)
        wanted = size if phi == "identity" else clip(size, phi_lower, phi_upper)
        # Written with ≤ so that a NaN norm reaches the whole tensor instead of counting as zero; u is
        # divided first, because the ratio itself overflows float32 where u is tiny.
        wanted = where(size <= 0, 1, where(u_size <= 0, 1, wanted))
        u_size = where(size <= 0, 1, where(u_size <= 0, 1, u_size))
        return theta - (length * wanted) * (u / u_size), *new_state

    added = (
        decay_of(0.0, convention=False),
        Hyperparameter("phi", "identity", Choice(("identity", "clipped")), "phi", True),
        Hyperparameter("phi_lower", 0.0, NONNEGATIVE, "phi_l", True),
        Hyperparameter("phi_upper", 10.0, POSITIVE, "phi_u", True),
    )
    return Rule(**{**inner.parts, "update": update, "coefficients": coefficients, "name": name,
                   "source": source, "conventions": None,
                   "hyperparameters": with_added(inner, *added)})  # fmt: skip


@derived
@lru_cache(maxsize=256)
def cautious(inner: Rule, *, name: str | None = None) -> Rule:
    r"""The rule without the part of its update that points against the gradient.

    .. math:: \theta \leftarrow \theta - \frac{n}{\#\{u g > 0\} + 1}\, [u g > 0]\, u

    u is the inner rule's update, read off by stepping from zero: the inner rule must use θ in no other way
    (decoupled weight decay is added to the cautious rule, as in the paper). n counts a tensor's elements.
    Adds the hyperparameter ``rescale``: ``"count"`` as above, ``"mean"`` for the factor
    1/max(mean[ug > 0], 0.001) of the authors' code, ``"none"`` for 1.

    Source: Liang et al. 2024, Cautious optimizers: improving training with one line of code, algorithm 1.
    """

    def coefficients(t: Any, *, rescale: Any, **rest: Any) -> dict[str, Any]:
        return {**inner.coefficients(t, rest), "rescale": rescale}

    def update(theta: Any, g: Any, *state: Any, rescale: Any, **rest: Any) -> Any:
        minus_u, *new_state = inner(theta * 0, g, *state, **rest)
        agree = where(minus_u * g < 0, 1, 0)
        if rescale == "count":
            agree = agree * (ops.size(g) / (ops.sum(agree) + 1))
        elif rescale == "mean":
            agree = agree / maximum(mean(agree), 1e-3)
        return theta + agree * minus_u, *new_state

    rescale = Hyperparameter("rescale", "count", Choice(("count", "mean", "none")), "rescale", True)
    changed = {"update": update, "coefficients": coefficients, "name": name or f"cautious_{inner.name}",
               "source": "Liang et al. 2024, Cautious optimizers, algorithm 1", "conventions": None,
               "hyperparameters": with_added(inner, rescale)}  # fmt: skip
    return Rule(**{**inner.parts, **changed})


@derived
def layerwise_gradient(inner: Rule, *, norms: str) -> Rule:
    r"""The rule on gradients scaled, tensor by tensor, to the length κ‖θ‖.

    .. math:: g \leftarrow \kappa \frac{\|\theta\|}{\|g\| + w\|\theta\|} (g + w\theta)

    Where ‖θ‖ or the denominator is zero the factor is 1.

    Args:
        inner: the base rule.
        norms: ``"apart"`` as above; ``"together"``: ‖g + wθ‖ below.
    """

    def coefficients(t: Any, *, weight_decay: Any, trust_coefficient: Any, **rest: Any) -> Any:
        return joined(inner, inner.coefficients(t, rest), weight_decay=weight_decay,
                       trust_coefficient=trust_coefficient)  # fmt: skip

    def update(
        theta: Any, g: Any, *state: Any, weight_decay: Any, trust_coefficient: Any, **rest: Any
    ) -> Any:
        decayed = g + weight_decay * theta
        size = norm(theta)
        below = norm(decayed) if norms == "together" else norm(g) + weight_decay * size
        wanted = where(size <= 0, 1, where(below <= 0, 1, trust_coefficient * size))
        below = where(size <= 0, 1, where(below <= 0, 1, below))
        return inner(theta, wanted * (decayed / below), *state, **rest)

    kappa = Hyperparameter("trust_coefficient", 0.001, POSITIVE, "kappa", True)
    changed = {"update": update, "coefficients": coefficients,
               "hyperparameters": with_added(inner, decay_of(0.0, convention=False), kappa)}  # fmt: skip
    return Rule(**{**inner.parts, **changed})
