"""The 3D view in the window: shows the newest finished picture, sends mouse moves to the eye.

Pictures come from a renderer process; this widget asks for one when a scene arrived or the eye
moved, and paints whatever came last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app import theme
from app.viewport.content import ContentOptions, Floor, build_content
from app.viewport.follow import followed
from app.viewport.orbit import HOME_TARGET, ViewPose
from app.viewport.pixel_budget import PixelBudget
from app.viewport.render_process import MAX_HEIGHT_PX, MAX_WIDTH_PX, Picture, RenderRequest
from app.viewport.surface import HandSurface
from app.viewport.viewport import Mesh
from engine.messages import Frame, Scene
from engine.runtime.clock import monotonic_ns

RESIZE_QUIET_MS = 150
"""A new size is taken when dragging has paused this long: making a new context costs 35 ms."""


class PictureSource(Protocol):
    """Draws elsewhere; app.viewport.render_process.RenderProcess is the one in use."""

    @property
    def failure(self) -> str: ...
    def request(self, request: RenderRequest) -> None: ...
    def poll(self) -> Picture | None: ...


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """What the person switched on."""

    points: bool = False
    skeleton: bool = True
    grid: bool = True
    follow: bool = True


class ViewportWidget(QWidget):
    """Paints pictures of the scene from an eye that the mouse moves."""

    shown = Signal(object)
    """(captured_ns): a picture of a newer scene was painted for the first time."""

    def __init__(self, pictures: PictureSource, surface: HandSurface) -> None:
        super().__init__()
        self._pictures = pictures
        self._surface = surface
        self._pose = ViewPose()
        self._options = ViewOptions()
        self._floor = Floor()
        self._budget = PixelBudget()
        self._scene: Scene | None = None
        self._frame: Frame | None = None
        self._scene_ns = 0
        self._ghost: Mesh | None = None
        self._stale = False
        self._aimed = False
        self._token = 0
        self._picture: Picture | None = None
        self._painted_token = -1
        self._shown_captured_ns = 0
        self._dirty = True
        self._drag_from: QPointF | None = None
        self._drawn_px, self._shown_px = (0, 0), (0, 0)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(RESIZE_QUIET_MS)
        self._quiet.timeout.connect(self._take_size)
        self.setMinimumSize(320, 240)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName("3D view")

    @property
    def pose(self) -> ViewPose:
        return self._pose

    @property
    def failure(self) -> str:
        """Why there is no 3D picture; empty while well."""
        return self._pictures.failure

    def sizeHint(self) -> QSize:
        return QSize(860, 640)

    def show_scene(self, scene: Scene, frame: Frame | None) -> None:
        """Show this scene next; `frame` is the one that it was made from."""
        now_ns = monotonic_ns()
        self._floor.follow(scene.hands)
        if scene.hands and self._options.follow and self._drag_from is None:
            elapsed_s = (now_ns - self._scene_ns) / 1e9 if self._aimed else float("inf")
            self._pose = followed(self._pose, scene.hands, elapsed_s)
            self._aimed = True
        self._scene, self._frame, self._scene_ns = scene, frame or self._frame, now_ns
        self._dirty = True

    def clear(self) -> None:
        """Forget the scene: a new source, or none."""
        self._scene, self._frame = None, None
        self._aimed, self._stale = False, False
        self._floor.reset()
        self._change_pose(self._pose.aimed_at(np.array(HOME_TARGET)))

    def set_stale(self, stale: bool) -> None:
        """Fade the mesh while the newest scene is too old to be live."""
        if stale != self._stale:
            self._stale, self._dirty = stale, True

    def show_ghost(self, mesh: Mesh | None) -> None:
        """A half transparent hand to follow, in the camera's frame; None for none."""
        if mesh is not self._ghost:
            self._ghost, self._dirty = mesh, True

    def set_options(self, options: ViewOptions) -> None:
        self._options, self._dirty = options, True
        self.update()

    def set_mirrored(self, mirrored: bool) -> None:
        self._change_pose(replace(self._pose, mirrored=mirrored))

    def reset_view(self) -> None:
        """Back to the first view, around the hand where one is seen."""
        self._aimed = False
        self._floor.reset()
        home = replace(ViewPose(), mirrored=self._pose.mirrored)
        hands = self._scene.hands if self._scene else ()
        self._change_pose(followed(home, hands, float("inf")) if hands else home)

    def tick(self) -> None:
        """Take a finished picture, ask for the next one. Never waits."""
        picture = self._pictures.poll()
        if picture is not None:
            self._picture = picture
            self._budget.record(picture.reply.drawn_px, picture.reply.render_ms)
            self.update()
        if self._dirty and self._shown_px != (0, 0):
            self._dirty = False
            self._ask()

    def release(self) -> None:
        """Let go of the picture; the renderer's memory may go then."""
        self._picture = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter)
        painter.end()
        self._report_shown()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        if self._shown_px == (0, 0):
            self._take_size()
        else:
            self._quiet.start()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._drag_from = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._drag_from = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag_from is None:
            return
        moved = event.position() - self._drag_from
        self._drag_from = event.position()
        sideways = Qt.MouseButton.RightButton | Qt.MouseButton.MiddleButton
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        turn = ViewPose.panned if event.buttons() & sideways or shifted else ViewPose.orbited
        self._change_pose(turn(self._pose, moved.x(), moved.y(), max(self.height(), 1)))

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.reset_view()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._change_pose(self._pose.zoomed(event.angleDelta().y() / 120.0))

    def _change_pose(self, pose: ViewPose) -> None:
        self._pose, self._dirty = pose, True

    def _take_size(self) -> None:
        ratio = self.devicePixelRatioF()
        width = min(round(self.width() * ratio), MAX_WIDTH_PX)
        height = min(round(self.height() * ratio), MAX_HEIGHT_PX)
        self._shown_px, self._dirty = (width, height), True
        self._drawn_px = self._budget.fit(self._shown_px)

    def _ask(self) -> None:
        if self._budget.changed:
            self._take_size()
            self._dirty = False
        options = ContentOptions(
            self._options.points, self._options.skeleton, self._options.grid, self._stale
        )
        content = build_content(self._scene, self._frame, self._surface, self._floor, options)
        content = replace(content, ghost=self._ghost)
        self._token += 1
        captured_ns = self._scene.captured_ns if self._scene else 0
        self._pictures.request(
            RenderRequest(
                self._token, captured_ns, content, self._pose, self._drawn_px, self._shown_px
            )
        )

    def _paint(self, painter: QPainter) -> None:
        if self._picture is None:
            painter.fillRect(self.rect(), theme.WINDOW)
            return
        pixels = self._picture.pixels
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        painter.drawImage(QRectF(self.rect()), image)

    def _report_shown(self) -> None:
        if self._picture is None or self._picture.reply.token == self._painted_token:
            return
        reply = self._picture.reply
        fresh = reply.captured_ns > 0 and reply.captured_ns != self._shown_captured_ns
        self._painted_token, self._shown_captured_ns = reply.token, reply.captured_ns
        if fresh:
            self.shown.emit(reply.captured_ns)
