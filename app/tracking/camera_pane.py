"""The camera pane: depth in colours with the tracked hands drawn into it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.tracking.depth_colors import DepthColors
from app.tracking.outline import MeshEdges, outline_segments
from app.viewport.skeleton_painter import paint_skeleton
from app.viewport.surface import HandSurface
from calibration.camera_model import PinholeCamera
from engine.messages import Frame, HandState, Scene, Side

HAND_COLOR: Mapping[Side, QColor] = {Side.RIGHT: theme.RIGHT_HAND, Side.LEFT: theme.LEFT_HAND}
CORNER_PX = 7.0


class CameraPane(QWidget):
    """Keeps the picture's shape at any width. `show_frame` with the scene made from that frame."""

    def __init__(self, surface: HandSurface) -> None:
        super().__init__()
        self._edges = {side: MeshEdges.of(surface.triangles_of(side)) for side in Side}
        self._colors = DepthColors()
        self._frame: Frame | None = None
        self._scene: Scene | None = None
        self._pixels: npt.NDArray[np.uint8] | None = None
        self._stale = False
        self._skeleton = True
        self._mirrored = False
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(200, 150)
        self.setAccessibleName("Camera picture")
        self.setToolTip("Depth from the camera (near is light), with joints and mesh outline")

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(width * 0.75)

    def sizeHint(self) -> QSize:
        return QSize(340, 255)

    def show_frame(self, frame: Frame, scene: Scene | None) -> None:
        """Draw this frame, with the hands of the scene that was made from it."""
        self._frame, self._scene, self._pixels = frame, scene, None
        self.update()

    def clear(self) -> None:
        """Nothing to show: a new source, or none."""
        self._frame, self._scene, self._pixels = None, None, None
        self._colors.reset()
        self.update()

    def set_stale(self, stale: bool) -> None:
        if stale != self._stale:
            self._stale = stale
            self.update()

    def set_mirrored(self, mirrored: bool) -> None:
        self._mirrored = mirrored
        self.update()

    def set_skeleton(self, skeleton: bool) -> None:
        self._skeleton = skeleton
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(self.rect()), CORNER_PX, CORNER_PX)
        painter.setClipPath(clip)
        painter.fillRect(self.rect(), theme.SURFACE.darker(115))
        if self._frame is None:
            self._paint_empty(painter)
        else:
            self._paint_frame(painter, self._frame)
        painter.end()

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setPen(theme.FAINT)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No camera picture")

    def _paint_frame(self, painter: QPainter, frame: Frame) -> None:
        box = _fitted(frame.camera, QRectF(self.rect()))
        painter.drawImage(box, self._image(frame, box))
        if self._stale:
            painter.fillRect(self.rect(), QColor(19, 21, 26, 130))
        for hand in self._scene.hands if self._scene else ():
            self._paint_hand(painter, hand, frame.camera, box)

    def _image(self, frame: Frame, box: QRectF) -> QImage:
        size = max(1, round(box.width())), max(1, round(box.height()))
        if self._pixels is None or self._pixels.shape[:2] != (size[1], size[0]):
            self._pixels = self._colors.paint(frame.depth_m, size)
        image = QImage(
            self._pixels.data, size[0], size[1], 3 * size[0], QImage.Format.Format_RGB888
        )
        return image.flipped(Qt.Orientation.Horizontal) if self._mirrored else image

    def _paint_hand(
        self, painter: QPainter, hand: HandState, camera: PinholeCamera, box: QRectF
    ) -> None:
        color = theme.MUTED if self._stale else HAND_COLOR[hand.side]
        segments = outline_segments(hand.vertices, self._edges[hand.side], camera)
        placed = self._placed(segments, camera, box)
        pen = QPen(color, 1.3)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLines([QLineF(*ends) for ends in placed.reshape(-1, 4).tolist()])
        if float(hand.joints[:, 2].min()) <= 0.01:
            return
        joints = self._placed(camera.project(hand.joints), camera, box)
        if self._skeleton:
            paint_skeleton(painter, joints, hand.confidence, QColor("#ffffff"), radius_px=2.0)
        self._paint_label(painter, hand, joints, color)

    def _placed(
        self, pixels: npt.NDArray[np.float64], camera: PinholeCamera, box: QRectF
    ) -> npt.NDArray[np.float64]:
        """Camera pixels [..., 2] in widget pixels; pixel centres are integers in both."""
        scale = np.array([box.width() / camera.width_px, box.height() / camera.height_px])
        placed = (pixels + 0.5) * scale
        if self._mirrored:
            placed[..., 0] = box.width() - placed[..., 0]
        return np.asarray(placed + [box.left(), box.top()])

    def _paint_label(
        self,
        painter: QPainter,
        hand: HandState,
        joints: npt.NDArray[np.float64],
        color: QColor,
    ) -> None:
        text = f"{hand.side.value} {hand.hand_id}  ·  {hand.residual_m * 1e3:.1f} mm"
        font = QFont(painter.font())
        font.setPixelSize(11)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(text) + 12
        x = float(np.clip(joints[:, 0].mean() - width / 2, 4, self.width() - width - 4))
        y = float(np.clip(joints[:, 1].max() + 8, 4, self.height() - 23))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(19, 21, 26, 190))
        painter.drawRoundedRect(QRectF(x, y, width, 18), 4, 4)
        painter.setPen(color)
        painter.drawText(QPointF(x + 6, y + 13), text)


def _fitted(camera: PinholeCamera, area: QRectF) -> QRectF:
    """The largest box of the picture's shape in the middle of `area`."""
    scale = min(area.width() / camera.width_px, area.height() / camera.height_px)
    width, height = camera.width_px * scale, camera.height_px * scale
    return QRectF((area.width() - width) / 2, (area.height() - height) / 2, width, height)
