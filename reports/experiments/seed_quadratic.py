"""The quadratic that the lecture's trajectories run on, and where they start."""

from __future__ import annotations

import numpy as np

CURVATURES = (0.2, 4.0)
"""f = 0.1x₁² + 2x₂² is ½(0.2x₁² + 4x₂²)."""
START = np.array([-5.0, -2.0])
