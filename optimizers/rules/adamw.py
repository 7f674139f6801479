"""AdamW: Adam with decoupled weight decay."""

from ..compositions import with_decoupled_weight_decay
from .adam import adam

adamw = with_decoupled_weight_decay(
    adam, name="adamw", default=0.01,
    source="Loshchilov & Hutter 2019, Decoupled weight decay regularization, algorithm 2",
)  # fmt: skip
adamw.__doc__ = r"""AdamW.

.. math:: \theta \leftarrow \theta - \eta \frac{\hat m}{\sqrt{\hat v} + \epsilon} - \eta w \theta

m̂ and v̂ as in Adam. Hyperparameters: those of Adam and ``weight_decay`` (w ≥ 0).

Conventions: ``torch.optim.AdamW`` and ``optax.adamw`` compute the same; the paper's algorithm has a
schedule multiplier where both have η.
"""
