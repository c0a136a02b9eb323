"""The second page: the two cameras, live, and whether they are fit for it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.calibration_wizard.board_watch import Look
from app.calibration_wizard.camera_choice import CameraChoice, swapped
from app.calibration_wizard.marks import corners
from app.calibration_wizard.pair_feed import FeedStatus
from app.calibration_wizard.picture_pane import PicturePane
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.webcams import webcams
from app.calibration_wizard.words import heading, muted, say, title
from calibration.views import Detection
from engine.stereo.camera import LARGEST_SKEW_MS
from engine.stereo.pair import RawPair

ADVICE = (
    "Screw both cameras to one stiff bar: whatever moves between them later spoils the "
    "calibration. Switch autofocus off, and automatic exposure if the pictures blur. Hold the "
    "board up once: then it is seen whether left and right are where they should be. ZED and "
    "RealSense cameras know their own calibration and need none."
)


class CamerasPage(QWidget):
    """Shows the presenter's facts; tells what was chosen."""

    chosen = Signal(str)
    """(uri)"""

    def __init__(self) -> None:
        super().__init__()
        self._uri = ""
        self._shown: RawPair | None = None
        self.choice = CameraChoice()
        self.choice.chosen.connect(self.chosen)
        found = ", ".join(f"{number} {name}" for number, name in webcams())
        self._found = muted(f"Webcams found: {found}" if found else "")
        self._found.setVisible(bool(found))
        self.left, self.right = PicturePane("Left"), PicturePane("Right")
        self._facts, self._warning = muted(), muted()
        self._swap = QPushButton("Swap left and right")
        self._swap.clicked.connect(lambda: self.chosen.emit(swapped(self._uri)))
        self.baseline = QDoubleSpinBox()
        self.baseline.setRange(0.0, 2000.0)
        self.baseline.setDecimals(1)
        self.baseline.lineEdit().setTextMargins(7, 0, 7, 0)
        self.baseline.setSuffix(" mm")
        self.baseline.setSpecialValueText("not known")
        self.baseline.setMinimumWidth(120)
        self.baseline.setToolTip(
            "From the middle of one lens to the middle of the other, as measured with a ruler or "
            "stated by the maker. The square's size is checked by it."
        )
        self._lay_out()

    def present(self, presenter: WizardPresenter) -> None:
        """How the cameras are now."""
        status = presenter.feed_status
        self._uri = presenter.uri
        look = None if presenter.watch is None else presenter.watch.look
        for pane in (self.left, self.right):
            pane.show_words(_waiting(presenter, status))
        self._show_pair(presenter, look)
        say(self._facts, _facts(presenter, status))
        warning = warning_of(presenter, status, look)
        say(self._warning, warning, theme.POOR if status.failure else theme.FAIR)
        wrong = look is not None and look.seen_pair.right_is_left is True
        self._swap.setVisible(wrong and bool(swapped(self._uri)))

    def _show_pair(self, presenter: WizardPresenter, look: Look | None) -> None:
        """The pair that was looked at, so that corners lie on it; else the newest one."""
        pair = None if presenter.feed is None else presenter.feed.latest
        detections: tuple[Detection | None, ...] = (None, None)
        if look is not None and pair is not None and presenter.live:
            pair, detections = look.seen_pair.pair, look.seen_pair.view.detections
        if pair is self._shown and pair is not None:
            return
        self._shown = pair
        total = 0 if presenter.board is None else len(presenter.board.points_m)
        pictures = (None, None) if pair is None else (pair.left, pair.right)
        panes = (self.left, self.right)
        for pane, picture, seen in zip(panes, pictures, detections, strict=True):
            pane.show_picture(picture, () if seen is None else (corners(seen, total),))

    def _lay_out(self) -> None:
        pictures = QHBoxLayout()
        pictures.setSpacing(theme.GAP_PX)
        pictures.addWidget(self.left, 1)
        pictures.addWidget(self.right, 1)
        facts = QHBoxLayout()
        facts.addWidget(self._facts, 1)
        facts.addWidget(title("Distance of the lenses"))
        facts.addWidget(self.baseline)
        trouble = QHBoxLayout()
        trouble.addWidget(self._warning, 1)
        trouble.addWidget(self._swap)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(9)
        column.addWidget(heading("Two cameras that do not move"))
        column.addWidget(muted(ADVICE))
        column.addWidget(self.choice)
        column.addWidget(self._found)
        column.addLayout(pictures, 1)
        column.addLayout(facts)
        column.addLayout(trouble)


def warning_of(presenter: WizardPresenter, status: FeedStatus, look: Look | None) -> str:
    """What is wrong with the cameras, the worst first; empty while well."""
    info = presenter.info
    if status.failure:
        return status.failure
    if presenter.watch is not None and presenter.watch.failure:
        return presenter.watch.failure
    if status.silent and presenter.feed is not None:
        return "No pictures come from the cameras; check their cables, or choose others."
    if info is not None and info.left_size_px != info.right_size_px:
        left, right = (f"{w} x {h}" for w, h in (info.left_size_px, info.right_size_px))
        return (
            f"The cameras differ in resolution: {left} px on the left, {right} px on the right. "
            "Set both to the same one."
        )
    if look is not None and look.seen_pair.mirrored:
        return (
            f"The {look.seen_pair.mirrored} picture is mirrored. Switch off 'mirror', 'flip' or "
            "'selfie view' in the camera's settings."
        )
    if look is not None and look.seen_pair.right_is_left:
        return "Left and right seem to be swapped: the right camera stands on the left."
    if presenter.live and status.skew_ms > LARGEST_SKEW_MS:
        return (
            f"The pictures of a pair are {status.skew_ms:.0f} ms apart. A board that is held still "
            f"can be calibrated with, but to track a hand at most {LARGEST_SKEW_MS:.0f} ms are "
            "good: close other programs, choose a lower resolution, or use cameras that are "
            "triggered together."
        )
    return ""


def _waiting(presenter: WizardPresenter, status: FeedStatus) -> str:
    if status.failure:
        return "Not open"
    return "Opening…" if presenter.uri else "Choose your cameras above"


def _facts(presenter: WizardPresenter, status: FeedStatus) -> str:
    info = presenter.info
    if info is None:
        return ""
    width, height = info.left_size_px
    parts = [info.name, f"{width} x {height} px"]
    if presenter.live:
        parts.append(f"{status.rate_hz:.0f} pairs a second")
        parts.append(f"{status.skew_ms:.1f} ms apart (at most {status.worst_skew_ms:.0f})")
    elif info.frame_count is not None:
        parts.append(f"{info.frame_count} pairs")
    serials = [s for s in (info.left_serial, info.right_serial) if s]
    parts.append(f"serial {', '.join(dict.fromkeys(serials))}" if serials else "no serial")
    return "  ·  ".join(parts)
