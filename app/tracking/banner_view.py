"""The banner over the 3D view: what is going on or wrong, and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.banner import Action, Banner, Tone

TONE_COLOR = {
    Tone.CALM: theme.MUTED,
    Tone.BUSY: theme.INFO,
    Tone.WARNING: theme.FAIR,
    Tone.ERROR: theme.POOR,
}
WIDEST_PX = 560
WITH_BUTTONS_PX = 800
"""Where there are several; in a smaller place they stand below the text."""
MARGIN_PX = 16
MOST_BUTTONS = 3


class BannerView(QFrame):
    """Lies at the lower edge of its parent; hidden where there is nothing to say."""

    acted = Signal(object)
    """(Action): its button was pressed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._banner: Banner | None = None
        self._title = theme.wrapped(role="heading")
        self._advice = theme.wrapped()
        self._advice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(5)
        self._buttons = [QPushButton() for _ in range(MOST_BUTTONS)]
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._title)
        texts.addWidget(self._advice)
        texts.addWidget(self._progress)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 12, 10)
        row.setSpacing(14)
        row.addLayout(texts, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(7)
        buttons.addStretch(1)
        for number, button in enumerate(self._buttons):
            button.clicked.connect(lambda _=False, number=number: self._act(number))
            buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(buttons)
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
        self.setStyleSheet(_style(TONE_COLOR[banner.tone]))
        self._title.setText(banner.title)
        self._advice.setText(banner.advice)
        self._advice.setVisible(bool(banner.advice))
        self._progress.setVisible(banner.share is not None)
        self._progress.setValue(round(1000 * (banner.share or 0.0)))
        actions = self._actions
        for number, button in enumerate(self._buttons):
            button.setVisible(number < len(actions))
            button.setText(actions[number].value if number < len(actions) else "")
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        """Fit into the parent; call when its size changed."""
        area = self._host.size()
        widest = WITH_BUTTONS_PX if len(self._actions) > 1 else WIDEST_PX
        width = min(widest, area.width() - 2 * MARGIN_PX)
        narrow = widest == WITH_BUTTONS_PX and width < widest
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)
        self._row.setSpacing(9 if narrow else 14)
        self._row.activate()
        height = max(self._row.totalHeightForWidth(width), self._row.totalMinimumSize().height())
        x, y = (area.width() - width) // 2, area.height() - height - MARGIN_PX
        self.setGeometry(x, y, width, height)

    @property
    def _actions(self) -> tuple[Action, ...]:
        """What the buttons do, from left to right."""
        banner = self._banner
        if banner is None or banner.action is Action.NONE:
            return ()
        return (banner.action, *banner.others)[:MOST_BUTTONS]

    def _act(self, number: int) -> None:
        if number < len(self._actions):
            self.acted.emit(self._actions[number])


def _style(color: QColor) -> str:
    return (
        f"BannerView {{ background: rgba(26, 29, 35, 235); border: 1px solid {theme.LINE.name()};"
        f" border-left: 3px solid {color.name()}; border-radius: 7px; }}"
        f"BannerView > QLabel#muted {{ color: {theme.MUTED.name()}; }}"
    )
