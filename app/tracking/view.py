"""The tracking room laid out: 3D view with its banner, and the side column. Holds no logic."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.settings import Settings
from app.tracking.banner_view import BannerView
from app.tracking.camera_pane import CameraPane
from app.tracking.hud import ConfidenceCard, SpeedCard
from app.tracking.hud_figures import Figures
from app.tracking.meters_card import MetersCard
from app.tracking.presenter import Condition
from app.tracking.side_column import SIDE_FIRST_PX, SideColumn, SideMode
from app.tracking.stereo_card import StereoCard
from app.viewport.surface import HandSurface
from app.viewport.widget import ViewOptions, ViewportWidget
from engine.inference.meters import TruthReadings
from engine.messages import Frame, Scene

NOTE_MS = 5000


class TrackingView(QWidget):
    """Everything below the source bar."""

    action_asked = Signal(object)
    """(Action): a banner's button was pressed."""

    def __init__(
        self,
        viewport: ViewportWidget,
        surface: HandSurface,
        learning: QWidget,
        enrolment: QWidget,
        comparison: QWidget,
        transport: QWidget,
    ) -> None:
        """`learning` and `enrolment` take the place of figures in the side column, `comparison`
        that of the 3D view; see `show_side`. `transport` lies below the 3D view."""
        super().__init__()
        self.viewport = viewport
        self._pane = CameraPane(surface)
        self._meters, self._confidence, self._speed = MetersCard(), ConfidenceCard(), SpeedCard()
        self._stereo = StereoCard()
        self._note = ""
        self._note_timer = QTimer(self, singleShot=True, interval=NOTE_MS)
        self._note_timer.timeout.connect(self._end_note)
        self._source = ""
        figures = (self._confidence, self._stereo, self._speed)
        self._side = SideColumn(self._pane, self._meters, figures, learning, enrolment)
        self._side.set_present(self._stereo, False)
        self._main = QStackedWidget()
        self._main.addWidget(viewport)
        self._main.addWidget(comparison)
        self._caption = _overlay_label(viewport)
        # Over whatever is shown there: what went wrong must be seen on a result's page too.
        self._banner = BannerView(self._main)
        self._banner.acted.connect(self.action_asked)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(theme.GAP_PX)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(_stacked(self._main, transport))
        self.splitter.addWidget(self._side)
        self.splitter.setStretchFactor(0, 5)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([900, SIDE_FIRST_PX])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)
        self._main.installEventFilter(self)

    @property
    def banner(self) -> BannerView:
        return self._banner

    def show_scene(self, scene: Scene, frame: Frame | None) -> None:
        """A newer scene, with its frame where that was kept."""
        self.viewport.show_scene(scene, frame)
        if frame is not None:
            self._pane.show_frame(frame, scene)

    def show_frame(self, frame: Frame) -> None:
        """A frame before the first scene."""
        self._pane.show_frame(frame, None)

    def clear(self) -> None:
        """Nothing to show: a new source, or none."""
        self.viewport.clear()
        self._pane.clear()

    def show_options(self, settings: Settings) -> None:
        """What the person switched on and off."""
        self.viewport.set_options(
            ViewOptions(settings.points, settings.skeleton, settings.grid, settings.follow)
        )
        self.viewport.set_mirrored(settings.mirrored)
        self._pane.set_mirrored(settings.mirrored)
        self._pane.set_skeleton(settings.skeleton)

    def show_figures(self, figures: Figures) -> None:
        """Numbers of this moment."""
        for card in (self._meters, self._confidence, self._stereo, self._speed):
            card.show_figures(figures)
        self._side.set_present(self._stereo, figures.stereo is not None)
        self._source = _caption_text(figures)
        self._show_caption()

    def show_readings(self, readings: TruthReadings | None) -> None:
        """Of the truth meters; None where nothing tracks."""
        self._meters.show_readings(readings)

    def show_side(self, mode: SideMode) -> None:
        """What the side column holds; with a result, the comparison replaces the 3D view."""
        self._side.show_mode(mode)
        self._main.setCurrentIndex(int(mode is SideMode.RESULT))
        self._banner.raise_()

    def show_condition(self, condition: Condition) -> None:
        """Banner and freshness; as soon as they change."""
        self.viewport.set_stale(condition.frozen)
        self._pane.set_stale(condition.frozen)
        self._banner.show_banner(condition.banner)

    def show_note(self, text: str) -> None:
        """A line over the 3D view that goes by itself."""
        self._note = text
        self._note_timer.start()
        self._show_caption()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._main and event.type() == QEvent.Type.Resize:
            self._banner.place()
        return False

    def _end_note(self) -> None:
        self._note = ""
        self._show_caption()

    def _show_caption(self) -> None:
        text = self._note or self.viewport.failure or self._source
        if text != self._caption.text():
            self._caption.setText(text)
            self._caption.adjustSize()


def _stacked(main: QWidget, below: QWidget) -> QWidget:
    both = QWidget()
    column = QVBoxLayout(both)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.GAP_PX)
    column.addWidget(main, 1)
    column.addWidget(below)
    return both


def _overlay_label(parent: QWidget) -> QLabel:
    label = theme.styled(QLabel(parent), "muted")
    label.move(12, 9)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label


def _caption_text(figures: Figures) -> str:
    if not figures.frames:
        return ""
    dropped = f"  ·  {figures.drops} skipped" if figures.drops else ""
    return f"{figures.source_name}  ·  frame {figures.frames}{dropped}"
