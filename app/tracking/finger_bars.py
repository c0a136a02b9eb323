"""Confidence of each joint as five fingers of four segments over a palm."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.tracking.hud_figures import HandCard
from engine.messages import Side

FINGER_HEIGHT = (0.62, 0.90, 1.0, 0.93, 0.76)
"""Thumb to little finger, as a share of the tallest."""
LABELS = ("T", "I", "M", "R", "L")
GAP_PX = 4.0


class FingerBars(QWidget):
    """One hand beside the other; a hand that is not there leaves its place empty."""

    def __init__(self) -> None:
        super().__init__()
        self._hands: tuple[HandCard, ...] = ()
        self.setMinimumHeight(74)
        self.setToolTip(
            "How sure the tracker is of each joint, fingertips on top; dim joints are guessed.\n"
            "Thumb, index, middle, ring, little finger, as seen from the back of the hand."
        )
        self.setAccessibleName("Confidence of each joint")

    def sizeHint(self) -> QSize:
        return QSize(200, 92)

    def show_hands(self, hands: tuple[HandCard, ...]) -> None:
        # Left on the left: hands that cross the screen do not swap their places here.
        self._hands = tuple(sorted(hands, key=lambda hand: (hand.side is Side.RIGHT, hand.hand_id)))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        if not self._hands:
            painter.setPen(theme.FAINT)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "no hand")
        count = max(len(self._hands), 1)
        width = min(area.width() / count - 8, 150.0)
        left = (area.width() - count * width - (count - 1) * 16) / 2
        for index, hand in enumerate(self._hands):
            box = QRectF(left + index * (width + 16), 0, width, area.height())
            _paint_hand(painter, hand, box)
        painter.end()


def _paint_hand(painter: QPainter, hand: HandCard, box: QRectF) -> None:
    color = theme.RIGHT_HAND if hand.side is Side.RIGHT else theme.LEFT_HAND
    palm_height, label_height = 9.0, 14.0
    fingers = hand.confidence[1:].reshape(5, 4)
    pitch = box.width() / 5
    tall = box.height() - palm_height - label_height - 2 * GAP_PX
    # Seen from the back, a right hand has its thumb on the left.
    order = range(5) if hand.side is Side.RIGHT else range(4, -1, -1)
    base = box.top() + tall + GAP_PX
    for place, finger in enumerate(order):
        x = box.left() + place * pitch + GAP_PX / 2
        column = QRectF(x, base - tall * FINGER_HEIGHT[finger], pitch - GAP_PX, 0)
        column.setBottom(base)
        _paint_finger(painter, column, fingers[finger], color)
        painter.setPen(theme.FAINT)
        painter.setFont(_small(painter.font()))
        label = QRectF(x, box.bottom() - label_height, pitch - GAP_PX, label_height)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, LABELS[finger])
    palm = QRectF(box.left() + GAP_PX / 2, base + GAP_PX, box.width() - GAP_PX, palm_height)
    _paint_segment(painter, palm, float(hand.confidence[0]), color)


def _paint_finger(painter: QPainter, column: QRectF, confidence: np.ndarray, color: QColor) -> None:
    height = (column.height() - 3 * 2.0) / 4
    for joint, value in enumerate(confidence):
        y = column.bottom() - (joint + 1) * height - joint * 2.0
        _paint_segment(
            painter, QRectF(column.left(), y, column.width(), height), float(value), color
        )


def _paint_segment(painter: QPainter, box: QRectF, value: float, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.RAISED)
    painter.drawRoundedRect(box, 2.5, 2.5)
    lit = QColor(color)
    lit.setAlphaF(float(np.clip(value, 0.0, 1.0)) ** 1.3)
    painter.setBrush(lit)
    painter.drawRoundedRect(box, 2.5, 2.5)


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(10)
    return small
