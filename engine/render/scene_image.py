"""The depth image of a scene, and how much of each hand can be seen in it.

A hand that is mostly hidden is no fair example, so callers check `visible` and draw another scene.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.messages import Float32
from engine.render.mesh import Mesh, merged
from engine.render.scene import HandInScene, SceneGeometry
from engine.render.zbuffer import DepthCanvas

HAND_LABELS = (2, 3)
"""Labels of the first and second hand in the label image; everything else is 1, or dark."""
DARK_LABEL = 4


@dataclass(frozen=True, slots=True)
class RenderedScene:
    """A perfect depth image and what it shows."""

    depth_m: Float32
    """[H, W] metres, 0 = nothing."""
    labels: npt.NDArray[np.uint8]
    """[H, W]: 0 nothing, 1 no hand, 2 first hand, 3 second hand, 4 dark."""
    visible: tuple[float, ...] = field(default=())
    """Share of each hand's surface towards the camera that is inside the image and not hidden."""


def render_scene(
    geometry: SceneGeometry, camera: PinholeCamera, with_visibility: bool = True
) -> RenderedScene:
    """Depth, labels and (where asked for) visibility of a scene in `camera`."""
    canvas = DepthCanvas(camera)
    if geometry.solids:
        canvas.draw(merged(geometry.solids), 1)
    labelled = list(zip(geometry.hands, HAND_LABELS, strict=False))
    for hand, label in labelled:
        canvas.draw(Mesh(hand.posed.vertices, hand.looks.faces), label)
    if geometry.dark:
        canvas.draw(merged(geometry.dark), DARK_LABEL)
    visible = tuple(
        visible_share(hand, canvas.labels, label, camera)
        for hand, label in labelled
        if with_visibility
    )
    depth_m = canvas.depth_m()
    depth_m[canvas.labels == DARK_LABEL] = 0
    return RenderedScene(depth_m, canvas.labels, visible)


def visible_share(
    hand: HandInScene, labels: npt.NDArray[np.uint8], label: int, camera: PinholeCamera
) -> float:
    """Share of a hand's silhouette that is inside the image and before everything else."""
    whole = _whole_area_px(Mesh(hand.posed.vertices, hand.looks.faces), camera)
    return float(np.count_nonzero(labels == label)) / max(whole, 1)


def _whole_area_px(mesh: Mesh, camera: PinholeCamera) -> int:
    """Pixels a hand would cover with nothing before it and an image without borders."""
    z = mesh.vertices[:, 2]
    if z.min() < 0.06:
        return 10**9
    uv = camera.project(mesh.vertices)
    low, high = np.floor(uv.min(0)).astype(int), np.ceil(uv.max(0)).astype(int)
    size = high - low + 1
    if size.max() > 4 * max(camera.width_px, camera.height_px):
        return 10**9
    window = PinholeCamera(
        int(size[0]), int(size[1]), camera.fx, camera.fy, camera.cx - low[0], camera.cy - low[1]
    )
    canvas = DepthCanvas(window)
    canvas.draw(mesh)
    return int(canvas.labels.sum())
