"""LARS, LAMB and Ralamb: layer-wise trust ratios on momentum, Adam and RAdam."""

from ..compositions import layerwise_gradient, one_of, trust_ratio
from .adam import adam
from .heavy_ball import heavy_ball
from .radam import radam

_SOURCE = "You et al. 2020, Large batch optimization for deep learning, arXiv:1904.00962, "

_momentum = heavy_ball.fix(form="velocity", undamped_start=False)
lars = one_of(
    "scaling",
    {
        "update": trust_ratio(
            _momentum.tie(dampening="beta"), decay="gradient", name="lars", source=""
        ),
        "gradient": layerwise_gradient(_momentum.fix(dampening=0.0), norms="apart"),
        "decayed_gradient": layerwise_gradient(_momentum.fix(dampening=0.0), norms="together"),
    },
    name="lars", source=_SOURCE + "algorithm 1",
    conventions={"optax": {"scaling": "decayed_gradient"},
                 "pytorch-optimizer": {"scaling": "gradient"}},
)  # fmt: skip
lars.__doc__ = r"""LARS.

.. math:: m \leftarrow \beta m + (1-\beta)(g + w\theta), \quad
          \theta \leftarrow \theta - \eta\,\phi(\|\theta\|) \frac{m}{\|m\|}

Norms are of the whole parameter tensor; where one is zero the ratio φ(‖θ‖)/‖m‖ is 1.

Hyperparameters: ``lr`` (η ≥ 0, dimensionless), ``beta`` (0 ≤ β < 1), ``weight_decay`` (w ≥ 0),
``phi`` (``"identity"`` or ``"clipped"`` to [``phi_lower``, ``phi_upper``]), ``scaling``
(``"update"`` as above; ``"gradient"``, the earlier LARS of You, Gitman & Ginsburg 2017,
arXiv:1708.03888: momentum v ← βv + κ‖θ‖/(‖g‖ + w‖θ‖)·(g + wθ), θ ← θ − ηv; ``"decayed_gradient"``: with
‖g + wθ‖ below), ``trust_coefficient`` (κ > 0 of the forms that scale the gradient).

Conventions: ``pytorch_optimizer.LARS`` computes ``"gradient"`` for tensors of two or more dimensions
and leaves others unscaled; ``optax.lars`` computes ``"decayed_gradient"``.
"""

lamb = trust_ratio(adam, decay="update", name="lamb", source=_SOURCE + "algorithm 2")
lamb.__doc__ = r"""LAMB.

.. math:: r = \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \quad
          \theta \leftarrow \theta - \eta\,\phi(\|\theta\|)
          \frac{r + w\theta}{\|r + w\theta\|}

m̂ and v̂ as in Adam. Norms are of the whole tensor; where one is zero the ratio is 1.

Hyperparameters: those of Adam, ``weight_decay`` (w ≥ 0), ``phi`` (``"identity"`` or ``"clipped"``
to [``phi_lower``, ``phi_upper``]).

Conventions: ``optax.lamb`` computes the same with ε = 1e-6. ``pytorch_optimizer.Lamb`` and
``torch_optimizer.Lamb`` compute another rule, which no setting reaches: ‖θ‖ is clipped, v is not
corrected and the step, not the direction, carries 1/(1 − β₁^t).
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
