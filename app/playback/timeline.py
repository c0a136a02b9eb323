"""The line of a recorded session: where it is, what happened when, and a handle to move it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app import theme
from app.playback.overview import Marker, MarkerKind
from app.recording.words import clock_text

MARKER_COLOR: Mapping[MarkerKind, QColor] = {
    MarkerKind.NOTE: theme.MUTED,
    MarkerKind.DECISION: theme.INFO,
    MarkerKind.LOSS: theme.FAIR,
    MarkerKind.BREAK: theme.POOR,
}
"""The gravest is painted last."""
MARGIN_PX, TRACK_PX, HANDLE_PX = 8, 4, 6
NEAR_PX = 5
"""A tooltip tells of markers as near as this."""
LISTED = 6
KEY_STEP_S = 1.0


class Timeline(QWidget):
    """Shows a position and asks for another; holds no logic of playing."""

    sought = Signal(float)
    """(seconds): go there."""

    def __init__(self) -> None:
        super().__init__()
        self._at_s, self._duration_s = 0.0, 0.0
        self._markers: tuple[Marker, ...] = ()
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumWidth(120)
        self.setFixedHeight(26)
        self.setAccessibleName("Position in the recording")

    def sizeHint(self) -> QSize:
        return QSize(400, 26)

    def show_position(self, at_s: float, duration_s: float) -> None:
        """Where it is; while the handle is dragged that says where."""
        if self._dragging:
            at_s = self._at_s
        if (at_s, duration_s) != (self._at_s, self._duration_s):
            self._at_s, self._duration_s = at_s, duration_s
            self.update()

    def show_markers(self, markers: Sequence[Marker]) -> None:
        self._markers = tuple(markers)
        self.update()

    def tip_at(self, x: float) -> str:
        """What happened at a place in pixels, and when that is."""
        near = [m for m in self._markers if abs(self._x_of(m.time_s) - x) <= NEAR_PX]
        lines = [str(marker) for marker in near[:LISTED]]
        if len(near) > LISTED:
            lines.append(f"and {len(near) - LISTED} more")
        return "\n".join(lines) or clock_text(self._time_at(x))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos().x()), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._move_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._move_to(event.position())
            above = self.mapToGlobal(QPoint(round(self._x_of(self._at_s)) - 12, -34))
            QToolTip.showText(above, clock_text(self._at_s), self)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._dragging = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: self._at_s - KEY_STEP_S,
            Qt.Key.Key_Right: self._at_s + KEY_STEP_S,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: self._duration_s,
        }
        wanted = moves.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        else:
            self._seek(wanted)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, x = self.height() / 2, self._x_of(self._at_s)
        track = QRectF(MARGIN_PX, middle - TRACK_PX / 2, self._span_px, TRACK_PX)
        painter.setBrush(theme.LINE)
        painter.drawRoundedRect(track, TRACK_PX / 2, TRACK_PX / 2)
        painter.setBrush(theme.ACCENT.darker(140))
        track.setRight(x)
        painter.drawRoundedRect(track, TRACK_PX / 2, TRACK_PX / 2)
        self._paint_markers(painter, middle)
        painter.setBrush(theme.ACCENT if self.hasFocus() or self._dragging else theme.TEXT)
        painter.drawEllipse(QPointF(x, middle), HANDLE_PX, HANDLE_PX)
        painter.end()

    def _paint_markers(self, painter: QPainter, middle: float) -> None:
        """One a pixel, the gravest of those that fall there."""
        for kind, color in MARKER_COLOR.items():
            painter.setBrush(color)
            columns = {round(self._x_of(m.time_s)) for m in self._markers if m.kind is kind}
            for column in columns:
                painter.drawRoundedRect(QRectF(column - 1.5, middle - 9, 3, 18), 1.5, 1.5)

    @property
    def _span_px(self) -> float:
        return max(self.width() - 2 * MARGIN_PX, 1)

    def _x_of(self, time_s: float) -> float:
        share = time_s / self._duration_s if self._duration_s > 0 else 0.0
        return MARGIN_PX + self._span_px * min(max(share, 0.0), 1.0)

    def _time_at(self, x: float) -> float:
        return min(max((x - MARGIN_PX) / self._span_px, 0.0), 1.0) * self._duration_s

    def _move_to(self, place: QPointF) -> None:
        self._seek(self._time_at(place.x()))

    def _seek(self, time_s: float) -> None:
        self._at_s = min(max(time_s, 0.0), self._duration_s)
        self.update()
        self.sought.emit(self._at_s)
