"""One camera's picture, as large as there is room, with marks over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a picture lies in its widget."""

    left: float
    top: float
    scale: float
    """Widget pixels a picture pixel."""
    size: tuple[int, int]

    def point(self, u: float, v: float) -> QPointF:
        """Where a pixel is painted; its centre is at whole numbers."""
        return QPointF(self.left + (u + 0.5) * self.scale, self.top + (v + 0.5) * self.scale)

    def pixel(self, place: QPointF) -> tuple[float, float]:
        """Which pixel is painted there."""
        return (place.x() - self.left) / self.scale - 0.5, (place.y() - self.top) / self.scale - 0.5

    @property
    def box(self) -> QRectF:
        return QRectF(self.left, self.top, self.scale * self.size[0], self.scale * self.size[1])


Mark = Callable[[QPainter, Placed], None]


class PicturePane(QWidget):
    """Shows what it is given; holds no logic."""

    clicked = Signal(float, float)
    """(u, v): a pixel of the picture was clicked."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title, self._words = title, ""
        self._pixels: Pixels | None = None
        self._marks: tuple[Mark, ...] = ()
        self._flash = 0.0
        self.setMinimumSize(200, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(f"{title} picture")

    def sizeHint(self) -> QSize:
        return QSize(240, 170)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is painted over the picture."""
        return self._marks

    def show_picture(self, pixels: Pixels | None, marks: Sequence[Mark] = ()) -> None:
        """A grey [H, W] or RGB [H, W, 3] picture."""
        if pixels is None and self._pixels is None:
            return
        self._pixels = pixels
        self._marks = tuple(marks)
        self.update()

    def show_words(self, words: str) -> None:
        """What to say where there is no picture."""
        if words != self._words:
            self._words = words
            self.update()

    def show_flash(self, strength: float) -> None:
        """A green frame, 0 to 1: a view was kept."""
        self._flash = strength
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        placed = self.placed
        if placed is not None and placed.box.contains(event.position()):
            self.clicked.emit(*placed.pixel(event.position()))

    @property
    def placed(self) -> Placed | None:
        """Where the picture is; None without one."""
        if self._pixels is None:
            return None
        height, width = self._pixels.shape[:2]
        scale = min(self.width() / width, self.height() / height)
        left, top = (self.width() - scale * width) / 2, (self.height() - scale * height) / 2
        return Placed(left, top, scale, (width, height))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        painter.fillRect(self.rect(), theme.SURFACE)
        placed = self.placed
        if placed is None or self._pixels is None:
            painter.setPen(theme.MUTED)
            room = QRectF(self.rect()).adjusted(16, 16, -16, -16)
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(room, flags, self._words or "No picture yet")
        else:
            # Of a picture much larger than its place only every second pixel or so is needed.
            step = max(1, int(1 / (placed.scale * self.devicePixelRatioF())))
            painter.drawImage(placed.box, _image(self._pixels[::step, ::step]))
            painter.setClipRect(placed.box)
            for mark in self._marks:
                mark(painter, placed)
            painter.setClipping(False)
            self._paint_flash(painter, placed)
        _paint_title(painter, self._title)
        painter.end()

    def _paint_flash(self, painter: QPainter, placed: Placed) -> None:
        if self._flash > 0:
            color = QColor(theme.GOOD)
            color.setAlphaF(0.9 * self._flash)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(color)
            for inset in range(5):
                painter.drawRect(placed.box.adjusted(inset, inset, -inset - 1, -inset - 1))


def _image(pixels: Pixels) -> QImage:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    grey = pixels.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    return QImage(pixels.data, width, height, pixels.strides[0], kind)


def _paint_title(painter: QPainter, title: str) -> None:
    font = QFont(painter.font())
    font.setPixelSize(12)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    width = painter.fontMetrics().horizontalAdvance(title) + 16
    box = QRectF(8, 8, width, 22)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(19, 21, 26, 190))
    painter.drawRoundedRect(box, 5, 5)
    painter.setPen(theme.TEXT)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, title)
