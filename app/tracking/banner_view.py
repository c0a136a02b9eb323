"""The banner over the 3D view: what is going on or wrong, and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.tracking.presenter import Action, Banner, Tone

TONE_COLOR = {
    Tone.CALM: theme.MUTED,
    Tone.BUSY: theme.INFO,
    Tone.WARNING: theme.FAIR,
    Tone.ERROR: theme.POOR,
}
WIDEST_PX = 560
MARGIN_PX = 16


class BannerView(QFrame):
    """Lies at the lower edge of its parent; hidden where there is nothing to say."""

    acted = Signal(object)
    """(Action): its button was pressed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._banner: Banner | None = None
        self._title = theme.styled(QLabel(), "heading")
        self._advice = theme.styled(QLabel(), "muted")
        self._advice.setWordWrap(True)
        self._advice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.clicked.connect(self._act)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._title)
        texts.addWidget(self._advice)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 12, 10)
        row.setSpacing(14)
        row.addLayout(texts, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    @property
    def banner(self) -> Banner | None:
        return self._banner

    def show_banner(self, banner: Banner | None) -> None:
        """Show this banner, or none."""
        if banner == self._banner:
            return
        self._banner = banner
        if banner is None:
            self.hide()
            return
        color = TONE_COLOR[banner.tone]
        self.setStyleSheet(_style(color))
        self._title.setText(banner.title)
        self._advice.setText(banner.advice)
        self._advice.setVisible(bool(banner.advice))
        self._button.setText(banner.action.value)
        self._button.setVisible(banner.action is not Action.NONE)
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        """Fit into the parent; call when its size changed."""
        area = self._host.size()
        width = min(WIDEST_PX, area.width() - 2 * MARGIN_PX)
        self._row.activate()
        height = max(self._row.totalHeightForWidth(width), self._row.totalMinimumSize().height())
        x, y = (area.width() - width) // 2, area.height() - height - MARGIN_PX
        self.setGeometry(x, y, width, height)

    def _act(self) -> None:
        if self._banner is not None:
            self.acted.emit(self._banner.action)


def _style(color: QColor) -> str:
    return (
        f"BannerView {{ background: rgba(26, 29, 35, 235); border: 1px solid {theme.LINE.name()};"
        f" border-left: 3px solid {color.name()}; border-radius: 7px; }}"
        f"BannerView > QLabel#muted {{ color: {theme.MUTED.name()}; }}"
    )
