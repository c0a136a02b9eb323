"""One picture of a moment without a window: depth with overlay, and the rendered mesh beside it.

Needs neither Qt nor a display. Where OpenGL cannot be had, the mesh half is left out and the depth
with its overlay stands alone in the middle, so that pictures of a video keep their size.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from app.tracking.depth_colors import DepthColors
from app.tracking.outline import MeshEdges, outline_segments
from app.viewport.content import ContentOptions, Floor, build_content
from app.viewport.follow import followed
from app.viewport.open3d_renderer import (
    BACKGROUND_RGB,
    GraphicsUnavailableError,
    Open3DRenderer,
)
from app.viewport.orbit import ViewPose
from app.viewport.surface import default_surface
from calibration.camera_model import PinholeCamera
from engine.hand.keypoints import BONES
from engine.messages import Frame, HandState, Scene, Side

PANE_PX = (640, 480)
"""(width, height) of each half."""
OUTLINE_RGB = {Side.RIGHT: (238, 168, 120), Side.LEFT: (127, 180, 238)}
TEXT_RGB = (228, 231, 236)
SUBPIXEL_BITS = 4


class StillComposer:
    """Composes pictures of one stream; keeps colours and view steady from frame to frame."""

    def __init__(self) -> None:
        self._surface = default_surface()
        self._edges = {side: MeshEdges.of(self._surface.triangles_of(side)) for side in Side}
        self._colors = DepthColors()
        self._floor = Floor()
        self._pose = ViewPose()
        self._aimed = False
        self._renderer: Open3DRenderer | None = _renderer()

    def compose(self, frame: Frame, scene: Scene) -> npt.NDArray[np.uint8]:
        """[480, 1280, 3] RGB uint8 of a frame and the scene that was made from it."""
        depth = self._depth_pane(frame, scene)
        mesh = self._mesh_pane(frame, scene)
        if mesh is not None:
            return np.concatenate([depth, mesh], axis=1)
        picture = np.empty((PANE_PX[1], 2 * PANE_PX[0], 3), np.uint8)
        picture[:] = np.array(BACKGROUND_RGB) * 255
        left = PANE_PX[0] // 2
        picture[:, left : left + PANE_PX[0]] = depth
        return picture

    def _depth_pane(self, frame: Frame, scene: Scene) -> npt.NDArray[np.uint8]:
        scale = min(PANE_PX[0] / frame.camera.width_px, PANE_PX[1] / frame.camera.height_px)
        camera = frame.camera.scaled(scale)
        inner = self._colors.paint(frame.depth_m, (camera.width_px, camera.height_px))
        inner = np.ascontiguousarray(inner)
        for hand in scene.hands:
            self._draw_hand(inner, hand, camera)
        pane = np.zeros((PANE_PX[1], PANE_PX[0], 3), np.uint8)
        top, left = (PANE_PX[1] - camera.height_px) // 2, (PANE_PX[0] - camera.width_px) // 2
        pane[top : top + camera.height_px, left : left + camera.width_px] = inner
        _write(pane, _headline(scene), (12, 24))
        return pane

    def _draw_hand(
        self, image: npt.NDArray[np.uint8], hand: HandState, camera: PinholeCamera
    ) -> None:
        segments = outline_segments(hand.vertices, self._edges[hand.side], camera)
        if len(segments) == 0:
            return
        _draw_lines(image, segments, OUTLINE_RGB[hand.side])
        joints = camera.project(hand.joints)
        bones = np.array([[joints[a], joints[b]] for a, b in BONES])
        _draw_lines(image, bones, TEXT_RGB)
        for center, sure in zip(_fixed_point(joints), hand.confidence, strict=True):
            shade = tuple(int(c * (0.35 + 0.65 * float(np.clip(sure, 0, 1)))) for c in TEXT_RGB)
            radius = int(2.2 * 2**SUBPIXEL_BITS)
            cv2.circle(image, tuple(center.tolist()), radius, shade, -1, cv2.LINE_AA, SUBPIXEL_BITS)
        x, y = joints[:, 0].min(), joints[:, 1].max() + 20
        label = f"{hand.side.value} {hand.hand_id}  {hand.residual_m * 1e3:.1f} mm"
        _write(image, label, (int(np.clip(x, 4, camera.width_px - 130)), int(y)))

    def _mesh_pane(self, frame: Frame, scene: Scene) -> npt.NDArray[np.uint8] | None:
        if self._renderer is None:
            return None
        self._floor.follow(scene.hands)
        if scene.hands:
            self._pose = followed(self._pose, scene.hands, 1 / 30 if self._aimed else float("inf"))
            self._aimed = True
        content = build_content(
            scene, frame, self._surface, self._floor, ContentOptions(points=False)
        )
        return np.asarray(self._renderer.draw(content, self._pose, PANE_PX), np.uint8)


def compose_preview(frame: Frame, scene: Scene) -> npt.NDArray[np.uint8]:
    """[480, 1280, 3] RGB uint8; successive calls share their colours and view. One thread only."""
    return _composer().compose(frame, scene)


@cache
def _composer() -> StillComposer:
    return StillComposer()


def _renderer() -> Open3DRenderer | None:
    """A renderer that has proved to work, or None on a machine without OpenGL."""
    try:
        renderer = Open3DRenderer()
        renderer.draw(
            build_content(None, None, None, Floor(), ContentOptions()), ViewPose(), PANE_PX
        )
    except (GraphicsUnavailableError, ImportError):
        return None
    return renderer


def _headline(scene: Scene) -> str:
    return f"frame {scene.sequence}" if scene.hands else f"frame {scene.sequence}   no hand"


def _fixed_point(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """OpenCV's sub-pixel integers."""
    return np.round(pixels * 2**SUBPIXEL_BITS).astype(np.int32)


def _draw_lines(
    image: npt.NDArray[np.uint8], segments: npt.NDArray[np.float64], color: tuple[int, int, int]
) -> None:
    """Segments [S, 2, 2] in pixels."""
    lines = list(_fixed_point(segments))
    cv2.polylines(image, lines, False, color, 1, cv2.LINE_AA, SUBPIXEL_BITS)


def _write(image: npt.NDArray[np.uint8], text: str, origin: tuple[int, int]) -> None:
    for color, width in (((0, 0, 0), 3), (TEXT_RGB, 1)):
        cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.48, color, width, cv2.LINE_AA)
