"""A line in the upper right corner of the 3D view: that poses go out, and how many listen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLabel, QWidget

from app import theme
from app.streaming.presenter import StreamBadge

MARGIN_PX = 12


class StreamBadgeView(QLabel):
    """Stays in its corner as the view changes size; hidden where nothing is streamed."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        theme.styled(self, "muted")
        self.setAccessibleName("Streaming")
        self._host = host
        host.installEventFilter(self)
        self.hide()

    def show_badge(self, badge: StreamBadge | None) -> None:
        """These words, or nothing."""
        self.setVisible(badge is not None)
        if badge is not None:
            color = theme.POOR if badge.failed else theme.ACCENT
            self.setText(f'<span style="color:{color.name()}">●</span> {badge.text}')
            self.setToolTip(badge.tip)
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        self.adjustSize()
        self.move(self._host.width() - self.width() - MARGIN_PX, MARGIN_PX - 3)
        self.raise_()
