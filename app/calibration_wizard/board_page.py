"""The first page: which board, printing it, and how large it came out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.board_print import PAPERS_MM, Sheet, sheet_of
from app.calibration_wizard.board_form import DEFAULTS, BoardForm, BoardKind, remark_on
from app.calibration_wizard.paper_view import PaperView
from app.calibration_wizard.words import heading, muted, say, title
from calibration.board import AnyBoard
from calibration.errors import CalibrationError

EXPLANATION = (
    "Two cameras become a ruler once they have seen a flat board from twenty sides. Print one, "
    "glue it to something stiff, and measure one square: all depth will be as exact as that."
)


TEXT_MARGINS_PX = (7, 0, 7, 0)
"""Style sheets do not reach into fields for figures."""


class BoardPage(QWidget):
    """Tells what is entered as a form; `problem` says why it is no board."""

    print_asked = Signal(object, str)
    """(board, paper)"""
    import_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._kinds = QButtonGroup(self)
        self._advice = muted()
        self._columns, self._rows = _count(), _count()
        self._length, self._second = _length("Designed length"), _length("Second length")
        self._measured = _length("Measured length")
        self._measured.setMinimum(0.0)
        self._measured.setSpecialValueText("not yet measured")
        self._names = [title(""), title(""), title(""), title("")]
        self._paper = QComboBox()
        self._paper.addItems(list(PAPERS_MM))
        self._paper.setAccessibleName("Paper")
        self._print = QPushButton("Print as PDF…")
        self._remark = muted()
        self._problem = ""
        self._paper_view = PaperView()
        self._lay_out()
        for field in (self._columns, self._rows, self._length, self._second, self._measured):
            field.valueChanged.connect(self._check)
        self._paper.currentIndexChanged.connect(self._check)
        self._kinds.idClicked.connect(
            lambda index: self.show_form(DEFAULTS[list(BoardKind)[index]])
        )
        self._print.clicked.connect(
            lambda: self.print_asked.emit(self.form.printed, self._paper.currentText())
        )
        self.show_form(BoardForm())

    @property
    def form(self) -> BoardForm:
        """What is entered."""
        return BoardForm(
            list(BoardKind)[self._kinds.checkedId()],
            self._columns.value(),
            self._rows.value(),
            self._length.value(),
            self._second.value(),
            self._measured.value(),
        )

    @property
    def problem(self) -> str:
        """Why there is no such board; empty where there is."""
        return self._problem

    def show_form(self, form: BoardForm) -> None:
        """Fill the fields."""
        self._kinds.button(list(BoardKind).index(form.kind)).setChecked(True)
        fields = (self._columns, self._rows, self._length, self._second, self._measured)
        for field in fields:
            field.blockSignals(True)
        self._columns.setValue(form.columns)
        self._rows.setValue(form.rows)
        self._length.setValue(form.length_mm)
        self._second.setValue(form.second_mm)
        self._measured.setValue(form.measured_mm)
        for field in fields:
            field.blockSignals(False)
        self._check()

    def _check(self) -> None:
        form, words = self.form, self.form.words
        self._advice.setText(words.advice)
        texts = (f"Columns × rows of {words.counted}", words.length, words.second,
                 f"{words.length} as measured")  # fmt: skip
        for label, text in zip(self._names, texts, strict=True):
            label.setText(text)
        for widget in (self._second, self._names[2]):
            widget.setVisible(bool(words.second))
        self._problem, trouble = "", ""
        sheet: Sheet | None = None
        try:
            board: AnyBoard | None = form.printed
            _ = form.measured  # It can be impossible as well.
        except CalibrationError as error:
            # Without how it is written on the command line.
            board, self._problem = None, f"{str(error).partition('; a board is')[0]}."
        if board is not None:
            try:
                sheet = sheet_of(board, self._paper.currentText())
            except CalibrationError as error:
                trouble = str(error)
        self._print.setEnabled(sheet is not None)
        self._paper_view.show_sheet(board, sheet)
        color = theme.POOR if self._problem else theme.FAIR if trouble else theme.MUTED
        say(self._remark, self._problem or trouble or remark_on(form), color)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(9)
        left.addWidget(heading("A board to look at"))
        left.addWidget(muted(EXPLANATION))
        left.addSpacing(4)
        left.addLayout(self._kind_row())
        left.addWidget(self._advice)
        left.addLayout(self._fields())
        left.addWidget(self._remark)
        left.addStretch(1)
        bring = QPushButton("Import a calibration…")
        bring.setToolTip("From OpenCV, ROS, Kalibr or Anipose, or a rig file of this program")
        bring.clicked.connect(self.import_asked)
        row = QHBoxLayout()
        row.addWidget(muted("Calibrated elsewhere already?"), 1)
        row.addWidget(bring)
        left.addLayout(row)
        everything = QHBoxLayout(self)
        everything.setContentsMargins(0, 0, 0, 0)
        everything.setSpacing(22)
        everything.addLayout(left, 2)
        everything.addWidget(self._paper_view, 3)

    def _kind_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        for index, kind in enumerate(BoardKind):
            button = QToolButton()
            button.setText(kind.value)
            button.setCheckable(True)
            self._kinds.addButton(button, index)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _fields(self) -> QGridLayout:
        counts = QHBoxLayout()
        counts.addWidget(self._columns)
        counts.addWidget(title("×"))
        counts.addWidget(self._rows)
        counts.addStretch(1)
        paper = QHBoxLayout()
        paper.addWidget(self._paper)
        paper.addSpacing(6)
        paper.addWidget(self._print)
        paper.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        for row, name in enumerate(self._names[:3]):
            grid.addWidget(name, row, 0)
        grid.addLayout(counts, 0, 1)
        grid.addWidget(self._length, 1, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self._second, 2, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(title("Paper"), 3, 0)
        grid.addLayout(paper, 3, 1)
        grid.addWidget(self._names[3], 4, 0)
        grid.addWidget(self._measured, 4, 1, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(1, 1)
        return grid


def _count() -> QSpinBox:
    field = QSpinBox()
    field.setRange(2, 40)
    field.lineEdit().setTextMargins(*TEXT_MARGINS_PX)
    field.setFixedWidth(64)
    return field


def _length(name: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(1.0, 1000.0)
    field.setDecimals(2)
    field.lineEdit().setTextMargins(*TEXT_MARGINS_PX)
    field.setSuffix(" mm")
    field.setSingleStep(0.5)
    field.setMinimumWidth(170)
    field.setAccessibleName(name)
    return field
