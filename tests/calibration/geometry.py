"""Random geometry for property tests: any batch shape, also near the identity."""

import numpy as np
from hypothesis import strategies as st

BATCHES = st.sampled_from([(), (1,), (4,), (3, 1, 2)])
SEEDS = st.integers(0, 2**32 - 1)
ANGLE_SCALES = st.sampled_from([0.0, 1e-12, 1e-7, 1e-3, 0.5, 1.0])
"""Of a half turn."""


def axis_angles(seed: int, batch: tuple[int, ...], scale: float) -> np.ndarray:
    """Axis-angle vectors [*batch, 3] with angles up to scale * pi."""
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=(*batch, 3))
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
    return axis * rng.uniform(0, scale * np.pi, (*batch, 1))


def points(seed: int, batch: tuple[int, ...]) -> np.ndarray:
    """Points [*batch, 3] within about a metre."""
    return np.random.default_rng(seed + 1).normal(size=(*batch, 3))
