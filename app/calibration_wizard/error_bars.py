"""The error of each view as a pair of bars; a click chooses one."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme
from calibration.report import StereoReport, ViewReport

HIGH, HIGH_PX = 1.5, 0.15
"""Times the median view's error from which a bar is coloured, and the least; both must be met."""
LEAST_TOP_PX = 0.2
"""Of the scale: errors that are small look small."""
FOOT_PX, LEFT_PX, TOP_PX = 16.0, 34.0, 8.0


class ErrorBars(QWidget):
    """Left and right camera beside each other, in pixels. Views that were not used are hollow."""

    chosen = Signal(str)
    """(name of the view)"""

    def __init__(self) -> None:
        super().__init__()
        self._views: tuple[ViewReport, ...] = ()
        self._median, self._top, self._chosen = 0.0, 1.0, ""
        self.setMinimumHeight(110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Error of each view")

    def sizeHint(self) -> QSize:
        return QSize(420, 140)

    def show_report(self, report: StereoReport | None, chosen: str) -> None:
        views = () if report is None else report.views
        if views is self._views and chosen == self._chosen:
            return
        self._views, self._chosen = views, chosen
        used = [worst(view) for view in views if not view.dropped]
        self._median = float(np.median(used)) if used else 0.0
        self._top = max([*used, LEAST_TOP_PX])
        self.update()

    def box_of(self, index: int) -> QRectF:
        """Where a view's bars are, the whole height."""
        width = (self.width() - LEFT_PX) / max(len(self._views), 1)
        return QRectF(LEFT_PX + index * width, 0, width, self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._index_at(event.position().x())
        if index is not None:
            self.chosen.emit(self._views[index].name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self._index_at(event.position().x())
        if index is not None:
            QToolTip.showText(event.globalPosition().toPoint(), words_of(self._views[index]), self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        names = [view.name for view in self._views]
        if step is None or not names:
            super().keyPressEvent(event)
            return
        index = names.index(self._chosen) + step if self._chosen in names else 0
        self.chosen.emit(names[min(max(index, 0), len(names) - 1)])

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(painter.font())
        font.setPixelSize(11)
        painter.setFont(font)
        base = self.height() - FOOT_PX
        for share in (0.5, 1.0):
            y = base - share * (base - TOP_PX)
            painter.setPen(QPen(theme.LINE, 1.0))
            painter.drawLine(int(LEFT_PX), int(y), self.width(), int(y))
            painter.setPen(theme.MUTED)
            room = QRectF(0, y - 8, LEFT_PX - 6, 16)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, flags, f"{share * self._top:.2f}")
        for index, view in enumerate(self._views):
            self._paint_view(painter, self.box_of(index), view, base, index)
        painter.end()

    def _paint_view(
        self, painter: QPainter, box: QRectF, view: ViewReport, base: float, index: int
    ) -> None:
        if view.name == self._chosen:
            painter.fillRect(box, theme.RAISED)
        gap = min(4.0, 0.18 * box.width())
        width = (box.width() - 2 * gap) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        for camera, rms in enumerate(view.rms_px):
            left = box.left() + gap + camera * width
            if view.dropped or rms is None:
                painter.setPen(QPen(theme.FAINT, 1.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(left, base - 10, width - 1, 10))
                continue
            height = max(2.0, rms / self._top * (base - TOP_PX))
            color = QColor(theme.POOR if rms > max(HIGH * self._median, HIGH_PX) else theme.ACCENT)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color if camera == 0 else color.darker(135))
            painter.drawRect(QRectF(left, base - height, width - 1, height))
        if box.width() >= 16 or index % 5 == 4:
            painter.setPen(theme.MUTED)
            room = QRectF(box.center().x() - 15, base + 1, 30, FOOT_PX - 1)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, str(index + 1))

    def _index_at(self, x: float) -> int | None:
        return next(
            (
                index
                for index in range(len(self._views))
                if self.box_of(index).left() <= x < self.box_of(index).right()
            ),
            None,
        )


def worst(view: ViewReport) -> float:
    """The larger error of a used view's two pictures."""
    return max((rms for rms in view.rms_px if rms is not None), default=0.0)


def words_of(view: ViewReport) -> str:
    """A view in words."""
    if view.dropped:
        return f"{view.name}: not used, {view.dropped}"
    left, right = ("not seen" if rms is None else f"{rms:.2f} px" for rms in view.rms_px)
    words = f"{view.name}: left {left}, right {right}, {100 * view.distance_m:.0f} cm away"
    if not view.dropped_points:
        return words
    return f"{words}, {view.dropped_points} of its corners not believed"
