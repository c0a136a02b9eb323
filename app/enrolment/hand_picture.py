"""A hand mesh lying on the depth that it explains, enlarged around the hand."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from app.viewport.content import TINT
from app.viewport.depth_colors import DepthColors
from app.viewport.hand_overlay import OUTLINE_BGR
from app.viewport.outline import MeshEdges, outline_segments
from app.viewport.overlay import Image, draw_segments
from app.viewport.surface import HandSurface
from calibration.camera_model import PinholeCamera
from engine.messages import Float32, Frame, HandState, Side
from engine.render.mesh import Mesh
from engine.render.zbuffer import DepthCanvas

REACH_M = 0.12
"""Half of the height that is shown, at the hand's distance."""
MESH_SHARE = 0.62
AMBIENT = 0.35


class HandPicture:
    """Draws frames of one stream; the colours stay steady from frame to frame."""

    def __init__(self, surface: HandSurface) -> None:
        self._triangles = {side: surface.triangles_of(side) for side in Side}
        self._edges = {side: MeshEdges.of(triangles) for side, triangles in self._triangles.items()}
        self._colors = DepthColors()

    def draw(
        self,
        frame: Frame,
        hand: HandState | None,
        centre: npt.NDArray[np.float64],
        size_px: tuple[int, int],
    ) -> Image:
        """[h, w, 4] blue, green, red, unused: what is around `centre` [3] metres."""
        camera = _camera_around(frame.camera, centre, size_px)
        depth = _seen_by(camera, frame)
        image = self._colors.paint(depth, size_px).copy()
        if hand is not None and float(hand.vertices[:, 2].min()) > 0.01:
            self._lay_mesh(image, hand, camera)
        return image

    def _lay_mesh(self, image: Image, hand: HandState, camera: PinholeCamera) -> None:
        canvas = DepthCanvas(camera)
        canvas.draw(Mesh(np.asarray(hand.vertices, np.float64), self._triangles[hand.side]))
        drawn_m = canvas.depth_m()
        covered = drawn_m > 0.0
        tint = TINT[hand.side][::-1] * 255.0
        shaded = _shading(drawn_m, camera)[covered][:, None] * tint
        mixed = image[covered][:, :3] * (1.0 - MESH_SHARE) + shaded * MESH_SHARE
        image[covered, :3] = np.clip(mixed, 0, 255).astype(np.uint8)
        segments = outline_segments(hand.vertices, self._edges[hand.side], camera)
        draw_segments(image, segments, OUTLINE_BGR[hand.side], 2)


def _camera_around(
    camera: PinholeCamera, centre: npt.NDArray[np.float64], size_px: tuple[int, int]
) -> PinholeCamera:
    """The same eye looking at the surroundings of a point, enlarged; same optical axis."""
    width, height = size_px
    focal = min(width, height) / 2.0 * centre[2] / REACH_M
    u, v = focal * centre[:2] / centre[2]
    return PinholeCamera(
        width, height, focal, focal * camera.fy / camera.fx, width / 2 - u, height / 2 - v
    )


def _seen_by(camera: PinholeCamera, frame: Frame) -> Float32:
    """The frame's depth resampled for a camera at the same place."""
    own = frame.camera
    u = (np.arange(camera.width_px) - camera.cx) / camera.fx * own.fx + own.cx
    v = (np.arange(camera.height_px) - camera.cy) / camera.fy * own.fy + own.cy
    map_u, map_v = np.meshgrid(u.astype(np.float32), v.astype(np.float32))
    sampled = cv2.remap(frame.depth_m, map_u, map_v, cv2.INTER_NEAREST)
    return np.asarray(sampled, np.float32)


def _shading(depth_m: Float32, camera: PinholeCamera) -> Float32:
    """[h, w] brightness of a surface lit from the eye."""
    z = np.where(depth_m > 0.0, depth_m, np.nan)
    along_v, along_u = np.gradient(z)
    step = np.nanmean(z) / camera.fx
    slope = np.nan_to_num(np.hypot(along_u, along_v) / step, nan=3.0)
    return np.asarray(AMBIENT + (1.45 - AMBIENT) / np.sqrt(1.0 + slope**2), np.float32)
