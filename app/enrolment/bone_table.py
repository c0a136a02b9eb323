"""Bone lengths and widths of a hand as a table: a row a digit, each with its 95 % interval."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app import theme
from app.enrolment.figures import HandMeasures
from engine.adaptation.bone_lengths import Measure
from engine.hand.keypoints import FINGERS

COLUMNS = ("metacarpal", "proximal", "middle", "distal", "width")
BELOW = ("thumb wrist to thumb", "palm width", "palm thickness")
TITLES = {"pinky": "little"}
"""What people say, where that is not what the code says."""


class BoneTable(QWidget):
    """One hand. What the images hardly showed is dimmed."""

    def __init__(self, hand: HandMeasures) -> None:
        super().__init__()
        named = {measure.name: measure for measure in hand.measures}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for column, title in enumerate(COLUMNS, start=1):
            grid.addWidget(_right(QLabel(f"<small>{title}</small>")), 0, column)
            grid.setColumnStretch(column, 1)
        for row, finger in enumerate(FINGERS, start=1):
            name = TITLES.get(finger, finger).capitalize()
            grid.addWidget(theme.styled(QLabel(name), "title"), row, 0)
            for column, title in enumerate(COLUMNS, start=1):
                # A thumb has no middle bone.
                measure = named.get(f"{finger} {title}")
                if measure is not None:
                    grid.addWidget(_cell(measure), row, column)
        for row, name in enumerate(BELOW, start=len(FINGERS) + 1):
            title = name.removeprefix("thumb ").capitalize()
            grid.addWidget(theme.styled(QLabel(title), "title"), row, 0, 1, 3)
            grid.addWidget(_cell(named[name]), row, len(COLUMNS))


def _cell(measure: Measure) -> QLabel:
    color = (theme.TEXT if measure.seen else theme.FAINT).name()
    spread = (
        f"<span style='color:{theme.MUTED.name()}; font-size:10px'>±{measure.sure_mm:.1f}</span>"
    )
    label = QLabel(f"<span style='color:{color}'>{measure.mm:.1f}</span><br>{spread}")
    known = "" if measure.seen else "\nHardly seen: known little better than of everybody."
    label.setToolTip(
        f"{measure.name.capitalize()}: {measure.mm:.1f} mm, with 95 % probability between "
        f"{measure.low_mm:.1f} and {measure.high_mm:.1f} mm.{known}"
    )
    return _right(label)


def _right(label: QLabel) -> QLabel:
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label
