"""The third page: hold the board here, now there; views are kept by themselves."""

from __future__ import annotations

from PySide6.QtCore import Qt, QVariantAnimation, Signal
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.calibration_wizard.board_watch import BoardWatch, Look
from app.calibration_wizard.cameras_page import warning_of
from app.calibration_wizard.captured import ENOUGH_VIEWS, LEAST_VIEWS, Covered
from app.calibration_wizard.coverage_view import CoverageBars, SharedMap
from app.calibration_wizard.guidance import GOT_IT
from app.calibration_wizard.marks import corners, ghost
from app.calibration_wizard.picture_pane import PicturePane
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.words import large, muted, say, title

FLASH_MS = 600
SIDE_PX = 270
REASON_PX = 32
"""Two lines: pictures do not jump when a reason is long."""


class CapturePage(QWidget):
    """Shows the presenter's facts; tells which button was pressed."""

    undo_asked = Signal()
    capture_asked = Signal()
    automatic_changed = Signal(bool)
    again_asked = Signal()
    """Open the same cameras once more."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = PicturePane("Left"), PicturePane("Right")
        self._hint, self._reason = large(25), muted()
        self._hint.setAccessibleName("What to do")
        self._count, self._advice, self._warning = large(21), muted(), muted()
        self._bars, self._map = CoverageBars(), SharedMap()
        self.undo = QPushButton("Undo")
        self.undo.setToolTip("Forget the last view")
        self.undo.clicked.connect(self.undo_asked)
        self.capture = QPushButton("Capture")
        self.capture.setToolTip("Keep this view even if it is similar or moves  (Space)")
        self.capture.setShortcut("Space")
        self.capture.clicked.connect(self.capture_asked)
        self.automatic = QCheckBox("Capture by itself")
        self.automatic.setChecked(True)
        self.automatic.toggled.connect(self.automatic_changed)
        self.sound = QCheckBox("Sound")
        self.sound.setToolTip("Beep whenever a view is kept")
        self.sound.setChecked(True)
        self.again = QPushButton("Open again")
        self.again.clicked.connect(self.again_asked)
        self._kept = 0
        self._shown: Look | None = None
        self._flash = QVariantAnimation(self)
        self._flash.setDuration(FLASH_MS)
        self._flash.setStartValue(1.0)
        self._flash.setEndValue(0.0)
        self._flash.valueChanged.connect(self._show_flash)
        self._lay_out()

    def present(self, presenter: WizardPresenter) -> None:
        """How far it is now."""
        watch = presenter.watch
        look = None if watch is None else watch.look
        total = 0 if presenter.board is None else len(presenter.board.points_m)
        recorded = presenter.info is not None and not presenter.info.live
        self._show_pictures(look, total, recorded)
        status = presenter.feed_status
        if look is None:
            say(self._hint, "Waiting for the cameras…", theme.MUTED)
            say(self._reason, "")
        elif status.ended:
            say(self._hint, "That was the last picture", theme.TEXT)
            say(self._reason, _kept_of(presenter))
            self._reason.setToolTip("\n".join(() if watch is None else watch.passed_over))
        elif self._flash.state() is QVariantAnimation.State.Running:
            say(self._hint, GOT_IT, theme.GOOD)
            say(self._reason, "")
        elif recorded:
            say(self._hint, "Looking through the pictures", theme.TEXT)
            say(self._reason, "" if look.reason is None else f"{look.reason.value}.", theme.MUTED)
        else:
            color = theme.GOOD if look.reason is None else theme.TEXT
            say(self._hint, look.hint, color)
            say(self._reason, _reason(watch, look), theme.MUTED)
        warning = warning_of(presenter, status, look)
        say(self._warning, warning, theme.POOR if status.failure else theme.FAIR)
        self.again.setVisible(bool(status.failure))
        self._show_progress(presenter, recorded)

    def _show_pictures(self, look: Look | None, total: int, recorded: bool) -> None:
        if look is self._shown and look is not None:
            return
        self._shown = look
        for camera, pane in enumerate((self.left, self.right)):
            if look is None:
                pane.show_picture(None)
                continue
            pair = look.seen_pair.pair
            seen = look.seen_pair.view.detections[camera]
            marks = [] if seen is None else [corners(seen, total)]
            if camera == 0 and not recorded:
                marks.insert(0, ghost(look.wanted.outline_px))
            pane.show_picture(pair.left if camera == 0 else pair.right, marks)

    def _show_progress(self, presenter: WizardPresenter, recorded: bool) -> None:
        watch, count = presenter.watch, len(presenter.book.views)
        say(self._count, f"{count} of {ENOUGH_VIEWS} views", theme.TEXT)
        self.undo.setEnabled(count > 0)
        self.capture.setEnabled(watch is not None and not presenter.feed_status.ended)
        if watch is not None:
            self._bars.show_covered(watch.covered)
            self._map.show_heat(watch.covered.shared)
            say(self._advice, advice(count, watch.covered, recorded))
        if count > self._kept and self.isVisible():
            self._flash.stop()
            self._flash.start()
            if self.sound.isChecked():
                QApplication.beep()
        self._kept = count

    def _show_flash(self, value: float) -> None:
        for pane in (self.left, self.right):
            pane.show_flash(float(value))

    def _lay_out(self) -> None:
        pictures = QHBoxLayout()
        pictures.setSpacing(theme.GAP_PX)
        pictures.addWidget(self.left, 1)
        pictures.addWidget(self.right, 1)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._reason.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._reason.setMinimumHeight(REASON_PX)
        main = QVBoxLayout()
        main.setSpacing(6)
        main.addWidget(self._hint)
        main.addWidget(self._reason)
        main.addLayout(pictures, 1)
        trouble = QHBoxLayout()
        trouble.addWidget(self._warning, 1)
        trouble.addWidget(self.again)
        main.addLayout(trouble)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        row.addLayout(main, 1)
        row.addWidget(self._side())

    def _side(self) -> QFrame:
        side = theme.styled(QFrame(), "card")
        side.setFixedWidth(SIDE_PX)
        column = QVBoxLayout(side)
        column.setContentsMargins(14, 12, 14, 13)
        column.setSpacing(8)
        column.addWidget(self._count)
        column.addWidget(self._advice)
        column.addSpacing(4)
        column.addWidget(title("Covered, left and right camera"))
        column.addWidget(self._bars)
        column.addSpacing(4)
        column.addWidget(title("Seen by both"))
        column.addWidget(self._map)
        column.addStretch(1)
        column.addWidget(self.automatic)
        column.addWidget(self.sound)
        buttons = QHBoxLayout()
        buttons.setSpacing(7)
        buttons.addWidget(self.capture, 1)
        buttons.addWidget(self.undo, 1)
        column.addLayout(buttons)
        return side


def advice(count: int, covered: Covered, recorded: bool = False) -> str:
    """What is still missing; pictures that were taken already follow no outline."""
    if count >= ENOUGH_VIEWS and covered.complete:
        return "Enough. Go on to solve it."
    if count >= ENOUGH_VIEWS:
        return "Many views; fill the bars that are not green yet."
    if recorded:
        return "More views make it surer, most of all where the maps below are dark."
    if count >= LEAST_VIEWS:
        return "Follow the dashed outline. More views make it surer."
    return "Follow the dashed outline in the left picture: its bold side is the board's top."


def _kept_of(presenter: WizardPresenter) -> str:
    """What came of a recording."""
    info, kept = presenter.info, len(presenter.book.views)
    total = None if info is None else info.frame_count
    of = "" if total is None else f" of {total}"
    over = () if presenter.watch is None else presenter.watch.passed_over
    words = f"{kept}{of} pairs are kept. Go on to solve them, or back to choose others."
    if not over:
        return words
    more = f" (and {len(over) - 1} more: rest the mouse here)" if len(over) > 1 else ""
    return f"{words}\nNot kept: {over[0]}{more}."


def _reason(watch: BoardWatch | None, look: Look) -> str:
    """Why nothing is kept, and where the board is wanted."""
    if watch is not None and watch.refused_by_hand:
        return f"Not kept: {watch.refused_by_hand}."
    if look.reason is None:
        return ""
    return f"{look.reason.value}. {look.wanted.instruction}"
