"""The guided minute in the side column: which pose of how many, all of them as chips, a way out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.enrolment.chips import PoseChips
from app.enrolment.figures import Guide


class GuidePage(QWidget):
    """What to do stands over the 3D view; here is how far it is."""

    skip_asked = Signal()
    finish_asked = Signal()
    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._heading = theme.styled(QLabel(), "heading")
        self._chips = PoseChips()
        self._advice = theme.styled(
            QLabel("Hold each pose for a moment. Slow is better than exact; a pose that is awkward "
                   "for you can be skipped."), "muted",
        )  # fmt: skip
        self._advice.setWordWrap(True)
        skip = QPushButton("Skip")
        skip.setToolTip("Go on with the next pose")
        skip.clicked.connect(self.skip_asked)
        self._finish = QPushButton("Finish now")
        self._finish.setToolTip("Use the poses captured so far")
        self._finish.clicked.connect(self.finish_asked)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.cancel_asked)
        buttons = QHBoxLayout()
        buttons.setSpacing(7)
        buttons.addWidget(skip)
        buttons.addWidget(self._finish)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(9)
        column.addWidget(self._heading)
        column.addWidget(self._chips)
        column.addWidget(self._advice)
        column.addStretch(1)
        column.addLayout(buttons)

    def show_guide(self, guide: Guide, can_finish: bool) -> None:
        self._heading.setText(guide.heading)
        self._chips.show_chips(guide.chips)
        self._finish.setEnabled(can_finish)
