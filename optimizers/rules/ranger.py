"""Ranger and RangerLARS: lookahead on RAdam and on Ralamb."""

from ..compositions import lookahead
from .large_batch import ralamb
from .radam import radam

ranger = lookahead(
    radam, k=6, alpha=0.5, name="ranger", source="Wright 2019, Ranger; Zhang et al. 2019"
)
ranger.conventions = {"pytorch-optimizer": {"threshold": 5.0, "eps_place": "uncorrected"}}
ranger.__doc__ = r"""Ranger: lookahead on RAdam.

.. math:: \phi \leftarrow \mathrm{RAdam}(\phi), \quad \text{every } k \text{ steps: }
          \theta \leftarrow \theta + \alpha(\phi - \theta),\ \phi \leftarrow \theta

Hyperparameters: those of RAdam, ``k`` and ``alpha`` of lookahead (6 and 0.5). Conventions: the
published code has RAdam's threshold 5 and adds ε before the bias correction, as does
``pytorch_optimizer.Ranger`` with ``use_gc=False, degenerated_to_sgd=True``; without the latter that one
moves up the gradient below the threshold, which no setting here does.
"""

ranger_lars = lookahead(
    ralamb, k=6, alpha=0.5, name="ranger_lars", source="Grankin 2019, over9000; Zhang et al. 2019"
)
ranger_lars.conventions = {}
ranger_lars.__doc__ = r"""RangerLARS: lookahead on Ralamb.

.. math:: \phi \leftarrow \mathrm{Ralamb}(\phi), \quad \text{every } k \text{ steps: }
          \theta \leftarrow \theta + \alpha(\phi - \theta),\ \phi \leftarrow \theta

Hyperparameters: those of Ralamb, ``k`` and ``alpha`` of lookahead. Conventions: as Ralamb's.
"""
