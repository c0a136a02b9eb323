"""What depth sensors do to an image, seen after it was sampled down to a few pixels a hand.

The models of `sensor_noise` work at a sensor's own resolution. Sampling one pixel in four or so
leaves noise and lost pixels as they were, but an edge is one pixel wide still while all else has
shrunk, and slopes from pixel to pixel have grown; so shares and scales differ here.
"""

from __future__ import annotations

import numpy as np

from engine.messages import Float32
from engine.render.sensor_noise import (
    correlated_noise,
    depth_edges,
    disparity_quantised,
    dropped,
    flying_pixels,
    missing_regions,
    projector_shadow,
    quantised,
    slant_dropout,
    smoothed,
    white_noise,
)

REDUCTION = 4.0
"""Sensor pixels per sampled pixel."""
EDGE_STEP_M = 0.02


def apply_coarse_sensor(depth_m: Float32, rng: np.random.Generator) -> Float32:
    """A sampled-down image [H, W] (metres, 0 = no data) of a random device."""
    depth = depth_m
    if rng.random() < 0.35:
        depth = projector_shadow(depth, rng.uniform(0.5, 1.5), rng)
    if rng.random() < 0.8:
        edge = depth_edges(depth, EDGE_STEP_M)
        depth = flying_pixels(depth, edge, rng.uniform(0.0, 0.25), rng)
        depth = dropped(depth, edge, rng.uniform(0.0, 0.6) ** 2, rng)
    if rng.random() < 0.4:
        kept = slant_dropout(depth / np.float32(REDUCTION), rng.uniform(0.0, 0.6), rng) > 0
        depth = np.where(kept, depth, 0).astype(np.float32)
    if rng.random() < 0.25:
        depth = smoothed(depth, rng.uniform(0.3, 0.6), keep_edges=rng.random() < 0.5)
    depth = white_noise(depth, rng.uniform(0.0, 0.003), rng)
    if rng.random() < 0.5:
        depth = correlated_noise(depth, rng.uniform(0.0, 0.005), rng)
    if rng.random() < 0.3:
        depth = disparity_quantised(depth, rng.uniform(0.0003, 0.003))
    else:
        depth = quantised(depth, rng.uniform(0.0002, 0.002))
    return missing_regions(depth, 0.3, rng)
