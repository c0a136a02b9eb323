"""The sixth page: look through the rig, and measure something whose length is known."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.calibration_wizard.marks import measured, rows
from app.calibration_wizard.picture_pane import PicturePane
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.rectified_look import RectifiedLook, depth_colors
from app.calibration_wizard.words import heading, muted, say
from calibration.dense_range import why_no_dense_depth

ADVICE = (
    "Each thing must lie on the same line in both pictures. Then click two points in the left "
    "picture or in the depth, such as both ends of a ruler, and compare."
)
BOARD_TOLERANCE = 0.01


class PreviewPage(QWidget):
    """Rectified pictures with lines, depth in colours, distances by click."""

    freeze_asked = Signal()
    live_asked = Signal()
    step_asked = Signal(int)
    """(+1 or -1): another kept view."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = PicturePane("Left, rectified"), PicturePane("Right, rectified")
        self.colored = PicturePane("Depth")
        for pane in (self.left, self.colored):
            pane.clicked.connect(self._click)
            pane.setToolTip("Click two points to measure their distance")
        self._points: tuple[tuple[float, float], ...] = ()
        self._look: RectifiedLook | None = None
        self._shown: object = None
        self._measured, self._board, self._warning = muted(), muted(), muted()
        self.live = QPushButton("Live")
        self.live.clicked.connect(self._go_live)
        self.back, self.forth = QPushButton("◀"), QPushButton("▶")
        self.back.setToolTip("The view before")
        self.forth.setToolTip("The next view")
        self.back.clicked.connect(lambda: self._step(-1))
        self.forth.clicked.connect(lambda: self._step(1))
        self._lay_out()

    def present(self, presenter: WizardPresenter) -> None:
        """The newest pair through the rig."""
        preview, stored = presenter.preview, presenter.stored
        self.live.setEnabled(presenter.live)
        for button in (self.back, self.forth):
            button.setEnabled(bool(presenter.book.views))
        look = None if preview is None else preview.look
        trouble = "" if preview is None else preview.failure
        wide = None if stored is None else why_no_dense_depth(stored.rig)
        say(self._warning, trouble or wide or "", theme.POOR if trouble else theme.FAIR)
        if look is None:
            self._look = None
            empty = (
                "" if presenter.book.views or presenter.live else "Choose cameras to look through"
            )
            for pane in (self.left, self.right, self.colored):
                pane.show_words(empty or "One moment…")
                pane.show_picture(None)
        elif (look, self._points) != self._shown:
            self._look, self._shown = look, (look, self._points)
            self._show_look(look)

    def _show_look(self, look: RectifiedLook) -> None:
        words = self._distance_words(look)
        mark = measured(self._points, words)
        self.left.show_picture(look.left, (rows(), mark))
        self.right.show_picture(look.right, (rows(),))
        self.colored.show_picture(depth_colors(look.depth_m), (mark,))
        say(self._measured, _sentence(self._points, words, look), theme.TEXT)
        say(self._board, _board_words(look))

    def _distance_words(self, look: RectifiedLook) -> str:
        if len(self._points) == 1:
            point = look.point_m(*self._points[0])
            return "no depth here" if point is None else f"{1000 * point[2]:.0f} mm away"
        if len(self._points) < 2:
            return ""
        distance = look.distance_m(self._points[0], self._points[1])
        return "no depth at one end" if distance is None else f"{1000 * distance:.1f} mm"

    def _click(self, u: float, v: float) -> None:
        if self._look is None:
            return
        if not self._points:
            self.freeze_asked.emit()
        self._points = ((u, v),) if len(self._points) == 2 else (*self._points, (u, v))

    def _go_live(self) -> None:
        self._points = ()
        self.live_asked.emit()

    def _step(self, step: int) -> None:
        self._points = ()
        self.step_asked.emit(step)

    def _lay_out(self) -> None:
        pictures = QHBoxLayout()
        pictures.setSpacing(3)
        pictures.addWidget(self.left, 1)
        pictures.addWidget(self.right, 1)
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addWidget(self._measured)
        words.addWidget(self._board)
        words.addWidget(self._warning)
        words.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(7)
        buttons.addWidget(self.live)
        buttons.addWidget(self.back)
        buttons.addWidget(self.forth)
        buttons.addStretch(1)
        words.addLayout(buttons)
        below = QHBoxLayout()
        below.setSpacing(theme.GAP_PX + 6)
        below.addWidget(self.colored, 1)
        below.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(heading("Look through it"))
        column.addWidget(muted(ADVICE))
        column.addLayout(pictures, 5)
        column.addLayout(below, 4)


def _sentence(points: tuple[tuple[float, float], ...], words: str, look: RectifiedLook) -> str:
    if len(points) == 2:
        return f"Measured: {words}."
    if len(points) == 1:
        return f"{words.capitalize()}. Click the other end."
    return f"Depth is known for {100 * look.known_share:.0f} % of the picture."


def _board_words(look: RectifiedLook) -> str:
    board = look.board
    if board is None:
        return "Hold up the board: it is measured by itself."
    off = board.found_m / board.entered_m - 1
    fit = "it agrees" if abs(off) <= BOARD_TOLERANCE else f"that is {off:+.1%} off"
    return (
        f"The board's corners farthest apart: {1000 * board.found_m:.1f} mm measured, "
        f"{1000 * board.entered_m:.1f} mm as entered; {fit}. Its {board.points} points are "
        f"{board.rows_px:.2f} px off their lines."
    )
