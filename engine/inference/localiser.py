"""Finding hands in a whole depth frame: a small network on a low-resolution standard view.

It is meant to propose: every hand among a few candidates, in about a millisecond. Whether a
candidate is a hand, and which, the single-view network decides at full resolution.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.inference.backend import Backend, NetworkFile, create_backend
from engine.inference.hand_track import Place
from engine.inference.localiser_peaks import MapPeak, find_peaks
from engine.inference.localiser_view import StandardView, standard_view
from engine.messages import Float32
from engine.weights_manifest import verified_weights

WEIGHTS_NAME = "localiser.safetensors"

SAME_HAND_M = 0.06
SURFACE_TO_CENTRE_M = 0.010
"""The palm's middle lies behind the surface that the camera sees."""


class Localiser:
    """Proposes hands in depth frames of any camera."""

    def __init__(self, backend: Backend) -> None:
        """`backend` runs the network of `localiser_network`."""
        self._backend = backend

    def find(self, depth_m: Float32, camera: PinholeCamera) -> tuple[Place, ...]:
        """Candidates in depth [H, W] (metres, 0 = no data), the best first; empty for none."""
        view = _view_of(camera)
        image = view.sample(depth_m)
        maps = self._backend.run(image[None, None])["maps"][0]
        candidates: list[Place] = []
        for peak in find_peaks(maps):
            candidate = _candidate(peak, image, view)
            if all(_apart(candidate, other) > SAME_HAND_M for other in candidates):
                candidates.append(candidate)
        return tuple(candidates)


def localiser_network(weights: Path | None = None) -> NetworkFile:
    """The shipped localiser, or the one of a file of weights.

    Raises:
        WeightsError: the shipped weights are missing or damaged.
    """
    return NetworkFile(weights or verified_weights(WEIGHTS_NAME), _export)


def create_localiser(weights: Path | None = None) -> Localiser:
    """A localiser that is ready to run, on ONNX Runtime with one thread."""
    return Localiser(create_backend("onnxruntime", localiser_network(weights)))


def _export(weights: Path, onnx_path: Path) -> None:
    from engine.nets.localiser_file import export_localiser  # torch, only with a cold cache

    export_localiser(weights, onnx_path)


@lru_cache(maxsize=8)
def _view_of(camera: PinholeCamera) -> StandardView:
    return standard_view(camera)


def _candidate(peak: MapPeak, image: Float32, view: StandardView) -> Place:
    z = _observed_distance(peak, image, view.camera.fx)
    centre = view.camera.unproject(np.array([peak.u, peak.v]), np.array(z))
    return Place(None, centre, peak.right, peak.score)


def _observed_distance(peak: MapPeak, image: Float32, focal_px: float) -> float:
    """The network's distance, corrected by the depth seen there; metres."""
    reach = max(1, round(0.02 * focal_px / peak.z))
    row, column = round(peak.v), round(peak.u)
    window = image[
        max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1
    ]
    tolerance = 0.05 + 0.08 * peak.z
    seen = window[np.abs(window - peak.z) < tolerance]
    if seen.size < 0.3 * max(window.size, 1):
        return peak.z
    return float(np.median(seen)) + SURFACE_TO_CENTRE_M


def _apart(a: Place, b: Place) -> float:
    return float(np.linalg.norm(a.centre - b.centre))
