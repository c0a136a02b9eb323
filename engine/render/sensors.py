"""Families of depth sensors, each drawn with random strength so that none is learnt by heart.

Structured light (SR300, first Kinect), time of flight (Senz3D, Azure Kinect), active stereo (D400),
matching of a passive pair, and a nearly ideal one. Works at any resolution: apply it at the
sensor's own, before cropping. Depth is float32 metres, 0 = no data.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.render.sensor_noise import (
    Depth,
    correlated_noise,
    depth_edges,
    disparity_quantised,
    dropped,
    fattened,
    flying_pixels,
    missing_regions,
    occlusion_band,
    pixel_locked,
    projector_shadow,
    quantised,
    rounded_silhouette,
    slant_dropout,
    smoothed,
    webbed,
    white_noise,
)


def apply_sensor(sensor: str, depth_m: Depth, rng: np.random.Generator) -> Depth:
    """The image [H, W] a random device of family `sensor` (see SENSORS) would give."""
    return SENSORS[sensor](depth_m.astype(np.float32), rng)


def _near_ideal(depth: Depth, rng: np.random.Generator) -> Depth:
    depth = white_noise(depth, rng.uniform(0.0001, 0.001), rng)
    return quantised(depth, rng.uniform(0.0001, 0.001))


def _structured_light(depth: Depth, rng: np.random.Generator) -> Depth:
    depth = projector_shadow(depth, rng.uniform(0.0, 4.0), rng)
    edge = depth_edges(depth)
    depth = dropped(depth, edge, rng.uniform(0.1, 0.6), rng)
    depth = slant_dropout(depth, rng.uniform(0.0, 0.5), rng)
    depth = flying_pixels(depth, edge, rng.uniform(0.0, 0.25), rng)
    if rng.random() < 0.5:
        depth = smoothed(depth, rng.uniform(0.5, 1.2), keep_edges=True)
    depth = white_noise(depth, rng.uniform(0.0002, 0.0018), rng)
    depth = correlated_noise(depth, rng.uniform(0.0, 0.003), rng)
    depth = quantised(depth, rng.uniform(0.0001, 0.002))
    return missing_regions(depth, 0.25, rng)


def _time_of_flight(depth: Depth, rng: np.random.Generator) -> Depth:
    if rng.random() < 0.5:
        depth = rounded_silhouette(depth, rng.uniform(0.002, 0.025), rng)
    edge = depth_edges(depth)
    depth = flying_pixels(depth, edge, rng.uniform(0.05, 0.5), rng)
    depth = dropped(depth, edge, rng.uniform(0.0, 0.4), rng)
    depth = smoothed(depth, rng.uniform(0.4, 1.4), keep_edges=rng.random() < 0.6)
    depth = white_noise(depth, rng.uniform(0.0005, 0.003), rng)
    depth = correlated_noise(depth, rng.uniform(0.0, 0.005), rng)
    depth = quantised(depth, rng.uniform(0.0002, 0.001))
    return missing_regions(depth, 0.2, rng)


def _active_stereo(depth: Depth, rng: np.random.Generator) -> Depth:
    if rng.random() < 0.6:
        depth = fattened(depth, rng)
    depth = smoothed(depth, rng.uniform(0.8, 2.2), keep_edges=rng.random() < 0.5)
    depth = correlated_noise(depth, rng.uniform(0.001, 0.004), rng, finest=3)
    depth = disparity_quantised(depth, rng.uniform(0.0003, 0.003))
    edge = depth_edges(depth)
    depth = dropped(depth, edge, rng.uniform(0.0, 0.5), rng)
    depth = projector_shadow(depth, rng.uniform(0.0, 4.0), rng)
    return missing_regions(depth, 0.35, rng)


def _stereo_matching(depth: Depth, rng: np.random.Generator) -> Depth:
    """Semi-global matching of a passive pair, see engine/stereo: webs where windows straddle an
    outline, no depth left of near things, disparities drawn to whole pixels."""
    width = depth.shape[1] / 640
    hidden = occlusion_band(depth, rng.uniform(20.0, 60.0) * width)
    webs = webbed(depth, rng.uniform(3.0, 12.0) * width, rng.uniform(8.0, 30.0) * width, rng)
    depth = np.where(hidden & (webs == depth), 0, webs).astype(np.float32)
    depth = correlated_noise(depth, rng.uniform(0.001, 0.006), rng, finest=4)
    depth = correlated_noise(depth, rng.uniform(0.001, 0.006), rng, finest=12)
    depth = pixel_locked(depth, rng.uniform(20.0, 60.0) * width, rng.uniform(0.0, 0.5))
    edge = depth_edges(depth)
    depth = dropped(depth, edge, rng.uniform(0.0, 0.5), rng)
    return missing_regions(depth, 0.5, rng)


SENSORS: dict[str, Callable[[Depth, np.random.Generator], Depth]] = {
    "ideal": _near_ideal,
    "structured_light": _structured_light,
    "time_of_flight": _time_of_flight,
    "active_stereo": _active_stereo,
    "stereo_matching": _stereo_matching,
}
SENSOR_SHARES = (0.1, 0.35, 0.35, 0.2, 0.0)
"""How often each is drawn. The shipped networks were trained without the last."""


def sample_sensor(rng: np.random.Generator) -> str:
    return str(rng.choice(list(SENSORS), p=SENSOR_SHARES))
