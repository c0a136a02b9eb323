"""Hands that the border of the picture cuts.

The network was taught with joints that lie in the crop, and draws those beyond the border into the
picture, by centimetres and without doubting. So its joints count the less the nearer they lie to
the border; what is left over is the hand as it came.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.inference.single_view import NetworkHand

Float64 = npt.NDArray[np.float64]

NEAR_M = 0.120
"""Where the network sees all joints further inside than this, none of them lies beyond."""
REACH_M = 0.040
"""Joints this far inside the border are heard in full."""
CUT_M = 0.015
"""A hand with a joint nearer to the border than this, or beyond it, is cut."""
LEAST, CUT_SHARE = 0.02, 0.3
"""Share of its confidence that a joint keeps at the border; and every joint, where it cuts a hand:
what is drawn inwards takes its neighbours along."""


def near_border(camera: PinholeCamera, joints: Float64) -> bool:
    """Whether a hand with these joints [21, 3], as the network sees them, may be cut."""
    return bool(_inside_m(camera, joints).min() < NEAR_M)


def heard_near_border(
    camera: PinholeCamera, network: NetworkHand, expected: Float64 | None
) -> tuple[NetworkHand, bool]:
    """The network's hand with as much confidence as the border leaves, and whether it is cut.

    `expected` [21, 3] metres: the joints where the hand is followed to; None where nothing is.
    """
    inside = _inside_m(camera, network.joints)
    if expected is not None:
        inside = np.minimum(inside, _inside_m(camera, expected))
    nearest = float(inside.min())
    if not nearest < REACH_M:
        return network, False
    cut = nearest < CUT_M
    share = np.clip(inside / REACH_M, LEAST, 1.0) * (CUT_SHARE if cut else 1.0)
    return replace(network, confidence=network.confidence * share), cut


def _inside_m(camera: PinholeCamera, points: Float64) -> Float64:
    """Distance [N] in metres, at the points' depth, to the picture's border; below 0 beyond."""
    z = np.maximum(points[:, 2], 1e-3)
    u = camera.fx * points[:, 0] / z + camera.cx
    v = camera.fy * points[:, 1] / z + camera.cy
    across = np.minimum(u, camera.width_px - 1 - u) / camera.fx
    down = np.minimum(v, camera.height_px - 1 - v) / camera.fy
    return np.asarray(np.minimum(across, down) * z, np.float64)
