"""Aggregated momentum: several velocities, each with its own damping, averaged.

>>> from eigenstep.optimizers.rules import aggmo, aggmo_variant
>>> aggmo.state, aggmo_variant(2).state
(('v1', 'v2', 'v3'), ('v1', 'v2'))
>>> [aggmo.hyperparameters[f"beta{i}"].default for i in (1, 2, 3)]
[0.0, 0.9, 0.99]
"""

from functools import lru_cache

from ..domains import NONNEGATIVE, UNIT, Hyperparameter, Integers, require
from ..errors import DomainError
from ..rule import Rule, derived

MOST = 8
"""Of velocities; the paper has two to four."""
_DOC = r"""Aggregated momentum (AggMo).

.. math:: v_i \leftarrow \beta_i v_i + g, \qquad
          \theta \leftarrow \theta - \frac{\eta}{K} \sum_{i=1}^K v_i

Hyperparameters: ``lr`` (η ≥ 0, in 1/curvature), ``beta1``, ``beta2``, … (0 ≤ β < 1, dimensionless): by
default 1 − 0.1^(i−1), the paper's exponential form, that is 0, 0.9 and 0.99 for K = 3.
:func:`aggmo_variant` gives the rule for other numbers of velocities.

Conventions: ``pytorch_optimizer.AggMo`` computes the same.
"""


def aggmo_variant(count: int) -> Rule:
    """Aggregated momentum with ``count`` velocities, 1 to :data:`MOST`.

    Raises:
        DomainError: there are fewer or more.
    """
    require(Integers(1), count=count)
    if count > MOST:
        raise DomainError("count", count, f"1 <= count <= {MOST}")
    return _variant(count)


@derived
@lru_cache(maxsize=MOST)
def _variant(count: int) -> Rule:
    def update(theta, g, *velocities, lr, **betas):
        moved = [b * v + g for b, v in zip(betas.values(), velocities, strict=True)]
        total = moved[0]
        for v in moved[1:]:
            total = total + v
        return theta - lr * total / count, *moved

    names = [f"beta{i}" for i in range(1, count + 1)]
    known = {"lr": Hyperparameter("lr", 0.01, NONNEGATIVE, "eta", False)}
    known |= {
        n: Hyperparameter(n, round(1 - 10.0**-i, i), UNIT, n, False) for i, n in enumerate(names)
    }
    update.__doc__ = _DOC
    update.__name__ = "aggmo" if count == 3 else f"aggmo_{count}"
    return Rule(
        update, state=tuple(f"v{i}" for i in range(1, count + 1)), hyperparameters=known,
        source="Lucas et al. 2019, Aggregated momentum: stability through passive damping, eq. (3)",
    )  # fmt: skip


aggmo = aggmo_variant(3)
