"""The camera pane: depth in colours with the tracked hands drawn into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.viewport.hand_overlay import CameraPicture, caption, fitted_size, joint_pixels
from app.viewport.surface import HandSurface
from engine.messages import Frame, HandState, Scene, Side

HAND_COLOR: Mapping[Side, QColor] = {Side.RIGHT: theme.RIGHT_HAND, Side.LEFT: theme.LEFT_HAND}


class CameraPane(QWidget):
    """Keeps the picture's shape at any size. `show_frame` with the scene made from that frame."""

    def __init__(self, surface: HandSurface) -> None:
        super().__init__()
        self._picture = CameraPicture(surface)
        self._frame: Frame | None = None
        self._scene: Scene | None = None
        self._pixels: npt.NDArray[np.uint8] | None = None
        self._stale, self._skeleton, self._mirrored = False, True, False
        self.setMinimumSize(160, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Camera picture")
        self.setToolTip("Depth from the camera (near is light), with joints and mesh outline")

    def sizeHint(self) -> QSize:
        return QSize(340, 255)

    def show_frame(self, frame: Frame, scene: Scene | None) -> None:
        """Draw this frame, with the hands of the scene that was made from it."""
        self._frame, self._scene = frame, scene
        self._redraw()

    def clear(self) -> None:
        """Nothing to show: a new source, or none."""
        self._frame, self._scene = None, None
        self._picture.reset()
        self._redraw()

    def set_stale(self, stale: bool) -> None:
        if stale != self._stale:
            self._stale = stale
            self._redraw()

    def set_mirrored(self, mirrored: bool) -> None:
        self._mirrored = mirrored
        self._redraw()

    def set_skeleton(self, skeleton: bool) -> None:
        self._skeleton = skeleton
        self._redraw()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.SURFACE.darker(115))
        if self._frame is None:
            painter.setPen(theme.FAINT)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No camera picture")
        else:
            self._paint_frame(painter, self._frame)
        painter.end()

    def _redraw(self) -> None:
        self._pixels = None
        self.update()

    def _paint_frame(self, painter: QPainter, frame: Frame) -> None:
        ratio = self.devicePixelRatioF()
        area = round(self.width() * ratio), round(self.height() * ratio)
        width, height = fitted_size(frame.camera, area)
        if self._pixels is None or self._pixels.shape[:2] != (height, width):
            hands = self._scene.hands if self._scene else ()
            self._pixels = self._picture.draw(
                frame, hands, (width, height), self._mirrored, self._stale, self._skeleton
            )
        image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        left, top = (area[0] - width) / 2 / ratio, (area[1] - height) / 2 / ratio
        painter.drawImage(QRectF(left, top, width / ratio, height / ratio), image)
        if self._scene is not None:
            size = round(width / ratio), round(height / ratio)
            taken: list[QRectF] = []
            for hand in self._scene.hands:
                self._paint_label(painter, self._scene, hand, frame, (left, top), size, taken)

    def _paint_label(
        self,
        painter: QPainter,
        scene: Scene,
        hand: HandState,
        frame: Frame,
        origin: tuple[float, float],
        size: tuple[int, int],
        taken: list[QRectF],
    ) -> None:
        """The label of one hand, clear of the labels at `taken`, to which it is added."""
        joints = joint_pixels(hand, frame.camera, size, self._mirrored) + np.array(origin)
        if not np.isfinite(joints).all():
            return
        text = caption(scene, hand)
        theme.write_in(painter, 11)
        width = painter.fontMetrics().horizontalAdvance(text) + 12
        x = float(np.clip(joints[:, 0].mean() - width / 2, 4, self.width() - width - 4))
        y = float(np.clip(joints[:, 1].max() + 8, 4, self.height() - 23))
        label = clear_of(taken, QRectF(x, y, width, 18), self.height())
        taken.append(label)
        painter.fillRect(label, QColor(19, 21, 26, 190))
        painter.setPen(theme.MUTED if self._stale else HAND_COLOR[hand.side])
        painter.drawText(QPointF(label.x() + 6, label.y() + 13), text)


def clear_of(taken: Sequence[QRectF], label: QRectF, height: float) -> QRectF:
    """`label` moved below what it would cover; above where the picture of `height` ends."""
    for other in taken:
        if label.intersects(other):
            below = other.bottom() + 2
            fits = below + label.height() <= height
            label.moveTop(below if fits else other.top() - label.height() - 2)
    return label
