"""Before and after, side by side on the frames just seen, in the place of the 3D view."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.enrolment.figures import ComparedFrame, Result
from app.enrolment.hand_picture import HandPicture
from app.viewport.surface import HandSurface
from engine.messages import Float64, HandState

STEP_MS = 180
TITLE_PX, GAP_PX = 52, 3
TITLES = (
    ("Before", "shipped network, average hand"),
    ("After", "{name}'s profile"),
)


class ComparisonView(QWidget):
    """Plays the frames in a circle; a click stops and goes on."""

    def __init__(self, surface: HandSurface) -> None:
        super().__init__()
        self._pictures = tuple(HandPicture(surface) for _ in TITLES)
        self._result: Result | None = None
        self._index = 0
        self._centre: Float64 = np.array([0.0, 0.0, 0.45])
        self._timer = QTimer(self, interval=STEP_MS)
        self._timer.timeout.connect(self._step)
        self.setMinimumSize(320, 240)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setToolTip("The frames just seen, in a circle; click to stop and to go on")
        self.setAccessibleName("Before and after")

    def sizeHint(self) -> QSize:
        return QSize(860, 640)

    def show_result(self, result: Result | None) -> None:
        if result is self._result:
            return
        self._result, self._index = result, 0
        if result is None or not result.frames:
            self._timer.stop()
        else:
            self._aim(result.frames[0], all_the_way=True)
            self._timer.start()
        self.update()

    def mousePressEvent(self, _event: object) -> None:
        if self._timer.isActive():
            self._timer.stop()
        elif self._result is not None and self._result.frames:
            self._timer.start()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.WINDOW)
        if self._result is None or not self._result.frames:
            painter.setPen(theme.FAINT)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No frames were kept")
        else:
            self._paint_halves(painter, self._result)
        painter.end()

    def _step(self) -> None:
        if self._result is not None and self.isVisible():
            self._index = (self._index + 1) % len(self._result.frames)
            self._aim(self._result.frames[self._index], all_the_way=self._index == 0)
            self.update()

    def _aim(self, seen: ComparedFrame, all_the_way: bool) -> None:
        """Keep the hand in the middle of both halves."""
        hand = seen.after or seen.before
        if hand is None:
            return
        middle = np.asarray(hand.joints.mean(0), np.float64)
        self._centre = middle if all_the_way else self._centre + 0.5 * (middle - self._centre)

    def _paint_halves(self, painter: QPainter, result: Result) -> None:
        seen = result.frames[self._index]
        width = (self.width() - GAP_PX) / 2
        for half, hand in enumerate((seen.before, seen.after)):
            box = QRectF(half * (width + GAP_PX), 0, width, self.height())
            self._paint_picture(painter, box, seen, hand, half)
            title, subtitle = TITLES[half]
            _paint_title(painter, box, title, subtitle.format(name=result.name))
            _paint_residual(painter, box, hand)
        painter.setPen(theme.FAINT)
        count = f"frame {self._index + 1} of {len(result.frames)}"
        low = QRectF(self.rect()).adjusted(12, 0, -12, -8)
        painter.drawText(low, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight, count)

    def _paint_picture(
        self,
        painter: QPainter,
        box: QRectF,
        seen: ComparedFrame,
        hand: HandState | None,
        half: int,
    ) -> None:
        ratio = self.devicePixelRatioF()
        size = max(1, round(box.width() * ratio)), max(1, round(box.height() * ratio))
        pixels = self._pictures[half].draw(seen.frame, hand, self._centre, size)
        image = QImage(pixels.data, *size, 4 * size[0], QImage.Format.Format_RGB32)
        painter.drawImage(box, image)


def _paint_title(painter: QPainter, box: QRectF, title: str, subtitle: str) -> None:
    painter.fillRect(QRectF(box.left(), 0, box.width(), TITLE_PX), QColor(19, 21, 26, 190))
    theme.write_in(painter, 16, QFont.Weight.DemiBold)
    painter.setPen(QPen(theme.TEXT))
    painter.drawText(QRectF(box.left() + 14, 7, box.width() - 20, 20), title)
    theme.write_in(painter, 12)
    painter.setPen(theme.MUTED)
    room = box.width() - 24
    fitting = painter.fontMetrics().elidedText(subtitle, Qt.TextElideMode.ElideRight, int(room))
    painter.drawText(QRectF(box.left() + 14, 28, room, 18), fitting)


def _paint_residual(painter: QPainter, box: QRectF, hand: HandState | None) -> None:
    text = "hand not found" if hand is None else f"{hand.residual_m * 1e3:.1f} mm"
    place = QRectF(box.left(), 5, box.width() - 14, 24)
    theme.write_in(painter, 15)
    painter.setPen(theme.TEXT)
    painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    theme.write_in(painter, 12)
