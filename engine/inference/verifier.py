"""A second look at a place in a depth frame: is a palm there, and of which hand.

The localiser proposes from a coarse picture of the whole frame; this looks at one place in detail,
in half a millisecond. Both were trained on whole scenes with people and things in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.inference.backend import Backend, NetworkFile, create_backend
from engine.messages import Float32
from engine.weights_manifest import verified_weights

Float64 = npt.NDArray[np.float64]

WEIGHTS_NAME = "verifier.safetensors"
VIEW_PX = 64
"""As in engine.nets.verifier_net, which this module does not import for it needs torch."""
VIEW_M = 0.32
"""Side of the cube of space that is looked at: a hand with its wrist."""
EMPTY = 1.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was seen at a place; probabilities in 0..1."""

    presence: float
    """The middle of a palm is there."""
    right: float
    """It is a right hand, if it is one."""


class Verifier:
    """Judges places in depth frames of any camera."""

    def __init__(self, backend: Backend) -> None:
        """`backend` runs the network of `verifier_network`."""
        self._backend = backend

    def judge(
        self, depth_m: Float32, camera: PinholeCamera, centres: Sequence[Float64]
    ) -> list[Verdict]:
        """A verdict for each place [3] (metres, camera frame) in depth [H, W]."""
        if not centres:
            return []
        views = np.stack([verifier_view(depth_m, camera, centre) for centre in centres])
        logits = self._backend.run(views[:, None])["logits"].astype(np.float64)
        return [Verdict(*map(float, row)) for row in 1.0 / (1.0 + np.exp(-logits))]


def create_verifier(weights: Path | None = None) -> Verifier:
    """A verifier that is ready to run, on ONNX Runtime with one thread."""
    return Verifier(create_backend("onnxruntime", verifier_network(weights)))


def verifier_network(weights: Path | None = None) -> NetworkFile:
    """The shipped verifier, or the one of a file of weights.

    Raises:
        WeightsError: the shipped weights are missing or damaged.
    """
    return NetworkFile(weights or verified_weights(WEIGHTS_NAME), _export)


def verifier_view(depth_m: Float32, camera: PinholeCamera, centre: Float64) -> Float32:
    """[64, 64] depth around `centre` relative to it, in half cubes; EMPTY without data or outside.

    Nearest pixels, one window of VIEW_M at the distance of `centre`.
    """
    z = max(float(centre[2]), 0.05)
    offsets = ((np.arange(VIEW_PX) + 0.5) / VIEW_PX - 0.5) * VIEW_M
    columns = np.round((centre[0] + offsets) * camera.fx / z + camera.cx).astype(np.intp)
    rows = np.round((centre[1] + offsets) * camera.fy / z + camera.cy).astype(np.intp)
    height, width = depth_m.shape
    window = depth_m[np.clip(rows, 0, height - 1)][:, np.clip(columns, 0, width - 1)]
    view = relative_depth(window, z)
    view[(rows < 0) | (rows >= height)] = EMPTY
    view[:, (columns < 0) | (columns >= width)] = EMPTY
    return view


def relative_depth(window_m: Float32, z: float) -> Float32:
    """Depth relative to `z` in half cubes; EMPTY without data or outside the cube."""
    view = ((window_m - np.float32(z)) * np.float32(2.0 / VIEW_M)).astype(np.float32)
    view[(window_m <= 0) | (np.abs(view) > 1.0)] = EMPTY
    return view


def _export(weights: Path, onnx_path: Path) -> None:
    from engine.nets.small_weights import export_verifier  # torch, only with a cold cache

    export_verifier(weights, onnx_path)
