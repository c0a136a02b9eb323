"""What came of the guided minute: measures, the gain in plain words, and whether to keep it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.enrolment.bone_table import BoneTable
from app.enrolment.figures import GainLine, HandMeasures, Result

NOT_COMPARED = "No pose was held long enough to compare before and after."
NO_GAIN = "No figure got better on these frames; the shipped settings suit this hand as well."


class ResultPage(QWidget):
    """Shows one result; its buttons ask, and the window acts."""

    save_asked = Signal()
    discard_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._result: Result | None = None
        self._heading = theme.styled(QLabel(), "heading")
        self._content = QScrollArea()
        self._content.setWidgetResizable(True)
        self._content.setFrameShape(QFrame.Shape.NoFrame)
        self._content.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._save = theme.styled(QPushButton("Save profile"), "primary")
        self._save.clicked.connect(self.save_asked)
        discard = QPushButton("Discard")
        discard.clicked.connect(self.discard_asked)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(discard)
        buttons.addWidget(self._save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._heading)
        column.addWidget(self._content, 1)
        column.addLayout(buttons)

    def show_result(self, result: Result) -> None:
        if result is self._result:
            return
        self._result = result
        self._heading.setText(result.name)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(7)
        _add_gains(column, result.gains)
        for hand in result.hands:
            _add_hand(column, hand)
        if result.remark:
            remark = theme.wrapped(result.remark)
            column.addWidget(remark)
        column.addStretch(1)
        self._content.setWidget(content)


def _add_gains(column: QVBoxLayout, gains: tuple[GainLine, ...]) -> None:
    column.addWidget(theme.styled(QLabel("On the frames just seen"), "title"))
    if not any(gain.better for gain in gains):
        column.addWidget(_wrapped(NO_GAIN if gains else NOT_COMPARED, theme.MUTED.name()))
    for gain in gains:
        column.addWidget(_wrapped(gain.text, (theme.GOOD if gain.better else theme.MUTED).name()))


def _add_hand(column: QVBoxLayout, hand: HandMeasures) -> None:
    column.addSpacing(6)
    title = f"{hand.side.value.capitalize()} hand, mm, with its 95 % interval"
    column.addWidget(theme.styled(QLabel(title), "title"))
    column.addWidget(BoneTable(hand))


def _wrapped(text: str, color: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setStyleSheet(f"color: {color};")
    return label
