"""One picture of a moment without a window: depth with overlay, and the rendered mesh beside it.

Needs neither Qt nor a display. Where OpenGL cannot be had, the mesh half is left out and the depth
with its overlay stands alone in the middle, so that pictures of a video keep their size.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from app.viewport.content import ContentOptions, Floor, build_content
from app.viewport.follow import followed
from app.viewport.hand_overlay import CameraPicture, fitted_size, joint_pixels
from app.viewport.open3d_renderer import BACKGROUND_RGB, GraphicsUnavailableError, Open3DRenderer
from app.viewport.orbit import ViewPose
from app.viewport.render_process import paint_skeletons
from app.viewport.surface import default_surface
from engine.messages import Frame, HandState, Scene

PANE_PX = (640, 480)
"""(width, height) of each half."""
TEXT_RGB = (228, 231, 236)
FOLLOW_STEP_S = 1 / 30


class StillComposer:
    """Composes pictures of one stream; keeps colours and view steady from frame to frame."""

    def __init__(self) -> None:
        self._surface = default_surface()
        self._picture = CameraPicture(self._surface)
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
        picture = _background(2 * PANE_PX[0], PANE_PX[1])
        left = PANE_PX[0] // 2
        picture[:, left : left + PANE_PX[0]] = depth
        return picture

    def _depth_pane(self, frame: Frame, scene: Scene) -> npt.NDArray[np.uint8]:
        size = fitted_size(frame.camera, PANE_PX)
        bgrx = self._picture.draw(frame, scene.hands, size)
        inner = np.ascontiguousarray(bgrx[:, :, 2::-1])
        for hand in scene.hands:
            _write_label(inner, hand, frame, size)
        pane = _background(*PANE_PX)
        left, top = (PANE_PX[0] - size[0]) // 2, (PANE_PX[1] - size[1]) // 2
        pane[top : top + size[1], left : left + size[0]] = inner
        _write(pane, _headline(scene), (12, 24))
        return pane

    def _mesh_pane(self, frame: Frame, scene: Scene) -> npt.NDArray[np.uint8] | None:
        if self._renderer is None:
            return None
        self._floor.follow(scene.hands)
        if scene.hands:
            elapsed_s = FOLLOW_STEP_S if self._aimed else float("inf")
            self._pose = followed(self._pose, scene.hands, elapsed_s)
            self._aimed = True
        options = ContentOptions(points=False)
        content = build_content(scene, frame, self._surface, self._floor, options)
        image = np.ascontiguousarray(self._renderer.draw(content, self._pose, PANE_PX))
        paint_skeletons(content, self._pose, image)
        return image


def compose_preview(frame: Frame, scene: Scene) -> npt.NDArray[np.uint8]:
    """[480, 1280, 3] RGB uint8; successive calls share their colours and view. One thread only."""
    return _composer().compose(frame, scene)


@cache
def _composer() -> StillComposer:
    return StillComposer()


def _renderer() -> Open3DRenderer | None:
    """A renderer that has proved to work, or None on a machine without OpenGL."""
    content = build_content(None, None, None, Floor(), ContentOptions())
    try:
        renderer = Open3DRenderer()
        renderer.draw(content, ViewPose(), PANE_PX)
    except (GraphicsUnavailableError, ImportError):
        return None
    return renderer


def _background(width: int, height: int) -> npt.NDArray[np.uint8]:
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = np.array(BACKGROUND_RGB) * 255
    return picture


def _headline(scene: Scene) -> str:
    return f"frame {scene.sequence}" if scene.hands else f"frame {scene.sequence}   no hand"


def _write_label(
    image: npt.NDArray[np.uint8], hand: HandState, frame: Frame, size_px: tuple[int, int]
) -> None:
    joints = joint_pixels(hand, frame.camera, size_px)
    if not np.isfinite(joints).all():
        return
    text = f"{hand.side.value} {hand.hand_id}   {hand.residual_m * 1e3:.1f} mm"
    x = float(np.clip(joints[:, 0].mean() - 55, 4, max(size_px[0] - 130, 4)))
    y = float(np.clip(joints[:, 1].max() + 28, 20, size_px[1] - 8))
    _write(image, text, (int(x), int(y)))


def _write(image: npt.NDArray[np.uint8], text: str, origin: tuple[int, int]) -> None:
    for color, width in (((0, 0, 0), 3), (TEXT_RGB, 1)):
        cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.48, color, width, cv2.LINE_AA)
