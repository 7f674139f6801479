"""LARS, LAMB and Ralamb: layer-wise trust ratios on momentum, Adam and RAdam."""

from ..compositions import trust_ratio
from .adam import adam
from .heavy_ball import heavy_ball
from .radam import radam

_SOURCE = "You et al. 2020, Large batch optimization for deep learning, arXiv:1904.00962, "

lars = trust_ratio(
    heavy_ball.tie(dampening="beta"), decay="gradient", name="lars", source=_SOURCE + "algorithm 1"
)  # fmt: skip
lars.__doc__ = r"""LARS.

.. math:: m \leftarrow \beta m + (1-\beta)(g + w\theta), \quad
          \theta \leftarrow \theta - \eta\,\phi(\|\theta\|) \frac{m}{\|m\|}

Norms are of the whole parameter tensor; where one is zero the ratio φ(‖θ‖)/‖m‖ is 1.

Hyperparameters: ``lr`` (η ≥ 0, dimensionless), ``beta`` (0 ≤ β < 1), ``weight_decay`` (w ≥ 0),
``phi`` (``"identity"`` or ``"clipped"`` to [``phi_lower``, ``phi_upper``]).

Conventions: the earlier LARS (arXiv:1708.03888) scales the gradient by a trust coefficient before
momentum, as do ``optax.lars`` and ``pytorch_optimizer.LARS``: another rule, not a setting of this.
"""

lamb = trust_ratio(adam, decay="update", name="lamb", source=_SOURCE + "algorithm 2")
lamb.__doc__ = r"""LAMB.

.. math:: r = \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \quad
          \theta \leftarrow \theta - \eta\,\phi(\|\theta\|)
          \frac{r + w\theta}{\|r + w\theta\|}

m̂ and v̂ as in Adam. Norms are of the whole tensor; where one is zero the ratio is 1.

Hyperparameters: those of Adam, ``weight_decay`` (w ≥ 0), ``phi`` (``"identity"`` or ``"clipped"``
to [``phi_lower``, ``phi_upper``]).

Conventions: ``optax.lamb`` computes the same with ε = 1e-6; ``pytorch_optimizer.Lamb`` clips the
norm of θ and of the gradient by default.
"""

ralamb = trust_ratio(
    radam, decay="update", name="ralamb",
    source="RAdam with LAMB's layer-wise scaling; " + _SOURCE + "algorithm 2",
)  # fmt: skip
ralamb.__doc__ = r"""Ralamb: LAMB's trust ratio on RAdam's update.

.. math:: \theta \leftarrow \theta - \eta\,\phi(\|\theta\|) \frac{u + w\theta}{\|u + w\theta\|},
          \quad u \text{ the update of RAdam at } \eta = 1

Hyperparameters: those of RAdam, ``weight_decay``, ``phi`` as in LAMB. Conventions: published code
differs in clipping ‖θ‖ to at most 10: ``phi="clipped"``, ``phi_upper=10``.
"""
