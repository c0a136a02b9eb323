"""The camera's picture with the tracked hands in it: depth in colours, outlines, joints.

Shared by the window's camera pane and the pictures that are written without a window.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.viewport.depth_colors import DepthColors
from app.viewport.outline import MeshEdges, outline_segments
from app.viewport.overlay import Color, Image, draw_segments, draw_skeleton
from app.viewport.surface import HandSurface
from calibration.camera_model import PinholeCamera
from engine.messages import Frame, HandState, Scene, Side

OUTLINE_BGR: dict[Side, Color] = {Side.RIGHT: (120, 168, 238), Side.LEFT: (238, 180, 127)}
JOINT_BGR: Color = (255, 255, 255)
STALE_BGR: Color = (150, 145, 140)
STALE_DEPTH_SHARE = 0.5
JOINT_RADIUS_PX = 1.6


class CameraPicture:
    """Draws frames of one stream; the colours stay steady from frame to frame."""

    def __init__(self, surface: HandSurface) -> None:
        self._edges = {side: MeshEdges.of(surface.triangles_of(side)) for side in Side}
        self._colors = DepthColors()

    def reset(self) -> None:
        """Forget the colours' range, for a new source."""
        self._colors.reset()

    def draw(
        self,
        frame: Frame,
        hands: tuple[HandState, ...],
        size_px: tuple[int, int],
        mirrored: bool = False,
        stale: bool = False,
        skeleton: bool = True,
    ) -> Image:
        """[h, w, 4] blue, green, red, unused; `size_px` (w, h) should keep the frame's shape."""
        image = self._colors.paint(frame.depth_m, size_px)
        if stale:
            image = (image * STALE_DEPTH_SHARE).astype(np.uint8)
        if mirrored:
            image = np.ascontiguousarray(image[:, ::-1])
        for hand in hands:
            if float(hand.joints[:, 2].min()) <= 0.01:
                continue
            segments = outline_segments(hand.vertices, self._edges[hand.side], frame.camera)
            outline = STALE_BGR if stale else OUTLINE_BGR[hand.side]
            draw_segments(image, placed(segments, frame.camera, size_px, mirrored), outline)
            if skeleton:
                joints = joint_pixels(hand, frame.camera, size_px, mirrored)
                color = STALE_BGR if stale else JOINT_BGR
                draw_skeleton(image, joints, hand.confidence, color, JOINT_RADIUS_PX)
        return image


def joint_pixels(
    hand: HandState, camera: PinholeCamera, size_px: tuple[int, int], mirrored: bool = False
) -> npt.NDArray[np.float64]:
    """Keypoints [21, 2] in pixels of a picture of `size_px`."""
    return placed(camera.project(hand.joints), camera, size_px, mirrored)


def placed(
    pixels: npt.NDArray[np.float64],
    camera: PinholeCamera,
    size_px: tuple[int, int],
    mirrored: bool,
) -> npt.NDArray[np.float64]:
    """Camera pixels [..., 2] in a picture of another size; pixel centres are integers in both."""
    scale = np.array([size_px[0] / camera.width_px, size_px[1] / camera.height_px])
    moved = (pixels + 0.5) * scale - 0.5
    if mirrored:
        moved[..., 0] = size_px[0] - 1 - moved[..., 0]
    return np.asarray(moved, np.float64)


def fitted_size(camera: PinholeCamera, area_px: tuple[int, int]) -> tuple[int, int]:
    """The largest (width, height) of the camera's shape within `area_px`."""
    scale = min(area_px[0] / camera.width_px, area_px[1] / camera.height_px)
    return max(1, round(camera.width_px * scale)), max(1, round(camera.height_px * scale))


def caption(scene: Scene, hand: HandState) -> str:
    """Side, id and residual of a hand, for the label beside it."""
    several = len(scene.hands) > 1 or hand.hand_id > 1
    name = f"{hand.side.value} {hand.hand_id}" if several else hand.side.value
    return f"{name}  ·  {hand.residual_m * 1e3:.1f} mm"
