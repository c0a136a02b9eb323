"""The card of a stereo camera: how its pairs come, and how good its depth can be."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout

from app import theme
from app.tracking.figures import NONE
from app.tracking.hud_figures import Figures
from app.tracking.meters_card import GRADE_COLOR
from app.tracking.stereo import StereoFigures

_TIPS = {
    "skew": "Time between the two pictures of a pair: what moves meanwhile gets a wrong depth",
    "dropped": "Pairs whose pictures were too far apart in time to be used",
    "depth": "Depth error to expect at the hand's distance by calibration, baseline and matching "
    "(one standard deviation),\nand beside it the fit: the measured distance of mesh and depth",
}


class StereoCard(QFrame):
    """For stereo cameras only; see SideColumn.set_present."""

    def __init__(self) -> None:
        super().__init__()
        theme.styled(self, "card")
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 1)
        self._titles: dict[str, QLabel] = {}
        self._cells: dict[str, QLabel] = {}
        for row, key in enumerate(_TIPS):
            title, cell = theme.styled(QLabel(), "title"), QLabel(NONE)
            cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            for place, label in enumerate((title, cell)):
                label.setToolTip(_TIPS[key])
                grid.addWidget(label, row, place)
            self._titles[key], self._cells[key] = title, cell
        self._titles["skew"].setText("Stereo pair skew")
        self._titles["dropped"].setText("Pairs dropped")
        self._titles["depth"].setText("Depth error")
        self._verdict = theme.styled(QLabel(), "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 9, 12, 9)
        column.setSpacing(4)
        column.addLayout(grid)
        column.addWidget(self._verdict)

    def show_figures(self, figures: Figures) -> None:
        stereo = figures.stereo
        if stereo is None:
            return
        self._cells["skew"].setText(f"{stereo.skew_ms:.1f} ms" if figures.live else NONE)
        self._cells["dropped"].setText(f"{stereo.dropped} of {stereo.pairs}")
        _paint(self._cells["dropped"], theme.FAIR if stereo.growing else theme.TEXT)
        self._titles["depth"].setText(f"Depth error at {100 * stereo.distance_m:.0f} cm")
        self._cells["depth"].setText(_depth_text(stereo))
        self._verdict.setText(stereo.verdict)
        self._verdict.setToolTip(stereo.tip)
        _paint(self._verdict, theme.MUTED if stereo.grade is None else GRADE_COLOR[stereo.grade])


def _depth_text(stereo: StereoFigures) -> str:
    expected = NONE if stereo.expected_mm is None else f"{stereo.expected_mm:.1f} mm"
    if stereo.measured_mm is None:
        return expected
    return f"{expected}  ·  fit {stereo.measured_mm:.1f} mm"


def _paint(label: QLabel, color: QColor) -> None:
    sheet = f"color: {color.name()};"
    if label.styleSheet() != sheet:
        label.setStyleSheet(sheet)
