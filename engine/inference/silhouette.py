"""Agreement of a mesh's outline with the hand's in a depth image."""

from __future__ import annotations

from math import nan

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.inference.fitting import HandObservation, observe_hand
from engine.inference.fitting.settings import DEFAULT_SETTINGS
from engine.messages import Float32
from engine.render.mesh import Mesh
from engine.render.zbuffer import DepthCanvas

Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

BEHIND_M = 0.02
"""Something this much nearer than the mesh hides it: that pixel says nothing of the outline."""
LEAST_PIXELS = 40
WRIST, MIDDLE_MCP = 0, 9


def silhouette_agreement(
    depth_m: Float32,
    camera: PinholeCamera,
    vertices: npt.NDArray[np.floating],
    faces: npt.NDArray[np.int32],
    joints: Float64,
) -> float:
    """Intersection over union, 0..1, of the pixels of the mesh and of the observed hand.

    Args:
        depth_m: [H, W] metres, 0 = no data.
        vertices: [V, 3] metres, camera frame, of the mesh with `faces` [F, 3].
        joints: [21, 3] metres, camera frame, of the same hand.

    Only pixels in front of the wrist plane count (the mesh ends at the wrist, the arm does not),
    and only those that were measured and where nothing else hides the mesh. NaN where no hand is
    observed there, or too few pixels count.
    """
    observation = observe_hand(depth_m, camera, joints[1:].mean(0))
    if observation is None or float(vertices[:, 2].min()) <= 0.0:
        return nan
    drawn_m = _drawn(observation.camera, vertices, faces)
    mesh = _before_wrist(drawn_m, observation.camera, joints)
    hand = (observation.mask > 0) & _before_wrist(observation.depth_m, observation.camera, joints)
    counted = _counted(observation, drawn_m, hand)
    union = int(np.count_nonzero((mesh | hand) & counted))
    if union < LEAST_PIXELS:
        return nan
    return np.count_nonzero(mesh & hand & counted) / union


def _drawn(
    camera: PinholeCamera, vertices: npt.NDArray[np.floating], faces: npt.NDArray[np.int32]
) -> Float32:
    canvas = DepthCanvas(camera)
    canvas.draw(Mesh(np.asarray(vertices, np.float64), faces))
    return canvas.depth_m()


def _counted(observation: HandObservation, drawn_m: Float32, hand: Bool) -> Bool:
    """[h, w]: measured, and not hidden by something that is no part of the hand."""
    observed_m = observation.depth_m
    hidden = ~hand & (observed_m < drawn_m - BEHIND_M)
    return np.asarray((observed_m > 0.0) & ~hidden)


def _before_wrist(depth_m: Float32, camera: PinholeCamera, joints: Float64) -> Bool:
    """[h, w]: there is something, and it lies on the fingers' side of the wrist plane."""
    axis = joints[MIDDLE_MCP] - joints[WRIST]
    axis = axis / max(float(np.linalg.norm(axis)), 1e-9)
    z = depth_m.astype(np.float64)
    x = (np.arange(z.shape[1]) - camera.cx) / camera.fx
    y = (np.arange(z.shape[0]) - camera.cy) / camera.fy
    along = z * (x * axis[0] + y[:, None] * axis[1] + axis[2]) - joints[WRIST] @ axis
    return np.asarray((z > 0.0) & (along > DEFAULT_SETTINGS.wrist_cut_m))
