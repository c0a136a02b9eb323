"""What to do now, over the 3D view: the sentence, how near the hand is, and a tick when it is held.

PySide6-Essentials has no sound, so the tick is seen: people look at the ghost hand here.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.enrolment.chips import paint_tick
from app.enrolment.figures import Guide

TICK_MS = 900
WIDEST_PX, MARGIN_PX, BOTTOM_PX = 620, 14, 82
"""Below the hand, whose fingertips must be seen; the bottom leaves room for a banner."""
BELOW_PX = 42
"""Height of hint and bar under the sentence."""
ENOUGH = 0.5
"""Closeness from which a pose counts (engine.adaptation.enrolment_poses)."""


class GuideOverlay(QWidget):
    """Covers its parent, lets the mouse through. Hidden without a guide."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._guide: Guide | None = None
        self._tick = 0.0
        self._animation = QVariantAnimation(self)
        self._animation.setDuration(TICK_MS)
        self._animation.setStartValue(1.0)
        self._animation.setEndValue(0.0)
        self._animation.valueChanged.connect(self._fade)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def ticking(self) -> bool:
        """Whether a tick is on screen."""
        return self._tick > 0.0

    def show_guide(self, guide: Guide | None) -> None:
        """The guide of this moment; one more captured pose than before shows a tick."""
        before, self._guide = self._guide, guide
        if guide is None:
            self._animation.stop()
            self._tick = 0.0
            self.hide()
            return
        if before is not None and guide.captured > before.captured:
            self._animation.stop()
            self._animation.start()
        if not self.isVisible():
            self.place()
            self.show()
            self.raise_()
        if guide != before:
            self.update()

    def place(self) -> None:
        """Cover the parent; call when its size changed."""
        self.setGeometry(self._host.rect())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._guide is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._tick > 0.0:
            self._paint_tick(painter)
        self._paint_card(painter, self._guide)
        painter.end()

    def _fade(self, value: float) -> None:
        self._tick = float(value)
        self.update()

    def _paint_card(self, painter: QPainter, guide: Guide) -> None:
        width = min(WIDEST_PX, self.width() - 2 * MARGIN_PX)
        left = (self.width() - width) / 2
        theme.write_in(painter, 17, QFont.Weight.DemiBold)
        wrapped = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop)
        room = QRectF(left + 16, 0, width - 32, 100)
        height = painter.boundingRect(room, wrapped, guide.sentence).height() + BELOW_PX + 22
        card = QRectF(left, self.height() - BOTTOM_PX - height, width, height)
        room.moveTop(card.top() + 10)
        painter.setPen(QPen(theme.LINE, 1.0))
        painter.setBrush(QColor(26, 29, 35, 215))
        painter.drawRoundedRect(card, 8, 8)
        inner = card.adjusted(16, 10, -16, -12)
        painter.setPen(theme.TEXT)
        painter.drawText(room, wrapped, guide.sentence)
        theme.write_in(painter, 12)
        painter.setPen(theme.FAIR if guide.hint else theme.MUTED)
        line = QRectF(inner.left(), inner.bottom() - 34, inner.width(), 18)
        text = guide.hint or _words(guide)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
        _paint_bar(painter, QRectF(inner.left(), inner.bottom() - 9, inner.width(), 9), guide)

    def _paint_tick(self, painter: QPainter) -> None:
        color = QColor(theme.GOOD)
        color.setAlphaF(0.85 * self._tick)
        painter.setPen(QPen(color, 4.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        middle = QPointF(self.width() / 2, self.height() * 0.42)
        disc = QColor(19, 21, 26)
        disc.setAlphaF(0.6 * self._tick)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(disc)
        painter.drawEllipse(middle, 46, 46)
        paint_tick(painter, middle, 22.0, color)


def _words(guide: Guide) -> str:
    if guide.held > 0.0:
        return "Good – hold it"
    return "Follow the ghost hand" if guide.closeness < 0.25 else "Nearly"


def _paint_bar(painter: QPainter, box: QRectF, guide: Guide) -> None:
    """Closeness as a bar with a mark where it is enough; what is held fills it in green."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.RAISED)
    painter.drawRoundedRect(box, 4, 4)
    near = QRectF(box)
    near.setWidth(max(box.height(), box.width() * min(max(guide.closeness, 0.0), 1.0)))
    painter.setBrush(theme.ACCENT if guide.closeness >= ENOUGH else theme.ACCENT.darker(170))
    painter.drawRoundedRect(near, 4, 4)
    if guide.held > 0.0:
        held = QRectF(near)
        held.setWidth(near.width() * min(guide.held, 1.0))
        painter.setBrush(theme.GOOD)
        painter.drawRoundedRect(held, 4, 4)
    x = box.left() + ENOUGH * box.width()
    painter.setPen(QPen(theme.TEXT, 1.0))
    painter.drawLine(QPointF(x, box.top() - 2), QPointF(x, box.bottom() + 2))
